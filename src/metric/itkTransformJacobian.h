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
#ifndef itkTransformJacobian_h
#define itkTransformJacobian_h

#include "metric/itkCubicBSplineWeights.h"
#include "geometry/itkTransformQuestions.h"

#include "itkBSplineTransform.h"
#include "itkMatrix.h"
#include "itkMultiTransform.h"

#include "vnl/vnl_det.h"

#include <algorithm>
#include <array>
#include <limits>

namespace itk
{
/** \class TransformJacobian
 * \brief How a transform changes the place of a mapped point with the point: its Jacobian matrix with respect to
 * position. Where the determinant is not positive, space is folded.
 *
 * Of linear transforms it is ITK's; of cubic B-splines, for which ITK has none, that of their formula. Of all others it
 * is from central differences: of a displacement field, at its voxels, those of their neighbours, as
 * DisplacementFieldJacobianDeterminantFilter has them.
 *
 * \tparam VDimension dimension of space
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class TransformJacobian
{
public:
  using TransformType = Transform<double, VDimension, VDimension>;
  using PointType = Point<double, VDimension>;
  using MatrixType = Matrix<double, VDimension, VDimension>;

  /** \param step of differences */
  static MatrixType
  Compute(const TransformType & transform, const PointType & point, double step)
  {
    if (const auto * const parts = dynamic_cast<const MultiTransform<double, VDimension> *>(&transform))
    {
      MatrixType product;
      product.SetIdentity();
      PointType at = point;
      // The last one of the queue is applied first.
      for (SizeValueType n = parts->GetNumberOfTransforms(); n-- > 0;)
      {
        const TransformType & part = *parts->GetNthTransformConstPointer(n);
        product = Compute(part, at, step) * product;
        at = part.TransformPoint(at);
      }
      return product;
    }
    if (const auto * const spline = dynamic_cast<const SplineType *>(&transform))
    {
      return ComputeOfSpline(*spline, point);
    }
    if (TransformQuestions<TransformType>::IsLinear(transform))
    {
      typename TransformType::JacobianPositionType constant;
      transform.ComputeJacobianWithRespectToPosition(point, constant);
      return MatrixType(constant);
    }
    MatrixType jacobian;
    for (unsigned int j = 0; j < VDimension; ++j)
    {
      PointType above = point;
      PointType below = point;
      above[j] += step;
      below[j] -= step;
      const auto difference = transform.TransformPoint(above) - transform.TransformPoint(below);
      for (unsigned int i = 0; i < VDimension; ++i)
      {
        jacobian(i, j) = difference[i] / (above[j] - below[j]);
      }
    }
    return jacobian;
  }

  static double
  ComputeDeterminant(const TransformType & transform, const PointType & point, double step)
  {
    return vnl_det(Compute(transform, point, step).GetVnlMatrix());
  }

private:
  static constexpr unsigned int SplineOrder = 3;
  static constexpr unsigned int Support = CubicBSplineWeights::Support;
  using SplineType = BSplineTransform<double, VDimension, SplineOrder>;

  static MatrixType
  ComputeOfSpline(const SplineType & spline, const PointType & point)
  {
    MatrixType jacobian;
    jacobian.SetIdentity();
    const auto   coefficients = spline.GetCoefficientImages();
    const auto & grid = *coefficients[0];
    const auto   index = grid.template TransformPhysicalPointToContinuousIndex<double>(point);
    const auto   size = grid.GetLargestPossibleRegion().GetSize();
    std::array<CubicBSplineWeights::ArrayType, VDimension> weights;
    std::array<CubicBSplineWeights::ArrayType, VDimension> slopes;
    OffsetValueType                                        first = 0;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      constexpr double lowest = 0.5 * (SplineOrder - 1);
      const double     highest = static_cast<double>(size[d]) - lowest - 1.0;
      if (!(index[d] >= lowest && index[d] <= highest))
      {
        return jacobian; // beyond the grid, it moves nothing
      }
      const auto cell = std::min(static_cast<OffsetValueType>(index[d]), static_cast<OffsetValueType>(highest) - 1);
      weights[d] = CubicBSplineWeights::Evaluate(index[d] - static_cast<double>(cell));
      slopes[d] = CubicBSplineWeights::EvaluateDerivative(index[d] - static_cast<double>(cell));
      first += (cell - 1) * grid.GetOffsetTable()[d];
    }
    // By steps of the grid.
    MatrixType byIndex;
    byIndex.Fill(0.0);
    SizeValueType number = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      number *= Support;
    }
    for (SizeValueType n = 0; n < number; ++n)
    {
      OffsetValueType                offset = first;
      std::array<double, VDimension> products;
      products.fill(1.0);
      SizeValueType rest = n;
      for (unsigned int d = 0; d < VDimension; ++d, rest /= Support)
      {
        const SizeValueType k = rest % Support;
        offset += static_cast<OffsetValueType>(k) * grid.GetOffsetTable()[d];
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          products[j] *= d == j ? slopes[d][k] : weights[d][k];
        }
      }
      for (unsigned int i = 0; i < VDimension; ++i)
      {
        const double coefficient = coefficients[i]->GetBufferPointer()[offset];
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          byIndex(i, j) += coefficient * products[j];
        }
      }
    }
    MatrixType toIndex(grid.GetInverseDirection());
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      for (unsigned int j = 0; j < VDimension; ++j)
      {
        toIndex(d, j) /= grid.GetSpacing()[d];
      }
    }
    return jacobian + byIndex * toIndex;
  }
};
} // end namespace itk

#endif // itkTransformJacobian_h
