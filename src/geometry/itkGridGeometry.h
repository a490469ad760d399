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
#ifndef itkGridGeometry_h
#define itkGridGeometry_h

#include "geometry/itkParallelTasks.h"

#include "itkContinuousIndex.h"
#include "itkImageBase.h"
#include "itkMath.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
/** \class GridGeometry
 * \brief All arithmetic of grids: images without pixels, of which only origin, spacing, direction and region count.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class GridGeometry
{
public:
  using GridType = ImageBase<VDimension>;
  using GridPointer = typename GridType::Pointer;
  using RegionType = ImageRegion<VDimension>;
  using IndexType = Index<VDimension>;
  using SizeType = Size<VDimension>;
  using OffsetType = Offset<VDimension>;
  using PointType = Point<double, VDimension>;
  using PointsType = std::vector<PointType>;
  using ContinuousIndexType = ContinuousIndex<double, VDimension>;
  using FactorsType = FixedArray<unsigned int, VDimension>;

  /** A region of a grid, with the same indices. */
  static GridPointer
  Crop(const GridType & grid, const RegionType & region)
  {
    const auto cropped = GridType::New();
    cropped->CopyInformation(&grid);
    cropped->SetRegions(region);
    return cropped;
  }

  /** A grid and what takes indices of the one that it was made of to its own. */
  struct ReindexedGrid
  {
    GridPointer Grid{};
    OffsetType  Shift{};

    RegionType
    operator()(RegionType region) const
    {
      region.SetIndex(region.GetIndex() + Shift);
      return region;
    }
  };

  /** A region of a grid, with indices from 0. Whatever else is told in indices of the grid must be shifted, too. */
  static ReindexedGrid
  Reindex(const GridType & grid, const RegionType & region)
  {
    ReindexedGrid reindexed;
    reindexed.Grid = GridType::New();
    reindexed.Grid->CopyInformation(&grid);
    reindexed.Grid->SetOrigin(grid.template TransformIndexToPhysicalPoint<double>(region.GetIndex()));
    reindexed.Grid->SetRegions(region.GetSize());
    reindexed.Shift = IndexType{} - region.GetIndex();
    return reindexed;
  }

  /** The grid that ShrinkImageFilter makes of a grid. */
  static GridPointer
  Shrink(const GridType & grid, const FactorsType & factors)
  {
    const RegionType &             region = grid.GetLargestPossibleRegion();
    typename GridType::SpacingType spacing = grid.GetSpacing();
    RegionType                     shrunkenRegion;
    ContinuousIndexType            center;
    ContinuousIndexType            shrunkenCenter;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto factor = static_cast<double>(factors[d]);
      spacing[d] *= factor;
      const auto size =
        std::max<SizeValueType>(1, static_cast<SizeValueType>(static_cast<double>(region.GetSize(d)) / factor));
      const auto index = Math::Ceil<IndexValueType>(static_cast<double>(region.GetIndex(d)) / factor);
      shrunkenRegion.SetSize(d, size);
      shrunkenRegion.SetIndex(d, index);
      center[d] = static_cast<double>(region.GetIndex(d)) + static_cast<double>(region.GetSize(d) - 1) / 2.0;
      shrunkenCenter[d] = static_cast<double>(index) + static_cast<double>(size - 1) / 2.0;
    }
    const auto shrunken = GridType::New();
    shrunken->CopyInformation(&grid);
    shrunken->SetSpacing(spacing);
    shrunken->SetRegions(shrunkenRegion);
    shrunken->SetOrigin(grid.GetOrigin() +
                        (grid.template TransformContinuousIndexToPhysicalPoint<double>(center) -
                         shrunken->template TransformContinuousIndexToPhysicalPoint<double>(shrunkenCenter)));
    return shrunken;
  }

  /** Whether two grids have the same origin, spacing and direction. */
  static bool
  IsSame(const GridType & a, const GridType & b)
  {
    return a.GetOrigin() == b.GetOrigin() && a.GetSpacing() == b.GetSpacing() && a.GetDirection() == b.GetDirection();
  }

  /** The middle of a region: that of its only or of its two middle voxels. */
  static PointType
  GetMiddle(const GridType & grid, const RegionType & region)
  {
    ContinuousIndexType middle;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      middle[d] = static_cast<double>(region.GetIndex(d)) + 0.5 * (static_cast<double>(region.GetSize(d)) - 1.0);
    }
    return grid.template TransformContinuousIndexToPhysicalPoint<double>(middle);
  }

  /** Whether a position is within half a voxel of the centres of a region: the test of ImageFunction::IsInsideBuffer(),
   * which metrics apply. Not a number is outside. */
  template <typename TPosition>
  static bool
  IsInside(const RegionType & region, const TPosition & position)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto begin = static_cast<double>(region.GetIndex(d)) - 0.5;
      if (!(position[d] >= begin && position[d] < begin + static_cast<double>(region.GetSize(d))))
      {
        return false;
      }
    }
    return true;
  }

  /** The corners of a box. */
  static PointsType
  GetCorners(const PointType & minimum, const PointType & maximum)
  {
    PointsType corners(std::size_t{ 1 } << VDimension, minimum);
    for (std::size_t corner = 0; corner < corners.size(); ++corner)
    {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        corners[corner][d] = ((corner >> d) & 1U) != 0 ? maximum[d] : minimum[d];
      }
    }
    return corners;
  }

  /** The corners of a region of a grid, in physical space, half a voxel beyond the centres. */
  static PointsType
  GetCorners(const GridType & grid, const RegionType & region)
  {
    PointType minimum;
    PointType maximum;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      minimum[d] = static_cast<double>(region.GetIndex(d)) - 0.5;
      maximum[d] = minimum[d] + static_cast<double>(region.GetSize(d));
    }
    PointsType corners = GetCorners(minimum, maximum);
    for (PointType & corner : corners)
    {
      ContinuousIndexType position;
      position.CastFrom(corner);
      corner = grid.template TransformContinuousIndexToPhysicalPoint<double>(position);
    }
    return corners;
  }

  /** The smallest region that holds two regions, of which those of size 0 hold nothing. */
  static RegionType
  Unite(const RegionType & a, const RegionType & b)
  {
    if (a.GetNumberOfPixels() == 0 || b.GetNumberOfPixels() == 0)
    {
      return a.GetNumberOfPixels() == 0 ? b : a;
    }
    IndexType lower = a.GetIndex();
    IndexType upper = a.GetUpperIndex();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      lower[d] = std::min(lower[d], b.GetIndex(d));
      upper[d] = std::max(upper[d], b.GetUpperIndex()[d]);
    }
    RegionType united;
    united.SetIndex(lower);
    united.SetUpperIndex(upper);
    return united;
  }

  /** The voxels of a grid whose centres are inside a region of another grid with the same axes. Size 0 if none is. */
  static RegionType
  GetVoxelsCenteredIn(const GridType & grid, const GridType & otherGrid, const RegionType & otherRegion)
  {
    const auto toGrid = [&](double offset, bool isUpper) {
      ContinuousIndexType corner(isUpper ? otherRegion.GetUpperIndex() : otherRegion.GetIndex());
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        corner[d] += offset;
      }
      return grid.template TransformPhysicalPointToContinuousIndex<double>(
        otherGrid.template TransformContinuousIndexToPhysicalPoint<double>(corner));
    };
    const auto lowerPosition = toGrid(-0.5, false);
    const auto upperPosition = toGrid(0.5, true);

    RegionType region = grid.GetLargestPossibleRegion();
    const auto lowest = region.GetIndex();
    const auto highest = region.GetUpperIndex();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const IndexValueType lower = std::max(lowest[d], Math::Ceil<IndexValueType>(lowerPosition[d]));
      const IndexValueType upper = std::min(highest[d], Math::Ceil<IndexValueType>(upperPosition[d]) - 1);
      region.SetIndex(d, lower);
      region.SetSize(d, lower > upper ? 0 : static_cast<SizeValueType>(upper - lower + 1));
    }
    return region;
  }

  /** A region and a margin of voxels, or of as many for each axis, within another one. What is empty stays so. */
  template <typename TMargin>
  static RegionType
  Widen(RegionType region, const TMargin & margin, const RegionType & whole)
  {
    if (region.GetNumberOfPixels() > 0)
    {
      region.PadByRadius(margin);
      region.Crop(whole);
    }
    return region;
  }

  /** Number of a voxel of a region, of which the first axis runs fastest. */
  static SizeValueType
  GetNumber(const RegionType & region, const IndexType & index)
  {
    SizeValueType number = 0;
    for (unsigned int d = VDimension; d-- > 0;)
    {
      number = number * region.GetSize(d) + static_cast<SizeValueType>(index[d] - region.GetIndex(d));
    }
    return number;
  }

  /** Call function(index, number) for every voxel of a region, several rows at a time: its index, and its number in the
   * region. */
  template <typename TFunction>
  static void
  ForEachVoxel(const RegionType & region, ThreadIdType numberOfWorkUnits, const TFunction & function)
  {
    const SizeValueType length = region.GetSize(0);
    ParallelTasks::ForEach(GetNumberOfRows(region), numberOfWorkUnits, [&](SizeValueType row) {
      IndexType index = GetBeginOfRow(region, row);
      for (SizeValueType i = 0; i < length; ++i, ++index[0])
      {
        function(static_cast<const IndexType &>(index), row * length + i);
      }
    });
  }

  /** The box of some voxels of a region. Size 0 if there are none.
   * \param isInside of the number of a voxel in the region: whether it is one of them */
  template <typename TIsInside>
  static RegionType
  FindBox(const RegionType & region, const TIsInside & isInside)
  {
    const SizeValueType length = region.GetSize(0);
    RegionType          box;
    for (SizeValueType row = 0; row < GetNumberOfRows(region); ++row)
    {
      SizeValueType first = 0;
      while (first < length && !isInside(row * length + first))
      {
        ++first;
      }
      if (first == length)
      {
        continue;
      }
      SizeValueType last = length - 1;
      while (!isInside(row * length + last))
      {
        --last;
      }
      RegionType ofRow;
      ofRow.SetIndex(GetBeginOfRow(region, row));
      ofRow.SetIndex(0, ofRow.GetIndex(0) + static_cast<IndexValueType>(first));
      ofRow.SetSize(SizeType::Filled(1));
      ofRow.SetSize(0, last - first + 1);
      box = Unite(box, ofRow);
    }
    return box;
  }

private:
  static SizeValueType
  GetNumberOfRows(const RegionType & region)
  {
    return region.GetNumberOfPixels() / std::max<SizeValueType>(region.GetSize(0), 1);
  }

  static IndexType
  GetBeginOfRow(const RegionType & region, SizeValueType row)
  {
    IndexType index = region.GetIndex();
    for (unsigned int d = 1; d < VDimension; ++d)
    {
      index[d] += static_cast<IndexValueType>(row % region.GetSize(d));
      row /= region.GetSize(d);
    }
    return index;
  }
};
} // end namespace itk

#endif // itkGridGeometry_h
