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
#ifndef itkMetricLikelihood_h
#define itkMetricLikelihood_h

#include <algorithm>
#include <string>

namespace itk
{
/** By what a value of a metric is to be divided to be a logarithm of a likelihood per sample: of squares, twice the
 * variance of the noise; of a correlation, twice the share that is not explained; of mutual information and others, 1.
 * So what is added to a metric, or metrics that are added, do not depend on the unit of the intensities.
 * \return a function of a value */
inline double (*ChooseMetricLikelihood(const std::string & metric))(double)
{
  constexpr double two = 2.0;
  if (metric == "mean-squares")
  {
    return [](double value) { return two * std::max(value, 0.0); };
  }
  if (metric == "correlation" || metric == "neighborhood-correlation")
  {
    // The value is the negative square of a coefficient.
    return [](double value) { return two * std::min(std::max(1.0 + value, 0.0), 1.0); };
  }
  return [](double) { return 1.0; };
}
} // end namespace itk

#endif // itkMetricLikelihood_h
