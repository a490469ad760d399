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
#ifndef itkSeparableWindow_h
#define itkSeparableWindow_h

#include "geometry/itkParallelTasks.h"
#include "geometry/itkVectorInstructions.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

namespace itk
{
/** \class SeparableWindow
 * \brief Sums over the window around each voxel of a grid, weighted along each axis, in place.
 *
 * Beyond the grid all is 0. What is not in a window changes no bit of its sum, and neither does the number of work
 * units.
 *
 * \tparam TValue type of the values, of which a voxel may have several, one beside the other
 * \ingroup MaskedSampling
 */
template <typename TValue, unsigned int VDimension>
class SeparableWindow
{
public:
  using SizeType = std::array<std::size_t, VDimension>;
  /** Of the window, symmetric: that of the voxel itself, and those at each distance from it. */
  using WeightsType = std::vector<TValue>;
  /** The one in the middle, and those at each distance from it, before and after. */
  using RowsType = std::vector<std::pair<const TValue *, const TValue *>>;

  /** \param values the first axis runs fastest
   * \param components how many values a voxel has
   * \param weights for each axis */
  static void
  Sum(TValue *                                    values,
      const SizeType &                            size,
      std::size_t                                 components,
      const std::array<WeightsType, VDimension> & weights,
      ThreadIdType                                numberOfWorkUnits)
  {
    std::size_t number = components;
    for (const std::size_t length : size)
    {
      number *= length;
    }
    std::size_t stride = components;
    for (unsigned int d = 0; d < VDimension; stride *= size[d], ++d)
    {
      if (weights[d].size() == 1 && weights[d].front() == TValue{ 1 })
      {
        continue;
      }
      // Along the first axis, whole lines; along others, as many lines that are neighbours in memory as the cache
      // holds.
      constexpr std::size_t bytesAtOnce = 1U << 16U;
      constexpr std::size_t bytesOfLine = 64;
      const std::size_t     radius = std::min(weights[d].size(), size[d]) - 1;
      const std::size_t     lines = std::max<std::size_t>(bytesAtOnce / (bytesOfLine * (size[d] + 2 * radius)), 1);
      const std::size_t     most = lines * bytesOfLine / sizeof(TValue);
      const std::size_t     width = d == 0 ? stride : std::min(stride, most);
      const std::size_t     bundles = (stride + width - 1) / width;
      const std::size_t     blocks = number / (stride * size[d]);
      ParallelTasks::Share(blocks * bundles, numberOfWorkUnits, [&](const auto & next) {
        std::vector<TValue> before;
        next([&](SizeValueType task) {
          const std::size_t bundle = static_cast<std::size_t>(task) % bundles;
          TValue * const begin = values + static_cast<std::size_t>(task) / bundles * stride * size[d] + bundle * width;
          const std::size_t lanes = std::min(width, stride - bundle * width);
          if (CopyLines(begin, size[d], stride, lanes, radius, before))
          {
            SumLines(begin, size[d], stride, lanes, weights[d], before.data());
          }
        });
      });
    }
  }

  /** Sum the values of rows, for each place of them. */
  static void
  SumRows(const RowsType & rows, std::size_t number, const WeightsType & weights, TValue * sums)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      SumRowsWithAVX2(rows, number, weights, sums);
      return;
    }
#endif
    SumRowsOf(rows, number, weights, sums);
  }

private:
  /** Copy what is along an axis, with zeros at both ends.
   * \param lanes how many values, one beside the other, are at each place
   * \return whether there is anything but zeros: their sums are what they are */
  static bool
  CopyLines(const TValue *        begin,
            std::size_t           length,
            std::size_t           stride,
            std::size_t           lanes,
            std::size_t           radius,
            std::vector<TValue> & copies)
  {
    copies.resize((length + 2 * radius) * lanes);
    std::fill_n(copies.begin(), radius * lanes, TValue{});
    std::fill_n(copies.end() - static_cast<std::ptrdiff_t>(radius * lanes), radius * lanes, TValue{});
    bool isAnything = false;
    for (std::size_t i = 0; i < length; ++i)
    {
      const TValue * const place = begin + i * stride;
      std::copy_n(place, lanes, copies.data() + (radius + i) * lanes);
      isAnything = isAnything || std::any_of(place, place + lanes, [](TValue value) { return value != TValue{}; });
    }
    return isAnything;
  }

  /** Sum along an axis. \param copies those of CopyLines() */
  static void
  SumLines(TValue *            begin,
           std::size_t         length,
           std::size_t         stride,
           std::size_t         lanes,
           const WeightsType & weights,
           const TValue *      copies)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      SumLinesWithAVX2(begin, length, stride, lanes, weights, copies);
      return;
    }
#endif
    SumLinesOf(begin, length, stride, lanes, weights, copies);
  }

