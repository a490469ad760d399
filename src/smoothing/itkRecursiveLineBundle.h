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
#ifndef itkRecursiveLineBundle_h
#define itkRecursiveLineBundle_h

#include "geometry/itkVectorInstructions.h"

#include "itkIntTypes.h"
#include "itkMacro.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class RecursiveLineBundle
 * \brief Filters several adjacent lines of pixels at a time as RecursiveSeparableImageFilter filters each of them.
 *
 * The operations on a line and their order are those of RecursiveSeparableImageFilter::FilterDataArray(), in double,
 * with a result rounded to float, so that the results are equal to the last bit; only the lines of a bundle go side by
 * side through the registers. Fused multiplications and additions would round differently; they are not used unless the
 * whole program is compiled for them.
 *
 * \ingroup MaskedSampling
 */
class RecursiveLineBundle
{
public:
  static constexpr unsigned int MaximumWidth = 32;
  /** Bundles of multiples of this many lines waste no work. */
  static constexpr unsigned int WidthUnit = 8;

  /** As the members of RecursiveSeparableImageFilter. */
  struct Coefficients
  {
    double N[4];
    double D[4];
    double M[4];
    double BN[4];
    double BM[4];
  };

  explicit RecursiveLineBundle(SizeValueType maximumLength)
    : m_Data(maximumLength)
    , m_Results(maximumLength)
  {}

  /** Filter lines that begin at adjacent pixels. Strides are those from a pixel to the next of its line, in pixels.
   * Only the pixels [begin, end) of the lines are computed; the output has the first of them. It may be the input. */
  template <typename TIn, typename TOut>
  void
  Filter(const Coefficients & coefficients,
         const TIn *          in,
         OffsetValueType      inStride,
         TOut *               out,
         OffsetValueType      outStride,
         unsigned int         width,
         SizeValueType        length,
         SizeValueType        begin,
         SizeValueType        end)
  {
    const Lines<TIn, TOut> lines{ in, inStride, out, outStride, width, length, begin, end };
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx512f"))
    {
      this->FilterWithAVX512(coefficients, lines);
      return;
    }
    if (__builtin_cpu_supports("avx2"))
    {
      this->FilterWithAVX2(coefficients, lines);
      return;
    }
#endif
    this->template FilterWith<Lanes<2>>(coefficients, lines);
  }

private:
  struct alignas(64) Row
  {
    double Values[MaximumWidth];
  };

  template <typename TIn, typename TOut>
  struct Lines
  {
    const TIn *     In;
    OffsetValueType InStride;
    TOut *          Out;
    OffsetValueType OutStride;
    unsigned int    Width;
    SizeValueType   Length;
    SizeValueType   Begin;
    SizeValueType   End;
  };

  template <unsigned int VNumber>
  struct Lanes
  {
#if defined(ITK_VECTOR_INSTRUCTIONS)
    static constexpr unsigned int Number = VNumber;
    typedef double                Real __attribute__((vector_size(VNumber * sizeof(double))));
    typedef float                 Float __attribute__((vector_size(VNumber * sizeof(float))));
#else
    static constexpr unsigned int Number = 1;
    using Real = double;
    using Float = float;
#endif
  };

  static unsigned int
  PadWidth(unsigned int width)
  {
    return (width + WidthUnit - 1) / WidthUnit * WidthUnit;
  }

  // Vectors are not passed by value: how that is done depends on the instruction set.
  template <typename TVector, typename TValue>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Load(TVector & vector, const TValue * values)
  {
    std::memcpy(&vector, values, sizeof(vector));
  }
  template <typename TVector, typename TValue>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Store(const TVector & vector, TValue * values)
  {
    std::memcpy(values, &vector, sizeof(vector));
  }
  /** Make the cache load the pixels that follow some. */
  template <typename TPixel>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Prefetch(const TPixel * pixels, unsigned int width)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS)
    constexpr std::uintptr_t cacheLine = 64;
    const auto               begin = reinterpret_cast<std::uintptr_t>(pixels + width);
    for (std::uintptr_t address = begin; address < begin + width * sizeof(TPixel); address += cacheLine)
    {
      __builtin_prefetch(reinterpret_cast<const void *>(address + cacheLine - 1));
    }
