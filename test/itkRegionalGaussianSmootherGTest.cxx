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
#include "smoothing/itkRegionalGaussianSmoother.h"

#include "itkGradientRecursiveGaussianImageFilter.h"
#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

namespace RegionalGaussianSmootherGTest
{
template <typename TImage>
using Smoother = itk::RegionalGaussianSmoother<TImage>;
template <typename TImage>
using Sigmas = typename Smoother<TImage>::SigmaArrayType;

// With a start index, anisotropic spacing and a rotated direction; the values are in [0, 100].
template <typename TImage>
typename TImage::Pointer
MakeImage(const typename TImage::SizeType & size)
{
  const auto image = TImage::New();
  auto       index = TImage::IndexType::Filled(-3);
  auto       spacing = itk::MakeFilled<typename TImage::SpacingType>(0.8);
  auto       direction = image->GetDirection();
  index[1] = 7;
  spacing[0] = 1.25;
  spacing[1] = 2.0;
  direction(0, 0) = 0.6;
  direction(0, 1) = -0.8;
  direction(1, 0) = 0.8;
  direction(1, 1) = 0.6;
  image->SetRegions({ index, size });
  image->SetSpacing(spacing);
  image->SetDirection(direction);
  image->Allocate();
  std::mt19937 random;
  std::generate_n(image->GetBufferPointer(), size.CalculateProductOfElements(), [&random] {
    return static_cast<typename TImage::PixelType>(100.0 * random() / random.max());
  });
  return image;
}

template <typename TImage>
Sigmas<TImage>
MakeSigmas(double scale = 1.0)
{
  Sigmas<TImage> sigmas;
  for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
  {
    sigmas[d] = scale * (0.9 + 0.7 * d);
  }
  return sigmas;
}

template <typename TImage>
typename TImage::Pointer
SmoothWithStock(TImage * image, const Sigmas<TImage> & sigmas)
{
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<TImage, TImage>::New();
  filter->SetInput(image);
  filter->SetSigmaArray(sigmas);
  filter->Update();
  return filter->GetOutput();
}

template <typename TImage>
double
GetLargestDifference(const TImage & part, const TImage & whole)
{
  double largest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<TImage> it(&part, part.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const double difference = std::abs(static_cast<double>(it.Get()) - whole.GetPixel(it.GetIndex()));
    largest = difference <= largest ? largest : difference; // a NaN counts
  }
  return largest;
}

template <typename TImage>
bool
HaveEqualBuffers(const TImage & a, const TImage & b)
{
  return a.GetBufferedRegion() == b.GetBufferedRegion() &&
         std::memcmp(a.GetBufferPointer(),
                     b.GetBufferPointer(),
                     a.GetBufferedRegion().GetNumberOfPixels() * sizeof(typename TImage::PixelType)) == 0;
}

// Whether two implementations agree: to the last bit, unless the compiler may fuse the multiplications and additions of
// one and not of the other.
template <typename TImage>
bool
HaveEqualResults(const TImage & a, const TImage & b)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__) || defined(_M_ARM64)
  constexpr double tolerance = std::is_integral<typename TImage::PixelType>::value ? 1.0 : 1e-4;
  return a.GetBufferedRegion() == b.GetBufferedRegion() && GetLargestDifference(a, b) <= tolerance;
#else
  return HaveEqualBuffers(a, b);
#endif
}

template <typename TImage>
void
ExpectEqualToStock(const typename TImage::SizeType & size, double scale = 1.0)
{
  SCOPED_TRACE(size);
  const auto sigmas = MakeSigmas<TImage>(scale);
  const auto image = MakeImage<TImage>(size);
  const auto copy = MakeImage<TImage>(size);
  const auto expected = SmoothWithStock<TImage>(image, sigmas);
  const auto actual = Smoother<TImage>(image, sigmas, 3).Smooth(image->GetBufferedRegion());

  EXPECT_EQ(actual->GetLargestPossibleRegion(), expected->GetLargestPossibleRegion());
  EXPECT_EQ(actual->GetOrigin(), expected->GetOrigin());
  EXPECT_EQ(actual->GetSpacing(), expected->GetSpacing());
  EXPECT_EQ(actual->GetDirection(), expected->GetDirection());
  EXPECT_TRUE(HaveEqualResults(*actual, *expected));
  EXPECT_TRUE(HaveEqualBuffers(*image, *copy)) << "The input has been changed.";
  EXPECT_GT(GetLargestDifference(*actual, *image), 1.0) << "Nothing has been smoothed.";
}

