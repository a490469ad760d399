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
#ifndef itkMaskGeometry_hxx
#define itkMaskGeometry_hxx

#include "itkBlobSpatialObject.h"
#include "itkBoxSpatialObject.h"
#include "itkEllipseSpatialObject.h"
#include "itkGaussianSpatialObject.h"
#include "itkGroupSpatialObject.h"
#include "itkLandmarkSpatialObject.h"
#include "itkLineSpatialObject.h"
#include "itkMath.h"
#include "itkPolygonSpatialObject.h"
#include "itkSurfaceSpatialObject.h"
#include "itkTubeSpatialObject.h"

#include "vnl/vnl_det.h"
#include "vnl/vnl_inverse.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <typeinfo>

namespace itk
{
template <unsigned int VDimension>
bool
MaskGeometry<VDimension>::IsInside(const PointType & point) const
{
  const PointType mapped = this->MapPoint(point);
  if (FixedImage != nullptr)
  {
    const auto position = FixedImage->template TransformPhysicalPointToContinuousIndex<double>(mapped);
    if (!GridsType::IsInside(FixedImage->GetBufferedRegion(), position))
    {
      return false;
    }
  }
  if (Mask == nullptr)
  {
    return true;
  }
  return Mask->GetNumberOfChildren() == 0 ? Mask->IsInsideInWorldSpace(mapped)
                                          : Mask->IsInsideInWorldSpace(mapped, MaskType::MaximumDepth);
}

template <unsigned int VDimension>
void
MaskGeometry<VDimension>::FillCachesOf(const MaskType & object)
{
  object.GetObjectToWorldTransformInverse();
  object.GetObjectToParentTransformInverse();
  if (const auto * const polygon = dynamic_cast<const PolygonSpatialObject<VDimension> *>(&object))
  {
    polygon->GetOrientationInObjectSpace();
  }
  const std::unique_ptr<typename MaskType::ChildrenConstListType> children(object.GetConstChildren());
  for (const auto & child : *children)
  {
    Self::FillCachesOf(*child);
  }
}

template <unsigned int VDimension>
auto
MaskGeometry<VDimension>::GetImageMask() const -> const ImageMaskType *
{
  // Not a class derived from it: that may have another idea of what is inside.
  if (Mask == nullptr || typeid(*Mask) != typeid(ImageMaskType) || Mask->GetNumberOfChildren() > 0)
  {
    return nullptr;
  }
  const auto * const imageMask = static_cast<const ImageMaskType *>(Mask);
  return imageMask->GetBufferedRegion() == imageMask->GetImage()->GetBufferedRegion() ? imageMask : nullptr;
}

template <unsigned int VDimension>
bool
MaskGeometry<VDimension>::IsIdentity(const typename MaskType::TransformType & transform)
{
  return transform.GetMatrix().GetVnlMatrix().is_identity() && transform.GetOffset().GetVnlVector().is_zero();
}

template <unsigned int VDimension>
auto
MaskGeometry<VDimension>::FindAlignedMask() const -> std::optional<AlignedMask>
{
  const auto * const imageMask = this->GetImageMask();
  const bool         isOtherLimit =
    FixedImage != nullptr && !(GridsType::IsSame(*FixedImage, *Domain) &&
                               FixedImage->GetBufferedRegion().IsInside(Domain->GetLargestPossibleRegion()));
  if (imageMask == nullptr || isOtherLimit || DomainToMask != nullptr ||
      !Self::IsIdentity(*imageMask->GetObjectToWorldTransform()))
  {
    return std::nullopt;
  }
  const auto & image = *imageMask->GetImage();
  if (image.GetSpacing() != Domain->GetSpacing() || image.GetDirection() != Domain->GetDirection())
  {
    return std::nullopt;
  }
  // So near to whole voxels that no rounding takes a centre to a neighbour.
  constexpr double tolerance = 1e-3;
  AlignedMask      aligned;
  aligned.Mask = imageMask;
  const auto & start = Domain->GetLargestPossibleRegion().GetIndex();
  const auto   position = image.template TransformPhysicalPointToContinuousIndex<double>(
    Domain->template TransformIndexToPhysicalPoint<double>(start));
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const double offset = position[d] - static_cast<double>(start[d]);
    if (!(std::abs(offset - std::round(offset)) <= tolerance))
    {
      return std::nullopt;
    }
    aligned.Offset[d] = static_cast<OffsetValueType>(std::round(offset));
  }
  return aligned;
}

template <unsigned int VDimension>
bool
MaskGeometry<VDimension>::IsUnrestricted() const
{
  return Mask == nullptr &&
         (FixedImage == nullptr || (DomainToMask == nullptr && GridsType::IsSame(*FixedImage, *Domain) &&
                                    FixedImage->GetBufferedRegion().IsInside(Domain->GetLargestPossibleRegion())));
}

