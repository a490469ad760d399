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
#include "facade/itkMaskedRegistrationOptimizer.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkExhaustiveOptimizerv4.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkLBFGS2Optimizerv4.h"
#include "itkLBFGSBOptimizerv4.h"
#include "itkObjectToObjectMetricBase.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace MaskedRegistrationOptimizerGTest
{
using Optimizer = itk::MaskedRegistrationOptimizer;
using Settings = itk::MaskedRegistrationSettings;
using itk::MaskedSamplingTest::GetMessageOf;

/** (3 x^2 + 4 x y + 6 y^2) / 2 - 2 x + 8 y, whose gradient vanishes at (2, -2), where it is -10. It remembers what it
 * was asked for. */
class QuadraticMetric : public itk::ObjectToObjectMetricBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(QuadraticMetric);

  using Self = QuadraticMetric;
  using Superclass = itk::ObjectToObjectMetricBase;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(QuadraticMetric);

  static double
  Compute(double x, double y)
  {
    return 0.5 * (3.0 * x * x + 4.0 * x * y + 6.0 * y * y) - 2.0 * x + 8.0 * y;
  }

  MeasureType
  GetValue() const override
  {
    m_Values.push_back(Compute(m_Parameters[0], m_Parameters[1]));
    return m_Values.back();
  }

  void
  GetDerivative(DerivativeType & derivative) const override
  {
    // The metrics of ITK point downhill.
    derivative.SetSize(2);
    derivative[0] = -(3.0 * m_Parameters[0] + 2.0 * m_Parameters[1] - 2.0);
    derivative[1] = -(2.0 * m_Parameters[0] + 6.0 * m_Parameters[1] + 8.0);
  }

  void
  GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const override
  {
    value = this->GetValue();
    this->GetDerivative(derivative);
  }

  void
  Initialize() override
  {}

  NumberOfParametersType
  GetNumberOfLocalParameters() const override
  {
    return 2;
  }

  NumberOfParametersType
  GetNumberOfParameters() const override
  {
    return 2;
  }

  void
  SetParameters(ParametersType & parameters) override
  {
    std::copy_n(parameters.begin(), 2, m_Parameters.begin());
  }

  const ParametersType &
  GetParameters() const override
  {
    return m_Parameters;
  }

  bool
  HasLocalSupport() const override
  {
    return false;
  }

  void
  UpdateTransformParameters(const DerivativeType & derivative, ParametersValueType factor) override
  {
    for (unsigned int d = 0; d < 2; ++d)
    {
      m_Parameters[d] += derivative[d] * factor;
    }
  }

  bool
  HasBeenAskedFor(double value) const
  {
    return std::find(m_Values.begin(), m_Values.end(), value) != m_Values.end();
  }

protected:
  QuadraticMetric()
  {
    m_Parameters.SetSize(2);
    m_Parameters.Fill(0.0);
  }
  ~QuadraticMetric() override = default;

private:
  ParametersType              m_Parameters{};
  mutable std::vector<double> m_Values{};
};

const char * const names[] = { "gradient-descent",
                               "regular-step-gradient-descent",
                               "gradient-descent-line-search",
                               "conjugate-gradient-line-search",
                               "lbfgs2",
                               "lbfgsb",
                               "exhaustive",
                               "amoeba",
                               "powell",
                               "one-plus-one-evolutionary" };

/** Settings with which an optimizer can find the minimum. */
Settings
MakeSettings(const std::string & name)
{
  Settings settings;
  settings.ShrinkFactors = { 1 };
  settings.Optimizer = name;
  settings.EstimateLearningRate = "never";
  settings.Iterations = { 500 };
  settings.LearningRate = { name == "regular-step-gradient-descent" ? 1.0 : 0.1 };
  settings.MinimumStepLength = 1e-5;
  settings.NumberOfSteps = { 12, 12 };
  settings.StepLength = 0.25;
  settings.WorkUnits = 1;
  return settings.Resolve();
}

