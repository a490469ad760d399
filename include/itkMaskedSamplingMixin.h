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
#ifndef itkMaskedSamplingMixin_h
#define itkMaskedSamplingMixin_h

#include "itkMaskedVoxelSampler.h"
#include "level/itkMetricStateGuard.h"

#include <optional>
#include <utility>
#include <vector>

namespace itk
{
/** \class MaskedSamplingMixin
 * \brief Adds to a registration method of ITK that sample points are drawn from the voxels inside the mask.
 *
 * A *mask voxel* is a voxel of the domain (the virtual domain that was set on the metric, or else the grid of the fixed
 * image) whose centre, mapped by the fixed initial transform, is inside the fixed image mask of the metric and inside
 * the buffer of the fixed image. They are listed once, at full resolution, for each image metric with its own mask.
 *
 * \par Algorithm
 * Level l, with shrink factors s, gets exactly n points: NumberOfSamples(PerLevel), or else
 * max(1, round(p V / prod(s))), where p is the sampling percentage of the level (a fraction in (0, 1]) and V the number
 * of mask voxels at full resolution.
 * - RANDOM: in random mask voxels, without replacement while n <= V.
 * - REGULAR: systematic sampling of the list, with a random start.
 * - NONE: with a mask, the centres of the mask voxels of the shrunken grid of the level, or, if it has none, of the
 * full resolution. A metric on which the user set sample points keeps those.
 * - SamplePoints: the user's own points, whatever the strategy.
 *
 * Point sets hold `float` coordinates. Under NONE, where these cannot hold the centres exactly, or where the grid is
 * that of the superclass, the metric visits the (cropped) virtual domain itself instead of a point set, and tests the
 * mask: its value is that of the superclass then, to the last digits.
 *
 * \par Properties
 * - The same seed (MetricSamplingReinitializeSeed()) gives the same points, with any number of threads. They do not
 *   depend on the extent of the image beyond the mask.
 * - After Update(), also after an exception, the metric has the masks and the virtual domain that the user had set. The
 *   points of the last level stay on it.
 * - The list of mask voxels is made again only if the mask, the domain or the fixed initial transform changed.
 * - Children of a mask count as the mask does: a group is the union of its members.
 *
 * \par Parameters
 * - NumberOfSamples, NumberOfSamplesPerLevel: absolute counts; 0 (default): use the percentage.
 * - PerturbSamples: points uniform in their voxels (default: on) or at the centres. Not under NONE.
 * - ResampleEveryIteration: a fresh draw before each iteration (default: off).
 * - CropVirtualDomainToMask: the metric, its scales estimator and the optimizer see the bounding box of the mask as
 *   virtual domain (default: on). Never for displacement and velocity fields, whose grid must equal the domain.
 * - SamplingRegion: only this region of the domain, alone or together with the mask. Default: none.
 * - SamplingWeightImage: density of the draws of RANDOM and REGULAR. Default: none.
 * - SamplePoints: own points, in virtual space. Default: none.
 * - FixedImageMask, MovingImageMask: for every image metric that has none of its own. Default: none.
 *
 * \par Reports
 * For each level that was reached: the number of mask voxels, of points asked for, of points drawn, and of those that
 * the initial transform of the level maps into the moving image and its mask. They are there when the level's
 * MultiResolutionIterationEvent comes, and stay after Update().
 *
 * \tparam TSuperclass itk::ImageRegistrationMethodv4, or a class derived from it
 *
 * \sa MaskedRegistrationMethod, MaskedSyNRegistrationMethod, MaskedVoxelSampler
 * \ingroup MaskedSampling
 */
template <typename TSuperclass>
class ITK_TEMPLATE_EXPORT MaskedSamplingMixin : public TSuperclass
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedSamplingMixin);

  /** Standard class type aliases. */
  using Self = MaskedSamplingMixin;
  using Superclass = TSuperclass;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkOverrideGetNameOfClassMacro(MaskedSamplingMixin);

  static constexpr unsigned int ImageDimension = TSuperclass::ImageDimension;

  using typename Superclass::FixedImageMaskType;
  using typename Superclass::FixedImageType;
  using typename Superclass::ImageMetricType;
  using typename Superclass::InitialTransformType;
  using typename Superclass::MetricSamplePointSetType;
  using typename Superclass::MetricSamplingPercentageArrayType;
  using typename Superclass::MetricSamplingStrategyEnum;
  using typename Superclass::MetricType;
  using typename Superclass::MovingImageMaskType;
  using typename Superclass::MovingImageType;
  using typename Superclass::MultiMetricType;
  using typename Superclass::PointSetMetricType;
  using typename Superclass::RealType;
  using typename Superclass::VirtualImageBaseConstPointer;
  using typename Superclass::VirtualImageBaseType;
  using typename Superclass::VirtualImageType;

  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using SamplingRegionType = ImageRegion<ImageDimension>;
  using SamplingWeightImageType = typename SamplerType::WeightImageType;
  using NumberOfSamplesArrayType = Array<SizeValueType>;
  using ContinuousIndexType = ContinuousIndex<double, ImageDimension>;

  /** Set the sampling percentage of every level: a fraction, in (0, 1], of the mask voxels. SetNumberOfLevels() resets
   * it to 1, as in the superclass, so call that first.
   * \exception ExceptionObject if a value is not in (0, 1]. */
  void
  SetMetricSamplingPercentagePerLevel(const MetricSamplingPercentageArrayType & samplingPercentages) override;

  /** Set/Get the number of samples of every level. 0 (default): use the percentage. Overrides
   * SetNumberOfSamplesPerLevel(). */
  virtual void
  SetNumberOfSamples(SizeValueType numberOfSamples);
  itkGetConstMacro(NumberOfSamples, SizeValueType);

  /** Set/Get the number of samples of each level; 0: use the percentage of that level. Overrides
   * SetNumberOfSamples(). */
  virtual void
  SetNumberOfSamplesPerLevel(const NumberOfSamplesArrayType & numberOfSamples);
  virtual NumberOfSamplesArrayType
  GetNumberOfSamplesPerLevel() const;

  /** Set/Get whether each point is uniform in its voxel (default) or at its centre. */
  itkSetMacro(PerturbSamples, bool);
  itkGetConstMacro(PerturbSamples, bool);
  itkBooleanMacro(PerturbSamples);

  /** Set/Get whether there is a fresh draw before each iteration (default: off). The draws come from the seed: the same
   * on every run. */
  itkSetMacro(ResampleEveryIteration, bool);
  itkGetConstMacro(ResampleEveryIteration, bool);
  itkBooleanMacro(ResampleEveryIteration);

  /** Set/Get whether the bounding box of the mask is the virtual domain of the metric (default). */
  itkSetMacro(CropVirtualDomainToMask, bool);
  itkGetConstMacro(CropVirtualDomainToMask, bool);
  itkBooleanMacro(CropVirtualDomainToMask);

  /** Set the region of the domain to which the samples are confined, alone or together with the mask. */
  virtual void
  SetSamplingRegion(const SamplingRegionType & region);
  /** Get the region set, or else a region of size 0. */
  virtual SamplingRegionType
  GetSamplingRegion() const;
  /** Forget the region. */
  virtual void
  ResetSamplingRegion();

  /** Set/Get the density of the draws, in fixed space: see MaskedVoxelSampler::SetWeightImage(). Null: none. */
  itkSetConstObjectMacro(SamplingWeightImage, SamplingWeightImageType);
  itkGetConstObjectMacro(SamplingWeightImage, SamplingWeightImageType);

  /** Set/Get own sample points, in virtual space, for every image metric and every level, whatever the sampling
   * strategy. Points outside the domain, the sampling region, the mask or the buffer of the fixed image are dropped. If
   * none is left, Update() throws. Null: none. */
  itkSetConstObjectMacro(SamplePoints, MetricSamplePointSetType);
  itkGetConstObjectMacro(SamplePoints, MetricSamplePointSetType);

  /** Set/Get the fixed image mask of every image metric that has none of its own. */
  itkSetConstObjectMacro(FixedImageMask, FixedImageMaskType);
  itkGetConstObjectMacro(FixedImageMask, FixedImageMaskType);

  /** Set/Get the moving image mask of every image metric that has none of its own. */
  itkSetConstObjectMacro(MovingImageMask, MovingImageMaskType);
  itkGetConstObjectMacro(MovingImageMask, MovingImageMaskType);

  /** Number of mask voxels of a metric, of the domain at full resolution. They are listed if they were not yet. */
  SizeValueType
  GetNumberOfMaskVoxels(SizeValueType metric = 0);

  /** Number of sample points of a metric at the last level that was initialised. 0 if it has no sample points. */
  SizeValueType
  GetNumberOfSamplePoints(SizeValueType metric = 0) const;

  /** How many of the sample points of a metric the transform mapped into the moving image (and its mask, if any) at the
   * start of the last level that was initialised. With less than a tenth there is a warning. */
  SizeValueType
  GetNumberOfSamplePointsInMovingImage(SizeValueType metric = 0) const;

  /** How many of the user's own points were dropped for a metric at the last level that was initialised. */
  SizeValueType
  GetNumberOfDroppedSamplePoints(SizeValueType metric = 0) const;

  /** For each level that was reached: number of mask voxels of the list that the points come from. That is the list of
   * the full resolution, except under NONE, where it is that of the grid of the level. */
  NumberOfSamplesArrayType
  GetNumberOfMaskVoxelsPerLevel(SizeValueType metric = 0) const;

  /** For each level that was reached: number of sample points that were asked for, by number, by percentage or as the
   * user's own points. */
  NumberOfSamplesArrayType
  GetNumberOfRequestedSamplePointsPerLevel(SizeValueType metric = 0) const;

  /** For each level that was reached: number of sample points that the metric got. */
  NumberOfSamplesArrayType
  GetNumberOfSamplePointsPerLevel(SizeValueType metric = 0) const;

  /** For each level that was reached: number of sample points that mapped into the moving image, and its mask if there
   * is one, at its start. */
  NumberOfSamplesArrayType
  GetNumberOfSamplePointsInMovingImagePerLevel(SizeValueType metric = 0) const;

  /** Sample points, in virtual space, of a metric at the last level that was initialised. Null if it has none. */
  const MetricSamplePointSetType *
  GetSamplePointSet(SizeValueType metric = 0) const;

  /** The list of the mask voxels of a metric. They are listed if they were not yet. */
  const SamplerType *
  GetSampler(SizeValueType metric = 0);

