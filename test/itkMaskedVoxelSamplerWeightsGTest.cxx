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
#include "sampler/itkMaskedVoxelEnumerator.h"
#include "sampler/itkMaskedVoxelWeights.h"

#include "itkAffineTransform.h"
#include "itkEllipseSpatialObject.h"
#include "itkTranslationTransform.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

// Draws with a weight image; the weights to compare with are looked up voxel by voxel.
namespace MaskedVoxelSamplerWeightsGTest
{
using namespace itk::MaskedSamplingTest;

using Sampler3D = itk::MaskedVoxelSampler<3>;
using WeightImage3D = itk::Image<float, 3>;
using RankContainerType = std::vector<itk::SizeValueType>;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

enum class WeightGrid
{
  Same,
  SameAndTransform,
  Other,
  OtherAndTransform,
  BufferSmallerThanImage
};

/** A speckled mask on an oblique grid, with weights between which there are many orders of magnitude. */
struct WeightedCase
{
  MaskImageType<3>::Pointer MaskImage;
  MaskType<3>::Pointer      Mask;
  WeightImage3D::Pointer    WeightImage;
  Sampler3D::Pointer        Sampler{ Sampler3D::New() };

  WeightedCase(std::mt19937 & random, WeightGrid weightGrid, double spread = 2.0)
    : MaskImage(MakeRandomGrid<MaskImageType<3>>(random, 9, 0))
  {
    FillWithSpeckle<3>(*MaskImage, random, 0.4);
    MaskImage->SetPixel(MaskImage->GetBufferedRegion().GetIndex(), 1); // never empty
    Mask = MakeMask<3>(MaskImage);
    const bool isSameGrid = weightGrid == WeightGrid::Same || weightGrid == WeightGrid::SameAndTransform;
    WeightImage = isSameGrid ? WeightImage3D::New() : MakeRandomGrid<WeightImage3D>(random, 14, 0);
    if (isSameGrid)
    {
      WeightImage->CopyInformation(MaskImage);
      WeightImage->SetRegions(MaskImage->GetLargestPossibleRegion());
      WeightImage->Allocate();
    }
    std::lognormal_distribution<float> weight(0.0F, static_cast<float>(spread));
    std::bernoulli_distribution        isZero(0.2);
    for (itk::ImageRegionIterator<WeightImage3D> it(WeightImage, WeightImage->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(isZero(random) ? 0.0F : weight(random));
    }
    if (weightGrid == WeightGrid::BufferSmallerThanImage)
    {
      WeightImage = KeepOnlyInBuffer(*WeightImage, MakeRandomSubregion(WeightImage->GetBufferedRegion(), random));
    }
    if (weightGrid == WeightGrid::SameAndTransform || weightGrid == WeightGrid::OtherAndTransform)
    {
      const auto transform = itk::AffineTransform<double, 3>::New();
      transform->SetMatrix(MakeRandomDirection<3>(random));
      Sampler->SetTransform(transform);
    }
    else
    {
      Sampler->SetMask(Mask);
    }
    Sampler->SetDomain(MaskImage);
    Sampler->SetWeightImage(WeightImage);
  }

  /** The weight of every mask voxel. */
  std::vector<double>
  GetWeights() const
  {
    std::vector<double> weights;
    for (const auto & index : GetIndices(*Sampler))
    {
      auto point = MaskImage->TransformIndexToPhysicalPoint<double>(index);
      if (Sampler->GetTransform() != nullptr)
      {
        point = Sampler->GetTransform()->TransformPoint(point);
      }
      const auto pixel = WeightImage->TransformPhysicalPointToIndex(point);
      weights.push_back(WeightImage->GetBufferedRegion().IsInside(pixel) ? WeightImage->GetPixel(pixel) : 0.0);
    }
    return weights;
  }
};

constexpr WeightGrid weightGrids[] = { WeightGrid::Same,
                                       WeightGrid::SameAndTransform,
                                       WeightGrid::Other,
                                       WeightGrid::OtherAndTransform,
                                       WeightGrid::BufferSmallerThanImage };

double
Sum(const std::vector<double> & values)
{
  double sum = 0.0;
  for (const double value : values)
  {
    sum += value;
  }
  return sum;
}

RankContainerType
Draw(const Sampler3D & sampler, bool regularly, itk::SizeValueType n, unsigned int seed)
{
  return GetRanks<3>(sampler, *(regularly ? sampler.SampleRegularly(n, seed) : sampler.SampleRandomly(n, seed)));
}

std::vector<double>
Count(const RankContainerType & ranks, size_t numberOfVoxels)
{
  std::vector<double> counts(numberOfVoxels);
  for (const auto rank : ranks)
  {
    ++counts[rank];
  }
  return counts;
}

/** A row of voxels with these weights, without gaps in the mask. */
struct WeightedRow
{
  WeightImage3D::Pointer Image{ WeightImage3D::New() };
  Sampler3D::Pointer     Sampler{ Sampler3D::New() };

