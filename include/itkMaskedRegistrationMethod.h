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
#ifndef itkMaskedRegistrationMethod_h
#define itkMaskedRegistrationMethod_h

#include "itkImageRegistrationMethodv4.h"
#include "itkMaskedVoxelSampler.h"
#include "itkMetricStateGuard.h"

#include <optional>
#include <utility>
#include <vector>

namespace itk
{
/** \class MaskedRegistrationMethod
 * \brief Registration that draws its sample points from the voxels inside the fixed image mask.
 *
 * ImageRegistrationMethodv4 draws the sample points of its metric over the whole virtual domain and drops those outside
 * the mask, so that their number falls with the extent of the image around the mask. This class lists the voxels inside
 * the mask once, at full resolution, and draws from that list (see MaskedVoxelSampler): with a mask, the image around
 * it does not exist. A mask voxel is a voxel of the domain (the virtual domain that was set on the metric, or else the
 * grid of the fixed image) whose centre, mapped by the fixed initial transform, is inside the fixed image mask of the
 * metric and inside the buffer of the fixed image. Without a mask and with the settings of this class left alone, it
 * behaves as its superclass, except for the choice of the random points.
 *
 * \par Algorithm
 * Level l, with shrink factors s, gets exactly n points: NumberOfSamples(PerLevel), or else
 * max(1, round(p V / prod(s))), where p is the sampling percentage of the level (a fraction in (0, 1]) and V the number
 * of mask voxels at full resolution.
 * - RANDOM: in random mask voxels, without replacement while n <= V.
 * - REGULAR: systematic sampling of the list, with a random start.
 * - NONE: with a mask, the centres of the mask voxels of the shrunken grid of the level, or, if it has none, of the
 * full resolution. A metric on which the user set sample points keeps those.
 *
 * Point sets hold `float` coordinates. Under NONE, where these cannot hold the centres exactly, or where the grid is
 * that of the superclass, the metric visits the (cropped) virtual domain itself instead of a point set, and tests the
 * mask: its value is that of the superclass then, to the last digits.
 *
 * \par Properties
 * - The same seed (MetricSamplingReinitializeSeed()) gives the same points, with any number of threads. They do not
 *   depend on the extent of the image beyond the mask.
 * - Except in the case above, ITK's metrics do not test again whether a sample is inside the fixed mask. (Neighbourhood
 *   correlation does, because it needs the mask for its windows, and so do metrics that ITK does not have.)
 * - After Update(), also after an exception, the metric has the masks and the virtual domain that the user had set. The
 *   points of the last level stay on it.
 * - The list of mask voxels is made again only if the mask, the domain or the fixed initial transform changed.
 *
 * \par Parameters
 * - NumberOfSamples, NumberOfSamplesPerLevel: absolute counts; 0 (default): use the percentage.
 * - PerturbSamples: points uniform in their voxels (default: on) or at the centres. Not under NONE.
 * - CropVirtualDomainToMask: the metric, its scales estimator and the optimizer see the bounding box of the mask as
 *   virtual domain (default: on). Never for displacement and velocity fields, whose grid must equal the domain.
 * - SamplingRegion: only this region of the domain, alone or together with the mask. Default: none.
 * - FixedImageMask, MovingImageMask: for every image metric that has none of its own. Default: none.
 *
 * \sa MaskedVoxelSampler, ImageRegistrationMethodv4
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TOutputTransform = Transform<double, TFixedImage::ImageDimension, TFixedImage::ImageDimension>,
          typename TVirtualImage = TFixedImage,
          typename TPointSet = PointSet<unsigned int, TFixedImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT MaskedRegistrationMethod
  : public ImageRegistrationMethodv4<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedRegistrationMethod);

  /** Standard class type aliases. */
  using Self = MaskedRegistrationMethod;
  using Superclass = ImageRegistrationMethodv4<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskedRegistrationMethod);

  using Superclass::ImageDimension;

  using typename Superclass::FixedImageMaskType;
  using typename Superclass::ImageMetricType;
  using typename Superclass::InitialTransformType;
  using typename Superclass::MetricSamplePointSetType;
  using typename Superclass::MetricSamplingPercentageArrayType;
  using typename Superclass::MetricSamplingStrategyEnum;
  using typename Superclass::MetricType;
  using typename Superclass::MovingImageMaskType;
  using typename Superclass::MultiMetricType;
  using typename Superclass::PointSetMetricType;
  using typename Superclass::RealType;
  using typename Superclass::VirtualImageBaseConstPointer;
  using typename Superclass::VirtualImageBaseType;

  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using SamplingRegionType = ImageRegion<ImageDimension>;
  using NumberOfSamplesArrayType = Array<SizeValueType>;

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

  /** Sample points, in virtual space, of a metric at the last level that was initialised. Null if it has none. */
  const MetricSamplePointSetType *
  GetSamplePointSet(SizeValueType metric = 0) const;

  /** The list of the mask voxels of a metric. They are listed if they were not yet. */
  const SamplerType *
  GetSampler(SizeValueType metric = 0);

