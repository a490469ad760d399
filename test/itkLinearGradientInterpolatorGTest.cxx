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
#include "metric/itkLinearGradientInterpolator.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "geometry/itkGridGeometry.h"
#include "itkLinearInterpolateImageFunction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace LinearGradientInterpolatorGTest
{
using namespace itk::MaskedSamplingTest;

template <typename TImage>
using InterpolatorOf = itk::LinearGradientInterpolator<TImage>;
template <typename TImage>
using StateOf = typename InterpolatorOf<TImage>::StateEnum;
template <unsigned int VDimension>
using FindPosition = itk::ContinuousIndex<double, VDimension>;

/** What became of a point. */
template <typename TImage>
struct Answer
{
  StateOf<TImage>                            State{};
  double                                     Value{};
  std::array<double, TImage::ImageDimension> Gradient{};
};

template <typename TImage>
std::vector<Answer<TImage>>
Evaluate(const InterpolatorOf<TImage> &                            interpolator,
         const std::vector<FindPosition<TImage::ImageDimension>> & positions)
{
  using BatchType = typename InterpolatorOf<TImage>::BatchType;
  constexpr size_t            batchSize = InterpolatorOf<TImage>::BatchSize;
  const auto                  batch = std::make_unique<BatchType>();
  std::vector<Answer<TImage>> answers(positions.size());
  for (size_t start = 0; start < positions.size(); start += batchSize)
  {
    batch->Count = static_cast<unsigned int>(std::min(batchSize, positions.size() - start));
    for (unsigned int i = 0; i < batch->Count; ++i)
    {
      for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
      {
        batch->Index[d][i] = positions[start + i][d];
      }
    }
    interpolator.Evaluate(*batch);
    for (unsigned int i = 0; i < batch->Count; ++i)
    {
      auto & answer = answers[start + i];
      answer.State = batch->State[i];
      answer.Value = batch->Value[i];
      for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
      {
        answer.Gradient[d] = batch->Gradient[d][i];
      }
    }
  }
  return answers;
}

template <typename TImage>
typename TImage::Pointer
MakeNoise(const typename TImage::RegionType & region, std::mt19937 & random)
{
  auto image = TImage::New();
  image->SetRegions(region);
  image->Allocate();
  for (itk::ImageRegionIterator<TImage> it(image, region); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<typename TImage::PixelType>(std::uniform_real_distribution<>(-100.0, 100.0)(random)));
  }
  return image;
}

template <unsigned int VDimension>
itk::ImageRegion<VDimension>
MakeRandomRegion(std::mt19937 & random, int smallest, int greatest)
{
  itk::ImageRegion<VDimension> region;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    region.SetIndex(d, std::uniform_int_distribution<>(-20, 20)(random));
    region.SetSize(d, static_cast<itk::SizeValueType>(std::uniform_int_distribution<>(smallest, greatest)(random)));
  }
  return region;
}

/** Along each axis at random: between centres, on a centre, on an outermost one, in the half voxel around these, at the
 * very border, outside. */
template <unsigned int VDimension>
std::vector<FindPosition<VDimension>>
MakePositions(const itk::ImageRegion<VDimension> & region, std::mt19937 & random, size_t number)
{
  constexpr double                      infinity = std::numeric_limits<double>::infinity();
  constexpr double                      nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double>             oddities{ nan, infinity, -infinity, 1e300, -1e300, 1e18, -1e18 };
  std::vector<FindPosition<VDimension>> positions(number);
  for (auto & position : positions)
  {
    const bool isOdd = random() % 50 == 0;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto   first = static_cast<double>(region.GetIndex(d));
      const auto   last = first + static_cast<double>(region.GetSize(d) - 1);
      const auto   between = [&](double a, double b) { return std::uniform_real_distribution<>(a, b)(random); };
      const double choices[] = { between(first, std::nextafter(last, infinity)),
                                 between(first, std::nextafter(last, infinity)),
                                 between(first, std::nextafter(last, infinity)),
                                 std::floor(between(first, last + 1.0)),
                                 first,
                                 last,
                                 between(first - 0.5, first),
                                 between(last, last + 0.5),
                                 first - 0.5,
                                 last + 0.5,
                                 std::nextafter(last + 0.5, -infinity),
                                 std::nextafter(first - 0.5, -infinity) };
      position[d] = choices[random() % std::size(choices)];
      if (random() % 20 == 0)
      {
        position[d] = between(first - 3.0, last + 3.0);
      }
      if (isOdd && random() % 2 == 0)
      {
        position[d] = oddities[random() % oddities.size()];
      }
    }
  }
  return positions;
}

