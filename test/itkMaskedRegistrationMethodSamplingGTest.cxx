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
#include "itkMaskedRegistrationMethod.h"

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include "itkConjugateGradientLineSearchOptimizerv4.h"
#include "itkGroupSpatialObject.h"
#include "itkLBFGS2Optimizerv4.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkObjectToObjectMultiMetricv4.h"
#include "itkPowellOptimizerv4.h"
#include "itkQuasiNewtonOptimizerv4.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"

#include <algorithm>
#include <map>
#include <set>

using namespace itk::MaskedSamplingTest;

namespace MaskedRegistrationMethodSamplingGTest
{
using MethodType = MethodOf<Image2D>;
using PointSetType = MethodType::MetricSamplePointSetType;
using PointsType = Registration<Image2D>::PointsType;
using CountsType = std::vector<itk::SizeValueType>;

PointSetType::Pointer
MakePointSet(const PointsType & points)
{
  auto pointSet = PointSetType::New();
  pointSet->GetPoints()->CastToSTLContainer() = points;
  return pointSet;
}

PointsType
MakeGridOfPoints(float step)
{
  PointsType points;
  for (float y = -5.0F; y < 30.0F; y += step)
  {
    for (float x = 40.0F; x > -5.0F; x -= step) // not in raster order
    {
      points.push_back(itk::MakePoint(x, y));
    }
  }
  return points;
}

size_t
CountDistinct(const std::vector<PointsType> & points)
{
  size_t count = 0;
  for (auto it = points.begin(); it != points.end(); ++it)
  {
    count += std::find(points.begin(), it, *it) == it ? 1 : 0;
  }
  return count;
}

CountsType
ToCounts(const MethodType::NumberOfSamplesArrayType & array)
{
  return CountsType(array.begin(), array.end());
}

TEST(MaskedRegistrationMethodSampling, OwnPointsInsideAreUsedInTheirOrderAtEveryLevel)
{
  const WavesCase            waves;
  const PointOracle<Image2D> oracle(waves.Fixed, waves.Mask);
  const PointsType           given = MakeGridOfPoints(0.7F);
  PointsType                 expected;
  std::copy_if(given.begin(), given.end(), std::back_inserter(expected), [&](const auto & point) {
    itk::Point<double, 2> position;
    position.CastFrom(point);
    return oracle.IsInside(position);
  });
  ASSERT_FALSE(expected.empty());
  ASSERT_LT(expected.size(), given.size());

  for (const auto strategy : { StrategyEnum::NONE, StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    registration.Method->SetMetricSamplingStrategy(strategy);
    registration.Method->SetSamplePoints(MakePointSet(given));
    SetLevels<Image2D>(*registration.Method, { 4, 2, 1 });
    registration.UpdateAndObserve([&] {
      EXPECT_EQ(registration.GetPoints(), expected);
      EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), expected.size());
      EXPECT_EQ(registration.Method->GetNumberOfDroppedSamplePoints(), given.size() - expected.size());
    });
    EXPECT_EQ(ToCounts(registration.Method->GetNumberOfRequestedSamplePointsPerLevel()), CountsType(3, given.size()));
    EXPECT_EQ(ToCounts(registration.Method->GetNumberOfSamplePointsPerLevel()), CountsType(3, expected.size()));

    // Without them, the strategy counts again.
    registration.Method->SetSamplePoints(nullptr);
    registration.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
    registration.Method->SetNumberOfSamples(17);
    registration.Update();
    EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), 17U);
    EXPECT_EQ(registration.Method->GetNumberOfDroppedSamplePoints(), 0U);
  }
}

TEST(MaskedRegistrationMethodSampling, OwnPointsAreKeptInRegionAndBufferAlone)
{
  const WavesCase       waves;
  const PointsType      given = MakeGridOfPoints(1.1F);
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Method->SetSamplePoints(MakePointSet(given));
  for (const bool hasRegion : { false, true })
  {
    const auto region = hasRegion ? waves.Box : waves.Fixed->GetBufferedRegion();
    PointsType expected;
    std::copy_if(given.begin(), given.end(), std::back_inserter(expected), [&](const auto & point) {
      return region.IsInside(waves.Fixed->TransformPhysicalPointToIndex(point));
    });
    ASSERT_FALSE(expected.empty());
    ASSERT_LT(expected.size(), given.size());
    if (hasRegion)
    {
      registration.Method->SetSamplingRegion(region);
    }
    registration.Update();
    EXPECT_EQ(registration.GetPoints(), expected);
  }
}

