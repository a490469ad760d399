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
#ifndef itkCheckFit_h
#define itkCheckFit_h

#include "facade/itkDrawPoints.h"
#include "facade/itkRegistrationInputs.h"
#include "search/itkChanceLevel.h"
#include "search/itkSmoothedSamples.h"

#include "itkMaskedVoxelSampler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace itk
{
/** \class CheckFit
 * \brief Whether a registration ended where the images have something to do with each other.
 *
 * Values at sample points, without smoothing, which would make neighbours depend on each other.
 *
 * \sa ChanceLevel
 * \ingroup MaskedSampling
 */
template <typename TImage>
class CheckFit
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;
  using TransformType = typename InputsType::TransformType;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;

  /** \return what is wrong; empty: nothing
   * \param toMoving the result */
  static std::string
  Describe(const InputsType &    inputs,
           const TransformType & toMoving,
           const SamplerType &   sampler,
           SizeValueType         seed,
           ThreadIdType          numberOfWorkUnits)
  {
    // The best of the many places that an optimizer visits in noise is four above chance.
    constexpr SizeValueType numberOfSamples = 2000;
    constexpr SizeValueType voxelsPerSample = 4; // what is interpolated between the same voxels is alike
    constexpr double        least = 6.0;

    using SamplesType = SmoothedSamples<TImage>;
    const auto number = std::min(numberOfSamples, sampler.GetNumberOfVoxels() / voxelsPerSample);
    if (number == 0)
    {
      return {};
    }
    const auto points = DrawPoints(inputs, sampler, number, seed);
    const auto fixed =
      SamplesType::Evaluate(*inputs.FixedImage, nullptr, inputs.FixedInitialTransform, points, 0.0, numberOfWorkUnits);
    const auto moving =
      SamplesType::Evaluate(*inputs.MovingImage, inputs.MovingImageMask, &toMoving, points, 0.0, numberOfWorkUnits);
    std::vector<double> fixedValues;
    std::vector<double> movingValues;
    for (std::size_t i = 0; i < points.size(); ++i)
    {
      if (std::isfinite(fixed[i]) && std::isfinite(moving[i]))
      {
        fixedValues.push_back(fixed[i]);
        movingValues.push_back(moving[i]);
      }
    }
    if (fixedValues.empty() && !points.empty())
    {
      return "The result takes all samples out of the moving image: the registration failed. A search for the start "
             "may "
             "help.";
    }
    constexpr SizeValueType fewestToTell = 100;
    if (fixedValues.size() >= fewestToTell && ChanceLevel::ComputeExcess(fixedValues, movingValues) < least)
    {
      return "At the result, the images have no more in common inside the mask than unrelated ones would: the "
             "registration failed. Do they show the same there? If so, a search for the start may help.";
    }
    return {};
  }
};
} // end namespace itk

#endif // itkCheckFit_h
