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
#ifndef itkMaskRowScanner_h
#define itkMaskRowScanner_h

#include "itkIntTypes.h"
#include "itkMacro.h"

#include <cstdint>
#include <cstring>

#if defined(__SSE2__) || defined(_M_X64)
#  define ITK_MASK_ROW_SCANNER_SSE2
#  include <emmintrin.h>
#endif

namespace itk
{
/** \class MaskRowScanner
 * \brief Finds the runs of equal bytes in a row of pixels, 64 pixels at a time.
 *
 * 64 pixels become a mask of 64 bits. Where the mask differs from itself shifted by one pixel,
 * a run begins or ends; long stretches without such a place cost a few operations for each 64 pixels.
 *
 * \ingroup MaskedSampling
 */
class MaskRowScanner
{
public:
  /** Call a function with the begin and the end of every run of pixels that are not zero. */
  template <typename TFunction>
  static void
  ForEachRunOfNonzero(const unsigned char * row, SizeValueType length, TFunction function)
  {
    ForEachRun(
      row, length, [](const unsigned char * pixels, unsigned int n) { return GetDifferent(pixels, n, 0); }, function);
  }

  /** Call a function with the begin and the end of every run of pixels of a value. */
  template <typename TFunction>
  static void
  ForEachRunOf(unsigned char value, const unsigned char * row, SizeValueType length, TFunction function)
  {
    ForEachRun(
      row,
      length,
      [value](const unsigned char * pixels, unsigned int n) { return ~GetDifferent(pixels, n, value); },
      function);
  }

private:
  static constexpr unsigned int bitsPerMask = 64;

  /** Bit i of the result: whether pixel i differs from the value. Bits from n upwards mean nothing. */
  static std::uint64_t
  GetDifferent(const unsigned char * pixels, unsigned int n, unsigned char value)
  {
    if (n == bitsPerMask)
    {
#if defined(ITK_MASK_ROW_SCANNER_SSE2)
      const __m128i values = _mm_set1_epi8(static_cast<char>(value));
      std::uint64_t equal = 0;
      for (unsigned int i = 0; i < bitsPerMask; i += 16)
      {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(pixels + i));
        const auto    mask = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, values)));
        equal |= std::uint64_t{ mask } << i;
      }
      return ~equal;
#elif !defined(ITK_WORDS_BIGENDIAN)
      constexpr std::uint64_t low = 0x0101010101010101U;
      constexpr std::uint64_t seven = 0x7f7f7f7f7f7f7f7fU;
      std::uint64_t           words[8];
      std::memcpy(words, pixels, sizeof(words));
      std::uint64_t different = 0;
      for (unsigned int i = 0; i < 8; ++i)
      {
        // One in each byte that differs, then these eight bits side by side.
        const std::uint64_t word = words[i] ^ (low * value);
        const std::uint64_t ones = ((((word & seven) + seven) | word) >> 7) & low;
        different |= ((ones * 0x0102040810204080U) >> 56) << (8 * i);
      }
      return different;
#endif
    }
    std::uint64_t different = 0;
    for (unsigned int i = 0; i < n; ++i)
    {
      different |= std::uint64_t{ pixels[i] != value } << i;
    }
    return different;
  }

  static unsigned int
  CountTrailingZeros(std::uint64_t bits)
  {
#if defined(__GNUC__) || defined(__clang__)
    return static_cast<unsigned int>(__builtin_ctzll(bits));
#else
    unsigned int count = 0;
    for (; (bits & 1U) == 0; bits >>= 1)
    {
      ++count;
    }
    return count;
#endif
  }

  template <typename TGetMask, typename TFunction>
  static void
  ForEachRun(const unsigned char * row, SizeValueType length, TGetMask getMask, TFunction function)
  {
    SizeValueType begin = 0;
    std::uint64_t isOpen = 0; // whether the pixel before is inside: a bit
    for (SizeValueType x = 0; x < length; x += bitsPerMask)
    {
      const auto          n = static_cast<unsigned int>(length - x < bitsPerMask ? length - x : bitsPerMask);
      const std::uint64_t mask = getMask(row + x, n);
      std::uint64_t       edges = mask ^ ((mask << 1) | isOpen);
      if (n < bitsPerMask)
      {
        edges &= (std::uint64_t{ 1 } << n) - 1;
      }
      while (edges != 0)
      {
        const SizeValueType edge = x + CountTrailingZeros(edges);
        if (isOpen == 0)
        {
          begin = edge;
        }
        else
        {
          function(begin, edge);
        }
        isOpen ^= 1;
        edges &= edges - 1;
      }
    }
    if (isOpen != 0)
    {
      function(begin, length);
    }
  }
};
} // end namespace itk

#undef ITK_MASK_ROW_SCANNER_SSE2

#endif // itkMaskRowScanner_h
