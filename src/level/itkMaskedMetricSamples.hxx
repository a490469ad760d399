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
#ifndef itkMaskedMetricSamples_hxx
#define itkMaskedMetricSamples_hxx

#include "itkMaskedMetricSamples.h"

#include "geometry/itkGridGeometry.h"
#include "geometry/itkTransformQuestions.h"
#include "level/itkMaskedMetricSamplesState.h"
#include "level/itkPointsInMovingImage.h"
#include "sampler/itkCheckMask.h"
#include "sampler/itkMaskAsImage.h"
#include "sampler/itkMaskWithChildren.h"

#include "itkImageAlgorithm.h"
#include "itkMersenneTwisterRandomVariateGenerator.h"

#include <algorithm>
#include <random>

namespace itk
{
template <unsigned int VDimension>
MaskedMetricSamples<VDimension>::MaskedMetricSamples()
  : m_State(std::make_unique<State>())
{}
template <unsigned int VDimension>
MaskedMetricSamples<VDimension>::~MaskedMetricSamples() = default;
template <unsigned int VDimension>
MaskedMetricSamples<VDimension>::MaskedMetricSamples(MaskedMetricSamples &&) noexcept = default;
template <unsigned int VDimension>
MaskedMetricSamples<VDimension> &
MaskedMetricSamples<VDimension>::operator=(MaskedMetricSamples &&) noexcept = default;

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::UpdateSampler(const SettingsType &  settings,
                                               const GridType *      fixedImage,
                                               const MaskType *      mask,
                                               const TransformType * domainToFixed) -> SamplerType &
{
  if (!m_State->Sampler)
  {
    m_State->Sampler = SamplerType::New();
  }
  SamplerType & sampler = *m_State->Sampler;
  sampler.SetDomain(settings.Domain);
  sampler.SetMask(mask);
  sampler.SetTransform(domainToFixed);
  sampler.SetFixedImage(fixedImage);
  sampler.SetWeightImage(settings.IsDrawing() ? settings.WeightImage.GetPointer() : nullptr);
  if (settings.Region)
  {
    sampler.SetRegion(*settings.Region);
  }
  else
  {
    sampler.ResetRegion();
  }
  sampler.SetPerturbSamples(settings.PerturbSamples);
  sampler.SetNumberOfWorkUnits(settings.NumberOfWorkUnits);
  sampler.Update();
  return sampler;
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::GetSampler() const -> SamplerType *
{
  return m_State->Sampler;
}

template <unsigned int VDimension>
void
MaskedMetricSamples<VDimension>::StartRun(SizeValueType metric, const SettingsType & settings, bool isRestricted)
{
  State state;
  state.Sampler = m_State->Sampler;
  state.Metric = metric;
  state.Settings = settings;
  state.IsRestricted = isRestricted;
  *m_State = std::move(state);
}

template <unsigned int VDimension>
bool
MaskedMetricSamples<VDimension>::IsSampled() const
{
  return m_State->Settings.IsDrawing() || m_State->Settings.OwnPoints || m_State->IsRestricted;
}

template <unsigned int VDimension>
bool
MaskedMetricSamples<VDimension>::IsRestricted() const
{
  return m_State->IsRestricted;
}

template <unsigned int VDimension>
void
MaskedMetricSamples<VDimension>::CheckOwnPoints() const
{
  const auto & ownPoints = m_State->Settings.OwnPoints;
  if (ownPoints && m_State->KeepOwnPointsInside(*m_State->Sampler)->Size() == 0)
  {
    itkGenericExceptionMacro(
      << m_State->Settings.Owner << "None of the " << ownPoints->Size() << " SamplePoints can be used for metric "
      << m_State->Metric
      << ": they are outside the domain, the sampling region, the mask or the buffer of the fixed "
         "image. They must be in the physical space of the virtual domain, usually that of the fixed "
         "image: no indices.");
  }
}

template <unsigned int VDimension>
void
MaskedMetricSamples<VDimension>::CheckNumberOfSamples(const Array<SizeValueType> & numbers) const
{
  if (m_State->Settings.IsDrawing())
  {
    // Coordinates and values that a metric keeps, and what is made of them for those who ask.
    for (const SizeValueType number : numbers)
    {
      m_State->Sampler->CheckNumberOfSamples(number, (1 + VDimension) * 3 * sizeof(double));
    }
  }
}

template <unsigned int VDimension>
void
MaskedMetricSamples<VDimension>::StartLevel(const LevelType & level,
                                            const GridType &  movingImage,
                                            const MaskType *  movingMask)
{
  State & state = *m_State;
  state.Level = level;
  state.Plan = {};
  state.Plan.IsRestricted = state.IsRestricted;
  state.Coordinates = nullptr;
  state.SetTransform();
  state.CoverByTransform();

  ReportType report;
  report.NumberOfMaskVoxels = state.Sampler->GetNumberOfVoxels();
  if (state.Settings.OwnPoints)
  {
    state.Plan.Source = MaskedLevelPlan::SourceEnum::OwnPoints;
    state.TakeOwnPoints();
    report.NumberOfRequestedPoints = state.Settings.OwnPoints->Size();
  }
  else if (state.Settings.IsDrawing())
  {
    state.Plan.Source = MaskedLevelPlan::SourceEnum::Draw;
    state.Draw(level.Seed);
    report.NumberOfRequestedPoints = state.Points->Size();
  }
  else
  {
    state.TakeCenters();
    report.NumberOfMaskVoxels = state.LevelSampler->GetNumberOfVoxels();
    report.NumberOfRequestedPoints = report.NumberOfMaskVoxels;
  }
  report.NumberOfPoints = state.Points->Size();

  PointsInMovingImage<VDimension> located(movingImage, movingMask);
  located.Locate(*state.Points, state.Coordinates.get(), level.DomainToMoving, level.MapToMoving);
  report.NumberOfPointsInMovingImage = located.GetNumber();
  state.Bounds = located.GetBounds();
  state.Reports.push_back(report);
}

template <unsigned int VDimension>
void
MaskedMetricSamples<VDimension>::DrawAgain(unsigned int seed)
{
  m_State->Draw(seed);
}

template <unsigned int VDimension>
const MaskedLevelPlan &
MaskedMetricSamples<VDimension>::GetPlan() const
{
  return m_State->Plan;
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::GetPoints() const -> PointsContainerType *
{
  return m_State->Points;
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::GetCoordinates() const -> std::shared_ptr<const CoordinatesType>
{
  return m_State->Coordinates;
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::GetReports() const -> const std::vector<ReportType> &
{
  return m_State->Reports;
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::GetBoundsInMovingImage() const -> const std::optional<BoundsType> &
{
  return m_State->Bounds;
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::FindFixedRegion(const GridType & fixedImage) const -> RegionType
{
  const RegionType & whole = fixedImage.GetBufferedRegion();
  const auto &       transform = m_State->Level.DomainToFixed;
  if (transform && !TransformQuestions<TransformType>::IsLinear(*transform))
  {
    return whole;
  }
  const auto find = [&](const SamplerType & sampler) {
    return ImageAlgorithm::EnlargeRegionOverBox(
      sampler.GetBoundingRegion(), sampler.GetDomain(), &fixedImage, transform.GetPointer());
  };
  auto needed = find(*m_State->Sampler);
  if (m_State->LevelSampler && m_State->LevelSampler != m_State->Sampler)
  {
    // The centres of another grid may be where a thin mask has none of the domain.
    needed = GridGeometry<VDimension>::Unite(needed, find(*m_State->LevelSampler));
  }
  return needed.Crop(whole) ? needed : whole;
}

template <unsigned int VDimension>
unsigned int
MaskedMetricSamples<VDimension>::MixSeed(unsigned int  seed,
                                         SizeValueType level,
                                         SizeValueType metric,
                                         SizeValueType iteration)
{
  // std::seed_seq mixes neighbours, on every platform alike.
  std::vector<unsigned int> seeds{ seed, static_cast<unsigned int>(level), static_cast<unsigned int>(metric) };
  if (iteration > 0)
  {
    seeds.push_back(static_cast<unsigned int>(iteration));
  }
  std::seed_seq mixer(seeds.begin(), seeds.end());
  unsigned int  mixed[1];
  mixer.generate(std::begin(mixed), std::end(mixed));
  return mixed[0];
}

template <unsigned int VDimension>
unsigned int
MaskedMetricSamples<VDimension>::MakeSeedFromClock()
{
  const auto generator = Statistics::MersenneTwisterRandomVariateGenerator::New();
  generator->SetSeed();
  return generator->GetIntegerVariate();
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::MakeCommonGrid(const std::vector<const SamplerType *> & samplers) -> GridConstPointer
{
  RegionType region;
  for (const SamplerType * const sampler : samplers)
  {
    region = GridGeometry<VDimension>::Unite(region, sampler->GetBoundingRegion());
  }
  // Indices from 0: ShrinkImageFilter cannot shrink a region that is narrower than the factor and starts elsewhere.
  return GridGeometry<VDimension>::Reindex(*samplers.front()->GetDomain(), region).Grid.GetPointer();
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::Shrink(const GridType & grid, const FactorsType & factors) -> GridConstPointer
{
  return GridGeometry<VDimension>::Shrink(grid, factors).GetPointer();
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::MakeMaskForThreads(const MaskType * mask) -> MaskConstPointer
{
  if (mask == nullptr)
  {
    return nullptr;
  }
  CheckMask<VDimension>(mask);
  MaskGeometry<VDimension>::FillCachesOf(*mask);
  // Metrics ask a mask without its children.
  return mask->GetNumberOfChildren() > 0 ? MaskWithChildren<VDimension>::MakeFrom(mask) : MaskConstPointer(mask);
}

template <unsigned int VDimension>
auto
MaskedMetricSamples<VDimension>::MakeMaskImage(const MaskType * mask,
                                               const GridType & grid,
                                               ThreadIdType     numberOfWorkUnits) -> MaskConstPointer
{
  CheckMask<VDimension>(mask);
  return MaskAsImage<VDimension>::Make(mask, grid, numberOfWorkUnits);
}
} // end namespace itk

#endif // itkMaskedMetricSamples_hxx
