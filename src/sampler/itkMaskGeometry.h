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
#ifndef itkMaskGeometry_h
#define itkMaskGeometry_h

#include "geometry/itkGridGeometry.h"
#include "geometry/itkTransformQuestions.h"

#include "itkImageBase.h"
#include "itkImageMaskSpatialObject.h"
#include "itkSpatialObject.h"
#include "itkTransform.h"

#include <optional>
#include <vector>

namespace itk
{
/** \class MaskGeometry
 * \brief Tells which points of a grid are, after a transform, inside a mask and inside the buffer of an image.
 *
 * It holds plain pointers to what MaskedVoxelSampler has as inputs, and answers questions about them. Children of the
 * mask count as the mask does: a group is the union of its members.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskGeometry
{
public:
  using Self = MaskGeometry;
  using DomainType = ImageBase<VDimension>;
  using MaskType = SpatialObject<VDimension>;
  using ImageMaskType = ImageMaskSpatialObject<VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using IndexType = Index<VDimension>;
  using PointType = Point<double, VDimension>;
  using ContinuousIndexType = ContinuousIndex<double, VDimension>;

  const DomainType *    Domain{};
  const MaskType *      Mask{};
  const TransformType * DomainToMask{};
  const DomainType *    FixedImage{};

  /** From a point of the domain to mask space. */
  PointType
  MapPoint(const PointType & point) const
  {
    return DomainToMask != nullptr ? DomainToMask->TransformPoint(point) : point;
  }

  /** From a voxel of the domain to the point of its centre in mask space. */
  PointType
  MapIndex(const IndexType & index) const
  {
    return this->MapPoint(Domain->template TransformIndexToPhysicalPoint<double>(index));
  }

  /** Whether a point of the domain is, mapped, inside the mask and the buffer of the fixed image. */
  bool
  IsInside(const PointType & point) const;

  /** Whether a straight row of the domain is straight in mask space, too. */
  bool
  IsMapLinear() const
  {
    return DomainToMask == nullptr || TransformQuestions<TransformType>::IsLinear(*DomainToMask);
  }

  /** Make the mask and its children compute now what they would compute when they are first asked, which several
   * threads must not do at the same time. */
  void
  FillCachesOfMask() const
  {
    if (Mask != nullptr)
    {
      Self::FillCachesOf(*Mask);
    }
  }
  /** The same for any object. */
  static void
  FillCachesOf(const MaskType & object);

  /** Whether a transform of a spatial object is known to do nothing. */
  static bool
  IsIdentity(const typename MaskType::TransformType & transform);

  /** The mask, if it is a mask image and nothing else; otherwise null. */
  const ImageMaskType *
  GetImageMask() const;

  /** A mask image whose voxels are those of the domain, but for their indices and their number. */
  struct AlignedMask
  {
    const ImageMaskType * Mask{};
    /** From indices of the domain to those of the mask image. */
    typename DomainType::OffsetType Offset{};
  };

  /** The mask, if its image is on the grid of the domain, or on that grid shifted by whole voxels, and nothing else
   * limits the voxels. */
  std::optional<AlignedMask>
  FindAlignedMask() const;

  /** Whether every voxel of the domain is inside, as can be told without looking at one. */
  bool
  IsUnrestricted() const;

  /** The part of a region that the bounding boxes of the mask and of the fixed image's buffer leave. It holds every
   * voxel that is inside, and its size is 0 if there can be none. */
  RegionType
  Confine(const RegionType & region) const;

private:
  using GridsType = GridGeometry<VDimension>;
  using PointsType = typename GridsType::PointsType;

  /** Append the corners of boxes that hold an object and its children, in the space of the object.
   * \return whether such boxes are known */
  static bool
  AppendCorners(const MaskType & object, bool withChildren, PointsType & corners);
  RegionType
  ConfineToBoxAround(const RegionType & region, const PointsType & corners) const;
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "sampler/itkMaskGeometry.hxx"
#endif

#endif // itkMaskGeometry_h
