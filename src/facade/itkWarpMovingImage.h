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
#ifndef itkWarpMovingImage_h
#define itkWarpMovingImage_h

#include "facade/itkRegistrationInputs.h"
#include "search/itkSmoothedSamples.h"

#include "itkImageGaps.h"
#include "itkImageMaskSpatialObject.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
/** The inputs of a registration that goes on from a transform, with the moving image as the transform takes it to a
 * grid. The moving mask is where there is one. So the transform need not be evaluated again and again.
 * \param transform from the virtual domain to the moving image
 * \param grid in the virtual domain
 * \ingroup MaskedSampling */
template <typename TImage>
RegistrationInputs<TImage>
WarpMovingImage(RegistrationInputs<TImage>                                                inputs,
                const Transform<double, TImage::ImageDimension, TImage::ImageDimension> & transform,
                const ImageBase<TImage::ImageDimension> &                                 grid,
                ThreadIdType                                                              numberOfWorkUnits)
{
  constexpr unsigned int  dimension = TImage::ImageDimension;
  constexpr SizeValueType atOnce = SizeValueType{ 1 } << 18;
  using MaskType = ImageMaskSpatialObject<dimension>;
  using MaskImageType = typename MaskType::ImageType;
  const auto image = TImage::New();
  const auto maskImage = MaskImageType::New();
  const auto allocate = [&grid](auto & made) {
    made.CopyInformation(&grid);
    made.SetRegions(grid.GetLargestPossibleRegion());
    made.Allocate(true);
  };
  allocate(*image);
  allocate(*maskImage);
  const SizeValueType                   number = grid.GetLargestPossibleRegion().GetNumberOfPixels();
  std::vector<Point<double, dimension>> points;
  for (SizeValueType first = 0; first < number; first += atOnce)
  {
    points.resize(std::min(atOnce, number - first));
    for (SizeValueType n = 0; n < points.size(); ++n)
    {
      image->TransformIndexToPhysicalPoint(image->ComputeIndex(static_cast<OffsetValueType>(first + n)), points[n]);
    }
    const auto evaluate = [&](const SpatialObject<dimension> * mask) {
      return SmoothedSamples<TImage>::Evaluate(*inputs.MovingImage, mask, &transform, points, 0.0, numberOfWorkUnits);
    };
    // Beside a mask, there are the pixels of the image.
    const auto values = evaluate(nullptr);
    const auto insideMask = inputs.MovingImageMask ? evaluate(inputs.MovingImageMask) : values;
    for (SizeValueType n = 0; n < points.size(); ++n)
    {
      image->GetBufferPointer()[first + n] = static_cast<typename TImage::PixelType>(values[n]);
      maskImage->GetBufferPointer()[first + n] = std::isfinite(insideMask[n]) ? 1 : 0;
    }
  }
  const auto mask = MaskType::New();
  mask->SetImage(maskImage);
  mask->Update();
  // Beside the image, there are its neighbours, so that nothing else is smoothed into it.
  inputs.MovingImage = ImageGaps<typename TImage::PixelType, dimension>::Fill(image);
  inputs.MovingImageMask = mask;
  inputs.MovingInitialTransform = nullptr;
  return inputs;
}
} // end namespace itk

#endif // itkWarpMovingImage_h
