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
#ifndef itkSetUpRegistrationMethod_h
#define itkSetUpRegistrationMethod_h

#include "facade/itkPerLevel.h"
#include "facade/itkRegistrationInputs.h"

#include <optional>
#include <type_traits>
#include <utility>

namespace itk
{
/** The region of the domain to which settings confine the samples, if they do.
 * \exception ExceptionObject if it has another dimension */
template <unsigned int VDimension>
std::optional<ImageRegion<VDimension>>
MakeSamplingRegion(const MaskedRegistrationSettings & settings)
{
  const auto & index = settings.RegionIndex;
  const auto & size = settings.RegionSize;
  if (index.size() != size.size() || (!index.empty() && index.size() != VDimension))
  {
    itkGenericExceptionMacro("region-index has " << index.size() << " and region-size " << size.size()
                                                 << " values for images of " << VDimension << " dimensions.");
  }
  if (index.empty())
  {
    return std::nullopt;
  }
  ImageRegion<VDimension> region;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    region.SetIndex(d, index[d]);
    region.SetSize(d, size[d]);
  }
  return region;
}

/** Whether a registration method can smooth inside masks. */
template <typename TMethod, typename = void>
struct CanSmoothInsideMask : std::false_type
{};
template <typename TMethod>
struct CanSmoothInsideMask<TMethod, std::void_t<decltype(std::declval<TMethod &>().SetSmoothInsideMask(true))>>
  : std::true_type
{};

/** Give a registration method, MaskedRegistrationMethod or MaskedSyNRegistrationMethod, all but its transforms and its
 * optimizer. */
template <typename TMethod, typename TImage>
void
SetUpRegistrationMethod(TMethod &                          method,
                        const MaskedRegistrationSettings & settings,
                        const RegistrationInputs<TImage> & inputs,
                        typename TMethod::MetricType &     metric)
{
  using StrategyType = typename TMethod::MetricSamplingStrategyEnum;
  const SizeValueType numberOfLevels = settings.GetNumberOfLevels();
  method.SetFixedImage(inputs.FixedImage);
  method.SetMovingImage(inputs.MovingImage);
  method.SetMetric(&metric);
  method.SetFixedInitialTransform(inputs.FixedInitialTransform);
  if (settings.WorkUnits > 0)
  {
    method.SetNumberOfWorkUnits(static_cast<ThreadIdType>(settings.WorkUnits));
  }

  method.SetNumberOfLevels(numberOfLevels);
  method.SetShrinkFactorsPerLevel(
    PerLevel::Spread<typename TMethod::ShrinkFactorsArrayType>(settings.ShrinkFactors, numberOfLevels));
  method.SetSmoothingSigmasPerLevel(
    PerLevel::Spread<typename TMethod::SmoothingSigmasArrayType>(settings.SmoothingSigmas, numberOfLevels));
  method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(settings.SigmasInPhysicalUnits);
  if constexpr (CanSmoothInsideMask<TMethod>::value)
  {
    method.SetSmoothInsideMask(settings.Smoothing == "masked");
  }

  method.SetMetricSamplingStrategy(settings.Sampling == "random"    ? StrategyType::RANDOM
                                   : settings.Sampling == "regular" ? StrategyType::REGULAR
                                                                    : StrategyType::NONE);
  method.SetMetricSamplingPercentagePerLevel(
    PerLevel::Spread<typename TMethod::MetricSamplingPercentageArrayType>(settings.Percentage, numberOfLevels));
  method.SetNumberOfSamplesPerLevel(
    PerLevel::Spread<typename TMethod::NumberOfSamplesArrayType>(settings.Samples, numberOfLevels));
  method.MetricSamplingReinitializeSeed(static_cast<int>(settings.Seed));
  method.SetPerturbSamples(settings.PerturbSamples);
  method.SetResampleEveryIteration(settings.ResampleEveryIteration);
  method.SetCropVirtualDomainToMask(settings.CropToMask);
  method.SetSamplingWeightImage(inputs.SamplingWeightImage);
  method.SetSamplePoints(inputs.SamplePoints);
  if (const auto region = MakeSamplingRegion<TImage::ImageDimension>(settings))
  {
    method.SetSamplingRegion(*region);
  }
}
} // end namespace itk

#endif // itkSetUpRegistrationMethod_h
