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
#include "itkMaskedSyNRegistrationMethod.h"

#include "itkMaskedSyNRegistrationMethodTestHelpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace MaskedSyNRegistrationMethodStateGTest
{
using namespace itk::MaskedSamplingTest;

using ProblemType = SyNProblem<MaskedSyN>;

/** The same transform with copies of its fields. (Clone() leaves the inverse field out.) */
FieldType::Pointer
Copy(const FieldType & transform)
{
  auto copy = FieldType::New();
  copy->SetDisplacementField(const_cast<FieldImageType *>(transform.GetDisplacementField()));
  copy->SetInverseDisplacementField(const_cast<FieldImageType *>(transform.GetInverseDisplacementField()));
  return copy;
}

void
ThrowAtIteration(ProblemType & problem, size_t iteration)
{
  size_t numberOfIterations = 0;
  EXPECT_THROW(problem.UpdateAndObserve([] {},
                                        [&] {
                                          if (++numberOfIterations == iteration)
                                          {
                                            throw std::runtime_error("from the observer");
                                          }
                                        }),
               std::runtime_error);
}

TEST(MaskedSyNRegistrationMethodState, GivesBackMasksAndVirtualDomain)
{
  const BumpCase bump;
  const auto     movingMask = MakeBoxMask<2>(*bump.Moving, { { { 5, 5 } }, { { 30, 30 } } });
  for (const bool downsample : { true, false })
  {
    for (const auto strategy : { StrategyEnum::NONE, StrategyEnum::RANDOM })
    {
      for (const bool doThrow : { false, true })
      {
        for (const bool hasMasks : { false, true })
        {
          ProblemType problem(bump);
          problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
          problem.Method->SetMetricSamplingStrategy(strategy);
          problem.SetLevels({ 2, 1 }, 2);
          if (hasMasks)
          {
            problem.Metric->SetFixedImageMask(bump.Mask);
            problem.Metric->SetMovingImageMask(movingMask);
          }
          else
          {
            problem.Method->SetFixedImageMask(bump.Mask);
            problem.Method->SetMovingImageMask(movingMask);
          }
          const MetricState before(*problem.Metric);
          if (doThrow)
          {
            ThrowAtIteration(problem, 3);
          }
          else
          {
            problem.Update();
          }
          EXPECT_TRUE(MetricState(*problem.Metric) == before);
          EXPECT_EQ(problem.Metric->GetVirtualImage(), nullptr);
        }
      }
    }
  }
}

TEST(MaskedSyNRegistrationMethodState, SecondUpdateRepeatsTheFirst)
{
  const BumpCase bump;
  for (const auto strategy : { StrategyEnum::NONE, StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    for (const bool resample : { false, true })
    {
      ProblemType problem(bump);
      problem.Metric->SetFixedImageMask(bump.Mask);
      problem.Method->SetMetricSamplingStrategy(strategy);
      problem.Method->SetResampleEveryIteration(resample && strategy != StrategyEnum::NONE);
      problem.SetLevels({ 2, 1 }, 4);
      const auto result = problem.UpdateAndGetResult();
      const auto points = problem.GetPoints();
      EXPECT_GT(problem.Method->GetTransform()->GetParameters().magnitude(), 0.1);
      EXPECT_TRUE(problem.UpdateAndGetResult() == result);
      EXPECT_EQ(problem.GetPoints(), points);
      EXPECT_TRUE(problem.UpdateAndGetResult() == result);
    }
  }
}

TEST(MaskedSyNRegistrationMethodState, UpdateAfterAnExceptionRepeatsTheFirst)
{
  const BumpCase bump;
  for (const bool hasAdaptors : { true, false })
  {
    for (const size_t iteration : { 1, 5 })
    {
      const auto make = [&] {
        ProblemType problem(bump);
        problem.Metric->SetFixedImageMask(bump.Mask);
        problem.SampleRandomly(100);
        problem.SetLevels({ 1, 1 }, 4);
        if (!hasAdaptors)
        {
          ProblemType::AdaptorsType noAdaptors{ nullptr, nullptr };
          problem.Method->SetTransformParametersAdaptorsPerLevel(noAdaptors);
        }
        return problem;
      };
      ProblemType fresh = make();
      const auto  expected = fresh.UpdateAndGetResult();

      ProblemType problem = make();
      ThrowAtIteration(problem, iteration);
      EXPECT_TRUE(problem.UpdateAndGetResult() == expected) << "adaptors " << hasAdaptors << ", " << iteration;

      // Also after a run that ended well.
      ThrowAtIteration(problem, iteration);
      EXPECT_TRUE(problem.UpdateAndGetResult() == expected) << "adaptors " << hasAdaptors << ", " << iteration;
    }
  }
}

TEST(MaskedSyNRegistrationMethodState, EarlierDeformationDoesNotHideAMask)
{
  // A mask of one voxel, into which the deformation that an earlier run found takes the centre of no voxel.
  const BumpCase bump;
  ProblemType    problem(bump);
  problem.Metric->SetFixedImageMask(bump.Mask);
  problem.SampleRandomly(200);
  problem.SetLevels({ 1 }, 15);
  problem.Update();

  const auto toFixed = GetMiddleToFixed(problem);
  auto       hits = MakeEmptyImage<MaskImageType<2>>(*bump.Fixed);
  for (itk::ImageRegionIteratorWithIndex<MaskImageType<2>> it(hits, hits->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto index =
      hits->TransformPhysicalPointToIndex(toFixed(hits->TransformIndexToPhysicalPoint<double>(it.GetIndex())));
    if (hits->GetBufferedRegion().IsInside(index))
    {
      hits->SetPixel(index, 1);
    }
  }
  itk::Index<2> missed{ { -1, -1 } };
  for (itk::ImageRegionIteratorWithIndex<MaskImageType<2>> it(hits, { { { 8, 8 } }, { { 30, 24 } } }); !it.IsAtEnd();
       ++it)
  {
    missed = it.Get() == 0 ? it.GetIndex() : missed;
  }
  ASSERT_GE(missed[0], 0); // the premise
  const auto mask = MakeBoxMask<2>(*bump.Fixed, { missed, { { 1, 1 } } });

  ProblemType fresh(bump);
  for (auto * const each : { &fresh, &problem })
  {
    each->Metric->SetFixedImageMask(mask);
    each->SampleRandomly(20);
    each->SetLevels({ 1 }, 1);
  }
  const auto expected = fresh.UpdateAndGetResult();
  EXPECT_EQ(GetMessageOf([&] { EXPECT_TRUE(problem.UpdateAndGetResult() == expected); }), "");
}

TEST(MaskedSyNRegistrationMethodState, GoesOnFromGivenTransforms)
{
  const BumpCase bump;
  ProblemType    earlier(bump);
  earlier.Metric->SetFixedImageMask(bump.Mask);
  earlier.SampleRandomly(200);
  earlier.SetLevels({ 1 }, 10);
  earlier.Update();
  const double errorBefore = bump.ComputeError(*earlier.Method->GetTransform());

  const auto set = [&earlier](ProblemType & problem) {
    problem.Method->SetFixedToMiddleTransform(Copy(*earlier.Method->GetFixedToMiddleTransform()));
    problem.Method->SetMovingToMiddleTransform(Copy(*earlier.Method->GetMovingToMiddleTransform()));
  };
  const auto goOn = [&](ProblemType & problem) {
    problem.Metric->SetFixedImageMask(bump.Mask);
    problem.SampleRandomly(200);
    problem.SetLevels({ 2, 1 }, 10);
    set(problem);
    size_t numberOfLevels = 0;
    problem.UpdateAndObserve(
      [&] {
        ++numberOfLevels;
        const auto points = problem.GetPoints();
        EXPECT_EQ(points.size(), 200U);
        EXPECT_EQ(CountInside(points, GetMiddleToFixed(problem), bump.Mask, *bump.Fixed), 200U);
      },
      [] {});
    EXPECT_EQ(numberOfLevels, 2U);
    EXPECT_LT(bump.ComputeError(*problem.Method->GetTransform()), 0.8 * errorBefore);
    return problem.Method->GetTransform()->GetParameters();
  };
  ProblemType problem(bump);
  const auto  expected = goOn(problem);
  ProblemType other(bump);
  other.Metric->SetFixedImageMask(bump.Mask);
  other.Update();
  EXPECT_EQ(goOn(other), expected); // whatever it did before
}

TEST(MaskedSyNRegistrationMethodState, ResamplesAtEveryIteration)
{
  const BumpCase bump;
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    for (const bool downsample : { true, false })
    {
      ProblemType problem(bump);
      problem.Metric->SetFixedImageMask(bump.Mask);
      problem.Method->SetMetricSamplingStrategy(strategy);
      problem.Method->SetNumberOfSamples(50);
      problem.Method->ResampleEveryIterationOn();
      problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
      problem.SetLevels({ 2, 1 }, 4);
      const auto collect = [&] {
        std::vector<ProblemType::PointsType> points;
        FromMiddle                           toFixed = GetMiddleToFixed(problem);
        problem.UpdateAndObserve(
          [&] {
            const bool isFirst = problem.Method->GetCurrentLevel() == 0;
            toFixed = isFirst ? FromMiddle(nullptr, nullptr) : GetMiddleToFixed(problem);
          },
          [&] {
            points.push_back(problem.GetPoints());
            EXPECT_EQ(problem.Metric->GetVirtualSampledPointSet(), problem.Method->GetSamplePointSet());
            EXPECT_EQ(points.back().size(), 50U);
            EXPECT_EQ(problem.Metric->GetNumberOfValidPoints(), 50U);
            EXPECT_EQ(CountInside(points.back(), toFixed, bump.Mask, *bump.Fixed), 50U);
            ExpectInsideGrid(points.back(), *problem.Metric->GetVirtualImage());
          });
        return points;
      };
      const auto points = collect();
      ASSERT_EQ(points.size(), 8U);
      for (size_t i = 0; i < points.size(); ++i)
      {
        for (size_t j = 0; j < i; ++j)
        {
          EXPECT_NE(points[i], points[j]);
        }
      }
      EXPECT_EQ(collect(), points);

      // The first of a level are those of the level without resampling.
      problem.Method->ResampleEveryIterationOff();
      const auto fixedPoints = collect();
      EXPECT_EQ(fixedPoints[0], points[0]);
      EXPECT_EQ(fixedPoints[3], points[0]);
    }
  }
}

TEST(MaskedSyNRegistrationMethodState, ReportsOnEveryLevel)
{
  const BumpCase bump;
  const auto     movingMask = MakeBoxMask<2>(*bump.Moving, { { { 5, 5 } }, { { 20, 30 } } });
  for (const bool downsample : { true, false })
  {
    for (const bool hasMovingMask : { true, false })
    {
      ProblemType problem(bump);
      problem.Metric->SetFixedImageMask(bump.Mask);
      problem.Metric->SetMovingImageMask(hasMovingMask ? movingMask.GetPointer() : nullptr);
      problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
      problem.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
      problem.SetLevels({ 3, 2, 1 }, 4);
      // Points outside the moving image, too.
      problem.SetInitialTranslations(itk::MakeVector(0.0, 0.0), itk::MakeVector(hasMovingMask ? 5.0 : 16.0, 0.0));
      ProblemType::PointsType             allPoints;
      MaskedSyN::NumberOfSamplesArrayType numbers(3);
      numbers[0] = 40;
      numbers[1] = 0;
      numbers[2] = 90;
      problem.Method->SetNumberOfSamplesPerLevel(numbers);
      for (unsigned int run = 0; run < 2; ++run)
      {
        itk::SizeValueType numberOfLevels = 0;
        problem.UpdateAndObserve(
          [&] {
            const auto & method = *problem.Method;
            const auto   level = method.GetCurrentLevel();
            ASSERT_EQ(level, numberOfLevels);
            ++numberOfLevels;
            for (const auto & report : { method.GetNumberOfMaskVoxelsPerLevel(),
                                         method.GetNumberOfRequestedSamplePointsPerLevel(),
                                         method.GetNumberOfSamplePointsPerLevel(),
                                         method.GetNumberOfSamplePointsInMovingImagePerLevel() })
            {
              ASSERT_EQ(report.Size(), numberOfLevels);
            }
            const auto toFixed = run == 0 || level > 0 ? GetMiddleToFixed(problem) : FromMiddle(nullptr, nullptr);
            itk::SizeValueType numberOfVoxels = 0;
            for (itk::ImageRegionIteratorWithIndex<Image2D> it(bump.Fixed, bump.Fixed->GetBufferedRegion());
                 !it.IsAtEnd();
                 ++it)
            {
              const auto point = toFixed(bump.Fixed->TransformIndexToPhysicalPoint<double>(it.GetIndex()));
              numberOfVoxels += bump.Mask->IsInsideInWorldSpace(point) ? 1 : 0;
            }
            EXPECT_EQ(method.GetNumberOfMaskVoxelsPerLevel()[level], numberOfVoxels);
            const auto expected =
              numbers[level] > 0 ? numbers[level] : CountSamples(1.0, static_cast<double>(numberOfVoxels), 4.0);
            EXPECT_EQ(method.GetNumberOfRequestedSamplePointsPerLevel()[level], expected);
            EXPECT_EQ(method.GetNumberOfSamplePointsPerLevel()[level], expected);
            const auto points = problem.GetPoints();
            EXPECT_EQ(points.size(), expected);
            const auto inside = CountInside(
              points, GetMiddleToMoving(problem), hasMovingMask ? movingMask.GetPointer() : nullptr, *bump.Moving);
            EXPECT_EQ(method.GetNumberOfSamplePointsInMovingImagePerLevel()[level], inside)
              << "level " << level << ", downsample " << downsample << ", moving mask " << hasMovingMask;
            EXPECT_GT(inside, 0U);
            EXPECT_LT(inside, expected);
          },
          [] {});
        EXPECT_EQ(numberOfLevels, 3U);
        EXPECT_EQ(problem.Method->GetNumberOfSamplePointsPerLevel().Size(), 3U);
        EXPECT_EQ(problem.Method->GetNumberOfSamplePoints(), 90U);
      }
    }
  }
}

TEST(MaskedSyNRegistrationMethodState, PrintsEveryMember)
{
  const BumpCase bump;
  ProblemType    problem(bump);
  problem.Metric->SetFixedImageMask(bump.Mask);
  problem.SampleRandomly(20);
  std::ostringstream fresh;
  problem.Method->Print(fresh);
  problem.Update();
  std::ostringstream used;
  problem.Method->Print(used);
  for (const auto * const name : { "MaskedSyNRegistrationMethod",
                                   "LearningRate: ",
                                   "FixedToMiddleTransform: ",
                                   "NumberOfSamples: 20",
                                   "PerturbSamples: On",
                                   "ResampleEveryIteration: Off",
                                   "Samplings: ",
                                   "OwnFixedToMiddleTransform: ",
                                   "OwnMovingToMiddleTransform: ",
                                   "IterationOfPoints: " })
  {
    EXPECT_NE(fresh.str().find(name), std::string::npos) << name;
    EXPECT_NE(used.str().find(name), std::string::npos) << name;
  }
}

} // namespace MaskedSyNRegistrationMethodStateGTest