/** An optimizer of the quadratic, and the events that it sends. */
struct Minimization
{
  QuadraticMetric::Pointer Metric{ QuadraticMetric::New() };
  Optimizer                Tested;
  itk::SizeValueType       NumberOfIterations{};

  explicit Minimization(const Settings & settings, double unit = 1.0)
    : Tested(settings, 2, unit)
  {
    Tested.GetOptimizer()->SetMetric(Metric);
    if (settings.Optimizer == "exhaustive") // which, in ITK, must have scales
    {
      Optimizer::OptimizerType::ScalesType scales(2);
      scales.Fill(1.0);
      Tested.GetOptimizer()->SetScales(scales);
    }
  }

  template <typename TFunction>
  void
  Start(const TFunction & observe)
  {
    const auto tag = Tested.GetOptimizer()->AddObserver(itk::IterationEvent(), [this, &observe](const auto &) {
      ++NumberOfIterations;
      observe();
    });
    Tested.GetOptimizer()->StartOptimization();
    Tested.GetOptimizer()->RemoveObserver(tag);
  }

  void
  Start()
  {
    this->Start([] {});
  }
};

bool
IsDescent(const std::string & name)
{
  return name.find("gradient") != std::string::npos;
}

TEST(MaskedRegistrationOptimizer, EveryKindFindsTheMinimum)
{
  for (const std::string name : names)
  {
    Minimization run(MakeSettings(name));
    EXPECT_EQ(run.Tested.GetOptimizer()->GetNumberOfWorkUnits(), 1U);
    run.Start();
    auto       position = run.Tested.GetPosition();
    double     value = QuadraticMetric::Compute(position[0], position[1]);
    const bool hasBest = run.Tested.GetBest(position, value);
    EXPECT_EQ(hasBest, name == "exhaustive");
    // The one-plus-one optimizer draws at random, until its radius is 1.5e-4.
    const double tolerance = name == "one-plus-one-evolutionary" ? 0.05 : 0.01;
    EXPECT_NEAR(position[0], 2.0, tolerance) << name;
    EXPECT_NEAR(position[1], -2.0, tolerance) << name;
    EXPECT_EQ(value, QuadraticMetric::Compute(position[0], position[1])) << name;
    EXPECT_FALSE(run.Tested.GetStopConditionDescription().empty()) << name;
    EXPECT_GT(run.NumberOfIterations, 0U) << name;
  }
}

TEST(MaskedRegistrationOptimizer, TellsAtEveryIterationWhereItIs)
{
  for (const std::string name : names)
  {
    Minimization run(MakeSettings(name));
    EXPECT_EQ(Optimizer(MakeSettings(name), 2, 1.0).GetPosition().Size(), 0U) << name;
    itk::SizeValueType last = 0;
    run.Start([&] {
      const auto & optimizer = *run.Tested.GetOptimizer();
      EXPECT_EQ(run.Tested.GetIteration(), optimizer.GetCurrentIteration()) << name;
      EXPECT_EQ(run.Tested.GetPosition(), run.Metric->GetParameters()) << name;
      ASSERT_TRUE(run.Metric->HasBeenAskedFor(run.Tested.GetValue())) << name << ", " << run.Tested.GetValue();
      EXPECT_EQ(std::isfinite(run.Tested.GetLearningRate()), IsDescent(name)) << name;
      // LBFGSB sends events before its first iteration.
      if (run.NumberOfIterations > 1 && name != "lbfgsb")
      {
        EXPECT_EQ(run.Tested.GetIteration(), last + 1) << name;
      }
      last = run.Tested.GetIteration();
    });
  }
}

TEST(MaskedRegistrationOptimizer, StopsAfterTheIterationUnderWayIfItSaysSo)
{
  for (const std::string name : names)
  {
    Minimization run(MakeSettings(name));
    bool         canStop = false;
    run.Start([&] {
      if (run.NumberOfIterations == 2)
      {
        canStop = run.Tested.Stop();
      }
    });
    if (canStop)
    {
      EXPECT_EQ(run.NumberOfIterations, 2U) << name;
    }
    // LBFGS2 would stay stopped at the levels that follow; LBFGSB and the amoeba have no stop.
    EXPECT_EQ(canStop, name != "lbfgs2" && name != "lbfgsb" && name != "amoeba") << name;
  }
}

