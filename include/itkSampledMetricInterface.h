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
#ifndef itkSampledMetricInterface_h
#define itkSampledMetricInterface_h

#include "itkImageToImageMetricv4.h"
#include "itkSampledMetricKernel.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class SampledMetricInterface
 * \brief By which a registration method knows a sampled metric, whatever it computes.
 *
 * A method may give such a metric less than others need: only a part of the moving image, and the points in double
 * precision, in place of a set of points whose coordinates are rounded to float. All of it is for one registration, and
 * to be taken back at its end with ReleaseRegistration().
 *
 * \tparam TImageMetric a type of itk::ImageToImageMetricv4
 * \sa SampledMetricMixin
 * \ingroup MaskedSampling
 */
template <typename TImageMetric>
class SampledMetricInterface
{
public:
  using FixedImageType = typename TImageMetric::FixedImageType;
  using MovingImageType = typename TImageMetric::MovingImageType;
  using MovingRegionType = typename MovingImageType::RegionType;

  static constexpr unsigned int VirtualDimension = TImageMetric::VirtualImageDimension;

private:
  template <typename TPixel>
  static constexpr bool IsPixelKnown = std::is_same_v<TPixel, float> || std::is_same_v<TPixel, double>;

public:
  /** Whether samples of metrics of these types can be evaluated here at all: those with images of float or double, all
   * of the same dimension, from 2 to 4, and double as type of internal computations. */
  static constexpr bool IsTypeKnown =
    VirtualDimension >= 2 && VirtualDimension <= 4 && TImageMetric::FixedImageDimension == VirtualDimension &&
    TImageMetric::MovingImageDimension == VirtualDimension && IsPixelKnown<typename FixedImageType::PixelType> &&
    IsPixelKnown<typename MovingImageType::PixelType> &&
    std::is_same_v<typename TImageMetric::InternalComputationValueType, double> &&
    std::is_base_of_v<Image<typename FixedImageType::PixelType, VirtualDimension>, FixedImageType> &&
    std::is_same_v<Image<typename MovingImageType::PixelType, VirtualDimension>, MovingImageType>;

  /** Of points in virtual space, one array for each coordinate. */
  using CoordinatesType = std::array<std::vector<double>, VirtualDimension>;

  /** Gets a region of the moving image that is needed, and returns the image with that in its buffer, and with what was
   * there before. */
  using RegionGrowerType = std::function<typename MovingImageType::ConstPointer(const MovingRegionType &)>;

  /** What is to be known of a moving image of which only a part is used. */
  struct MovingPartType
  {
    /** The image that the metric has. For others nothing of this holds. */
    typename MovingImageType::ConstPointer Image{};
    /** The region from which the range of values is taken. None: the buffer. */
    std::optional<MovingRegionType> RangeRegion{};
    /** If set, the buffer is a part of the largest possible region, in which points are inside. */
    RegionGrowerType Grower{};
  };

  /** Set sample points in double precision, in place of the metric's own sample point set, which may then be off
   * (UseSampledPointSet): for everything that is left to the superclass the metric is dense. Null: the metric's own set
   * again. To be followed by Initialize().
   * \param isRangeOfMask mutual information takes the range of the fixed image from all voxels inside the fixed mask,
   * as the superclass does where it visits the domain; otherwise from the voxels in which the points lie */
  virtual void
  SetSampleCoordinates(std::shared_ptr<const CoordinatesType> coordinates, bool isRangeOfMask) = 0;

  /** Whether samples, those of a point set that is set on the metric or coordinates that are about to be set, would be
   * evaluated here with the metric's present settings. If not, all is left to the superclass.
   * \param movingTransform from virtual to moving space, as the metric is to have it
   * \param areCoordinates whether the samples are coordinates: the voxels of the virtual domain, where they are inside
   * the mask */
  virtual bool
  CanEvaluateSamples(const typename TImageMetric::MovingTransformType & movingTransform, bool areCoordinates) const = 0;

  using WeightImageType = Image<float, TImageMetric::FixedImageDimension>;

  /** Set how much each sample counts in the metric, by an image in fixed space, linearly interpolated: 0 or more. Where
   * it is 0, and beyond the image, there is no sample. Null: all count the same. Samples that are drawn with the same
   * probability everywhere give an estimate of the weighted metric of all voxels that has no bias. Dense sampling,
   * other settings that are left to the superclass, and neighbourhood correlation know no weights, and are refused.
   * \exception ExceptionObject if a weight is less than 0, or no finite number, or if all are 0 */
  virtual void
  SetWeightImage(const WeightImageType * image) = 0;

  /** Whether the value at coordinates is that of the superclass to the last digits, if the images are whole. */
  virtual bool
  HasValueOfSuperclass() const = 0;

  /** Say of which part of the moving image the metric has pixels. To be followed by Initialize(). */
  virtual void
  SetMovingPart(const MovingPartType & part) = 0;

  /** Forget parts of images, those that have grown, coordinates and kept samples: from now on nothing of a registration
   * holds. */
  virtual void
  ReleaseRegistration() = 0;

protected:
  SampledMetricInterface() = default;
  virtual ~SampledMetricInterface() = default;
};
} // end namespace itk

#endif // itkSampledMetricInterface_h

// The stock metric beneath all sampled ones, compiled once, in the library of the module. Outside the include guard, as
// in itkMetaDataObject.h.
#if !defined(ITK_TEMPLATE_EXPLICIT_ImageToImageMetricv4) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT ImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT ImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
