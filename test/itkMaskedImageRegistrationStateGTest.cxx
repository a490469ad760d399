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

#include "facade/itkMaskedRegistrationTransform.h"
#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkIdentityTransform.h"
#include "itkProcessObject.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace MaskedImageRegistrationStateGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;
using itk::SizeValueType;

// The B-spline comes last: ITK's metrics cannot optimize a transform that is followed by one.
const char * const allTransforms[] = { "translation",        "rigid", "similarity", "affine",
                                       "displacement-field", "syn",   "b-spline" };

struct ObserverError : std::runtime_error
{
  ObserverError()
    : std::runtime_error("thrown by an observer")
  {}
};

TEST(MaskedImageRegistration, ReportsAndCourseAreWhatObserversSee)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade();
  for (const char * const name : allTransforms)
  {
    auto stage = MakeStage(name, { 2, 1 });
    stage.Iterations = { 4, 3 };
    facade->AddStage(stage);
  }
  const auto levels = UpdateAndWatch(*facade);
  ASSERT_EQ(levels.size(), 2U * std::size(allTransforms));
  ASSERT_EQ(facade->GetReports().size(), levels.size());
  auto entry = facade->GetCourse().begin();
  for (size_t n = 0; n < levels.size(); ++n)
  {
    const auto & report = facade->GetReports()[n];
    const auto & level = levels[n];
    SCOPED_TRACE(std::string(allTransforms[n / 2]) + ", level " + std::to_string(n % 2));
    EXPECT_EQ(level.Stage, n / 2);
    EXPECT_EQ(level.Level, n % 2);
    EXPECT_EQ(report.Stage, level.Stage);
    EXPECT_EQ(report.Level, level.Level);
    EXPECT_EQ(report.NumberOfIterations, level.Values.size());
    EXPECT_FALSE(report.StopCondition.empty());
    EXPECT_GE(report.Seconds, 0.0);
    ASSERT_FALSE(level.Values.empty());
    EXPECT_EQ(report.FirstValue, level.Values.front());
    // The last value is that of where the level ends: the best one, of those that keep it.
    const auto & optimizer = facade->GetStage(n / 2).Optimizer;
    const bool   isBestKept = std::string(allTransforms[n / 2]) != "syn" && optimizer != "lbfgs2";
    EXPECT_EQ(report.LastValue,
              isBestKept ? *std::min_element(level.Values.begin(), level.Values.end()) : level.Values.back());
    for (const double value : level.Values)
    {
      ASSERT_NE(entry, facade->GetCourse().end());
      EXPECT_EQ(entry->Stage, level.Stage);
      EXPECT_EQ(entry->Level, level.Level);
      EXPECT_EQ(entry->Value, value);
      ++entry;
    }
  }
  EXPECT_EQ(entry, facade->GetCourse().end());
  EXPECT_EQ(facade->GetCurrentStage(), std::size(allTransforms) - 1);
  EXPECT_EQ(facade->GetStopConditionDescription(), facade->GetReports().back().StopCondition);
}

TEST(MaskedImageRegistration, ObserversCanAskForTheStateOfTheOptimizer)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string name : { "rigid", "b-spline", "displacement-field", "syn" })
  {
    const auto facade = scene.MakeFacade(MakeStage(name));
    facade->GetStage(0).Iterations = { 3 };
    SizeValueType number = 0;
    Observe(*facade, itk::IterationEvent(), [&] {
      ++number;
      const auto progress = facade->GetProgress();
      EXPECT_TRUE(std::isfinite(progress.Value));
      EXPECT_EQ(std::isfinite(progress.LearningRate), name == "rigid" || name == "displacement-field") << name;
      if (name != "syn")
      {
        EXPECT_GT(facade->GetNumberOfValidPoints(), 0U);
      }
      if (name == "rigid" || name == "b-spline") // the others have no optimizer
      {
        EXPECT_EQ(facade->GetPosition().Size(), facade->GetOptimizedTransform()->GetNumberOfParameters());
      }
      if (name == "rigid")
      {
        EXPECT_EQ(facade->GetPosition(), facade->GetOptimizedTransform()->GetParameters());
        EXPECT_EQ(facade->GetScales().Size(), 3U);
      }
    });
    facade->Update();
    EXPECT_GT(number, 0U);
    facade->RemoveAllObservers();
  }
}

