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
#ifndef itkLinearGradientInterpolator_hxx
#define itkLinearGradientInterpolator_hxx

#include "geometry/itkUniteRegions.h"

#include <algorithm>

namespace itk
{
template <typename TImage>
void
LinearGradientInterpolator<TImage>::SetImage(const TImage & image, const RegionType & region)
{
  const RegionType & buffered = image.GetBufferedRegion();
  m_Buffer = image.GetBufferPointer();
  m_Region = region;
  m_OffsetOfRegion = 0;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    AxisType & axis = m_Axes[d];
    const auto size = static_cast<std::ptrdiff_t>(region.GetSize(d));
    const auto sizeOfBuffer = static_cast<std::ptrdiff_t>(buffered.GetSize(d));
    axis.Start = static_cast<double>(region.GetIndex(d));
    axis.Length = static_cast<double>(size - 1);
    axis.LastCell = std::max<std::ptrdiff_t>(size - 2, 0);
    axis.NumberOfNext = size > 1 ? 1 : 0;
    axis.BufferStart = buffered.GetIndex(d) - region.GetIndex(d);
    axis.BufferEnd = axis.BufferStart + sizeOfBuffer;
    axis.Stride = image.GetOffsetTable()[d];
    axis.FirstCenter = static_cast<double>(std::max<std::ptrdiff_t>(axis.BufferStart, 0));
    axis.LastCenter = static_cast<double>(std::min(axis.BufferEnd, size) - 1);
    m_OffsetOfRegion -= axis.BufferStart * axis.Stride;
    m_StridesToNext[d] = axis.NumberOfNext * axis.Stride;
  }
  for (unsigned int row = 0; row < m_RowOffsets.size(); ++row)
  {
    m_RowOffsets[row] = 0;
    for (unsigned int d = 1; d < ImageDimension; ++d)
    {
      m_RowOffsets[row] += (row >> (d - 1) & 1U) != 0 ? m_StridesToNext[d] : 0;
    }
  }
}