template <typename TPixel>
void
ExpectEqualToStockInAllDimensions()
{
  // A bundle has up to 32 lines, in multiples of 8, and tiles have 4 x 4 pixels.
  for (const itk::SizeValueType n : { 4, 5, 8, 31, 32, 33, 67 })
  {
    ExpectEqualToStock<itk::Image<TPixel, 2>>({ { n, 9 } });
    ExpectEqualToStock<itk::Image<TPixel, 2>>({ { 6, n } });
    ExpectEqualToStock<itk::Image<TPixel, 3>>({ { n, 5, 7 } });
    ExpectEqualToStock<itk::Image<TPixel, 3>>({ { 7, n, 41 } });
  }
  ExpectEqualToStock<itk::Image<TPixel, 3>>({ { 37, 41, 29 } }, 3.0);
  ExpectEqualToStock<itk::Image<TPixel, 4>>({ { 11, 9, 8, 13 } });
  ExpectEqualToStock<itk::Image<TPixel, 4>>({ { 4, 4, 4, 4 } });
}

using ImageType = itk::Image<float, 3>;
using RegionType = ImageType::RegionType;

// 0 or 1 at random, with the far half along each axis 1: what a region does not see is as different as can be from the
// border that it takes for it.
template <typename TImage>
typename TImage::Pointer
MakeSteepImage(const typename TImage::SizeType & size)
{
  const auto image = MakeImage<TImage>(size);
  image->SetSpacing(itk::MakeFilled<typename TImage::SpacingType>(1.0));
  const auto & region = image->GetBufferedRegion();
  for (itk::ImageRegionConstIteratorWithIndex<TImage> it(image, region); !it.IsAtEnd(); ++it)
  {
    bool isFar = false;
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      isFar = isFar || it.GetIndex()[d] > region.GetIndex(d) + static_cast<itk::IndexValueType>(size[d] / 2);
    }
    image->SetPixel(it.GetIndex(), isFar || it.Get() > 50 ? 1 : 0);
  }
  return image;
}

// Of the truncation and of the roundings of type float that it may tip over.
template <typename TImage>
constexpr double errorBound = 1e-7 + TImage::ImageDimension * 6e-8;

template <typename TImage>
void
ExpectRegionsCloseToStock(const typename TImage::SizeType & size, const Sigmas<TImage> & sigmas)
{
  const auto             image = MakeSteepImage<TImage>(size);
  const auto             whole = SmoothWithStock<TImage>(image, sigmas);
  const Smoother<TImage> smoother(image, sigmas, 2);
  const auto &           buffered = image->GetBufferedRegion();
  std::mt19937           random;
  for (unsigned int i = 0; i < 30; ++i)
  {
    typename TImage::RegionType region;
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      // Some a voxel thick, some at the lower or at the upper border.
      const auto width = i % 5 == d ? 1 : 1 + random() % size[d];
      const auto gap = size[d] - width;
      const auto offset = i % 3 == 0 ? 0 : i % 3 == 1 ? gap : random() % (gap + 1);
      region.SetSize(d, width);
      region.SetIndex(d, buffered.GetIndex(d) + static_cast<itk::IndexValueType>(offset));
    }
    SCOPED_TRACE(region);
    const auto part = smoother.Smooth(region);
    EXPECT_EQ(part->GetBufferedRegion(), region);
    EXPECT_EQ(part->GetLargestPossibleRegion(), buffered);
    EXPECT_LE(GetLargestDifference(*part, *whole), errorBound<TImage>);
  }
}

TEST(RegionalGaussianSmoother, IsEqualToStockForFloat)
{
  ExpectEqualToStockInAllDimensions<float>();
}

TEST(RegionalGaussianSmoother, IsEqualToStockForDouble)
{
  ExpectEqualToStockInAllDimensions<double>();
}

TEST(RegionalGaussianSmoother, IsEqualToStockForIntegers)
{
  ExpectEqualToStock<itk::Image<short, 3>>({ { 21, 18, 35 } });
  ExpectEqualToStock<itk::Image<unsigned char, 2>>({ { 21, 18 } });
}

