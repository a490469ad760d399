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
#ifndef itkMaskedVoxelEnumerator_hxx
#define itkMaskedVoxelEnumerator_hxx

#include "geometry/itkParallelTasks.h"
#include "sampler/itkMaskRowScanner.h"

#include "itkMath.h"

#include <cmath>
#include <mutex>

namespace itk
{
template <unsigned int VDimension>
MaskedVoxelEnumerator<VDimension>::MaskedVoxelEnumerator(const GeometryType & geometry)
  : m_Geometry(geometry)
{
  if (geometry.IsUnrestricted())
  {
    m_Way = Way::EveryVoxel;
    return;
  }
  if (const auto aligned = geometry.FindAlignedMask())
  {
    m_ImageMask = aligned->Mask;
    m_MaskOffset = aligned->Offset;
    m_Way = Way::ScanMaskImage;
    return;
  }
  m_ImageMask = geometry.GetImageMask();
  if (geometry.IsMapLinear() && (geometry.Mask == nullptr || m_ImageMask != nullptr))
  {
    m_Way = Way::StepAlongRow;
  }
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelEnumerator<VDimension>::ChooseNumberOfBlocks(const RegionType & region)
{
  const SizeValueType     numberOfVoxels = region.GetNumberOfPixels();
  const SizeValueType     numberOfRows = numberOfVoxels / region.GetSize(0);
  constexpr SizeValueType voxelsPerBlock = SizeValueType{ 1 } << 18;
  constexpr SizeValueType fewestBlocks = 64;
  constexpr SizeValueType mostBlocks = 4096;
  const SizeValueType     wanted = std::clamp(numberOfVoxels / voxelsPerBlock, fewestBlocks, mostBlocks);

  // Positions in a block are 32 bits wide.
  constexpr SizeValueType limit = std::numeric_limits<std::uint32_t>::max();
  if (region.GetSize(0) > limit)
  {
    itkGenericExceptionMacro("A row of the region to sample has " << region.GetSize(0) << " voxels, but must not have "
                                                                  << "more than " << limit
                                                                  << ". Confine the samples to a smaller region.");
  }
  const SizeValueType mostRows = limit / region.GetSize(0);
  return std::min(numberOfRows, std::max(wanted, numberOfRows / mostRows + 1));
}

template <unsigned int VDimension>
auto
MaskedVoxelEnumerator<VDimension>::Enumerate(const RegionType & wholeRegion, ThreadIdType numberOfWorkUnits) const
  -> RunsType
{
  RegionType region = wholeRegion;
  if (m_Way == Way::ScanMaskImage)
  {
    region = this->CropToMaskImage(wholeRegion);
  }
  else if (m_Way != Way::EveryVoxel)
  {
    region = m_Geometry.Confine(wholeRegion);
  }
  if (region.GetNumberOfPixels() == 0)
  {
    return RunsType();
  }
  const auto &                  size = region.GetSize();
  const SizeValueType           numberOfRows = region.GetNumberOfPixels() / size[0];
  const SizeValueType           numberOfBlocks = Self::ChooseNumberOfBlocks(region);
  typename RunsType::BlocksType blocks(numberOfBlocks);

  struct Bounds
  {
    IndexType Lower = IndexType::Filled(std::numeric_limits<IndexValueType>::max());
    IndexType Upper = IndexType::Filled(std::numeric_limits<IndexValueType>::min());
  };
  Bounds     all;
  std::mutex mutex;

  m_Geometry.FillCachesOfMask();
  ParallelTasks::Share(numberOfBlocks, numberOfWorkUnits, [&](const auto & forEachBlock) {
    Bounds    bound;
    Collector collector;
    forEachBlock([&](SizeValueType b) {
      const SizeValueType firstRow = b * numberOfRows / numberOfBlocks;
      const SizeValueType endRow = (b + 1) * numberOfRows / numberOfBlocks;
      collector.Runs.clear();
      collector.NumberOfVoxels = 0;
      IndexType     first = region.GetIndex();
      SizeValueType rest = firstRow;
      for (unsigned int d = 1; d < VDimension; ++d)
      {
        first[d] += static_cast<IndexValueType>(rest % size[d]);
        rest /= size[d];
      }
      for (SizeValueType row = firstRow; row < endRow; ++row, Self::GoToNextRow(first, region))
      {
        const size_t numberOfRuns = collector.Runs.size();
        collector.RowPosition = (row - firstRow) * size[0];
        this->CollectRow(first, size[0], collector);
        if (collector.Runs.size() > numberOfRuns)
        {
          const auto & lastRun = collector.Runs.back();
          const auto   toX = [&](SizeValueType position) {
            return first[0] + static_cast<IndexValueType>(position - collector.RowPosition);
          };
          for (unsigned int d = 1; d < VDimension; ++d)
          {
            bound.Lower[d] = std::min(bound.Lower[d], first[d]);
            bound.Upper[d] = std::max(bound.Upper[d], first[d]);
          }
          bound.Lower[0] = std::min(bound.Lower[0], toX(collector.Runs[numberOfRuns].Position));
          bound.Upper[0] =
            std::max(bound.Upper[0], toX(lastRun.Position + (collector.NumberOfVoxels - lastRun.Rank) - 1));
        }
      }
      auto & block = blocks[b];
      block.Position = firstRow * size[0];
      block.NumberOfVoxels = collector.NumberOfVoxels;
      block.Runs.assign(collector.Runs.begin(), collector.Runs.end());
    });
    const std::lock_guard<std::mutex> lock(mutex);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      all.Lower[d] = std::min(all.Lower[d], bound.Lower[d]);
      all.Upper[d] = std::max(all.Upper[d], bound.Upper[d]);
    }
  });

  RegionType boundingRegion;
  if (all.Lower[0] <= all.Upper[0])
  {
    boundingRegion.SetIndex(all.Lower);
    boundingRegion.SetUpperIndex(all.Upper);
  }
  return RunsType(region, boundingRegion, std::move(blocks));
}

template <unsigned int VDimension>
auto
MaskedVoxelEnumerator<VDimension>::CropToMaskImage(const RegionType & region) const -> RegionType
{
  RegionType covered = m_ImageMask->GetImage()->GetBufferedRegion();
  covered.SetIndex(covered.GetIndex() - m_MaskOffset);
  RegionType cropped = region;
  return cropped.Crop(covered) ? cropped : RegionType();
}

template <unsigned int VDimension>
void
MaskedVoxelEnumerator<VDimension>::GoToNextRow(IndexType & index, const RegionType & region)
{
  for (unsigned int d = 1; d < VDimension; ++d)
  {
    if (++index[d] < region.GetIndex(d) + static_cast<IndexValueType>(region.GetSize(d)))
    {
      return;
    }
    index[d] = region.GetIndex(d);
  }
}

template <unsigned int VDimension>
void
MaskedVoxelEnumerator<VDimension>::CollectRow(const IndexType & first,
                                              SizeValueType     length,
                                              Collector &       collector) const
{
  switch (m_Way)
  {
    case Way::EveryVoxel:
      collector.Append(0, length);
      break;
    case Way::ScanMaskImage:
      this->ScanMaskRow(first, length, collector);
      break;
    case Way::StepAlongRow:
      this->StepAlongRow(first, length, collector);
      break;
    case Way::AskVoxelByVoxel:
      Self::CollectIf(0, length, collector, [this, &first](SizeValueType x) {
        IndexType index = first;
        index[0] += static_cast<IndexValueType>(x);
        return m_Geometry.IsInside(m_Geometry.Domain->template TransformIndexToPhysicalPoint<double>(index));
      });
      break;
  }
}

template <unsigned int VDimension>
template <typename TPredicate>
void
MaskedVoxelEnumerator<VDimension>::CollectIf(SizeValueType begin,
                                             SizeValueType end,
                                             Collector &   collector,
                                             TPredicate    isInside)
{
  SizeValueType beginOfRun = end; // end: no run is open
  for (SizeValueType x = begin; x < end; ++x)
  {
    const bool inside = isInside(x);
    if (inside && beginOfRun == end)
    {
      beginOfRun = x;
    }
    else if (!inside && beginOfRun != end)
    {
      collector.Append(beginOfRun, x);
      beginOfRun = end;
    }
  }
  if (beginOfRun != end)
  {
    collector.Append(beginOfRun, end);
  }
}

template <unsigned int VDimension>
void
MaskedVoxelEnumerator<VDimension>::ScanMaskRow(const IndexType & first,
                                               SizeValueType     length,
                                               Collector &       collector) const
{
  const auto * const image = m_ImageMask->GetImage();
  const auto * const row = image->GetBufferPointer() + image->ComputeOffset(first + m_MaskOffset);
  const auto         append = [&collector](SizeValueType begin, SizeValueType end) { collector.Append(begin, end); };
  if (m_ImageMask->GetUseMaskValue())
  {
    MaskRowScanner::ForEachRunOf(m_ImageMask->GetMaskValue(), row, length, append);
  }
  else
  {
    MaskRowScanner::ForEachRunOfNonzero(row, length, append);
  }
}

template <unsigned int VDimension>
MaskedVoxelEnumerator<VDimension>::Line::Line(const DomainType & grid,
                                              const PointType &  first,
                                              const PointType &  last,
                                              SizeValueType      length)
  : Begin(grid.template TransformPhysicalPointToContinuousIndex<double>(first))
{
  const auto end = grid.template TransformPhysicalPointToContinuousIndex<double>(last);
  double     largest = 0.0;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    Step[d] = length > 1 ? (end[d] - Begin[d]) / static_cast<double>(length - 1) : 0.0;
    // Rounding of the physical coordinates, in pixels, and of the positions.
    for (unsigned int i = 0; i < VDimension; ++i)
    {
      const double coordinate = std::max({ std::abs(grid.GetOrigin()[i]), std::abs(first[i]), std::abs(last[i]) });
      largest = std::max(largest, coordinate / grid.GetSpacing()[d]);
    }
    largest = std::max(largest, std::max(std::abs(Begin[d]), std::abs(end[d])));
  }
  Tolerance = std::max(1e-6, 1e-12 * largest);
}

