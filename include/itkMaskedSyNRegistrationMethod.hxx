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
#ifndef itkMaskedSyNRegistrationMethod_hxx
#define itkMaskedSyNRegistrationMethod_hxx

#include "itkCompositeTransform.h"

#include <string>

namespace itk
{
template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::RunLevels()
{
  // The superclass goes on from transforms that it finds.
  if (m_OwnFixedToMiddleTransform && this->m_FixedToMiddleTransform == m_OwnFixedToMiddleTransform &&
      this->m_MovingToMiddleTransform == m_OwnMovingToMiddleTransform)
  {
    this->m_FixedToMiddleTransform = nullptr;
    this->m_MovingToMiddleTransform = nullptr;
  }
  const bool areOwn = this->m_FixedToMiddleTransform.IsNull() || this->m_MovingToMiddleTransform.IsNull();
  m_OwnFixedToMiddleTransform = nullptr;
  m_OwnMovingToMiddleTransform = nullptr;
  const auto rememberOwn = [this, areOwn] {
    if (areOwn)
    {
      m_OwnFixedToMiddleTransform = this->m_FixedToMiddleTransform;
      m_OwnMovingToMiddleTransform = this->m_MovingToMiddleTransform;
    }
  };
  try
  {
    this->FillImages();
    Superclass::RunLevels();
  }
  catch (...)
  {
    m_FilledImages.clear();
    rememberOwn();
    throw;
  }
  m_FilledImages.clear();
  rememberOwn();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::FillImages()
{
  std::vector<FilledImages> filled(this->GetNumberOfMetrics());
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    const auto * const fixed = Superclass::GetFixedImage(index);
    const auto * const moving = Superclass::GetMovingImage(index);
    filled[index].Fixed =
      this->FillGaps("fixed", index, fixed, fixed->GetBufferedRegion(), this->GetFixedMaskOfRun(index));
    filled[index].Moving =
      this->FillGaps("moving", index, moving, moving->GetBufferedRegion(), metric->GetMovingImageMask());
  }
  m_FilledImages.swap(filled);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetFixedImage(
  SizeValueType index) const -> const FixedImageType *
{
  return index < m_FilledImages.size() && m_FilledImages[index].Fixed ? m_FilledImages[index].Fixed.GetPointer()
                                                                      : Superclass::GetFixedImage(index);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::GetMovingImage(
  SizeValueType index) const -> const MovingImageType *
{
  return index < m_FilledImages.size() && m_FilledImages[index].Moving ? m_FilledImages[index].Moving.GetPointer()
                                                                       : Superclass::GetMovingImage(index);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  InitializeRegistrationAtEachLevel(const SizeValueType level)
{
  Superclass::InitializeRegistrationAtEachLevel(level);
  m_IterationOfPoints = 1;
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    // The superclass sets these at the first level alone. Mutual information takes the range of its histogram inside
    // the mask, at every iteration. That of Mattes takes it at the points, if there are any, and can do without the
    // mask.
    using SourceEnum = MaskedLevelPlan::SourceEnum;
    const auto        source = this->GetSamples(index).GetPlan().Source;
    const std::string className = metric->GetNameOfClass();
    const bool        isMutualInformation = className.find("MutualInformation") != std::string::npos;
    const bool        isMattesWithPoints = className == "MattesMutualInformationImageToImageMetricv4" &&
                                    (source == SourceEnum::OwnPoints || source == SourceEnum::Draw);
    this->m_FixedImageMasks[index] = isMutualInformation && !isMattesWithPoints
                                       ? this->GetFixedMaskOfRun(index)
                                       : this->GetFixedMaskOfLevel(index, *metric);
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  ComputeMetricGradientField(const FixedImagesContainerType      fixedImages,
                             const PointSetsContainerType        fixedPointSets,
                             const TransformBaseType *           fixedTransform,
                             const MovingImagesContainerType     movingImages,
                             const PointSetsContainerType        movingPointSets,
                             const TransformBaseType *           movingTransform,
                             const FixedImageMasksContainerType  fixedImageMasks,
                             const MovingImageMasksContainerType movingImageMasks,
                             MeasureType &                       value) -> DisplacementFieldPointer
{
  // Called twice in an iteration, which counts from 1.
  const auto iteration = static_cast<SizeValueType>(this->m_CurrentIteration);
  if (this->GetResampleEveryIteration() && iteration != m_IterationOfPoints)
  {
    this->DrawSamplePointsAgain(iteration - 1);
    m_IterationOfPoints = iteration;
  }
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    // Where there is no mask, the superclass sets none if it resamples the images, so that the metric would keep the
    // one before: that of the other image, or one in another space.
    if (this->GetSamples(index).GetPlan().IsFixedMaskKnown(metric->GetNameOfClass()))
    {
      metric->SetFixedImageMask(fixedImageMasks[index]);
      metric->SetMovingImageMask(movingImageMasks[index]);
    }
  }
  return Superclass::ComputeMetricGradientField(fixedImages,
                                                fixedPointSets,
                                                fixedTransform,
                                                movingImages,
                                                movingPointSets,
                                                movingTransform,
                                                fixedImageMasks,
                                                movingImageMasks,
                                                value);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::Compose(
  const InitialTransformType * initialTransform,
  const OutputTransformType &  toMiddle) -> typename InitialTransformType::ConstPointer
{
  // The transforms are not changed: a composite transform takes no const ones.
  const auto composite = CompositeTransform<RealType, ImageDimension>::New();
  if (initialTransform != nullptr)
  {
    composite->AddTransform(const_cast<InitialTransformType *>(initialTransform));
  }
  // Not GetInverseTransform(): that shares its interpolator with the transform, which goes on to other fields.
  const auto fromMiddle = OutputTransformType::New();
  fromMiddle->SetDisplacementField(
    const_cast<typename OutputTransformType::DisplacementFieldType *>(toMiddle.GetInverseDisplacementField()));
  composite->AddTransform(fromMiddle);
  return composite.GetPointer();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  GetDomainToFixedTransform() const -> typename InitialTransformType::ConstPointer
{
  const auto initialTransform = Superclass::GetDomainToFixedTransform();
  // Not that of an earlier run, which is there until the levels begin.
  const bool hasDeformation = this->m_Updating && this->m_FixedToMiddleTransform.IsNotNull() &&
                              this->m_FixedToMiddleTransform != m_OwnFixedToMiddleTransform &&
                              this->m_FixedToMiddleTransform->GetInverseDisplacementField() != nullptr;
  return hasDeformation ? Self::Compose(initialTransform, *this->m_FixedToMiddleTransform) : initialTransform;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  GetDomainToMovingTransform() const -> typename InitialTransformType::ConstPointer
{
  const bool hasDeformation = this->m_MovingToMiddleTransform.IsNotNull() &&
                              this->m_MovingToMiddleTransform->GetInverseDisplacementField() != nullptr;
  if (hasDeformation)
  {
    return Self::Compose(this->GetMovingInitialTransform(), *this->m_MovingToMiddleTransform);
  }
  if (const auto * const initialTransform = this->GetMovingInitialTransform())
  {
    return initialTransform;
  }
  return IdentityTransform<RealType, ImageDimension>::New().GetPointer();
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
auto
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::MakeMaskForMetric(
  const MaskType *                  mask,
  const ImageBase<ImageDimension> * image) const -> typename MaskType::ConstPointer
{
  return SamplesType::MakeMaskImage(mask, *image, this->GetNumberOfWorkUnits());
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedSyNRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::PrintSelf(
  std::ostream & os,
  Indent         indent) const
{
  Superclass::PrintSelf(os, indent);

  itkPrintSelfObjectMacro(OwnFixedToMiddleTransform);
  itkPrintSelfObjectMacro(OwnMovingToMiddleTransform);
  os << indent << "FilledImages: " << m_FilledImages.size() << std::endl;
  os << indent << "IterationOfPoints: " << m_IterationOfPoints << std::endl;
}
} // end namespace itk

#endif // itkMaskedSyNRegistrationMethod_hxx
