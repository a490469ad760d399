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
#include "itkMaskedVoxelSampler.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkEllipseSpatialObject.h"
#include "itkShrinkImageFilter.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

// Samplers made from another one, for the grid of a level; and the points of the user's own that it keeps.
namespace MaskedVoxelSamplerGridsGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
using ImageOf = itk::Image<float, VDimension>;
template <unsigned int VDimension>
using SamplerOf = itk::MaskedVoxelSampler<VDimension>;

/** The grid of a level of a registration. */
template <unsigned int VDimension>
typename ImageOf<VDimension>::Pointer
MakeShrunkGrid(const ImageOf<VDimension> & image, std::mt19937 & random)
{
  using FilterType = itk::ShrinkImageFilter<ImageOf<VDimension>, ImageOf<VDimension>>;
  const auto                             filter = FilterType::New();
  typename FilterType::ShrinkFactorsType factors;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    factors[d] = 1 + random() % 4;
  }
  filter->SetInput(&image);
  filter->SetShrinkFactors(factors);
  filter->UpdateOutputInformation();
  const auto grid = ImageOf<VDimension>::New();
  grid->CopyInformation(filter->GetOutput());
  grid->SetRegions(filter->GetOutput()->GetLargestPossibleRegion());
  return grid;
}

/** A grid with the axes of another one, and any origin and spacing. */
template <unsigned int VDimension>
typename ImageOf<VDimension>::Pointer
MakeGridWithSameAxes(const ImageOf<VDimension> & image, std::mt19937 & random)
{
  const auto                               grid = ImageOf<VDimension>::New();
  itk::ContinuousIndex<double, VDimension> origin;
  auto                                     spacing = image.GetSpacing();
  auto                                     region = image.GetLargestPossibleRegion();
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto size = static_cast<double>(region.GetSize(d));
    origin[d] = static_cast<double>(region.GetIndex(d)) + size * std::uniform_real_distribution<>(-0.4, 0.6)(random);
    const double factor = std::uniform_real_distribution<>(0.5, 3.0)(random);
    spacing[d] *= factor;
    region.SetIndex(d, static_cast<itk::IndexValueType>(random() % 7) - 3);
    region.SetSize(d, 1 + random() % static_cast<unsigned int>(size / factor + 1.0));
  }
  grid->SetRegions(region);
  grid->SetSpacing(spacing);
  grid->SetDirection(image.GetDirection());
  grid->SetOrigin(image.template TransformContinuousIndexToPhysicalPoint<double>(origin));
  return grid;
}

/** Whether a point is so close to a border of a region that rounding decides on which side. */
template <unsigned int VDimension>
bool
IsOnBorder(const itk::ImageBase<VDimension> &     grid,
           const itk::ImageRegion<VDimension> &   region,
           const itk::Point<double, VDimension> & point)
{
  const auto position = grid.template TransformPhysicalPointToContinuousIndex<double>(point);
  bool       isOnBorder = false;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const double lower = static_cast<double>(region.GetIndex(d)) - 0.5;
    const double upper = lower + static_cast<double>(region.GetSize(d));
    isOnBorder = isOnBorder || std::min(std::abs(position[d] - lower), std::abs(position[d] - upper)) < 1e-9;
  }
  return isOnBorder;
}

template <unsigned int VDimension>
struct GridCase
{
  static constexpr unsigned int maximumSize = VDimension == 2 ? 40 : 13;

  typename ImageOf<VDimension>::Pointer   Domain;
  typename ImageOf<VDimension>::Pointer   Grid;
  typename SamplerOf<VDimension>::Pointer Sampler{ SamplerOf<VDimension>::New() };

