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
#ifndef itkCorrelationMoments_h
#define itkCorrelationMoments_h

#include "itkNumericTraits.h"
#include "metric/itkSamplePairs.h"

namespace itk
{
/** \class CorrelationMoments
 * \brief Number, means, and weighted sums of products of deviations from the means, of pairs of values.
 * \ingroup MaskedSampling
 */
struct CorrelationMoments
{
  double Number{};
  double SumOfWeights{};
  double MeanF{};
  double MeanM{};
  double SumFF{};
  double SumMM{};
  double SumFM{};

  template <typename TPairs>
  static CorrelationMoments
  Compute(const TPairs & pairs)
  {
    return pairs.CallWithSampleWeight([&pairs](const auto & weight) { return ComputeWith(pairs, weight); });
  }

  template <typename TPairs, typename TSampleWeight>
  static CorrelationMoments
  ComputeWith(const TPairs & pairs, const TSampleWeight & sampleWeight)
  {
    // Relative to one of the pairs, so that little is lost when the means are subtracted.
    double             pivotF = 0.0;
    double             pivotM = 0.0;
    double             sumF = 0.0;
    double             sumM = 0.0;
    CorrelationMoments moments;
    for (SizeValueType i = 0; i < pairs.Count; ++i)
    {
      if (pairs.IsValid[i] == 0)
      {
        continue;
      }
      if (moments.Number == 0.0)
      {
        pivotF = static_cast<double>(pairs.Fixed[i]);
        pivotM = static_cast<double>(pairs.Moving[i]);
      }
      const double f = static_cast<double>(pairs.Fixed[i]) - pivotF;
      const double m = static_cast<double>(pairs.Moving[i]) - pivotM;
      const double weight = sampleWeight(i);
      moments.Number += 1.0;
      moments.SumOfWeights += weight;
      sumF += weight * f;
      sumM += weight * m;
      moments.SumFF += weight * (f * f);
      moments.SumMM += weight * (m * m);
      moments.SumFM += weight * (f * m);
    }
    if (moments.Number > 0.0)
    {
      const double sum = moments.SumOfWeights;
      moments.MeanF = pivotF + sumF / sum;
      moments.MeanM = pivotM + sumM / sum;
      moments.SumFF -= sumF * sumF / sum;
      moments.SumMM -= sumM * sumM / sum;
      moments.SumFM -= sumF * sumM / sum;
    }
    return moments;
  }

  /** Take in other pairs (Chan, Golub and LeVeque: Updating formulae and a pairwise algorithm for computing sample
   * variances, 1979). */
  void
  Merge(const CorrelationMoments & other)
  {
    if (other.Number == 0.0)
    {
      return;
    }
    const double sum = SumOfWeights + other.SumOfWeights;
    const double differenceF = other.MeanF - MeanF;
    const double differenceM = other.MeanM - MeanM;
    const double factor = SumOfWeights * other.SumOfWeights / sum;
    MeanF += differenceF * other.SumOfWeights / sum;
    MeanM += differenceM * other.SumOfWeights / sum;
    SumFF += other.SumFF + differenceF * differenceF * factor;
    SumMM += other.SumMM + differenceM * differenceM * factor;
    SumFM += other.SumFM + differenceF * differenceM * factor;
    Number += other.Number;
    SumOfWeights = sum;
  }

  /** Whether both images vary enough for a correlation: as the stock metric has it, which goes by the unit of the
   * intensities, or by more than rounding. */
  bool
  IsDefined() const
  {
    return SumFF * SumMM > NumericTraits<double>::epsilon() ||
           (this->IsVarying(SumFF, MeanF) && this->IsVarying(SumMM, MeanM));
  }

  bool
  IsVarying(double sumOfSquares, double mean) const
  {
    constexpr double rounding = 1e-10;
    return sumOfSquares > rounding * SumOfWeights * mean * mean && sumOfSquares > 0.0;
  }

  /** The square of the correlation coefficient. */
  double
  GetSquaredCorrelation() const
  {
    return SumFM * SumFM / (SumFF * SumMM);
  }

  /** For the derivative of the squared correlation: the weights of the gradients of the samples, and the factor of
   * their sum. */
  template <typename TPairs>
  void
  ComputeWeights(const TPairs & pairs, double * weights) const
  {
    const double slope = SumFM / SumMM;
    pairs.CallWithSampleWeight([&](const auto & sampleWeight) {
      for (SizeValueType i = 0; i < pairs.Count; ++i)
      {
        const double f = static_cast<double>(pairs.Fixed[i]) - MeanF;
        const double m = static_cast<double>(pairs.Moving[i]) - MeanM;
        weights[i] = pairs.IsValid[i] != 0 ? sampleWeight(i) * (f - slope * m) : 0.0;
      }
    });
  }
  double
  GetFactorOfWeights() const
  {
    return 2.0 * SumFM / (SumFF * SumMM);
  }
};
} // end namespace itk

#endif // itkCorrelationMoments_h
