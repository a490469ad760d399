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
#ifndef itkVectorField_hxx
#define itkVectorField_hxx

#include "itkContinuousIndex.h"
#include "itkGaussianOperator.h"
#include "itkNumericTraits.h"
#include "vnl/vnl_det.h"
#include "vnl/vnl_matrix_fixed.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace itk
{
template <unsigned int VDimension>
VectorField<VDimension>::VectorField(const RegionType & region)
  : m_Region(region)
  , m_Vectors(region.GetNumberOfPixels())
{}

template <unsigned int VDimension>
VectorField<VDimension>
VectorField<VDimension>::MakeFrom(const ImageType & displacements, ThreadIdType numberOfWorkUnits)
{
  const Matrix<double, VDimension, VDimension> toVoxels(MakeToPhysical(displacements).GetInverse());
  const auto * const                           pixels = displacements.GetBufferPointer();
  VectorField                                  field(displacements.GetBufferedRegion());
  field.GetParts().ForEach(numberOfWorkUnits, [&](SizeValueType, SizeValueType first, SizeValueType last) {
    for (SizeValueType i = first; i < last; ++i)
    {
      const auto vector = toVoxels * pixels[i];
      UnrolledLoop<VDimension>::ForEach([&](auto d) { field.m_Vectors[i][d] = static_cast<float>(vector[d]); });
    }
  });
  return field;
}

template <unsigned int VDimension>
auto
VectorField<VDimension>::MakeImage(const GridType & grid, ThreadIdType numberOfWorkUnits) const ->
  typename ImageType::Pointer
{
  const auto toPhysical = MakeToPhysical(grid);
  const auto displacements = ImageType::New();
  displacements->CopyInformation(&grid);
  displacements->SetRegions(m_Region);
  displacements->Allocate();
  auto * const pixels = displacements->GetBufferPointer();
  this->GetParts().ForEach(numberOfWorkUnits, [&](SizeValueType, SizeValueType first, SizeValueType last) {
    for (SizeValueType i = first; i < last; ++i)
    {
      typename ImageType::PixelType vector;
      UnrolledLoop<VDimension>::ForEach([&](auto d) { vector[d] = static_cast<double>(m_Vectors[i][d]); });
      pixels[i] = toPhysical * vector;
    }
  });
  return displacements;
}

template <unsigned int VDimension>
ITK_VECTOR_INSTRUCTIONS_INLINE auto
VectorField<VDimension>::Map(const PositionType & position) const -> PositionType
{
  std::array<float, VDimension>       fraction;
  std::size_t                         first = 0;
  std::array<std::size_t, VDimension> next;
  std::size_t                         stride = 1;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const double place = position[d] - static_cast<double>(m_Region.GetIndex(d));
    const auto   last = static_cast<double>(m_Region.GetSize(d)) - 1.0;
    if (!(place >= 0.0 && place <= last))
    {
      return position;
    }
    const auto cell = static_cast<std::size_t>(place);
    fraction[d] = static_cast<float>(place - static_cast<double>(cell));
    next[d] = fraction[d] > 0.0F ? stride : 0;
    first += cell * stride;
    stride *= m_Region.GetSize(d);
  }
  constexpr unsigned int                  numberOfCorners = 1U << VDimension;
  std::array<VectorType, numberOfCorners> corners;
  for (unsigned int corner = 0; corner < numberOfCorners; ++corner)
  {
    std::size_t offset = first;
    UnrolledLoop<VDimension>::ForEach([&](auto d) { offset += ((corner >> d) & 1U) != 0 ? next[d] : 0; });
    corners[corner] = m_Vectors[offset];
  }
  unsigned int left = numberOfCorners;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    left /= 2;
    for (unsigned int i = 0; i < left; ++i)
    {
      const VectorType & lower = corners[2 * i];
      const VectorType & upper = corners[2 * i + 1];
      VectorType         between;
      for (unsigned int k = 0; k < NumberOfComponents; ++k)
      {
        between[k] = lower[k] + fraction[d] * (upper[k] - lower[k]);
      }
      corners[i] = between;
    }
  }
  PositionType mapped;
  UnrolledLoop<VDimension>::ForEach([&](auto k) { mapped[k] = position[k] + static_cast<double>(corners[0][k]); });
  return mapped;
}