protected:
  using MaskType = typename SamplerType::MaskType;
  using SamplerTransformType = typename SamplerType::TransformType;
  /** The image metrics, each with its position in the queue of the multi-metric. */
  using ImageMetricsType = std::vector<std::pair<SizeValueType, ImageMetricType *>>;

  MaskedSamplingMixin() = default;
  ~MaskedSamplingMixin() override = default;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  GenerateData() override;
  void
  InitializeRegistrationAtEachLevel(const SizeValueType level) override;
  VirtualImageBaseConstPointer
  GetCurrentLevelVirtualDomainImage() override;
  void
  SetMetricSamplePoints() override;

  /** Throw if settings do not go together. */
  virtual void
  CheckSettings() const;
  /** What the superclass does at the start of a level, once the sample points are drawn. */
  virtual void
  InitializeLevel(SizeValueType level);
  /** What the superclass does once the metrics have their masks. */
  virtual void
  RunLevels()
  {
    Superclass::GenerateData();
  }
  /** The transform from the domain to fixed space at the start of the current level. Null: identity. */
  virtual typename InitialTransformType::ConstPointer
  GetDomainToFixedTransform() const;
  /** The transform from the domain to moving space at the start of the current level. */
  virtual typename InitialTransformType::ConstPointer
  GetDomainToMovingTransform() const;
  /** The mask for a metric to use while the registration runs, in place of a mask of the user's.
   * \param image that whose mask it is */
  virtual typename MaskType::ConstPointer
  MakeMaskForMetric(const MaskType * mask, const ImageBase<ImageDimension> * image) const;

  /** Number of metrics of any kind. */
  SizeValueType
  GetNumberOfMetrics() const;
  MetricType *
  GetNthMetric(SizeValueType index) const;
  ImageMetricsType
  GetImageMetrics() const;
  /** Whether a metric samples points that are known to be inside the fixed mask, and needs the mask for nothing else
   * once it is initialised. */
  bool
  IsMaskKnown(SizeValueType index, const ImageMetricType & metric) const;
  /** Whether the samples of a metric are confined to less than the whole domain, and known before it is evaluated. */
  bool
  IsConfined(SizeValueType index) const
  {
    return m_Samplings[index].IsRestricted && !m_Samplings[index].VisitsDomain;
  }
  /** The smallest region of the domain that holds the mask voxels of a metric, and its grid. */
  std::pair<VirtualImageBaseConstPointer, SamplingRegionType>
  GetBoundingRegion(SizeValueType index) const;
  /** Continuous indices of the moving image between which the sample points of a metric that are inside it were at the
   * start of the level. Empty if there are none. */
  std::optional<std::pair<ContinuousIndexType, ContinuousIndexType>>
  GetBoundsInMovingImage(SizeValueType index) const
  {
    return m_Samplings[index].BoundsInMovingImage;
  }
  /** The grid of a level, header only. */
  VirtualImageBaseConstPointer
  MakeLevelGrid(SizeValueType level, const VirtualImageBaseType & domain) const;
  /** Draw the points of the current level anew, for its iteration of that number. */
  void
  DrawSamplePointsAgain(SizeValueType iteration);

