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
#ifndef itkSquaredDifferences_h
#define itkSquaredDifferences_h

#include "metric/itkSamplePairs.h"

namespace itk
{
/** \class SquaredDifferences
 * \brief Sum of the squared differences of pairs of values.
 * \ingroup MaskedSampling
 */
struct SquaredDifferences
{
  double        Sum{};
  double        SumOfWeights{};
  SizeValueType Number{};

  /** \param weights set to what the gradient of each sample has to be multiplied with, for the derivative of the sum */
  template <typename TPairs>
  static SquaredDifferences
  Compute(const TPairs & pairs, double * weights)
  {
    return pairs.CallWithSampleWeight([&](const auto & sampleWeight) {
      SquaredDifferences result;
      for (SizeValueType i = 0; i < pairs.Count; ++i)
      {
        weights[i] = 0.0;
        if (pairs.IsValid[i] != 0)
        {
          // In the pixel type, as the stock metric subtracts.
          const typename TPairs::FixedPixelType pixelDifference = pairs.Fixed[i] - pairs.Moving[i];
          const auto                            difference = static_cast<double>(pixelDifference);
          const double                          weight = sampleWeight(i);
          result.Sum += weight * (difference * difference);
          result.SumOfWeights += weight;
          ++result.Number;
          weights[i] = weight * (2.0 * difference);
        }
      }
      return result;
    });
  }

  void
  Merge(const SquaredDifferences & other)
  {
    Sum += other.Sum;
    SumOfWeights += other.SumOfWeights;
    Number += other.Number;
  }
};
} // end namespace itk

#endif // itkSquaredDifferences_h