/** The derivative of ITK's interpolant along an axis, by a difference within one cell, where the interpolant is linear
 * along an axis; at a centre, by the central difference of half a voxel, which is the mean of both sides (beyond the
 * outermost centres the interpolant is constant). */
template <typename TImage>
double
DifferentiateAlong(const itk::LinearInterpolateImageFunction<TImage, double> & stock,
                   const itk::ImageRegion<TImage::ImageDimension> &            region,
                   const FindPosition<TImage::ImageDimension> &                position,
                   unsigned int                                                d)
{
  const auto first = static_cast<double>(region.GetIndex(d));
  const auto last = first + static_cast<double>(region.GetSize(d) - 1);
  auto       lower = position;
  auto       upper = position;
  if (position[d] == std::floor(position[d]))
  {
    lower[d] = position[d] - 0.5;
    upper[d] = position[d] + 0.5;
  }
  else if (position[d] < first || position[d] > last)
  {
    return 0.0;
  }
  else
  {
    lower[d] = std::floor(position[d]);
    upper[d] = lower[d] + 1.0;
  }
  return stock.EvaluateAtContinuousIndex(upper) - stock.EvaluateAtContinuousIndex(lower);
}

/** Expect, for an image and all points, the state and value of ITK's interpolator, and the derivative of that. */
template <typename TImage>
void
ExpectIsStock(const TImage & image, const std::vector<FindPosition<TImage::ImageDimension>> & positions)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             region = image.GetBufferedRegion();
  const auto             stock = itk::LinearInterpolateImageFunction<TImage, double>::New();
  stock->SetInputImage(&image);
  InterpolatorOf<TImage> interpolator;
  interpolator.SetImage(image, region);
  const auto answers = Evaluate(interpolator, positions);
  size_t     numberInside = 0;
  for (size_t n = 0; n < positions.size(); ++n)
  {
    const bool isInside = stock->IsInsideBuffer(positions[n]);
    ASSERT_EQ(answers[n].State, isInside ? StateOf<TImage>::Inside : StateOf<TImage>::Outside) << positions[n];
    if (!isInside)
    {
      continue;
    }
    ++numberInside;
    // 15 digits of the greatest pixel.
    ASSERT_NEAR(answers[n].Value, stock->EvaluateAtContinuousIndex(positions[n]), 1e-12) << positions[n];
    for (unsigned int d = 0; d < dimension; ++d)
    {
      ASSERT_NEAR(answers[n].Gradient[d], DifferentiateAlong(*stock, region, positions[n], d), 1e-11)
        << positions[n] << " along " << d;
    }
  }
  EXPECT_GT(numberInside, positions.size() / 20);
  EXPECT_LT(numberInside, positions.size());
}

template <typename TImage>
void
ExpectIsStockOnRandomGrids(unsigned int seed, int smallest, int greatest)
{
  std::mt19937 random(seed);
  for (int repetition = 0; repetition < 30; ++repetition)
  {
    const auto region = MakeRandomRegion<TImage::ImageDimension>(random, smallest, greatest);
    const auto image = MakeNoise<TImage>(region, random);
    ExpectIsStock(*image, MakePositions(region, random, 2000));
  }
}

/** The corners that a point needs, with those on both sides of a centre: none, if it is outside a region. */
template <unsigned int VDimension>
itk::ImageRegion<VDimension>
FindCorners(const itk::ImageRegion<VDimension> & region, const FindPosition<VDimension> & position)
{
  itk::ImageRegion<VDimension> corners;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto first = static_cast<double>(region.GetIndex(d));
    const auto last = first + static_cast<double>(region.GetSize(d) - 1);
    if (!(position[d] >= first - 0.5 && position[d] < last + 0.5))
    {
      return itk::ImageRegion<VDimension>();
    }
    const double clamped = std::max(std::min(position[d], last), first);
    const bool   isOnCenter = position[d] == std::floor(position[d]);
    const double lower = std::max(isOnCenter ? clamped - 1.0 : std::min(std::floor(clamped), last - 1.0), first);
    const double upper = std::min(isOnCenter ? clamped + 1.0 : lower + 1.0, last);
    corners.SetIndex(d, static_cast<itk::IndexValueType>(lower));
    corners.SetSize(d, static_cast<itk::SizeValueType>(upper - lower) + 1);
  }
  return corners;
}

