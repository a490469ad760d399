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
#include "itkLevelImage.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkMaskedSamplingMixin.h"
#include "itkNearestNeighborInterpolateImageFunction.h"
#include "itkSampledMetricInterface.h"

#include <typeinfo>

namespace itk
{
/** \class MaskedRegistrationMethod
 * \brief Registration that draws its sample points from the voxels inside the fixed image mask.
 *
 * ImageRegistrationMethodv4 draws the sample points of its metric over the whole virtual domain and drops those outside
 * the mask, so that their number falls with the extent of the image around the mask. This class lists the voxels inside
 * the mask once, at full resolution, and draws from that list (see MaskedVoxelSampler): with a mask, the image around
 * it does not exist. Without a mask and with its own settings left alone, it behaves as its superclass, except for the
 * choice of the random points.
 *
 * How it samples, and all settings for that: MaskedSamplingMixin.
 *
 * With ResampleEveryIteration there is a fresh draw after every step of the optimizer. That needs an optimizer that
 * does not compare values of different iterations: GradientDescentOptimizerv4, RegularStepGradientDescentOptimizerv4 or
 * one derived from these; with others Update() throws.
 *
 * \par Cost
 * The default metric is SampledMattesMutualInformationImageToImageMetricv4. With it, SampledMeanSquares... or
 * SampledCorrelation..., and a mask, nothing is of the size of the images: they are smoothed only around the mask, and
 * where the sample points get to, and the virtual domain is a header. The result is that of smoothing the whole image,
 * but for an error of 1e-7 of the range of intensities (see RegionalGaussianSmoother). The moving image is smoothed
 * around the points as they are mapped at the start of a level, with an eighth of their extent and some voxels more on
 * each side, and more when points get there. From that first box mutual information takes the range of intensities of
 * the moving image; values beyond it count as its end. Other metrics get whole images, which are smoothed as the
 * superclass does it, to the bit, but faster.
 *
 * Once the metric is initialised, ITK's metrics do not test again whether a sample is inside the fixed mask.
 * (Neighbourhood correlation does, because it needs the mask for its windows, and so do metrics that ITK does not
 * have.)
 *
 * \sa MaskedSamplingMixin, MaskedVoxelSampler, MaskedSyNRegistrationMethod, ImageRegistrationMethodv4
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TOutputTransform = Transform<double, TFixedImage::ImageDimension, TFixedImage::ImageDimension>,
          typename TVirtualImage = TFixedImage,
          typename TPointSet = PointSet<unsigned int, TFixedImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT MaskedRegistrationMethod
  : public MaskedSamplingMixin<
      ImageRegistrationMethodv4<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedRegistrationMethod);

  /** Standard class type aliases. */
  using Self = MaskedRegistrationMethod;
  using Superclass = MaskedSamplingMixin<
    ImageRegistrationMethodv4<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskedRegistrationMethod);

  using Superclass::ImageDimension;
  using typename Superclass::FixedImageMaskType;
  using typename Superclass::FixedImageType;
  using typename Superclass::ImageMetricType;
  using typename Superclass::InitialTransformType;
  using typename Superclass::MovingImageType;
  using typename Superclass::MultiMetricType;
  using typename Superclass::PointSetMetricType;
  using typename Superclass::RealType;
  using typename Superclass::VirtualImageBaseType;
  using typename Superclass::VirtualImageType;

  /** Set/Get whether images are smoothed inside their masks alone, so that what is outside does not bleed in (a tumour,
   * the skull beside the brain): each voxel is the mean of those inside around it. Images of float or double. Off: as
   * in ITK, whose masks do not matter for smoothing. */
  itkSetMacro(SmoothInsideMask, bool);
  itkGetConstMacro(SmoothInsideMask, bool);
  itkBooleanMacro(SmoothInsideMask);

protected:
  MaskedRegistrationMethod();
  ~MaskedRegistrationMethod() override = default;
  void
  PrintSelf(std::ostream & os, Indent indent) const override
  {
    Superclass::PrintSelf(os, indent);
    os << indent << "SmoothInsideMask: " << (m_SmoothInsideMask ? "On" : "Off") << std::endl;
  }

  void
  CheckSettings() const override;
  void
  InitializeLevel(SizeValueType level) override;
  void
  RunLevels() override;
  /** Optimise at the current level. */
  virtual void
  RunOptimizer();
  void
  SetMetricSamplePoints() override
  {
    Superclass::SetMetricSamplePoints();
    for (const auto & [index, metric] : this->GetImageMetrics())
    {
      if (auto * const sampledMetric = Self::AsSampledMetric(*metric))
      {
        sampledMetric->SetSampleCoordinates(this->GetSamples(index).GetCoordinates(),
                                            !this->GetOptionalSamplingRegion());
      }
    }
  }
  bool
  TakesCoordinates(ImageMetricType & metric) const override;