  GridCase(std::mt19937 & random, unsigned int kind)
    : Domain(MakeRandomGrid<ImageOf<VDimension>>(random, maximumSize, 0.0F))
  {
    FlipRandomAxes<VDimension>(*Domain, random);
    if (kind % 3 == 0) // numbers without rounding, so that borders through voxel centres are certain
    {
      Domain->SetDirection(itk::ImageBase<VDimension>::DirectionType::GetIdentity());
      Domain->SetSpacing(itk::MakeFilled<typename ImageOf<VDimension>::SpacingType>(0.5));
      typename ImageOf<VDimension>::PointType origin;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const auto & region = Domain->GetLargestPossibleRegion();
        origin[d] =
          -0.5 * static_cast<double>(region.GetIndex(d) + static_cast<itk::IndexValueType>(region.GetSize(d)) / 2);
      }
      Domain->SetOrigin(origin);
    }
    Grid =
      kind % 2 == 0 ? MakeShrunkGrid<VDimension>(*Domain, random) : MakeGridWithSameAxes<VDimension>(*Domain, random);
    Sampler->SetDomain(Domain);
    if (kind % 5 != 0)
    {
      const auto maskImage = MakeRandomGrid<MaskImageType<VDimension>>(random, maximumSize, 0);
      FillWithSpeckle<VDimension>(*maskImage, random, 0.7);
      Sampler->SetMask(MakeMask<VDimension>(maskImage));
    }
    if (kind % 7 > 2)
    {
      Sampler->SetRegion(MakeRandomSubregion(Domain->GetLargestPossibleRegion(), random));
    }
    if (kind % 4 == 0)
    {
      Sampler->SetFixedImage(MakeRandomGrid<ImageOf<VDimension>>(random, maximumSize, 0.0F));
    }
    if (kind % 11 < 4)
    {
      const auto transform = itk::AffineTransform<double, VDimension>::New();
      transform->SetMatrix(MakeRandomDirection<VDimension>(random));
      Sampler->SetTransform(transform);
    }
  }
};

/** Compare a list with another one, but not the voxels on borders which rounding decides. */
template <unsigned int VDimension>
void
ExpectSameListButForBorders(const std::vector<itk::Index<VDimension>> & list,
                            const std::vector<itk::Index<VDimension>> & expected,
                            const std::vector<itk::Index<VDimension>> & onBorder)
{
  const auto without = [&onBorder](std::vector<itk::Index<VDimension>> indices) {
    indices.erase(std::remove_if(indices.begin(),
                                 indices.end(),
                                 [&](const auto & index) {
                                   return std::find(onBorder.begin(), onBorder.end(), index) != onBorder.end();
                                 }),
                  indices.end());
    return indices;
  };
  EXPECT_EQ(without(list), without(expected));
}

