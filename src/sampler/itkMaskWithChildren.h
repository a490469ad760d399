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
#ifndef itkMaskWithChildren_h
#define itkMaskWithChildren_h

#include "itkSpatialObject.h"

namespace itk
{
/** \class MaskWithChildren
 * \brief A mask and all its children as one spatial object, for those who ask a mask without its children.
 *
 * ITK's metrics call SpatialObject::IsInsideInWorldSpace(point), which leaves children out: nothing is inside a group.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class ITK_TEMPLATE_EXPORT MaskWithChildren : public SpatialObject<VDimension>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskWithChildren);

  /** Standard class type aliases. */
  using Self = MaskWithChildren;
  using Superclass = SpatialObject<VDimension>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskWithChildren);

  using typename Superclass::PointType;

  static typename Superclass::ConstPointer
  MakeFrom(const Superclass * mask)
  {
    const Pointer object = Self::New();
    object->m_Mask = mask;
    return object.GetPointer();
  }

  using Superclass::IsInsideInObjectSpace;

  /** Its own object space is world space. */
  bool
  IsInsideInObjectSpace(const PointType & point) const override
  {
    return m_Mask && m_Mask->IsInsideInWorldSpace(point, Superclass::MaximumDepth);
  }

protected:
  MaskWithChildren() { this->SetTypeName("MaskWithChildren"); }
  ~MaskWithChildren() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override
  {
    Superclass::PrintSelf(os, indent);
    itkPrintSelfObjectMacro(Mask);
  }

private:
  typename Superclass::ConstPointer m_Mask{};
};
} // end namespace itk

#endif // itkMaskWithChildren_h
