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
#include "itkLevelSmoother.h"

#include "smoothing/itkRegionalGaussianSmoother.h"

#include "itkImageGaps.h"

namespace itk
{
template <typename TPixel, unsigned int VDimension>
auto
LevelSmoother<TPixel, VDimension>::Smooth(const ImageType *      image,
                                          const SigmaArrayType & sigmas,
                                          const RegionType &     region,
                                          bool                   isGenerous,
                                          ThreadIdType           numberOfWorkUnits) -> ImagePointer
{
  using GapsType = ImageGaps<TPixel, VDimension>;
  const RegionalGaussianSmoother<ImageType> smoother(image, sigmas, numberOfWorkUnits);
  const RegionType &                        whole = image->GetBufferedRegion();
  // The whole takes less memory, being smoothed in place.
  const auto inputs = smoother.GetInputRegion(region);
  const bool isNearlyWhole = static_cast<double>(inputs.GetNumberOfPixels()) > 0.7 * whole.GetNumberOfPixels();
  const bool isWhole = isGenerous && isNearlyWhole;
  if (!GapsType::HasGaps(image, isWhole ? whole : inputs, numberOfWorkUnits))
  {
    return smoother.Smooth(isWhole ? whole : region);
  }
  // One that is no number would spread as far as the image goes.
  const auto                                filled = GapsType::Fill(image);
  const RegionalGaussianSmoother<ImageType> smootherOfFilled(filled, sigmas, numberOfWorkUnits);
  const auto                                smoothed = smootherOfFilled.Smooth(isWhole ? whole : region);
  GapsType::Restore(image, smoothed);
  return smoothed;
}

template class LevelSmoother<float, 2>;
template class LevelSmoother<float, 3>;
template class LevelSmoother<float, 4>;
template class LevelSmoother<double, 2>;
template class LevelSmoother<double, 3>;
template class LevelSmoother<double, 4>;
} // end namespace itk
