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
#ifndef itkMaskedVoxelEnumerator_h
#define itkMaskedVoxelEnumerator_h

#include "sampler/itkMaskedVoxelRuns.h"
#include "sampler/itkMaskGeometry.h"

namespace itk
{
/** \class MaskedVoxelEnumerator
 * \brief Lists the voxels of a region of a grid that are inside a mask.
 *
 * \par Algorithm
 * Rows of the region are walked over, in parallel, in the fastest of these ways that gives the exact answer:
 * - No mask, or a mask image on the grid of the domain: no geometry, 64 pixels at a time.
 * - A mask image on another grid, or no mask and a fixed image on another grid, with a linear map in between: the
 * position in the other grid is interpolated between the ends of the row. A voxel so close to a border between two
 * pixels that rounding might decide is asked the general way.
 * - Any other mask: SpatialObject::IsInsideInWorldSpace(), voxel by voxel, inside the bounding box if the map is
 * linear.
 *
 * The result does not depend on the number of work units.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskedVoxelEnumerator
{
public:
  using Self = MaskedVoxelEnumerator;
  using GeometryType = MaskGeometry<VDimension>;
  using RunsType = MaskedVoxelRuns<VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using IndexType = Index<VDimension>;

  explicit MaskedVoxelEnumerator(const GeometryType & geometry);

  /** The voxels of a region of the domain that are inside. */
  RunsType
  Enumerate(const RegionType & region, ThreadIdType numberOfWorkUnits) const;

private:
  using ImageMaskType = typename GeometryType::ImageMaskType;
  using DomainType = typename GeometryType::DomainType;
  using PointType = typename GeometryType::PointType;
  using ContinuousIndexType = typename GeometryType::ContinuousIndexType;
  using RunContainerType = std::vector<typename RunsType::Run>;

  enum class Way
  {
    EveryVoxel,
    ScanMaskImage,
    StepAlongRow,
    AskVoxelByVoxel
  };

  /** Collects the runs of the rows of one block. */
  struct Collector
  {
    RunContainerType Runs{};
    SizeValueType    NumberOfVoxels{};
    SizeValueType    RowPosition{};

    void
    Append(SizeValueType begin, SizeValueType end)
    {
      Runs.push_back({ static_cast<std::uint32_t>(RowPosition + begin), static_cast<std::uint32_t>(NumberOfVoxels) });
      NumberOfVoxels += end - begin;
    }
  };

  /** The position in another grid along a row: a straight line. */
  struct Line
  {
    ContinuousIndexType        Begin{};
    Vector<double, VDimension> Step{};
    double                     Tolerance{};

    Line(const DomainType & grid, const PointType & first, const PointType & last, SizeValueType length);

    double
    GetPosition(unsigned int d, SizeValueType x) const
    {
      return Begin[d] + static_cast<double>(x) * Step[d];
    }
    /** Cut the part of [begin, end) off that is certainly outside the buffer of the grid. */
    void
    Clip(const RegionType & buffer, SizeValueType & begin, SizeValueType & end) const;
  };

  /** The part of a region that the mask image to be scanned covers. */
  RegionType
  CropToMaskImage(const RegionType & region) const;
  static SizeValueType
  ChooseNumberOfBlocks(const RegionType & region);

  static void
  GoToNextRow(IndexType & index, const RegionType & region);
  void
  CollectRow(const IndexType & first, SizeValueType length, Collector & collector) const;
  void
  ScanMaskRow(const IndexType & first, SizeValueType length, Collector & collector) const;
  void
  StepAlongRow(const IndexType & first, SizeValueType length, Collector & collector) const;
  template <typename TPredicate>
  static void
  CollectIf(SizeValueType begin, SizeValueType end, Collector & collector, TPredicate isInside);

  const GeometryType    m_Geometry;
  const ImageMaskType * m_ImageMask{};
  /** From indices of the domain to those of the mask image that is scanned. */
  Offset<VDimension> m_MaskOffset{};
  Way                m_Way{ Way::AskVoxelByVoxel };
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "sampler/itkMaskedVoxelEnumerator.hxx"
#endif

#endif // itkMaskedVoxelEnumerator_h
