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
#include "sampler/itkIndexedMask.h"

#include "itkSampledMetricTestHelpers.h"

#include "itkEllipseSpatialObject.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <type_traits>

/** Positions are inside a mask where SpatialObject::IsInsideInWorldSpace() says so. */
namespace IndexedMaskGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
using MaskOf = itk::ImageMaskSpatialObject<VDimension>;

/** Speckle on a grid. */
template <unsigned int VDimension>
typename MaskOf<VDimension>::Pointer
MakeSpeckle(const itk::ImageBase<VDimension> & grid, std::mt19937 & random)
{
  const auto image = MaskOf<VDimension>::ImageType::New();
  image->CopyInformation(&grid);
  image->SetRegions(grid.GetLargestPossibleRegion());
  image->Allocate();
  for (itk::SizeValueType n = 0; n < grid.GetLargestPossibleRegion().GetNumberOfPixels(); ++n)
  {
    image->GetBufferPointer()[n] = static_cast<unsigned char>(random() % 3);
  }
  const auto mask = MaskOf<VDimension>::New();
  mask->SetImage(image);
  mask->Update();
  return mask;
}

/** At positions in the grid and around it: as the mask has it. */
template <unsigned int VDimension>
void
ExpectSame(const itk::SpatialObject<VDimension> & mask, const itk::ImageBase<VDimension> & grid, std::mt19937 & random)
{
  itk::IndexedMask<VDimension> indexed;
  indexed.Set(&mask, grid);
  EXPECT_FALSE(indexed.IsEverywhere());
  const auto &                     region = grid.GetLargestPossibleRegion();
  std::uniform_real_distribution<> share(-0.2, 1.2);
  unsigned int                     inside = 0;
  constexpr unsigned int           trials = 2000;
  for (unsigned int trial = 0; trial < trials; ++trial)
  {
    itk::ContinuousIndex<double, VDimension> index;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      index[d] = static_cast<double>(region.GetIndex(d)) + share(random) * static_cast<double>(region.GetSize(d));
    }
    const bool isInside =
      mask.IsInsideInWorldSpace(grid.template TransformContinuousIndexToPhysicalPoint<double>(index));
    ASSERT_EQ(indexed.IsInside(index), isInside) << index;
    inside += isInside ? 1 : 0;
  }
  EXPECT_GT(inside, trials / 50);
  EXPECT_LT(inside, trials);
  itk::ContinuousIndex<double, VDimension> nowhere;
  for (const double value : { std::numeric_limits<double>::quiet_NaN(), 1e300, -1e300 })
  {
    nowhere.Fill(value);
    EXPECT_FALSE(indexed.IsInside(nowhere));
  }
}

template <typename T>
class IndexedMaskOf : public testing::Test
{};
using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;
TYPED_TEST_SUITE(IndexedMaskOf, Dimensions);

TYPED_TEST(IndexedMaskOf, MaskImagesOnTheGridAndOnOthers)
{
  constexpr unsigned int dimension = TypeParam::value;
  std::mt19937           random(1);
  for (unsigned int trial = 0; trial < 10; ++trial)
  {
    const auto grid = MakeObliqueGrid<dimension>(random, 12);
    ExpectSame<dimension>(*MakeSpeckle<dimension>(*grid, random), *grid, random);
    ExpectSame<dimension>(*MakeSpeckle<dimension>(*MakeObliqueGrid<dimension>(random, 15), random), *grid, random);
    // With the same axes, shifted by a part of a voxel.
    const auto shifted = itk::ImageBase<dimension>::New();
    shifted->CopyInformation(grid);
    shifted->SetRegions(grid->GetLargestPossibleRegion());
    itk::ContinuousIndex<double, dimension> corner;
    corner.Fill(0.3);
    shifted->SetOrigin(grid->template TransformContinuousIndexToPhysicalPoint<double>(corner));
    ExpectSame<dimension>(*MakeSpeckle<dimension>(*shifted, random), *grid, random);
  }
}

/** On the same grid, no rounding decides: half of a voxel is the next one. */
TYPED_TEST(IndexedMaskOf, HalvesGoUp)
{
  constexpr unsigned int      dimension = TypeParam::value;
  std::mt19937                random(2);
  const auto                  grid = MakeObliqueGrid<dimension>(random, 12);
  const auto                  mask = MakeSpeckle<dimension>(*grid, random);
  itk::IndexedMask<dimension> indexed;
  indexed.Set(mask, *grid);
  for (unsigned int trial = 0; trial < 500; ++trial)
  {
    itk::Index<dimension>                   voxel;
    itk::ContinuousIndex<double, dimension> index;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      voxel[d] = grid->GetLargestPossibleRegion().GetIndex(d) + static_cast<itk::IndexValueType>(random() % 12);
      index[d] = static_cast<double>(voxel[d]) - 0.5;
    }
    EXPECT_EQ(indexed.IsInside(index), mask->GetImage()->GetPixel(voxel) != 0);
  }
}

TYPED_TEST(IndexedMaskOf, OtherMasks)
{
  constexpr unsigned int dimension = TypeParam::value;
  std::mt19937           random(3);
  const auto             grid = MakeObliqueGrid<dimension>(random, 12);
  // One value of several, and one that is moved.
  const auto value = MakeSpeckle<dimension>(*grid, random);
  value->SetMaskValue(2);
  value->SetUseMaskValue(true);
  ExpectSame<dimension>(*value, *grid, random);
  const auto moved = MakeSpeckle<dimension>(*grid, random);
  const auto shift = MaskOf<dimension>::TransformType::New();
  auto       offset = shift->GetOffset();
  offset.Fill(1.7);
  shift->SetOffset(offset);
  moved->SetObjectToWorldTransform(shift);
  moved->Update();
  ExpectSame<dimension>(*moved, *grid, random);
  const auto ellipse = itk::EllipseSpatialObject<dimension>::New();
  ellipse->SetRadiusInObjectSpace(4.0);
  ellipse->Update();
  ExpectSame<dimension>(*ellipse, *grid, random);

  itk::IndexedMask<dimension> none;
  none.Set(nullptr, *grid);
  EXPECT_TRUE(none.IsEverywhere());
  itk::ContinuousIndex<double, dimension> index;
  index.Fill(0.0);
  EXPECT_TRUE(none.IsInside(index));
}
} // namespace IndexedMaskGTest