private:
  using SamplerPointer = typename SamplerType::Pointer;
  using SamplePointSetPointer = typename MetricSamplePointSetType::Pointer;

  struct LevelReport
  {
    SizeValueType NumberOfMaskVoxels{};
    SizeValueType NumberOfRequestedPoints{};
    SizeValueType NumberOfPoints{};
    SizeValueType NumberOfPointsInMovingImage{};
  };

  /** What this object knows of one metric. */
  struct MetricSampling
  {
    /** The mask voxels at full resolution. Null: never asked for. */
    SamplerPointer Sampler{};
    /** Whether its points are confined to less than the whole domain, in this run. */
    bool IsRestricted{};
    /** The list from which the points of the current level are drawn. */
    SamplerPointer LevelSampler{};
    /** The points of the current level. Null: the metric has none from this object. */
    SamplePointSetPointer Points{};
    /** Whether the metric visits the virtual domain, and the points are for inspection only. */
    bool VisitsDomain{};
    /** The moving mask of the metric. While the levels run, the metric may have another one. */
    typename MovingImageMaskType::ConstPointer                         MovingMask{};
    std::optional<std::pair<ContinuousIndexType, ContinuousIndexType>> BoundsInMovingImage{};
    std::vector<LevelReport>                                           Reports{};
  };

  bool
  IsDrawing() const
  {
    return !m_SamplePoints && this->m_MetricSamplingStrategy != MetricSamplingStrategyEnum::NONE;
  }
  const FixedImageMaskType *
  GetMaskOf(const ImageMetricType & metric) const;
  /** What is known of a metric; empty if nothing is. */
  const MetricSampling &
  GetSampling(SizeValueType index) const;
  /** Whether the sample points on a metric are those that this object put there. */
  bool
  HasOurPoints(SizeValueType index, const ImageMetricType & metric) const;
  /** Whether this object confines the points of a metric to less than the whole domain. To be asked before the run. */
  bool
  FindWhetherRestricted(SizeValueType index, const ImageMetricType & metric) const;
  /** Whether this object chooses the points of a metric, in this run. */
  bool
  IsSampled(SizeValueType index) const
  {
    return this->IsDrawing() || m_SamplePoints || m_Samplings[index].IsRestricted;
  }

  void
  CheckPerLevelArrays() const;
  template <typename TArray>
  void
  CheckSizeOfPerLevelArray(const char * name, const TArray & array) const;
  void
  InitializeSampler(SizeValueType index, const ImageMetricType & metric);
  void
  SetTransformOfSampler(SamplerType & sampler) const;
  SamplerType &
  GetUpdatedSampler(SizeValueType metric);
  /** Whether the transform has its parameters on the grid of the virtual domain. */
  bool
  IsTransformOnDomain() const;
  /** Whether the bounding box of the mask becomes the virtual domain. */
  bool
  IsCropping() const;
  VirtualImageBaseConstPointer
  MakeCroppedDomain() const;
  VirtualImageBaseConstPointer
  GetDomainOfLevels() const;

  /** Number of samples of the current level for a mask of so many voxels. */
  SizeValueType
  ComputeNumberOfSamples(SizeValueType numberOfVoxels) const;
  unsigned int
  MakeSeed(SizeValueType metric, SizeValueType iteration) const;
  static SamplePointSetPointer
  MakePoints(const typename SamplerType::PointSetType & points);
  SamplePointSetPointer
  KeepOwnPointsInside(const SamplerType & sampler) const;
  /** Choose the points of every metric for a level, and report on them. */
  void
  PrepareLevel(SizeValueType level);
  void
  PrepareLevelOf(SizeValueType index, const VirtualImageBaseType & levelGrid);
  void
  DrawSamplePointsOf(SizeValueType index, SizeValueType iteration);
  /** Call a function with the continuous index, in the moving image of a metric, of each of its sample points. */
  template <typename TFunction>
  void
  ForEachPointInMovingImage(SizeValueType index, const TFunction & function) const;
  /** Map the sample points of a metric into its moving image, and keep their bounds there.
   * \return how many are inside the image, and its mask if there is one */
  SizeValueType
  LocatePointsInMovingImage(SizeValueType index);
  void
  SetSamplePointsOf(SizeValueType index, ImageMetricType & metric);
  NumberOfSamplesArrayType
  CollectReports(SizeValueType metric, SizeValueType LevelReport::* number) const;

  SizeValueType                                   m_NumberOfSamples{ 0 };
  NumberOfSamplesArrayType                        m_NumberOfSamplesPerLevel{};
  bool                                            m_PerturbSamples{ true };
  bool                                            m_ResampleEveryIteration{ false };
  bool                                            m_CropVirtualDomainToMask{ true };
  std::optional<SamplingRegionType>               m_SamplingRegion{};
  typename SamplingWeightImageType::ConstPointer  m_SamplingWeightImage{};
  typename MetricSamplePointSetType::ConstPointer m_SamplePoints{};
  typename FixedImageMaskType::ConstPointer       m_FixedImageMask{};
  typename MovingImageMaskType::ConstPointer      m_MovingImageMask{};

  /** One for each metric. */
  std::vector<MetricSampling> m_Samplings{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedSamplingMixin.hxx"
#endif

#endif // itkMaskedSamplingMixin_h
