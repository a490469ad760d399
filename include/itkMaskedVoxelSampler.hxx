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

#include "sampler/itkMaskedVoxelEnumerator.h"
#include "itkMath.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
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
MaskedVoxelSampler<VDimension>::GetGrid(const DomainType & grid, const RegionType & region) -> Grid
{
  return { grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection(), region };
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetStamp(const Object * object) -> Stamp
{
  return object != nullptr ? Stamp{ object, object->GetMTime() } : Stamp{};
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::CheckIsAllocated(const char * name, const DomainType & image, const void * buffer)
{
  if (buffer == nullptr && image.GetBufferedRegion().GetNumberOfPixels() > 0)
  {
    itkGenericExceptionMacro(
      "The " << name
             << " image has a region, but no pixels. Call its Allocate(), or Update() of the filter that makes "
                "it.");
  }
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetInputs() const -> Inputs
{
  if (!m_Domain)
  {
    itkExceptionMacro("There is no domain. Call SetDomain() with an image whose grid is to be sampled.");
  }
  const auto * const imageMask = dynamic_cast<const ImageMaskSpatialObject<VDimension> *>(m_Mask.GetPointer());
  if (imageMask != nullptr)
  {
    if (imageMask->GetImage() == nullptr)
    {
      itkExceptionMacro("The mask, an ImageMaskSpatialObject, has no image. Call its SetImage().");
    }
    Self::CheckIsAllocated("mask", *imageMask->GetImage(), imageMask->GetImage()->GetBufferPointer());
  }
  if (m_WeightImage)
  {
    Self::CheckIsAllocated("weight", *m_WeightImage, m_WeightImage->GetBufferPointer());
  }
  Inputs inputs;
  inputs.Domain = Self::GetGrid(*m_Domain, m_Domain->GetLargestPossibleRegion());
  inputs.Region = this->GetRegion();
  if (m_FixedImage)
  {
    inputs.FixedImage = Self::GetGrid(*m_FixedImage, m_FixedImage->GetBufferedRegion());
  }
  if (m_CoveringGrid)
  {
    inputs.CoveringGrid = Self::GetGrid(*m_CoveringGrid, m_CoveringGrid->GetLargestPossibleRegion());
  }
  inputs.Mask = Self::GetStamp(m_Mask);
  if (m_Transform)
  {
    inputs.Transform = { m_Transform, GeometryType::GetTimeOfTransform(*m_Transform) };
    for (unsigned int d = 0; d <= VDimension; ++d)
    {
      IndexType index = inputs.Domain.Region.GetIndex();
      if (d < VDimension)
      {
        index[d] += static_cast<IndexValueType>(inputs.Domain.Region.GetSize(d));
      }
      inputs.MappedPoints.push_back(
        m_Transform->TransformPoint(m_Domain->template TransformIndexToPhysicalPoint<double>(index)));
    }
  }
  return inputs;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetGeometry() const -> GeometryType
{
  return { m_Domain, m_Mask, m_Transform, m_FixedImage };
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
  if (!m_EnumeratedInputs || !(*m_EnumeratedInputs == inputs))
  {
    m_EnumeratedInputs.reset();
    m_Weights.reset();
    m_Runs = RunsType();
    if (inputs.Region.GetNumberOfPixels() == 0 || !inputs.Domain.Region.IsInside(inputs.Region))
    {
      itkExceptionMacro("The region to sample, index "
                        << inputs.Region.GetIndex() << ", size " << inputs.Region.GetSize()
                        << ", is empty or not inside the domain, index " << inputs.Domain.Region.GetIndex() << ", size "
                        << inputs.Domain.Region.GetSize() << '.');
    }
    m_Runs = MaskedVoxelEnumerator<VDimension>(this->GetGeometry()).Enumerate(inputs.Region, m_NumberOfWorkUnits);
    this->Modified();
    if (m_Runs.GetNumberOfVoxels() == 0)
    {
      return false;
    }
    m_EnumeratedInputs = inputs;
  }

  const Stamp weightImage = Self::GetStamp(m_WeightImage);
  if (!m_WeightImage)
  {
    m_Weights.reset();
  }
  else if (!m_Weights || !(m_SummedWeightImage == weightImage))
  {
    m_Weights.reset();
    m_Weights.emplace(m_Runs, this->GetGeometry(), *m_WeightImage, m_NumberOfWorkUnits);
    m_SummedWeightImage = weightImage;
    this->Modified();
  }
  return true;
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
  const auto * const imageMask = dynamic_cast<const ImageMaskSpatialObject<VDimension> *>(m_Mask.GetPointer());
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
    m_Mask->ComputeFamilyBoundingBox(MaskType::MaximumDepth);
    const auto * const box = m_Mask->GetFamilyBoundingBoxInWorldSpace();
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
auto
MaskedVoxelSampler<VDimension>::GetRuns() const -> const RunsType &
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
  const RunsType & runs = this->GetRuns();
  if (rank >= runs.GetNumberOfVoxels())
  {
    itkExceptionMacro("There is no mask voxel of rank " << rank << ": the ranks are 0 to "
                                                        << runs.GetNumberOfVoxels() - 1 << '.');
  }
  return runs.RankToIndex(rank);
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelSampler<VDimension>::GetRank(const IndexType & index) const
{
  const RunsType &    runs = this->GetRuns();
  const SizeValueType rank = runs.IndexToRank(index);
  if (rank == runs.GetNumberOfVoxels())
  {
    itkExceptionMacro("The voxel " << index
                                   << " is not inside the mask, so it has no rank. All mask voxels are in the region "
                                      "of index "
                                   << runs.GetBoundingRegion().GetIndex() << " and size "
                                   << runs.GetBoundingRegion().GetSize() << '.');
  }
  return rank;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::MakeSampler() const -> Pointer
{
  const auto sampler = Self::New();
  sampler->m_Domain = m_Domain;
  sampler->m_Mask = m_Mask;
  sampler->m_Transform = m_Transform;
  sampler->m_FixedImage = m_FixedImage;
  sampler->m_CoveringGrid = m_CoveringGrid;
  sampler->m_PerturbSamples = m_PerturbSamples;
  sampler->m_NumberOfWorkUnits = m_NumberOfWorkUnits;
  return sampler;
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::CheckGrid(const DomainType * grid) const
{
  this->GetInputs(); // checks them
  if (grid == nullptr)
  {
    itkExceptionMacro("There is no grid to make a sampler for: it is null.");
  }
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::MakeSamplerOfGrid(const DomainType * grid) const -> Pointer
{
  this->CheckGrid(grid);
  const Pointer sampler = this->MakeSampler();
  sampler->m_Domain = grid;
  sampler->m_Region = GeometryType::GetVoxelsCenteredIn(*grid, *m_Domain, this->GetRegion());
  return sampler->m_Region->GetNumberOfPixels() > 0 ? sampler : nullptr;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::MakeSamplerCoveredBy(const DomainType * grid) const -> Pointer
{
  this->CheckGrid(grid);
  const Pointer sampler = this->MakeSampler();
  sampler->m_WeightImage = m_WeightImage;
  sampler->m_CoveringGrid = grid;
  RegionType region = GeometryType::GetVoxelsCenteredIn(*m_Domain, *grid, grid->GetLargestPossibleRegion());
  if (region.GetNumberOfPixels() == 0 || !region.Crop(this->GetRegion()))
  {
    return nullptr;
  }
  sampler->m_Region = region;
  return sampler;
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
  return m_Domain->TransformPhysicalPointToIndex(position) == index && this->GetGeometry().IsInside(position) &&
         (!m_CoveringGrid ||
          m_CoveringGrid->GetLargestPossibleRegion().IsInside(m_CoveringGrid->TransformPhysicalPointToIndex(position)));
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
template <typename TGetRank>
auto
MaskedVoxelSampler<VDimension>::MakePoints(SizeValueType   numberOfSamples,
                                           TGetRank        getRank,
                                           GeneratorType * generator) const -> typename PointSetType::Pointer
{
  const auto points = PointSetType::PointsContainer::New();
  auto &     container = points->CastToSTLContainer();
  container.reserve(numberOfSamples);
  typename RunsType::Cursor cursor(m_Runs);
  for (SizeValueType i = 0; i < numberOfSamples; ++i)
  {
    const IndexType index = cursor.GetIndex(getRank(i));
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
  bool areExact = true;
  this->GetRuns().ForEachRun([&](const auto &, IndexType index, SizeValueType length) {
    for (SizeValueType x = 0; x < length; ++x, ++index[0])
    {
      const auto center = m_Domain->template TransformIndexToPhysicalPoint<double>(index);
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        areExact = areExact && Math::ExactlyEquals(static_cast<double>(static_cast<float>(center[d])), center[d]);
      }
    }
    return areExact;
  });
  return areExact;
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::CheckIsUpToDate() const
{
  this->GetRuns();
  if (!(*m_EnumeratedInputs == this->GetInputs()) ||
      (m_WeightImage ? !(m_Weights && m_SummedWeightImage == Self::GetStamp(m_WeightImage)) : m_Weights.has_value()))
  {
    itkExceptionMacro("The mask, the domain, the transform or the weights changed since the mask voxels were "
                      "enumerated. Call Update() first.");
  }
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleAll() const -> typename PointSetType::Pointer
{
  this->CheckIsUpToDate();
  return this->MakePoints(m_Runs.GetNumberOfVoxels(), [](SizeValueType i) { return i; }, nullptr);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::KeepInside(const PointSetType * points) const -> typename PointSetType::Pointer
{
  if (points == nullptr)
  {
    itkExceptionMacro("There are no points: the point set is null.");
  }
  this->GetInputs(); // checks them
  const RegionType   region = this->GetRegion();
  const GeometryType geometry = this->GetGeometry();
  const auto         isInside = [&](const SamplePointType & point) {
    PointType position;
    position.CastFrom(point);
    return region.IsInside(m_Domain->TransformPhysicalPointToIndex(position)) && geometry.IsInside(position) &&
           (!m_CoveringGrid || m_CoveringGrid->GetLargestPossibleRegion().IsInside(
                                 m_CoveringGrid->TransformPhysicalPointToIndex(position)));
  };
  const auto kept = PointSetType::PointsContainer::New();
  if (points->GetPoints() != nullptr)
  {
    const auto & given = points->GetPoints()->CastToSTLConstContainer();
    std::copy_if(given.begin(), given.end(), std::back_inserter(kept->CastToSTLContainer()), isInside);
  }
  auto pointSet = PointSetType::New();
  pointSet->SetPoints(kept);
  return pointSet;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleRandomly(SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  this->CheckIsUpToDate();
  const auto generator = GeneratorType::New();
  generator->SetSeed(seed);
  const RankContainerType ranks =
    m_Weights ? m_Weights->DrawRandomly(
                  this->GetGeometry(), numberOfSamples, [&] { return generator->GetVariateWithOpenUpperRange(); })
              : Self::DrawRanks(*generator, numberOfSamples, m_Runs.GetNumberOfVoxels());
  return this->MakePoints(ranks.size(), [&ranks](SizeValueType i) { return ranks[i]; }, generator);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleRegularly(SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  this->CheckIsUpToDate();
  const auto generator = GeneratorType::New();
  generator->SetSeed(seed);
  const double phase = generator->GetVariateWithOpenUpperRange();
  if (m_Weights)
  {
    const RankContainerType ranks = m_Weights->DrawRegularly(this->GetGeometry(), numberOfSamples, phase);
    return this->MakePoints(ranks.size(), [&ranks](SizeValueType i) { return ranks[i]; }, generator);
  }
  const auto getRank = [&](SizeValueType i) {
    const double position = (static_cast<double>(i) + phase) * static_cast<double>(m_Runs.GetNumberOfVoxels()) /
                            static_cast<double>(numberOfSamples);
    // Rounding may lift the last position to V.
    return std::min(static_cast<SizeValueType>(position), m_Runs.GetNumberOfVoxels() - 1);
  };
  return this->MakePoints(numberOfSamples, getRank, generator);
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
  itkPrintSelfObjectMacro(CoveringGrid);
  itkPrintSelfObjectMacro(WeightImage);
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
  os << indent << "NumberOfRuns: " << m_Runs.GetNumberOfRuns() << std::endl;
  os << indent << "NumberOfVoxels: " << m_Runs.GetNumberOfVoxels() << std::endl;
  os << indent << "BoundingRegion: " << m_Runs.GetBoundingRegion() << std::endl;
  os << indent << "Weights: " << (m_Weights ? "(up to date or outdated)" : "(none)") << std::endl;
}
} // end namespace itk

#endif // itkMaskedVoxelSampler_hxx
