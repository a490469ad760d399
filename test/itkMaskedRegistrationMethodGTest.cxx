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

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransform.h"
#include "itkObjectToObjectMultiMetricv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace MaskedRegistrationMethodGTest
{
using namespace itk::MaskedSamplingTest;

/** The smallest region that holds the indices. */
template <unsigned int VDimension>
itk::ImageRegion<VDimension>
ComputeBoundingRegion(const std::vector<itk::Index<VDimension>> & indices)
{
  auto lower = indices.front();
  auto upper = indices.front();
  for (const auto & index : indices)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      lower[d] = std::min(lower[d], index[d]);
      upper[d] = std::max(upper[d], index[d]);
    }
  }
  itk::ImageRegion<VDimension> region;
  region.SetIndex(lower);
  region.SetUpperIndex(upper);
  return region;
}

/** The virtual domain of a metric is a region of a grid, however its indices are counted. */
void
ExpectVirtualDomain(const MetricOf<Image2D> & metric, const Image2D & grid, const itk::ImageRegion<2> & region)
{
  const auto virtualRegion = metric.GetVirtualRegion();
  const auto first = metric.GetVirtualImage()->TransformIndexToPhysicalPoint<double>(virtualRegion.GetIndex());
  EXPECT_EQ(virtualRegion.GetSize(), region.GetSize());
  EXPECT_EQ(metric.GetVirtualImage()->GetSpacing(), grid.GetSpacing());
  // Rounding of coordinates of some ten units.
  EXPECT_LT(first.EuclideanDistanceTo(grid.TransformIndexToPhysicalPoint<double>(region.GetIndex())), 1e-13);
}

/** Count at every level, for a mask one voxel thick at x = 7. */
template <unsigned int VDimension>
void
ExpectExactCounts(StrategyEnum strategy)
{
  using ImageType = itk::Image<float, VDimension>;
  using MethodType = MethodOf<ImageType>;

  std::mt19937 random(VDimension);
  const auto   grid = itk::ImageBase<VDimension>::New();
  grid->SetRegions(itk::Size<VDimension>::Filled(24));
  grid->SetDirection(MakeRandomDirection<VDimension>(random));
  itk::ImageRegion<VDimension> plane({}, itk::Size<VDimension>::Filled(19));
  plane.SetIndex(itk::Index<VDimension>::Filled(2));
  plane.SetIndex(0, 7);
  plane.SetSize(0, 1);
  const auto numberOfVoxels = plane.GetNumberOfPixels();

  Registration<ImageType> registration(MakeWaves<ImageType>(*grid, 0.1), MakeWaves<ImageType>(*grid, 0.2));
  MethodType &            method = *registration.Method;
  registration.Metric->SetFixedImageMask(MakeBoxMask<VDimension>(*grid, plane));
  method.SetMetricSamplingStrategy(strategy);
  SetLevels<ImageType>(method, { 8, 8, 2, 1 });
  auto mixedFactors = MethodType::ShrinkFactorsPerDimensionContainerType::Filled(1);
  mixedFactors[VDimension - 1] = 4;
  method.SetShrinkFactorsPerDimension(2, mixedFactors);
  const double numberOfShrunkenVoxels[] = { 8, 8, 4, 1 };

  const double percentages[][4] = { { 1.0, 1.0, 1.0, 1.0 }, { 0.9, 0.013, 0.4, 0.27 }, { 1e-9, 1.0, 1e-9, 1e-9 } };
  const itk::SizeValueType numbers[][4] = { { 0, 0, 0, 0 }, { 7, 0, 5000, 1 }, { 33, 33, 33, 33 } };
  for (const auto & percentagePerLevel : percentages)
  {
    for (const auto & numberPerLevel : numbers)
    {
      typename MethodType::MetricSamplingPercentageArrayType percentageArray(4);
      typename MethodType::NumberOfSamplesArrayType          numberArray(4);
      std::copy_n(percentagePerLevel, 4, percentageArray.begin());
      std::copy_n(numberPerLevel, 4, numberArray.begin());
      method.SetMetricSamplingPercentagePerLevel(percentageArray);
      method.SetNumberOfSamplesPerLevel(numberArray);

      unsigned int level = 0;
      registration.UpdateAndObserve([&] {
        ASSERT_LT(level, 4U);
        auto expected = numberPerLevel[level];
        if (expected == 0)
        {
          const double shrunken =
            level == 2 ? numberOfShrunkenVoxels[level] : std::pow(numberOfShrunkenVoxels[level], VDimension);
          expected = CountSamples(percentagePerLevel[level], static_cast<double>(numberOfVoxels), shrunken);
        }
        EXPECT_EQ(method.GetNumberOfSamplePoints(), expected);
        EXPECT_TRUE(registration.Metric->GetUseSampledPointSet());
        // What the metric itself counted: the images are the same but for their values, and the transform is identity.
        EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), expected);
        ++level;
      });
      EXPECT_EQ(level, 4U);
      EXPECT_EQ(method.GetNumberOfMaskVoxels(), numberOfVoxels);
    }
  }
}

