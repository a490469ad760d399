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
#ifndef itkCheckMask_h
#define itkCheckMask_h

#include "sampler/itkMaskedVoxelInputs.h"

#include "itkImageMaskSpatialObject.h"

namespace itk
{
/** \param mask null: none
 * \exception ExceptionObject if it is an image without pixels
 * \ingroup MaskedSampling */
template <unsigned int VDimension>
void
CheckMask(const SpatialObject<VDimension> * mask)
{
  if (const auto * const imageMask = dynamic_cast<const ImageMaskSpatialObject<VDimension> *>(mask))
  {
    const auto * const image = imageMask->GetImage();
    if (image == nullptr)
    {
      itkGenericExceptionMacro("The mask, an ImageMaskSpatialObject, has no image. Call its SetImage().");
    }
    CheckIsAllocated<VDimension>("mask", *image, image->GetPixelContainer()->Size());
  }
}

/** \param weights null: none
 * \exception ExceptionObject if there are no pixels
 * \ingroup MaskedSampling */
template <unsigned int VDimension>
void
CheckWeights(const Image<float, VDimension> * weights)
{
  if (weights != nullptr)
  {
    CheckIsAllocated<VDimension>("weight", *weights, weights->GetPixelContainer()->Size());
  }
}
} // end namespace itk

#endif // itkCheckMask_h