/** Of several sizes, so that the axes are filtered in slices, and not. */
template <typename TImage>
void
ExpectDerivativesOfStock(const typename TImage::SizeType & size)
{
  SCOPED_TRACE(size);
  const auto image = MakeImage<TImage>(size);
  const auto filter = itk::GradientRecursiveGaussianImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetSigma(1.7);
  filter->SetNormalizeAcrossScale(true);
  filter->SetUseImageDirection(false);
  filter->Update();
  for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
  {
    const auto   component = Smoother<TImage>(image, Sigmas<TImage>(1.7), 2, d).Smooth(image->GetBufferedRegion());
    const double spacing = image->GetSpacing()[d];
    for (itk::ImageRegionConstIteratorWithIndex<TImage> it(component, component->GetBufferedRegion()); !it.IsAtEnd();
         ++it)
    {
      const auto difference = it.Get() / spacing - filter->GetOutput()->GetPixel(it.GetIndex())[d];
      ASSERT_LE(std::abs(difference), 4e-6) << "axis " << d << ", voxel " << it.GetIndex();
    }
  }
}

TEST(RegionalGaussianSmoother, DerivativesAreThoseOfStock)
{
  ExpectDerivativesOfStock<itk::Image<float, 2>>({ { 33, 19 } });
  ExpectDerivativesOfStock<itk::Image<double, 2>>({ { 7, 40 } });
  ExpectDerivativesOfStock<itk::Image<float, 3>>({ { 21, 34, 5 } });
  ExpectDerivativesOfStock<itk::Image<double, 3>>({ { 9, 12, 35 } });
  ExpectDerivativesOfStock<itk::Image<float, 4>>({ { 8, 5, 6, 9 } });
}

TEST(RegionalGaussianSmoother, IsEqualToStockWhereTailsUnderflow)
{
  // From a single voxel, the response falls to subnormal numbers of type float, and farther on of type double.
  const auto image = ImageType::New();
  image->SetRegions(ImageType::SizeType{ { 40, 5, 400 } });
  image->AllocateInitialized();
  image->SetPixel({ { 1, 2, 3 } }, 1.0F);
  const Sigmas<ImageType> sigmas(0.6);
  const auto              expected = SmoothWithStock<ImageType>(image, sigmas);
  const auto              actual = Smoother<ImageType>(image, sigmas, 2).Smooth(image->GetBufferedRegion());
  EXPECT_TRUE(HaveEqualResults(*actual, *expected));
  const auto * const begin = expected->GetBufferPointer();
  EXPECT_TRUE(std::any_of(begin, begin + image->GetBufferedRegion().GetNumberOfPixels(), [](float value) {
    return std::fpclassify(value) == FP_SUBNORMAL;
  }));
}

TEST(RegionalGaussianSmoother, RegionIsCloseToStock)
{
  ExpectRegionsCloseToStock<itk::Image<float, 2>>({ { 150, 97 } }, Sigmas<itk::Image<float, 2>>(2.0));
  ExpectRegionsCloseToStock<ImageType>({ { 61, 70, 55 } }, Sigmas<ImageType>(1.3));
  ExpectRegionsCloseToStock<itk::Image<double, 3>>({ { 40, 33, 47 } }, Sigmas<itk::Image<double, 3>>(0.5));
  ExpectRegionsCloseToStock<itk::Image<float, 4>>({ { 20, 17, 13, 22 } }, Sigmas<itk::Image<float, 4>>(0.4));
}

TEST(RegionalGaussianSmoother, InputRegionIsLongEnoughForFilter)
{
  ExpectRegionsCloseToStock<ImageType>({ { 12, 9, 4 } }, Sigmas<ImageType>(0.05));
  const auto                image = MakeImage<ImageType>({ { 12, 9, 4 } });
  const Smoother<ImageType> smoother(image, Sigmas<ImageType>(0.05), 1);
  for (itk::ImageRegionConstIteratorWithIndex<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const RegionType voxel(it.GetIndex(), { { 1, 1, 1 } });
    const RegionType box = smoother.GetInputRegion(voxel);
    EXPECT_TRUE(box.IsInside(voxel));
    EXPECT_TRUE(image->GetBufferedRegion().IsInside(box));
    EXPECT_EQ(box.GetSize(), (RegionType::SizeType{ { 4, 4, 4 } }));
  }
}

