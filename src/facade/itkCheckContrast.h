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
#ifndef itkCheckContrast_h
#define itkCheckContrast_h

#include "facade/itkRegistrationInputs.h"

#include "itkMaskedVoxelSampler.h"

#include <algorithm>

namespace itk
{
/** \class CheckContrast
 * \brief Throws, before any work, if an image has the same value wherever it is looked at: every transform fits as well
 * as any other.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class CheckContrast
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;

  /** \param sampler of the domain on which the images are compared */
  static void
  Check(const RegistrationInputs<TImage> & inputs, const SamplerType & sampler)
  {
    const bool isOnGrid = !inputs.VirtualDomain && !inputs.FixedInitialTransform;
    if (isOnGrid ? IsConstantInside(*inputs.FixedImage, sampler) : IsConstant(*inputs.FixedImage))
    {
      Refuse("fixed", inputs.FixedImageMask.IsNotNull());
    }
    bool isConstant = IsConstant(*inputs.MovingImage);
    if (!isConstant && inputs.MovingImageMask)
    {
      const auto movingSampler = SamplerType::New();
      movingSampler->SetDomain(inputs.MovingImage);
      movingSampler->SetMask(inputs.MovingImageMask);
      try
      {
        movingSampler->Update();
        isConstant = IsConstantInside(*inputs.MovingImage, *movingSampler);
      }
      catch (const ExceptionObject &)
      {
        // The mask is beside the image, which is said where samples are sought in it.
      }
    }
    if (isConstant)
    {
      Refuse("moving", inputs.MovingImageMask.IsNotNull());
    }
  }

private:
  static bool
  IsConstantInside(const TImage & image, const SamplerType & sampler)
  {
    const auto first = image.GetPixel(sampler.GetIndex(0));
    // Some voxels tell it of nearly all images.
    const SizeValueType number = sampler.GetNumberOfVoxels();
    for (SizeValueType n = 1; n <= 1000; ++n)
    {
      if (image.GetPixel(sampler.GetIndex((number - 1) / 1000 * n)) != first)
      {
        return false;
      }
    }
    bool isConstant = true;
    sampler.ForEachRun([&](const auto & index, SizeValueType length) {
      const auto * const pixels = image.GetBufferPointer() + image.ComputeOffset(index);
      isConstant = isConstant && std::all_of(pixels, pixels + length, [first](auto pixel) { return pixel == first; });
    });
    return isConstant;
  }

  static bool
  IsConstant(const TImage & image)
  {
    const auto * const first = image.GetBufferPointer();
    return std::all_of(
      first, first + image.GetBufferedRegion().GetNumberOfPixels(), [first](auto pixel) { return pixel == *first; });
  }

  [[noreturn]] static void
  Refuse(const char * name, bool hasMask)
  {
    itkGenericExceptionMacro(<< name << ": the image has the same value "
                             << (hasMask ? "everywhere inside its mask" : "everywhere")
                             << ". There is nothing to compare. "
                             << (hasMask ? "Give a mask with some contrast in it." : "Is it the right image?"));
  }
};
} // end namespace itk

#endif // itkCheckContrast_h