/** Membership, with domain, fixed image and mask each on a grid of its own, and a transform between them. */
template <unsigned int VDimension>
void
ExpectPointsInsideMask()
{
  using ImageType = itk::Image<float, VDimension>;

  std::mt19937 random(VDimension);
  const auto   movingGrid = itk::ImageBase<VDimension>::New();
  movingGrid->SetRegions(itk::Size<VDimension>::Filled(10));
  auto movingOrigin = typename ImageType::PointType();
  movingOrigin.Fill(-180.0);
  movingGrid->SetOrigin(movingOrigin);
  auto movingSpacing = typename ImageType::SpacingType();
  movingSpacing.Fill(40.0); // covers all that the random grids do
  movingGrid->SetSpacing(movingSpacing);
  const auto moving = MakeWaves<ImageType>(*movingGrid, 0.1);

  unsigned int numberOfNonEmptyCases = 0;
  for (int i = 0; i < 12; ++i)
  {
    const unsigned int maximumSize = VDimension == 2 ? 30 : 14;
    const auto         domain = MakeRandomGrid<ImageType>(random, maximumSize, 0.0F);
    const auto         fixed = MakeRandomGrid<ImageType>(random, maximumSize, 0.0F);
    const auto         maskImage = MakeRandomGrid<MaskImageType<VDimension>>(random, maximumSize, 0);
    FillWithWaves(*fixed, 0.5);
    FillWithSpeckle<VDimension>(*maskImage, random, 0.6);
    const auto mask = MakeMask<VDimension>(maskImage);
    const auto transform = AffineOf<ImageType>::New();
    transform->SetMatrix(MakeRandomDirection<VDimension>(random));
    transform->Scale(std::uniform_real_distribution<>(0.7, 1.4)(random));

    const PointOracle<ImageType> oracle(fixed, mask, transform);
    const auto                   voxels = oracle.ListVoxels(*domain);
    if (voxels.empty())
    {
      continue;
    }
    ++numberOfNonEmptyCases;

    Registration<ImageType> registration(fixed, moving);
    registration.Metric->SetFixedImageMask(mask);
    registration.Metric->SetVirtualDomainFromImage(domain);
    registration.Method->SetFixedInitialTransform(transform);
    SetLevels<ImageType>(*registration.Method, { 3, 1 });
    EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), voxels.size());
    for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
    {
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Method->SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 200);
      const auto points = registration.UpdateAndCollectPoints();
      ASSERT_EQ(points.size(), 2U);
      oracle.ExpectAllInside(points[0]);
      oracle.ExpectAllInside(points[1]);
      EXPECT_EQ(points[1].size(), strategy == StrategyEnum::NONE ? voxels.size() : 200U);
    }
  }
  EXPECT_GE(numberOfNonEmptyCases, 6U); // or else the test shows little
}

TEST(MaskedRegistrationMethod, RandomCountIsExactAtEveryLevel)
{
  ExpectExactCounts<2>(StrategyEnum::RANDOM);
  ExpectExactCounts<3>(StrategyEnum::RANDOM);
}

