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
#ifndef itkSampledMattesMutualInformationImageToImageMetricv4_hxx
#define itkSampledMattesMutualInformationImageToImageMetricv4_hxx

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
void
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::InitializeSampling()
{
  if constexpr (Superclass::IsTypeKnown)
  {
    // As the superclass: the outermost bins, two on each side, are for the Parzen window alone.
    constexpr int padding = 2;
    const auto    computeBinSize = [this](double minimum, double maximum) {
      // One value alone: one bin, of any size.
      return maximum > minimum ? (maximum - minimum) / static_cast<double>(this->m_NumberOfHistogramBins - 2 * padding)
                                  : 1.0;
    };
    this->FindRangeOfFixedImage();
    this->m_FixedImageBinSize = computeBinSize(this->m_FixedImageTrueMin, this->m_FixedImageTrueMax);
    this->m_FixedImageNormalizedMin = this->m_FixedImageTrueMin / this->m_FixedImageBinSize - padding;
    this->FindRangeOfMovingImage();
    this->m_MovingImageBinSize = computeBinSize(this->m_MovingImageTrueMin, this->m_MovingImageTrueMax);
    this->m_MovingImageNormalizedMin = this->m_MovingImageTrueMin / this->m_MovingImageBinSize - padding;
  }
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
void
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::FindRangeOfFixedImage()
{
  // As the superclass: all voxels inside the mask, or the voxels in which the sample points lie.
  const TFixedImage & image = *this->m_FixedImage;
  if constexpr (Superclass::IsTypeKnown)
  {
    if (this->IsRangeOfMask())
    {
      const auto [lowest, greatest] = KernelType::FindRangeOfFixedImage(
        image, image.GetBufferedRegion(), this->m_FixedImageMask, this->GetMaximumNumberOfWorkUnits());
      this->m_FixedImageTrueMin = lowest;
      this->m_FixedImageTrueMax = greatest;
      return;
    }
  }
  auto       minimum = NumericTraits<typename TFixedImage::PixelType>::max();
  auto       maximum = NumericTraits<typename TFixedImage::PixelType>::NonpositiveMin();
  const auto extend = [&](const typename TFixedImage::PointType & point) {
    typename TFixedImage::IndexType index;
    if (image.TransformPhysicalPointToIndex(point, index) && image.GetBufferedRegion().IsInside(index) &&
        std::isfinite(image.GetPixel(index)))
    {
      minimum = std::min(minimum, image.GetPixel(index));
      maximum = std::max(maximum, image.GetPixel(index));
    }
  };
  if (this->m_UseVirtualSampledPointSet || this->HasCoordinates())
  {
    this->ForEachSamplePoint([&](const auto & point) { extend(this->m_FixedTransform->TransformPoint(point)); });
  }
  else
  {
    for (const auto & point : this->m_FixedSampledPointSet->GetPoints()->CastToSTLConstContainer())
    {
      typename TFixedImage::PointType fixedPoint;
      fixedPoint.CastFrom(point);
      extend(fixedPoint);
    }
  }
  this->m_FixedImageTrueMin = minimum;
  this->m_FixedImageTrueMax = maximum;
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
void
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::FindRangeOfMovingImage()
{
  const auto region = this->GetRangeRegionOfMovingImage();
  m_IsRangeOfPart = region.has_value();
  const auto [minimum, maximum] =
    KernelType::FindRangeOfMovingImage(*this->m_MovingImage,
                                       region.value_or(this->m_MovingImage->GetBufferedRegion()),
                                       this->m_MovingImageMask,
                                       this->GetMaximumNumberOfWorkUnits());
  this->m_MovingImageTrueMin = minimum;
  this->m_MovingImageTrueMax = maximum;
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
SizeValueType
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::EvaluateSamples([[maybe_unused]] KernelType & kernel,
                                                                                   [[maybe_unused]] DerivativeType *
                                                                                     derivative) const
{
  if constexpr (Superclass::IsTypeKnown)
  {
    typename KernelType::BinsType bins;
    bins.NumberOfBins = this->m_NumberOfHistogramBins;
    bins.FixedBinSize = this->m_FixedImageBinSize;
    bins.FixedNormalizedMinimum = this->m_FixedImageNormalizedMin;
    bins.MovingBinSize = this->m_MovingImageBinSize;
    bins.MovingNormalizedMinimum = this->m_MovingImageNormalizedMin;
    bins.MovingMinimum = this->m_MovingImageTrueMin;
    bins.MovingMaximum = this->m_MovingImageTrueMax;
    bins.IsClamped = m_IsRangeOfPart;
    std::vector<double> joint;
    const auto          result = kernel.EvaluateMutualInformation(bins, derivative, joint);
    if (result.NumberOfSamples == 0)
    {
      this->m_NumberOfValidPoints = 0; // as with ITK's own sums
      itkExceptionMacro(
        "None of the " << kernel.GetNumberOfSamples()
                       << " samples maps into the moving image (and its mask, if there is one). The images "
                          "must overlap at the start: set an initial transform, for example one that "
                          "aligns their centers.");
    }
    this->KeepJointHistogram(joint);
    this->m_Value = result.Value;
    return result.NumberOfSamples;
  }
  return 0;
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
void
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::KeepJointHistogram(const std::vector<double> & joint)
  const
{
  auto &     kept = const_cast<Self *>(this)->m_ThreaderJointPDF;
  const auto size = Superclass::JointPDFSizeType::Filled(this->m_NumberOfHistogramBins);
  kept.resize(1);
  if (!kept.front() || kept.front()->GetBufferedRegion().GetSize() != size)
  {
    kept.front() = Superclass::JointPDFType::New();
    kept.front()->SetRegions(size);
    kept.front()->Allocate();
  }
  // In units of the intensities.
  kept.front()->SetOrigin(
    MakePoint(static_cast<double>(this->m_FixedImageTrueMin), static_cast<double>(this->m_MovingImageTrueMin)));
  kept.front()->SetSpacing(
    MakeVector(static_cast<double>(this->m_FixedImageBinSize), static_cast<double>(this->m_MovingImageBinSize)));
  std::copy(joint.begin(), joint.end(), kept.front()->GetBufferPointer());
}
} // end namespace itk

#endif // itkSampledMattesMutualInformationImageToImageMetricv4_hxx
