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
#ifndef itkSampledMetricEngine_hxx
#define itkSampledMetricEngine_hxx

#include "itkLinearInterpolateImageFunction.h"
#include "sampler/itkMaskGeometry.h"
#include "itkMultiThreaderBase.h"
#include "geometry/itkUniteRegions.h"

#include <algorithm>
#include <numeric>
#include <typeinfo>

namespace itk
{
template <typename TImageMetric>
bool
SampledMetricEngine<TImageMetric>::IsApplicable(const TImageMetric &                               metric,
                                                const typename TImageMetric::MovingTransformType & movingTransform)
{
  if constexpr (!IsTypeKnown)
  {
    return false;
  }
  else
  {
    using LinearInterpolatorType =
      LinearInterpolateImageFunction<MovingImageType, typename TImageMetric::CoordinateRepresentationType>;

    // A filter or calculator of gradients that the user chose is respected.
    const bool hasDefaultGradient =
      metric.GetUseMovingImageGradientFilter()
        ? Access::GradientFilter(metric).GetPointer() == Access::DefaultGradientFilter(metric).GetPointer()
        : Access::GradientCalculator(metric).GetPointer() == Access::DefaultGradientCalculator(metric).GetPointer();
    const auto * const interpolator = Access::MovingInterpolator(metric).GetPointer();
    return metric.GetUseSampledPointSet() && hasDefaultGradient && !metric.GetUseFloatingPointCorrection() &&
           !metric.GetGradientSourceIncludesFixed() && metric.GetGradientSourceIncludesMoving() &&
           interpolator != nullptr && typeid(*interpolator) == typeid(LinearInterpolatorType) &&
           TransformType::IsKnown(movingTransform);
  }
}

template <typename TImageMetric>
auto
SampledMetricEngine<TImageMetric>::MakeKeyOfSamples(const TImageMetric & metric) -> KeyType
{
  KeyType    key;
  const auto append = [&key](const Object * object) {
    key.push_back(reinterpret_cast<std::uintptr_t>(object));
    key.push_back(object != nullptr ? object->GetMTime() : 0);
  };
  append(metric.GetFixedImage());
  append(metric.GetFixedImageMask());
  append(Access::FixedInterpolator(metric).GetPointer());
  append(metric.GetFixedTransform());
  key.push_back(TransformQuestions<typename TImageMetric::FixedTransformType>::GetTime(*metric.GetFixedTransform()));
  append(metric.GetVirtualSampledPointSet());
  append(metric.GetVirtualSampledPointSet()->GetPoints());
  return key;
}

template <typename TImageMetric>
void
SampledMetricEngine<TImageMetric>::UpdateSamples(const TImageMetric & metric)
{
  KeyType key = MakeKeyOfSamples(metric);
  if (key == m_KeyOfSamples)
  {
    return;
  }
  m_KeyOfSamples.clear();

  const auto * const container = metric.GetVirtualSampledPointSet()->GetPoints();
  if (container == nullptr || container->Size() == 0)
  {
    itkGenericExceptionMacro("The sample point set of the metric is empty. It must have 1 or more points.");
  }
  const auto &                points = container->CastToSTLConstContainer();
  const SizeValueType         numberOfPoints = points.size();
  std::vector<FixedPixelType> values(numberOfPoints);
  std::vector<unsigned char>  isInside(numberOfPoints);
  if (metric.GetFixedImageMask() != nullptr)
  {
    MaskGeometry<ImageDimension> geometry;
    geometry.Mask = metric.GetFixedImageMask();
    geometry.FillCachesOfMask();
  }
  m_PartSize = 1024;
  m_NumberOfParts = (numberOfPoints + m_PartSize - 1) / m_PartSize;
  m_FixedValues.resize(numberOfPoints);
  this->ForEachPart([&](SizeValueType, SizeValueType first, SizeValueType last) {
    for (SizeValueType i = first; i < last; ++i)
    {
      typename TImageMetric::VirtualPointType point;
      point.CastFrom(points[i]);
      isInside[i] = static_cast<unsigned char>(Access::EvaluateFixed(metric, point, values[i]));
    }
  });

  const auto numberOfSamples = static_cast<SizeValueType>(std::count(isInside.begin(), isInside.end(), 1));
  for (auto & coordinates : m_Coordinates)
  {
    coordinates.assign(numberOfSamples, 0.0);
  }
  Point<double, ImageDimension> lower;
  lower.Fill(NumericTraits<double>::max());
  Point<double, ImageDimension> upper;
  upper.Fill(NumericTraits<double>::NonpositiveMin());
  SizeValueType sample = 0;
  for (SizeValueType i = 0; i < numberOfPoints; ++i)
  {
    if (isInside[i] == 0)
    {
      continue;
    }
    m_FixedValues[sample] = values[i];
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      const auto coordinate = static_cast<double>(points[i][d]);
      m_Coordinates[d][sample] = coordinate;
      lower[d] = std::min(lower[d], coordinate);
      upper[d] = std::max(upper[d], coordinate);
    }
    ++sample;
  }
  m_FixedValues.resize(numberOfSamples);
  m_Center.Fill(0.0);
  m_Radius = 1.0;
  if (numberOfSamples > 0)
  {
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      m_Center[d] = 0.5 * (lower[d] + upper[d]);
      m_Radius = std::max(m_Radius, upper[d] - m_Center[d]);
      std::for_each(m_Coordinates[d].begin(), m_Coordinates[d].end(), [center = m_Center[d]](double & coordinate) {
        coordinate -= center;
      });
    }
  }

  m_MovingValues.resize(numberOfSamples);
  m_IsInside.resize(numberOfSamples);
  m_Weights.resize(numberOfSamples);
  for (auto & gradients : m_Gradients)
  {
    gradients.resize(numberOfSamples);
  }
  m_KeyOfSamples = std::move(key);
}

