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
 * \brief Number, means, and sums of products of deviations from the means, of pairs of values.
 * \ingroup MaskedSampling
 */
struct CorrelationMoments
{
  double Number{};
  double MeanF{};
  double MeanM{};
  double SumFF{};
  double SumMM{};
  double SumFM{};

  template <typename TPairs>
  static CorrelationMoments
  Compute(const TPairs & pairs)
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
      moments.Number += 1.0;
      sumF += f;
      sumM += m;
      moments.SumFF += f * f;
      moments.SumMM += m * m;
      moments.SumFM += f * m;
    }
    if (moments.Number > 0.0)
    {
      moments.MeanF = pivotF + sumF / moments.Number;
      moments.MeanM = pivotM + sumM / moments.Number;
      moments.SumFF -= sumF * sumF / moments.Number;
      moments.SumMM -= sumM * sumM / moments.Number;
      moments.SumFM -= sumF * sumM / moments.Number;
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
    const double sum = Number + other.Number;
    const double differenceF = other.MeanF - MeanF;
    const double differenceM = other.MeanM - MeanM;
    const double factor = Number * other.Number / sum;
    MeanF += differenceF * other.Number / sum;
    MeanM += differenceM * other.Number / sum;
    SumFF += other.SumFF + differenceF * differenceF * factor;
    SumMM += other.SumMM + differenceM * differenceM * factor;
    SumFM += other.SumFM + differenceF * differenceM * factor;
    Number = sum;
  }

  /** Whether both images vary enough for a correlation. */
  bool
  IsDefined() const
  {
    return SumFF * SumMM > NumericTraits<double>::epsilon();
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
    for (SizeValueType i = 0; i < pairs.Count; ++i)
    {
      const double f = static_cast<double>(pairs.Fixed[i]) - MeanF;
      const double m = static_cast<double>(pairs.Moving[i]) - MeanM;
      weights[i] = pairs.IsValid[i] != 0 ? f - slope * m : 0.0;
    }
  }
  double
  GetFactorOfWeights() const
  {
    return 2.0 * SumFM / (SumFF * SumMM);
  }
};
} // end namespace itk

#endif // itkCorrelationMoments_h
