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
#ifndef itkMaskedMetricSamples_h
#define itkMaskedMetricSamples_h

#include "itkArray.h"
#include "itkMaskedLevelPlan.h"
#include "itkMaskedVoxelSampler.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
/** \class MaskedMetricSamples
 * \brief The sample points of one image metric, level by level: the compiled part of MaskedSamplingMixin.
 *
 * It knows grids, masks and transforms, but neither pixels nor metrics.
 *
 * \tparam VDimension 2, 3 or 4
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskedMetricSamples
{
public:
  using GridType = ImageBase<VDimension>;
  using GridConstPointer = typename GridType::ConstPointer;
  using RegionType = ImageRegion<VDimension>;
  using FactorsType = FixedArray<unsigned int, VDimension>;
  using PointType = Point<double, VDimension>;
  using ContinuousIndexType = ContinuousIndex<double, VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;
  using SamplerType = MaskedVoxelSampler<VDimension>;
  using MaskType = typename SamplerType::MaskType;
  using MaskConstPointer = typename MaskType::ConstPointer;
  using PointsContainerType = typename SamplerType::PointSetType::PointsContainer;
  using CoordinatesType = std::array<std::vector<double>, VDimension>;
  using BoundsType = std::pair<ContinuousIndexType, ContinuousIndexType>;

  enum class StrategyEnum : std::uint8_t
  {
    None,
    Regular,
    Random
  };

  /** What the metrics of a registration share. */
  struct SettingsType
  {
    /** Begin of messages: the name of the object that they are about. */
    std::string                                         Owner{};
    GridConstPointer                                    Domain{};
    StrategyEnum                                        Strategy{ StrategyEnum::None };
    std::optional<RegionType>                           Region{};
    typename SamplerType::WeightImageType::ConstPointer WeightImage{};
    /** The user's own points. Null: none. */
    typename PointsContainerType::ConstPointer OwnPoints{};
    bool                                       PerturbSamples{ true };
    ThreadIdType                               NumberOfWorkUnits{ 1 };

    bool
    IsDrawing() const
    {
      return !OwnPoints && Strategy != StrategyEnum::None;
    }
  };

  /** What is to be known of a level. */
  struct LevelType
  {
    SizeValueType Level{};
    FactorsType   ShrinkFactors{};
    /** The grid of the level. */
    GridConstPointer LevelGrid{};
    /** Whether the virtual domain of the level is that of the mask. */
    bool IsCropped{};
    /** The name of the transform that is optimised, if it has its parameters on the grid of the level. */
    std::string TransformOnGrid{};
    /** Of the draw; 0: the percentage counts. */
    SizeValueType NumberOfSamples{};
    double        Percentage{};
    unsigned int  Seed{};
    /** From the domain to the images, at the start of the level. Null: identity. */
    typename TransformType::ConstPointer DomainToFixed{};
    typename TransformType::ConstPointer DomainToMoving{};
    /** The same, where DomainToMoving cannot say it. */
    std::function<PointType(const PointType &)> MapToMoving{};
    /** Whether the metric takes coordinates in `double`. */
    bool TakesCoordinates{};
  };

  /** What happened at a level. */
  struct ReportType
  {
    SizeValueType NumberOfMaskVoxels{};
    SizeValueType NumberOfRequestedPoints{};
    SizeValueType NumberOfPoints{};
    SizeValueType NumberOfPointsInMovingImage{};
  };

  MaskedMetricSamples();
  ~MaskedMetricSamples();
  MaskedMetricSamples(MaskedMetricSamples &&) noexcept;
  MaskedMetricSamples &
  operator=(MaskedMetricSamples &&) noexcept;

  /** The list of mask voxels, of the present inputs.
   * \exception ExceptionObject if there is no mask voxel, or as MaskedVoxelSampler::Update() */
  SamplerType &
  UpdateSampler(const SettingsType &  settings,
                const GridType *      fixedImage,
                const MaskType *      mask,
                const TransformType * domainToFixed);
  /** Null: never updated. */
  SamplerType *
  GetSampler() const;

  /** Forget the levels of an earlier run.
   * \param metric its number, for messages
   * \param isRestricted whether the metric has a mask or a region, and no points of its own */
  void
  StartRun(SizeValueType metric, const SettingsType & settings, bool isRestricted);
  /** Whether points are chosen for the metric, in this run. */
  bool
  IsSampled() const;
  bool
  IsRestricted() const;

  /** Those of the user's own points that are inside at the full resolution.
   * \exception ExceptionObject if there are none */
  void
  CheckOwnPoints() const;

  /** \exception ExceptionObject if there is no memory for as many samples as a level has, where they are drawn */
  void
  CheckNumberOfSamples(const Array<SizeValueType> & numbers) const;

  /** Choose the points of a level, and report on them. \exception ExceptionObject if there are none */
  void
  StartLevel(const LevelType & level, const GridType & movingImage, const MaskType * movingMask);
  /** Draw the points of the level anew. */
  void
  DrawAgain(unsigned int seed);

  const MaskedLevelPlan &
  GetPlan() const;
  /** The points of the level, in virtual space. Null: there are none. */
  PointsContainerType *
  GetPoints() const;
  /** The same in double, if the plan says so. */
  std::shared_ptr<const CoordinatesType>
  GetCoordinates() const;
  const std::vector<ReportType> &
  GetReports() const;
  /** Between which positions in the moving image the points inside it were at the start of the level. */
  const std::optional<BoundsType> &
  GetBoundsInMovingImage() const;

  /** The part of the fixed image that the points of the level can need, with the neighbours of each. */
  RegionType
  FindFixedRegion(const GridType & fixedImage) const;

  /** A seed of its own for every level, metric and iteration, none of which share points. */
  static unsigned int
  MixSeed(unsigned int seed, SizeValueType level, SizeValueType metric, SizeValueType iteration);
  static unsigned int
  MakeSeedFromClock();
  /** Whether a transform has its parameters on a grid that must be that of the virtual domain. */
  template <typename TTransform>
  static bool
  IsOnDomain(const TTransform & transform)
  {
    using CategoryEnum = typename TTransform::TransformCategoryEnum;
    const auto category = transform.GetTransformCategory();
    return category == CategoryEnum::DisplacementField || category == CategoryEnum::VelocityField;
  }
  /** The smallest grid that holds the mask voxels of several metrics, with indices from 0. */
  static GridConstPointer
  MakeCommonGrid(const std::vector<const SamplerType *> & samplers);
  /** The grid that ShrinkImageFilter would make. */
  static GridConstPointer
  Shrink(const GridType & grid, const FactorsType & factors);
  /** A mask that can be asked by several threads at once, and without its children: they count as it does. */
  static MaskConstPointer
  MakeMaskForThreads(const MaskType * mask);
  /** A mask as an image on the grid of an image; itself if it is one that needs nothing but its pixels. */
  static MaskConstPointer
  MakeMaskImage(const MaskType * mask, const GridType & grid, ThreadIdType numberOfWorkUnits);

private:
  struct State;
  std::unique_ptr<State> m_State;
};
} // end namespace itk

#endif // itkMaskedMetricSamples_h