template <typename TImageMetric>
void
SampledMetricEngine<TImageMetric>::DivideIntoParts(SizeValueType numberOfSums)
{
  // Few samples: not worth several threads. Many parameters: the sums of all parts are to fit into the cache.
  constexpr SizeValueType leastSize = 1024;
  constexpr SizeValueType greatestNumberOfParts = 64;
  constexpr SizeValueType greatestNumberOfSums = 1U << 18U;

  const SizeValueType numberOfSamples = this->GetNumberOfSamples();
  const SizeValueType limit =
    std::max<SizeValueType>(std::min(greatestNumberOfParts, greatestNumberOfSums / numberOfSums), 2);
  m_NumberOfParts = std::max<SizeValueType>(std::min(numberOfSamples / leastSize, limit), 1);
  m_PartSize = (numberOfSamples + m_NumberOfParts - 1) / m_NumberOfParts;
}

template <typename TImageMetric>
void
SampledMetricEngine<TImageMetric>::Start(const TImageMetric & metric)
{
  m_NumberOfWorkUnits = std::max<ThreadIdType>(metric.GetMaximumNumberOfWorkUnits(), 1);
  this->UpdateSamples(metric);

  m_MovingImage = metric.GetMovingImage();
  const bool isPart = m_MovingPart.Grower && m_MovingPart.Image == m_MovingImage;
  if (isPart && m_GrownImage)
  {
    m_MovingImage = m_GrownImage;
  }
  m_Interpolator.SetImage(*m_MovingImage,
                          isPart ? m_MovingImage->GetLargestPossibleRegion() : m_MovingImage->GetBufferedRegion());
  m_Transform.SetTransform(*metric.GetMovingTransform(), *m_MovingImage, m_Center, m_Radius);

  m_MovingMask = metric.GetMovingImageMask();
  if (m_MovingMask != nullptr)
  {
    MaskGeometry<ImageDimension> geometry;
    geometry.Mask = m_MovingMask;
    geometry.FillCachesOfMask();
  }
  this->DivideIntoParts(m_Transform.GetNumberOfSums());
  m_Sums.resize(m_NumberOfParts);
  m_MissingRegions.resize(m_NumberOfParts);
}

template <typename TImageMetric>
template <typename TWork>
void
SampledMetricEngine<TImageMetric>::ForEachPart(const TWork & work) const
{
  const SizeValueType numberOfSamples = this->GetNumberOfSamples();
  const auto          workOnPart = [&](SizeValueType part) {
    work(part, std::min(part * m_PartSize, numberOfSamples), std::min((part + 1) * m_PartSize, numberOfSamples));
  };
  if (m_NumberOfParts == 1 || m_NumberOfWorkUnits == 1)
  {
    for (SizeValueType part = 0; part < m_NumberOfParts; ++part)
    {
      workOnPart(part);
    }
    return;
  }
  const auto threader = MultiThreaderBase::New();
  threader->SetNumberOfWorkUnits(
    static_cast<ThreadIdType>(std::min<SizeValueType>(m_NumberOfWorkUnits, m_NumberOfParts)));
  threader->ParallelizeArray(0, m_NumberOfParts, workOnPart, nullptr);
}

