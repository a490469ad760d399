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
#ifndef itkImageRange_h
#define itkImageRange_h

#include "itkSpatialObject.h"

#include <utility>

namespace itk
{
/** \class ImageRange
 * \brief Smallest and greatest value of a region of an image, where a mask is. Values that are not finite do not count.
 * \tparam TImage a type of itk::Image of scalars
 * \ingroup MaskedSampling
 */
template <typename TImage>
class ImageRange
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;

  using PixelType = typename TImage::PixelType;
  using RegionType = typename TImage::RegionType;
  using MaskType = SpatialObject<ImageDimension>;

  /** Find the range of the voxels of a region in the buffer whose centres are inside a mask; null: of all voxels. If
   * there are none, the smallest value is greater than the greatest. */
  static std::pair<PixelType, PixelType>
  Find(const TImage & image, const RegionType & region, const MaskType * mask, ThreadIdType numberOfWorkUnits);

private:
  static std::pair<PixelType, PixelType>
  EmptyRange()
  {
    return { NumericTraits<PixelType>::max(), NumericTraits<PixelType>::NonpositiveMin() };
  }
  static bool
  IsFinite(const PixelType & value);
  /** Extend a range by a row of values, of which those that are no numbers do not count. */
  static void
  Extend(const PixelType * first, const PixelType * last, std::pair<PixelType, PixelType> & range);
  /** The same by finite values alone, which takes longer. */
  static void
  ExtendByFinite(const PixelType * first, const PixelType * last, std::pair<PixelType, PixelType> & range);
  template <typename TExtend>
  static std::pair<PixelType, PixelType>
  FindInRegion(const TImage & image, const RegionType & region, ThreadIdType numberOfWorkUnits, const TExtend & extend);
  template <typename TExtend>
  static std::pair<PixelType, PixelType>
  FindInMask(const TImage &     image,
             const RegionType & region,
             const MaskType &   mask,
             ThreadIdType       numberOfWorkUnits,
             const TExtend &    extend);
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkImageRange.hxx"
#endif

#endif // itkImageRange_h
