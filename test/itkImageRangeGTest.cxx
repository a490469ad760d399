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
#include "metric/itkImageRange.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkEllipseSpatialObject.h"
#include "itkGroupSpatialObject.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

namespace ImageRangeGTest
{
using namespace itk::MaskedSamplingTest;

template <typename TImage>
using RangeOf = std::pair<typename TImage::PixelType, typename TImage::PixelType>;

template <typename TImage>
typename TImage::Pointer
MakeNoise(std::mt19937 & random, unsigned int maximumSize)
{
  auto image = MakeRandomGrid<TImage>(random, maximumSize, 0);
  for (itk::ImageRegionIterator<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<typename TImage::PixelType>(std::uniform_real_distribution<>(-100.0, 100.0)(random)));
  }
  return image;
}

/** As metrics look for it: voxel by voxel, without the children of the mask. */
template <typename TImage>
RangeOf<TImage>
FindByBruteForce(const TImage &                                     image,
                 const typename TImage::RegionType &                region,
                 const itk::SpatialObject<TImage::ImageDimension> * mask)
{
  using PixelType = typename TImage::PixelType;
  RangeOf<TImage> range{ itk::NumericTraits<PixelType>::max(), itk::NumericTraits<PixelType>::NonpositiveMin() };
  for (itk::ImageRegionConstIteratorWithIndex<TImage> it(&image, region); !it.IsAtEnd(); ++it)
  {
    const auto point = image.template TransformIndexToPhysicalPoint<double>(it.GetIndex());
    if (mask == nullptr || mask->IsInsideInWorldSpace(point))
    {
      range.first = std::min(range.first, it.Get());
      range.second = std::max(range.second, it.Get());
    }
  }
  return range;
}

/** \return whether there is any voxel */
template <typename TImage>
bool
ExpectIsBruteForce(const TImage &                                     image,
                   const typename TImage::RegionType &                region,
                   const itk::SpatialObject<TImage::ImageDimension> * mask)
{
  const auto expected = FindByBruteForce(image, region, mask);
  for (const itk::ThreadIdType numberOfWorkUnits : { 0, 1, 2, 5 })
  {
    EXPECT_EQ(itk::ImageRange<TImage>::Find(image, region, mask, numberOfWorkUnits), expected)
      << region << numberOfWorkUnits << " work units";
  }
  return expected.first <= expected.second;
}

/** The range of each region of one voxel more than another, so that every voxel is at an end of a row once. */
template <typename TImage>
void
ExpectSeesEveryVoxelOfRow(unsigned int seed)
{
  std::mt19937 random(seed);
  for (const itk::SizeValueType width : { 1, 2, 7, 8, 9, 15, 16, 17, 31 })
  {
    const auto                  image = TImage::New();
    typename TImage::RegionType region;
    region.SetSize(TImage::SizeType::Filled(2));
    region.SetSize(0, width);
    region.SetIndex(0, -3);
    image->SetRegions(region);
    image->Allocate();
    image->FillBuffer(5);
    for (itk::ImageRegionIteratorWithIndex<TImage> it(image, region); !it.IsAtEnd(); ++it)
    {
      for (const int value : { -9, 9 })
      {
        it.Set(static_cast<typename TImage::PixelType>(value));
        const auto range = itk::ImageRange<TImage>::Find(*image, region, nullptr, 1);
        EXPECT_EQ(range.first, std::min(value, 5));
        EXPECT_EQ(range.second, std::max(value, 5));
        it.Set(5);
      }
    }
    ExpectIsBruteForce(*image, region, nullptr);
  }
}

template <typename TImage>
void
ExpectIsBruteForceOnRandomGrids(unsigned int seed)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  std::mt19937           random(seed);
  int                    numberWithVoxels = 0;
  for (int repetition = 0; repetition < 20; ++repetition)
  {
    const auto image = MakeNoise<TImage>(random, 25);
    const auto whole = image->GetBufferedRegion();
    const auto part = MakeRandomSubregion(whole, random);
    // A mask on another grid, one on the same, and one that is no image.
    const auto otherMask = MakeRandomGrid<MaskImageType<dimension>>(random, 20, 0);
    FillWithSpeckle<dimension>(*otherMask, random, 0.3);
    const auto sameMask = MaskImageType<dimension>::New();
    sameMask->CopyInformation(image);
    sameMask->SetRegions(whole);
    sameMask->Allocate();
    FillWithSpeckle<dimension>(*sameMask, random, 0.05);
    const auto ellipse = itk::EllipseSpatialObject<dimension>::New();
    ellipse->SetRadiusInObjectSpace(3.0);
    ellipse->Update();
    for (const auto & region : { whole, part })
    {
      EXPECT_TRUE(ExpectIsBruteForce<TImage>(*image, region, nullptr));
      numberWithVoxels += ExpectIsBruteForce<TImage>(*image, region, MakeMask<dimension>(otherMask)) ? 1 : 0;
      numberWithVoxels += ExpectIsBruteForce<TImage>(*image, region, MakeMask<dimension>(sameMask)) ? 1 : 0;
      numberWithVoxels += ExpectIsBruteForce<TImage>(*image, region, ellipse) ? 1 : 0;
    }
    // Only a part is in the buffer.
    const auto kept = KeepOnlyInBuffer(*image, part);
    ExpectIsBruteForce<TImage>(*kept, part, nullptr);
    ExpectIsBruteForce<TImage>(*kept, part, MakeMask<dimension>(otherMask));
  }
  EXPECT_GT(numberWithVoxels, 40);
}

