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
#ifndef itkMaskOnGrid_h
#define itkMaskOnGrid_h

#include "itkImageBase.h"
#include "itkMath.h"
#include "itkPoint.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class MaskOnGrid
 * \brief Which voxels of a region of a grid are inside, to be asked at positions on another grid with the same axes.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskOnGrid
{
public:
  using GridType = ImageBase<VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using PositionType = std::array<double, VDimension>;

  MaskOnGrid(const GridType & grid, const RegionType & region)
    : m_Grid(&grid)
    , m_Region(region)
    , m_IsInside(region.GetNumberOfPixels())
  {
    m_Ratio.fill(1.0);
  }

  const RegionType &
  GetRegion() const
  {
    return m_Region;
  }
  /** In raster order; not 0: inside. */
  std::vector<unsigned char> &
  GetVoxels()
  {
    return m_IsInside;
  }

  /** From now on positions are those of another grid. */
  void
  SetOtherGrid(const GridType & other)
  {
    const auto origin = m_Grid->template TransformPhysicalPointToContinuousIndex<double>(other.GetOrigin());
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      m_Ratio[d] = other.GetSpacing()[d] / m_Grid->GetSpacing()[d];
      m_Origin[d] = origin[d];
    }
  }

  /** Whether the voxel in which a position lies is inside. */
  bool
  IsInside(const PositionType & position) const
  {
    std::size_t number = 0;
    for (unsigned int d = VDimension; d-- > 0;)
    {
      const double place = m_Origin[d] + m_Ratio[d] * position[d] - static_cast<double>(m_Region.GetIndex(d)) + 0.5;
      if (!(place >= 0.0 && place < static_cast<double>(m_Region.GetSize(d))))
      {
        return false;
      }
      number = number * m_Region.GetSize(d) + static_cast<std::size_t>(place);
    }
    return m_IsInside[number] != 0;
  }

private:
  typename GridType::ConstPointer m_Grid{};
  RegionType                      m_Region{};
  PositionType                    m_Origin{};
  PositionType                    m_Ratio{};
  std::vector<unsigned char>      m_IsInside{};
};
} // end namespace itk

#endif // itkMaskOnGrid_h
