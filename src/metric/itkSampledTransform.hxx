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
#ifndef itkSampledTransform_hxx
#define itkSampledTransform_hxx

#include "itkCompositeTransform.h"
#include "geometry/itkTransformQuestions.h"
#include "geometry/itkUnrolledLoop.h"
#include "itkMath.h"

#include <algorithm>
#include <numeric>
#include <typeinfo>

namespace itk
{
template <unsigned int VDimension>
bool
SampledTransform<VDimension>::IsAffine(const TransformType & transform)
{
  return TransformQuestions<TransformType>::IsLinear(transform);
}

template <unsigned int VDimension>
bool
SampledTransform<VDimension>::AppendParts(const TransformType &                                 transform,
                                          bool                                                  isOptimized,
                                          std::vector<std::pair<const TransformType *, bool>> & parts)
{
  const auto * const composite = dynamic_cast<const CompositeTransform<double, VDimension> *>(&transform);
  if (composite == nullptr)
  {
    parts.emplace_back(&transform, isOptimized);
    return true;
  }
  // The last one of the queue is applied first.
  for (SizeValueType n = composite->GetNumberOfTransforms(); n-- > 0;)
  {
    AppendParts(
      *composite->GetNthTransformConstPointer(n), isOptimized && composite->GetNthTransformToOptimize(n), parts);
  }
  return composite->GetNumberOfTransforms() > 0;
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::FindChain(const TransformType & transform) -> std::optional<ChainType>
{
  std::vector<std::pair<const TransformType *, bool>> parts;
  if (!AppendParts(transform, true, parts))
  {
    return std::nullopt;
  }
  ChainType chain;
  for (const auto & [part, isOptimized] : parts)
  {
    if (typeid(*part) == typeid(SplineType))
    {
      if (chain.Spline != nullptr || !isOptimized)
      {
        return std::nullopt;
      }
      chain.Spline = static_cast<const SplineType *>(part);
    }
    else if (isOptimized || !IsAffine(*part))
    {
      return std::nullopt;
    }
    else
    {
      (chain.Spline == nullptr ? chain.Before : chain.After).push_back(part);
    }
  }
  return chain.Spline != nullptr ? std::make_optional(chain) : std::nullopt;
}

template <unsigned int VDimension>
bool
SampledTransform<VDimension>::IsKnown(const TransformType & transform)
{
  return IsAffine(transform) || FindChain(transform);
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::Apply(const std::vector<const TransformType *> & transforms, PointType point) -> PointType
{
  for (const auto * const transform : transforms)
  {
    point = transform->TransformPoint(point);
  }
  return point;
}

template <unsigned int VDimension>
template <typename TFunction>
auto
SampledTransform<VDimension>::MakeAffineMap(const PointType & center, double radius, const TFunction & function)
  -> AffineMap
{
  AffineMap  map;
  const auto atCenter = function(center);
  for (unsigned int j = 0; j < VDimension; ++j)
  {
    PointType moved = center;
    moved[j] += radius;
    const auto atMoved = function(moved);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      map.Matrix[d][j] = (atMoved[d] - atCenter[d]) / (moved[j] - center[j]);
    }
  }
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    map.Offset[d] = atCenter[d];
  }
  return map;
}

template <unsigned int VDimension>
void
SampledTransform<VDimension>::SetTransform(const TransformType & transform,
                                           const ImageType &     movingImage,
                                           const PointType &     center,
                                           double                radius)
{
  const auto toIndex = [&movingImage](const PointType & point) {
    return movingImage.template TransformPhysicalPointToContinuousIndex<double>(point);
  };
  m_Transform = &transform;
  m_Center = center;
  m_Radius = radius;
  m_Spline = nullptr;
  if (IsAffine(transform))
  {
    m_DisplacementToIndex = MakeAffineMap(transform.TransformPoint(center), radius, toIndex).Matrix;
    m_ToIndex =
      MakeAffineMap(center, radius, [&](const PointType & point) { return toIndex(transform.TransformPoint(point)); });
    return;
  }

  const ChainType chain = *FindChain(transform);
  m_Spline = chain.Spline;
  m_BeforeSpline = chain.Before;
  const auto   coefficients = m_Spline->GetCoefficientImages();
  const auto & grid = *coefficients[0];
  m_Grid = coefficients[0];
  m_NumberOfControlPoints = grid.GetLargestPossibleRegion().GetNumberOfPixels();
  typename BatchType::StridesType strides;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    m_Coefficients[d] = coefficients[d]->GetBufferPointer();
    m_GridLimit[d] = static_cast<double>(grid.GetLargestPossibleRegion().GetSize(d)) - 0.5 * (SplineOrder - 1) - 1.0;
    strides[d] = grid.GetOffsetTable()[d];
  }
  m_Batch.SetStrides(strides);