private:
  using typename Superclass::ImageMetricsType;
  using typename Superclass::SamplesType;
  using SampledMetricType = SampledMetricInterface<ImageMetricType>;
  using FixedInterpolatorType = typename ImageMetricType::FixedInterpolatorType;

  /** What the superclass does before the first level. */
  void
  CheckInputs();
  void
  InitializeCompositeTransform();
  void
  InitializeVirtualDomain();

  /** Set transforms and virtual domain on every metric. */
  void
  ConnectMetrics(SizeValueType level);
  template <typename TMetric>
  void
  ConnectMetric(TMetric & metric, const VirtualImageBaseType & grid);
  template <typename TImage>
  static typename TImage::Pointer
  MakeHeader(const VirtualImageBaseType & grid)
  {
    const auto header = TImage::New();
    header->CopyInformation(&grid);
    header->SetRegions(grid.GetLargestPossibleRegion());
    return header;
  }
  /** Let go of the images of the level before. */
  void
  ReleaseImages(SizeValueType index, ImageMetricType & metric);
  /** Set the images of an image metric, smoothed for the level. */
  void
  SetImagesOfLevel(SizeValueType level, SizeValueType index, ImageMetricType & metric);
  /** Set only what the samples of a metric need of the images. */
  void
  SetPartsOfImages(SizeValueType                       index,
                   ImageMetricType &                   metric,
                   SampledMetricType &                 sampledMetric,
                   const LevelImage<FixedImageType> &  fixed,
                   const LevelImage<MovingImageType> & moving);
  /** Whether a metric evaluates samples itself, rather than its superclass. */
  bool
  EvaluatesSamples(ImageMetricType & metric, bool isInDouble) const;
  /** Throw if no sample has a value in a moving image that has pixels without one. */
  void
  CheckValues(SizeValueType index, ImageMetricType & metric) const;
  /** Throw if what a metric is going to allocate is more than this machine has. */
  void
  CheckMemory(ImageMetricType & metric, bool isInDouble) const;
  /** Give back whole images in place of parts. */
  void
  ReleaseParts(const ImageMetricsType & imageMetrics);
  /** Null if it is none, or of types that have no samples of their own. */
  static SampledMetricType *
  AsSampledMetric(ImageMetricType & metric)
  {
    return SampledMetricType::IsTypeKnown ? dynamic_cast<SampledMetricType *>(&metric) : nullptr;
  }
  /** Whether an interpolator needs no voxel that is farther away than the next one. */
  static bool
  LooksAtNeighborsOnly(const FixedInterpolatorType & interpolator)
  {
    using CoordinateType = typename FixedInterpolatorType::CoordRepType;
    return typeid(interpolator) == typeid(LinearInterpolateImageFunction<FixedImageType, CoordinateType>) ||
           typeid(interpolator) == typeid(NearestNeighborInterpolateImageFunction<FixedImageType, CoordinateType>);
  }

  bool m_SmoothInsideMask{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedRegistrationMethod.hxx"
#endif

#endif // itkMaskedRegistrationMethod_h

// Compiled once, in the library of the module. Outside the include guard, as in itkMetaDataObject.h. Not for the
// wrapping, which would take the names as they are spelled here.
#if !defined(ITK_TEMPLATE_EXPLICIT_MaskedRegistrationMethod) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT ImageRegistrationMethodv4<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageRegistrationMethodv4<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageRegistrationMethodv4<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageRegistrationMethodv4<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageRegistrationMethodv4<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageRegistrationMethodv4<Image<double, 4>, Image<double, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<ImageRegistrationMethodv4<Image<float, 2>, Image<float, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<ImageRegistrationMethodv4<Image<float, 3>, Image<float, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<ImageRegistrationMethodv4<Image<float, 4>, Image<float, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<ImageRegistrationMethodv4<Image<double, 2>, Image<double, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<ImageRegistrationMethodv4<Image<double, 3>, Image<double, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingSettingsMixin<ImageRegistrationMethodv4<Image<double, 4>, Image<double, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<ImageRegistrationMethodv4<Image<float, 2>, Image<float, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<ImageRegistrationMethodv4<Image<float, 3>, Image<float, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<ImageRegistrationMethodv4<Image<float, 4>, Image<float, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<ImageRegistrationMethodv4<Image<double, 2>, Image<double, 2>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<ImageRegistrationMethodv4<Image<double, 3>, Image<double, 3>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT
  MaskedSamplingMixin<ImageRegistrationMethodv4<Image<double, 4>, Image<double, 4>>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedRegistrationMethod<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedRegistrationMethod<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedRegistrationMethod<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedRegistrationMethod<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedRegistrationMethod<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedRegistrationMethod<Image<double, 4>, Image<double, 4>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