TEST(MaskedRegistrationOptimizer, TakesTheSettingsOfEachLevel)
{
  auto settings = MakeSettings("gradient-descent");
  settings.ShrinkFactors = { 2, 1 };
  settings.Iterations = { 3, 5 };
  settings.LearningRate = { 0.02, 0.01 };
  settings.ConvergenceMinimumValue = 0.0;
  Minimization run(settings, 4.0);
  EXPECT_DOUBLE_EQ(run.Tested.GetLearningRate(), 0.08);
  run.Start();
  EXPECT_EQ(run.NumberOfIterations, 3U);
  run.Tested.StartLevel(settings, 1, 4.0);
  EXPECT_DOUBLE_EQ(run.Tested.GetLearningRate(), 0.04);
  run.Start();
  EXPECT_EQ(run.NumberOfIterations, 8U);

  for (const std::string name : names)
  {
    // These count in their own way: the search goes through its grid, and the others evaluate more than once.
    if (name != "exhaustive" && name != "amoeba" && name != "powell" && name != "lbfgsb")
    {
      auto few = MakeSettings(name);
      few.Iterations = { 2 };
      Minimization limited(few);
      limited.Start();
      EXPECT_EQ(limited.NumberOfIterations, 2U) << name;
    }
  }
}

TEST(MaskedRegistrationOptimizer, IsThatOfITKWhereThatIsAskedFor)
{
  for (const bool isStock : { false, true })
  {
    auto settings = MakeSettings("lbfgs2");
    settings.Iterations = { 2 };
    settings.StockOptimizer = isStock;
    Minimization run(settings);
    run.Start();
    const auto stock = itk::LBFGS2Optimizerv4::New();
    stock->SetMetric(QuadraticMetric::New());
    stock->SetMaximumIterations(2);
    unsigned int count = 0;
    stock->AddObserver(itk::IterationEvent(), [&count](const itk::EventObject &) { ++count; });
    stock->StartOptimization();
    EXPECT_EQ(run.NumberOfIterations, isStock ? count : 2U);
  }
}

TEST(MaskedRegistrationOptimizer, KeepsARateThatWasEstimatedAlone)
{
  constexpr double unit = 4.0;
  for (const std::string name : names)
  {
    for (const std::string scales : { "physical-shift", "none", "manual" })
    {
      for (const std::string estimate : { "automatic", "never" })
      {
        auto settings = MakeSettings(name);
        settings.ShrinkFactors = { 4, 2, 1 };
        settings.LearningRate = { 10.0, 5.0, 1.0 };
        settings.Scales = scales;
        settings.EstimateLearningRate = estimate;
        Optimizer    tested(settings, 2, unit);
        auto * const descent = dynamic_cast<itk::GradientDescentOptimizerv4 *>(tested.GetOptimizer());
        if (descent == nullptr || !IsDescent(name))
        {
          continue;
        }
        SCOPED_TRACE(name + ", scales " + scales + ", estimate " + estimate);
        EXPECT_EQ(tested.GetLearningRate(), 10.0 * unit);
        // What estimates it needs an estimator of the scales, too. The rate of regular steps is a length.
        const bool isEstimated =
          estimate == "automatic" && scales == "physical-shift" && name != "regular-step-gradient-descent";
        for (const itk::SizeValueType level : { 1, 2 })
        {
          descent->SetLearningRate(0.125); // by an estimate, or a line search
          tested.StartLevel(settings, level, unit);
          EXPECT_EQ(tested.GetLearningRate(), isEstimated ? 0.125 : settings.LearningRate[level] * unit) << level;
          EXPECT_FALSE(descent->GetDoEstimateLearningRateOnce()) << level;
        }
      }
    }
  }
}