template <typename TImageMetric>
template <typename TWork>
void
SampledMetricEngine<TImageMetric>::EvaluateMovingImage(const TWork & work)
{
  while (true)
  {
    std::fill(m_MissingRegions.begin(), m_MissingRegions.end(), MovingRegionType{});
    this->ForEachPart([&](SizeValueType part, SizeValueType first, SizeValueType last) {
      this->EvaluatePart(part, first, last);
      work(part, first, last);
    });

    MovingRegionType missing;
    for (const auto & region : m_MissingRegions)
    {
      missing = UniteRegions(missing, region);
    }
    if (missing.GetNumberOfPixels() == 0)
    {
      return;
    }
    m_GrownImage = m_MovingPart.Grower(missing);
    m_MovingImage = m_GrownImage;
    m_Interpolator.SetImage(*m_MovingImage, m_MovingImage->GetLargestPossibleRegion());
  }
}

template <typename TImageMetric>
auto
SampledMetricEngine<TImageMetric>::GetCoordinates(SizeValueType first) const -> CoordinatesType
{
  CoordinatesType coordinates;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    coordinates[d] = m_Coordinates[d].data() + first;
  }
  return coordinates;
}

template <typename TImageMetric>
void
SampledMetricEngine<TImageMetric>::EvaluatePart(SizeValueType part, SizeValueType first, SizeValueType last)
{
  using StateEnum = typename InterpolatorType::StateEnum;

  typename InterpolatorType::BatchType batch;
  for (SizeValueType start = first; start < last; start += InterpolatorType::BatchSize)
  {
    batch.Count = static_cast<unsigned int>(std::min<SizeValueType>(InterpolatorType::BatchSize, last - start));
    m_Transform.Map(this->GetCoordinates(start), batch.Count, batch.Index);
    m_Interpolator.Evaluate(batch);

    bool isMissing = false;
    for (unsigned int i = 0; i < batch.Count; ++i)
    {
      const bool isInside =
        batch.State[i] == StateEnum::Inside && (m_MovingMask == nullptr || this->IsInsideMovingMask(batch, i));
      isMissing = isMissing || batch.State[i] == StateEnum::Missing;
      m_IsInside[start + i] = static_cast<unsigned char>(isInside);
      m_MovingValues[start + i] = isInside ? static_cast<MovingPixelType>(batch.Value[i]) : MovingPixelType{};
      for (unsigned int d = 0; d < ImageDimension; ++d)
      {
        m_Gradients[d][start + i] = isInside ? static_cast<MovingPixelType>(batch.Gradient[d][i]) : MovingPixelType{};
      }
    }
    if (isMissing)
    {
      m_MissingRegions[part] = m_Interpolator.ExtendByMissing(batch, m_MissingRegions[part]);
    }
  }
}

template <typename TImageMetric>
bool
SampledMetricEngine<TImageMetric>::IsInsideMovingMask(const typename InterpolatorType::BatchType & batch,
                                                      unsigned int                                 i) const
{
  ContinuousIndex<double, ImageDimension> index;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    index[d] = batch.Index[d][i];
  }
  return m_MovingMask->IsInsideInWorldSpace(
    m_MovingImage->template TransformContinuousIndexToPhysicalPoint<double>(index));
}

template <typename TImageMetric>
void
SampledMetricEngine<TImageMetric>::SumDerivative(SizeValueType part, SizeValueType first, SizeValueType last)
{
  std::array<const MovingPixelType *, ImageDimension> gradients;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    gradients[d] = m_Gradients[d].data() + first;
  }
  m_Sums[part].assign(m_Transform.GetNumberOfSums(), 0.0);
  m_Transform.Add(this->GetCoordinates(first),
                  static_cast<unsigned int>(last - first),
                  m_Weights.data() + first,
                  gradients,
                  m_Sums[part].data());
}

template <typename TImageMetric>
void
SampledMetricEngine<TImageMetric>::AddDerivative(double factor, DerivativeType & derivative)
{
  std::vector<double> & total = m_Sums.front();
  for (SizeValueType part = 1; part < m_NumberOfParts; ++part)
  {
    std::transform(total.begin(), total.end(), m_Sums[part].begin(), total.begin(), std::plus<>{});
  }
  m_Transform.AddDerivative(total.data(), factor, derivative);
}
} // end namespace itk

#endif // itkSampledMetricEngine_hxx
