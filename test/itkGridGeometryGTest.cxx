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
#include "geometry/itkGridGeometry.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkShrinkImageFilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace GridGeometryGTest
{
using namespace itk::MaskedSamplingTest;
using itk::IndexValueType;
using itk::SizeValueType;

/** What the filter that registration methods of ITK shrink the domain with makes of a grid. */
template <unsigned int VDimension>
typename itk::ImageBase<VDimension>::Pointer
ShrinkByFilter(const itk::ImageBase<VDimension> & grid, const itk::FixedArray<unsigned int, VDimension> & factors)
{
  using ImageType = itk::Image<unsigned char, VDimension>;
  const auto header = ImageType::New();
  header->CopyInformation(&grid);
  header->SetRegions(grid.GetLargestPossibleRegion());
  const auto filter = itk::ShrinkImageFilter<ImageType, ImageType>::New();
  filter->SetInput(header);
  filter->SetShrinkFactors(factors);
  filter->UpdateOutputInformation();
  return filter->GetOutput();
}

template <unsigned int VDimension>
void
ExpectShrinksAsTheFilter()
{
  std::mt19937                                random(VDimension);
  std::uniform_int_distribution<unsigned int> factor(1, 9);
  unsigned int                                numberOfWideFactors = 0;
  for (int run = 0; run < 300; ++run)
  {
    const auto                                grid = MakeRandomGrid<MaskImageType<VDimension>>(random, 12, 0);
    itk::FixedArray<unsigned int, VDimension> factors;
    auto                                      region = grid->GetLargestPossibleRegion();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      factors[d] = factor(random);
      // ITK's filter refuses a region that is narrower than the factor and starts elsewhere than at 0.
      if (factors[d] > region.GetSize(d))
      {
        region.SetIndex(d, 0);
        ++numberOfWideFactors;
      }
    }
    grid->SetRegions(region);
    const auto expected = ShrinkByFilter<VDimension>(*grid, factors);
    const auto shrunken = itk::GridGeometry<VDimension>::Shrink(*grid, factors);
    ASSERT_EQ(shrunken->GetLargestPossibleRegion(), expected->GetLargestPossibleRegion()) << factors;
    ASSERT_EQ(shrunken->GetBufferedRegion(), expected->GetLargestPossibleRegion()) << factors;
    // To the bit.
    ASSERT_TRUE(itk::GridGeometry<VDimension>::IsSame(*shrunken, *expected))
      << factors << ": " << shrunken->GetOrigin() << " instead of " << expected->GetOrigin();
  }
  EXPECT_GT(numberOfWideFactors, 50U);
}

/** Every index of a region that is a little wider than another. */
template <unsigned int VDimension, typename TFunction>
void
ForEachIndexAround(itk::ImageRegion<VDimension> region, const TFunction & function)
{
  region.PadByRadius(2);
  const auto grid = itk::ImageBase<VDimension>::New();
  grid->SetRegions(region);
  for (const auto & index : ListByBruteForce<VDimension>(grid, region, nullptr, nullptr, nullptr))
  {
    function(index);
  }
}

template <unsigned int VDimension>
void
ExpectGridOfARegionIsThatPartOfSpace()
{
  std::mt19937 random(9 + VDimension);
  for (int run = 0; run < 20; ++run)
  {
    const auto grid = MakeRandomGrid<MaskImageType<VDimension>>(random, VDimension == 4 ? 6 : 15, 0);
    const auto region = MakeRandomSubregion<VDimension>(grid->GetLargestPossibleRegion(), random);
    const auto cropped = itk::GridGeometry<VDimension>::Crop(*grid, region);
    const auto reindexed = itk::GridGeometry<VDimension>::Reindex(*grid, region);
    EXPECT_EQ(cropped->GetLargestPossibleRegion(), region);
    EXPECT_TRUE(itk::GridGeometry<VDimension>::IsSame(*cropped, *grid));
    EXPECT_EQ(reindexed.Grid->GetLargestPossibleRegion(), itk::ImageRegion<VDimension>(region.GetSize()));
    EXPECT_EQ(reindexed(region), reindexed.Grid->GetLargestPossibleRegion());
    // What is told in indices is where it was, once it is shifted; also what is outside.
    const auto part = MakeRandomSubregion<VDimension>(grid->GetLargestPossibleRegion(), random);
    const auto shifted = reindexed(part);
    EXPECT_EQ(shifted.GetSize(), part.GetSize());
    ForEachIndexAround<VDimension>(part, [&](const itk::Index<VDimension> & index) {
      const auto point = grid->template TransformIndexToPhysicalPoint<double>(index);
      const auto samePoint = reindexed.Grid->template TransformIndexToPhysicalPoint<double>(index + reindexed.Shift);
      ASSERT_LT(point.EuclideanDistanceTo(samePoint), 1e-9);
      ASSERT_EQ(shifted.IsInside(index + reindexed.Shift), part.IsInside(index));
    });
  }
}

template <unsigned int VDimension>
void
ExpectUnionIsTheSmallestThatHoldsBoth()
{
  std::mt19937 random(21 + VDimension);
  for (int run = 0; run < 20; ++run)
  {
    const auto whole = MakeRandomGrid<MaskImageType<VDimension>>(random, 6, 0)->GetLargestPossibleRegion();
    auto       a = MakeRandomSubregion<VDimension>(whole, random);
    const auto b = MakeRandomSubregion<VDimension>(whole, random);
    // One of no size holds nothing, wherever it is.
    a.SetSize(0, run % 4 == 0 ? 0 : a.GetSize(0));
    const auto             united = itk::GridGeometry<VDimension>::Unite(a, b);
    itk::Index<VDimension> lower = b.GetIndex();
    itk::Index<VDimension> upper = b.GetUpperIndex();
    ForEachIndexAround<VDimension>(whole, [&](const itk::Index<VDimension> & index) {
      if (a.IsInside(index) || b.IsInside(index))
      {
        ASSERT_TRUE(united.IsInside(index));
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          lower[d] = std::min(lower[d], index[d]);
          upper[d] = std::max(upper[d], index[d]);
        }
      }
    });
    EXPECT_EQ(united.GetIndex(), lower);
    EXPECT_EQ(united.GetUpperIndex(), upper);
    EXPECT_EQ(itk::GridGeometry<VDimension>::Unite(b, a), united);
  }
}

