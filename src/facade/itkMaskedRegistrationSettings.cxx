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

#include "facade/itkIsFastField.h"
#include "facade/itkIsField.h"
#include "facade/itkRegistrationOptimizerKind.h"
#include "facade/itkSettingsValues.h"

#include "itkNumericTraits.h"

namespace itk
{
using namespace SettingsValues;

namespace
{
/** Refuse what would end where it began, in silence, or would not end. */
void
CheckThatItCanMove(const MaskedRegistrationSettings & settings)
{
  // ITK smooths the histogram of Mattes by a cubic B-spline, for which there are two bins at each end.
  if (settings.Metric == "mutual-information" && settings.HistogramBins < 6)
  {
    Refuse("histogram-bins",
           ToText(settings.HistogramBins) + " leave less than two bins for the intensities. Give at least 6.");
  }
  if (settings.Metric == "joint-histogram-mutual-information" && settings.HistogramBins < 2)
  {
    Refuse("histogram-bins", "one bin tells nothing apart. Give at least 2.");
  }
  constexpr SizeValueType greatestRadius = 100;
  if (settings.Metric == "neighborhood-correlation" && settings.Radius > greatestRadius)
  {
    Refuse("radius",
           ToText(settings.Radius) + " voxels are more than " + ToText(greatestRadius) +
             ": the cost grows with the volume of the windows. Usual are 2 to 5.");
  }
  // What a histogram costs at every evaluation grows with the square of them, and intensities of so many kinds would
  // need more samples than there are.
  constexpr SizeValueType mostBins = 1024;
  const bool              hasBins =
    settings.Metric == "mutual-information" || settings.Metric == "joint-histogram-mutual-information";
  if (hasBins && settings.HistogramBins > mostBins)
  {
    Refuse("histogram-bins",
           ToText(settings.HistogramBins) + " are more than " + ToText(mostBins) +
             ": each evaluation would take their square, and most would be empty. Usual are 20 to 64.");
  }
  if (settings.Metric == "correlation" && IsField(settings) && !IsFastField(settings))
  {
    Refuse("metric",
           "\"correlation\" never moves the transform \"" + settings.Transform +
             "\" with these settings: ITK has no derivative of it for single voxels. Use \"neighborhood-correlation\", "
             "or the defaults of all others.");
  }
  if (settings.ResampleEveryIteration && settings.Sampling == "none")
  {
    Refuse("resample-every-iteration",
           "with sampling \"none\" there are no other samples. Use \"random\" or \"regular\".");
  }
  if (settings.ResampleEveryIteration && settings.Transform != "syn" &&
      !RegistrationOptimizerKind::Find(settings.Optimizer).TakesOtherSamples)
  {
    Refuse("resample-every-iteration",
           "the optimizer \"" + settings.Optimizer +
             "\" compares values, or gradients, that must be of the same samples. Use \"gradient-descent\" or "
             "\"regular-step-gradient-descent\".");
  }
  constexpr SizeValueType greatestFactor = std::numeric_limits<unsigned int>::max(); // of ITK
  for (const SizeValueType factor : settings.ShrinkFactors)
  {
    if (factor > greatestFactor)
    {
      Refuse("shrink-factors", ToText(factor) + " is more than " + ToText(greatestFactor) + '.');
    }
  }
  const auto notPositive =
    std::find_if(settings.LearningRate.begin(), settings.LearningRate.end(), [](double rate) { return !(rate > 0.0); });
  if (!settings.StockOptimizer && notPositive != settings.LearningRate.end())
  {
    Refuse("learning-rate", ToText(*notPositive) + " is not greater than 0: nothing would move the right way.");
  }
}
} // namespace

MaskedRegistrationSettings
MaskedRegistrationSettings::MakeDefaults(const std::string & transform)
{
  CheckText("transform", transform, SettingsTable::TransformNames());
  MaskedRegistrationSettings settings;
  settings.Transform = transform;
  if (transform == "b-spline")
  {
    // Many parameters, all of them lengths, need many samples, no scales, and a quasi-Newton method.
    settings.Optimizer = "lbfgs2";
    settings.Scales = "none";
    // Or else more iterations and finer grids would fit the noise, and fold.
    settings.Regularization = 10.0;
  }
  if (transform == "displacement-field" || transform == "syn")
  {
    // Every voxel has a displacement of its own, which only a metric at that voxel can move.
    settings.Optimizer = "gradient-descent";
    settings.Sampling = "none";
    settings.Metric = "neighborhood-correlation";
    settings.ConvergenceWindowSize = 10;
    // Of deformations inside a mask, wider ones find more than the 3 of ITK.
    settings.UpdateFieldVariance = 12.0;
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
  const bool                 isField = IsField(*this);
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
    return isField    ? 0
           : isSpline ? std::max<SizeValueType>(50000, 400000 >> std::min<SizeValueType>(2 * toGo, 20))
           : toGo > 0 ? 2000
                      : 5000; // how they scatter is most of the error
  });
  // A B-spline has so many parameters that, without some smoothing at the end, it fits the noise; also with more
  // iterations than there are here.
  fill(resolved.SmoothingSigmas, [&](SizeValueType factor, SizeValueType) {
    return factor > 1 ? 0.5 * static_cast<double>(factor) : isSpline ? 0.5 : 0.0;
  });
  fill(resolved.Iterations, [&](SizeValueType factor, SizeValueType) -> SizeValueType {
    return isField ? (factor > 3 ? 100 : factor > 1 ? 70 : 20) : isSpline ? 30 : 200;
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
  SettingsTable::Visit(settings, [&](const std::string & name, const auto & member, const auto & limits) {
    Description description{ name, KindOf<std::decay_t<decltype(member)>>(), {} };
    if constexpr (std::is_same_v<std::decay_t<decltype(limits)>, SettingsTable::TextsType>)
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
  SettingsTable::Visit(*this, Checker());
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
  constexpr double halfATurn = 180.0;
  if (SearchRotation > halfATurn)
  {
    Refuse("search-rotation", ToText(SearchRotation) + " degrees to each side are more than half a turn, 180.");
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
  // An exhaustive search multiplies its steps by them: of 0 it makes none, of less it makes them the other way round.
  const auto notPositive =
    std::find_if(ManualScales.begin(), ManualScales.end(), [](double scale) { return !(scale > 0.0); });
  if (Scales == "manual" && Optimizer != "exhaustive" && notPositive != ManualScales.end())
  {
    Refuse("manual-scales", ToText(*notPositive) + " is not greater than 0.");
  }
  for (const auto & [name, seed] : { std::pair("seed", Seed), std::pair("optimizer-seed", OptimizerSeed) })
  {
    if (seed > static_cast<SizeValueType>(NumericTraits<int>::max()))
    {
      Refuse(name, ToText(seed) + " is greater than " + ToText(NumericTraits<int>::max()) + '.');
    }
  }
  CheckThatItCanMove(*this);
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
