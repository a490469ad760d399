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
#ifndef itkMakeRegistrationMetric_h
#define itkMakeRegistrationMetric_h

#include "facade/itkMakeInterpolator.h"
#include "facade/itkRecordedMetric.h"
#include "facade/itkRegistrationInputs.h"

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkDemonsImageToImageMetricv4.h"
#include "itkJointHistogramMutualInformationImageToImageMetricv4.h"
#include "itkSampledCorrelationImageToImageMetricv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"
#include "itkSampledNeighborhoodCorrelationImageToImageMetricv4.h"

namespace itk
{
/** The metric that settings choose, with its own settings, but without images and transforms. It tells its evaluations:
 * see RecordedMetric. */
template <typename TImage>
typename ImageToImageMetricv4<TImage, TImage>::Pointer
MakeRegistrationMetric(const MaskedRegistrationSettings & settings)
{
  using MetricPointer = typename ImageToImageMetricv4<TImage, TImage>::Pointer;
  const std::string & name = settings.Metric;
  const auto          choose = [&settings](const auto & makeStock, const auto & makeSampled) -> MetricPointer {
    if (settings.StockMetric)
    {
      return makeStock().GetPointer();
    }
    const auto metric = makeSampled();
    metric->SetUseExactDerivative(settings.ExactDerivative);
    return metric.GetPointer();
  };
  if (name == "mutual-information")
  {
    const auto setBins = [&settings](auto metric) {
      metric->SetNumberOfHistogramBins(settings.HistogramBins);
      return metric;
    };
    return choose(
      [&] { return setBins(RecordedMetric<MattesMutualInformationImageToImageMetricv4<TImage, TImage>>::New()); },
      [&] {
        return setBins(RecordedMetric<SampledMattesMutualInformationImageToImageMetricv4<TImage, TImage>>::New());
      });
  }
  if (name == "mean-squares")
  {
    return choose([] { return RecordedMetric<MeanSquaresImageToImageMetricv4<TImage, TImage>>::New(); },
                  [] { return RecordedMetric<SampledMeanSquaresImageToImageMetricv4<TImage, TImage>>::New(); });
  }
  if (name == "correlation")
  {
    return choose([] { return RecordedMetric<CorrelationImageToImageMetricv4<TImage, TImage>>::New(); },
                  [] { return RecordedMetric<SampledCorrelationImageToImageMetricv4<TImage, TImage>>::New(); });
  }
  if (name == "neighborhood-correlation")
  {
    const auto setRadius = [&settings](auto metric) {
      metric->SetRadius(TImage::SizeType::Filled(settings.Radius));
      return metric;
    };
    return choose(
      [&] { return setRadius(RecordedMetric<ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>>::New()); },
      [&] {
        return setRadius(RecordedMetric<SampledNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>>::New());
      });
  }
  if (name == "joint-histogram-mutual-information")
  {
    const auto metric = RecordedMetric<JointHistogramMutualInformationImageToImageMetricv4<TImage, TImage>>::New();
    metric->SetNumberOfHistogramBins(settings.HistogramBins);
    metric->SetVarianceForJointPDFSmoothing(settings.JointVariance);
    return metric.GetPointer();
  }
  if (name == "demons")
  {
    const auto metric = RecordedMetric<DemonsImageToImageMetricv4<TImage, TImage>>::New();
    metric->SetIntensityDifferenceThreshold(settings.IntensityDifferenceThreshold);
    return metric.GetPointer();
  }
  itkGenericExceptionMacro("metric: there is no \"" << name << "\".");
}

/** The metric that settings choose, with images, masks, interpolators and virtual domain, but without transforms. */
template <typename TImage>
typename ImageToImageMetricv4<TImage, TImage>::Pointer
MakeRegistrationMetric(const MaskedRegistrationSettings & settings, const RegistrationInputs<TImage> & inputs)
{
  const auto metric = MakeRegistrationMetric<TImage>(settings);
  metric->SetFixedImage(inputs.FixedImage);
  metric->SetMovingImage(inputs.MovingImage);
  metric->SetFixedImageMask(inputs.FixedImageMask);
  metric->SetMovingImageMask(inputs.MovingImageMask);
  metric->SetUseFixedImageGradientFilter(settings.FixedGradientFilter);
  metric->SetUseMovingImageGradientFilter(settings.MovingGradientFilter);
  if (settings.Interpolator != "linear")
  {
    metric->SetFixedInterpolator(MakeInterpolator(settings.Interpolator, *inputs.FixedImage));
    metric->SetMovingInterpolator(MakeInterpolator(settings.Interpolator, *inputs.MovingImage));
  }
  if (settings.WorkUnits > 0)
  {
    metric->SetMaximumNumberOfWorkUnits(static_cast<ThreadIdType>(settings.WorkUnits));
  }
  if (inputs.MetricWeightImage)
  {
    // Others are refused before: see CheckRegistrationInputs.
    using SampledType = SampledMetricInterface<ImageToImageMetricv4<TImage, TImage>>;
    dynamic_cast<SampledType &>(*metric).SetWeightImage(inputs.MetricWeightImage);
  }
  if (const auto & domain = inputs.VirtualDomain)
  {
    metric->SetVirtualDomain(
      domain->GetSpacing(), domain->GetOrigin(), domain->GetDirection(), domain->GetLargestPossibleRegion());
  }
  return metric;
}
} // end namespace itk

#endif // itkMakeRegistrationMetric_h
