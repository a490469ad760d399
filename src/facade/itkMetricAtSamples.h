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
#ifndef itkMetricAtSamples_h
#define itkMetricAtSamples_h

#include "itkMaskedRegistrationSettings.h"

#include <algorithm>
#include <string>

namespace itk
{
/** The metric that judges a result of another one at samples: the same, if it is evaluated sample by sample; otherwise
 * mutual information.
 * \ingroup MaskedSampling */
inline std::string
GetMetricAtSamples(const std::string & metric)
{
  return metric == "mean-squares" || metric == "correlation" ? metric : "mutual-information";
}

/** Whether the metric of settings is evaluated sample by sample, for transforms that are linear or a B-spline. */
inline bool
IsMetricAtSamples(const MaskedRegistrationSettings & settings)
{
  return GetMetricAtSamples(settings.Metric) == settings.Metric && settings.Interpolator == "linear" &&
         !settings.StockMetric && (settings.ExactDerivative || settings.MovingGradientFilter);
}

/** Let settings have that metric for the one of others, with as many bins as it can have, and all that it needs to be
 * evaluated sample by sample. */
inline void
SetMetricAtSamples(const MaskedRegistrationSettings & from, MaskedRegistrationSettings & settings)
{
  constexpr SizeValueType fewestBins = 6;
  constexpr SizeValueType mostBins = 1024;
  settings.HistogramBins = std::min(std::max(from.HistogramBins, fewestBins), mostBins);
  settings.Metric = GetMetricAtSamples(from.Metric);
  settings.StockMetric = false;
  settings.ExactDerivative = true;
  settings.Interpolator = "linear";
}
} // end namespace itk

#endif // itkMetricAtSamples_h
