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
#ifndef itkRecordedMetric_h
#define itkRecordedMetric_h

#include "facade/itkEvaluationRecord.h"

#include "itkObjectFactory.h"

#include <functional>
#include <utility>

namespace itk
{
/** \class RecordedMetricBase
 * \brief Where a RecordedMetric, whatever it is derived from, tells its evaluations.
 * \ingroup MaskedSampling
 */
class RecordedMetricBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RecordedMetricBase);

  RecordedMetricBase() = default;
  virtual ~RecordedMetricBase() = default;

  /** The record must live as long as the metric is evaluated. Null: none. */
  void
  SetEvaluationRecord(EvaluationRecord * record)
  {
    m_Record = record;
  }

  /** What is called before each evaluation. It may throw, or say that all is over: then the metric is not evaluated,
   * its value is the best there could be and its derivative is 0, with which optimizers end. */
  void
  SetCheckOfEnd(std::function<bool()> check)
  {
    m_IsOver = std::move(check);
  }

protected:
  static constexpr double ValueOfEnd = -1e100;

  bool
  IsOver() const
  {
    return m_IsOver && m_IsOver();
  }

  EvaluationRecord *    m_Record{};
  std::function<bool()> m_IsOver{};
};

/** \class RecordedMetric
 * \brief A metric that tells every evaluation with a derivative.
 * \tparam TMetric a class derived from ObjectToObjectMetric
 * \ingroup MaskedSampling
 */
template <typename TMetric>
class RecordedMetric
  : public TMetric
  , public RecordedMetricBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RecordedMetric);

  /** Standard class type aliases. There is no name of the class: to those who ask, it is what it is derived from. */
  using Self = RecordedMetric;
  using Superclass = TMetric;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);

  typename TMetric::MeasureType
  GetValue() const override
  {
    return this->IsOver() ? ValueOfEnd : Superclass::GetValue();
  }

  void
  GetValueAndDerivative(typename TMetric::MeasureType &    value,
                        typename TMetric::DerivativeType & derivative) const override
  {
    if (this->IsOver())
    {
      value = ValueOfEnd;
      derivative.SetSize(this->GetNumberOfParameters());
      derivative.Fill(0.0);
      return;
    }
    Superclass::GetValueAndDerivative(value, derivative);
    if (this->m_Record != nullptr)
    {
      this->m_Record->Evaluate(this->GetParameters(), value);
    }
  }

protected:
  RecordedMetric() = default;
  ~RecordedMetric() override = default;
};
} // end namespace itk

#endif // itkRecordedMetric_h
