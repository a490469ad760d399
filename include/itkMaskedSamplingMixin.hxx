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
#include "sampler/itkMaskWithChildren.h"
#include "itkMath.h"
#include "itkPrintHelper.h"
#include "metric/itkSampledTransform.h"
#include "itkShrinkImageFilter.h"
#include "geometry/itkUniteRegions.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <type_traits>

namespace itk
{
template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetMetricSamplingPercentagePerLevel(
  const MetricSamplingPercentageArrayType & samplingPercentages)
{
  for (SizeValueType level = 0; level < samplingPercentages.Size(); ++level)
  {
    const RealType percentage = samplingPercentages[level];
    if (!(percentage > 0.0 && percentage <= 1.0))
    {
      itkExceptionMacro(
        "The metric sampling percentage of level "
        << level << " is " << percentage
        << ". It is a fraction of the mask voxels and must be in (0, 1]: 0.1 means 10 %. For an absolute "
           "number of samples, call SetNumberOfSamples().");
    }
  }
  Superclass::SetMetricSamplingPercentagePerLevel(samplingPercentages);
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetNumberOfSamples(SizeValueType numberOfSamples)
{
  if (m_NumberOfSamples != numberOfSamples || m_NumberOfSamplesPerLevel.Size() > 0)
  {
    m_NumberOfSamples = numberOfSamples;
    m_NumberOfSamplesPerLevel.SetSize(0);
    this->Modified();
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetNumberOfSamplesPerLevel(const NumberOfSamplesArrayType & numberOfSamples)
{
  if (m_NumberOfSamples != 0 || m_NumberOfSamplesPerLevel != numberOfSamples)
  {
    m_NumberOfSamples = 0;
    m_NumberOfSamplesPerLevel = numberOfSamples;
    this->Modified();
  }
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetNumberOfSamplesPerLevel() const -> NumberOfSamplesArrayType
{
  if (m_NumberOfSamplesPerLevel.Size() > 0)
  {
    return m_NumberOfSamplesPerLevel;
  }
  NumberOfSamplesArrayType numberOfSamples(this->m_NumberOfLevels);
  numberOfSamples.Fill(m_NumberOfSamples);
  return numberOfSamples;
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetSamplingRegion(const SamplingRegionType & region)
{
  if (!m_SamplingRegion || *m_SamplingRegion != region)
  {
    m_SamplingRegion = region;
    this->Modified();
  }
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSamplingRegion() const -> SamplingRegionType
{
  return m_SamplingRegion.value_or(SamplingRegionType{});
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::ResetSamplingRegion()
{
  if (m_SamplingRegion)
  {
    m_SamplingRegion.reset();
    this->Modified();
  }
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfMaskVoxels(SizeValueType metric)
{
  return this->GetUpdatedSampler(metric).GetNumberOfVoxels();
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfSamplePoints(SizeValueType metric) const
{
  const auto * const points = this->GetSamplePointSet(metric);
  return points != nullptr ? points->GetNumberOfPoints() : 0;
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfSamplePointsInMovingImage(SizeValueType metric) const
{
  const auto & reports = this->GetSampling(metric).Reports;
  return reports.empty() ? 0 : reports.back().NumberOfPointsInMovingImage;
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfDroppedSamplePoints(SizeValueType metric) const
{
  const auto & reports = this->GetSampling(metric).Reports;
  return m_SamplePoints && !reports.empty() ? reports.back().NumberOfRequestedPoints - reports.back().NumberOfPoints
                                            : 0;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::CollectReports(SizeValueType metric, SizeValueType LevelReport::* number) const
  -> NumberOfSamplesArrayType
{
  const auto &             reports = this->GetSampling(metric).Reports;
  NumberOfSamplesArrayType numbers(static_cast<SizeValueType>(reports.size()));
  for (SizeValueType level = 0; level < numbers.Size(); ++level)
  {
    numbers[level] = reports[level].*number;
  }
  return numbers;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetNumberOfMaskVoxelsPerLevel(SizeValueType metric) const -> NumberOfSamplesArrayType
{
  return this->CollectReports(metric, &LevelReport::NumberOfMaskVoxels);
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetNumberOfRequestedSamplePointsPerLevel(SizeValueType metric) const
  -> NumberOfSamplesArrayType
{
  return this->CollectReports(metric, &LevelReport::NumberOfRequestedPoints);
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetNumberOfSamplePointsPerLevel(SizeValueType metric) const
  -> NumberOfSamplesArrayType
{
  return this->CollectReports(metric, &LevelReport::NumberOfPoints);
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetNumberOfSamplePointsInMovingImagePerLevel(SizeValueType metric) const
  -> NumberOfSamplesArrayType
{
  return this->CollectReports(metric, &LevelReport::NumberOfPointsInMovingImage);
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSampling(SizeValueType index) const -> const MetricSampling &
{
  static const MetricSampling nothing{};
  return index < m_Samplings.size() ? m_Samplings[index] : nothing;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSamplePointSet(SizeValueType metric) const -> const MetricSamplePointSetType *
{
  return this->GetSampling(metric).Points;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetSampler(SizeValueType metric) -> const SamplerType *
{
  return &this->GetUpdatedSampler(metric);
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::GetNumberOfMetrics() const
{
  const auto * const multiMetric = dynamic_cast<const MultiMetricType *>(this->m_Metric.GetPointer());
  return multiMetric != nullptr ? multiMetric->GetNumberOfMetrics() : 1;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetNthMetric(SizeValueType index) const -> MetricType *
{
  auto * const multiMetric = dynamic_cast<MultiMetricType *>(this->m_Metric.GetPointer());
  return multiMetric != nullptr ? multiMetric->GetMetricQueue()[index].GetPointer() : this->m_Metric.GetPointer();
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetImageMetrics() const -> ImageMetricsType
{
  ImageMetricsType imageMetrics;
  for (SizeValueType n = 0; n < this->GetNumberOfMetrics(); ++n)
  {
    if (auto * const imageMetric = dynamic_cast<ImageMetricType *>(this->GetNthMetric(n)))
    {
      imageMetrics.emplace_back(n, imageMetric);
    }
  }
  return imageMetrics;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetMaskOf(const ImageMetricType & metric) const -> const FixedImageMaskType *
{
  const auto * const ownMask = metric.GetFixedImageMask();
  return ownMask != nullptr ? ownMask : m_FixedImageMask.GetPointer();
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
  const bool keepsPointsOfMetric =
    !this->IsDrawing() && !m_SamplePoints && metric.GetUseSampledPointSet() && !this->HasOurPoints(index, metric);
  return !keepsPointsOfMetric && (m_SamplingRegion || this->GetMaskOf(metric) != nullptr);
}

template <typename TSuperclass>
template <typename TArray>
void
MaskedSamplingMixin<TSuperclass>::CheckSizeOfPerLevelArray(const char * name, const TArray & array) const
{
  if (array.size() != this->m_NumberOfLevels)
  {
    itkExceptionMacro(<< name << " has " << array.size() << " values, but there are " << this->m_NumberOfLevels
                      << " levels. Call SetNumberOfLevels() first, then set one value for each level.");
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::CheckPerLevelArrays() const
{
  this->CheckSizeOfPerLevelArray("SmoothingSigmasPerLevel", this->m_SmoothingSigmasPerLevel);
  this->CheckSizeOfPerLevelArray("MetricSamplingPercentagePerLevel", this->m_MetricSamplingPercentagePerLevel);
  if (m_NumberOfSamplesPerLevel.Size() > 0)
  {
    this->CheckSizeOfPerLevelArray("NumberOfSamplesPerLevel", m_NumberOfSamplesPerLevel);
  }
  // The superclass keeps the factors of levels that are not used (any more), so there may be more of them than levels.
  if (this->m_ShrinkFactorsPerLevel.size() < this->m_NumberOfLevels)
  {
    this->CheckSizeOfPerLevelArray("ShrinkFactorsPerLevel", this->m_ShrinkFactorsPerLevel);
  }
  for (SizeValueType level = 0; level < this->m_NumberOfLevels; ++level)
  {
    const auto & factors = this->m_ShrinkFactorsPerLevel[level];
    if (std::find(factors.begin(), factors.end(), 0U) != factors.end())
    {
      itkExceptionMacro("The shrink factors of level " << level << " are " << factors << ", but must be 1 or more.");
    }
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::CheckSettings() const
{
  using StrategyEnum = MetricSamplingStrategyEnum;

  if (!this->m_Metric)
  {
    itkExceptionMacro("There is no metric. Call SetMetric().");
  }
  if (!this->m_Optimizer)
  {
    itkExceptionMacro("There is no optimizer. Call SetOptimizer().");
  }
  this->CheckPerLevelArrays();

  const auto strategy = this->m_MetricSamplingStrategy;
  if (strategy != StrategyEnum::NONE && strategy != StrategyEnum::RANDOM && strategy != StrategyEnum::REGULAR)
  {
    itkExceptionMacro("Unknown metric sampling strategy " << strategy << ". Use NONE, REGULAR or RANDOM.");
  }
  const auto imageMetrics = this->GetImageMetrics();
  if ((this->IsDrawing() || m_SamplePoints) && imageMetrics.empty())
  {
    itkExceptionMacro("The metric sampling strategy is "
                      << strategy << (m_SamplePoints ? ", with own sample points" : "") << ", but the metric, "
                      << this->m_Metric->GetNameOfClass()
                      << ", is no image metric of the image types of this registration method, so there is nothing to "
                         "sample. Use the strategy NONE with metrics of point sets.");
  }
  for (const auto & [index, metric] : imageMetrics)
  {
    if (this->GetFixedImage(index) == nullptr || this->GetMovingImage(index) == nullptr)
    {
      itkExceptionMacro("There is no " << (this->GetFixedImage(index) == nullptr ? "fixed" : "moving")
                                       << " image for metric " << index << ", " << metric->GetNameOfClass()
                                       << ". Call SetFixedImage() and SetMovingImage() with its number.");
    }
  }
  if (m_ResampleEveryIteration && !this->IsDrawing())
  {
    itkExceptionMacro("ResampleEveryIteration is on, but "
                      << (m_SamplePoints ? "SamplePoints fixes the points. Call SetSamplePoints() with null"
                                         : "the metric sampling strategy is NONE, which uses every voxel. Call "
                                           "SetMetricSamplingStrategy() with RANDOM or REGULAR")
                      << ", or switch ResampleEveryIteration off.");
  }
  if (!this->IsDrawing() && (m_NumberOfSamples > 0 || m_SamplingWeightImage))
  {
    itkWarningMacro(<< (m_NumberOfSamples > 0 ? "NumberOfSamples" : "SamplingWeightImage") << " is set, but "
                    << (m_SamplePoints ? "SamplePoints fixes the points."
                                       : "the metric sampling strategy is NONE, which uses every voxel. Call "
                                         "SetMetricSamplingStrategy() with RANDOM or REGULAR."));
  }
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
void
MaskedSamplingMixin<TSuperclass>::SetTransformOfSampler(SamplerType & sampler) const
{
  const auto transform = this->GetDomainToFixedTransform();
  if constexpr (std::is_same_v<InitialTransformType, SamplerTransformType>)
  {
    sampler.SetTransform(transform);
  }
  else if (transform)
  {
    itkExceptionMacro("The fixed initial transform, " << transform->GetNameOfClass()
                                                      << ", is not of precision double. Mask voxels are sampled in "
                                                         "double: use transforms of double, or none here.");
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::InitializeSampler(SizeValueType index, const ImageMetricType & metric)
{
  const auto * const fixedImage = this->GetFixedImage(index);
  if (fixedImage == nullptr)
  {
    itkExceptionMacro("There is no fixed image for metric " << index << ". Call SetFixedImage().");
  }
  fixedImage->UpdateSource();

  VirtualImageBaseConstPointer domain = Superclass::GetCurrentLevelVirtualDomainImage();
  if (domain.IsNull())
  {
    domain = this->GetFixedImage(this->GetImageMetrics().front().first);
  }

  m_Samplings.resize(this->GetNumberOfMetrics());
  SamplerPointer & pointer = m_Samplings[index].Sampler;
  if (!pointer)
  {
    pointer = SamplerType::New();
  }
  SamplerType & sampler = *pointer;
  sampler.SetDomain(domain);
  sampler.SetMask(this->GetMaskOf(metric));
  this->SetTransformOfSampler(sampler);
  sampler.SetFixedImage(fixedImage);
  sampler.SetWeightImage(this->IsDrawing() ? m_SamplingWeightImage.GetPointer() : nullptr);
  if (m_SamplingRegion)
  {
    sampler.SetRegion(*m_SamplingRegion);
  }
  else
  {
    sampler.ResetRegion();
  }
  sampler.SetPerturbSamples(m_PerturbSamples);
  sampler.SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  sampler.Update();
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
      if (!this->m_Updating || !this->GetSampling(index).Sampler)
      {
        this->InitializeSampler(index, *imageMetric);
      }
      return *m_Samplings[index].Sampler;
    }
  }
  itkExceptionMacro("Metric " << metric << " does not exist or is no image metric, so it has no mask voxels. There are "
                              << this->GetNumberOfMetrics() << " metrics, numbered from 0.");
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::MakeMaskForMetric(const MaskType * mask, const ImageBase<ImageDimension> *) const ->
  typename MaskType::ConstPointer
{
  // Metrics ask a mask without its children.
  if (mask != nullptr && mask->GetNumberOfChildren() > 0)
  {
    return MaskWithChildren<ImageDimension>::MakeFrom(mask);
  }
  return mask;
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::GenerateData()
{
  this->CheckSettings();

  const auto imageMetrics = this->GetImageMetrics();
  m_Samplings.resize(this->GetNumberOfMetrics());
  for (MetricSampling & sampling : m_Samplings)
  {
    sampling.IsRestricted = false;
  }
  for (const auto & [index, metric] : imageMetrics)
  {
    const bool       isRestricted = this->FindWhetherRestricted(index, *metric);
    MetricSampling & sampling = m_Samplings[index];
    if (this->HasOurPoints(index, *metric)) // of an earlier run
    {
      metric->UseSampledPointSetOff();
      metric->UseVirtualSampledPointSetOff();
    }
    sampling = MetricSampling{ sampling.Sampler, isRestricted };
    if (this->IsSampled(index))
    {
      this->InitializeSampler(index, *metric);
      if (m_SamplePoints && this->KeepOwnPointsInside(*sampling.Sampler)->GetNumberOfPoints() == 0)
      {
        itkExceptionMacro(
          "None of the " << m_SamplePoints->GetNumberOfPoints() << " SamplePoints can be used for metric " << index
                         << ": they are outside the domain, the sampling region, the mask or the buffer "
                            "of the fixed image. They must be in the physical space of the virtual "
                            "domain, usually that of the fixed image: no indices.");
      }
    }
  }

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
  for (const auto & [index, metric] : imageMetrics)
  {
    guard.KeepVirtualDomain(*metric);
    guard.KeepMasks(*metric);
    metric->SetFixedImageMask(this->MakeMaskForMetric(this->GetMaskOf(*metric), this->GetFixedImage(index)));
    const auto * const movingMask = metric->GetMovingImageMask();
    metric->SetMovingImageMask(this->MakeMaskForMetric(
      movingMask != nullptr ? movingMask : m_MovingImageMask.GetPointer(), this->GetMovingImage(index)));
    m_Samplings[index].MovingMask = metric->GetMovingImageMask();
  }

  this->RunLevels();
}

template <typename TSuperclass>
bool
MaskedSamplingMixin<TSuperclass>::IsMaskKnown(SizeValueType index, const ImageMetricType & metric) const
{
  // These metrics use the mask for nothing but the samples, except in Initialize(). Others may: neighbourhood
  // correlation, for one, asks the mask for every voxel of its windows.
  static const std::set<std::string> metricsThatAskForSamplesOnly{
    "CorrelationImageToImageMetricv4",
    "DemonsImageToImageMetricv4",
    "JointHistogramMutualInformationImageToImageMetricv4",
    "MattesMutualInformationImageToImageMetricv4",
    "MeanSquaresImageToImageMetricv4",
    "SampledCorrelationImageToImageMetricv4",
    "SampledMattesMutualInformationImageToImageMetricv4",
    "SampledMeanSquaresImageToImageMetricv4"
  };
  return metric.GetUseSampledPointSet() && this->HasOurPoints(index, metric) &&
         metricsThatAskForSamplesOnly.count(metric.GetNameOfClass()) > 0;
}

template <typename TSuperclass>
bool
MaskedSamplingMixin<TSuperclass>::IsTransformOnDomain() const
{
  using CategoryEnum = typename InitialTransformType::TransformCategoryEnum;
  const auto category = this->m_OutputTransform->GetTransformCategory();
  return category == CategoryEnum::DisplacementField || category == CategoryEnum::VelocityField;
}

template <typename TSuperclass>
bool
MaskedSamplingMixin<TSuperclass>::IsCropping() const
{
  if (!m_CropVirtualDomainToMask || this->IsTransformOnDomain())
  {
    return false;
  }
  return std::all_of(
    m_Samplings.begin(), m_Samplings.end(), [](const MetricSampling & sampling) { return sampling.IsRestricted; });
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::MakeCroppedDomain() const -> VirtualImageBaseConstPointer
{
  // The smallest region that holds the mask voxels of all metrics.
  SamplingRegionType region;
  for (const MetricSampling & sampling : m_Samplings)
  {
    region = UniteRegions(region, sampling.Sampler->GetBoundingRegion());
  }
  // Indices from 0: ShrinkImageFilter cannot shrink a region that is narrower than the factor and starts elsewhere.
  const auto * const domain = m_Samplings.front().Sampler->GetDomain();
  const auto         croppedDomain = VirtualImageBaseType::New();
  croppedDomain->CopyInformation(domain);
  croppedDomain->SetOrigin(domain->template TransformIndexToPhysicalPoint<double>(region.GetIndex()));
  croppedDomain->SetRegions(region.GetSize());
  return croppedDomain.GetPointer();
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetCurrentLevelVirtualDomainImage() -> VirtualImageBaseConstPointer
{
  return this->IsCropping() ? this->MakeCroppedDomain() : Superclass::GetCurrentLevelVirtualDomainImage();
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetDomainOfLevels() const -> VirtualImageBaseConstPointer
{
  const auto isSampled = [](const MetricSampling & sampling) { return sampling.Sampler.IsNotNull(); };
  const auto sampling = std::find_if(m_Samplings.begin(), m_Samplings.end(), isSampled);
  return this->IsCropping() ? this->MakeCroppedDomain() : VirtualImageBaseConstPointer(sampling->Sampler->GetDomain());
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::MakeLevelGrid(SizeValueType level, const VirtualImageBaseType & domain) const
  -> VirtualImageBaseConstPointer
{
  // The filter that the superclass takes, but for the geometry alone.
  const auto header = VirtualImageType::New();
  header->CopyInformation(&domain);
  header->SetRegions(domain.GetLargestPossibleRegion());
  const auto shrinkFilter = ShrinkImageFilter<VirtualImageType, VirtualImageType>::New();
  shrinkFilter->SetShrinkFactors(this->m_ShrinkFactorsPerLevel[level]);
  shrinkFilter->SetInput(header);
  shrinkFilter->UpdateOutputInformation();

  const auto grid = VirtualImageBaseType::New();
  grid->CopyInformation(shrinkFilter->GetOutput());
  grid->SetRegions(shrinkFilter->GetOutput()->GetLargestPossibleRegion());
  return grid.GetPointer();
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::GetBoundingRegion(SizeValueType index) const
  -> std::pair<VirtualImageBaseConstPointer, SamplingRegionType>
{
  const SamplerType & sampler = *m_Samplings[index].Sampler;
  return { sampler.GetDomain(), sampler.GetBoundingRegion() };
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::InitializeRegistrationAtEachLevel(const SizeValueType level)
{
  // First, so that the points are there when the superclass tells its observers about the level.
  this->PrepareLevel(level);
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
    this->SetSamplePointsOf(index, *metric);
  }
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::ComputeNumberOfSamples(SizeValueType numberOfVoxels) const
{
  const SizeValueType level = this->m_CurrentLevel;
  const SizeValueType requested = this->GetNumberOfSamplesPerLevel()[level];
  if (requested > 0)
  {
    return requested;
  }
  double expected = this->m_MetricSamplingPercentagePerLevel[level] * static_cast<double>(numberOfVoxels);
  for (const auto factor : this->m_ShrinkFactorsPerLevel[level])
  {
    expected /= static_cast<double>(factor);
  }
  return std::max<SizeValueType>(1, Math::RoundHalfIntegerUp<SizeValueType>(expected));
}

template <typename TSuperclass>
unsigned int
MaskedSamplingMixin<TSuperclass>::MakeSeed(SizeValueType metric, SizeValueType iteration) const
{
  // Neighbouring seeds, levels and metrics must not share points: std::seed_seq mixes them, on every platform alike.
  auto seed = static_cast<unsigned int>(this->m_RandomSeed);
  if (this->m_ReseedIterator)
  {
    const auto generator = Statistics::MersenneTwisterRandomVariateGenerator::New();
    generator->SetSeed(); // from the clock
    seed = generator->GetIntegerVariate();
  }
  std::vector<unsigned int> seeds{ seed,
                                   static_cast<unsigned int>(this->m_CurrentLevel),
                                   static_cast<unsigned int>(metric) };
  if (iteration > 0)
  {
    seeds.push_back(static_cast<unsigned int>(iteration));
  }
  std::seed_seq mixer(seeds.begin(), seeds.end());
  unsigned int  mixed[1];
  mixer.generate(std::begin(mixed), std::end(mixed));
  return mixed[0];
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::MakePoints(const typename SamplerType::PointSetType & points) -> SamplePointSetPointer
{
  // The types differ in what their points carry, not in the points.
  const auto pointSet = MetricSamplePointSetType::New();
  pointSet->SetPoints(const_cast<typename SamplerType::PointSetType &>(points).GetPoints());
  return pointSet;
}

template <typename TSuperclass>
auto
MaskedSamplingMixin<TSuperclass>::KeepOwnPointsInside(const SamplerType & sampler) const -> SamplePointSetPointer
{
  const auto points = SamplerType::PointSetType::New();
  points->SetPoints(const_cast<MetricSamplePointSetType &>(*m_SamplePoints).GetPoints());
  return Self::MakePoints(*sampler.KeepInside(points));
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::PrepareLevel(SizeValueType level)
{
  VirtualImageBaseConstPointer levelGrid;
  for (const auto & imageMetric : this->GetImageMetrics())
  {
    const SizeValueType index = imageMetric.first;
    if (this->IsSampled(index))
    {
      levelGrid = levelGrid ? levelGrid : this->MakeLevelGrid(level, *this->GetDomainOfLevels());
      this->PrepareLevelOf(index, *levelGrid);
    }
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::PrepareLevelOf(SizeValueType index, const VirtualImageBaseType & levelGrid)
{
  MetricSampling & sampling = m_Samplings[index];
  this->SetTransformOfSampler(*sampling.Sampler);
  sampling.Sampler->Update();
  sampling.LevelSampler = sampling.Sampler;
  sampling.VisitsDomain = false;

  const auto & factors = this->m_ShrinkFactorsPerLevel[this->m_CurrentLevel];
  const bool   isShrinking = std::any_of(factors.begin(), factors.end(), [](const auto factor) { return factor > 1; });
  if (isShrinking && this->IsTransformOnDomain())
  {
    // A metric writes the derivative of a point to its place in the shrunken grid, which need not reach as far as the
    // domain does.
    sampling.LevelSampler = sampling.Sampler->MakeSamplerCoveredBy(&levelGrid);
    if (!sampling.LevelSampler || !sampling.LevelSampler->UpdateUnlessEmpty())
    {
      itkExceptionMacro("No mask voxel of metric "
                        << index << " is inside the shrunken grid of level " << this->m_CurrentLevel
                        << ", shrink factors " << factors << ", on which the "
                        << this->m_OutputTransform->GetNameOfClass()
                        << " has its parameters. Use smaller shrink factors, or a virtual domain that is wider than "
                           "the mask.");
    }
  }

  LevelReport report;
  report.NumberOfMaskVoxels = sampling.Sampler->GetNumberOfVoxels();
  if (m_SamplePoints)
  {
    sampling.Points = this->KeepOwnPointsInside(*sampling.LevelSampler);
    if (sampling.Points->GetNumberOfPoints() == 0)
    {
      itkExceptionMacro("None of the " << m_SamplePoints->GetNumberOfPoints() << " SamplePoints can be used for metric "
                                       << index << " at level " << this->m_CurrentLevel << ", shrink factors "
                                       << factors << ": they are beside the shrunken grid on which the "
                                       << this->m_OutputTransform->GetNameOfClass()
                                       << " has its parameters, or the deformation found so far takes them out of the "
                                          "mask. Use smaller shrink factors, or more points.");
    }
    report.NumberOfRequestedPoints = m_SamplePoints->GetNumberOfPoints();
  }
  else if (this->IsDrawing())
  {
    this->DrawSamplePointsOf(index, 0);
    report.NumberOfRequestedPoints = sampling.Points->GetNumberOfPoints();
  }
  else
  {
    const SamplerPointer gridSampler = isShrinking ? sampling.Sampler->MakeSamplerOfGrid(&levelGrid) : sampling.Sampler;
    if (gridSampler && gridSampler->UpdateUnlessEmpty())
    {
      sampling.LevelSampler = gridSampler;
      // Without the crop, the value is to be the superclass's; mutual information takes the range of its histogram from
      // the points, or else from all voxels inside the mask.
      const bool isGridOfSuperclass = !this->IsCropping() && (isShrinking || this->IsTransformOnDomain());
      sampling.VisitsDomain = !m_SamplingRegion && (isGridOfSuperclass || !gridSampler->GetCentersAreExact());
    }
    sampling.Points = Self::MakePoints(*sampling.LevelSampler->SampleAll());
    report.NumberOfMaskVoxels = sampling.LevelSampler->GetNumberOfVoxels();
    report.NumberOfRequestedPoints = report.NumberOfMaskVoxels;
  }
  report.NumberOfPoints = sampling.Points->GetNumberOfPoints();
  report.NumberOfPointsInMovingImage = this->LocatePointsInMovingImage(index);
  sampling.Reports.push_back(report);

  if (10 * report.NumberOfPointsInMovingImage < report.NumberOfPoints)
  {
    itkWarningMacro("At the start of level "
                    << this->m_CurrentLevel << ", only " << report.NumberOfPointsInMovingImage << " of the "
                    << report.NumberOfPoints << " sample points of metric " << index << " map into the moving image"
                    << (sampling.MovingMask ? " and its mask" : "")
                    << ". Is the initial transform right? It maps points of the fixed image to "
                       "the moving image.");
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::DrawSamplePointsOf(SizeValueType index, SizeValueType iteration)
{
  MetricSampling &    sampling = m_Samplings[index];
  const SizeValueType numberOfSamples = this->ComputeNumberOfSamples(sampling.Sampler->GetNumberOfVoxels());
  const unsigned int  seed = this->MakeSeed(index, iteration);
  const auto          drawn = this->m_MetricSamplingStrategy == MetricSamplingStrategyEnum::RANDOM
                                ? sampling.LevelSampler->SampleRandomly(numberOfSamples, seed)
                                : sampling.LevelSampler->SampleRegularly(numberOfSamples, seed);
  sampling.Points = Self::MakePoints(*drawn);
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::DrawSamplePointsAgain(SizeValueType iteration)
{
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    this->DrawSamplePointsOf(index, iteration);
    metric->SetVirtualSampledPointSet(m_Samplings[index].Points);
  }
}

template <typename TSuperclass>
template <typename TFunction>
void
MaskedSamplingMixin<TSuperclass>::ForEachPointInMovingImage(SizeValueType index, const TFunction & function) const
{
  const auto                    transform = this->GetDomainToMovingTransform();
  const MovingImageType * const image = this->GetMovingImage(index);
  const auto &                  points = m_Samplings[index].Points->GetPoints()->CastToSTLConstContainer();

  if constexpr (std::is_same_v<RealType, double>)
  {
    if (SampledTransform<ImageDimension>::IsKnown(*transform))
    {
      constexpr unsigned int                                     batchSize = 64;
      std::array<std::array<double, batchSize>, ImageDimension>  coordinates;
      std::array<std::array<double, batchSize>, ImageDimension>  positions;
      typename SampledTransform<ImageDimension>::CoordinatesType columns;
      SampledTransform<ImageDimension>                           mapper;
      Point<double, ImageDimension>                              center;
      center.CastFrom(points.front());
      mapper.SetTransform(*transform, *image, center, 1000.0 * image->GetSpacing().GetVnlVector().max_value());
      for (unsigned int d = 0; d < ImageDimension; ++d)
      {
        columns[d] = coordinates[d].data();
      }
      for (SizeValueType first = 0; first < points.size(); first += batchSize)
      {
        const auto count = static_cast<unsigned int>(std::min<SizeValueType>(batchSize, points.size() - first));
        for (unsigned int i = 0; i < count; ++i)
        {
          for (unsigned int d = 0; d < ImageDimension; ++d)
          {
            coordinates[d][i] = static_cast<double>(points[first + i][d]) - center[d];
          }
        }
        mapper.Map(columns, count, positions);
        for (unsigned int i = 0; i < count; ++i)
        {
          ContinuousIndexType position;
          for (unsigned int d = 0; d < ImageDimension; ++d)
          {
            position[d] = positions[d][i];
          }
          function(position);
        }
      }
      return;
    }
  }
  for (const auto & samplePoint : points)
  {
    typename InitialTransformType::InputPointType point;
    point.CastFrom(samplePoint);
    Point<double, ImageDimension> mapped;
    mapped.CastFrom(transform->TransformPoint(point));
    function(image->template TransformPhysicalPointToContinuousIndex<double>(mapped));
  }
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingMixin<TSuperclass>::LocatePointsInMovingImage(SizeValueType index)
{
  MetricSampling &              sampling = m_Samplings[index];
  const MovingImageType * const image = this->GetMovingImage(index);
  ContinuousIndexType           begin;
  ContinuousIndexType           end;
  ContinuousIndexType           lower;
  ContinuousIndexType           upper;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    begin[d] = static_cast<double>(image->GetBufferedRegion().GetIndex(d)) - 0.5;
    end[d] = begin[d] + static_cast<double>(image->GetBufferedRegion().GetSize(d));
  }
  MaskGeometry<ImageDimension> maskGeometry;
  maskGeometry.Mask = sampling.MovingMask;

  SizeValueType numberInside = 0;
  this->ForEachPointInMovingImage(index, [&](const ContinuousIndexType & position) {
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      if (!(position[d] >= begin[d] && position[d] < end[d])) // or NaN
      {
        return;
      }
    }
    if (maskGeometry.Mask != nullptr &&
        !maskGeometry.IsInside(image->template TransformContinuousIndexToPhysicalPoint<double>(position)))
    {
      return;
    }
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      lower[d] = numberInside == 0 ? position[d] : std::min(lower[d], position[d]);
      upper[d] = numberInside == 0 ? position[d] : std::max(upper[d], position[d]);
    }
    ++numberInside;
  });
  sampling.BoundsInMovingImage.reset();
  if (numberInside > 0)
  {
    sampling.BoundsInMovingImage.emplace(lower, upper);
  }
  return numberInside;
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::SetSamplePointsOf(SizeValueType index, ImageMetricType & metric)
{
  const MetricSampling & sampling = m_Samplings[index];
  if (sampling.Points)
  {
    metric.SetVirtualSampledPointSet(sampling.Points);
    metric.SetUseSampledPointSet(!sampling.VisitsDomain);
    metric.SetUseVirtualSampledPointSet(!sampling.VisitsDomain);
  }
}

template <typename TSuperclass>
void
MaskedSamplingMixin<TSuperclass>::PrintSelf(std::ostream & os, Indent indent) const
{
  using namespace print_helper;

  Superclass::PrintSelf(os, indent);

  os << indent << "NumberOfSamples: " << m_NumberOfSamples << std::endl;
  os << indent << "NumberOfSamplesPerLevel: " << m_NumberOfSamplesPerLevel << std::endl;
  os << indent << "PerturbSamples: " << (m_PerturbSamples ? "On" : "Off") << std::endl;
  os << indent << "ResampleEveryIteration: " << (m_ResampleEveryIteration ? "On" : "Off") << std::endl;
  os << indent << "CropVirtualDomainToMask: " << (m_CropVirtualDomainToMask ? "On" : "Off") << std::endl;
  os << indent << "SamplingRegion: ";
  if (m_SamplingRegion)
  {
    os << *m_SamplingRegion << std::endl;
  }
  else
  {
    os << "(none)" << std::endl;
  }
  itkPrintSelfObjectMacro(SamplingWeightImage);
  itkPrintSelfObjectMacro(SamplePoints);
  itkPrintSelfObjectMacro(FixedImageMask);
  itkPrintSelfObjectMacro(MovingImageMask);
  os << indent << "Samplings: " << m_Samplings.size() << std::endl;
}
} // end namespace itk

#endif // itkMaskedSamplingMixin_hxx
