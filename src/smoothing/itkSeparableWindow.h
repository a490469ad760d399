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
      constexpr std::size_t bytesAtOnce = 1U << 14U;
      const std::size_t     radius = std::min(weights[d].size(), size[d]) - 1;
      const std::size_t     most = std::max<std::size_t>(bytesAtOnce / (sizeof(TValue) * (size[d] + 2 * radius)), 16);
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

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumLinesOf(TValue *            begin,
             std::size_t         length,
             std::size_t         stride,
             std::size_t         lanes,
             const WeightsType & weights,
             const TValue *      copies)
  {
    constexpr std::size_t numberAtOnce = 64 / sizeof(TValue);
    const std::size_t     radius = std::min(weights.size(), length) - 1;
    const TValue * const  first = copies + radius * lanes;
    // Where all is one line in memory, at once.
    const bool        isLine = lanes == stride;
    const std::size_t places = isLine ? 1 : length;
    const std::size_t number = isLine ? length * lanes : lanes;
    for (std::size_t i = 0; i < places; ++i)
    {
      TValue * const       sums = begin + i * stride;
      const TValue * const middle = first + i * lanes;
      std::size_t          lane = 0;
      for (; lane + numberAtOnce <= number; lane += numberAtOnce)
      {
        const TValue * const place = middle + lane;
        TValue               some[numberAtOnce];
        for (std::size_t n = 0; n < numberAtOnce; ++n)
        {
          some[n] = weights[0] * place[n];
        }
        for (std::size_t k = 1; k <= radius; ++k)
        {
          const TValue         weight = weights[k];
          const TValue * const lower = place - k * lanes;
          const TValue * const upper = place + k * lanes;
          for (std::size_t n = 0; n < numberAtOnce; ++n)
          {
            some[n] += weight * (lower[n] + upper[n]);
          }
        }
        std::copy_n(some, numberAtOnce, sums + lane);
      }
      for (; lane < number; ++lane)
      {
        TValue one = weights[0] * middle[lane];
        for (std::size_t k = 1; k <= radius; ++k)
        {
          one += weights[k] * (*(middle + lane - k * lanes) + *(middle + lane + k * lanes));
        }
        sums[lane] = one;
      }
    }
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
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
