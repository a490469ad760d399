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
#ifndef itkSplineSamples_hxx
#define itkSplineSamples_hxx

#include "itkMath.h"

#include <cstdint>

namespace itk
{
template <unsigned int VDimension>
void
SplineSamples<VDimension>::Set(const PointsType &            points,
                               const AffineMap &             toGrid,
                               const MapType &               map,
                               const ImageBase<VDimension> & grid,
                               ThreadIdType                  numberOfWorkUnits)
{
  RowType                        center;
  std::array<double, VDimension> limit;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    center[d] = points.Center[d];
    limit[d] = static_cast<double>(grid.GetLargestPossibleRegion().GetSize(d)) - LowerLimit - 1.0;
  }
  const bool isKnown = points.Time != 0 && points.Time == m_Time && points.Number == m_Positions[0].size() &&
                       limit == m_Limit && center == m_Center && toGrid.Matrix == m_ToGrid.Matrix &&
                       toGrid.Offset == m_ToGrid.Offset;
  if (isKnown)
  {
    return;
  }
  // Not known, if it ends here.
  m_Time = 0;
  m_Center = center;
  m_Limit = limit;
  m_ToGrid = toGrid;
  for (auto & column : m_Positions)
  {
    column.resize(points.Number);
  }
  m_IsDisplaced.assign(points.Number, 1);
  constexpr SizeValueType partSize = 4096;
  SampleParts::OfSize(points.Number, partSize)
    .ForEach(numberOfWorkUnits, [&](SizeValueType, SizeValueType first, SizeValueType last) {
      for (SizeValueType start = first; start < last; start += AffineMap::Size)
      {
        this->FindPositions(
          points, map, start, static_cast<unsigned int>(std::min<SizeValueType>(AffineMap::Size, last - start)));
      }
    });
  if (std::find(m_IsDisplaced.begin(), m_IsDisplaced.end(), 0) == m_IsDisplaced.end())
  {
    m_IsDisplaced = {};
  }
  m_BetterOrder = points.Time != 0 ? this->FindBetterOrder(grid) : SampleOrder{};
  m_Time = points.Time;
}

template <unsigned int VDimension>
SampleOrder
SplineSamples<VDimension>::FindBetterOrder(const ImageBase<VDimension> & grid) const
{
  std::vector<SizeValueType> cells(m_Positions[0].size());
  for (SizeValueType i = 0; i < cells.size(); ++i)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      cells[i] += static_cast<SizeValueType>(m_Positions[d][i]) * static_cast<SizeValueType>(grid.GetOffsetTable()[d]);
    }
  }
  return { cells, grid.GetLargestPossibleRegion().GetNumberOfPixels() };
}

template <unsigned int VDimension>
void
SplineSamples<VDimension>::Sort(ModifiedTimeType time)
{
  m_Time = 0;
  for (auto & column : m_Positions)
  {
    column = m_BetterOrder.Sort(column);
  }
  m_IsDisplaced = m_BetterOrder.Sort(m_IsDisplaced);
  m_BetterOrder = {};
  m_Time = time;
}

template <unsigned int VDimension>
void
SplineSamples<VDimension>::FindPositions(const PointsType & points,
                                         const MapType &    map,
                                         SizeValueType      first,
                                         unsigned int       count)
{
  typename AffineMap::PointersType columns;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    columns[d] = points.Coordinates[d] + first;
  }
  std::uint64_t                   numberWithin = 0; // of coordinates
  typename AffineMap::ColumnsType inGrid;
  m_ToGrid.Map(columns, m_Center, count, AffineMap::FindPlaces(inGrid, 0));
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    if (d > 0)
    {
      // To 2^-40 of the distance of knots. Voxels of a row lie in the same rows of knots, but for roundings.
      constexpr double rounder = 1.5 * (1U << 12U);
      AffineMap::Round(rounder, count, inGrid[d]);
    }
    numberWithin += AffineMap::CountBetween(LowerLimit + Margin, m_Limit[d] - Margin, count, inGrid[d]);
  }
  for (unsigned int i = 0; i < count && numberWithin < VDimension * count; ++i)
  {
    RowType point;
    RowType position;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      point[d] = columns[d][i] - m_Center[d];
      position[d] = inGrid[d][i];
    }
    const bool isDisplaced = this->FindPosition(point, map, position);
    m_IsDisplaced[first + i] = static_cast<unsigned char>(isDisplaced);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      inGrid[d][i] = isDisplaced ? position[d] : LowerLimit;
    }
  }
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    std::copy_n(inGrid[d].begin(), count, m_Positions[d].begin() + static_cast<std::ptrdiff_t>(first));
  }
}

template <unsigned int VDimension>
bool
SplineSamples<VDimension>::FindPosition(const RowType & point, const MapType & map, RowType & position) const
{
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    if (!(position[d] > LowerLimit - Margin && position[d] < m_Limit[d] + Margin))
    {
      return false;
    }
    if (!(position[d] > LowerLimit + Margin && position[d] < m_Limit[d] - Margin))
    {
      position[d] = map(point)[d];
      if (Math::FloatAlmostEqual(position[d], m_Limit[d], 4))
      {
        position[d] = Math::FloatAddULP(m_Limit[d], -6);
      }
      if (!(position[d] >= LowerLimit && position[d] < m_Limit[d]))
      {
        return false;
      }
    }
  }
  return true;
}

} // end namespace itk

#endif // itkSplineSamples_hxx
