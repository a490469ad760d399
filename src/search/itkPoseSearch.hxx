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
#ifndef itkPoseSearch_hxx
#define itkPoseSearch_hxx

#include "search/itkPoseSearch.h"

#include "geometry/itkParallelTasks.h"
#include "geometry/itkPointSpread.h"
#include "search/itkSmoothedSamples.h"

#include "itkMachineMemory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace itk
{
template <typename TImage>
PoseSearch<TImage>::PoseSearch(InputsType inputs)
  : m_Inputs(std::move(inputs))
{
  const PointSpread<ImageDimension> spread(m_Inputs.Points);
  m_Center = spread.Middle;
  m_RootMeanSquare = spread.RootMeanSquare;
  for (const auto & point : m_Inputs.Points)
  {
    m_Farthest = std::max(m_Farthest, point.EuclideanDistanceTo(m_Center));
  }

  constexpr double rangeOfMean = 9.0;
  constexpr double stepsOfRange = 10.0;
  const double     radius =
    std::max(m_RootMeanSquare * std::sqrt((ImageDimension + 2.0) / ImageDimension), m_Inputs.VoxelLength);
  const double usual = rangeOfMean * std::sqrt(radius * m_Inputs.VoxelLength);
  m_Range = m_Inputs.TranslationRange > 0.0 ? m_Inputs.TranslationRange : m_Inputs.ShareOfRange * usual;
  m_Step = usual / stepsOfRange;
  m_StepsToSide = static_cast<SizeValueType>(std::ceil(m_Range / m_Step - 1e-6));
  if (m_Inputs.RotationRange > 0.0)
  {
    const double step = 2.0 * m_Step / std::max(m_RootMeanSquare, m_Step);
    m_NumberOfAngles =
      std::max<SizeValueType>(static_cast<SizeValueType>(std::ceil(2.0 * m_Inputs.RotationRange / step)), 1);
    m_AngleStep = 2.0 * m_Inputs.RotationRange / static_cast<double>(m_NumberOfAngles);
  }
}

template <typename TImage>
SizeValueType
PoseSearch<TImage>::GetNumberOfPoses() const
{
  SizeValueType number = 1;
  for (unsigned int k = 0; k < PoseType::NumberOfParameters; ++k)
  {
    number *= k < ImageDimension ? 2 * m_StepsToSide + 1 : m_NumberOfAngles;
  }
  return number;
}

template <typename TImage>
auto
PoseSearch<TImage>::MakeLattice() const -> LatticeType
{
  // Where the samples can come to: not farther from the centre than they are, and not farther than they are turned.
  const double turn = std::sqrt(static_cast<double>(PoseType::NumberOfAngles)) * (m_Inputs.RotationRange + m_AngleStep);
  const double chord = 2.0 * m_Farthest * std::sin(std::min(0.5 * turn, 1.5));
  PointType    lower;
  PointType    upper;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    double extent = 0.0;
    for (const auto & point : m_Inputs.Points)
    {
      extent = std::max(extent, std::abs(point[d] - m_Center[d]));
    }
    extent = std::min(extent + chord, m_Farthest) + (static_cast<double>(m_StepsToSide) + 1.0) * m_Step;
    lower[d] = m_Center[d] - extent;
    upper[d] = m_Center[d] + extent;
  }
  constexpr double bytesPerPoint = (ImageDimension * 2 + 2) * sizeof(double);
  double           bytes = bytesPerPoint;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    bytes *= (upper[d] - lower[d]) / m_Step * CellsPerStep + 3.0;
  }
  MachineMemory::Check("search-translation: to look " + std::to_string(m_Range) + " far", bytes, "Look less far.");
  LatticeType            lattice(lower, upper, m_Step / CellsPerStep);
  std::vector<PointType> points(lattice.Bins.size());
  for (std::size_t place = 0; place < points.size(); ++place)
  {
    points[place] = lattice.GetPoint(place);
  }
  const auto values = SmoothedSamples<TImage>::Evaluate(*m_Inputs.MovingImage,
                                                        m_Inputs.MovingMask,
                                                        m_Inputs.ToMoving,
                                                        points,
                                                        this->GetSigma(),
                                                        m_Inputs.NumberOfWorkUnits);
  // Bins for what is near, of which the most is looked up.
  const double        reach = m_Farthest + 0.5 * m_Range;
  std::vector<double> near;
  for (std::size_t place = 0; place < points.size(); ++place)
  {
    if (std::isfinite(values[place]) && points[place].SquaredEuclideanDistanceTo(m_Center) <= reach * reach)
    {
      near.push_back(values[place]);
    }
  }
  if (near.empty())
  {
    std::copy_if(
      values.begin(), values.end(), std::back_inserter(near), [](double value) { return std::isfinite(value); });
  }
  if (!near.empty())
  {
    const IntensityBins bins(std::move(near));
    std::transform(values.begin(), values.end(), lattice.Bins.begin(), [&bins](double value) {
      return std::isfinite(value) ? bins.Find(value) : LatticeType::Outside;
    });
  }
  return lattice;
}

