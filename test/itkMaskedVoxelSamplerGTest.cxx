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

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace MaskedVoxelSamplerGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
using SamplerOf = itk::MaskedVoxelSampler<VDimension>;

/** A sampler over speckle on an oblique, anisotropic 3-D grid, with the mask on the same grid. */
struct ObliqueCase
{
  std::mt19937              Random{ 7 };
  MaskImageType<3>::Pointer MaskImage{ MakeRandomGrid<MaskImageType<3>>(Random, 20, 0) };
  MaskType<3>::Pointer      Mask;
  SamplerOf<3>::Pointer     Sampler{ SamplerOf<3>::New() };

  ObliqueCase()
  {
    FillWithSpeckle<3>(*MaskImage, Random, 0.3);
    Mask = MakeMask<3>(MaskImage);
    Sampler->SetDomain(MaskImage);
    Sampler->SetMask(Mask);
    Sampler->Update();
  }

  std::vector<itk::SizeValueType>
  GetRanksOf(const SamplerOf<3>::PointSetType & pointSet) const
  {
    return GetRanks(*Sampler, pointSet);
  }
};

TEST(MaskedVoxelSampler, NumberOfWorkUnitsDoesNotChangeTheResult)
{
  ObliqueCase oblique;
  const auto  expected = GetIndices<3>(*oblique.Sampler);
  const auto  expectedPoints = GetPoints<3>(*oblique.Sampler->SampleRandomly(100, 5));
  const auto  transform = itk::AffineTransform<double, 3>::New(); // forces the general path
  for (const itk::ThreadIdType numberOfWorkUnits : { 1U, 2U, 3U, 8U, 64U })
  {
    const auto sampler = SamplerOf<3>::New();
    sampler->SetDomain(oblique.MaskImage);
    sampler->SetMask(oblique.Mask);
    sampler->SetTransform(transform);
    sampler->SetNumberOfWorkUnits(numberOfWorkUnits);
    sampler->Update();
    EXPECT_EQ(GetIndices<3>(*sampler), expected);
    EXPECT_EQ(GetPoints<3>(*sampler->SampleRandomly(100, 5)), expectedPoints);
  }
}

