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
#ifndef itkSampledTransform_h
#define itkSampledTransform_h

#include "itkBSplineTransform.h"
#include "metric/itkAffineColumns.h"
#include "metric/itkCubicBSplineBatch.h"
#include "itkImageBase.h"
#include "itkTransform.h"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace itk
{
/** \class SampledTransform
 * \brief Maps many sample points into the grid of the moving image, and sums derivatives with respect to parameters.
 *
 * It knows two kinds of transforms, alone or in CompositeTransform:
 * - transforms that are affine in the point, whatever their parameters: the way from the point to the continuous index
 *   is one matrix. Their Jacobian is affine in the point, too, so the moments of the gradients are summed, and the
 *   Jacobian is asked once, at as many points as it takes to know it.
 * - one cubic BSplineTransform that is optimised, with affine transforms before and after that are not. The weights of
 *   the control points are products of weights along the axes; the derivative is summed in the space of the index, and
 *   turned once.
 *
 * Points are in physical space, one array for each coordinate. Inside they are relative to a center, so that little is
 * lost by roundings.
 *
 * \tparam VDimension dimension of fixed, virtual and moving space
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class SampledTransform
{
public:
  using TransformType = Transform<double, VDimension, VDimension>;
  using ImageType = ImageBase<VDimension>;
  using PointType = Point<double, VDimension>;
  using DerivativeType = typename TransformType::DerivativeType;
  using CoordinatesType = std::array<const double *, VDimension>;

  /** Whether a transform is affine in the point. */
  static bool
  IsAffine(const TransformType & transform);

  /** Whether the transform is one of those that this class knows. */
  static bool
  IsKnown(const TransformType & transform);

  /** Set a transform that is known, with its current parameters.
   * \param center of the points
   * \param radius distance of a point from there along an axis, at most, about */
  void
  SetTransform(const TransformType & transform, const ImageType & movingImage, const PointType & center, double radius);

  /** Map points to continuous indices of the moving image.
   * \param index VDimension arrays of at least count values */
  template <typename TIndexArrays>
  void
  Map(const CoordinatesType & points, unsigned int count, TIndexArrays & index) const;

  /** Number of sums that Add() needs. */
  std::size_t
  GetNumberOfSums() const;

  /** Add the gradients, in index space, of points, times their weights, to the sums.
   * \param gradient VDimension arrays */
  template <typename TGradientArrays>
  void
  Add(const CoordinatesType & points,
      unsigned int            count,
      const double *          weights,
      const TGradientArrays & gradient,
      double *                sums) const;

  /** Add the derivative with respect to the parameters, times a factor, to the result. */
  void
  AddDerivative(const double * sums, double factor, DerivativeType & result) const;

private:
  static constexpr unsigned int SplineOrder = 3;
  /** So near to the border, in cells, a rounding may decide, so that it must be done as BSplineTransform does. */
  static constexpr double Margin = 1e-6;
  using SplineType = BSplineTransform<double, VDimension, SplineOrder>;
  using BatchType = CubicBSplineBatch<VDimension>;
  using AffineMap = AffineColumns<VDimension>;
  using RowType = typename AffineMap::RowType;
  using MatrixType = typename AffineMap::MatrixType;
  static_assert(AffineMap::Size == BatchType::Size, "They go hand in hand.");

  /** The parts of a transform in the order in which they are applied. */
  struct ChainType
  {
    std::vector<const TransformType *> Before{};
    const SplineType *                 Spline{};
    std::vector<const TransformType *> After{};
  };

  /** Points where the spline has a displacement, with the index of each. */
  struct PositionsType
  {
    typename BatchType::ColumnsType           InGrid;
    std::array<unsigned int, BatchType::Size> Which;
    unsigned int                              Count{};
  };

  /** \return the chain, if there is a spline in a place where it is known */
  static std::optional<ChainType>
  FindChain(const TransformType & transform);
  static bool
  AppendParts(const TransformType &                                 transform,
              bool                                                  isOptimized,
              std::vector<std::pair<const TransformType *, bool>> & parts);
  static PointType
  Apply(const std::vector<const TransformType *> & transforms, PointType point);
  /** The affine map that does the same as a function that is one, near a center. */
  template <typename TFunction>
  static AffineMap
  MakeAffineMap(const PointType & center, double radius, const TFunction & function);

  using GridIndexType = ContinuousIndex<double, VDimension>;

  RowType
  GetCenter() const;
  /** One of the points, relative to the center. */
  RowType
  GetRelativePoint(const CoordinatesType & points, unsigned int i) const;
  /** Map a point relative to the center into the grid of the spline in the way in which its transform does it. */
  GridIndexType
  MapToGrid(const RowType & point) const;
  /** Points from one on. */
  static CoordinatesType
  Advance(CoordinatesType points, unsigned int number);
  /** Find where points are in the grid. */
  void
  FindPositions(const CoordinatesType & points, unsigned int count, PositionsType & positions) const;
  /** The same for one point, which may be at the border or beyond. \return whether the spline has a displacement there
   */
  bool
  FindPosition(const RowType & point, RowType & position) const;

  /** From a point to a continuous index, without the spline. */
  AffineMap m_ToIndex{};

  /** What a displacement of the mapped point, or of the point that the spline gives, does to the index. */
  MatrixType m_DisplacementToIndex{};

  const TransformType * m_Transform{};
  PointType             m_Center{};
  double                m_Radius{ 1.0 };

  /** With a spline. */
  const SplineType *                           m_Spline{};
  std::vector<const TransformType *>           m_BeforeSpline{};
  typename SplineType::ImageType::ConstPointer m_Grid{};
  AffineMap                                    m_ToGrid{};
  std::array<const double *, VDimension>       m_Coefficients{};
  std::array<double, VDimension>               m_GridLimit{};
  BatchType                                    m_Batch{};
  std::size_t                                  m_NumberOfControlPoints{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkSampledTransform.hxx"
#endif

#endif // itkSampledTransform_h
