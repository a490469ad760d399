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
#include "itkMaskedImageRegistration.h"

#include "itkMachineMemory.h"
#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkBSplineTransform.h"
#include "itkIdentityTransform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

/** What would take more memory than there is, or more time than anybody has, and what takes none. */
namespace MaskedImageRegistrationSizesGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;

void
ExpectRefusal(FacadeType & facade, const std::string & begin)
{
  const auto message = UpdateOrGetRefusal(facade, itk::MultiResolutionIterationEvent());
  EXPECT_NE(message.find(begin), std::string::npos) << message;
}

TEST(MachineMemory, IsThere)
{
  EXPECT_GT(itk::MachineMemory::GetAvailable(), 0.0);
  itk::MachineMemory::Check("a number", 8.0, "");
  EXPECT_THROW(itk::MachineMemory::Check("all", 1e300, ""), itk::ExceptionObject);
  EXPECT_THROW(itk::MachineMemory::Check("nonsense", std::nan(""), ""), itk::ExceptionObject);
}

TEST(MaskedImageRegistrationSizes, AGridThatCannotBeAllocatedIsRefused)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const double spacing : { 1e-4, 1e-6, 1e-9, 1e-100, 1e-300 })
  {
    for (const bool isSecond : { false, true })
    {
      auto settings = MakeStage("b-spline");
      settings.GridSpacing = { spacing };
      const auto facade = scene.MakeFacade();
      if (isSecond)
      {
        facade->AddStage(MakeStage("rigid"));
      }
      facade->AddStage(settings);
      ExpectRefusal(*facade, "grid-spacing: ");
    }
  }
  for (const itk::SizeValueType factor : { 100000UL, 1UL << 32, 1UL << 52 })
  {
    auto settings = MakeStage("b-spline", { 4, 2, 1 });
    settings.GridScaleFactors = { 1, factor, 1 };
    ExpectRefusal(*scene.MakeFacade(settings), "grid-scale-factors: ");
    auto given = MakeStage("given", { 4, 2, 1 });
    given.Optimizer = "lbfgs2";
    given.GridScaleFactors = { 1, factor, 1 };
    const auto facade = scene.MakeFacade(given);
    facade->SetTransformToOptimize(MakeSpline(scene, 4));
    ExpectRefusal(*facade, "grid-scale-factors: ");
  }
}

TEST(MaskedImageRegistrationSizes, MoreSamplesThanMemoryAreRefused)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string sampling : { "random", "regular" })
  {
    for (const auto & samples : std::vector<std::vector<itk::SizeValueType>>{ { 1UL << 40 }, { 100, 1UL << 45 } })
    {
      auto settings = MakeStage("rigid");
      settings.Sampling = sampling;
      settings.Samples = samples;
      ExpectRefusal(*scene.MakeFacade(settings), "samples: ");
    }
  }
}

TEST(MaskedImageRegistrationSizes, SearchesOfManyParametersAreRefused)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string optimizer : { "powell", "amoeba", "one-plus-one-evolutionary" })
  {
    auto settings = MakeStage("displacement-field");
    settings.Optimizer = optimizer;
    ExpectRefusal(*scene.MakeFacade(settings), "optimizer: ");
    for (const bool isStock : { false, true })
    {
      auto given = MakeStage("given", { 1 });
      given.Optimizer = optimizer;
      given.StockOptimizer = isStock;
      const auto facade = scene.MakeFacade(given);
      facade->SetTransformToOptimize(MakeSpline(scene, 30)); // 33 * 33 * 2
      ExpectRefusal(*facade, "2178 parameters");
      facade->SetTransformToOptimize(itk::IdentityTransform<double, 2>::New());
      ExpectRefusal(*facade, isStock ? "optimizer: " : "transform: ");
    }
  }
}

TEST(MaskedImageRegistrationSizes, HistogramsOfMoreBinsThanAnybodyWaitsForAreRefused)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string metric : { "mutual-information", "joint-histogram-mutual-information" })
  {
    for (const itk::SizeValueType bins : { 1025UL, 4000UL, 1UL << 40 })
    {
      auto settings = MakeStage("rigid");
      settings.Metric = metric;
      settings.HistogramBins = bins;
      ExpectRefusal(*scene.MakeFacade(settings), "histogram-bins: ");
    }
  }
}

