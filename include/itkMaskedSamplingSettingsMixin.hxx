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
#ifndef itkMaskedSamplingSettingsMixin_hxx
#define itkMaskedSamplingSettingsMixin_hxx

#include "itkHasDisplacementFields.h"
#include "itkHasFiniteParameters.h"
#include "itkPrintHelper.h"

#include <algorithm>

namespace itk
{
template <typename TSuperclass>
void
MaskedSamplingSettingsMixin<TSuperclass>::SetMetricSamplingPercentagePerLevel(
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
MaskedSamplingSettingsMixin<TSuperclass>::SetNumberOfSamples(SizeValueType numberOfSamples)
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
MaskedSamplingSettingsMixin<TSuperclass>::SetNumberOfSamplesPerLevel(const NumberOfSamplesArrayType & numberOfSamples)
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
MaskedSamplingSettingsMixin<TSuperclass>::GetNumberOfSamplesPerLevel() const -> NumberOfSamplesArrayType
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
MaskedSamplingSettingsMixin<TSuperclass>::SetSamplingRegion(const SamplingRegionType & region)
{
  if (!m_SamplingRegion || *m_SamplingRegion != region)
  {
    m_SamplingRegion = region;
    this->Modified();
  }
}

template <typename TSuperclass>
auto
MaskedSamplingSettingsMixin<TSuperclass>::GetSamplingRegion() const -> SamplingRegionType
{
  return m_SamplingRegion.value_or(SamplingRegionType{});
}

template <typename TSuperclass>
void
MaskedSamplingSettingsMixin<TSuperclass>::ResetSamplingRegion()
{
  if (m_SamplingRegion)
  {
    m_SamplingRegion.reset();
    this->Modified();
  }
}

template <typename TSuperclass>
SizeValueType
MaskedSamplingSettingsMixin<TSuperclass>::GetNumberOfMetrics() const
{
  const auto * const multiMetric = dynamic_cast<const MultiMetricType *>(this->m_Metric.GetPointer());
  return multiMetric != nullptr ? multiMetric->GetNumberOfMetrics() : 1;
}

template <typename TSuperclass>
auto
MaskedSamplingSettingsMixin<TSuperclass>::GetNthMetric(SizeValueType index) const -> MetricType *
{
  auto * const multiMetric = dynamic_cast<MultiMetricType *>(this->m_Metric.GetPointer());
  return multiMetric != nullptr ? multiMetric->GetMetricQueue()[index].GetPointer() : this->m_Metric.GetPointer();
}

template <typename TSuperclass>
auto
MaskedSamplingSettingsMixin<TSuperclass>::GetImageMetrics() const -> ImageMetricsType
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
MaskedSamplingSettingsMixin<TSuperclass>::GetMaskOf(const ImageMetricType & metric) const -> const FixedImageMaskType *
{
  const auto * const ownMask = metric.GetFixedImageMask();
  return ownMask != nullptr ? ownMask : m_FixedImageMask.GetPointer();
}

template <typename TSuperclass>
template <typename TArray>
void
MaskedSamplingSettingsMixin<TSuperclass>::CheckSizeOfPerLevelArray(const char * name, const TArray & array) const
{
  if (array.size() != this->m_NumberOfLevels)
  {
    itkExceptionMacro(<< name << " has " << array.size() << " values, but there are " << this->m_NumberOfLevels
                      << " levels. Call SetNumberOfLevels() first, then set one value for each level.");
  }
}

template <typename TSuperclass>
void
MaskedSamplingSettingsMixin<TSuperclass>::CheckPerLevelArrays() const
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
template <typename TImage>
void
MaskedSamplingSettingsMixin<TSuperclass>::CheckPixels(const char *   name,
                                                      SizeValueType  metric,
                                                      const TImage & image) const
{
  const SizeValueType number = image.GetBufferedRegion().GetNumberOfPixels();
  const auto * const  pixels = image.GetPixelContainer();
  if (number == 0 || pixels == nullptr || pixels->Size() < number)
  {
    itkExceptionMacro("The " << name << " image of metric " << metric
                             << (number == 0 ? " has no pixels" : " has a region, but no pixels for all of it")
                             << ". Call its Allocate(), or Update() of the filter that makes it.");
  }
}

template <typename TSuperclass>
void
MaskedSamplingSettingsMixin<TSuperclass>::CheckTransforms() const
{
  const auto check = [this](const char * name, const auto * transform) {
    if (transform != nullptr && !HasDisplacementFields(*transform))
    {
      itkExceptionMacro("The " << name << ", " << transform->GetNameOfClass()
                               << ", has no displacement field. Call its SetDisplacementField().");
    }
    if (transform != nullptr && !HasFiniteParameters(*transform))
    {
      itkExceptionMacro("The " << name << ", " << transform->GetNameOfClass()
                               << ", has parameters that are no finite numbers.");
    }
  };
  check("initial transform", this->GetInitialTransform());
  check("moving initial transform", this->GetMovingInitialTransform());
  check("fixed initial transform", this->GetFixedInitialTransform());
}

template <typename TSuperclass>
void
MaskedSamplingSettingsMixin<TSuperclass>::CheckResult() const
{
  if (!HasFiniteParameters(*this->m_OutputTransform))
  {
    itkExceptionMacro("optimizer: " << this->m_Optimizer->GetNameOfClass()
                                    << " ended with parameters that are no finite numbers. Use smaller steps, or "
                                       "another optimizer.");
  }
}

template <typename TSuperclass>
void
MaskedSamplingSettingsMixin<TSuperclass>::CheckSettings() const
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
  this->CheckTransforms();
  for (const auto & [index, metric] : imageMetrics)
  {
    if (this->GetFixedImage(index) == nullptr || this->GetMovingImage(index) == nullptr)
    {
      itkExceptionMacro("There is no " << (this->GetFixedImage(index) == nullptr ? "fixed" : "moving")
                                       << " image for metric " << index << ", " << metric->GetNameOfClass()
                                       << ". Call SetFixedImage() and SetMovingImage() with its number.");
    }
    this->CheckPixels("fixed", index, *this->GetFixedImage(index));
    this->CheckPixels("moving", index, *this->GetMovingImage(index));
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
void
MaskedSamplingSettingsMixin<TSuperclass>::PrintSelf(std::ostream & os, Indent indent) const
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
}
} // end namespace itk

#endif // itkMaskedSamplingSettingsMixin_hxx
