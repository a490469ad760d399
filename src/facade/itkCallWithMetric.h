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
#include "facade/itkMetricAtSamples.h"
#include "facade/itkSetUpRegistrationMethod.h"

#include "itkCompositeTransform.h"
#include "itkMaskedRegistrationMethod.h"

#include <vector>

namespace itk
{
/** Call a function with a metric, as a registration of one level at full resolution sets it up.
 * \param settings, inputs of the registration; their sampling counts, but not how many samples
 * \param transform that the metric changes
 * \param chain what is applied after it; null: nothing */
template <typename TImage, typename TFunction>
void
CallWithMetric(MaskedRegistrationSettings                                          settings,
               RegistrationInputs<TImage>                                          inputs,
               ImageToImageMetricv4<TImage, TImage> &                              metric,
               Transform<double, TImage::ImageDimension, TImage::ImageDimension> & transform,
               CompositeTransform<double, TImage::ImageDimension> *                chain,
               const TFunction &                                                   function)
{
  settings.Levels = 1;
  settings.ShrinkFactors = { 1 };
  settings.SmoothingSigmas = { settings.SmoothingSigmas.back() };
  settings.Samples = { 0 };
  settings.Percentage = { 1.0 };
  settings.ResampleEveryIteration = false;
  inputs.SamplingWeightImage = nullptr;
  const auto optimizer = FunctionOptimizer::New();
  optimizer->SetFunction([&](auto &) { function(metric); });
  const auto method = MaskedImageRegistration<TImage>::MethodType::New();
  SetUpRegistrationMethod(*method, settings, inputs, metric);
  method->SetMovingInitialTransform(chain);
  method->SetInitialTransform(&transform);
  method->InPlaceOn();
  // The transform has its centre already.
  method->SetInitializeCenterOfLinearOutputTransform(false);
  method->SetOptimizer(optimizer);
  method->Update();
}

/** The same with the metric of a stage, smoothed as at its last level, and at points that are given. For metrics that
 * are not evaluated sample by sample it is mutual information.
 * \param settings with values for every level
 * \param transform of which the metric has a copy */
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
  SetMetricAtSamples(settings, settings);
  const auto pointSet = PointSetType::New();
  for (const auto & point : points)
  {
    typename PointSetType::PointType sample;
    sample.CastFrom(point);
    pointSet->SetPoint(static_cast<typename PointSetType::PointIdentifier>(pointSet->GetNumberOfPoints()), sample);
  }
  inputs.SamplePoints = pointSet;
  const auto after = CompositeTransform<double, TImage::ImageDimension>::New();
  if (chain.GetNumberOfTransforms() > 0)
  {
    after->AddTransform(TransformsType::Copy(chain));
    after->FlattenTransformQueue();
  }
  CallWithMetric(settings,
                 inputs,
                 *MakeRegistrationMetric<TImage>(settings, inputs),
                 *TransformsType::Copy(transform),
                 chain.GetNumberOfTransforms() > 0 ? after.GetPointer() : nullptr,
                 function);
}
} // end namespace itk

#endif // itkCallWithMetric_h
