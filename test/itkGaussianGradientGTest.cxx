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
#include "smoothing/itkGaussianGradient.h"

#include "itkGradientRecursiveGaussianImageFilter.h"
#include "itkImageRegionConstIteratorWithIndex.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace GaussianGradientGTest
{
template <typename TImage>
using GradientOf = itk::GaussianGradient<typename TImage::PixelType, TImage::ImageDimension>;

/** Values in [0, 1] on an anisotropic grid, whose axes are turned, and need not be at right angles. */
template <typename TImage>
typename TImage::Pointer
MakeImage(std::mt19937 & random, itk::SizeValueType size, double skew)
{
  constexpr unsigned int         dimension = TImage::ImageDimension;
  const auto                     image = TImage::New();
  typename TImage::RegionType    region;
  typename TImage::SpacingType   spacing;
  typename TImage::DirectionType direction;
  direction.SetIdentity();
  for (unsigned int d = 0; d < dimension; ++d)
  {
    region.SetIndex(d, 4 - 3 * static_cast<itk::IndexValueType>(d));
    region.SetSize(d, size + 3 * d);
    spacing[d] = 0.7 + 0.4 * d;
  }
  direction(0, 0) = 0.6;
  direction(0, 1) = -0.8 + skew;
  direction(1, 0) = 0.8;
  direction(1, 1) = 0.6;
  image->SetRegions(region);
  image->SetSpacing(spacing);
  image->SetDirection(direction);
  image->Allocate();
  std::uniform_real_distribution<> value(0.0, 1.0);
  std::generate_n(image->GetBufferPointer(), region.GetNumberOfPixels(), [&] {
    return static_cast<typename TImage::PixelType>(value(random));
  });
  return image;
}

/** As ImageToImageMetricv4 sets it up: in physical space. */
template <typename TImage>
typename itk::Image<itk::CovariantVector<double, TImage::ImageDimension>, TImage::ImageDimension>::Pointer
MakeStock(TImage & image)
{
  using GradientType = itk::CovariantVector<double, TImage::ImageDimension>;
  using FilterType =
    itk::GradientRecursiveGaussianImageFilter<TImage, itk::Image<GradientType, TImage::ImageDimension>>;
  const auto   filter = FilterType::New();
  const auto & spacing = image.GetSpacing();
  filter->SetInput(&image);
  filter->SetSigma(*std::max_element(spacing.Begin(), spacing.End()));
  filter->SetNormalizeAcrossScale(true);
  filter->SetUseImageDirection(true);
  filter->Update();
  return filter->GetOutput();
}

/** The greatest difference, after what is in physical space was taken to indices. */
template <typename TImage, typename TGradients, typename TStock>
double
FindGreatestDifference(const TImage & image, const TGradients & actual, const TStock & expected)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto &           direction = image.GetDirection();
  double                 greatest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<TGradients> it(&actual, actual.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto & physical = expected.GetPixel(it.GetIndex());
    for (unsigned int d = 0; d < dimension; ++d)
    {
      // A step along an axis of the grid, as a vector, times the gradient.
      double alongAxis = 0.0;
      for (unsigned int e = 0; e < dimension; ++e)
      {
        alongAxis += direction(e, d) * image.GetSpacing()[d] * physical[e];
      }
      const double difference = std::abs(static_cast<double>(it.Get()[d]) - alongAxis);
      greatest = difference <= greatest ? greatest : difference; // a NaN counts
    }
  }
  return greatest;
}

template <typename TImage>
void
ExpectThatOfStock(itk::SizeValueType size)
{
  std::mt19937 random;
  for (const double skew : { 0.0, 0.3 })
  {
    SCOPED_TRACE(skew);
    const auto image = MakeImage<TImage>(random, size, skew);
    const auto stock = MakeStock(*image);
    const auto whole = image->GetBufferedRegion();
    const auto gradients = GradientOf<TImage>::Compute(*image, whole, 3);
    EXPECT_EQ(gradients->GetBufferedRegion(), whole);
    EXPECT_LE(FindGreatestDifference(*image, *gradients, *stock), 1e-6);

    for (unsigned int n = 0; n < 5; ++n)
    {
      auto part = whole;
      for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
      {
        part.SetSize(d, 1 + random() % whole.GetSize(d));
        const auto gap = whole.GetSize(d) - part.GetSize(d);
        part.SetIndex(d, whole.GetIndex(d) + static_cast<itk::IndexValueType>(random() % (gap + 1)));
      }
      SCOPED_TRACE(part);
      const auto ofPart = GradientOf<TImage>::Compute(*image, part, 2);
      EXPECT_EQ(ofPart->GetBufferedRegion(), part);
      EXPECT_LE(FindGreatestDifference(*image, *ofPart, *stock), 1e-6);
    }
  }
}

TEST(GaussianGradient, IsThatOfStock)
{
  ExpectThatOfStock<itk::Image<float, 2>>(61);
  ExpectThatOfStock<itk::Image<double, 2>>(4);
  ExpectThatOfStock<itk::Image<float, 3>>(35);
  ExpectThatOfStock<itk::Image<double, 3>>(9);
  ExpectThatOfStock<itk::Image<float, 4>>(8);
}

/** A buffer that ends with the input region has the gradient of the whole image in the region. */
TEST(GaussianGradient, NeedsNoMoreThanTheInputRegion)
{
  using ImageType = itk::Image<float, 2>;
  std::mt19937                random;
  const auto                  image = MakeImage<ImageType>(random, 120, 0.0);
  const auto                  whole = image->GetBufferedRegion();
  const ImageType::RegionType region({ { 50, 4 } }, { { 9, 12 } });
  const auto                  inputs = GradientOf<ImageType>::GetInputRegion(*image, region, whole);
  EXPECT_TRUE(whole.IsInside(inputs));
  EXPECT_TRUE(inputs.IsInside(region));
  EXPECT_LT(inputs.GetNumberOfPixels(), whole.GetNumberOfPixels() / 2);

  const auto part = ImageType::New();
  part->CopyInformation(image);
  part->SetBufferedRegion(inputs);
  part->Allocate();
  for (itk::ImageRegionConstIteratorWithIndex<ImageType> it(image, inputs); !it.IsAtEnd(); ++it)
  {
    part->SetPixel(it.GetIndex(), it.Get());
  }
  const auto gradients = GradientOf<ImageType>::Compute(*part, region, 1);
  EXPECT_LE(FindGreatestDifference(*image, *gradients, *MakeStock(*image)), 1e-6);
}

/** One pixel that is no number spoils nothing far from it. */
TEST(GaussianGradient, GapsAreFilled)
{
  using ImageType = itk::Image<float, 2>;
  std::mt19937 random;
  const auto   image = MakeImage<ImageType>(random, 90, 0.0);
  const auto   stock = MakeStock(*image);
  stock->DisconnectPipeline();
  image->SetPixel({ { 40, 40 } }, std::numeric_limits<float>::quiet_NaN());
  const auto                  gradients = GradientOf<ImageType>::Compute(*image, image->GetBufferedRegion(), 1);
  const ImageType::RegionType far({ { 65, 10 } }, { { 20, 60 } });
  for (itk::ImageRegionConstIteratorWithIndex<GradientOf<ImageType>::GradientImageType> it(gradients,
                                                                                           image->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    EXPECT_TRUE(std::isfinite(it.Get()[0]) && std::isfinite(it.Get()[1])) << it.GetIndex();
  }
  EXPECT_LE(FindGreatestDifference(*image, *GradientOf<ImageType>::Compute(*image, far, 1), *stock), 1e-6);
}

} // namespace GaussianGradientGTest