template <typename TImage>
template <unsigned int VAxis>
void
LinearGradientInterpolator<TImage>::Interpolate(const PixelType *                                  corner,
                                                const std::array<std::ptrdiff_t, ImageDimension> & strides,
                                                const std::array<double, ImageDimension> &         fraction,
                                                std::array<PairType, ImageDimension> &             result)
{
  // result: the derivatives along the axes from 1 to this one, each at both ends of the first axis; before them the
  // value.
  if constexpr (VAxis == 0)
  {
    result[0] = PairType{ static_cast<double>(corner[0]), static_cast<double>(corner[strides[0]]) };
  }
  else
  {
    std::array<PairType, ImageDimension> lower;
    std::array<PairType, ImageDimension> upper;
    Interpolate<VAxis - 1>(corner, strides, fraction, lower);
    Interpolate<VAxis - 1>(corner + strides[VAxis], strides, fraction, upper);
    const PairType position{ fraction[VAxis], fraction[VAxis] };
    for (unsigned int d = 0; d < VAxis; ++d)
    {
      result[d] = lower[d] + (upper[d] - lower[d]) * position;
    }
    result[VAxis] = upper[0] - lower[0];
  }
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::EvaluateInCell(BatchType &                                batch,
                                                   unsigned int                               i,
                                                   const PixelType *                          corner,
                                                   const std::array<double, ImageDimension> & fraction) const
{
  std::array<PairType, ImageDimension> pairs;
  Interpolate<ImageDimension - 1>(corner, m_StridesToNext, fraction, pairs);
  const double difference = pairs[0][1] - pairs[0][0];
  batch.State[i] = StateEnum::Inside;
  batch.Value[i] = pairs[0][0] + difference * fraction[0];
  batch.Gradient[0][i] = difference;
  for (unsigned int d = 1; d < ImageDimension; ++d)
  {
    batch.Gradient[d][i] = pairs[d][0] + (pairs[d][1] - pairs[d][0]) * fraction[0];
  }
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::EvaluateAtBorder(BatchType & batch, unsigned int i) const
{
  bool                               isMissing = false;
  const PixelType *                  corner = m_Buffer;
  std::array<double, ImageDimension> fraction;
  std::array<bool, ImageDimension>   isBeyond;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    const AxisType & axis = m_Axes[d];
    const double     index = batch.Index[d][i];
    if (!(index >= axis.Start - 0.5 && index < axis.Start + axis.Length + 0.5)) // or NaN
    {
      batch.State[i] = StateEnum::Outside;
      return;
    }
    const double position = index - axis.Start;
    const double clamped = std::max(std::min(position, axis.Length), 0.0);
    const auto   cell = std::min(static_cast<std::ptrdiff_t>(clamped), axis.LastCell);
    fraction[d] = clamped - static_cast<double>(cell);
    isBeyond[d] = position != clamped;
    isMissing = isMissing || cell < axis.BufferStart || cell + axis.NumberOfNext >= axis.BufferEnd;
    corner += isMissing ? 0 : (cell - axis.BufferStart) * axis.Stride;
  }
  if (isMissing)
  {
    batch.State[i] = StateEnum::Missing;
    return;
  }
  this->EvaluateInCell(batch, i, corner, fraction);
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    batch.Gradient[d][i] = isBeyond[d] ? 0.0 : batch.Gradient[d][i];
  }
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::Evaluate(BatchType & batch) const
{
  // First all corners, which are fetched into the cache meanwhile; null: not between centres of the buffer.
  std::array<const PixelType *, BatchSize>                  corners;
  std::array<std::array<double, ImageDimension>, BatchSize> fractions;
  const auto                                                axes = m_Axes;
  for (unsigned int i = 0; i < batch.Count; ++i)
  {
    bool           isBetweenCenters = true;
    std::ptrdiff_t offset = m_OffsetOfRegion;
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      const double position = batch.Index[d][i] - axes[d].Start;
      if (!(position >= axes[d].FirstCenter && position < axes[d].LastCenter))
      {
        isBetweenCenters = false;
        break;
      }
      const auto cell = static_cast<std::ptrdiff_t>(position);
      fractions[i][d] = position - static_cast<double>(cell);
      offset += cell * axes[d].Stride;
    }
    corners[i] = isBetweenCenters ? m_Buffer + offset : nullptr;
    if (isBetweenCenters)
    {
      this->Prefetch(corners[i]);
    }
  }
  for (unsigned int i = 0; i < batch.Count; ++i)
  {
    if (corners[i] != nullptr)
    {
      this->EvaluateInCell(batch, i, corners[i], fractions[i]);
    }
    else
    {
      this->EvaluateAtBorder(batch, i);
    }
  }
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::Prefetch(const PixelType * corner) const
{
#if defined(__GNUC__)
  for (const std::ptrdiff_t offset : m_RowOffsets)
  {
    __builtin_prefetch(corner + offset);
  }
#else
  (void)corner;
#endif
}

template <typename TImage>
auto
LinearGradientInterpolator<TImage>::ExtendByMissing(const BatchType & batch, const RegionType & region) const
  -> RegionType
{
  RegionType extended = region;
  for (unsigned int i = 0; i < batch.Count; ++i)
  {
    if (batch.State[i] == StateEnum::Missing)
    {
      RegionType corners;
      for (unsigned int d = 0; d < ImageDimension; ++d)
      {
        const AxisType & axis = m_Axes[d];
        const double     position = std::max(std::min(batch.Index[d][i] - axis.Start, axis.Length), 0.0);
        corners.SetIndex(d, m_Region.GetIndex(d) + std::min(static_cast<std::ptrdiff_t>(position), axis.LastCell));
        corners.SetSize(d, 1 + static_cast<SizeValueType>(axis.NumberOfNext));
      }
      extended = UniteRegions(extended, corners);
    }
  }
  return extended;
}
} // end namespace itk

#endif // itkLinearGradientInterpolator_hxx
