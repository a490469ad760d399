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
#ifndef itkRegistrationStage_hxx
#define itkRegistrationStage_hxx

#include "facade/itkCheckContrast.h"
#include "facade/itkCheckTransformSize.h"
#include "facade/itkInitialSearch.h"
#include "facade/itkInitialTranslation.h"
#include "facade/itkIsFastField.h"
#include "facade/itkIsField.h"
#include "facade/itkMetricAtSamples.h"
#include "facade/itkPerLevel.h"
#include "geometry/itkGridGeometry.h"

#include "itkImageMaskSpatialObject.h"
#include "itkTranslationTransform.h"

#include <algorithm>
#include <chrono>
#include <sstream>

namespace itk
{
template <typename TImage>
template <typename TMethod>
void
RegistrationStage<TImage>::SetUp(TMethod & method)
{
  SetUpRegistrationMethod(method, m_Settings, m_Context.Inputs, *m_Metric);
  this->AddChannels();
  m_Sampler = this->FindSampler(method);
  if (m_Context.Chain.GetNumberOfTransforms() > 0)
  {
    method.SetMovingInitialTransform(&m_Context.Chain);
  }
  if (m_Context.AreMasksNew)
  {
    CheckContrast<TImage>::Check(m_Context.Inputs, *method.GetSampler());
    for (const auto & channel : m_Context.Inputs.Channels)
    {
      CheckContrast<TImage>::Check(m_Context.Inputs.MakeInputsOf(channel), *m_Sampler);
    }
  }
  if (m_Context.Stage == 0)
  {
    for (const SettingsType & stage : m_Context.Stages)
    {
      const auto box = this->FindBox(stage, *m_Sampler);
      CheckTransformSize<ImageDimension>::Check(
        stage.Resolve(),
        *box.Grid,
        stage.Transform == "given" ? m_Context.Inputs.TransformToOptimize.GetPointer() : nullptr);
    }
  }
  this->MakeTransform(method);
  if (m_Context.Stage == 0 && m_Settings.Initialization != "none")
  {
    this->Initialize(method);
  }
}

template <typename TImage>
template <typename TMethod>
auto
RegistrationStage<TImage>::FindSampler(TMethod & method) const -> typename SamplerType::ConstPointer
{
  const auto & inputs = m_Context.Inputs;
  const bool   isSame = std::all_of(inputs.Channels.begin(), inputs.Channels.end(), [&inputs](const auto & channel) {
    return channel.FixedImageMask == inputs.FixedImageMask;
  });
  if (isSame)
  {
    return method.GetSampler();
  }
  using MaskType = ImageMaskSpatialObject<ImageDimension>;
  const auto & domain = inputs.GetDomain();
  const auto   image = MaskType::ImageType::New();
  image->CopyInformation(&domain);
  image->SetRegions(domain.GetLargestPossibleRegion());
  image->AllocateInitialized();
  for (SizeValueType n = 0; n <= inputs.Channels.size(); ++n)
  {
    method.GetSampler(n)->ForEachRun([&image](const auto & index, SizeValueType length) {
      std::fill_n(image->GetBufferPointer() + image->ComputeOffset(index), length, typename MaskType::PixelType{ 1 });
    });
  }
  const auto mask = MaskType::New();
  mask->SetImage(image);
  mask->Update();
  const auto sampler = SamplerType::New();
  sampler->SetDomain(&domain);
  sampler->SetMask(mask);
  sampler->Update();
  return sampler.GetPointer();
}

template <typename TImage>
auto
RegistrationStage<TImage>::FindBox(const SettingsType & settings, const SamplerType & sampler) const ->
  typename GeometryType::ReindexedGrid
{
  constexpr SizeValueType margin = 8;
  constexpr SizeValueType greatestFactor = 16;

  const auto & domain = m_Context.Inputs.GetDomain();
  auto         region = domain.GetLargestPossibleRegion();
  if (settings.Transform != "given")
  {
    region = sampler.GetBoundingRegion();
    if (IsFastField(settings, m_Context.Inputs))
    {
      const auto factors = settings.Resolve().ShrinkFactors;
      region.PadByRadius(4 * std::min(*std::max_element(factors.begin(), factors.end()), greatestFactor));
    }
    else
    {
      region = GeometryType::Widen(region, IsField(settings) ? margin : 0, domain.GetLargestPossibleRegion());
    }
  }
  // Adaptors of ITK take the origin of a grid for the place of its first voxel.
  return GeometryType::Reindex(domain, region);
}

template <typename TImage>
template <typename TMethod>
void
RegistrationStage<TImage>::MakeTransform(TMethod & method)
{
  const bool isGiven = m_Settings.Transform == "given";
  const bool isField = IsField(m_Settings);
  const auto box = this->FindBox(m_Settings, *m_Sampler);
  m_Transform =
    isGiven ? TransformsType::Copy(*m_Context.Inputs.TransformToOptimize) : TransformsType::Make(m_Settings, *box.Grid);
  if (isField)
  {
    // A displacement field has the grid of the virtual domain.
    const auto boxRegion = box.Grid->GetLargestPossibleRegion();
    m_Metric->SetVirtualDomain(box.Grid->GetSpacing(), box.Grid->GetOrigin(), box.Grid->GetDirection(), boxRegion);
    if (const auto sampled = MakeSamplingRegion<ImageDimension>(m_Settings))
    {
      auto shifted = box(*sampled);
      shifted.Crop(boxRegion);
      method.SetSamplingRegion(shifted);
    }
  }
  auto adaptors = TransformsType::MakeAdaptors(m_Settings, *m_Transform, *box.Grid, isGiven);
  if (adaptors.front())
  {
    // Already now, because optimizers ask how many parameters there are.
    adaptors.front()->SetTransform(m_Transform);
    adaptors.front()->AdaptTransformParameters();
  }
  method.SetTransformParametersAdaptorsPerLevel(adaptors);
}

template <typename TImage>
template <typename TMethod>
void
RegistrationStage<TImage>::Initialize(TMethod & method)
{
  using SearchType = InitialSearch<TImage>;
  const bool                     isSearch = SearchType::IsSearch(m_Settings.Initialization);
  const auto                     start = SearchType::GetStart(m_Settings.Initialization);
  Vector<double, ImageDimension> translation{};
  if (start != "none")
  {
    translation = InitialTranslation<TImage>::Compute(start, m_Context.Inputs);
  }
  if (isSearch || !TransformsType::Translate(*m_Transform, translation))
  {
    if (translation.GetSquaredNorm() > 0.0)
    {
      const auto initialTransform = TranslationTransform<double, ImageDimension>::New();
      initialTransform->SetOffset(translation);
      m_Context.Chain.AddTransform(initialTransform);
    }
    if (isSearch)
    {
      this->Search();
    }
    method.SetMovingInitialTransform(&m_Context.Chain);
  }
}

template <typename TImage>
void
RegistrationStage<TImage>::Search()
{
  using ClockType = std::chrono::steady_clock;
  const auto                        start = ClockType::now();
  typename FacadeType::SearchReport report;
  // Around where a transform that is given takes the points, if it can be joined with what is found.
  using CategoryEnum = typename TransformType::TransformCategoryEnum;
  const auto chain = CompositeTransform<double, ImageDimension>::New();
  chain->AddTransform(&m_Context.Chain);
  chain->FlattenTransformQueue();
  if (m_Transform->GetTransformCategory() == CategoryEnum::Linear)
  {
    chain->AddTransform(TransformsType::Copy(*m_Transform));
  }
  const bool isTurning =
    dynamic_cast<TranslationTransform<double, ImageDimension> *>(m_Transform.GetPointer()) == nullptr;
  InitialSearch<TImage> search(m_Context.Inputs, m_Settings, *chain, *m_Sampler, isTurning, m_Context.IsAborting);
  const auto found = search.Find(report, this->IsComparedWithoutSearch() ? m_Transform.GetPointer() : nullptr);
  if (!TransformsType::ApplyBefore(*m_Transform, *found))
  {
    if (m_Transform->GetTransformCategory() == CategoryEnum::Linear)
    {
      itkGenericExceptionMacro("initialization \"" << m_Settings.Initialization
                                                   << "\": " << m_Transform->GetNameOfClass()
                                                   << " cannot do what the search finds: it needs to turn and shift.");
    }
    m_Context.Chain.AddTransform(found);
  }
  report.Seconds = std::chrono::duration<double>(ClockType::now() - start).count();
  m_Context.Record.SetSearchReport(report);
}

template <typename TImage>
bool
RegistrationStage<TImage>::IsComparedWithoutSearch() const
{
  // Of all levels, samples times iterations: a second, about, on one thread.
  constexpr double mostEvaluations = 3e7;
  const bool       isRigid = m_Settings.Transform == "rigid" || m_Settings.Transform == "translation";
  const bool       isEvaluatedBySamples = IsMetricAtSamples(m_Settings) && m_Settings.Sampling != "none" &&
                                    m_Context.Inputs.SamplePoints == nullptr && m_Context.Inputs.Channels.empty();
  const bool isUsual =
    !m_Settings.StockOptimizer && m_Settings.Optimizer == MaskedRegistrationSettings::MakeDefaults("rigid").Optimizer;
  double evaluations = 0.0;
  bool   isKnown = true;
  for (SizeValueType level = 0; level < m_Settings.Samples.size(); ++level)
  {
    const SizeValueType samples = m_Settings.Samples[level];
    const SizeValueType iterations = PerLevel::At(m_Settings.Iterations, level);
    isKnown = isKnown && samples > 0 && iterations > 0;
    evaluations += static_cast<double>(samples) * static_cast<double>(iterations);
  }
  return isRigid && isEvaluatedBySamples && isUsual && isKnown && evaluations <= mostEvaluations;
}

template <typename TImage>
template <typename TMethod>
void
RegistrationStage<TImage>::StartLevel(TMethod & method)
{
  this->RethrowException();
  m_Context.CheckAborted();
  this->EndLevel();
  const SizeValueType level = method.GetCurrentLevel();
  m_Context.Level = level;
  this->StartLevelOfOptimizer(level);

  typename FacadeType::LevelReport report;
  report.Stage = m_Context.Stage;
  report.Level = level;
  // A method that chooses no points has nothing to report of them.
  const auto at = [level](const auto & numbers) { return level < numbers.size() ? numbers[level] : 0; };
  report.NumberOfMaskVoxels = at(method.GetNumberOfMaskVoxelsPerLevel());
  report.NumberOfRequestedPoints = at(method.GetNumberOfRequestedSamplePointsPerLevel());
  report.NumberOfPoints = at(method.GetNumberOfSamplePointsPerLevel());
  report.NumberOfPointsInMovingImage = at(method.GetNumberOfSamplePointsInMovingImagePerLevel());
  m_Context.Record.StartLevel(report);
  this->CheckNumberOfPoints(report);
  if (report.NumberOfPoints > 0 && report.NumberOfPointsInMovingImage == 0)
  {
    itkGenericExceptionMacro(
      "None of the " << report.NumberOfPoints << " sample points is in the moving image"
                     << (m_Context.Inputs.MovingImageMask ? " and its mask" : "") << " at the start of level " << level
                     << ". If the images are in different places, bring them together: initialization "
                        "\"geometry\" or \"moments\", or an initial transform.");
  }
  m_Context.Notify(MultiResolutionIterationEvent());
  if (m_Context.IsFinishing)
  {
    this->Finish();
  }
}

template <typename TImage>
void
RegistrationStage<TImage>::CheckNumberOfPoints(const typename FacadeType::LevelReport & report) const
{
  const SizeValueType number = report.NumberOfPoints;
  const SizeValueType parameters = m_Transform->GetNumberOfParameters();
  if (number == 0 || m_Transform->GetTransformCategory() != TransformType::TransformCategoryEnum::Linear)
  {
    return;
  }
  if (number < parameters)
  {
    itkGenericExceptionMacro("samples: " << number << " at level " << report.Level << ", of "
                                         << report.NumberOfMaskVoxels << " mask voxels, cannot determine the "
                                         << parameters << " parameters of the transform \"" << m_Settings.Transform
                                         << "\". Give more, such as 2000.");
  }
  constexpr SizeValueType enough = 50;
  const bool              isAskedFor = PerLevel::At(m_Settings.Samples, report.Level) > 0;
  if (!isAskedFor && m_Settings.Sampling != "none" && number < enough * parameters)
  {
    std::ostringstream text;
    text << "percentage: " << number << " samples at level " << report.Level << ", of " << report.NumberOfMaskVoxels
         << " mask voxels, are few for " << parameters
         << " parameters: the result will scatter. Ask for a number: samples.";
    m_Context.Warn(text.str());
  }
}

template <typename TImage>
void
RegistrationStage<TImage>::EndLevel()
{
  if (m_Context.Record.IsInLevel())
  {
    this->ReturnBest();
    m_Context.Record.EndLevel(this->GetStopConditionDescription());
  }
}

template <typename TImage>
void
RegistrationStage<TImage>::Iterate()
{
  m_Context.CheckAborted();
  m_Context.Record.Iterate(m_Context.Stage, m_Context.Level, this->GetProgress());
  m_Context.Notify(IterationEvent());
  if (m_Context.IsFinishing)
  {
    this->Finish();
  }
}
} // end namespace itk

#endif // itkRegistrationStage_hxx
