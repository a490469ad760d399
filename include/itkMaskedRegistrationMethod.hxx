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
#ifndef itkMaskedRegistrationMethod_hxx
#define itkMaskedRegistrationMethod_hxx

#include "itkLinearInterpolateImageFunction.h"
#include "itkMath.h"
#include "itkPrintHelper.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <type_traits>

namespace itk
{
template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  SetMetricSamplingPercentagePerLevel(const MetricSamplingPercentageArrayType & samplingPercentages)
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

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetNumberOfSamples(
  SizeValueType numberOfSamples)
{
  if (m_NumberOfSamples != numberOfSamples || m_NumberOfSamplesPerLevel.Size() > 0)
  {
    m_NumberOfSamples = numberOfSamples;
    m_NumberOfSamplesPerLevel.SetSize(0);
    this->Modified();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetNumberOfSamplesPerLevel(
  const NumberOfSamplesArrayType & numberOfSamples)
{
  if (m_NumberOfSamples != 0 || m_NumberOfSamplesPerLevel != numberOfSamples)
  {
    m_NumberOfSamples = 0;
    m_NumberOfSamplesPerLevel = numberOfSamples;
    this->Modified();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetNumberOfSamplesPerLevel()
  const -> NumberOfSamplesArrayType
{
  if (m_NumberOfSamplesPerLevel.Size() > 0)
  {
    return m_NumberOfSamplesPerLevel;
  }
  NumberOfSamplesArrayType numberOfSamples(this->m_NumberOfLevels);
  numberOfSamples.Fill(m_NumberOfSamples);
  return numberOfSamples;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetSamplingRegion(
  const SamplingRegionType & region)
{
  if (!m_SamplingRegion || *m_SamplingRegion != region)
  {
    m_SamplingRegion = region;
    this->Modified();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetSamplingRegion() const
  -> SamplingRegionType
{
  return m_SamplingRegion.value_or(SamplingRegionType{});
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ResetSamplingRegion()
{
  if (m_SamplingRegion)
  {
    m_SamplingRegion.reset();
    this->Modified();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
SizeValueType
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetNumberOfMaskVoxels(
  SizeValueType metric)
{
  return this->GetUpdatedSampler(metric).GetNumberOfVoxels();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
SizeValueType
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetNumberOfSamplePoints(
  SizeValueType metric) const
{
  const auto * const points = this->GetSamplePointSet(metric);
  return points != nullptr ? points->GetNumberOfPoints() : 0;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
SizeValueType
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  GetNumberOfSamplePointsInMovingImage(SizeValueType metric) const
{
  return metric < m_NumbersOfPointsInMovingImage.size() ? m_NumbersOfPointsInMovingImage[metric] : 0;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetSamplePointSet(
  SizeValueType metric) const -> const MetricSamplePointSetType *
{
  return metric < m_SamplePointSets.size() ? m_SamplePointSets[metric].GetPointer() : nullptr;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetSampler(
  SizeValueType metric) -> const SamplerType *
{
  return &this->GetUpdatedSampler(metric);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
SizeValueType
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetNumberOfMetrics() const
{
  const auto * const multiMetric = dynamic_cast<const MultiMetricType *>(this->m_Metric.GetPointer());
  return multiMetric != nullptr ? multiMetric->GetNumberOfMetrics() : 1;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetNthMetric(
  SizeValueType index) const -> MetricType *
{
  auto * const multiMetric = dynamic_cast<MultiMetricType *>(this->m_Metric.GetPointer());
  return multiMetric != nullptr ? multiMetric->GetMetricQueue()[index].GetPointer() : this->m_Metric.GetPointer();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetImageMetrics() const
  -> ImageMetricsType
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

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetMaskOf(
  const ImageMetricType & metric) const -> const FixedImageMaskType *
{
  const auto * const ownMask = metric.GetFixedImageMask();
  return ownMask != nullptr ? ownMask : m_FixedImageMask.GetPointer();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
bool
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::HasOurPoints(
  SizeValueType           index,
  const ImageMetricType & metric) const
{
  const auto * const ourPoints = this->GetSamplePointSet(index);
  return ourPoints != nullptr && metric.GetVirtualSampledPointSet() == ourPoints;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
bool
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::IsRestricted(
  SizeValueType           index,
  const ImageMetricType & metric) const
{
  const bool keepsPointsOfUser =
    !this->IsSampling() && metric.GetUseSampledPointSet() && !this->HasOurPoints(index, metric);
  return !keepsPointsOfUser && (m_SamplingRegion || this->GetMaskOf(metric) != nullptr);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
template <typename TArray>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckSizeOfPerLevelArray(
  const char *   name,
  const TArray & array) const
{
  if (array.size() != this->m_NumberOfLevels)
  {
    itkExceptionMacro(<< name << " has " << array.size() << " values, but there are " << this->m_NumberOfLevels
                      << " levels. Call SetNumberOfLevels() first, then set one value for each level.");
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckSettings() const
{
  if (!this->m_Metric)
  {
    itkExceptionMacro("There is no metric. Call SetMetric().");
  }
  if (!this->m_Optimizer)
  {
    itkExceptionMacro("There is no optimizer. Call SetOptimizer().");
  }
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

  const auto imageMetrics = this->GetImageMetrics();
  if (this->IsSampling() && imageMetrics.empty())
  {
    itkExceptionMacro("The metric sampling strategy is "
                      << this->m_MetricSamplingStrategy << ", but the metric, " << this->m_Metric->GetNameOfClass()
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
  if (!this->IsSampling() && m_NumberOfSamples > 0)
  {
    itkWarningMacro("NumberOfSamples is " << m_NumberOfSamples
                                          << ", but the metric sampling strategy is NONE, which uses every voxel. Call "
                                             "SetMetricSamplingStrategy() with RANDOM or REGULAR.");
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::InitializeSampler(
  SizeValueType           index,
  const ImageMetricType & metric)
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

  const typename SamplerType::TransformType * fixedTransform = nullptr;
  const auto * const                          fixedInitialTransform = this->GetFixedInitialTransform();
  if (fixedInitialTransform != nullptr &&
      dynamic_cast<const IdentityTransform<RealType, ImageDimension> *>(fixedInitialTransform) == nullptr)
  {
    if constexpr (std::is_same_v<InitialTransformType, typename SamplerType::TransformType>)
    {
      fixedTransform = fixedInitialTransform;
    }
    else
    {
      itkExceptionMacro("The fixed initial transform, " << fixedInitialTransform->GetNameOfClass()
                                                        << ", is not of precision double. Mask voxels are sampled in "
                                                           "double: use transforms of double, or none here.");
    }
  }

  m_Samplers.resize(this->GetNumberOfMetrics());
  if (!m_Samplers[index])
  {
    m_Samplers[index] = SamplerType::New();
  }
  SamplerType & sampler = *m_Samplers[index];
  sampler.SetDomain(domain);
  sampler.SetMask(this->GetMaskOf(metric));
  sampler.SetTransform(fixedTransform);
  sampler.SetFixedImage(fixedImage);
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

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetUpdatedSampler(
  SizeValueType metric) -> SamplerType &
{
  for (const auto & [index, imageMetric] : this->GetImageMetrics())
  {
    if (index == metric)
    {
      // While the registration runs, the masks and virtual domains on the metrics are not the user's.
      if (!this->m_Updating || index >= m_Samplers.size() || !m_Samplers[index])
      {
        this->InitializeSampler(index, *imageMetric);
      }
      return *m_Samplers[index];
    }
  }
  itkExceptionMacro("Metric " << metric << " does not exist or is no image metric, so it has no mask voxels. There are "
                              << this->GetNumberOfMetrics() << " metrics, numbered from 0.");
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GenerateData()
{
  this->CheckSettings();

  const auto imageMetrics = this->GetImageMetrics();
  for (const auto & [index, metric] : imageMetrics)
  {
    if (this->IsSampling() || this->IsRestricted(index, *metric))
    {
      this->InitializeSampler(index, *metric);
    }
    if (this->HasOurPoints(index, *metric)) // of an earlier run
    {
      metric->UseSampledPointSetOff();
      metric->UseVirtualSampledPointSetOff();
    }
  }
  m_SamplePointSets.assign(this->GetNumberOfMetrics(), nullptr);
  m_NumbersOfPointsInMovingImage.assign(this->GetNumberOfMetrics(), 0);

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
    metric->SetFixedImageMask(this->GetMaskOf(*metric));
    if (metric->GetMovingImageMask() == nullptr)
    {
      metric->SetMovingImageMask(m_MovingImageMask.GetPointer());
    }
  }

  // As the superclass does it, except that the metrics lose their masks once they are initialised.
  this->AllocateOutputs();
  for (this->m_CurrentLevel = 0; this->m_CurrentLevel < this->m_NumberOfLevels; ++this->m_CurrentLevel)
  {
    this->InitializeRegistrationAtEachLevel(this->m_CurrentLevel);
    this->m_Metric->Initialize();
    this->ReleaseKnownMasks();
    this->m_Optimizer->StartOptimization();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ReleaseKnownMasks()
{
  // These metrics use the mask for nothing but the samples, except in Initialize(). Others may: neighbourhood
  // correlation, for one, asks the mask for every voxel of its windows.
  static const std::set<std::string> metricsThatAskForSamplesOnly{
    "CorrelationImageToImageMetricv4",
    "DemonsImageToImageMetricv4",
    "JointHistogramMutualInformationImageToImageMetricv4",
    "MattesMutualInformationImageToImageMetricv4",
    "MeanSquaresImageToImageMetricv4"
  };
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    if (metric->GetUseSampledPointSet() && this->HasOurPoints(index, *metric) &&
        metricsThatAskForSamplesOnly.count(metric->GetNameOfClass()) > 0)
    {
      metric->SetFixedImageMask(static_cast<const FixedImageMaskType *>(nullptr));
    }
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
bool
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::IsCropping() const
{
  if (!m_CropVirtualDomainToMask)
  {
    return false;
  }
  using CategoryEnum = typename InitialTransformType::TransformCategoryEnum;
  const auto category = this->m_OutputTransform->GetTransformCategory();
  const auto imageMetrics = this->GetImageMetrics();
  return category != CategoryEnum::DisplacementField && category != CategoryEnum::VelocityField &&
         imageMetrics.size() == this->GetNumberOfMetrics() &&
         std::all_of(imageMetrics.begin(), imageMetrics.end(), [this](const auto & indexAndMetric) {
           return this->IsRestricted(indexAndMetric.first, *indexAndMetric.second);
         });
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  GetCurrentLevelVirtualDomainImage() -> VirtualImageBaseConstPointer
{
  if (!this->IsCropping())
  {
    return Superclass::GetCurrentLevelVirtualDomainImage();
  }

  // The smallest region that holds the mask voxels of all metrics.
  SamplingRegionType region = m_Samplers.front()->GetBoundingRegion();
  for (const auto & sampler : m_Samplers)
  {
    const auto & other = sampler->GetBoundingRegion();
    auto         lower = region.GetIndex();
    auto         upper = region.GetUpperIndex();
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      lower[d] = std::min(lower[d], other.GetIndex(d));
      upper[d] = std::max(upper[d], other.GetUpperIndex()[d]);
    }
    region.SetIndex(lower);
    region.SetUpperIndex(upper);
  }
  // Indices from 0: ShrinkImageFilter cannot shrink a region that is narrower than the factor and starts elsewhere.
  const auto * const domain = m_Samplers.front()->GetDomain();
  const auto         croppedDomain = VirtualImageBaseType::New();
  croppedDomain->CopyInformation(domain);
  croppedDomain->SetOrigin(domain->template TransformIndexToPhysicalPoint<double>(region.GetIndex()));
  croppedDomain->SetRegions(region.GetSize());
  return croppedDomain.GetPointer();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  InitializeRegistrationAtEachLevel(const SizeValueType level)
{
  Superclass::InitializeRegistrationAtEachLevel(level);
  if (!this->IsSampling())
  {
    // The superclass does not call it.
    this->SetMetricSamplePoints();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetMetricSamplePoints()
{
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    this->SetSamplePointsOf(index, *metric);
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
SizeValueType
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ComputeNumberOfSamples(
  SizeValueType numberOfVoxels) const
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

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
unsigned int
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::MakeSeed(
  SizeValueType metric) const
{
  // Neighbouring seeds, levels and metrics must not share points: std::seed_seq mixes them, on every platform alike.
  auto seed = static_cast<unsigned int>(this->m_RandomSeed);
  if (this->m_ReseedIterator)
  {
    const auto generator = Statistics::MersenneTwisterRandomVariateGenerator::New();
    generator->SetSeed(); // from the clock
    seed = generator->GetIntegerVariate();
  }
  std::seed_seq mixer{ seed, static_cast<unsigned int>(this->m_CurrentLevel), static_cast<unsigned int>(metric) };
  unsigned int  mixed[1];
  mixer.generate(std::begin(mixed), std::end(mixed));
  return mixed[0];
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::MakeLevelSampler(
  SizeValueType           index,
  const ImageMetricType & metric) const -> SamplerPointer
{
  const auto & factors = this->m_ShrinkFactorsPerLevel[this->m_CurrentLevel];
  if (std::all_of(factors.begin(), factors.end(), [](const auto factor) { return factor == 1; }))
  {
    return m_Samplers[index];
  }
  const SamplerType & fullResolution = *m_Samplers[index];
  const auto * const  levelGrid = metric.GetVirtualImage();
  const auto          levelSampler = SamplerType::New();
  levelSampler->SetDomain(levelGrid);
  levelSampler->SetMask(fullResolution.GetMask());
  levelSampler->SetTransform(fullResolution.GetTransform());
  levelSampler->SetFixedImage(fullResolution.GetFixedImage());
  levelSampler->SetNumberOfWorkUnits(fullResolution.GetNumberOfWorkUnits());
  if (m_SamplingRegion)
  {
    // The voxels of the level's grid whose centres are in the region. The axes of the two grids are the same.
    auto                                    lower = levelGrid->GetLargestPossibleRegion().GetIndex();
    auto                                    upper = levelGrid->GetLargestPossibleRegion().GetUpperIndex();
    ContinuousIndex<double, ImageDimension> lowerCorner(m_SamplingRegion->GetIndex());
    ContinuousIndex<double, ImageDimension> upperCorner(m_SamplingRegion->GetUpperIndex());
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      lowerCorner[d] -= 0.5;
      upperCorner[d] += 0.5;
    }
    const auto toLevel = [&](const ContinuousIndex<double, ImageDimension> & corner) {
      return levelGrid->template TransformPhysicalPointToContinuousIndex<double>(
        fullResolution.GetDomain()->template TransformContinuousIndexToPhysicalPoint<double>(corner));
    };
    const auto lowerPosition = toLevel(lowerCorner);
    const auto upperPosition = toLevel(upperCorner);
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      lower[d] = std::max(lower[d], Math::Ceil<IndexValueType>(lowerPosition[d]));
      upper[d] = std::min(upper[d], Math::Ceil<IndexValueType>(upperPosition[d]) - 1);
      if (lower[d] > upper[d])
      {
        return nullptr;
      }
    }
    SamplingRegionType levelRegion;
    levelRegion.SetIndex(lower);
    levelRegion.SetUpperIndex(upper);
    levelSampler->SetRegion(levelRegion);
  }
  return levelSampler->UpdateUnlessEmpty() ? levelSampler : nullptr;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetSamplePointsOf(
  SizeValueType     index,
  ImageMetricType & metric)
{
  using StrategyEnum = MetricSamplingStrategyEnum;

  typename SamplerType::PointSetType::Pointer drawn;
  bool                                        metricVisitsDomain = false;
  switch (this->m_MetricSamplingStrategy)
  {
    case StrategyEnum::RANDOM:
    case StrategyEnum::REGULAR: {
      const SamplerType & sampler = *m_Samplers[index];
      const SizeValueType numberOfSamples = this->ComputeNumberOfSamples(sampler.GetNumberOfVoxels());
      const unsigned int  seed = this->MakeSeed(index);
      drawn = this->m_MetricSamplingStrategy == StrategyEnum::RANDOM ? sampler.SampleRandomly(numberOfSamples, seed)
                                                                     : sampler.SampleRegularly(numberOfSamples, seed);
      break;
    }
    case StrategyEnum::NONE: {
      if (!this->IsRestricted(index, metric))
      {
        return;
      }
      const SamplerPointer levelSampler = this->MakeLevelSampler(index, metric);
      drawn = (levelSampler ? levelSampler : m_Samplers[index])->SampleAll();
      // Without the crop, the value is to be the superclass's; mutual information takes the range of its histogram from
      // the points, or else from all voxels inside the mask.
      const bool isGridOfSuperclass = levelSampler != m_Samplers[index] && !this->IsCropping();
      metricVisitsDomain =
        levelSampler && !m_SamplingRegion && (isGridOfSuperclass || !levelSampler->GetCentersAreExact());
      break;
    }
    default:
      itkExceptionMacro("Unknown metric sampling strategy " << this->m_MetricSamplingStrategy
                                                            << ". Use NONE, REGULAR or RANDOM.");
  }

  const auto points = MetricSamplePointSetType::New();
  points->SetPoints(drawn->GetPoints());
  m_SamplePointSets[index] = points;
  metric.SetVirtualSampledPointSet(points);
  metric.SetUseSampledPointSet(!metricVisitsDomain);
  metric.SetUseVirtualSampledPointSet(!metricVisitsDomain);
  this->ReportPointsInMovingImage(index, metric);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ReportPointsInMovingImage(
  SizeValueType           index,
  const ImageMetricType & metric)
{
  const auto &       points = m_SamplePointSets[index]->GetPoints()->CastToSTLConstContainer();
  const auto * const transform = metric.GetMovingTransform();
  const auto * const mask = metric.GetMovingImageMask();
  const auto         interpolator = LinearInterpolateImageFunction<TMovingImage, double>::New();
  interpolator->SetInputImage(metric.GetMovingImage());

  const auto isInside = [&](const auto & samplePoint) {
    typename InitialTransformType::InputPointType point;
    point.CastFrom(samplePoint);
    Point<double, ImageDimension> mapped;
    mapped.CastFrom(transform->TransformPoint(point));
    return interpolator->IsInsideBuffer(mapped) && (mask == nullptr || mask->IsInsideInWorldSpace(mapped));
  };
  const auto numberInside = static_cast<SizeValueType>(std::count_if(points.begin(), points.end(), isInside));
  m_NumbersOfPointsInMovingImage[index] = numberInside;
  if (10 * numberInside < points.size())
  {
    itkWarningMacro("At the start of level "
                    << this->m_CurrentLevel << ", only " << numberInside << " of the " << points.size()
                    << " sample points of metric " << index << " map into the moving image"
                    << (mask != nullptr ? " and its mask" : "")
                    << ". Is the initial transform right? It maps points of the fixed image to "
                       "the moving image.");
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::PrintSelf(
  std::ostream & os,
  Indent         indent) const
{
  using namespace print_helper;

  Superclass::PrintSelf(os, indent);

  os << indent << "NumberOfSamples: " << m_NumberOfSamples << std::endl;
  os << indent << "NumberOfSamplesPerLevel: " << m_NumberOfSamplesPerLevel << std::endl;
  os << indent << "PerturbSamples: " << (m_PerturbSamples ? "On" : "Off") << std::endl;
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
  itkPrintSelfObjectMacro(FixedImageMask);
  itkPrintSelfObjectMacro(MovingImageMask);
  os << indent << "Samplers: " << m_Samplers.size() << std::endl;
  os << indent << "SamplePointSets: " << m_SamplePointSets.size() << std::endl;
  os << indent << "NumbersOfPointsInMovingImage: " << m_NumbersOfPointsInMovingImage << std::endl;
}
} // end namespace itk

#endif // itkMaskedRegistrationMethod_hxx