template <unsigned int VDimension>
bool
MaskGeometry<VDimension>::AppendCorners(const MaskType & object, bool withChildren, PointsType & corners)
{
  // By the very type: a class derived from it may have another idea of what is inside.
  const std::type_info & type = typeid(object);
  // Objects that look at their own bounding box themselves before they say that a point is inside.
  const bool looksAtItsBox =
    type == typeid(BoxSpatialObject<VDimension>) || type == typeid(GaussianSpatialObject<VDimension>) ||
    type == typeid(PolygonSpatialObject<VDimension>) || type == typeid(TubeSpatialObject<VDimension>) ||
    type == typeid(BlobSpatialObject<VDimension>) || type == typeid(LandmarkSpatialObject<VDimension>) ||
    type == typeid(LineSpatialObject<VDimension>) || type == typeid(SurfaceSpatialObject<VDimension>);

  PointsType own;
  if (type == typeid(ImageMaskType))
  {
    const auto & imageMask = static_cast<const ImageMaskType &>(object);
    if (imageMask.GetImage() == nullptr || imageMask.GetBufferedRegion() != imageMask.GetImage()->GetBufferedRegion())
    {
      return false;
    }
    own = GridsType::GetCorners(*imageMask.GetImage(), imageMask.GetImage()->GetBufferedRegion());
  }
  else if (type == typeid(EllipseSpatialObject<VDimension>))
  {
    // Its bounding box is that of the last Update(), which it does not ask.
    const auto & ellipse = static_cast<const EllipseSpatialObject<VDimension> &>(object);
    const auto & radius = ellipse.GetRadiusInObjectSpace();
    if (std::any_of(radius.Begin(), radius.End(), [](const double value) { return !(value > 0.0); }))
    {
      return false;
    }
    PointType minimum = ellipse.GetCenterInObjectSpace();
    PointType maximum = minimum;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      minimum[d] -= radius[d];
      maximum[d] += radius[d];
    }
    own = GridsType::GetCorners(minimum, maximum);
  }
  else if (looksAtItsBox)
  {
    const auto * const box = object.GetMyBoundingBoxInObjectSpace();
    own = GridsType::GetCorners(box->GetMinimum(), box->GetMaximum());
  }
  else if (type != typeid(GroupSpatialObject<VDimension>)) // which has nothing but its children
  {
    return false;
  }
  corners.insert(corners.end(), own.begin(), own.end());

  if (withChildren)
  {
    const std::unique_ptr<typename MaskType::ChildrenConstListType> children(object.GetConstChildren());
    for (const auto & child : *children)
    {
      PointsType ofChild;
      if (!Self::AppendCorners(*child, true, ofChild))
      {
        return false;
      }
      for (const PointType & corner : ofChild)
      {
        corners.push_back(child->GetObjectToParentTransform()->TransformPoint(corner));
      }
    }
  }
  return true;
}

template <unsigned int VDimension>
auto
MaskGeometry<VDimension>::ConfineToBoxAround(const RegionType & region, const PointsType & corners) const -> RegionType
{
  RegionType empty = region;
  empty.SetSize(typename RegionType::SizeType{});
  if (corners.empty())
  {
    return empty;
  }

  // The linear map from index to mask space, over the widest possible steps.
  const PointType                                  base = this->MapIndex(region.GetIndex());
  vnl_matrix_fixed<double, VDimension, VDimension> columns;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto step = std::max<IndexValueType>(1, static_cast<IndexValueType>(region.GetSize(d)) - 1);
    IndexType  index = region.GetIndex();
    index[d] += step;
    const auto difference = this->MapIndex(index) - base;
    for (unsigned int i = 0; i < VDimension; ++i)
    {
      columns(i, d) = difference[i] / static_cast<double>(step);
    }
  }
  const double determinant = vnl_det(columns);
  if (!std::isfinite(determinant) || Math::ExactlyEquals(determinant, 0.0))
  {
    return region;
  }
  const vnl_matrix_fixed<double, VDimension, VDimension> inverse = vnl_inverse(columns);

  vnl_vector_fixed<double, VDimension> lower(std::numeric_limits<double>::infinity());
  vnl_vector_fixed<double, VDimension> upper(-std::numeric_limits<double>::infinity());
  for (const PointType & corner : corners)
  {
    const vnl_vector_fixed<double, VDimension> position = inverse * (corner - base).GetVnlVector();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      if (!std::isfinite(position[d]))
      {
        return region;
      }
      lower[d] = std::min(lower[d], position[d]);
      upper[d] = std::max(upper[d], position[d]);
    }
  }

  RegionType confined = region;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    // A voxel more on either side, for rounding.
    const auto   size = static_cast<double>(region.GetSize(d));
    const double begin = std::max(0.0, std::floor(lower[d]) - 1.0);
    const double end = std::min(size, std::ceil(upper[d]) + 2.0);
    if (!(begin < end))
    {
      return empty;
    }
    confined.SetIndex(d, region.GetIndex(d) + static_cast<IndexValueType>(begin));
    confined.SetSize(d, static_cast<SizeValueType>(end - begin));
  }
  return confined;
}

template <unsigned int VDimension>
auto
MaskGeometry<VDimension>::Confine(const RegionType & region) const -> RegionType
{
  if (!this->IsMapLinear())
  {
    return region;
  }
  RegionType confined = region;
  if (FixedImage != nullptr)
  {
    confined = this->ConfineToBoxAround(confined, GridsType::GetCorners(*FixedImage, FixedImage->GetBufferedRegion()));
  }
  if (Mask != nullptr && confined.GetNumberOfPixels() > 0)
  {
    PointsType corners;
    if (Self::AppendCorners(*Mask, true, corners))
    {
      for (PointType & corner : corners)
      {
        corner = Mask->GetObjectToWorldTransform()->TransformPoint(corner);
      }
      confined = this->ConfineToBoxAround(confined, corners);
    }
  }
  return confined;
}

} // end namespace itk

#endif // itkMaskGeometry_hxx