template <typename TImage>
bool
PoseSearch<TImage>::IsBetter(const CandidateType & one, const CandidateType & other)
{
  return one.Score != other.Score ? one.Score > other.Score : one.Pose.Parameters < other.Pose.Parameters;
}

template <typename TImage>
auto
PoseSearch<TImage>::Scan(const ScoreType & score, const LatticeType & lattice) const -> CandidatesType
{
  constexpr std::size_t bestOfTask = 8;
  const SizeValueType   side = 2 * m_StepsToSide + 1;
  SizeValueType         numberOfRotations = 1;
  for (unsigned int k = 0; k < PoseType::NumberOfAngles; ++k)
  {
    numberOfRotations *= m_NumberOfAngles;
  }
  const auto translationOf = [this](SizeValueType n) {
    return (static_cast<double>(n) - static_cast<double>(m_StepsToSide)) * m_Step;
  };
  // A task is all translations along the other axes, of one rotation and one along the last axis.
  std::vector<CandidatesType> bestOfTasks(numberOfRotations * side);
  ParallelTasks::Share(bestOfTasks.size(), m_Inputs.NumberOfWorkUnits, [&](const auto & next) {
    WorkspaceType workspace;
    next([&](SizeValueType task) {
      if (this->IsAborting())
      {
        return;
      }
      PoseType      begin;
      SizeValueType rest = task / side;
      for (unsigned int k = ImageDimension; k < PoseType::NumberOfParameters; ++k)
      {
        begin.Parameters[k] =
          (static_cast<double>(rest % m_NumberOfAngles) - 0.5 * static_cast<double>(m_NumberOfAngles - 1)) *
          m_AngleStep;
        rest /= m_NumberOfAngles;
      }
      for (unsigned int d = 0; d < ImageDimension; ++d)
      {
        begin.Parameters[d] = translationOf(d + 1 < ImageDimension ? 0 : task % side);
      }
      score.SetPose(begin, workspace);
      CandidatesType & best = bestOfTasks[task];
      SizeValueType    numberOfShifts = 1;
      for (unsigned int d = 0; d + 1 < ImageDimension; ++d)
      {
        numberOfShifts *= side;
      }
      for (SizeValueType n = 0; n < numberOfShifts; ++n)
      {
        CandidateType  candidate{ begin, 0.0 };
        std::ptrdiff_t shift = 0;
        SizeValueType  left = n;
        for (unsigned int d = 0; d + 1 < ImageDimension; ++d)
        {
          candidate.Pose.Parameters[d] = translationOf(left % side);
          shift += static_cast<std::ptrdiff_t>(left % side) * CellsPerStep * lattice.Strides[d];
          left /= side;
        }
        candidate.Score = score.Evaluate(workspace, shift);
        if (best.size() < bestOfTask || candidate.Score > best.back().Score)
        {
          if (best.size() == bestOfTask)
          {
            best.pop_back();
          }
          best.insert(std::upper_bound(best.begin(), best.end(), candidate, IsBetter), candidate);
        }
      }
    });
  });
  CandidatesType all;
  for (const auto & best : bestOfTasks)
  {
    all.insert(all.end(), best.begin(), best.end());
  }
  return all;
}

