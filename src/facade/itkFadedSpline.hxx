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
#ifndef itkFadedSpline_hxx
#define itkFadedSpline_hxx

#include "facade/itkBSplineMaker.h"
#include "metric/itkTransformJacobian.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <unsigned int VDimension>
FadedSpline<VDimension>::FadedSpline(const SplineType &  spline,
                                     const GridType &    grid,
                                     const SamplerType & sampler,
                                     ThreadIdType        numberOfWorkUnits)
  : m_Spline(spline)
  , m_WorkUnits(numberOfWorkUnits)
{
  const auto   images = spline.GetCoefficientImages();
  const auto & coefficients = *images[0];
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    m_Lattice.Size[d] = coefficients.GetLargestPossibleRegion().GetSize(d);
    m_Spacing[d] = coefficients.GetSpacing()[d];
  }
  const std::size_t number = Count(m_Lattice.Size);
  m_Lattice.Values.resize(number);
  for (std::size_t n = 0; n < number; ++n)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      m_Lattice.Values[n][d] = images[d]->GetBufferPointer()[n];
    }
  }
  this->FindKept(grid, sampler);
}

template <unsigned int VDimension>
void
FadedSpline<VDimension>::FindKept(const GridType & grid, const SamplerType & sampler)
{
  const auto & coefficients = *m_Spline.GetCoefficientImages()[0];
  const auto   toLattice = [&](const typename GridType::IndexType & index) {
    PointType point;
    grid.TransformIndexToPhysicalPoint(index, point);
    return coefficients.template TransformPhysicalPointToContinuousIndex<double>(point);
  };
  // Cells that a voxel of the mask reaches into, by the first of their control points.
  std::vector<char> isCell(Count(m_Lattice.Size), 0);
  sampler.ForEachRun([&](const typename GridType::IndexType & first, SizeValueType length) {
    auto last = first;
    last[0] += static_cast<IndexValueType>(length) - 1;
    const auto begin = toLattice(first);
    const auto end = toLattice(last);
    SizesType  lowest{};
    SizesType  highest{};
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const double half = 0.5 * grid.GetSpacing()[d] / m_Spacing[d];
      const auto   greatest = static_cast<double>(m_Lattice.Size[d] - Order - 1);
      const auto   cellAt = [greatest](double place) {
        return static_cast<std::size_t>(std::min(std::max(std::floor(place) - 1.0, 0.0), greatest));
      };
      lowest[d] = cellAt(std::min(begin[d], end[d]) - half);
      highest[d] = cellAt(std::max(begin[d], end[d]) + half);
    }
    SizesType cell = lowest;
    while (true)
    {
      std::size_t place = 0;
      for (unsigned int d = VDimension; d-- > 0;)
      {
        place = place * m_Lattice.Size[d] + cell[d];
      }
      std::fill_n(isCell.begin() + static_cast<std::ptrdiff_t>(place), highest[0] - lowest[0] + 1, 1);
      unsigned int axis = 1;
      for (; axis < VDimension && ++cell[axis] > highest[axis]; ++axis)
      {
        cell[axis] = lowest[axis];
      }
      if (axis >= VDimension)
      {
        break;
      }
    }
  });
  // All control points of those cells, along one axis after the other.
  m_Lattice.IsKept = isCell;
  std::size_t stride = 1;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto before = m_Lattice.IsKept;
    for (std::size_t n = 0; n < before.size(); ++n)
    {
      const std::size_t along = n / stride % m_Lattice.Size[d];
      for (std::size_t k = 1; before[n] != 0 && k <= Order && along + k < m_Lattice.Size[d]; ++k)
      {
        m_Lattice.IsKept[n + k * stride] = 1;
      }
    }
    stride *= m_Lattice.Size[d];
  }
}

template <unsigned int VDimension>
auto
FadedSpline<VDimension>::Pad(const SizesType & margins) const -> Lattice
{
  Lattice padded;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    padded.Size[d] = m_Lattice.Size[d] + 2 * margins[d];
  }
  padded.IsKept.assign(Count(padded.Size), 0);
  padded.Values.assign(Count(padded.Size), ValueType{});
  for (std::size_t n = 0; n < m_Lattice.Values.size(); ++n)
  {
    std::size_t rest = n;
    std::size_t place = 0;
    std::size_t stride = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      place += (rest % m_Lattice.Size[d] + margins[d]) * stride;
      rest /= m_Lattice.Size[d];
      stride *= padded.Size[d];
    }
    padded.IsKept[place] = m_Lattice.IsKept[n];
    padded.Values[place] = m_Lattice.Values[n];
  }
  return padded;
}

