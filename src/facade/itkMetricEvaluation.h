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
#ifndef itkMetricEvaluation_h
#define itkMetricEvaluation_h

#include "facade/itkCallWithMetric.h"
#include "facade/itkInitialSearch.h"
#include "facade/itkInitialTranslation.h"

#include "itkTranslationTransform.h"

namespace itk
{
/** \class MetricEvaluation
 * \brief The metric of a stage where it would start, at what a registration without sampling would visit.
 *
 * \sa CallWithMetric
 * \ingroup MaskedSampling
 */
template <typename TImage>
class MetricEvaluation
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;

  MetricEvaluation(MaskedRegistrationSettings settings, InputsType inputs)
  {
    // Only the value is wanted.
    settings.ExactDerivative = true;
    settings.Sampling = "none";
    settings.SmoothingSigmas = { 0.0 };
    m_Metric = MakeRegistrationMetric<TImage>(settings, inputs);
    m_Metric->SetUseFixedImageGradientFilter(false);
    m_Metric->SetUseMovingImageGradientFilter(false);
    // Some metrics want a certain kind of transform in the place of that which is optimised.
    const auto transform =
      settings.Transform == "given" ? TransformsType::Copy(*inputs.TransformToOptimize) : MakeIdentity();
    CallWithMetric(settings,
                   inputs,
                   *m_Metric,
                   *transform,
                   MakeInitialTransform(settings, inputs).GetPointer(),
                   [this](auto & metric) { m_Value = metric.GetValue(); });
  }

  double
  GetValue() const
  {
    return m_Value;
  }
  SizeValueType
  GetNumberOfValidPoints() const
  {
    return m_Metric->GetNumberOfValidPoints();
  }

private:
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;

  static typename TransformsType::TransformPointer
  MakeIdentity()
  {
    return TranslationTransform<double, ImageDimension>::New().GetPointer();
  }

  /** What is applied after the transform of the stage. */
  static typename CompositeTransformType::Pointer
  MakeInitialTransform(const MaskedRegistrationSettings & settings, const InputsType & inputs)
  {
    const auto transform = CompositeTransformType::New();
    if (inputs.MovingInitialTransform)
    {
      transform->AddTransform(TransformsType::Copy(*inputs.MovingInitialTransform));
    }
    if (InitialSearch<TImage>::IsSearch(settings.Initialization))
    {
      itkGenericExceptionMacro("initialization \"" << settings.Initialization
                                                   << "\": where it starts is found by Update() alone.");
    }
    if (settings.Initialization != "none")
    {
      const auto translation = TranslationTransform<double, ImageDimension>::New();
      translation->SetOffset(InitialTranslation<TImage>::Compute(settings.Initialization, inputs));
      transform->AddTransform(translation);
    }
    transform->FlattenTransformQueue();
    return transform->GetNumberOfTransforms() > 0 ? transform : nullptr;
  }

  typename ImageToImageMetricv4<TImage, TImage>::Pointer m_Metric;
  double                                                 m_Value{};
};
} // end namespace itk

#endif // itkMetricEvaluation_h
