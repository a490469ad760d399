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
#include "facade/itkMakePoseSearchInputs.h"

#include "itkMath.h"

#include <algorithm>
#include <numeric>

namespace itk
{
template <typename TImage>
auto
InitialSearch<TImage>::Find(ReportType & report, const TransformType * ofStage) -> typename LinearTransformType::Pointer
{
  auto inputs = MakePoseSearchInputs<TImage>(
    m_Inputs, m_Settings, m_ToMoving.GetNumberOfTransforms() > 0 ? &m_ToMoving : nullptr, m_IsAborting);
  std::vector<PointType> others;
  this->Draw(inputs.Points, others);
  const auto points = inputs.Points;
  inputs.TranslationRange = m_Settings.SearchTranslation;
  inputs.RotationRange = m_IsTurning ? m_Settings.SearchRotation * Math::pi / 180.0 : 0.0;
  inputs.NumberOfCandidates = m_Settings.SearchCandidates;
  const PoseSearchType search(std::move(inputs));
  report.NumberOfPoses = search.GetNumberOfPoses();
  report.TranslationRange = search.GetTranslationRange();

  // Where the images lie comes first, and wins where nothing is clearly better.
  std::vector<PoseType> poses;
  const bool            isStartInside = this->IsInMovingImage(points);
  if (isStartInside)
  {
    poses.emplace_back();
  }
  for (const auto & candidate : search.Find().Candidates)
  {
    poses.push_back(candidate.Pose);
  }
  const RefinementType refinement(m_Inputs, m_Settings, m_ToMoving, m_IsTurning, m_IsAborting);
  const bool           isCompared = isStartInside && ofStage != nullptr;
  auto candidates = refinement.Refine(poses, search.GetCenter(), others, 0, isCompared ? ofStage : nullptr);
  bool isOfStage = false;
  if (isCompared)
  {
    const auto found = candidates.back();
    candidates.pop_back();
    const auto & start = candidates.front();
    const bool   isLower = start.Value < found.Value;
    isOfStage = std::isfinite(found.Value) &&
                (!std::isfinite(start.Value) || !IsClearlyBetter(start, found, refinement, others, isLower));
    candidates.front() = isOfStage ? found : candidates.front();
  }
  std::string                problem;
  std::vector<SizeValueType> order; // of those that have a value
  for (SizeValueType n = 0; n < candidates.size(); ++n)
  {
    const auto & candidate = candidates[n];
    if (!std::isfinite(candidate.Value))
    {
      problem = candidate.Problem;
      continue;
    }
    order.push_back(n);
    report.Candidates.push_back(
      { candidate.Transform->GetParameters(), candidate.Transform->GetFixedParameters(), candidate.Value });
  }
  if (order.empty())
  {
    itkGenericExceptionMacro("initialization \"" << m_Settings.Initialization << "\": at no place within "
                                                 << search.GetTranslationRange()
                                                 << " of where the images lie is there anything to compare. If they "
                                                    "are farther apart, use \"geometry-search\", or widen "
                                                    "search-translation."
                                                 << (problem.empty() ? "" : " One of them failed: ") << problem);
  }
  // The best one first. It gives way to one that fits better where both see the moving image, if it does so clearly.
  constexpr SizeValueType    numberOfGroups = 8;
  constexpr double           least = 3.0; // standard deviations
  std::vector<SizeValueType> sorted(order.size());
  std::iota(sorted.begin(), sorted.end(), SizeValueType{ 0 });
  std::stable_sort(sorted.begin(), sorted.end(), [&](SizeValueType a, SizeValueType b) {
    return candidates[order[a]].Value < candidates[order[b]].Value;
  });
  report.Chosen = sorted.front();
  for (const SizeValueType n : sorted)
  {
    auto best = candidates[order[report.Chosen]];
    auto other = candidates[order[n]];
    if (n != report.Chosen && refinement.EvaluateTogether(best, refinement, other, others, numberOfGroups))
    {
      const auto difference = RefinementType::Compare(best, other);
      // In few samples, images share more by chance: only the scatter is that of the groups.
      report.Chosen = best.Value - other.Value > least * difference.Deviation ? n : report.Chosen;
    }
  }
  // Of so many places, some are better by chance than where the images lie.
  const bool hasStart = isStartInside && order.front() == 0;
  if (hasStart && report.Chosen != 0 &&
      !IsClearlyBetter(candidates[order[report.Chosen]], candidates.front(), refinement, others, true))
  {
    report.Chosen = 0;
  }
  // The stage finds it once more.
  return hasStart && report.Chosen == 0 && isOfStage ? RefinementType::MakeTransform({}, search.GetCenter())
                                                     : candidates[order[report.Chosen]].Transform;
}

template <typename TImage>
bool
InitialSearch<TImage>::IsClearlyBetter(CandidateType                  one,
                                       CandidateType                  other,
                                       const RefinementType &         refinement,
                                       const std::vector<PointType> & points,
                                       bool                           otherwise)
{
  constexpr SizeValueType numberOfGroups = 8;
  constexpr double        least = 4.5; // standard deviations: what is right has more than 5, what is wrong less than 3
  if (!refinement.EvaluateTogether(one, refinement, other, points, numberOfGroups))
  {
    if (refinement.FindInside(one, points) != refinement.FindInside(other, points))
    {
      return otherwise;
    }
    refinement.Evaluate(one, points, numberOfGroups);
    refinement.Evaluate(other, points, numberOfGroups);
  }
  return other.Value - one.Value > least * RefinementType::Compare(one, other).Deviation;
}

template <typename TImage>
void
InitialSearch<TImage>::Draw(std::vector<PointType> & points, std::vector<PointType> & others) const
{
  constexpr SizeValueType numberOfSamples = 1000;
  constexpr SizeValueType numberToChooseBy = 4000;
  constexpr SizeValueType fewestToDivide = 200;

  const auto          wanted = std::min(numberOfSamples + numberToChooseBy, m_Sampler.GetNumberOfVoxels());
  const auto          all = DrawPoints(m_Inputs, m_Sampler, wanted, m_Settings.Seed);
  const SizeValueType number = all.size();
  const bool          isDivided = number >= fewestToDivide;
  const SizeValueType first = isDivided ? std::min(numberOfSamples, number / 2) : number;
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
      others.push_back(all[i]);
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

} // end namespace itk

#endif // itkInitialSearch_hxx