template <unsigned int VDimension>
template <typename TFunction>
void
FadedSpline<VDimension>::ForEachNeighbour(const SizesType & size, std::size_t place, const TFunction & function)
{
  std::size_t stride = 1;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const std::size_t along = place / stride % size[d];
    if (along > 0)
    {
      function(place - stride);
    }
    if (along + 1 < size[d])
    {
      function(place + stride);
    }
    stride *= size[d];
  }
}

template <unsigned int VDimension>
void
FadedSpline<VDimension>::Extend(Lattice & lattice)
{
  std::vector<char>        isKnown = lattice.IsKept;
  std::vector<std::size_t> front;
  for (std::size_t n = 0; n < isKnown.size(); ++n)
  {
    if (isKnown[n] != 0)
    {
      front.push_back(n);
    }
  }
  const auto average = [&lattice](std::size_t place, const std::vector<char> & isUsed) {
    ValueType sum{};
    double    number = 0.0;
    ForEachNeighbour(lattice.Size, place, [&](std::size_t neighbour) {
      if (isUsed[neighbour] != 0)
      {
        number += 1.0;
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          sum[d] += lattice.Values[neighbour][d];
        }
      }
    });
    for (double & component : sum)
    {
      component /= number;
    }
    return sum;
  };
  // From what is known outwards, a layer at a time.
  std::vector<std::size_t> order;
  while (!front.empty())
  {
    std::vector<std::size_t> layer;
    for (const std::size_t place : front)
    {
      ForEachNeighbour(lattice.Size, place, [&](std::size_t neighbour) {
        if (isKnown[neighbour] == 0)
        {
          isKnown[neighbour] = 2; // of this layer
          layer.push_back(neighbour);
        }
      });
    }
    auto isBefore = isKnown;
    std::replace(isBefore.begin(), isBefore.end(), char{ 2 }, char{ 0 });
    for (const std::size_t place : layer)
    {
      lattice.Values[place] = average(place, isBefore);
    }
    for (const std::size_t place : layer)
    {
      isKnown[place] = 1;
    }
    order.insert(order.end(), layer.begin(), layer.end());
    front = std::move(layer);
  }
  // Layers meet at edges: smooth.
  constexpr unsigned int numberOfSweeps = 20;
  for (unsigned int sweep = 0; sweep < numberOfSweeps; ++sweep)
  {
    for (const std::size_t place : order)
    {
      lattice.Values[place] = average(place, isKnown);
    }
  }
}

template <unsigned int VDimension>
std::vector<double>
FadedSpline<VDimension>::ComputeDistances(const Lattice & lattice) const
{
  // Squares, along one axis after the other: the nearest of a line is found by looking at all of it.
  constexpr double    infinite = std::numeric_limits<double>::infinity();
  std::vector<double> squares(lattice.IsKept.size());
  std::transform(lattice.IsKept.begin(), lattice.IsKept.end(), squares.begin(), [](char isKept) {
    return isKept != 0 ? 0.0 : infinite;
  });
  std::size_t stride = 1;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const std::size_t   length = lattice.Size[d];
    std::vector<double> line(length);
    for (std::size_t n = 0; n < squares.size(); ++n)
    {
      if (n / stride % length != 0)
      {
        continue; // not the first of a line
      }
      for (std::size_t i = 0; i < length; ++i)
      {
        line[i] = squares[n + i * stride];
      }
      for (std::size_t i = 0; i < length; ++i)
      {
        double least = infinite;
        for (std::size_t j = 0; j < length; ++j)
        {
          const double step = (static_cast<double>(i) - static_cast<double>(j)) * m_Spacing[d];
          least = std::min(least, line[j] + step * step);
        }
        squares[n + i * stride] = least;
      }
    }
    stride *= length;
  }
  std::transform(squares.begin(), squares.end(), squares.begin(), [](double square) { return std::sqrt(square); });
  return squares;
}

