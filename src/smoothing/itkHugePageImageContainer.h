/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#ifndef itkHugePageImageContainer_h
#define itkHugePageImageContainer_h

#include "itkImportImageContainer.h"
#include "itkObjectFactory.h"

#include <map>

namespace itk
{
/** \class HugePageImageContainer
 * \brief Pixels in memory that comes from the operating system and goes back to it at once.
 *
 * On Linux, a large array is a mapping of its own, for which huge pages are asked: they cost a fraction of the page
 * faults when they are first touched, and of the misses when they are read here and there. Small arrays, and those of
 * other systems, are ImportImageContainer's.
 *
 * \ingroup MaskedSampling
 */
template <typename TElement>
class ITK_TEMPLATE_EXPORT HugePageImageContainer : public ImportImageContainer<SizeValueType, TElement>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(HugePageImageContainer);

  /** Standard class type aliases. */
  using Self = HugePageImageContainer;
  using Superclass = ImportImageContainer<SizeValueType, TElement>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkFactorylessNewMacro(Self);
  itkOverrideGetNameOfClassMacro(HugePageImageContainer);

  /** Allocate the buffer of an image here.
   * \tparam TImage a type of itk::Image of TElement */
  template <typename TImage>
  static void
  Allocate(TImage & image)
  {
    image.SetPixelContainer(Self::New());
    image.Allocate();
  }

protected:
  HugePageImageContainer() = default;
  ~HugePageImageContainer() override;

  TElement *
  AllocateElements(SizeValueType size, bool useValueInitialization = false) const override;
  void
  DeallocateManagedMemory() override;

private:
  /** Sizes in bytes of the mappings, by their address. */
  mutable std::map<void *, std::size_t> m_Mappings{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "smoothing/itkHugePageImageContainer.hxx"
#endif

#endif // itkHugePageImageContainer_h
