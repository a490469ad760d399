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
#ifndef itkInitialTranslation_h
#define itkInitialTranslation_h

#include "facade/itkRegistrationInputs.h"
#include "geometry/itkGridGeometry.h"

#include "itkMaskedVoxelSampler.h"

#include <algorithm>
#include <limits>

namespace itk
{
/** \class InitialTranslation
 * \brief From the centre of the fixed image to that of the moving one: see MaskedRegistrationSettings::Initialization.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class InitialTranslation
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;
  using VectorType = Vector<double, ImageDimension>;

  static VectorType
  Compute(const std::string & initialization, const InputsType & inputs)
  {
    // One mask alone says nothing of where its voxels are in the other image.
    const bool areMasksUsed = inputs.FixedImageMask && inputs.MovingImageMask;
    const auto find = [&](const char * name, const TImage & image, const MaskType * mask) {
      const auto sampler = MakeSampler(image, areMasksUsed ? mask : nullptr);
      return initialization == "geometry" ? FindMiddle(image, sampler->GetBoundingRegion())
                                          : FindCenterOfMass(name, image, *sampler);
    };
    return find("moving", *inputs.MovingImage, inputs.MovingImageMask) -
           find("fixed", *inputs.FixedImage, inputs.FixedImageMask);
  }

private:
  using MaskType = typename InputsType::MaskType;
  using PointType = Point<double, ImageDimension>;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;

  static typename SamplerType::Pointer
  MakeSampler(const TImage & image, const MaskType * mask)
  {
    const auto sampler = SamplerType::New();
    sampler->SetDomain(&image);
    sampler->SetFixedImage(&image); // only where it has pixels
    sampler->SetMask(mask);
    sampler->Update();
    return sampler;
  }

  static PointType
  FindMiddle(const TImage & image, const typename TImage::RegionType & region)
  {
    const auto box = GridGeometry<ImageDimension>::Reindex(image, region).Grid;
    return GridGeometry<ImageDimension>::GetMiddle(*box, box->GetLargestPossibleRegion());
  }

  static PointType
  FindCenterOfMass(const char * name, const TImage & image, const SamplerType & sampler)
  {
    // What is darkest weighs nothing: intensities of CT are negative in air.
    double least = std::numeric_limits<double>::max();
    sampler.ForEachRun([&](typename TImage::IndexType index, SizeValueType length) {
      for (; length > 0; --length, ++index[0])
      {
        least = std::min(least, static_cast<double>(image.GetPixel(index)));
      }
    });
    double                                  mass = 0.0;
    ContinuousIndex<double, ImageDimension> moments;
    moments.Fill(0.0);
    sampler.ForEachRun([&](typename TImage::IndexType index, SizeValueType length) {
      for (; length > 0; --length, ++index[0])
      {
        const auto value = static_cast<double>(image.GetPixel(index)) - least;
        mass += value;
        for (unsigned int d = 0; d < ImageDimension; ++d)
        {
          moments[d] += value * static_cast<double>(index[d]);
        }
      }
    });
    if (!(mass > 0.0))
    {
      itkGenericExceptionMacro("initialization \"moments\": the intensities of the "
                               << name << " image above the least of them sum to " << mass
                               << ", which is no mass. Use \"geometry\".");
    }
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      moments[d] /= mass;
    }
    return image.template TransformContinuousIndexToPhysicalPoint<double>(moments);
  }
};
} // end namespace itk

#endif // itkInitialTranslation_h
