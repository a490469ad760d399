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
#ifndef itkSampledMeanSquaresImageToImageMetricv4_h
#define itkSampledMeanSquaresImageToImageMetricv4_h

#include "itkMeanSquaresImageToImageMetricv4.h"
#include "itkSampledMetricMixin.h"

namespace itk
{
/** \class SampledMeanSquaresImageToImageMetricv4
 * \brief Mean squares, evaluated at sample points many times faster.
 *
 * The mean of the squared differences of the values, as in MeanSquaresImageToImageMetricv4.
 *
 * To be used in its place, with any registration method; when it is faster, and what its derivative is:
 * SampledMetricMixin.
 *
 * \sa MeanSquaresImageToImageMetricv4, MaskedRegistrationMethod
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage = TFixedImage,
          typename TInternalComputationValueType = double,
          typename TMetricTraits =
            DefaultImageToImageMetricTraitsv4<TFixedImage, TMovingImage, TVirtualImage, TInternalComputationValueType>>
class ITK_TEMPLATE_EXPORT SampledMeanSquaresImageToImageMetricv4
  : public SampledMetricMixin<MeanSquaresImageToImageMetricv4<TFixedImage,
                                                              TMovingImage,
                                                              TVirtualImage,
                                                              TInternalComputationValueType,
                                                              TMetricTraits>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SampledMeanSquaresImageToImageMetricv4);

  /** Standard class type aliases. */
  using Self = SampledMeanSquaresImageToImageMetricv4;
  using Superclass = SampledMetricMixin<MeanSquaresImageToImageMetricv4<TFixedImage,
                                                                        TMovingImage,
                                                                        TVirtualImage,
                                                                        TInternalComputationValueType,
                                                                        TMetricTraits>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(SampledMeanSquaresImageToImageMetricv4);

  using typename Superclass::EngineType;
  using typename Superclass::MeasureType;

protected:
  SampledMeanSquaresImageToImageMetricv4() = default;
  ~SampledMeanSquaresImageToImageMetricv4() override = default;

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
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSampledMeanSquaresImageToImageMetricv4.hxx"
#endif

#endif // itkSampledMeanSquaresImageToImageMetricv4_h
