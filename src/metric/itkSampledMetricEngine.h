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
#ifndef itkSampledMetricEngine_h
#define itkSampledMetricEngine_h

#include "itkImageToImageMetricv4.h"
#include "metric/itkLinearGradientInterpolator.h"
#include "metric/itkSampledTransform.h"

#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class SampledMetricEngine
 * \brief What the sampled metrics share: samples kept for a level, evaluated many at a time, in parallel.
 *
 * Kept, until something that they depend on changes: for each sample point that is inside the fixed image and its mask,
 * the coordinates and the value of the fixed image, as the metric's own interpolator gives it.
 *
 * For each evaluation: value and gradient of the moving image (see LinearGradientInterpolator and SampledTransform).
 * The metric turns the two values of a sample into a weight; the derivative is the sum of the weighted gradients, times
 * the Jacobian of the transform.
 *
 * The samples are divided into parts, by their number alone. A part is the work of one thread, and what comes out of
 * the parts is summed in their order: results are the same bits with any number of threads.
 *
 * \tparam TImageMetric a type of itk::ImageToImageMetricv4
 * \ingroup MaskedSampling
 */
template <typename TImageMetric>
class SampledMetricEngine
{
public:
  using FixedImageType = typename TImageMetric::FixedImageType;
  using MovingImageType = typename TImageMetric::MovingImageType;
  using FixedPixelType = typename FixedImageType::PixelType;
  using MovingPixelType = typename MovingImageType::PixelType;
  using MovingRegionType = typename MovingImageType::RegionType;
  using DerivativeType = typename TImageMetric::DerivativeType;

  static constexpr unsigned int ImageDimension = MovingImageType::ImageDimension;

  /** Whether metrics of these types can be evaluated here at all. */
  static constexpr bool IsTypeKnown =
    std::is_floating_point_v<FixedPixelType> && std::is_floating_point_v<MovingPixelType> &&
    std::is_same_v<typename TImageMetric::InternalComputationValueType, double> &&
    TImageMetric::FixedImageDimension == ImageDimension && TImageMetric::VirtualImageDimension == ImageDimension &&
    std::is_same_v<MovingImageType, Image<MovingPixelType, ImageDimension>>;

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

  void
  SetMovingPart(const MovingPartType & part)
  {
    m_MovingPart = part;
    m_GrownImage = nullptr;
  }

  /** From now on the range is that of the buffer. */
  void
  ReleaseRangeRegion()
  {
    m_MovingPart.RangeRegion.reset();
  }

  /** The region from which the range of the values of a moving image is to be taken; none: its buffer. */
  std::optional<MovingRegionType>
  GetRangeRegion(const MovingImageType * image) const
  {
    return m_MovingPart.Image == image ? m_MovingPart.RangeRegion : std::nullopt;
  }

  /** Whether a metric can be evaluated here, with a certain transform to moving space. */
  static bool
  IsApplicable(const TImageMetric & metric, const typename TImageMetric::MovingTransformType & movingTransform);
  static bool
  IsApplicable(const TImageMetric & metric)
  {
    return metric.GetMovingTransform() != nullptr && IsApplicable(metric, *metric.GetMovingTransform());
  }

  /** Forget the samples. */
  void
  Clear()
  {
    m_KeyOfSamples.clear();
  }

  /** Prepare an evaluation of a metric to which this is applicable. */
  void
  Start(const TImageMetric & metric);

  /** Number of samples that are inside the fixed image and its mask. */
  SizeValueType
  GetNumberOfSamples() const
  {
    return m_FixedValues.size();
  }
  SizeValueType
  GetNumberOfParts() const
  {
    return m_NumberOfParts;
  }

  /** For each sample: the value of the fixed image; of the moving image, if the sample is inside it and its mask;
   * whether it is; and the weight, for the metric to set, which must be 0 where it is not. */
  const std::vector<FixedPixelType> &
  GetFixedValues() const
  {
    return m_FixedValues;
  }
  const std::vector<MovingPixelType> &
  GetMovingValues() const
  {
    return m_MovingValues;
  }
  const std::vector<unsigned char> &
  GetIsInside() const
  {
    return m_IsInside;
  }
  std::vector<double> &
  GetWeights()
  {
    return m_Weights;
  }

