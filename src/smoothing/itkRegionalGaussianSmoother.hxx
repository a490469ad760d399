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
#ifndef itkRegionalGaussianSmoother_hxx
#define itkRegionalGaussianSmoother_hxx

#include "geometry/itkParallelTasks.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace itk
{
template <typename TImage>
auto
RegionalGaussianSmoother<TImage>::CoefficientsFilter::Compute(double sigma, double spacing, bool isDerivative)
  -> Coefficients
{
  this->SetSigma(sigma);
  this->SetNormalizeAcrossScale(isDerivative);
  this->SetOrder(isDerivative ? GaussianOrderEnum::FirstOrder : GaussianOrderEnum::ZeroOrder);
  this->SetUp(spacing);
  return { { this->m_N0, this->m_N1, this->m_N2, this->m_N3 },
           { this->m_D1, this->m_D2, this->m_D3, this->m_D4 },
           { this->m_M1, this->m_M2, this->m_M3, this->m_M4 },
           { this->m_BN1, this->m_BN2, this->m_BN3, this->m_BN4 },
           { this->m_BM1, this->m_BM2, this->m_BM3, this->m_BM4 } };
}

template <typename TImage>
RegionalGaussianSmoother<TImage>::RegionalGaussianSmoother(const TImage *              input,
                                                           const SigmaArrayType &      sigmas,
                                                           ThreadIdType                numberOfWorkUnits,
                                                           std::optional<unsigned int> axisOfDerivative)
  : m_Input(input)
  , m_Sigmas(sigmas)
  , m_NumberOfWorkUnits(std::max<ThreadIdType>(numberOfWorkUnits, 1))
{
  static_assert(
    IsSupported,
    "RegionalGaussianSmoother needs an itk::Image of two or more dimensions and of an arithmetic pixel type "
    "other than long double. For others, use SmoothingRecursiveGaussianImageFilter.");
  if (input == nullptr)
  {
    itkGenericExceptionMacro("There is no image to smooth.");
  }
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    if (!(sigmas[d] > 0.0))
    {
      itkGenericExceptionMacro("Sigmas must be greater than zero, but they are " << sigmas << '.');
    }
    if (input->GetBufferedRegion().GetSize(d) < 4)
    {
      itkGenericExceptionMacro("The image to smooth has " << input->GetBufferedRegion().GetSize(d)
                                                          << " voxels along dimension " << d
                                                          << ", but the recursive filter needs at least 4 along each. "
                                                          << "Pad the image, or do not smooth it.");
    }
    m_Coefficients[d] = CoefficientsFilter::New()->Compute(sigmas[d], input->GetSpacing()[d], d == axisOfDerivative);
  }
  // One axis, then the others from the first on.
  std::iota(m_Axes.begin(), m_Axes.end(), 0U);
  const auto first = m_Axes.begin() + axisOfDerivative.value_or(ImageDimension - 1);
  std::rotate(m_Axes.begin(), first, first + 1);
}

template <typename TImage>
auto
RegionalGaussianSmoother<TImage>::GetInputRegion(const RegionType &                   region,
                                                 const RegionType &                   whole,
                                                 const SigmaArrayType &               sigmas,
                                                 const typename TImage::SpacingType & spacing) -> RegionType
{
  constexpr IndexValueType fewest = 4; // the filter needs
  RegionType               box;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    const double sigmaInVoxels = sigmas[d] / std::abs(spacing[d]);
    const double largest = static_cast<double>(whole.GetSize(d));
    const auto   margin = static_cast<IndexValueType>(std::min(std::ceil(MarginInSigmas * sigmaInVoxels), largest));
    const IndexValueType first = whole.GetIndex(d);
    const IndexValueType end = first + static_cast<IndexValueType>(whole.GetSize(d));
    const IndexValueType endOfRegion = region.GetIndex(d) + static_cast<IndexValueType>(region.GetSize(d));

    IndexValueType lower = std::max(region.GetIndex(d) - margin, first);
    const auto     upper = std::min(std::max(endOfRegion + margin, lower + fewest), end);
    lower = std::min(lower, upper - fewest);
    box.SetIndex(d, lower);
    box.SetSize(d, static_cast<SizeValueType>(upper - lower));
  }
  return box;
}

