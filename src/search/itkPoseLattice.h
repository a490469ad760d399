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
#ifndef itkPoseLattice_h
#define itkPoseLattice_h

#include "itkPoint.h"
#include "search/itkIntensityBins.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class PoseLattice
 * \brief Bins of an image on a lattice of points, with one bin more for points where there is no image.
 *
 * All poses of a search look up their points here, in the nearest point of the lattice: it takes a few nanoseconds, and
 * translations by whole cells are an offset that all points share.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct PoseLattice
{
  using BinType = IntensityBins::BinType;
  using PointType = Point<double, VDimension>;
  static constexpr BinType Outside = IntensityBins::Number;

  PointType                              Origin{};
  double                                 Spacing{ 1.0 };
  std::array<std::size_t, VDimension>    Size{};
  std::array<std::ptrdiff_t, VDimension> Strides{};
  std::vector<BinType>                   Bins{};

  /** A lattice that covers a box. */
  PoseLattice(const PointType & lower, const PointType & upper, double spacing)
    : Origin(lower)
    , Spacing(spacing)
  {
    std::size_t stride = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      // Two more, so that what is rounded is inside.
      Size[d] = static_cast<std::size_t>((upper[d] - lower[d]) / spacing) + 3;
      Origin[d] -= spacing;
      Strides[d] = static_cast<std::ptrdiff_t>(stride);
      stride *= Size[d];
    }
    Bins.assign(stride, Outside);
  }

  PointType
  GetPoint(std::size_t place) const
  {
    PointType point;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      point[d] = Origin[d] + Spacing * static_cast<double>(place % Size[d]);
      place /= Size[d];
    }
    return point;
  }
};
} // end namespace itk

#endif // itkPoseLattice_h
