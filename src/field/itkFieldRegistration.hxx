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
#ifndef itkFieldRegistration_hxx
#define itkFieldRegistration_hxx

#include "metric/itkCorrelationMoments.h"
#include "metric/itkSquaredDifferences.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace itk
{
template <typename TPixel, unsigned int VDimension>
void
FieldRegistration<TPixel, VDimension>::StartLevel(const GridType & grid,
                                                  ImageType &      fixed,
                                                  ImageType &      moving,
                                                  MaskType *       fixedMask,
                                                  MaskType *       movingMask)
{
  for (auto * const side : { &m_Fixed, &m_Moving })
  {
    side->Field = m_Grid ? side->Field.MakeOnGrid(*m_Grid, grid, m_Settings.NumberOfWorkUnits)
                         : FieldType(grid.GetLargestPossibleRegion());
    side->Field.FixBorder(grid.GetLargestPossibleRegion(), m_Settings.NumberOfWorkUnits);
  }
  m_Grid = &grid;
  m_Fixed.Image = &fixed;
  m_Moving.Image = &moving;
  m_Fixed.Mask = fixedMask;
  m_Moving.Mask = movingMask;
  m_Fixed.Values.clear();
  for (auto * const mask : { fixedMask, movingMask })
  {
    if (mask != nullptr)
    {
      mask->SetOtherGrid(grid);
    }
  }
  m_Region = this->MakeWider(this->FindBox(), 2);
}

template <typename TPixel, unsigned int VDimension>
auto
FieldRegistration<TPixel, VDimension>::FindBox() const -> RegionType
{
  const RegionType &         whole = m_Grid->GetLargestPossibleRegion();
  std::vector<unsigned char> isInside(whole.GetNumberOfPixels());
  GeometryType::ForEachVoxel(whole, m_Settings.NumberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    // Not symmetric, it is the box of all iterations: the moving mask moves within it.
    isInside[number] = static_cast<unsigned char>(IsInsideMask(m_Fixed, voxel) &&
                                                  (!m_Settings.IsSymmetric || IsInsideMask(m_Moving, voxel)));
  });
  return GeometryType::FindBox(whole, [&](SizeValueType number) { return isInside[number] != 0; });
}

template <typename TPixel, unsigned int VDimension>
auto
FieldRegistration<TPixel, VDimension>::EvaluateImages() -> RegionType
{
  const ThreadIdType units = m_Settings.NumberOfWorkUnits;
  const bool         isFixedKnown = !m_Settings.IsSymmetric && m_Fixed.Values.size() == m_Region.GetNumberOfPixels();
  for (auto * const side : { &m_Fixed, &m_Moving })
  {
    if (side == &m_Moving || !isFixedKnown)
    {
      side->Image->Evaluate(*m_Grid, side->Field, m_Region, units, side->Values, side->IsInside);
    }
  }
  m_IsValid.resize(m_Region.GetNumberOfPixels());
  GeometryType::ForEachVoxel(m_Region, units, [&](const IndexType & voxel, SizeValueType number) {
    m_IsValid[number] = static_cast<unsigned char>(m_Fixed.IsInside[number] != 0 && m_Moving.IsInside[number] != 0 &&
                                                   IsInsideMask(m_Fixed, voxel) && IsInsideMask(m_Moving, voxel));
  });
  m_NumberOfVoxels = static_cast<SizeValueType>(std::count(m_IsValid.begin(), m_IsValid.end(), 1));
  return GeometryType::FindBox(m_Region, [&](SizeValueType number) { return m_IsValid[number] != 0; });
}

template <typename TPixel, unsigned int VDimension>
double
FieldRegistration<TPixel, VDimension>::ComputeWeights()
{
  const SizeValueType number = m_Region.GetNumberOfPixels();
  m_Moving.Weights.resize(number);
  m_Fixed.Weights.resize(m_Settings.IsSymmetric ? number : 0);
  const PairsType pairs{ m_Fixed.Values.data(), m_Moving.Values.data(), m_IsValid.data(), number };
  const PairsType swapped{ m_Moving.Values.data(), m_Fixed.Values.data(), m_IsValid.data(), number };
  switch (m_Settings.Metric)
  {
    case MetricEnum::MeanSquares:
      return this->ComputeWeightsOfMeanSquares(pairs, swapped);
    case MetricEnum::Correlation:
      return this->ComputeWeightsOfCorrelation(pairs, swapped);
    default:
      return this->ComputeWeightsOfNeighborhoods(pairs);
  }
}

