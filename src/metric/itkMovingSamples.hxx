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
#ifndef itkMovingSamples_hxx
#define itkMovingSamples_hxx

#include "geometry/itkGridGeometry.h"
#include "geometry/itkParallelTasks.h"
#include "geometry/itkUnrolledLoop.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace itk
{
template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::Start(const ImageType &     image,
                                               const MaskType *      mask,
                                               const TransformType & transform,
                                               const PointsType &    points,
                                               ThreadIdType          numberOfWorkUnits,
                                               bool                  usesGradientImage,
                                               bool                  computesDerivative)
{
  const bool isPart = m_Grower && m_PartImage == &image;
  m_Image = isPart && m_GrownImage ? m_GrownImage.GetPointer() : &image;
  m_Region = isPart ? m_Image->GetLargestPossibleRegion() : m_Image->GetBufferedRegion();
  m_Interpolator.SetImage(*m_Image, m_Region);
  m_UsesGradientImage = usesGradientImage;
  m_TakesGradientImage = usesGradientImage && computesDerivative;
  if (m_ImageOfGradients != &image || m_TimeOfGradients != image.GetMTime())
  {
    m_GradientInterpolator.Clear();
    m_ImageOfGradients = &image;
    m_TimeOfGradients = image.GetMTime();
  }
  m_Transform.SetTransform(transform, *m_Image, points, numberOfWorkUnits);

  m_Mask.Set(mask, image);
  m_NumberOfWorkUnits = numberOfWorkUnits;
  m_Sums.resize(this->GetParts().GetNumberOfParts());
  m_MissingRegions.resize(this->GetParts().GetNumberOfParts());
  m_Values.resize(points.Number);
  m_IsValid.resize(points.Number);
  m_Weights.resize(points.Number);
  for (auto & gradients : m_Gradients)
  {
    gradients.resize(points.Number);
  }
}

template <typename TMovingPixel, unsigned int VDimension>
template <typename TWork>
void
MovingSamples<TMovingPixel, VDimension>::Evaluate(const TWork & work)
{
  while (true)
  {
    std::fill(m_MissingRegions.begin(), m_MissingRegions.end(), RegionType{});
    this->ForEachPart([&](SizeValueType part, SizeValueType first, SizeValueType last) {
      this->EvaluatePart(part);
      work(part, first, last);
    });

    RegionType missing;
    for (const auto & region : m_MissingRegions)
    {
      missing = GridGeometry<VDimension>::Unite(missing, region);
    }
    if (missing.GetNumberOfPixels() == 0)
    {
      return;
    }
    this->Grow(missing);
  }
}

template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::Grow(const RegionType & missing)
{
  using GradientsType = typename GradientImageInterpolator<ImageType>::GradientsType;
  // As far as samples may soon be, so that it is seldom done again.
  constexpr SizeValueType voxels = 8;
  constexpr SizeValueType share = 8;
  constexpr double        nearlyAll = 0.7;

  RegionType region = GridGeometry<VDimension>::Unite(m_GradientInterpolator.GetRegion(), missing);
  RegionType needed = missing;
  if (m_TakesGradientImage)
  {
    Size<VDimension> radius;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      radius[d] = voxels + region.GetSize(d) / share;
    }
    region.PadByRadius(radius);
    region.Crop(m_Region);
    needed = GradientsType::GetInputRegion(*m_Image, region, m_Region);
    const auto number = static_cast<double>(needed.GetNumberOfPixels());
    if (number > nearlyAll * static_cast<double>(m_Region.GetNumberOfPixels()))
    {
      region = m_Region;
      needed = m_Region;
    }
  }
  if (!m_Image->GetBufferedRegion().IsInside(needed))
  {
    m_GrownImage = m_Grower(needed);
    m_Image = m_GrownImage;
    m_Interpolator.SetImage(*m_Image, m_Region);
  }
  if (m_TakesGradientImage)
  {
    m_GradientInterpolator.Make(*m_Image, region, m_Region, m_NumberOfWorkUnits);
  }
}

template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::EvaluatePart(SizeValueType part)
{
  BatchType batch;
  m_Transform.template Map<BatchSize>(part, batch.Index, [&](SizeValueType first, unsigned int count) {
    batch.Count = count;
    m_Interpolator.Evaluate(batch);
    if (m_TakesGradientImage)
    {
      m_GradientInterpolator.Evaluate(batch);
    }

    this->Clean(batch);
    this->Keep(batch, first);
    const auto endOfStates = batch.State.begin() + batch.Count;
    if (std::find(batch.State.begin(), endOfStates, InterpolatorType::StateEnum::Missing) != endOfStates)
    {
      m_MissingRegions[part] = m_Interpolator.ExtendByMissing(batch, m_MissingRegions[part]);
    }
  });
}

