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
#ifndef itkVectorField_h
#define itkVectorField_h

#include "geometry/itkGridGeometry.h"
#include "geometry/itkUnrolledLoop.h"
#include "geometry/itkVectorInstructions.h"
#include "metric/itkSampleParts.h"
#include "smoothing/itkSeparableWindow.h"

#include "itkImage.h"
#include "itkVector.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class VectorField
 * \brief A vector for each voxel of a region of a grid, in voxels of that grid.
 *
 * Seen as displacements, it maps a position to one at another place: linear between voxels, and nothing moves beyond
 * the outermost ones.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class VectorField
{
public:
  using RegionType = ImageRegion<VDimension>;
  using IndexType = Index<VDimension>;
  using GridType = ImageBase<VDimension>;
  using GeometryType = GridGeometry<VDimension>;
  /** Displacements in physical space, as DisplacementFieldTransform has them. */
  using ImageType = Image<Vector<double, VDimension>, VDimension>;
  /** In 3 dimensions with a fourth number, 0, so that processors take it at once. */
  static constexpr unsigned int NumberOfComponents = VDimension == 3 ? 4 : VDimension;
  using VectorType = std::array<float, NumberOfComponents>;
  using PositionType = std::array<double, VDimension>;
  using WindowType = SeparableWindow<float, VDimension>;
  using WeightsType = typename WindowType::WeightsType;

  VectorField() = default;

  /** All zero. */
  explicit VectorField(const RegionType & region);

  /** That of an image of displacements. */
  static VectorField
  MakeFrom(const ImageType & displacements, ThreadIdType numberOfWorkUnits);

  /** The other way round. \param grid whose voxels these are */
  typename ImageType::Pointer
  MakeImage(const GridType & grid, ThreadIdType numberOfWorkUnits) const;

  const RegionType &
  GetRegion() const
  {
    return m_Region;
  }
  std::vector<VectorType> &
  GetVectors()
  {
    return m_Vectors;
  }
  const std::vector<VectorType> &
  GetVectors() const
  {
    return m_Vectors;
  }

  /** Where a position is mapped to. */
  ITK_VECTOR_INSTRUCTIONS_INLINE PositionType
  Map(const PositionType & position) const;

  /** Where a voxel is mapped to, which must be within. */
  PositionType
  MapVoxel(const IndexType & voxel) const
  {
    return this->MapVoxel(voxel, GeometryType::GetNumber(m_Region, voxel));
  }

  /** Smooth by windows, beyond the region of which there is nothing. */
  void
  Smooth(const WeightsType & weights, ThreadIdType numberOfWorkUnits);

  /** The weights of a Gaussian, as GaussianOperator has them. \param variance in voxels squared */
  static WeightsType
  MakeGaussian(double variance);

  /** Length of the longest vector. */
  double
  FindLongest(ThreadIdType numberOfWorkUnits) const;

  void
  Multiply(float factor, ThreadIdType numberOfWorkUnits);

  /** Let this map go after another one, which moves nothing beyond its region: a position goes where this takes what
   * the other has mapped. */
  void
  ApplyAfter(const VectorField & first, ThreadIdType numberOfWorkUnits);

  /** Let nothing move at the outermost voxels of a region that this one's is within, along axes that have inner ones.
   */
  void
  FixBorder(const RegionType & whole, ThreadIdType numberOfWorkUnits);

  /** The same displacements on another grid with the same axes. */
  VectorField
  MakeOnGrid(const GridType & grid, const GridType & otherGrid, ThreadIdType numberOfWorkUnits) const;

  /** The map that takes everything back: the fixed point of u(x) = -v(x + u(x)) (Chen et al., Medical Physics 35
   * (2008)), to a thousandth of a voxel where the map can be taken back at all.
   * \param numberOfUnknown null, or set to how many voxels there are at which it cannot, to a tenth of a voxel, and not
   * because they are taken to or over the border */
  VectorField
  MakeInverse(ThreadIdType numberOfWorkUnits, std::size_t * numberOfUnknown = nullptr) const;

  /** At how many voxels space is folded, by differences: where the determinant of the Jacobian is not positive. */
  std::size_t
  CountFolds(ThreadIdType numberOfWorkUnits) const;

  /** The vector of a voxel, which must be within. */
  VectorType &
  GetVector(const IndexType & voxel)
  {
    return m_Vectors[GeometryType::GetNumber(m_Region, voxel)];
  }

private:
  /** The same, of a voxel whose number is known. */
  PositionType
  MapVoxel(const IndexType & voxel, std::size_t number) const
  {
    PositionType mapped;
    UnrolledLoop<VDimension>::ForEach(
      [&](auto d) { mapped[d] = static_cast<double>(voxel[d]) + static_cast<double>(m_Vectors[number][d]); });
    return mapped;
  }

  SampleParts
  GetParts() const
  {
    constexpr SizeValueType partSize = 16384;
    return SampleParts::OfSize(m_Vectors.size(), partSize);
  }

  /** From voxels to physical space. */
  static Matrix<double, VDimension, VDimension>
  MakeToPhysical(const GridType & grid)
  {
    auto toPhysical = grid.GetDirection();
    for (unsigned int row = 0; row < VDimension; ++row)
    {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        toPhysical(row, d) *= grid.GetSpacing()[d];
      }
    }
    return toPhysical;
  }

  /** Whether a position is a voxel or more from the outermost ones. */
  bool
  IsWithin(const PositionType & position) const
  {
    bool isWithin = true;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      isWithin = isWithin && position[d] >= static_cast<double>(m_Region.GetIndex(d) + 1) &&
                 position[d] <= static_cast<double>(m_Region.GetUpperIndex()[d] - 1);
    }
    return isWithin;
  }

  RegionType              m_Region{};
  std::vector<VectorType> m_Vectors{};
};
} // end namespace itk

#include "field/itkVectorField.hxx"

#endif // itkVectorField_h
