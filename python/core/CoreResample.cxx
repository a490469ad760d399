// SPDX-License-Identifier: Apache-2.0
#include "CoreCalls.h"
#include "CoreChain.h"
#include "CoreImages.h"

#include "facade/itkMakeInterpolator.h"
#include "itkResampleImageFilter.h"

#include <algorithm>
#include <stdexcept>

namespace MaskedSamplingCore
{
namespace
{
template <typename TImage, typename TOutput>
void
Resample(const void *                     pixels,
         const masked_sampling_geometry & geometry,
         const masked_sampling_geometry & grid,
         const masked_sampling_chain &    chain,
         const std::string &              interpolator,
         double                           defaultValue,
         void *                           result)
{
  const auto image = MakeImage<TImage>(pixels, geometry);
  const auto reference = itk::ImageBase<TImage::ImageDimension>::New();
  SetGeometry(*reference, grid);
  const auto filter = itk::ResampleImageFilter<TImage, TOutput>::New();
  filter->SetInput(image);
  filter->SetTransform(MakeComposite<TImage::ImageDimension>(chain));
  filter->SetInterpolator(itk::MakeInterpolator(interpolator, *image));
  filter->SetSize(reference->GetLargestPossibleRegion().GetSize());
  filter->SetOutputSpacing(reference->GetSpacing());
  filter->SetOutputOrigin(reference->GetOrigin());
  filter->SetOutputDirection(reference->GetDirection());
  filter->SetDefaultPixelValue(static_cast<typename TOutput::PixelType>(defaultValue));
  filter->Update();
  const auto * const output = filter->GetOutput();
  std::copy_n(output->GetBufferPointer(),
              output->GetBufferedRegion().GetNumberOfPixels(),
              static_cast<typename TOutput::PixelType *>(result));
}

/** \param bytes, resultBytes of a pixel: 4 for float, 8 for double. */
template <unsigned int VDimension>
auto
ChooseResample(uint32_t bytes, uint32_t resultBytes)
{
  using FloatImageType = itk::Image<float, VDimension>;
  using DoubleImageType = itk::Image<double, VDimension>;
  const bool isDouble = IsDouble(resultBytes);
  if (IsDouble(bytes))
  {
    if (!isDouble)
    {
      throw std::invalid_argument("result_bytes: a float cannot hold the pixels of an image of double");
    }
    return Resample<DoubleImageType, DoubleImageType>;
  }
  return isDouble ? Resample<FloatImageType, DoubleImageType> : Resample<FloatImageType, FloatImageType>;
}
} // namespace
} // namespace MaskedSamplingCore

using namespace MaskedSamplingCore;

int
masked_sampling_resample(uint32_t                         bytes,
                         const void *                     image,
                         const masked_sampling_geometry * geometry,
                         const masked_sampling_geometry * grid,
                         const masked_sampling_chain *    chain,
                         const char *                     interpolator,
                         double                           default_value,
                         uint32_t                         result_bytes,
                         void *                           pixels)
{
  return Call([&] {
    Need(static_cast<const char *>(image), "image");
    Need(static_cast<char *>(pixels), "pixels");
    CheckGeometry(Need(grid, "grid"));
    const auto resample = Need(geometry, "geometry").dimension == 2 ? ChooseResample<2>(bytes, result_bytes)
                                                                    : ChooseResample<3>(bytes, result_bytes);
    resample(
      image, *geometry, *grid, Need(chain, "chain"), NeedText(interpolator, "interpolator"), default_value, pixels);
  });
}
