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
 * points to where the value falls). The superclass takes its derivative from a smoothed gradient image instead.
 *
 * \par When
 * There must be a sample point set; pixels float or double; LinearInterpolateImageFunction for the moving image; the
 * default settings of the gradients of the moving image; a transform that is affine in the point, or one cubic
 * BSplineTransform with such transforms before and after it that are not optimised. Everything else (dense sampling,
 * displacement fields, vector pixels ...) is left to the superclass, whose answer is given.
 *
 * \par Threads
 * The result is the same, to the bit, with any number of work units.
 *
 * \tparam TSuperclass one of ITK's classes derived from itk::ImageToImageMetricv4
 * \sa SampledMetricEngine
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
  using EngineType = SampledMetricEngine<ImageMetricType>;

  /** Initialize as the superclass does, except for what the samples do not need: the gradient of the moving image. */
  void
  Initialize() override;

protected:
  SampledMetricMixin() = default;
  ~SampledMetricMixin() override = default;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

#if !defined(ITK_WRAPPING_PARSER)
  EngineType &
  GetEngine() override
  {
    return m_Engine;
  }
#endif
  void
  InitializeForIteration() const override;
  void
  GetValueAndDerivativeExecute() const override;

  /** What the metric needs to know before the samples are evaluated. */
  virtual void
  InitializeSampling()
  {}

  /** Compute the value and, if asked for, the derivative, from an engine that is ready.
   * \return the number of valid samples */
  virtual SizeValueType
  EvaluateSamples(EngineType & engine) const = 0;

private:
  mutable EngineType m_Engine{};
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
