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
#ifndef itkMaskedRegistrationMethodTestHelpers_h
#define itkMaskedRegistrationMethodTestHelpers_h

#include "itkMaskedRegistrationMethod.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkCorrelationImageToImageMetricv4.h"
#include "itkEuclideanDistancePointSetToPointSetMetricv4.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkMeanSquaresImageToImageMetricv4.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkTranslationTransform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <vector>

/** What the tests of the registration method share: images and masks, a registration of them, and what to compare. */
namespace itk::MaskedSamplingTest
{
using Image2D = Image<float, 2>;

template <typename TImage>
using MethodOf = MaskedRegistrationMethod<TImage, TImage>;
/** Also the base class of the above: what takes it serves both. */
template <typename TImage>
using StockMethodOf = ImageRegistrationMethodv4<TImage, TImage>;
using StrategyEnum = MethodOf<Image2D>::MetricSamplingStrategyEnum;
template <typename TImage>
using MetricOf = typename MethodOf<TImage>::ImageMetricType;
template <typename TImage>
using MeanSquaresOf = MeanSquaresImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using CorrelationOf = CorrelationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using TranslationOf = TranslationTransform<double, TImage::ImageDimension>;
template <typename TImage>
using AffineOf = AffineTransform<double, TImage::ImageDimension>;
template <unsigned int VDimension>
using PointOf = Point<float, VDimension>;
using OptimizerType = GradientDescentOptimizerv4;
using ParametersType = OptimizerType::ParametersType;

/** Smooth waves over the physical points of a grid, and noise of a tenth of their height. */
template <typename TImage>
void
FillWithWaves(TImage & image, double phase)
{
  std::mt19937                     random(static_cast<unsigned int>(phase * 1000.0));
  std::uniform_real_distribution<> noise(0.0, 10.0);
  for (ImageRegionIterator<TImage> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto point = image.template TransformIndexToPhysicalPoint<double>(it.GetIndex());
    double     value = 200.0 + noise(random);
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      value += 50.0 * std::sin((0.3 + 0.1 * d) * point[d] + phase);
    }
    it.Set(static_cast<typename TImage::PixelType>(value));
  }
}

/** An image of zeros on a grid. */
template <typename TImage>
typename TImage::Pointer
MakeEmptyImage(const ImageBase<TImage::ImageDimension> & grid)
{
  auto image = TImage::New();
  image->CopyInformation(&grid);
  image->SetRegions(grid.GetLargestPossibleRegion());
  image->AllocateInitialized();
  return image;
}

template <typename TImage>
typename TImage::Pointer
MakeWaves(const ImageBase<TImage::ImageDimension> & grid, double phase)
{
  auto image = MakeEmptyImage<TImage>(grid);
  FillWithWaves(*image, phase);
  return image;
}

template <unsigned int VDimension>
void
FillBox(MaskImageType<VDimension> & image, const ImageRegion<VDimension> & region)
{
  for (ImageRegionIterator<MaskImageType<VDimension>> it(&image, region); !it.IsAtEnd(); ++it)
  {
    it.Set(1);
  }
}

template <unsigned int VDimension>
typename MaskType<VDimension>::Pointer
MakeBoxMask(const ImageBase<VDimension> & grid, const ImageRegion<VDimension> & region)
{
  const auto image = MakeEmptyImage<MaskImageType<VDimension>>(grid);
  FillBox<VDimension>(*image, region);
  return MakeMask<VDimension>(image);
}

/** Some box, and a mask that is not a box, in a fixed image with waves; moving image: other waves on the same grid. */
struct WavesCase
{
  Image2D::Pointer          Fixed;
  Image2D::Pointer          Moving;
  MaskImageType<2>::Pointer MaskImage;
  MaskType<2>::Pointer      Mask;
  const ImageRegion<2>      Box{ { { 8, 6 } }, { { 10, 10 } } };

  /** Spacing 1 and origin 0: `float` holds every centre exactly. Otherwise oblique and anisotropic. */
  explicit WavesCase(bool oblique = false)
  {
    const auto grid = ImageBase<2>::New();
    grid->SetRegions(Size<2>{ { 32, 24 } });
    if (oblique)
    {
      std::mt19937 random(5);
      grid->SetDirection(MakeRandomDirection<2>(random));
      const double spacing[] = { 0.7, 1.3 };
      grid->SetSpacing(spacing);
      grid->SetOrigin(MakePoint(3.1, -7.7));
    }
    Fixed = MakeWaves<Image2D>(*grid, 0.5);
    Moving = MakeWaves<Image2D>(*grid, 0.8);
    MaskImage = MakeEmptyImage<MaskImageType<2>>(*grid);
    FillBox(*MaskImage, Box);
    MaskImage->SetPixel({ { 9, 6 } }, 0);
    FillBox(*MaskImage, { { { 20, 10 } }, { { 3, 9 } } });
    Mask = MakeMask<2>(MaskImage);
  }
};

