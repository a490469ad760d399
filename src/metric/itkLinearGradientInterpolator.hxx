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

#include "geometry/itkGridGeometry.h"
#include "geometry/itkUnrolledLoop.h"

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TImage>
void
LinearGradientInterpolator<TImage>::SetImage(const TImage & image, const RegionType & region)
{
  const auto axes = InterpolationAxis::MakeAll<ImageDimension>(image, region);
  m_Buffer = image.GetBufferPointer();
  m_Region = region;
  m_OffsetOfRegion = 0;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    AxisType & axis = m_Axes[d];
    static_cast<InterpolationAxis &>(axis) = axes[d];
    const auto size = static_cast<std::ptrdiff_t>(region.GetSize(d));
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
    UnrolledLoop<VAxis>::ForEach([&](auto d) { result[d] = lower[d] + (upper[d] - lower[d]) * position; });
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
  UnrolledLoop<ImageDimension - 1>::ForEach([&](auto d) {
    const PairType slopes = pairs[d + 1];
    batch.Gradient[d + 1][i] = slopes[0] + (slopes[1] - slopes[0]) * fraction[0];
  });
}

template <typename TImage>
auto
LinearGradientInterpolator<TImage>::FindPlace(const AxisType & axis, double index) const -> PlaceType
{
  const double position = index - axis.Start;
  const double clamped = std::max(std::min(position, axis.Length), 0.0);
  PlaceType    place;
  place.Cell = axis.FindCell(index, place.Fraction);
  place.OtherCell = place.Cell;
  const double center = std::round(clamped);
  place.IsOnCenter = std::abs(position - center) < Tolerance;
  place.IsBeyondCenters = position != clamped && !place.IsOnCenter;
  if (place.IsOnCenter)
  {
    const auto           atCenter = static_cast<std::ptrdiff_t>(center);
    const std::ptrdiff_t other = place.Cell == atCenter ? atCenter - 1 : atCenter;
    place.OtherCell = other >= 0 && other <= axis.LastCell ? other : place.Cell;
  }
  return place;
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::AverageSlopes(BatchType &                                   batch,
                                                  unsigned int                                  i,
                                                  const PixelType *                             corner,
                                                  const std::array<PlaceType, ImageDimension> & places) const
{
  std::array<double, ImageDimension> fraction;
  std::array<double, ImageDimension> gradient;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    fraction[d] = places[d].Fraction;
    gradient[d] = batch.Gradient[d][i];
  }
  const double value = batch.Value[i];
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    if (!places[d].IsOnCenter)
    {
      continue;
    }
    // Beyond the outermost centre the interpolant is constant.
    double slope = 0.0;
    if (places[d].OtherCell != places[d].Cell)
    {
      auto                 fractionInOther = fraction;
      const auto           step = places[d].OtherCell - places[d].Cell;
      const std::ptrdiff_t offset = step * m_Axes[d].Stride;
      fractionInOther[d] -= static_cast<double>(step);
      this->EvaluateInCell(batch, i, corner + offset, fractionInOther);
      slope = batch.Gradient[d][i];
    }
    gradient[d] = 0.5 * (gradient[d] + slope);
  }
  batch.Value[i] = value;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    batch.Gradient[d][i] = gradient[d];
  }
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::EvaluateAnywhere(BatchType & batch, unsigned int i) const
{
  bool                                  isMissing = false;
  bool                                  isOnCenter = false;
  const PixelType *                     corner = m_Buffer;
  std::array<double, ImageDimension>    fraction;
  std::array<PlaceType, ImageDimension> places;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    const AxisType & axis = m_Axes[d];
    const double     index = batch.Index[d][i];
    if (!(index >= axis.Start - 0.5 && index < axis.Start + axis.Length + 0.5)) // or NaN
    {
      batch.SetNothing(i, StateEnum::Outside);
      return;
    }
    const PlaceType & place = places[d] = this->FindPlace(axis, index);
    fraction[d] = place.Fraction;
    isOnCenter = isOnCenter || place.IsOnCenter;
    isMissing =
      isMissing || !axis.HasCells(std::min(place.Cell, place.OtherCell), std::max(place.Cell, place.OtherCell));
    corner += isMissing ? 0 : (place.Cell - axis.BufferStart) * axis.Stride;
  }
  if (isMissing)
  {
    batch.SetNothing(i, StateEnum::Missing);
    return;
  }
  this->EvaluateInCell(batch, i, corner, fraction);
  if (isOnCenter)
  {
    this->AverageSlopes(batch, i, corner, places);
  }
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    batch.Gradient[d][i] = places[d].IsBeyondCenters ? 0.0 : batch.Gradient[d][i];
  }
}

template <typename TImage>
void
LinearGradientInterpolator<TImage>::Evaluate(BatchType & batch) const
{
  // First all corners, which are fetched into the cache meanwhile; null: not strictly between centres of the buffer.
  std::array<const PixelType *, BatchSize>                  corners;
  std::array<std::array<double, ImageDimension>, BatchSize> fractions;
  const auto                                                axes = m_Axes;
  for (unsigned int i = 0; i < batch.Count; ++i)
  {
    bool           isBetweenCenters = true;
    std::ptrdiff_t offset = m_OffsetOfRegion;
    UnrolledLoop<ImageDimension>::ForEach([&](auto d) {
      const double position = batch.Index[d][i] - axes[d].Start;
      if (isBetweenCenters && position >= axes[d].FirstCenter && position < axes[d].LastCenter)
      {
        const auto cell = static_cast<std::ptrdiff_t>(position);
        fractions[i][d] = position - static_cast<double>(cell);
        offset += cell * axes[d].Stride;
        isBetweenCenters = std::abs(fractions[i][d] - 0.5) < 0.5 - Tolerance;
      }
      else
      {
        isBetweenCenters = false;
      }
    });
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
      this->EvaluateAnywhere(batch, i);
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
        const PlaceType  place = this->FindPlace(axis, batch.Index[d][i]);
        const auto [first, last] = std::minmax(place.Cell, place.OtherCell);
        corners.SetIndex(d, m_Region.GetIndex(d) + first);
        corners.SetSize(d, static_cast<SizeValueType>(last + axis.NumberOfNext - first + 1));
      }
      extended = GridGeometry<ImageDimension>::Unite(extended, corners);
    }
  }
  return extended;
}
} // end namespace itk

#endif // itkLinearGradientInterpolator_hxx