template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::Clean(BatchType & batch) const
{
  // Not a number, or too great for one: neither value nor derivative may have anything of it.
  const bool isGradientJudged = !m_UsesGradientImage;
  const auto isFinite = [isGradientJudged](double value, const std::array<double, VDimension> & gradient) {
    double sum = std::abs(value);
    if (isGradientJudged)
    {
      UnrolledLoop<VDimension>::ForEach([&](auto d) { sum += std::abs(gradient[d]); });
    }
    return sum <= static_cast<double>(NumericTraits<TMovingPixel>::max());
  };
  // If the sums of all are finite, so is each: the usual case.
  double                         sumOfValues = 0.0;
  std::array<double, VDimension> sumOfGradients{};
  for (unsigned int i = 0; i < batch.Count; ++i)
  {
    sumOfValues += std::abs(batch.Value[i]);
    UnrolledLoop<VDimension>::ForEach([&](auto d) { sumOfGradients[d] += std::abs(batch.Gradient[d][i]); });
  }
  const bool areFinite = isFinite(sumOfValues, sumOfGradients);
  if (m_Mask.IsEverywhere() && areFinite)
  {
    return;
  }
  const auto isGood = [&](unsigned int i) {
    std::array<double, VDimension> gradient;
    UnrolledLoop<VDimension>::ForEach([&](auto d) { gradient[d] = batch.Gradient[d][i]; });
    return (areFinite || isFinite(batch.Value[i], gradient)) && (m_Mask.IsEverywhere() || this->IsInsideMask(batch, i));
  };
  for (unsigned int i = 0; i < batch.Count; ++i)
  {
    if (batch.State[i] == InterpolatorType::StateEnum::Inside && !isGood(i))
    {
      batch.SetNothing(i, InterpolatorType::StateEnum::Outside);
    }
  }
}

template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::Keep(const BatchType & batch, SizeValueType first)
{
  const auto keep = [&](const auto & column, std::vector<TMovingPixel> & kept) {
    std::transform(column.begin(), column.begin() + batch.Count, kept.data() + first, [](double value) {
      return static_cast<TMovingPixel>(value);
    });
  };
  keep(batch.Value, m_Values);
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    keep(batch.Gradient[d], m_Gradients[d]);
  }
  std::transform(batch.State.begin(), batch.State.begin() + batch.Count, m_IsValid.data() + first, [](auto state) {
    return static_cast<unsigned char>(state == InterpolatorType::StateEnum::Inside);
  });
}

template <typename TMovingPixel, unsigned int VDimension>
bool
MovingSamples<TMovingPixel, VDimension>::IsInsideMask(const BatchType & batch, unsigned int i) const
{
  ContinuousIndex<double, VDimension> index;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    index[d] = batch.Index[d][i];
  }
  return m_Mask.IsInside(index);
}

template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::SumDerivative(SizeValueType part)
{
  m_Sums[part].assign(m_Transform.GetNumberOfSums(), 0.0);
  m_Transform.Add(part, m_Weights.data(), m_Gradients, m_Sums[part].data());
}

template <typename TMovingPixel, unsigned int VDimension>
void
MovingSamples<TMovingPixel, VDimension>::AddDerivative(double factor, DerivativeType & derivative)
{
  // Pieces of the sums, in several threads where there are many; those of the parts in their order.
  std::vector<double> &   total = m_Sums.front();
  constexpr SizeValueType pieceSize = 1U << 13U;
  const SizeValueType     pieces = (total.size() + pieceSize - 1) / pieceSize;
  ParallelTasks::ForEach(pieces, m_NumberOfWorkUnits, [&](SizeValueType piece) {
    const auto begin = static_cast<std::ptrdiff_t>(piece * pieceSize);
    const auto end = static_cast<std::ptrdiff_t>(std::min<SizeValueType>((piece + 1) * pieceSize, total.size()));
    for (SizeValueType part = 1; part < this->GetParts().GetNumberOfParts(); ++part)
    {
      std::transform(
        total.begin() + begin, total.begin() + end, m_Sums[part].begin() + begin, total.begin() + begin, std::plus<>{});
    }
  });
  m_Transform.AddDerivative(total.data(), factor, derivative);
}
} // end namespace itk

#endif // itkMovingSamples_hxx
