// SPDX-License-Identifier: Apache-2.0
#include "CoreCalls.h"
#include "CoreChain.h"
#include "CoreImages.h"

#include "facade/itkMakeInterpolator.h"
#include "itkResampleImageFilter.h"

#include <algorithm>

namespace MaskedSamplingCore
{
namespace
{
template <typename TImage>
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
  const auto filter = itk::ResampleImageFilter<TImage, TImage>::New();
  filter->SetInput(image);
  filter->SetTransform(MakeComposite<TImage::ImageDimension>(chain));
  filter->SetInterpolator(itk::MakeInterpolator(interpolator, *image));
  filter->SetSize(reference->GetLargestPossibleRegion().GetSize());
  filter->SetOutputSpacing(reference->GetSpacing());
  filter->SetOutputOrigin(reference->GetOrigin());
  filter->SetOutputDirection(reference->GetDirection());
  filter->SetDefaultPixelValue(static_cast<typename TImage::PixelType>(defaultValue));
  filter->Update();
  const auto * const output = filter->GetOutput();
  std::copy_n(output->GetBufferPointer(),
              output->GetBufferedRegion().GetNumberOfPixels(),
              static_cast<typename TImage::PixelType *>(result));
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
                         void *                           pixels)
{
  return Call([&] {
    const bool isDouble = IsDouble(bytes);
    Need(static_cast<const char *>(image), "image");
    Need(static_cast<char *>(pixels), "pixels");
    CheckGeometry(Need(grid, "grid"));
    const auto resample = Need(geometry, "geometry").dimension == 2
                            ? (isDouble ? Resample<itk::Image<double, 2>> : Resample<itk::Image<float, 2>>)
                            : (isDouble ? Resample<itk::Image<double, 3>> : Resample<itk::Image<float, 3>>);
    resample(
      image, *geometry, *grid, Need(chain, "chain"), NeedText(interpolator, "interpolator"), default_value, pixels);
  });
}