template <unsigned int VDimension>
void
VectorField<VDimension>::Smooth(const WeightsType & weights, ThreadIdType numberOfWorkUnits)
{
  if (m_Vectors.empty())
  {
    return;
  }
  typename WindowType::SizeType       size;
  std::array<WeightsType, VDimension> ofAxes;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    size[d] = m_Region.GetSize(d);
    ofAxes[d] = weights;
  }
  WindowType::Sum(m_Vectors.front().data(), size, NumberOfComponents, ofAxes, numberOfWorkUnits);
}

template <unsigned int VDimension>
auto
VectorField<VDimension>::MakeGaussian(double variance) -> WeightsType
{
  constexpr double       error = 0.001; // as in the methods of ITK
  constexpr unsigned int greatestWidth = 129;
  if (!(variance > 0.0))
  {
    return { 1.0F };
  }
  GaussianOperator<double, VDimension> gaussian;
  gaussian.SetDirection(0);
  gaussian.SetVariance(variance);
  gaussian.SetMaximumError(error);
  gaussian.SetMaximumKernelWidth(greatestWidth);
  gaussian.CreateDirectional();
  WeightsType       weights;
  const std::size_t middle = gaussian.Size() / 2;
  for (std::size_t i = middle; i < gaussian.Size(); ++i)
  {
    weights.push_back(static_cast<float>(gaussian[i]));
  }
  return weights;
}

template <unsigned int VDimension>
double
VectorField<VDimension>::FindLongest(ThreadIdType numberOfWorkUnits) const
{
  const auto         parts = this->GetParts();
  std::vector<float> ofParts(parts.GetNumberOfParts());
  parts.ForEach(numberOfWorkUnits, [&](SizeValueType part, SizeValueType first, SizeValueType last) {
    float longest = 0.0F;
    for (SizeValueType i = first; i < last; ++i)
    {
      float square = 0.0F;
      UnrolledLoop<VDimension>::ForEach([&](auto d) { square += m_Vectors[i][d] * m_Vectors[i][d]; });
      longest = std::max(longest, square);
    }
    ofParts[part] = longest;
  });
  const auto longest = std::max_element(ofParts.begin(), ofParts.end());
  return longest == ofParts.end() ? 0.0 : std::sqrt(static_cast<double>(*longest));
}

template <unsigned int VDimension>
void
VectorField<VDimension>::Multiply(float factor, ThreadIdType numberOfWorkUnits)
{
  this->GetParts().ForEach(numberOfWorkUnits, [&](SizeValueType, SizeValueType first, SizeValueType last) {
    for (SizeValueType i = first; i < last; ++i)
    {
      UnrolledLoop<VDimension>::ForEach([&](auto d) { m_Vectors[i][d] *= factor; });
    }
  });
}

template <unsigned int VDimension>
void
VectorField<VDimension>::ApplyAfter(const VectorField & first, ThreadIdType numberOfWorkUnits)
{
  std::vector<VectorType> composed(first.m_Vectors.size());
  GeometryType::ForEachVoxel(first.m_Region, numberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    const PositionType mapped = this->Map(first.MapVoxel(voxel, number));
    UnrolledLoop<VDimension>::ForEach(
      [&](auto d) { composed[number][d] = static_cast<float>(mapped[d] - static_cast<double>(voxel[d])); });
  });
  if (first.m_Region == m_Region)
  {
    m_Vectors.swap(composed);
    return;
  }
  GeometryType::ForEachVoxel(first.m_Region, numberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    this->GetVector(voxel) = composed[number];
  });
}

template <unsigned int VDimension>
void
VectorField<VDimension>::FixBorder(const RegionType & whole, ThreadIdType numberOfWorkUnits)
{
  constexpr SizeValueType fewest = 4;
  const auto              isBorder = [&](unsigned int d, IndexValueType index) {
    return whole.GetSize(d) >= fewest && (index <= whole.GetIndex(d) || index >= whole.GetUpperIndex()[d]);
  };
  bool isWithin = true;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    isWithin = isWithin && !isBorder(d, m_Region.GetIndex(d)) && !isBorder(d, m_Region.GetUpperIndex()[d]);
  }
  if (isWithin)
  {
    return;
  }
  GeometryType::ForEachVoxel(m_Region, numberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      if (isBorder(d, voxel[d]))
      {
        m_Vectors[number].fill(0.0F);
      }
    }
  });
}

