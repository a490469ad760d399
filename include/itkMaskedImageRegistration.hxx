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
#ifndef itkMaskedImageRegistration_hxx
#define itkMaskedImageRegistration_hxx

#include "facade/itkMakeInterpolator.h"
#include "sampler/itkMaskWithChildren.h"
#include "facade/itkMakeRegistrationMetric.h"
#include "itkMaskedSyNRegistrationMethod.h"
#include "itkPrintHelper.h"
#include "itkRegistrationParameterScalesFromIndexShift.h"
#include "itkRegistrationParameterScalesFromJacobian.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

namespace itk
{
/** What Finish() ends a registration with. */
class MaskedImageRegistrationFinished
{};

inline double
GetSecondsNow()
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::AddStage(const SettingsType & settings)
{
  m_Stages.push_back(settings);
  this->Modified();
  return m_Stages.size() - 1;
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::AddStage(const std::string & transform)
{
  return this->AddStage(SettingsType::MakeDefaults(transform));
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::ClearStages()
{
  m_Stages.clear();
  this->Modified();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetStage(SizeValueType stage) -> SettingsType &
{
  if (stage >= m_Stages.size())
  {
    itkExceptionMacro("There is no stage " << stage << ", but " << m_Stages.size() << ", counted from 0.");
  }
  return m_Stages[stage];
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::CheckInputs() const
{
  for (const auto & [name, image] : { std::pair("fixed", m_FixedImage), std::pair("moving", m_MovingImage) })
  {
    if (image.IsNull())
    {
      itkExceptionMacro("There is no " << name << " image.");
    }
    if (image->GetBufferedRegion().GetNumberOfPixels() == 0)
    {
      itkExceptionMacro("The " << name << " image has no pixels. Update what makes it.");
    }
  }
  if (m_Stages.empty())
  {
    itkExceptionMacro("There is no stage. Add one, such as AddStage(\"rigid\").");
  }
  for (const SettingsType & stage : m_Stages)
  {
    stage.Check();
    if (stage.Transform == "given" && m_TransformToOptimize.IsNull())
    {
      itkExceptionMacro("A stage has the transform \"given\", but none was given: SetTransformToOptimize().");
    }
    const auto factors = stage.Resolve().GridScaleFactors;
    const bool isGridGrowing =
      std::adjacent_find(factors.begin(), factors.end(), std::not_equal_to<>()) != factors.end();
    if (isGridGrowing &&
        (stage.Optimizer == "lbfgsb" || stage.Optimizer == "amoeba" || stage.Optimizer == "exhaustive"))
    {
      itkExceptionMacro(
        "optimizer: \"" << stage.Optimizer
                        << "\" keeps its number of parameters, but grid-scale-factors change it from level "
                           "to level. Set all factors to 1, or use \"lbfgs2\".");
    }
    if (isGridGrowing && stage.Scales == "manual")
    {
      // ITK would silently take 1 for all of them, once their number is another.
      itkExceptionMacro("manual-scales: there is one for each parameter, but grid-scale-factors change their number "
                        "from level to level. Set all factors to 1.");
    }
  }
  if (m_Stages.front().Initialization != "none" && (m_MovingInitialTransform || m_FixedInitialTransform))
  {
    itkExceptionMacro("initialization \"" << m_Stages.front().Initialization
                                          << "\" and an initial transform exclude each other.");
  }
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetDomain() const -> const GridType &
{
  return m_VirtualDomain ? *m_VirtualDomain : *m_FixedImage;
}

template <typename TImage>
double
MaskedImageRegistration<TImage>::GetUnit(const SettingsType & settings) const
{
  const auto & spacing = this->GetDomain().GetSpacing();
  // The estimator from shifts of the index measures in voxels anyway.
  return settings.StepsInVoxels && settings.Scales != "index-shift" ? *std::min_element(spacing.Begin(), spacing.End())
                                                                    : 1.0;
}

template <typename TImage>
template <typename TValue, typename TArray>
TArray
MaskedImageRegistration<TImage>::Spread(const std::vector<TValue> & values, SizeValueType numberOfLevels, TArray array)
{
  array.SetSize(numberOfLevels);
  for (SizeValueType level = 0; level < numberOfLevels; ++level)
  {
    array[level] = static_cast<typename TArray::ValueType>(values[values.size() == 1 ? 0 : level]);
  }
  return array;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::MakeMetric(const SettingsType & settings) const -> MetricPointer
{
  const auto metric = MakeRegistrationMetric<TImage>(settings);
  metric->SetFixedImage(m_FixedImage);
  metric->SetMovingImage(m_MovingImage);
  metric->SetFixedImageMask(m_FixedImageMask);
  metric->SetMovingImageMask(m_MovingImageMask);
  metric->SetUseFixedImageGradientFilter(settings.FixedGradientFilter);
  metric->SetUseMovingImageGradientFilter(settings.MovingGradientFilter);
  if (settings.Interpolator != "linear")
  {
    metric->SetFixedInterpolator(MakeInterpolator(settings.Interpolator, *m_FixedImage));
    metric->SetMovingInterpolator(MakeInterpolator(settings.Interpolator, *m_MovingImage));
  }
  if (settings.WorkUnits > 0)
  {
    metric->SetMaximumNumberOfWorkUnits(static_cast<ThreadIdType>(settings.WorkUnits));
  }
  if (m_VirtualDomain)
  {
    metric->SetVirtualDomain(m_VirtualDomain->GetSpacing(),
                             m_VirtualDomain->GetOrigin(),
                             m_VirtualDomain->GetDirection(),
                             m_VirtualDomain->GetLargestPossibleRegion());
  }
  return metric;
}

template <typename TImage>
template <typename TMethod>
void
MaskedImageRegistration<TImage>::SetUpMethod(TMethod & method, const SettingsType & settings, MetricType & metric) const
{
  using StrategyType = typename TMethod::MetricSamplingStrategyEnum;
  const SizeValueType numberOfLevels = settings.GetNumberOfLevels();
  method.SetFixedImage(m_FixedImage);
  method.SetMovingImage(m_MovingImage);
  method.SetMetric(&metric);
  method.SetFixedInitialTransform(m_FixedInitialTransform);
  if (m_Transform->GetNumberOfTransforms() > 0)
  {
    method.SetMovingInitialTransform(m_Transform);
  }
  if (settings.WorkUnits > 0)
  {
    method.SetNumberOfWorkUnits(static_cast<ThreadIdType>(settings.WorkUnits));
  }

  method.SetNumberOfLevels(numberOfLevels);
  method.SetShrinkFactorsPerLevel(
    Self::Spread(settings.ShrinkFactors, numberOfLevels, typename TMethod::ShrinkFactorsArrayType{}));
  method.SetSmoothingSigmasPerLevel(
    Self::Spread(settings.SmoothingSigmas, numberOfLevels, typename TMethod::SmoothingSigmasArrayType{}));
  method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(settings.SigmasInPhysicalUnits);

  method.SetMetricSamplingStrategy(settings.Sampling == "random"    ? StrategyType::RANDOM
                                   : settings.Sampling == "regular" ? StrategyType::REGULAR
                                                                    : StrategyType::NONE);
  method.SetMetricSamplingPercentagePerLevel(
    Self::Spread(settings.Percentage, numberOfLevels, typename TMethod::MetricSamplingPercentageArrayType{}));
  method.SetNumberOfSamplesPerLevel(
    Self::Spread(settings.Samples, numberOfLevels, typename TMethod::NumberOfSamplesArrayType{}));
  method.MetricSamplingReinitializeSeed(static_cast<int>(settings.Seed));
  method.SetPerturbSamples(settings.PerturbSamples);
  method.SetResampleEveryIteration(settings.ResampleEveryIteration);
  method.SetCropVirtualDomainToMask(settings.CropToMask);
  method.SetSamplingWeightImage(m_SamplingWeightImage);
  method.SetSamplePoints(m_SamplePoints);
  if (settings.RegionIndex.size() != settings.RegionSize.size() ||
      (!settings.RegionIndex.empty() && settings.RegionIndex.size() != ImageDimension))
  {
    itkExceptionMacro("region-index has " << settings.RegionIndex.size() << " and region-size "
                                          << settings.RegionSize.size() << " values for images of " << ImageDimension
                                          << " dimensions.");
  }
  if (!settings.RegionIndex.empty())
  {
    typename TMethod::SamplingRegionType region;
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      region.SetIndex(d, settings.RegionIndex[d]);
      region.SetSize(d, settings.RegionSize[d]);
    }
    method.SetSamplingRegion(region);
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::SetUpOptimizer(const SettingsType & settings, MetricType & metric)
{
  using ScalesType = typename MethodType::OptimizerType::ScalesType;
  const SizeValueType numberOfParameters = m_OptimizedTransform->GetNumberOfParameters();
  m_Optimizer = MaskedRegistrationOptimizer(settings, numberOfParameters, this->GetUnit(settings));
  auto & optimizer = *m_Optimizer.GetOptimizer();
  if (!optimizer.CanUseScales())
  {
    if (settings.Scales == "manual")
    {
      itkWarningMacro("manual-scales are not used: the optimizer \"" << settings.Optimizer << "\" has no scales.");
    }
    return;
  }
  const auto setEstimator = [&](auto estimator) {
    estimator->SetMetric(&metric);
    estimator->SetTransformForward(true);
    estimator->SetCentralRegionRadius(settings.CentralRegionRadius);
    optimizer.SetScalesEstimator(estimator);
  };
  if (settings.Scales == "physical-shift")
  {
    const auto estimator = RegistrationParameterScalesFromPhysicalShift<MetricType>::New();
    estimator->SetSmallParameterVariation(settings.SmallParameterVariation);
    setEstimator(estimator);
  }
  else if (settings.Scales == "index-shift")
  {
    const auto estimator = RegistrationParameterScalesFromIndexShift<MetricType>::New();
    estimator->SetSmallParameterVariation(settings.SmallParameterVariation);
    setEstimator(estimator);
  }
  else if (settings.Scales == "jacobian")
  {
    setEstimator(RegistrationParameterScalesFromJacobian<MetricType>::New());
  }
  else if (settings.Scales == "manual")
  {
    const SizeValueType number = m_OptimizedTransform->GetNumberOfLocalParameters();
    if (settings.ManualScales.size() != number)
    {
      itkExceptionMacro("manual-scales: " << settings.ManualScales.size() << " values for " << number
                                          << " parameters of the transform. Give as many.");
    }
    optimizer.SetScales(
      Self::Spread(settings.ManualScales, settings.ManualScales.size(), ScalesType(settings.ManualScales.size())));
  }
  if (!settings.OptimizerWeights.empty())
  {
    optimizer.SetWeights(Self::Spread(
      settings.OptimizerWeights, settings.OptimizerWeights.size(), ScalesType(settings.OptimizerWeights.size())));
  }
}

template <typename TImage>
template <typename TMethod>
void
MaskedImageRegistration<TImage>::MakeTransform(TMethod & method, const SettingsType & settings, MetricType & metric)
{
  constexpr SizeValueType margin = 8;

  const bool isGiven = settings.Transform == "given";
  const bool isField = settings.Transform == "displacement-field" || settings.Transform == "syn";
  auto       grid = TransformsType::MakeGrid(this->GetDomain(), this->GetDomain().GetLargestPossibleRegion(), 0);
  if (isGiven)
  {
    m_OptimizedTransform = TransformsType::Copy(*m_TransformToOptimize);
  }
  else
  {
    grid = TransformsType::MakeGrid(this->GetDomain(), method.GetSampler()->GetBoundingRegion(), isField ? margin : 0);
    m_OptimizedTransform = TransformsType::Make(settings, *grid);
  }
  if (isField)
  {
    // A displacement field has the grid of the virtual domain.
    metric.SetVirtualDomain(
      grid->GetSpacing(), grid->GetOrigin(), grid->GetDirection(), grid->GetLargestPossibleRegion());
  }
  auto adaptors = TransformsType::MakeAdaptors(settings, *m_OptimizedTransform, *grid, isGiven);
  if (adaptors.front())
  {
    // Already now, because optimizers ask how many parameters there are.
    adaptors.front()->SetTransform(m_OptimizedTransform);
    adaptors.front()->AdaptTransformParameters();
  }
  method.SetTransformParametersAdaptorsPerLevel(adaptors);

  if (m_CurrentStage == 0 && settings.Initialization != "none")
  {
    const auto translation = this->ComputeInitialTranslation(settings);
    if (!TransformsType::Translate(*m_OptimizedTransform, translation))
    {
      const auto initialTransform = TranslationTransform<double, ImageDimension>::New();
      initialTransform->SetOffset(translation);
      m_Transform->AddTransform(initialTransform);
      method.SetMovingInitialTransform(m_Transform);
    }
  }
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::MakeSampler(const ImageType & image, const MaskType * mask) const ->
  typename SamplerType::Pointer
{
  const auto sampler = SamplerType::New();
  sampler->SetDomain(&image);
  sampler->SetFixedImage(&image); // only where it has pixels
  sampler->SetMask(mask);
  sampler->Update();
  return sampler;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::ComputeInitialTranslation(const SettingsType & settings) const -> VectorType
{
  // One mask alone says nothing of where its voxels are in the other image.
  const bool areMasksUsed = m_FixedImageMask && m_MovingImageMask;
  const auto findCenter = [&](const char * name, const ImageType & image, const MaskType * mask) {
    const auto sampler = this->MakeSampler(image, areMasksUsed ? mask : nullptr);
    if (settings.Initialization == "geometry")
    {
      return TransformsType::GetMiddle(*TransformsType::MakeGrid(image, sampler->GetBoundingRegion(), 0));
    }
    double                                  mass = 0.0;
    ContinuousIndex<double, ImageDimension> moments;
    moments.Fill(0.0);
    sampler->ForEachRun([&](typename ImageType::IndexType index, SizeValueType length) {
      for (; length > 0; --length, ++index[0])
      {
        const auto value = static_cast<double>(image.GetPixel(index));
        mass += value;
        for (unsigned int d = 0; d < ImageDimension; ++d)
        {
          moments[d] += value * static_cast<double>(index[d]);
        }
      }
    });
    if (!(mass > 0.0))
    {
      itkExceptionMacro("initialization \"moments\": the sum of the " << name << " image's intensities is " << mass
                                                                      << ", which is no mass. Use \"geometry\".");
    }
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      moments[d] /= mass;
    }
    return image.template TransformContinuousIndexToPhysicalPoint<double>(moments);
  };
  return findCenter("moving", *m_MovingImage, m_MovingImageMask) - findCenter("fixed", *m_FixedImage, m_FixedImageMask);
}

template <typename TImage>
template <typename TMethod>
void
MaskedImageRegistration<TImage>::ObserveLevels(TMethod & method, const SettingsType & settings)
{
  method.AddObserver(MultiResolutionIterationEvent(),
                     [this, &method, &settings](const EventObject &) { this->StartLevel(method, settings); });
}

template <typename TImage>
template <typename TMethod>
void
MaskedImageRegistration<TImage>::StartLevel(TMethod & method, const SettingsType & settings)
{
  this->RethrowException();
  this->EndLevel();
  const SizeValueType level = method.GetCurrentLevel();
  m_CurrentLevel = level;
  if (m_Optimizer.GetOptimizer() != nullptr)
  {
    m_Optimizer.StartLevel(settings, level, this->GetUnit(settings));
  }
  m_ReadSamplePoints = [kept = SmartPointer<TMethod>(&method)] { return kept->GetSamplePointSet(); };

  LevelReport report;
  report.Stage = m_CurrentStage;
  report.Level = level;
  report.FirstValue = std::numeric_limits<double>::quiet_NaN();
  report.LastValue = report.FirstValue;
  // A method that chooses no points has nothing to report of them.
  const auto at = [level](const auto & numbers) { return level < numbers.size() ? numbers[level] : 0; };
  report.NumberOfMaskVoxels = at(method.GetNumberOfMaskVoxelsPerLevel());
  report.NumberOfRequestedPoints = at(method.GetNumberOfRequestedSamplePointsPerLevel());
  report.NumberOfPoints = at(method.GetNumberOfSamplePointsPerLevel());
  report.NumberOfPointsInMovingImage = at(method.GetNumberOfSamplePointsInMovingImagePerLevel());
  m_Reports.push_back(report);
  m_HasLevel = true;
  m_LevelStart = GetSecondsNow();
  if (report.NumberOfPoints > 0 && report.NumberOfPointsInMovingImage == 0)
  {
    itkExceptionMacro("None of the " << report.NumberOfPoints << " sample points is in the moving image"
                                     << (m_MovingImageMask ? " and its mask" : "") << " at the start of level " << level
                                     << ". If the images are in different places, bring them together: initialization "
                                        "\"geometry\" or \"moments\", or an initial transform.");
  }
  this->InvokeEvent(MultiResolutionIterationEvent());
  if (m_IsFinishing)
  {
    m_FinishStage();
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::EndLevel()
{
  if (m_HasLevel)
  {
    LevelReport & report = m_Reports.back();
    if (m_IsFinishing || m_IsBestSearched)
    {
      // After Finish() nothing else tells that the optimizer has ended, and an exhaustive search goes on after that.
      this->ReturnBest();
    }
    report.Seconds = GetSecondsNow() - m_LevelStart;
    report.StopCondition = this->GetStopConditionDescription();
    m_HasLevel = false;
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::Iterate()
{
  if (m_Exception)
  {
    return; // it is over, but LBFGS2 does not know yet
  }
  const Progress progress = this->GetProgress();
  m_Course.push_back({ m_CurrentStage, m_CurrentLevel, progress.Iteration, progress.Value });
  if (m_HasLevel)
  {
    LevelReport & report = m_Reports.back();
    report.FirstValue = report.NumberOfIterations == 0 ? progress.Value : report.FirstValue;
    report.LastValue = progress.Value;
    ++report.NumberOfIterations;
  }
  if (m_IsBestKept)
  {
    // The event comes after the step that follows the evaluation.
    this->KeepBest(progress.Value);
    m_EvaluatedPosition = m_Optimizer.GetPosition();
  }
  try
  {
    this->InvokeEvent(IterationEvent());
    if (m_IsFinishing)
    {
      m_FinishStage();
    }
  }
  catch (...)
  {
    if (m_Exception || !m_Optimizer.Cancel())
    {
      throw;
    }
    m_Exception = std::current_exception();
    m_EvaluatedPosition = m_Optimizer.GetPosition();
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::RethrowException()
{
  if (m_Exception)
  {
    m_OptimizedTransform->SetParameters(m_EvaluatedPosition);
    std::rethrow_exception(std::exchange(m_Exception, nullptr));
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::KeepBest(double value)
{
  if (m_IsBestKept && value < m_BestValue)
  {
    m_BestValue = value;
    m_BestPosition = m_EvaluatedPosition;
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::ReturnBest()
{
  if (m_IsBestSearched)
  {
    m_Optimizer.GetBest(m_BestPosition, m_BestValue);
  }
  if (m_BestPosition.Size() > 0)
  {
    m_OptimizedTransform->SetParameters(m_BestPosition);
    m_Reports.back().LastValue = m_BestValue;
    m_BestPosition = ParametersType();
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::RunMethod(const SettingsType & settings)
{
  const auto method = MethodType::New();
  this->SetUpMethod(*method, settings, *m_Metric);
  this->MakeTransform(*method, settings, *m_Metric);
  this->SetUpOptimizer(settings, *m_Metric);
  method->SetOptimizer(m_Optimizer.GetOptimizer());
  method->SetInitialTransform(m_OptimizedTransform);
  method->InPlaceOn();
  m_ReadProgress = [this] {
    return Progress{ m_Optimizer.GetIteration(),
                     m_Optimizer.GetValue(),
                     m_Optimizer.GetLearningRate(),
                     m_Optimizer.GetConvergenceValue() };
  };
  m_ReadStopCondition = [this] { return m_Optimizer.GetStopConditionDescription(); };
  m_FinishStage = [] { throw MaskedImageRegistrationFinished(); };
  this->ObserveLevels(*method, settings);
  m_Optimizer.GetOptimizer()->AddObserver(StartEvent(), [this](const EventObject &) {
    m_EvaluatedPosition = m_Optimizer.GetPosition();
    m_BestValue = std::numeric_limits<double>::max();
  });
  m_Optimizer.GetOptimizer()->AddObserver(IterationEvent(), [this](const EventObject &) { this->Iterate(); });
  m_Optimizer.GetOptimizer()->AddObserver(EndEvent(), [this](const EventObject &) {
    if (m_IsBestKept && m_HasLevel && m_Reports.back().NumberOfIterations > 0)
    {
      // There is no IterationEvent for an evaluation that no step follows.
      this->KeepBest(m_Optimizer.GetValue());
      this->ReturnBest();
    }
  });
  m_IsBestSearched = settings.ReturnBest && settings.Optimizer == "exhaustive";
  m_IsBestKept = settings.ReturnBest && !settings.ResampleEveryIteration &&
                 (settings.Optimizer == "gradient-descent" || settings.Optimizer == "regular-step-gradient-descent");
  method->Update();
  this->RethrowException();
  // At the end, also where the levels go on from the last position.
  m_IsBestSearched = settings.Optimizer == "exhaustive";
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::RunSyN(const SettingsType & settings)
{
  using SyNType = MaskedSyNRegistrationMethod<TImage, TImage>;
  using FieldTransformType = DisplacementFieldTransform<double, ImageDimension>;
  const auto method = SyNType::New();
  this->SetUpMethod(*method, settings, *m_Metric);
  this->MakeTransform(*method, settings, *m_Metric);
  const SizeValueType numberOfLevels = settings.GetNumberOfLevels();
  method->SetNumberOfIterationsPerLevel(
    Self::Spread(settings.Iterations, numberOfLevels, typename SyNType::NumberOfIterationsArrayType{}));
  method->SetLearningRate(settings.LearningRate.front());
  method->SetConvergenceThreshold(settings.ConvergenceMinimumValue);
  method->SetConvergenceWindowSize(static_cast<unsigned int>(settings.ConvergenceWindowSize));
  method->SetGaussianSmoothingVarianceForTheUpdateField(settings.UpdateFieldVariance);
  method->SetGaussianSmoothingVarianceForTheTotalField(settings.TotalFieldVariance);
  method->SetInitialTransform(dynamic_cast<FieldTransformType *>(m_OptimizedTransform.GetPointer()));
  method->InPlaceOn();
  m_Optimizer = {};
  m_ReadProgress = [method] {
    constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
    return Progress{
      method->GetCurrentIteration(), method->GetCurrentMetricValue(), notANumber, method->GetCurrentConvergenceValue()
    };
  };
  m_FinishStage = [&method] {
    // It makes its transform at its regular end alone.
    auto iterations = method->GetNumberOfIterationsPerLevel();
    iterations.Fill(0);
    method->SetNumberOfIterationsPerLevel(iterations);
  };
  this->ObserveLevels(*method, settings);
  method->AddObserver(IterationEvent(), [this, method = method.GetPointer()](const EventObject & event) {
    // Only here: before the event of a level, ITK forgets how the last one ended.
    const auto number = std::to_string(method->GetCurrentIteration());
    const bool isConverged = method->GetIsConverged();
    m_LastStopCondition = std::string(method->GetNameOfClass()) +
                          (isConverged ? ": Converged after " : ": Maximum number of iterations, ") + number +
                          (isConverged ? " iterations." : ".");
    // MultiResolutionIterationEvent is one, too.
    if (dynamic_cast<const MultiResolutionIterationEvent *>(&event) == nullptr)
    {
      this->Iterate();
    }
  });
  method->Update();
  m_OptimizedTransform = method->GetModifiableTransform();
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::RunStage(const SettingsType & settings)
{
  // Also after an exception.
  const auto                                      endStage = [](Self * registration) { registration->EndStage(); };
  const std::unique_ptr<Self, decltype(endStage)> guard(this, endStage);

  m_Metric = this->MakeMetric(settings);
  if (settings.Transform == "syn")
  {
    this->RunSyN(settings);
  }
  else
  {
    this->RunMethod(settings);
  }
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::EndStage()
{
  this->EndLevel();
  m_LastProgress = this->GetProgress();
  if ((m_IsBestKept || m_IsBestSearched) && !m_Reports.empty() && m_Reports.back().NumberOfIterations > 0)
  {
    m_LastProgress.Value = m_Reports.back().LastValue;
  }
  m_LastPosition = this->GetPosition();
  m_LastScales = this->GetScales();
  m_LastNumberOfValidPoints = this->GetNumberOfValidPoints();
  m_LastStopCondition = this->GetStopConditionDescription();
  m_LastSamplePoints = this->GetUsedSamplePoints();
  m_ReadProgress = nullptr;
  m_ReadStopCondition = nullptr;
  m_ReadSamplePoints = nullptr;
  m_FinishStage = nullptr;
  m_IsBestKept = false;
  m_IsBestSearched = false;
  m_EvaluatedPosition = ParametersType();
  m_BestPosition = ParametersType();
  m_Exception = nullptr;
  m_Optimizer = {};
  m_Metric = nullptr;
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::Update()
{
  this->CheckInputs();
  m_IsFinishing = false;
  m_HasLevel = false;
  m_Reports.clear();
  m_Course.clear();
  m_LastSamplePoints = nullptr;
  m_OptimizedTransform = nullptr;
  m_LastProgress = {};
  m_LastPosition = ParametersType();
  m_LastScales = ParametersType();
  m_LastNumberOfValidPoints = 0;
  m_LastStopCondition.clear();
  m_CurrentStage = 0;
  m_CurrentLevel = 0;
  m_Transform = CompositeTransformType::New();
  if (m_MovingInitialTransform)
  {
    m_Transform->AddTransform(TransformsType::Copy(*m_MovingInitialTransform));
    m_Transform->FlattenTransformQueue();
  }

  this->InvokeEvent(StartEvent());
  for (SizeValueType stage = 0; stage < m_Stages.size() && !m_IsFinishing; ++stage)
  {
    m_CurrentStage = stage;
    try
    {
      this->RunStage(m_Stages[stage].Resolve());
    }
    catch (const MaskedImageRegistrationFinished &)
    {
      // The transform is where the optimizer left it.
    }
    catch (const ExceptionObject & error)
    {
      if (std::string(error.GetDescription()).find("ComputeJacobianWithRespectToPosition") == std::string::npos)
      {
        throw;
      }
      itkExceptionMacro("Stage " << m_CurrentStage
                                 << ": with this metric, ITK cannot optimise a transform that is applied "
                                    "before a B-spline, as the stages after a B-spline are. Put the b-spline last.");
    }
    m_Transform->AddTransform(m_OptimizedTransform);
    m_Transform->FlattenTransformQueue();
  }
  this->InvokeEvent(EndEvent());
}

template <typename TImage>
double
MaskedImageRegistration<TImage>::EvaluateMetric()
{
  this->CheckInputs();
  const SettingsType settings = m_Stages.front().Resolve();
  const auto         metric = this->MakeMetric(settings);
  // As MaskedSamplingMixin does: metrics ask a mask without its children.
  if (m_FixedImageMask && m_FixedImageMask->GetNumberOfChildren() > 0)
  {
    metric->SetFixedImageMask(MaskWithChildren<ImageDimension>::MakeFrom(m_FixedImageMask));
  }
  if (m_MovingImageMask && m_MovingImageMask->GetNumberOfChildren() > 0)
  {
    metric->SetMovingImageMask(MaskWithChildren<ImageDimension>::MakeFrom(m_MovingImageMask));
  }
  // Only the value is wanted.
  metric->SetUseFixedImageGradientFilter(false);
  metric->SetUseMovingImageGradientFilter(false);
  const auto transform = CompositeTransformType::New();
  if (m_MovingInitialTransform)
  {
    transform->AddTransform(TransformsType::Copy(*m_MovingInitialTransform));
  }
  if (m_FixedInitialTransform)
  {
    metric->SetFixedTransform(TransformsType::Copy(*m_FixedInitialTransform));
  }
  if (settings.Initialization != "none")
  {
    const auto initialTransform = TranslationTransform<double, ImageDimension>::New();
    initialTransform->SetOffset(this->ComputeInitialTranslation(settings));
    transform->AddTransform(initialTransform);
  }
  transform->AddTransform(settings.Transform == "given"
                            ? TransformsType::Copy(*m_TransformToOptimize)
                            : TransformPointer(IdentityTransform<double, ImageDimension>::New()));
  metric->SetMovingTransform(transform);
  metric->Initialize();
  const double value = metric->GetValue();
  m_LastNumberOfValidPoints = metric->GetNumberOfValidPoints();
  return value;
}

template <typename TImage>
bool
MaskedImageRegistration<TImage>::Stop()
{
  if (m_Optimizer.GetOptimizer() != nullptr)
  {
    return m_Optimizer.Stop();
  }
  return false;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetPosition() const -> ParametersType
{
  return m_Optimizer.GetOptimizer() != nullptr ? m_Optimizer.GetPosition() : m_LastPosition;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetScales() const -> ParametersType
{
  return m_Optimizer.GetOptimizer() != nullptr ? ParametersType(m_Optimizer.GetOptimizer()->GetScales()) : m_LastScales;
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::GetNumberOfValidPoints() const
{
  return m_Metric ? m_Metric->GetNumberOfValidPoints() : m_LastNumberOfValidPoints;
}

template <typename TImage>
std::string
MaskedImageRegistration<TImage>::GetStopConditionDescription() const
{
  return m_ReadStopCondition ? m_ReadStopCondition() : m_LastStopCondition;
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  using namespace print_helper;
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(FixedImage);
  itkPrintSelfObjectMacro(MovingImage);
  itkPrintSelfObjectMacro(FixedImageMask);
  itkPrintSelfObjectMacro(MovingImageMask);
  itkPrintSelfObjectMacro(SamplingWeightImage);
  itkPrintSelfObjectMacro(SamplePoints);
  itkPrintSelfObjectMacro(VirtualDomain);
  itkPrintSelfObjectMacro(MovingInitialTransform);
  itkPrintSelfObjectMacro(FixedInitialTransform);
  itkPrintSelfObjectMacro(TransformToOptimize);
  os << indent << "Stages: " << m_Stages.size() << std::endl;
  itkPrintSelfObjectMacro(Transform);
  itkPrintSelfObjectMacro(OptimizedTransform);
  os << indent << "Reports: " << m_Reports.size() << std::endl;
  os << indent << "Course: " << m_Course.size() << std::endl;
  os << indent << "CurrentStage: " << m_CurrentStage << std::endl;
  os << indent << "CurrentLevel: " << m_CurrentLevel << std::endl;
}
} // end namespace itk

#endif // itkMaskedImageRegistration_hxx
