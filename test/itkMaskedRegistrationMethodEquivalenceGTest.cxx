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

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkJointHistogramMutualInformationImageToImageMetricv4.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkShrinkImageFilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace MaskedRegistrationMethodEquivalenceGTest
{
using namespace itk::MaskedSamplingTest;

template <typename TImage>
using MattesOf = itk::MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using JointHistogramOf = itk::JointHistogramMutualInformationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using NeighborhoodCorrelationOf = itk::ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;

/** What a registration of the rectangles comes to. */
struct RectangleResult
{
  std::vector<std::vector<PointOf<2>>> Points;
  ParametersType                       Scales;
  ParametersType                       Parameters;
  double                               Value;
};

template <typename TMetric, typename TTransform>
RectangleResult
RegisterRectangle(const RectangleCase &             rectangle,
                  StrategyEnum                      strategy,
                  const std::vector<unsigned int> & shrinkFactors)
{
  Registration<Image2D, TMetric, TTransform> registration(rectangle.Fixed, rectangle.Moving);
  MakeItMove(registration);
  registration.Metric->SetFixedImageMask(rectangle.Mask);
  registration.Optimizer->SetMaximumStepSizeInPhysicalUnits(0.0); // that of the scales estimator
  registration.Optimizer->SetDoEstimateLearningRateAtEachIteration(false);
  registration.Optimizer->SetDoEstimateLearningRateOnce(true);
  registration.Optimizer->SetNumberOfIterations(100);
  registration.Optimizer->SetMinimumConvergenceValue(1e-6);
  registration.Optimizer->SetConvergenceWindowSize(10);
  registration.Method->SetMetricSamplingStrategy(strategy);
  registration.Method->SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 256);
  SetLevels<Image2D>(*registration.Method, shrinkFactors);
  RectangleResult result;
  result.Points = registration.UpdateAndCollectPoints();
  result.Scales = registration.Optimizer->GetScales();
  result.Parameters = registration.Transform->GetParameters();
  result.Value = registration.Optimizer->GetCurrentMetricValue();
  return result;
}

template <typename TMetric, typename TTransform>
void
ExpectSameAtEveryExtent(const std::vector<unsigned int> & shrinkFactors)
{
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
  {
    const auto expected = RegisterRectangle<TMetric, TTransform>(RectangleCase(128, 64), strategy, shrinkFactors);
    if (strategy != StrategyEnum::NONE) // At the centres are two values only, where the Parzen windows have slope 0.
    {
      EXPECT_NE(expected.Parameters, TTransform::New()->GetParameters()); // It did move.
    }
    for (const itk::SizeValueType factor : { 2, 4 })
    {
      const auto result =
        RegisterRectangle<TMetric, TTransform>(RectangleCase(factor * 128, factor * 64), strategy, shrinkFactors);
      EXPECT_EQ(result.Points, expected.Points);
      EXPECT_EQ(result.Scales, expected.Scales);
      EXPECT_EQ(result.Parameters, expected.Parameters);
      EXPECT_EQ(result.Value, expected.Value);
    }
  }
}

/** The value that the metric itself computes: dense, over a grid, with the mask. */
template <typename TMetric>
double
ComputeDenseValue(const WavesCase & waves, TranslationOf<Image2D> * transform, const Image2D * grid)
{
  const auto metric = TMetric::New();
  metric->SetUseMovingImageGradientFilter(false);
  metric->SetUseFixedImageGradientFilter(false);
  metric->SetMaximumNumberOfWorkUnits(1);
  metric->SetFixedImage(waves.Fixed);
  metric->SetMovingImage(waves.Moving);
  metric->SetMovingTransform(transform);
  metric->SetVirtualDomainFromImage(grid);
  metric->SetFixedImageMask(waves.Mask);
  metric->Initialize();
  // Not GetValue(): where a metric may take another path without the derivative, the optimizer does not.
  double                           value{};
  typename TMetric::DerivativeType derivative;
  metric->GetValueAndDerivative(value, derivative);
  return value;
}

