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
#ifndef itkMaskedVoxelWeights_hxx
#define itkMaskedVoxelWeights_hxx

#include "geometry/itkParallelTasks.h"

#include <algorithm>
#include <cmath>

namespace itk
{
template <unsigned int VDimension>
MaskedVoxelWeights<VDimension>::MaskedVoxelWeights(const RunsType &        runs,
                                                   const GeometryType &    geometry,
                                                   const WeightImageType & weightImage,
                                                   ThreadIdType            numberOfWorkUnits)
  : m_Runs(&runs)
  , m_WeightImage(&weightImage)
  , m_IsOnSameGrid(geometry.DomainToMask == nullptr &&
                   GridGeometry<VDimension>::IsSame(*geometry.Domain, weightImage) &&
                   weightImage.GetBufferedRegion().IsInside(runs.GetBoundingRegion()))
  , m_RunEnds(runs.GetBlocks().size())
{
  struct BadWeight
  {
    IndexType Index;
    double    Weight;
  };
  std::vector<std::optional<BadWeight>> badWeights(m_RunEnds.size());

  const auto sumBlock = [&](SizeValueType b) {
    const auto & block = runs.GetBlocks()[b];
    m_RunEnds[b].reserve(block.Runs.size());
    for (size_t run = 0; run < block.Runs.size(); ++run)
    {
      IndexType           index = runs.GetFirstIndex({ b, run });
      const SizeValueType length = block.GetLength(run);
      double              sumOfRun = 0.0;
      for (SizeValueType x = 0; x < length; ++x, ++index[0])
      {
        const double weight = this->GetWeight(geometry, index);
        if (!(weight >= 0.0 && std::isfinite(weight)) && !badWeights[b])
        {
          badWeights[b] = BadWeight{ index, weight };
        }
        sumOfRun += weight;
      }
      m_RunEnds[b].push_back(sumOfRun);
    }
  };
  ParallelTasks::ForEach(m_RunEnds.size(), numberOfWorkUnits, sumBlock);

  // Run after run: how the runs fall into blocks depends on the extent of the domain, and must not change a rounding.
  double total = 0.0;
  for (size_t b = 0; b < m_RunEnds.size(); ++b)
  {
    if (badWeights[b])
    {
      itkGenericExceptionMacro("The weight of the mask voxel "
                               << badWeights[b]->Index << " is " << badWeights[b]->Weight
                               << ". Weights must be finite and not negative: 0 excludes "
                                  "a voxel. Correct the weight image, or take the voxel "
                                  "out of the mask.");
    }
    for (double & sum : m_RunEnds[b])
    {
      total += sum;
      sum = total;
    }
  }
  if (!(total > 0.0))
  {
    itkGenericExceptionMacro("The weights of all " << runs.GetNumberOfVoxels()
                                                   << " mask voxels are 0, so that no point can be drawn. Likely "
                                                      "causes: origin, spacing or direction were not copied to the "
                                                      "weight image (outside of it the weight is 0); its pixels were "
                                                      "not set.");
  }
}

template <unsigned int VDimension>
double
MaskedVoxelWeights<VDimension>::GetWeight(const GeometryType & geometry, const IndexType & index) const
{
  if (m_IsOnSameGrid)
  {
    return m_WeightImage->GetPixel(index);
  }
  const IndexType weightIndex = m_WeightImage->TransformPhysicalPointToIndex(geometry.MapIndex(index));
  return m_WeightImage->GetBufferedRegion().IsInside(weightIndex) ? m_WeightImage->GetPixel(weightIndex) : 0.0;
}

template <unsigned int VDimension>
auto
MaskedVoxelWeights<VDimension>::Find(const GeometryType & geometry, double value, bool inclusive) const -> Voxel
{
  // Whether the voxel looked for comes after those that have this sum.
  const auto isBefore = [value, inclusive](double sum) { return inclusive ? sum < value : sum <= value; };

  const auto block = std::partition_point(
    m_RunEnds.begin(), std::prev(m_RunEnds.end()), [&](const SumsType & sums) { return isBefore(sums.back()); });
  const auto                        runEnd = std::partition_point(block->begin(), std::prev(block->end()), isBefore);
  const typename RunsType::Location location{ static_cast<size_t>(block - m_RunEnds.begin()),
                                              static_cast<size_t>(runEnd - block->begin()) };

  IndexType           index = m_Runs->GetFirstIndex(location);
  const SizeValueType length = m_Runs->GetBlocks()[location.Block].GetLength(location.Run);
  double              beforeRun = 0.0;
  if (location.Run > 0 || location.Block > 0)
  {
    beforeRun = location.Run > 0 ? *std::prev(runEnd) : std::prev(block)->back();
  }
  Voxel voxel;
  voxel.Rank = m_Runs->GetFirstRank(location);
  double sumOfRun = 0.0;
  for (SizeValueType x = 0;; ++x, ++index[0], ++voxel.Rank)
  {
    voxel.Before = beforeRun + sumOfRun;
    sumOfRun += this->GetWeight(geometry, index);
    voxel.After = beforeRun + sumOfRun;
    if (x + 1 == length || !isBefore(voxel.After))
    {
      return voxel;
    }
  }
}

template <unsigned int VDimension>
template <typename TUniform>
auto
MaskedVoxelWeights<VDimension>::DrawRandomly(const GeometryType & geometry,
                                             SizeValueType        numberOfSamples,
                                             TUniform             uniform) const -> RankContainerType
{
  const double total = this->GetTotal();
  const double stratum = total / static_cast<double>(numberOfSamples);
  const auto   getEnd = [&](SizeValueType i) {
    return i + 1 == numberOfSamples ? total
                                      : total * (static_cast<double>(i + 1) / static_cast<double>(numberOfSamples));
  };

  RankContainerType ranks;
  ranks.reserve(numberOfSamples);
  double        beginOfStratum = 0.0;
  SizeValueType carried = 0; // the voxel that comes from the stratum before, with what is left of its weight
  double        carriedWeight = 0.0;
  while (ranks.size() < numberOfSamples)
  {
    // The voxel that holds the end of the stratum competes with one drawn among all that are before it.
    const Voxel   border = this->Find(geometry, getEnd(ranks.size()), true);
    const double  weightBefore = std::max(0.0, border.Before - beginOfStratum);
    SizeValueType champion = border.Rank;
    if (weightBefore > 0.0)
    {
      const double position = uniform() * weightBefore;
      champion = position < carriedWeight ? carried : this->Find(geometry, beginOfStratum + position, false).Rank;
    }

    SizeValueType copies = 1; // of the border voxel, which may fill several strata
    while (ranks.size() + copies < numberOfSamples && getEnd(ranks.size() + copies) <= border.After)
    {
      ++copies;
    }
    const double endOfLast = getEnd(ranks.size() + copies - 1);
    const double weightAfter = std::max(0.0, border.After - endOfLast);
    if (weightAfter >= weightBefore)
    {
      // The border voxel fills its strata without the champion, who competes with the rest for the next stratum.
      ranks.insert(ranks.end(), copies, border.Rank);
      carried = uniform() * weightAfter < weightBefore ? champion : border.Rank;
    }
    else
    {
      const bool championWins = uniform() * (stratum - weightAfter) < weightBefore - weightAfter;
      ranks.push_back(championWins ? champion : border.Rank);
      ranks.insert(ranks.end(), copies - 1, border.Rank);
      carried = championWins ? border.Rank : champion;
    }
    carriedWeight = weightAfter;
    beginOfStratum = endOfLast;
  }
  std::sort(ranks.begin(), ranks.end()); // a champion can come after copies of the voxel that it was carried along with
  return ranks;
}

template <unsigned int VDimension>
auto
MaskedVoxelWeights<VDimension>::DrawRegularly(const GeometryType & geometry,
                                              SizeValueType        numberOfSamples,
                                              double               phase) const -> RankContainerType
{
  const double      total = this->GetTotal();
  const double      last = std::nextafter(total, 0.0); // rounding may lift the last position to the total
  RankContainerType ranks(numberOfSamples);
  for (SizeValueType i = 0; i < numberOfSamples; ++i)
  {
    const double position = total * ((static_cast<double>(i) + phase) / static_cast<double>(numberOfSamples));
    ranks[i] = this->Find(geometry, std::min(position, last), false).Rank;
  }
  return ranks;
}
} // end namespace itk

#endif // itkMaskedVoxelWeights_hxx