TEST(MaskedRegistrationMethodSampling, OwnPointsGiveTheValueOfStockWithTheSamePoints)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  const auto            points =
    MakePointSet({ itk::MakePoint(9.25F, 8.5F), itk::MakePoint(11.75F, 12.0F), itk::MakePoint(10.0F, 7.125F) });
  registration.Method->SetSamplePoints(points);
  registration.Update();

  const auto stock = MeanSquaresOf<Image2D>::New();
  stock->SetFixedImage(waves.Fixed);
  stock->SetMovingImage(waves.Moving);
  stock->SetVirtualSampledPointSet(points);
  stock->SetUseSampledPointSet(true);
  stock->SetUseVirtualSampledPointSet(true);
  stock->SetUseMovingImageGradientFilter(false);
  stock->SetUseFixedImageGradientFilter(false);
  const auto identity = TranslationOf<Image2D>::New();
  stock->SetMovingTransform(identity);
  stock->Initialize();
  EXPECT_EQ(registration.Optimizer->GetCurrentMetricValue(), stock->GetValue());
}

TEST(MaskedRegistrationMethodSampling, OwnPointsOfWhichNoneIsUsableAreAnError)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  const MetricState before(*registration.Metric);
  registration.Method->SetSamplePoints(MakePointSet({ itk::MakePoint(0.0F, 0.0F), itk::MakePoint(1000.0F, 0.0F) }));
  const std::string message = GetMessageOf([&] { registration.Update(); });
  EXPECT_NE(message.find("None of the 2 SamplePoints"), std::string::npos) << message;
  EXPECT_TRUE(MetricState(*registration.Metric) == before);
  registration.Method->SetSamplePoints(PointSetType::New());
  EXPECT_THROW(registration.Update(), itk::ExceptionObject);
}

TEST(MaskedRegistrationMethodSampling, WeightsOfZeroExcludeAndOthersAttract)
{
  const WavesCase waves;
  const auto      weights = MakeEmptyImage<itk::Image<float, 2>>(*waves.Fixed);
  // 1 in the left half of the box, 3 in the right half, 0 in the other part of the mask.
  for (itk::IndexValueType y = 6; y < 16; ++y)
  {
    for (itk::IndexValueType x = 8; x < 18; ++x)
    {
      weights->SetPixel({ { x, y } }, x < 13 ? 1.0F : 3.0F);
    }
  }
  weights->SetPixel({ { 9, 6 } }, std::numeric_limits<float>::quiet_NaN()); // outside the mask
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    registration.Method->SetMetricSamplingStrategy(strategy);
    registration.Method->SetSamplingWeightImage(weights);
    registration.Method->SetNumberOfSamples(398); // 49 voxels of weight 1, 50 of weight 3: 199
    registration.Update();
    std::map<double, std::map<itk::SizeValueType, unsigned int>> counts; // by weight and rank
    for (const auto & point : registration.GetPoints())
    {
      const auto index = waves.Fixed->TransformPhysicalPointToIndex(point);
      ++counts[weights->GetPixel(index)][registration.Method->GetSampler()->GetRank(index)];
    }
    // Expected are whole numbers, so that they must be met exactly, if the mask is respected.
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_EQ(counts[1.0].size(), 49U);
    EXPECT_EQ(counts[3.0].size(), 50U);
    for (const auto & [weight, countsOfWeight] : counts)
    {
      for (const auto & [rank, count] : countsOfWeight)
      {
        EXPECT_EQ(count, 2.0 * weight) << rank;
      }
    }
    // The percentage counts mask voxels, whatever their weights.
    registration.Method->SetNumberOfSamples(0);
    registration.Method->SetMetricSamplingPercentage(1.0);
    registration.Update();
    EXPECT_EQ(registration.GetPoints().size(),
              PointOracle<Image2D>(waves.Fixed, waves.Mask).ListVoxels(*waves.Fixed).size());
  }
}

