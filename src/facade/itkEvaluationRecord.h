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
#ifndef itkEvaluationRecord_h
#define itkEvaluationRecord_h

#include "itkOptimizerParameters.h"

#include <limits>

namespace itk
{
/** \class EvaluationRecord
 * \brief The best value of a metric so far, and the position that was evaluated.
 *
 * It is told at the evaluation (see RecordedMetric), when value and position are certain to belong together. Events of
 * optimizers come before or after the step that follows, depending on the version of ITK.
 *
 * \ingroup MaskedSampling
 */
class EvaluationRecord
{
public:
  using ParametersType = OptimizerParameters<double>;

  /** Forget what was, and from now on keep the best or not. */
  void
  Start(bool isKeeping)
  {
    m_IsKeeping = isKeeping;
    m_BestValue = std::numeric_limits<double>::max();
    m_BestPosition = ParametersType();
  }

  void
  Evaluate(const ParametersType & position, double value)
  {
    if (m_IsKeeping && value < m_BestValue)
    {
      m_BestPosition = position;
      m_BestValue = value;
    }
  }

  double
  GetBestValue() const
  {
    return m_BestValue;
  }

  /** Empty: none is kept. */
  const ParametersType &
  GetBestPosition() const
  {
    return m_BestPosition;
  }

private:
  bool           m_IsKeeping{};
  double         m_BestValue{ std::numeric_limits<double>::max() };
  ParametersType m_BestPosition{};
};
} // end namespace itk

#endif // itkEvaluationRecord_h