template <unsigned int VDimension>
VectorField<VDimension>
VectorField<VDimension>::MakeOnGrid(const GridType & grid,
                                    const GridType & otherGrid,
                                    ThreadIdType     numberOfWorkUnits) const
{
  // Along each axis for itself.
  const auto   origin = grid.template TransformPhysicalPointToContinuousIndex<double>(otherGrid.GetOrigin());
  PositionType ratio;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    ratio[d] = otherGrid.GetSpacing()[d] / grid.GetSpacing()[d];
  }
  VectorField other(otherGrid.GetLargestPossibleRegion());
  GeometryType::ForEachVoxel(other.m_Region, numberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    PositionType here;
    UnrolledLoop<VDimension>::ForEach([&](auto d) { here[d] = origin[d] + ratio[d] * static_cast<double>(voxel[d]); });
    const PositionType mapped = this->Map(here);
    UnrolledLoop<VDimension>::ForEach(
      [&](auto d) { other.m_Vectors[number][d] = static_cast<float>((mapped[d] - here[d]) / ratio[d]); });
  });
  return other;
}

template <unsigned int VDimension>
VectorField<VDimension>
VectorField<VDimension>::MakeInverse(ThreadIdType numberOfWorkUnits, std::size_t * numberOfUnknown) const
{
  constexpr unsigned int   mostIterations = 100;
  constexpr double         tolerance = 1e-3;
  constexpr double         unknown = 0.1;
  std::atomic<std::size_t> unknownVoxels{};
  VectorField              inverse(m_Region);
  GeometryType::ForEachVoxel(m_Region, numberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    PositionType position;
    UnrolledLoop<VDimension>::ForEach([&](auto d) { position[d] = static_cast<double>(voxel[d]); });
    PositionType moved = position;
    double       step = 1.0;
    double       before = NumericTraits<double>::max();
    for (unsigned int iteration = 0; iteration < mostIterations; ++iteration)
    {
      const PositionType mapped = this->Map(moved);
      double             square = 0.0;
      UnrolledLoop<VDimension>::ForEach(
        [&](auto d) { square += (mapped[d] - position[d]) * (mapped[d] - position[d]); });
      if (square <= tolerance * tolerance)
      {
        break;
      }
      if (iteration + 1 == mostIterations && square > unknown * unknown && this->IsWithin(moved))
      {
        ++unknownVoxels;
      }
      // Where it stretches, whole steps go too far.
      step = square > 0.5 * before ? std::max(0.5 * step, 0.1) : step;
      before = square;
      UnrolledLoop<VDimension>::ForEach([&](auto d) { moved[d] -= step * (mapped[d] - position[d]); });
    }
    UnrolledLoop<VDimension>::ForEach(
      [&](auto d) { inverse.m_Vectors[number][d] = static_cast<float>(moved[d] - position[d]); });
  });
  if (numberOfUnknown != nullptr)
  {
    *numberOfUnknown = unknownVoxels;
  }
  inverse.FixBorder(m_Region, numberOfWorkUnits);
  return inverse;
}

template <unsigned int VDimension>
std::size_t
VectorField<VDimension>::CountFolds(ThreadIdType numberOfWorkUnits) const
{
  std::atomic<std::size_t> folds{};
  GeometryType::ForEachVoxel(m_Region, numberOfWorkUnits, [&](const IndexType & voxel, SizeValueType number) {
    vnl_matrix_fixed<double, VDimension, VDimension> jacobian;
    jacobian.set_identity();
    std::size_t stride = 1;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      const bool         hasLower = voxel[axis] > m_Region.GetIndex(axis);
      const bool         hasUpper = voxel[axis] < m_Region.GetUpperIndex()[axis];
      const VectorType & lower = m_Vectors[hasLower ? number - stride : number];
      const VectorType & upper = m_Vectors[hasUpper ? number + stride : number];
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        jacobian(d, axis) += static_cast<double>(upper[d] - lower[d]) * (hasLower && hasUpper ? 0.5 : 1.0);
      }
      stride *= m_Region.GetSize(axis);
    }
    if (!(vnl_det(jacobian) > 0.0))
    {
      ++folds;
    }
  });
  return folds;
}
} // end namespace itk

#endif // itkVectorField_hxx