TEST(RegionalGaussianSmoother, StepJustBeyondMarginIsBelowErrorBound)
{
  constexpr unsigned int  n = 120;
  const Sigmas<ImageType> sigmas(4.0);
  const auto              image = ImageType::New();
  image->SetRegions(ImageType::SizeType{ { n, 6, 6 } });
  image->AllocateInitialized();
  const RegionType region({ { 0, 0, 0 } }, { { 20, 6, 6 } });
  const RegionType box = Smoother<ImageType>(image, sigmas, 1).GetInputRegion(region);
  ASSERT_EQ(box, RegionType({ { 0, 0, 0 } }, { { 20 + 48, 6, 6 } }));
  for (itk::ImageRegionConstIteratorWithIndex<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    image->SetPixel(it.GetIndex(), box.IsInside(it.GetIndex()) ? 0.0F : 1.0F);
  }
  const auto   whole = SmoothWithStock<ImageType>(image, sigmas);
  const auto   part = Smoother<ImageType>(image, sigmas, 1).Smooth(region);
  const double error = GetLargestDifference(*part, *whole);
  EXPECT_LE(error, 1.25e-8);
  EXPECT_GT(error, 0.0) << "The region has been computed from more than the box.";
}

TEST(RegionalGaussianSmoother, DoesNotDependOnNumberOfWorkUnits)
{
  const auto image = MakeImage<ImageType>({ { 70, 45, 30 } });
  for (const itk::SizeValueType thickness : { 1, 4, 30 })
  {
    RegionType region = image->GetBufferedRegion();
    region.SetSize(1, 21);
    region.SetSize(2, thickness);
    const auto sigmas = MakeSigmas<ImageType>();
    const auto expected = Smoother<ImageType>(image, sigmas, 1).Smooth(region);
    for (const itk::ThreadIdType numberOfWorkUnits : { 0, 2, 5, 64 })
    {
      const auto actual = Smoother<ImageType>(image, sigmas, numberOfWorkUnits).Smooth(region);
      EXPECT_TRUE(HaveEqualBuffers(*actual, *expected)) << numberOfWorkUnits << " work units, " << region;
    }
  }
}

TEST(RegionalGaussianSmoother, TakesBufferForWholeImage)
{
  const auto image = MakeImage<ImageType>({ { 20, 15, 10 } });
  const auto sigmas = MakeSigmas<ImageType>();
  const auto expected = Smoother<ImageType>(image, sigmas, 1).Smooth(image->GetBufferedRegion());
  RegionType largest = image->GetBufferedRegion();
  largest.PadByRadius(3);
  image->SetLargestPossibleRegion(largest);
  const Smoother<ImageType> smoother(image, sigmas, 1);
  const auto                actual = smoother.Smooth(image->GetBufferedRegion());
  EXPECT_EQ(actual->GetLargestPossibleRegion(), largest);
  EXPECT_TRUE(HaveEqualBuffers(*actual, *expected));
  EXPECT_THROW(smoother.Smooth(largest), itk::ExceptionObject);
}

TEST(RegionalGaussianSmoother, ThrowsForInvalidInput)
{
  const auto image = MakeImage<ImageType>({ { 9, 8, 7 } });
  const auto sigmas = MakeSigmas<ImageType>();
  EXPECT_THROW(Smoother<ImageType>(nullptr, sigmas, 1), itk::ExceptionObject);
  EXPECT_THROW(Smoother<ImageType>(image, Sigmas<ImageType>(0.0), 1), itk::ExceptionObject);
  EXPECT_THROW(Smoother<ImageType>(image, Sigmas<ImageType>(std::nan("")), 1), itk::ExceptionObject);

  const Smoother<ImageType> smoother(image, sigmas, 1);
  RegionType                region = image->GetBufferedRegion();
  region.SetIndex(2, region.GetIndex(2) + 1);
  EXPECT_THROW(smoother.Smooth(region), itk::ExceptionObject);
  region.SetSize(2, 0);
  EXPECT_THROW(smoother.Smooth(region), itk::ExceptionObject);

  const auto thin = MakeImage<ImageType>({ { 9, 3, 7 } });
  EXPECT_THROW(Smoother<ImageType>(thin, sigmas, 1), itk::ExceptionObject);
  EXPECT_THROW(SmoothWithStock<ImageType>(thin, sigmas), itk::ExceptionObject);
}

TEST(RegionalGaussianSmoother, TellsWhichImagesAreSupported)
{
  static_assert(Smoother<itk::Image<float, 2>>::IsSupported);
  static_assert(Smoother<itk::Image<short, 4>>::IsSupported);
  static_assert(!Smoother<itk::Image<float, 1>>::IsSupported);
  static_assert(!Smoother<itk::Image<long double, 3>>::IsSupported);
  static_assert(!Smoother<itk::Image<std::complex<float>, 3>>::IsSupported);
  SUCCEED();
}

} // namespace RegionalGaussianSmootherGTest