template <typename TImage>
typename TImage::Pointer
RegionalGaussianSmoother<TImage>::Smooth(const RegionType & region) const
{
  if (region.GetNumberOfPixels() == 0 || !m_Input->GetBufferedRegion().IsInside(region))
  {
    itkGenericExceptionMacro("The region to smooth, " << region << ", is empty or not inside the buffered region "
                                                      << m_Input->GetBufferedRegion()
                                                      << " of the image. Crop it to the buffered region.");
  }
  const auto output = TImage::New();
  output->CopyInformation(m_Input);
  output->SetRequestedRegion(region);
  output->SetBufferedRegion(region);
  HugePageImageContainer<PixelType>::Allocate(*output);

  RegionType          lines = this->GetInputRegion(region);
  const SizeValueType maximumLength = *std::max_element(lines.GetSize().begin(), lines.GetSize().end());
  const auto          confine = [&region](RegionType & confined, unsigned int axis) {
    confined.SetIndex(axis, region.GetIndex(axis));
    confined.SetSize(axis, region.GetSize(axis));
  };
  RegionType internalRegion = lines;
  confine(internalRegion, m_Axes.front());

  typename InternalImageType::Pointer internal;
  if constexpr (std::is_same<PixelType, float>::value)
  {
    if (internalRegion == region)
    {
      internal = output;
    }
  }
  if (internal.IsNull())
  {
    internal = InternalImageType::New();
    internal->SetRegions(internalRegion);
    HugePageImageContainer<float>::Allocate(*internal);
  }

  const Images images{ m_Input, internal, output, region };

  unsigned int pass = 0;
  while (pass < ImageDimension)
  {
    const SizeValueType numberOfSlices = lines.GetNumberOfPixels() / (lines.GetSize(0) * lines.GetSize(1));
    const bool          isInSlices = ImageDimension > 2 && pass + 1 < ImageDimension && m_Axes[pass] < 2 &&
                            m_Axes[pass + 1] < 2 && numberOfSlices >= 4 * SizeValueType{ m_NumberOfWorkUnits };
    if (!isInSlices)
    {
      const SizeValueType numberOfTasks = Self::GetNumberOfTasks(lines, m_Axes[pass]);
      this->ForEachTask(numberOfTasks, maximumLength, [&](SizeValueType task, Scratch & scratch) {
        this->FilterBundle(images, lines, pass, task, scratch);
      });
      confine(lines, m_Axes[pass]);
      ++pass;
      continue;
    }
    // Two axes in one go, because a slice may fit into a processor's cache.
    this->ForEachTask(numberOfSlices, maximumLength, [&](SizeValueType slice, Scratch & scratch) {
      RegionType linesOfSlice = lines;
      for (unsigned int d = 2; d < ImageDimension; ++d)
      {
        linesOfSlice.SetIndex(d, lines.GetIndex(d) + static_cast<IndexValueType>(slice % lines.GetSize(d)));
        linesOfSlice.SetSize(d, 1);
        slice /= lines.GetSize(d);
      }
      for (const unsigned int passOfSlice : { pass, pass + 1 })
      {
        const SizeValueType numberOfTasks = Self::GetNumberOfTasks(linesOfSlice, m_Axes[passOfSlice]);
        for (SizeValueType task = 0; task < numberOfTasks; ++task)
        {
          this->FilterBundle(images, linesOfSlice, passOfSlice, task, scratch);
        }
        confine(linesOfSlice, m_Axes[passOfSlice]);
      }
    });
    confine(lines, m_Axes[pass]);
    confine(lines, m_Axes[pass + 1]);
    pass += 2;
  }
  return output;
}

template <typename TImage>
SizeValueType
RegionalGaussianSmoother<TImage>::GetNumberOfBundles(SizeValueType numberOfLines)
{
  return (numberOfLines + RecursiveLineBundle::MaximumWidth - 1) / RecursiveLineBundle::MaximumWidth;
}

template <typename TImage>
SizeValueType
RegionalGaussianSmoother<TImage>::GetNumberOfTasks(const RegionType & lines, unsigned int axis)
{
  const SizeValueType numberOfLines = lines.GetSize(axis == 0 ? 1 : 0);
  return lines.GetNumberOfPixels() / (lines.GetSize(axis) * numberOfLines) * Self::GetNumberOfBundles(numberOfLines);
}

template <typename TImage>
template <typename TFunction>
void
RegionalGaussianSmoother<TImage>::ForEachTask(SizeValueType numberOfTasks,
                                              SizeValueType maximumLength,
                                              TFunction     function) const
{
  ParallelTasks::Share(numberOfTasks, m_NumberOfWorkUnits, [&](const auto & forEachTask) {
    Scratch scratch(maximumLength);
    forEachTask([&](SizeValueType task) { function(task, scratch); });
  });
}