#else
    static_cast<void>(pixels);
    static_cast<void>(width);
#endif
  }

  template <typename TLanes, typename TIn>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Read(const TIn * in, Row & row, unsigned int width)
  {
    if constexpr (std::is_same<TIn, float>::value)
    {
      for (unsigned int lane = 0; lane < width; lane += TLanes::Number)
      {
        typename TLanes::Float values;
        Load(values, in + lane);
        Store(ITK_VECTOR_INSTRUCTIONS_CONVERT(values, typename TLanes::Real), row.Values + lane);
      }
    }
    else
    {
      std::copy_n(in, width, row.Values);
    }
  }

  /** Hide from the compiler where a product comes from, lest it fuses the multiplication with an addition. */
  template <typename TReal>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  KeepRounded(TReal & product)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86) && !defined(__clang__)
    // Only AVX-512 comes with such instructions.
    if constexpr (sizeof(TReal) == 64)
    {
      __asm__("" : "+v"(product));
    }
#endif
    static_cast<void>(product);
  }

  template <typename TReal>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Weigh(TReal & sum, const Row * const (&rows)[4], const double (&weights)[4], unsigned int lane)
  {
#if defined(__clang__)
#  pragma clang fp contract(off)
#endif
    TReal value;
    Load(value, rows[0]->Values + lane);
    sum = value * weights[0];
    KeepRounded(sum);
    Load(value, rows[1]->Values + lane);
    value *= weights[1];
    KeepRounded(value);
    sum += value;
    Load(value, rows[2]->Values + lane);
    value *= weights[2];
    KeepRounded(value);
    sum += value;
    Load(value, rows[3]->Values + lane);
    value *= weights[3];
    KeepRounded(value);
    sum += value;
  }

  /** Where a line and its results are taken from: the rows before or after pixel i, or the border. */
  struct Neighbors
  {
    const Row * Data[4];
    const Row * Results[4];
    double      ResultWeights[4];
  };

  template <typename TReal>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Step(TReal & result, const Neighbors & neighbors, const double (&dataWeights)[4], unsigned int lane)
  {
    TReal feedback;
    Weigh(result, neighbors.Data, dataWeights, lane);
    Weigh(feedback, neighbors.Results, neighbors.ResultWeights, lane);
    result -= feedback;
  }

  /** Lanes beyond the width repeat the last one.
   * \return the pixels of a row that goes on to the padded width */
  template <typename TIn>
  static ITK_VECTOR_INSTRUCTIONS_INLINE const TIn *
  Pad(const TIn * in, TIn * padded, unsigned int width, unsigned int paddedWidth)
  {
    if (width == paddedWidth)
    {
      return in;
    }
    std::copy_n(in, width, padded);
    std::fill(padded + width, padded + paddedWidth, in[width - 1]);
    return padded;
  }

  /** Read the lines and filter them from the first pixel on. */
  template <typename TLanes, typename TIn, typename TOut>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  FilterForward(const Coefficients & c, const Lines<TIn, TOut> & lines)
  {
    using Real = typename TLanes::Real;
    Row * const        data = m_Data.data();
    Row * const        results = m_Results.data();
    const unsigned int width = PadWidth(lines.Width);
    const auto         length = static_cast<OffsetValueType>(lines.Length);
    const auto         end = static_cast<OffsetValueType>(lines.End);
    for (OffsetValueType i = 0; i < length; ++i)
    {
      const TIn * const in = lines.In + i * lines.InStride;
      TIn               padded[MaximumWidth];
      Read<TLanes>(Pad(in, padded, lines.Width, width), data[i], width);
      // The next bundle is likely to be the one beside this.
      Prefetch(in, lines.Width);
      if (i >= end)
      {
        continue;
      }
      Neighbors neighbors{ { data + i, data + i - 1, data + i - 2, data + i - 3 },
                           { results + i - 1, results + i - 2, results + i - 3, results + i - 4 },
                           { c.D[0], c.D[1], c.D[2], c.D[3] } };
      if (i < 4)
      {
        // The first pixel is taken to go on to infinity.
        for (OffsetValueType k = 0; k < 4; ++k)
        {
          neighbors.Data[k] = data + std::max<OffsetValueType>(i - k, 0);
          neighbors.Results[k] = i > k ? results + (i - k - 1) : data;
          neighbors.ResultWeights[k] = i > k ? c.D[k] : c.BN[k];
        }
      }
      for (unsigned int lane = 0; lane < width; lane += TLanes::Number)
      {
        Real result;
        Step(result, neighbors, c.N, lane);
        Store(result, results[i].Values + lane);
      }
    }
  }

  /** Filter the lines from the last pixel on, and write the sums of both directions. */
  template <typename TLanes, typename TIn, typename TOut>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  FilterBackward(const Coefficients & c, const Lines<TIn, TOut> & lines)
  {
    using Real = typename TLanes::Real;
    using Float = typename TLanes::Float;
    Row * const        data = m_Data.data();
    Row * const        results = m_Results.data();
    const unsigned int width = PadWidth(lines.Width);
    const auto         last = static_cast<OffsetValueType>(lines.Length) - 1;
    const auto         begin = static_cast<OffsetValueType>(lines.Begin);
    const auto         end = static_cast<OffsetValueType>(lines.End);
    for (OffsetValueType i = last; i >= begin; --i)
    {
      Neighbors neighbors{ { data + i + 1, data + i + 2, data + i + 3, data + i + 4 },
                           { results + i + 1, results + i + 2, results + i + 3, results + i + 4 },
                           { c.D[0], c.D[1], c.D[2], c.D[3] } };
      if (i > last - 4)
      {
        for (OffsetValueType k = 0; k < 4; ++k)
        {
          const bool isInside = i + k < last;
          neighbors.Data[k] = data + (isInside ? i + k + 1 : last);
          neighbors.Results[k] = isInside ? results + (i + k + 1) : data + last;
          neighbors.ResultWeights[k] = isInside ? c.D[k] : c.BM[k];
        }
      }
      TOut * const out = lines.Out + (i - begin) * lines.OutStride;
      float        rounded[MaximumWidth];
      float *      floats = rounded;
      if constexpr (std::is_same<TOut, float>::value)
      {
        floats = i < end && lines.Width == width ? out : rounded;
      }
      for (unsigned int lane = 0; lane < width; lane += TLanes::Number)
      {
        Real result;
        Real sum;
        Step(result, neighbors, c.M, lane);
        Load(sum, results[i].Values + lane);
        sum += result;
        // The causal result is not needed any more.
        Store(result, results[i].Values + lane);
        Store(ITK_VECTOR_INSTRUCTIONS_CONVERT(sum, Float), floats + lane);
      }
      if (i < end && floats == rounded)
      {
        std::transform(rounded, rounded + lines.Width, out, [](float value) { return static_cast<TOut>(value); });
      }
    }
  }

  template <typename TLanes, typename TIn, typename TOut>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  FilterWith(const Coefficients & coefficients, const Lines<TIn, TOut> & lines)
  {
    const Coefficients c = coefficients;
    this->template FilterForward<TLanes>(c, lines);
    this->template FilterBackward<TLanes>(c, lines);
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  template <typename TIn, typename TOut>
  __attribute__((target("avx2"))) void
  FilterWithAVX2(const Coefficients & coefficients, const Lines<TIn, TOut> & lines)
  {
    this->template FilterWith<Lanes<4>>(coefficients, lines);
  }
  template <typename TIn, typename TOut>
  __attribute__((target("avx512f"))) void
  FilterWithAVX512(const Coefficients & coefficients, const Lines<TIn, TOut> & lines)
  {
    this->template FilterWith<Lanes<8>>(coefficients, lines);
  }
#endif

  std::vector<Row> m_Data;
  std::vector<Row> m_Results;
};
} // end namespace itk

#endif // itkRecursiveLineBundle_h
