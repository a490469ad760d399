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
#ifndef itkNeighborhoodCorrelationRow_h
#define itkNeighborhoodCorrelationRow_h

#include "geometry/itkVectorInstructions.h"

#include <cstddef>

namespace itk
{
/** \class NeighborhoodCorrelationRow
 * \brief What NeighborhoodCorrelation computes at the voxels of a row of a grid, one after the other.
 *
 * Several numbers of a voxel are in as many lines, which begin a stride apart. Loops are such that compilers can make
 * vector instructions of them: they have no branches, and nothing is summed up.
 *
 * \ingroup MaskedSampling
 */
struct NeighborhoodCorrelationRow
{
  /** Of what is summed over windows. */
  enum SumEnum : unsigned char
  {
    Count,
    Fixed,
    Moving,
    FixedFixed,
    MovingMoving,
    FixedMoving,
    NumberOfSums
  };
  /** Of the windows in which a voxel is. */
  enum FactorEnum : unsigned char
  {
    Both,
    OfMoving,
    ConstantOfMoving,
    OfFixed,
    ConstantOfFixed,
    NumberOfFactors
  };

  std::size_t Length{};
  std::size_t Stride{};
  /** None, those of the moving image, or all. */
  std::size_t Factors{};
  /** Subtracted, so that few digits are lost. */
  double MeanOfFixed{};
  double MeanOfMoving{};
  /** Of the weights. */
  double Scale{};

  /** \param numbers those that are to be summed over windows; 0 where a voxel is not valid */
  template <typename TFixed, typename TMoving>
  void
  MakeNumbers(const TFixed * fixed, const TMoving * moving, const unsigned char * isValid, double * numbers) const
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      this->MakeNumbersWithAVX2(fixed, moving, isValid, numbers);
      return;
    }
#endif
    this->MakeNumbersOf(fixed, moving, isValid, numbers);
  }

  /** \param sums over the windows
   * \param values squares of the correlations within the windows; 0 where a voxel is not valid
   * \param factors what each window adds to those of its voxels */
  void
  Correlate(const double * sums, const unsigned char * isValid, double * values, double * factors) const
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      this->CorrelateWithAVX2(sums, isValid, values, factors);
      return;
    }
#endif
    this->CorrelateOf(sums, isValid, values, factors);
  }

  /** \param sums of the factors, over the windows in which a voxel is
   * \param ofMoving weights of the moving image, where a voxel is valid
   * \param ofFixed those of the fixed one, if it has factors */
  template <typename TFixed, typename TMoving>
  void
  MakeWeights(const TFixed * fixed, const TMoving * moving, const double * sums, double * ofMoving, double * ofFixed)
    const
  {
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
    if (__builtin_cpu_supports("avx2"))
    {
      this->MakeWeightsWithAVX2(fixed, moving, sums, ofMoving, ofFixed);
      return;
    }
#endif
    this->MakeWeightsOf(fixed, moving, sums, ofMoving, ofFixed);
  }