#if defined(ITK_VECTOR_INSTRUCTIONS)
  static constexpr std::size_t BytesAtOnce = 32;
  static constexpr std::size_t NumberAtOnce = BytesAtOnce / sizeof(TValue);
  typedef TValue               VectorType __attribute__((vector_size(BytesAtOnce)));

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Load(VectorType & numbers, const TValue * place)
  {
    std::memcpy(&numbers, place, BytesAtOnce);
  }

  /** Sums at as many places as some vectors have. Of several, none waits for its last sum. */
  template <std::size_t VNumberOfVectors, typename TAround>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumAtOnce(const TAround & around, std::size_t place, const TValue * weights, std::size_t radius, TValue * sums)
  {
    VectorType some[VNumberOfVectors];
    ITK_VECTOR_INSTRUCTIONS_UNROLL
    for (std::size_t n = 0; n < VNumberOfVectors; ++n)
    {
      VectorType middle;
      Load(middle, around.GetLower(0) + place + n * NumberAtOnce);
      some[n] = weights[0] * middle;
    }
    for (std::size_t k = 1; k <= radius; ++k)
    {
      const TValue * const lowerPlace = around.GetLower(k) + place;
      const TValue * const upperPlace = around.GetUpper(k) + place;
      ITK_VECTOR_INSTRUCTIONS_UNROLL
      for (std::size_t n = 0; n < VNumberOfVectors; ++n)
      {
        VectorType lower;
        VectorType upper;
        Load(lower, lowerPlace + n * NumberAtOnce);
        Load(upper, upperPlace + n * NumberAtOnce);
        some[n] = some[n] + weights[k] * (lower + upper);
      }
    }
    ITK_VECTOR_INSTRUCTIONS_UNROLL
    for (std::size_t n = 0; n < VNumberOfVectors; ++n)
    {
      std::memcpy(sums + place + n * NumberAtOnce, &some[n], BytesAtOnce);
    }
  }
#endif

  /** What is around places in a copy of lines. */
  struct AroundLines
  {
    const TValue * Middle{};
    std::size_t    Lanes{};

    ITK_VECTOR_INSTRUCTIONS_INLINE const TValue *
    GetLower(std::size_t distance) const
    {
      return Middle - distance * Lanes;
    }
    ITK_VECTOR_INSTRUCTIONS_INLINE const TValue *
    GetUpper(std::size_t distance) const
    {
      return Middle + distance * Lanes;
    }
  };
  struct AroundRows
  {
    const RowsType & Rows;

    ITK_VECTOR_INSTRUCTIONS_INLINE const TValue *
    GetLower(std::size_t distance) const
    {
      return Rows[distance].first;
    }
    ITK_VECTOR_INSTRUCTIONS_INLINE const TValue *
    GetUpper(std::size_t distance) const
    {
      return Rows[distance].second;
    }
  };

  template <typename TAround>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumPlaces(const TAround & around, std::size_t number, const TValue * weights, std::size_t radius, TValue * sums)
  {
    std::size_t place = 0;
#if defined(ITK_VECTOR_INSTRUCTIONS)
    constexpr std::size_t several = 4;
    for (; place + several * NumberAtOnce <= number; place += several * NumberAtOnce)
    {
      SumAtOnce<several>(around, place, weights, radius, sums);
    }
    for (; place + NumberAtOnce <= number; place += NumberAtOnce)
    {
      SumAtOnce<1>(around, place, weights, radius, sums);
    }
#endif
    for (; place < number; ++place)
    {
      TValue one = weights[0] * around.GetLower(0)[place];
      for (std::size_t k = 1; k <= radius; ++k)
      {
        one += weights[k] * (around.GetLower(k)[place] + around.GetUpper(k)[place]);
      }
      sums[place] = one;
    }
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumRowsOf(const RowsType & rows, std::size_t number, const WeightsType & weights, TValue * sums)
  {
    SumPlaces(AroundRows{ rows }, number, weights.data(), rows.size() - 1, sums);
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumLinesOf(TValue *            begin,
             std::size_t         length,
             std::size_t         stride,
             std::size_t         lanes,
             const WeightsType & weights,
             const TValue *      copies)
  {
    const std::size_t    radius = std::min(weights.size(), length) - 1;
    const TValue * const first = copies + radius * lanes;
    // Where all is one line in memory, at once.
    const bool        isLine = lanes == stride;
    const std::size_t places = isLine ? 1 : length;
    const std::size_t number = isLine ? length * lanes : lanes;
    for (std::size_t i = 0; i < places; ++i)
    {
      SumPlaces(AroundLines{ first + i * lanes, lanes }, number, weights.data(), radius, begin + i * stride);
    }
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  __attribute__((target("avx2"))) static void
  SumRowsWithAVX2(const RowsType & rows, std::size_t number, const WeightsType & weights, TValue * sums)
  {
    SumRowsOf(rows, number, weights, sums);
  }

  __attribute__((target("avx2"))) static void
  SumLinesWithAVX2(TValue *            begin,
                   std::size_t         length,
                   std::size_t         stride,
                   std::size_t         lanes,
                   const WeightsType & weights,
                   const TValue *      copies)
  {
    SumLinesOf(begin, length, stride, lanes, weights, copies);
  }
#endif
};
} // end namespace itk

#endif // itkSeparableWindow_h