TEST(MaskedImageRegistration, StopEndsTheLevel)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto descriptions = Settings::Describe();
  const auto optimizers =
    std::find_if(descriptions.begin(), descriptions.end(), [](const auto & d) { return d.Name == "optimizer"; });
  for (const auto & name : optimizers->Choices)
  {
    auto settings = MakeStage("rigid");
    settings.Optimizer = name;
    settings.Metric = "correlation";
    settings.Iterations = { 10 };
    settings.NumberOfSteps = { 1, 1, 1 };
    settings.StepLength = 0.01;
    settings.ConvergenceMinimumValue = 0.0;
    settings.SolutionAccuracy = 0.0;
    const auto facade = scene.MakeFacade(settings);
    bool       canStop = false;
    // At the second iteration of the first level.
    Observe(*facade, itk::IterationEvent(), [&] {
      if (facade->GetCourse().size() == 2)
      {
        canStop = facade->Stop();
      }
    });
    facade->Update();
    facade->RemoveAllObservers();
    ASSERT_EQ(facade->GetReports().size(), 2U) << name;
    EXPECT_EQ(canStop, name != "lbfgs2" && name != "lbfgsb" && name != "amoeba") << name;
    EXPECT_EQ(facade->GetReports()[0].NumberOfIterations == 2, canStop) << name;
    EXPECT_GT(facade->GetReports()[1].NumberOfIterations, 0U) << name;
    EXPECT_FALSE(facade->Stop()) << "Nothing runs.";
  }
}

TEST(MaskedImageRegistration, FinishKeepsWhatWasReached)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string name : { "rigid", "b-spline", "syn" })
  {
    auto settings = MakeStage(name);
    settings.Iterations = { 6 };
    settings.ReturnBest = false;
    const auto          facade = scene.MakeFacade(settings);
    std::vector<double> reached;
    facade->AddStage(name == "b-spline" ? "syn" : "translation"); // what can follow it
    bool hasEnded = false;
    Observe(*facade, itk::EndEvent(), [&] { hasEnded = true; });
    Observe(*facade, itk::IterationEvent(), [&] {
      if (facade->GetCourse().size() == 3)
      {
        const auto position = facade->GetPosition();
        reached.assign(position.begin(), position.end());
        facade->Finish();
      }
    });
    facade->Update();
    facade->RemoveAllObservers();
    EXPECT_TRUE(hasEnded) << name;
    EXPECT_EQ(facade->GetCourse().size(), 3U) << name;
    EXPECT_EQ(facade->GetCurrentStage(), 0U) << name;
    EXPECT_EQ(facade->GetTransform()->GetNumberOfTransforms(), 1U) << name;
    EXPECT_EQ(facade->GetReports().front().NumberOfIterations, 3U);
    if (name == "rigid") // a B-spline goes on beyond the grid that was optimised
    {
      const auto parameters = facade->GetOptimizedTransform()->GetParameters();
      EXPECT_EQ(std::vector<double>(parameters.begin(), parameters.end()), reached) << name;
    }
    const auto identity = itk::IdentityTransform<double, 2>::New();
    EXPECT_LT(scene.ComputeError(*facade->GetTransform()), scene.ComputeError(*identity)) << name;
    // It forgets it at the next start.
    facade->ClearStages();
    facade->AddStage(MakeStage("translation"));
    facade->Update();
    EXPECT_GT(facade->GetCourse().size(), 3U) << name;
  }
}