TEST(MaskedRegistrationOptimizer, LengthsAreInUnits)
{
  auto settings = MakeSettings("regular-step-gradient-descent");
  settings.LearningRate = { 0.5 };
  settings.MinimumStepLength = 0.01;
  settings.Iterations = { 1 };
  for (const double unit : { 1.0, 2.5 })
  {
    Minimization run(settings, unit);
    run.Start();
    const auto position = run.Tested.GetPosition();
    // The first step is as long as the learning rate, whatever the gradient is.
    EXPECT_NEAR(std::hypot(position[0], position[1]), 0.5 * unit, 1e-12);
    using OptimizerType = itk::RegularStepGradientDescentOptimizerv4<double>;
    const auto & optimizer = dynamic_cast<const OptimizerType &>(*run.Tested.GetOptimizer());
    EXPECT_DOUBLE_EQ(optimizer.GetMinimumStepLength(), 0.01 * unit);
  }
}

TEST(MaskedRegistrationOptimizer, LBFGSBStaysWithinItsBounds)
{
  // Where x is confined, y is where the derivative with respect to it vanishes: 2 x + 6 y + 8 = 0.
  const auto expectMinimum = [](const Settings & settings, double x) {
    Minimization run(settings);
    run.Start();
    EXPECT_NEAR(run.Tested.GetPosition()[0], x, 1e-4);
    EXPECT_NEAR(run.Tested.GetPosition()[1], -(2.0 * x + 8.0) / 6.0, 1e-4);
  };
  const auto settings = MakeSettings("lbfgsb");
  auto       bounded = settings;
  bounded.UpperBound = { 1.0 };
  expectMinimum(bounded, 1.0);
  bounded.LowerBound = { -3.0, -4.0 };
  expectMinimum(bounded, 1.0);
  bounded.UpperBound = {};
  bounded.LowerBound = { 2.5, -9.0 };
  expectMinimum(bounded, 2.5);
  bounded.LowerBound = { 1.0, 2.0, 3.0 };
  const auto message = GetMessageOf([&] { Minimization run(bounded); });
  EXPECT_NE(message.find("lower-bound: 3 values for 2 parameters"), std::string::npos) << message;
}

TEST(MaskedRegistrationOptimizer, ExhaustiveKnowsTheBestOfItsGrid)
{
  auto settings = MakeSettings("exhaustive");
  settings.NumberOfSteps = { 3, 1 };
  settings.StepLength = 0.75;
  Minimization       run(settings);
  itk::SizeValueType number = 0;
  double             least = QuadraticMetric::Compute(0.0, 0.0);
  for (int i = -3; i <= 3; ++i)
  {
    for (int j = -1; j <= 1; ++j, ++number)
    {
      least = std::min(least, QuadraticMetric::Compute(0.75 * i, 0.75 * j));
    }
  }
  run.Start();
  Optimizer::ParametersType best;
  double                    value = 0.0;
  ASSERT_TRUE(run.Tested.GetBest(best, value));
  EXPECT_EQ(run.NumberOfIterations, number);
  EXPECT_EQ(value, least);
  EXPECT_EQ(QuadraticMetric::Compute(best[0], best[1]), least);

  settings.NumberOfSteps = { 3 };
  const auto message = GetMessageOf([&] { Minimization wrong(settings); });
  EXPECT_NE(message.find("number-of-steps: 1 values for 2 parameters"), std::string::npos) << message;
}

TEST(MaskedRegistrationOptimizer, OnePlusOneDrawsFromItsSeed)
{
  const auto minimize = [](itk::SizeValueType seed) {
    auto settings = MakeSettings("one-plus-one-evolutionary");
    settings.Iterations = { 20 };
    settings.OptimizerSeed = seed;
    Minimization run(settings);
    run.Start();
    return run.Tested.GetPosition();
  };
  EXPECT_EQ(minimize(1), minimize(1));
  EXPECT_NE(minimize(1), minimize(2));
}

} // namespace MaskedRegistrationOptimizerGTest