TEST(MaskedRegistrationMethod, RegularCountIsExactAtEveryLevel)
{
  ExpectExactCounts<2>(StrategyEnum::REGULAR);
  ExpectExactCounts<3>(StrategyEnum::REGULAR);
}

TEST(MaskedRegistrationMethod, PointsAreInsideTheMaskIn2D)
{
  ExpectPointsInsideMask<2>();
}

TEST(MaskedRegistrationMethod, PointsAreInsideTheMaskIn3D)
{
  ExpectPointsInsideMask<3>();
}

TEST(MaskedRegistrationMethod, PerturbSamplesOffGivesCenters)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(100);
  const auto isCenter = [](const PointOf<2> & point) {
    return std::floor(point[0]) == point[0] && std::floor(point[1]) == point[1]; // spacing 1, origin 0
  };
  registration.Update();
  const auto perturbed = registration.GetPoints();
  EXPECT_FALSE(std::any_of(perturbed.begin(), perturbed.end(), isCenter));
  registration.Method->PerturbSamplesOff();
  registration.Update();
  const auto centers = registration.GetPoints();
  EXPECT_EQ(centers.size(), 100U);
  EXPECT_TRUE(std::all_of(centers.begin(), centers.end(), isCenter));
}

TEST(MaskedRegistrationMethod, SeedAloneDeterminesThePoints)
{
  const WavesCase waves(true);
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    const auto run = [&waves, strategy](int seed, itk::ThreadIdType numberOfWorkUnits) {
      Registration<Image2D> registration(waves.Fixed, waves.Moving);
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Method->SetNumberOfSamples(50);
      registration.Method->MetricSamplingReinitializeSeed(seed);
      registration.Method->SetNumberOfWorkUnits(numberOfWorkUnits);
      SetLevels<Image2D>(*registration.Method, { 1, 1 });
      return registration.UpdateAndCollectPoints();
    };
    const auto points = run(1, 1);
    ASSERT_EQ(points.size(), 2U);
    EXPECT_NE(points[0], points[1]);
    for (const itk::ThreadIdType numberOfWorkUnits : { 2, 3, 8 })
    {
      EXPECT_EQ(run(1, numberOfWorkUnits), points);
    }
    for (const int seed : { 0, 2, -1 })
    {
      const auto others = run(seed, 2);
      EXPECT_NE(others[0], points[0]);
      EXPECT_NE(others[1], points[1]);
      EXPECT_NE(others[0], points[1]);
      EXPECT_NE(others[1], points[0]);
    }
  }
}

TEST(MaskedRegistrationMethod, MasksOfTheMethodServeMetricsWithoutMasks)
{
  const WavesCase waves;
  const auto      movingMask = MakeMask<2>(waves.MaskImage);
  const auto      otherMask = MakeBoxMask<2>(*waves.Fixed, { { { 2, 2 } }, { { 4, 3 } } });

  Registration<Image2D> own(waves.Fixed, waves.Moving);
  own.Metric->SetFixedImageMask(waves.Mask);
  own.Metric->SetMovingImageMask(movingMask);
  own.SampleRandomly(100);
  own.Update();

  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.SampleRandomly(100);
  registration.Method->SetFixedImageMask(waves.Mask);
  registration.Method->SetMovingImageMask(movingMask);
  EXPECT_EQ(registration.Method->GetFixedImageMask(), waves.Mask.GetPointer());
  EXPECT_EQ(registration.Method->GetMovingImageMask(), movingMask.GetPointer());
  const void * movingMaskOfMetric = nullptr;
  registration.UpdateAndObserve([&] { movingMaskOfMetric = registration.Metric->GetMovingImageMask(); });
  EXPECT_EQ(movingMaskOfMetric, movingMask.GetPointer());
  EXPECT_EQ(registration.GetPoints(), own.GetPoints());
  EXPECT_EQ(registration.GetResult(), own.GetResult());
  EXPECT_EQ(registration.Metric->GetFixedImageMask(), nullptr);
  EXPECT_EQ(registration.Metric->GetMovingImageMask(), nullptr);

  // The metric's own masks come first.
  own.Method->SetFixedImageMask(otherMask);
  own.Method->SetMovingImageMask(otherMask);
  own.UpdateAndObserve([&] { movingMaskOfMetric = own.Metric->GetMovingImageMask(); });
  EXPECT_EQ(movingMaskOfMetric, movingMask.GetPointer());
  EXPECT_EQ(own.GetPoints(), registration.GetPoints());
}

