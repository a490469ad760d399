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


#include "itkArray.h"
#include "itkObjectFactory.h"
#include "itkProcessObject.h"

#include <functional>
#include <utility>

namespace itk
{
/** \class RecordedMetricBase
 * \brief What a stage gives a RecordedMetric, whatever that is derived from.
 * \ingroup MaskedSampling
 */
class RecordedMetricBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RecordedMetricBase);

  RecordedMetricBase() = default;
  virtual ~RecordedMetricBase() = default;

  /** A function that is added to the value. It adds its derivative, with the sign of those of metrics, to one that is
   * not null. It is given the value without it, whether that is the first of a level, and the parameters. */
  using PenaltyType = std::function<double(double, bool, const OptimizerParameters<double> &, Array<double> *)>;

  void
  SetPenalty(PenaltyType penalty)
  {
    m_Penalty = std::move(penalty);
  }

  /** The record must live as long as the metric is evaluated. Null: none. */
  void
  SetEvaluationRecord(EvaluationRecord * record)
  {
    m_Record = record;
  }

  /** Whether a place where no sample is in the moving image is one that is worse than others, as long as there is a
   * record with others. Off: it is an error, as in ITK. */
  void
  SetIsOutsideWorse(bool isWorse)
  {
    m_IsOutsideWorse = isWorse;
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

  bool
  IsFirst() const
  {
    return m_Record == nullptr || !m_Record->HasValue();
  }

  /** Call a function that evaluates. \return whether samples were in the moving image
   * \exception ExceptionObject if there were none, and that is an error */
  template <typename TMetric, typename TFunction>
  bool
  IsInside(const TMetric & metric, const TFunction & evaluate) const
  {
    const bool isWorse = m_IsOutsideWorse && m_Record != nullptr && m_Record->HasValue();
    try
    {
      evaluate();
      return !isWorse || metric.GetNumberOfValidPoints() > 0;
    }
    catch (const ProcessAborted &)
    {
      throw;
    }
    catch (const ExceptionObject &)
    {
      if (!isWorse || metric.GetNumberOfValidPoints() > 0)
      {
        throw;
      }
      return false;
    }
  }

  EvaluationRecord *    m_Record{};
  PenaltyType           m_Penalty{};
  bool                  m_IsOutsideWorse{};
  std::function<bool()> m_IsOver{};
};

/** \class RecordedMetric
 * \brief A metric that tells every evaluation with a derivative, and can have a penalty added.
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
    if (this->IsOver())
    {
      return ValueOfEnd;
    }
    typename TMetric::MeasureType value{};
    if (!this->IsInside(*this, [&] { value = Superclass::GetValue(); }))
    {
      return this->m_Record->GetWorseValue();
    }
    value += this->m_Penalty ? this->m_Penalty(value, this->IsFirst(), this->GetParameters(), nullptr) : 0.0;
    if (this->m_Record != nullptr)
    {
      this->m_Record->Evaluate(value);
    }
    return value;
  }

  void
  GetValueAndDerivative(typename TMetric::MeasureType &    value,
                        typename TMetric::DerivativeType & derivative) const override
  {
    const bool isOver = this->IsOver();
    if (isOver || !this->IsInside(*this, [&] { Superclass::GetValueAndDerivative(value, derivative); }))
    {
      value = isOver ? ValueOfEnd : this->m_Record->GetWorseValue();
      derivative.SetSize(this->GetNumberOfParameters());
      derivative.Fill(0.0);
      return;
    }
    if (this->m_Penalty)
    {
      value += this->m_Penalty(value, this->IsFirst(), this->GetParameters(), &derivative);
    }
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
