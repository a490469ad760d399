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

#include "itkMaskedVoxelSampler.h"

#include "sampler/itkCheckMask.h"
#include "sampler/itkDescribeEmptyMask.h"
#include "sampler/itkMaskedPointMaker.h"
#include "sampler/itkMaskedRankDraws.h"
#include "sampler/itkMaskedVoxelList.h"

#include "itkMath.h"

#include <algorithm>
#include <iterator>

namespace itk
{
template <unsigned int VDimension>
MaskedVoxelSampler<VDimension>::MaskedVoxelSampler()
  : m_List(std::make_unique<ListType>())
{}

template <unsigned int VDimension>
MaskedVoxelSampler<VDimension>::~MaskedVoxelSampler() = default;

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
MaskedVoxelSampler<VDimension>::GetInputs() const -> MaskedVoxelInputs<VDimension>
{
  if (!m_Domain)
  {
    itkExceptionMacro("There is no domain. Call SetDomain() with an image whose grid is to be sampled.");
  }
  CheckMask<VDimension>(m_Mask.GetPointer());
  CheckWeights<VDimension>(m_WeightImage.GetPointer());
  MaskedVoxelInputs<VDimension> inputs;
  inputs.Domain = { *m_Domain, m_Domain->GetLargestPossibleRegion() };
  inputs.Region = this->GetRegion();
  if (m_FixedImage)
  {
    inputs.FixedImage = { *m_FixedImage, m_FixedImage->GetBufferedRegion() };
  }
  if (m_CoveringGrid)
  {
    inputs.CoveringGrid = { *m_CoveringGrid, m_CoveringGrid->GetLargestPossibleRegion() };
  }
  inputs.Mask = typename MaskedVoxelInputs<VDimension>::Stamp(m_Mask);
  if (m_Transform)
  {
    inputs.SetTransform(*m_Transform, *m_Domain);
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
  const auto inputs = this->GetInputs();
  if (inputs.Region.GetNumberOfPixels() == 0 || !inputs.Domain.Region.IsInside(inputs.Region))
  {
    m_List = std::make_unique<ListType>();
    itkExceptionMacro("The region to sample, index " << inputs.Region.GetIndex() << ", size " << inputs.Region.GetSize()
                                                     << ", is empty or not inside the domain, index "
                                                     << inputs.Domain.Region.GetIndex() << ", size "
                                                     << inputs.Domain.Region.GetSize() << '.');
  }
  const MaskGeometry<VDimension> geometry{ m_Domain, m_Mask, m_Transform, m_FixedImage };
  if (m_List->Update(inputs, geometry, m_NumberOfWorkUnits))
  {
    this->Modified();
  }
  if (!m_List->HasVoxels())
  {
    return false;
  }
  if (m_List->UpdateWeights(m_WeightImage, geometry, m_NumberOfWorkUnits))
  {
    this->Modified();
  }
  return true;
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::ThrowNoVoxel() const
{
  itkExceptionMacro(<< DescribeEmptyMask(*m_Domain,
                                         this->GetRegion(),
                                         m_Region.has_value(),
                                         m_Mask.GetPointer(),
                                         m_Transform.GetPointer()));
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetList() const -> const ListType &
{
  if (!m_List->HasVoxels())
  {
    itkExceptionMacro("The mask voxels are not enumerated. Call Update() first.");
  }
  return *m_List;
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelSampler<VDimension>::GetNumberOfVoxels() const
{
  return m_List->GetRuns().GetNumberOfVoxels();
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelSampler<VDimension>::GetNumberOfRuns() const
{
  return m_List->GetRuns().GetNumberOfRuns();
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetBoundingRegion() const -> const RegionType &
{
  return m_List->GetRuns().GetBoundingRegion();
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::VisitRuns(
  const std::function<void(const IndexType & index, SizeValueType length)> & visit) const
{
  m_List->GetRuns().ForEachRun([&visit](const auto &, const IndexType & index, SizeValueType length) {
    visit(index, length);
    return true;
  });
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::GetIndex(SizeValueType rank) const -> IndexType
{
  const auto & runs = this->GetList().GetRuns();
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
  const auto &        runs = this->GetList().GetRuns();
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
  sampler->m_Region = GridGeometry<VDimension>::GetVoxelsCenteredIn(*grid, *m_Domain, this->GetRegion());
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
  RegionType region = GridGeometry<VDimension>::GetVoxelsCenteredIn(*m_Domain, *grid, grid->GetLargestPossibleRegion());
  if (region.GetNumberOfPixels() == 0 || !region.Crop(this->GetRegion()))
  {
    return nullptr;
  }
  sampler->m_Region = region;
  return sampler;
}

template <unsigned int VDimension>
bool
MaskedVoxelSampler<VDimension>::GetCentersAreExact() const
{
  bool areExact = true;
  this->GetList().GetRuns().ForEachRun([&](const auto &, IndexType index, SizeValueType length) {
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
auto
MaskedVoxelSampler<VDimension>::GetCurrentList() const -> const ListType &
{
  const ListType & list = this->GetList();
  if (!list.IsOf(this->GetInputs(), m_WeightImage))
  {
    itkExceptionMacro("The mask, the domain, the transform or the weights changed since the mask voxels were "
                      "enumerated. Call Update() first.");
  }
  return list;
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleAll() const -> typename PointSetType::Pointer
{
  const auto & runs = this->GetCurrentList().GetRuns();
  this->CheckNumberOfSamples(runs.GetNumberOfVoxels(), 0);
  const MaskedPointMaker<VDimension> maker{ { m_Domain, m_Mask, m_Transform, m_FixedImage }, m_CoveringGrid };
  return MakePointsOfRanks(runs, maker, runs.GetNumberOfVoxels(), [](SizeValueType i) { return i; }, nullptr);
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
  const RegionType                   region = this->GetRegion();
  const MaskedPointMaker<VDimension> maker{ { m_Domain, m_Mask, m_Transform, m_FixedImage }, m_CoveringGrid };
  const auto                         isInside = [&](const SamplePointType & point) {
    PointType position;
    position.CastFrom(point);
    return region.IsInside(m_Domain->TransformPhysicalPointToIndex(position)) && maker.IsInside(position);
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
MaskedVoxelSampler<VDimension>::Sample(bool isRandom, SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  const ListType & list = this->GetCurrentList();
  this->CheckNumberOfSamples(numberOfSamples, 0);
  const auto generator = MaskedRankDraws::GeneratorType::New();
  generator->SetSeed(seed);
  const auto uniform = [&generator] { return generator->GetVariateWithOpenUpperRange(); };

  const MaskedPointMaker<VDimension> maker{ { m_Domain, m_Mask, m_Transform, m_FixedImage }, m_CoveringGrid };
  const SizeValueType                numberOfVoxels = list.GetRuns().GetNumberOfVoxels();
  MaskedRankDraws::RanksType         ranks;
  if (const auto * const weights = list.GetWeights())
  {
    ranks = isRandom ? weights->DrawRandomly(maker.Geometry, numberOfSamples, uniform)
                     : weights->DrawRegularly(maker.Geometry, numberOfSamples, uniform());
  }
  else
  {
    ranks = isRandom ? MaskedRankDraws::DrawRandomly(*generator, numberOfSamples, numberOfVoxels)
                     : MaskedRankDraws::DrawRegularly(uniform(), numberOfSamples, numberOfVoxels);
  }
  return MakePointsOfRanks(
    list.GetRuns(),
    maker,
    ranks.size(),
    [&ranks](SizeValueType i) { return ranks[i]; },
    m_PerturbSamples ? generator.GetPointer() : nullptr);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleRandomly(SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  return this->Sample(true, numberOfSamples, seed);
}

template <unsigned int VDimension>
auto
MaskedVoxelSampler<VDimension>::SampleRegularly(SizeValueType numberOfSamples, unsigned int seed) const ->
  typename PointSetType::Pointer
{
  return this->Sample(false, numberOfSamples, seed);
}

template <unsigned int VDimension>
SizeValueType
MaskedVoxelSampler<VDimension>::ComputeNumberOfSamples(SizeValueType numberOfVoxels,
                                                       double        percentage,
                                                       double        shrinkage)
{
  const auto round = [](double number) { return Math::RoundHalfIntegerUp<SizeValueType>(number); };
  const auto whole = std::max<SizeValueType>(1, round(percentage * static_cast<double>(numberOfVoxels)));
  return std::max(round(static_cast<double>(whole) / shrinkage), std::min<SizeValueType>(whole, 2000));
}

template <unsigned int VDimension>
void
MaskedVoxelSampler<VDimension>::CheckNumberOfSamples(SizeValueType number, SizeValueType bytesPerSample) const
{
  MaskedRankDraws::CheckMemory(number, this->GetNumberOfVoxels(), 2 * sizeof(SamplePointType) + bytesPerSample);
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
  os << indent << "NumberOfRuns: " << this->GetNumberOfRuns() << std::endl;
  os << indent << "NumberOfVoxels: " << this->GetNumberOfVoxels() << std::endl;
  os << indent << "BoundingRegion: " << this->GetBoundingRegion() << std::endl;
  os << indent << "List: " << (m_List->HasVoxels() ? "(up to date or outdated)" : "(none)") << std::endl;
}
} // end namespace itk

#endif // itkMaskedVoxelSampler_hxx
