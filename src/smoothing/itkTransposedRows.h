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
#ifndef itkTransposedRows_h
#define itkTransposedRows_h

#include "itkIntTypes.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#if defined(__SSE2__) || defined(_M_X64)
#  define ITK_TRANSPOSED_ROWS_SSE2
#  include <emmintrin.h>
#endif

namespace itk
{
/** \class TransposedRows
 * \brief Copies rows of pixels to adjacent columns of a tile, so that several can be processed at a time, and back.
 *
 * Pixel i of a row r is tile[i * Width + r].
 *
 * \ingroup MaskedSampling
 */
class TransposedRows
{
public:
  static constexpr unsigned int Width = 32;

  template <typename TIn>
  static void
  Read(const TIn * in, OffsetValueType inStride, unsigned int numberOfRows, SizeValueType length, TIn * tile)
  {
    unsigned int row = 0;
#if defined(ITK_TRANSPOSED_ROWS_SSE2)
    if constexpr (std::is_same<TIn, float>::value)
    {
      for (; row + 4 <= numberOfRows && length >= 4; row += 4)
      {
        const float * const rows = in + row * inStride;
        for (SizeValueType i = 0; i < length; i += 4)
        {
          i = std::min(i, length - 4); // the last four may overlap the ones before
          // The rows after these are likely to be next. A cache line holds the pixels of four turns, one for each row.
          const auto offset = (numberOfRows + (i / 4) % 4) * static_cast<SizeValueType>(inStride) + i;
          _mm_prefetch(reinterpret_cast<const char *>(reinterpret_cast<std::uintptr_t>(rows) + offset * sizeof(float)),
                       _MM_HINT_T0);
          __m128 a = _mm_loadu_ps(rows + i);
          __m128 b = _mm_loadu_ps(rows + inStride + i);
          __m128 c = _mm_loadu_ps(rows + 2 * inStride + i);
          __m128 d = _mm_loadu_ps(rows + 3 * inStride + i);
          _MM_TRANSPOSE4_PS(a, b, c, d);
          _mm_storeu_ps(tile + i * Width + row, a);
          _mm_storeu_ps(tile + (i + 1) * Width + row, b);
          _mm_storeu_ps(tile + (i + 2) * Width + row, c);
          _mm_storeu_ps(tile + (i + 3) * Width + row, d);
        }
      }
    }
#endif
    for (; row < numberOfRows; ++row)
    {
      for (SizeValueType i = 0; i < length; ++i)
      {
        tile[i * Width + row] = in[row * inStride + i];
      }
    }
  }

  template <typename TOut>
  static void
  Write(const TOut * tile, TOut * out, OffsetValueType outStride, unsigned int numberOfRows, SizeValueType length)
  {
    unsigned int row = 0;
#if defined(ITK_TRANSPOSED_ROWS_SSE2)
    if constexpr (std::is_same<TOut, float>::value)
    {
      for (; row + 4 <= numberOfRows && length >= 4; row += 4)
      {
        float * const rows = out + row * outStride;
        for (SizeValueType i = 0; i < length; i += 4)
        {
          i = std::min(i, length - 4);
          __m128 a = _mm_loadu_ps(tile + i * Width + row);
          __m128 b = _mm_loadu_ps(tile + (i + 1) * Width + row);
          __m128 c = _mm_loadu_ps(tile + (i + 2) * Width + row);
          __m128 d = _mm_loadu_ps(tile + (i + 3) * Width + row);
          _MM_TRANSPOSE4_PS(a, b, c, d);
          _mm_storeu_ps(rows + i, a);
          _mm_storeu_ps(rows + outStride + i, b);
          _mm_storeu_ps(rows + 2 * outStride + i, c);
          _mm_storeu_ps(rows + 3 * outStride + i, d);
        }
      }
    }
#endif
    for (; row < numberOfRows; ++row)
    {
      for (SizeValueType i = 0; i < length; ++i)
      {
        out[row * outStride + i] = tile[i * Width + row];
      }
    }
  }
};
} // end namespace itk

#undef ITK_TRANSPOSED_ROWS_SSE2

#endif // itkTransposedRows_h
