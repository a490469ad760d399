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
#include "itkSampledMetricMixin.h"

#include "itkSampledMetricKindsTestHelpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace SampledMetricMixinGTest
{
using namespace itk::MaskedSamplingTest;

/** Whether the image has a finite value at a point, as its interpolator says. */
template <typename TImage>
bool
IsNumber(const TImage & image, const itk::Point<double, TImage::ImageDimension> & point)
{
  const auto interpolator = itk::LinearInterpolateImageFunction<TImage, double>::New();
  interpolator->SetInputImage(&image);
  return interpolator->IsInsideBuffer(point) && std::isfinite(interpolator->Evaluate(point));
}

/** Whether a point is inside the image, and all corners of its cell are finite. */
template <typename TImage>
bool
IsCellOfNumbers(const TImage & image, const itk::Point<double, TImage::ImageDimension> & point)
{
  const auto region = image.GetBufferedRegion();
  const auto position = image.template TransformPhysicalPointToContinuousIndex<double>(point);
  auto       cell = region;
  for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
  {
    const auto first = static_cast<double>(region.GetIndex(d));
    const auto last = first + static_cast<double>(region.GetSize(d) - 1);
    if (position[d] < first - 0.5 || position[d] >= last + 0.5)
    {
      return false;
    }
    cell.SetIndex(d, static_cast<itk::IndexValueType>(std::max(std::min(std::floor(position[d]), last - 1.0), first)));
    cell.SetSize(d, 2);
  }
  for (itk::ImageRegionConstIterator<TImage> it(&image, cell); !it.IsAtEnd(); ++it)
  {
    if (!std::isfinite(it.Get()))
    {
      return false;
    }
  }
  return true;
}

/** Values that are no numbers at some voxels of each image: as if the samples that they reach were not there. */
template <typename TKind, typename TImage>
void
ExpectNoNumbersDoNotCount(unsigned int seed, double oddity)
{
  using PixelType = typename TImage::PixelType;
  using MetricType = typename TKind::template Sampled<TImage>;
  MetricScene<TImage> scene(seed, 6000);
  const auto          replace = [&](const TImage & image, const auto & function) {
    auto                             replaced = MakeSmoothImage<TImage>(image, 0.0);
    itk::ImageRegionIterator<TImage> it(replaced, replaced->GetBufferedRegion());
    for (itk::ImageRegionConstIterator<TImage> in(&image, image.GetBufferedRegion()); !in.IsAtEnd(); ++in, ++it)
    {
      it.Set(static_cast<PixelType>(function(in.Get())));
    }
    return replaced;
  };
  const auto spoil = [&](double value) { return scene.Random() % 25 == 0 ? oddity : value; };
  // Within the range of the others.
  const auto          clean = [](double value) { return std::isfinite(value) ? value : 200.0; };
  MetricScene<TImage> cleanScene = scene;
  scene.Fixed = replace(*scene.Fixed, spoil);
  scene.Moving = replace(*scene.Moving, spoil);
  cleanScene.Fixed = replace(*scene.Fixed, clean);
  cleanScene.Moving = replace(*scene.Moving, clean);

  const auto points = MakeCoordinates(*scene.Points);
  const auto good = std::make_shared<CoordinatesOf<TImage::ImageDimension>>();
  for (const auto & sample : scene.Points->GetPoints()->CastToSTLConstContainer())
  {
    const itk::Point<double, TImage::ImageDimension> point(sample);
    const bool                                       isGood = IsNumber<TImage>(*scene.Fixed, point) &&
                        IsCellOfNumbers<TImage>(*scene.Moving, scene.MovingTransform->TransformPoint(point));
    for (unsigned int d = 0; isGood && d < TImage::ImageDimension; ++d)
    {
      (*good)[d].push_back(point[d]);
    }
  }
  const auto make = [](const MetricScene<TImage> & ofMetric, const auto & coordinates) {
    const auto metric = MetricType::New();
    ofMetric.SetInputs(*metric);
    GetInterfaceOf(*metric).SetSampleCoordinates(coordinates, true);
    metric->Initialize();
    return metric;
  };
  const auto   spoiltMetric = make(scene, points);
  const auto   expected = Evaluate(*make(cleanScene, good));
  const auto   result = Evaluate(*spoiltMetric);
  const size_t numberOfGood = good->front().size();
  EXPECT_EQ(result.NumberOfValidPoints, numberOfGood);
  EXPECT_EQ(expected.NumberOfValidPoints, numberOfGood);
  EXPECT_GT(numberOfGood, 1000u);
  // The order of summing alone is another.
  EXPECT_NEAR(result.Value, expected.Value, 1e-11 * std::abs(expected.Value));
  EXPECT_EQ(spoiltMetric->GetValue(), result.Value);
  ASSERT_EQ(result.Derivative.size(), expected.Derivative.size());
  for (size_t p = 0; p < expected.Derivative.size(); ++p)
  {
    EXPECT_NEAR(result.Derivative[p], expected.Derivative[p], 1e-10 * std::abs(expected.Derivative[p]));
  }
  // The range of voxels in which points lie is another; the samples are the same.
  const auto ofPointSet = Evaluate(*scene.template Make<MetricType>());
  EXPECT_EQ(ofPointSet.NumberOfValidPoints, numberOfGood);
  EXPECT_TRUE(std::isfinite(ofPointSet.Value));
}

/** An image without a number, fixed or moving: no sample is valid. */
template <typename TKind, typename TImage>
void
ExpectNothingInImagesWithoutNumbers(unsigned int seed)
{
  using MetricType = typename TKind::template Sampled<TImage>;
  for (const bool isFixed : { true, false })
  {
    MetricScene<TImage> scene(seed, 500);
    (isFixed ? scene.Fixed : scene.Moving)->FillBuffer(std::numeric_limits<typename TImage::PixelType>::quiet_NaN());
    const auto metric = scene.template Make<MetricType>();
    if (TKind::ThrowsWithoutSamples)
    {
      EXPECT_THROW(Evaluate(*metric), itk::ExceptionObject);
      EXPECT_THROW(metric->GetValue(), itk::ExceptionObject);
      continue;
    }
    EXPECT_EQ(Evaluate(*metric).NumberOfValidPoints, 0u);
    EXPECT_EQ(Evaluate(*metric).Value, itk::NumericTraits<double>::max());
  }
}

/** As many as there is work for, a work unit taking 1024 samples or more; of the superclass, if it does the work. */
template <typename TKind, typename TImage>
void
ExpectTellsNumberOfWorkUnits(unsigned int seed)
{
  using MetricType = typename TKind::template Sampled<TImage>;
  for (const unsigned int numberOfPoints : { 500U, 5000U })
  {
    MetricScene<TImage> scene(seed, 1);
    scene.SetRandomPoints(numberOfPoints, 1.0);
    for (const itk::ThreadIdType numberOfWorkUnits : { 1, 2, 3, 7 })
    {
      const auto metric = MetricType::New();
      scene.SetInputs(*metric);
      metric->SetMaximumNumberOfWorkUnits(numberOfWorkUnits);
      metric->Initialize();
      const auto limit = numberOfPoints == 500 ? 1U : 4U;
      metric->GetValue();
      EXPECT_EQ(metric->GetNumberOfWorkUnitsUsed(), std::min<itk::ThreadIdType>(numberOfWorkUnits, limit));
      Evaluate(*metric);
      EXPECT_EQ(metric->GetNumberOfWorkUnitsUsed(), std::min<itk::ThreadIdType>(numberOfWorkUnits, limit));
      GetInterfaceOf(*metric).ReleaseRegistration();
      EXPECT_EQ(metric->GetNumberOfWorkUnitsUsed(), std::min<itk::ThreadIdType>(numberOfWorkUnits, limit));
      metric->SetUseFloatingPointCorrection(true);
      metric->GetValue();
      EXPECT_EQ(metric->GetNumberOfWorkUnitsUsed(), numberOfWorkUnits);
    }
  }
}

/** Samples on the centres of the moving image, those at its border, too: the derivative is what the value does. The
 * grids are the same, but centres are such in exact arithmetic only, unless the grid is plain. */
template <typename TKind, typename TImage>
void
ExpectDerivativeAtCenters(unsigned int seed, bool isPlain)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  using MetricType = typename TKind::template Sampled<TImage>;
  std::mt19937                     random(seed);
  std::uniform_real_distribution<> value(0.0, 100.0);
  const auto                       grid = MakeObliqueGrid<dimension>(random, 9);
  const auto                       makeNoise = [&] {
    auto image = MakeSmoothImage<TImage>(*grid, 0.0);
    if (isPlain)
    {
      image->SetSpacing(itk::MakeFilled<typename TImage::SpacingType>(1.0));
      image->SetOrigin(typename TImage::PointType{});
      image->SetDirection(TImage::DirectionType::GetIdentity());
    }
    for (itk::ImageRegionIterator<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(static_cast<typename TImage::PixelType>(value(random)));
    }
    return image;
  };
  const auto metric = MetricType::New();
  metric->SetFixedImage(makeNoise());
  metric->SetMovingImage(makeNoise());
  GetInterfaceOf(*metric).SetSampleCoordinates(MakeCenters<TImage>(*metric->GetFixedImage()), false);
  for (const typename TransformOf<dimension>::Pointer & transform :
       { typename TransformOf<dimension>::Pointer(itk::TranslationTransform<double, dimension>::New()),
         typename TransformOf<dimension>::Pointer(itk::AffineTransform<double, dimension>::New()) })
  {
    metric->SetMovingTransform(transform);
    metric->Initialize();
    // Also those of the smallest and the greatest value, which a rounding must not lose.
    metric->GetValue();
    EXPECT_EQ(metric->GetNumberOfValidPoints(), grid->GetLargestPossibleRegion().GetNumberOfPixels());
    ExpectDerivativeOfValue(*metric, random, 1e-7, 1e-3);
  }
}

