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
#ifndef itkMaskedPointMaker_h
#define itkMaskedPointMaker_h

#include "sampler/itkMaskedVoxelRuns.h"
#include "sampler/itkMaskGeometry.h"

#include "itkMersenneTwisterRandomVariateGenerator.h"
#include "itkPointSet.h"

#include <cmath>
#include <limits>

namespace itk
{
/** \class MaskedPointMaker
 * \brief Makes the point of a mask voxel, in `float`: its centre, or one that is uniform in it.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct MaskedPointMaker
{
  using GeometryType = MaskGeometry<VDimension>;
  using GridType = ImageBase<VDimension>;
  using IndexType = Index<VDimension>;
  using PointType = Point<double, VDimension>;
  using SamplePointType = Point<float, VDimension>;
  using GeneratorType = Statistics::MersenneTwisterRandomVariateGenerator;

  GeometryType Geometry{};
  /** In which a point must be, too. Null: anywhere. */
  const GridType * CoveringGrid{};

  /** Whether a point is inside the mask, the buffer of the fixed image, and the covering grid. */
  bool
  IsInside(const PointType & position) const
  {
    return Geometry.IsInside(position) &&
           (CoveringGrid == nullptr ||
            CoveringGrid->GetLargestPossibleRegion().IsInside(CoveringGrid->TransformPhysicalPointToIndex(position)));
  }

  /** The centre of a voxel or, if that is inside the mask in `double` only, a neighbour in `float` that is. */
  SamplePointType
  MakeCenter(const IndexType & index) const
  {
    SamplePointType center;
    center.CastFrom(Geometry.Domain->template TransformIndexToPhysicalPoint<double>(index));
    if (this->IsUsable(center, index))
    {
      return center;
    }
    // The centre is inside, but its `float` coordinates are not: a border of the mask runs through it. Take the first
    // neighbour in `float` that is inside.
    unsigned int numberOfNeighbors = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      numberOfNeighbors *= 3;
    }
    for (unsigned int neighbor = 0; neighbor < numberOfNeighbors; ++neighbor)
    {
      SamplePointType candidate = center;
      unsigned int    rest = neighbor;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        constexpr float infinity = std::numeric_limits<float>::infinity();
        if (rest % 3 != 0)
        {
          candidate[d] = std::nextafter(center[d], rest % 3 == 1 ? infinity : -infinity);
        }
        rest /= 3;
      }
      if (this->IsUsable(candidate, index))
      {
        return candidate;
      }
    }
    return center;
  }

  /** A point that is uniform in a voxel, drawn again where it is beside the mask; at last, the centre. */
  SamplePointType
  MakePerturbed(const IndexType & index, GeneratorType & generator) const
  {
    constexpr unsigned int maximumNumberOfTries = 32;
    for (unsigned int i = 0; i < maximumNumberOfTries; ++i)
    {
      ContinuousIndex<double, VDimension> position;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        position[d] = static_cast<double>(index[d]) - 0.5 + generator.GetVariateWithOpenUpperRange();
      }
      SamplePointType point;
      point.CastFrom(Geometry.Domain->template TransformContinuousIndexToPhysicalPoint<double>(position));
      if (this->IsUsable(point, index))
      {
        return point;
      }
    }
    return this->MakeCenter(index);
  }

private:
  bool
  IsUsable(const SamplePointType & point, const IndexType & index) const
  {
    PointType position;
    position.CastFrom(point);
    return Geometry.Domain->TransformPhysicalPointToIndex(position) == index && this->IsInside(position);
  }
};

/** The points of ranks that never fall: centres, unless there is a generator.
 * \param getRank returns the i-th rank */
template <unsigned int VDimension, typename TGetRank>
typename PointSet<float, VDimension>::Pointer
MakePointsOfRanks(const MaskedVoxelRuns<VDimension> &                          runs,
                  const MaskedPointMaker<VDimension> &                         maker,
                  SizeValueType                                                numberOfPoints,
                  const TGetRank &                                             getRank,
                  typename MaskedPointMaker<VDimension>::GeneratorType * const generator)
{
  using PointSetType = PointSet<float, VDimension>;
  const auto points = PointSetType::PointsContainer::New();
  auto &     container = points->CastToSTLContainer();
  container.reserve(numberOfPoints);
  typename MaskedVoxelRuns<VDimension>::Cursor cursor(runs);
  for (SizeValueType i = 0; i < numberOfPoints; ++i)
  {
    const auto index = cursor.GetIndex(getRank(i));
    container.push_back(generator != nullptr ? maker.MakePerturbed(index, *generator) : maker.MakeCenter(index));
  }
  const auto pointSet = PointSetType::New();
  pointSet->SetPoints(points);
  return pointSet;
}
} // end namespace itk

#endif // itkMaskedPointMaker_h