TEST(MaskedImageRegistrationSizes, NoIterationsAreNone)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string optimizer : { "regular-step-gradient-descent",
                                       "gradient-descent",
                                       "gradient-descent-line-search",
                                       "conjugate-gradient-line-search",
                                       "lbfgs2",
                                       "lbfgsb",
                                       "exhaustive",
                                       "amoeba",
                                       "powell",
                                       "one-plus-one-evolutionary" })
  {
    for (const std::string transform : { "translation", "b-spline" })
    {
      if (transform == "b-spline" && optimizer == "exhaustive")
      {
        continue; // which needs a number of steps for each parameter
      }
      SCOPED_TRACE(optimizer + ", " + transform);
      auto settings = MakeStage(transform);
      settings.Optimizer = optimizer;
      settings.Iterations = { 0 };
      settings.NumberOfSteps = { 1, 1 };
      settings.GridScaleFactors = { transform == "b-spline" ? 1UL : 0UL };
      settings.Sampling = "none";
      settings.Samples = { 0 };
      settings.SmoothingSigmas = { 0.0 };
      const auto facade = scene.MakeFacade(settings);
      EXPECT_EQ(UpdateOrGetRefusal(*facade, itk::MultiResolutionIterationEvent()), "");
      EXPECT_TRUE(facade->GetCourse().empty());
      // It stays where it began, and tells the metric there: at full resolution, that of EvaluateMetric().
      const auto point = itk::MakePoint(1.0, -2.0);
      EXPECT_LT(facade->GetTransform()->TransformPoint(point).EuclideanDistanceTo(point), 1e-12);
      const double expected = facade->EvaluateMetric();
      facade->Update();
      EXPECT_NEAR(facade->GetProgress().Value, expected, 1e-9 * std::abs(expected));
      for (const auto & report : facade->GetReports())
      {
        EXPECT_EQ(report.NumberOfIterations, 0U);
        EXPECT_TRUE(std::isfinite(report.FirstValue));
        EXPECT_EQ(report.FirstValue, report.LastValue);
        EXPECT_NE(report.StopCondition.find("No iterations"), std::string::npos) << report.StopCondition;
      }
      EXPECT_NEAR(facade->GetReports().back().LastValue, expected, 1e-9 * std::abs(expected));
    }
  }
}

TEST(MaskedImageRegistrationSizes, ALevelWithoutIterationsLeavesThoseAroundItAlone)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("rigid", { 2, 1 });
  settings.Iterations = { 30, 0 };
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.5);
  settings.Iterations = { 0, 30 };
  const auto second = scene.MakeFacade(settings);
  second->Update();
  EXPECT_LT(scene.ComputeError(*second->GetTransform()), 0.5);
  EXPECT_EQ(second->GetReports()[0].NumberOfIterations, 0U);
  EXPECT_GT(second->GetReports()[1].NumberOfIterations, 0U);
}

TEST(MaskedImageRegistrationSizes, SyNWithoutIterationsHasNoValue)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("syn");
  settings.Iterations = { 0 };
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_TRUE(std::isnan(facade->GetProgress().Value));
}

TEST(MaskedImageRegistrationSizes, ImagesThatWereNeverAllocatedAreRefused)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto never = Image2D::New();
  never->SetRegions(itk::Size<2>{ { 30, 30 } });
  for (const bool isFixed : { true, false })
  {
    const auto facade = scene.MakeFacade(MakeStage("rigid"));
    isFixed ? facade->SetFixedImage(never) : facade->SetMovingImage(never);
    ExpectRefusal(*facade, isFixed ? "The fixed image" : "The moving image");
    EXPECT_NE(GetMessageOf([&] { facade->EvaluateMetric(); }), "");
  }
}

} // namespace MaskedImageRegistrationSizesGTest
