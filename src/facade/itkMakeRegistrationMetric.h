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

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkDemonsImageToImageMetricv4.h"
#include "itkJointHistogramMutualInformationImageToImageMetricv4.h"
#include "itkMaskedRegistrationSettings.h"
#include "itkSampledCorrelationImageToImageMetricv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"

namespace itk
{
/** The metric that settings choose, with its own settings, but without images and transforms. */
template <typename TImage>
typename ImageToImageMetricv4<TImage, TImage>::Pointer
MakeRegistrationMetric(const MaskedRegistrationSettings & settings)
{
  using StockMattesType = MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
  const std::string & name = settings.Metric;
  if (name == "mutual-information")
  {
    const typename StockMattesType::Pointer metric =
      settings.StockMetric ? StockMattesType::New()
                           : SampledMattesMutualInformationImageToImageMetricv4<TImage, TImage>::New().GetPointer();
    metric->SetNumberOfHistogramBins(settings.HistogramBins);
    return metric.GetPointer();
  }
  if (name == "mean-squares")
  {
    return settings.StockMetric ? MeanSquaresImageToImageMetricv4<TImage, TImage>::New().GetPointer()
                                : SampledMeanSquaresImageToImageMetricv4<TImage, TImage>::New().GetPointer();
  }
  if (name == "correlation")
  {
    return settings.StockMetric ? CorrelationImageToImageMetricv4<TImage, TImage>::New().GetPointer()
                                : SampledCorrelationImageToImageMetricv4<TImage, TImage>::New().GetPointer();
  }
  if (name == "neighborhood-correlation")
  {
    const auto metric = ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>::New();
    metric->SetRadius(TImage::SizeType::Filled(settings.Radius));
    return metric.GetPointer();
  }
  if (name == "joint-histogram-mutual-information")
  {
    const auto metric = JointHistogramMutualInformationImageToImageMetricv4<TImage, TImage>::New();
    metric->SetNumberOfHistogramBins(settings.HistogramBins);
    metric->SetVarianceForJointPDFSmoothing(settings.JointVariance);
    return metric.GetPointer();
  }
  if (name == "demons")
  {
    const auto metric = DemonsImageToImageMetricv4<TImage, TImage>::New();
    metric->SetIntensityDifferenceThreshold(settings.IntensityDifferenceThreshold);
    return metric.GetPointer();
  }
  itkGenericExceptionMacro("metric: there is no \"" << name << "\".");
}
} // end namespace itk

#endif // itkMakeRegistrationMetric_h
