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
#ifndef itkAffineColumns_h
#define itkAffineColumns_h

#include "geometry/itkVectorInstructions.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace itk
{
/** \class AffineColumns
 * \brief An affine map of several points, with a column for each coordinate.
 *
 * With AVX2 where the processor has it. The operations and their order are the same everywhere, and nothing is fused:
 * so are the bits.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct AffineColumns
{
  /** Points, at most. */
  static constexpr unsigned int Size = 32;
  using ColumnsType = std::array<std::array<double, Size>, VDimension>;
  using PointersType = std::array<const double *, VDimension>;
  using PlacesType = std::array<double *, VDimension>;
  using RowType = std::array<double, VDimension>;
  using MatrixType = std::array<RowType, VDimension>;

  MatrixType Matrix{};
  RowType    Offset{};

  /** The places of columns, from one of their numbers on. */
  template <typename TColumns>
  static PlacesType
  FindPlaces(TColumns & columns, unsigned int first)
  {
    PlacesType places;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      places[d] = &columns[d][first];
    }
    return places;
  }

  /** Map points. \param center that is subtracted first \param mapped where they go */
  void
  Map(const PointersType & points, const RowType & center, unsigned int count, const PlacesType & mapped) const
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      this->MapWithAVX2(points, center, count, mapped);
      return;
    }
#endif
    this->MapAll(points, center, count, mapped);
  }

  /** Add vectors, times a matrix, to sums. */
  static void
  AddProducts(const MatrixType & matrix, const ColumnsType & vectors, unsigned int count, const PlacesType & sums)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      AddProductsWithAVX2(matrix, vectors, count, sums);
      return;
    }
#endif
    AddAllProducts(matrix, vectors, count, sums);
  }

  /** Round numbers of a column to multiples of a power of two. \param rounder its 2^52nd multiple, and half of that */
  static void
  Round(double rounder, unsigned int count, std::array<double, Size> & column)
  {
    std::for_each(
      column.begin(), column.begin() + count, [rounder](double & number) { number = (number + rounder) - rounder; });
  }

  /** How many numbers of a column are between limits. */
  static std::uint64_t
  CountBetween(double lower, double upper, unsigned int count, const std::array<double, Size> & column)
  {
    std::uint64_t number = 0;
    for (unsigned int i = 0; i < count; ++i)
    {
      number += static_cast<std::uint64_t>(column[i] > lower) & static_cast<std::uint64_t>(column[i] < upper);
    }
    return number;
  }

private:
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  MapAll(const PointersType & points, const RowType & center, unsigned int count, const PlacesType & mapped) const
  {
    ColumnsType relative;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const double * const column = points[d];
      for (unsigned int i = 0; i < count; ++i)
      {
        relative[d][i] = column[i] - center[d];
      }
    }
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const RowType  row = Matrix[d];
      const double   offset = Offset[d];
      double * const place = mapped[d];
      for (unsigned int i = 0; i < count; ++i)
      {
        double sum = row[0] * relative[0][i];
        for (unsigned int j = 1; j < VDimension; ++j)
        {
          sum += row[j] * relative[j][i];
        }
        place[i] = sum + offset;
      }
    }
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  AddAllProducts(const MatrixType & matrix, const ColumnsType & vectors, unsigned int count, const PlacesType & sums)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const RowType  row = matrix[d];
      double * const place = sums[d];
      for (unsigned int i = 0; i < count; ++i)
      {
        double sum = place[i];
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          sum += row[j] * vectors[j][i];
        }
        place[i] = sum;
      }
    }
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  __attribute__((target("avx2"))) void
  MapWithAVX2(const PointersType & points, const RowType & center, unsigned int count, const PlacesType & mapped) const
  {
    this->MapAll(points, center, count, mapped);
  }
  __attribute__((target("avx2"))) static void
  AddProductsWithAVX2(const MatrixType &  matrix,
                      const ColumnsType & vectors,
                      unsigned int        count,
                      const PlacesType &  sums)
  {
    AddAllProducts(matrix, vectors, count, sums);
  }
#endif
};
} // end namespace itk

#endif // itkAffineColumns_h