TEST(MaskedImageRegistration, FinishAtTheStartDoesNothing)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  Observe(*facade, itk::StartEvent(), [&] { facade->Finish(); });
  facade->Update();
  EXPECT_TRUE(facade->GetReports().empty());
  EXPECT_EQ(facade->GetTransform()->GetNumberOfTransforms(), 0U);
  facade->RemoveAllObservers();
  for (const char * const name : { "rigid", "syn" })
  {
    facade->ClearStages();
    facade->AddStage(MakeStage(name));
    Observe(*facade, itk::MultiResolutionIterationEvent(), [&] { facade->Finish(); });
    facade->Update();
    facade->RemoveAllObservers();
    EXPECT_TRUE(facade->GetCourse().empty()) << name;
    for (const auto & point : scene.ListMaskPoints())
    {
      ASSERT_LT(facade->GetTransform()->TransformPoint(point).EuclideanDistanceTo(point), 1e-12) << name;
    }
  }
}

/** Settings with which an optimizer, or a kind of transform, goes on for long. */
std::vector<Settings>
MakeLongStages()
{
  std::vector<Settings> stages;
  const auto            descriptions = Settings::Describe();
  const auto            optimizers =
    std::find_if(descriptions.begin(), descriptions.end(), [](const auto & d) { return d.Name == "optimizer"; });
  for (const auto & name : optimizers->Choices)
  {
    stages.push_back(MakeStage("rigid", { 1 }));
    stages.back().Optimizer = name;
  }
  for (const char * const name : { "b-spline", "displacement-field", "syn" })
  {
    stages.push_back(MakeStage(name, { 1 }));
  }
  for (auto & settings : stages)
  {
    settings.Iterations = { 1000000 };
    settings.NumberOfSteps = { 100, 100, 100 };
    settings.StepLength = 1e-4;
    settings.MinimumStepLength = 0.0;
    settings.GradientMagnitudeTolerance = 0.0;
    settings.ConvergenceMinimumValue = -1.0;
    settings.SolutionAccuracy = 0.0;
    settings.DeltaConvergenceTolerance = 0.0;
  }
  return stages;
}

TEST(MaskedImageRegistration, AbortEndsItFromAnyThread)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const auto & settings : MakeLongStages())
  {
    SCOPED_TRACE(settings.Transform + ", " + settings.Optimizer);
    const auto  facade = scene.MakeFacade(settings);
    std::thread other;
    Observe(*facade, itk::MultiResolutionIterationEvent(), [&] {
      other = std::thread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        facade->Abort();
      });
    });
    // Some optimizers are done before.
    bool isAborted = false;
    try
    {
      facade->Update();
    }
    catch (const itk::ProcessAborted &)
    {
      isAborted = true;
    }
    other.join();
    facade->RemoveAllObservers();
    if (settings.Optimizer == "exhaustive" || settings.Transform == "displacement-field" || settings.Transform == "syn")
    {
      EXPECT_TRUE(isAborted);
    }
    // One that runs no more ends the next.
    facade->Abort();
    EXPECT_THROW(facade->Update(), itk::ProcessAborted);
    // And is forgotten then.
    facade->GetStage(0).Iterations = { 2 };
    facade->GetStage(0).NumberOfSteps = { 1, 1, 1 };
    EXPECT_NO_THROW(facade->Update());
  }
}

TEST(MaskedImageRegistration, AbortEndsItWhereTheMetricIsEvaluatedNext)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (auto settings : MakeLongStages())
  {
    SCOPED_TRACE(settings.Transform + ", " + settings.Optimizer);
    settings.Iterations = { 10 };
    const auto    facade = scene.MakeFacade(settings);
    SizeValueType number = 0;
    Observe(*facade, itk::IterationEvent(), [&] {
      ++number;
      facade->Abort();
    });
    EXPECT_THROW(facade->Update(), itk::ProcessAborted);
    EXPECT_EQ(number, 1U);
    facade->RemoveAllObservers();
  }
}

