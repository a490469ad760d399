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
#ifndef itkImageGaps_h
#define itkImageGaps_h

#include "itkImage.h"
#include "itkMaskedVoxelSampler.h"

#include <type_traits>

namespace itk
{
/** \class ImageGaps
 * \brief Pixels that are no finite numbers, which are to be as if there were none: the image ends where they begin.
 *
 * Beside a gap, what is interpolated or smoothed needs a value there. As at the end of an image, that is the value of
 * the neighbours; some voxels farther, where it hardly matters, the mean of all pixels that are numbers.
 *
 * \tparam TPixel float or double; others have no gaps
 * \tparam VDimension 2, 3 or 4
 * \ingroup MaskedSampling
 */
template <typename TPixel, unsigned int VDimension>
class ImageGaps
{
public:
  using ImageType = Image<TPixel, VDimension>;
  using ImagePointer = typename ImageType::Pointer;
  using RegionType = ImageRegion<VDimension>;
  using SamplerType = MaskedVoxelSampler<VDimension>;

  /** Whether the library has it. */
  static constexpr bool IsCompiled =
    (std::is_same_v<TPixel, float> || std::is_same_v<TPixel, double>) && VDimension >= 2 && VDimension <= 4;

  /** Whether there is a gap in a region of the buffer. */
  static bool
  HasGaps(const ImageType * image, const RegionType & region, ThreadIdType numberOfWorkUnits);

  /** A copy without gaps. */
  static ImagePointer
  Fill(const ImageType * image);

  /** Make gaps in an image, which may be a part, where another has some. */
  static void
  Restore(const ImageType * original, ImageType * image);

  /** \param name of the image
   * \param mask null: none
   * \param sampler of its voxels, if those of the image are sampled; null: the mask tells
   * \exception ExceptionObject if a gap is inside the mask, or if there is one and no mask */
  static void
  CheckInside(const char *                           name,
              const ImageType *                      image,
              const typename SamplerType::MaskType * mask,
              const SamplerType *                    sampler = nullptr);
};

/** Whether an image of any type has gaps in a region. */
template <typename TImage>
bool
HasImageGaps(const TImage * image, const typename TImage::RegionType & region, ThreadIdType numberOfWorkUnits)
{
  using GapsType = ImageGaps<typename TImage::PixelType, TImage::ImageDimension>;
  if constexpr (GapsType::IsCompiled && std::is_same_v<TImage, typename GapsType::ImageType>)
  {
    return GapsType::HasGaps(image, region, numberOfWorkUnits);
  }
  return false;
}

/** An image, or a copy without gaps if there are some in a region.
 * \exception ExceptionObject as CheckInside() */
template <typename TImage>
typename TImage::ConstPointer
FillImageGaps(const char *                                       name,
              const TImage *                                     image,
              const typename TImage::RegionType &                region,
              const SpatialObject<TImage::ImageDimension> *      mask,
              const MaskedVoxelSampler<TImage::ImageDimension> * sampler,
              ThreadIdType                                       numberOfWorkUnits)
{
  using GapsType = ImageGaps<typename TImage::PixelType, TImage::ImageDimension>;
  if constexpr (GapsType::IsCompiled && std::is_same_v<TImage, typename GapsType::ImageType>)
  {
    if (GapsType::HasGaps(image, region, numberOfWorkUnits))
    {
      GapsType::CheckInside(name, image, mask, sampler);
      return GapsType::Fill(image).GetPointer();
    }
  }
  return image;
}
} // end namespace itk

#endif // itkImageGaps_h
