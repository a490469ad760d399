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
#ifndef itkImageRange_hxx
#define itkImageRange_hxx

#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkImageScanlineConstIterator.h"
#include "itkMaskedVoxelSampler.h"
#include "itkMultiThreaderBase.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <type_traits>

namespace itk
{
template <typename TImage>
bool
ImageRange<TImage>::IsFinite([[maybe_unused]] const PixelType & value)
{
  if constexpr (std::is_floating_point_v<PixelType>)
  {
    return std::isfinite(value);
  }
  return true;
}

template <typename TImage>
void
ImageRange<TImage>::Extend(const PixelType * first, const PixelType * last, std::pair<PixelType, PixelType> & range)
{
  // Several ranges at a time, so that none waits for another.
  constexpr std::ptrdiff_t     width = 8;
  std::array<PixelType, width> minima;
  std::array<PixelType, width> maxima;
  minima.fill(range.first);
  maxima.fill(range.second);
  for (; last - first >= width; first += width)
  {
    for (std::ptrdiff_t k = 0; k < width; ++k)
    {
      minima[k] = first[k] < minima[k] ? first[k] : minima[k];
      maxima[k] = first[k] > maxima[k] ? first[k] : maxima[k];
    }
  }
  for (; first < last; ++first)
  {
    minima[0] = *first < minima[0] ? *first : minima[0];
    maxima[0] = *first > maxima[0] ? *first : maxima[0];
  }
  range.first = *std::min_element(minima.begin(), minima.end());
  range.second = *std::max_element(maxima.begin(), maxima.end());
}

template <typename TImage>
void
ImageRange<TImage>::ExtendByFinite(const PixelType *                 first,
                                   const PixelType *                 last,
                                   std::pair<PixelType, PixelType> & range)
{
  for (; first < last; ++first)
  {
    if (IsFinite(*first))
    {
      Extend(first, first + 1, range);
    }
  }
}

template <typename TImage>
template <typename TExtend>
auto
ImageRange<TImage>::FindInRegion(const TImage &     image,
                                 const RegionType & region,
                                 ThreadIdType       numberOfWorkUnits,
                                 const TExtend &    extend) -> std::pair<PixelType, PixelType>
{
  auto       range = EmptyRange();
  std::mutex mutex;
  const auto threader = MultiThreaderBase::New();
  threader->SetNumberOfWorkUnits(std::max<ThreadIdType>(numberOfWorkUnits, 1));
  threader->template ParallelizeImageRegion<ImageDimension>(
    region,
    [&](const RegionType & piece) {
      auto own = EmptyRange();
      for (ImageScanlineConstIterator<TImage> it(&image, piece); !it.IsAtEnd(); it.NextLine())
      {
        const PixelType * const row = &it.Value();
        extend(row, row + piece.GetSize(0), own);
      }
      const std::lock_guard<std::mutex> lock(mutex);
      range.first = std::min(range.first, own.first);
      range.second = std::max(range.second, own.second);
    },
    nullptr);
  return range;
}

template <typename TImage>
template <typename TExtend>
auto
ImageRange<TImage>::FindInMask(const TImage &     image,
                               const RegionType & region,
                               const MaskType &   mask,
                               ThreadIdType       numberOfWorkUnits,
                               const TExtend &    extend) -> std::pair<PixelType, PixelType>
{
  auto range = EmptyRange();
  if (mask.GetNumberOfChildren() > 0)
  {
    // Metrics ask a mask without its children, which the sampler counts.
    for (ImageRegionConstIteratorWithIndex<TImage> it(&image, region); !it.IsAtEnd(); ++it)
    {
      if (mask.IsInsideInWorldSpace(image.template TransformIndexToPhysicalPoint<double>(it.GetIndex())))
      {
        extend(&it.Value(), &it.Value() + 1, range);
      }
    }
    return range;
  }
  const auto grid = ImageBase<ImageDimension>::New();
  grid->CopyInformation(&image);
  grid->SetRegions(region);
  const auto sampler = MaskedVoxelSampler<ImageDimension>::New();
  sampler->SetDomain(grid);
  sampler->SetMask(&mask);
  sampler->SetNumberOfWorkUnits(numberOfWorkUnits);
  if (sampler->UpdateUnlessEmpty())
  {
    sampler->ForEachRun([&](const typename TImage::IndexType & index, SizeValueType length) {
      const PixelType * const row = &image.GetPixel(index);
      extend(row, row + length, range);
    });
  }
  return range;
}

template <typename TImage>
auto
ImageRange<TImage>::Find(const TImage &     image,
                         const RegionType & region,
                         const MaskType *   mask,
                         ThreadIdType       numberOfWorkUnits) -> std::pair<PixelType, PixelType>
{
  const auto find = [&](const auto & extend) {
    return mask != nullptr ? FindInMask(image, region, *mask, numberOfWorkUnits, extend)
                           : FindInRegion(image, region, numberOfWorkUnits, extend);
  };
  const auto range = find(Extend);
  return IsFinite(range.first) && IsFinite(range.second) ? range : find(ExtendByFinite);
}
} // end namespace itk

#endif // itkImageRange_hxx
