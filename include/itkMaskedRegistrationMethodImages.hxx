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
#ifndef itkMaskedRegistrationMethodImages_hxx
#define itkMaskedRegistrationMethodImages_hxx

#include "itkMattesMemory.h"

namespace itk
{
template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ReleaseImages(
  SizeValueType     index,
  ImageMetricType & metric)
{
  metric.SetFixedImage(this->GetFixedImage(index));
  metric.SetMovingImage(this->GetMovingImage(index));
  metric.GetModifiableFixedInterpolator()->SetInputImage(nullptr);
  metric.GetModifiableMovingInterpolator()->SetInputImage(nullptr);
  metric.GetModifiableFixedImageGradientCalculator()->SetInputImage(nullptr);
  metric.GetModifiableMovingImageGradientCalculator()->SetInputImage(nullptr);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetImagesOfLevel(
  SizeValueType     level,
  SizeValueType     index,
  ImageMetricType & metric)
{
  this->ReleaseImages(index, metric);
  const double sigma = this->m_SmoothingSigmasPerLevel[level];
  const bool   isPhysical = this->m_SmoothingSigmasAreSpecifiedInPhysicalUnits;
  const auto   numberOfWorkUnits = this->GetNumberOfWorkUnits();
  auto * const sampledMetric = Self::AsSampledMetric(metric);
  const bool   isConfined =
    sampledMetric != nullptr && this->GetSamples(index).GetPlan().IsConfined(sampledMetric->HasValueOfSuperclass()) &&
    sampledMetric->CanEvaluateSamples(*this->m_CompositeTransform, this->GetSamples(index).GetPlan().IsInDouble);
  const bool isNear = isConfined && Self::LooksAtNeighborsOnly(*metric.GetFixedInterpolator());
  const auto fixedImage = this->FillGaps("fixed",
                                         index,
                                         this->GetFixedImage(index),
                                         isNear ? this->GetSamples(index).FindFixedRegion(*this->GetFixedImage(index))
                                                : this->GetFixedImage(index)->GetBufferedRegion(),
                                         this->GetFixedMaskOfRun(index));
  // A sampled metric leaves out samples that have no value; others would be led astray.
  const auto movingImage = this->EvaluatesSamples(metric, this->GetSamples(index).GetPlan().IsInDouble)
                             ? typename MovingImageType::ConstPointer(this->GetMovingImage(index))
                             : this->FillGaps("moving",
                                              index,
                                              this->GetMovingImage(index),
                                              this->GetMovingImage(index)->GetBufferedRegion(),
                                              this->m_MovingImageMasks[index].GetPointer());
  const auto maskOf = [this](const auto * mask) { return m_SmoothInsideMask ? mask : nullptr; };
  const LevelImage<FixedImageType> fixed(
    fixedImage, sigma, isPhysical, numberOfWorkUnits, maskOf(this->GetFixedMaskOfRun(index)));
  const LevelImage<MovingImageType> moving(
    movingImage, sigma, isPhysical, numberOfWorkUnits, maskOf(this->m_MovingImageMasks[index].GetPointer()));

  if (sampledMetric != nullptr)
  {
    sampledMetric->SetMovingPart({});
  }
  if (isConfined)
  {
    this->SetPartsOfImages(index, metric, *sampledMetric, fixed, moving);
  }
  else
  {
    this->CheckMemory(metric, this->GetSamples(index).GetPlan().IsInDouble);
    metric.SetFixedImage(fixed.MakeWhole());
    metric.SetMovingImage(moving.MakeWhole());
  }
  this->m_FixedSmoothImages[index] = metric.GetFixedImage();
  this->m_MovingSmoothImages[index] = metric.GetMovingImage();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::SetPartsOfImages(
  SizeValueType                       index,
  ImageMetricType &                   metric,
  SampledMetricType &                 sampledMetric,
  const LevelImage<FixedImageType> &  fixed,
  const LevelImage<MovingImageType> & moving)
{
  constexpr double numberOfVoxels = 8.0;
  constexpr double fraction = 0.125;

  const SamplesType & samples = this->GetSamples(index);
  const bool          isFixedConfined = Self::LooksAtNeighborsOnly(*metric.GetFixedInterpolator());
  metric.SetFixedImage(isFixedConfined ? fixed.MakePart(samples.FindFixedRegion(*this->GetFixedImage(index)))
                                       : fixed.MakeWhole());

  const auto   whole = this->GetMovingImage(index)->GetBufferedRegion();
  const auto & bounds = samples.GetBoundsInMovingImage();
  auto         region = bounds ? moving.MakeRegion(bounds->first, bounds->second, numberOfVoxels, fraction) : whole;
  const auto   part = moving.MakeVaryingPart(region, numberOfVoxels);
  metric.SetMovingImage(part);

  typename SampledMetricType::MovingPartType movingPart;
  movingPart.Image = part;
  movingPart.RangeRegion = region;
  movingPart.Grower = moving.MakeGrower(*part, region, numberOfVoxels, fraction);
  sampledMetric.SetMovingPart(movingPart);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
bool
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::EvaluatesSamples(
  ImageMetricType & metric,
  bool              isInDouble) const
{
  const auto * const sampledMetric = Self::AsSampledMetric(metric);
  return sampledMetric != nullptr && (metric.GetUseSampledPointSet() || isInDouble) &&
         sampledMetric->CanEvaluateSamples(*this->m_CompositeTransform, isInDouble);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckValues(
  SizeValueType     index,
  ImageMetricType & metric) const
{
  const bool         isPart = this->EvaluatesSamples(metric, this->GetSamples(index).GetPlan().IsInDouble);
  const auto * const points = this->GetSamplePointSet(index);
  if (!isPart || points == nullptr || this->GetSamples(index).GetReports().back().NumberOfPointsInMovingImage == 0)
  {
    return;
  }
  const auto &                      bounds = this->GetSamples(index).GetBoundsInMovingImage();
  const auto &                      image = *this->GetMovingImage(index);
  const LevelImage<MovingImageType> unsmoothed(&image, 0.0, false, 1);
  const auto                        region =
    bounds ? unsmoothed.MakeRegion(bounds->first, bounds->second, 1.0, 0.0) : image.GetBufferedRegion();
  if (!HasImageGaps(&image, region, this->GetNumberOfWorkUnits()))
  {
    return;
  }
  bool hasValue = true;
  try
  {
    metric.GetValue();
    hasValue = metric.GetNumberOfValidPoints() > 0;
  }
  catch (const ExceptionObject &)
  {
    hasValue = false;
  }
  if (!hasValue)
  {
    itkExceptionMacro("moving: the image has no finite number at any of the "
                      << points->GetNumberOfPoints() << " sample points of metric " << index
                      << " at the start of level " << this->m_CurrentLevel << ". Is the initial transform right?");
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckMemory(
  ImageMetricType & metric,
  bool              isInDouble) const
{
  using MattesType = MattesMutualInformationImageToImageMetricv4<TFixedImage, TMovingImage, TVirtualImage, RealType>;
  const auto * const mattes = dynamic_cast<const MattesType *>(&metric);
  if (mattes != nullptr && !this->EvaluatesSamples(metric, isInDouble) &&
      !SamplesType::IsOnDomain(*this->m_OutputTransform))
  {
    MattesMemory::Check(this->m_OutputTransform->GetNumberOfParameters(),
                        mattes->GetNumberOfHistogramBins(),
                        mattes->GetMaximumNumberOfWorkUnits());
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ReleaseParts(
  const ImageMetricsType & imageMetrics)
{
  // A metric that its user asks from now on has whole images, and takes their range.
  for (const auto & [index, metric] : imageMetrics)
  {
    if (auto * const sampledMetric = Self::AsSampledMetric(*metric))
    {
      const auto isPart = [](const auto * image) {
        return image != nullptr && image->GetBufferedRegion() != image->GetLargestPossibleRegion();
      };
      if (isPart(metric->GetFixedImage()) || isPart(metric->GetMovingImage()))
      {
        this->ReleaseImages(index, *metric);
      }
      sampledMetric->ReleaseRegistration();
    }
  }
}
} // end namespace itk

#endif // itkMaskedRegistrationMethodImages_hxx
