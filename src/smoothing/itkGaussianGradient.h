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
#ifndef itkGaussianGradient_h
#define itkGaussianGradient_h

#include "itkFixedArray.h"
#include "itkImage.h"

namespace itk
{
/** \class GaussianGradient
 * \brief The gradient of an image of which metrics of ITK take their derivatives by default, in whole or in part.
 *
 * It is that of GradientRecursiveGaussianImageFilter, with the largest spacing as sigma and NormalizeAcrossScale on, as
 * ImageToImageMetricv4 sets it up: blurred, and in units of one over the largest spacing. Here it is taken with respect
 * to the index, so that no direction is needed: what is there is multiplied by directions and spacing.
 *
 * In a part, the error is 1e-7 of the range of intensities at most: see RegionalGaussianSmoother. Pixels that are no
 * finite numbers are filled from around them: see ImageGaps.
 *
 * Compiled in the library of the module, for float and double in 2, 3 and 4 dimensions.
 *
 * \ingroup MaskedSampling
 */
template <typename TPixel, unsigned int VDimension>
class GaussianGradient
{
public:
  using ImageType = Image<TPixel, VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using GradientType = FixedArray<float, VDimension>;
  using GradientImageType = Image<GradientType, VDimension>;

  /** Of which part of an image the gradient in a region is computed.
   * \param whole that the image is taken to end with */
  static RegionType
  GetInputRegion(const ImageType & image, const RegionType & region, const RegionType & whole);

  /** \param region of the result's buffer, within that of the image
   * \exception ExceptionObject if the buffer has less than 4 voxels along a dimension */
  static typename GradientImageType::Pointer
  Compute(const ImageType & image, const RegionType & region, ThreadIdType numberOfWorkUnits);
};
} // end namespace itk

#endif // itkGaussianGradient_h
