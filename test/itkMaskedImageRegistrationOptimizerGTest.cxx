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
#include "itkMaskedImageRegistration.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkOutputWindow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace MaskedImageRegistrationOptimizerGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;
using itk::SizeValueType;

/** The mean squares of a stage with own sample points, at full resolution and without smoothing. */
double
ComputeMeanSquares(const FacadeType & facade, const FacadeTransformOf<Image2D> & transform)
{
  const auto fixed = itk::LinearInterpolateImageFunction<Image2D>::New();
  const auto moving = itk::LinearInterpolateImageFunction<Image2D>::New();
  fixed->SetInputImage(facade.GetFixedImage());
  moving->SetInputImage(facade.GetMovingImage());
  double     sum = 0.0;
  const auto points = GetPoints(*facade.GetUsedSamplePoints());
  for (const auto & point : points)
  {
    const PointOf<Image2D> position(point);
    sum += std::pow(fixed->Evaluate(position) - moving->Evaluate(transform.TransformPoint(position)), 2);
  }
  return sum / static_cast<double>(points.size());
}

/** Keeps the warnings of ITK, while it lives. */
class WarningCatcher
{
public:
  WarningCatcher() { itk::OutputWindow::SetInstance(m_Window); }
  ~WarningCatcher() { itk::OutputWindow::SetInstance(m_Before); }
  ITK_DISALLOW_COPY_AND_MOVE(WarningCatcher);

  const std::string &
  GetText() const
  {
    return m_Window->Text;
  }

private:
  class Window : public itk::OutputWindow
  {
  public:
    ITK_DISALLOW_COPY_AND_MOVE(Window);

    using Self = Window;
    using Pointer = itk::SmartPointer<Self>;
    itkFactorylessNewMacro(Self);

    void
    DisplayWarningText(const char * text) override
    {
      Text += text;
    }

    std::string Text{};

  protected:
    Window() = default;
    ~Window() override = default;
  };

  itk::OutputWindow::Pointer m_Before{ itk::OutputWindow::GetInstance() };
  Window::Pointer            m_Window{ Window::New() };
};

TEST(MaskedImageRegistration, ALevelEndsAtTheBestPosition)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const char * const optimizer : { "gradient-descent", "regular-step-gradient-descent" })
  {
    // Steps as long as these go past the minimum and back.
    auto settings = MakeStage("rigid", { 1 });
    settings.Optimizer = optimizer;
    settings.SmoothingSigmas = { 0.0 };
    settings.PerturbSamples = false;
    settings.EstimateLearningRate = "never";
    settings.StockOptimizer = true;
    settings.LearningRate = { optimizer == std::string("gradient-descent") ? 0.02 : 3.0 };
    settings.RelaxationFactor = 0.9;
    SizeValueType numberOfWorseEnds = 0;
    for (const SizeValueType number : { 2, 3, 5, 9, 14 })
    {
      for (const bool isBestReturned : { true, false })
      {
        settings.Iterations = { number };
        settings.ReturnBest = isBestReturned;
        const auto facade = scene.MakeFacade(settings);
        const auto levels = UpdateAndWatch(*facade);
        const auto least = *std::min_element(levels[0].Values.begin(), levels[0].Values.end());
        // The value at the end, from its definition.
        const double value = ComputeMeanSquares(*facade, *facade->GetOptimizedTransform());
        const bool   isWorse = value > least * (1.0 + 1e-6);
        if (isBestReturned)
        {
          EXPECT_FALSE(isWorse) << optimizer << ", " << number << ": " << value << " at the end, " << least
                                << " before";
          EXPECT_EQ(facade->GetProgress().Value, facade->GetReports()[0].LastValue) << optimizer << ", " << number;
          EXPECT_NEAR(facade->GetReports()[0].LastValue, value, 1e-5 * value) << optimizer << ", " << number;
        }
        else
        {
          numberOfWorseEnds += isWorse ? 1 : 0;
        }
      }
    }
    EXPECT_GT(numberOfWorseEnds, 0U) << optimizer << ": there is nothing to do.";
  }
}

