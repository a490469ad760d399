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
#ifndef itkCubicBSplineBatchWeights_h
#define itkCubicBSplineBatchWeights_h

#include "geometry/itkFourNumbers.h"
#include "metric/itkCubicBSplineWeights.h"

#include <array>
#include <cstddef>

namespace itk
{
/** \class CubicBSplineBatchWeights
 * \brief For CubicBSplineBatch: weights of control points at four positions, and which control points these are.
 *
 * The control points that reach a position are in rows along the first axis. A position that lies in the same rows as
 * the one before has the same weights of rows, which are found once.
 *
 * \tparam VDimension dimension of the grid
 * \tparam VSize of the columns of positions
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension, unsigned int VSize>
struct CubicBSplineBatchWeights
{
  static constexpr unsigned int Support = CubicBSplineWeights::Support;
  static constexpr unsigned int NumberOfRows =
    VDimension == 1 ? 1 : (VDimension == 2 ? 4 : (VDimension == 3 ? 16 : 64)); // Support^(VDimension - 1)
  /** Positions at once. */
  static constexpr unsigned int Lanes = 4;
  using ColumnsType = std::array<std::array<double, VSize>, VDimension>;
  using StridesType = std::array<std::ptrdiff_t, VDimension>;

  /** Of the control points of a row. */
  FourNumbers AlongRow[Support];
  double      OfRow[NumberOfRows][Lanes];
  /** Of OfRow, for each position. */
  unsigned int LaneOfRows[Lanes]{};
  /** The first of the control points. */
  std::ptrdiff_t First[Lanes]{};
  /** Whether it has other rows, or another cell, than the position before. */
  bool IsNew[Lanes]{};
  /** Of the last position, along the first axis. */
  std::ptrdiff_t Cell{};

  /** Find what is needed of some positions. The positions before them must have been the last ones that this was done
   * for.
   * \param start of as many as there are lanes
   * \param strides of the control points */
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  Find(const ColumnsType & positions, unsigned int start, const StridesType & strides)
  {
    double cells[VDimension][Lanes];
    FindAlongAxis(positions[0].data() + start, AlongRow, cells[0]);
    bool isSame[Lanes];
    for (unsigned int lane = 0; lane < Lanes; ++lane)
    {
      isSame[lane] = start + lane > 0 && IsInSameRows(positions, start + lane);
    }
    std::ptrdiff_t last = start > 0 ? First[Lanes - 1] : 0;
    if (isSame[0] && isSame[1] && isSame[2] && isSame[3])
    {
      // Voxels of an image, for example, one beside the other.
      const unsigned int   laneOfRows = LaneOfRows[Lanes - 1];
      const std::ptrdiff_t ofRows = last - Cell;
      for (unsigned int lane = 0; lane < Lanes; ++lane)
      {
        Cell = static_cast<std::ptrdiff_t>(cells[0][lane]);
        First[lane] = ofRows + Cell;
        IsNew[lane] = First[lane] != last;
        LaneOfRows[lane] = laneOfRows;
        last = First[lane];
      }
      return;
    }
    FourNumbers ofAxis[VDimension][Support];
    for (unsigned int d = 1; d < VDimension; ++d)
    {
      FindAlongAxis(positions[d].data() + start, ofAxis[d], cells[d]);
    }
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      FourNumbers weight = FourNumbers{} + 1.0;
      for (unsigned int d = 1, rest = row; d < VDimension; ++d, rest /= Support)
      {
        weight = weight * ofAxis[d][rest % Support];
      }
      Memory::Store(weight, OfRow[row]);
    }
    for (unsigned int lane = 0; lane < Lanes; ++lane)
    {
      std::ptrdiff_t first = 0;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        first += (static_cast<std::ptrdiff_t>(cells[d][lane]) - 1) * strides[d];
      }
      First[lane] = first;
      IsNew[lane] = !(isSame[lane] && first == last);
      LaneOfRows[lane] = lane;
      last = first;
    }
    Cell = static_cast<std::ptrdiff_t>(cells[0][Lanes - 1]);
  }

  /** Whether all positions are new, and in the same cell. */
  ITK_VECTOR_INSTRUCTIONS_INLINE bool
  AreNewInCell() const
  {
    return IsNew[0] && IsNew[1] && IsNew[2] && IsNew[3] && First[1] == First[0] && First[2] == First[0] &&
           First[3] == First[0];
  }

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  GetAlongRow(unsigned int lane, FourNumbers & alongRow) const
  {
    alongRow = FourNumbers{ AlongRow[0][lane], AlongRow[1][lane], AlongRow[2][lane], AlongRow[3][lane] };
  }

private:
  using Memory = FourNumbersMemory;

  /** Weights along an axis. \param cells in which the positions are */
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  FindAlongAxis(const double * positions, FourNumbers (&ofAxis)[Support], double * cells)
  {
    FourNumbers position;
    Memory::Load(position, positions);
    FourNumbers cell = position;
    Memory::Truncate(cell);
    Memory::Store(cell, cells);
    // As CubicBSplineWeights does it.
    const FourNumbers fraction = position - cell;
    const FourNumbers rest = 1.0 - fraction;
    const FourNumbers square = fraction * fraction;
    const FourNumbers restSquare = rest * rest;
    ofAxis[0] = restSquare * rest * (1.0 / 6.0);
    ofAxis[1] = 2.0 / 3.0 - square * (1.0 - 0.5 * fraction);
    ofAxis[2] = 2.0 / 3.0 - restSquare * (1.0 - 0.5 * rest);
    ofAxis[3] = square * fraction * (1.0 / 6.0);
  }

  /** Whether a position differs from the one before along the first axis only. */
  static ITK_VECTOR_INSTRUCTIONS_INLINE bool
  IsInSameRows(const ColumnsType & positions, unsigned int n)
  {
    for (unsigned int d = 1; d < VDimension; ++d)
    {
      if (positions[d][n] != positions[d][n - 1])
      {
        return false;
      }
    }
    return true;
  }
};
} // end namespace itk

#endif // itkCubicBSplineBatchWeights_h
