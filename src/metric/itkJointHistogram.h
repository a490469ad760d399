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
#ifndef itkJointHistogram_h
#define itkJointHistogram_h

#include "geometry/itkUnrolledLoop.h"
#include "metric/itkCubicBSplineWeights.h"
#include "metric/itkSamplePairs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace itk
{
/** \class JointHistogram
 * \brief Histogram of pairs of values, with a cubic B-spline as Parzen window for the moving image.
 *
 * \tparam TBins has NumberOfBins, FixedBinSize, FixedNormalizedMinimum, MovingBinSize, MovingNormalizedMinimum,
 * MovingMinimum, MovingMaximum and IsClamped
 *
 * \ingroup MaskedSampling
 */
template <typename TBins>
class JointHistogram
{
public:
  /** The outermost bins, on each side, are for the Parzen window alone. */
  static constexpr int Padding = 2;

  /** Of no bins, until another one is merged. */
  JointHistogram() = default;
  explicit JointHistogram(const TBins & bins)
    : m_Bins(bins)
    , m_LastBin(static_cast<double>(bins.NumberOfBins) - Padding - 1)
    , m_Joint(bins.NumberOfBins * bins.NumberOfBins, 0.0)
    , m_Fixed(bins.NumberOfBins, 0.0)
  {
    // An interpolated value may be beyond both of those that it is between, by a rounding.
    constexpr double tolerance = 8.0 * std::numeric_limits<double>::epsilon();
    const double     rounding = tolerance * std::max(std::abs(bins.MovingMinimum), std::abs(bins.MovingMaximum));
    m_Lowest = bins.MovingMinimum - rounding;
    m_Highest = bins.MovingMaximum + rounding;
  }

  template <typename TPairs>
  void
  Count(const TPairs & pairs)
  {
    pairs.CallWithSampleWeight([&](const auto & weight) { this->CountWith(pairs, weight); });
  }

  /** Take in the counts of other pairs. */
  void
  Merge(JointHistogram && other)
  {
    if (m_Joint.empty())
    {
      *this = std::move(other);
      return;
    }
    m_NumberOfSamples += other.m_NumberOfSamples;
    std::transform(m_Joint.begin(), m_Joint.end(), other.m_Joint.begin(), m_Joint.begin(), std::plus<>{});
    std::transform(m_Fixed.begin(), m_Fixed.end(), other.m_Fixed.begin(), m_Fixed.begin(), std::plus<>{});
  }

  /** Of the samples; their number, if they count the same. */
  double
  GetSumOfWeights() const
  {
    return std::accumulate(m_Fixed.begin(), m_Fixed.end(), 0.0);
  }

  /** Divide the counts by their sum.
   * \return their sum */
  double
  Normalize()
  {
    const double sum = std::accumulate(m_Joint.begin(), m_Joint.end(), 0.0);
    const auto   divide = [factor = 1.0 / sum](double & count) { count *= factor; };
    std::for_each(m_Joint.begin(), m_Joint.end(), divide);
    std::for_each(m_Fixed.begin(), m_Fixed.end(), divide);
    return sum;
  }

  SizeValueType
  GetNumberOfSamples() const
  {
    return m_NumberOfSamples;
  }

  /** Row by row, one for each bin of the fixed image. What is left can compute weights, and nothing else. */
  std::vector<double>
  TakeJoint()
  {
    return std::move(m_Joint);
  }

  /** The mutual information of a normalised histogram.
   * \param logRatios set to the logarithm of the ratio of joint and moving probability of each bin, or 0 */
  double
  ComputeInformation(std::vector<double> & logRatios) const
  {
    constexpr double  closeToZero = std::numeric_limits<double>::epsilon();
    const std::size_t numberOfBins = m_Bins.NumberOfBins;

    std::vector<double> moving(numberOfBins, 0.0);
    for (auto row = m_Joint.begin(); row != m_Joint.end(); row += static_cast<std::ptrdiff_t>(numberOfBins))
    {
      std::transform(moving.begin(), moving.end(), row, moving.begin(), std::plus<>{});
    }
    logRatios.assign(m_Joint.size(), 0.0);
    double information = 0.0;
    for (std::size_t fixedBin = 0; fixedBin < numberOfBins; ++fixedBin)
    {
      if (!(m_Fixed[fixedBin] > closeToZero))
      {
        continue;
      }
      const double logFixed = std::log(m_Fixed[fixedBin]);
      for (std::size_t movingBin = 0; movingBin < numberOfBins; ++movingBin)
      {
        const std::size_t bin = fixedBin * numberOfBins + movingBin;
        const double      joint = m_Joint[bin];
        if (joint > closeToZero && moving[movingBin] > closeToZero)
        {
          logRatios[bin] = std::log(joint / moving[movingBin]);
          information += joint * (logRatios[bin] - logFixed);
        }
      }
    }
    return information;
  }

  /** For the derivative of the information: the weights of the gradients of the samples. */
  template <typename TPairs>
  void
  ComputeWeights(const TPairs & pairs, const std::vector<double> & logRatios, double * weights) const
  {
    const auto compute = [&](const auto & sampleWeight) {
      for (SizeValueType i = 0; i < pairs.Count; ++i)
      {
        weights[i] = 0.0;
        const auto value = static_cast<double>(pairs.Moving[i]);
        // Where a value is clamped, it does not change with the point.
        if (pairs.IsValid[i] == 0 || !this->IsInRange(value))
        {
          continue;
        }
        const ParzenWindow   window = this->FindParzenWindow(value);
        const double * const logRatio =
          logRatios.data() + this->FindFixedBin(pairs.Fixed[i]) * m_Bins.NumberOfBins + window.FirstBin;
        const auto slopes = CubicBSplineWeights::EvaluateDerivative(window.Fraction);
        double     weight = 0.0;
        UnrolledLoop<CubicBSplineWeights::Support>::ForEach([&](auto k) { weight += logRatio[k] * slopes[k]; });
        weights[i] = sampleWeight(i) * weight;
      }
    };
    pairs.CallWithSampleWeight(compute);
  }

private:
  template <typename TPairs, typename TSampleWeight>
  void
  CountWith(const TPairs & pairs, const TSampleWeight & sampleWeight)
  {
    for (SizeValueType i = 0; i < pairs.Count; ++i)
    {
      const auto value = static_cast<double>(pairs.Moving[i]);
      if (pairs.IsValid[i] == 0 || !(m_Bins.IsClamped || this->IsInRange(value)))
      {
        continue;
      }
      ++m_NumberOfSamples;
      const std::size_t fixedBin = this->FindFixedBin(pairs.Fixed[i]);
      const double      weight = sampleWeight(i);
      m_Fixed[fixedBin] += weight;

      const ParzenWindow window = this->FindParzenWindow(value);
      double * const     bin = m_Joint.data() + fixedBin * m_Bins.NumberOfBins + window.FirstBin;
      const auto         counts = CubicBSplineWeights::Evaluate(window.Fraction);
      for (unsigned int k = 0; k < CubicBSplineWeights::Support; ++k)
      {
        bin[k] += weight * counts[k];
      }
    }
  }

  /** Where a value of the moving image falls into the histogram. */
  struct ParzenWindow
  {
    /** First of the four bins that it touches. */
    int FirstBin{};
    /** Where it is between the second and the third, from 0 to 1. */
    double Fraction{};
  };

  bool
  IsInRange(double value) const
  {
    return value >= m_Lowest && value <= m_Highest;
  }

  /** The bin of a position, whatever it is: not a number is in the first one. */
  int
  FindBin(double position) const
  {
    // In this order, so that NaN gives the padding.
    return static_cast<int>(std::min(std::max<double>(Padding, position), m_LastBin));
  }
  template <typename TPixel>
  std::size_t
  FindFixedBin(TPixel value) const
  {
    return static_cast<std::size_t>(
      this->FindBin(static_cast<double>(value) / m_Bins.FixedBinSize - m_Bins.FixedNormalizedMinimum));
  }
  ParzenWindow
  FindParzenWindow(double value) const
  {
    const double clamped = std::max(m_Bins.MovingMinimum, std::min(value, m_Bins.MovingMaximum));
    const double position = clamped / m_Bins.MovingBinSize - m_Bins.MovingNormalizedMinimum;
    const int    bin = this->FindBin(position);
    return { bin - 1, position - bin };
  }

  TBins               m_Bins{};
  double              m_LastBin{};
  double              m_Lowest{};
  double              m_Highest{};
  SizeValueType       m_NumberOfSamples{};
  std::vector<double> m_Joint{};
  std::vector<double> m_Fixed{};
};
} // end namespace itk

#endif // itkJointHistogram_h
