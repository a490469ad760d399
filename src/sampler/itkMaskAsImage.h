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
#ifndef itkMaskAsImage_h
#define itkMaskAsImage_h

#include "sampler/itkMaskedVoxelEnumerator.h"

#include <algorithm>

namespace itk
{
/** \class MaskAsImage
 * \brief Makes of any mask a mask image, for those who look at nothing but its pixels.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskAsImage
{
public:
  using MaskType = SpatialObject<VDimension>;
  using MaskConstPointer = typename MaskType::ConstPointer;
  using GridType = ImageBase<VDimension>;

  /** The mask itself, if it is an image without a transform, a mask value or children of its own (or null); otherwise
   * one on a grid, with its children. */
  static MaskConstPointer
  Make(const MaskType * mask, const GridType & grid, ThreadIdType numberOfWorkUnits)
  {
    using ImageMaskType = ImageMaskSpatialObject<VDimension>;

    MaskGeometry<VDimension> geometry;
    geometry.Domain = &grid;
    geometry.Mask = mask;
    const auto * const imageMask = geometry.GetImageMask();
    if (mask == nullptr || (imageMask != nullptr && !imageMask->GetUseMaskValue() &&
                            MaskGeometry<VDimension>::IsIdentity(*imageMask->GetObjectToWorldTransform())))
    {
      return mask;
    }

    const auto maskImage = ImageMaskType::ImageType::New();
    maskImage->CopyInformation(&grid);
    maskImage->SetRegions(grid.GetLargestPossibleRegion());
    maskImage->AllocateInitialized();
    const auto runs =
      MaskedVoxelEnumerator<VDimension>(geometry).Enumerate(grid.GetLargestPossibleRegion(), numberOfWorkUnits);
    runs.ForEachRun([&maskImage](const auto &, const auto & index, SizeValueType length) {
      std::fill_n(maskImage->GetBufferPointer() + maskImage->ComputeOffset(index), length, 1);
      return true;
    });
    const auto object = ImageMaskType::New();
    object->SetImage(maskImage);
    object->Update();
    return object.GetPointer();
  }
};
} // end namespace itk

#endif // itkMaskAsImage_h
