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
#include "metric/itkSampleParts.h"
#include "metric/itkSamplePoints.h"
#include "metric/itkSplineSamples.h"
#include "itkImageBase.h"
#include "itkTransform.h"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace itk
{
/** \class SampledTransform
 * \brief Maps samples into the grid of the moving image, and sums derivatives with respect to parameters.
 *
 * It knows two kinds of transforms, alone or in CompositeTransform:
 * - transforms that are affine in the point, whatever their parameters: the way from the point to the continuous index
 *   is one matrix. Their Jacobian is affine in the point, too, so the moments of the gradients are summed, and the
 *   Jacobian is asked once, at as many points as it takes to know it.
 * - one cubic BSplineTransform that is optimised, with affine transforms before and after that are not. The weights of
 *   the control points are products of weights along the axes; the derivative is summed in the space of the index, and
 *   turned once.
 *
 * Inside, points are relative to a center, so that little is lost by roundings.
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
  using PointsType = SamplePoints<VDimension>;

  /** Whether a transform is affine in the point. */
  static bool
  IsAffine(const TransformType & transform);

  /** Whether the transform is one of those that this class knows. */
  static bool
  IsKnown(const TransformType & transform);

  /** Set a transform that is known, with its current parameters, and the samples. */
  void
  SetTransform(const TransformType & transform,
               const ImageType &     movingImage,
               const PointsType &    points,
               ThreadIdType          numberOfWorkUnits);

  /** The samples, divided among threads. */
  const SampleParts &
  GetParts() const
  {
    return m_Parts;
  }

  /** An order of the samples that would be faster; the same if there is none. */
  const SampleOrder &
  GetBetterOrder() const
  {
    return m_SplineSamples.GetBetterOrder();
  }

  /** They were put into that order. */
  void
  SetSortedPoints(const PointsType & points)
  {
    m_SplineSamples.Sort(points.Time);
    m_Points = points;
  }

  /** Map the samples of a part to continuous indices of the moving image, some at a time.
   * \param index VDimension arrays
   * \param use called with the first of some samples, and how many there are, when the arrays have their indices
   * \tparam VSize of the arrays */
  template <unsigned int VSize, typename TIndexArrays, typename TUse>
  void
  Map(SizeValueType part, TIndexArrays & index, const TUse & use) const;

  /** Number of sums that Add() needs. */
  std::size_t
  GetNumberOfSums() const;

  /** Add the gradients, in index space, of the samples of a part, times their weights, to the sums.
   * \param weights one of each sample of all parts
   * \param gradient VDimension arrays of the same number */
  template <typename TGradientArrays>
  void
  Add(SizeValueType part, const double * weights, const TGradientArrays & gradient, double * sums) const;

  /** Add the derivative with respect to the parameters, times a factor, to the result. */
  void
  AddDerivative(const double * sums, double factor, DerivativeType & result) const;

private:
  using SplineSamplesType = SplineSamples<VDimension>;
  using SplineType = typename SplineSamplesType::SplineType;
  using BatchType = CubicBSplineBatch<VDimension>;
  using AffineMap = AffineColumns<VDimension>;
  using RowType = typename AffineMap::RowType;
  using MatrixType = typename AffineMap::MatrixType;
  using ColumnsType = typename BatchType::ColumnsType;
  using PointersType = typename AffineMap::PointersType;
  static_assert(AffineMap::Size == BatchType::Size, "They go hand in hand.");

  /** The parts of a transform in the order in which they are applied. */
  struct ChainType
  {
    std::vector<const TransformType *> Before{};
    const SplineType *                 Spline{};
    std::vector<const TransformType *> After{};
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

  RowType
  GetCenter() const;
  /** The coordinates of the samples from one on. */
  PointersType
  GetCoordinates(SizeValueType first) const;
  /** Find what the spline displaces some samples by. */
  void
  FindDisplacements(SizeValueType first, unsigned int count, ColumnsType & displacements) const;
  /** Add() for a transform that is affine in the point. */
  template <typename TGradientArrays>
  void
  AddMoments(SizeValueType part, const double * weights, const TGradientArrays & gradient, double * sums) const;

  /** From a point to a continuous index, without the spline. */
  AffineMap m_ToIndex{};

  /** What a displacement of the mapped point, or of the point that the spline gives, does to the index. */
  MatrixType m_DisplacementToIndex{};

  const TransformType * m_Transform{};
  PointsType            m_Points{};
  SampleParts           m_Parts{};

  /** With a spline. */
  const SplineType *                   m_Spline{};
  SplineSamplesType                    m_SplineSamples{};
  typename BatchType::CoefficientsType m_Coefficients{};
  BatchType                            m_Batch{};
  std::size_t                          m_NumberOfControlPoints{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkSampledTransform.hxx"
#endif

#endif // itkSampledTransform_h