/** The smallest region that holds all pixels of two regions. */
template <unsigned int VDimension>
itk::ImageRegion<VDimension>
UniteByBruteForce(const itk::ImageRegion<VDimension> & a, const itk::ImageRegion<VDimension> & b)
{
  itk::Index<VDimension> lower = itk::Index<VDimension>::Filled(1000000);
  itk::Index<VDimension> upper = itk::Index<VDimension>::Filled(-1000000);
  for (const auto & region : { a, b })
  {
    for (itk::SizeValueType n = 0; n < region.GetNumberOfPixels(); ++n)
    {
      auto rest = n;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const auto index = region.GetIndex(d) + static_cast<itk::IndexValueType>(rest % region.GetSize(d));
        lower[d] = std::min(lower[d], index);
        upper[d] = std::max(upper[d], index);
        rest /= region.GetSize(d);
      }
    }
  }
  itk::ImageRegion<VDimension> united;
  if (lower[0] <= upper[0])
  {
    united.SetIndex(lower);
    united.SetUpperIndex(upper);
  }
  return united;
}

template <typename TImage>
void
ExpectPartOfBufferIsWhole(unsigned int seed, int smallest, int greatest)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  using BatchType = typename InterpolatorOf<TImage>::BatchType;
  std::mt19937 random(seed);
  size_t       numberMissing = 0;
  size_t       numberInside = 0;
  for (int repetition = 0; repetition < 30; ++repetition)
  {
    const auto region = MakeRandomRegion<dimension>(random, smallest, greatest);
    const auto image = MakeNoise<TImage>(region, random);
    const auto part = MakeRandomSubregion(region, random);
    const auto partOfImage = KeepOnlyInBuffer(*image, part);
    const auto positions = MakePositions(region, random, InterpolatorOf<TImage>::BatchSize);

    InterpolatorOf<TImage> whole;
    whole.SetImage(*image, region);
    InterpolatorOf<TImage> partial;
    partial.SetImage(*partOfImage, region);
    const auto expected = Evaluate(whole, positions);
    const auto answers = Evaluate(partial, positions);
    const auto batch = std::make_unique<BatchType>();
    batch->Count = static_cast<unsigned int>(positions.size());
    itk::ImageRegion<dimension> missing;
    for (size_t n = 0; n < positions.size(); ++n)
    {
      const auto corners = FindCorners(region, positions[n]);
      const bool isMissing = corners.GetNumberOfPixels() > 0 && !part.IsInside(corners);
      ASSERT_EQ(answers[n].State, isMissing ? StateOf<TImage>::Missing : expected[n].State) << positions[n];
      missing = isMissing ? UniteByBruteForce(missing, corners) : missing;
      numberMissing += isMissing ? 1 : 0;
      if (answers[n].State == StateOf<TImage>::Inside)
      {
        ++numberInside;
        ASSERT_EQ(answers[n].Value, expected[n].Value); // The same bits.
        ASSERT_EQ(answers[n].Gradient, expected[n].Gradient);
      }
      for (unsigned int d = 0; d < dimension; ++d)
      {
        batch->Index[d][n] = positions[n][d];
      }
      batch->State[n] = answers[n].State;
    }
    EXPECT_EQ(partial.ExtendByMissing(*batch, {}), missing);
    EXPECT_EQ(partial.ExtendByMissing(*batch, part), UniteByBruteForce(part, missing));
  }
  EXPECT_GT(numberMissing, 50u);
  EXPECT_GT(numberInside, 50u);
}

TEST(LinearGradientInterpolator, IsStocksOnRandomGrids)
{
  ExpectIsStockOnRandomGrids<itk::Image<double, 2>>(1, 2, 12);
  ExpectIsStockOnRandomGrids<itk::Image<float, 2>>(2, 2, 12);
  ExpectIsStockOnRandomGrids<itk::Image<double, 3>>(3, 2, 8);
  ExpectIsStockOnRandomGrids<itk::Image<float, 3>>(4, 2, 8);
  ExpectIsStockOnRandomGrids<itk::Image<double, 4>>(5, 2, 5);
}