template <unsigned int VDimension>
void
ExpectInsideIsWithinHalfAVoxel()
{
  std::mt19937 random(33 + VDimension);
  for (int run = 0; run < 20; ++run)
  {
    const auto                      grid = MakeRandomGrid<MaskImageType<VDimension>>(random, 6, 0);
    const auto                      region = grid->GetLargestPossibleRegion();
    std::uniform_int_distribution<> eighths(-16, 8 * 8);
    itk::SizeValueType              numberInside = 0;
    for (int n = 0; n < 500; ++n)
    {
      // Also positions that are exactly on a border.
      itk::ContinuousIndex<double, VDimension> position;
      bool                                     isInside = true;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const double fromFirst = eighths(random) / 8.0;
        position[d] = static_cast<double>(region.GetIndex(d)) + fromFirst;
        isInside = isInside && fromFirst >= -0.5 && fromFirst < static_cast<double>(region.GetSize(d)) - 0.5;
      }
      numberInside += isInside ? 1 : 0;
      ASSERT_EQ(itk::GridGeometry<VDimension>::IsInside(region, position), isInside) << position;
      position[n % VDimension] = std::numeric_limits<double>::quiet_NaN();
      ASSERT_FALSE(itk::GridGeometry<VDimension>::IsInside(region, position));
    }
    EXPECT_GT(numberInside, 0U);
  }
}

TEST(GridGeometry, ShrinksAsShrinkImageFilter)
{
  ExpectShrinksAsTheFilter<2>();
  ExpectShrinksAsTheFilter<3>();
  ExpectShrinksAsTheFilter<4>();
}

TEST(GridGeometry, AGridOfARegionIsThatPartOfSpace)
{
  ExpectGridOfARegionIsThatPartOfSpace<2>();
  ExpectGridOfARegionIsThatPartOfSpace<3>();
  ExpectGridOfARegionIsThatPartOfSpace<4>();
}

TEST(GridGeometry, AUnionIsTheSmallestRegionThatHoldsBoth)
{
  ExpectUnionIsTheSmallestThatHoldsBoth<2>();
  ExpectUnionIsTheSmallestThatHoldsBoth<3>();
  ExpectUnionIsTheSmallestThatHoldsBoth<4>();
}

TEST(GridGeometry, InsideIsWithinHalfAVoxel)
{
  ExpectInsideIsWithinHalfAVoxel<2>();
  ExpectInsideIsWithinHalfAVoxel<3>();
  ExpectInsideIsWithinHalfAVoxel<4>();
}

/** Voxel by voxel, in the order of the buffer, and the box of some of them by definition. */
template <unsigned int VDimension>
void
ExpectVoxelsAndBoxes()
{
  using GeometryType = itk::GridGeometry<VDimension>;
  std::mt19937                random(VDimension);
  std::bernoulli_distribution isRare(0.02);
  unsigned int                numberOfEmptyBoxes = 0;
  for (int run = 0; run < 100; ++run)
  {
    const auto                          grid = MakeRandomGrid<MaskImageType<VDimension>>(random, 6, 0);
    const auto                          region = grid->GetLargestPossibleRegion();
    std::vector<unsigned char>          isInside(region.GetNumberOfPixels());
    std::vector<itk::Index<VDimension>> voxels(isInside.size());
    typename GeometryType::RegionType   box;
    GeometryType::ForEachVoxel(region, 2, [&](const auto & index, SizeValueType number) { voxels[number] = index; });
    for (SizeValueType number = 0; number < voxels.size(); ++number)
    {
      EXPECT_EQ(voxels[number], grid->ComputeIndex(static_cast<itk::OffsetValueType>(number)));
      EXPECT_EQ(GeometryType::GetNumber(region, voxels[number]), number);
      isInside[number] = static_cast<unsigned char>(isRare(random));
      if (isInside[number] != 0)
      {
        box = GeometryType::Unite(box, { voxels[number], itk::Size<VDimension>::Filled(1) });
      }
    }
    numberOfEmptyBoxes += box.GetNumberOfPixels() == 0 ? 1 : 0;
    const auto found = GeometryType::FindBox(region, [&](SizeValueType number) { return isInside[number] != 0; });
    EXPECT_EQ(found, box);
    const auto wide = GeometryType::Widen(found, 2, region);
    EXPECT_EQ(wide.GetNumberOfPixels() == 0, box.GetNumberOfPixels() == 0);
    for (unsigned int d = 0; d < VDimension && box.GetNumberOfPixels() > 0; ++d)
    {
      EXPECT_EQ(wide.GetIndex(d), std::max(box.GetIndex(d) - 2, region.GetIndex(d)));
      EXPECT_EQ(wide.GetUpperIndex()[d], std::min(box.GetUpperIndex()[d] + 2, region.GetUpperIndex()[d]));
    }
  }
  EXPECT_GT(numberOfEmptyBoxes, 0u);
  EXPECT_LT(numberOfEmptyBoxes, 100u);
}

TEST(GridGeometry, VoxelsHaveTheirNumbersAndSomeABox)
{
  ExpectVoxelsAndBoxes<2>();
  ExpectVoxelsAndBoxes<3>();
}
} // namespace GridGeometryGTest
