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

#include "metric/itkCubicBSplineWeights.h"
#include "metric/itkImageRange.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

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
  if constexpr (EngineType::IsTypeKnown)
  {
    // As the superclass: the outermost bins are for the Parzen window alone.
    const auto computeBinSize = [this](double minimum, double maximum) {
      // One value alone: one bin, of any size.
      return maximum > minimum ? (maximum - minimum) / static_cast<double>(this->m_NumberOfHistogramBins - 2 * Padding)
                               : 1.0;
    };
    this->FindRangeOfFixedImage();
    this->m_FixedImageBinSize = computeBinSize(this->m_FixedImageTrueMin, this->m_FixedImageTrueMax);
    this->m_FixedImageNormalizedMin = this->m_FixedImageTrueMin / this->m_FixedImageBinSize - Padding;
    this->FindRangeOfMovingImage();
    this->m_MovingImageBinSize = computeBinSize(this->m_MovingImageTrueMin, this->m_MovingImageTrueMax);
    this->m_MovingImageNormalizedMin = this->m_MovingImageTrueMin / this->m_MovingImageBinSize - Padding;
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
  // As the superclass: the voxels in which the sample points lie.
  const TFixedImage & image = *this->m_FixedImage;
  auto                minimum = NumericTraits<typename TFixedImage::PixelType>::max();
  auto                maximum = NumericTraits<typename TFixedImage::PixelType>::NonpositiveMin();
  const auto          extend = [&](const typename TFixedImage::PointType & point) {
    typename TFixedImage::IndexType index;
    if (image.TransformPhysicalPointToIndex(point, index) && image.GetBufferedRegion().IsInside(index))
    {
      minimum = std::min(minimum, image.GetPixel(index));
      maximum = std::max(maximum, image.GetPixel(index));
    }
  };
  if (this->m_UseVirtualSampledPointSet)
  {
    for (const auto & point : this->m_VirtualSampledPointSet->GetPoints()->CastToSTLConstContainer())
    {
      extend(this->m_FixedTransform->TransformPoint(point));
    }
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
  const auto region = this->GetEngine().GetRangeRegion(this->m_MovingImage);
  m_IsRangeOfPart = region.has_value();
  const auto [minimum, maximum] =
    ImageRange<TMovingImage>::Find(*this->m_MovingImage,
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
auto
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::FindParzenWindow(double value) const -> ParzenWindow
{
  const double term = value / this->m_MovingImageBinSize - this->m_MovingImageNormalizedMin;
  const int    lastBin = static_cast<int>(this->m_NumberOfHistogramBins) - Padding - 1;
  const int    bin = std::max(Padding, std::min(static_cast<int>(term), lastBin));
  return { bin - 1, term - bin };
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
                                                   TMetricTraits>::CountSamples(const EngineType & engine,
                                                                                SizeValueType      first,
                                                                                SizeValueType      last,
                                                                                Histogram &        histogram) const
{
  const auto & fixedValues = engine.GetFixedValues();
  const auto & movingValues = engine.GetMovingValues();
  const auto & isInside = engine.GetIsInside();
  const auto   numberOfBins = static_cast<std::size_t>(this->m_NumberOfHistogramBins);

  histogram.NumberOfSamples = 0;
  histogram.Joint.assign(numberOfBins * numberOfBins, 0.0);
  histogram.Fixed.assign(numberOfBins, 0.0);
  for (SizeValueType i = first; i < last; ++i)
  {
    const auto value = static_cast<double>(movingValues[i]);
    if (isInside[i] == 0 || !this->IsInRange(value))
    {
      continue;
    }
    ++histogram.NumberOfSamples;
    const auto fixedBin = static_cast<std::size_t>(this->ComputeSingleFixedImageParzenWindowIndex(fixedValues[i]));
    histogram.Fixed[fixedBin] += 1.0;

    const ParzenWindow window = this->FindParzenWindow(this->ClampToRange(value));
    double * const     bin = histogram.Joint.data() + fixedBin * numberOfBins + window.FirstBin;
    const auto         counts = CubicBSplineWeights::Evaluate(window.Fraction);
    for (unsigned int k = 0; k < CubicBSplineWeights::Support; ++k)
    {
      bin[k] += counts[k];
    }
  }
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
double
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::Normalize(Histogram & histogram)
{
  const double sum = std::accumulate(histogram.Joint.begin(), histogram.Joint.end(), 0.0);
  const auto   divide = [factor = 1.0 / sum](double & count) { count *= factor; };
  std::for_each(histogram.Joint.begin(), histogram.Joint.end(), divide);
  std::for_each(histogram.Fixed.begin(), histogram.Fixed.end(), divide);
  return sum;
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
                                                   TMetricTraits>::KeepJointHistogram(const Histogram & histogram) const
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
  std::copy(histogram.Joint.begin(), histogram.Joint.end(), kept.front()->GetBufferPointer());
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
double
SampledMattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::ComputeValue(const Histogram &     histogram,
                                                                                std::vector<double> & logRatios) const
{
  constexpr double closeToZero = std::numeric_limits<double>::epsilon();
  const auto       numberOfBins = static_cast<std::size_t>(this->m_NumberOfHistogramBins);

  std::vector<double> moving(numberOfBins, 0.0);
  for (std::size_t bin = 0; bin < histogram.Joint.size(); ++bin)
  {
    moving[bin % numberOfBins] += histogram.Joint[bin];
  }
  logRatios.assign(histogram.Joint.size(), 0.0);
  double information = 0.0;
  for (std::size_t fixedBin = 0; fixedBin < numberOfBins; ++fixedBin)
  {
    if (!(histogram.Fixed[fixedBin] > closeToZero))
    {
      continue;
    }
    const double logFixed = std::log(histogram.Fixed[fixedBin]);
    for (std::size_t movingBin = 0; movingBin < numberOfBins; ++movingBin)
    {
      const std::size_t bin = fixedBin * numberOfBins + movingBin;
      const double      joint = histogram.Joint[bin];
      if (joint > closeToZero && moving[movingBin] > closeToZero)
      {
        logRatios[bin] = std::log(joint / moving[movingBin]);
        information += joint * (logRatios[bin] - logFixed);
      }
    }
  }
  return -information;
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
                                                   TMetricTraits>::ComputeWeights(EngineType &                engine,
                                                                                  SizeValueType               first,
                                                                                  SizeValueType               last,
                                                                                  const std::vector<double> & logRatios)
  const
{
  const auto & fixedValues = engine.GetFixedValues();
  const auto & movingValues = engine.GetMovingValues();
  const auto & isInside = engine.GetIsInside();
  auto &       weights = engine.GetWeights();
  const auto   numberOfBins = static_cast<std::size_t>(this->m_NumberOfHistogramBins);

  for (SizeValueType i = first; i < last; ++i)
  {
    weights[i] = 0.0;
    const auto value = static_cast<double>(movingValues[i]);
    // Where a value is clamped, it does not change with the point.
    if (isInside[i] == 0 || value < this->m_MovingImageTrueMin || value > this->m_MovingImageTrueMax)
    {
      continue;
    }
    const auto fixedBin = static_cast<std::size_t>(this->ComputeSingleFixedImageParzenWindowIndex(fixedValues[i]));
    const ParzenWindow   window = this->FindParzenWindow(value);
    const double * const logRatio = logRatios.data() + fixedBin * numberOfBins + window.FirstBin;
    const auto           slopes = CubicBSplineWeights::EvaluateDerivative(window.Fraction);
    for (unsigned int k = 0; k < CubicBSplineWeights::Support; ++k)
    {
      weights[i] += logRatio[k] * slopes[k];
    }
  }
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
                                                   TMetricTraits>::Evaluate(EngineType & engine) const
{
  std::vector<Histogram> histograms(engine.GetNumberOfParts());
  engine.EvaluateMovingImage([&](SizeValueType part, SizeValueType first, SizeValueType last) {
    this->CountSamples(engine, first, last, histograms[part]);
  });
  Histogram & total = histograms.front();
  for (std::size_t part = 1; part < histograms.size(); ++part)
  {
    const Histogram & other = histograms[part];
    total.NumberOfSamples += other.NumberOfSamples;
    std::transform(total.Joint.begin(), total.Joint.end(), other.Joint.begin(), total.Joint.begin(), std::plus<>{});
    std::transform(total.Fixed.begin(), total.Fixed.end(), other.Fixed.begin(), total.Fixed.begin(), std::plus<>{});
  }
  if (total.NumberOfSamples == 0)
  {
    itkExceptionMacro(
      "None of the " << engine.GetNumberOfSamples()
                     << " samples maps into the moving image (and its mask, if there is one). The images "
                        "must overlap at the start: set an initial transform, for example one that "
                        "aligns their centers.");
  }
  if (Self::Normalize(total) < NumericTraits<double>::epsilon())
  {
    itkExceptionMacro("The joint histogram of the " << total.NumberOfSamples << " samples sums to 0.");
  }

  this->KeepJointHistogram(total);

  std::vector<double> logRatios;
  this->m_Value = this->ComputeValue(total, logRatios);
  if (this->GetComputeDerivative())
  {
    engine.ForEachPart([&](SizeValueType part, SizeValueType first, SizeValueType last) {
      this->ComputeWeights(engine, first, last, logRatios);
      engine.SumDerivative(part, first, last);
    });
    engine.AddDerivative(1.0 / (this->m_MovingImageBinSize * static_cast<double>(total.NumberOfSamples)),
                         *this->m_DerivativeResult);
  }
  return total.NumberOfSamples;
}
} // end namespace itk

#endif // itkSampledMattesMutualInformationImageToImageMetricv4_hxx