TEST(LinearGradientInterpolator, IsStocksWhereImageIsThin)
{
  ExpectIsStockOnRandomGrids<itk::Image<double, 2>>(6, 1, 3);
  ExpectIsStockOnRandomGrids<itk::Image<double, 3>>(7, 1, 3);
  ExpectIsStockOnRandomGrids<itk::Image<double, 4>>(8, 1, 2);
}

TEST(LinearGradientInterpolator, IsStocksOnOneVoxel)
{
  std::mt19937 random(9);
  const auto   region = MakeRandomRegion<3>(random, 1, 1);
  ExpectIsStock(*MakeNoise<itk::Image<float, 3>>(region, random), MakePositions(region, random, 2000));
}

TEST(LinearGradientInterpolator, DoesNotTouchWhatIsBeyondTheCount)
{
  using ImageType = itk::Image<float, 2>;
  std::mt19937              random(10);
  const auto                region = MakeRandomRegion<2>(random, 5, 5);
  const auto                image = MakeNoise<ImageType>(region, random);
  InterpolatorOf<ImageType> interpolator;
  interpolator.SetImage(*image, region);
  InterpolatorOf<ImageType>::BatchType batch{};
  batch.Count = 1;
  batch.State[1] = StateOf<ImageType>::Missing;
  batch.Value[1] = 5.0;
  for (unsigned int d = 0; d < 2; ++d)
  {
    batch.Index[d].fill(static_cast<double>(region.GetIndex(d)) + 1.5);
  }
  interpolator.Evaluate(batch);
  EXPECT_EQ(batch.State[0], StateOf<ImageType>::Inside);
  EXPECT_EQ(batch.State[1], StateOf<ImageType>::Missing);
  EXPECT_EQ(batch.Value[1], 5.0);
  EXPECT_EQ(interpolator.ExtendByMissing(batch, {}), itk::ImageRegion<2>());
}

TEST(LinearGradientInterpolator, MissesOnlyWhatIsBeyondTheBuffer)
{
  ExpectPartOfBufferIsWhole<itk::Image<double, 2>>(11, 2, 12);
  ExpectPartOfBufferIsWhole<itk::Image<float, 3>>(12, 2, 8);
  ExpectPartOfBufferIsWhole<itk::Image<double, 3>>(13, 1, 4);
}

/** A region that is smaller than the buffer: points outside the region are outside. */
TEST(LinearGradientInterpolator, KeepsToTheRegion)
{
  using ImageType = itk::Image<double, 2>;
  std::mt19937 random(14);
  for (int repetition = 0; repetition < 20; ++repetition)
  {
    const auto region = MakeRandomRegion<2>(random, 4, 12);
    const auto image = MakeNoise<ImageType>(region, random);
    const auto inner = MakeRandomSubregion(region, random);
    const auto positions = MakePositions(inner, random, 1000);

    InterpolatorOf<ImageType> interpolator;
    interpolator.SetImage(*image, inner);
    const auto                answers = Evaluate(interpolator, positions);
    const auto                part = KeepOnlyInBuffer(*image, inner);
    InterpolatorOf<ImageType> ofPart;
    ofPart.SetImage(*part, inner);
    const auto expected = Evaluate(ofPart, positions);
    for (size_t n = 0; n < positions.size(); ++n)
    {
      ASSERT_EQ(answers[n].State, expected[n].State) << positions[n];
      if (answers[n].State == StateOf<ImageType>::Inside)
      {
        ASSERT_EQ(answers[n].Value, expected[n].Value);
        ASSERT_EQ(answers[n].Gradient, expected[n].Gradient);
      }
    }
  }
}

TEST(LinearGradientInterpolator, UnitesRegions)
{
  std::mt19937 random(15);
  for (int repetition = 0; repetition < 200; ++repetition)
  {
    const auto a = MakeRandomRegion<3>(random, 0, 4);
    const auto b = MakeRandomRegion<3>(random, 0, 4);
    const auto united = itk::GridGeometry<3>::Unite(a, b);
    const auto expected = UniteByBruteForce(a, b);
    if (expected.GetNumberOfPixels() > 0)
    {
      EXPECT_EQ(united, expected);
    }
    else
    {
      EXPECT_EQ(united.GetNumberOfPixels(), 0u);
    }
  }
}

} // namespace LinearGradientInterpolatorGTest
