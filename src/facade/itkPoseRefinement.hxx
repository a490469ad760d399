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
#ifndef itkPoseRefinement_hxx
#define itkPoseRefinement_hxx

#include "facade/itkCallWithMetric.h"
#include "facade/itkMetricAtSamples.h"
#include "facade/itkSampleGroups.h"
#include "geometry/itkParallelTasks.h"
#include "search/itkSmoothedSamples.h"

#include "itkQuietScope.h"
#include "itkTranslationTransform.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TImage>
auto
PoseRefinement<TImage>::Refine(const std::vector<PoseType> &  poses,
                               const PointType &              center,
                               const std::vector<PointType> & points,
                               SizeValueType                  numberOfGroups,
                               const TransformType *          ofStage) const -> std::vector<CandidateType>
{
  // Each with one thread: there are more of them than threads, and the samples of one are too few to divide. That of
  // the stage takes the longest, and comes first.
  const SizeValueType        before = ofStage != nullptr ? 1 : 0;
  std::vector<CandidateType> candidates(poses.size() + before);
  const auto                 units = InputsType::GetNumberOfWorkUnits(m_Settings);
  ParallelTasks::ForEach(candidates.size(), units, [&](SizeValueType task) {
    const QuietScope    scope;
    const bool          isOfStage = task < before;
    const SizeValueType n = isOfStage ? poses.size() : task - before;
    auto &              candidate = candidates[n];
    candidate.Value = std::numeric_limits<double>::infinity();
    try
    {
      candidate.Transform = isOfStage ? this->Register(*ofStage, m_Settings) : this->RegisterFrom(poses[n], center);
      this->Evaluate(candidate, points, numberOfGroups);
    }
    catch (const ExceptionObject & exception)
    {
      // From there, nothing can be compared; or it was asked to end.
      candidate.Problem = exception.GetDescription();
    }
  });
  this->CheckAborted();
  return candidates;
}

template <typename TImage>
auto
PoseRefinement<TImage>::Evaluate(const PointType &              center,
                                 const std::vector<PointType> & points,
                                 SizeValueType                  numberOfGroups) const -> CandidateType
{
  const QuietScope scope;
  CandidateType    candidate;
  candidate.Transform = MakeTransform({}, center);
  this->Evaluate(candidate, points, numberOfGroups);
  return candidate;
}

template <typename TImage>
std::vector<bool>
PoseRefinement<TImage>::FindInside(const CandidateType & candidate, const std::vector<PointType> & points) const
{
  const auto chain = CompositeTransformType::New();
  if (m_ToMoving.GetNumberOfTransforms() > 0)
  {
    chain->AddTransform(TransformsType::Copy(m_ToMoving));
  }
  chain->AddTransform(candidate.Transform);
  const auto        values = SmoothedSamples<TImage>::Evaluate(*m_Inputs.MovingImage,
                                                        m_Inputs.MovingImageMask,
                                                        chain.GetPointer(),
                                                        points,
                                                        0.0,
                                                        InputsType::GetNumberOfWorkUnits(m_Settings));
  std::vector<bool> inside(values.size());
  std::transform(values.begin(), values.end(), inside.begin(), [](double value) { return std::isfinite(value); });
  return inside;
}

template <typename TImage>
auto
PoseRefinement<TImage>::Compare(const CandidateType & one, const CandidateType & other) -> DifferenceType
{
  DifferenceType difference;
  difference.NumberOfGroups = std::min(one.ValuesOfGroups.size(), other.ValuesOfGroups.size());
  double sum = 0.0;
  double sumOfSquares = 0.0;
  for (SizeValueType group = 0; group < difference.NumberOfGroups; ++group)
  {
    const double ofGroup = one.ValuesOfGroups[group] - other.ValuesOfGroups[group];
    sum += ofGroup;
    sumOfSquares += ofGroup * ofGroup;
  }
  const auto n = static_cast<double>(difference.NumberOfGroups);
  difference.Mean = sum / n;
  difference.Deviation = std::sqrt(std::max(sumOfSquares - sum * sum / n, 0.0) / ((n - 1.0) * n));
  return difference;
}

template <typename TImage>
bool
PoseRefinement<TImage>::EvaluateTogether(CandidateType &                candidate,
                                         const PoseRefinement &         otherRefinement,
                                         CandidateType &                other,
                                         const std::vector<PointType> & points,
                                         SizeValueType                  numberOfGroups) const
{
  constexpr double       least = 1.0 / 3.0; // of those of the one that sees more
  const auto             inside = this->FindInside(candidate, points);
  const auto             insideOfOther = otherRefinement.FindInside(other, points);
  std::vector<PointType> common;
  for (SizeValueType i = 0; i < points.size(); ++i)
  {
    if (inside[i] && insideOfOther[i])
    {
      common.push_back(points[i]);
    }
  }
  const auto count = [](const std::vector<bool> & flags) { return std::count(flags.begin(), flags.end(), true); };
  const auto most = static_cast<double>(std::max(count(inside), count(insideOfOther)));
  if (static_cast<double>(common.size()) == most || static_cast<double>(common.size()) < least * most)
  {
    return false;
  }
  const QuietScope scope;
  this->Evaluate(candidate, common, numberOfGroups);
  otherRefinement.Evaluate(other, common, numberOfGroups);
  return true;
}

