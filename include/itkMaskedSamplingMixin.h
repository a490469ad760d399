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

#include "itkImageGaps.h"
#include "itkMaskedMetricSamples.h"
#include "itkMaskedSamplingSettingsMixin.h"
#include "itkMetricStateGuard.h"

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
 * max(round(N / prod(s)), min(N, 2000)) of N = max(1, round(p V)), where p is the sampling percentage of the level (a
 * fraction in (0, 1]) and V the number of mask voxels at full resolution.
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
class ITK_TEMPLATE_EXPORT MaskedSamplingMixin : public MaskedSamplingSettingsMixin<TSuperclass>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedSamplingMixin);

  /** Standard class type aliases. */
  using Self = MaskedSamplingMixin;
  using Superclass = MaskedSamplingSettingsMixin<TSuperclass>;
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

  using typename Superclass::NumberOfSamplesArrayType;
  using typename Superclass::SamplerType;
  using typename Superclass::SamplingRegionType;
  using typename Superclass::SamplingWeightImageType;
  using ContinuousIndexType = ContinuousIndex<double, ImageDimension>;

  /** Number of mask voxels of a metric, of the domain at full resolution. They are listed if they were not yet. */
  SizeValueType
  GetNumberOfMaskVoxels(SizeValueType metric = 0)
  {
    return this->GetUpdatedSampler(metric).GetNumberOfVoxels();
  }

  /** Number of sample points of a metric at the last level that was initialised. 0 if it has no sample points. */
  SizeValueType
  GetNumberOfSamplePoints(SizeValueType metric = 0) const
  {
    const auto * const points = this->GetSamplePointSet(metric);
    return points != nullptr ? points->GetNumberOfPoints() : 0;
  }

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
  GetNumberOfMaskVoxelsPerLevel(SizeValueType metric = 0) const
  {
    return this->CollectReports(metric, &ReportType::NumberOfMaskVoxels);
  }

  /** For each level that was reached: number of sample points that were asked for, by number, by percentage or as the
   * user's own points. */
  NumberOfSamplesArrayType
  GetNumberOfRequestedSamplePointsPerLevel(SizeValueType metric = 0) const
  {
    return this->CollectReports(metric, &ReportType::NumberOfRequestedPoints);
  }

  /** For each level that was reached: number of sample points that the metric got. */
  NumberOfSamplesArrayType
  GetNumberOfSamplePointsPerLevel(SizeValueType metric = 0) const
  {
    return this->CollectReports(metric, &ReportType::NumberOfPoints);
  }

  /** For each level that was reached: number of sample points that mapped into the moving image, and its mask if there
   * is one, at its start. */
  NumberOfSamplesArrayType
  GetNumberOfSamplePointsInMovingImagePerLevel(SizeValueType metric = 0) const
  {
    return this->CollectReports(metric, &ReportType::NumberOfPointsInMovingImage);
  }

  /** Sample points, in virtual space, of a metric at the last level that was initialised. Null if it has none. */
  const MetricSamplePointSetType *
  GetSamplePointSet(SizeValueType metric = 0) const;

  /** The list of the mask voxels of a metric. They are listed if they were not yet. */
  const SamplerType *
  GetSampler(SizeValueType metric = 0)
  {
    return &this->GetUpdatedSampler(metric);
  }

