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
// First include the header file to be tested:
#include "itkMaskedRegistrationSettings.h"

#include "itkMaskedSamplingTestHelpers.h"

#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace MaskedRegistrationSettingsGTest
{
using Settings = itk::MaskedRegistrationSettings;
using Numbers = Settings::NumbersType;
using Value = Settings::ValueType;
using itk::MaskedSamplingTest::GetMessageOf;

const char * const transformNames[] = { "translation", "rigid", "similarity",         "affine",
                                        "b-spline",    "given", "displacement-field", "syn" };

/** ShrinkFactors becomes shrink-factors. */
std::string
ToKebabCase(const std::string & member)
{
  std::string name;
  for (const char letter : member)
  {
    const auto code = static_cast<unsigned char>(letter);
    name += std::isupper(code) != 0 && !name.empty() ? "-" : "";
    name += static_cast<char>(std::tolower(code));
  }
  return name;
}

/** A value that every setting of a kind can have, and that none of them has by default. */
Value
GetOtherValue(const Settings::Description & description, const Value & value)
{
  if (description.Kind == "text")
  {
    for (const auto & choice : description.Choices)
    {
      if (Value(choice) != value)
      {
        return choice;
      }
    }
    return std::string("any text");
  }
  if (description.Kind == "flag")
  {
    return Numbers{ 1.0 - std::get<Numbers>(value).front() };
  }
  if (description.Kind == "count")
  {
    return Numbers{ 77.0 };
  }
  return description.Kind == "number"    ? Numbers{ 0.375 }
         : description.Kind == "counts"  ? Numbers{ 3.0, 7.0 }
         : description.Kind == "numbers" ? Numbers{ 0.375, 0.5 }
                                         : Numbers{ -3.0, 7.0 };
}

Value
ToValue(const std::string & member)
{
  return member;
}

Value
ToValue(double member)
{
  return Numbers{ member };
}

template <typename TNumber>
Value
ToValue(const std::vector<TNumber> & member)
{
  return Numbers(member.begin(), member.end());
}

/** What a setting is called, and its value as the member holds it. */
struct Member
{
  std::string Name;
  Value (*Get)(const Settings & settings);
};

#define MEMBER(name)                                                                     \
  Member                                                                                 \
  {                                                                                      \
    ToKebabCase(#name), [](const Settings & settings) { return ToValue(settings.name); } \
  }

std::vector<Member>
ListMembers()
{
  return { MEMBER(Transform),
           MEMBER(Initialization),
           MEMBER(SearchTranslation),
           MEMBER(SearchRotation),
           MEMBER(SearchCandidates),
           MEMBER(Center),
           MEMBER(GridSpacing),
           MEMBER(GridScaleFactors),
           MEMBER(Regularization),
           MEMBER(UpdateFieldVariance),
           MEMBER(TotalFieldVariance),
           MEMBER(Metric),
           MEMBER(StockMetric),
           MEMBER(ExactDerivative),
           MEMBER(StockOptimizer),
           MEMBER(HistogramBins),
           MEMBER(Radius),
           MEMBER(JointVariance),
           MEMBER(IntensityDifferenceThreshold),
           MEMBER(FixedGradientFilter),
           MEMBER(MovingGradientFilter),
           MEMBER(Interpolator),
           MEMBER(Sampling),
           MEMBER(Samples),
           MEMBER(Percentage),
           MEMBER(Seed),
           MEMBER(PerturbSamples),
           MEMBER(ResampleEveryIteration),
           MEMBER(CropToMask),
           MEMBER(RegionIndex),
           MEMBER(RegionSize),
           MEMBER(Levels),
           MEMBER(ShrinkFactors),
           MEMBER(SmoothingSigmas),
           MEMBER(Smoothing),
           MEMBER(SigmasInPhysicalUnits),
           MEMBER(Optimizer),
           MEMBER(Iterations),
           MEMBER(StepsInVoxels),
           MEMBER(LearningRate),
           MEMBER(MinimumStepLength),
           MEMBER(RelaxationFactor),
           MEMBER(GradientMagnitudeTolerance),
           MEMBER(ConvergenceMinimumValue),
           MEMBER(ConvergenceWindowSize),
           MEMBER(EstimateLearningRate),
           MEMBER(MaximumStepSize),
           MEMBER(LineSearchLowerLimit),
           MEMBER(LineSearchUpperLimit),
           MEMBER(LineSearchEpsilon),
           MEMBER(LineSearchMaximumIterations),
           MEMBER(ReturnBest),
           MEMBER(SolutionAccuracy),
           MEMBER(HessianApproximationAccuracy),
           MEMBER(DeltaConvergenceDistance),
           MEMBER(DeltaConvergenceTolerance),
           MEMBER(LineSearchMaximumEvaluations),
           MEMBER(LineSearchMinimumStep),
           MEMBER(LineSearchMaximumStep),
           MEMBER(LineSearchAccuracy),
           MEMBER(GradientConvergenceTolerance),
           MEMBER(MaximumNumberOfCorrections),
           MEMBER(MaximumNumberOfFunctionEvaluations),
           MEMBER(CostFunctionConvergenceFactor),
           MEMBER(LowerBound),
           MEMBER(UpperBound),
           MEMBER(Trace),
           MEMBER(NumberOfSteps),
           MEMBER(StepLength),
           MEMBER(SimplexDelta),
           MEMBER(ParametersConvergenceTolerance),
           MEMBER(FunctionConvergenceTolerance),
           MEMBER(WithRestarts),
           MEMBER(MaximumLineIterations),
           MEMBER(StepTolerance),
           MEMBER(ValueTolerance),
           MEMBER(Epsilon),
           MEMBER(InitialRadius),
           MEMBER(GrowthFactor),
           MEMBER(ShrinkFactor),
           MEMBER(OptimizerSeed),
           MEMBER(Scales),
           MEMBER(ManualScales),
           MEMBER(CentralRegionRadius),
           MEMBER(SmallParameterVariation),
           MEMBER(OptimizerWeights),
           MEMBER(Uncertainty),
           MEMBER(WorkUnits) };
}
#undef MEMBER

/** Expect an exception that holds some words. */
void
ExpectRefusal(const std::function<void()> & function, const std::vector<std::string> & words)
{
  const std::string message = GetMessageOf(function);
  EXPECT_FALSE(message.empty()) << "not refused: " << words.front();
  for (const auto & word : words)
  {
    EXPECT_NE(message.find(word), std::string::npos) << '"' << word << "\" is not in: " << message;
  }
}

TEST(MaskedRegistrationSettings, EveryMemberIsASettingOfItsName)
{
  const auto            descriptions = Settings::Describe();
  const auto            members = ListMembers();
  std::set<std::string> names;
  for (const auto & description : descriptions)
  {
    names.insert(description.Name);
  }
  EXPECT_EQ(names.size(), descriptions.size()) << "two settings of one name";
  for (const auto & member : members)
  {
    EXPECT_EQ(names.count(member.Name), 1U) << member.Name;
    names.erase(member.Name);
  }
  EXPECT_TRUE(names.empty()) << "There is no member for: " << *names.begin();
}

TEST(MaskedRegistrationSettings, SetsAndGetsOneMemberByItsName)
{
  const Settings defaults;
  const auto     members = ListMembers();
  for (const auto & description : Settings::Describe())
  {
    Settings   settings;
    const auto value = GetOtherValue(description, settings.Get(description.Name));
    settings.Set(description.Name, value);
    EXPECT_EQ(settings.Get(description.Name), value) << description.Name;
    for (const auto & member : members)
    {
      const bool isSame = member.Get(settings) == member.Get(defaults);
      EXPECT_EQ(isSame, member.Name != description.Name) << description.Name << " changes " << member.Name;
      EXPECT_EQ(member.Get(settings), settings.Get(member.Name)) << member.Name;
    }
  }
}

TEST(MaskedRegistrationSettings, EveryChoiceOfATextIsAccepted)
{
  for (const auto & description : Settings::Describe())
  {
    EXPECT_EQ(description.Kind == "text", !description.Choices.empty()) << description.Name;
    for (const auto & choice : description.Choices)
    {
      Settings settings;
      settings.Set(description.Name, choice);
      EXPECT_EQ(settings.Get(description.Name), Value(choice));
    }
    if (description.Kind == "text")
    {
      // The message lists the ways out.
      auto words = description.Choices;
      words.insert(words.begin(), { description.Name, "\"rgid\"" });
      Settings settings;
      ExpectRefusal([&] { settings.Set(description.Name, "rgid"); }, words);
    }
  }
}

TEST(MaskedRegistrationSettings, DefaultsOfEveryTransformPassTheCheck)
{
  for (const std::string name : transformNames)
  {
    const auto settings = Settings::MakeDefaults(name);
    EXPECT_EQ(settings.Transform, name);
    EXPECT_EQ(GetMessageOf([&] { settings.Check(); }), "");
    // No default is refused where it is set again.
    for (const auto & description : Settings::Describe())
    {
      auto copy = settings;
      EXPECT_EQ(GetMessageOf([&] { copy.Set(description.Name, settings.Get(description.Name)); }), "");
    }
  }
  ExpectRefusal([] { Settings::MakeDefaults("rigit"); }, { "transform", "\"rigit\"", "rigid", "syn" });
}

TEST(MaskedRegistrationSettings, DefaultsOfARigidStageAreThoseOfTheMembers)
{
  const auto rigid = Settings::MakeDefaults("rigid");
  const auto similarity = Settings::MakeDefaults("similarity");
  const auto spline = Settings::MakeDefaults("b-spline");
  for (const auto & description : Settings::Describe())
  {
    EXPECT_EQ(rigid.Get(description.Name), Settings().Get(description.Name)) << description.Name;
    EXPECT_EQ(similarity.Get(description.Name) == rigid.Get(description.Name), description.Name != "transform");
  }
  // A deformation is another problem, which needs another optimizer.
  EXPECT_NE(spline.Optimizer, rigid.Optimizer);
}

TEST(MaskedRegistrationSettings, RefusesBadNumbers)
{
  struct Case
  {
    const char *             Name;
    Numbers                  Values;
    std::vector<std::string> Words;
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
  const Case       cases[] = {
    { "percentage", { 1.5 }, { "1.5", "(0, 1]", "fraction" } },
    { "percentage", { 0.5, 0.0 }, { "0", "(0, 1]" } },
    { "shrink-factors", { 4, 0, 1 }, { "0", "greater than 0" } },
    { "shrink-factors", { 1.5 }, { "1.5", "integer" } },
    { "samples", { -1 }, { "-1", "integer of at least 0" } },
    { "samples", { 1e17 }, { "1e+17", "integer" } },
    { "smoothing-sigmas", { 1, -0.5 }, { "-0.5", "negative", "0 or more" } },
    { "smoothing-sigmas", { notANumber }, { "nan", "finite" } },
    { "learning-rate", { infinity }, { "inf", "finite" } },
    { "grid-spacing", { 0 }, { "0", "greater than 0" } },
    { "histogram-bins", { 0 }, { "0", "greater than 0" } },
    { "histogram-bins", { 16, 32 }, { "one number", "2" } },
    { "histogram-bins", {}, { "one number", "0" } },
    { "perturb-samples", { 0.5 }, { "0.5", "neither true nor false" } },
    { "region-index", { 0.5, 1 }, { "0.5", "integer" } },
    { "region-size", { 4, 0 }, { "0", "greater than 0" } },
    { "update-field-variance", { -1 }, { "-1", "negative" } },
    { "small-parameter-variation", { 0 }, { "0", "greater than 0" } },
    { "hessian-approximation-accuracy", { 0 }, { "0", "greater than 0" } },
  };
  for (const auto & entry : cases)
  {
    Settings   settings;
    const auto before = settings.Get(entry.Name);
    auto       words = entry.Words;
    words.insert(words.begin(), std::string(entry.Name) + ": ");
    ExpectRefusal([&] { settings.Set(entry.Name, entry.Values); }, words);
    EXPECT_EQ(settings.Get(entry.Name), before) << entry.Name << " changed, though it was refused";
  }
}

TEST(MaskedRegistrationSettings, RefusesTheWrongKindAndUnknownNames)
{
  Settings settings;
  ExpectRefusal([&] { settings.Set("transform", Numbers{ 1.0 }); }, { "transform: ", "text" });
  ExpectRefusal([&] { settings.Set("seed", "one"); }, { "seed: ", "number", "\"one\"" });
  ExpectRefusal([&] { settings.Set("iteration", Numbers{ 1.0 }); }, { "iteration: ", "no setting", "iterations" });
  ExpectRefusal([&] { settings.Get("ShrinkFactors"); }, { "ShrinkFactors: ", "no setting", "shrink-factors" });
}

TEST(MaskedRegistrationSettings, CheckSeesWhatMembersWereGiven)
{
  const auto expectRefusal = [](const std::function<void(Settings &)> & change,
                                const std::vector<std::string> &        words) {
    Settings settings;
    change(settings);
    ExpectRefusal([&] { settings.Check(); }, words);
  };
  expectRefusal([](Settings & s) { s.Metric = "mean-square"; }, { "metric: ", "\"mean-square\"", "mean-squares" });
  expectRefusal([](Settings & s) { s.Percentage = { 20.0 }; }, { "percentage: ", "20", "(0, 1]" });
  expectRefusal([](Settings & s) { s.ShrinkFactors = { 2, 0, 1 }; }, { "shrink-factors: ", "0" });
  expectRefusal([](Settings & s) { s.StepLength = std::numeric_limits<double>::quiet_NaN(); },
                { "step-length: ", "finite" });
  expectRefusal([](Settings & s) { s.Scales = "manual"; }, { "manual-scales: ", "each parameter", "physical-shift" });
  for (const char * const optimizer : { "gradient-descent", "lbfgsb", "amoeba" })
  {
    expectRefusal(
      [&](Settings & s) {
        s.Optimizer = optimizer;
        s.Scales = "manual";
        s.ManualScales = { 1.0, 0.0 };
      },
      { "manual-scales: ", "0", "greater than 0" });
  }
  expectRefusal([](Settings & s) { s.Seed = 3000000000U; }, { "seed: ", "3000000000", "2147483647" });
}

TEST(MaskedRegistrationSettings, ExhaustiveSearchTakesAnyScale)
{
  Settings settings;
  settings.Optimizer = "exhaustive";
  settings.Scales = "manual";
  settings.ManualScales = { 1.0, 0.0, -2.0 };
  EXPECT_EQ(GetMessageOf([&] { settings.Check(); }), "");
}

TEST(MaskedRegistrationSettings, ValuesPerLevelAreOneForAllOrOneForEach)
{
  Settings settings;
  settings.ShrinkFactors = { 2, 1 };
  EXPECT_EQ(settings.GetNumberOfLevels(), 2U);
  for (const char * const name :
       { "samples", "percentage", "iterations", "learning-rate", "smoothing-sigmas", "grid-scale-factors" })
  {
    for (const Numbers & values : { Numbers{ 1 }, Numbers{ 1, 1 } })
    {
      auto copy = settings;
      copy.Set(name, values);
      EXPECT_EQ(GetMessageOf([&] { copy.Check(); }), "") << name;
    }
    auto copy = settings;
    copy.Set(name, Numbers{ 1, 1, 1 });
    ExpectRefusal([&] { copy.Check(); }, { std::string(name) + ": ", "3 values", "2 levels", "one for all" });
  }
  settings.Levels = 4;
  ExpectRefusal([&] { settings.Check(); }, { "levels: ", "4", "2", "shrink-factors" });
  settings.Levels = 2;
  EXPECT_EQ(GetMessageOf([&] { settings.Check(); }), "");
  settings.Percentage.clear();
  ExpectRefusal([&] { settings.Check(); }, { "percentage: ", "one for all" });
}

TEST(MaskedRegistrationSettings, ResolvesWhatIsLeftEmptyForAnyLevels)
{
  for (const std::string transform : transformNames)
  {
    auto settings = Settings::MakeDefaults(transform);
    settings.ShrinkFactors = { 6, 5, 3, 1 };
    settings.Percentage = { 0.5 };
    const auto resolved = settings.Resolve();
    const bool isSpline = transform == "b-spline";
    EXPECT_EQ(resolved.SmoothingSigmas, Numbers({ 3.0, 2.5, 1.5, isSpline ? 0.5 : 0.0 })) << transform;
    EXPECT_EQ(resolved.GridScaleFactors, isSpline ? Settings::CountsType({ 1, 2, 4, 8 }) : Settings::CountsType(4, 0));
    EXPECT_EQ(resolved.Levels, 4U);
    for (const auto & name : { "samples", "iterations", "learning-rate" })
    {
      EXPECT_EQ(std::get<Numbers>(resolved.Get(name)).size(), 4U) << transform << ", " << name;
    }
    EXPECT_EQ(GetMessageOf([&] { resolved.Check(); }), "");
    for (const auto & description : Settings::Describe())
    {
      // What is set stays.
      const auto value = settings.Get(description.Name);
      EXPECT_TRUE(value == resolved.Get(description.Name) || value == Value(Numbers{}) || description.Name == "levels")
        << description.Name;
      EXPECT_EQ(resolved.Resolve().Get(description.Name), resolved.Get(description.Name)) << description.Name;
    }
    settings.Iterations = { 3 };
    for (const auto number : settings.Resolve().Iterations)
    {
      EXPECT_EQ(number, 3U);
    }
  }
}

TEST(MaskedRegistrationSettings, ShrinksByPowersOfTwoDownToOne)
{
  for (const itk::SizeValueType number : { 1, 2, 5 })
  {
    Settings settings;
    settings.Levels = number;
    EXPECT_EQ(settings.GetNumberOfLevels(), number);
    EXPECT_EQ(GetMessageOf([&] { settings.Check(); }), "");
    const auto factors = settings.Resolve().ShrinkFactors;
    ASSERT_EQ(factors.size(), number);
    EXPECT_EQ(factors.back(), 1U);
    for (itk::SizeValueType level = 1; level < number; ++level)
    {
      EXPECT_EQ(factors[level - 1], 2 * factors[level]);
    }
  }
}

} // namespace MaskedRegistrationSettingsGTest
