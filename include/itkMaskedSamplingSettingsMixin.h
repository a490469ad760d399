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
#ifndef itkMaskedSamplingSettingsMixin_h
#define itkMaskedSamplingSettingsMixin_h

#include "itkMaskedVoxelSampler.h"

#include <optional>
#include <utility>
#include <vector>

namespace itk
{
/** \class MaskedSamplingSettingsMixin
 * \brief The settings of MaskedSamplingMixin, and what they must be to go together.
 *
 * \tparam TSuperclass itk::ImageRegistrationMethodv4, or a class derived from it
 * \sa MaskedSamplingMixin
 * \ingroup MaskedSampling
 */
template <typename TSuperclass>
class ITK_TEMPLATE_EXPORT MaskedSamplingSettingsMixin : public TSuperclass
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedSamplingSettingsMixin);

  /** Standard class type aliases. */
  using Self = MaskedSamplingSettingsMixin;
  using Superclass = TSuperclass;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkOverrideGetNameOfClassMacro(MaskedSamplingSettingsMixin);

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

protected:
  /** The image metrics, each with its position in the queue of the multi-metric. */
  using ImageMetricsType = std::vector<std::pair<SizeValueType, ImageMetricType *>>;

  MaskedSamplingSettingsMixin() = default;
  ~MaskedSamplingSettingsMixin() override = default;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  /** Throw if settings do not go together. */
  virtual void
  CheckSettings() const;
  /** Throw if what the optimizer found is no transform. */
  void
  CheckResult() const;

  /** Number of metrics of any kind. */
  SizeValueType
  GetNumberOfMetrics() const;
  MetricType *
  GetNthMetric(SizeValueType index) const;
  ImageMetricsType
  GetImageMetrics() const;
  /** The fixed mask that the user meant for a metric. */
  const FixedImageMaskType *
  GetMaskOf(const ImageMetricType & metric) const;
  /** Whether points are drawn. */
  bool
  IsDrawing() const
  {
    return !m_SamplePoints && this->m_MetricSamplingStrategy != MetricSamplingStrategyEnum::NONE;
  }
  const std::optional<SamplingRegionType> &
  GetOptionalSamplingRegion() const
  {
    return m_SamplingRegion;
  }

private:
  void
  CheckPerLevelArrays() const;
  /** \exception ExceptionObject if an image has not the pixels that it says to have */
  template <typename TImage>
  void
  CheckPixels(const char * name, SizeValueType metric, const TImage & image) const;
  void
  CheckTransforms() const;
  template <typename TArray>
  void
  CheckSizeOfPerLevelArray(const char * name, const TArray & array) const;

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
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedSamplingSettingsMixin.hxx"
#endif

#endif // itkMaskedSamplingSettingsMixin_h
