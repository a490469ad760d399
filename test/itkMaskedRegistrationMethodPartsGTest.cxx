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
#include "itkObjectToObjectMultiMetricv4.h"
#include "itkSampledCorrelationImageToImageMetricv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"
#include "itkSampledNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <limits>

/** With a sampled metric and a mask, the method makes and reads only those parts of the images that the samples reach.
 * The oracle is a run on images that were smoothed as a whole, by ITK's filter, beforehand. */
namespace MaskedRegistrationMethodPartsGTest
{
using namespace itk;
using namespace itk::MaskedSamplingTest;

template <template <typename, typename, typename, typename, typename> class TMetric>
using SampledOf =
  TMetric<Image2D, Image2D, Image2D, double, DefaultImageToImageMetricTraitsv4<Image2D, Image2D, Image2D, double>>;
using SampledMeanSquares = SampledOf<SampledMeanSquaresImageToImageMetricv4>;
using SampledMattes = SampledOf<SampledMattesMutualInformationImageToImageMetricv4>;
using SampledCorrelation = SampledOf<SampledCorrelationImageToImageMetricv4>;
using SampledNeighborhoods = SampledOf<SampledNeighborhoodCorrelationImageToImageMetricv4>;

constexpr double sigma = 2.0;

/** Long waves, moved by a shift. */
Image2D::Pointer
MakeLongWaves(double shift)
{
  const auto image = Image2D::New();
  image->SetRegions(Image2D::SizeType{ { 260, 200 } });
  image->Allocate();
  for (ImageRegionIteratorWithIndex<Image2D> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const double x = static_cast<double>(it.GetIndex()[0]) - shift;
    const auto   y = static_cast<double>(it.GetIndex()[1]);
    it.Set(static_cast<float>(100.0 * std::sin(0.035 * x) + 60.0 * std::sin(0.05 * y) + 5.0 * std::cos(0.9 * x + y)));
  }
  return image;
}

Image2D::Pointer
Smooth(const Image2D * image)
{
  const auto filter = SmoothingRecursiveGaussianImageFilter<Image2D, Image2D>::New();
  filter->SetInput(image);
  filter->SetSigma(sigma);
  filter->Update();
  return filter->GetOutput();
}

/** NaN wherever a voxel is farther than a margin from a box. */
Image2D::Pointer
MakeUnusableFarFrom(const Image2D & image, const ImageRegion<2> & box, IndexValueType margin)
{
  const auto copy = MakeEmptyImage<Image2D>(image);
  auto       usable = box;
  usable.PadByRadius(static_cast<OffsetValueType>(margin));
  ImageRegionConstIteratorWithIndex<Image2D> in(&image, image.GetBufferedRegion());
  ImageRegionIterator<Image2D>               out(copy, image.GetBufferedRegion());
  for (; !in.IsAtEnd(); ++in, ++out)
  {
    out.Set(usable.IsInside(in.GetIndex()) ? in.Get() : std::numeric_limits<float>::quiet_NaN());
  }
  return copy;
}

const ImageRegion<2> boxOfMask{ { { 120, 90 } }, { { 24, 20 } } };

template <typename TMetric>
struct PartsRun : Registration<Image2D, TMetric>
{
  PartsRun(const Image2D * fixed, const Image2D * moving, double sigmaOfLevel)
    : Registration<Image2D, TMetric>(fixed, moving)
  {
    auto mask = MakeBoxMask<2>(*fixed, boxOfMask);
    this->Method->SetFixedImageMask(mask);
    this->SampleRandomly(300);
    MakeItMove(*this);
    typename MethodOf<Image2D>::SmoothingSigmasArrayType sigmas(1);
    sigmas[0] = sigmaOfLevel;
    this->Method->SetSmoothingSigmasPerLevel(sigmas);
  }
};

template <typename TMetric>
class MaskedRegistrationMethodParts : public testing::Test
{};
using MetricTypes = testing::Types<SampledMeanSquares, SampledCorrelation, SampledMattes>;
TYPED_TEST_SUITE(MaskedRegistrationMethodParts, MetricTypes, );

void
ExpectClose(const std::vector<double> & actual, const std::vector<double> & expected, double tolerance)
{
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
  {
    EXPECT_NEAR(actual[i], expected[i], tolerance * (1.0 + std::abs(expected[i]))) << i;
  }
}

TYPED_TEST(MaskedRegistrationMethodParts, SmoothingAPartGivesTheResultOfTheWhole)
{
  const auto          fixed = MakeLongWaves(0.0);
  const auto          moving = MakeLongWaves(3.0);
  PartsRun<TypeParam> parts(fixed, moving, sigma);
  PartsRun<TypeParam> whole(Smooth(fixed), Smooth(moving), 0.0);
  parts.UpdateAndObserve([&] {
    EXPECT_LT(parts.Metric->GetFixedImage()->GetBufferedRegion().GetNumberOfPixels(), 2000u);
    EXPECT_LT(parts.Metric->GetMovingImage()->GetBufferedRegion().GetNumberOfPixels(), 8000u);
    EXPECT_EQ(parts.Metric->GetMovingImage()->GetLargestPossibleRegion(), moving->GetLargestPossibleRegion());
  });
  whole.Update();
  // The error of a part, 1e-7 of the range of intensities, after ten steps.
  ExpectClose(parts.GetResult(), whole.GetResult(), 1e-5);
  EXPECT_GT(std::abs(whole.Transform->GetParameters()[0]), 1.0) << "nothing moved, nothing was compared";
  EXPECT_EQ(whole.Metric->GetMovingImage()->GetBufferedRegion(), moving->GetLargestPossibleRegion());
}

TYPED_TEST(MaskedRegistrationMethodParts, MovingPartGrowsWhereSamplesGet)
{
  const auto          fixed = MakeLongWaves(0.0);
  const auto          moving = MakeLongWaves(45.0);
  PartsRun<TypeParam> parts(fixed, moving, sigma);
  PartsRun<TypeParam> whole(Smooth(fixed), Smooth(moving), 0.0);
  for (auto * const run : { &parts, &whole })
  {
    // Mutual information finds a nearer optimum, around which long steps would make much of a rounding.
    run->Optimizer->SetMaximumStepSizeInPhysicalUnits(std::is_same_v<TypeParam, SampledMattes> ? 0.5 : 4.0);
    run->Optimizer->SetNumberOfIterations(15);
  }
  ImageRegion<2> first;
  parts.UpdateAndObserve([&] { first = parts.Metric->GetMovingImage()->GetBufferedRegion(); });
  whole.Update();
  ExpectClose(parts.GetResult(), whole.GetResult(), 1e-4);
  EXPECT_LT(first.GetUpperIndex()[0], boxOfMask.GetUpperIndex()[0] + 20);
  if constexpr (!std::is_same_v<TypeParam, SampledMattes>) // which finds a nearer optimum
  {
    EXPECT_GT(whole.Transform->GetParameters()[0], 25.0) << "the samples did not leave the first part";
  }
}

TYPED_TEST(MaskedRegistrationMethodParts, PixelsFarFromTheMaskAreNotRead)
{
  const auto fixed = MakeLongWaves(0.0);
  const auto moving = MakeLongWaves(3.0);
  // 12 sigmas; the moving image also 8 voxels, an eighth of the box, and what the samples move.
  for (const double sigmaOfLevel : { 0.0, sigma })
  {
    const auto          smoothing = static_cast<IndexValueType>(12.0 * sigmaOfLevel);
    PartsRun<TypeParam> usual(fixed, moving, sigmaOfLevel);
    PartsRun<TypeParam> blind(MakeUnusableFarFrom(*fixed, boxOfMask, smoothing + 3),
                              MakeUnusableFarFrom(*moving, boxOfMask, smoothing + 20),
                              sigmaOfLevel);
    usual.Update();
    blind.Update();
    EXPECT_EQ(blind.GetResult(), usual.GetResult()) << "sigma " << sigmaOfLevel;
    EXPECT_GT(std::abs(usual.Transform->GetParameters()[0]), 1.0);
  }
}

TYPED_TEST(MaskedRegistrationMethodParts, WithoutMaskImagesAreWhole)
{
  const auto          fixed = MakeLongWaves(0.0);
  const auto          moving = MakeLongWaves(3.0);
  PartsRun<TypeParam> run(fixed, moving, sigma);
  PartsRun<TypeParam> smoothed(Smooth(fixed), Smooth(moving), 0.0);
  for (auto * const method : { run.Method.GetPointer(), smoothed.Method.GetPointer() })
  {
    method->SetFixedImageMask(nullptr);
  }
  run.Update();
  smoothed.Update();
  // To the bit: on whole images the smoothing is that of ITK.
  EXPECT_EQ(run.GetResult(), smoothed.GetResult());
}

TYPED_TEST(MaskedRegistrationMethodParts, PartsFollowTransformsOfBothSides)
{
  // The same pair of images, seen through initial transforms that cancel each other.
  const auto          fixed = MakeLongWaves(0.0);
  const auto          moving = MakeLongWaves(3.0);
  PartsRun<TypeParam> parts(fixed, moving, sigma);
  PartsRun<TypeParam> whole(Smooth(fixed), Smooth(moving), 0.0);
  const auto          toFixed = AffineOf<Image2D>::New();
  toFixed->Rotate2D(0.3);
  toFixed->Translate(TranslationOf<Image2D>::OutputVectorType(-12.0));
  const auto toMoving = AffineOf<Image2D>::New();
  toMoving->SetMatrix(toFixed->GetMatrix());
  toMoving->SetOffset(toFixed->GetOffset());
  for (auto * const run : { &parts, &whole })
  {
    run->Method->SetFixedInitialTransform(toFixed);
    run->Method->SetMovingInitialTransform(toMoving);
    run->UpdateAndObserve([&] {
      if (run == &parts)
      {
        EXPECT_LT(parts.Metric->GetFixedImage()->GetBufferedRegion().GetNumberOfPixels(), 4000u);
      }
    });
  }
  ExpectClose(parts.GetResult(), whole.GetResult(), 1e-5);
  EXPECT_GT(std::abs(whole.Transform->GetParameters()[0]), 1.0);
}

TEST(MaskedRegistrationMethodPartsOfMattes, BrightPixelsFarAwayDoNotSqueezeTheHistogram)
{
  const auto fixed = MakeLongWaves(0.0);
  const auto moving = MakeLongWaves(3.0);
  const auto withBrightPixel = MakeLongWaves(3.0);
  withBrightPixel->SetPixel({ { 5, 5 } }, 1e6F);
  PartsRun<SampledMattes> usual(fixed, moving, 0.0);
  PartsRun<SampledMattes> bright(fixed, withBrightPixel, 0.0);
  usual.Update();
  bright.Update();
  EXPECT_EQ(bright.GetResult(), usual.GetResult());
}

TEST(MaskedRegistrationMethodPartsOfMattes, MetricIsItsUsersAgainAfterwards)
{
  // Initialised again, it takes the range of the whole moving image, as stock does.
  const auto fixed = MakeLongWaves(0.0);
  const auto moving = MakeLongWaves(3.0);
  moving->SetPixel({ { 5, 5 } }, 1000.0F);
  PartsRun<SampledMattes> run(fixed, moving, 0.0);
  run.Update();
  const auto stock = MattesMutualInformationImageToImageMetricv4<Image2D, Image2D>::New();
  stock->SetFixedImage(fixed);
  stock->SetMovingImage(moving);
  stock->SetMovingTransform(run.Transform);
  stock->SetVirtualSampledPointSet(
    const_cast<SampledMattes::VirtualPointSetType *>(run.Metric->GetVirtualSampledPointSet()));
  stock->UseSampledPointSetOn();
  stock->UseVirtualSampledPointSetOn();
  stock->SetUseMovingImageGradientFilter(false);
  stock->SetMaximumNumberOfWorkUnits(1);
  stock->Initialize();
  run.Metric->Initialize();
  EXPECT_NEAR(run.Metric->GetValue(), stock->GetValue(), 1e-10);
}

TEST(MaskedRegistrationMethodPartsOfMattes, StartInAConstantRegionFindsARange)
{
  // All values around the mask are equal in the moving image, so the range is taken from a wider box.
  const auto fixed = MakeLongWaves(0.0);
  const auto moving = MakeLongWaves(0.0);
  auto       constant = boxOfMask;
  constant.PadByRadius(20);
  for (ImageRegionIterator<Image2D> it(moving, constant); !it.IsAtEnd(); ++it)
  {
    it.Set(7.0F);
  }
  PartsRun<SampledMattes> run(fixed, moving, 0.0);
  run.Update();
  EXPECT_TRUE(std::isfinite(run.Optimizer->GetCurrentMetricValue()));
  EXPECT_NEAR(run.Optimizer->GetCurrentMetricValue(), 0.0, 1e-9) << "a constant has no information";
  // The waves are 330 high.
  const double widthOfBins = run.Metric->GetJointPDF()->GetSpacing()[1];
  EXPECT_GT(widthOfBins * static_cast<double>(run.Metric->GetNumberOfHistogramBins()), 50.0);
}

TEST(MaskedRegistrationMethodPartsOfMultiMetric, SampledAndStockMetricsWorkTogether)
{
  const auto fixed = MakeLongWaves(0.0);
  const auto moving = MakeLongWaves(3.0);
  const auto run = [&](bool isSampled) {
    PartsRun<SampledMeanSquares> registration(fixed, moving, sigma);
    using MultiMetricType = ObjectToObjectMultiMetricv4<2, 2, Image2D>;
    const auto                      multiMetric = MultiMetricType::New();
    const auto                      stock = MeanSquaresOf<Image2D>::New();
    MeanSquaresOf<Image2D>::Pointer second = MeanSquaresOf<Image2D>::New();
    if (isSampled)
    {
      second = SampledMeanSquares::New().GetPointer();
    }
    multiMetric->AddMetric(stock);
    multiMetric->AddMetric(second);
    registration.Method->SetMetric(multiMetric);
    registration.Method->SetFixedImage(1, fixed);
    registration.Method->SetMovingImage(1, moving);
    registration.Optimizer->SetScalesEstimator(nullptr);
    registration.Optimizer->SetDoEstimateLearningRateAtEachIteration(false);
    registration.Optimizer->SetLearningRate(1e-9);
    registration.Optimizer->SetNumberOfIterations(1);
    registration.Update();
    return registration.Optimizer->GetCurrentMetricValue();
  };
  EXPECT_NEAR(run(true), run(false), 1e-6 * std::abs(run(false)));
}

TEST(MaskedRegistrationMethodPartsDefaults, DefaultMetricIsSampled)
{
  const auto method = MethodOf<Image2D>::New();
  const auto stock = StockMethodOf<Image2D>::New();
  const auto metric = dynamic_cast<const SampledMattes *>(method->GetMetric());
  ASSERT_NE(metric, nullptr);
  using StockMetric = MattesMutualInformationImageToImageMetricv4<Image2D, Image2D>;
  const auto & stockMetric = dynamic_cast<const StockMetric &>(*stock->GetMetric());
  EXPECT_EQ(metric->GetNumberOfHistogramBins(), stockMetric.GetNumberOfHistogramBins());
  EXPECT_EQ(metric->GetUseMovingImageGradientFilter(), stockMetric.GetUseMovingImageGradientFilter());

  // Nothing else is set: optimizer, scales estimator and levels are the defaults. One step of them goes the right way.
  const auto fixed = MakeLongWaves(0.0);
  const auto transform = TranslationOf<Image2D>::New();
  method->SetFixedImage(fixed);
  method->SetMovingImage(MakeLongWaves(8.0));
  method->SetFixedImageMask(MakeBoxMask<2>(*fixed, boxOfMask));
  method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
  method->MetricSamplingReinitializeSeed(3);
  method->SetInitialTransform(transform);
  std::vector<double> values;
  method->AddObserver(MultiResolutionIterationEvent(), [&](const EventObject &) {
    method->GetModifiableOptimizer()->SetNumberOfIterations(5);
    values.push_back(transform->GetParameters()[0]);
  });
  method->Update();
  ASSERT_EQ(values.size(), 3u);
  EXPECT_GT(values[1], 0.5);
}

/** At every voxel of the mask. */
template <typename TMetric>
struct DenseRun : PartsRun<TMetric>
{
  DenseRun(const Image2D * fixed, const Image2D * moving, double sigmaOfLevel, unsigned int shrinkFactor)
    : PartsRun<TMetric>(fixed, moving, sigmaOfLevel)
  {
    this->Method->SetMetricSamplingStrategy(StrategyEnum::NONE);
    typename MethodOf<Image2D>::ShrinkFactorsArrayType factors(1);
    factors[0] = shrinkFactor;
    this->Method->SetShrinkFactorsPerLevel(factors);
  }
};

TEST(MaskedRegistrationMethodPartsOfNeighborhoods, EveryVoxelOfTheMaskNeedsItsBoxAlone)
{
  const auto fixed = MakeLongWaves(0.0);
  const auto moving = MakeLongWaves(3.0);
  for (const unsigned int shrinkFactor : { 1, 2 })
  {
    DenseRun<SampledNeighborhoods> parts(fixed, moving, sigma, shrinkFactor);
    DenseRun<SampledNeighborhoods> whole(Smooth(fixed), Smooth(moving), 0.0, shrinkFactor);
    DenseRun<SampledNeighborhoods> blind(
      MakeUnusableFarFrom(*fixed, boxOfMask, 27), MakeUnusableFarFrom(*moving, boxOfMask, 44), sigma, shrinkFactor);
    parts.UpdateAndObserve([&] {
      EXPECT_LT(parts.Metric->GetFixedImage()->GetBufferedRegion().GetNumberOfPixels(), 2000u);
      EXPECT_LT(parts.Metric->GetMovingImage()->GetBufferedRegion().GetNumberOfPixels(), 8000u);
    });
    whole.Update();
    blind.Update();
    ExpectClose(parts.GetResult(), whole.GetResult(), 1e-6);
    EXPECT_EQ(blind.GetResult(), parts.GetResult()) << "pixels far from the mask were read";
    EXPECT_GT(std::abs(whole.Transform->GetParameters()[0]), 1.0) << "nothing moved, nothing was compared";
  }
}

TEST(MaskedRegistrationMethodPartsOfMeanSquares, EveryVoxelOfTheMaskIsThatOfTheWhole)
{
  // Whose value is that of the superclass, to the last digits.
  const auto                   fixed = MakeLongWaves(0.0);
  const auto                   moving = MakeLongWaves(3.0);
  DenseRun<SampledMeanSquares> run(fixed, moving, sigma, 1);
  DenseRun<SampledMeanSquares> smoothed(Smooth(fixed), Smooth(moving), 0.0, 1);
  run.UpdateAndObserve(
    [&] { EXPECT_EQ(run.Metric->GetMovingImage()->GetBufferedRegion(), moving->GetLargestPossibleRegion()); });
  smoothed.Update();
  EXPECT_EQ(run.GetResult(), smoothed.GetResult());
}

} // namespace MaskedRegistrationMethodPartsGTest