TEST(MaskedRegistrationMethod, SamplingRegionEqualsBoxMask)
{
  for (const bool oblique : { false, true })
  {
    const WavesCase waves(oblique);
    const auto      box = MakeBoxMask<2>(*waves.Fixed, waves.Box);
    for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
    {
      for (const bool crop : { false, true })
      {
        const auto run = [&](auto setUp) {
          Registration<Image2D> registration(waves.Fixed, waves.Moving);
          registration.Method->SetMetricSamplingStrategy(strategy);
          registration.Method->SetCropVirtualDomainToMask(crop);
          SetLevels<Image2D>(*registration.Method, { 8, 3, 2, 1 });
          registration.Method->SetMetricSamplingPercentage(0.8);
          setUp(registration);
          return registration.UpdateAndCollectPoints();
        };
        const auto expected = run([&](auto & registration) { registration.Metric->SetFixedImageMask(box); });
        const auto points = run([&](auto & registration) { registration.Method->SetSamplingRegion(waves.Box); });
        EXPECT_EQ(points, expected);
        EXPECT_EQ(points.size(), 4U);
        for (const auto & pointsOfLevel : points)
        {
          EXPECT_FALSE(pointsOfLevel.empty());
          for (const auto & point : pointsOfLevel)
          {
            EXPECT_TRUE(waves.Box.IsInside(waves.Fixed->TransformPhysicalPointToIndex(point)));
          }
        }
      }
    }
  }
}

TEST(MaskedRegistrationMethod, SamplingRegionAndMaskIntersect)
{
  const WavesCase       waves(true);
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(500);
  registration.Method->SetSamplingRegion(waves.Box);
  EXPECT_EQ(registration.Method->GetSamplingRegion(), waves.Box);
  registration.Update();
  // The mask is the box without a pixel, and something else beside it.
  EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), waves.Box.GetNumberOfPixels() - 1);
  for (const auto & point : registration.GetPoints())
  {
    const auto index = waves.Fixed->TransformPhysicalPointToIndex(point);
    EXPECT_TRUE(waves.Box.IsInside(index));
    EXPECT_EQ(waves.MaskImage->GetPixel(index), 1);
  }

  registration.Method->ResetSamplingRegion();
  EXPECT_EQ(registration.Method->GetSamplingRegion().GetNumberOfPixels(), 0U);
  EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), waves.Box.GetNumberOfPixels() - 1 + 3 * 9);
}

