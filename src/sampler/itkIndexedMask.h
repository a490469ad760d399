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
#ifndef itkIndexedMask_h
#define itkIndexedMask_h

#include "sampler/itkMaskGeometry.h"

#include "itkContinuousIndex.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace itk
{
/** \class IndexedMask
 * \brief Whether positions in a grid are inside a mask, told by their continuous indices.
 *
 * Of a mask image, by its pixels, as ImageMaskSpatialObject finds them, without the points between; of any other mask,
 * by SpatialObject::IsInsideInWorldSpace().
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class IndexedMask
{
public:
  using GridType = ImageBase<VDimension>;
  using MaskType = SpatialObject<VDimension>;
  using IndexType = ContinuousIndex<double, VDimension>;

  /** \param mask null: all is inside. It and the grid must live as long as they are asked for, and not be changed. */
  void
  Set(const MaskType * mask, const GridType & grid)
  {
    m_Mask = mask;
    m_Grid = &grid;
    m_Pixels = nullptr;
    if (mask == nullptr)
    {
      return;
    }
    MaskGeometry<VDimension> geometry;
    geometry.Mask = mask;
    geometry.FillCachesOfMask();
    const auto * const imageMask = geometry.GetImageMask();
    if (imageMask != nullptr && !imageMask->GetUseMaskValue() &&
        MaskGeometry<VDimension>::IsIdentity(*imageMask->GetObjectToWorldTransform()))
    {
      this->SetPixels(*imageMask->GetImage());
    }
  }

  bool
  IsEverywhere() const
  {
    return m_Mask == nullptr;
  }

  bool
  IsInside(const IndexType & index) const
  {
    if (m_Mask == nullptr)
    {
      return true;
    }
    if (m_Pixels == nullptr)
    {
      return m_Mask->IsInsideInWorldSpace(m_Grid->template TransformContinuousIndexToPhysicalPoint<double>(index));
    }
    std::ptrdiff_t offset = 0;
    for (unsigned int row = 0; row < VDimension; ++row)
    {
      double place = m_First[row];
      for (unsigned int column = 0; column < VDimension; ++column)
      {
        place += m_Matrix[row][column] * index[column];
      }
      // As ITK rounds them: halves go up. What is not a number is nowhere.
      const double voxel = std::floor(place + 0.5);
      if (!(voxel >= 0.0 && voxel < m_Size[row]))
      {
        return false;
      }
      offset += static_cast<std::ptrdiff_t>(voxel) * m_Strides[row];
    }
    return m_Pixels[offset] != PixelType{};
  }

private:
  using ImageMaskType = ImageMaskSpatialObject<VDimension>;
  using MaskImageType = typename ImageMaskType::ImageType;
  using PixelType = typename MaskImageType::PixelType;

  void
  SetPixels(const MaskImageType & image)
  {
    const auto & region = image.GetBufferedRegion();
    const bool   hasSameAxes =
      image.GetSpacing() == m_Grid->GetSpacing() && image.GetDirection() == m_Grid->GetDirection();
    const auto toPlace = [&](const IndexType & index) {
      const auto point = m_Grid->template TransformContinuousIndexToPhysicalPoint<double>(index);
      return image.template TransformPhysicalPointToContinuousIndex<double>(point);
    };
    IndexType corner;
    corner.Fill(0.0);
    const auto first = toPlace(corner);
    for (unsigned int row = 0; row < VDimension; ++row)
    {
      m_First[row] = first[row];
      if (hasSameAxes)
      {
        // Nothing but rounding is beside whole voxels.
        constexpr double rounding = 1e-6;
        const double     nearest = std::round(first[row]);
        m_First[row] = std::abs(first[row] - nearest) < rounding ? nearest : first[row];
      }
      m_First[row] -= static_cast<double>(region.GetIndex(row));
      m_Size[row] = static_cast<double>(region.GetSize(row));
      m_Strides[row] = static_cast<std::ptrdiff_t>(image.GetOffsetTable()[row]);
    }
    for (unsigned int column = 0; column < VDimension; ++column)
    {
      IndexType next = corner;
      next[column] = 1.0;
      const auto place = toPlace(next);
      for (unsigned int row = 0; row < VDimension; ++row)
      {
        m_Matrix[row][column] = hasSameAxes ? (row == column ? 1.0 : 0.0) : place[row] - first[row];
      }
    }
    m_Pixels = image.GetBufferPointer();
  }

  const MaskType *                                       m_Mask{};
  const GridType *                                       m_Grid{};
  const PixelType *                                      m_Pixels{};
  std::array<std::array<double, VDimension>, VDimension> m_Matrix{};
  std::array<double, VDimension>                         m_First{};
  std::array<double, VDimension>                         m_Size{};
  std::array<std::ptrdiff_t, VDimension>                 m_Strides{};
};
} // end namespace itk

#endif // itkIndexedMask_h
