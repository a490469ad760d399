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
#ifndef itkSampledMetricMixin_h
#define itkSampledMetricMixin_h

#include "itkSampledMetricInterface.h"

namespace itk
{
/** \class SampledMetricMixin
 * \brief Makes a metric of ITK evaluate its sample points faster.
 *
 * The value is that of the superclass for the same sample points. The derivative is the exact derivative of that value,
 * but for the rounding of intensities to the pixel type (and with the sign that metrics of ITK's version 4 have: it
 * points to where the value falls). The superclass takes its derivative from a smoothed gradient image instead; with
 * UseExactDerivative off, so it is here, but for roundings, and of the gradient image only the part that samples reach
 * is made.
 *
 * Where a sample is mapped to the centre of a voxel, the value has a kink: the derivative is the mean of those on both
 * sides, as a central difference tells it.
 *
 * \par When
 * There must be a sample point set, or sample points that a registration method sets (see SampledMetricInterface);
 * pixels float or double, in 2 to 4 dimensions; LinearInterpolateImageFunction for the moving image; the default
 * settings of the gradients of the moving image (with UseExactDerivative off, UseMovingImageGradientFilter on); a
 * transform that is affine in the point, or one cubic BSplineTransform with such transforms before and after it that
 * are not optimised. Everything else (dense sampling, displacement fields, vector pixels ...) is left to the
 * superclass, whose answer is given.
 *
 * \par Values that are no numbers
 * A sample at which the value of an image, or the exact gradient of the moving one, is not a finite number is not
 * valid: it counts as one outside the images. A gradient image is made as if such pixels were like those around them.
 *
 * \par Threads
 * The result is the same, to the bit, with any number of work units.
 *
 * \tparam TSuperclass one of ITK's classes derived from itk::ImageToImageMetricv4
 * \sa SampledMetricInterface, SampledMetricKernel
 * \ingroup MaskedSampling
 */
template <typename TSuperclass>
class ITK_TEMPLATE_EXPORT SampledMetricMixin
  : public TSuperclass
#if !defined(ITK_WRAPPING_PARSER)
  , public SampledMetricInterface<ImageToImageMetricv4<typename TSuperclass::FixedImageType,
                                                       typename TSuperclass::MovingImageType,
                                                       typename TSuperclass::VirtualImageType,
                                                       typename TSuperclass::InternalComputationValueType,
                                                       typename TSuperclass::MetricTraits>>
#endif
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SampledMetricMixin);

  /** Standard class type aliases. */
  using Self = SampledMetricMixin;
  using Superclass = TSuperclass;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkOverrideGetNameOfClassMacro(SampledMetricMixin);

  using ImageMetricType = ImageToImageMetricv4<typename TSuperclass::FixedImageType,
                                               typename TSuperclass::MovingImageType,
                                               typename TSuperclass::VirtualImageType,
                                               typename TSuperclass::InternalComputationValueType,
                                               typename TSuperclass::MetricTraits>;
  using typename Superclass::DerivativeType;

  /** Both the superclass and the interface have these. */
  using Superclass::VirtualDimension;
  using typename Superclass::FixedImageType;
  using typename Superclass::MovingImageType;

  /** Initialize as the superclass does, except for what the samples do not need: the gradient of the moving image. */
  void
  Initialize() override;

  /** Set/Get whether the derivative is that of the value, and not the superclass' own, which takes the gradient of the
   * moving image from a gradient image, blurred by a sigma of its largest spacing. That one is fast here if
   * UseMovingImageGradientFilter is on, which is the default of metrics, but not of the metric that a registration
   * method has by itself. Neighbourhood correlation knows the exact one only. To be followed by Initialize(). Default:
   * true. */
  itkSetMacro(UseExactDerivative, bool);
  itkGetConstMacro(UseExactDerivative, bool);
  itkBooleanMacro(UseExactDerivative);

  /** Get the number of work units that the last evaluation had work for. */
  ThreadIdType
  GetNumberOfWorkUnitsUsed() const override;

  using InterfaceType = SampledMetricInterface<ImageMetricType>;
  using CoordinatesType = typename InterfaceType::CoordinatesType;
  using MovingPartType = typename InterfaceType::MovingPartType;

  static constexpr bool IsTypeKnown = InterfaceType::IsTypeKnown;

#if !defined(ITK_WRAPPING_PARSER)
  void
  SetSampleCoordinates(std::shared_ptr<const CoordinatesType> coordinates, bool isRangeOfMask) override;
  bool
  CanEvaluateSamples(const typename Superclass::MovingTransformType & movingTransform,
                     bool                                             areCoordinates) const override;
  bool
  HasValueOfSuperclass() const override
  {
    return true;
  }
  void
  SetWeightImage(const typename InterfaceType::WeightImageType * image) override;
  void
  SetMovingPart(const MovingPartType & part) override;
  void
  ReleaseRegistration() override;