TEST(MaskedRegistrationMethod, EveryMetricHasItsOwnMaskAndPoints)
{
  const WavesCase waves;
  const auto      otherFixed = MakeWaves<Image2D>(*waves.Fixed, 1.5);
  const auto      otherMoving = MakeWaves<Image2D>(*waves.Fixed, 1.6);
  const auto      otherMask = MakeBoxMask<2>(*waves.Fixed, { { { 2, 3 } }, { { 4, 20 } } });

  for (const bool sharesMask : { false, true })
  {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    MethodOf<Image2D> &   method = *registration.Method;
    const auto            otherMetric = CorrelationOf<Image2D>::New();
    const auto            multiMetric = itk::ObjectToObjectMultiMetricv4<2, 2, Image2D>::New();
    multiMetric->AddMetric(registration.Metric);
    multiMetric->AddMetric(otherMetric);
    method.SetMetric(multiMetric);
    method.SetFixedImage(1, otherFixed);
    method.SetMovingImage(1, otherMoving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    otherMetric->SetFixedImageMask(sharesMask ? waves.Mask : otherMask);
    method.SetMetricSamplingStrategy(StrategyEnum::RANDOM);
    SetLevels<Image2D>(method, { 2, 1 });
    method.SetMetricSamplingPercentage(0.5);

    const PointOracle<Image2D> oracle(waves.Fixed, waves.Mask);
    const PointOracle<Image2D> otherOracle(otherFixed, otherMetric->GetFixedImageMask());
    const auto                 voxels = oracle.ListVoxels(*waves.Fixed);
    const auto                 otherVoxels = otherOracle.ListVoxels(*waves.Fixed);
    const MetricState          before(*registration.Metric);
    const MetricState          otherBefore(*otherMetric);
    auto                       allVoxels = voxels;
    allVoxels.insert(allVoxels.end(), otherVoxels.begin(), otherVoxels.end());
    double shrunken = 4.0;
    registration.UpdateAndObserve([&] {
      EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(),
                CountSamples(0.5, static_cast<double>(voxels.size()), shrunken));
      EXPECT_EQ(otherMetric->GetNumberOfValidPoints(),
                CountSamples(0.5, static_cast<double>(otherVoxels.size()), shrunken));
      oracle.ExpectAllInside(registration.GetPoints(0));
      otherOracle.ExpectAllInside(registration.GetPoints(1));
      EXPECT_NE(registration.GetPoints(0), registration.GetPoints(1));
      EXPECT_EQ(otherMetric->GetVirtualSampledPointSet(), method.GetSamplePointSet(1));
      if (shrunken == 1.0)
      {
        // The crop serves all metrics.
        ExpectVirtualDomain(*otherMetric, *waves.Fixed, ComputeBoundingRegion<2>(allVoxels));
      }
      shrunken = 1.0;
    });
    EXPECT_EQ(method.GetNumberOfMaskVoxels(0), voxels.size());
    EXPECT_EQ(method.GetNumberOfMaskVoxels(1), otherVoxels.size());
    EXPECT_TRUE(MetricState(*registration.Metric) == before);
    EXPECT_TRUE(MetricState(*otherMetric) == otherBefore);
    EXPECT_EQ(multiMetric->GetVirtualImage(), nullptr);
    EXPECT_THROW(method.GetSampler(2), itk::ExceptionObject);
    EXPECT_EQ(method.GetSamplePointSet(2), nullptr);
  }
}

TEST(MaskedRegistrationMethod, CropsTheVirtualDomainButNotOfADisplacementField)
{
  const WavesCase waves;
  using FieldTransformType = itk::GaussianSmoothingOnUpdateDisplacementFieldTransform<double, 2>;
  const auto field = FieldTransformType::DisplacementFieldType::New();
  field->CopyInformation(waves.Fixed);
  field->SetRegions(waves.Fixed->GetLargestPossibleRegion());

  const auto expectRegion = [&waves](auto & registration, const itk::ImageRegion<2> & expected) {
    for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::NONE })
    {
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Optimizer->SetNumberOfIterations(2);
      registration.Optimizer->SetLearningRate(0.01);
      unsigned int numberOfIterations = 0;
      registration.UpdateAndObserve([&] {
        ExpectVirtualDomain(*registration.Metric, *waves.Fixed, expected);
        ++numberOfIterations;
      });
      EXPECT_EQ(numberOfIterations, 2U);
      EXPECT_GT(registration.Transform->GetParameters().magnitude(), 0.0);
    }
  };
  Registration<Image2D, MeanSquaresOf<Image2D>, FieldTransformType> withField(waves.Fixed, waves.Moving);
  field->AllocateInitialized();
  withField.Transform->SetDisplacementField(field);
  expectRegion(withField, waves.Fixed->GetLargestPossibleRegion());

  const PointOracle<Image2D> oracle(waves.Fixed, waves.Mask);
  const auto                 box = ComputeBoundingRegion<2>(oracle.ListVoxels(*waves.Fixed));
  Registration<Image2D>      withTranslation(waves.Fixed, waves.Moving);
  expectRegion(withTranslation, box);
  withTranslation.Method->CropVirtualDomainToMaskOff();
  expectRegion(withTranslation, waves.Fixed->GetLargestPossibleRegion());
}