private:
  template <typename TFixed, typename TMoving>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  MakeNumbersOf(const TFixed * fixed, const TMoving * moving, const unsigned char * isValid, double * numbers) const
  {
    for (std::size_t x = 0; x < Length; ++x)
    {
      const bool   is = isValid[x] != 0;
      const double f = is ? static_cast<double>(fixed[x]) - MeanOfFixed : 0.0;
      const double m = is ? static_cast<double>(moving[x]) - MeanOfMoving : 0.0;
      numbers[Count * Stride + x] = is ? 1.0 : 0.0;
      numbers[Fixed * Stride + x] = f;
      numbers[Moving * Stride + x] = m;
      numbers[FixedFixed * Stride + x] = f * f;
      numbers[MovingMoving * Stride + x] = m * m;
      numbers[FixedMoving * Stride + x] = f * m;
    }
  }

  ITK_VECTOR_INSTRUCTIONS_INLINE void
  CorrelateOf(const double * sums, const unsigned char * isValid, double * values, double * factors) const
  {
    // Roundings of what is constant vary, too.
    constexpr double rounding = 1e-7; // of pixels that are float
    for (std::size_t x = 0; x < Length; ++x)
    {
      const bool   is = isValid[x] != 0;
      const double count = is ? sums[Count * Stride + x] : 1.0;
      const double sumOfFixed = sums[Fixed * Stride + x];
      const double sumOfMoving = sums[Moving * Stride + x];
      const double meanOfFixed = sumOfFixed / count;
      const double meanOfMoving = sumOfMoving / count;
      const double ofFixed = sums[FixedFixed * Stride + x] - meanOfFixed * sumOfFixed;
      const double ofMoving = sums[MovingMoving * Stride + x] - meanOfMoving * sumOfMoving;
      const double ofBoth = sums[FixedMoving * Stride + x] - meanOfFixed * sumOfMoving;
      const double inFixed = rounding * (MeanOfFixed + meanOfFixed);
      const double inMoving = rounding * (MeanOfMoving + meanOfMoving);
      const bool   varies = is & (ofFixed > count * inFixed * inFixed) & (ofMoving > count * inMoving * inMoving);
      const double safeFixed = varies ? ofFixed : 1.0;
      const double safeMoving = varies ? ofMoving : 1.0;
      const double both = varies ? 2.0 * ofBoth / (safeFixed * safeMoving) : 0.0;
      values[x] = varies ? 0.5 * both * ofBoth : (is ? 1.0 : 0.0);
      const double ofBothMoving = both * ofBoth / safeMoving;
      const double ofBothFixed = both * ofBoth / safeFixed;
      if (Factors > 0)
      {
        factors[Both * Stride + x] = both;
        factors[OfMoving * Stride + x] = ofBothMoving;
        factors[ConstantOfMoving * Stride + x] = ofBothMoving * meanOfMoving - both * meanOfFixed;
      }
      if (Factors > OfFixed)
      {
        factors[OfFixed * Stride + x] = ofBothFixed;
        factors[ConstantOfFixed * Stride + x] = ofBothFixed * meanOfFixed - both * meanOfMoving;
      }
    }
  }

  template <typename TFixed, typename TMoving>
  ITK_VECTOR_INSTRUCTIONS_INLINE void
  MakeWeightsOf(const TFixed * fixed, const TMoving * moving, const double * sums, double * ofMoving, double * ofFixed)
    const
  {
    for (std::size_t x = 0; x < Length; ++x)
    {
      const double f = static_cast<double>(fixed[x]) - MeanOfFixed;
      const double m = static_cast<double>(moving[x]) - MeanOfMoving;
      const double both = sums[Both * Stride + x];
      ofMoving[x] = Scale * (both * f - sums[OfMoving * Stride + x] * m + sums[ConstantOfMoving * Stride + x]);
      if (Factors > OfFixed)
      {
        ofFixed[x] = Scale * (both * m - sums[OfFixed * Stride + x] * f + sums[ConstantOfFixed * Stride + x]);
      }
    }
  }

#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  template <typename TFixed, typename TMoving>
  __attribute__((target("avx2"))) void
  MakeNumbersWithAVX2(const TFixed *        fixed,
                      const TMoving *       moving,
                      const unsigned char * isValid,
                      double *              numbers) const
  {
    this->MakeNumbersOf(fixed, moving, isValid, numbers);
  }
  __attribute__((target("avx2"))) void
  CorrelateWithAVX2(const double * sums, const unsigned char * isValid, double * values, double * factors) const
  {
    this->CorrelateOf(sums, isValid, values, factors);
  }
  template <typename TFixed, typename TMoving>
  __attribute__((target("avx2"))) void
  MakeWeightsWithAVX2(const TFixed *  fixed,
                      const TMoving * moving,
                      const double *  sums,
                      double *        ofMoving,
                      double *        ofFixed) const
  {
    this->MakeWeightsOf(fixed, moving, sums, ofMoving, ofFixed);
  }
#endif
};
} // end namespace itk

#endif // itkNeighborhoodCorrelationRow_h