TEST(MaskedRegistrationMethodSampling, BadWeightsAreErrorsBeforeAnyWork)
{
  const WavesCase       waves;
  const auto            weights = MakeEmptyImage<itk::Image<float, 2>>(*waves.Fixed);
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(10);
  registration.Method->SetSamplingWeightImage(weights);
  unsigned int numberOfEvents = 0;
  registration.Method->AddObserver(itk::MultiResolutionIterationEvent(),
                                   [&](const itk::EventObject &) { ++numberOfEvents; });
  EXPECT_NE(GetMessageOf([&] { registration.Update(); }).find("are 0"), std::string::npos);
  weights->FillBuffer(1.0F);
  weights->SetPixel({ { 10, 10 } }, -2.5F);
  weights->Modified();
  EXPECT_NE(GetMessageOf([&] { registration.Update(); }).find("-2.5"), std::string::npos);
  EXPECT_EQ(numberOfEvents, 0U);
  weights->SetPixel({ { 10, 10 } }, 2.5F);
  weights->Modified();
  registration.Update();
  EXPECT_EQ(registration.GetPoints().size(), 10U);
}

TEST(MaskedRegistrationMethodSampling, ResampleEveryIterationDrawsFreshPoints)
{
  const WavesCase            waves;
  const PointOracle<Image2D> oracle(waves.Fixed, waves.Mask);
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    const auto run = [&](int seed, bool resample) {
      Registration<Image2D> registration(waves.Fixed, waves.Moving);
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Method->SetNumberOfSamples(20);
      registration.Method->MetricSamplingReinitializeSeed(seed);
      registration.Method->SetResampleEveryIteration(resample);
      registration.Optimizer->SetNumberOfIterations(5);
      SetLevels<Image2D>(*registration.Method, { 2, 1 });
      auto points = registration.UpdateAndCollectPoints();
      for (const PointsType & ofIteration : points)
      {
        EXPECT_EQ(ofIteration.size(), 20U);
        oracle.ExpectAllInside(ofIteration);
      }
      EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), 20U);
      // Each iteration must have had other points, and no observer is left behind.
      EXPECT_EQ(registration.Metric->GetVirtualSampledPointSet(), registration.Method->GetSamplePointSet());
      const auto last = registration.GetPoints();
      registration.Optimizer->InvokeEvent(itk::IterationEvent());
      EXPECT_EQ(registration.GetPoints(), last);
      return points;
    };
    const auto points = run(1, true);
    ASSERT_EQ(points.size(), 10U);
    EXPECT_EQ(CountDistinct(points), 10U);
    EXPECT_EQ(run(1, true), points);
    EXPECT_NE(run(2, true), points);

    // The first draw of a level is that without resampling.
    const auto fixedPoints = run(1, false);
    EXPECT_EQ(CountDistinct(fixedPoints), 2U);
    EXPECT_EQ(points[0], fixedPoints[0]);
    EXPECT_EQ(points[5], fixedPoints[5]);
  }
}

TEST(MaskedRegistrationMethodSampling, ResampledPointsReachTheMetric)
{
  // One step a run, from the same place: the value of iteration i must be that of the points of iteration i.
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(15);
  registration.Method->SetResampleEveryIteration(true);
  registration.Optimizer->SetNumberOfIterations(4);
  registration.Optimizer->SetLearningRate(0.0);
  std::set<double> values;
  registration.UpdateAndObserve([&] {
    const double value = registration.Optimizer->GetCurrentMetricValue();
    values.insert(value);
    double expected = 0.0;
    for (const auto & point : registration.GetPoints())
    {
      using InterpolatorType = itk::LinearInterpolateImageFunction<Image2D, double>;
      const auto fixed = InterpolatorType::New();
      fixed->SetInputImage(waves.Fixed);
      const auto moving = InterpolatorType::New();
      moving->SetInputImage(waves.Moving);
      // The metric rounds to the pixel type.
      const double difference =
        static_cast<float>(fixed->Evaluate(point)) - double{ static_cast<float>(moving->Evaluate(point)) };
      expected += difference * difference / 15.0;
    }
    EXPECT_NEAR(value, expected, 1e-12);
  });
  EXPECT_EQ(values.size(), 4U);
}