template <unsigned int VDimension>
auto
FadedSpline<VDimension>::MakeSpline(const Lattice & lattice, const SizesType & margins) const -> SplinePointer
{
  auto       cells = m_Spline.GetTransformDomainMeshSize();
  auto       length = m_Spline.GetTransformDomainPhysicalDimensions();
  auto       origin = m_Spline.GetTransformDomainOrigin();
  const auto direction = m_Spline.GetTransformDomainDirection();
  const auto number = lattice.Values.size();
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto   margin = static_cast<double>(margins[d]);
    const double cell = length[d] / static_cast<double>(cells[d]);
    for (unsigned int e = 0; e < VDimension; ++e)
    {
      origin[e] -= direction[e][d] * margin * cell;
    }
    length[d] += 2.0 * margin * cell;
    cells[d] += 2 * margins[d];
  }
  auto spline = BSplineMaker<VDimension>::Make(origin, direction, length, cells);
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    double * const coefficients = spline->GetCoefficientImages()[d]->GetBufferPointer();
    for (std::size_t n = 0; n < number; ++n)
    {
      coefficients[n] = lattice.Values[n][d];
    }
  }
  return spline;
}

template <unsigned int VDimension>
bool
FadedSpline<VDimension>::IsFolded(const SplineType & spline) const
{
  // At control points and in the middle of cells, some of them.
  constexpr SizeValueType enough = 50000;
  const auto &            grid = *spline.GetCoefficientImages()[0];
  const auto              size = grid.GetLargestPossibleRegion().GetSize();
  const SizeValueType     number = 2 * grid.GetLargestPossibleRegion().GetNumberOfPixels();
  const SizeValueType     step = 2 * (number / (2 * enough)) + 1; // odd, so that there are both
  std::vector<PointType>  points(number / step + 1);
  for (SizeValueType n = 0; n < points.size(); ++n)
  {
    ContinuousIndex<double, VDimension> index;
    SizeValueType                       rest = n * step / 2;
    for (unsigned int d = 0; d < VDimension; rest /= size[d], ++d)
    {
      index[d] = static_cast<double>(rest % size[d]) + (n * step % 2 == 0 ? 0.0 : 0.5);
    }
    grid.TransformContinuousIndexToPhysicalPoint(index, points[n]);
  }
  const auto determinants = TransformJacobian<VDimension>(spline, 1.0).ComputeDeterminants(points, m_WorkUnits);
  return std::any_of(determinants.begin(), determinants.end(), [](double value) { return !(value > 0.0); });
}

template <unsigned int VDimension>
auto
FadedSpline<VDimension>::FindMargins(double & distance) const -> SizesType
{
  const std::size_t most = std::max(MostTimes * Count(m_Lattice.Size), Enough);
  const auto [shortest, longest] = std::minmax_element(m_Spacing.begin(), m_Spacing.end());
  distance = std::min(distance, static_cast<double>(most) * *longest);
  while (true)
  {
    SizesType   margins;
    std::size_t number = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      // Three layers of zeros, where it has to be the identity.
      margins[d] = static_cast<std::size_t>(std::ceil(distance / m_Spacing[d])) + Order;
      number = std::min(number, most) * (m_Lattice.Size[d] + 2 * margins[d]);
    }
    if (number <= most || distance <= *shortest)
    {
      return margins;
    }
    distance *= 0.8;
  }
}

template <unsigned int VDimension>
auto
FadedSpline<VDimension>::Make() const -> SplinePointer
{
  double longest = 0.0;
  for (std::size_t n = 0; n < m_Lattice.Values.size(); ++n)
  {
    double square = 0.0;
    for (unsigned int d = 0; m_Lattice.IsKept[n] != 0 && d < VDimension; ++d)
    {
      square += m_Lattice.Values[n][d] * m_Lattice.Values[n][d];
    }
    longest = std::max(longest, std::sqrt(square));
  }
  const double  cell = *std::max_element(m_Spacing.begin(), m_Spacing.end());
  double        distance = std::max(FewestCells * cell, TimesDisplacement * longest);
  SplinePointer spline;
  SizesType     margins = this->FindMargins(distance);
  for (unsigned int trial = 0; trial < MostTrials; ++trial)
  {
    Lattice lattice = this->Pad(margins);
    Extend(lattice);
    const auto distances = this->ComputeDistances(lattice);
    for (std::size_t n = 0; n < distances.size(); ++n)
    {
      const double share = std::min(distances[n] / distance, 1.0);
      const double taper = 1.0 - share * share * (3.0 - 2.0 * share);
      for (double & component : lattice.Values[n])
      {
        component *= taper;
      }
    }
    spline = this->MakeSpline(lattice, margins);
    double further = 2.0 * distance;
    margins = this->FindMargins(further);
    if (!(further > distance) || !IsFolded(*spline))
    {
      break;
    }
    distance = further;
  }
  return spline;
}
} // end namespace itk

#endif // itkFadedSpline_hxx