TEST(MaskedImageRegistration, AnExhaustiveSearchEndsEveryLevelAtItsBest)
{
  const auto scene = Scene<Image2D>(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 1.5));
  auto       settings = MakeStage("translation", { 2, 1 });
  settings.Optimizer = "exhaustive";
  settings.Scales = "none";
  settings.NumberOfSteps = { 2, 2 };
  settings.StepLength = 0.5;
  const auto facade = scene.MakeFacade(settings);
  // The second level can reach the minimum only from the best of the first.
  const auto levels = UpdateAndWatch(*facade);
  for (size_t n = 0; n < levels.size(); ++n)
  {
    EXPECT_EQ(levels[n].Values.size(), 25U);
    EXPECT_EQ(facade->GetReports()[n].LastValue, *std::min_element(levels[n].Values.begin(), levels[n].Values.end()));
  }
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.3);
}

TEST(MaskedImageRegistration, AnExhaustiveSearchEndsItsLastLevelAtTheBestAnyway)
{
  const auto scene = Scene<Image2D>(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 1.0));
  auto       settings = MakeStage("translation", { 1, 1 });
  settings.SmoothingSigmas = { 0.0 };
  settings.PerturbSamples = false;
  settings.Optimizer = "exhaustive";
  settings.Scales = "none";
  settings.NumberOfSteps = { 2, 2 };
  settings.StepLength = 0.5;
  for (const bool isBestReturned : { true, false })
  {
    settings.ReturnBest = isBestReturned;
    const auto   facade = scene.MakeFacade(settings);
    const auto   levels = UpdateAndWatch(*facade);
    const auto   least = *std::min_element(levels[1].Values.begin(), levels[1].Values.end());
    const double value = ComputeMeanSquares(*facade, *facade->GetOptimizedTransform());
    EXPECT_GT(levels[1].Values.back(), least) << "There is nothing to do.";
    EXPECT_EQ(facade->GetReports()[1].LastValue, least);
    EXPECT_EQ(facade->GetProgress().Value, least);
    EXPECT_NEAR(value, least, 1e-5 * least);
  }
}

TEST(MaskedImageRegistration, WithoutIterationsAnOptimizerAsInITKHasNoValues)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const char * const optimizer : { "gradient-descent", "regular-step-gradient-descent" })
  {
    auto settings = MakeStage("rigid");
    settings.Optimizer = optimizer;
    settings.Iterations = { 5, 0 };
    settings.StockOptimizer = true;
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    ASSERT_EQ(facade->GetReports().size(), 2U);
    EXPECT_TRUE(std::isfinite(facade->GetReports()[0].LastValue));
    EXPECT_EQ(facade->GetReports()[1].NumberOfIterations, 0U);
    EXPECT_TRUE(std::isnan(facade->GetReports()[1].FirstValue)) << optimizer;
    EXPECT_TRUE(std::isnan(facade->GetReports()[1].LastValue)) << optimizer;
  }
}

TEST(MaskedImageRegistration, LearningRatesAreThoseGivenOrThatOfTheFirstLevel)
{
  const auto scene = MakeRigidScene<Image2D>();
  scene.Fixed->SetSpacing(itk::MakeVector(0.55, 0.5));
  const double unit = 0.5; // the smallest spacing
  for (const std::string optimizer :
       { "gradient-descent", "gradient-descent-line-search", "conjugate-gradient-line-search" })
  {
    for (const std::string scales : { "physical-shift", "none", "manual" })
    {
      auto settings = MakeStage("translation", { 4, 2, 1 });
      settings.Optimizer = optimizer;
      settings.Metric = "correlation";
      settings.Scales = scales;
      settings.ManualScales = { 1.0, 1.0 };
      settings.Iterations = { 3 };
      settings.LearningRate = { 10.0, 5.0, 1.0 };
      settings.StockOptimizer = true;
      // The search of a line has no choice.
      settings.LineSearchLowerLimit = 1.0;
      settings.LineSearchUpperLimit = 1.0;
      const auto facade = scene.MakeFacade(settings);
      const auto levels = UpdateAndWatch(*facade);
      ASSERT_EQ(levels.size(), 3U);
      for (SizeValueType level = 0; level < 3; ++level)
      {
        const double given = settings.LearningRate[level] * unit;
        const double rate = scales == "physical-shift" ? levels[0].LearningRates.front() : given;
        EXPECT_EQ(levels[level].LearningRates, std::vector<double>(3, rate)) << optimizer << ", " << scales;
        EXPECT_EQ(rate == given, scales != "physical-shift") << optimizer;
      }
    }
  }
}

