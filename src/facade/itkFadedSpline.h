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
#ifndef itkFadedSpline_h
#define itkFadedSpline_h

#include "itkBSplineTransform.h"
#include "itkImageBase.h"
#include "itkMaskedVoxelSampler.h"

#include <array>
#include <vector>

namespace itk
{
/** \class FadedSpline
 * \brief Makes a cubic B-spline, which jumps to the identity at the end of its domain, fade to it.
 *
 * Control points whose splines reach the mask stay as they are, so that inside it nothing changes. The others continue
 * them smoothly, with a taper to zero over a distance of four cells, or three times the longest of the displacements,
 * whichever is more: then the slope of the taper folds nothing. Where the determinant of the Jacobian matrix is not
 * positive nevertheless, the distance is doubled, up to three times. The domain grows as far as the taper needs it, but
 * no further than memory allows: to 4 times as many control points, or 262144.
 *
 * \tparam VDimension dimension of space
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class FadedSpline
{
public:
  using SplineType = BSplineTransform<double, VDimension, 3>;
  using SplinePointer = typename SplineType::Pointer;
  using SamplerType = MaskedVoxelSampler<VDimension>;
  using GridType = ImageBase<VDimension>;
  using PointType = Point<double, VDimension>;

  /** \param spline whose domain has the direction of the grid
   * \param grid of the mask voxels */
  FadedSpline(const SplineType &  spline,
              const GridType &    grid,
              const SamplerType & sampler,
              ThreadIdType        numberOfWorkUnits);

  SplinePointer
  Make() const;

private:
  using SizesType = std::array<std::size_t, VDimension>;
  using ValueType = std::array<double, VDimension>;
  static constexpr unsigned int Order = 3;
  static constexpr double       FewestCells = 4.0;
  static constexpr double       TimesDisplacement = 3.0;
  static constexpr unsigned int MostTrials = 4;
  static constexpr std::size_t  MostTimes = 4; // of the control points that there are; see CheckTransformSize
  static constexpr std::size_t  Enough = 1U << 18U;

  /** Control points of a grid, those along x first. */
  struct Lattice
  {
    SizesType              Size{};
    std::vector<char>      IsKept{};
    std::vector<ValueType> Values{};
  };

  void
  FindKept(const GridType & grid, const SamplerType & sampler);
  /** How many control points there have to be on each side.
   * \param distance of the taper, which becomes shorter if they would be too many */
  SizesType
  FindMargins(double & distance) const;
  /** The control points, with others around them whose values are not known. */
  Lattice
  Pad(const SizesType & margins) const;
  /** Give values to control points that have none, from neighbours that have. */
  static void
  Extend(Lattice & lattice);
  /** The distance of every control point from those that are kept. */
  std::vector<double>
  ComputeDistances(const Lattice & lattice) const;
  SplinePointer
  MakeSpline(const Lattice & lattice, const SizesType & margins) const;
  bool
  IsFolded(const SplineType & spline) const;

  /** Call function(place, neighbour) for every pair of neighbours along the axes. */
  template <typename TFunction>
  static void
  ForEachNeighbour(const SizesType & size, std::size_t place, const TFunction & function);
  static std::size_t
  Count(const SizesType & size)
  {
    std::size_t product = 1;
    for (const std::size_t length : size)
    {
      product *= length;
    }
    return product;
  }

  const SplineType & m_Spline;
  ThreadIdType       m_WorkUnits;
  ValueType          m_Spacing{};
  Lattice            m_Lattice{};
};
} // end namespace itk

#include "facade/itkFadedSpline.hxx"

#endif // itkFadedSpline_h
