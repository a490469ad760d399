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
#ifndef itkMaskedVoxelRuns_h
#define itkMaskedVoxelRuns_h

#include "itkImageRegion.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <vector>

namespace itk
{
/** \class MaskedVoxelRuns
 * \brief The voxels inside a mask as a list of runs along the first dimension, in raster order.
 *
 * The runs are kept in blocks of a few rows of a region. A run is the position of its first voxel in the raster of the
 * block, and the rank of that voxel in the block: 8 bytes.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskedVoxelRuns
{
public:
  using RegionType = ImageRegion<VDimension>;
  using IndexType = Index<VDimension>;

  struct Run
  {
    std::uint32_t Position;
    std::uint32_t Rank;
  };

  struct Block
  {
    SizeValueType    Position{};
    SizeValueType    Rank{};
    SizeValueType    NumberOfVoxels{};
    std::vector<Run> Runs{};

    /** Number of voxels of a run of this block. */
    SizeValueType
    GetLength(size_t run) const
    {
      return (run + 1 < Runs.size() ? Runs[run + 1].Rank : NumberOfVoxels) - Runs[run].Rank;
    }
  };
  using BlocksType = std::vector<Block>;

  /** A run, found by rank or position. */
  struct Location
  {
    size_t Block{};
    size_t Run{};
  };

  MaskedVoxelRuns() = default;

  /** Blocks in raster order, whose ranks are still to be counted; those without a voxel are dropped.
   * \param region that whose raster the positions of the blocks count */
  MaskedVoxelRuns(const RegionType & region, const RegionType & boundingRegion, BlocksType && blocks)
    : m_Region(region)
    , m_BoundingRegion(boundingRegion)
    , m_Blocks(std::move(blocks))
  {
    const auto isEmpty = [](const Block & block) { return block.Runs.empty(); };
    m_Blocks.erase(std::remove_if(m_Blocks.begin(), m_Blocks.end(), isEmpty), m_Blocks.end());
    for (Block & block : m_Blocks)
    {
      block.Rank = m_NumberOfVoxels;
      m_NumberOfVoxels += block.NumberOfVoxels;
      m_NumberOfRuns += block.Runs.size();
    }
  }

  SizeValueType
  GetNumberOfVoxels() const
  {
    return m_NumberOfVoxels;
  }
  SizeValueType
  GetNumberOfRuns() const
  {
    return m_NumberOfRuns;
  }
  const RegionType &
  GetBoundingRegion() const
  {
    return m_BoundingRegion;
  }
  const BlocksType &
  GetBlocks() const
  {
    return m_Blocks;
  }

  /** The index of a position in the raster of the region. */
  IndexType
  PositionToIndex(SizeValueType position) const
  {
    IndexType index = m_Region.GetIndex();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      index[d] += static_cast<IndexValueType>(position % m_Region.GetSize(d));
      position /= m_Region.GetSize(d);
    }
    return index;
  }

  /** The index of the first voxel of a run. */
  IndexType
  GetFirstIndex(const Location & location) const
  {
    const Block & block = m_Blocks[location.Block];
    return this->PositionToIndex(block.Position + block.Runs[location.Run].Position);
  }

  /** The rank of the first voxel of a run. */
  SizeValueType
  GetFirstRank(const Location & location) const
  {
    const Block & block = m_Blocks[location.Block];
    return block.Rank + block.Runs[location.Run].Rank;
  }

  /** The run that holds the voxel of a rank, which must exist. */
  Location
  FindRank(SizeValueType rank) const
  {
    const auto block = FindLast(m_Blocks, [rank](const Block & b) { return b.Rank <= rank; });
    const auto run = FindLast(block->Runs, [&](const Run & r) { return block->Rank + r.Rank <= rank; });
    return { Distance(m_Blocks, block), Distance(block->Runs, run) };
  }

  /** The index of the voxel of a rank, which must exist. */
  IndexType
  RankToIndex(SizeValueType rank) const
  {
    const Location location = this->FindRank(rank);
    IndexType      index = this->GetFirstIndex(location);
    index[0] += static_cast<IndexValueType>(rank - this->GetFirstRank(location));
    return index;
  }

  /** The rank of a voxel, or the number of voxels if it is not in the list. */
  SizeValueType
  IndexToRank(const IndexType & index) const
  {
    if (!m_BoundingRegion.IsInside(index))
    {
      return m_NumberOfVoxels;
    }
    SizeValueType position = 0;
    for (unsigned int d = VDimension; d-- > 0;)
    {
      position = position * m_Region.GetSize(d) + static_cast<SizeValueType>(index[d] - m_Region.GetIndex(d));
    }
    const auto block = FindLast(m_Blocks, [position](const Block & b) { return b.Position <= position; });
    if (block == m_Blocks.end())
    {
      return m_NumberOfVoxels;
    }
    const SizeValueType inBlock = position - block->Position;
    const auto          run = FindLast(block->Runs, [inBlock](const Run & r) { return r.Position <= inBlock; });
    if (run == block->Runs.end() || inBlock - run->Position >= block->GetLength(Distance(block->Runs, run)))
    {
      return m_NumberOfVoxels;
    }
    return block->Rank + run->Rank + (inBlock - run->Position);
  }

  /** Call a function with the location, the index and the length of every run, in order, until it returns false. */
  template <typename TFunction>
  void
  ForEachRun(TFunction function) const
  {
    for (size_t block = 0; block < m_Blocks.size(); ++block)
    {
      for (size_t run = 0; run < m_Blocks[block].Runs.size(); ++run)
      {
        const Location location{ block, run };
        if (!function(location, this->GetFirstIndex(location), m_Blocks[block].GetLength(run)))
        {
          return;
        }
      }
    }
  }

  /** Finds the voxels of ranks that never fall, faster than RankToIndex(). */
  class Cursor
  {
  public:
    explicit Cursor(const MaskedVoxelRuns & runs)
      : m_Runs(runs)
    {}

    IndexType
    GetIndex(SizeValueType rank)
    {
      if (rank >= m_EndRank)
      {
        const Location location = m_Runs.FindRank(rank);
        m_FirstIndex = m_Runs.GetFirstIndex(location);
        m_FirstRank = m_Runs.GetFirstRank(location);
        m_EndRank = m_FirstRank + m_Runs.GetBlocks()[location.Block].GetLength(location.Run);
      }
      IndexType index = m_FirstIndex;
      index[0] += static_cast<IndexValueType>(rank - m_FirstRank);
      return index;
    }

  private:
    const MaskedVoxelRuns & m_Runs;
    IndexType               m_FirstIndex{};
    SizeValueType           m_FirstRank{};
    SizeValueType           m_EndRank{};
  };

private:
  /** The last element for which a predicate holds, which holds for the first ones only; the end if there is none. */
  template <typename TElement, typename TPredicate>
  static auto
  FindLast(const std::vector<TElement> & elements, TPredicate predicate)
  {
    const auto next = std::partition_point(elements.begin(), elements.end(), predicate);
    return next == elements.begin() ? elements.end() : std::prev(next);
  }
  template <typename TElement>
  static size_t
  Distance(const std::vector<TElement> & elements, typename std::vector<TElement>::const_iterator element)
  {
    return static_cast<size_t>(element - elements.begin());
  }

  RegionType    m_Region{};
  RegionType    m_BoundingRegion{};
  BlocksType    m_Blocks{};
  SizeValueType m_NumberOfVoxels{};
  SizeValueType m_NumberOfRuns{};
};
} // end namespace itk

#endif // itkMaskedVoxelRuns_h
