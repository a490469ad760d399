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
#ifndef itkInterpolationAxis_h
#define itkInterpolationAxis_h

#include "itkImageBase.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace itk
{
/** \class InterpolationAxis
 * \brief An axis of the grid whose voxels a linear interpolation lies between.
 *
 * A cell is what lies between two neighbouring centres. Points may count as inside in a region of which only a part has
 * pixels, in a buffer. Cells are counted from the start of the region, so that a point has the same fraction whatever
 * the buffer holds.
 *
 * \ingroup MaskedSampling
 */
struct InterpolationAxis
{
  std::ptrdiff_t Stride{};
  /** Of the region, in continuous indices, and its length in steps. */
  double         Start{};
  double         Length{};
  std::ptrdiff_t LastCell{};
  /** 0 where the region is one voxel thick, otherwise 1. */
  std::ptrdiff_t NumberOfNext{};
  std::ptrdiff_t BufferStart{};
  std::ptrdiff_t BufferEnd{};

  /** Those of an image.
   * \param region where points are inside */
  template <unsigned int VDimension>
  static std::array<InterpolationAxis, VDimension>
  MakeAll(const ImageBase<VDimension> & image, const ImageRegion<VDimension> & region)
  {
    std::array<InterpolationAxis, VDimension> axes;
    const auto &                              buffered = image.GetBufferedRegion();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto size = static_cast<std::ptrdiff_t>(region.GetSize(d));
      axes[d].Stride = image.GetOffsetTable()[d];
      axes[d].Start = static_cast<double>(region.GetIndex(d));
      axes[d].Length = static_cast<double>(size - 1);
      axes[d].LastCell = std::max<std::ptrdiff_t>(size - 2, 0);
      axes[d].NumberOfNext = size > 1 ? 1 : 0;
      axes[d].BufferStart = buffered.GetIndex(d) - region.GetIndex(d);
      axes[d].BufferEnd = axes[d].BufferStart + static_cast<std::ptrdiff_t>(buffered.GetSize(d));
    }
    return axes;
  }

  /** Find the cell of a continuous index. Beyond the outermost centres it is the last one before.
   * \param fraction of the cell that lies before the index
   * \return the cell */
  std::ptrdiff_t
  FindCell(double index, double & fraction) const
  {
    const double position = std::max(std::min(index - Start, Length), 0.0);
    const auto   cell = std::min(static_cast<std::ptrdiff_t>(position), LastCell);
    fraction = position - static_cast<double>(cell);
    return cell;
  }

  /** Whether the buffer has both ends of the cells from one to another. */
  bool
  HasCells(std::ptrdiff_t first, std::ptrdiff_t last) const
  {
    return first >= BufferStart && last + NumberOfNext < BufferEnd;
  }
};
} // end namespace itk

#endif // itkInterpolationAxis_h