template <typename TImage>
void
RegionalGaussianSmoother<TImage>::FilterBundle(const Images &     images,
                                               const RegionType & lines,
                                               unsigned int       pass,
                                               SizeValueType      task,
                                               Scratch &          scratch) const
{
  constexpr SizeValueType unit = RecursiveLineBundle::WidthUnit;
  const unsigned int      axis = m_Axes[pass];
  const unsigned int      axisAcross = axis == 0 ? 1 : 0;
  const SizeValueType     numberOfLines = lines.GetSize(axisAcross);
  const SizeValueType     numberOfUnits = (numberOfLines + unit - 1) / unit;
  const SizeValueType     numberOfBundles = Self::GetNumberOfBundles(numberOfLines);
  const SizeValueType     bundle = task % numberOfBundles;
  const SizeValueType     firstLine = bundle * numberOfUnits / numberOfBundles * unit;
  const SizeValueType     endLine = std::min((bundle + 1) * numberOfUnits / numberOfBundles * unit, numberOfLines);

  IndexType     first = lines.GetIndex();
  SizeValueType rest = task / numberOfBundles;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    if (d != axis && d != axisAcross)
    {
      first[d] += static_cast<IndexValueType>(rest % lines.GetSize(d));
      rest /= lines.GetSize(d);
    }
  }
  first[axisAcross] += static_cast<IndexValueType>(firstLine);
  IndexType firstOutput = first;
  firstOutput[axis] = images.Region.GetIndex(axis);
  const auto begin = static_cast<SizeValueType>(firstOutput[axis] - first[axis]);

  const Pass ofBundle{ m_Coefficients[axis],
                       first,
                       firstOutput,
                       axis,
                       static_cast<unsigned int>(endLine - firstLine),
                       lines.GetSize(axis),
                       begin,
                       begin + images.Region.GetSize(axis) };
  if (pass == 0)
  {
    Self::FilterPass(*images.Input, *images.Internal, ofBundle, scratch);
  }
  else if (pass == ImageDimension - 1)
  {
    Self::FilterPass(*images.Internal, *images.Output, ofBundle, scratch);
  }
  else
  {
    Self::FilterPass(*images.Internal, *images.Internal, ofBundle, scratch);
  }
}

template <typename TImage>
template <typename TIn, typename TOut>
void
RegionalGaussianSmoother<TImage>::FilterPass(const Image<TIn, ImageDimension> & in,
                                             Image<TOut, ImageDimension> &      out,
                                             const Pass &                       pass,
                                             Scratch &                          scratch)
{
  if (pass.Axis == 0)
  {
    Self::FilterRows(in, out, pass, scratch);
  }
  else
  {
    Self::FilterAcrossRows(in, out, pass, scratch);
  }
}

template <typename TImage>
template <typename TIn, typename TOut>
void
RegionalGaussianSmoother<TImage>::FilterAcrossRows(const Image<TIn, ImageDimension> & in,
                                                   Image<TOut, ImageDimension> &      out,
                                                   const Pass &                       pass,
                                                   Scratch &                          scratch)
{
  scratch.Bundle.Filter(pass.Weights,
                        in.GetBufferPointer() + in.ComputeOffset(pass.FirstInput),
                        in.GetOffsetTable()[pass.Axis],
                        out.GetBufferPointer() + out.ComputeOffset(pass.FirstOutput),
                        out.GetOffsetTable()[pass.Axis],
                        pass.Width,
                        pass.Length,
                        pass.Begin,
                        pass.End);
}

template <typename TImage>
template <typename TIn, typename TOut>
void
RegionalGaussianSmoother<TImage>::FilterRows(const Image<TIn, ImageDimension> & in,
                                             Image<TOut, ImageDimension> &      out,
                                             const Pass &                       pass,
                                             Scratch &                          scratch)
{
  static_assert(TransposedRows::Width >= RecursiveLineBundle::MaximumWidth, "A bundle must fit into a tile.");
  constexpr unsigned int tileWidth = TransposedRows::Width;
  std::vector<TIn>       ownInput;
  std::vector<TOut>      ownOutput;
  const auto             takeTile = [&](auto & own) {
    using PixelOfTileType = typename std::decay_t<decltype(own)>::value_type;
    if constexpr (std::is_same<PixelOfTileType, float>::value)
    {
      return scratch.Tile.data();
    }
    else
    {
      own.resize(pass.Length * tileWidth);
      return own.data();
    }
  };
  TIn * const  inTile = takeTile(ownInput);
  TOut * const outTile = takeTile(ownOutput);
  TransposedRows::Read(
    in.GetBufferPointer() + in.ComputeOffset(pass.FirstInput), in.GetOffsetTable()[1], pass.Width, pass.Length, inTile);
  scratch.Bundle.Filter(
    pass.Weights, inTile, tileWidth, outTile, tileWidth, pass.Width, pass.Length, pass.Begin, pass.End);
  TransposedRows::Write(outTile,
                        out.GetBufferPointer() + out.ComputeOffset(pass.FirstOutput),
                        out.GetOffsetTable()[1],
                        pass.Width,
                        pass.End - pass.Begin);
}
} // end namespace itk

#endif // itkRegionalGaussianSmoother_hxx