  /** Call work(part, first, last) for every part, in several threads. */
  template <typename TWork>
  void
  ForEachPart(const TWork & work) const;

  /** Evaluate the moving image for all samples, and then call work(part, first, last) for each part. If the moving
   * image has to grow, that is done again. */
  template <typename TWork>
  void
  EvaluateMovingImage(const TWork & work);

  /** Sum the weighted gradients of a part. */
  void
  SumDerivative(SizeValueType part, SizeValueType first, SizeValueType last);

  /** Add the sums of all parts, times a factor, to a derivative. */
  void
  AddDerivative(double factor, DerivativeType & derivative);

private:
  using TransformType = SampledTransform<ImageDimension>;
  using InterpolatorType = LinearGradientInterpolator<MovingImageType>;
  using MaskType = SpatialObject<ImageDimension>;
  using CoordinatesType = typename TransformType::CoordinatesType;
  using KeyType = std::vector<std::uintptr_t>;

  /** Reaches protected members of a metric. It has no instances. */
  struct Access : public TImageMetric
  {
    static bool
    EvaluateFixed(const TImageMetric &                            metric,
                  const typename TImageMetric::VirtualPointType & point,
                  FixedPixelType &                                value)
    {
      typename TImageMetric::FixedImagePointType mapped;
      return (metric.*(&Access::TransformAndEvaluateFixedPoint))(point, mapped, value);
    }
    static const auto &
    DefaultGradientFilter(const TImageMetric & metric)
    {
      return metric.*(&Access::m_DefaultMovingImageGradientFilter);
    }
    static const auto &
    GradientFilter(const TImageMetric & metric)
    {
      return metric.*(&Access::m_MovingImageGradientFilter);
    }
    static const auto &
    DefaultGradientCalculator(const TImageMetric & metric)
    {
      return metric.*(&Access::m_DefaultMovingImageGradientCalculator);
    }
    static const auto &
    GradientCalculator(const TImageMetric & metric)
    {
      return metric.*(&Access::m_MovingImageGradientCalculator);
    }
    static const auto &
    FixedInterpolator(const TImageMetric & metric)
    {
      return metric.*(&Access::m_FixedInterpolator);
    }
    static const auto &
    MovingInterpolator(const TImageMetric & metric)
    {
      return metric.*(&Access::m_MovingInterpolator);
    }
  };

  /** What the samples depend on. */
  static KeyType
  MakeKeyOfSamples(const TImageMetric & metric);
  void
  UpdateSamples(const TImageMetric & metric);
  void
  DivideIntoParts(SizeValueType numberOfSums);
  CoordinatesType
  GetCoordinates(SizeValueType first) const;
  void
  EvaluatePart(SizeValueType part, SizeValueType first, SizeValueType last);
  bool
  IsInsideMovingMask(const typename InterpolatorType::BatchType & batch, unsigned int i) const;

  MovingPartType                         m_MovingPart{};
  typename MovingImageType::ConstPointer m_GrownImage{};

  KeyType                                         m_KeyOfSamples{};
  std::array<std::vector<double>, ImageDimension> m_Coordinates{};
  std::vector<FixedPixelType>                     m_FixedValues{};
  Point<double, ImageDimension>                   m_Center{};
  double                                          m_Radius{ 1.0 };

  SizeValueType                                            m_NumberOfParts{};
  SizeValueType                                            m_PartSize{};
  ThreadIdType                                             m_NumberOfWorkUnits{ 1 };
  TransformType                                            m_Transform{};
  InterpolatorType                                         m_Interpolator{};
  const MovingImageType *                                  m_MovingImage{};
  const MaskType *                                         m_MovingMask{};
  std::vector<MovingPixelType>                             m_MovingValues{};
  std::array<std::vector<MovingPixelType>, ImageDimension> m_Gradients{};
  std::vector<unsigned char>                               m_IsInside{};
  std::vector<double>                                      m_Weights{};
  std::vector<std::vector<double>>                         m_Sums{};
  std::vector<MovingRegionType>                            m_MissingRegions{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkSampledMetricEngine.hxx"
#endif

#endif // itkSampledMetricEngine_h
