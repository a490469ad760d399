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
#include "itkImageGaps.h"

#include "geometry/itkParallelTasks.h"

#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIterator.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

namespace itk
{
namespace
{
/** Whether all of a row are finite: 0 times any other is no number. Many at a time, because most images have no gaps.
 */
template <typename TPixel>
bool
AreFinite(const TPixel * pixels, SizeValueType number)
{
  constexpr SizeValueType   width = 16;
  std::array<TPixel, width> sums{};
  SizeValueType             i = 0;
  for (; i + width <= number; i += width)
  {
    for (SizeValueType lane = 0; lane < width; ++lane)
    {
      sums[lane] += TPixel{ 0 } * pixels[i + lane];
    }
  }
  for (; i < number; ++i)
  {
    sums[0] += TPixel{ 0 } * pixels[i];
  }
  return std::all_of(sums.begin(), sums.end(), [](TPixel sum) { return sum == TPixel{ 0 }; });
}
} // namespace

template <typename TPixel, unsigned int VDimension>
bool
ImageGaps<TPixel, VDimension>::HasGaps(const ImageType *  image,
                                       const RegionType & region,
                                       ThreadIdType       numberOfWorkUnits)
{
  const SizeValueType length = region.GetSize(0);
  if (region.GetNumberOfPixels() == 0)
  {
    return false;
  }
  std::atomic<bool> hasGaps{ false };
  ParallelTasks::ForEach(region.GetNumberOfPixels() / length, numberOfWorkUnits, [&](SizeValueType row) {
    auto index = region.GetIndex();
    for (unsigned int d = 1; d < VDimension; ++d)
    {
      index[d] += static_cast<IndexValueType>(row % region.GetSize(d));
      row /= region.GetSize(d);
    }
    if (!hasGaps && !AreFinite(image->GetBufferPointer() + image->ComputeOffset(index), length))
    {
      hasGaps = true;
    }
  });
  return hasGaps;
}

template <typename TPixel, unsigned int VDimension>
auto
ImageGaps<TPixel, VDimension>::Fill(const ImageType * image) -> ImagePointer
{
  constexpr int       numberOfLayers = 3;
  const RegionType &  region = image->GetBufferedRegion();
  const SizeValueType number = region.GetNumberOfPixels();
  const auto          filled = ImageType::New();
  filled->CopyInformation(image);
  filled->SetRegions(region);
  filled->Allocate();
  TPixel * const pixels = filled->GetBufferPointer();
  std::copy_n(image->GetBufferPointer(), number, pixels);

  std::vector<SizeValueType> gaps;
  double                     sum = 0.0;
  for (SizeValueType i = 0; i < number; ++i)
  {
    if (std::isfinite(pixels[i]))
    {
      sum += static_cast<double>(pixels[i]);
    }
    else
    {
      gaps.push_back(i);
    }
  }
  const double mean = gaps.size() < number ? sum / static_cast<double>(number - gaps.size()) : 0.0;
  for (int layer = 0; layer < numberOfLayers && !gaps.empty(); ++layer)
  {
    std::vector<std::pair<SizeValueType, TPixel>> found;
    std::vector<SizeValueType>                    left;
    for (const SizeValueType i : gaps)
    {
      const auto index = filled->ComputeIndex(static_cast<OffsetValueType>(i));
      double     total = 0.0;
      int        count = 0;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        for (const int step : { -1, 1 })
        {
          auto neighbor = index;
          neighbor[d] += step;
          if (region.IsInside(neighbor))
          {
            const TPixel value = pixels[filled->ComputeOffset(neighbor)];
            total += std::isfinite(value) ? static_cast<double>(value) : 0.0;
            count += std::isfinite(value) ? 1 : 0;
          }
        }
      }
      if (count > 0)
      {
        found.emplace_back(i, static_cast<TPixel>(total / count));
      }
      else
      {
        left.push_back(i);
      }
    }
    for (const auto & [i, value] : found)
    {
      pixels[i] = value;
    }
    gaps.swap(left);
  }
  for (const SizeValueType i : gaps)
  {
    pixels[i] = static_cast<TPixel>(mean);
  }
  return filled;
}

template <typename TPixel, unsigned int VDimension>
void
ImageGaps<TPixel, VDimension>::Restore(const ImageType * original, ImageType * image)
{
  ImageRegionConstIterator<ImageType> from(original, image->GetBufferedRegion());
  ImageRegionIterator<ImageType>      to(image, image->GetBufferedRegion());
  for (; !to.IsAtEnd(); ++from, ++to)
  {
    if (!std::isfinite(from.Get()))
    {
      to.Set(from.Get());
    }
  }
}

template <typename TPixel, unsigned int VDimension>
void
ImageGaps<TPixel, VDimension>::CheckInside(const char *                           name,
                                           const ImageType *                      image,
                                           const typename SamplerType::MaskType * mask,
                                           const SamplerType *                    sampler)
{
  typename SamplerType::Pointer own;
  if (sampler == nullptr)
  {
    own = SamplerType::New();
    own->SetDomain(image);
    own->SetFixedImage(image); // only where it has pixels
    own->SetMask(mask);
    if (!own->UpdateUnlessEmpty())
    {
      return;
    }
    sampler = own;
  }
  SizeValueType                 number = 0;
  typename ImageType::IndexType first{};
  sampler->ForEachRun([&](auto index, SizeValueType length) {
    for (; length > 0; --length, ++index[0])
    {
      if (!std::isfinite(image->GetPixel(index)))
      {
        first = number == 0 ? index : first;
        ++number;
      }
    }
  });
  if (number > 0)
  {
    itkGenericExceptionMacro(<< name << ": " << number << " pixels of the image"
                             << (mask != nullptr ? " inside its mask" : "")
                             << " are no finite numbers, the first at the index " << first << ". Replace them, or "
                             << (mask != nullptr ? "take them out of the mask." : "give a mask without them."));
  }
}

template class ImageGaps<float, 2>;
template class ImageGaps<float, 3>;
template class ImageGaps<float, 4>;
template class ImageGaps<double, 2>;
template class ImageGaps<double, 3>;
template class ImageGaps<double, 4>;
} // end namespace itk
