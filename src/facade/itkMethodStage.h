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

#include "facade/itkCombinedMetric.h"
#include "facade/itkEvaluationRecord.h"
#include "facade/itkMakeRegistrationMetric.h"
#include "facade/itkMaskedRegistrationOptimizer.h"
#include "facade/itkNormalizedRegistrationMethod.h"
#include "facade/itkPerLevel.h"
#include "facade/itkRegistrationStage.h"
#include "facade/itkSetUpScales.h"
#include "facade/itkSplinePenalty.h"
#include "facade/itkStockEvents.h"

#include "itkMaskedRegistrationMethod.h"

#include <exception>
#include <limits>
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
    // The transform has its centre already. ITK would take that of the initial transform instead.
    m_Method->SetInitializeCenterOfLinearOutputTransform(this->m_Settings.StockOptimizer);
    this->ObserveLevels(*m_Method);
    m_Optimizer.GetOptimizer()->AddObserver(
      IterationEvent(), [this](const EventObject &) { this->CallOrCancel([this] { this->IterateOptimizer(); }); });
    m_Optimizer.GetOptimizer()->AddObserver(EndEvent(), [this](const EventObject &) {
      if (m_IsBestKept && this->m_Context.Record.HasIterations())
      {
        this->ReturnBestOfEvaluations();
      }
    });
    if (this->m_Settings.StockOptimizer)
    {
      this->ObserveStockEvents();
    }
    m_Method->SetSkip([this] { return this->SkipLevel(); });
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
    if (m_IsSkipped)
    {
      return { 0, m_ValueOfSkipped, m_Optimizer.GetLearningRate(), std::numeric_limits<double>::quiet_NaN() };
    }
    const bool isLength = m_Optimizer.GetKind().Rate == RegistrationOptimizerKind::RateType::Length;
    return { m_Optimizer.GetIteration(),
             m_Optimizer.GetValue() / (m_Normalized ? m_Normalized->GetFactor() : 1.0),
             m_Optimizer.GetLearningRate() * (m_Normalized && isLength ? this->GetVoxel() : 1.0),
             m_Optimizer.GetConvergenceValue() };
  }

  std::string
  GetStopConditionDescription() const override
  {
    return m_IsSkipped                             ? "No iterations were asked for."
           : m_Optimizer.GetOptimizer() != nullptr ? m_Optimizer.GetStopConditionDescription()
                                                   : std::string();
  }

  const PointSetType *
  GetSamplePoints() const override
  {
    return m_Method->GetSamplePointSet();
  }

  ParametersType
  GetPosition() const override
  {
    if (m_Optimizer.GetOptimizer() == nullptr || m_Optimizer.GetOptimizer()->GetMetric() == nullptr)
    {
      return {};
    }
    return m_Normalized ? ParametersType(this->m_Metric->GetParameters()) : m_Optimizer.GetPosition();
  }

  ParametersType
  GetScales() const override
  {
    if (m_Optimizer.GetOptimizer() == nullptr)
    {
      return {};
    }
    return ParametersType(m_Normalized ? m_Normalized->GetScales() : m_Optimizer.GetOptimizer()->GetScales());
  }

  bool
  IsEndingAtBest() const override
  {
    return m_IsBestKept || m_IsBestSearched;
  }

  SizeValueType
  GetNumberOfValidPoints() const override
  {
    return m_Combined ? m_Combined->GetNumberOfValidPoints() : Superclass::GetNumberOfValidPoints();
  }