TEST(MaskedRegistrationMethodSampling, ResampleEveryIterationRefusesOptimizersThatCompareValues)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(15);
  registration.Method->SetResampleEveryIteration(true);
  const std::vector<MethodType::OptimizerType::Pointer> refused{
    itk::LBFGS2Optimizerv4::New().GetPointer(),
    itk::ConjugateGradientLineSearchOptimizerv4::New().GetPointer(),
    itk::GradientDescentLineSearchOptimizerv4::New().GetPointer(),
    itk::QuasiNewtonOptimizerv4::New().GetPointer(),
    itk::PowellOptimizerv4<double>::New().GetPointer()
  };
  for (const auto & optimizer : refused)
  {
    registration.Method->SetOptimizer(optimizer);
    const std::string message = GetMessageOf([&] { registration.Update(); });
    EXPECT_NE(message.find(optimizer->GetNameOfClass()), std::string::npos)
      << optimizer->GetNameOfClass() << ": " << message;
  }
  const auto regularStep = itk::RegularStepGradientDescentOptimizerv4<double>::New();
  regularStep->SetNumberOfIterations(2);
  regularStep->SetLearningRate(0.1);
  registration.Method->SetOptimizer(regularStep);
  EXPECT_NO_THROW(registration.Update());

  // There is nothing to draw again under NONE, nor with own points.
  registration.Method->SetMetricSamplingStrategy(StrategyEnum::NONE);
  EXPECT_THROW(registration.Update(), itk::ExceptionObject);
  registration.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
  registration.Method->SetSamplePoints(MakePointSet({ itk::MakePoint(10.0F, 10.0F) }));
  EXPECT_THROW(registration.Update(), itk::ExceptionObject);
}

TEST(MaskedRegistrationMethodSampling, ReportsAreThereWhenALevelIsAnnounced)
{
  const WavesCase       waves;
  const auto            numberOfVoxels = PointOracle<Image2D>(waves.Fixed, waves.Mask).ListVoxels(*waves.Fixed).size();
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  MethodType &          method = *registration.Method;
  registration.Metric->SetFixedImageMask(waves.Mask);
  method.SetMetricSamplingStrategy(StrategyEnum::RANDOM);
  SetLevels<Image2D>(method, { 2, 1, 1 });
  MethodType::NumberOfSamplesArrayType numbers(3);
  numbers[0] = 11;
  numbers[1] = 0;
  numbers[2] = 4000;
  method.SetNumberOfSamplesPerLevel(numbers);
  method.SetMetricSamplingPercentage(0.5);
  const CountsType requested{ 11, static_cast<itk::SizeValueType>(std::lround(0.5 * numberOfVoxels)), 4000 };
  // Half of the moving image is out of the way.
  const auto movingMask = MakeBoxMask<2>(*waves.Moving, { { { 0, 0 } }, { { 13, 24 } } });
  registration.Metric->SetMovingImageMask(movingMask);

  std::vector<itk::SizeValueType> levels;
  method.AddObserver(itk::MultiResolutionIterationEvent(), [&](const itk::EventObject &) {
    const auto level = method.GetCurrentLevel();
    levels.push_back(level);
    const CountsType points = ToCounts(method.GetNumberOfSamplePointsPerLevel());
    EXPECT_EQ(points, CountsType(requested.begin(), requested.begin() + level + 1));
    EXPECT_EQ(ToCounts(method.GetNumberOfRequestedSamplePointsPerLevel()), points);
    EXPECT_EQ(ToCounts(method.GetNumberOfMaskVoxelsPerLevel()), CountsType(level + 1, numberOfVoxels));
    EXPECT_EQ(method.GetNumberOfSamplePoints(), requested[level]);

    // The transform has moved by next to nothing.
    itk::SizeValueType inside = 0;
    for (const auto & point : registration.GetPoints())
    {
      itk::Point<double, 2> position;
      position.CastFrom(point);
      inside += movingMask->IsInsideInWorldSpace(position) ? 1 : 0;
    }
    EXPECT_GT(inside, 0U);
    EXPECT_LT(inside, requested[level]);
    EXPECT_EQ(ToCounts(method.GetNumberOfSamplePointsInMovingImagePerLevel()).back(), inside);
    EXPECT_EQ(method.GetNumberOfSamplePointsInMovingImage(), inside);
  });
  registration.Update();
  EXPECT_EQ(levels, (std::vector<itk::SizeValueType>{ 0, 1, 2 }));
  EXPECT_EQ(ToCounts(method.GetNumberOfSamplePointsPerLevel()), requested);
  EXPECT_EQ(method.GetNumberOfSamplePointsInMovingImagePerLevel().Size(), 3U);
  EXPECT_EQ(method.GetNumberOfSamplePointsPerLevel(1).Size(), 0U);
  registration.Update();
  EXPECT_EQ(method.GetNumberOfSamplePointsPerLevel().Size(), 3U);
}

