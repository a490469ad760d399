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
#ifndef itkUncertaintyEstimate_hxx
#define itkUncertaintyEstimate_hxx

#include "facade/itkCheckFit.h"
#include "facade/itkDrawPoints.h"
#include "facade/itkErrorBars.h"
#include "facade/itkIsField.h"
#include "facade/itkMakePoseSearchInputs.h"
#include "facade/itkWarpMovingImage.h"
#include "geometry/itkCanBeDecomposed.h"
#include "geometry/itkGridGeometry.h"
#include "geometry/itkParallelTasks.h"

#include "itkLandmarkBasedTransformInitializer.h"
#include "itkMath.h"
#include "itkRigid2DTransform.h"
#include "itkVersorRigid3DTransform.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <exception>
#include <sstream>

namespace itk
{
template <typename TImage>
UncertaintyEstimate<TImage>::UncertaintyEstimate(const InputsType &             inputs,
                                                 const SettingsType &           settings,
                                                 const TransformType &          transform,
                                                 const SplineType *             spline,
                                                 const CompositeTransformType & chain,
                                                 const SamplerType &            sampler,
                                                 SizeValueType                  numberOfSamples,
                                                 const std::atomic<bool> &      isAborting)
  : m_Inputs(inputs)
  , m_Settings(settings)
  , m_Transform(transform)
  , m_Spline(spline)
  , m_Chain(chain)
  , m_Result(CompositeTransformType::New())
  , m_Sampler(sampler)
  , m_NumberOfSamples(numberOfSamples)
  , m_IsAborting(isAborting)
{
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;
  if (chain.GetNumberOfTransforms() > 0)
  {
    m_Result->AddTransform(TransformsType::Copy(chain));
  }
  m_Result->AddTransform(TransformsType::Copy(transform));
  m_Result->FlattenTransformQueue();
}

template <typename TImage>
auto
UncertaintyEstimate<TImage>::Compute() const -> ReportType
{
  const auto start = std::chrono::steady_clock::now();
  ReportType report;
  report.Text = CheckFit<TImage>::Describe(
    m_Inputs, *m_Result, m_Sampler, m_Settings.Seed, InputsType::GetNumberOfWorkUnits(m_Settings));
  report.Status = report.Text.empty() ? "determined" : "lost";
  if (report.Text.empty())
  {
    // Side by side: one of them has too few samples for several threads.
    // What noise there is, is in the voxels: more samples than these say no more.
    const auto                        used = std::min(m_NumberOfSamples, m_Sampler.GetNumberOfVoxels());
    const ErrorBars<TImage>           bars(m_Inputs, m_Settings, m_Transform, m_Chain, used);
    std::string                       ambiguity;
    std::string                       weakness;
    SurveyType                        survey = this->IsThorough() ? ThoroughSurvey : QuickSurvey;
    std::array<std::exception_ptr, 2> problems{};
    ParallelTasks::ForEach(2, InputsType::GetNumberOfWorkUnits(m_Settings), [&](SizeValueType task) {
      try
      {
        (task == 0 ? ambiguity : weakness) =
          task == 0 ? this->FindAlternatives(survey, report)
                    : bars.Estimate(this->Draw(bars.GetNumberOfPoints(this->IsThorough())), report);
      }
      catch (...)
      {
        problems[task] = std::current_exception();
      }
    });
    for (const auto & problem : problems)
    {
      if (problem)
      {
        std::rethrow_exception(problem);
      }
    }
    // What a quick survey leaves in doubt is worth the time.
    constexpr double doubtful = -5.5; // standard deviations
    constexpr double mostVoxels = 0.5;
    if (ambiguity.empty() && !this->IsThorough() &&
        (survey.Excess > doubtful || report.StandardError > mostVoxels * m_Inputs.GetShortestSpacing()))
    {
      survey = ThoroughSurvey;
      ambiguity = this->FindAlternatives(survey, report);
    }
    if (weakness.empty())
    {
      weakness = bars.DescribeSqueeze();
    }
    report.Status = !ambiguity.empty() ? "ambiguous" : !weakness.empty() ? "weak" : "determined";
    report.Text = !ambiguity.empty() ? ambiguity : weakness;
    this->MapErrors(report);
  }
  if (m_IsAborting)
  {
    throw ProcessAborted(__FILE__, __LINE__);
  }
  report.Seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

template <typename TImage>
void
UncertaintyEstimate<TImage>::MapErrors(ReportType & report) const
{
  const auto mapErrors = [&](const InputsType &             inputs,
                             const SplineType &             spline,
                             const CompositeTransformType & chain,
                             const CompositeTransformType & toMoving) {
    const SplineErrorMap<TImage> map(
      inputs, m_Settings, spline, chain, toMoving, m_Sampler, m_NumberOfSamples, m_IsAborting);
    map.Estimate(report);
  };
  try
  {
    if (m_Spline != nullptr)
    {
      mapErrors(m_Inputs, *m_Spline, m_Chain, m_Chain);
    }
    else if (IsField(m_Settings))
    {
      using GeometryType = GridGeometry<ImageDimension>;
      constexpr SizeValueType margin = 8; // voxels that samples may move
      auto                    region = m_Sampler.GetBoundingRegion();
      region.PadByRadius(margin);
      const auto box = GeometryType::Reindex(*m_Sampler.GetDomain(), region);
      const auto inputs = WarpMovingImage(m_Inputs, *m_Result, *box.Grid, InputsType::GetNumberOfWorkUnits(m_Settings));
      mapErrors(inputs, *SplineErrorMap<TImage>::MakeIdentity(m_Sampler), *CompositeTransformType::New(), *m_Result);
    }
  }
  catch (const ProcessAborted &)
  {
    throw;
  }
  catch (const MemoryAllocationError &)
  {
    throw;
  }
  catch (const ExceptionObject &)
  {
    // Half of the samples may see nothing of the moving image: the result is there all the same.
  }
}

template <typename TImage>
auto
UncertaintyEstimate<TImage>::Draw(SizeValueType number) const -> std::vector<PointType>
{
  // Other voxels than those of the registration, as far as there are others; of points that are given, some of them.
  const auto all =
    DrawPoints(m_Inputs, m_Sampler, std::min(number, m_Sampler.GetNumberOfVoxels()), m_Settings.Seed + 0x5eed);
  if (all.size() <= number)
  {
    return all;
  }
  std::vector<PointType> some;
  for (SizeValueType i = 0; i < number; ++i)
  {
    some.push_back(all[i * all.size() / number]);
  }
  return some;
}

template <typename TImage>
auto
UncertaintyEstimate<TImage>::FitMotion(const std::vector<PointType> & points) const ->
  typename CompositeTransformType::Pointer
{
  using FitType = std::conditional_t<ImageDimension == 2, Rigid2DTransform<double>, VersorRigid3DTransform<double>>;
  constexpr double       most = 0.01; // voxels between a fit and what it is of
  std::vector<PointType> mapped;
  for (const auto & point : points)
  {
    mapped.push_back(m_Result->TransformPoint(point));
    // The fit is an eigenvector of sums of products.
    const vnl_vector<double> place(mapped.back().GetVnlVector());
    if (!CanBeDecomposed(outer_product(place, place)))
    {
      return m_Result;
    }
  }
  const auto fit = FitType::New();
  const auto initializer = LandmarkBasedTransformInitializer<FitType, TImage, TImage>::New();
  initializer->SetFixedLandmarks(points);
  initializer->SetMovingLandmarks(mapped);
  initializer->SetTransform(fit);
  initializer->InitializeTransform();
  double sum = 0.0;
  for (SizeValueType i = 0; i < points.size(); ++i)
  {
    sum += fit->TransformPoint(points[i]).SquaredEuclideanDistanceTo(mapped[i]);
  }
  const auto motion = CompositeTransformType::New();
  if (std::sqrt(sum / static_cast<double>(points.size())) < most * m_Inputs.GetShortestSpacing())
  {
    return m_Result;
  }
  motion->AddTransform(fit);
  return motion;
}

template <typename TImage>
std::string
UncertaintyEstimate<TImage>::FindAlternatives(SurveyType & survey, ReportType & report) const
{
  constexpr double least = 3.0; // standard deviations that the result has to be above others

  const bool isTurning = m_Transform.GetNumberOfParameters() > ImageDimension;
  auto       points = this->Draw(survey.NumberOfPoints);
  if (points.empty())
  {
    return {};
  }
  // What is stretched fits little elsewhere, or anything: others are as rigid as they can be.
  const auto motion = this->FitMotion(points);
  auto       inputs = MakePoseSearchInputs<TImage>(m_Inputs, m_Settings, motion.GetPointer(), m_IsAborting);
  inputs.Points = std::move(points);
  inputs.ShareOfRange = survey.ShareOfRange;
  inputs.RotationRange = isTurning ? SettingsType().SearchRotation * Math::pi / 180.0 : 0.0;
  inputs.NumberOfCandidates = survey.NumberOfCandidates;
  inputs.NumberOfImproved = survey.NumberOfImproved;
  const PoseSearchType  search(std::move(inputs));
  const auto            found = search.Find();
  std::vector<PoseType> poses;
  for (const auto & candidate : found.Candidates)
  {
    if (search.AreApart(candidate.Pose, found.Start.Pose) && search.AreApart(candidate.Pose, {}))
    {
      survey.Excess = std::max(survey.Excess, candidate.Excess);
      if (candidate.Excess > -least)
      {
        poses.push_back(candidate.Pose);
      }
    }
  }
  if (poses.empty())
  {
    return {};
  }
  constexpr SizeValueType      numberToCompareBy = 4000;
  constexpr SizeValueType      numberOfGroups = 8;
  constexpr double             step = 0.005; // so that the ends are where the values are as good as they get
  const auto                   others = this->Draw(numberToCompareBy);
  const PoseRefinement<TImage> result(m_Inputs, m_Settings, *m_Result, isTurning, m_IsAborting);
  const PoseRefinement<TImage> refinement(m_Inputs, m_Settings, *motion, isTurning, m_IsAborting, step);
  const CandidateType          here = result.Evaluate(search.GetCenter(), others, numberOfGroups);
  const double                 tolerance = this->ComputeTolerance(here.Value, others);
  std::string                  text;
  for (auto & other : refinement.Refine(poses, search.GetCenter(), others, numberOfGroups))
  {
    auto sameHere = here;
    if (std::isfinite(other.Value))
    {
      refinement.EvaluateTogether(other, result, sameHere, others, numberOfGroups);
    }
    const auto another = this->AddAlternative(other, sameHere, *motion, others, tolerance, report);
    text = text.empty() ? another : text;
  }
  return text;
}

template <typename TImage>
double
UncertaintyEstimate<TImage>::ComputeTolerance(double ofResult, const std::vector<PointType> & points) const
{
  constexpr double relative = 0.02;
  if (m_Settings.Metric != "mean-squares")
  {
    return relative * std::abs(ofResult);
  }
  const auto values = SmoothedSamples<TImage>::Evaluate(*m_Inputs.FixedImage,
                                                        nullptr,
                                                        m_Inputs.FixedInitialTransform,
                                                        points,
                                                        0.0,
                                                        InputsType::GetNumberOfWorkUnits(m_Settings));
  double     number = 0.0;
  double     mean = 0.0;
  double     square = 0.0;
  for (const double value : values)
  {
    if (std::isfinite(value))
    {
      // One by one, so that an offset costs no digits.
      number += 1.0;
      const double difference = value - mean;
      mean += difference / number;
      square += difference * (value - mean);
    }
  }
  return number > 0.0 ? relative * square / number : 0.0;
}

template <typename TImage>
std::string
UncertaintyEstimate<TImage>::AddAlternative(const CandidateType &          other,
                                            const CandidateType &          here,
                                            const CompositeTransformType & motion,
                                            const std::vector<PointType> & points,
                                            double                         tolerance,
                                            ReportType &                   report) const
{
  constexpr double least = 3.0;

  // By how much the value here is lower, and how much that scatters.
  const auto difference = PoseRefinement<TImage>::Compare(other, here);
  if (!std::isfinite(other.Value) || difference.NumberOfGroups < 2)
  {
    return {};
  }
  const double scatter = least * difference.Deviation + tolerance;
  if (std::isfinite(difference.Mean) && difference.Mean > scatter)
  {
    return {};
  }
  const auto transform = CompositeTransformType::New();
  transform->AddTransform(MaskedRegistrationTransform<ImageDimension>::Copy(motion));
  transform->AddTransform(other.Transform);
  transform->FlattenTransformQueue();
  // A registration from there may have ended here.
  double square = 0.0;
  for (const auto & point : points)
  {
    square += transform->TransformPoint(point).SquaredEuclideanDistanceTo(m_Result->TransformPoint(point));
  }
  constexpr double apart = 2.0; // voxels
  if (std::sqrt(square / static_cast<double>(points.size())) < apart * m_Inputs.GetShortestSpacing())
  {
    return {};
  }
  typename ReportType::Alternative alternative;
  alternative.Transform = transform;
  alternative.Value = other.Value;
  report.Alternatives.push_back(alternative);

  const auto middle = other.Transform->GetCenter();
  const auto moved = transform->TransformPoint(middle) - m_Result->TransformPoint(middle);
  double     trace = 0.0;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    trace += other.Transform->GetMatrix()(d, d);
  }
  const double angle =
    std::acos(std::min(std::max(ImageDimension == 2 ? 0.5 * trace : 0.5 * (trace - 1.0), -1.0), 1.0));
  std::ostringstream text;
  text << "Another place fits " << (std::isfinite(here.Value) && difference.Mean > -scatter ? "as well" : "better")
       << " inside the mask: shifted by " << ErrorBars<TImage>::DescribeVector(moved)
       << " from the result, and turned by " << std::round(angle * 1800.0 / Math::pi) / 10.0
       << " degrees. If the motion is large, use initialization \"search\"; if the images repeat themselves, a larger "
          "mask.";
  return text.str();
}
} // end namespace itk

#endif // itkUncertaintyEstimate_hxx