protected:
  using MaskType = typename SamplerType::MaskType;
  using SamplerTransformType = typename SamplerType::TransformType;
  using SamplesType = MaskedMetricSamples<ImageDimension>;
  using typename Superclass::ImageMetricsType;

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
  MakeMaskForMetric(const MaskType * mask, const ImageBase<ImageDimension> * itkNotUsed(image)) const
  {
    return SamplesType::MakeMaskForThreads(mask);
  }
  /** Whether a metric takes its points as coordinates in `double`, with the transform of the current level. */
  virtual bool
  TakesCoordinates(ImageMetricType &) const
  {
    return false;
  }

  /** An image, or a copy of it without pixels that are no finite numbers if there are some in a region: see ImageGaps.
   * \exception ExceptionObject if one is inside the mask, or if there is no mask */
  template <typename TImage>
  typename TImage::ConstPointer
  FillGaps(const char *                        name,
           SizeValueType                       metric,
           const TImage *                      image,
           const typename TImage::RegionType & region,
           const MaskType *                    mask) const
  {
    // A region is a mask, too.
    const auto * const sampler = this->GetSamples(metric).GetSampler();
    const bool isSampled = sampler != nullptr && sampler->GetDomain() == image && sampler->GetNumberOfVoxels() > 0;
    return FillImageGaps<TImage>(
      name, image, region, mask, isSampled ? sampler : nullptr, this->GetNumberOfWorkUnits());
  }

  /** What is known of the sample points of a metric; empty if nothing is. */
  const SamplesType &
  GetSamples(SizeValueType index) const;
  /** The mask that a metric has while the registration runs. */
  const FixedImageMaskType *
  GetFixedMaskOfRun(SizeValueType index) const
  {
    return m_States[index].FixedMask;
  }
  /** The same, or null if the metric needs no mask at the current level, once it is initialised. */
  const FixedImageMaskType *
  GetFixedMaskOfLevel(SizeValueType index, const ImageMetricType & metric) const;
  /** The grid of a level, header only. */
  VirtualImageBaseConstPointer
  MakeLevelGrid(SizeValueType level, const VirtualImageBaseType & domain) const
  {
    return SamplesType::Shrink(domain, this->m_ShrinkFactorsPerLevel[level]);
  }
  /** Draw the points of the current level anew, for its iteration of that number. */
  void
  DrawSamplePointsAgain(SizeValueType iteration);

private:
  using SamplePointSetPointer = typename MetricSamplePointSetType::Pointer;
  using ReportType = typename SamplesType::ReportType;

  /** What this object knows of one metric. */
  struct MetricState
  {
    SamplesType           Samples{};
    SamplePointSetPointer Points{};
    /** While the registration runs, also where the metric itself has none. */
    typename FixedImageMaskType::ConstPointer  FixedMask{};
    typename MovingImageMaskType::ConstPointer MovingMask{};
  };

  /** Whether the sample points on a metric are those that this object put there. */
  bool
  HasOurPoints(SizeValueType index, const ImageMetricType & metric) const;
  /** Whether this object confines the points of a metric to less than the whole domain. To be asked before the run. */
  bool
  FindWhetherRestricted(SizeValueType index, const ImageMetricType & metric) const;

  /** The transform from the domain to fixed space for samplers, which take `double` only. */
  typename SamplerTransformType::ConstPointer
  GetDomainToFixedTransformOfSampler() const;
  typename SamplesType::SettingsType
  GetSamplesSettings() const;
  SamplerType &
  UpdateSampler(SizeValueType index, const ImageMetricType & metric);
  SamplerType &
  GetUpdatedSampler(SizeValueType metric);
  void
  StartRun(const ImageMetricsType & imageMetrics);
  /** Set the masks of the run on the metrics, and tell a guard what they had. */
  void
  SetMasksOfRun(const ImageMetricsType & imageMetrics, MetricStateGuard & guard);
  /** Whether the bounding box of the mask becomes the virtual domain. */
  bool
  IsCropping() const;
  VirtualImageBaseConstPointer
  MakeCroppedDomain() const;
  unsigned int
  MakeSeed(SizeValueType metric, SizeValueType iteration) const
  {
    const unsigned int seed =
      this->m_ReseedIterator ? SamplesType::MakeSeedFromClock() : static_cast<unsigned int>(this->m_RandomSeed);
    return SamplesType::MixSeed(seed, this->m_CurrentLevel, metric, iteration);
  }
  /** Choose the points of every metric for a level. */
  void
  StartLevel(SizeValueType level);
  typename SamplesType::LevelType
  DescribeLevel(SizeValueType level) const;
  void
  TakePointsOf(SizeValueType index);
  NumberOfSamplesArrayType
  CollectReports(SizeValueType metric, SizeValueType ReportType::* number) const;

  /** One for each metric. */
  std::vector<MetricState> m_States{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedSamplingMixin.hxx"
#endif

#endif // itkMaskedSamplingMixin_h