template <typename TPixel, unsigned int VDimension>
double
FieldRegistration<TPixel, VDimension>::ComputeWeightsOfMeanSquares(const PairsType & pairs, const PairsType & swapped)
{
  const auto squares = this->GetParts().template Accumulate<SquaredDifferences>(
    m_Settings.NumberOfWorkUnits, [&](SizeValueType first, SizeValueType last) {
      if (m_Settings.IsSymmetric)
      {
        SquaredDifferences::Compute(swapped.GetPart(first, last), m_Fixed.Weights.data() + first);
      }
      return SquaredDifferences::Compute(pairs.GetPart(first, last), m_Moving.Weights.data() + first);
    });
  return squares.Sum / static_cast<double>(squares.Number);
}

template <typename TPixel, unsigned int VDimension>
double
FieldRegistration<TPixel, VDimension>::ComputeWeightsOfCorrelation(const PairsType & pairs, const PairsType & swapped)
{
  const ThreadIdType units = m_Settings.NumberOfWorkUnits;
  const auto         compute = [&](const PairsType & all, std::vector<double> & weights) {
    const auto moments =
      this->GetParts().template Accumulate<CorrelationMoments>(units, [&](SizeValueType first, SizeValueType last) {
        return CorrelationMoments::Compute(all.GetPart(first, last));
      });
    if (!moments.IsDefined())
    {
      std::fill(weights.begin(), weights.end(), 0.0);
      return 0.0;
    }
    // The sign matters, the length does not: where contrasts are opposite, the correlation is to become more so.
    const double sign = moments.SumFM < 0.0 ? -1.0 : 1.0;
    this->GetParts().ForEach(units, [&](SizeValueType, SizeValueType first, SizeValueType last) {
      moments.ComputeWeights(all.GetPart(first, last), weights.data() + first);
      std::for_each(weights.data() + first, weights.data() + last, [sign](double & weight) { weight *= sign; });
    });
    return -moments.GetSquaredCorrelation();
  };
  if (m_Settings.IsSymmetric)
  {
    compute(swapped, m_Fixed.Weights);
  }
  return compute(pairs, m_Moving.Weights);
}

template <typename TPixel, unsigned int VDimension>
double
FieldRegistration<TPixel, VDimension>::ComputeWeightsOfNeighborhoods(const PairsType & pairs)
{
  using WeightsEnum = typename CorrelationType::WeightsEnum;
  typename CorrelationType::SizeType size;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    size[d] = m_Region.GetSize(d);
  }
  const bool   isSymmetric = m_Settings.IsSymmetric;
  const double value = m_Correlation.Compute(
    size, pairs.Fixed, pairs.Moving, pairs.IsValid, isSymmetric ? WeightsEnum::Both : WeightsEnum::Moving);
  this->GetParts().ForEach(m_Settings.NumberOfWorkUnits, [&](SizeValueType, SizeValueType first, SizeValueType last) {
    for (SizeValueType i = first; i < last; ++i)
    {
      const bool isValid = m_IsValid[i] != 0;
      m_Moving.Weights[i] = isValid ? m_Correlation.GetWeightOfMoving(i) : 0.0;
      if (isSymmetric)
      {
        m_Fixed.Weights[i] = isValid ? m_Correlation.GetWeightOfFixed(i) : 0.0;
      }
    }
  });
  return value;
}

