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
#ifndef itkBoxWindow_h
#define itkBoxWindow_h

#include "geometry/itkVectorInstructions.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace itk
{
/** \class BoxWindow
 * \brief Sums over the window around each place along an axis, with the same weight for all that is in it.
 *
 * The axis is cut into blocks as long as a window: each window is the end of a block and the beginning of the next one.
 * So a place is added three times, however wide the window is, and nothing is subtracted. (M. van Herk, "A fast
 * algorithm for local minimum and maximum filters on rectangular and octagonal kernels", Pattern Recognition Letters
 * 13, 1992, which does that for minima.)
 *
 * \ingroup MaskedSampling
 */
template <typename TValue>
class BoxWindow
{
public:
  /** \param places with as many zeros at both ends as the radius is, each of some values, one beside the other
   * \param length how many places there are, without these ends
   * \param lanes how many values a place has
   * \param stride from the sums of a place to those of the next one */
  static void
  Sum(const TValue * places,
      std::size_t    length,
      std::size_t    lanes,
      std::size_t    radius,
      TValue *       sums,
      std::size_t    stride)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      SumWithAVX2(places, length, lanes, radius, sums, stride);
      return;
    }
#endif
    SumAll(places, length, lanes, radius, sums, stride);
  }

private:
#if defined(ITK_VECTOR_INSTRUCTIONS)
  static constexpr std::size_t BytesAtOnce = 32;
  static constexpr std::size_t NumberAtOnce = BytesAtOnce / sizeof(TValue);
  typedef TValue               VectorType __attribute__((vector_size(BytesAtOnce)));
#else
  static constexpr std::size_t NumberAtOnce = 1;
  using VectorType = TValue;
#endif

  template <typename TVector>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Add(TVector & sum, const TValue * place)
  {
    TVector some;
    std::memcpy(&some, place, sizeof(TVector));
    sum = sum + some;
  }

  /** The sums of some vectors, one beside the other: of several, none waits for its last sum. */
  template <typename TVector, std::size_t VNumber>
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumSome(const TValue * places,
          std::size_t    length,
          std::size_t    lanes,
          std::size_t    radius,
          TValue *       sums,
          std::size_t    stride,
          TValue *       ends)
  {
    constexpr std::size_t at = sizeof(TVector) / sizeof(TValue);
    constexpr std::size_t values = at * VNumber;
    const std::size_t     window = 2 * radius + 1;
    for (std::size_t block = 0; block < length; block += window)
    {
      TVector end[VNumber]{};
      for (std::size_t n = window; n-- > 0;)
      {
        ITK_VECTOR_INSTRUCTIONS_UNROLL
        for (std::size_t k = 0; k < VNumber; ++k)
        {
          Add(end[k], places + (block + n) * lanes + k * at);
          std::memcpy(ends + n * values + k * at, &end[k], sizeof(TVector));
        }
      }
      TVector           beginning[VNumber]{};
      const std::size_t number = std::min(window, length - block);
      for (std::size_t n = 0; n < number; ++n)
      {
        ITK_VECTOR_INSTRUCTIONS_UNROLL
        for (std::size_t k = 0; k < VNumber; ++k)
        {
          if (n > 0)
          {
            Add(beginning[k], places + (block + window + n - 1) * lanes + k * at);
          }
          TVector sum = beginning[k];
          Add(sum, ends + n * values + k * at);
          std::memcpy(sums + (block + n) * stride + k * at, &sum, sizeof(TVector));
        }
      }
    }
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  SumAll(const TValue * places,
         std::size_t    length,
         std::size_t    lanes,
         std::size_t    radius,
         TValue *       sums,
         std::size_t    stride)
  {
    constexpr std::size_t several = 4;
    std::vector<TValue>   ends((2 * radius + 1) * several * NumberAtOnce);
    std::size_t           lane = 0;
    for (; lane + several * NumberAtOnce <= lanes; lane += several * NumberAtOnce)
    {
      SumSome<VectorType, several>(places + lane, length, lanes, radius, sums + lane, stride, ends.data());
    }
    for (; lane + NumberAtOnce <= lanes; lane += NumberAtOnce)
    {
      SumSome<VectorType, 1>(places + lane, length, lanes, radius, sums + lane, stride, ends.data());
    }
    for (; lane < lanes; ++lane)
    {
      SumSome<TValue, 1>(places + lane, length, lanes, radius, sums + lane, stride, ends.data());
    }
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  __attribute__((target("avx2"))) static void
  SumWithAVX2(const TValue * places,
              std::size_t    length,
              std::size_t    lanes,
              std::size_t    radius,
              TValue *       sums,
              std::size_t    stride)
  {
    SumAll(places, length, lanes, radius, sums, stride);
  }
#endif
};
} // end namespace itk

#endif // itkBoxWindow_h