/** A metric that takes its derivative from a gradient image. */
template <typename TKind, typename TImage>
auto
MakeWithGradientImage(const MetricScene<TImage> & scene)
{
  const auto metric = TKind::template Sampled<TImage>::New();
  scene.SetInputs(*metric);
  metric->UseExactDerivativeOff();
  metric->Initialize();
  return metric;
}

template <typename TKind>
class SampledMetricMixin : public testing::Test
{};
using KindsType = testing::Types<MeanSquaresKind, CorrelationKind, MattesKind>;
using ImageType2D = itk::Image<double, 2>;
using ImageType3D = itk::Image<float, 3>;

TYPED_TEST_SUITE(SampledMetricMixin, KindsType, );

TYPED_TEST(SampledMetricMixin, DoesNotCountWhatIsNoNumber)
{
  for (const double oddity : { std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity() })
  {
    SCOPED_TRACE(oddity);
    ExpectNoNumbersDoNotCount<TypeParam, ImageType2D>(201, oddity);
    ExpectNoNumbersDoNotCount<TypeParam, ImageType3D>(202, oddity);
  }
}

TYPED_TEST(SampledMetricMixin, HasNoSamplesWithoutNumbers)
{
  ExpectNothingInImagesWithoutNumbers<TypeParam, ImageType2D>(203);
}