TEST(ImageRange, IsBruteForceOnRandomGrids)
{
  ExpectIsBruteForceOnRandomGrids<itk::Image<float, 2>>(1);
  ExpectIsBruteForceOnRandomGrids<itk::Image<double, 3>>(2);
}

TEST(ImageRange, SeesEveryVoxelOfRow)
{
  ExpectSeesEveryVoxelOfRow<itk::Image<float, 2>>(3);
  ExpectSeesEveryVoxelOfRow<itk::Image<short, 3>>(4);
}

TEST(ImageRange, IsEmptyWhereNoVoxelIsInside)
{
  using ImageType = itk::Image<float, 2>;
  std::mt19937 random(5);
  const auto   image = MakeNoise<ImageType>(random, 10);
  const auto   nothing = MaskImageType<2>::New();
  nothing->CopyInformation(image);
  nothing->SetRegions(image->GetBufferedRegion());
  nothing->AllocateInitialized();
  const auto range =
    itk::ImageRange<ImageType>::Find(*image, image->GetBufferedRegion(), MakeMask<2>(nothing).GetPointer(), 2);
  EXPECT_GT(range.first, range.second);
  EXPECT_EQ(range.first, itk::NumericTraits<float>::max());
  EXPECT_EQ(range.second, itk::NumericTraits<float>::NonpositiveMin());
}

/** Metrics ask the mask itself and not its children. */
TEST(ImageRange, DoesNotCountChildrenOfMask)
{
  using ImageType = itk::Image<float, 2>;
  std::mt19937 random(6);
  int          numberOfDifferences = 0;
  for (int repetition = 0; repetition < 10; ++repetition)
  {
    const auto image = MakeNoise<ImageType>(random, 25);
    const auto makeEllipse = [](double radius, double shift) {
      auto ellipse = itk::EllipseSpatialObject<2>::New();
      ellipse->SetRadiusInObjectSpace(radius);
      auto transform = itk::AffineTransform<double, 2>::New();
      transform->Translate(itk::MakeVector(shift, shift));
      ellipse->SetObjectToParentTransform(transform);
      return ellipse;
    };
    const auto parent = makeEllipse(2.5, 0.0);
    const auto child = makeEllipse(4.0, 3.0);
    parent->AddChild(child);
    parent->Update();
    EXPECT_TRUE(ExpectIsBruteForce<ImageType>(*image, image->GetBufferedRegion(), parent));
    const auto withChildren = [&] {
      RangeOf<ImageType> range = FindByBruteForce<ImageType>(*image, image->GetBufferedRegion(), parent);
      const auto         ofChild = FindByBruteForce<ImageType>(*image, image->GetBufferedRegion(), child);
      return RangeOf<ImageType>{ std::min(range.first, ofChild.first), std::max(range.second, ofChild.second) };
    }();
    numberOfDifferences +=
      withChildren != itk::ImageRange<ImageType>::Find(*image, image->GetBufferedRegion(), parent, 2) ? 1 : 0;

    const auto group = itk::GroupSpatialObject<2>::New();
    group->AddChild(makeEllipse(3.0, 0.0));
    group->Update();
    EXPECT_FALSE(ExpectIsBruteForce<ImageType>(*image, image->GetBufferedRegion(), group));
  }
  EXPECT_GT(numberOfDifferences, 0);
}

/** Values that are no numbers, wherever they are: the range of the others, which they do not hide. */
TEST(ImageRange, DoesNotCountWhatIsNoNumber)
{
  using ImageType = itk::Image<float, 2>;
  std::mt19937 random(7);
  for (int repetition = 0; repetition < 20; ++repetition)
  {
    const auto         image = MakeNoise<ImageType>(random, 25);
    const auto         region = image->GetBufferedRegion();
    RangeOf<ImageType> expected{ itk::NumericTraits<float>::max(), itk::NumericTraits<float>::NonpositiveMin() };
    for (itk::ImageRegionIterator<ImageType> it(image, region); !it.IsAtEnd(); ++it)
    {
      constexpr float infinity = std::numeric_limits<float>::infinity();
      const float     oddities[] = { std::numeric_limits<float>::quiet_NaN(), infinity, -infinity };
      // In some repetitions only the first of them.
      if (random() % 3 == 0)
      {
        it.Set(oddities[repetition % 2 == 0 ? 0 : random() % 3]);
        continue;
      }
      expected.first = std::min(expected.first, it.Get());
      expected.second = std::max(expected.second, it.Get());
    }
    const auto everything = MaskImageType<2>::New();
    everything->CopyInformation(image);
    everything->SetRegions(region);
    everything->Allocate();
    everything->FillBuffer(1);
    const auto mask = MakeMask<2>(everything);
    EXPECT_EQ(itk::ImageRange<ImageType>::Find(*image, region, nullptr, 2), expected);
    EXPECT_EQ(itk::ImageRange<ImageType>::Find(*image, region, mask.GetPointer(), 2), expected);
  }
}

} // namespace ImageRangeGTest