TEST(MaskedRegistrationMethod, NumberOfSamplesIsThatOfEveryLevel)
{
  using ArrayType = MethodOf<Image2D>::NumberOfSamplesArrayType;
  const auto method = MethodOf<Image2D>::New();
  EXPECT_EQ(method->GetNumberOfSamples(), 0U);
  method->SetNumberOfLevels(2);
  ArrayType numbers(2);
  numbers[0] = 7;
  numbers[1] = 9;
  method->SetNumberOfSamplesPerLevel(numbers);
  EXPECT_EQ(method->GetNumberOfSamplesPerLevel(), numbers);
  method->SetNumberOfSamples(5);
  numbers.Fill(5);
  EXPECT_EQ(method->GetNumberOfSamplesPerLevel(), numbers);
  EXPECT_EQ(method->GetNumberOfSamples(), 5U);
}

TEST(MaskedRegistrationMethod, PrintsEveryMember)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  std::ostringstream    fresh;
  registration.Method->Print(fresh);
  registration.Method->SetFixedImageMask(waves.Mask);
  registration.Method->SetSamplingRegion(waves.Box);
  registration.Update();
  std::ostringstream used;
  registration.Method->Print(used);
  for (const auto * const name : { "NumberOfSamples: ",
                                   "NumberOfSamplesPerLevel: ",
                                   "PerturbSamples: On",
                                   "CropVirtualDomainToMask: On",
                                   "SamplingRegion: ",
                                   "FixedImageMask: ",
                                   "MovingImageMask: ",
                                   "ResampleEveryIteration: Off",
                                   "SamplingWeightImage: ",
                                   "SamplePoints: ",
                                   "Samplings: " })
  {
    EXPECT_NE(fresh.str().find(name), std::string::npos) << name;
    EXPECT_NE(used.str().find(name), std::string::npos) << name;
  }
}

TEST(MaskedRegistrationMethod, CountsThePointsThatMapIntoTheMovingImage)
{
  const WavesCase       waves; // 32 x 24 voxels of size 1 from the origin on
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(500);
  const auto shift = TranslationOf<Image2D>::New();
  registration.Method->SetMovingInitialTransform(shift);
  for (const bool withMask : { false, true })
  {
    registration.Metric->SetMovingImageMask(withMask ? waves.Mask.GetPointer() : nullptr);
    for (const double x : { 0.0, 12.0 })
    {
      shift->SetOffset(itk::MakeVector(x, 0.0));
      registration.Update();
      const auto points = registration.GetPoints();
      const auto isInside = [&](const auto & point) {
        const auto mapped = itk::MakePoint(point[0] + x, static_cast<double>(point[1]));
        return mapped[0] < 31.5 && (!withMask || waves.Mask->IsInsideInWorldSpace(mapped));
      };
      const auto expected = static_cast<itk::SizeValueType>(std::count_if(points.begin(), points.end(), isInside));
      EXPECT_EQ(registration.Method->GetNumberOfSamplePointsInMovingImage(), expected);
      EXPECT_GT(expected, 0U);
      EXPECT_EQ(expected == 500, x == 0.0);
    }
  }
}

TEST(MaskedRegistrationMethod, RunsWithTransformsOfFloat)
{
  using MethodType = itk::MaskedRegistrationMethod<Image2D, Image2D, itk::Transform<float, 2, 2>>;
  using MetricType = itk::MeanSquaresImageToImageMetricv4<Image2D, Image2D, Image2D, float>;
  const WavesCase waves;
  const auto      method = MethodType::New();
  const auto      metric = MetricType::New();
  const auto      optimizer = itk::GradientDescentOptimizerv4Template<float>::New();
  metric->SetFixedImageMask(waves.Mask);
  optimizer->SetNumberOfIterations(2);
  optimizer->SetLearningRate(1e-6F);
  method->SetFixedImage(waves.Fixed);
  method->SetMovingImage(waves.Moving);
  method->SetMetric(metric);
  method->SetOptimizer(optimizer);
  method->SetInitialTransform(itk::TranslationTransform<float, 2>::New());
  method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
  method->SetNumberOfSamples(50);
  method->Update();
  EXPECT_EQ(method->GetNumberOfSamplePoints(), 50U);

  method->SetFixedInitialTransform(itk::TranslationTransform<float, 2>::New());
  EXPECT_THROW(method->Update(), itk::ExceptionObject);
}

} // namespace MaskedRegistrationMethodGTest