protected:
  MaskedRegistrationMethod() = default;
  ~MaskedRegistrationMethod() override = default;
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

private:
  using SamplerPointer = typename SamplerType::Pointer;
  using SamplePointSetPointer = typename MetricSamplePointSetType::Pointer;
  /** The image metrics, each with its position in the queue of the multi-metric. */
  using ImageMetricsType = std::vector<std::pair<SizeValueType, ImageMetricType *>>;

  ImageMetricsType
  GetImageMetrics() const;
  /** Number of metrics of any kind. */
  SizeValueType
  GetNumberOfMetrics() const;
  MetricType *
  GetNthMetric(SizeValueType index) const;
  bool
  IsSampling() const
  {
    return this->m_MetricSamplingStrategy != MetricSamplingStrategyEnum::NONE;
  }
  const FixedImageMaskType *
  GetMaskOf(const ImageMetricType & metric) const;
  /** Whether the sample points on a metric are those that this object put there. */
  bool
  HasOurPoints(SizeValueType index, const ImageMetricType & metric) const;
  /** Whether this object confines the points of a metric to less than the whole domain. */
  bool
  IsRestricted(SizeValueType index, const ImageMetricType & metric) const;

  void
  CheckSettings() const;
  template <typename TArray>
  void
  CheckSizeOfPerLevelArray(const char * name, const TArray & array) const;
  void
  InitializeSampler(SizeValueType index, const ImageMetricType & metric);
  SamplerType &
  GetUpdatedSampler(SizeValueType metric);
  /** Whether the bounding box of the mask becomes the virtual domain. */
  bool
  IsCropping() const;

  /** Number of samples of the current level for a mask of so many voxels. */
  SizeValueType
  ComputeNumberOfSamples(SizeValueType numberOfVoxels) const;
  unsigned int
  MakeSeed(SizeValueType metric) const;
  /** The mask voxels of the grid of the current level; null if it has none. */
  SamplerPointer
  MakeLevelSampler(SizeValueType index, const ImageMetricType & metric) const;
  /** Take the fixed masks off the metrics that need them no more, because every sample point is known to be inside. */
  void
  ReleaseKnownMasks();
  /** Count the sample points that map into the moving image; warn if these are few. */
  void
  ReportPointsInMovingImage(SizeValueType index, const ImageMetricType & metric);
  void
  SetSamplePointsOf(SizeValueType index, ImageMetricType & metric);

  SizeValueType                              m_NumberOfSamples{ 0 };
  NumberOfSamplesArrayType                   m_NumberOfSamplesPerLevel{};
  bool                                       m_PerturbSamples{ true };
  bool                                       m_CropVirtualDomainToMask{ true };
  std::optional<SamplingRegionType>          m_SamplingRegion{};
  typename FixedImageMaskType::ConstPointer  m_FixedImageMask{};
  typename MovingImageMaskType::ConstPointer m_MovingImageMask{};

  std::vector<SamplerPointer>        m_Samplers{};
  std::vector<SamplePointSetPointer> m_SamplePointSets{};
  std::vector<SizeValueType>         m_NumbersOfPointsInMovingImage{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedRegistrationMethod.hxx"
#endif

#endif // itkMaskedRegistrationMethod_h