template <typename TImage>
void
SetLevels(StockMethodOf<TImage> & method, const std::vector<unsigned int> & shrinkFactors)
{
  method.SetNumberOfLevels(shrinkFactors.size());
  for (unsigned int level = 0; level < shrinkFactors.size(); ++level)
  {
    method.SetShrinkFactorsPerDimension(
      level, StockMethodOf<TImage>::ShrinkFactorsPerDimensionContainerType::Filled(shrinkFactors[level]));
  }
  typename StockMethodOf<TImage>::SmoothingSigmasArrayType sigmas(shrinkFactors.size());
  sigmas.Fill(0.0);
  method.SetSmoothingSigmasPerLevel(sigmas);
}

/** A registration of one pair of images. As it is made, it has one level and does one tiny step: enough to see what the
 * metric is given. */
template <typename TImage,
          typename TMetric = MeanSquaresOf<TImage>,
          typename TTransform = TranslationOf<TImage>,
          typename TMethod = MethodOf<TImage>>
struct Registration
{
  static constexpr unsigned int Dimension = TImage::ImageDimension;
  using PointsType = std::vector<PointOf<Dimension>>;

  typename TMethod::Pointer    Method{ TMethod::New() };
  typename TMetric::Pointer    Metric{ TMetric::New() };
  OptimizerType::Pointer       Optimizer{ OptimizerType::New() };
  typename TTransform::Pointer Transform{ TTransform::New() };

  Registration(const TImage * fixed, const TImage * moving)
  {
    Metric->SetUseMovingImageGradientFilter(false);
    Metric->SetUseFixedImageGradientFilter(false);
    // The mutual information metrics add up in the order in which their threads end.
    Metric->SetMaximumNumberOfWorkUnits(1);
    Optimizer->SetNumberOfIterations(1);
    Optimizer->SetLearningRate(1e-9);
    Method->SetFixedImage(fixed);
    Method->SetMovingImage(moving);
    Method->SetMetric(Metric);
    Method->SetOptimizer(Optimizer);
    Method->SetInitialTransform(Transform);
    Method->MetricSamplingReinitializeSeed(121);
    SetLevels<TImage>(*Method, { 1 });
  }

  void
  SampleRandomly(SizeValueType numberOfSamples)
  {
    Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
    Method->SetNumberOfSamples(numberOfSamples);
  }

  /** Run from the identity, also if it ran before. */
  void
  Update()
  {
    Transform->SetIdentity();
    Method->Modified();
    Method->Update();
  }

  /** Run, and call a function after every iteration of the optimizer. */
  void
  UpdateAndObserve(const std::function<void()> & function)
  {
    const auto tag = Optimizer->AddObserver(IterationEvent(), [&function](const EventObject &) { function(); });
    this->Update();
    Optimizer->RemoveObserver(tag);
  }

  PointsType
  GetPoints(SizeValueType metric = 0) const
  {
    const auto * const points = Method->GetSamplePointSet(metric);
    return points != nullptr ? points->GetPoints()->CastToSTLConstContainer() : PointsType{};
  }

  /** The points of every iteration. With one iteration a level: of every level. */
  std::vector<PointsType>
  UpdateAndCollectPoints()
  {
    std::vector<PointsType> points;
    this->UpdateAndObserve([this, &points] { points.push_back(this->GetPoints()); });
    return points;
  }

  /** What has to be the same where two runs are the same. */
  std::vector<double>
  GetResult() const
  {
    std::vector<double> result;
    for (const double parameter : Method->GetTransform()->GetParameters())
    {
      result.push_back(parameter);
    }
    result.push_back(Optimizer->GetCurrentMetricValue());
    return result;
  }
};

/** Enough steps, each of half a unit at most, to end elsewhere if anything differs. */
template <typename TRegistration>
void
MakeItMove(TRegistration & registration)
{
  using MetricType = typename decltype(registration.Metric)::ObjectType;
  const auto estimator = RegistrationParameterScalesFromPhysicalShift<MetricType>::New();
  estimator->SetMetric(registration.Metric);
  registration.Optimizer->SetScalesEstimator(estimator);
  registration.Optimizer->SetLearningRate(1.0);
  registration.Optimizer->SetMaximumStepSizeInPhysicalUnits(0.5);
  registration.Optimizer->SetDoEstimateLearningRateOnce(false);
  registration.Optimizer->SetDoEstimateLearningRateAtEachIteration(true);
  registration.Optimizer->SetNumberOfIterations(10);
}

