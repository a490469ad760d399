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
#ifndef itkSplineSamples_h
#define itkSplineSamples_h

#include "itkBSplineTransform.h"
#include "itkImageBase.h"
#include "metric/itkAffineColumns.h"
#include "metric/itkCubicBSplineBatch.h"
#include "metric/itkSampleOrder.h"
#include "metric/itkSampleParts.h"
#include "metric/itkSamplePoints.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace itk
{
/** \class SplineSamples
 * \brief Where samples are in the grid of a cubic BSplineTransform.
 *
 * That stays while samples and grid stay, and is found once.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class SplineSamples
{
public:
  static constexpr unsigned int SplineOrder = 3;
  using SplineType = BSplineTransform<double, VDimension, SplineOrder>;
  using BatchType = CubicBSplineBatch<VDimension>;
  using PositionsType = typename BatchType::ColumnsType;
  using PointsType = SamplePoints<VDimension>;
  using AffineMap = AffineColumns<VDimension>;
  using RowType = typename AffineMap::RowType;
  /** From a point relative to the center to a continuous index of the grid. */
  using MapType = std::function<RowType(const RowType &)>;

  /** Find where samples are, unless that is known.
   * \param toGrid the map, as an affine one
   * \param map the same map, for samples at the border, where roundings decide
   * \param grid of the coefficients */
  void
  Set(const PointsType &            points,
      const AffineMap &             toGrid,
      const MapType &               map,
      const ImageBase<VDimension> & grid,
      ThreadIdType                  numberOfWorkUnits);

  /** An order in which those in the same cell follow each other, which is faster. The same: they do, or their time is
   * 0.
   */
  const SampleOrder &
  GetBetterOrder() const
  {
    return m_BetterOrder;
  }

  /** They were put into the better order. \param time that they have now */
  void
  Sort(ModifiedTimeType time);

  /** Get positions of some samples. After them, and for those that the spline does not displace, there are others, as
   * several at a time are worked on.
   * \return whether the spline displaces all */
  bool
  GetPositions(SizeValueType first, unsigned int count, PositionsType & positions) const
  {
    const auto offset = static_cast<std::ptrdiff_t>(first);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto begin = m_Positions[d].begin() + offset;
      std::fill(std::copy(begin, begin + count, positions[d].begin()), positions[d].end(), LowerLimit);
    }
    if (m_IsDisplaced.empty())
    {
      return true;
    }
    const auto begin = m_IsDisplaced.begin() + offset;
    return std::find(begin, begin + count, 0) == begin + count;
  }

  /** Whether the spline displaces a sample. */
  bool
  IsDisplaced(SizeValueType i) const
  {
    return m_IsDisplaced.empty() || m_IsDisplaced[i] != 0;
  }

private:
  /** So near to the border, in cells, a rounding may decide, so that it must be done as BSplineTransform does. */
  static constexpr double Margin = 1e-6;
  static constexpr double LowerLimit = 0.5 * (SplineOrder - 1);

  void
  FindPositions(const PointsType & points, const MapType & map, SizeValueType first, unsigned int count);
  /** The same for one sample, which may be at the border or beyond. \return whether the spline displaces it */
  bool
  FindPosition(const RowType & point, const MapType & map, RowType & position) const;
  SampleOrder
  FindBetterOrder(const ImageBase<VDimension> & grid) const;

  ModifiedTimeType               m_Time{};
  RowType                        m_Center{};
  AffineMap                      m_ToGrid{};
  std::array<double, VDimension> m_Limit{};

  std::array<std::vector<double>, VDimension> m_Positions{};
  /** Empty: all are. */
  std::vector<unsigned char> m_IsDisplaced{};
  SampleOrder                m_BetterOrder{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkSplineSamples.hxx"
#endif

#endif // itkSplineSamples_h