  m_ToIndex = MakeAffineMap(
    center, radius, [&](const PointType & point) { return toIndex(Apply(chain.After, Apply(chain.Before, point))); });
  m_ToGrid = MakeAffineMap(center, radius, [&](const PointType & point) {
    return grid.template TransformPhysicalPointToContinuousIndex<double>(Apply(chain.Before, point));
  });
  m_DisplacementToIndex = MakeAffineMap(Apply(chain.Before, center), radius, [&](const PointType & point) {
                            return toIndex(Apply(chain.After, point));
                          }).Matrix;
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::MapToGrid(const RowType & point) const -> GridIndexType
{
  PointType physicalPoint = m_Center;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    physicalPoint[d] += point[d];
  }
  return m_Grid->template TransformPhysicalPointToContinuousIndex<double>(Apply(m_BeforeSpline, physicalPoint));
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::GetCenter() const -> RowType
{
  RowType center;
  std::copy_n(m_Center.Begin(), VDimension, center.begin());
  return center;
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::GetRelativePoint(const CoordinatesType & points, unsigned int i) const -> RowType
{
  RowType point;
  UnrolledLoop<VDimension>::ForEach([&](auto d) { point[d] = points[d][i] - m_Center[d]; });
  return point;
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::Advance(CoordinatesType points, unsigned int number) -> CoordinatesType
{
  UnrolledLoop<VDimension>::ForEach([&](auto d) { points[d] += number; });
  return points;
}

template <unsigned int VDimension>
bool
SampledTransform<VDimension>::FindPosition(const RowType & point, RowType & position) const
{
  constexpr double lowerLimit = 0.5 * (SplineOrder - 1);
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    if (!(position[d] > lowerLimit - Margin && position[d] < m_GridLimit[d] + Margin))
    {
      return false;
    }
    if (!(position[d] > lowerLimit + Margin && position[d] < m_GridLimit[d] - Margin))
    {
      position[d] = this->MapToGrid(point)[d];
      if (Math::FloatAlmostEqual(position[d], m_GridLimit[d], 4))
      {
        position[d] = Math::FloatAddULP(m_GridLimit[d], -6);
      }
      if (!(position[d] >= lowerLimit && position[d] < m_GridLimit[d]))
      {
        return false;
      }
    }
  }
  return true;
}

template <unsigned int VDimension>
void
SampledTransform<VDimension>::FindPositions(const CoordinatesType & points,
                                            unsigned int            count,
                                            PositionsType &         positions) const
{
  constexpr double lowerLimit = 0.5 * (SplineOrder - 1);
  std::uint64_t    numberWithin = 0; // of coordinates
  m_ToGrid.Map(points, this->GetCenter(), count, AffineMap::FindPlaces(positions.InGrid, 0));
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    auto & column = positions.InGrid[d];
    if (d > 0)
    {
      // To 2^-40 of the distance of knots. Voxels of a row lie in the same rows of knots, but for roundings.
      constexpr double rounder = 1.5 * (1U << 12U);
      AffineMap::Round(rounder, count, column);
    }
    numberWithin += AffineMap::CountBetween(lowerLimit + Margin, m_GridLimit[d] - Margin, count, column);
  }
  positions.Count = count;
  std::iota(positions.Which.begin(), positions.Which.begin() + count, 0U);
  if (numberWithin < VDimension * count)
  {
    positions.Count = 0;
    for (unsigned int i = 0; i < count; ++i)
    {
      RowType position;
      UnrolledLoop<VDimension>::ForEach([&](auto d) { position[d] = positions.InGrid[d][i]; });
      if (this->FindPosition(this->GetRelativePoint(points, i), position))
      {
        UnrolledLoop<VDimension>::ForEach([&](auto d) { positions.InGrid[d][positions.Count] = position[d]; });
        positions.Which[positions.Count++] = i;
      }
    }
  }
  // Four at a time are worked on.
  for (auto & column : positions.InGrid)
  {
    std::fill(column.begin() + positions.Count, column.end(), lowerLimit);
  }
}

template <unsigned int VDimension>
template <typename TIndexArrays>
void
SampledTransform<VDimension>::Map(const CoordinatesType & points, unsigned int count, TIndexArrays & index) const
{
  for (unsigned int first = 0; first < count; first += AffineMap::Size)
  {
    const CoordinatesType some = Advance(points, first);
    const unsigned int    number = std::min(AffineMap::Size, count - first);
    const auto            mapped = AffineMap::FindPlaces(index, first);
    m_ToIndex.Map(some, this->GetCenter(), number, mapped);
    if (m_Spline != nullptr)
    {
      PositionsType positions;
      this->FindPositions(some, number, positions);
      typename BatchType::ColumnsType displacements;
      m_Batch.Interpolate(positions.InGrid, positions.Count, m_Coefficients, displacements);
      if (positions.Count < number)
      {
        // There is none elsewhere.
        const auto found = displacements;
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          displacements[d].fill(0.0);
          for (unsigned int n = 0; n < positions.Count; ++n)
          {
            displacements[d][positions.Which[n]] = found[d][n];
          }
        }
      }
      AffineMap::AddProducts(m_DisplacementToIndex, displacements, number, mapped);
    }
  }
}