template <unsigned int VDimension>
void
ExpectSamplerOfGridIsBruteForce()
{
  std::mt19937 random(10 + VDimension);
  unsigned int numberOfLists = 0;
  unsigned int numberOfNull = 0;
  for (unsigned int i = 0; i < 1000; ++i)
  {
    SCOPED_TRACE(i);
    const GridCase<VDimension>          gridCase(random, i);
    const auto &                        sampler = *gridCase.Sampler;
    const auto &                        grid = *gridCase.Grid;
    const auto                          region = sampler.GetRegion();
    std::vector<itk::Index<VDimension>> expected;
    std::vector<itk::Index<VDimension>> onBorder;
    unsigned int                        numberInRegion = 0;
    for (const auto & index :
         ListByBruteForce<VDimension>(&grid, grid.GetLargestPossibleRegion(), nullptr, nullptr, nullptr))
    {
      const auto point = grid.template TransformIndexToPhysicalPoint<double>(index);
      if (i % 3 != 0 && IsOnBorder<VDimension>(*gridCase.Domain, region, point))
      {
        onBorder.push_back(index);
      }
      numberInRegion += region.IsInside(gridCase.Domain->TransformPhysicalPointToIndex(point)) ? 1 : 0;
    }
    for (const auto & index :
         ListByBruteForce<VDimension>(&grid,
                                      grid.GetLargestPossibleRegion(),
                                      sampler.GetMask(),
                                      sampler.GetTransform(),
                                      dynamic_cast<const ImageOf<VDimension> *>(sampler.GetFixedImage())))
    {
      const auto point = grid.template TransformIndexToPhysicalPoint<double>(index);
      if (region.IsInside(gridCase.Domain->TransformPhysicalPointToIndex(point)))
      {
        expected.push_back(index);
      }
    }

    gridCase.Sampler->SetPerturbSamples(i % 2 == 0);
    gridCase.Sampler->SetNumberOfWorkUnits(1 + i % 4);
    const auto made = sampler.MakeSamplerOfGrid(&grid);
    if (made == nullptr)
    {
      EXPECT_LE(numberInRegion, onBorder.size());
      ++numberOfNull;
      continue;
    }
    EXPECT_EQ(made->GetDomain(), &grid);
    EXPECT_EQ(made->GetMask(), sampler.GetMask());
    EXPECT_EQ(made->GetPerturbSamples(), i % 2 == 0);
    EXPECT_EQ(made->GetNumberOfWorkUnits(), 1 + i % 4);
    EXPECT_GE(numberInRegion + onBorder.size(), 1U);
    if (!made->UpdateUnlessEmpty())
    {
      EXPECT_LE(expected.size(), onBorder.size());
      continue;
    }
    ExpectSameListButForBorders<VDimension>(GetIndices(*made), expected, onBorder);
    numberOfLists += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(numberOfLists, 500U);
  EXPECT_GT(numberOfNull, 10U);
}

template <unsigned int VDimension>
void
ExpectSamplerCoveredByIsBruteForce()
{
  std::mt19937 random(20 + VDimension);
  unsigned int numberOfSmallerLists = 0;
  unsigned int numberOfCutVoxels = 0;
  unsigned int numberOfNull = 0;
  for (unsigned int i = 0; i < 1000; ++i)
  {
    SCOPED_TRACE(i);
    const GridCase<VDimension>          gridCase(random, i);
    auto &                              sampler = *gridCase.Sampler;
    const auto &                        grid = *gridCase.Grid;
    const auto                          covered = grid.GetLargestPossibleRegion();
    std::vector<itk::Index<VDimension>> expected;
    std::vector<itk::Index<VDimension>> onBorder;
    const auto                          all = ListByBruteForce(sampler);
    for (const auto & index : all)
    {
      const auto point = gridCase.Domain->template TransformIndexToPhysicalPoint<double>(index);
      if (i % 3 != 0 && IsOnBorder<VDimension>(grid, covered, point))
      {
        onBorder.push_back(index);
      }
      if (covered.IsInside(grid.TransformPhysicalPointToIndex(point)))
      {
        expected.push_back(index);
      }
    }
    const auto made = sampler.MakeSamplerCoveredBy(&grid);
    if (made == nullptr || !made->UpdateUnlessEmpty())
    {
      EXPECT_LE(expected.size(), onBorder.size());
      ++numberOfNull;
      continue;
    }
    ExpectSameListButForBorders<VDimension>(GetIndices(*made), expected, onBorder);
    EXPECT_EQ(made->GetDomain(), gridCase.Domain.GetPointer());
    numberOfSmallerLists += expected.size() < all.size() ? 1 : 0;

    const auto & region = sampler.GetRegion();
    const auto   points = made->SampleRandomly(3 * made->GetNumberOfVoxels(), i);
    for (const auto & point : GetPoints<VDimension>(*points))
    {
      const itk::Point<double, VDimension> position(point);
      ASSERT_TRUE(covered.IsInside(grid.TransformPhysicalPointToIndex(position)));
      ASSERT_TRUE(region.IsInside(gridCase.Domain->TransformPhysicalPointToIndex(position)));
      const auto mapped =
        sampler.GetTransform() != nullptr ? sampler.GetTransform()->TransformPoint(position) : position;
      ASSERT_TRUE(sampler.GetMask() == nullptr || sampler.GetMask()->IsInsideInWorldSpace(mapped));
    }
    EXPECT_EQ(GetRanks<VDimension>(*made, *points).size(), 3 * made->GetNumberOfVoxels()); // throws for one outside
    EXPECT_EQ(GetPoints<VDimension>(*made->KeepInside(points)), GetPoints<VDimension>(*points));
    for (const auto & point : GetPoints<VDimension>(*made->SampleAll()))
    {
      const auto index = grid.TransformPhysicalPointToIndex(itk::Point<double, VDimension>(point));
      ASSERT_TRUE(covered.IsInside(index) || !onBorder.empty());
    }

    // Points of the whole sampler that the grid does not cover exist, and these the other one does not keep.
    if (sampler.UpdateUnlessEmpty())
    {
      const auto ofWhole = sampler.SampleRandomly(3 * sampler.GetNumberOfVoxels(), i);
      const auto kept = made->KeepInside(ofWhole);
      numberOfCutVoxels += kept->GetNumberOfPoints() < ofWhole->GetNumberOfPoints() ? 1 : 0;
      for (const auto & point : GetPoints<VDimension>(*kept))
      {
        ASSERT_TRUE(covered.IsInside(grid.TransformPhysicalPointToIndex(itk::Point<double, VDimension>(point))));
      }
    }
  }
  EXPECT_GT(numberOfSmallerLists, 300U);
  EXPECT_GT(numberOfCutVoxels, 300U);
  EXPECT_GT(numberOfNull, 10U);
}

template <unsigned int VDimension>
void
ExpectKeepInsideIsBruteForce()
{
  std::mt19937 random(30 + VDimension);
  unsigned int numberKept = 0;
  unsigned int numberDropped = 0;
  for (unsigned int i = 0; i < 1000; ++i)
  {
    SCOPED_TRACE(i);
    const GridCase<VDimension> gridCase(random, i);
    const auto &               sampler = *gridCase.Sampler;
    const auto * const         fixedImage = dynamic_cast<const ImageOf<VDimension> *>(sampler.GetFixedImage());
    const auto                 interpolator = itk::LinearInterpolateImageFunction<ImageOf<VDimension>, double>::New();
    interpolator->SetInputImage(fixedImage);
    const auto region = sampler.GetRegion();

    const auto                                 pointSet = itk::PointSet<float, VDimension>::New();
    std::vector<itk::Point<float, VDimension>> expected;
    for (unsigned int k = 0; k < 300; ++k)
    {
      itk::ContinuousIndex<double, VDimension> position;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const auto size = static_cast<double>(region.GetSize(d));
        position[d] =
          static_cast<double>(region.GetIndex(d)) + size * std::uniform_real_distribution<>(-0.2, 1.2)(random);
        position[d] = k % 3 == 0 ? std::round(2.0 * position[d]) / 2.0 : position[d]; // centres and borders of voxels
      }
      itk::Point<float, VDimension> point;
      point.CastFrom(gridCase.Domain->template TransformContinuousIndexToPhysicalPoint<double>(position));
      point[0] = k == 7 ? std::numeric_limits<float>::quiet_NaN() : point[0];
      point[1] = k == 8 ? -std::numeric_limits<float>::infinity() : point[1];
      pointSet->SetPoint(k, point);

      const itk::Point<double, VDimension> wide(point);
      const auto mapped = sampler.GetTransform() != nullptr ? sampler.GetTransform()->TransformPoint(wide) : wide;
      if (k != 7 && k != 8 && region.IsInside(gridCase.Domain->TransformPhysicalPointToIndex(wide)) &&
          (sampler.GetMask() == nullptr || sampler.GetMask()->IsInsideInWorldSpace(mapped)) &&
          (fixedImage == nullptr || interpolator->IsInsideBuffer(mapped)))
      {
        expected.push_back(point);
      }
    }
    EXPECT_EQ(GetPoints<VDimension>(*sampler.KeepInside(pointSet)), expected); // without Update()
    numberKept += static_cast<unsigned int>(expected.size());
    numberDropped += static_cast<unsigned int>(300 - expected.size());
  }
  EXPECT_GT(numberKept, 30000U);
  EXPECT_GT(numberDropped, 30000U);
}

