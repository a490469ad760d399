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
#ifndef itkMaskedSyNRegistrationMethod_h
#define itkMaskedSyNRegistrationMethod_h

#include "itkMaskedSamplingMixin.h"
#include "itkSyNImageRegistrationMethod.h"

namespace itk
{
/** \class MaskedSyNRegistrationMethod
 * \brief Symmetric normalization whose metric samples the voxels inside the fixed image mask.
 *
 * SyNImageRegistrationMethod deforms both images towards a middle space, the virtual domain. At the start of each level
 * the mask voxels are those of the domain that the fixed initial transform, and the deformation found so far, map into
 * the fixed mask; the points are drawn from these, and serve both halves of the metric, from the fixed and from the
 * moving image.
 *
 * How it samples, and all settings for that: MaskedSamplingMixin.
 *
 * \par Differences from the superclass
 * - Masks of both images can be any spatial object. The superclass, as it resamples masks at every iteration, takes
 * mask images only, without regard to their own transforms or to one label of them; others become mask images on the
 * grid of their image here.
 * - Samples are not tested against the fixed mask again, resampled to the coarse grid of a level as it is (a thin mask
 *   would lose them), except by the joint histogram's mutual information, which needs the mask for its range.
 * - A second Update() repeats the first. To go on from an earlier result, call SetFixedToMiddleTransform() and
 *   SetMovingToMiddleTransform() with transforms that have copies of both fields of the earlier ones.
 *
 * The domain is never cropped to the mask: the displacement fields have its grid.
 *
 * \sa MaskedSamplingMixin, MaskedRegistrationMethod, SyNImageRegistrationMethod
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TOutputTransform = DisplacementFieldTransform<double, TFixedImage::ImageDimension>,
          typename TVirtualImage = TFixedImage,
          typename TPointSet = PointSet<unsigned int, TFixedImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT MaskedSyNRegistrationMethod
  : public MaskedSamplingMixin<
      SyNImageRegistrationMethod<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedSyNRegistrationMethod);

  /** Standard class type aliases. */
  using Self = MaskedSyNRegistrationMethod;
  using Superclass = MaskedSamplingMixin<
    SyNImageRegistrationMethod<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskedSyNRegistrationMethod);

  using Superclass::ImageDimension;
  using typename Superclass::DisplacementFieldPointer;
  using typename Superclass::FixedImageMasksContainerType;
  using typename Superclass::FixedImagesContainerType;
  using typename Superclass::FixedImageType;
  using typename Superclass::InitialTransformType;
  using typename Superclass::MeasureType;
  using typename Superclass::MovingImageMasksContainerType;
  using typename Superclass::MovingImagesContainerType;
  using typename Superclass::MovingImageType;
  using typename Superclass::OutputTransformType;
  using typename Superclass::PointSetsContainerType;
  using typename Superclass::RealType;
  using typename Superclass::TransformBaseType;

  // While the registration runs, copies of those with pixels that are no finite numbers: see ImageGaps.
  using Superclass::GetFixedImage;
  using Superclass::GetMovingImage;
  const FixedImageType *
  GetFixedImage(SizeValueType index) const override;
  const MovingImageType *
  GetMovingImage(SizeValueType index) const override;

protected:
  using typename Superclass::MaskType;
  using typename Superclass::SamplesType;

  MaskedSyNRegistrationMethod() = default;
  ~MaskedSyNRegistrationMethod() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  RunLevels() override;
  void
  InitializeRegistrationAtEachLevel(const SizeValueType level) override;
  DisplacementFieldPointer
  ComputeMetricGradientField(const FixedImagesContainerType      fixedImages,
                             const PointSetsContainerType        fixedPointSets,
                             const TransformBaseType *           fixedTransform,
                             const MovingImagesContainerType     movingImages,
                             const PointSetsContainerType        movingPointSets,
                             const TransformBaseType *           movingTransform,
                             const FixedImageMasksContainerType  fixedImageMasks,
                             const MovingImageMasksContainerType movingImageMasks,
                             MeasureType &                       value) override;
  typename InitialTransformType::ConstPointer
  GetDomainToFixedTransform() const override;
  typename InitialTransformType::ConstPointer
  GetDomainToMovingTransform() const override;
  typename MaskType::ConstPointer
  MakeMaskForMetric(const MaskType * mask, const ImageBase<ImageDimension> * image) const override;

private:
  struct FilledImages
  {
    typename FixedImageType::ConstPointer  Fixed{};
    typename MovingImageType::ConstPointer Moving{};
  };

  void
  FillImages();
  static typename InitialTransformType::ConstPointer
  Compose(const InitialTransformType * initialTransform, const OutputTransformType & toMiddle);

  /** Those that this object made in its last run. */
  typename OutputTransformType::ConstPointer m_OwnFixedToMiddleTransform{};
  typename OutputTransformType::ConstPointer m_OwnMovingToMiddleTransform{};
  SizeValueType                              m_IterationOfPoints{};
  /** One for each metric, while the registration runs. */
  std::vector<FilledImages> m_FilledImages{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedSyNRegistrationMethod.hxx"
#endif

#endif // itkMaskedSyNRegistrationMethod_h

// Compiled once, in the library of the module. Outside the include guard, as in itkMetaDataObject.h. Not for the
// wrapping, which would take the names as they are spelled here.
#if !defined(ITK_TEMPLATE_EXPLICIT_MaskedSyNRegistrationMethod) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT SyNImageRegistrationMethod<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT SyNImageRegistrationMethod<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT SyNImageRegistrationMethod<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT SyNImageRegistrationMethod<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT SyNImageRegistrationMethod<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT SyNImageRegistrationMethod<Image<double, 4>, Image<double, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<SyNImageRegistrationMethod<Image<float, 2>, Image<float, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<SyNImageRegistrationMethod<Image<float, 3>, Image<float, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<SyNImageRegistrationMethod<Image<float, 4>, Image<float, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<SyNImageRegistrationMethod<Image<double, 2>, Image<double, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<SyNImageRegistrationMethod<Image<double, 3>, Image<double, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<SyNImageRegistrationMethod<Image<double, 4>, Image<double, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<SyNImageRegistrationMethod<Image<float, 2>, Image<float, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<SyNImageRegistrationMethod<Image<float, 3>, Image<float, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<SyNImageRegistrationMethod<Image<float, 4>, Image<float, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<SyNImageRegistrationMethod<Image<double, 2>, Image<double, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<SyNImageRegistrationMethod<Image<double, 3>, Image<double, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<SyNImageRegistrationMethod<Image<double, 4>, Image<double, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedSyNRegistrationMethod<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedSyNRegistrationMethod<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedSyNRegistrationMethod<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedSyNRegistrationMethod<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedSyNRegistrationMethod<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedSyNRegistrationMethod<Image<double, 4>, Image<double, 4>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
