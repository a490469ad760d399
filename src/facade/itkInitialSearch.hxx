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

namespace itk
{
template <typename TImage>
auto
InitialSearch<TImage>::Find(ReportType & report) -> typename LinearTransformType::Pointer
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

  // Where the images lie comes first, and wins where nothing is better.
  std::vector<PoseType> poses;
  if (this->IsInMovingImage(points))
  {
    poses.emplace_back();
  }
  for (const auto & candidate : search.Find().Candidates)
  {
    poses.push_back(candidate.Pose);
  }
  const PoseRefinement<TImage>          refinement(m_Inputs, m_Settings, m_ToMoving, m_IsTurning, m_IsAborting);
  const auto                            candidates = refinement.Refine(poses, search.GetCenter(), others, 0);
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