TEST(MaskedImageRegistration, ManualScalesAreOneForEachParameter)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string transform : { "rigid", "displacement-field" })
  {
    auto settings = MakeStage(transform, { 1 });
    settings.Scales = "manual";
    settings.Iterations = { 2 };
    settings.ManualScales = { 500.0, 3.0, 2.0 };
    settings.ManualScales.resize(transform == "rigid" ? 3 : 2); // all vectors of a field have the same
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    const auto scales = facade->GetScales();
    EXPECT_EQ(std::vector<double>(scales.begin(), scales.end()), settings.ManualScales);
    for (const size_t number : { 1, 4 })
    {
      facade->GetStage(0).ManualScales.assign(number, 1.0);
      const auto message = GetMessageOf([&] { facade->Update(); });
      const auto expected = "manual-scales: " + std::to_string(number) + " values";
      EXPECT_NE(message.find(expected), std::string::npos) << message;
    }
  }
}

TEST(MaskedImageRegistration, LBFGSBHasNoScales)
{
  const auto                       scene = MakeRigidScene<Image2D>();
  std::vector<std::vector<double>> results;
  for (const std::string scales : { "none", "physical-shift", "index-shift", "jacobian", "manual" })
  {
    auto settings = MakeStage("rigid", { 1 });
    settings.Optimizer = "lbfgsb";
    settings.StockOptimizer = true;
    settings.Iterations = { 5 };
    settings.Scales = scales;
    settings.ManualScales = { 500.0, 1.0, 1.0 };
    const auto           facade = scene.MakeFacade(settings);
    const WarningCatcher warnings;
    facade->Update();
    if (scales == "manual")
    {
      EXPECT_NE(warnings.GetText().find("manual-scales are not used"), std::string::npos) << warnings.GetText();
    }
    else
    {
      EXPECT_EQ(warnings.GetText(), "") << scales;
    }
    results.push_back(GetResult<Image2D>(*facade));
    EXPECT_EQ(results.back(), results.front()) << scales;
  }
}

TEST(MaskedImageRegistration, SyNTellsHowEveryLevelEnded)
{
  // It converges as soon as it can tell: at as many iterations as its window has.
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("syn", { 2, 2, 1, 1 });
  settings.ConvergenceMinimumValue = 1e6;
  settings.ConvergenceWindowSize = 4;
  settings.Iterations = { 3, 9, 0, 2 };
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  const char * const  ends[] = { "Maximum number of iterations, 3.",
                                 "Converged after 4 iterations.",
                                 "Maximum number of iterations, 0.",
                                 "Maximum number of iterations, 2." };
  const SizeValueType numbers[] = { 3, 4, 0, 2 };
  ASSERT_EQ(facade->GetReports().size(), 4U);
  for (const auto & report : facade->GetReports())
  {
    EXPECT_EQ(report.NumberOfIterations, numbers[report.Level]);
    EXPECT_EQ(report.StopCondition, std::string("MaskedSyNRegistrationMethod: ") + ends[report.Level]);
  }
  EXPECT_EQ(facade->GetStopConditionDescription(), facade->GetReports().back().StopCondition);
}

} // namespace MaskedImageRegistrationOptimizerGTest
