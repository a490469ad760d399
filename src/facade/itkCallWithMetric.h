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
#ifndef itkCallWithMetric_h
#define itkCallWithMetric_h

#include "facade/itkFunctionOptimizer.h"
#include "facade/itkMakeRegistrationMetric.h"
#include "facade/itkMaskedRegistrationTransform.h"
#include "facade/itkSetUpRegistrationMethod.h"

#include "itkCompositeTransform.h"
#include "itkMaskedRegistrationMethod.h"

#include <vector>

namespace itk
{
/** Call a function with the metric of a stage, as it is at the last level, but at full resolution, and at points that
 * are given. For metrics that are not evaluated sample by sample it is mutual information.
 * \param settings of the stage, with values for every level
 * \param transform of which the metric has a copy
 * \param chain what is applied after it
 * \param function called with the metric */
template <typename TImage, typename TFunction>
void
CallWithMetric(MaskedRegistrationSettings                                                settings,
               RegistrationInputs<TImage>                                                inputs,
               const Transform<double, TImage::ImageDimension, TImage::ImageDimension> & transform,
               const CompositeTransform<double, TImage::ImageDimension> &                chain,
               const std::vector<Point<double, TImage::ImageDimension>> &                points,
               const TFunction &                                                         function)
{
  using TransformsType = MaskedRegistrationTransform<TImage::ImageDimension>;
  using PointSetType = typename RegistrationInputs<TImage>::PointSetType;
  settings.SmoothingSigmas = { settings.SmoothingSigmas.back() };
  settings.ShrinkFactors = { 1 };
  settings.Levels = 1;
  settings.Samples = { 0 };
  settings.Percentage = { 1.0 };
  settings.StockMetric = false;
  settings.Interpolator = "linear";
  settings.ResampleEveryIteration = false;
  if (settings.Metric != "mean-squares" && settings.Metric != "correlation")
  {
    settings.Metric = "mutual-information";
  }
  inputs.SamplingWeightImage = nullptr;
  const auto pointSet = PointSetType::New();
  for (const auto & point : points)
  {
    typename PointSetType::PointType sample;
    sample.CastFrom(point);
    pointSet->SetPoint(static_cast<typename PointSetType::PointIdentifier>(pointSet->GetNumberOfPoints()), sample);
  }
  inputs.SamplePoints = pointSet;

  const auto metric = MakeRegistrationMetric<TImage>(settings, inputs);
  const auto optimizer = FunctionOptimizer::New();
  optimizer->SetFunction([&](auto &) { function(*metric); });
  const auto method = MaskedImageRegistration<TImage>::MethodType::New();
  SetUpRegistrationMethod(*method, settings, inputs, *metric);
  if (chain.GetNumberOfTransforms() > 0)
  {
    method->SetMovingInitialTransform(TransformsType::Copy(chain));
  }
  method->SetInitialTransform(TransformsType::Copy(transform));
  method->InPlaceOn();
  method->SetInitializeCenterOfLinearOutputTransform(false);
  method->SetOptimizer(optimizer);
  method->Update();
}
} // end namespace itk

#endif // itkCallWithMetric_h