TYPED_TEST(SampledMetricMixin, TellsNumberOfWorkUnits)
{
  ExpectTellsNumberOfWorkUnits<TypeParam, ImageType2D>(204);
}

TYPED_TEST(SampledMetricMixin, DerivativeAtCentersIsThatOfValue)
{
  for (const bool isPlain : { true, false })
  {
    ExpectDerivativeAtCenters<TypeParam, ImageType2D>(205, isPlain);
    ExpectDerivativeAtCenters<TypeParam, itk::Image<double, 3>>(206, isPlain);
  }
}

/** Samples on the centres beside a voxel without a number: the same ones count, with a derivative and without. */
TYPED_TEST(SampledMetricMixin, GradientImageChangesNoSamples)
{
  MetricScene<ImageType2D> scene(207, 1);
  scene.Moving = MakeSmoothImage<ImageType2D>(*scene.Fixed, 0.5);
  scene.MovingTransform = itk::TranslationTransform<double, 2>::New();
  const auto middle = scene.Moving->GetBufferedRegion().GetIndex() + itk::Offset<2>{ { 12, 12 } };
  scene.Moving->SetPixel(middle, std::numeric_limits<double>::quiet_NaN());
  const auto metric = MakeWithGradientImage<TypeParam>(scene);
  GetInterfaceOf(*metric).SetSampleCoordinates(MakeCenters<ImageType2D>(*scene.Fixed), false);
  metric->Initialize();
  const double value = metric->GetValue();
  const auto   number = metric->GetNumberOfValidPoints();
  const auto   result = Evaluate(*metric);
  EXPECT_EQ(result.Value, value);
  EXPECT_EQ(result.NumberOfValidPoints, number);
  EXPECT_LT(number, scene.Fixed->GetBufferedRegion().GetNumberOfPixels());
  EXPECT_TRUE(std::isfinite(result.Derivative[0]) && std::isfinite(result.Derivative[1]));
}