template <typename TMetric>
void
ExpectValueEqualsDenseValue()
{
  for (const bool oblique : { false, true })
  {
    const WavesCase waves(oblique);
    for (const unsigned int shrinkFactor : { 1, 3 })
    {
      for (const bool crop : { false, true })
      {
        if (crop && shrinkFactor > 1)
        {
          continue; // The grid of the level is not stock's.
        }
        Registration<Image2D, TMetric> registration(waves.Fixed, waves.Moving);
        registration.Metric->SetFixedImageMask(waves.Mask);
        registration.Method->SetCropVirtualDomainToMask(crop);
        SetLevels<Image2D>(*registration.Method, { shrinkFactor });
        const auto shift = TranslationOf<Image2D>::New();
        shift->SetOffset(itk::MakeVector(0.3, -0.2));
        registration.Method->SetMovingInitialTransform(shift);
        registration.Update();

        const auto shrink = itk::ShrinkImageFilter<Image2D, Image2D>::New();
        shrink->SetInput(waves.Fixed);
        shrink->SetShrinkFactors(shrinkFactor);
        shrink->Update();
        const double expected = ComputeDenseValue<TMetric>(waves, shift, shrink->GetOutput());
        ASSERT_NE(expected, 0.0);
        // The same terms in another order: some hundred times 1e-16 at most.
        EXPECT_NEAR(registration.Optimizer->GetCurrentMetricValue() / expected, 1.0, 1e-12)
          << registration.Metric->GetNameOfClass() << (oblique ? ", oblique" : ", exact") << (crop ? ", crop" : "")
          << ", shrink factor " << shrinkFactor;
      }
    }
  }
}

