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

  using typename Superclass::DerivativeType;
  using typename Superclass::MeasureType;

protected:
  SampledMeanSquaresImageToImageMetricv4() = default;
  ~SampledMeanSquaresImageToImageMetricv4() override = default;

  using typename Superclass::KernelType;

  SizeValueType
  EvaluateSamples(KernelType & kernel, DerivativeType * derivative) const override;
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSampledMeanSquaresImageToImageMetricv4.hxx"
#endif

#endif // itkSampledMeanSquaresImageToImageMetricv4_h

// Compiled once, in the library of the module. Outside the include guard, as in itkMetaDataObject.h. Not for the
// wrapping, which would take the names as they are spelled here.
#if !defined(ITK_TEMPLATE_EXPLICIT_SampledMeanSquaresImageToImageMetricv4) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT MeanSquaresImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<MeanSquaresImageToImageMetricv4<Image<float, 2>, Image<float, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMeanSquaresImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MeanSquaresImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<MeanSquaresImageToImageMetricv4<Image<float, 3>, Image<float, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMeanSquaresImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MeanSquaresImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<MeanSquaresImageToImageMetricv4<Image<float, 4>, Image<float, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMeanSquaresImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MeanSquaresImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<MeanSquaresImageToImageMetricv4<Image<double, 2>, Image<double, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMeanSquaresImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MeanSquaresImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<MeanSquaresImageToImageMetricv4<Image<double, 3>, Image<double, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMeanSquaresImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MeanSquaresImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<MeanSquaresImageToImageMetricv4<Image<double, 4>, Image<double, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMeanSquaresImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
