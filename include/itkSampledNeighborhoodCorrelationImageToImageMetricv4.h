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
#ifndef itkSampledNeighborhoodCorrelationImageToImageMetricv4_h
#define itkSampledNeighborhoodCorrelationImageToImageMetricv4_h

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkSampledMetricMixin.h"

namespace itk
{
/** \class SampledNeighborhoodCorrelationImageToImageMetricv4
 * \brief Correlation within the window around each voxel, evaluated many times faster.
 *
 * The negative mean, over the voxels inside the mask, of the squared correlation of the voxels inside the mask that are
 * in the window around it, as in ANTSNeighborhoodCorrelationImageToImageMetricv4. The derivative is the exact one: ITK
 * takes what the voxel in the middle of each window contributes.
 *
 * It is faster with MaskedRegistrationMethod and the strategy NONE, where it has every voxel inside the mask, and with
 * the transforms and interpolators of SampledMetricMixin. With points that are drawn or set it does what its superclass
 * does: their windows are of voxels all the same.
 *
 * \sa ANTSNeighborhoodCorrelationImageToImageMetricv4, MaskedRegistrationMethod
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage = TFixedImage,
          typename TInternalComputationValueType = double,
          typename TMetricTraits =
            DefaultImageToImageMetricTraitsv4<TFixedImage, TMovingImage, TVirtualImage, TInternalComputationValueType>>
class ITK_TEMPLATE_EXPORT SampledNeighborhoodCorrelationImageToImageMetricv4
  : public SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<TFixedImage,
                                                                              TMovingImage,
                                                                              TVirtualImage,
                                                                              TInternalComputationValueType,
                                                                              TMetricTraits>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SampledNeighborhoodCorrelationImageToImageMetricv4);

  /** Standard class type aliases. */
  using Self = SampledNeighborhoodCorrelationImageToImageMetricv4;
  using Superclass = SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<TFixedImage,
                                                                                        TMovingImage,
                                                                                        TVirtualImage,
                                                                                        TInternalComputationValueType,
                                                                                        TMetricTraits>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(SampledNeighborhoodCorrelationImageToImageMetricv4);

  using typename Superclass::DerivativeType;
  using typename Superclass::MeasureType;

#if !defined(ITK_WRAPPING_PARSER)
  bool
  HasValueOfSuperclass() const override
  {
    return false;
  }
#endif

protected:
  SampledNeighborhoodCorrelationImageToImageMetricv4() = default;
  ~SampledNeighborhoodCorrelationImageToImageMetricv4() override = default;

  using typename Superclass::KernelType;

  SizeValueType
  EvaluateSamples(KernelType & kernel, DerivativeType * derivative) const override;
  bool
  EvaluatesPointSets() const override
  {
    return false;
  }
  bool
  KnowsWeights() const override
  {
    return false;
  }
  /** ITK differentiates each window by its own voxel only. */
  bool
  KnowsGradientImages() const override
  {
    return false;
  }
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSampledNeighborhoodCorrelationImageToImageMetricv4.hxx"
#endif

#endif // itkSampledNeighborhoodCorrelationImageToImageMetricv4_h

// Compiled once, in the library of the module. Outside the include guard, as in itkMetaDataObject.h. Not for the
// wrapping, which would take the names as they are spelled here.
#if !defined(ITK_TEMPLATE_EXPLICIT_SampledNeighborhoodCorrelationImageToImageMetricv4) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 2>, Image<float, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 4>, Image<float, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 2>, Image<double, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 3>, Image<double, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 4>, Image<double, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
