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
#include "facade/itkNormalizedMetric.h"

#include <algorithm>
#include <cmath>

namespace itk
{
void
NormalizedMetric::SetMetric(Superclass * metric, EstimatorType * estimator, const ScalesType & scales, double length)
{
  m_Metric = metric;
  m_Estimator = estimator;
  m_GivenScales = scales;
  m_Length = length;
  m_Factor = 1.0;
  m_HasFactor = false;
  this->StartLevel();
}

void
NormalizedMetric::StartLevel()
{
  m_Units.SetSize(0);
  m_Scales.SetSize(0);
}

void
NormalizedMetric::Prepare() const
{
  const SizeValueType number = m_Metric->GetNumberOfParameters();
  if (m_Units.Size() == number && number > 0)
  {
    return;
  }
  if (m_Estimator)
  {
    m_Estimator->EstimateScales(m_Scales);
  }
  else if (m_GivenScales.Size() > 0)
  {
    m_Scales = m_GivenScales;
  }
  else
  {
    m_Scales.SetSize(m_Metric->GetNumberOfLocalParameters());
    m_Scales.Fill(1.0);
  }
  m_Units.SetSize(number);
  for (SizeValueType i = 0; i < number; ++i)
  {
    // A parameter that moves nothing has a scale that is next to 0: any step does.
    const double scale = m_Scales[i % m_Scales.Size()];
    const double unit = m_Length / std::sqrt(scale);
    m_Units[i] = scale > 0.0 && std::isfinite(unit) ? unit : m_Length;
  }
}

void
NormalizedMetric::ChooseFactor(double size) const
{
  if (!m_HasFactor && size > 0.0 && std::isfinite(size))
  {
    m_Factor = std::exp2(std::clamp(-std::round(std::log2(size)), -1000.0, 1000.0));
    m_HasFactor = true;
  }
}

auto
NormalizedMetric::Denormalize(const ParametersType & normalized) const -> ParametersType
{
  this->Prepare();
  ParametersType parameters(normalized.Size());
  for (SizeValueType i = 0; i < normalized.Size(); ++i)
  {
    parameters[i] = normalized[i] * m_Units[i];
  }
  return parameters;
}

auto
NormalizedMetric::GetValue() const -> MeasureType
{
  this->Prepare();
  const MeasureType value = m_Metric->GetValue();
  this->ChooseFactor(std::abs(value));
  return value * m_Factor;
}

void
NormalizedMetric::GetDerivative(DerivativeType & derivative) const
{
  MeasureType value{};
  this->GetValueAndDerivative(value, derivative);
}

void
NormalizedMetric::GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const
{
  this->Prepare();
  m_Metric->GetValueAndDerivative(value, derivative);
  double sum = 0.0;
  for (SizeValueType i = 0; i < derivative.Size(); ++i)
  {
    derivative[i] *= m_Units[i];
    sum += derivative[i] * derivative[i];
  }
  this->ChooseFactor(std::sqrt(sum));
  if (m_Factor != 1.0)
  {
    derivative *= m_Factor;
  }
  value *= m_Factor;
  m_Value = value;
}

void
NormalizedMetric::SetParameters(ParametersType & parameters)
{
  ParametersType denormalized = this->Denormalize(parameters);
  m_Metric->SetParameters(denormalized);
}

auto
NormalizedMetric::GetParameters() const -> const ParametersType &
{
  this->Prepare();
  const ParametersType & parameters = m_Metric->GetParameters();
  m_Parameters.SetSize(parameters.Size());
  for (SizeValueType i = 0; i < parameters.Size(); ++i)
  {
    m_Parameters[i] = parameters[i] / m_Units[i];
  }
  return m_Parameters;
}

void
NormalizedMetric::UpdateTransformParameters(const DerivativeType & derivative, ParametersValueType factor)
{
  this->Prepare();
  DerivativeType step(derivative.Size());
  for (SizeValueType i = 0; i < derivative.Size(); ++i)
  {
    step[i] = derivative[i] * m_Units[i];
  }
  m_Metric->UpdateTransformParameters(step, factor);
}

void
NormalizedScalesEstimator::EstimateScales(ScalesType & scales)
{
  scales.SetSize(m_Metric->GetNumberOfLocalParameters());
  scales.Fill(1.0);
}

auto
NormalizedScalesEstimator::EstimateStepScale(const ParametersType & step) -> FloatType
{
  return m_Estimator->EstimateStepScale(m_Metric->Denormalize(step)) / m_Length;
}

void
NormalizedScalesEstimator::EstimateLocalStepScales(const ParametersType & step, ScalesType & localStepScales)
{
  m_Estimator->EstimateLocalStepScales(m_Metric->Denormalize(step), localStepScales);
  localStepScales /= m_Length;
}

auto
NormalizedScalesEstimator::EstimateMaximumStepSize() -> FloatType
{
  return m_Estimator->EstimateMaximumStepSize() / m_Length;
}
} // end namespace itk
