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
#ifndef itkMaskedImageRegistrationImplementation_h
#define itkMaskedImageRegistrationImplementation_h

#include "itkMaskedImageRegistration.h"
#include "itkQuietScope.h"

#include "facade/itkCheckRegistrationInputs.h"
#include "facade/itkFadedSpline.h"
#include "facade/itkMetricEvaluation.h"
#include "facade/itkFieldStage.h"
#include "facade/itkFoldingEstimate.h"
#include "facade/itkMethodStage.h"
#include "facade/itkUncertaintyEstimate.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace itk
{
/** \class MaskedImageRegistration::Implementation
 * \brief Runs one stage after the other, and keeps what there is to tell of them.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class MaskedImageRegistration<TImage>::Implementation
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(Implementation);

  using StageType = RegistrationStage<TImage>;

  /** What is left of a stage that is over. */
  struct StateType
  {
    Progress                            LastProgress{};
    ParametersType                      Position{};
    ParametersType                      Scales{};
    SizeValueType                       NumberOfValidPoints{};
    std::string                         StopCondition{};
    typename PointSetType::ConstPointer SamplePoints{};
  };

  explicit Implementation(Self & facade)
    : m_Facade(facade)
  {}

  void
  Update()
  {
    const AbortGuard guard(*this);
    const InputsType inputs(m_Facade);
    CheckRegistrationInputs<TImage>::Check(inputs, Stages);
    const auto inputsOfStages = this->MakeInputsOfStages(inputs);
    CheckRegistrationInputs<TImage>::CheckJacobians(inputs, Stages);
    this->Reset(inputs);
    m_Facade.InvokeEvent(StartEvent());
    for (SizeValueType stage = 0; stage < Stages.size() && !IsFinishing; ++stage)
    {
      CurrentStage = stage;
      this->RunStage(inputsOfStages[stage], Stages[stage]);
      const typename TransformType::ConstPointer unfaded = OptimizedTransform;
      this->Fade(inputs, Stages[stage]); // when the optimizer has let go of its memory
      if (stage + 1 == Stages.size())
      {
        this->EstimateUncertainty(inputsOfStages[stage], *unfaded);
      }
      Transform->AddTransform(OptimizedTransform);
      Transform->FlattenTransformQueue();
    }
    if (!Uncertainty.Text.empty())
    {
      this->Warn(Uncertainty.Text);
    }
    this->LookForFolds(inputs);
    m_Facade.InvokeEvent(EndEvent());
  }

  double
  EvaluateMetric()
  {
    const InputsType inputs(m_Facade);
    CheckRegistrationInputs<TImage>::Check(inputs, Stages);
    if (!inputs.Channels.empty())
    {
      itkGenericExceptionMacro("With several pairs of images, the metric has no value but in a registration.");
    }
    const auto                     first = this->MakeInputsOfStages(inputs).front();
    const MetricEvaluation<TImage> evaluation(Stages.front().Resolve(), first);
    State.NumberOfValidPoints = evaluation.GetNumberOfValidPoints();
    return evaluation.GetValue();
  }

  /** The masks that a stage has in place of those of all; a null pointer means none. */
  struct StageMasksType
  {
    std::optional<typename MaskType::ConstPointer> Fixed{};
    std::optional<typename MaskType::ConstPointer> Moving{};
  };

  std::vector<SettingsType>                                 Stages{};
  std::map<SizeValueType, StageMasksType>                   StageMasks{};
  RegistrationRecord<TImage>                                Record{};
  typename CompositeTransformType::Pointer                  Transform{};
  typename TransformType::Pointer                           OptimizedTransform{};
  SizeValueType                                             CurrentStage{};
  SizeValueType                                             CurrentLevel{};
  bool                                                      IsFinishing{};
  std::atomic<bool>                                         IsAborting{};
  StateType                                                 State{};
  UncertaintyReport                                         Uncertainty{};
  FoldingReport                                             Folding{};
  typename MaskedVoxelSampler<ImageDimension>::ConstPointer LastSampler{};
  /** The stage that runs. Null: none. */
  std::unique_ptr<StageType> Stage{};

private:
  using InputsType = RegistrationInputs<TImage>;
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;
  using SplineType = typename UncertaintyEstimate<TImage>::SplineType;

  /** Lets go of the stage, and of what its end needs, without work that can fail. */
  struct StageGuard
  {
    Implementation & Owner;

    explicit StageGuard(Implementation & owner)
      : Owner(owner)
    {}
    ITK_DISALLOW_COPY_AND_MOVE(StageGuard);
    ~StageGuard() { Owner.Stage = nullptr; }
  };

  /** What was asked to end has ended. */
  struct AbortGuard
  {
    Implementation & Owner;

    explicit AbortGuard(Implementation & owner)
      : Owner(owner)
    {}
    ITK_DISALLOW_COPY_AND_MOVE(AbortGuard);
    ~AbortGuard() { Owner.IsAborting = false; }
  };

  void
  Reset(const InputsType & inputs)
  {
    Record = {};
    State = {};
    Uncertainty = {};
    Folding = {};
    OptimizedTransform = nullptr;
    LastSampler = nullptr;
    CurrentStage = 0;
    CurrentLevel = 0;
    IsFinishing = false;
    Transform = CompositeTransformType::New();
    if (inputs.MovingInitialTransform)
    {
      Transform->AddTransform(TransformsType::Copy(*inputs.MovingInitialTransform));
      Transform->FlattenTransformQueue();
    }
  }

  std::vector<InputsType>
  MakeInputsOfStages(const InputsType & common) const
  {
    std::vector<InputsType> inputs(Stages.size(), common);
    for (const auto & [stage, masks] : StageMasks)
    {
      const auto set = [&masks = masks](auto & pair) {
        pair.FixedImageMask = masks.Fixed.value_or(pair.FixedImageMask);
        pair.MovingImageMask = masks.Moving.value_or(pair.MovingImageMask);
      };
      set(inputs[stage]);
      std::for_each(inputs[stage].Channels.begin(), inputs[stage].Channels.end(), set);
    }
    return inputs;
  }

  /** With values for every level; a learning rate that was set once for all stays one. */
  static SettingsType
  Resolve(const SettingsType & given)
  {
    SettingsType settings = given.Resolve();
    if (given.LearningRate.size() == 1)
    {
      settings.LearningRate = given.LearningRate;
    }
    return settings;
  }

  void
  RunStage(const InputsType & inputs, const SettingsType & given)
  {
    const RegistrationContext<TImage> context{ inputs,
                                               Record,
                                               *Transform,
                                               CurrentStage,
                                               CurrentLevel,
                                               IsFinishing,
                                               IsAborting,
                                               [this](const EventObject & event) { m_Facade.InvokeEvent(event); },
                                               [this](const std::string & text) { this->Warn(text); },
                                               Stages,
                                               CurrentStage == 0 || StageMasks.count(CurrentStage) > 0 };
    const SettingsType                settings = Resolve(given);
    const StageGuard                  guard(*this);
    context.CheckAborted();
    if (FieldStage<TImage>::IsFor(settings, context))
    {
      Stage = std::make_unique<FieldStage<TImage>>(settings, context);
    }
    else
    {
      Stage = std::make_unique<MethodStage<TImage>>(settings, context);
    }
    try
    {
      Stage->Run();
    }
    catch (const RegistrationFinished &)
    {
      // The transform is where the optimizer left it.
    }
    catch (const ExceptionObject & exception)
    {
      this->EndStage();
      Explain(settings, exception);
      throw;
    }
    catch (...)
    {
      this->EndStage();
      throw;
    }
    this->EndStage();
  }

  /** The grid of a B-spline that was made here ends with the mask; the displacement must not. */
  void
  Fade(const InputsType & inputs, const SettingsType & settings)
  {
    using FadedType = FadedSpline<ImageDimension>;
    const auto * const spline = dynamic_cast<const typename FadedType::SplineType *>(OptimizedTransform.GetPointer());
    if (settings.Transform == "b-spline" && spline != nullptr && LastSampler.IsNotNull())
    {
      const auto units = InputsType::GetNumberOfWorkUnits(settings);
      OptimizedTransform = FadedType(*spline, inputs.GetDomain(), *LastSampler, units).Make();
    }
  }

  /** Throw instead what helps more, if ITK's text says little about the settings. */
  static void
  Explain(const SettingsType & settings, const ExceptionObject & exception)
  {
    if (settings.Transform == "syn" &&
        std::string(exception.GetDescription()).find("minimum of four pixels") != std::string::npos)
    {
      itkGenericExceptionMacro("shrink-factors: ITK needs four voxels along every axis for the gradients of an image, "
                               "and at a level there are fewer. Shrink less.");
    }
  }

  /** Of the last stage, before its transform is a part of all. */
  void
  EstimateUncertainty(const InputsType & inputs, const TransformType & unfaded)
  {
    const SettingsType settings = Stages.back().Resolve();
    // An optimizer that finds nothing to do has a result; where no iterations were asked for, there is none.
    const bool isOptimized = Record.HasIterations() || std::any_of(settings.Iterations.begin(),
                                                                   settings.Iterations.end(),
                                                                   [](SizeValueType number) { return number > 0; });
    // With several pairs of images, the result is not that of one of them.
    if (settings.Uncertainty == "none" || !inputs.Channels.empty() || LastSampler.IsNull() || IsFinishing ||
        !isOptimized)
    {
      return;
    }
    const auto &                      report = Record.GetReports().back();
    const UncertaintyEstimate<TImage> estimate(inputs,
                                               settings,
                                               *OptimizedTransform,
                                               dynamic_cast<const SplineType *>(&unfaded),
                                               *Transform,
                                               *LastSampler,
                                               report.NumberOfPoints > 0 ? report.NumberOfPoints
                                                                         : LastSampler->GetNumberOfVoxels(),
                                               IsAborting);
    try
    {
      Uncertainty = estimate.Compute();
    }
    catch (const ProcessAborted &)
    {
      throw;
    }
    catch (const ExceptionObject & exception)
    {
      // The result is there all the same.
      Uncertainty = {};
      Uncertainty.Status = "weak";
      Uncertainty.Text = std::string("Near the result, the metric cannot be evaluated: ") + exception.GetDescription();
    }
  }

  /** In all that was found. */
  void
  LookForFolds(const InputsType & inputs)
  {
    if (LastSampler.IsNotNull())
    {
      Folding = FoldingEstimate<TImage>::Compute(inputs, Stages.back(), *Transform, *LastSampler);
      const auto text = FoldingEstimate<TImage>::Describe(Folding);
      if (!text.empty())
      {
        this->Warn(text);
      }
    }
  }

  /** Keep what an observer can ask for. */
  void
  EndStage()
  {
    Stage->EndLevel();
    LastSampler = Stage->GetSampler();
    OptimizedTransform = Stage->GetTransform();
    StateType state;
    state.LastProgress = Stage->GetProgress();
    if (Stage->IsEndingAtBest() && Record.HasIterations())
    {
      state.LastProgress.Value = Record.GetReports().back().LastValue;
    }
    state.Position = Stage->GetPosition();
    state.Scales = Stage->GetScales();
    state.NumberOfValidPoints = Stage->GetNumberOfValidPoints();
    state.StopCondition = Stage->GetStopConditionDescription();
    state.SamplePoints = Stage->GetSamplePoints();
    State = state;
  }

  const char *
  GetNameOfClass() const
  {
    return m_Facade.GetNameOfClass();
  }

  void
  Warn(const std::string & text) const
  {
    if (!QuietScope::IsActive())
    {
      itkWarningMacro(<< text);
    }
  }

  Self & m_Facade;
};
} // end namespace itk

#endif // itkMaskedImageRegistrationImplementation_h
