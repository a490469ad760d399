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
#ifndef itkSampleGrid_h
#define itkSampleGrid_h

#include "geometry/itkGridGeometry.h"
#include "geometry/itkPositionBox.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class SampleGrid
 * \brief In which voxels of a grid samples are.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class SampleGrid
{
public:
  using GridType = ImageBase<VDimension>;
  using SizeType = std::array<std::size_t, VDimension>;
  using ColumnsType = std::array<const double *, VDimension>;

  /** \param coordinates of the samples, in physical space */
  void
  Set(const GridType & grid, const ColumnsType & coordinates, SizeValueType numberOfSamples)
  {
    std::vector<Index<VDimension>> voxels(numberOfSamples);
    PositionBox<Index<VDimension>> box;
    for (SizeValueType i = 0; i < numberOfSamples; ++i)
    {
      Point<double, VDimension> point;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        point[d] = coordinates[d][i];
      }
      voxels[i] = grid.TransformPhysicalPointToIndex(point);
      box.Add(voxels[i]);
    }
    ImageRegion<VDimension> region;
    if (!box.IsEmpty)
    {
      region.SetIndex(box.Lower);
      region.SetUpperIndex(box.Upper);
    }
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      m_Size[d] = static_cast<std::size_t>(region.GetSize(d));
    }
    m_Voxels.resize(numberOfSamples);
    std::vector<bool> isTaken(region.GetNumberOfPixels());
    m_IsOneEach = true;
    for (SizeValueType i = 0; i < numberOfSamples; ++i)
    {
      const auto voxel = static_cast<std::size_t>(GridGeometry<VDimension>::GetNumber(region, voxels[i]));
      m_IsOneEach = m_IsOneEach && !isTaken[voxel];
      isTaken[voxel] = true;
      m_Voxels[i] = voxel;
    }
  }

  /** Of the box around the samples, in voxels. */
  const SizeType &
  GetSize() const
  {
    return m_Size;
  }
  /** For each sample, the number of its voxel in that box. */
  const std::vector<std::size_t> &
  GetVoxels() const
  {
    return m_Voxels;
  }
  /** Whether no two samples are in the same voxel. */
  bool
  IsOneEach() const
  {
    return m_IsOneEach;
  }

  /** Values of the samples, at their voxels; 0 elsewhere. */
  template <typename TValue>
  void
  Spread(const TValue * values, std::vector<TValue> & spread) const
  {
    std::size_t number = 1;
    for (const std::size_t length : m_Size)
    {
      number *= length;
    }
    spread.assign(number, TValue{});
    for (std::size_t i = 0; i < m_Voxels.size(); ++i)
    {
      spread[m_Voxels[i]] = values[i];
    }
  }

private:
  SizeType                 m_Size{};
  std::vector<std::size_t> m_Voxels{};
  bool                     m_IsOneEach{ true };
};
} // end namespace itk

#endif // itkSampleGrid_h