template <typename TPixel, unsigned int VDimension>
auto
FieldRegistration<TPixel, VDimension>::ComputeGradient(const SideType &  side,
                                                       const IndexType & voxel,
                                                       std::size_t       number) const -> typename FieldType::VectorType
{
  typename FieldType::VectorType gradient{};
  std::size_t                    stride = 1;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const IndexValueType place = voxel[d] - m_Region.GetIndex(d);
    const bool           hasLower = place > 0 && side.IsInside[number - stride] != 0;
    const bool           hasUpper =
      place + 1 < static_cast<IndexValueType>(m_Region.GetSize(d)) && side.IsInside[number + stride] != 0;
    const TPixel lower = side.Values[hasLower ? number - stride : number];
    const TPixel upper = side.Values[hasUpper ? number + stride : number];
    gradient[d] = static_cast<float>((upper - lower) * (hasLower && hasUpper ? TPixel{ 0.5 } : TPixel{ 1 }));
    stride *= m_Region.GetSize(d);
  }
  return gradient;
}

template <typename TPixel, unsigned int VDimension>
void
FieldRegistration<TPixel, VDimension>::Step(SideType & side, const RegionType & box)
{
  const ThreadIdType units = m_Settings.NumberOfWorkUnits;
  FieldType          update(this->MakeWider(box, m_UpdateWeights.size() - 1));
  // The length of a step is set below; before, it may be any, as intensities may be.
  double greatest = 0.0;
  for (const double weight : side.Weights)
  {
    greatest = std::max(greatest, std::abs(weight));
  }
  const double unit = greatest > 0.0 ? 1.0 / greatest : 0.0;
  GeometryType::ForEachVoxel(m_Region, units, [&](const IndexType & voxel, SizeValueType number) {
    if (m_IsValid[number] == 0)
    {
      return;
    }
    const auto gradient = this->ComputeGradient(side, voxel, number);
    const auto weight = static_cast<float>(unit * side.Weights[number]);
    auto &     vector = update.GetVector(voxel);
    UnrolledLoop<VDimension>::ForEach([&](auto d) { vector[d] = weight * gradient[d]; });
  });
  update.Smooth(m_UpdateWeights, units);
  const double longest = update.FindLongest(units);
  if (!(longest > 0.0))
  {
    return;
  }
  update.Multiply(static_cast<float>(m_Settings.StepLength / longest), units);
  update.FixBorder(side.Field.GetRegion(), units);
  side.Field.ApplyAfter(update, units);
  if (m_TotalWeights.size() > 1)
  {
    side.Field.Smooth(m_TotalWeights, units);
    side.Field.FixBorder(side.Field.GetRegion(), units);
  }
}

template <typename TPixel, unsigned int VDimension>
double
FieldRegistration<TPixel, VDimension>::Iterate()
{
  const RegionType box = this->EvaluateImages();
  if (m_NumberOfVoxels == 0)
  {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double value = this->ComputeWeights();
  if (m_Settings.ReturnsBest && !m_Settings.IsSymmetric && value < m_BestValue)
  {
    m_BestValue = value;
    m_BestField = m_Moving.Field;
  }
  this->Step(m_Moving, box);
  if (m_Settings.IsSymmetric)
  {
    this->Step(m_Fixed, box);
    m_Region = this->MakeWider(box, 2); // no voxel goes farther at once
  }
  return value;
}

template <typename TPixel, unsigned int VDimension>
double
FieldRegistration<TPixel, VDimension>::EndLevel()
{
  if (m_BestField.GetVectors().empty())
  {
    return std::numeric_limits<double>::quiet_NaN();
  }
  m_Moving.Field = std::move(m_BestField);
  m_BestField = {};
  return std::exchange(m_BestValue, std::numeric_limits<double>::infinity());
}

template <typename TPixel, unsigned int VDimension>
auto
FieldRegistration<TPixel, VDimension>::MakeMap(const FieldType & from, const FieldType & to) const -> FieldType
{
  const auto inverse = from.MakeInverse(m_Settings.NumberOfWorkUnits);
  auto       map = to;
  map.ApplyAfter(inverse, m_Settings.NumberOfWorkUnits);
  map.FixBorder(map.GetRegion(), m_Settings.NumberOfWorkUnits);
  return map;
}
} // end namespace itk

#endif // itkFieldRegistration_hxx
