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
#ifndef itkMaskedVoxelSampler_hxx
#define itkMaskedVoxelSampler_hxx

#include "itkMath.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <sstream>

namespace itk
{
template <unsigned int VDimension>
MaskedVoxelSampler<VDimension>::MaskedVoxelSampler() = default;

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::SetRegion(const RegionType & region)
{
  if (!m_Region || *m_Region != region)
  {
    m_Region = region;
    this->Modified();
  }
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetRegion() const -> RegionType
{
  if (m_Region)
  {
    return *m_Region;
  }
  return m_Domain ? m_Domain->GetLargestPossibleRegion() : RegionType{};
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::ResetRegion()
{
  if (m_Region)
  {
    m_Region.reset();
    this->Modified();
  }
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetGeometry(const DomainType & grid, const RegionType & region) -> Geometry
{
  return { grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection(), region };
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetInputs() const -> Inputs
{
  if (!m_Domain)
  {
    itkExceptionMacro("There is no domain. Call SetDomain() with an image whose grid is to be sampled.");
  }
  Inputs inputs;
  inputs.Domain = Self::GetGeometry(*m_Domain, m_Domain->GetLargestPossibleRegion());
  inputs.Region = this->GetRegion();
  if (m_FixedImage)
  {
    inputs.FixedImage = Self::GetGeometry(*m_FixedImage, m_FixedImage->GetBufferedRegion());
  }
  if (m_Mask)
  {
    inputs.MaskAddress = m_Mask;
    inputs.MaskTime = m_Mask->GetMTime();
  }
  if (m_Transform)
  {
    inputs.TransformAddress = m_Transform;
    inputs.TransformTime = m_Transform->GetMTime();
  }
  return inputs;
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::Update()
{
  if (!this->UpdateUnlessEmpty())
  {
    this->ThrowNoVoxel();
  }
}

template <unsigned int VDimension>
bool
MaskedVoxelSampler<VDimension>::UpdateUnlessEmpty()
{
  const Inputs inputs = this->GetInputs();
  if (m_EnumeratedInputs && *m_EnumeratedInputs == inputs)
  {
    return true;
  }
  m_EnumeratedInputs.reset();
  m_EnumeratedDomain = inputs.Domain.Region;

  if (inputs.Region.GetNumberOfPixels() == 0 || !inputs.Domain.Region.IsInside(inputs.Region))
  {
    itkExceptionMacro("The region to sample, index " << inputs.Region.GetIndex() << ", size " << inputs.Region.GetSize()
                                                     << ", is empty or not inside the domain, index "
                                                     << inputs.Domain.Region.GetIndex() << ", size "
                                                     << inputs.Domain.Region.GetSize() << '.');
  }
  this->Enumerate(inputs.Region);
  this->Modified();
  if (m_NumberOfVoxels == 0)
  {
    return false;
  }
  m_EnumeratedInputs = inputs;
  return true;
}

template <unsigned int VDimension>
bool
MaskedVoxelSampler<VDimension>::IsInside(const PointType & point) const
{
  const PointType mapped = m_Transform ? m_Transform->TransformPoint(point) : point;
  if (m_FixedImage)
  {
    // The same test as ImageFunction::IsInsideBuffer, which the metrics apply. Negated, to catch NaN.
    const auto         position = m_FixedImage->template TransformPhysicalPointToContinuousIndex<double>(mapped);
    const RegionType & buffer = m_FixedImage->GetBufferedRegion();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto begin = static_cast<double>(buffer.GetIndex(d)) - 0.5;
      if (!(position[d] >= begin && position[d] < begin + static_cast<double>(buffer.GetSize(d))))
      {
        return false;
      }
    }
  }
  return !m_Mask || m_Mask->IsInsideInWorldSpace(mapped);
}

template <unsigned int VDimension>
bool
MaskedVoxelSampler<VDimension>::IsUnrestricted() const
{
  if (m_Mask)
  {
    return false;
  }
  return !m_FixedImage || (!m_Transform && Self::GetGeometry(*m_FixedImage, m_FixedImage->GetBufferedRegion()) ==
                                             Self::GetGeometry(*m_Domain, m_Domain->GetLargestPossibleRegion()));
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetMaskOnSameGrid() const -> const ImageMaskType *
{
  const auto * const imageMask = dynamic_cast<const ImageMaskType *>(m_Mask.GetPointer());
  if (imageMask == nullptr || imageMask->GetImage() == nullptr || m_Transform)
  {
    return nullptr;
  }
  const auto * const objectToWorld = imageMask->GetObjectToWorldTransform();
  if (!objectToWorld->GetMatrix().GetVnlMatrix().is_identity() || !objectToWorld->GetOffset().GetVnlVector().is_zero())
  {
    return nullptr;
  }
  const RegionType & region = m_Domain->GetLargestPossibleRegion();
  const Geometry     domain = Self::GetGeometry(*m_Domain, region);
  const auto         coversDomain = [&region, &domain](const DomainType & grid) {
    return Self::GetGeometry(grid, region) == domain && grid.GetBufferedRegion().IsInside(region);
  };
  const bool isSameGrid = coversDomain(*imageMask->GetImage()) && (!m_FixedImage || coversDomain(*m_FixedImage));
  return isSameGrid ? imageMask : nullptr;
}

template <unsigned int VDimension>
template <typename TPredicate>
void
MaskedVoxelSampler<VDimension>::CollectRuns(const IndexType & first,
                                            SizeValueType     length,
                                            Slab &            slab,
                                            TPredicate        isInside) const
{
  const OffsetValueType offset = this->IndexToOffset(first);
  SizeValueType         begin = length; // of the open run; length: none is open
  for (SizeValueType x = 0; x <= length; ++x)
  {
    const bool inside = x < length && isInside(x);
    if (inside && begin == length)
    {
      begin = x;
    }
    else if (!inside && begin != length)
    {
      slab.Runs.push_back({ offset + static_cast<OffsetValueType>(begin), slab.NumberOfVoxels });
      slab.NumberOfVoxels += x - begin;
      begin = length;
    }
  }
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::ScanRow(const IndexType &     first,
                                        SizeValueType         length,
                                        const ImageMaskType * maskOnSameGrid,
                                        Slab &                slab) const
{
  if (maskOnSameGrid == nullptr)
  {
    this->CollectRuns(first, length, slab, [this, &first](SizeValueType x) {
      IndexType index = first;
      index[0] += static_cast<IndexValueType>(x);
      return this->IsInside(m_Domain->template TransformIndexToPhysicalPoint<double>(index));
    });
    return;
  }
  const auto * const image = maskOnSameGrid->GetImage();
  const auto * const row = image->GetBufferPointer() + image->ComputeOffset(first);
  if (maskOnSameGrid->GetUseMaskValue())
  {
    const auto value = maskOnSameGrid->GetMaskValue();
    this->CollectRuns(first, length, slab, [row, value](SizeValueType x) { return row[x] == value; });
  }
  else
  {
    this->CollectRuns(first, length, slab, [row](SizeValueType x) { return row[x] != 0; });
  }
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::Enumerate(const RegionType & region)
{
  const auto &        size = region.GetSize();
  const SizeValueType numberOfRows = region.GetNumberOfPixels() / size[0];
  // More slabs than threads, because the mask need not be spread evenly.
  const SizeValueType numberOfSlabs = std::min<SizeValueType>(numberOfRows, 8 * m_NumberOfWorkUnits);
  const bool          isUnrestricted = this->IsUnrestricted();
  const auto * const  maskOnSameGrid = this->GetMaskOnSameGrid();
  std::vector<Slab>   slabs(numberOfSlabs);

  const auto scanSlab = [&](SizeValueType slabNumber) {
    const SizeValueType end = (slabNumber + 1) * numberOfRows / numberOfSlabs;
    for (SizeValueType row = slabNumber * numberOfRows / numberOfSlabs; row < end; ++row)
    {
      IndexType     first = region.GetIndex();
      SizeValueType rest = row;
      for (unsigned int d = 1; d < VDimension; ++d)
      {
        first[d] += static_cast<IndexValueType>(rest % size[d]);
        rest /= size[d];
      }
      if (isUnrestricted)
      {
        Slab & slab = slabs[slabNumber];
        slab.Runs.push_back({ this->IndexToOffset(first), slab.NumberOfVoxels });
        slab.NumberOfVoxels += size[0];
      }
      else
      {
        this->ScanRow(first, size[0], maskOnSameGrid, slabs[slabNumber]);
      }
    }
  };
  const auto threader = MultiThreaderBase::New();
  threader->SetNumberOfWorkUnits(m_NumberOfWorkUnits);
  threader->ParallelizeArray(0, numberOfSlabs, scanSlab, nullptr);

  // Join the slabs in order.
  m_Runs.clear();
  m_NumberOfVoxels = 0;
  for (const Slab & slab : slabs)
  {
    for (const Run & run : slab.Runs)
    {
      m_Runs.push_back({ run.Offset, m_NumberOfVoxels + run.Rank });
    }
    m_NumberOfVoxels += slab.NumberOfVoxels;
  }
  m_Runs.shrink_to_fit();

  IndexType lower = IndexType::Filled(std::numeric_limits<IndexValueType>::max());
  IndexType upper = IndexType::Filled(std::numeric_limits<IndexValueType>::min());
  for (size_t run = 0; run < m_Runs.size(); ++run)
  {
    const IndexType first = this->OffsetToIndex(m_Runs[run].Offset);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      lower[d] = std::min(lower[d], first[d]);
      upper[d] = std::max(upper[d], first[d]);
    }
    upper[0] = std::max(upper[0], first[0] + static_cast<IndexValueType>(this->GetRunLength(run)) - 1);
  }
  m_BoundingRegion = RegionType{};
  if (m_NumberOfVoxels > 0)
  {
    m_BoundingRegion.SetIndex(lower);
    m_BoundingRegion.SetUpperIndex(upper);
  }
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::ThrowNoVoxel() const
{
  const RegionType region = this->GetRegion();
  const auto       printBox = [](std::ostream & os, const PointType & minimum, const PointType & maximum) {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      os << (d > 0 ? " x " : "") << '[' << minimum[d] << ", " << maximum[d] << ']';
    }
  };

  // The box around the mapped corners of the region, half a voxel beyond the centres.
  PointType minimum;
  minimum.Fill(std::numeric_limits<double>::max());
  PointType maximum;
  maximum.Fill(std::numeric_limits<double>::lowest());
  for (unsigned int corner = 0; corner < (1U << VDimension); ++corner)
  {
    ContinuousIndex<double, VDimension> position;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      position[d] = static_cast<double>(region.GetIndex(d)) - 0.5;
      if (((corner >> d) & 1U) != 0)
      {
        position[d] += static_cast<double>(region.GetSize(d));
      }
    }
    auto point = m_Domain->template TransformContinuousIndexToPhysicalPoint<double>(position);
    point = m_Transform ? m_Transform->TransformPoint(point) : point;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      minimum[d] = std::min(minimum[d], point[d]);
      maximum[d] = std::max(maximum[d], point[d]);
    }
  }

  std::ostringstream message;
  message << "No voxel of the domain is inside the mask, so there is nothing to sample. ";
  const auto * const imageMask = dynamic_cast<const ImageMaskType *>(m_Mask.GetPointer());
  if (imageMask != nullptr && imageMask->ComputeMyBoundingBoxInIndexSpace().GetNumberOfPixels() == 0)
  {
    message << "The mask image has no pixel ";
    if (imageMask->GetUseMaskValue())
    {
      message << "of the mask value " << static_cast<int>(imageMask->GetMaskValue()) << ". ";
    }
    else
    {
      message << "that is not zero. ";
    }
  }
  if (m_Mask)
  {
    const auto * const box = m_Mask->GetMyBoundingBoxInWorldSpace();
    message << "The bounding box of the mask (" << m_Mask->GetNameOfClass() << ") is ";
    printBox(message, box->GetMinimum(), box->GetMaximum());
    message << ", that of the " << (m_Region ? "region of the " : "") << "domain ";
  }
  else
  {
    message
      << "There is no mask, but no voxel is inside the buffer of the fixed image. The bounding box of the domain ";
  }
  message << (m_Transform ? "(mapped by the transform) " : "") << "is ";
  printBox(message, minimum, maximum);
  message
    << ", in physical space. Likely causes: origin, spacing or direction of the image were not copied to the mask "
       "image; a spatial object was not updated with Update(); the transform goes the wrong way.";
  itkExceptionMacro(<< message.str());
}

template <unsigned int VDimension>
OffsetValueType
MaskedVoxelSampler<VDimension>::IndexToOffset(const IndexType & index) const
{
  // Not ImageBase::ComputeOffset, which counts in the buffered region: a domain need not have a buffer.
  OffsetValueType offset = 0;
  for (unsigned int d = VDimension; d-- > 0;)
  {
    offset =
      offset * static_cast<OffsetValueType>(m_EnumeratedDomain.GetSize(d)) + index[d] - m_EnumeratedDomain.GetIndex(d);
  }
  return offset;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::OffsetToIndex(OffsetValueType offset) const -> IndexType
{
  IndexType index = m_EnumeratedDomain.GetIndex();
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto size = static_cast<OffsetValueType>(m_EnumeratedDomain.GetSize(d));
    index[d] += offset % size;
    offset /= size;
  }
  return index;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetRuns() const -> const std::vector<Run> &
{
  if (!m_EnumeratedInputs)
  {
    itkExceptionMacro("The mask voxels are not enumerated. Call Update() first.");
  }
  return m_Runs;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetIndex(SizeValueType rank) const -> IndexType
{
  const auto & runs = this->GetRuns();
  if (rank >= m_NumberOfVoxels)
  {
    itkExceptionMacro("There is no mask voxel of rank " << rank << ": the ranks are 0 to " << m_NumberOfVoxels - 1
                                                        << '.');
  }
  const auto next = std::upper_bound(
    runs.begin(), runs.end(), rank, [](SizeValueType value, const Run & run) { return value < run.Rank; });
  const Run & run = *std::prev(next);
  return this->OffsetToIndex(run.Offset + static_cast<OffsetValueType>(rank - run.Rank));
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelSampler<VDimension>::GetRank(const IndexType & index) const
{
  const auto & runs = this->GetRuns();
  if (m_BoundingRegion.IsInside(index))
  {
    const OffsetValueType offset = this->IndexToOffset(index);
    const auto            next = std::upper_bound(
      runs.begin(), runs.end(), offset, [](OffsetValueType value, const Run & run) { return value < run.Offset; });
    if (next != runs.begin())
    {
      const auto run = std::prev(next);
      const auto distance = static_cast<SizeValueType>(offset - run->Offset);
      if (distance < this->GetRunLength(static_cast<size_t>(run - runs.begin())))
      {
        return run->Rank + distance;
      }
    }
  }
  itkExceptionMacro("The voxel " << index
                                 << " is not inside the mask, so it has no rank. All mask voxels are in the "
                                    "region of index "
                                 << m_BoundingRegion.GetIndex() << " and size " << m_BoundingRegion.GetSize() << '.');
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelSampler<VDimension>::DrawInteger(GeneratorType & generator, SizeValueType upperBound)
{
  // Rejection of the incomplete last interval makes every value equally likely.
  constexpr std::uint64_t range32 = std::uint64_t{ 1 } << 32;
  const std::uint64_t     bound = upperBound;
  if (bound <= range32)
  {
    const std::uint64_t limit = range32 - range32 % bound;
    while (true)
    {
      const std::uint64_t draw = generator.GetIntegerVariate();
      if (draw < limit)
      {
        return draw % bound;
      }
    }
  }
  constexpr std::uint64_t maximum = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t     last = maximum - (maximum % bound + 1) % bound;
  while (true)
  {
    const std::uint64_t high = generator.GetIntegerVariate();
    const std::uint64_t low = generator.GetIntegerVariate();
    const std::uint64_t draw = (high << 32) | low;
    if (draw <= last)
    {
      return draw % bound;
    }
  }
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::DrawRanks(GeneratorType & generator,
                                          SizeValueType   numberOfSamples,
                                          SizeValueType   numberOfVoxels) -> RankContainerType
{
  const SizeValueType repetitions = numberOfSamples / numberOfVoxels;
  const SizeValueType remainder = numberOfSamples % numberOfVoxels;

  // Draw the ranks to take once more or, if they are more than half, those not to take.
  const bool          drawOmitted = remainder > numberOfVoxels / 2;
  const SizeValueType numberToDraw = drawOmitted ? numberOfVoxels - remainder : remainder;
  RankContainerType   drawn;
  drawn.reserve(numberToDraw);
  while (drawn.size() < numberToDraw)
  {
    for (SizeValueType missing = numberToDraw - drawn.size(); missing > 0; --missing)
    {
      drawn.push_back(Self::DrawInteger(generator, numberOfVoxels));
    }
    std::sort(drawn.begin(), drawn.end());
    drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
  }
  if (repetitions == 0 && !drawOmitted)
  {
    return drawn;
  }

  RankContainerType ranks;
  ranks.reserve(numberOfSamples);
  auto next = drawn.begin();
  for (SizeValueType rank = 0; rank < numberOfVoxels; ++rank)
  {
    const bool isDrawn = next != drawn.end() && *next == rank;
    next += isDrawn ? 1 : 0;
    ranks.insert(ranks.end(), repetitions + (isDrawn != drawOmitted ? 1 : 0), rank);
  }
  return ranks;
}

template <unsigned int VDimension>
bool
MaskedVoxelSampler<VDimension>::IsUsable(const SamplePointType & point, const IndexType & index) const
{
  PointType position;
  position.CastFrom(point);
  return m_Domain->TransformPhysicalPointToIndex(position) == index && this->IsInside(position);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::MakeCenter(const IndexType & index) const -> SamplePointType
{
  SamplePointType center;
  center.CastFrom(m_Domain->template TransformIndexToPhysicalPoint<double>(index));
  if (this->IsUsable(center, index))
  {
    return center;
  }
  // The centre is inside, but its `float` coordinates are not: a border of the mask runs through it. Take the first
  // neighbour in `float` that is inside.
  unsigned int numberOfNeighbors = 1;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    numberOfNeighbors *= 3;
  }
  for (unsigned int neighbor = 0; neighbor < numberOfNeighbors; ++neighbor)
  {
    SamplePointType candidate = center;
    unsigned int    rest = neighbor;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      constexpr float infinity = std::numeric_limits<float>::infinity();
      if (rest % 3 != 0)
      {
        candidate[d] = std::nextafter(center[d], rest % 3 == 1 ? infinity : -infinity);
      }
      rest /= 3;
    }
    if (this->IsUsable(candidate, index))
    {
      return candidate;
    }
  }
  return center;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::MakePerturbed(const IndexType & index, GeneratorType & generator) const
  -> SamplePointType
{
  constexpr unsigned int maximumNumberOfTries = 32;
  for (unsigned int i = 0; i < maximumNumberOfTries; ++i)
  {
    ContinuousIndex<double, VDimension> position;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      position[d] = static_cast<double>(index[d]) - 0.5 + generator.GetVariateWithOpenUpperRange();
    }
    SamplePointType point;
    point.CastFrom(m_Domain->template TransformContinuousIndexToPhysicalPoint<double>(position));
    if (this->IsUsable(point, index))
    {
      return point;
    }
  }
  return this->MakeCenter(index);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::MakePoints(const RankContainerType & ranks, GeneratorType * generator) const ->
  typename PointSetType::Pointer
{
  if (!m_EnumeratedInputs || !(*m_EnumeratedInputs == this->GetInputs()))
  {
    itkExceptionMacro("The mask, the domain or the transform changed since the mask voxels were enumerated. Call "
                      "Update() first.");
  }
  const auto points = PointSetType::PointsContainer::New();
  auto &     container = points->CastToSTLContainer();
  container.reserve(ranks.size());
  for (const SizeValueType rank : ranks)
  {
    const IndexType index = this->GetIndex(rank);
    container.push_back(generator != nullptr && m_PerturbSamples ? this->MakePerturbed(index, *generator)
                                                                 : this->MakeCenter(index));
  }
  auto pointSet = PointSetType::New();
  pointSet->SetPoints(points);
  return pointSet;
}

template <unsigned int VDimension>
bool
MaskedVoxelSampler<VDimension>::GetCentersAreExact() const
{
  const auto & runs = this->GetRuns();
  for (size_t run = 0; run < runs.size(); ++run)
  {
    IndexType           index = this->OffsetToIndex(runs[run].Offset);
    const SizeValueType length = this->GetRunLength(run);
    for (SizeValueType x = 0; x < length; ++x, ++index[0])
    {
      const auto center = m_Domain->template TransformIndexToPhysicalPoint<double>(index);
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        if (Math::NotExactlyEquals(static_cast<double>(static_cast<float>(center[d])), center[d]))
        {
          return false;
        }
      }
    }
  }
  return true;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleAll() const -> typename PointSetType::Pointer
{
  RankContainerType ranks(m_NumberOfVoxels);
  std::iota(ranks.begin(), ranks.end(), SizeValueType{ 0 });
  return this->MakePoints(ranks, nullptr);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleRandomly(SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  this->GetRuns();
  const auto generator = GeneratorType::New();
  generator->SetSeed(seed);
  return this->MakePoints(Self::DrawRanks(*generator, numberOfSamples, m_NumberOfVoxels), generator);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleRegularly(SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  this->GetRuns();
  const auto generator = GeneratorType::New();
  generator->SetSeed(seed);
  const double      phase = generator->GetVariateWithOpenUpperRange();
  RankContainerType ranks(numberOfSamples);
  for (SizeValueType i = 0; i < numberOfSamples; ++i)
  {
    const double position =
      (static_cast<double>(i) + phase) * static_cast<double>(m_NumberOfVoxels) / static_cast<double>(numberOfSamples);
    // Rounding may lift the last position to V.
    ranks[i] = std::min(static_cast<SizeValueType>(position), m_NumberOfVoxels - 1);
  }
  return this->MakePoints(ranks, generator);
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);

  itkPrintSelfObjectMacro(Domain);
  itkPrintSelfObjectMacro(Mask);
  itkPrintSelfObjectMacro(Transform);
  itkPrintSelfObjectMacro(FixedImage);
  os << indent << "Region: ";
  if (m_Region)
  {
    os << *m_Region << std::endl;
  }
  else
  {
    os << "(the whole domain)" << std::endl;
  }
  os << indent << "PerturbSamples: " << (m_PerturbSamples ? "On" : "Off") << std::endl;
  os << indent << "NumberOfWorkUnits: " << m_NumberOfWorkUnits << std::endl;
  os << indent << "EnumeratedInputs: " << (m_EnumeratedInputs ? "(up to date or outdated)" : "(none)") << std::endl;
  os << indent << "EnumeratedDomain: " << m_EnumeratedDomain << std::endl;
  os << indent << "NumberOfRuns: " << m_Runs.size() << std::endl;
  os << indent << "NumberOfVoxels: " << m_NumberOfVoxels << std::endl;
  os << indent << "BoundingRegion: " << m_BoundingRegion << std::endl;
}
} // end namespace itk

#endif // itkMaskedVoxelSampler_hxx
