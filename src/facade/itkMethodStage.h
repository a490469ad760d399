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
#ifndef itkMethodStage_h
#define itkMethodStage_h

#include "facade/itkEvaluationRecord.h"
#include "facade/itkMakeRegistrationMetric.h"
#include "facade/itkMaskedRegistrationOptimizer.h"
#include "facade/itkRegistrationStage.h"
#include "facade/itkSetUpScales.h"

#include "itkMaskedRegistrationMethod.h"

#include <exception>
#include <utility>

namespace itk
{
/** \class MethodStage
 * \brief A stage that MaskedRegistrationMethod runs, with an optimizer: all but SyN.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class MethodStage : public RegistrationStage<TImage>
{
public:
  using Superclass = RegistrationStage<TImage>;
  using typename Superclass::ContextType;
  using typename Superclass::ParametersType;
  using typename Superclass::PointSetType;
  using typename Superclass::Progress;
  using typename Superclass::SettingsType;
  using MethodType = typename MaskedImageRegistration<TImage>::MethodType;

  MethodStage(const SettingsType & settings, const ContextType & context)
    : Superclass(settings, context, MakeRegistrationMetric<TImage>(settings, context.Inputs))
  {}

  void
  Run() override
  {
    this->SetUp(*m_Method);
    this->SetUpOptimizer();
    m_Method->SetOptimizer(m_Optimizer.GetOptimizer());
    m_Method->SetInitialTransform(this->m_Transform);
    m_Method->InPlaceOn();
    this->ObserveLevels(*m_Method);
    m_Optimizer.GetOptimizer()->AddObserver(IterationEvent(), [this](const EventObject &) { this->IterateOrCancel(); });
    m_Optimizer.GetOptimizer()->AddObserver(EndEvent(), [this](const EventObject &) {
      if (m_IsBestKept && this->m_Context.Record.HasIterations())
      {
        this->ReturnBestOfEvaluations();
      }
    });
    m_Method->Update();
    this->RethrowException();
    // At the end, also where the levels go on from the last position.
    m_IsBestSearched = m_Optimizer.GetKind().End == EndType::Best;
  }

  bool
  Stop() override
  {
    return m_Optimizer.GetOptimizer() != nullptr && m_Optimizer.Stop();
  }

  Progress
  GetProgress() const override
  {
    if (m_Optimizer.GetOptimizer() == nullptr)
    {
      return {};
    }
    return { m_Optimizer.GetIteration(),
             m_Optimizer.GetValue(),
             m_Optimizer.GetLearningRate(),
             m_Optimizer.GetConvergenceValue() };
  }

  std::string
  GetStopConditionDescription() const override
  {
    return m_Optimizer.GetOptimizer() != nullptr ? m_Optimizer.GetStopConditionDescription() : std::string();
  }

  const PointSetType *
  GetSamplePoints() const override
  {
    return m_Method->GetSamplePointSet();
  }

  ParametersType
  GetPosition() const override
  {
    return m_Optimizer.GetOptimizer() != nullptr ? m_Optimizer.GetPosition() : ParametersType();
  }

  ParametersType
  GetScales() const override
  {
    return m_Optimizer.GetOptimizer() != nullptr ? ParametersType(m_Optimizer.GetOptimizer()->GetScales())
                                                 : ParametersType();
  }

  bool
  IsEndingAtBest() const override
  {
    return m_IsBestKept || m_IsBestSearched;
  }

protected:
  void
  StartLevelOfOptimizer(SizeValueType level) override
  {
    m_Optimizer.StartLevel(this->m_Settings, level, this->m_Context.Inputs.GetUnit(this->m_Settings));
    m_Evaluations.Start(m_IsBestKept);
  }

  void
  RethrowException() override
  {
    if (m_Exception)
    {
      this->m_Transform->SetParameters(m_PositionOfException);
      std::rethrow_exception(std::exchange(m_Exception, nullptr));
    }
  }

  void
  ReturnBest() override
  {
    if (m_IsBestSearched)
    {
      ParametersType position;
      double         value{};
      if (m_Optimizer.GetBest(position, value) && position.Size() > 0)
      {
        this->m_Transform->SetParameters(position);
        this->m_Context.Record.SetLastValue(value);
      }
    }
    else if (this->m_Context.IsFinishing)
    {
      // Nothing else tells that the optimizer has ended.
      this->ReturnBestOfEvaluations();
    }
  }

  void
  Finish() override
  {
    throw RegistrationFinished();
  }

private:
  using EndType = RegistrationOptimizerKind::EndType;

  void
  SetUpOptimizer()
  {
    const SettingsType & settings = this->m_Settings;
    const auto &         transform = *this->m_Transform;
    m_Optimizer = MaskedRegistrationOptimizer(
      settings, transform.GetNumberOfParameters(), this->m_Context.Inputs.GetUnit(settings));
    auto & optimizer = *m_Optimizer.GetOptimizer();
    if (!optimizer.CanUseScales() && settings.Scales == "manual")
    {
      this->m_Context.Warn("manual-scales are not used: the optimizer \"" + settings.Optimizer + "\" has no scales.");
    }
    SetUpScales(optimizer, settings, *this->m_Metric, transform.GetNumberOfLocalParameters());

    const EndType end = m_Optimizer.GetKind().End;
    m_IsBestSearched = settings.ReturnBest && end == EndType::Best;
    // ITK's own way to return the best position takes that after the next step. Values of other samples say nothing.
    m_IsBestKept = settings.ReturnBest && end == EndType::BestIfKept && !settings.ResampleEveryIteration;
    if (auto * const recorded = dynamic_cast<RecordedMetricBase *>(this->m_Metric.GetPointer()))
    {
      recorded->SetEvaluationRecord(&m_Evaluations);
    }
  }

  void
  ReturnBestOfEvaluations()
  {
    if (m_Evaluations.GetBestPosition().Size() > 0)
    {
      this->m_Transform->SetParameters(m_Evaluations.GetBestPosition());
      this->m_Context.Record.SetLastValue(m_Evaluations.GetBestValue());
      m_Evaluations.Start(m_IsBestKept);
    }
  }

  void
  IterateOrCancel()
  {
    if (m_Exception)
    {
      return; // it is over, but LBFGS2 does not know yet
    }
    try
    {
      this->Iterate();
    }
    catch (...)
    {
      if (!m_Optimizer.Cancel())
      {
        throw;
      }
      m_PositionOfException = m_Optimizer.GetPosition();
      m_Exception = std::current_exception();
    }
  }

  EvaluationRecord             m_Evaluations{};
  typename MethodType::Pointer m_Method{ MethodType::New() };
  MaskedRegistrationOptimizer  m_Optimizer{};
  bool                         m_IsBestKept{};
  bool                         m_IsBestSearched{};
  std::exception_ptr           m_Exception{};
  ParametersType               m_PositionOfException{};
};
} // end namespace itk

#endif // itkMethodStage_h