TEST(MaskedVoxelSamplerGrids, SamplerOfGridIn2D)
{
  ExpectSamplerOfGridIsBruteForce<2>();
}

TEST(MaskedVoxelSamplerGrids, SamplerOfGridIn3D)
{
  ExpectSamplerOfGridIsBruteForce<3>();
}

TEST(MaskedVoxelSamplerGrids, SamplerCoveredByIn2D)
{
  ExpectSamplerCoveredByIsBruteForce<2>();
}

TEST(MaskedVoxelSamplerGrids, SamplerCoveredByIn3D)
{
  ExpectSamplerCoveredByIsBruteForce<3>();
}

TEST(MaskedVoxelSamplerGrids, KeepInsideIn2D)
{
  ExpectKeepInsideIsBruteForce<2>();
}

TEST(MaskedVoxelSamplerGrids, KeepInsideIn3D)
{
  ExpectKeepInsideIsBruteForce<3>();
}

TEST(MaskedVoxelSamplerGrids, KeepInsideOfNothing)
{
  const auto sampler = SamplerOf<2>::New();
  const auto pointSet = itk::PointSet<float, 2>::New();
  EXPECT_THROW(sampler->KeepInside(pointSet), itk::ExceptionObject); // no domain
  const RectangleCase rectangle(128, 64);
  sampler->SetDomain(rectangle.Fixed);
  EXPECT_THROW(sampler->KeepInside(nullptr), itk::ExceptionObject);
  EXPECT_EQ(sampler->KeepInside(pointSet)->GetNumberOfPoints(), 0U);
  EXPECT_NE(sampler->KeepInside(pointSet)->GetPoints(), nullptr);

  const auto withoutContainer = itk::PointSet<float, 2>::New();
  withoutContainer->SetPoints(static_cast<itk::PointSet<float, 2>::PointsContainer *>(nullptr));
  EXPECT_EQ(sampler->KeepInside(withoutContainer)->GetNumberOfPoints(), 0U);
}

