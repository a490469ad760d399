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
#ifndef itkFieldStage_h
#define itkFieldStage_h

#include "facade/itkIsFastField.h"
#include "facade/itkMakeRegistrationMetric.h"
#include "facade/itkPerLevel.h"
#include "facade/itkRegistrationStage.h"

#include "field/itkFieldRegistrationMethod.h"

#include <cmath>
#include <limits>

namespace itk
{
/** \class FieldStage
 * \brief A stage whose transform has a displacement for every voxel: that of "syn", and a fast one that is not
 * symmetric.
 *
 * MaskedSyNRegistrationMethod runs it, or FieldRegistrationMethod, where that can.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class FieldStage : public RegistrationStage<TImage>
{
public:
  using Superclass = RegistrationStage<TImage>;
  using typename Superclass::ContextType;
  using typename Superclass::PointSetType;
  using typename Superclass::Progress;
  using typename Superclass::SettingsType;
  using MethodType = MaskedSyNRegistrationMethod<TImage, TImage>;

  FieldStage(const SettingsType & settings, const ContextType & context)
    : Superclass(settings, context, MakeRegistrationMetric<TImage>(settings, context.Inputs))
  {
    if (IsFastField(settings, context.Inputs))
    {
      using MetricEnum = typename FastMethodType::MetricEnum;
      m_FastMethod = FastMethodType::New();
      m_FastMethod->SetIsSymmetric(settings.Transform == "syn");
      m_FastMethod->SetReturnsBest(this->IsEndingAtBest());
      m_FastMethod->SetKindOfMetric(settings.Metric == "mean-squares"  ? MetricEnum::MeanSquares
                                    : settings.Metric == "correlation" ? MetricEnum::Correlation
                                                                       : MetricEnum::NeighborhoodCorrelation,
                                    settings.Radius);
      m_Method = m_FastMethod.GetPointer();
    }
    else if (settings.Metric == "correlation")
    {
      itkGenericExceptionMacro("metric: \"correlation\" never moves the transform \""
                               << settings.Transform
                               << "\" with points of one's own. Use \"neighborhood-correlation\", or no points.");
    }
  }

  /** Whether a stage is one of these. */
  static bool
  IsFor(const SettingsType & settings, const ContextType & context)
  {
    return settings.Transform == "syn" || IsFastField(settings, context.Inputs);
  }

  void
  Run() override
  {
    using FieldTransformType = DisplacementFieldTransform<double, Superclass::ImageDimension>;
    const SettingsType & settings = this->m_Settings;
    MethodType &         method = *m_Method;
    this->SetUp(method);
    if (auto * const recorded = dynamic_cast<RecordedMetricBase *>(this->m_Metric.GetPointer()))
    {
      recorded->SetCheckOfEnd([this] {
        this->m_Context.CheckAborted();
        return false;
      });
    }
    method.SetNumberOfIterationsPerLevel(PerLevel::Spread<typename MethodType::NumberOfIterationsArrayType>(
      settings.Iterations, settings.GetNumberOfLevels()));
    method.SetLearningRate(settings.Transform == "syn"      ? settings.LearningRate.front()
                           : settings.MaximumStepSize > 0.0 ? settings.MaximumStepSize
                                                            : 1.0);
    method.SetConvergenceThreshold(settings.ConvergenceMinimumValue);
    method.SetConvergenceWindowSize(static_cast<unsigned int>(settings.ConvergenceWindowSize));
    method.SetGaussianSmoothingVarianceForTheUpdateField(settings.UpdateFieldVariance);
    method.SetGaussianSmoothingVarianceForTheTotalField(settings.TotalFieldVariance);
    method.SetInitialTransform(dynamic_cast<FieldTransformType *>(this->m_Transform.GetPointer()));
    method.InPlaceOn();
    this->ObserveLevels(method);
    method.AddObserver(IterationEvent(), [this](const EventObject & event) {
      // Only here: before the event of a level, ITK forgets how the last one ended.
      this->KeepStopCondition();
      // MultiResolutionIterationEvent is one, too.
      if (dynamic_cast<const MultiResolutionIterationEvent *>(&event) == nullptr)
      {
        m_HasValue = true;
        this->Iterate();
      }
    });
    method.Update();
    this->m_Transform = method.GetModifiableTransform();
  }

  Progress
  GetProgress() const override
  {
    return { static_cast<SizeValueType>(m_Method->GetCurrentIteration()),
             // It has none before it has iterated.
             m_HasValue ? m_Method->GetCurrentMetricValue() : std::numeric_limits<double>::quiet_NaN(),
             m_FastMethod ? m_Method->GetLearningRate() : std::numeric_limits<double>::quiet_NaN(),
             m_Method->GetCurrentConvergenceValue() };
  }

  std::string
  GetStopConditionDescription() const override
  {
    return m_StopCondition;
  }

  const PointSetType *
  GetSamplePoints() const override
  {
    return m_Method->GetSamplePointSet();
  }

  bool
  IsEndingAtBest() const override
  {
    return this->m_Settings.ReturnBest && this->m_Settings.Transform != "syn";
  }

  SizeValueType
  GetNumberOfValidPoints() const override
  {
    return m_FastMethod ? m_FastMethod->GetNumberOfValidPoints() : Superclass::GetNumberOfValidPoints();
  }

protected:
  void
  StartLevelOfOptimizer(SizeValueType) override
  {
    m_HasValue = false;
  }

  void
  ReturnBest() override
  {
    if (m_FastMethod && !std::isnan(m_FastMethod->GetValueOfEnd()))
    {
      if (m_HasValue)
      {
        this->m_Context.Record.SetLastValue(m_FastMethod->GetValueOfEnd());
      }
      else
      {
        m_HasValue = true; // without an iteration
        m_StopCondition = "No iterations were asked for.";
        this->m_Context.Record.SetValue(m_FastMethod->GetValueOfEnd());
      }
    }
  }

  void
  Finish() override
  {
    // It makes its transform at its regular end alone.
    auto iterations = m_Method->GetNumberOfIterationsPerLevel();
    iterations.Fill(0);
    m_Method->SetNumberOfIterationsPerLevel(iterations);
  }

private:
  using FastMethodType = FieldRegistrationMethod<TImage>;

  void
  KeepStopCondition()
  {
    const auto number = std::to_string(m_Method->GetCurrentIteration());
    const bool isConverged = m_Method->GetIsConverged();
    m_StopCondition = std::string(m_Method->GetNameOfClass()) +
                      (isConverged ? ": Converged after " : ": Maximum number of iterations, ") + number +
                      (isConverged ? " iterations." : ".");
  }

  typename MethodType::Pointer m_Method{ MethodType::New() };
  /** The same, if it is fast. */
  typename FastMethodType::Pointer m_FastMethod{};
  std::string                      m_StopCondition{};
  bool                             m_HasValue{};
};
} // end namespace itk

#endif // itkFieldStage_h