template <typename TImage>
auto
PoseRefinement<TImage>::MakeTransform(const PoseType & pose, const PointType & center) ->
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
PoseRefinement<TImage>::MakeSettings() const -> SettingsType
{
  SettingsType settings = SettingsType::MakeDefaults(m_IsTurning ? "rigid" : "translation");
  SetMetricAtSamples(m_Settings, settings);
  settings.Seed = m_Settings.Seed;
  settings.RegionIndex = m_Settings.RegionIndex;
  settings.RegionSize = m_Settings.RegionSize;
  settings.Levels = 0;
  settings.ShrinkFactors = m_Settings.ShrinkFactors;
  settings.SmoothingSigmas = m_Settings.SmoothingSigmas;
  settings.SigmasInPhysicalUnits = m_Settings.SigmasInPhysicalUnits;
  settings.WorkUnits = 1;
  settings.Uncertainty = "none";
  // Only to tell the places apart: the stage itself goes on from the best of them.
  settings.Samples = { 1000 };
  settings.MinimumStepLength = m_MinimumStepLength;
  settings.RelaxationFactor = 0.5;
  settings.Iterations = { 100 };
  return settings;
}

template <typename TImage>
auto
PoseRefinement<TImage>::RegisterFrom(const PoseType & pose, const PointType & center) const ->
  typename LinearTransformType::Pointer
{
  const auto start = MakeTransform(pose, center);
  if (m_IsTurning)
  {
    return this->Register(*start, this->MakeSettings());
  }
  const auto translation = TranslationTransform<double, ImageDimension>::New();
  translation->SetOffset(start->GetTranslation());
  const auto found = this->Register(*translation, this->MakeSettings());
  start->SetTranslation(found->GetTranslation());
  return start;
}

template <typename TImage>
auto
PoseRefinement<TImage>::Register(const TransformType & start, SettingsType settings) const ->
  typename LinearTransformType::Pointer
{
  settings.Transform = "given";
  settings.Regularization = 0.0;
  settings.Levels = 0;
  settings.Initialization = "none";
  settings.Uncertainty = "none";
  settings.WorkUnits = 1;
  const auto registration = FacadeType::New();
  m_Inputs.SetImagesOf(*registration);
  registration->SetSamplingWeightImage(m_Inputs.SamplingWeightImage);
  registration->SetSamplePoints(m_Inputs.SamplePoints);
  if (m_ToMoving.GetNumberOfTransforms() > 0)
  {
    registration->SetMovingInitialTransform(TransformsType::Copy(m_ToMoving));
  }
  registration->SetTransformToOptimize(&start);
  registration->AddStage(settings);
  registration->AddObserver(IterationEvent(), [this](const EventObject &) { this->CheckAborted(); });
  registration->Update();
  const auto found = TransformsType::Copy(*registration->GetOptimizedTransform());
  if (const auto * const offset =
        dynamic_cast<const TranslationTransform<double, ImageDimension> *>(found.GetPointer()))
  {
    const auto rigid = MakeTransform({}, PointType{});
    rigid->SetTranslation(offset->GetOffset());
    return rigid;
  }
  return dynamic_cast<LinearTransformType *>(found.GetPointer());
}

template <typename TImage>
void
PoseRefinement<TImage>::Evaluate(CandidateType &                candidate,
                                 const std::vector<PointType> & points,
                                 SizeValueType                  numberOfGroups) const
{
  const QuietScope scope;
  SettingsType     settings = this->MakeSettings().Resolve();
  settings.SmoothingSigmas = { 0.0 };
  const SampleGroups<ImageDimension> groups(points,
                                            std::max<SizeValueType>(std::min(numberOfGroups, points.size()), 1));
  candidate.ValuesOfGroups.clear();
  CallWithMetric<TImage>(settings, m_Inputs, *candidate.Transform, m_ToMoving, points, [&](auto & metric) {
    // The fewer samples, the worse: other metrics are 0 for those that say nothing, squares have no such value.
    const auto evaluate = [&](const auto & isWanted) {
      const auto   number = static_cast<double>(groups.SetSamples(metric, isWanted));
      const double value = metric.GetValue();
      const double share = static_cast<double>(metric.GetNumberOfValidPoints()) / number;
      const double worth = settings.Metric == "mean-squares" ? value / std::max(share, 1.0 / number) : value * share;
      return std::isfinite(worth) ? worth : std::numeric_limits<double>::infinity();
    };
    candidate.Value = evaluate([](SizeValueType) { return true; });
    for (SizeValueType wanted = 0; wanted < std::min(numberOfGroups, groups.GetNumberOfGroups()); ++wanted)
    {
      candidate.ValuesOfGroups.push_back(evaluate([wanted](SizeValueType group) { return group == wanted; }));
    }
  });
}
} // end namespace itk

#endif // itkPoseRefinement_hxx