template <typename TImage>
auto
PoseSearch<TImage>::Spread(CandidatesType candidates, std::size_t most) const -> CandidatesType
{
  std::sort(candidates.begin(), candidates.end(), IsBetter);
  CandidatesType kept;
  for (const auto & candidate : candidates)
  {
    if (kept.size() == most || !(candidate.Score > 0.0)) // which says nothing, as one outside of the image
    {
      break;
    }
    const bool isNew = std::none_of(
      kept.begin(), kept.end(), [&](const auto & other) { return !this->AreApart(candidate.Pose, other.Pose); });
    if (isNew)
    {
      kept.push_back(candidate);
    }
  }
  return kept;
}

template <typename TImage>
bool
PoseSearch<TImage>::IsInRange(const PoseType & pose) const
{
  for (unsigned int k = 0; k < PoseType::NumberOfParameters; ++k)
  {
    const double limit = k < ImageDimension ? (static_cast<double>(m_StepsToSide) + 0.9) * m_Step
                                            : m_Inputs.RotationRange + 0.9 * m_AngleStep;
    if (std::abs(pose.Parameters[k]) > limit)
    {
      return false;
    }
  }
  return true;
}

template <typename TImage>
void
PoseSearch<TImage>::Improve(CandidateType & candidate, const ScoreType & score, WorkspaceType & workspace) const
{
  constexpr unsigned int numberOfHalvings = 3;
  constexpr unsigned int mostRounds = 8;
  double                 factor = 0.5;
  for (unsigned int halving = 0; halving < numberOfHalvings; ++halving, factor *= 0.5)
  {
    bool isMoving = true;
    for (unsigned int round = 0; isMoving && round < mostRounds; ++round)
    {
      isMoving = false;
      for (unsigned int k = 0; k < PoseType::NumberOfParameters; ++k)
      {
        const double step = factor * (k < ImageDimension ? m_Step : m_AngleStep);
        if (!(step > 0.0))
        {
          continue;
        }
        for (const double side : { -step, step })
        {
          CandidateType other = candidate;
          other.Pose.Parameters[k] += side;
          if (!this->IsInRange(other.Pose))
          {
            continue;
          }
          other.Score = score.Evaluate(other.Pose, workspace);
          if (other.Score > candidate.Score)
          {
            candidate = other;
            isMoving = true;
            break;
          }
        }
      }
    }
  }
}

template <typename TImage>
auto
PoseSearch<TImage>::Find() const -> ResultType
{
  const auto fixed = SmoothedSamples<TImage>::Evaluate(
    *m_Inputs.FixedImage, nullptr, m_Inputs.ToFixed, m_Inputs.Points, this->GetSigma(), m_Inputs.NumberOfWorkUnits);
  std::vector<PointType> points;
  std::vector<double>    values;
  for (std::size_t i = 0; i < fixed.size(); ++i)
  {
    if (std::isfinite(fixed[i]))
    {
      points.push_back(m_Inputs.Points[i]);
      values.push_back(fixed[i]);
    }
  }
  if (points.empty())
  {
    return {};
  }
  const IntensityBins fixedBins(values);
  BinsType            bins(values.size());
  std::transform(values.begin(), values.end(), bins.begin(), [&](double value) { return fixedBins.Find(value); });

  const auto      lattice = this->MakeLattice();
  const ScoreType score(points, bins, m_Center, lattice);
  auto candidates = this->Spread(this->Scan(score, lattice), m_Inputs.NumberOfImproved * m_Inputs.NumberOfCandidates);
  candidates.emplace_back(); // the start
  ParallelTasks::Share(candidates.size(), m_Inputs.NumberOfWorkUnits, [&](const auto & next) {
    WorkspaceType workspace;
    next([&](SizeValueType n) {
      if (!this->IsAborting())
      {
        candidates[n].Score = score.Evaluate(candidates[n].Pose, workspace);
        this->Improve(candidates[n], score, workspace);
      }
    });
  });
  if (this->IsAborting())
  {
    return {};
  }
  ResultType result;
  result.Start = candidates.back();
  candidates.pop_back();
  result.Candidates = this->Spread(candidates, m_Inputs.NumberOfCandidates);
  WorkspaceType workspace;
  for (auto & candidate : result.Candidates)
  {
    candidate.Excess = score.ComputeExcess(candidate.Pose, result.Start.Pose, workspace);
  }
  return result;
}
} // end namespace itk

#endif // itkPoseSearch_hxx
