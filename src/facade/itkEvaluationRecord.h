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

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
/** \class EvaluationRecord
 * \brief The best value of a metric so far, the position that was evaluated, and how far values go.
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
    m_HasValue = false;
  }

  /** A value without a derivative. */
  void
  Evaluate(double value)
  {
    if (!std::isfinite(value))
    {
      return;
    }
    m_Least = m_HasValue ? std::min(m_Least, value) : value;
    m_Greatest = m_HasValue ? std::max(m_Greatest, value) : value;
    m_HasValue = true;
  }

  void
  Evaluate(const ParametersType & position, double value)
  {
    this->Evaluate(value);
    if (m_IsKeeping && value < m_BestValue)
    {
      m_BestPosition = position;
      m_BestValue = value;
    }
  }

  bool
  HasValue() const
  {
    return m_HasValue;
  }

  /** A value that is worse than all that there were, and of their size, so that a line search can still reckon with it.
   */
  double
  GetWorseValue() const
  {
    return m_Greatest + std::max(m_Greatest - m_Least, std::abs(m_Greatest));
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
  bool           m_HasValue{};
  double         m_Least{};
  double         m_Greatest{};
  double         m_BestValue{ std::numeric_limits<double>::max() };
  ParametersType m_BestPosition{};
};
} // end namespace itk

#endif // itkEvaluationRecord_h
