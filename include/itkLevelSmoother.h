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
#ifndef itkLevelSmoother_h
#define itkLevelSmoother_h

#include "itkImage.h"

#include <type_traits>

namespace itk
{
/** \class LevelSmoother
 * \brief Smooths an image, in whole or in part, as SmoothingRecursiveGaussianImageFilter does, only faster.
 *
 * Compiled in the library of the module, for float and double in 2, 3 and 4 dimensions. The whole image has the
 * filter's values to the bit; in a part, the error is 1e-7 of the range of intensities at most.
 *
 * \sa LevelImage
 * \ingroup MaskedSampling
 */
template <typename TPixel, unsigned int VDimension>
class LevelSmoother
{
public:
  using ImageType = Image<TPixel, VDimension>;
  using ImagePointer = typename ImageType::Pointer;
  using RegionType = ImageRegion<VDimension>;
  using SigmaArrayType = FixedArray<double, VDimension>;

  /** Whether the library has it. */
  static constexpr bool IsCompiled =
    (std::is_same_v<TPixel, float> || std::is_same_v<TPixel, double>) && VDimension >= 2 && VDimension <= 4;

  /** \param sigmas in units of the spacing
   * \param region of the result's buffer, within that of the image
   * \param isGenerous whether the whole image is wanted if that takes hardly more time
   * \exception ExceptionObject if the image has less than 4 voxels along a dimension */
  static ImagePointer
  Smooth(const ImageType *      image,
         const SigmaArrayType & sigmas,
         const RegionType &     region,
         bool                   isGenerous,
         ThreadIdType           numberOfWorkUnits);
};
} // end namespace itk

#endif // itkLevelSmoother_h