template <unsigned int VDimension>
void
MaskedVoxelEnumerator<VDimension>::Line::Clip(const RegionType & buffer,
                                              SizeValueType &    begin,
                                              SizeValueType &    end) const
{
  for (unsigned int d = 0; d < VDimension && begin < end; ++d)
  {
    const double lower = static_cast<double>(buffer.GetIndex(d)) - 0.5 - Tolerance;
    const double upper = lower + static_cast<double>(buffer.GetSize(d)) + 2.0 * Tolerance;
    if (Math::ExactlyEquals(Step[d], 0.0))
    {
      end = Begin[d] >= lower && Begin[d] <= upper ? end : begin;
      continue;
    }
    const double a = (lower - Begin[d]) / Step[d];
    const double b = (upper - Begin[d]) / Step[d];
    // A voxel more on either side, for rounding.
    const double from = std::max(static_cast<double>(begin), std::floor(std::min(a, b)) - 1.0);
    const double to = std::min(static_cast<double>(end), std::ceil(std::max(a, b)) + 2.0);
    if (!(from < to))
    {
      end = begin;
      return;
    }
    begin = static_cast<SizeValueType>(from);
    end = static_cast<SizeValueType>(to);
  }
}

template <unsigned int VDimension>
void
MaskedVoxelEnumerator<VDimension>::StepAlongRow(const IndexType & first,
                                                SizeValueType     length,
                                                Collector &       collector) const
{
  IndexType last = first;
  last[0] += static_cast<IndexValueType>(length) - 1;
  const PointType firstPoint = m_Geometry.MapIndex(first);
  const PointType lastPoint = m_Geometry.MapIndex(last);

  SizeValueType begin = 0;
  SizeValueType end = length;

  // With no fixed image, or no mask, a line in the domain itself takes the place: its tests are not used.
  const bool         hasFixedImage = m_Geometry.FixedImage != nullptr;
  const DomainType & fixedGrid = hasFixedImage ? *m_Geometry.FixedImage : *m_Geometry.Domain;
  const Line         fixedLine(fixedGrid, firstPoint, lastPoint, length);
  const RegionType & fixedBuffer = fixedGrid.GetBufferedRegion();
  if (hasFixedImage)
  {
    fixedLine.Clip(fixedBuffer, begin, end);
  }
  const auto * const maskImage = m_ImageMask != nullptr ? m_ImageMask->GetImage() : nullptr;
  const auto         toMaskObject = [this](const PointType & point) {
    return m_ImageMask->GetObjectToWorldTransformInverse()->TransformPoint(point);
  };
  const Line maskLine =
    maskImage != nullptr ? Line(*maskImage, toMaskObject(firstPoint), toMaskObject(lastPoint), length) : fixedLine;
  const RegionType & maskBuffer = maskImage != nullptr ? maskImage->GetBufferedRegion() : fixedBuffer;
  if (maskImage != nullptr)
  {
    maskLine.Clip(maskBuffer, begin, end);
  }

  Self::CollectIf(begin, end, collector, [&](SizeValueType x) {
    bool isCertain = true;
    if (hasFixedImage)
    {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        // From the lower border of the buffer, half a pixel beyond the first centre.
        const double position = fixedLine.GetPosition(d, x) - (static_cast<double>(fixedBuffer.GetIndex(d)) - 0.5);
        const auto   size = static_cast<double>(fixedBuffer.GetSize(d));
        if (position < -fixedLine.Tolerance || position > size + fixedLine.Tolerance)
        {
          return false;
        }
        isCertain = isCertain && position > fixedLine.Tolerance && position < size - fixedLine.Tolerance;
      }
    }
    bool isInside = true;
    if (isCertain && maskImage != nullptr)
    {
      IndexType index;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const double position = maskLine.GetPosition(d, x) + 0.5;
        index[d] = Math::Floor<IndexValueType>(position);
        const double fraction = position - static_cast<double>(index[d]);
        isCertain = isCertain && fraction > maskLine.Tolerance && fraction < 1.0 - maskLine.Tolerance;
      }
      if (isCertain)
      {
        const bool isInBuffer = maskBuffer.IsInside(index);
        if (m_ImageMask->GetUseMaskValue())
        {
          isInside = isInBuffer && maskImage->GetPixel(index) == m_ImageMask->GetMaskValue();
        }
        else
        {
          isInside = isInBuffer && maskImage->GetPixel(index) != 0;
        }
      }
    }
    if (isCertain)
    {
      return isInside;
    }
    IndexType index = first;
    index[0] += static_cast<IndexValueType>(x);
    return m_Geometry.IsInside(m_Geometry.Domain->template TransformIndexToPhysicalPoint<double>(index));
  });
}
} // end namespace itk

#endif // itkMaskedVoxelEnumerator_hxx
