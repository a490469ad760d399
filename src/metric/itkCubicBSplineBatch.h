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
#ifndef itkCubicBSplineBatch_h
#define itkCubicBSplineBatch_h

#include "geometry/itkFourNumbers.h"
#include "metric/itkCubicBSplineBatchWeights.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace itk
{
/** \class CubicBSplineBatch
 * \brief Cubic B-splines at several positions in their grid: what the control points displace them by, and the sums of
 * what positions give back to the control points.
 *
 * The four control points of a row are worked on at once, with AVX2 where the processor has it. The operations and
 * their order are the same everywhere, and nothing is fused: so are the bits.
 *
 * \tparam VDimension dimension of the grid
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class CubicBSplineBatch
{
public:
  static constexpr unsigned int Support = CubicBSplineWeights::Support;
  /** Positions, at most. A multiple of four. */
  static constexpr unsigned int Size = 32;
  /** A number for each axis and position. */
  using ColumnsType = std::array<std::array<double, Size>, VDimension>;
  using StridesType = std::array<std::ptrdiff_t, VDimension>;
  using CoefficientsType = std::array<const double *, VDimension>;
  using SumsType = std::array<double *, VDimension>;

  /** Set the distances in memory from one control point to the next along each axis; 1 along the first. */
  void
  SetStrides(const StridesType & strides)
  {
    m_Strides = strides;
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      m_RowOffsets[row] = 0;
      for (unsigned int d = 1, rest = row; d < VDimension; ++d, rest /= Support)
      {
        m_RowOffsets[row] += static_cast<std::ptrdiff_t>(rest % Support) * strides[d];
      }
    }
  }

  /** Sum coefficients times their splines.
   * \param positions continuous indices in the grid, from 1 to less than its size minus 2
   * \param coefficients of the displacement along each axis */
  void
  Interpolate(const ColumnsType &      positions,
              unsigned int             count,
              const CoefficientsType & coefficients,
              ColumnsType &            displacements) const
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      this->InterpolateWithAVX2(positions, count, coefficients, displacements);
      return;
    }
#endif
    this->InterpolateAll(positions, count, coefficients, displacements);
  }

  /** Add values times splines to the sums of the control points.
   * \param values along each axis, one for each position
   * \param sums for each axis, one for each control point */
  void
  Add(const ColumnsType & positions, unsigned int count, const ColumnsType & values, const SumsType & sums) const
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      this->AddWithAVX2(positions, count, values, sums);
      return;
    }
#endif
    this->AddAll(positions, count, values, sums);
  }