TEST(MaskedVoxelSamplerGrids, WeightsGoWithTheVoxelsOfTheDomain)
{
  const RectangleCase rectangle(128, 64);
  rectangle.Fixed->FillBuffer(0.0F);
  rectangle.Fixed->SetPixel({ { 20, 20 } }, 1.0F);
  rectangle.Fixed->SetPixel({ { 40, 30 } }, 3.0F);
  const auto sampler = SamplerOf<2>::New();
  sampler->SetDomain(rectangle.Fixed);
  sampler->SetMask(rectangle.Mask);
  sampler->SetWeightImage(rectangle.Fixed);
  const auto covered = sampler->MakeSamplerCoveredBy(rectangle.Fixed);
  ASSERT_NE(covered, nullptr);
  EXPECT_EQ(covered->GetWeightImage(), rectangle.Fixed.GetPointer());
  covered->Update();
  const auto ranks = GetRanks<2>(*covered, *covered->SampleRandomly(8, 1));
  EXPECT_EQ(std::count(ranks.begin(), ranks.end(), covered->GetRank({ { 20, 20 } })), 2);
  EXPECT_EQ(std::count(ranks.begin(), ranks.end(), covered->GetRank({ { 40, 30 } })), 6);

  const auto ofGrid = sampler->MakeSamplerOfGrid(rectangle.Fixed);
  ASSERT_NE(ofGrid, nullptr);
  EXPECT_EQ(ofGrid->GetWeightImage(), nullptr);
}

} // namespace MaskedVoxelSamplerGridsGTest