  explicit WeightedRow(const std::vector<float> & weights)
  {
    Image->SetRegions(itk::Size<3>{ { weights.size(), 1, 1 } });
    Image->Allocate();
    std::copy(weights.begin(), weights.end(), Image->GetBufferPointer());
    Sampler->SetDomain(Image);
    Sampler->SetWeightImage(Image);
  }
};

TEST(MaskedVoxelSamplerWeights, CountsAreExpectationsRoundedUpOrDown)
{
  std::mt19937 random(1);
  unsigned int numberOfDraws = 0;
  unsigned int numberOfVoxelsWithoutWeight = 0;
  for (unsigned int i = 0; i < 150; ++i)
  {
    SCOPED_TRACE(i);
    const WeightedCase weighted(random, weightGrids[i % 5], i % 3);
    weighted.Sampler->SetPerturbSamples(i % 7 != 0);
    if (!GetMessageOf([&] { weighted.Sampler->Update(); }).empty())
    {
      continue; // no weight in the mask
    }
    const auto   weights = weighted.GetWeights();
    const double total = Sum(weights);
    ASSERT_GT(total, 0.0);
    const auto numberOfVoxels = weighted.Sampler->GetNumberOfVoxels();
    for (const itk::SizeValueType n : { itk::SizeValueType{ 0 },
                                        itk::SizeValueType{ 1 },
                                        itk::SizeValueType{ 2 },
                                        numberOfVoxels / 3,
                                        numberOfVoxels,
                                        3 * numberOfVoxels + 1,
                                        itk::SizeValueType{ 1000 } })
    {
      for (const bool regularly : { false, true })
      {
        const auto ranks = Draw(*weighted.Sampler, regularly, n, i); // throws for a point outside the mask
        ASSERT_EQ(ranks.size(), n);
        EXPECT_TRUE(std::is_sorted(ranks.begin(), ranks.end()));
        const auto counts = Count(ranks, weights.size());
        for (size_t rank = 0; rank < weights.size(); ++rank)
        {
          const double expectation = static_cast<double>(n) * weights[rank] / total;
          ASSERT_GE(counts[rank], std::floor(expectation - 1e-9 * (1.0 + expectation)));
          ASSERT_LE(counts[rank], std::ceil(expectation + 1e-9 * (weights[rank] > 0.0 ? 1.0 + expectation : 0.0)));
          numberOfVoxelsWithoutWeight += weights[rank] > 0.0 ? 0 : 1;
        }
        ++numberOfDraws;
      }
    }
  }
  EXPECT_GT(numberOfDraws, 1000U);
  EXPECT_GT(numberOfVoxelsWithoutWeight, 1000U);
}

TEST(MaskedVoxelSamplerWeights, ExpectationsAreInProportionToTheWeights)
{
  std::mt19937 random(2);
  for (const auto weightGrid : weightGrids)
  {
    WeightedCase weighted(random, weightGrid, 0.8);
    const auto   isOfUsefulSize = [&weighted] {
      if (!GetMessageOf([&] { weighted.Sampler->Update(); }).empty())
      {
        return false;
      }
      const auto weights = weighted.GetWeights();
      const auto number = weights.size() - std::count(weights.begin(), weights.end(), 0.0);
      return number > 30 && number < 120;
    };
    while (!isOfUsefulSize())
    {
      weighted = WeightedCase(random, weightGrid, 0.8);
    }
    const auto             weights = weighted.GetWeights();
    const double           total = Sum(weights);
    constexpr unsigned int numberOfDraws = 3000;
    for (const itk::SizeValueType n : { 1U, 7U, 40U })
    {
      for (const bool regularly : { false, true })
      {
        std::vector<double> counts(weights.size());
        for (unsigned int seed = 1; seed <= numberOfDraws; ++seed)
        {
          for (const auto rank : Draw(*weighted.Sampler, regularly, n, seed))
          {
            ++counts[rank];
          }
        }
        double       chiSquare = 0.0;
        unsigned int degreesOfFreedom = 0;
        for (size_t rank = 0; rank < weights.size(); ++rank)
        {
          // What is beyond the whole part is drawn or not: a binomial number.
          const double expectation = static_cast<double>(n) * weights[rank] / total;
          const double fraction = expectation - std::floor(expectation);
          const double variance = numberOfDraws * fraction * (1.0 - fraction);
          const double deviation = counts[rank] - numberOfDraws * expectation;
          if (variance < 20.0) // not close to normal: an exact bound
          {
            EXPECT_LE(std::abs(deviation), 7.0 * std::sqrt(variance) + 4.0 * (variance > 1e-6 ? 1.0 : 0.0) + 1e-6);
            continue;
          }
          EXPECT_LE(std::abs(deviation), 5.0 * std::sqrt(variance)) << rank;
          chiSquare += deviation * deviation / variance;
          ++degreesOfFreedom;
        }
        // The counts of voxels depend on each other, but not much: twice the limit of independent ones is a bias.
        ASSERT_GT(degreesOfFreedom, 5U);
        EXPECT_LT(chiSquare, 2.0 * GetChiSquareLimit(degreesOfFreedom));
      }
    }
  }
}

TEST(MaskedVoxelSamplerWeights, EqualWeightsDrawEachVoxelAtMostOnce)
{
  for (const unsigned int numberOfVoxels : { 1U, 2U, 3U, 10U, 49U, 97U })
  {
    for (const float weight : { 1.0F, 0.1F, 1.0F / 3.0F, 1e-30F, 1e-44F, 3e38F })
    {
      const WeightedRow row(std::vector<float>(numberOfVoxels, weight));
      row.Sampler->Update();
      for (itk::SizeValueType n = 1; n <= numberOfVoxels; ++n)
      {
        for (unsigned int seed = 1; seed < 4; ++seed)
        {
          for (const bool regularly : { false, true })
          {
            const auto ranks = Draw(*row.Sampler, regularly, n, seed);
            ASSERT_EQ(ranks.size(), n);
            ASSERT_EQ(std::set<itk::SizeValueType>(ranks.begin(), ranks.end()).size(), n)
              << numberOfVoxels << " voxels of weight " << weight;
          }
        }
      }
    }
  }
}

TEST(MaskedVoxelSamplerWeights, RegularDrawsAreSystematic)
{
  std::mt19937     random(3);
  std::set<double> phases;
  for (unsigned int i = 0; i < 200; ++i)
  {
    const WeightedCase weighted(random, weightGrids[i % 5]);
    if (!GetMessageOf([&] { weighted.Sampler->Update(); }).empty())
    {
      continue;
    }
    const auto          weights = weighted.GetWeights();
    const double        total = Sum(weights);
    std::vector<double> sums{ 0.0 };
    for (const double weight : weights)
    {
      sums.push_back(sums.back() + weight);
    }
    const itk::SizeValueType n = 1 + random() % 200;
    const auto               ranks = Draw(*weighted.Sampler, true, n, i);
    // One u in [0, 1) must put every (i + u) W / n into the part of its voxel in the sum of the weights.
    double lowest = 0.0;
    double highest = 1.0;
    for (size_t k = 0; k < ranks.size(); ++k)
    {
      lowest = std::max(lowest, sums[ranks[k]] * static_cast<double>(n) / total - static_cast<double>(k));
      highest = std::min(highest, sums[ranks[k] + 1] * static_cast<double>(n) / total - static_cast<double>(k));
    }
    EXPECT_LE(lowest, highest + 1e-10);
    phases.insert(lowest);
  }
  EXPECT_GT(phases.size(), 100U);
}

TEST(MaskedVoxelSamplerWeights, OneDominantVoxel)
{
  for (const size_t position : { 0U, 17U, 99U })
  {
    std::vector<float> weights(100, 1.0F);
    weights[position] = 1e7F;
    const WeightedRow row(weights);
    row.Sampler->Update();
    double numberOfOthers = 0.0;
    for (unsigned int seed = 1; seed <= 200; ++seed)
    {
      for (const bool regularly : { false, true })
      {
        // 1000 * 1e7 / (1e7 + 99) = 999.99
        const auto counts = Count(Draw(*row.Sampler, regularly, 1000, seed), 100);
        EXPECT_GE(counts[position], 999.0);
        numberOfOthers += 1000.0 - counts[position];
      }
    }
    EXPECT_LE(numberOfOthers, 20.0); // 4 are expected, with a standard deviation of 2
  }
}

TEST(MaskedVoxelSamplerWeights, TinyExamplesWithKnownProbabilities)
{
  // Weights 1, 1, 2: one voxel of the first two and the third, always, if two are drawn.
  const WeightedRow row({ 1.0F, 1.0F, 2.0F });
  row.Sampler->Update();
  constexpr unsigned int                numberOfDraws = 4000;
  std::map<RankContainerType, unsigned> pairs;
  std::map<RankContainerType, unsigned> singles;
  for (unsigned int seed = 1; seed <= numberOfDraws; ++seed)
  {
    ++pairs[Draw(*row.Sampler, false, 2, seed)];
    ++singles[Draw(*row.Sampler, false, 1, seed)];
  }
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_NEAR((pairs[{ 0, 2 }]), numberOfDraws / 2, 5.0 * std::sqrt(numberOfDraws * 0.25));
  EXPECT_NEAR((pairs[{ 1, 2 }]), numberOfDraws / 2, 5.0 * std::sqrt(numberOfDraws * 0.25));
  ASSERT_EQ(singles.size(), 3U);
  EXPECT_NEAR((singles[{ 2 }]), numberOfDraws / 2, 5.0 * std::sqrt(numberOfDraws * 0.25));
  EXPECT_NEAR((singles[{ 0 }]), numberOfDraws / 4, 5.0 * std::sqrt(numberOfDraws * 0.1875));
}

TEST(MaskedVoxelSamplerWeights, VoxelsWithoutWeightRemainMaskVoxels)
{
  std::mt19937       random(6);
  const WeightedCase weighted(random, WeightGrid::Same);
  weighted.Sampler->Update();
  const auto indices = ListByBruteForce(*weighted.Sampler);
  EXPECT_EQ(GetIndices(*weighted.Sampler), indices);
  EXPECT_EQ(weighted.Sampler->SampleAll()->GetNumberOfPoints(), indices.size());
}

TEST(MaskedVoxelSamplerWeights, SeedAloneDeterminesTheDraw)
{
  std::mt19937       random(7);
  const WeightedCase weighted(random, WeightGrid::Other);
  weighted.Sampler->SetNumberOfWorkUnits(1);
  weighted.Sampler->Update();
  const auto expected = GetPoints<3>(*weighted.Sampler->SampleRandomly(100, 5));
  EXPECT_EQ(expected, GetPoints<3>(*weighted.Sampler->SampleRandomly(100, 5)));
  EXPECT_NE(expected, GetPoints<3>(*weighted.Sampler->SampleRandomly(100, 6)));
  for (const itk::ThreadIdType numberOfWorkUnits : { 2U, 3U, 8U, 64U })
  {
    const auto sampler = Sampler3D::New();
    sampler->SetDomain(weighted.MaskImage);
    sampler->SetMask(weighted.Mask);
    sampler->SetWeightImage(weighted.WeightImage);
    sampler->SetNumberOfWorkUnits(numberOfWorkUnits);
    sampler->Update();
    EXPECT_EQ(GetPoints<3>(*sampler->SampleRandomly(100, 5)), expected);
    EXPECT_EQ(GetPoints<3>(*sampler->SampleRegularly(100, 5)),
              GetPoints<3>(*weighted.Sampler->SampleRegularly(100, 5)));
  }
}

TEST(MaskedVoxelSamplerWeights, BadWeightsAreNamed)
{
  for (const auto & [weight, word] :
       { std::pair{ -1.5F, "-1.5" }, { notANumber, "nan" }, { infinity, "inf" }, { -infinity, "-inf" } })
  {
    WeightedRow row(std::vector<float>(10, 1.0F));
    row.Image->SetPixel({ { 7, 0, 0 } }, weight);
    for (unsigned int i = 0; i < 2; ++i) // the second Update() must not take the first one's word for it
    {
      const auto message = GetMessageOf([&] { row.Sampler->Update(); });
      EXPECT_NE(message.find("[7, 0, 0]"), std::string::npos) << message;
      EXPECT_NE(message.find(word), std::string::npos) << message;
      EXPECT_THROW(row.Sampler->SampleRandomly(3, 1), itk::ExceptionObject);
      EXPECT_THROW(row.Sampler->SampleRegularly(3, 1), itk::ExceptionObject);
    }
    // Outside the mask a weight may be anything.
    row.Sampler->SetRegion({ { { 0, 0, 0 } }, { { 7, 1, 1 } } });
    row.Sampler->Update();
    EXPECT_EQ(Draw(*row.Sampler, false, 7, 1), (RankContainerType{ 0, 1, 2, 3, 4, 5, 6 }));
    row.Sampler->ResetRegion();
    EXPECT_THROW(row.Sampler->Update(), itk::ExceptionObject);
    row.Image->SetPixel({ { 7, 0, 0 } }, 0.0F);
    row.Image->Modified();
    row.Sampler->Update();
    EXPECT_EQ(Draw(*row.Sampler, false, 9, 1), (RankContainerType{ 0, 1, 2, 3, 4, 5, 6, 8, 9 }));
  }
}

TEST(MaskedVoxelSamplerWeights, NoWeightAtAllIsNamed)
{
  const WeightedRow row(std::vector<float>(10, 0.0F));
  const auto        message = GetMessageOf([&] { row.Sampler->Update(); });
  EXPECT_NE(message.find("10 mask voxels are 0"), std::string::npos) << message;

  row.Image->FillBuffer(1.0F);
  const auto elsewhere = WeightImage3D::New();
  elsewhere->SetRegions(itk::Size<3>::Filled(3));
  elsewhere->SetOrigin(itk::MakePoint(100.0, 0.0, 0.0));
  elsewhere->AllocateInitialized();
  elsewhere->FillBuffer(1.0F);
  row.Sampler->SetWeightImage(elsewhere);
  EXPECT_NE(GetMessageOf([&] { row.Sampler->Update(); }).find("origin"), std::string::npos);

  const auto empty = WeightImage3D::New();
  row.Sampler->SetWeightImage(empty);
  EXPECT_THROW(row.Sampler->Update(), itk::ExceptionObject);
}

TEST(MaskedVoxelSamplerWeights, UpdateSeesChangedWeightsAndOnlyThose)
{
  const WeightedRow row({ 1.0F, 1.0F, 1.0F, 0.0F, 0.0F });
  row.Sampler->Update();
  const auto time = row.Sampler->GetMTime();
  row.Sampler->Update();
  EXPECT_EQ(row.Sampler->GetMTime(), time);
  EXPECT_EQ(Draw(*row.Sampler, false, 3, 1), (RankContainerType{ 0, 1, 2 }));

  row.Image->SetPixel({ { 1, 0, 0 } }, 0.0F);
  row.Image->SetPixel({ { 4, 0, 0 } }, 1.0F);
  row.Image->Modified();
  EXPECT_THROW(row.Sampler->SampleRandomly(3, 1), itk::ExceptionObject); // outdated
  row.Sampler->Update();
  EXPECT_GT(row.Sampler->GetMTime(), time);
  EXPECT_EQ(Draw(*row.Sampler, false, 3, 1), (RankContainerType{ 0, 2, 4 }));

  // Another mask, the same weights.
  row.Sampler->SetRegion({ { { 1, 0, 0 } }, { { 4, 1, 1 } } });
  row.Sampler->Update();
  EXPECT_EQ(Draw(*row.Sampler, true, 2, 1), (RankContainerType{ 1, 3 })); // the third and the fifth of the row
  row.Sampler->ResetRegion();

  // Another geometry of the weights.
  row.Sampler->Update();
  const auto shifted = WeightImage3D::New();
  shifted->CopyInformation(row.Image);
  shifted->SetRegions(row.Image->GetLargestPossibleRegion());
  shifted->AllocateInitialized();
  shifted->SetPixel({ { 0, 0, 0 } }, 1.0F);
  row.Sampler->SetWeightImage(shifted);
  row.Sampler->Update();
  EXPECT_EQ(Draw(*row.Sampler, false, 2, 1), (RankContainerType{ 0, 0 }));
  shifted->SetOrigin(itk::MakePoint(3.0, 0.0, 0.0));
  row.Sampler->Update();
  EXPECT_EQ(Draw(*row.Sampler, false, 2, 1), (RankContainerType{ 3, 3 }));

  // No weights any more: none of the old ones may be used.
  row.Sampler->SetWeightImage(nullptr);
  EXPECT_THROW(row.Sampler->SampleRandomly(2, 1), itk::ExceptionObject);
  row.Sampler->Update();
  EXPECT_EQ(Draw(*row.Sampler, false, 5, 1), (RankContainerType{ 0, 1, 2, 3, 4 }));
}

TEST(MaskedVoxelSamplerWeights, AnotherObjectWithTheSameGridIsTheDomain)
{
  const auto weightImage = WeightImage3D::New();
  weightImage->SetRegions(itk::Size<3>{ { 20, 1, 1 } });
  weightImage->SetSpacing(itk::MakeVector(0.5, 1.0, 1.0)); // not the grid of the domain
  weightImage->AllocateInitialized();
  weightImage->SetPixel({ { 8, 0, 0 } }, 1.0F); // the voxel at x = 4
  const auto makeDomain = [] {
    const auto domain = itk::ImageBase<3>::New();
    domain->SetRegions(itk::Size<3>{ { 10, 1, 1 } });
    return domain;
  };
  const auto first = makeDomain();
  const auto second = makeDomain();
  const auto sampler = Sampler3D::New();
  sampler->SetDomain(first);
  sampler->SetWeightImage(weightImage);
  sampler->Update();
  EXPECT_EQ(Draw(*sampler, false, 3, 1), (RankContainerType{ 4, 4, 4 }));
  sampler->SetDomain(second);
  sampler->Update();
  first->SetOrigin(itk::MakePoint(1.0, 0.0, 0.0)); // is of no concern to the sampler; it might even be gone
  EXPECT_EQ(Draw(*sampler, false, 3, 1), (RankContainerType{ 4, 4, 4 }));
  EXPECT_EQ(Draw(*sampler, true, 3, 1), (RankContainerType{ 4, 4, 4 }));
}

TEST(MaskedVoxelSamplerWeights, LargeMask)
{
  // 125 000 voxels in many blocks; weights that grow in proportion to z + 1.
  const auto image = WeightImage3D::New();
  image->SetRegions(itk::Size<3>::Filled(50));
  image->Allocate();
  for (itk::ImageRegionIteratorWithIndex<WeightImage3D> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<float>(it.GetIndex()[2] + 1));
  }
  const auto sampler = Sampler3D::New();
  sampler->SetDomain(image);
  sampler->SetWeightImage(image);
  sampler->Update();
  for (const bool regularly : { false, true })
  {
    std::vector<double> counts(50);
    const auto          ranks = Draw(*sampler, regularly, 10000, 3);
    ASSERT_EQ(std::set<itk::SizeValueType>(ranks.begin(), ranks.end()).size(), 10000U); // n w / W < 1
    for (const auto rank : ranks)
    {
      ++counts[rank / 2500];
    }
    for (size_t z = 0; z < counts.size(); ++z)
    {
      // A slice is a stretch of whole strata, but for one at either end.
      EXPECT_NEAR(counts[z], 10000.0 * static_cast<double>(z + 1) / (50.0 * 51.0 / 2.0), 2.0);
    }
  }
}

TEST(MaskedVoxelSamplerWeights, PixelsChangedWithoutModifiedDoNoHarm)
{
  // As from Python, in the array that an image is a view of. The draw may be of the old or the new weights, or neither,
  // but it ends, and is of mask voxels.
  for (const float newWeight : { 0.0F, 1e6F, -1.0F, notANumber })
  {
    for (const bool regularly : { false, true })
    {
      const WeightedRow row(std::vector<float>(10, 1.0F));
      row.Sampler->Update();
      row.Image->FillBuffer(newWeight);
      EXPECT_EQ(Draw(*row.Sampler, regularly, 5, 1).size(), 5U);
      EXPECT_EQ(Draw(*row.Sampler, regularly, 25, 1).size(), 25U);
    }
  }
}

TEST(MaskedVoxelSamplerWeights, ExtentOfTheDomainChangesNoSum)
{
  // The rows of a larger domain fall into other blocks. Weights of which the small ones are lost in part when they are
  // added to the great one, and positions at the ends of voxels, where the last bit of a sum decides.
  using WeightsType = itk::MaskedVoxelWeights<3>;
  const itk::ImageRegion<3> box(itk::Size<3>{ { 21, 19, 17 } });
  struct Case
  {
    WeightImage3D::Pointer Image{ WeightImage3D::New() };
    WeightsType::RunsType  Runs{};
    itk::MaskGeometry<3>   Geometry{};
    MaskType<3>::Pointer   Mask{};
    std::vector<itk::SizeValueType>
    Find(double phase) const
    {
      return WeightsType(Runs, Geometry, *Image, 2).DrawRegularly(Geometry, 1, phase);
    }
  };
  const auto make = [&box](itk::SizeValueType padding) {
    Case made;
    made.Image->SetRegions(itk::Size<3>{ { 21 + padding, 19 + padding, 17 + 20 * padding } });
    made.Image->AllocateInitialized();
    const auto maskImage = MaskImageType<3>::New();
    maskImage->SetRegions(made.Image->GetLargestPossibleRegion());
    maskImage->AllocateInitialized();
    std::mt19937                          random(4);
    std::uniform_real_distribution<float> weight(0.1F, 1.0F);
    for (itk::ImageRegionIteratorWithIndex<MaskImageType<3>> it(maskImage, box); !it.IsAtEnd(); ++it)
    {
      it.Set(1);
      made.Image->SetPixel(it.GetIndex(), it.GetIndex() == box.GetIndex() ? 1e9F : weight(random));
    }
    made.Mask = MakeMask<3>(maskImage);
    made.Geometry.Domain = made.Image;
    made.Geometry.Mask = made.Mask;
    made.Runs = itk::MaskedVoxelEnumerator<3>(made.Geometry).Enumerate(made.Image->GetLargestPossibleRegion(), 2);
    return made;
  };
  const Case          expected = make(0);
  const Case          padded = make(11);
  std::vector<double> sums{ 0.0 };
  for (itk::ImageRegionConstIterator<WeightImage3D> it(expected.Image, box); !it.IsAtEnd(); ++it)
  {
    sums.push_back(sums.back() + it.Get());
  }
  ASSERT_EQ(expected.Runs.GetNumberOfVoxels(), box.GetNumberOfPixels());
  for (itk::SizeValueType rank = 1; rank < box.GetNumberOfPixels(); rank += 5)
  {
    const double phase = sums[rank] / sums.back();
    const auto   found = expected.Find(phase);
    EXPECT_EQ(padded.Find(phase), found) << "rank " << rank;
    EXPECT_NEAR(static_cast<double>(found.front()), static_cast<double>(rank), 2.0);
  }
}

} // namespace MaskedVoxelSamplerWeightsGTest
