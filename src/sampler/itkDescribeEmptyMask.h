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
#ifndef itkDescribeEmptyMask_h
#define itkDescribeEmptyMask_h

#include "geometry/itkGridGeometry.h"
#include "geometry/itkPositionBox.h"

#include "itkImageMaskSpatialObject.h"
#include "itkTransform.h"

#include <sstream>
#include <string>

namespace itk
{
/** Why no voxel of a region of a domain is inside a mask, for a user: both boxes in physical space, and likely causes.
 * \param hasRegion whether the region is one that the user chose
 * \param mask null: none
 * \param transform from the domain to mask space; null: identity
 * \ingroup MaskedSampling */
template <unsigned int VDimension>
std::string
DescribeEmptyMask(const ImageBase<VDimension> &                     domain,
                  const ImageRegion<VDimension> &                   region,
                  bool                                              hasRegion,
                  const SpatialObject<VDimension> *                 mask,
                  const Transform<double, VDimension, VDimension> * transform)
{
  const auto printBox =
    [](std::ostream & os, const Point<double, VDimension> & minimum, const Point<double, VDimension> & maximum) {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        os << (d > 0 ? " x " : "") << '[' << minimum[d] << ", " << maximum[d] << ']';
      }
    };

  // The box around the mapped corners of the region, half a voxel beyond the centres.
  PositionBox<Point<double, VDimension>> boxOfDomain;
  for (const auto & corner : GridGeometry<VDimension>::GetCorners(domain, region))
  {
    boxOfDomain.Add(transform != nullptr ? transform->TransformPoint(corner) : corner);
  }

  std::ostringstream message;
  message << "No voxel of the domain is inside the mask, so there is nothing to sample. ";
  const auto * const imageMask = dynamic_cast<const ImageMaskSpatialObject<VDimension> *>(mask);
  if (imageMask != nullptr && imageMask->ComputeMyBoundingBoxInIndexSpace().GetNumberOfPixels() == 0)
  {
    message << "The mask image has no pixel ";
    if (imageMask->GetUseMaskValue())
    {
      message << "of the mask value " << static_cast<int>(imageMask->GetMaskValue()) << ". ";
    }
    else
    {
      message << "that is not zero. ";
    }
  }
  if (mask != nullptr)
  {
    mask->ComputeFamilyBoundingBox(SpatialObject<VDimension>::MaximumDepth);
    const auto * const box = mask->GetFamilyBoundingBoxInWorldSpace();
    message << "The bounding box of the mask (" << mask->GetNameOfClass() << ") is ";
    printBox(message, box->GetMinimum(), box->GetMaximum());
    message << ", that of the " << (hasRegion ? "region of the " : "") << "domain ";
  }
  else
  {
    message
      << "There is no mask, but no voxel is inside the buffer of the fixed image. The bounding box of the domain ";
  }
  message << (transform != nullptr ? "(mapped by the transform) " : "") << "is ";
  printBox(message, boxOfDomain.Lower, boxOfDomain.Upper);
  message
    << ", in physical space. Likely causes: origin, spacing or direction of the image were not copied to the mask "
       "image; a spatial object was not updated with Update(); the transform goes the wrong way.";
  return message.str();
}
} // end namespace itk

#endif // itkDescribeEmptyMask_h