template <unsigned int VDimension>
std::size_t
SampledTransform<VDimension>::GetNumberOfSums() const
{
  return m_Spline != nullptr ? m_NumberOfControlPoints * VDimension : VDimension * (VDimension + 1);
}

template <unsigned int VDimension>
template <typename TGradientArrays>
void
SampledTransform<VDimension>::Add(const CoordinatesType & points,
                                  unsigned int            count,
                                  const double *          weights,
                                  const TGradientArrays & gradient,
                                  double *                sums) const
{
  if (m_Spline == nullptr)
  {
    // In registers, and from what is there: pieces of the points give the same bits as all of them at once.
    std::array<std::array<double, VDimension + 1>, VDimension> moments;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      std::copy_n(sums + d * (VDimension + 1), VDimension + 1, moments[d].begin());
    }
    for (unsigned int i = 0; i < count; ++i)
    {
      const RowType point = this->GetRelativePoint(points, i);
      UnrolledLoop<VDimension>::ForEach([&](auto d) {
        const double weighted = weights[i] * static_cast<double>(gradient[d][i]);
        moments[d][0] += weighted;
        UnrolledLoop<VDimension>::ForEach([&](auto j) { moments[d][j + 1] += weighted * point[j]; });
      });
    }
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      std::copy(moments[d].begin(), moments[d].end(), sums + d * (VDimension + 1));
    }
    return;
  }

  std::array<double *, VDimension> planes;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    planes[d] = sums + d * m_NumberOfControlPoints;
  }
  for (unsigned int first = 0; first < count; first += BatchType::Size)
  {
    PositionsType positions;
    this->FindPositions(Advance(points, first), std::min(BatchType::Size, count - first), positions);
    typename BatchType::ColumnsType values;
    const bool                      areAll = positions.Count == std::min(BatchType::Size, count - first);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto * const gradients = &gradient[d][first];
      for (unsigned int n = 0; areAll && n < positions.Count; ++n)
      {
        values[d][n] = weights[first + n] * static_cast<double>(gradients[n]);
      }
      for (unsigned int n = 0; !areAll && n < positions.Count; ++n)
      {
        const unsigned int i = positions.Which[n];
        values[d][n] = weights[first + i] * static_cast<double>(gradients[i]);
      }
    }
    m_Batch.Add(positions.InGrid, positions.Count, values, planes);
  }
}

template <unsigned int VDimension>
void
SampledTransform<VDimension>::AddDerivative(const double * sums, double factor, DerivativeType & result) const
{
  if (m_Spline != nullptr)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const double * const sum = sums + d * m_NumberOfControlPoints;
      for (unsigned int j = 0; j < VDimension; ++j)
      {
        const double scaled = factor * m_DisplacementToIndex[d][j];
        for (std::size_t n = 0; n < m_NumberOfControlPoints; ++n)
        {
          result[j * m_NumberOfControlPoints + n] += scaled * sum[n];
        }
      }
    }
    return;
  }

  // Gradients are in index space; the Jacobian leads to moving space.
  using JacobianType = typename TransformType::JacobianType;
  JacobianType atCenter;
  m_Transform->ComputeJacobianWithRespectToParameters(m_Center, atCenter);
  const auto addMoment = [&](const JacobianType & jacobian, unsigned int moment, double scale) {
    for (unsigned int p = 0; p < jacobian.cols(); ++p)
    {
      double sum = 0.0;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        double inIndexSpace = 0.0;
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          inIndexSpace += m_DisplacementToIndex[d][j] * jacobian(j, p);
        }
        sum += sums[d * (VDimension + 1) + moment] * inIndexSpace;
      }
      result[p] += factor * scale * sum;
    }
  };
  addMoment(atCenter, 0, 1.0);
  for (unsigned int j = 0; j < VDimension; ++j)
  {
    PointType moved = m_Center;
    moved[j] += m_Radius;
    JacobianType jacobian;
    m_Transform->ComputeJacobianWithRespectToParameters(moved, jacobian);
    jacobian -= atCenter;
    addMoment(jacobian, j + 1, 1.0 / (moved[j] - m_Center[j]));
  }
}
} // end namespace itk

#endif // itkSampledTransform_hxx