TEST(MaskedRegistrationMethodSampling, PointSetMetricInTheQueueIsLeftAlone)
{
  // The virtual images of the point set metric are of double, so the images are, too.
  using ImageType = itk::Image<double, 2>;
  using DoubleMethodType = MethodOf<ImageType>;

  const WavesCase waves;
  const auto      fixed = MakeWaves<ImageType>(*waves.Fixed, 0.5);
  const auto      moving = MakeWaves<ImageType>(*waves.Fixed, 0.8);
  for (const bool isFirst : { false, true })
  {
    Registration<ImageType> registration(fixed, moving);
    const auto              pointSetMetric = PointSetMetricType::New();
    const auto              pointSet = DoubleMethodType::PointSetType::New();
    for (unsigned int i = 0; i < 5; ++i)
    {
      pointSet->SetPoint(i, itk::MakePoint(8.0F + static_cast<float>(i), 9.0F));
    }
    const auto multiMetric = itk::ObjectToObjectMultiMetricv4<2, 2, ImageType>::New();
    const auto otherMetric = MeanSquaresOf<ImageType>::New();
    otherMetric->SetUseMovingImageGradientFilter(false);
    otherMetric->SetUseFixedImageGradientFilter(false);
    const itk::SizeValueType pointSetIndex = isFirst ? 0 : 1;
    const itk::SizeValueType imageIndex = 1 - pointSetIndex;
    // Position 2 is an image metric always.
    if (isFirst)
    {
      multiMetric->AddMetric(pointSetMetric);
      multiMetric->AddMetric(registration.Metric);
    }
    else
    {
      multiMetric->AddMetric(registration.Metric);
      multiMetric->AddMetric(pointSetMetric);
    }
    multiMetric->AddMetric(otherMetric);
    const auto fresh = DoubleMethodType::New();
    fresh->SetFixedPointSet(pointSetIndex, pointSet);
    fresh->SetMovingPointSet(pointSetIndex, pointSet);
    for (const itk::SizeValueType index : { imageIndex, itk::SizeValueType{ 2 } })
    {
      fresh->SetFixedImage(index, fixed);
      fresh->SetMovingImage(index, moving);
    }
    fresh->SetMetric(multiMetric);
    fresh->SetOptimizer(registration.Optimizer);
    fresh->SetInitialTransform(registration.Transform);
    fresh->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
    fresh->SetNumberOfSamples(21);
    SetLevels<ImageType>(*fresh, { 2, 1 });
    registration.Metric->SetFixedImageMask(waves.Mask);
    const auto otherMask = MakeBoxMask<2>(*waves.Fixed, { { { 2, 3 } }, { { 4, 20 } } });
    otherMetric->SetFixedImageMask(otherMask);
    fresh->Update();

    EXPECT_EQ(fresh->GetSamplePointSet(pointSetIndex), nullptr);
    EXPECT_EQ(fresh->GetNumberOfSamplePointsPerLevel(pointSetIndex).Size(), 0U);
    EXPECT_THROW(fresh->GetSampler(pointSetIndex), itk::ExceptionObject);
    PointOracle<ImageType>(fixed, waves.Mask)
      .ExpectAllInside(fresh->GetSamplePointSet(imageIndex)->GetPoints()->CastToSTLConstContainer());
    PointOracle<ImageType>(fixed, otherMask)
      .ExpectAllInside(fresh->GetSamplePointSet(2)->GetPoints()->CastToSTLConstContainer());
    EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), 21U);
    EXPECT_EQ(otherMetric->GetNumberOfValidPoints(), 21U);
    EXPECT_EQ(pointSetMetric->GetNumberOfValidPoints(), 5U);
  }
}

} // namespace MaskedRegistrationMethodSamplingGTest