TEST(MaskedImageRegistration, AnObserverMayThrow)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string name : { "rigid", "b-spline", "displacement-field", "syn" })
  {
    auto settings = MakeStage(name);
    settings.Iterations = { 4 };
    const auto fresh = scene.MakeFacade(settings);
    fresh->Update();
    for (const SizeValueType count : { 0, 1, 6 })
    {
      const auto facade = scene.MakeFacade(settings);
      const auto throwAt = [&] {
        if (facade->GetCourse().size() == count)
        {
          throw ObserverError();
        }
      };
      Observe(*facade, itk::MultiResolutionIterationEvent(), throwAt);
      Observe(*facade, itk::IterationEvent(), throwAt);
      EXPECT_THROW(facade->Update(), ObserverError) << name << ", " << count;
      EXPECT_EQ(facade->GetCourse().size(), count) << name;
      facade->RemoveAllObservers();
      facade->Update();
      EXPECT_EQ(GetResult<Image2D>(*facade), GetResult<Image2D>(*fresh)) << name << ", " << count;
      EXPECT_EQ(facade->GetReports().size(), fresh->GetReports().size());
    }
  }
}

TEST(MaskedImageRegistration, ASecondUpdateIsTheSame)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade();
  for (const char * const name : { "rigid", "b-spline", "syn" })
  {
    facade->AddStage(MakeStage(name));
  }
  facade->Update();
  const auto result = GetResult<Image2D>(*facade);
  const auto first = itk::MaskedRegistrationTransform<2>::Copy(*facade->GetTransform());
  const itk::SmartPointer<const FacadeType::CompositeTransformType> kept = facade->GetTransform();
  facade->Update();
  EXPECT_EQ(GetResult<Image2D>(*facade), result);
  // What was taken from it is not changed by the next run.
  EXPECT_NE(kept.GetPointer(), facade->GetTransform());
  EXPECT_EQ(kept->GetParameters(), first->GetParameters());
}

TEST(MaskedImageRegistration, ASecondUpdateStartsAfresh)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  facade->AddStage(MakeStage("affine"));
  facade->Update();
  EXPECT_EQ(facade->GetCurrentStage(), 1U);
  EXPECT_EQ(facade->GetCurrentLevel(), 1U);
  EXPECT_EQ(facade->GetPosition().Size(), 6U);
  EXPECT_EQ(facade->GetScales().Size(), 6U);
  bool hasStarted = false;
  Observe(*facade, itk::StartEvent(), [&] {
    hasStarted = true;
    EXPECT_EQ(facade->GetCurrentStage(), 0U);
    EXPECT_EQ(facade->GetCurrentLevel(), 0U);
    EXPECT_EQ(facade->GetPosition().Size(), 0U);
    EXPECT_EQ(facade->GetScales().Size(), 0U);
    EXPECT_EQ(facade->GetNumberOfValidPoints(), 0U);
    EXPECT_EQ(facade->GetStopConditionDescription(), "");
    EXPECT_TRUE(facade->GetReports().empty());
  });
  facade->Update();
  EXPECT_TRUE(hasStarted);
}

TEST(MaskedImageRegistration, TwoCanRunAtOnce)
{
  const auto                       scene = MakeRigidScene<Image2D>();
  std::vector<FacadeType::Pointer> facades;
  for (unsigned int n = 0; n < 4; ++n)
  {
    facades.push_back(scene.MakeFacade(MakeStage(n % 2 == 0 ? "rigid" : "affine")));
    facades.back()->AddStage(MakeStage(n % 2 == 0 ? "b-spline" : "syn"));
  }
  std::thread first([&] { facades[0]->Update(); });
  std::thread second([&] { facades[1]->Update(); });
  first.join();
  second.join();
  facades[2]->Update();
  facades[3]->Update();
  EXPECT_EQ(GetResult<Image2D>(*facades[0]), GetResult<Image2D>(*facades[2]));
  EXPECT_EQ(GetResult<Image2D>(*facades[1]), GetResult<Image2D>(*facades[3]));
}

} // namespace MaskedImageRegistrationStateGTest
