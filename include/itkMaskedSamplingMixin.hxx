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
#ifndef itkMaskedSamplingMixin_hxx
#define itkMaskedSamplingMixin_hxx

#include "itkCompositeTransform.h"
#include "itkQuietScope.h"

#include <algorithm>
#include <sstream>
#include <type_traits>

namespace itk
{
template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfSamplePointsInMovingImage(SizeValueType metric) const
{
  const auto & reports = this->GetSamples(metric).GetReports();
  return reports.empty() ? 0 : reports.back().NumberOfPointsInMovingImage;
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfDroppedSamplePoints(SizeValueType metric) const
{
  const auto & reports = this->GetSamples(metric).GetReports();
  return this->GetSamplePoints() != nullptr && !reports.empty()
           ? reports.back().NumberOfRequestedPoints - reports.back().NumberOfPoints
           : 0;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::CollectReports(SizeValueType metric, SizeValueType ReportType::* number) const
  -> NumberOfSamplesArrayType
{
  const auto &             reports = this->GetSamples(metric).GetReports();
  NumberOfSamplesArrayType numbers(static_cast<SizeValueType>(reports.size()));
  for (SizeValueType level = 0; level < numbers.Size(); ++level)
  {
    numbers[level] = reports[level].*number;
  }
  return numbers;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSamples(SizeValueType index) const -> const SamplesType &
{
  static const SamplesType nothing{};
  return index < m_States.size() ? m_States[index].Samples : nothing;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSamplePointSet(SizeValueType metric) const -> const MetricSamplePointSetType *
{
  return metric < m_States.size() ? m_States[metric].Points.GetPointer() : nullptr;
}

template <typename TSuperclass>
bool
MaskedSamplingMixin<TSuperclass>::HasOurPoints(SizeValueType index, const ImageMetricType & metric) const
{
  const auto * const ourPoints = this->GetSamplePointSet(index);
  return ourPoints != nullptr && metric.GetVirtualSampledPointSet() == ourPoints;
}

template <typename TSuperclass>
bool
MaskedSamplingMixin<TSuperclass>::FindWhetherRestricted(SizeValueType index, const ImageMetricType & metric) const
{
  const bool keepsPointsOfMetric = !this->IsDrawing() && this->GetSamplePoints() == nullptr &&
                                   metric.GetUseSampledPointSet() && !this->HasOurPoints(index, metric);
  return !keepsPointsOfMetric && (this->GetOptionalSamplingRegion() || this->GetMaskOf(metric) != nullptr);
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetDomainToFixedTransform() const -> typename InitialTransformType::ConstPointer
{
  const auto * const transform = this->GetFixedInitialTransform();
  return dynamic_cast<const IdentityTransform<RealType, ImageDimension> *>(transform) == nullptr ? transform : nullptr;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetDomainToMovingTransform() const -> typename InitialTransformType::ConstPointer
{
  // The transforms are not changed: a composite transform takes no const ones.
  const auto composite = CompositeTransform<RealType, ImageDimension>::New();
  if (auto * const initialTransform = const_cast<InitialTransformType *>(this->GetMovingInitialTransform()))
  {
    composite->AddTransform(initialTransform);
  }
  composite->AddTransform(this->m_OutputTransform);
  composite->SetOnlyMostRecentTransformToOptimizeOn();
  return composite.GetPointer();
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetDomainToFixedTransformOfSampler() const ->
  typename SamplerTransformType::ConstPointer
{
  const auto transform = this->GetDomainToFixedTransform();
  if constexpr (std::is_same_v<InitialTransformType, SamplerTransformType>)
  {
    return transform;
  }
  else if (transform)
  {
    itkExceptionMacro("The fixed initial transform, " << transform->GetNameOfClass()
                                                      << ", is not of precision double. Mask voxels are sampled in "
                                                         "double: use transforms of double, or none here.");
  }
  return nullptr;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSamplesSettings() const -> typename SamplesType::SettingsType
{
  using StrategyEnum = typename SamplesType::StrategyEnum;
  typename SamplesType::SettingsType settings;
  std::ostringstream                 owner;
  owner << this->GetNameOfClass() << '(' << this << "): "; // as itkExceptionMacro has it
  settings.Owner = owner.str();
  settings.Domain = const_cast<Self *>(this)->Superclass::GetCurrentLevelVirtualDomainImage();
  if (settings.Domain.IsNull())
  {
    settings.Domain = this->GetFixedImage(this->GetImageMetrics().front().first);
  }
  settings.Strategy = this->m_MetricSamplingStrategy == MetricSamplingStrategyEnum::RANDOM    ? StrategyEnum::Random
                      : this->m_MetricSamplingStrategy == MetricSamplingStrategyEnum::REGULAR ? StrategyEnum::Regular
                                                                                              : StrategyEnum::None;
  settings.Region = this->GetOptionalSamplingRegion();
  settings.WeightImage = this->GetSamplingWeightImage();
  if (const auto * const points = this->GetSamplePoints())
  {
    settings.OwnPoints = points->GetPoints();
    if (settings.OwnPoints.IsNull()) // an empty set
    {
      settings.OwnPoints = SamplesType::PointsContainerType::New();
    }
  }
  settings.PerturbSamples = this->GetPerturbSamples();
  settings.NumberOfWorkUnits = this->GetNumberOfWorkUnits();
  return settings;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::UpdateSampler(SizeValueType index, const ImageMetricType & metric) -> SamplerType &
{
  const auto * const fixedImage = this->GetFixedImage(index);
  if (fixedImage == nullptr)
  {
    itkExceptionMacro("There is no fixed image for metric " << index << ". Call SetFixedImage().");
  }
  fixedImage->UpdateSource();
  m_States.resize(this->GetNumberOfMetrics());
  return m_States[index].Samples.UpdateSampler(
    this->GetSamplesSettings(), fixedImage, this->GetMaskOf(metric), this->GetDomainToFixedTransformOfSampler());
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetUpdatedSampler(SizeValueType metric) -> SamplerType &
{
  for (const auto & [index, imageMetric] : this->GetImageMetrics())
  {
    if (index == metric)
    {
      // While the registration runs, the masks and virtual domains on the metrics are not the user's.
      auto * const sampler = this->GetSamples(index).GetSampler();
      return this->m_Updating && sampler != nullptr ? *sampler : this->UpdateSampler(index, *imageMetric);
    }
  }
  itkExceptionMacro("Metric " << metric << " does not exist or is no image metric, so it has no mask voxels. There are "
                              << this->GetNumberOfMetrics() << " metrics, numbered from 0.");
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::StartRun(const ImageMetricsType & imageMetrics)
{
  m_States.resize(this->GetNumberOfMetrics());
  if (imageMetrics.empty())
  {
    return;
  }
  const auto settings = this->GetSamplesSettings();
  for (const auto & [index, metric] : imageMetrics)
  {
    MetricState & state = m_States[index];
    const bool    isRestricted = this->FindWhetherRestricted(index, *metric);
    if (this->HasOurPoints(index, *metric)) // of an earlier run
    {
      metric->UseSampledPointSetOff();
      metric->UseVirtualSampledPointSetOff();
    }
    state.Points = nullptr;
    state.Samples.StartRun(index, settings, isRestricted);
    if (state.Samples.IsSampled())
    {
      this->UpdateSampler(index, *metric);
      state.Samples.CheckOwnPoints();
      state.Samples.CheckNumberOfSamples(this->GetNumberOfSamplesPerLevel());
    }
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetMasksOfRun(const ImageMetricsType & imageMetrics, MetricStateGuard & guard)
{
  for (const auto & [index, metric] : imageMetrics)
  {
    guard.KeepVirtualDomain(*metric);
    guard.KeepMasks(*metric);
    MetricState &      state = m_States[index];
    const auto * const movingMask = metric->GetMovingImageMask();
    state.FixedMask = this->MakeMaskForMetric(this->GetMaskOf(*metric), this->GetFixedImage(index));
    state.MovingMask = this->MakeMaskForMetric(movingMask != nullptr ? movingMask : this->GetMovingImageMask(),
                                               this->GetMovingImage(index));
    metric->SetFixedImageMask(state.FixedMask);
    metric->SetMovingImageMask(state.MovingMask);
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::GenerateData()
{
  this->CheckSettings();
  const auto imageMetrics = this->GetImageMetrics();
  this->StartRun(imageMetrics);

  MetricStateGuard guard;
  if (auto * const multiMetric = dynamic_cast<MultiMetricType *>(this->m_Metric.GetPointer()))
  {
    guard.KeepVirtualDomain(*multiMetric);
  }
  for (SizeValueType n = 0; n < this->GetNumberOfMetrics(); ++n)
  {
    if (auto * const pointSetMetric = dynamic_cast<PointSetMetricType *>(this->GetNthMetric(n)))
    {
      guard.KeepVirtualDomain(*pointSetMetric);
    }
  }
  this->SetMasksOfRun(imageMetrics, guard);
  this->RunLevels();
  this->CheckResult();
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetFixedMaskOfLevel(SizeValueType index, const ImageMetricType & metric) const
  -> const FixedImageMaskType *
{
  return this->GetSamples(index).GetPlan().IsFixedMaskKnown(metric.GetNameOfClass()) ? nullptr
                                                                                     : this->GetFixedMaskOfRun(index);
}

template <typename TSuperclass>
bool
MaskedSamplingMixin<TSuperclass>::IsCropping() const
{
  return this->GetCropVirtualDomainToMask() && !SamplesType::IsOnDomain(*this->m_OutputTransform) &&
         std::all_of(
           m_States.begin(), m_States.end(), [](const MetricState & state) { return state.Samples.IsRestricted(); });
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::MakeCroppedDomain() const -> VirtualImageBaseConstPointer
{
  std::vector<const SamplerType *> samplers;
  for (const MetricState & state : m_States)
  {
    samplers.push_back(state.Samples.GetSampler());
  }
  return SamplesType::MakeCommonGrid(samplers);
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetCurrentLevelVirtualDomainImage() -> VirtualImageBaseConstPointer
{
  return this->IsCropping() ? this->MakeCroppedDomain() : Superclass::GetCurrentLevelVirtualDomainImage();
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::InitializeRegistrationAtEachLevel(const SizeValueType level)
{
  // First, so that the points are there when the superclass tells its observers about the level.
  this->StartLevel(level);
  this->InitializeLevel(level);
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::InitializeLevel(SizeValueType level)
{
  Superclass::InitializeRegistrationAtEachLevel(level);
  if (this->m_MetricSamplingStrategy == MetricSamplingStrategyEnum::NONE)
  {
    // The superclass does not call it.
    this->SetMetricSamplePoints();
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetMetricSamplePoints()
{
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    if (const auto & points = m_States[index].Points)
    {
      const bool usesPoints = this->GetSamples(index).GetPlan().UsesPointSet();
      metric->SetVirtualSampledPointSet(points);
      metric->SetUseSampledPointSet(usesPoints);
      metric->SetUseVirtualSampledPointSet(usesPoints);
    }
  }
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::DescribeLevel(SizeValueType level) const -> typename SamplesType::LevelType
{
  typename SamplesType::LevelType described;
  described.Level = level;
  described.ShrinkFactors = this->m_ShrinkFactorsPerLevel[level];
  described.IsCropped = this->IsCropping();
  if (SamplesType::IsOnDomain(*this->m_OutputTransform))
  {
    described.TransformOnGrid = this->m_OutputTransform->GetNameOfClass();
  }
  described.NumberOfSamples = this->GetNumberOfSamplesPerLevel()[level];
  described.Percentage = this->m_MetricSamplingPercentagePerLevel[level];
  described.DomainToFixed = this->GetDomainToFixedTransformOfSampler();
  const auto domainToMoving = this->GetDomainToMovingTransform();
  if constexpr (std::is_same_v<InitialTransformType, SamplerTransformType>)
  {
    described.DomainToMoving = domainToMoving;
  }
  else
  {
    described.MapToMoving = [domainToMoving](const Point<double, ImageDimension> & point) {
      typename InitialTransformType::InputPointType input;
      input.CastFrom(point);
      Point<double, ImageDimension> mapped;
      mapped.CastFrom(domainToMoving->TransformPoint(input));
      return mapped;
    };
  }
  return described;
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::StartLevel(SizeValueType level)
{
  typename SamplesType::LevelType described;
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    MetricState & state = m_States[index];
    if (!state.Samples.IsSampled())
    {
      continue;
    }
    if (!described.LevelGrid)
    {
      described = this->DescribeLevel(level);
      const VirtualImageBaseConstPointer domain =
        described.IsCropped ? this->MakeCroppedDomain()
                            : VirtualImageBaseConstPointer(state.Samples.GetSampler()->GetDomain());
      described.LevelGrid = this->MakeLevelGrid(level, *domain);
    }
    described.Seed = this->MakeSeed(index, 0);
    described.TakesCoordinates = this->TakesCoordinates(*metric);
    state.Samples.StartLevel(described, *this->GetMovingImage(index), state.MovingMask);
    this->TakePointsOf(index);

    const ReportType & report = state.Samples.GetReports().back();
    if (10 * report.NumberOfPointsInMovingImage < report.NumberOfPoints && !QuietScope::IsActive())
    {
      itkWarningMacro("At the start of level "
                      << level << ", only " << report.NumberOfPointsInMovingImage << " of the " << report.NumberOfPoints
                      << " sample points of metric " << index << " map into the moving image"
                      << (state.MovingMask ? " and its mask" : "")
                      << ". Is the initial transform right? It maps points of the fixed image to "
                         "the moving image.");
    }
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::TakePointsOf(SizeValueType index)
{
  // The types of point sets differ in what their points carry, not in the points.
  m_States[index].Points = MetricSamplePointSetType::New();
  m_States[index].Points->SetPoints(this->GetSamples(index).GetPoints());
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::DrawSamplePointsAgain(SizeValueType iteration)
{
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    m_States[index].Samples.DrawAgain(this->MakeSeed(index, iteration));
    this->TakePointsOf(index);
    metric->SetVirtualSampledPointSet(m_States[index].Points);
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);

  os << indent << "Samplings: " << m_States.size() << std::endl;
}
} // end namespace itk

#endif // itkMaskedSamplingMixin_hxx
