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
  const RegionalGaussianSmoother<ImageType> smoother(image, sigmas, numberOfWorkUnits);
  const RegionType &                        whole = image->GetBufferedRegion();
  // The whole takes less memory, being smoothed in place.
  const auto numberOfInputs = static_cast<double>(smoother.GetInputRegion(region).GetNumberOfPixels());
  const bool isNearlyWhole = numberOfInputs > 0.7 * static_cast<double>(whole.GetNumberOfPixels());
  return smoother.Smooth(isGenerous && isNearlyWhole ? whole : region);
}

template class LevelSmoother<float, 2>;
template class LevelSmoother<float, 3>;
template class LevelSmoother<float, 4>;
template class LevelSmoother<double, 2>;
template class LevelSmoother<double, 3>;
template class LevelSmoother<double, 4>;
} // end namespace itk
