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

#include "itkAmoebaOptimizerv4.h"
#include "itkConjugateGradientLineSearchOptimizerv4.h"
#include "itkExhaustiveOptimizerv4.h"
#include "itkGradientDescentLineSearchOptimizerv4.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkLBFGS2Optimizerv4.h"
#include "itkLBFGSBOptimizerv4.h"
#include "itkNormalVariateGenerator.h"
#include "itkOnePlusOneEvolutionaryOptimizerv4.h"
#include "itkPowellOptimizerv4.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"

#include <limits>

namespace itk
{
namespace
{
using Settings = MaskedRegistrationSettings;
using GradientDescent = GradientDescentOptimizerv4Template<double>;
using LineSearch = GradientDescentLineSearchOptimizerv4Template<double>;
using ConjugateGradient = ConjugateGradientLineSearchOptimizerv4Template<double>;
using RegularStep = RegularStepGradientDescentOptimizerv4<double>;
using Exhaustive = ExhaustiveOptimizerv4<double>;
using Powell = PowellOptimizerv4<double>;
using OnePlusOne = OnePlusOneEvolutionaryOptimizerv4<double>;
using BaseType = MaskedRegistrationOptimizer::OptimizerType;
using BasePointer = MaskedRegistrationOptimizer::OptimizerPointer;

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/** Null if it is none. LBFGS2 is derived from it, but has neither its learning rate nor its stop. */
GradientDescent *
AsDescent(BaseType * optimizer)
{
  const bool isLBFGS2 = dynamic_cast<LBFGS2Optimizerv4 *>(optimizer) != nullptr;
  return isLBFGS2 ? nullptr : dynamic_cast<GradientDescent *>(optimizer);
}

/** What gradient descent and all that is derived from it have. */
template <typename TOptimizer>
typename TOptimizer::Pointer
MakeDescent(const Settings & settings, double unit)
{
  const auto   optimizer = TOptimizer::New();
  const bool   isLength = std::is_same_v<TOptimizer, RegularStep>;
  const auto & estimate = settings.EstimateLearningRate;
  optimizer->SetLearningRate(settings.LearningRate.front() * unit);
  optimizer->SetMinimumConvergenceValue(settings.ConvergenceMinimumValue);
  optimizer->SetConvergenceWindowSize(settings.ConvergenceWindowSize);
  optimizer->SetDoEstimateLearningRateAtEachIteration(estimate == "each-iteration");
  optimizer->SetDoEstimateLearningRateOnce(estimate == "once" || (estimate == "automatic" && !isLength));
  optimizer->SetMaximumStepSizeInPhysicalUnits(settings.MaximumStepSize * unit);
  return optimizer;
}

template <typename TOptimizer>
BasePointer
MakeLineSearch(const Settings & settings, double unit)
{
  const auto optimizer = MakeDescent<TOptimizer>(settings, unit);
  optimizer->SetLowerLimit(settings.LineSearchLowerLimit);
  optimizer->SetUpperLimit(settings.LineSearchUpperLimit);
  optimizer->SetEpsilon(settings.LineSearchEpsilon);
  optimizer->SetMaximumLineSearchIterations(static_cast<unsigned int>(settings.LineSearchMaximumIterations));
  return optimizer.GetPointer();
}

BasePointer
MakeRegularStep(const Settings & settings, double unit)
{
  const auto optimizer = MakeDescent<RegularStep>(settings, unit);
  optimizer->SetMinimumStepLength(settings.MinimumStepLength * unit);
  optimizer->SetRelaxationFactor(settings.RelaxationFactor);
  optimizer->SetGradientMagnitudeTolerance(settings.GradientMagnitudeTolerance);
  return optimizer.GetPointer();
}

BasePointer
MakeLBFGS2(const Settings & settings)
{
  const auto optimizer = LBFGS2Optimizerv4::New();
  optimizer->SetSolutionAccuracy(settings.SolutionAccuracy);
  optimizer->SetHessianApproximationAccuracy(static_cast<int>(settings.HessianApproximationAccuracy));
  optimizer->SetDeltaConvergenceDistance(static_cast<int>(settings.DeltaConvergenceDistance));
  optimizer->SetDeltaConvergenceTolerance(settings.DeltaConvergenceTolerance);
  optimizer->SetMaximumLineSearchEvaluations(static_cast<int>(settings.LineSearchMaximumEvaluations));
  optimizer->SetMinimumLineSearchStep(settings.LineSearchMinimumStep);
  optimizer->SetMaximumLineSearchStep(settings.LineSearchMaximumStep);
  optimizer->SetLineSearchAccuracy(settings.LineSearchAccuracy);
  return optimizer.GetPointer();
}

/** One value for every parameter: those of the settings, or their only one. */
Array<double>
SpreadBound(const char * name, const Settings::NumbersType & values, SizeValueType numberOfParameters)
{
  Array<double> bound(numberOfParameters);
  bound.Fill(values.empty() ? 0.0 : values.front());
  if (values.size() > 1)
  {
    if (values.size() != numberOfParameters)
    {
      itkGenericExceptionMacro(<< name << ": " << values.size() << " values for " << numberOfParameters
                               << " parameters. Give as many, or one for all.");
    }
    std::copy(values.begin(), values.end(), bound.begin());
  }
  return bound;
}

BasePointer
MakeLBFGSB(const Settings & settings, SizeValueType numberOfParameters)
{
  const auto optimizer = LBFGSBOptimizerv4::New();
  optimizer->SetGradientConvergenceTolerance(settings.GradientConvergenceTolerance);
  optimizer->SetMaximumNumberOfCorrections(static_cast<unsigned int>(settings.MaximumNumberOfCorrections));
  optimizer->SetMaximumNumberOfFunctionEvaluations(
    static_cast<unsigned int>(settings.MaximumNumberOfFunctionEvaluations));
  optimizer->SetCostFunctionConvergenceFactor(settings.CostFunctionConvergenceFactor);
  optimizer->SetTrace(settings.Trace);
  // Of LBFGSB: 0 no bound, 1 a lower one, 2 both, 3 an upper one.
  const bool                            hasLower = !settings.LowerBound.empty();
  const bool                            hasUpper = !settings.UpperBound.empty();
  LBFGSBOptimizerv4::BoundSelectionType selection(numberOfParameters);
  selection.Fill(hasLower ? (hasUpper ? 2 : 1) : (hasUpper ? 3 : 0));
  optimizer->SetBoundSelection(selection);
  optimizer->SetLowerBound(SpreadBound("lower-bound", settings.LowerBound, numberOfParameters));
  optimizer->SetUpperBound(SpreadBound("upper-bound", settings.UpperBound, numberOfParameters));
  return optimizer.GetPointer();
}

BasePointer
MakeExhaustive(const Settings & settings, SizeValueType numberOfParameters)
{
  if (settings.NumberOfSteps.size() != numberOfParameters)
  {
    itkGenericExceptionMacro("number-of-steps: " << settings.NumberOfSteps.size() << " values for "
                                                 << numberOfParameters
                                                 << " parameters of the transform. Give as many.");
  }
  const auto            optimizer = Exhaustive::New();
  Exhaustive::StepsType steps(numberOfParameters);
  std::copy(settings.NumberOfSteps.begin(), settings.NumberOfSteps.end(), steps.begin());
  optimizer->SetNumberOfSteps(steps);
  optimizer->SetStepLength(settings.StepLength);
  return optimizer.GetPointer();
}

BasePointer
MakeAmoeba(const Settings & settings, SizeValueType numberOfParameters)
{
  const auto                        optimizer = AmoebaOptimizerv4::New();
  AmoebaOptimizerv4::ParametersType delta(numberOfParameters);
  delta.Fill(settings.SimplexDelta);
  optimizer->SetInitialSimplexDelta(delta);
  optimizer->SetParametersConvergenceTolerance(settings.ParametersConvergenceTolerance);
  optimizer->SetFunctionConvergenceTolerance(settings.FunctionConvergenceTolerance);
  optimizer->SetOptimizeWithRestarts(settings.WithRestarts);
  return optimizer.GetPointer();
}

BasePointer
MakePowell(const Settings & settings)
{
  const auto optimizer = Powell::New();
  optimizer->SetMaximumLineIteration(static_cast<unsigned int>(settings.MaximumLineIterations));
  optimizer->SetStepLength(settings.StepLength);
  optimizer->SetStepTolerance(settings.StepTolerance);
  optimizer->SetValueTolerance(settings.ValueTolerance);
  return optimizer.GetPointer();
}

BasePointer
MakeOnePlusOne(const Settings & settings)
{
  const auto optimizer = OnePlusOne::New();
  optimizer->SetEpsilon(settings.Epsilon);
  optimizer->Initialize(settings.InitialRadius, settings.GrowthFactor, settings.ShrinkFactor);
  const auto generator = Statistics::NormalVariateGenerator::New();
  generator->Initialize(static_cast<int>(settings.OptimizerSeed));
  optimizer->SetNormalVariateGenerator(generator);
  return optimizer.GetPointer();
}

BasePointer
MakeOptimizer(const Settings & settings, SizeValueType numberOfParameters, double unit)
{
  const std::string & name = settings.Optimizer;
  if (name == "gradient-descent")
  {
    return MakeDescent<GradientDescent>(settings, unit).GetPointer();
  }
  if (name == "regular-step-gradient-descent")
  {
    return MakeRegularStep(settings, unit);
  }
  if (name == "gradient-descent-line-search")
  {
    return MakeLineSearch<LineSearch>(settings, unit);
  }
  if (name == "conjugate-gradient-line-search")
  {
    return MakeLineSearch<ConjugateGradient>(settings, unit);
  }
  if (name == "lbfgs2")
  {
    return MakeLBFGS2(settings);
  }
  if (name == "lbfgsb")
  {
    return MakeLBFGSB(settings, numberOfParameters);
  }
  if (name == "exhaustive")
  {
    return MakeExhaustive(settings, numberOfParameters);
  }
  if (name == "amoeba")
  {
    return MakeAmoeba(settings, numberOfParameters);
  }
  if (name == "powell")
  {
    return MakePowell(settings);
  }
  return MakeOnePlusOne(settings);
}
} // namespace

MaskedRegistrationOptimizer::MaskedRegistrationOptimizer(const MaskedRegistrationSettings & settings,
                                                         SizeValueType                      numberOfParameters,
                                                         double                             unit)
  : m_Optimizer(MakeOptimizer(settings, numberOfParameters, unit))
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
  const auto at = [level](const auto & values) { return values[values.size() == 1 ? 0 : level]; };
  const auto numberOfIterations = at(settings.Iterations);
  if (auto * const powell = dynamic_cast<Powell *>(m_Optimizer.GetPointer()))
  {
    powell->SetMaximumIteration(static_cast<unsigned int>(numberOfIterations));
  }
  else if (auto * const onePlusOne = dynamic_cast<OnePlusOne *>(m_Optimizer.GetPointer()))
  {
    onePlusOne->SetMaximumIteration(static_cast<unsigned int>(numberOfIterations));
  }
  else
  {
    m_Optimizer->SetNumberOfIterations(numberOfIterations);
  }

