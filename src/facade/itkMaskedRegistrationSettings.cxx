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
#include "itkMaskedRegistrationSettings.h"

#include "itkMacro.h"
#include "itkNumericTraits.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <type_traits>

namespace itk
{
namespace
{
using Settings = MaskedRegistrationSettings;
using TextsType = std::vector<std::string>;

/** What a number can be. */
enum class Range : uint8_t
{
  Any,
  NotNegative,
  Positive,
  Fraction
};

const TextsType &
TransformNames()
{
  static const TextsType names{ "translation", "rigid", "similarity",         "affine",
                                "b-spline",    "given", "displacement-field", "syn" };
  return names;
}

/** Call a function with the name, the member and what the member can be, for every setting. The only list of them. */
template <typename TSettings, typename TVisitor>
void
VisitSettings(TSettings & s, const TVisitor & visit)
{
  visit("transform", s.Transform, TransformNames());
  visit("initialization", s.Initialization, TextsType{ "none", "geometry", "moments" });
  visit("center", s.Center, Range::Any);
  visit("grid-spacing", s.GridSpacing, Range::Positive);
  visit("grid-scale-factors", s.GridScaleFactors, Range::Any);
  visit("update-field-variance", s.UpdateFieldVariance, Range::NotNegative);
  visit("total-field-variance", s.TotalFieldVariance, Range::NotNegative);

  visit("metric",
        s.Metric,
        TextsType{ "mutual-information",
                   "mean-squares",
                   "correlation",
                   "neighborhood-correlation",
                   "joint-histogram-mutual-information",
                   "demons" });
  visit("stock-metric", s.StockMetric, Range::Any);
  visit("histogram-bins", s.HistogramBins, Range::Positive);
  visit("radius", s.Radius, Range::Positive);
  visit("joint-variance", s.JointVariance, Range::NotNegative);
  visit("intensity-difference-threshold", s.IntensityDifferenceThreshold, Range::NotNegative);
  visit("fixed-gradient-filter", s.FixedGradientFilter, Range::Any);
  visit("moving-gradient-filter", s.MovingGradientFilter, Range::Any);
  visit("interpolator",
        s.Interpolator,
        TextsType{ "nearest-neighbor",
                   "linear",
                   "b-spline",
                   "b-spline-1",
                   "b-spline-2",
                   "b-spline-4",
                   "b-spline-5",
                   "gaussian",
                   "label-gaussian",
                   "hamming-windowed-sinc",
                   "cosine-windowed-sinc",
                   "welch-windowed-sinc",
                   "lanczos-windowed-sinc",
                   "blackman-windowed-sinc" });

  visit("sampling", s.Sampling, TextsType{ "random", "regular", "none" });
  visit("samples", s.Samples, Range::Any);
  visit("percentage", s.Percentage, Range::Fraction);
  visit("seed", s.Seed, Range::Any);
  visit("perturb-samples", s.PerturbSamples, Range::Any);
  visit("resample-every-iteration", s.ResampleEveryIteration, Range::Any);
  visit("crop-to-mask", s.CropToMask, Range::Any);
  visit("region-index", s.RegionIndex, Range::Any);
  visit("region-size", s.RegionSize, Range::Positive);

  visit("levels", s.Levels, Range::Any);
  visit("shrink-factors", s.ShrinkFactors, Range::Positive);
  visit("smoothing-sigmas", s.SmoothingSigmas, Range::NotNegative);
  visit("sigmas-in-physical-units", s.SigmasInPhysicalUnits, Range::Any);

  visit("optimizer",
        s.Optimizer,
        TextsType{ "gradient-descent",
                   "regular-step-gradient-descent",
                   "gradient-descent-line-search",
                   "conjugate-gradient-line-search",
                   "lbfgs2",
                   "lbfgsb",
                   "exhaustive",
                   "amoeba",
                   "powell",
                   "one-plus-one-evolutionary" });
  visit("iterations", s.Iterations, Range::Any);
  visit("steps-in-voxels", s.StepsInVoxels, Range::Any);
  visit("learning-rate", s.LearningRate, Range::Any);
  visit("minimum-step-length", s.MinimumStepLength, Range::Any);
  visit("relaxation-factor", s.RelaxationFactor, Range::Any);
  visit("gradient-magnitude-tolerance", s.GradientMagnitudeTolerance, Range::Any);
  visit("convergence-minimum-value", s.ConvergenceMinimumValue, Range::Any);
  visit("convergence-window-size", s.ConvergenceWindowSize, Range::Any);
  visit("estimate-learning-rate", s.EstimateLearningRate, TextsType{ "automatic", "never", "once", "each-iteration" });
  visit("maximum-step-size", s.MaximumStepSize, Range::NotNegative);
  visit("line-search-lower-limit", s.LineSearchLowerLimit, Range::Any);
  visit("line-search-upper-limit", s.LineSearchUpperLimit, Range::Any);
  visit("line-search-epsilon", s.LineSearchEpsilon, Range::Any);
  visit("line-search-maximum-iterations", s.LineSearchMaximumIterations, Range::Any);
  visit("return-best", s.ReturnBest, Range::Any);
  visit("solution-accuracy", s.SolutionAccuracy, Range::Any);
  visit("hessian-approximation-accuracy", s.HessianApproximationAccuracy, Range::Positive);
  visit("delta-convergence-distance", s.DeltaConvergenceDistance, Range::Any);
  visit("delta-convergence-tolerance", s.DeltaConvergenceTolerance, Range::Any);
  visit("line-search-maximum-evaluations", s.LineSearchMaximumEvaluations, Range::Any);
  visit("line-search-minimum-step", s.LineSearchMinimumStep, Range::Any);
  visit("line-search-maximum-step", s.LineSearchMaximumStep, Range::Any);
  visit("line-search-accuracy", s.LineSearchAccuracy, Range::Any);
  visit("gradient-convergence-tolerance", s.GradientConvergenceTolerance, Range::Any);
  visit("maximum-number-of-corrections", s.MaximumNumberOfCorrections, Range::Any);
  visit("maximum-number-of-function-evaluations", s.MaximumNumberOfFunctionEvaluations, Range::Any);
  visit("cost-function-convergence-factor", s.CostFunctionConvergenceFactor, Range::Any);
  visit("lower-bound", s.LowerBound, Range::Any);
  visit("upper-bound", s.UpperBound, Range::Any);
  visit("trace", s.Trace, Range::Any);
  visit("number-of-steps", s.NumberOfSteps, Range::Any);
  visit("step-length", s.StepLength, Range::Any);
  visit("simplex-delta", s.SimplexDelta, Range::Any);
  visit("parameters-convergence-tolerance", s.ParametersConvergenceTolerance, Range::Any);
  visit("function-convergence-tolerance", s.FunctionConvergenceTolerance, Range::Any);
  visit("with-restarts", s.WithRestarts, Range::Any);
  visit("maximum-line-iterations", s.MaximumLineIterations, Range::Any);
  visit("step-tolerance", s.StepTolerance, Range::Any);
  visit("value-tolerance", s.ValueTolerance, Range::Any);
  visit("epsilon", s.Epsilon, Range::Any);
  visit("initial-radius", s.InitialRadius, Range::Any);
  visit("growth-factor", s.GrowthFactor, Range::Any);
  visit("shrink-factor", s.ShrinkFactor, Range::Any);
  visit("optimizer-seed", s.OptimizerSeed, Range::Any);

  visit("scales", s.Scales, TextsType{ "physical-shift", "index-shift", "jacobian", "manual", "none" });
  visit("manual-scales", s.ManualScales, Range::Positive);
  visit("central-region-radius", s.CentralRegionRadius, Range::Any);
  visit("small-parameter-variation", s.SmallParameterVariation, Range::Positive);
  visit("optimizer-weights", s.OptimizerWeights, Range::Any);
  visit("work-units", s.WorkUnits, Range::Any);
}

[[noreturn]] void
Refuse(const std::string & name, const std::string & problem)
{
  itkGenericExceptionMacro(<< name << ": " << problem);
}

template <typename TValue>
std::string
ToText(const TValue & value)
{
  std::ostringstream os;
  os << value;
  return os.str();
}

std::string
Join(const TextsType & texts)
{
  std::string joined;
  for (const auto & text : texts)
  {
    joined += (joined.empty() ? "" : ", ") + text;
  }
  return joined;
}

void
CheckText(const std::string & name, const std::string & text, const TextsType & choices)
{
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
  {
    Refuse(name, '"' + text + "\" is none of " + Join(choices) + '.');
  }
}

void
CheckNumber(const std::string & name, double number, Range range)
{
  if (!std::isfinite(number))
  {
    Refuse(name, ToText(number) + " is not a finite number.");
  }
  if (range == Range::NotNegative && number < 0.0)
  {
    Refuse(name, ToText(number) + " is negative. It must be 0 or more.");
  }
  if (range == Range::Positive && number <= 0.0)
  {
    Refuse(name, ToText(number) + " is not greater than 0.");
  }
  if (range == Range::Fraction && !(number > 0.0 && number <= 1.0))
  {
    Refuse(name, ToText(number) + " is not in (0, 1]: a fraction of the mask voxels, not a number of percent.");
  }
}

template <typename TValue>
struct IsVector : std::false_type
{};
template <typename TValue>
struct IsVector<std::vector<TValue>> : std::true_type
{};

/** Check the value of a member. */
struct Checker
{
  void
  operator()(const std::string & name, const std::string & text, const TextsType & choices) const
  {
    CheckText(name, text, choices);
  }
  template <typename TValue>
  void
  operator()(const std::string & name, const TValue & value, Range range) const
  {
    if constexpr (IsVector<TValue>::value)
    {
      for (const auto number : value)
      {
        CheckNumber(name, static_cast<double>(number), range);
      }
    }
    else
    {
      CheckNumber(name, static_cast<double>(value), range);
    }
  }
};

template <typename TNumber>
TNumber
ToNumber(const std::string & name, double number)
{
  if constexpr (std::is_same_v<TNumber, double>)
  {
    return number;
  }
  else if constexpr (std::is_same_v<TNumber, bool>)
  {
    if (number != 0.0 && number != 1.0)
    {
      Refuse(name, ToText(number) + " is neither true nor false.");
    }
    return number != 0.0;
  }
  else
  {
    constexpr double largest = 9007199254740992.0; // 2^53: beyond, a double is not every integer
    constexpr double smallest = std::is_unsigned_v<TNumber> ? 0.0 : -largest;
    if (!(number >= smallest && number <= largest) || number != std::floor(number))
    {
      Refuse(name,
             ToText(number) + (std::is_unsigned_v<TNumber> ? " is not an integer of at least 0." : " is no integer."));
    }
    return static_cast<TNumber>(number);
  }
}

template <typename TMember>
std::string
KindOf()
{
  if constexpr (std::is_same_v<TMember, std::string>)
  {
    return "text";
  }
  else if constexpr (std::is_same_v<TMember, bool>)
  {
    return "flag";
  }
  else if constexpr (std::is_same_v<TMember, double>)
  {
    return "number";
  }
  else if constexpr (std::is_same_v<TMember, SizeValueType>)
  {
    return "count";
  }
  else if constexpr (std::is_same_v<TMember, Settings::NumbersType>)
  {
    return "numbers";
  }
  else if constexpr (std::is_same_v<TMember, Settings::CountsType>)
  {
    return "counts";
  }
  else
  {
    return "integers";
  }
}

/** Give a member a value. */
template <typename TMember>
void
Assign(const std::string & name, TMember & member, const Settings::ValueType & value)
{
  if constexpr (std::is_same_v<TMember, std::string>)
  {
    if (!std::holds_alternative<std::string>(value))
    {
      Refuse(name, "a text is needed.");
    }
    member = std::get<std::string>(value);
  }
  else
  {
    if (!std::holds_alternative<Settings::NumbersType>(value))
    {
      Refuse(name, "a number is needed, not \"" + std::get<std::string>(value) + "\".");
    }
    const auto & numbers = std::get<Settings::NumbersType>(value);
    if constexpr (IsVector<TMember>::value)
    {
      TMember members;
      for (const double number : numbers)
      {
        members.push_back(ToNumber<typename TMember::value_type>(name, number));
      }
      member = members;
    }
    else
    {
      if (numbers.size() != 1)
      {
        Refuse(name, "one number is needed, not " + ToText(numbers.size()) + '.');
      }
      member = ToNumber<TMember>(name, numbers.front());
    }
  }
}

template <typename TMember>
Settings::ValueType
ToValue(const TMember & member)
{
  if constexpr (std::is_same_v<TMember, std::string>)
  {
    return member;
  }
  else if constexpr (IsVector<TMember>::value)
  {
    return Settings::NumbersType(member.begin(), member.end());
  }
  else
  {
    return Settings::NumbersType{ static_cast<double>(member) };
  }
}

/** Call a function with the member of a name, and what it can be. */
template <typename TSettings, typename TFunction>
void
VisitSetting(TSettings & settings, const std::string & name, const TFunction & function)
{
  bool      found = false;
  TextsType names;
  VisitSettings(settings, [&](const std::string & other, auto & member, const auto & limits) {
    names.push_back(other);
    if (other == name)
    {
      found = true;
      function(member, limits);
    }
  });
  if (!found)
  {
    Refuse(name, "there is no setting of this name. There are: " + Join(names) + '.');
  }
}
} // namespace

MaskedRegistrationSettings
MaskedRegistrationSettings::MakeDefaults(const std::string & transform)
{
  CheckText("transform", transform, TransformNames());
  MaskedRegistrationSettings settings;
  settings.Transform = transform;
  if (transform == "b-spline")
  {
    // Many parameters, all of them lengths, need many samples, no scales, and a quasi-Newton method.
    settings.Optimizer = "lbfgs2";
    settings.Scales = "none";
  }
  if (transform == "displacement-field" || transform == "syn")
  {
    // Every voxel has a displacement of its own, which only a metric at that voxel can move.
    settings.Optimizer = "gradient-descent";
    settings.Sampling = "none";
    settings.Metric = "neighborhood-correlation";
  }
  if (transform == "displacement-field")
  {
    settings.EstimateLearningRate = "each-iteration";
    settings.MaximumStepSize = 0.25;
  }
  return settings;
}

MaskedRegistrationSettings
MaskedRegistrationSettings::Resolve() const
{
  const bool                 isSpline = Transform == "b-spline";
  const bool                 isField = Transform == "displacement-field" || Transform == "syn";
  const SizeValueType        numberOfLevels = this->GetNumberOfLevels();
  MaskedRegistrationSettings resolved = *this;
  resolved.Levels = numberOfLevels;
  for (SizeValueType level = 0; resolved.ShrinkFactors.size() < numberOfLevels; ++level)
  {
    resolved.ShrinkFactors.push_back(SizeValueType{ 1 } << std::min<SizeValueType>(numberOfLevels - 1 - level, 32));
  }
  // One value for all levels, or chosen by the shrink factor of a level and the number of levels after it.
  const auto fill = [&](auto & values, const auto & choose) {
    if (values.size() == 1)
    {
      values.resize(numberOfLevels, values.front());
    }
    for (SizeValueType level = 0; values.size() < numberOfLevels; ++level)
    {
      values.push_back(choose(resolved.ShrinkFactors[level], numberOfLevels - 1 - level));
    }
  };
  fill(resolved.GridScaleFactors, [&](SizeValueType, SizeValueType toGo) -> SizeValueType {
    return isSpline ? SizeValueType{ 1 } << std::min<SizeValueType>(numberOfLevels - 1 - toGo, 32) : 0;
  });
  fill(resolved.Samples, [&](SizeValueType, SizeValueType toGo) -> SizeValueType {
    return isField ? 0 : isSpline ? std::max<SizeValueType>(50000, 200000 >> std::min<SizeValueType>(toGo, 10)) : 2000;
  });
  // A B-spline has so many parameters that, without some smoothing at the end, it fits the noise; also with more
  // iterations than there are here.
  fill(resolved.SmoothingSigmas, [&](SizeValueType factor, SizeValueType) {
    return factor > 1 ? 0.5 * static_cast<double>(factor) : isSpline ? 0.5 : 0.0;
  });
  fill(resolved.Iterations, [&](SizeValueType factor, SizeValueType) -> SizeValueType {
    return isField ? (factor > 3 ? 100 : factor > 1 ? 70 : 20) : isSpline ? 6 : 200;
  });
  fill(resolved.LearningRate,
       [&](SizeValueType factor, SizeValueType) { return isField ? 0.25 : 0.5 * static_cast<double>(factor); });
  return resolved;
}

std::vector<MaskedRegistrationSettings::Description>
MaskedRegistrationSettings::Describe()
{
  std::vector<Description>   descriptions;
  MaskedRegistrationSettings settings;
  VisitSettings(settings, [&](const std::string & name, const auto & member, const auto & limits) {
    Description description{ name, KindOf<std::decay_t<decltype(member)>>(), {} };
    if constexpr (std::is_same_v<std::decay_t<decltype(limits)>, TextsType>)
    {
      description.Choices = limits;
    }
    descriptions.push_back(description);
  });
  return descriptions;
}

void
MaskedRegistrationSettings::Set(const std::string & name, const ValueType & value)
{
  VisitSetting(*this, name, [&](auto & member, const auto & limits) {
    auto changed = member;
    Assign(name, changed, value);
    Checker()(name, changed, limits);
    member = changed;
  });
}

MaskedRegistrationSettings::ValueType
MaskedRegistrationSettings::Get(const std::string & name) const
{
  ValueType value;
  VisitSetting(*this, name, [&](const auto & member, const auto &) { value = ToValue(member); });
  return value;
}

void
MaskedRegistrationSettings::Check() const
{
  VisitSettings(*this, Checker());
  const SizeValueType numberOfLevels = this->GetNumberOfLevels();
  const auto          checkLevels = [numberOfLevels](const char * name, const auto & values) {
    if (values.size() > 1 && values.size() != numberOfLevels)
    {
      Refuse(name,
             ToText(values.size()) + " values for " + ToText(numberOfLevels) +
               (numberOfLevels == 1 ? " level" : " levels") + ". Give as many, or one for all.");
    }
  };
  if (Levels > 0 && Levels != numberOfLevels)
  {
    Refuse("levels", ToText(Levels) + ", but there are " + ToText(numberOfLevels) + " shrink-factors.");
  }
  checkLevels("smoothing-sigmas", SmoothingSigmas);
  checkLevels("samples", Samples);
  checkLevels("percentage", Percentage);
  checkLevels("iterations", Iterations);
  checkLevels("learning-rate", LearningRate);
  checkLevels("grid-scale-factors", GridScaleFactors);
  constexpr SizeValueType mostLevels = 16;
  if (Levels > mostLevels)
  {
    Refuse("levels", ToText(Levels) + " is more than " + ToText(mostLevels) + ". Give shrink-factors.");
  }
  if (Percentage.empty())
  {
    Refuse("percentage", "there must be one for each level, or one for all.");
  }
  if (Scales == "manual" && ManualScales.empty())
  {
    Refuse("manual-scales",
           "there are none. Give one for each parameter, or estimate them: scales \"physical-shift\".");
  }
  if (Seed > static_cast<SizeValueType>(NumericTraits<int>::max()))
  {
    Refuse("seed", ToText(Seed) + " is greater than " + ToText(NumericTraits<int>::max()) + '.');
  }
}

SizeValueType
MaskedRegistrationSettings::GetNumberOfLevels() const
{
  constexpr SizeValueType usual = 3;
  return !ShrinkFactors.empty()       ? ShrinkFactors.size()
         : Levels > 0                 ? Levels
         : SmoothingSigmas.size() > 1 ? SmoothingSigmas.size()
                                      : usual;
}
} // end namespace itk
