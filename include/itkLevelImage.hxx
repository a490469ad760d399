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
#ifndef itkLevelImage_hxx
#define itkLevelImage_hxx

#include "itkExtractImageFilter.h"
#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIterator.h"
#include "itkMaskedVoxelSampler.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"
#include "itkZeroFluxNeumannPadImageFilter.h"

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TImage>
LevelImage<TImage>::LevelImage(const TImage *   image,
                               double           sigma,
                               bool             isPhysical,
                               ThreadIdType     numberOfWorkUnits,
                               const MaskType * mask)
  : m_Image(image)
  , m_IsSmoothed(sigma > 0.0)
  , m_NumberOfWorkUnits(numberOfWorkUnits)
  , m_Mask(mask)
{
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    m_Sigmas[d] = isPhysical ? sigma : sigma * image->GetSpacing()[d];
  }
}

template <typename TImage>
typename TImage::ConstPointer
LevelImage<TImage>::MakeThick() const
{
  constexpr SizeValueType fewest = 4; // the recursive filter needs, along each axis
  const auto              size = m_Image->GetBufferedRegion().GetSize();
  auto                    missing = size;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    missing[d] = size[d] < fewest ? fewest - size[d] : 0;
  }
  if (std::all_of(missing.begin(), missing.end(), [](SizeValueType number) { return number == 0; }))
  {
    return nullptr;
  }
  const auto filter = ZeroFluxNeumannPadImageFilter<TImage, TImage>::New();
  filter->SetInput(m_Image);
  filter->SetPadUpperBound(missing);
  filter->Update();
  const typename TImage::Pointer padded = filter->GetOutput();
  padded->DisconnectPipeline();
  return padded.GetPointer();
}

template <typename TImage>
typename TImage::ConstPointer
LevelImage<TImage>::Smooth(const RegionType & region, bool isGenerous) const
{
  if (m_Mask)
  {
    if constexpr (std::is_floating_point_v<typename TImage::PixelType>)
    {
      return this->SmoothInsideMask(region);
    }
    itkGenericExceptionMacro("Images of float or double can be smoothed inside their masks, no others. Cast them.");
  }
  if (const auto padded = this->MakeThick())
  {
    LevelImage thick(*this);
    thick.m_Image = padded;
    const auto smoothed = thick.Smooth(region, false);
    const auto filter = ExtractImageFilter<TImage, TImage>::New();
    filter->SetInput(smoothed);
    filter->SetExtractionRegion(region);
    filter->SetDirectionCollapseToIdentity();
    filter->Update();
    const typename TImage::Pointer part = filter->GetOutput();
    part->DisconnectPipeline();
    return part.GetPointer();
  }
  if constexpr (IsTypeOfParts)
  {
    if (m_Image->GetBufferedRegion() == m_Image->GetLargestPossibleRegion())
    {
      return SmootherType::Smooth(m_Image, m_Sigmas, region, isGenerous, m_NumberOfWorkUnits).GetPointer();
    }
  }
  const auto filter = SmoothingRecursiveGaussianImageFilter<TImage, TImage>::New();
  filter->SetInput(m_Image);
  filter->SetSigmaArray(m_Sigmas);
  filter->Update();
  const typename TImage::Pointer output = filter->GetOutput();
  output->DisconnectPipeline();
  return output.GetPointer();
}

