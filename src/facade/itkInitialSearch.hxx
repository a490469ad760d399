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
#ifndef itkInitialSearch_hxx
#define itkInitialSearch_hxx

#include "facade/itkInitialSearch.h"

#include "itkMath.h"

namespace itk
{
template <typename TImage>
auto
InitialSearch<TImage>::Find(ReportType & report) -> typename LinearTransformType::Pointer
{
  typename PoseSearchType::InputsType inputs;
  typename PointSetType::Pointer      others;
  this->Draw(inputs.Points, others);
  const auto   points = inputs.Points;
  const auto & spacing = m_Inputs.GetDomain().GetSpacing();
  inputs.FixedImage = m_Inputs.FixedImage;
  inputs.MovingImage = m_Inputs.MovingImage;
  inputs.MovingMask = m_Inputs.MovingImageMask;
  inputs.ToFixed = m_Inputs.FixedInitialTransform;
  inputs.ToMoving = m_ToMoving.GetNumberOfTransforms() > 0 ? &m_ToMoving : nullptr;
  inputs.VoxelLength = *std::min_element(spacing.Begin(), spacing.End());
  inputs.TranslationRange = m_Settings.SearchTranslation;
  inputs.RotationRange = m_IsTurning ? m_Settings.SearchRotation * Math::pi / 180.0 : 0.0;
  inputs.NumberOfCandidates = m_Settings.SearchCandidates;
  inputs.NumberOfWorkUnits = InputsType::GetNumberOfWorkUnits(m_Settings);
  inputs.IsAborting = &m_IsAborting;
  const PoseSearchType search(std::move(inputs));
  report.NumberOfPoses = search.GetNumberOfPoses();
  report.TranslationRange = search.GetTranslationRange();

  // Where the images lie comes first, and wins where nothing is better.
  std::vector<PoseType> poses;
  if (this->IsInMovingImage(points))
  {
    poses.emplace_back();
  }
  for (const auto & candidate : search.Find())
  {
    poses.push_back(candidate.Pose);
  }
  // Each with one thread: there are more of them than threads, and the samples of one are too few to divide.
  std::vector<CandidateType> candidates(poses.size());
  ParallelTasks::ForEach(poses.size(), InputsType::GetNumberOfWorkUnits(m_Settings), [&](SizeValueType n) {
    auto & candidate = candidates[n];
    try
    {
      candidate.Transform = this->MakeTransform(poses[n], search.GetCenter());
      this->Register(*candidate.Transform);
      candidate.Value = this->Evaluate(*candidate.Transform, *others);
    }
    catch (const ExceptionObject & exception)
    {
      // From there, nothing can be compared; or it was asked to end.
      candidate.Problem = exception.GetDescription();
    }
  });
  this->CheckAborted();
  typename LinearTransformType::Pointer best;
  double                                bestValue = std::numeric_limits<double>::infinity();
  std::string                           problem;
  for (const auto & candidate : candidates)
  {
    if (!std::isfinite(candidate.Value))
    {
      problem = candidate.Problem;
      continue;
    }
    report.Candidates.push_back(
      { candidate.Transform->GetParameters(), candidate.Transform->GetFixedParameters(), candidate.Value });
    if (candidate.Value < bestValue)
    {
      best = candidate.Transform;
      bestValue = candidate.Value;
      report.Chosen = report.Candidates.size() - 1;
    }
  }
  if (best.IsNull())
  {
    itkGenericExceptionMacro("initialization \"" << m_Settings.Initialization << "\": at no place within "
                                                 << search.GetTranslationRange()
                                                 << " of where the images lie is there anything to compare. If they "
                                                    "are farther apart, use \"geometry-search\", or widen "
                                                    "search-translation."
                                                 << (problem.empty() ? "" : " One of them failed: ") << problem);
  }
  return best;
}

template <typename TImage>
void
InitialSearch<TImage>::Draw(std::vector<PointType> & points, typename PointSetType::Pointer & others) const
{
  constexpr SizeValueType numberOfSamples = 1000;
  constexpr SizeValueType numberToChooseBy = 4000;
  constexpr SizeValueType fewestToDivide = 200;

  const auto          wanted = std::min(numberOfSamples + numberToChooseBy, m_Sampler.GetNumberOfVoxels());
  const auto          all = DrawPoints(m_Inputs, m_Sampler, wanted, m_Settings.Seed);
  const SizeValueType number = all.size();
  const bool          isDivided = number >= fewestToDivide;
  const SizeValueType first = isDivided ? std::min(numberOfSamples, number / 2) : number;
  others = PointSetType::New();
  SizeValueType kept = 0;
  for (SizeValueType i = 0; i < number; ++i)
  {
    // Evenly over the list, which is in raster order.
    const bool isFirst = (i + 1) * first / number > i * first / number;
    if (isFirst)
    {
      points.push_back(all[i]);
    }
    if (!isFirst || !isDivided)
    {
      typename PointSetType::PointType point;
      point.CastFrom(all[i]);
      others->SetPoint(static_cast<typename PointSetType::PointIdentifier>(kept++), point);
    }
  }
}

template <typename TImage>
bool
InitialSearch<TImage>::IsInMovingImage(const std::vector<PointType> & points) const
{
  constexpr double least = 0.25;
  const auto       values = SmoothedSamples<TImage>::Evaluate(*m_Inputs.MovingImage,
                                                        m_Inputs.MovingImageMask,
                                                        m_ToMoving.GetNumberOfTransforms() > 0 ? &m_ToMoving : nullptr,
                                                        points,
                                                        0.0,
                                                        InputsType::GetNumberOfWorkUnits(m_Settings));
  const auto number = std::count_if(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  return static_cast<double>(number) >= least * static_cast<double>(values.size());
}

template <typename TImage>
auto
InitialSearch<TImage>::MakeTransform(const PoseType & pose, const PointType & center) const ->
  typename LinearTransformType::Pointer
{
  Vector<double, ImageDimension> translation;
  std::copy_n(pose.Parameters.begin(), ImageDimension, translation.Begin());
  const auto transform = RigidType::New();
  transform->SetIdentity();
  transform->SetCenter(center);
  transform->SetMatrix(pose.GetMatrix());
  transform->SetTranslation(translation);
  return transform.GetPointer();
}

template <typename TImage>
auto
InitialSearch<TImage>::MakeSettings() const -> SettingsType
{
  SettingsType settings = SettingsType::MakeDefaults(m_IsTurning ? "rigid" : "translation");
  const bool   isOfSamples = m_Settings.Metric == "mean-squares" || m_Settings.Metric == "correlation";
  settings.Metric = isOfSamples ? m_Settings.Metric : "mutual-information";
  settings.HistogramBins = m_Settings.HistogramBins;
  settings.Seed = m_Settings.Seed;
  settings.RegionIndex = m_Settings.RegionIndex;
  settings.RegionSize = m_Settings.RegionSize;
  settings.Levels = 0;
  settings.ShrinkFactors = m_Settings.ShrinkFactors;
  settings.SmoothingSigmas = m_Settings.SmoothingSigmas;
  settings.SigmasInPhysicalUnits = m_Settings.SigmasInPhysicalUnits;
  settings.WorkUnits = 1;
  // Only to tell the places apart: the stage itself goes on from the best of them.
  settings.Samples = { 1000 };
  settings.MinimumStepLength = 0.05;
  settings.RelaxationFactor = 0.5;
  settings.Iterations = { 100 };
  return settings;
}

template <typename TImage>
auto
InitialSearch<TImage>::MakeRegistration() const -> typename FacadeType::Pointer
{
  const auto registration = FacadeType::New();
  registration->WarnOfChanceOff();
  registration->SetFixedImage(m_Inputs.FixedImage);
  registration->SetMovingImage(m_Inputs.MovingImage);
  registration->SetFixedImageMask(m_Inputs.FixedImageMask);
  registration->SetMovingImageMask(m_Inputs.MovingImageMask);
  registration->SetSamplingWeightImage(m_Inputs.SamplingWeightImage);
  registration->SetVirtualDomain(m_Inputs.VirtualDomain);
  registration->SetFixedInitialTransform(m_Inputs.FixedInitialTransform);
  return registration;
}

template <typename TImage>
void
InitialSearch<TImage>::Register(LinearTransformType & transform) const
{
  SettingsType settings = this->MakeSettings();
  const auto   registration = this->MakeRegistration();
  registration->SetSamplePoints(m_Inputs.SamplePoints);
  if (m_ToMoving.GetNumberOfTransforms() > 0)
  {
    registration->SetMovingInitialTransform(TransformsType::Copy(m_ToMoving));
  }
  typename TransformType::Pointer start = &transform;
  if (settings.Transform == "translation")
  {
    const auto translation = TranslationTransform<double, ImageDimension>::New();
    translation->SetOffset(transform.GetTranslation());
    start = translation.GetPointer();
  }
  settings.Transform = "given";
  registration->SetTransformToOptimize(start);
  registration->AddStage(settings);
  registration->AddObserver(IterationEvent(), [this](const EventObject &) { this->CheckAborted(); });
  registration->Update();
  const auto & found = *registration->GetOptimizedTransform();
  if (const auto * const offset = dynamic_cast<const TranslationTransform<double, ImageDimension> *>(&found))
  {
    transform.SetTranslation(offset->GetOffset());
  }
  else
  {
    transform.SetParameters(found.GetParameters());
  }
}

template <typename TImage>
double
InitialSearch<TImage>::Evaluate(const TransformType & transform, const PointSetType & points) const
{
  const auto registration = this->MakeRegistration();
  registration->SetSamplePoints(&points);
  const auto chain = CompositeTransformType::New();
  if (m_ToMoving.GetNumberOfTransforms() > 0)
  {
    chain->AddTransform(TransformsType::Copy(m_ToMoving));
  }
  chain->AddTransform(TransformsType::Copy(transform));
  chain->FlattenTransformQueue();
  registration->SetMovingInitialTransform(chain);
  registration->AddStage(this->MakeSettings());
  const double value = registration->EvaluateMetric();
  const auto   number = static_cast<double>(points.GetNumberOfPoints());
  const double share = static_cast<double>(registration->GetNumberOfValidPoints()) / number;
  // The fewer samples, the worse: other metrics are 0 for those that say nothing, squares have no such value.
  const double worth = m_Settings.Metric == "mean-squares" ? value / std::max(share, 1.0 / number) : value * share;
  return std::isfinite(worth) ? worth : std::numeric_limits<double>::infinity();
}
} // end namespace itk

#endif // itkInitialSearch_hxx
