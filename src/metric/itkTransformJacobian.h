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
#include "geometry/itkParallelTasks.h"
#include "geometry/itkTransformQuestions.h"

#include "itkBSplineTransform.h"
#include "itkMatrix.h"
#include "itkMultiTransform.h"

#include "vnl/vnl_det.h"

#include <algorithm>
#include <array>
#include <vector>

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

  /** \param transform that lives, and is not changed, as long as this
   * \param voxel length: differences are over a fiftieth of it */
  TransformJacobian(const TransformType & transform, double voxel)
    : m_Step(0.01 * voxel)
  {
    this->Append(transform);
  }

  MatrixType
  Compute(PointType point) const
  {
    MatrixType product;
    product.SetIdentity();
    for (const PartType & part : m_Parts)
    {
      product = (part.Grid.IsNotNull() ? ComputeOfSpline(part, point)
                 : part.IsLinear       ? part.Matrix
                                       : this->Differentiate(*part.Transform, point)) *
                product;
      if (&part != &m_Parts.back())
      {
        point = part.Transform->TransformPoint(point);
      }
    }
    return product;
  }

  /** Of the matrices at points, several at a time. */
  std::vector<double>
  ComputeDeterminants(const std::vector<PointType> & points, ThreadIdType numberOfWorkUnits) const
  {
    std::vector<double> determinants(points.size());
    ParallelTasks::ForEach(points.size(), numberOfWorkUnits, [&](SizeValueType n) {
      determinants[n] = vnl_det(this->Compute(points[n]).GetVnlMatrix());
    });
    return determinants;
  }

private:
  static constexpr unsigned int SplineOrder = 3;
  static constexpr unsigned int Support = CubicBSplineWeights::Support;
  using SplineType = BSplineTransform<double, VDimension, SplineOrder>;
  using GridType = typename SplineType::ImageType;

  /** One of the transforms that are applied one after the other. */
  struct PartType
  {
    const TransformType * Transform{};
    bool                  IsLinear{};
    /** Of a linear one; of a spline, from steps in space to those of its grid. */
    MatrixType Matrix{};
    /** The grid of a spline, and the coefficients on it. */
    typename GridType::ConstPointer        Grid{};
    std::array<const double *, VDimension> Coefficients{};
  };

  void
  Append(const TransformType & transform)
  {
    if (const auto * const parts = dynamic_cast<const MultiTransform<double, VDimension> *>(&transform))
    {
      // The last one of the queue is applied first.
      for (SizeValueType n = parts->GetNumberOfTransforms(); n-- > 0;)
      {
        this->Append(*parts->GetNthTransformConstPointer(n));
      }
      return;
    }
    PartType part;
    part.Transform = &transform;
    part.IsLinear = TransformQuestions<TransformType>::IsLinear(transform);
    if (part.IsLinear)
    {
      typename TransformType::JacobianPositionType matrix;
      transform.ComputeJacobianWithRespectToPosition(PointType{}, matrix);
      part.Matrix = MatrixType(matrix);
    }
    else if (const auto * const spline = dynamic_cast<const SplineType *>(&transform))
    {
      const auto images = spline->GetCoefficientImages();
      part.Grid = images[0];
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        part.Coefficients[d] = images[d]->GetBufferPointer();
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          part.Matrix(d, j) = part.Grid->GetInverseDirection()(d, j) / part.Grid->GetSpacing()[d];
        }
      }
    }
    m_Parts.push_back(part);
  }

  MatrixType
  Differentiate(const TransformType & transform, const PointType & point) const
  {
    MatrixType matrix;
    for (unsigned int j = 0; j < VDimension; ++j)
    {
      PointType above = point;
      PointType below = point;
      above[j] += m_Step;
      below[j] -= m_Step;
      const auto difference = transform.TransformPoint(above) - transform.TransformPoint(below);
      for (unsigned int i = 0; i < VDimension; ++i)
      {
        matrix(i, j) = difference[i] / (above[j] - below[j]);
      }
    }
    return matrix;
  }

  static MatrixType
  ComputeOfSpline(const PartType & part, const PointType & point)
  {
    MatrixType matrix;
    matrix.SetIdentity();
    const GridType & grid = *part.Grid;
    const auto       index = grid.template TransformPhysicalPointToContinuousIndex<double>(point);
    const auto       size = grid.GetLargestPossibleRegion().GetSize();
    std::array<CubicBSplineWeights::ArrayType, VDimension> weights;
    std::array<CubicBSplineWeights::ArrayType, VDimension> slopes;
    OffsetValueType                                        first = 0;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      constexpr double lowest = 0.5 * (SplineOrder - 1);
      const double     highest = static_cast<double>(size[d]) - lowest - 1.0;
      if (!(index[d] >= lowest && index[d] <= highest))
      {
        return matrix; // beyond the grid, it moves nothing
      }
      const auto cell = std::min(static_cast<OffsetValueType>(index[d]), static_cast<OffsetValueType>(highest) - 1);
      weights[d] = CubicBSplineWeights::Evaluate(index[d] - static_cast<double>(cell));
      slopes[d] = CubicBSplineWeights::EvaluateDerivative(index[d] - static_cast<double>(cell));
      first += (cell - 1) * grid.GetOffsetTable()[d];
    }
    // By steps of the grid.
    MatrixType byIndex;
    byIndex.Fill(0.0);
    constexpr unsigned int number = 1U << (2 * VDimension); // of the splines that reach the point
    for (unsigned int n = 0; n < number; ++n)
    {
      OffsetValueType                offset = first;
      std::array<double, VDimension> products;
      products.fill(1.0);
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const unsigned int k = (n >> (2 * d)) % Support;
        offset += k * grid.GetOffsetTable()[d];
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          products[j] *= d == j ? slopes[d][k] : weights[d][k];
        }
      }
      for (unsigned int i = 0; i < VDimension; ++i)
      {
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          byIndex(i, j) += part.Coefficients[i][offset] * products[j];
        }
      }
    }
    return matrix + byIndex * part.Matrix;
  }

  double                m_Step{};
  std::vector<PartType> m_Parts{};
};
} // end namespace itk

#endif // itkTransformJacobian_h
