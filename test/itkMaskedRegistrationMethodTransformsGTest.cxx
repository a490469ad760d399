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
#include "itkMaskedRegistrationMethod.h"

#include "itkMaskedRegistrationMethodTransformsTestHelpers.h"

#include "geometry/itkGridGeometry.h"

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkGaussianOperator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace MaskedRegistrationMethodTransformsGTest
{
using namespace itk::MaskedSamplingTest;

template <typename TImage>
using NeighborhoodCorrelationOf = itk::ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;

constexpr auto allStrategies = { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE };

/** Sizes that 4 and 2 do not divide, and a mask that touches the far border in both dimensions. */
struct FarMaskCase : PatternCase
{
  MaskImageType<2>::Pointer MaskImage;
  MaskType<2>::Pointer      Mask;

  FarMaskCase()
    : PatternCase(itk::Size<2>{ { 61, 47 } })
    , MaskImage(MakeEmptyImage<MaskImageType<2>>(*Fixed))
  {
    FillBox<2>(*MaskImage, { { { 40, 20 } }, { { 21, 27 } } });
    MaskImage->SetPixel({ { 50, 30 } }, 0);
    FillBox<2>(*MaskImage, { { { 5, 5 } }, { { 5, 26 } } });
    Mask = MakeMask<2>(MaskImage);
  }

  template <typename TFunction>
  void
  ForEachMaskVoxel(const TFunction & function) const
  {
    itk::ImageRegionConstIteratorWithIndex<MaskImageType<2>> it(MaskImage, MaskImage->GetBufferedRegion());
    for (; !it.IsAtEnd(); ++it)
    {
      if (it.Get() != 0)
      {
        function(MaskImage->TransformIndexToPhysicalPoint<double>(it.GetIndex()));
      }
    }
  }

  /** Mean squared difference of the pattern, inside the mask, if a transform were the solution. */
  double
  ComputeError(const TransformOf<2> & transform) const
  {
    double sum = 0.0;
    double number = 0.0;
    this->ForEachMaskVoxel([&](const itk::Point<double, 2> & point) {
      const double difference = EvaluatePattern(transform.TransformPoint(point)) - EvaluatePattern(Map(point));
      sum += difference * difference;
      ++number;
    });
    return sum / number;
  }
};

/** Run over three levels and look at every point that the metric gets. */
template <typename TTransform, typename TMetric = MeanSquaresOf<Image2D>>
void
ExpectGoodPointsAtEveryLevel(double errorThatMayRemain)
{
  const FarMaskCase          pattern;
  const PointOracle<Image2D> oracle(pattern.Fixed, pattern.Mask);
  const auto                 numberOfVoxels = oracle.ListVoxels(*pattern.Fixed).size();
  for (const auto strategy : allStrategies)
  {
    using ProblemType = MaskedProblem<TTransform, TMetric>;
    ProblemType problem(pattern);
    problem.Metric->SetFixedImageMask(pattern.Mask);
    problem.Method->SetMetricSamplingStrategy(strategy);
    problem.SetLevels({ 4, 2, 1 }, { 2.0, 1.0, 0.0 });
    problem.SetAdaptors();
    problem.Optimizer->SetNumberOfIterations(30);
    problem.Optimizer->SetMaximumStepSizeInPhysicalUnits(0.2);
    typename ProblemType::MethodType::MetricSamplingPercentageArrayType percentages(3);
    percentages[0] = 1.0;
    percentages[1] = 0.9;
    percentages[2] = 0.4;
    problem.Method->SetMetricSamplingPercentagePerLevel(percentages);

    const double errorOfIdentity = pattern.ComputeError(*problem.Transform);
    size_t       numberOfIterations = 0;
    problem.UpdateAndObserve([&] {
      ++numberOfIterations;
      const auto level = problem.Method->GetCurrentLevel();
      const auto factor = problem.ShrinkFactors[level];
      const auto points = problem.GetPoints();
      const auto grid = problem.Metric->GetVirtualImage();
      if (strategy == StrategyEnum::NONE)
      {
        ASSERT_EQ(points.size(), oracle.ListVoxels(*grid).size());
      }
      else
      {
        ASSERT_EQ(points.size(),
                  CountSamples(percentages[level], static_cast<double>(numberOfVoxels), factor * factor));
        ASSERT_TRUE(problem.Metric->GetUseSampledPointSet());
      }
      ASSERT_EQ(problem.Method->GetNumberOfSamplePointsPerLevel()[level], points.size());
      ASSERT_GE(problem.Metric->GetNumberOfValidPoints(), points.size() * 9 / 10);
      ASSERT_LE(problem.Metric->GetNumberOfValidPoints(), points.size());
      oracle.ExpectAllInside(points);
      if constexpr (ProblemType::IsField)
      {
        ASSERT_EQ(grid->GetLargestPossibleRegion().GetSize(),
                  Shrink<Image2D>(*pattern.Fixed, factor)->GetLargestPossibleRegion().GetSize());
        ASSERT_TRUE(itk::GridGeometry<2>::IsSame(*grid, *problem.Transform->GetDisplacementField()));
        const auto region = problem.Metric->GetVirtualRegion();
        for (const auto & point : points)
        {
          ASSERT_TRUE(region.IsInside(grid->TransformPhysicalPointToIndex(point))) << point;
        }
      }
    });
    EXPECT_GE(numberOfIterations, 12U);
    EXPECT_LT(pattern.ComputeError(*problem.Transform), errorThatMayRemain * errorOfIdentity)
      << problem.Transform->GetNameOfClass() << ", " << strategy;
  }
}

/** The voxels of a field that are not 0. */
std::vector<itk::Index<2>>
ListMovedVoxels(const FieldImageType & field)
{
  std::vector<itk::Index<2>>                             indices;
  itk::ImageRegionConstIteratorWithIndex<FieldImageType> it(&field, field.GetBufferedRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    if (it.Get().GetNorm() > 0.0)
    {
      indices.push_back(it.GetIndex());
    }
  }
  return indices;
}

/** The voxels of a grid in which there is any point, in raster order. */
std::vector<itk::Index<2>>
ListVoxelsOfPoints(const itk::ImageBase<2> & grid, const std::vector<PointOf<2>> & points)
{
  std::vector<itk::Index<2>> indices;
  for (const auto & point : points)
  {
    indices.push_back(grid.TransformPhysicalPointToIndex(point));
  }
  std::sort(indices.begin(), indices.end(), [](const auto & a, const auto & b) {
    return a[1] != b[1] ? a[1] < b[1] : a[0] < b[0];
  });
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

/** A transform that is not the identity, the same every time. */
template <typename TProblem>
void
Disturb(TProblem & problem)
{
  std::mt19937                     random(3);
  std::uniform_real_distribution<> value(-0.5, 0.5);
  auto                             parameters = problem.Transform->GetParameters();
  for (auto & parameter : parameters)
  {
    parameter += value(random);
  }
  problem.Transform->SetParameters(parameters);
}

/** With a mask and NONE: stock's dense metric, but for the order of the terms. */
template <typename TTransform, typename TMetric>
void
ExpectNoneEqualsDense(bool crop)
{
  const FarMaskCase pattern;
  const auto        run = [&](auto problem) {
    if constexpr (std::is_same_v<decltype(problem), MaskedProblem<TTransform, TMetric>>)
    {
      problem.Method->SetCropVirtualDomainToMask(crop);
    }
    problem.Metric->SetFixedImageMask(pattern.Mask);
    // The cropped grids of the other levels are not stock's.
    problem.SetLevels(crop ? std::vector<unsigned int>{ 1 } : std::vector<unsigned int>{ 4, 2, 1 }, { 0.0, 0.0, 0.0 });
    problem.SetAdaptors();
    Disturb(problem);
    problem.Optimizer->SetNumberOfIterations(2);
    // No scales estimator: it would look at the cropped domain.
    problem.Optimizer->SetScalesEstimator(nullptr);
    problem.Optimizer->SetDoEstimateLearningRateAtEachIteration(false);
    problem.Optimizer->SetLearningRate(1e-4);
    std::vector<double> result;
    problem.UpdateAndObserve([&] { result.push_back(problem.Optimizer->GetCurrentMetricValue()); });
    for (const double parameter : problem.Transform->GetParameters())
    {
      result.push_back(parameter);
    }
    return result;
  };
  const auto expected = run(StockProblem<TTransform, TMetric>(pattern));
  const auto result = run(MaskedProblem<TTransform, TMetric>(pattern));
  ASSERT_EQ(result.size(), expected.size());
  EXPECT_GT(std::abs(expected.front()), 0.1);
  for (size_t i = 0; i < result.size(); ++i)
  {
    ASSERT_NEAR(result[i], expected[i], 1e-12 * std::max(1.0, std::abs(expected[i]))) << i;
  }
}

TEST(MaskedRegistrationMethodTransforms, LinearTransformsGetExactPointsAtEveryLevel)
{
  ExpectGoodPointsAtEveryLevel<TranslationOf<Image2D>>(0.01);
  ExpectGoodPointsAtEveryLevel<itk::Euler2DTransform<double>>(0.02);
  ExpectGoodPointsAtEveryLevel<AffineOf<Image2D>>(0.05);
  ExpectGoodPointsAtEveryLevel<AffineOf<Image2D>, MattesOf<Image2D>>(0.3);
}

TEST(MaskedRegistrationMethodTransforms, BSplinesGetExactPointsAtEveryLevel)
{
  ExpectGoodPointsAtEveryLevel<BSplineType>(0.2);
}

TEST(MaskedRegistrationMethodTransforms, DisplacementFieldsGetExactPointsAtEveryLevel)
{
  ExpectGoodPointsAtEveryLevel<FieldType>(0.8);
  ExpectGoodPointsAtEveryLevel<GaussianFieldType>(0.3);
  ExpectGoodPointsAtEveryLevel<BSplineFieldType>(0.8);
  ExpectGoodPointsAtEveryLevel<GaussianFieldType, MattesOf<Image2D>>(0.6);
  ExpectGoodPointsAtEveryLevel<GaussianFieldType, DemonsOf<Image2D>>(0.6);
}

TEST(MaskedRegistrationMethodTransforms, FieldMovesOnlyWhereThereArePoints)
{
  // Not at the border of the image, where its gradient is 0.
  const PatternCase pattern(itk::Size<2>{ { 61, 47 } });
  const auto        mask = MakeBoxMask<2>(*pattern.Fixed, { { { 20, 12 } }, { { 25, 20 } } });
  for (const unsigned int factor : { 1, 3 })
  {
    for (const auto strategy : allStrategies)
    {
      MaskedProblem<FieldType> problem(pattern);
      problem.Metric->SetFixedImageMask(mask);
      problem.Method->SetMetricSamplingStrategy(strategy);
      problem.Method->SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 60);
      problem.SetLevels({ factor }, { 0.0 });
      problem.SetAdaptors();
      problem.Optimizer->SetNumberOfIterations(1);
      problem.Method->Update();
      const auto & field = *problem.Transform->GetDisplacementField();
      const auto   expected = ListVoxelsOfPoints(field, problem.GetPoints());
      EXPECT_GE(expected.size(), 20U);
      EXPECT_LT(expected.size(), field.GetBufferedRegion().GetNumberOfPixels() / 2);
      EXPECT_EQ(ListMovedVoxels(field), expected);
    }
  }
}

TEST(MaskedRegistrationMethodTransforms, SmoothedFieldMovesOnlyNearThePoints)
{
  const FarMaskCase                pattern;
  MaskedProblem<GaussianFieldType> problem(pattern);
  problem.Metric->SetFixedImageMask(pattern.Mask);
  problem.SampleRandomly(60);
  problem.Transform->SetGaussianSmoothingVarianceForTheUpdateField(1.5);
  problem.Transform->SetGaussianSmoothingVarianceForTheTotalField(0.0);
  problem.Optimizer->SetNumberOfIterations(1);
  problem.Method->Update();

  // As the transform makes its kernel.
  itk::GaussianOperator<double, 2> kernel;
  kernel.SetVariance(1.5);
  kernel.SetMaximumError(0.001);
  kernel.SetMaximumKernelWidth(47);
  kernel.CreateDirectional();
  const auto radius = static_cast<itk::IndexValueType>(kernel.GetRadius(0));
  ASSERT_GE(radius, 2);
  ASSERT_LE(radius, 6);
  const auto & field = *problem.Transform->GetDisplacementField();
  const auto   voxels = ListVoxelsOfPoints(field, problem.GetPoints());
  const auto   moved = ListMovedVoxels(field);
  EXPECT_GT(moved.size(), voxels.size());
  for (const auto & index : moved)
  {
    EXPECT_TRUE(std::any_of(voxels.begin(),
                            voxels.end(),
                            [&](const auto & voxel) {
                              return std::abs(voxel[0] - index[0]) <= radius && std::abs(voxel[1] - index[1]) <= radius;
                            }))
      << index;
  }
}

TEST(MaskedRegistrationMethodTransforms, MaskBesideTheShrunkenGridIsAnErrorOfFields)
{
  const PatternCase pattern(itk::Size<2>{ { 61, 47 } });
  const auto        mask = MakeBoxMask<2>(*pattern.Fixed, { { { 10, 0 } }, { { 30, 1 } } });
  const auto        grid = Shrink<Image2D>(*pattern.Fixed, 4);
  const auto        isCovered = [&grid](const auto & point) {
    return grid->GetLargestPossibleRegion().IsInside(grid->TransformPhysicalPointToIndex(point));
  };
  for (const auto strategy : allStrategies)
  {
    MaskedProblem<GaussianFieldType> problem(pattern);
    problem.Metric->SetFixedImageMask(mask);
    problem.Method->SetMetricSamplingStrategy(strategy);
    problem.SetLevels({ 1, 4 }, { 0.0, 0.0 });
    problem.SetAdaptors();
    const MetricState before(*problem.Metric);
    const auto        message = GetMessageOf([&problem] { problem.Method->Update(); });
    for (const auto * const part : { "level 1", "[4, 4]", "shrink", "GaussianSmoothingOnUpdate" })
    {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
    const auto points = problem.GetPoints(); // of level 0
    EXPECT_EQ(points.size(), 30U);
    EXPECT_TRUE(std::none_of(points.begin(), points.end(), isCovered)); // the premise
    EXPECT_TRUE(MetricState(*problem.Metric) == before);

    problem.SetLevels({ 1 }, { 0.0 });
    problem.SetAdaptors();
    EXPECT_EQ(GetMessageOf([&problem] { problem.Method->Update(); }), "");
    EXPECT_GT(problem.Transform->GetParameters().magnitude(), 0.0);

    // Other transforms have no such grid.
    MaskedProblem<TranslationOf<Image2D>> other(pattern);
    other.Metric->SetFixedImageMask(mask);
    other.Method->SetMetricSamplingStrategy(strategy);
    other.SetLevels({ 4 }, { 0.0 });
    EXPECT_EQ(GetMessageOf([&other] { other.Method->Update(); }), "");
    EXPECT_GT(other.Transform->GetParameters().magnitude(), 0.0);
  }
}

TEST(MaskedRegistrationMethodTransforms, PointsOfTheUserBesideTheShrunkenGridAreDropped)
{
  const PatternCase pattern(itk::Size<2>{ { 61, 47 } });
  const auto        points = MetricOf<Image2D>::FixedSampledPointSetType::New();
  for (unsigned int i = 0; i < 47; ++i)
  {
    points->SetPoint(i, pattern.Fixed->TransformIndexToPhysicalPoint<float>({ { 20, i } }));
  }
  MaskedProblem<FieldType> problem(pattern);
  problem.Method->SetSamplePoints(points);
  problem.SetLevels({ 4, 1 }, { 0.0, 0.0 });
  problem.SetAdaptors();
  problem.Method->Update();
  // 11 voxels of size 4 cover 44 of 47 points; those on the edges may count or not.
  const auto numbers = problem.Method->GetNumberOfSamplePointsPerLevel();
  EXPECT_GE(numbers[0], 43U);
  EXPECT_LE(numbers[0], 45U);
  EXPECT_EQ(numbers[1], 47U);
  EXPECT_EQ(problem.Method->GetNumberOfRequestedSamplePointsPerLevel()[0], 47U);
  EXPECT_EQ(problem.Method->GetNumberOfDroppedSamplePoints(), 0U);

  // Only such as the grid does not cover.
  const auto uncovered = MetricOf<Image2D>::FixedSampledPointSetType::New();
  uncovered->SetPoint(0, points->GetPoint(0));
  problem.Method->SetSamplePoints(uncovered);
  problem.SetAdaptors();
  const MetricState before(*problem.Metric);
  const auto        message = GetMessageOf([&problem] { problem.Method->Update(); });
  EXPECT_NE(message.find("SamplePoints"), std::string::npos) << message;
  EXPECT_TRUE(MetricState(*problem.Metric) == before);
}

TEST(MaskedRegistrationMethodTransforms, NoneEqualsDenseMetricForBSplines)
{
  for (const bool crop : { false, true })
  {
    ExpectNoneEqualsDense<BSplineType, MeanSquaresOf<Image2D>>(crop);
    ExpectNoneEqualsDense<BSplineType, MattesOf<Image2D>>(crop);
  }
}

TEST(MaskedRegistrationMethodTransforms, NoneEqualsDenseMetricForFields)
{
  ExpectNoneEqualsDense<FieldType, MeanSquaresOf<Image2D>>(false);
  ExpectNoneEqualsDense<FieldType, MattesOf<Image2D>>(false);
  ExpectNoneEqualsDense<FieldType, DemonsOf<Image2D>>(false);
  ExpectNoneEqualsDense<GaussianFieldType, MeanSquaresOf<Image2D>>(false);
  ExpectNoneEqualsDense<GaussianFieldType, NeighborhoodCorrelationOf<Image2D>>(false);
}

TEST(MaskedRegistrationMethodTransforms, ExtentOfTheImageChangesNoBitOfABSpline)
{
  const auto run = [](StrategyEnum strategy, itk::SizeValueType factor) {
    const PatternCase          pattern(itk::Size<2>{ { factor * 40, factor * 30 } });
    const auto                 mask = MakeBoxMask<2>(*pattern.Fixed, { { { 12, 9 } }, { { 20, 17 } } });
    MaskedProblem<BSplineType> problem(pattern);
    problem.Metric->SetFixedImageMask(mask);
    problem.Method->SetMetricSamplingStrategy(strategy);
    problem.Method->SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 100);
    problem.SetLevels({ 2, 1 }, { 0.0, 0.0 });
    // The domain of the transform is that of the small image. A new transform: what an old one was set to leaves
    // rounding errors.
    const PatternCase small(itk::Size<2>{ { 40, 30 } });
    problem.Transform = BSplineType::New();
    problem.SetTransformDomain(*small.Fixed);
    problem.Method->SetInitialTransform(problem.Transform);
    std::vector<std::vector<PointOf<2>>> points;
    problem.UpdateAndObserve([&] { points.push_back(problem.GetPoints()); });
    EXPECT_GT(problem.Transform->GetParameters().magnitude(), 0.1);
    return std::make_tuple(points, problem.Transform->GetParameters(), problem.Optimizer->GetScales());
  };
  for (const auto strategy : allStrategies)
  {
    const auto expected = run(strategy, 1);
    EXPECT_EQ(std::get<0>(expected).size(), 10U);
    for (const itk::SizeValueType factor : { 2, 3 })
    {
      const auto result = run(strategy, factor);
      EXPECT_TRUE(std::get<0>(result) == std::get<0>(expected)) << strategy;
      EXPECT_EQ(std::get<1>(result), std::get<1>(expected)) << strategy;
      EXPECT_EQ(std::get<2>(result), std::get<2>(expected)) << strategy;
    }
  }
}

TEST(MaskedRegistrationMethodTransforms, MovingMaskCountsForFields)
{
  const FarMaskCase pattern;
  const auto        movingMask = MakeBoxMask<2>(*pattern.Moving, { { { 3, 15 } }, { { 45, 25 } } });
  for (const auto strategy : allStrategies)
  {
    MaskedProblem<GaussianFieldType> problem(pattern);
    problem.Metric->SetFixedImageMask(pattern.Mask);
    problem.Metric->SetMovingImageMask(movingMask);
    problem.Method->SetMetricSamplingStrategy(strategy);
    problem.Method->SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 300);
    problem.SetLevels({ 4, 2, 1 }, { 0.0, 0.0, 0.0 });
    problem.SetAdaptors();
    const auto shift = TranslationOf<Image2D>::New();
    shift->SetOffset(itk::MakeVector(-1.7, 0.8));
    problem.Method->SetMovingInitialTransform(shift);
    // So little that no point crosses the border of the mask.
    problem.Optimizer->SetDoEstimateLearningRateAtEachIteration(false);
    problem.Optimizer->SetLearningRate(1e-9);
    problem.UpdateAndObserve([&] {
      const auto points = problem.GetPoints();
      const auto isInside = [&](const auto & samplePoint) {
        itk::Point<double, 2> point;
        point.CastFrom(samplePoint);
        return movingMask->IsInsideInWorldSpace(shift->TransformPoint(point));
      };
      const auto expected = static_cast<itk::SizeValueType>(std::count_if(points.begin(), points.end(), isInside));
      ASSERT_GT(expected, points.size() / 10);
      ASSERT_LT(expected, points.size());
      ASSERT_EQ(problem.Metric->GetNumberOfValidPoints(), expected);
      ASSERT_EQ(problem.Method->GetNumberOfSamplePointsInMovingImage(), expected);
    });
    EXPECT_GT(problem.Transform->GetParameters().magnitude(), 0.0);
    EXPECT_EQ(problem.Metric->GetMovingImageMask(), movingMask.GetPointer());
  }
}

} // namespace MaskedRegistrationMethodTransformsGTest
