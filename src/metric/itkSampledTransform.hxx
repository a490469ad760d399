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

#include <algorithm>
#include <functional>
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
                                           const PointsType &    points,
                                           ThreadIdType          numberOfWorkUnits)
{
  const auto toIndex = [&movingImage](const PointType & point) {
    return movingImage.template TransformPhysicalPointToContinuousIndex<double>(point);
  };
  const PointType & center = points.Center;
  const double      radius = points.Radius;
  m_Transform = &transform;
  m_Points = points;
  m_Spline = nullptr;
  if (IsAffine(transform))
  {
    m_DisplacementToIndex = MakeAffineMap(transform.TransformPoint(center), radius, toIndex).Matrix;
    m_ToIndex =
      MakeAffineMap(center, radius, [&](const PointType & point) { return toIndex(transform.TransformPoint(point)); });
    m_Parts = SampleParts(points.Number, this->GetNumberOfSums());
    m_SplineSamples = SplineSamplesType{};
    return;
  }

  const ChainType chain = *FindChain(transform);
  m_Spline = chain.Spline;
  const auto   coefficients = m_Spline->GetCoefficientImages();
  const auto & grid = *coefficients[0];
  m_NumberOfControlPoints = grid.GetLargestPossibleRegion().GetNumberOfPixels();
  typename BatchType::StridesType strides;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    m_Coefficients[d] = coefficients[d]->GetBufferPointer();
    strides[d] = grid.GetOffsetTable()[d];
  }
  m_Batch.SetStrides(strides);
  m_Parts = SampleParts(points.Number, this->GetNumberOfSums());

  m_ToIndex = MakeAffineMap(
    center, radius, [&](const PointType & point) { return toIndex(Apply(chain.After, Apply(chain.Before, point))); });
  m_DisplacementToIndex = MakeAffineMap(Apply(chain.Before, center), radius, [&](const PointType & point) {
                            return toIndex(Apply(chain.After, point));
                          }).Matrix;
  const auto toGrid = [&](const PointType & point) {
    return grid.template TransformPhysicalPointToContinuousIndex<double>(Apply(chain.Before, point));
  };
  const auto relativeToGrid = [&](const RowType & relative) {
    PointType point = center;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      point[d] += relative[d];
    }
    const auto index = toGrid(point);
    RowType    position;
    std::copy_n(index.Begin(), VDimension, position.begin());
    return position;
  };
  m_SplineSamples.Set(points, MakeAffineMap(center, radius, toGrid), relativeToGrid, grid, numberOfWorkUnits);
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::GetCenter() const -> RowType
{
  RowType center;
  std::copy_n(m_Points.Center.Begin(), VDimension, center.begin());
  return center;
}

template <unsigned int VDimension>
auto
SampledTransform<VDimension>::GetCoordinates(SizeValueType first) const -> PointersType
{
  PointersType coordinates;
  UnrolledLoop<VDimension>::ForEach([&](auto d) { coordinates[d] = m_Points.Coordinates[d] + first; });
  return coordinates;
}

template <unsigned int VDimension>
template <unsigned int VSize, typename TIndexArrays, typename TUse>
void
SampledTransform<VDimension>::Map(SizeValueType part, TIndexArrays & index, const TUse & use) const
{
  const auto [begin, end] = m_Parts.GetRange(part);
  for (SizeValueType start = begin; start < end; start += VSize)
  {
    const auto count = static_cast<unsigned int>(std::min<SizeValueType>(VSize, end - start));
    for (unsigned int first = 0; first < count; first += AffineMap::Size)
    {
      const unsigned int number = std::min(AffineMap::Size, count - first);
      const auto         mapped = AffineMap::FindPlaces(index, first);
      m_ToIndex.Map(this->GetCoordinates(start + first), this->GetCenter(), number, mapped);
      if (m_Spline != nullptr)
      {
        ColumnsType displacements;
        this->FindDisplacements(start + first, number, displacements);
        AffineMap::AddProducts(m_DisplacementToIndex, displacements, number, mapped);
      }
    }
    use(start, count);
  }
}

template <unsigned int VDimension>
void
SampledTransform<VDimension>::FindDisplacements(SizeValueType first,
                                                unsigned int  count,
                                                ColumnsType & displacements) const
{
  ColumnsType positions;
  const bool  areAll = m_SplineSamples.GetPositions(first, count, positions);
  m_Batch.Interpolate(positions, count, m_Coefficients, displacements);
  for (unsigned int i = 0; i < count && !areAll; ++i)
  {
    if (!m_SplineSamples.IsDisplaced(first + i))
    {
      UnrolledLoop<VDimension>::ForEach([&](auto d) { displacements[d][i] = 0.0; });
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
SampledTransform<VDimension>::Add(SizeValueType           part,
                                  const double *          weights,
                                  const TGradientArrays & gradient,
                                  double *                sums) const
{
  if (m_Spline == nullptr)
  {
    this->AddMoments(part, weights, gradient, sums);
    return;
  }
  typename BatchType::SumsType ofAxes;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    ofAxes[d] = sums + d * m_NumberOfControlPoints;
  }
  const auto [begin, end] = m_Parts.GetRange(part);
  for (SizeValueType first = begin; first < end; first += BatchType::Size)
  {
    const auto  count = static_cast<unsigned int>(std::min<SizeValueType>(BatchType::Size, end - first));
    ColumnsType positions;
    ColumnsType values;
    const bool  areAll = m_SplineSamples.GetPositions(first, count, positions);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto * const gradients = &gradient[d][first];
      for (unsigned int i = 0; i < count; ++i)
      {
        values[d][i] = weights[first + i] * static_cast<double>(gradients[i]);
      }
      for (unsigned int i = 0; i < count && !areAll; ++i)
      {
        values[d][i] = m_SplineSamples.IsDisplaced(first + i) ? values[d][i] : 0.0;
      }
    }
    m_Batch.Add(positions, count, values, ofAxes);
  }
}

template <unsigned int VDimension>
template <typename TGradientArrays>
void
SampledTransform<VDimension>::AddMoments(SizeValueType           part,
                                         const double *          weights,
                                         const TGradientArrays & gradient,
                                         double *                sums) const
{
  // In registers.
  std::array<std::array<double, VDimension + 1>, VDimension> moments{};
  const RowType                                              center = this->GetCenter();
  const auto [first, last] = m_Parts.GetRange(part);
  for (SizeValueType i = first; i < last; ++i)
  {
    RowType point;
    UnrolledLoop<VDimension>::ForEach([&](auto d) { point[d] = m_Points.Coordinates[d][i] - center[d]; });
    UnrolledLoop<VDimension>::ForEach([&](auto d) {
      const double weighted = weights[i] * static_cast<double>(gradient[d][i]);
      moments[d][0] += weighted;
      UnrolledLoop<VDimension>::ForEach([&](auto j) { moments[d][j + 1] += weighted * point[j]; });
    });
  }
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    std::transform(
      moments[d].begin(), moments[d].end(), sums + d * (VDimension + 1), sums + d * (VDimension + 1), std::plus<>{});
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
  m_Transform->ComputeJacobianWithRespectToParameters(m_Points.Center, atCenter);
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
    PointType moved = m_Points.Center;
    moved[j] += m_Points.Radius;
    JacobianType jacobian;
    m_Transform->ComputeJacobianWithRespectToParameters(moved, jacobian);
    jacobian -= atCenter;
    addMoment(jacobian, j + 1, 1.0 / (moved[j] - m_Points.Center[j]));
  }
}
} // end namespace itk

#endif // itkSampledTransform_hxx
