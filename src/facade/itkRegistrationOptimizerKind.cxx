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
#include "facade/itkRegistrationOptimizerKind.h"

#include "facade/itkPerLevel.h"

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

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

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
using Kind = RegistrationOptimizerKind;
using BaseType = Kind::OptimizerType;
using BasePointer = Kind::OptimizerPointer;

/** A line search along a gradient, whose unit is a step of a length at every iteration. With ITK's, it is what the
 * search before has found, which grows without bounds where gradients become small. */
template <typename TOptimizer>
class LengthLineSearch
  : public TOptimizer
  , public LengthLineSearchBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LengthLineSearch);
  using Self = LengthLineSearch;
  using Pointer = SmartPointer<Self>;
  itkNewMacro(Self);

protected:
  LengthLineSearch() = default;
  ~LengthLineSearch() override = default;

  void
  AdvanceOneStep() override
  {
    const auto & gradient = this->m_Gradient;
    double       length = 0.0;
    if (this->m_ScalesEstimator)
    {
      length = this->m_ScalesEstimator->EstimateStepScale(gradient);
    }
    else
    {
      std::for_each(gradient.begin(), gradient.end(), [&](double x) { length = std::max(length, std::abs(x)); });
    }
    if (length > 0.0 && std::isfinite(length))
    {
      this->m_LearningRate = m_Step / length;
    }
    TOptimizer::AdvanceOneStep();
  }
};

/** LBFGS2 that starts once: that of ITK 5.4 starts anew where it ends, for as many iterations again. */
class LBFGS2StartingOnce : public LBFGS2Optimizerv4
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LBFGS2StartingOnce);
  using Self = LBFGS2StartingOnce;
  using Pointer = SmartPointer<Self>;
  itkNewMacro(Self);

  void
  StartOptimization(bool doOnlyInitialization) override
  {
    LBFGS2Optimizerv4::StartOptimization(true);
    if (!doOnlyInitialization)
    {
      this->ResumeOptimization();
    }
  }

protected:
  LBFGS2StartingOnce() = default;
  ~LBFGS2StartingOnce() override = default;
};

/** What gradient descent and all that is derived from it have. */
template <typename TOptimizer>
SmartPointer<TOptimizer>
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

BasePointer
MakeGradientDescent(const Settings & settings, SizeValueType, double unit)
{
  return MakeDescent<GradientDescent>(settings, unit).GetPointer();
}

template <typename TOptimizer>
BasePointer
MakeLineSearch(const Settings & settings, SizeValueType, double unit)
{
  const typename TOptimizer::Pointer optimizer =
    settings.StockOptimizer ? MakeDescent<TOptimizer>(settings, unit)
                            : MakeDescent<LengthLineSearch<TOptimizer>>(settings, unit).GetPointer();
  if (!settings.StockOptimizer)
  {
    optimizer->SetDoEstimateLearningRateOnce(false);
    optimizer->SetDoEstimateLearningRateAtEachIteration(false);
  }
  optimizer->SetLowerLimit(settings.LineSearchLowerLimit);
  optimizer->SetUpperLimit(settings.LineSearchUpperLimit);
  optimizer->SetEpsilon(settings.LineSearchEpsilon);
  optimizer->SetMaximumLineSearchIterations(static_cast<unsigned int>(settings.LineSearchMaximumIterations));
  return optimizer.GetPointer();
}

BasePointer
MakeRegularStep(const Settings & settings, SizeValueType, double unit)
{
  const auto optimizer = MakeDescent<RegularStep>(settings, unit);
  optimizer->SetMinimumStepLength(settings.MinimumStepLength * unit);
  optimizer->SetRelaxationFactor(settings.RelaxationFactor);
  optimizer->SetGradientMagnitudeTolerance(settings.GradientMagnitudeTolerance);
  return optimizer.GetPointer();
}

BasePointer
MakeLBFGS2(const Settings & settings, SizeValueType, double)
{
  const LBFGS2Optimizerv4::Pointer optimizer =
    settings.StockOptimizer ? LBFGS2Optimizerv4::New() : LBFGS2Optimizerv4::Pointer(LBFGS2StartingOnce::New());
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
  if (values.size() > 1 && values.size() != numberOfParameters)
  {
    itkGenericExceptionMacro(<< name << ": " << values.size() << " values for " << numberOfParameters
                             << " parameters. Give as many, or one for all.");
  }
  return PerLevel::Spread<Array<double>>(values.empty() ? Settings::NumbersType{ 0.0 } : values, numberOfParameters);
}

BasePointer
MakeLBFGSB(const Settings & settings, SizeValueType numberOfParameters, double)
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
MakeExhaustive(const Settings & settings, SizeValueType numberOfParameters, double)
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
MakeAmoeba(const Settings & settings, SizeValueType numberOfParameters, double)
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
MakePowell(const Settings & settings, SizeValueType, double)
{
  const auto optimizer = Powell::New();
  optimizer->SetMaximumLineIteration(static_cast<unsigned int>(settings.MaximumLineIterations));
  optimizer->SetStepLength(settings.StepLength);
  optimizer->SetStepTolerance(settings.StepTolerance);
  optimizer->SetValueTolerance(settings.ValueTolerance);
  return optimizer.GetPointer();
}

BasePointer
MakeOnePlusOne(const Settings & settings, SizeValueType, double)
{
  const auto optimizer = OnePlusOne::New();
  optimizer->SetEpsilon(settings.Epsilon);
  optimizer->Initialize(settings.InitialRadius, settings.GrowthFactor, settings.ShrinkFactor);
  const auto generator = Statistics::NormalVariateGenerator::New();
  generator->Initialize(static_cast<int>(settings.OptimizerSeed));
  optimizer->SetNormalVariateGenerator(generator);
  return optimizer.GetPointer();
}

