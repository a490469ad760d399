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

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkBSplineTransform.h"
#include "itkCompositeTransform.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace MaskedImageRegistrationLimitsGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;

Settings
MakeSecondStage(const std::string & transform, const std::string & optimizer, const std::string & scales)
{
  auto settings = MakeStage(transform, { 1 });
  settings.Optimizer = optimizer;
  settings.Scales = scales;
  settings.Iterations = { 2 };
  settings.NumberOfSteps = { 1, 1 };
  settings.GridScaleFactors = { 0 };
  settings.GridSpacing = { 40.0 };
  return settings;
}

TEST(MaskedImageRegistration, RefusesAtOnceWhatNeedsAJacobianThatITKLacks)
{
  const auto   scene = MakeRigidScene<Image2D>();
  unsigned int numberOfRefusals = 0;
  unsigned int numberOfRuns = 0;
  for (const std::string optimizer : { "gradient-descent",
                                       "regular-step-gradient-descent",
                                       "gradient-descent-line-search",
                                       "conjugate-gradient-line-search",
                                       "lbfgs2",
                                       "lbfgsb",
                                       "exhaustive",
                                       "amoeba",
                                       "powell",
                                       "one-plus-one-evolutionary" })
  {
    const bool isSearch = optimizer == "exhaustive" || optimizer == "amoeba" || optimizer == "powell" ||
                          optimizer == "one-plus-one-evolutionary";
    for (const std::string scales : { "none", "physical-shift", "jacobian" })
    {
      for (const bool isInitial : { false, true })
      {
        SCOPED_TRACE(optimizer + ", " + scales + (isInitial ? ", initial" : ""));
        const auto facade = scene.MakeFacade();
        if (isInitial)
        {
          facade->SetMovingInitialTransform(MakeSpline(scene, 3));
        }
        else
        {
          auto first = MakeStage("b-spline", { 1 });
          first.Iterations = { 1 };
          first.GridSpacing = { 40.0 };
          facade->AddStage(first);
        }
        facade->AddStage(MakeSecondStage("translation", optimizer, scales));
        const auto message = UpdateOrGetRefusal(*facade, itk::StartEvent());
        const bool isNeeded = !isSearch || (scales == "jacobian" && optimizer != "exhaustive");
        EXPECT_EQ(message.empty(), !isNeeded) << message;
        if (isNeeded)
        {
          EXPECT_NE(message.find("Put the b-spline last"), std::string::npos) << message;
        }
        numberOfRefusals += isNeeded ? 1 : 0;
        numberOfRuns += isNeeded ? 0 : 1;
      }
    }
  }
  EXPECT_GT(numberOfRefusals, 0U);
  EXPECT_GT(numberOfRuns, 0U);
}

TEST(MaskedImageRegistration, EveryStageRunsOrIsRefusedAtOnceAfterABSpline)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string transform : { "translation", "rigid", "b-spline", "displacement-field", "syn" })
  {
    for (const std::string metric : { "mean-squares",
                                      "mutual-information",
                                      "correlation",
                                      "neighborhood-correlation",
                                      "joint-histogram-mutual-information",
                                      "demons" })
    {
      const bool isField = transform == "displacement-field" || transform == "syn";
      if (metric == "demons" && !isField)
      {
        continue;
      }
      for (const bool isStock : { false, true })
      {
        SCOPED_TRACE(transform + ", " + metric + (isStock ? ", stock" : ""));
        const auto facade = scene.MakeFacade();
        facade->SetMovingInitialTransform(MakeSpline(scene, 3));
        auto settings = MakeStage(transform, { 1 });
        settings.Metric = metric;
        settings.StockMetric = isStock;
        settings.Iterations = { 1 };
        settings.Radius = 2;
        facade->AddStage(settings);
        const bool isMoving = !isField || metric != "correlation"; // ITK has no derivative of it for a field
        // Some resample the images first, so that nothing is applied after what they optimise. Demons takes the
        // gradient for the displacement.
        const bool isFast =
          isField && !isStock && (metric == "mean-squares" || metric.find("correlation") < metric.size());
        EXPECT_EQ(UpdateOrGetRefusal(*facade, itk::StartEvent()).empty(),
                  isFast || (isMoving && (transform == "syn" || metric == "demons")));
      }
    }
  }
}

TEST(MaskedImageRegistration, EvaluatesTheMetricWhereItCannotBeOptimised)
{
  const auto   scene = MakeRigidScene<Image2D>();
  const auto   facade = scene.MakeFacade(MakeStage("rigid"));
  const double expected = facade->EvaluateMetric();
  facade->SetMovingInitialTransform(MakeSpline(scene, 3));
  EXPECT_NEAR(facade->EvaluateMetric(), expected, 1e-9 * expected);
  EXPECT_NE(UpdateOrGetRefusal(*facade, itk::StartEvent()), "");
}

TEST(MaskedImageRegistration, ABSplineAfterOtherTransformsIsNotRefused)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade();
  auto       last = MakeStage("b-spline", { 1 });
  last.Iterations = { 1 };
  facade->AddStage(MakeStage("rigid", { 1 }));
  facade->AddStage(last);
  EXPECT_EQ(UpdateOrGetRefusal(*facade, itk::StartEvent()), "");
}

TEST(MaskedImageRegistration, AGivenCompositeIsAskedForWhatIsAppliedAfterWhatIsOptimised)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto translation = itk::TranslationTransform<double, 2>::New();
  for (const bool isSplineOptimised : { true, false })
  {
    // The last of the queue is applied first, and optimised.
    const auto composite = itk::CompositeTransform<double, 2>::New();
    const auto spline = MakeSpline(scene, 3);
    composite->AddTransform(isSplineOptimised ? FacadeTransformOf<Image2D>::Pointer(translation) : spline.GetPointer());
    composite->AddTransform(isSplineOptimised ? FacadeTransformOf<Image2D>::Pointer(spline) : translation.GetPointer());
    composite->SetOnlyMostRecentTransformToOptimizeOn();
    auto settings = MakeStage("given", { 1 });
    settings.Iterations = { 1 };
    const auto facade = scene.MakeFacade(settings);
    facade->SetTransformToOptimize(composite);
    EXPECT_EQ(UpdateOrGetRefusal(*facade, itk::StartEvent()).empty(), isSplineOptimised);
  }
}

} // namespace MaskedImageRegistrationLimitsGTest
