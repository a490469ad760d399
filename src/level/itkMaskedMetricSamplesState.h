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
#ifndef itkMaskedMetricSamplesState_h
#define itkMaskedMetricSamplesState_h

#include "itkMaskedMetricSamples.h"

#include <algorithm>

namespace itk
{
/** What MaskedMetricSamples knows, and how it chooses the points of a level. */
template <unsigned int VDimension>
struct MaskedMetricSamples<VDimension>::State
{
  using SourceEnum = MaskedLevelPlan::SourceEnum;
  using SamplerPointer = typename SamplerType::Pointer;

  /** The mask voxels at full resolution. */
  SamplerPointer Sampler{};

  /** Of the run. */
  SizeValueType Metric{};
  SettingsType  Settings{};
  bool          IsRestricted{};

  /** Of the level. */
  MaskedLevelPlan                        Plan{};
  LevelType                              Level{};
  SamplerPointer                         LevelSampler{};
  typename PointsContainerType::Pointer  Points{};
  std::shared_ptr<const CoordinatesType> Coordinates{};
  std::optional<BoundsType>              Bounds{};

  std::vector<ReportType> Reports{};

  bool
  IsShrinking() const
  {
    return std::any_of(
      Level.ShrinkFactors.Begin(), Level.ShrinkFactors.End(), [](const auto factor) { return factor > 1; });
  }

  typename PointsContainerType::Pointer
  KeepOwnPointsInside(const SamplerType & sampler) const
  {
    const auto points = SamplerType::PointSetType::New();
    points->SetPoints(const_cast<PointsContainerType *>(Settings.OwnPoints.GetPointer()));
    return sampler.KeepInside(points)->GetPoints();
  }

  void
  SetTransform()
  {
    Sampler->SetTransform(Level.DomainToFixed);
    Sampler->Update();
  }

  /** The sampler from which the level draws: a metric writes the derivative of a point to its place in the grid of the
   * transform, which, shrunken, need not reach as far as the domain does. */
  void
  CoverByTransform()
  {
    LevelSampler = Sampler;
    if (Level.TransformOnGrid.empty() || !this->IsShrinking())
    {
      return;
    }
    LevelSampler = Sampler->MakeSamplerCoveredBy(Level.LevelGrid);
    if (!LevelSampler || !LevelSampler->UpdateUnlessEmpty())
    {
      itkGenericExceptionMacro(<< Settings.Owner << "No mask voxel of metric " << Metric
                               << " is inside the shrunken grid of level " << Level.Level << ", shrink factors "
                               << Level.ShrinkFactors << ", on which the " << Level.TransformOnGrid
                               << " has its parameters. Use smaller shrink factors, or a virtual domain that is wider "
                                  "than the mask.");
    }
  }

  void
  TakeOwnPoints()
  {
    Points = this->KeepOwnPointsInside(*LevelSampler);
    if (Points->Size() == 0)
    {
      itkGenericExceptionMacro(<< Settings.Owner << "None of the " << Settings.OwnPoints->Size()
                               << " SamplePoints can be used for metric " << Metric << " at level " << Level.Level
                               << ", shrink factors " << Level.ShrinkFactors
                               << ": they are beside the shrunken grid on which the " << Level.TransformOnGrid
                               << " has its parameters, or the deformation found so far takes them out of the mask. "
                                  "Use smaller shrink factors, or more points.");
    }
  }

  void
  Draw(unsigned int seed)
  {
    const auto drawn = Settings.Strategy == StrategyEnum::Random
                         ? LevelSampler->SampleRandomly(this->ComputeNumberOfSamples(), seed)
                         : LevelSampler->SampleRegularly(this->ComputeNumberOfSamples(), seed);
    Points = drawn->GetPoints();
  }

  SizeValueType
  ComputeNumberOfSamples() const
  {
    double shrinkage = 1.0;
    for (const auto factor : Level.ShrinkFactors)
    {
      shrinkage *= static_cast<double>(factor);
    }
    return Level.NumberOfSamples > 0
             ? Level.NumberOfSamples
             : SamplerType::ComputeNumberOfSamples(Sampler->GetNumberOfVoxels(), Level.Percentage, shrinkage);
  }

  /** Without sampling: the centres of the level's grid, however they get to the metric. */
  void
  TakeCenters()
  {
    const SamplerPointer gridSampler = this->IsShrinking() ? Sampler->MakeSamplerOfGrid(Level.LevelGrid) : Sampler;
    const bool           hasGridVoxels = gridSampler && gridSampler->UpdateUnlessEmpty();
    Plan.Source = hasGridVoxels ? SourceEnum::GridCenters : SourceEnum::ListCenters;
    Plan.IsInDouble = Level.TakesCoordinates;
    if (hasGridVoxels)
    {
      LevelSampler = gridSampler;
      // The value is to be the superclass's: where point sets cannot hold its points, and without the crop, because
      // metrics take the range of intensities from the points, or else from all voxels inside the mask.
      const bool isGridOfSuperclass = !Level.IsCropped && (this->IsShrinking() || !Level.TransformOnGrid.empty());
      if (!Plan.IsInDouble && !Settings.Region && (isGridOfSuperclass || !gridSampler->GetCentersAreExact()))
      {
        Plan.Source = SourceEnum::Domain;
      }
    }
    Points = LevelSampler->SampleAll()->GetPoints();
    if (Plan.IsInDouble)
    {
      Coordinates = MakeCoordinatesOfCenters(*LevelSampler);
    }
  }

  static std::shared_ptr<const CoordinatesType>
  MakeCoordinatesOfCenters(const SamplerType & sampler)
  {
    const auto coordinates = std::make_shared<CoordinatesType>();
    for (auto & column : *coordinates)
    {
      column.reserve(sampler.GetNumberOfVoxels());
    }
    const GridType & grid = *sampler.GetDomain();
    sampler.ForEachRun([&](Index<VDimension> index, SizeValueType length) {
      for (; length > 0; --length, ++index[0])
      {
        const auto center = grid.template TransformIndexToPhysicalPoint<double>(index);
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          (*coordinates)[d].push_back(center[d]);
        }
      }
    });
    return coordinates;
  }
};
} // end namespace itk

#endif // itkMaskedMetricSamplesState_h