protected:
  void
  AddChannels() override
  {
    const auto & inputs = this->m_Context.Inputs;
    if (inputs.Channels.empty())
    {
      return;
    }
    m_Combined = CombinedType::New();
    m_Combined->Add(*this->m_Metric, this->m_Settings.Metric, inputs.MetricWeight);
    for (const auto & channel : inputs.Channels)
    {
      SettingsType settings = this->m_Settings;
      settings.Metric = channel.Metric.empty() ? settings.Metric : channel.Metric;
      const SizeValueType number = m_Combined->GetNumberOfMetrics();
      const auto          metric = MakeRegistrationMetric<TImage>(settings, inputs.MakeInputsOf(channel));
      m_Combined->Add(*metric, settings.Metric, channel.Weight);
      m_Method->SetFixedImage(number, channel.FixedImage);
      m_Method->SetMovingImage(number, channel.MovingImage);
    }
    m_Method->SetMetric(m_Combined);
  }

  void
  StartLevelOfOptimizer(SizeValueType level) override
  {
    m_IsOptimizerHeard = false; // what is set here is not set by ITK
    m_IsSkipped = false;
    m_ValueBefore = std::numeric_limits<double>::infinity();
    m_Optimizer.StartLevel(this->m_Settings, level, this->GetUnit());
    if (m_Normalized)
    {
      m_Normalized->StartLevel();
    }
    m_Evaluations.Start(m_IsBestKept);
    m_IsOptimizerHeard = true;
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
    if (m_IsBestSearched && !m_IsSkipped)
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
  using CombinedType = RecordedMetric<CombinedMetric<TImage>>;

  /** What is optimised. */
  ObjectToObjectMetricBase &
  GetObjective() const
  {
    return m_Combined ? static_cast<ObjectToObjectMetricBase &>(*m_Combined) : *this->m_Metric;
  }

  /** Whether the optimizer sees a metric without units. Steps of an exhaustive search and bounds are in units of the
   * parameters; a displacement field has so many parameters that copies of them would take long. */
  static bool
  IsNormalized(const SettingsType & settings, const typename Superclass::TransformType & transform)
  {
    const bool hasBounds =
      settings.Optimizer == "lbfgsb" && (!settings.LowerBound.empty() || !settings.UpperBound.empty());
    return !settings.StockOptimizer && settings.Optimizer != "exhaustive" && !hasBounds &&
           transform.GetTransformCategory() != Superclass::TransformType::TransformCategoryEnum::DisplacementField;
  }

  double
  GetVoxel() const
  {
    return this->m_Context.Inputs.GetVoxel(this->m_Settings);
  }

  /** What a step of 1 is to the optimizer. */
  double
  GetUnit() const
  {
    return this->m_Context.Inputs.GetUnit(this->m_Settings) / (m_Normalized ? this->GetVoxel() : 1.0);
  }

  void
  SetUpOptimizer()
  {
    const SettingsType & settings = this->m_Settings;
    const auto &         transform = *this->m_Transform;
    m_Normalized = IsNormalized(settings, transform) ? NormalizedMetric::New() : nullptr;
    m_Optimizer = MaskedRegistrationOptimizer(settings, transform.GetNumberOfParameters(), this->GetUnit());
    auto &     optimizer = *m_Optimizer.GetOptimizer();
    const bool isField =
      transform.GetTransformCategory() == Superclass::TransformType::TransformCategoryEnum::DisplacementField;
    if (isField && settings.Optimizer == "regular-step-gradient-descent" && !settings.StockOptimizer)
    {
      itkGenericExceptionMacro("optimizer: \"" << settings.Optimizer
                                               << "\" needs a scale for every parameter, and a displacement field has "
                                                  "the same for all its vectors. Use \"gradient-descent\".");
    }
    if (isField && settings.Scales == "jacobian" && m_Optimizer.GetKind().EstimatesScales)
    {
      itkGenericExceptionMacro("scales: \"jacobian\" is not for displacement fields: ITK asks for the Jacobian of all "
                               "parameters, and has that of one point. Use \"physical-shift\".");
    }
    if (!m_Normalized && !optimizer.CanUseScales() && settings.Scales == "manual")
    {
      this->m_Context.Warn("manual-scales are not used: the optimizer \"" + settings.Optimizer + "\" has no scales.");
    }
    if (m_Normalized)
    {
      const auto estimator = MakeScalesEstimator(settings, *this->m_Metric);
      const auto scales = MakeManualScales(settings, transform.GetNumberOfLocalParameters());
      m_Normalized->SetMetric(&this->GetObjective(), estimator, scales, this->GetVoxel());
      m_Method->SetNormalizedMetric(m_Normalized);
      if (estimator && optimizer.CanUseScales())
      {
        const auto normalizedEstimator = NormalizedScalesEstimator::New();
        normalizedEstimator->SetMetric(m_Normalized, estimator, this->GetVoxel());
        optimizer.SetScalesEstimator(normalizedEstimator);
      }
    }
    else
    {
      SetUpScales(optimizer, settings, *this->m_Metric, transform.GetNumberOfLocalParameters());
    }
    SetUpWeights(optimizer, settings, transform.GetNumberOfLocalParameters());

    const EndType end = m_Optimizer.GetKind().End;
    m_IsBestSearched = settings.ReturnBest && end == EndType::Best;
    // ITK's own way to return the best position takes that after the next step. Values of other samples say nothing.
    m_IsBestKept = settings.ReturnBest && end == EndType::BestIfKept && !settings.ResampleEveryIteration;
    if (auto * const recorded = dynamic_cast<RecordedMetricBase *>(&this->GetObjective()))
    {
      recorded->SetPenalty(
        SplinePenalty<TImage>::Make(settings, this->m_Context.Inputs, *this->m_Sampler, *this->m_Transform));
      recorded->SetEvaluationRecord(&m_Evaluations);
      recorded->SetIsOutsideWorse(!settings.StockOptimizer);
      recorded->SetCheckOfEnd([this] { return this->IsOver(); });
    }
  }

  void
  IterateOptimizer()
  {
    const SettingsType & settings = this->m_Settings;
    const double         value = m_Optimizer.GetValue();
    // Values of other samples say nothing. Fields have rates of their own.
    if (m_Normalized && settings.EstimateLearningRate != "each-iteration" && !settings.ResampleEveryIteration &&
        value > m_ValueBefore)
    {
      m_Optimizer.SlowDown();
    }
    m_ValueBefore = value;
    this->Iterate();
  }

  /** No iterations are none, whatever an optimizer makes of the number 0: the metric is evaluated where it is.
   * \return whether it is so at this level */
  bool
  SkipLevel()
  {
    if (this->m_Settings.StockOptimizer || PerLevel::At(this->m_Settings.Iterations, this->m_Context.Level) > 0)
    {
      return false;
    }
    m_ValueOfSkipped = this->GetObjective().GetValue();
    m_IsSkipped = true;
    this->m_Context.Record.SetValue(m_ValueOfSkipped);
    return true;
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
  ObserveStockEvents()
  {
    m_Method->AddObserver(StartEvent(), [this](const EventObject &) { this->m_Context.Notify(MethodStartEvent()); });
    m_Method->AddObserver(EndEvent(), [this](const EventObject &) { this->m_Context.Notify(MethodEndEvent()); });
    m_Optimizer.GetOptimizer()->AddObserver(AnyEvent(), [this](const EventObject & event) {
      if (m_IsOptimizerHeard && !IterationEvent().CheckEvent(&event) && !DeleteEvent().CheckEvent(&event))
      {
        this->CallOrCancel([this] { this->m_Context.Notify(OptimizerEvent()); });
      }
    });
  }

  /** Whether LBFGS2, which goes on for a while after it was cancelled, is to be given no more values. */
  bool
  IsOver()
  {
    this->CallOrCancel([this] { this->m_Context.CheckAborted(); });
    return m_Exception != nullptr;
  }

  /** Nothing may be thrown through the library behind LBFGS2, which is in C. */
  template <typename TFunction>
  void
  CallOrCancel(const TFunction & function)
  {
    if (m_Exception)
    {
      return; // it is over, but LBFGS2 does not know yet
    }
    try
    {
      function();
    }
    catch (...)
    {
      if (!m_Optimizer.Cancel())
      {
        throw;
      }
      m_PositionOfException = this->GetPosition();
      m_Exception = std::current_exception();
    }
  }

  EvaluationRecord                                           m_Evaluations{};
  typename NormalizedRegistrationMethod<MethodType>::Pointer m_Method{
    NormalizedRegistrationMethod<MethodType>::New()
  };
  /** Of all pairs of images, where there are several. */
  typename CombinedType::Pointer m_Combined{};
  MaskedRegistrationOptimizer    m_Optimizer{};
  NormalizedMetric::Pointer      m_Normalized{};
  bool                           m_IsBestKept{};
  bool                           m_IsBestSearched{};
  bool                           m_IsOptimizerHeard{};
  bool                           m_IsSkipped{};
  double                         m_ValueOfSkipped{};
  double                         m_ValueBefore{};
  std::exception_ptr             m_Exception{};
  ParametersType                 m_PositionOfException{};
};
} // end namespace itk

#endif // itkMethodStage_h