template <typename TImage>
typename TImage::ConstPointer
LevelImage<TImage>::SmoothInsideMask(const RegionType & region) const
{
  // As far as a Gaussian reaches.
  constexpr double reach = 6.0;
  RegionType       around = region;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    const auto voxels = static_cast<IndexValueType>(std::ceil(reach * m_Sigmas[d] / m_Image->GetSpacing()[d])) + 1;
    around.SetIndex(d, around.GetIndex(d) - voxels);
    around.SetSize(d, around.GetSize(d) + 2 * static_cast<SizeValueType>(voxels));
  }
  around.Crop(m_Image->GetBufferedRegion());
  const auto make = [this](const RegionType & ofBuffer) {
    auto image = TImage::New();
    image->CopyInformation(m_Image);
    image->SetRegions(ofBuffer);
    image->AllocateInitialized();
    return image;
  };
  const auto values = make(around);
  const auto shares = make(around);

  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  const auto sampler = SamplerType::New();
  sampler->SetDomain(values);
  sampler->SetMask(m_Mask);
  sampler->SetNumberOfWorkUnits(m_NumberOfWorkUnits);
  if (sampler->UpdateUnlessEmpty())
  {
    sampler->ForEachRun([&](const typename RegionType::IndexType & first, SizeValueType length) {
      const auto * const from = m_Image->GetBufferPointer() + m_Image->ComputeOffset(first);
      const auto         place = values->ComputeOffset(first);
      std::copy_n(from, length, values->GetBufferPointer() + place);
      std::fill_n(shares->GetBufferPointer() + place, length, typename TImage::PixelType(1));
    });
  }
  LevelImage plain(*this);
  plain.m_Mask = nullptr;
  plain.m_Image = values;
  const auto smoothedValues = plain.MakePart(region);
  plain.m_Image = shares;
  const auto smoothedShares = plain.MakePart(region);

  const auto result = make(region);
  result->SetLargestPossibleRegion(m_Image->GetLargestPossibleRegion());
  // Of less, the smoothing has no digits.
  constexpr double                 least = 1e-4;
  ImageRegionIterator<TImage>      it(result, region);
  ImageRegionConstIterator<TImage> value(smoothedValues, region);
  ImageRegionConstIterator<TImage> share(smoothedShares, region);
  ImageRegionConstIterator<TImage> original(m_Image, region);
  for (; !it.IsAtEnd(); ++it, ++value, ++share, ++original)
  {
    it.Set(share.Get() > least ? static_cast<typename TImage::PixelType>(value.Get() / share.Get()) : original.Get());
  }
  return result.GetPointer();
}

template <typename TImage>
typename TImage::ConstPointer
LevelImage<TImage>::MakeVaryingPart(RegionType & region, double numberOfVoxels) const
{
  while (true)
  {
    auto part = this->MakePartOrWhole(region);
    // Not the whole range: two values that differ are soon found.
    ImageRegionConstIterator<TImage> it(part, region);
    const auto                       first = it.Get();
    while (!it.IsAtEnd() && it.Get() == first)
    {
      ++it;
    }
    if (!it.IsAtEnd() || region == m_Image->GetBufferedRegion())
    {
      return part;
    }
    region = this->MakeWider(region, region, numberOfVoxels, 1.0);
  }
}

template <typename TImage>
auto
LevelImage<TImage>::MakeRegion(const ContinuousIndexType & lower,
                               const ContinuousIndexType & upper,
                               double                      numberOfVoxels,
                               double                      fraction) const -> RegionType
{
  const RegionType & whole = m_Image->GetBufferedRegion();
  RegionType         region = whole;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    const double margin = numberOfVoxels + fraction * (upper[d] - lower[d]);
    const auto   first = static_cast<double>(whole.GetIndex(d));
    const auto   last = static_cast<double>(whole.GetUpperIndex()[d]);
    if (!(lower[d] - margin <= last && upper[d] + margin >= first))
    {
      return whole;
    }
    const auto begin = static_cast<IndexValueType>(std::floor(std::max(lower[d] - margin, first)));
    const auto end = static_cast<IndexValueType>(std::ceil(std::min(upper[d] + margin, last)));
    region.SetIndex(d, begin);
    region.SetSize(d, static_cast<SizeValueType>(end - begin + 1));
  }
  return region;
}

template <typename TImage>
auto
LevelImage<TImage>::MakeWider(const RegionType & region,
                              const RegionType & other,
                              double             numberOfVoxels,
                              double             fraction) const -> RegionType
{
  ContinuousIndexType lower;
  ContinuousIndexType upper;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    lower[d] = static_cast<double>(std::min(region.GetIndex(d), other.GetIndex(d)));
    upper[d] = static_cast<double>(std::max(region.GetUpperIndex()[d], other.GetUpperIndex()[d]));
  }
  return this->MakeRegion(lower, upper, numberOfVoxels, fraction);
}

template <typename TImage>
auto
LevelImage<TImage>::MakeGrower(const TImage &     part,
                               const RegionType & region,
                               double             numberOfVoxels,
                               double             fraction) const -> GrowerType
{
  if (part.GetBufferedRegion() == part.GetLargestPossibleRegion())
  {
    return nullptr;
  }
  return [level = *this, grown = region, numberOfVoxels, fraction](const RegionType & needed) mutable {
    grown = level.MakeWider(grown, needed, numberOfVoxels, fraction);
    return level.MakePartOrWhole(grown);
  };
}
} // end namespace itk

#endif // itkLevelImage_hxx