/** Whenever there is a derivative of too thin an image; not for the value alone. */
TYPED_TEST(SampledMetricMixin, GradientImageOfThinImagesIsRefused)
{
  MetricScene<ImageType3D> scene(208, 1000);
  auto                     region = scene.Moving->GetLargestPossibleRegion();
  region.SetSize(2, 3);
  const auto thin = ImageType3D::New();
  thin->CopyInformation(scene.Moving);
  thin->SetBufferedRegion(region); // a part of what there may be
  thin->Allocate();
  thin->FillBuffer(7.0F);
  scene.Moving = thin;
  EXPECT_THROW(MakeWithGradientImage<TypeParam>(scene), itk::ExceptionObject);
  thin->SetRegions(region);
  EXPECT_THROW(MakeWithGradientImage<TypeParam>(scene), itk::ExceptionObject);
  const auto metric = scene.template Make<typename TypeParam::template Sampled<ImageType3D>>();
  metric->UseExactDerivativeOff();
  EXPECT_THROW(Evaluate(*metric), itk::ExceptionObject);
}

/** Without the filter of gradients: the very answer of the superclass. */
TYPED_TEST(SampledMetricMixin, WithoutGradientImageItIsLeftToSuperclass)
{
  const MetricScene<ImageType2D> scene(209);
  const auto                     make = [&](const auto & metric) {
    scene.SetInputs(*metric);
    metric->UseMovingImageGradientFilterOff();
    metric->Initialize();
    return metric;
  };
  const auto metric = make(TypeParam::template Sampled<ImageType2D>::New());
  const auto exact = Evaluate(*metric);
  metric->UseExactDerivativeOff();
  metric->Initialize();
  const auto stock = Evaluate(*make(TypeParam::template Stock<ImageType2D>::New()));
  EXPECT_EQ(Evaluate(*metric), stock);
  EXPECT_NE(exact.Derivative, stock.Derivative);
}

/** Another image, or other pixels: another gradient image. */
TYPED_TEST(SampledMetricMixin, GradientImageIsThatOfTheImage)
{
  MetricScene<ImageType2D> scene(210);
  const auto               metric = MakeWithGradientImage<TypeParam>(scene);
  const auto               first = Evaluate(*metric);
  scene.Moving = MakeSmoothImage<ImageType2D>(*scene.Moving, 1.5);
  metric->SetMovingImage(scene.Moving);
  metric->Initialize();
  const auto second = Evaluate(*metric);
  EXPECT_NE(second.Derivative, first.Derivative);
  EXPECT_EQ(second, Evaluate(*MakeWithGradientImage<TypeParam>(scene)));
  auto * const pixels = scene.Moving->GetBufferPointer();
  std::reverse(pixels, pixels + scene.Moving->GetBufferedRegion().GetNumberOfPixels());
  metric->Initialize();
  const auto third = Evaluate(*metric);
  EXPECT_NE(third.Derivative, second.Derivative);
  EXPECT_EQ(third, Evaluate(*MakeWithGradientImage<TypeParam>(scene)));
}

/** Neighbourhood correlation has none: its derivative is exact, whatever is asked for. */
TEST(SampledMetricMixinOfNeighborhoodCorrelation, DerivativeIsExact)
{
  using MetricType = NeighborhoodCorrelationKind::Sampled<ImageType2D>;
  const MetricScene<ImageType2D> scene(211, 1);
  const auto                     evaluate = [&](bool isExact) {
    const auto metric = MetricType::New();
    scene.SetInputs(*metric);
    metric->SetUseExactDerivative(isExact);
    GetInterfaceOf(*metric).SetSampleCoordinates(MakeCenters<ImageType2D>(*scene.Fixed), false);
    metric->Initialize();
    return Evaluate(*metric);
  };
  EXPECT_EQ(evaluate(false), evaluate(true));
}

} // namespace SampledMetricMixinGTest