/** An optimizer of which the type is known, because its kind has made it. */
template <typename TOptimizer>
TOptimizer &
As(BaseType & optimizer)
{
  return dynamic_cast<TOptimizer &>(optimizer);
}
template <typename TOptimizer>
const TOptimizer &
As(const BaseType & optimizer)
{
  return dynamic_cast<const TOptimizer &>(optimizer);
}

/** Of those with a name of their own for it. */
template <typename TOptimizer>
void
SetMaximumIteration(BaseType & optimizer, SizeValueType number)
{
  As<TOptimizer>(optimizer).SetMaximumIteration(static_cast<unsigned int>(number));
}

/** Not GetValue(), which some evaluate the metric for. */
template <typename TOptimizer>
double
GetCurrentCost(const BaseType & optimizer)
{
  return As<TOptimizer>(optimizer).GetCurrentCost();
}

double
GetCurrentValue(const BaseType & optimizer)
{
  return As<Exhaustive>(optimizer).GetCurrentValue();
}

double
GetConvergenceValue(const BaseType & optimizer)
{
  return As<GradientDescent>(optimizer).GetConvergenceValue();
}

double
GetFrobeniusNorm(const BaseType & optimizer)
{
  return As<OnePlusOne>(optimizer).GetFrobeniusNorm();
}

template <typename TOptimizer>
void
StopOptimization(BaseType & optimizer)
{
  As<TOptimizer>(optimizer).StopOptimization();
}

void
StopWalking(BaseType & optimizer)
{
  As<Exhaustive>(optimizer).StopWalking();
}

/** StopOptimization() sets what nothing reads. The number of iterations is set again at the next level. */
void
StopPowell(BaseType & optimizer)
{
  auto & powell = As<Powell>(optimizer);
  powell.SetMaximumIteration(static_cast<unsigned int>(powell.GetCurrentIteration()));
}

/** One that is derived from GradientDescent. */
Kind
MakeDescentKind(const char * name, Kind::RateType rate, Kind::EndType end, decltype(Kind::Make) make)
{
  Kind kind;
  kind.Name = name;
  kind.Rate = rate;
  kind.End = end;
  kind.Make = make;
  kind.GetConvergenceValue = GetConvergenceValue;
  kind.Stop = StopOptimization<GradientDescent>;
  kind.TakesOtherSamples = end == Kind::EndType::BestIfKept; // those without a line search
  return kind;
}

/** A quasi-Newton method. */
Kind
MakeQuasiNewtonKind(const char * name, bool canGrow, bool estimatesScales, decltype(Kind::Make) make)
{
  // LBFGS2 is derived from GradientDescent, but has neither its learning rate nor its stop.
  Kind kind;
  kind.Name = name;
  kind.CanGrow = canGrow;
  kind.EstimatesScales = estimatesScales;
  kind.Make = make;
  return kind;
}

/** One that asks for values alone. */
Kind
MakeSearchKind(const char * name, bool canGrow, bool estimatesScales, decltype(Kind::Make) make)
{
  Kind kind = MakeQuasiNewtonKind(name, canGrow, estimatesScales, make);
  kind.NeedsDerivative = false;
  return kind;
}

std::vector<Kind>
MakeAll()
{
  using Rate = Kind::RateType;
  using End = Kind::EndType;
  Kind exhaustive = MakeSearchKind("exhaustive", false, false, MakeExhaustive);
  exhaustive.End = End::Best;
  exhaustive.GetValue = GetCurrentValue;
  exhaustive.Stop = StopWalking;
  Kind powell = MakeSearchKind("powell", true, true, MakePowell);
  powell.SetNumberOfIterations = SetMaximumIteration<Powell>;
  powell.GetValue = GetCurrentCost<Powell>;
  powell.Stop = StopPowell;
  Kind onePlusOne = MakeSearchKind("one-plus-one-evolutionary", true, true, MakeOnePlusOne);
  onePlusOne.SetNumberOfIterations = SetMaximumIteration<OnePlusOne>;
  onePlusOne.GetValue = GetCurrentCost<OnePlusOne>;
  onePlusOne.GetConvergenceValue = GetFrobeniusNorm;
  onePlusOne.Stop = StopOptimization<OnePlusOne>;
  return {
    MakeDescentKind("gradient-descent", Rate::Factor, End::BestIfKept, MakeGradientDescent),
    MakeDescentKind("regular-step-gradient-descent", Rate::Length, End::BestIfKept, MakeRegularStep),
    MakeDescentKind("gradient-descent-line-search", Rate::Factor, End::Own, MakeLineSearch<LineSearch>),
    MakeDescentKind("conjugate-gradient-line-search", Rate::Factor, End::Own, MakeLineSearch<ConjugateGradient>),
    MakeQuasiNewtonKind("lbfgs2", true, true, MakeLBFGS2),
    MakeQuasiNewtonKind("lbfgsb", false, false, MakeLBFGSB),
    exhaustive,
    MakeSearchKind("amoeba", false, true, MakeAmoeba),
    powell,
    onePlusOne,
  };
}
} // namespace

const std::vector<RegistrationOptimizerKind> &
RegistrationOptimizerKind::GetAll()
{
  static const std::vector<RegistrationOptimizerKind> kinds = MakeAll();
  return kinds;
}

const RegistrationOptimizerKind &
RegistrationOptimizerKind::Find(const std::string & name)
{
  const auto & kinds = GetAll();
  const auto   kind =
    std::find_if(kinds.begin(), kinds.end(), [&name](const auto & other) { return other.Name == name; });
  if (kind == kinds.end())
  {
    itkGenericExceptionMacro("optimizer: there is no \"" << name << "\".");
  }
  return *kind;
}
} // end namespace itk