  auto * const exhaustive = dynamic_cast<Exhaustive *>(m_Optimizer.GetPointer());
  if (exhaustive != nullptr && settings.ReturnBest)
  {
    // Or else it keeps that of the level before.
    exhaustive->SetInitialPosition(ParametersType());
  }
  if (auto * const descent = AsDescent(m_Optimizer))
  {
    const bool isAutomatic = settings.EstimateLearningRate == "automatic";
    const bool isLength = dynamic_cast<RegularStep *>(descent) != nullptr;
    const bool hasEstimator = settings.Scales != "manual" && settings.Scales != "none";
    if (!hasEstimator || !(settings.EstimateLearningRate == "once" || (isAutomatic && !isLength)))
    {
      descent->SetLearningRate(at(settings.LearningRate) * unit);
    }
    if (isAutomatic && level > 0)
    {
      // Near the minimum, a step as long as a voxel would need a rate that leads astray: use that of the first level.
      descent->SetDoEstimateLearningRateOnce(false);
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
  if (const auto * const exhaustive = dynamic_cast<const Exhaustive *>(m_Optimizer.GetPointer()))
  {
    return exhaustive->GetCurrentValue();
  }
  // Not GetValue(), which some evaluate the metric for.
  if (const auto * const powell = dynamic_cast<const Powell *>(m_Optimizer.GetPointer()))
  {
    return powell->GetCurrentCost();
  }
  if (const auto * const onePlusOne = dynamic_cast<const OnePlusOne *>(m_Optimizer.GetPointer()))
  {
    return onePlusOne->GetCurrentCost();
  }
  return m_Optimizer->GetCurrentMetricValue();
}

double
MaskedRegistrationOptimizer::GetLearningRate() const
{
  if (const auto * const descent = AsDescent(m_Optimizer))
  {
    return descent->GetLearningRate();
  }
  return notANumber;
}

double
MaskedRegistrationOptimizer::GetConvergenceValue() const
{
  if (const auto * const descent = AsDescent(m_Optimizer))
  {
    return descent->GetConvergenceValue();
  }
  if (const auto * const onePlusOne = dynamic_cast<const OnePlusOne *>(m_Optimizer.GetPointer()))
  {
    return onePlusOne->GetFrobeniusNorm();
  }
  return notANumber;
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
  auto * const optimizer = m_Optimizer.GetPointer();
  if (auto * const descent = AsDescent(optimizer))
  {
    descent->StopOptimization();
    return true;
  }
  if (auto * const exhaustive = dynamic_cast<Exhaustive *>(optimizer))
  {
    exhaustive->StopWalking();
    return true;
  }
  if (auto * const powell = dynamic_cast<Powell *>(optimizer))
  {
    // StopOptimization() sets what nothing reads. StartLevel() sets this again.
    powell->SetMaximumIteration(static_cast<unsigned int>(powell->GetCurrentIteration()));
    return true;
  }
  if (auto * const onePlusOne = dynamic_cast<OnePlusOne *>(optimizer))
  {
    onePlusOne->StopOptimization();
    return true;
  }
  return false;
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
