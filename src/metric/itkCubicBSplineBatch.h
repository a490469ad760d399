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
#include "metric/itkCubicBSplineWeights.h"

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
  static constexpr unsigned int NumberOfRows =
    VDimension == 1 ? 1 : (VDimension == 2 ? 4 : (VDimension == 3 ? 16 : 64)); // Support^(VDimension - 1)
  /** Positions that are prepared together. */
  static constexpr unsigned int Lanes = 4;
  using Memory = FourNumbersMemory;

  /** The weights of the control points for these. */
  struct WeightsType
  {
    double AlongRow[Support][Lanes];
    double OfRow[NumberOfRows][Lanes];
    double Cell[VDimension][Lanes];
  };

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  FindWeights(const ColumnsType & positions, unsigned int start, WeightsType & weights)
  {
    FourNumbers ofAxis[VDimension][Support];
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      FourNumbers position;
      Memory::Load(position, positions[d].data() + start);
      FourNumbers cell = position;
      Memory::Truncate(cell);
      Memory::Store(cell, weights.Cell[d]);
      // As CubicBSplineWeights does it.
      const FourNumbers fraction = position - cell;
      const FourNumbers rest = 1.0 - fraction;
      const FourNumbers square = fraction * fraction;
      const FourNumbers restSquare = rest * rest;
      ofAxis[d][0] = restSquare * rest / 6.0;
      ofAxis[d][1] = 2.0 / 3.0 - square * (1.0 - 0.5 * fraction);
      ofAxis[d][2] = 2.0 / 3.0 - restSquare * (1.0 - 0.5 * rest);
      ofAxis[d][3] = square * fraction / 6.0;
    }
    for (unsigned int k = 0; k < Support; ++k)
    {
      Memory::Store(ofAxis[0][k], weights.AlongRow[k]);
    }
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      FourNumbers weight = FourNumbers{} + 1.0;
      for (unsigned int d = 1, rest = row; d < VDimension; ++d, rest /= Support)
      {
        weight = weight * ofAxis[d][rest % Support];
      }
      Memory::Store(weight, weights.OfRow[row]);
    }
  }

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  InterpolateAll(const ColumnsType &      positions,
                 unsigned int             count,
                 const CoefficientsType & coefficients,
                 ColumnsType &            displacements) const
  {
    WeightsType weights;
    for (unsigned int start = 0; start < count; start += Lanes)
    {
      FindWeights(positions, start, weights);
      std::ptrdiff_t firsts[Lanes];
      this->FindFirsts(weights, firsts);
      // Two at once: one alone would wait for its last sums, and those of more are too many for registers.
      for (unsigned int lane = 0; lane < Lanes; lane += 2)
      {
        FourNumbers sums[2][VDimension]{};
        if (firsts[lane] == firsts[lane + 1])
        {
          this->template SumRows<true>(weights, lane, firsts, coefficients, sums);
        }
        else
        {
          this->template SumRows<false>(weights, lane, firsts, coefficients, sums);
        }
        for (unsigned int n = 0; n < 2; ++n)
        {
          FourNumbers alongRow;
          GetAlongRow(weights, lane + n, alongRow);
          for (unsigned int d = 0; d < VDimension; ++d)
          {
            const FourNumbers products = alongRow * sums[n][d];
            displacements[d][start + lane + n] = ((products[0] + products[1]) + products[2]) + products[3];
          }
        }
      }
    }
  }

  template <bool VIsSameCell>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumRows(const WeightsType & weights,
          unsigned int        lane,
          const std::ptrdiff_t (&firsts)[Lanes],
          const CoefficientsType & coefficients,
          FourNumbers (&sums)[2][VDimension]) const
  {
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        FourNumbers values;
        Memory::Load(values, coefficients[d] + firsts[lane] + m_RowOffsets[row]);
        sums[0][d] = sums[0][d] + weights.OfRow[row][lane] * values;
        if (!VIsSameCell)
        {
          Memory::Load(values, coefficients[d] + firsts[lane + 1] + m_RowOffsets[row]);
        }
        sums[1][d] = sums[1][d] + weights.OfRow[row][lane + 1] * values;
      }
    }
  }

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  AddAll(const ColumnsType & positions, unsigned int count, const ColumnsType & values, const SumsType & sums) const
  {
    WeightsType weights;
    for (unsigned int start = 0; start < count; start += Lanes)
    {
      FindWeights(positions, start, weights);
      std::ptrdiff_t firsts[Lanes];
      this->FindFirsts(weights, firsts);
      FourNumbers        weighted[Lanes][VDimension];
      const unsigned int lanes = count - start < Lanes ? count - start : Lanes;
      for (unsigned int lane = 0; lane < lanes; ++lane)
      {
        FourNumbers alongRow;
        GetAlongRow(weights, lane, alongRow);
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          weighted[lane][d] = values[d][start + lane] * alongRow;
        }
      }
      // Those in the same cell at once, in their order.
      for (unsigned int lane = 0; lane < lanes;)
      {
        unsigned int number = 1;
        while (lane + number < lanes && firsts[lane + number] == firsts[lane])
        {
          ++number;
        }
        switch (number)
        {
          case 4:
            this->template AddSome<4>(weights, weighted, lane, firsts[lane], sums);
            break;
          case 3:
            this->template AddSome<3>(weights, weighted, lane, firsts[lane], sums);
            break;
          case 2:
            this->template AddSome<2>(weights, weighted, lane, firsts[lane], sums);
            break;
          default:
            this->template AddSome<1>(weights, weighted, lane, firsts[lane], sums);
        }
        lane += number;
      }
    }
  }

  /** Add what some lanes, from one on, give back to the same control points. */
  template <unsigned int VNumber>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  AddSome(const WeightsType & weights,
          const FourNumbers (&weighted)[Lanes][VDimension],
          unsigned int     lane,
          std::ptrdiff_t   first,
          const SumsType & sums) const
  {
    for (unsigned int row = 0; row < NumberOfRows; ++row)
    {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        double * const place = sums[d] + first + m_RowOffsets[row];
        FourNumbers    sum;
        Memory::Load(sum, place);
        for (unsigned int n = 0; n < VNumber; ++n)
        {
          sum = sum + weights.OfRow[row][lane + n] * weighted[lane + n][d];
        }
        Memory::Store(sum, place);
      }
    }
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  GetAlongRow(const WeightsType & weights, unsigned int lane, FourNumbers & alongRow)
  {
    alongRow = FourNumbers{
      weights.AlongRow[0][lane], weights.AlongRow[1][lane], weights.AlongRow[2][lane], weights.AlongRow[3][lane]
    };
  }

  /** The first control points of those that reach the positions. */
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  FindFirsts(const WeightsType & weights, std::ptrdiff_t (&firsts)[Lanes]) const
  {
    for (unsigned int lane = 0; lane < Lanes; ++lane)
    {
      firsts[lane] = 0;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        firsts[lane] += (static_cast<std::ptrdiff_t>(weights.Cell[d][lane]) - 1) * m_Strides[d];
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
