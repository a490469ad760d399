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
#include "itkMaskedLevelPlan.h"

#include <ostream>
#include <set>

namespace itk
{
bool
MaskedLevelPlan::IsFixedMaskKnown(const std::string & nameOfMetric) const
{
  // These use the mask for nothing but the samples, except in Initialize().
  static const std::set<std::string> metricsThatAskForSamplesOnly{
    "CorrelationImageToImageMetricv4",
    "DemonsImageToImageMetricv4",
    "JointHistogramMutualInformationImageToImageMetricv4",
    "MattesMutualInformationImageToImageMetricv4",
    "MeanSquaresImageToImageMetricv4",
    "SampledCorrelationImageToImageMetricv4",
    "SampledMattesMutualInformationImageToImageMetricv4",
    "SampledMeanSquaresImageToImageMetricv4"
  };
  return this->UsesPointSet() && metricsThatAskForSamplesOnly.count(nameOfMetric) > 0;
}

std::ostream &
operator<<(std::ostream & os, MaskedLevelPlan::SourceEnum source)
{
  using SourceEnum = MaskedLevelPlan::SourceEnum;
  switch (source)
  {
    case SourceEnum::Metric:
      return os << "itk::MaskedLevelPlan::SourceEnum::Metric";
    case SourceEnum::OwnPoints:
      return os << "itk::MaskedLevelPlan::SourceEnum::OwnPoints";
    case SourceEnum::Draw:
      return os << "itk::MaskedLevelPlan::SourceEnum::Draw";
    case SourceEnum::GridCenters:
      return os << "itk::MaskedLevelPlan::SourceEnum::GridCenters";
    case SourceEnum::ListCenters:
      return os << "itk::MaskedLevelPlan::SourceEnum::ListCenters";
    case SourceEnum::Domain:
      return os << "itk::MaskedLevelPlan::SourceEnum::Domain";
  }
  return os << "INVALID VALUE FOR itk::MaskedLevelPlan::SourceEnum";
}
} // end namespace itk