#endif

protected:
  SampledMetricMixin() = default;
  ~SampledMetricMixin() override = default;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  InitializeForIteration() const override;
  void
  GetValueAndDerivativeExecute() const override;

  /** For other types of images, no samples are evaluated here. */
  struct NoKernelType
  {};
  template <typename TMetric, bool VIsTypeKnown>
  struct KernelOf
  {
    using Type = NoKernelType;
  };
  template <typename TMetric>
  struct KernelOf<TMetric, true>
  {
    using Type = SampledMetricKernel<typename TMetric::FixedPixelType,
                                     typename TMetric::MovingPixelType,
                                     TMetric::VirtualDimension>;
  };
  using KernelType = typename KernelOf<ImageMetricType, IsTypeKnown>::Type;

  /** What the metric needs to know before the samples are evaluated. */
  virtual void
  InitializeSampling()
  {}

  /** Compute the value and, if the derivative is not null, add that to it, with a kernel that is ready.
   * \return the number of valid samples */
  virtual SizeValueType
  EvaluateSamples(KernelType & kernel, DerivativeType * derivative) const = 0;

  /** Whether a point set that is set on the metric is evaluated here, too. */
  virtual bool
  EvaluatesPointSets() const
  {
    return true;
  }

  /** Whether weights of samples are known here. */
  virtual bool
  KnowsWeights() const
  {
    return true;
  }

  /** Whether there is a derivative from a gradient image here, too; if not, it is always exact. */
  virtual bool
  KnowsGradientImages() const
  {
    return true;
  }

  /** Call function(point), a point in virtual space in double precision, for each sample point. */
  template <typename TFunction>
  void
  ForEachSamplePoint(const TFunction & function) const;

  bool
  HasCoordinates() const
  {
    return m_Coordinates != nullptr;
  }

  /** Whether the points are coordinates in double precision that come with the wish that the range be that of the mask.
   */
  bool
  IsRangeOfMask() const
  {
    return m_Coordinates != nullptr && m_IsRangeOfMask;
  }

  /** The region from which the range of the values of the moving image is to be taken; none: its buffer. */
  std::optional<typename InterfaceType::MovingRegionType>
  GetRangeRegionOfMovingImage() const
  {
    return m_MovingPart.Image == this->m_MovingImage ? m_MovingPart.RangeRegion : std::nullopt;
  }

private:
  using CoordinatesPointer = std::shared_ptr<const CoordinatesType>;
  using KeyType = std::vector<std::uintptr_t>;

  /** Whether the settings are such that samples can be evaluated. */
  bool
  IsApplicable(const typename Superclass::MovingTransformType * movingTransform) const;
  /** Whether they are, and there are samples. */
  bool
  EvaluatesSamples() const
  {
    return (m_Coordinates != nullptr || (this->m_UseSampledPointSet && this->EvaluatesPointSets())) &&
           this->IsApplicable(this->m_MovingTransform);
  }
  /** What the samples depend on. */
  KeyType
  MakeKeyOfSamples() const;
  void
  UpdateSamples() const;
  KernelType &
  GetKernel() const;
  /** \exception ExceptionObject if there are weights that would not count */
  void
  CheckWeights() const;
  /** The coordinates that were set, or those of the metric's own points. */
  CoordinatesPointer
  GetCoordinates() const;
  bool
  UsesGradientImage() const
  {
    return !m_UseExactDerivative && this->KnowsGradientImages();
  }
  /** \exception ExceptionObject if a gradient image is wanted, but the moving image is too thin for it */
  void
  CheckGradientImage() const;

  mutable std::unique_ptr<KernelType>                   m_Kernel{};
  mutable KeyType                                       m_KeyOfSamples{};
  MovingPartType                                        m_MovingPart{};
  typename InterfaceType::WeightImageType::ConstPointer m_WeightImage{};
  double                                                m_GreatestWeight{ 1.0 };
  CoordinatesPointer                                    m_Coordinates{};
  bool                                                  m_IsRangeOfMask{};
  mutable ThreadIdType                                  m_NumberOfWorkUnitsUsed{};
  bool                                                  m_UseExactDerivative{ true };
  /** Whether the current evaluation is left to the superclass. */
  mutable bool m_IsLeftToSuperclass{};
  /** Whether there is all that the superclass needs. */
  mutable bool m_IsSuperclassInitialized{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSampledMetricMixin.hxx"
#endif

#endif // itkSampledMetricMixin_h