TEST(MaskedVoxelSampler, RowsOfAnyWidthAndAnyNumberOfWorkUnits)
{
  std::mt19937 random(5);
  for (unsigned int width = 1; width <= 140; width += width < 70 ? 1 : 7)
  {
    SCOPED_TRACE(width);
    const auto maskImage = MaskImageType<3>::New();
    maskImage->SetRegions(itk::Size<3>{ { width, 1 + width % 5, 1 + width % 7 } });
    maskImage->Allocate();
    for (itk::ImageRegionIterator<MaskImageType<3>> it(maskImage, maskImage->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(static_cast<unsigned char>(random() % (1 + width % 4)));
    }
    const auto mask = MakeMask<3>(maskImage);
    mask->SetUseMaskValue(width % 2 == 0);
    mask->SetMaskValue(static_cast<unsigned char>(width % 3));
    const auto sampler = SamplerOf<3>::New();
    sampler->SetDomain(maskImage);
    sampler->SetMask(mask);
    const auto expected = ListByBruteForce(*sampler);
    const auto identity = itk::AffineTransform<double, 3>::New();
    for (const itk::ThreadIdType numberOfWorkUnits : { 1U, 2U, 3U, 8U, 64U })
    {
      sampler->SetNumberOfWorkUnits(numberOfWorkUnits);
      sampler->SetTransform(nullptr);
      ExpectUpdateGives(*sampler, expected);
      sampler->SetTransform(identity); // the other way to find the same list
      ExpectUpdateGives(*sampler, expected);
    }
  }
}

TEST(MaskedVoxelSampler, WithoutMaskEveryVoxelIsListed)
{
  ObliqueCase oblique;
  oblique.Sampler->SetMask(nullptr);
  oblique.Sampler->Update();
  const auto region = oblique.MaskImage->GetLargestPossibleRegion();
  EXPECT_EQ(oblique.Sampler->GetNumberOfVoxels(), region.GetNumberOfPixels());
  EXPECT_EQ(oblique.Sampler->GetBoundingRegion(), region);
  EXPECT_EQ(oblique.Sampler->GetNumberOfRuns(), region.GetSize(1) * region.GetSize(2));
}

TEST(MaskedVoxelSampler, RegionIsABoxMask)
{
  ObliqueCase oblique;
  auto        region = oblique.MaskImage->GetLargestPossibleRegion();
  region.ShrinkByRadius(region.GetSize(0) > 4 && region.GetSize(1) > 4 && region.GetSize(2) > 4 ? 1 : 0);
  std::vector<itk::Index<3>> expected;
  for (const auto & index : GetIndices<3>(*oblique.Sampler))
  {
    if (region.IsInside(index))
    {
      expected.push_back(index);
    }
  }
  oblique.Sampler->SetRegion(region);
  oblique.Sampler->Update();
  EXPECT_EQ(GetIndices<3>(*oblique.Sampler), expected);
  EXPECT_LT(expected.size(), oblique.MaskImage->GetLargestPossibleRegion().GetNumberOfPixels());

  region.SetSize(0, 1000);
  oblique.Sampler->SetRegion(region);
  EXPECT_THROW(oblique.Sampler->Update(), itk::ExceptionObject);
}

TEST(MaskedVoxelSampler, DrawsExactlyAsManyDistinctVoxelsAsAskedFor)
{
  const ObliqueCase oblique;
  const auto        numberOfVoxels = oblique.Sampler->GetNumberOfVoxels();
  ASSERT_GT(numberOfVoxels, 10U);
  for (const itk::SizeValueType n :
       { itk::SizeValueType{ 1 }, numberOfVoxels / 3, numberOfVoxels / 2 + 1, numberOfVoxels - 1, numberOfVoxels })
  {
    for (const bool regularly : { false, true })
    {
      const auto points = regularly ? oblique.Sampler->SampleRegularly(n, 1) : oblique.Sampler->SampleRandomly(n, 1);
      const auto ranks = oblique.GetRanksOf(*points); // throws for a point outside the mask
      EXPECT_EQ(ranks.size(), n);
      EXPECT_TRUE(std::is_sorted(ranks.begin(), ranks.end()));
      EXPECT_EQ(std::set<itk::SizeValueType>(ranks.begin(), ranks.end()).size(), n);
    }
  }
  for (const itk::SizeValueType n : { numberOfVoxels + 1, 2 * numberOfVoxels + 3, 3 * numberOfVoxels })
  {
    for (const bool regularly : { false, true })
    {
      const auto points = regularly ? oblique.Sampler->SampleRegularly(n, 1) : oblique.Sampler->SampleRandomly(n, 1);
      const auto ranks = oblique.GetRanksOf(*points);
      EXPECT_EQ(ranks.size(), n);
      for (itk::SizeValueType rank = 0; rank < numberOfVoxels; ++rank)
      {
        const auto count = static_cast<itk::SizeValueType>(std::count(ranks.begin(), ranks.end(), rank));
        EXPECT_GE(count, n / numberOfVoxels);
        EXPECT_LE(count, n / numberOfVoxels + (n % numberOfVoxels != 0 ? 1 : 0));
      }
    }
  }
}

TEST(MaskedVoxelSampler, RegularRanksAreEvenlySpaced)
{
  const ObliqueCase               oblique;
  const double                    numberOfVoxels = static_cast<double>(oblique.Sampler->GetNumberOfVoxels());
  std::vector<itk::SizeValueType> firstRanks;
  for (unsigned int seed = 0; seed < 20; ++seed)
  {
    const auto ranks = oblique.GetRanksOf(*oblique.Sampler->SampleRegularly(37, seed));
    firstRanks.push_back(ranks.front());
    for (size_t i = 0; i < ranks.size(); ++i)
    {
      // floor((i + u) V / n) for one u in [0, 1)
      EXPECT_GE(static_cast<double>(ranks[i]), std::floor(static_cast<double>(i) * numberOfVoxels / 37.0));
      EXPECT_LT(static_cast<double>(ranks[i]), static_cast<double>(i + 1) * numberOfVoxels / 37.0);
      if (i > 0)
      {
        EXPECT_NEAR(static_cast<double>(ranks[i] - ranks[i - 1]), numberOfVoxels / 37.0, 1.0);
      }
    }
  }
  EXPECT_GT(std::set<itk::SizeValueType>(firstRanks.begin(), firstRanks.end()).size(), 1U); // u depends on the seed
}

TEST(MaskedVoxelSampler, EveryVoxelIsDrawnEquallyOften)
{
  const ObliqueCase oblique;
  const auto        numberOfVoxels = oblique.Sampler->GetNumberOfVoxels();
  for (const itk::SizeValueType n : { numberOfVoxels / 5, 4 * numberOfVoxels / 5 })
  {
    constexpr unsigned int numberOfDraws = 2000;
    std::vector<double>    counts(numberOfVoxels);
    for (unsigned int seed = 1; seed <= numberOfDraws; ++seed)
    {
      for (const auto rank : oblique.GetRanksOf(*oblique.Sampler->SampleRandomly(n, seed)))
      {
        ++counts[rank];
      }
    }
    // Counts of draws without replacement vary less than multinomial ones, by the factor 1 - n / V.
    const double fraction = static_cast<double>(n) / static_cast<double>(numberOfVoxels);
    const double chiSquare = GetChiSquare(counts, numberOfDraws * fraction) / (1.0 - fraction);
    const double degreesOfFreedom = static_cast<double>(numberOfVoxels - 1);
    EXPECT_LT(chiSquare, GetChiSquareLimit(degreesOfFreedom));
    EXPECT_GT(chiSquare, degreesOfFreedom - 6.0 * std::sqrt(2.0 * degreesOfFreedom)); // as even as that is no chance
  }
}

TEST(MaskedVoxelSampler, RegularDrawsTakeEveryVoxelEquallyOften)
{
  const ObliqueCase      oblique;
  const auto             numberOfVoxels = oblique.Sampler->GetNumberOfVoxels();
  constexpr unsigned int numberOfDraws = 2000;
  for (const itk::SizeValueType n : { itk::SizeValueType{ 1 }, numberOfVoxels / 7, 3 * numberOfVoxels / 2 })
  {
    std::vector<double> counts(numberOfVoxels);
    for (unsigned int seed = 1; seed <= numberOfDraws; ++seed)
    {
      for (const auto rank : oblique.GetRanksOf(*oblique.Sampler->SampleRegularly(n, seed)))
      {
        ++counts[rank];
      }
    }
    // floor(n / V) times for certain, and once more or not: a binomial number. Within 5.5 standard deviations.
    const double expectation = static_cast<double>(n) / static_cast<double>(numberOfVoxels);
    const double fraction = expectation - std::floor(expectation);
    const double limit = 5.5 * std::sqrt(numberOfDraws * fraction * (1.0 - fraction)) + 4.0;
    for (const double count : counts)
    {
      ASSERT_NEAR(count, numberOfDraws * expectation, limit);
    }
  }
}

TEST(MaskedVoxelSampler, EverySetOfVoxelsIsDrawnEquallyOften)
{
  const auto domain = itk::ImageBase<2>::New();
  domain->SetRegions(itk::Size<2>{ { 3, 2 } });
  const auto sampler = SamplerOf<2>::New();
  sampler->SetDomain(domain);
  sampler->Update();
  for (const auto & [n, numberOfSets] :
       { std::pair{ 1U, 6U }, { 2U, 15U }, { 3U, 20U }, { 4U, 15U }, { 5U, 6U }, { 8U, 15U } })
  {
    constexpr unsigned int                                  numberOfDraws = 6000;
    std::map<std::vector<itk::SizeValueType>, unsigned int> sets;
    for (unsigned int seed = 1; seed <= numberOfDraws; ++seed)
    {
      ++sets[GetRanks<2>(*sampler, *sampler->SampleRandomly(n, seed))];
    }
    ASSERT_EQ(sets.size(), numberOfSets) << n;
    std::vector<double> counts;
    for (const auto & set : sets)
    {
      counts.push_back(set.second);
    }
    EXPECT_LT(GetChiSquare(counts, static_cast<double>(numberOfDraws) / numberOfSets),
              GetChiSquareLimit(numberOfSets - 1.0));
  }
}

TEST(MaskedVoxelSampler, PerturbationIsUniformInTheVoxel)
{
  const ObliqueCase            oblique;
  constexpr itk::SizeValueType n = 5000;
  constexpr int                numberOfBins = 8;
  std::vector<double>          counts[3];
  for (auto & count : counts)
  {
    count.resize(numberOfBins);
  }
  double productOfFirstTwo = 0.0;
  for (const auto & point : GetPoints<3>(*oblique.Sampler->SampleRandomly(n, 11)))
  {
    const auto index = oblique.MaskImage->TransformPhysicalPointToIndex(point);
    EXPECT_NO_THROW(oblique.Sampler->GetRank(index));
    const auto position = oblique.MaskImage->TransformPhysicalPointToContinuousIndex<double>(point);
    double     fractions[3];
    for (unsigned int d = 0; d < 3; ++d)
    {
      fractions[d] = position[d] - static_cast<double>(index[d]) + 0.5;
      ASSERT_GE(fractions[d], 0.0);
      ASSERT_LE(fractions[d], 1.0);
      ++counts[d][std::min(numberOfBins - 1, static_cast<int>(fractions[d] * numberOfBins))];
    }
    productOfFirstTwo += (fractions[0] - 0.5) * (fractions[1] - 0.5);
  }
  for (const auto & count : counts)
  {
    EXPECT_LT(GetChiSquare(count, static_cast<double>(n) / numberOfBins), GetChiSquareLimit(numberOfBins - 1));
  }
  // Independent coordinates: the mean product has the standard deviation 1 / (12 sqrt(n)).
  EXPECT_LT(std::abs(productOfFirstTwo / static_cast<double>(n)), 5.0 / (12.0 * std::sqrt(static_cast<double>(n))));
}

TEST(MaskedVoxelSampler, PerturbSamplesOffGivesCenters)
{
  const ObliqueCase oblique;
  oblique.Sampler->PerturbSamplesOff();
  const auto all = GetPoints<3>(*oblique.Sampler->SampleAll());
  ASSERT_EQ(all.size(), oblique.Sampler->GetNumberOfVoxels());
  for (itk::SizeValueType rank = 0; rank < all.size(); ++rank)
  {
    const auto center = oblique.MaskImage->TransformIndexToPhysicalPoint<double>(oblique.Sampler->GetIndex(rank));
    EXPECT_LT(center.EuclideanDistanceTo(all[rank]), 1e-5); // float coordinates of some 10 units
  }
  const auto drawn = oblique.Sampler->SampleRandomly(50, 2);
  const auto ranks = oblique.GetRanksOf(*drawn);
  for (size_t i = 0; i < ranks.size(); ++i)
  {
    EXPECT_EQ(GetPoints<3>(*drawn)[i], all[ranks[i]]);
  }
}

TEST(MaskedVoxelSampler, PerturbedPointsStayInsideACurvedMask)
{
  // The border of a small ellipse cuts most of the voxels that it touches.
  const auto domain = itk::Image<float, 3>::New();
  domain->SetRegions(itk::Size<3>::Filled(20));
  const auto ellipse = itk::EllipseSpatialObject<3>::New();
  ellipse->SetRadiusInObjectSpace(3.3);
  ellipse->SetCenterInObjectSpace(itk::MakePoint(10.2, 9.7, 9.9));
  ellipse->Update();
  const auto sampler = SamplerOf<3>::New();
  sampler->SetDomain(domain);
  sampler->SetMask(ellipse);
  sampler->Update();
  const auto points = GetPoints<3>(*sampler->SampleRandomly(20000, 1));
  ASSERT_EQ(points.size(), 20000U);
  unsigned int numberInOuterShell = 0;
  for (const auto & point : points)
  {
    EXPECT_TRUE(ellipse->IsInsideInWorldSpace(point));
    numberInOuterShell += ellipse->GetCenterInObjectSpace().EuclideanDistanceTo(point) > 3.0F ? 1 : 0;
  }
  EXPECT_GT(numberInOuterShell, 1000U); // they do come near the border
}

TEST(MaskedVoxelSampler, CentersStayInsideAMaskWhoseBorderRunsThroughThem)
{
  // The mask's voxels are shifted by half a voxel, so that their borders run through the centres of the domain's. The
  // origin has no exact float value, so rounding puts some centres on the other side.
  const auto maskImage = MaskImageType<2>::New();
  maskImage->SetRegions(itk::Size<2>{ { 41, 3 } });
  maskImage->SetOrigin(itk::MakePoint(0.1 - 0.5, 0.1));
  maskImage->AllocateInitialized();
  for (itk::IndexValueType x = 0; x < 41; x += 2)
  {
    maskImage->SetPixel({ { x, 1 } }, 1);
  }
  const auto mask = MakeMask<2>(maskImage);
  const auto domain = itk::Image<float, 2>::New();
  domain->SetRegions(itk::Size<2>{ { 41, 3 } });
  domain->SetOrigin(itk::MakePoint(0.1, 0.1));
  const auto sampler = SamplerOf<2>::New();
  sampler->SetDomain(domain);
  sampler->SetMask(mask);
  sampler->Update();
  EXPECT_FALSE(sampler->GetCentersAreExact());
  for (const auto & point : GetPoints<2>(*sampler->SampleAll()))
  {
    EXPECT_TRUE(mask->IsInsideInWorldSpace(point));
  }
}

TEST(MaskedVoxelSampler, PaddingAtTheFarEndChangesNoBit)
{
  ObliqueCase small;
  const auto  smallRegion = small.MaskImage->GetLargestPossibleRegion();
  auto        paddedSize = smallRegion.GetSize();
  paddedSize[0] += 13;
  paddedSize[1] += 1;
  paddedSize[2] += 30;
  const auto padded = MaskImageType<3>::New();
  padded->CopyInformation(small.MaskImage);
  padded->SetRegions({ smallRegion.GetIndex(), paddedSize });
  padded->AllocateInitialized();
  for (const auto & index : GetIndices<3>(*small.Sampler))
  {
    padded->SetPixel(index, 1);
  }
  const auto paddedMask = MakeMask<3>(padded);
  const auto sampler = SamplerOf<3>::New();
  sampler->SetDomain(padded);
  sampler->SetMask(paddedMask);
  sampler->Update();
  for (const unsigned int seed : { 1U, 2U, 3U })
  {
    EXPECT_EQ(GetPoints<3>(*sampler->SampleRandomly(200, seed)),
              GetPoints<3>(*small.Sampler->SampleRandomly(200, seed)));
    EXPECT_EQ(GetPoints<3>(*sampler->SampleRegularly(200, seed)),
              GetPoints<3>(*small.Sampler->SampleRegularly(200, seed)));
  }
  EXPECT_EQ(GetPoints<3>(*sampler->SampleAll()), GetPoints<3>(*small.Sampler->SampleAll()));
}

TEST(MaskedVoxelSampler, SeedDeterminesThePoints)
{
  const ObliqueCase oblique;
  EXPECT_EQ(GetPoints<3>(*oblique.Sampler->SampleRandomly(100, 42)),
            GetPoints<3>(*oblique.Sampler->SampleRandomly(100, 42)));
  EXPECT_NE(GetPoints<3>(*oblique.Sampler->SampleRandomly(100, 42)),
            GetPoints<3>(*oblique.Sampler->SampleRandomly(100, 43)));
}

TEST(MaskedVoxelSampler, DomainsOfMoreThan32BitsAreSampledEvenly)
{
  // 100 000 x 100 000 voxels; no image of that size exists anywhere.
  const auto domain = itk::ImageBase<2>::New();
  domain->SetRegions(itk::Size<2>::Filled(100000));
  const auto sampler = SamplerOf<2>::New();
  sampler->SetDomain(domain);
  sampler->PerturbSamplesOff();
  sampler->Update();
  EXPECT_EQ(sampler->GetNumberOfVoxels(), 10000000000U);
  EXPECT_EQ(sampler->GetIndex(9999999999U), (itk::Index<2>{ { 99999, 99999 } }));
  std::vector<double> counts(10);
  for (const auto & point : GetPoints<2>(*sampler->SampleRandomly(10000, 1)))
  {
    ++counts[static_cast<size_t>(point[1] / 10000.0F)];
  }
  EXPECT_LT(GetChiSquare(counts, 1000.0), GetChiSquareLimit(9.0));
}

TEST(MaskedVoxelSampler, NumbersOfVoxelsThatDoNotDivide32BitsAreNotBiased)
{
  // Of 3 * 2^30 voxels, the remainders of 32 random bits would be the first third twice as often as the others.
  const auto domain = itk::ImageBase<2>::New();
  domain->SetRegions(itk::Size<2>{ { 65536, 49152 } });
  const auto sampler = SamplerOf<2>::New();
  sampler->SetDomain(domain);
  sampler->PerturbSamplesOff();
  sampler->Update();
  std::vector<double> counts(3);
  for (const auto & point : GetPoints<2>(*sampler->SampleRandomly(9000, 1)))
  {
    ++counts[static_cast<size_t>(point[1] / 16384.0F)];
  }
  EXPECT_LT(GetChiSquare(counts, 3000.0), GetChiSquareLimit(2.0));
}

TEST(MaskedVoxelSampler, UpdateSeesChangesAndOnlyChanges)
{
  ObliqueCase oblique;
  const auto  time = oblique.Sampler->GetMTime();
  oblique.Sampler->Update();
  EXPECT_EQ(oblique.Sampler->GetMTime(), time); // nothing was done

  const auto first = oblique.Sampler->GetIndex(0);
  const auto numberOfVoxels = oblique.Sampler->GetNumberOfVoxels();
  oblique.MaskImage->SetPixel(first, 0);
  oblique.MaskImage->Modified();
  EXPECT_THROW(oblique.Sampler->SampleAll(), itk::ExceptionObject); // outdated
  oblique.Sampler->Update();
  EXPECT_EQ(oblique.Sampler->GetNumberOfVoxels(), numberOfVoxels - 1);
  EXPECT_THROW(oblique.Sampler->GetRank(first), itk::ExceptionObject);
}

TEST(MaskedVoxelSampler, ErrorsNameTheProblemAndTheWayOut)
{
  const auto sampler = SamplerOf<2>::New();
  EXPECT_THROW(sampler->SampleAll(), itk::ExceptionObject);
  EXPECT_NE(GetMessageOf([&] { sampler->Update(); }).find("SetDomain"), std::string::npos);

  const RectangleCase rectangle(128, 64);
  sampler->SetDomain(rectangle.Fixed);
  rectangle.MaskImage->SetOrigin(itk::MakePoint(1000.0, 2000.0));
  sampler->SetMask(MakeMask<2>(rectangle.MaskImage));
  const auto message = GetMessageOf([&] { sampler->Update(); });
  EXPECT_NE(message.find("1014.5, 1054.5"), std::string::npos) << message; // the mask's box
  EXPECT_NE(message.find("-0.5, 127.5"), std::string::npos) << message;    // the domain's box
  EXPECT_NE(message.find("origin, spacing or direction"), std::string::npos) << message;

  rectangle.MaskImage->FillBuffer(0);
  rectangle.MaskImage->SetOrigin(itk::MakePoint(0.0, 0.0));
  sampler->SetMask(MakeMask<2>(rectangle.MaskImage));
  EXPECT_NE(GetMessageOf([&] { sampler->Update(); }).find("no pixel that is not zero"), std::string::npos);
  EXPECT_THROW(sampler->SampleRandomly(3, 1), itk::ExceptionObject);

  sampler->SetMask(nullptr);
  sampler->Update(); // the object still works
  EXPECT_EQ(sampler->GetNumberOfVoxels(), 128U * 64U);
  EXPECT_THROW(sampler->GetIndex(128U * 64U), itk::ExceptionObject);
}

} // namespace MaskedVoxelSamplerGTest
