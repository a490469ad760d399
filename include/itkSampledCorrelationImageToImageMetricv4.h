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
#ifndef itkSampledCorrelationImageToImageMetricv4_h
#define itkSampledCorrelationImageToImageMetricv4_h

#include "itkCorrelationImageToImageMetricv4.h"
#include "itkSampledMetricMixin.h"

namespace itk
{
/** \class SampledCorrelationImageToImageMetricv4
 * \brief Normalised correlation, evaluated at sample points many times faster.
 *
 * The negative square of the correlation coefficient, as in CorrelationImageToImageMetricv4.
 *
 * To be used in its place, with any registration method; when it is faster, and what its derivative is:
 * SampledMetricMixin.
 *
 * \sa CorrelationImageToImageMetricv4, MaskedRegistrationMethod
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage = TFixedImage,
          typename TInternalComputationValueType = double,
          typename TMetricTraits =
            DefaultImageToImageMetricTraitsv4<TFixedImage, TMovingImage, TVirtualImage, TInternalComputationValueType>>
class ITK_TEMPLATE_EXPORT SampledCorrelationImageToImageMetricv4
  : public SampledMetricMixin<CorrelationImageToImageMetricv4<TFixedImage,
                                                              TMovingImage,
                                                              TVirtualImage,
                                                              TInternalComputationValueType,
                                                              TMetricTraits>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SampledCorrelationImageToImageMetricv4);

  /** Standard class type aliases. */
  using Self = SampledCorrelationImageToImageMetricv4;
  using Superclass = SampledMetricMixin<CorrelationImageToImageMetricv4<TFixedImage,
                                                                        TMovingImage,
                                                                        TVirtualImage,
                                                                        TInternalComputationValueType,
                                                                        TMetricTraits>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(SampledCorrelationImageToImageMetricv4);

  using typename Superclass::EngineType;
  using typename Superclass::MeasureType;

protected:
  SampledCorrelationImageToImageMetricv4() = default;
  ~SampledCorrelationImageToImageMetricv4() override = default;

  SizeValueType
  EvaluateSamples(EngineType & engine) const override
  {
    if constexpr (EngineType::IsTypeKnown)
    {
      return this->Evaluate(engine);
    }
    return 0;
  }

private:
  SizeValueType
  Evaluate(EngineType & engine) const;

  /** Number, means, and sums of products of deviations from the means, of pairs of values. */
  struct Moments
  {
    double Number{};
    double MeanF{};
    double MeanM{};
    double SumFF{};
    double SumMM{};
    double SumFM{};

    /** Take in other pairs (Chan, Golub and LeVeque: Updating formulae and a pairwise algorithm for computing sample
     * variances, 1979). */
    void
    Merge(const Moments & other);
  };

  /** Moments of the samples, from the first one on, that are inside. */
  static Moments
  ComputeMoments(const EngineType & engine, SizeValueType first, SizeValueType last);
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSampledCorrelationImageToImageMetricv4.hxx"
#endif

#endif // itkSampledCorrelationImageToImageMetricv4_h