private:
  using WeightsType = CubicBSplineBatchWeights<VDimension, Size>;
  static constexpr unsigned int NumberOfRows = WeightsType::NumberOfRows;
  static constexpr unsigned int Lanes = WeightsType::Lanes;
  using Memory = FourNumbersMemory;

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  InterpolateAll(const ColumnsType &      positions,
                 unsigned int             count,
                 const CoefficientsType & coefficients,
                 ColumnsType &            displacements) const
  {
    WeightsType weights;
    FourNumbers sums[Lanes][VDimension]{};
    for (unsigned int start = 0; start < count; start += Lanes)
    {
      weights.Find(positions, start, m_Strides);
      if (!(weights.IsNew[0] || weights.IsNew[1] || weights.IsNew[2] || weights.IsNew[3]))
      {
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          // In the order of SumAlongRow(), with those of the position before.
          FourNumbers sum = weights.AlongRow[0] * sums[Lanes - 1][d][0];
          for (unsigned int k = 1; k < Support; ++k)
          {
            sum = sum + weights.AlongRow[k] * sums[Lanes - 1][d][k];
          }
          Memory::Store(sum, displacements[d].data() + start);
        }
      }
      else if (weights.AreNewInCell())
      {
        this->SumCell(weights, coefficients, start, displacements, sums[Lanes - 1]);
      }
      else
      {
        this->SumAllRows(weights, coefficients, sums);
        SumAlongRow(weights, sums, start, displacements);
      }
    }
  }

  /** All lanes, if they are new and in the same cell: here a vector is of the lanes, and not of the control points of a
   * row. \param last sums along the other axes, of the last lane */
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumCell(const WeightsType &      weights,
          const CoefficientsType & coefficients,
          unsigned int             start,
          ColumnsType &            displacements,
          FourNumbers (&last)[VDimension]) const
  {
    FourNumbers ofPoints[Support][VDimension]{};
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      FourNumbers ofRow;
      Memory::Load(ofRow, weights.OfRow[row]);
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const double * const values = coefficients[d] + weights.First[0] + m_RowOffsets[row];
        ITK_VECTOR_INSTRUCTIONS_UNROLL
        for (unsigned int k = 0; k < Support; ++k)
        {
          ofPoints[k][d] = ofPoints[k][d] + ofRow * values[k];
        }
      }
    }
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      FourNumbers sum = weights.AlongRow[0] * ofPoints[0][d];
      for (unsigned int k = 1; k < Support; ++k)
      {
        sum = sum + weights.AlongRow[k] * ofPoints[k][d];
      }
      Memory::Store(sum, displacements[d].data() + start);
      constexpr unsigned int lane = Lanes - 1;
      last[d] = FourNumbers{ ofPoints[0][d][lane], ofPoints[1][d][lane], ofPoints[2][d][lane], ofPoints[3][d][lane] };
    }
  }

  /** Sum along the other axes. \param sums with the last ones of the lanes before */
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumAllRows(const WeightsType &      weights,
             const CoefficientsType & coefficients,
             FourNumbers (&sums)[Lanes][VDimension]) const
  {
    // Two at once: one alone would wait for its last sums, and those of more are too many for registers.
    for (unsigned int lane = 0; lane < Lanes; lane += 2)
    {
      if (weights.IsNew[lane] && weights.IsNew[lane + 1])
      {
        this->template SumRows<2>(weights, lane, coefficients, sums);
        continue;
      }
      for (unsigned int n = lane; n < lane + 2; ++n)
      {
        if (weights.IsNew[n])
        {
          this->template SumRows<1>(weights, n, coefficients, sums);
          continue;
        }
        std::copy_n(sums[(n + Lanes - 1) % Lanes], VDimension, sums[n]);
      }
    }
  }

  /** Sum along the other axes, for some lanes from one on. */
  template <unsigned int VNumber>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumRows(const WeightsType &      weights,
          unsigned int             lane,
          const CoefficientsType & coefficients,
          FourNumbers (&sums)[Lanes][VDimension]) const
  {
    FourNumbers    ofLanes[VNumber][VDimension]{};
    const double * places[VNumber][VDimension];
    unsigned int   lanes[VNumber];
    for (unsigned int n = 0; n < VNumber; ++n)
    {
      lanes[n] = weights.LaneOfRows[lane + n];
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        places[n][d] = coefficients[d] + weights.First[lane + n];
      }
    }
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      const std::ptrdiff_t offset = m_RowOffsets[row];
      for (unsigned int n = 0; n < VNumber; ++n)
      {
        const double ofRow = weights.OfRow[row][lanes[n]];
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          FourNumbers values;
          Memory::Load(values, places[n][d] + offset);
          ofLanes[n][d] = ofLanes[n][d] + ofRow * values;
        }
      }
    }
    for (unsigned int n = 0; n < VNumber; ++n)
    {
      std::copy_n(ofLanes[n], VDimension, sums[lane + n]);
    }
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumAlongRow(const WeightsType & weights,
              const FourNumbers (&sums)[Lanes][VDimension],
              unsigned int  start,
              ColumnsType & displacements)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      FourNumbers sum{};
      for (unsigned int k = 0; k < Support; ++k)
      {
        const FourNumbers ofLanes{ sums[0][d][k], sums[1][d][k], sums[2][d][k], sums[3][d][k] };
        const FourNumbers products = weights.AlongRow[k] * ofLanes;
        sum = k == 0 ? products : sum + products;
      }
      Memory::Store(sum, displacements[d].data() + start);
    }
  }

  /** What positions in the same rows and the same cell give back, before it is added. */
  struct RunType
  {
    bool           IsAnything{};
    std::ptrdiff_t First{};
    double         OfRow[NumberOfRows];
    FourNumbers    Weighted[VDimension];
  };

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  AddAll(const ColumnsType & positions, unsigned int count, const ColumnsType & values, const SumsType & sums) const
  {
    WeightsType weights;
    RunType     run;
    for (unsigned int start = 0; start < count; start += Lanes)
    {
      weights.Find(positions, start, m_Strides);
      const unsigned int lanes = count - start < Lanes ? count - start : Lanes;
      unsigned int       lane = 0;
      for (; run.IsAnything && lane < lanes && !weights.IsNew[lane]; ++lane)
      {
        FourNumbers alongRow;
        weights.GetAlongRow(lane, alongRow);
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          run.Weighted[d] = run.Weighted[d] + values[d][start + lane] * alongRow;
        }
      }
      if (lane == lanes)
      {
        continue;
      }
      this->AddRun(run, sums);
      FourNumbers        weighted[Lanes][VDimension];
      const unsigned int begin = lane;
      for (; lane < lanes; ++lane)
      {
        FourNumbers alongRow;
        weights.GetAlongRow(lane, alongRow);
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          weighted[lane][d] = values[d][start + lane] * alongRow;
        }
      }
      const unsigned int last = lanes - 1;
      unsigned int       end = lanes;
      if (last > begin && !weights.IsNew[last])
      {
        // Where two are in the same rows, more may come.
        while (end > begin && (end == lanes || !weights.IsNew[end]))
        {
          --end;
        }
        run.IsAnything = true;
        run.First = weights.First[last];
        for (unsigned int row = 0; row < NumberOfRows; ++row)
        {
          run.OfRow[row] = weights.OfRow[row][weights.LaneOfRows[last]];
        }
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          run.Weighted[d] = weighted[end][d];
          for (unsigned int n = end + 1; n < lanes; ++n)
          {
            run.Weighted[d] = run.Weighted[d] + weighted[n][d];
          }
        }
      }
      // Those in the same cell at once, in their order.
      for (unsigned int n = begin; n < end;)
      {
        unsigned int number = 1;
        while (n + number < end && weights.First[n + number] == weights.First[n])
        {
          ++number;
        }
        switch (number)
        {
          case 4:
            this->template AddSome<4>(weights, weighted, n, sums);
            break;
          case 3:
            this->template AddSome<3>(weights, weighted, n, sums);
            break;
          case 2:
            this->template AddSome<2>(weights, weighted, n, sums);
            break;
          default:
            this->template AddSome<1>(weights, weighted, n, sums);
        }
        n += number;
      }
    }
    this->AddRun(run, sums);
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE SumsType
  Advance(SumsType sums, std::ptrdiff_t number)
  {
    std::for_each(sums.begin(), sums.end(), [number](double *& place) { place += number; });
    return sums;
  }

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  AddRun(RunType & run, const SumsType & sums) const
  {
    if (!run.IsAnything)
    {
      return;
    }
    const auto places = Advance(sums, run.First);
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      const std::ptrdiff_t offset = m_RowOffsets[row];
      const double         ofRow = run.OfRow[row];
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        FourNumbers sum;
        Memory::Load(sum, places[d] + offset);
        sum = sum + ofRow * run.Weighted[d];
        Memory::Store(sum, places[d] + offset);
      }
    }
    run.IsAnything = false;
  }

  /** Add what some lanes, from one on, give back to the same control points. */
  template <unsigned int VNumber>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  AddSome(const WeightsType & weights,
          const FourNumbers (&weighted)[Lanes][VDimension],
          unsigned int     lane,
          const SumsType & sums) const
  {
    const auto   places = Advance(sums, weights.First[lane]);
    unsigned int lanes[VNumber];
    std::copy_n(weights.LaneOfRows + lane, VNumber, lanes);
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      // What is stored might be anything, for a compiler.
      const std::ptrdiff_t offset = m_RowOffsets[row];
      double               ofRow[VNumber];
      for (unsigned int n = 0; n < VNumber; ++n)
      {
        ofRow[n] = weights.OfRow[row][lanes[n]];
      }
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        FourNumbers sum;
        Memory::Load(sum, places[d] + offset);
        for (unsigned int n = 0; n < VNumber; ++n)
        {
          sum = sum + ofRow[n] * weighted[lane + n][d];
        }
        Memory::Store(sum, places[d] + offset);
      }
    }
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  __attribute__((target("avx2"))) void
  InterpolateWithAVX2(const ColumnsType &      positions,
                      unsigned int             count,
                      const CoefficientsType & coefficients,
                      ColumnsType &            displacements) const
  {
    this->InterpolateAll(positions, count, coefficients, displacements);
  }
  __attribute__((target("avx2"))) void
  AddWithAVX2(const ColumnsType & positions,
              unsigned int        count,
              const ColumnsType & values,
              const SumsType &    sums) const
  {
    this->AddAll(positions, count, values, sums);
  }
#endif

  StridesType                              m_Strides{};
  std::array<std::ptrdiff_t, NumberOfRows> m_RowOffsets{};
};
} // end namespace itk

#endif // itkCubicBSplineBatch_h