/** The definition of a mask voxel: whether a point of the domain is, in fixed space, inside the mask and the buffer. */
template <typename TImage>
class PointOracle
{
public:
  static constexpr unsigned int Dimension = TImage::ImageDimension;
  using TransformType = Transform<double, Dimension, Dimension>;

  PointOracle(const TImage * fixed, const SpatialObject<Dimension> * mask, const TransformType * transform = nullptr)
    : m_Mask(mask)
    , m_Transform(transform)
  {
    m_Interpolator->SetInputImage(fixed);
  }

  bool
  IsInside(const Point<double, Dimension> & point) const
  {
    const auto mapped = m_Transform != nullptr ? m_Transform->TransformPoint(point) : point;
    return m_Mask->IsInsideInWorldSpace(mapped) && m_Interpolator->IsInsideBuffer(mapped);
  }

  std::vector<Index<Dimension>>
  ListVoxels(const ImageBase<Dimension> & domain) const
  {
    std::vector<Index<Dimension>>                               indices;
    const auto                                                  grid = MakeEmptyImage<MaskImageType<Dimension>>(domain);
    ImageRegionConstIteratorWithIndex<MaskImageType<Dimension>> it(grid, grid->GetLargestPossibleRegion());
    for (; !it.IsAtEnd(); ++it)
    {
      if (this->IsInside(domain.template TransformIndexToPhysicalPoint<double>(it.GetIndex())))
      {
        indices.push_back(it.GetIndex());
      }
    }
    return indices;
  }

  void
  ExpectAllInside(const std::vector<PointOf<Dimension>> & points) const
  {
    EXPECT_FALSE(points.empty());
    for (const auto & point : points)
    {
      Point<double, Dimension> position;
      position.CastFrom(point);
      ASSERT_TRUE(this->IsInside(position)) << point;
    }
  }

private:
  using InterpolatorType = LinearInterpolateImageFunction<TImage, double>;

  const SpatialObject<Dimension> *   m_Mask;
  const TransformType *              m_Transform;
  typename InterpolatorType::Pointer m_Interpolator{ InterpolatorType::New() };
};

/** Masks and virtual domain of an image metric. It holds them, so that their addresses are not used again. */
struct MetricState
{
  SpatialObject<2>::ConstPointer FixedMask;
  SpatialObject<2>::ConstPointer MovingMask;
  Image2D::ConstPointer          VirtualImage;

  explicit MetricState(const MetricOf<Image2D> & metric)
    : FixedMask(metric.GetFixedImageMask())
    , MovingMask(metric.GetMovingImageMask())
    , VirtualImage(metric.GetVirtualImage())
  {}
  friend bool
  operator==(const MetricState & a, const MetricState & b)
  {
    return a.FixedMask == b.FixedMask && a.MovingMask == b.MovingMask && a.VirtualImage == b.VirtualImage;
  }
};

/** A metric of point sets instead of the image metric. */
using PointSetMetricType = EuclideanDistancePointSetToPointSetMetricv4<MethodOf<Image2D>::PointSetType>;

inline PointSetMetricType::Pointer
SetUpPointSets(StockMethodOf<Image2D> & method)
{
  const auto fixed = MethodOf<Image2D>::PointSetType::New();
  const auto moving = MethodOf<Image2D>::PointSetType::New();
  for (unsigned int i = 0; i < 10; ++i)
  {
    const auto x = static_cast<float>(i);
    fixed->SetPoint(i, MakePoint(x, 0.3F * x * x));
    moving->SetPoint(i, MakePoint(x + 0.1F, 0.3F * x * x));
  }
  const auto domain = PointSetMetricType::VirtualImageType::New();
  domain->SetRegions(Size<2>::Filled(32));
  auto metric = PointSetMetricType::New();
  metric->SetVirtualDomainFromImage(domain);
  method.SetMetric(metric);
  method.SetFixedPointSet(0, fixed);
  method.SetMovingPointSet(0, moving);
  SetLevels<Image2D>(method, { 2, 1 });
  return metric;
}
} // namespace itk::MaskedSamplingTest

#endif // itkMaskedRegistrationMethodTestHelpers_h
