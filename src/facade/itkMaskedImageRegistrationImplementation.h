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

#include "facade/itkCheckFit.h"
#include "facade/itkCheckRegistrationInputs.h"
#include "facade/itkMetricEvaluation.h"
#include "facade/itkMethodStage.h"
#include "facade/itkSyNStage.h"

#include <atomic>
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
    CheckRegistrationInputs<TImage>::CheckJacobians(inputs, Stages);
    this->Reset(inputs);
    m_Facade.InvokeEvent(StartEvent());
    for (SizeValueType stage = 0; stage < Stages.size() && !IsFinishing; ++stage)
    {
      CurrentStage = stage;
      this->RunStage(inputs, Stages[stage]);
      Transform->AddTransform(OptimizedTransform);
      Transform->FlattenTransformQueue();
    }
    this->WarnOfFit(inputs);
    m_Facade.InvokeEvent(EndEvent());
  }

  double
  EvaluateMetric()
  {
    const InputsType inputs(m_Facade);
    CheckRegistrationInputs<TImage>::Check(inputs, Stages);
    const MetricEvaluation<TImage> evaluation(Stages.front().Resolve(), inputs);
    State.NumberOfValidPoints = evaluation.GetNumberOfValidPoints();
    return evaluation.GetValue();
  }

  std::vector<SettingsType>                                 Stages{};
  RegistrationRecord<TImage>                                Record{};
  typename CompositeTransformType::Pointer                  Transform{};
  typename TransformType::Pointer                           OptimizedTransform{};
  SizeValueType                                             CurrentStage{};
  SizeValueType                                             CurrentLevel{};
  bool                                                      IsFinishing{};
  std::atomic<bool>                                         IsAborting{};
  StateType                                                 State{};
  typename MaskedVoxelSampler<ImageDimension>::ConstPointer LastSampler{};
  /** The stage that runs. Null: none. */
  std::unique_ptr<StageType> Stage{};

private:
  using InputsType = RegistrationInputs<TImage>;
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;

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
                                               Stages };
    const SettingsType                settings = Resolve(given);
    const StageGuard                  guard(*this);
    context.CheckAborted();
    if (settings.Transform == "syn")
    {
      Stage = std::make_unique<SyNStage<TImage>>(settings, context);
    }
    else
    {
      Stage = std::make_unique<MethodStage<TImage>>(settings, context);
    }
    try
    {
      Stage->Run();
      LastSampler = Stage->GetSampler();
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

  /** Tell if the result can only be wrong. */
  void
  WarnOfFit(const InputsType & inputs) const
  {
    const SettingsType & settings = Stages[CurrentStage];
    if (!m_Facade.GetWarnOfChance() || LastSampler.IsNull() || !Record.HasIterations())
    {
      return;
    }
    const auto text = CheckFit<TImage>::Describe(
      inputs, *Transform, *LastSampler, settings.Seed, InputsType::GetNumberOfWorkUnits(settings));
    if (!text.empty())
    {
      this->Warn(text);
    }
  }

  /** Keep what an observer can ask for. */
  void
  EndStage()
  {
    Stage->EndLevel();
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
    itkWarningMacro(<< text);
  }

  Self & m_Facade;
};
} // end namespace itk

#endif // itkMaskedImageRegistrationImplementation_h