/** With a mask, the fixed image around it does not exist, but for the neighbours that the interpolation needs. */
template <typename TMetric>
void
ExpectFarPixelsDoNotMatter()
{
  const WavesCase waves;
  const auto      altered = MakeWaves<Image2D>(*waves.Fixed, 0.5);
  for (itk::ImageRegionIterator<Image2D> it(altered, altered->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    itk::ImageRegion<2> neighborhood(it.GetIndex(), { { 1, 1 } });
    neighborhood.PadByRadius(1);
    neighborhood.Crop(waves.MaskImage->GetBufferedRegion());
    bool isNearMask = false;
    for (itk::ImageRegionIterator<MaskImageType<2>> neighbor(waves.MaskImage, neighborhood); !neighbor.IsAtEnd();
         ++neighbor)
    {
      isNearMask = isNearMask || neighbor.Get() != 0;
    }
    if (!isNearMask)
    {
      it.Set(1e4F);
    }
  }
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
  {
    const auto run = [&waves, strategy](const Image2D * fixed) {
      Registration<Image2D, TMetric> registration(fixed, waves.Moving);
      MakeItMove(registration);
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Update();
      return registration.GetResult();
    };
    EXPECT_EQ(run(altered), run(waves.Fixed)) << TMetric::New()->GetNameOfClass() << ", " << strategy;
  }
}

/** Run stock's method and this one, set up by the same function, and compare. */
template <typename TMetric, typename TTransform, typename TSetUp>
void
ExpectSameAsStock(const TSetUp & setUp)
{
  const WavesCase                                                    waves(true);
  Registration<Image2D, TMetric, TTransform, StockMethodOf<Image2D>> stock(waves.Fixed, waves.Moving);
  Registration<Image2D, TMetric, TTransform, MethodOf<Image2D>>      masked(waves.Fixed, waves.Moving);
  const auto                                                         run = [&setUp](auto & registration) {
    MakeItMove(registration);
    setUp(registration);
    registration.Method->Update();
    return std::make_pair(registration.GetResult(), registration.Transform->GetParameters());
  };
  const auto expected = run(stock);
  EXPECT_EQ(run(masked), expected);
  const auto identity = TTransform::New()->GetParameters();
  const bool hasMoved = !std::equal(identity.begin(), identity.end(), expected.first.begin());
  EXPECT_TRUE(hasMoved);
}

TEST(MaskedRegistrationMethodEquivalence, ExtentOfTheImageChangesNoBit)
{
  ExpectSameAtEveryExtent<CorrelationOf<Image2D>, TranslationOf<Image2D>>({ 1 });
  ExpectSameAtEveryExtent<CorrelationOf<Image2D>, AffineOf<Image2D>>({ 1 });
  ExpectSameAtEveryExtent<CorrelationOf<Image2D>, AffineOf<Image2D>>({ 4, 1 });
  ExpectSameAtEveryExtent<MattesOf<Image2D>, AffineOf<Image2D>>({ 2, 1 });
  ExpectSameAtEveryExtent<JointHistogramOf<Image2D>, TranslationOf<Image2D>>({ 1 });
}

TEST(MaskedRegistrationMethodEquivalence, MeanSquaresIgnoresFarPixels)
{
  ExpectFarPixelsDoNotMatter<MeanSquaresOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, CorrelationIgnoresFarPixels)
{
  ExpectFarPixelsDoNotMatter<CorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, MattesIgnoresFarPixels)
{
  ExpectFarPixelsDoNotMatter<MattesOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, JointHistogramIgnoresFarPixels)
{
  ExpectFarPixelsDoNotMatter<JointHistogramOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, NeighborhoodCorrelationIgnoresFarPixels)
{
  ExpectFarPixelsDoNotMatter<NeighborhoodCorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, PointsMoveWithTheMask)
{
  constexpr itk::IndexValueType shift = 450;
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
  {
    const auto reference =
      RegisterRectangle<CorrelationOf<Image2D>, TranslationOf<Image2D>>(RectangleCase(128, 64), strategy, { 1 });
    const auto shifted = RegisterRectangle<CorrelationOf<Image2D>, TranslationOf<Image2D>>(
      RectangleCase(1024, 1024, shift), strategy, { 1 });
    const auto & points = reference.Points.front();
    const auto & shiftedPoints = shifted.Points.front();
    ASSERT_EQ(shiftedPoints.size(), points.size());
    for (size_t i = 0; i < points.size(); ++i)
    {
      // Neighbouring `float` values near 500 are 3e-5 apart.
      EXPECT_NEAR(shiftedPoints[i][0], points[i][0] + shift, 3.1e-5);
      EXPECT_NEAR(shiftedPoints[i][1], points[i][1] + shift, 3.1e-5);
    }
  }
}

TEST(MaskedRegistrationMethodEquivalence, FindsTheShiftOfTheRectangle)
{
  // The standard deviation of the error in y is 0.35 over seeds, and its mean 0.2: a pixel is more than twice as much.
  const auto result = RegisterRectangle<CorrelationOf<Image2D>, TranslationOf<Image2D>>(
    RectangleCase(512, 256), StrategyEnum::RANDOM, { 1 });
  EXPECT_NEAR(result.Parameters[0], 0.0, 1.0);
  EXPECT_NEAR(result.Parameters[1], 5.0, 1.0);
}

TEST(MaskedRegistrationMethodEquivalence, MeanSquaresWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<MeanSquaresOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, CorrelationWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<CorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, MattesWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<MattesOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, JointHistogramWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<JointHistogramOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, NeighborhoodCorrelationWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<NeighborhoodCorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethodEquivalence, NoneFallsBackToTheCentersOfThinMasks)
{
  // Spacing 1, origin 0. The grid of the level has its centres at 3.5 + 8 k, or so in a cropped domain, and none in the
  // two lines of the mask.
  const WavesCase waves;
  const auto      maskImage = MakeEmptyImage<MaskImageType<2>>(*waves.Fixed);
  FillBox<2>(*maskImage, { { { 5, 2 } }, { { 1, 17 } } });
  FillBox<2>(*maskImage, { { { 22, 2 } }, { { 1, 17 } } });
  const auto mask = MakeMask<2>(maskImage);
  for (const bool crop : { false, true })
  {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(mask);
    registration.Method->SetCropVirtualDomainToMask(crop);
    SetLevels<Image2D>(*registration.Method, { 8 });
    const PointOracle<Image2D> oracle(waves.Fixed, mask);
    std::vector<PointOf<2>>    expected;
    for (const auto & index : oracle.ListVoxels(*waves.Fixed))
    {
      expected.push_back(waves.Fixed->TransformIndexToPhysicalPoint<float>(index));
    }
    ASSERT_EQ(expected.size(), 34U);
    registration.UpdateAndObserve([&] {
      const auto grid = registration.Metric->GetVirtualImage();
      ASSERT_TRUE(oracle.ListVoxels(*grid).empty()); // the premise
      EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), 34U);
    });
    EXPECT_EQ(registration.GetPoints(), expected);
  }
}

TEST(MaskedRegistrationMethodEquivalence, WithoutMaskEqualsStock)
{
  for (const bool inPlace : { true, false })
  {
    ExpectSameAsStock<MeanSquaresOf<Image2D>, TranslationOf<Image2D>>(
      [inPlace](auto & registration) { registration.Method->SetInPlace(inPlace); });
  }
}

