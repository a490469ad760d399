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
#include "facade/itkMaskedRegistrationOptimizer.h"

#include "facade/itkPerLevel.h"
#include "facade/itkStockEvents.h"

#include "itkExhaustiveOptimizerv4.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkLBFGS2Optimizerv4.h"

#include <limits>

namespace itk
{
itkEventMacroDefinition(MethodStartEvent, UserEvent);
itkEventMacroDefinition(MethodEndEvent, UserEvent);
itkEventMacroDefinition(OptimizerEvent, UserEvent);

namespace
{
using Exhaustive = ExhaustiveOptimizerv4<double>;
using GradientDescent = GradientDescentOptimizerv4Template<double>;
using RateType = RegistrationOptimizerKind::RateType;
} // namespace

MaskedRegistrationOptimizer::MaskedRegistrationOptimizer(const MaskedRegistrationSettings & settings,
                                                         SizeValueType                      numberOfParameters,
                                                         double                             unit)
  : m_Kind(&RegistrationOptimizerKind::Find(settings.Optimizer))
  , m_Optimizer(m_Kind->Make(settings, numberOfParameters, unit))
{
  if (settings.WorkUnits > 0)
  {
    m_Optimizer->SetNumberOfWorkUnits(static_cast<ThreadIdType>(settings.WorkUnits));
  }
  this->StartLevel(settings, 0, unit);
}

void
MaskedRegistrationOptimizer::StartLevel(const MaskedRegistrationSettings & settings, SizeValueType level, double unit)
{
  m_Kind->SetNumberOfIterations(*m_Optimizer, PerLevel::At(settings.Iterations, level));
  if (auto * const exhaustive = dynamic_cast<Exhaustive *>(m_Optimizer.GetPointer());
      exhaustive != nullptr && settings.ReturnBest)
  {
    // Or else it keeps that of the level before.
    exhaustive->SetInitialPosition(ParametersType());
  }
  if (m_Kind->Rate != RateType::None)
  {
    auto &     descent = dynamic_cast<GradientDescent &>(*m_Optimizer);
    const bool isAutomatic = settings.EstimateLearningRate == "automatic";
    const bool hasEstimator = settings.Scales != "manual" && settings.Scales != "none";
    const bool isEstimatedOnce =
      settings.EstimateLearningRate == "once" || (isAutomatic && m_Kind->Rate != RateType::Length);
    // What a line search has made of the only rate that was set is where the next level goes on, as in ITK.
    const bool isSet = level == 0 || settings.LearningRate.size() > 1;
    if (isSet && !(hasEstimator && isEstimatedOnce))
    {
      descent.SetLearningRate(PerLevel::At(settings.LearningRate, level) * unit);
    }
    if (auto * const lineSearch = dynamic_cast<LengthLineSearchBase *>(m_Optimizer.GetPointer()))
    {
      lineSearch->SetStep(PerLevel::At(settings.LearningRate, level) * unit);
    }
    if (isAutomatic && level > 0)
    {
      // Near the minimum, a step as long as a voxel would need a rate that leads astray: use that of the first level.
      descent.SetDoEstimateLearningRateOnce(false);
    }
  }
}

SizeValueType
MaskedRegistrationOptimizer::GetIteration() const
{
  return m_Optimizer->GetCurrentIteration();
}

double
MaskedRegistrationOptimizer::GetValue() const
{
  return m_Kind->GetValue(*m_Optimizer);
}

void
MaskedRegistrationOptimizer::SlowDown()
{
  if (m_Kind->Name == "gradient-descent")
  {
    auto & descent = dynamic_cast<GradientDescent &>(*m_Optimizer);
    descent.SetLearningRate(0.5 * descent.GetLearningRate());
  }
}

double
MaskedRegistrationOptimizer::GetLearningRate() const
{
  return m_Kind->Rate != RateType::None ? dynamic_cast<const GradientDescent &>(*m_Optimizer).GetLearningRate()
                                        : std::numeric_limits<double>::quiet_NaN();
}

double
MaskedRegistrationOptimizer::GetConvergenceValue() const
{
  return m_Kind->GetConvergenceValue(*m_Optimizer);
}

auto
MaskedRegistrationOptimizer::GetPosition() const -> ParametersType
{
  return m_Optimizer->GetMetric() != nullptr ? m_Optimizer->GetCurrentPosition() : ParametersType();
}

std::string
MaskedRegistrationOptimizer::GetStopConditionDescription() const
{
  return m_Optimizer->GetStopConditionDescription();
}

bool
MaskedRegistrationOptimizer::Stop()
{
  if (m_Kind->Stop == nullptr)
  {
    return false;
  }
  m_Kind->Stop(*m_Optimizer);
  return true;
}

bool
MaskedRegistrationOptimizer::Cancel()
{
  auto * const lbfgs2 = dynamic_cast<LBFGS2Optimizerv4 *>(m_Optimizer.GetPointer());
  if (lbfgs2 == nullptr)
  {
    return false;
  }
  lbfgs2->StopOptimization();
  return true;
}

bool
MaskedRegistrationOptimizer::GetBest(ParametersType & parameters, double & value) const
{
  const auto * const exhaustive = dynamic_cast<const Exhaustive *>(m_Optimizer.GetPointer());
  if (exhaustive == nullptr)
  {
    return false;
  }
  parameters = exhaustive->GetMinimumMetricValuePosition();
  value = exhaustive->GetMinimumMetricValue();
  return true;
}
} // end namespace itk