TEST(MaskedRegistrationMethodEquivalence, WithoutMaskEqualsStockAtSeveralLevels)
{
  ExpectSameAsStock<MattesOf<Image2D>, AffineOf<Image2D>>([](auto & registration) {
    SetLevels<Image2D>(*registration.Method, { 4, 2, 1 });
    StockMethodOf<Image2D>::SmoothingSigmasArrayType sigmas(3);
    sigmas[0] = 2.0;
    sigmas[1] = 1.0;
    sigmas[2] = 0.0;
    registration.Method->SetSmoothingSigmasPerLevel(sigmas);
    registration.Method->SmoothingSigmasAreSpecifiedInPhysicalUnitsOff();
  });
}

TEST(MaskedRegistrationMethodEquivalence, WithoutMaskEqualsStockWithInitialTransformsAndWeights)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>, AffineOf<Image2D>>([](auto & registration) {
    const auto movingInitialTransform = AffineOf<Image2D>::New();
    movingInitialTransform->Rotate2D(0.1);
    movingInitialTransform->SetCenter(itk::MakePoint(5.0, 6.0));
    registration.Method->SetMovingInitialTransform(movingInitialTransform);
    const auto fixedInitialTransform = TranslationOf<Image2D>::New();
    fixedInitialTransform->SetOffset(itk::MakeVector(0.4, 0.6));
    registration.Method->SetFixedInitialTransform(fixedInitialTransform);
    StockMethodOf<Image2D>::OptimizerWeightsType weights(6);
    weights.Fill(1.0);
    weights[0] = 0.0;
    weights[4] = 0.5;
    registration.Method->SetOptimizerWeights(weights);
  });
}

TEST(MaskedRegistrationMethodEquivalence, WithoutMaskEqualsStockWithVirtualDomainAndPointsOfTheUser)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>, TranslationOf<Image2D>>([](auto & registration) {
    const auto domain = Image2D::New();
    domain->CopyInformation(registration.Method->GetFixedImage());
    domain->SetRegions({ { { 3, 4 } }, { { 9, 7 } } });
    registration.Metric->SetVirtualDomainFromImage(domain);
    SetLevels<Image2D>(*registration.Method, { 2, 1 });
  });
  ExpectSameAsStock<MeanSquaresOf<Image2D>, TranslationOf<Image2D>>([](auto & registration) {
    const auto points = MetricOf<Image2D>::FixedSampledPointSetType::New();
    for (unsigned int i = 0; i < 10; ++i)
    {
      points->SetPoint(
        i, registration.Method->GetFixedImage()->template TransformIndexToPhysicalPoint<float>({ { 3 + i, 4 + i } }));
    }
    registration.Metric->SetFixedSampledPointSet(points);
    registration.Metric->UseSampledPointSetOn();
  });
}

TEST(MaskedRegistrationMethodEquivalence, DefaultsEqualStock)
{
  const WavesCase waves;
  const auto      run = [&waves](StockMethodOf<Image2D> & method) {
    method.SetFixedImage(waves.Fixed);
    method.SetMovingImage(waves.Moving);
    method.SetInitialTransform(TranslationOf<Image2D>::New());
    dynamic_cast<MetricOf<Image2D> &>(*method.GetModifiableMetric()).SetMaximumNumberOfWorkUnits(1);
    dynamic_cast<OptimizerType &>(*method.GetModifiableOptimizer()).SetNumberOfIterations(20);
    method.Update();
    return method.GetTransform()->GetParameters();
  };
  const auto expected = run(*StockMethodOf<Image2D>::New());
  EXPECT_EQ(run(*MethodOf<Image2D>::New()), expected);
  EXPECT_GT(expected.magnitude(), 0.0);
}

TEST(MaskedRegistrationMethodEquivalence, PointSetMetricEqualsStock)
{
  const auto run = [](auto && registration) {
    SetUpPointSets(*registration.Method);
    registration.Optimizer->SetNumberOfIterations(3);
    registration.Optimizer->SetLearningRate(0.1);
    registration.Update();
    return registration.GetResult();
  };
  const auto expected = run(
    Registration<Image2D, MeanSquaresOf<Image2D>, TranslationOf<Image2D>, StockMethodOf<Image2D>>(nullptr, nullptr));
  EXPECT_NE(expected.front(), 0.0);
  EXPECT_EQ(run(Registration<Image2D>(nullptr, nullptr)), expected);
}

} // namespace MaskedRegistrationMethodEquivalenceGTest
