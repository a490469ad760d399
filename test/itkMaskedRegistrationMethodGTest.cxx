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
// First include the header file to be tested:
#include "itkMaskedRegistrationMethod.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkCorrelationImageToImageMetricv4.h"
#include "itkEuclideanDistancePointSetToPointSetMetricv4.h"
#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransform.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkJointHistogramMutualInformationImageToImageMetricv4.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkMeanSquaresImageToImageMetricv4.h"
#include "itkObjectToObjectMultiMetricv4.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkShrinkImageFilter.h"
#include "itkTranslationTransform.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

namespace
{
using namespace itk::MaskedSamplingTest;

using Image2D = itk::Image<float, 2>;
using Image3D = itk::Image<float, 3>;

template <typename TImage>
using MethodOf = itk::MaskedRegistrationMethod<TImage, TImage>;
/** Also the base class of the above: what takes it serves both. */
template <typename TImage>
using StockMethodOf = itk::ImageRegistrationMethodv4<TImage, TImage>;
template <typename TImage>
using StrategyOf = typename MethodOf<TImage>::MetricSamplingStrategyEnum;
template <typename TImage>
using MetricOf = typename MethodOf<TImage>::ImageMetricType;
template <typename TImage>
using MeanSquaresOf = itk::MeanSquaresImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using CorrelationOf = itk::CorrelationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using MattesOf = itk::MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using JointHistogramOf = itk::JointHistogramMutualInformationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using NeighborhoodCorrelationOf = itk::ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using TranslationOf = itk::TranslationTransform<double, TImage::ImageDimension>;
template <typename TImage>
using AffineOf = itk::AffineTransform<double, TImage::ImageDimension>;
template <unsigned int VDimension>
using PointOf = itk::Point<float, VDimension>;
using OptimizerType = itk::GradientDescentOptimizerv4;
using ParametersType = OptimizerType::ParametersType;

/** Smooth waves over the physical points of a grid, and noise of a tenth of their height. */
template <typename TImage>
void
FillWithWaves(TImage & image, double phase)
{
  std::mt19937                     random(static_cast<unsigned int>(phase * 1000.0));
  std::uniform_real_distribution<> noise(0.0, 10.0);
  for (itk::ImageRegionIterator<TImage> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
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

template <typename TImage>
typename TImage::Pointer
MakeWaves(const itk::ImageBase<TImage::ImageDimension> & grid, double phase)
{
  auto image = TImage::New();
  image->CopyInformation(&grid);
  image->SetRegions(grid.GetLargestPossibleRegion());
  image->Allocate();
  FillWithWaves(*image, phase);
  return image;
}

template <unsigned int VDimension>
typename MaskImageType<VDimension>::Pointer
MakeEmptyMaskImage(const itk::ImageBase<VDimension> & grid)
{
  auto image = MaskImageType<VDimension>::New();
  image->CopyInformation(&grid);
  image->SetRegions(grid.GetLargestPossibleRegion());
  image->AllocateInitialized();
  return image;
}

template <unsigned int VDimension>
void
FillBox(MaskImageType<VDimension> & image, const itk::ImageRegion<VDimension> & region)
{
  for (itk::ImageRegionIterator<MaskImageType<VDimension>> it(&image, region); !it.IsAtEnd(); ++it)
  {
    it.Set(1);
  }
}

/** Some box, and a mask that is not a box, in a fixed image with waves; moving image: other waves on the same grid. */
struct WavesCase
{
  Image2D::Pointer                Fixed;
  Image2D::Pointer                Moving;
  MaskImageType<2>::Pointer       MaskImage;
  MaskType<2>::Pointer            Mask;
  const itk::ImageRegion<2>       Box{ { { 7, 5 } }, { { 13, 11 } } };

  /** Spacing 1 and origin 0: `float` holds every centre exactly. Otherwise oblique and anisotropic. */
  explicit WavesCase(bool oblique = false)
  {
    const auto grid = itk::ImageBase<2>::New();
    grid->SetRegions(itk::Size<2>{ { 32, 24 } });
    if (oblique)
    {
      std::mt19937 random(5);
      grid->SetDirection(MakeRandomDirection<2>(random));
      const double spacing[] = { 0.7, 1.3 };
      grid->SetSpacing(spacing);
      grid->SetOrigin(itk::MakePoint(3.1, -7.7));
    }
    Fixed = MakeWaves<Image2D>(*grid, 0.5);
    Moving = MakeWaves<Image2D>(*grid, 0.8);
    MaskImage = MakeEmptyMaskImage<2>(*grid);
    FillBox(*MaskImage, Box);
    MaskImage->SetPixel({ { 8, 5 } }, 0);
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
    // The mutual informations add up in the order in which their threads end.
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
  SampleRandomly(itk::SizeValueType numberOfSamples)
  {
    Method->SetMetricSamplingStrategy(StrategyOf<TImage>::RANDOM);
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
    const auto tag =
      Optimizer->AddObserver(itk::IterationEvent(), [&function](const itk::EventObject &) { function(); });
    this->Update();
    Optimizer->RemoveObserver(tag);
  }

  PointsType
  GetPoints(itk::SizeValueType metric = 0) const
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

/** Enough steps, of a sensible length, to end elsewhere if anything differs. */
template <typename TRegistration>
void
MakeItMove(TRegistration & registration)
{
  using MetricType = typename decltype(registration.Metric)::ObjectType;
  const auto estimator = itk::RegistrationParameterScalesFromPhysicalShift<MetricType>::New();
  estimator->SetMetric(registration.Metric);
  registration.Optimizer->SetScalesEstimator(estimator);
  registration.Optimizer->SetLearningRate(1.0);
  registration.Optimizer->SetNumberOfIterations(10);
}

std::string
GetMessage(itk::ProcessObject & method)
{
  try
  {
    method.Modified();
    method.Update();
  }
  catch (const itk::ExceptionObject & exception)
  {
    return exception.GetDescription();
  }
  return {};
}

bool
Contains(const std::string & text, const std::string & part)
{
  return text.find(part) != std::string::npos;
}

/** The definition of a mask voxel: whether a point of the domain is, in fixed space, inside the mask and the buffer. */
template <typename TImage>
class PointOracle
{
public:
  static constexpr unsigned int Dimension = TImage::ImageDimension;
  using TransformType = itk::Transform<double, Dimension, Dimension>;

  PointOracle(const TImage * fixed, const itk::SpatialObject<Dimension> * mask, const TransformType * transform)
    : m_Mask(mask)
    , m_Transform(transform)
  {
    m_Interpolator->SetInputImage(fixed);
  }

  bool
  IsInside(const itk::Point<double, Dimension> & point) const
  {
    const auto mapped = m_Transform != nullptr ? m_Transform->TransformPoint(point) : point;
    return m_Mask->IsInsideInWorldSpace(mapped) && m_Interpolator->IsInsideBuffer(mapped);
  }

  std::vector<itk::Index<Dimension>>
  ListVoxels(const itk::ImageBase<Dimension> & domain) const
  {
    std::vector<itk::Index<Dimension>>                                    indices;
    const auto                                                            grid = MakeEmptyMaskImage<Dimension>(domain);
    itk::ImageRegionConstIteratorWithIndex<MaskImageType<Dimension>> it(grid, grid->GetLargestPossibleRegion());
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
      itk::Point<double, Dimension> position;
      position.CastFrom(point);
      ASSERT_TRUE(this->IsInside(position)) << point;
    }
  }

private:
  using InterpolatorType = itk::LinearInterpolateImageFunction<TImage, double>;

  const itk::SpatialObject<Dimension> * m_Mask;
  const TransformType *                 m_Transform;
  typename InterpolatorType::Pointer    m_Interpolator{ InterpolatorType::New() };
};

/** The smallest region that holds the indices. */
template <unsigned int VDimension>
itk::ImageRegion<VDimension>
GetBoundingRegion(const std::vector<itk::Index<VDimension>> & indices)
{
  auto lower = indices.front();
  auto upper = indices.front();
  for (const auto & index : indices)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      lower[d] = std::min(lower[d], index[d]);
      upper[d] = std::max(upper[d], index[d]);
    }
  }
  itk::ImageRegion<VDimension> region;
  region.SetIndex(lower);
  region.SetUpperIndex(upper);
  return region;
}

/** Count at every level, for a mask one voxel thick at x = 7. */
template <unsigned int VDimension>
void
ExpectExactCounts(StrategyOf<itk::Image<float, VDimension>> strategy)
{
  using ImageType = itk::Image<float, VDimension>;
  using MethodType = MethodOf<ImageType>;

  std::mt19937 random(VDimension);
  const auto   grid = itk::ImageBase<VDimension>::New();
  grid->SetRegions(itk::Size<VDimension>::Filled(24));
  grid->SetDirection(MakeRandomDirection<VDimension>(random));
  itk::ImageRegion<VDimension> plane({}, itk::Size<VDimension>::Filled(19));
  plane.SetIndex(itk::Index<VDimension>::Filled(2));
  plane.SetIndex(0, 7);
  plane.SetSize(0, 1);
  const auto maskImage = MakeEmptyMaskImage<VDimension>(*grid);
  FillBox<VDimension>(*maskImage, plane);
  const auto numberOfVoxels = plane.GetNumberOfPixels();

  Registration<ImageType> registration(MakeWaves<ImageType>(*grid, 0.1), MakeWaves<ImageType>(*grid, 0.2));
  MethodType &            method = *registration.Method;
  registration.Metric->SetFixedImageMask(MakeMask<VDimension>(maskImage));
  method.SetMetricSamplingStrategy(strategy);
  SetLevels<ImageType>(method, { 8, 8, 2, 1 });
  auto mixedFactors = MethodType::ShrinkFactorsPerDimensionContainerType::Filled(1);
  mixedFactors[VDimension - 1] = 4;
  method.SetShrinkFactorsPerDimension(2, mixedFactors);
  const double numberOfShrunkenVoxels[] = { 8, 8, 4, 1 };

  const double percentages[][4] = { { 1.0, 1.0, 1.0, 1.0 }, { 0.9, 0.013, 0.4, 0.27 }, { 1e-9, 1.0, 1e-9, 1e-9 } };
  const itk::SizeValueType numbers[][4] = { { 0, 0, 0, 0 }, { 7, 0, 5000, 1 }, { 33, 33, 33, 33 } };
  for (const auto & percentagePerLevel : percentages)
  {
    for (const auto & numberPerLevel : numbers)
    {
      typename MethodType::MetricSamplingPercentageArrayType percentageArray(4);
      typename MethodType::NumberOfSamplesArrayType          numberArray(4);
      std::copy_n(percentagePerLevel, 4, percentageArray.begin());
      std::copy_n(numberPerLevel, 4, numberArray.begin());
      method.SetMetricSamplingPercentagePerLevel(percentageArray);
      method.SetNumberOfSamplesPerLevel(numberArray);

      unsigned int level = 0;
      registration.UpdateAndObserve([&] {
        ASSERT_LT(level, 4U);
        auto expected = numberPerLevel[level];
        if (expected == 0)
        {
          const double shrunken =
            level == 2 ? numberOfShrunkenVoxels[level] : std::pow(numberOfShrunkenVoxels[level], VDimension);
          const auto rounded =
            std::lround(percentagePerLevel[level] * static_cast<double>(numberOfVoxels) / shrunken);
          expected = rounded < 1 ? 1 : static_cast<itk::SizeValueType>(rounded);
        }
        EXPECT_EQ(method.GetNumberOfSamplePoints(), expected);
        EXPECT_TRUE(registration.Metric->GetUseSampledPointSet());
        // What the metric itself counted: the images are the same but for their values, and the transform is identity.
        EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), expected);
        ++level;
      });
      EXPECT_EQ(level, 4U);
      EXPECT_EQ(method.GetNumberOfMaskVoxels(), numberOfVoxels);
    }
  }
}

/** Membership, with domain, fixed image and mask each on a grid of its own, and a transform between them. */
template <unsigned int VDimension>
void
ExpectPointsInsideMask()
{
  using ImageType = itk::Image<float, VDimension>;

  std::mt19937 random(VDimension);
  const auto   movingGrid = itk::ImageBase<VDimension>::New();
  movingGrid->SetRegions(itk::Size<VDimension>::Filled(10));
  auto movingOrigin = typename ImageType::PointType();
  movingOrigin.Fill(-180.0);
  movingGrid->SetOrigin(movingOrigin);
  auto movingSpacing = typename ImageType::SpacingType();
  movingSpacing.Fill(40.0); // covers all that the random grids do
  movingGrid->SetSpacing(movingSpacing);
  const auto moving = MakeWaves<ImageType>(*movingGrid, 0.1);

  unsigned int numberOfNonEmptyCases = 0;
  for (int i = 0; i < 12; ++i)
  {
    const unsigned int maximumSize = VDimension == 2 ? 30 : 14;
    const auto         domain = MakeRandomGrid<ImageType>(random, maximumSize, 0.0F);
    const auto         fixed = MakeRandomGrid<ImageType>(random, maximumSize, 0.0F);
    const auto         maskImage = MakeRandomGrid<MaskImageType<VDimension>>(random, maximumSize, 0);
    FillWithWaves(*fixed, 0.5);
    FillWithSpeckle<VDimension>(*maskImage, random, 0.6);
    const auto mask = MakeMask<VDimension>(maskImage);
    const auto transform = AffineOf<ImageType>::New();
    transform->SetMatrix(MakeRandomDirection<VDimension>(random));
    transform->Scale(std::uniform_real_distribution<>(0.7, 1.4)(random));

    const PointOracle<ImageType> oracle(fixed, mask, transform);
    const auto                   voxels = oracle.ListVoxels(*domain);
    if (voxels.empty())
    {
      continue;
    }
    ++numberOfNonEmptyCases;

    Registration<ImageType> registration(fixed, moving);
    registration.Metric->SetFixedImageMask(mask);
    registration.Metric->SetVirtualDomainFromImage(domain);
    registration.Method->SetFixedInitialTransform(transform);
    SetLevels<ImageType>(*registration.Method, { 4, 1 });
    EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), voxels.size());
    using StrategyEnum = StrategyOf<ImageType>;
    for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
    {
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Method->SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 200);
      const auto points = registration.UpdateAndCollectPoints();
      ASSERT_EQ(points.size(), 2U);
      oracle.ExpectAllInside(points[0]);
      oracle.ExpectAllInside(points[1]);
      EXPECT_EQ(points[1].size(), strategy == StrategyEnum::NONE ? voxels.size() : 200U);
    }
  }
  EXPECT_GE(numberOfNonEmptyCases, 6U); // or else the test shows little
}

/** What a registration of the rectangles comes to. */
struct RectangleResult
{
  std::vector<std::vector<PointOf<2>>> Points;
  ParametersType                       Scales;
  ParametersType                       Parameters;
  double                               Value;
};

template <typename TMetric, typename TTransform>
RectangleResult
RegisterRectangle(const RectangleCase &           rectangle,
                  StrategyOf<Image2D>             strategy,
                  const std::vector<unsigned int> shrinkFactors)
{
  Registration<Image2D, TMetric, TTransform> registration(rectangle.Fixed, rectangle.Moving);
  MakeItMove(registration);
  registration.Metric->SetFixedImageMask(rectangle.Mask);
  registration.Optimizer->SetNumberOfIterations(100);
  registration.Optimizer->SetMinimumConvergenceValue(1e-6);
  registration.Optimizer->SetConvergenceWindowSize(10);
  registration.Method->SetMetricSamplingStrategy(strategy);
  registration.Method->SetNumberOfSamples(strategy == StrategyOf<Image2D>::NONE ? 0 : 256);
  SetLevels<Image2D>(*registration.Method, shrinkFactors);
  RectangleResult result;
  result.Points = registration.UpdateAndCollectPoints();
  result.Scales = registration.Optimizer->GetScales();
  result.Parameters = registration.Transform->GetParameters();
  result.Value = registration.Optimizer->GetCurrentMetricValue();
  return result;
}

template <typename TMetric, typename TTransform>
void
ExpectSameAtEveryExtent(const std::vector<unsigned int> & shrinkFactors)
{
  using StrategyEnum = StrategyOf<Image2D>;
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
  {
    const auto expected = RegisterRectangle<TMetric, TTransform>(RectangleCase(128, 64), strategy, shrinkFactors);
    EXPECT_NE(expected.Parameters, TTransform::New()->GetParameters()); // it did move
    for (const itk::SizeValueType factor : { 2, 4 })
    {
      const auto result =
        RegisterRectangle<TMetric, TTransform>(RectangleCase(factor * 128, factor * 64), strategy, shrinkFactors);
      EXPECT_EQ(result.Points, expected.Points);
      EXPECT_EQ(result.Scales, expected.Scales);
      EXPECT_EQ(result.Parameters, expected.Parameters);
      EXPECT_EQ(result.Value, expected.Value);
    }
  }
}

/** The value that the metric itself computes: dense, over a grid, with the mask. */
template <typename TMetric>
double
ComputeDenseValue(const WavesCase & waves, TranslationOf<Image2D> * transform, const Image2D * grid)
{
  const auto metric = TMetric::New();
  metric->SetUseMovingImageGradientFilter(false);
  metric->SetUseFixedImageGradientFilter(false);
  metric->SetMaximumNumberOfWorkUnits(1);
  metric->SetFixedImage(waves.Fixed);
  metric->SetMovingImage(waves.Moving);
  metric->SetMovingTransform(transform);
  metric->SetVirtualDomainFromImage(grid);
  metric->SetFixedImageMask(waves.Mask);
  metric->Initialize();
  // Not GetValue(): where a metric may take another path without the derivative, the optimizer does not.
  double                           value{};
  typename TMetric::DerivativeType derivative;
  metric->GetValueAndDerivative(value, derivative);
  return value;
}

template <typename TMetric>
void
ExpectValueEqualsDenseValue()
{
  for (const bool oblique : { false, true })
  {
    const WavesCase waves(oblique);
    for (const unsigned int shrinkFactor : { 1, 3 })
    {
      for (const bool crop : { false, true })
      {
        if (crop && shrinkFactor > 1)
        {
          continue; // The grid of the level is not stock's.
        }
        Registration<Image2D, TMetric> registration(waves.Fixed, waves.Moving);
        registration.Metric->SetFixedImageMask(waves.Mask);
        registration.Method->SetCropVirtualDomainToMask(crop);
        SetLevels<Image2D>(*registration.Method, { shrinkFactor });
        const auto shift = TranslationOf<Image2D>::New();
        shift->SetOffset(itk::MakeVector(0.3, -0.2));
        registration.Method->SetMovingInitialTransform(shift);
        registration.Update();

        const auto shrink = itk::ShrinkImageFilter<Image2D, Image2D>::New();
        shrink->SetInput(waves.Fixed);
        shrink->SetShrinkFactors(shrinkFactor);
        shrink->Update();
        const double expected = ComputeDenseValue<TMetric>(waves, shift, shrink->GetOutput());
        ASSERT_NE(expected, 0.0);
        // The same terms in another order: some hundred times 1e-16 at most.
        EXPECT_NEAR(registration.Optimizer->GetCurrentMetricValue() / expected, 1.0, 1e-12)
          << registration.Metric->GetNameOfClass() << (oblique ? ", oblique" : ", exact") << (crop ? ", crop" : "")
          << ", shrink factor " << shrinkFactor;
      }
    }
  }
}

/** Run stock's method and this one, set up by the same function, and compare. */
template <typename TMetric, typename TTransform, typename TSetUp>
void
ExpectSameAsStock(const TSetUp & setUp)
{
  const WavesCase                                                      waves(true);
  Registration<Image2D, TMetric, TTransform, StockMethodOf<Image2D>>   stock(waves.Fixed, waves.Moving);
  Registration<Image2D, TMetric, TTransform, MethodOf<Image2D>>        masked(waves.Fixed, waves.Moving);
  const auto                                                           run = [&setUp](auto & registration) {
    MakeItMove(registration);
    setUp(registration);
    registration.Method->Update();
    return std::make_pair(registration.GetResult(), registration.Transform->GetParameters());
  };
  const auto expected = run(stock);
  EXPECT_EQ(run(masked), expected);
  const auto identity = TTransform::New()->GetParameters();
  const bool hasMoved = !std::equal(identity.begin(), identity.end(), expected.first.begin());
  EXPECT_TRUE(hasMoved);
}

/** Masks and virtual domain of an image metric. */
struct MetricState
{
  const void * FixedMask;
  const void * MovingMask;
  const void * VirtualImage;

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

template <typename TImage>
void
ExpectRegistrationRuns()
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             grid = itk::ImageBase<dimension>::New();
  grid->SetRegions(itk::Size<dimension>::Filled(dimension == 4 ? 8 : 16));
  const auto maskImage = MakeEmptyMaskImage<dimension>(*grid);
  FillBox<dimension>(*maskImage, { itk::Index<dimension>::Filled(2), itk::Size<dimension>::Filled(4) });
  const auto mask = MakeMask<dimension>(maskImage);

  Registration<TImage> registration(MakeWaves<TImage>(*grid, 0.5), MakeWaves<TImage>(*grid, 0.6));
  registration.Metric->SetFixedImageMask(mask);
  registration.SampleRandomly(50);
  SetLevels<TImage>(*registration.Method, { 2, 1 });
  MakeItMove(registration);
  registration.Update();
  EXPECT_NE(registration.Transform->GetParameters(), TranslationOf<TImage>::New()->GetParameters());
  const auto points = registration.GetPoints();
  EXPECT_EQ(points.size(), 50U);
  PointOracle<TImage>(registration.Method->GetFixedImage(), mask, nullptr).ExpectAllInside(points);
}
} // namespace

TEST(MaskedRegistrationMethod, RandomCountIsExactAtEveryLevel)
{
  ExpectExactCounts<2>(StrategyOf<Image2D>::RANDOM);
  ExpectExactCounts<3>(StrategyOf<Image3D>::RANDOM);
}

TEST(MaskedRegistrationMethod, RegularCountIsExactAtEveryLevel)
{
  ExpectExactCounts<2>(StrategyOf<Image2D>::REGULAR);
  ExpectExactCounts<3>(StrategyOf<Image3D>::REGULAR);
}

TEST(MaskedRegistrationMethod, PointsAreInsideTheMaskIn2D) { ExpectPointsInsideMask<2>(); }

TEST(MaskedRegistrationMethod, PointsAreInsideTheMaskIn3D) { ExpectPointsInsideMask<3>(); }

TEST(MaskedRegistrationMethod, PerturbSamplesOffGivesCenters)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(100);
  const auto isCenter = [](const PointOf<2> & point) {
    return std::floor(point[0]) == point[0] && std::floor(point[1]) == point[1]; // spacing 1, origin 0
  };
  registration.Update();
  const auto perturbed = registration.GetPoints();
  EXPECT_FALSE(std::any_of(perturbed.begin(), perturbed.end(), isCenter));
  registration.Method->PerturbSamplesOff();
  registration.Update();
  const auto centers = registration.GetPoints();
  EXPECT_EQ(centers.size(), 100U);
  EXPECT_TRUE(std::all_of(centers.begin(), centers.end(), isCenter));
}

TEST(MaskedRegistrationMethod, ExtentOfTheImageChangesNoBit)
{
  ExpectSameAtEveryExtent<CorrelationOf<Image2D>, TranslationOf<Image2D>>({ 1 });
  ExpectSameAtEveryExtent<CorrelationOf<Image2D>, AffineOf<Image2D>>({ 1 });
  ExpectSameAtEveryExtent<CorrelationOf<Image2D>, AffineOf<Image2D>>({ 4, 1 });
  ExpectSameAtEveryExtent<MattesOf<Image2D>, AffineOf<Image2D>>({ 2, 1 });
  ExpectSameAtEveryExtent<JointHistogramOf<Image2D>, TranslationOf<Image2D>>({ 1 });
}

TEST(MaskedRegistrationMethod, PointsMoveWithTheMask)
{
  constexpr itk::IndexValueType shift = 450;
  using StrategyEnum = StrategyOf<Image2D>;
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
  {
    const auto reference =
      RegisterRectangle<CorrelationOf<Image2D>, TranslationOf<Image2D>>(RectangleCase(128, 64), strategy, { 1 });
    const auto shifted = RegisterRectangle<CorrelationOf<Image2D>, TranslationOf<Image2D>>(
      RectangleCase(1024, 1024, shift), strategy, { 1 });
    const auto & points = reference.Points.front();
    const auto & shiftedPoints = shifted.Points.front();
    ASSERT_EQ(shiftedPoints.size(), points.size());
    for (size_t i = 0; i < points.size(); ++i)
    {
      // Neighbouring `float` values near 500 are 3e-5 apart.
      EXPECT_NEAR(shiftedPoints[i][0], points[i][0] + shift, 3.1e-5);
      EXPECT_NEAR(shiftedPoints[i][1], points[i][1] + shift, 3.1e-5);
    }
  }
}

TEST(MaskedRegistrationMethod, FindsTheShiftOfTheRectangle)
{
  // The standard deviation of the error in y is 0.35 over seeds, and its mean 0.2: a pixel is more than twice as much.
  const auto result = RegisterRectangle<CorrelationOf<Image2D>, TranslationOf<Image2D>>(
    RectangleCase(512, 256), StrategyOf<Image2D>::RANDOM, { 1 });
  EXPECT_NEAR(result.Parameters[0], 0.0, 1.0);
  EXPECT_NEAR(result.Parameters[1], 5.0, 1.0);
}

TEST(MaskedRegistrationMethod, MeanSquaresWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<MeanSquaresOf<Image2D>>();
}

TEST(MaskedRegistrationMethod, CorrelationWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<CorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethod, MattesWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<MattesOf<Image2D>>();
}

TEST(MaskedRegistrationMethod, JointHistogramWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<JointHistogramOf<Image2D>>();
}

TEST(MaskedRegistrationMethod, NeighborhoodCorrelationWithoutSamplingEqualsDenseValue)
{
  ExpectValueEqualsDenseValue<NeighborhoodCorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethod, NoneFallsBackToTheCentersOfThinMasks)
{
  // Spacing 1, origin 0. The grid of the level has its centres at 3.5 + 8 k, or so in a cropped domain, and none in the
  // two lines of the mask.
  const WavesCase waves;
  FillBox<2>(*MakeEmptyMaskImage<2>(*waves.Fixed), waves.Box);
  const auto maskImage = MakeEmptyMaskImage<2>(*waves.Fixed);
  FillBox<2>(*maskImage, { { { 5, 2 } }, { { 1, 17 } } });
  FillBox<2>(*maskImage, { { { 22, 2 } }, { { 1, 17 } } });
  const auto mask = MakeMask<2>(maskImage);
  for (const bool crop : { false, true })
  {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(mask);
    registration.Method->SetCropVirtualDomainToMask(crop);
    SetLevels<Image2D>(*registration.Method, { 8 });
    const PointOracle<Image2D> oracle(waves.Fixed, mask, nullptr);
    std::vector<PointOf<2>>    expected;
    for (const auto & index : oracle.ListVoxels(*waves.Fixed))
    {
      expected.push_back(waves.Fixed->TransformIndexToPhysicalPoint<float>(index));
    }
    ASSERT_EQ(expected.size(), 34U);
    registration.UpdateAndObserve([&] {
      const auto grid = registration.Metric->GetVirtualImage();
      ASSERT_TRUE(oracle.ListVoxels(*grid).empty()); // the premise
      EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), 34U);
    });
    EXPECT_EQ(registration.GetPoints(), expected);
  }
}

TEST(MaskedRegistrationMethod, WithoutMaskEqualsStock)
{
  for (const bool inPlace : { true, false })
  {
    ExpectSameAsStock<MeanSquaresOf<Image2D>, TranslationOf<Image2D>>(
      [inPlace](auto & registration) { registration.Method->SetInPlace(inPlace); });
  }
}

TEST(MaskedRegistrationMethod, WithoutMaskEqualsStockAtSeveralLevels)
{
  ExpectSameAsStock<MattesOf<Image2D>, AffineOf<Image2D>>([](auto & registration) {
    SetLevels<Image2D>(*registration.Method, { 4, 2, 1 });
    StockMethodOf<Image2D>::SmoothingSigmasArrayType sigmas(3);
    sigmas[0] = 2.0;
    sigmas[1] = 1.0;
    sigmas[2] = 0.0;
    registration.Method->SetSmoothingSigmasPerLevel(sigmas);
    registration.Method->SmoothingSigmasAreSpecifiedInPhysicalUnitsOff();
  });
}

TEST(MaskedRegistrationMethod, WithoutMaskEqualsStockWithInitialTransformsAndWeights)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>, AffineOf<Image2D>>([](auto & registration) {
    const auto movingInitialTransform = AffineOf<Image2D>::New();
    movingInitialTransform->Rotate2D(0.1);
    movingInitialTransform->SetCenter(itk::MakePoint(5.0, 6.0));
    registration.Method->SetMovingInitialTransform(movingInitialTransform);
    const auto fixedInitialTransform = TranslationOf<Image2D>::New();
    fixedInitialTransform->SetOffset(itk::MakeVector(0.4, 0.6));
    registration.Method->SetFixedInitialTransform(fixedInitialTransform);
    StockMethodOf<Image2D>::OptimizerWeightsType weights(6);
    weights.Fill(1.0);
    weights[0] = 0.0;
    weights[4] = 0.5;
    registration.Method->SetOptimizerWeights(weights);
  });
}

TEST(MaskedRegistrationMethod, WithoutMaskEqualsStockWithVirtualDomainAndPointsOfTheUser)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>, TranslationOf<Image2D>>([](auto & registration) {
    const auto domain = Image2D::New();
    domain->CopyInformation(registration.Method->GetFixedImage());
    domain->SetRegions({ { { 3, 4 } }, { { 9, 7 } } });
    registration.Metric->SetVirtualDomainFromImage(domain);
    SetLevels<Image2D>(*registration.Method, { 2, 1 });
  });
  ExpectSameAsStock<MeanSquaresOf<Image2D>, TranslationOf<Image2D>>([](auto & registration) {
    const auto points = MetricOf<Image2D>::FixedSampledPointSetType::New();
    for (unsigned int i = 0; i < 10; ++i)
    {
      points->SetPoint(
        i, registration.Method->GetFixedImage()->template TransformIndexToPhysicalPoint<float>({ { 3 + i, 4 + i } }));
    }
    registration.Metric->SetFixedSampledPointSet(points);
    registration.Metric->UseSampledPointSetOn();
  });
}

TEST(MaskedRegistrationMethod, DefaultsEqualStock)
{
  const WavesCase waves;
  const auto      run = [&waves](StockMethodOf<Image2D> & method) {
    method.SetFixedImage(waves.Fixed);
    method.SetMovingImage(waves.Moving);
    method.SetInitialTransform(TranslationOf<Image2D>::New());
    dynamic_cast<MetricOf<Image2D> &>(*method.GetModifiableMetric()).SetMaximumNumberOfWorkUnits(1);
    dynamic_cast<OptimizerType &>(*method.GetModifiableOptimizer()).SetNumberOfIterations(20);
    method.Update();
    return method.GetTransform()->GetParameters();
  };
  const auto expected = run(*StockMethodOf<Image2D>::New());
  EXPECT_EQ(run(*MethodOf<Image2D>::New()), expected);
  EXPECT_GT(expected.magnitude(), 0.0);
}

TEST(MaskedRegistrationMethod, GivesBackMasksAndVirtualDomain)
{
  const WavesCase waves;
  using StrategyEnum = StrategyOf<Image2D>;
  for (const auto strategy : { StrategyEnum::NONE, StrategyEnum::RANDOM })
  {
    for (const bool hasMasks : { false, true })
    {
      for (const bool hasDomain : { false, true })
      {
        for (const bool doThrow : { false, true })
        {
          Registration<Image2D> registration(waves.Fixed, waves.Moving);
          SetLevels<Image2D>(*registration.Method, { 2, 1 });
          registration.Method->SetMetricSamplingStrategy(strategy);
          if (hasMasks)
          {
            registration.Metric->SetFixedImageMask(waves.Mask);
            registration.Metric->SetMovingImageMask(MakeMask<2>(waves.MaskImage));
          }
          if (hasDomain)
          {
            const auto domain = Image2D::New();
            domain->SetRegions(waves.Box);
            registration.Metric->SetVirtualDomainFromImage(domain);
          }
          const MetricState before(*registration.Metric);
          const auto        update = [&registration, doThrow] {
            registration.UpdateAndObserve([doThrow] {
              if (doThrow)
              {
                throw std::runtime_error("from the observer");
              }
            });
          };
          if (doThrow)
          {
            EXPECT_THROW(update(), std::runtime_error);
          }
          else
          {
            update();
          }
          EXPECT_TRUE(MetricState(*registration.Metric) == before);
          EXPECT_EQ(registration.Metric->GetVirtualImage() != nullptr, hasDomain);
          // Without a domain of the user, the metric takes that of the next fixed image.
          registration.Metric->SetFixedImage(MakeWaves<Image2D>(*RectangleCase(40, 40).Fixed, 0.1));
          registration.Metric->Initialize();
          EXPECT_EQ(registration.Metric->GetVirtualRegion().GetSize(),
                    hasDomain ? waves.Box.GetSize() : itk::Size<2>::Filled(40));
        }
      }
    }
  }
}

TEST(MaskedRegistrationMethod, SecondUpdateRepeatsTheFirst)
{
  const WavesCase waves(true);
  using StrategyEnum = StrategyOf<Image2D>;
  for (const auto strategy : { StrategyEnum::NONE, StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    for (const bool hasMask : { false, true })
    {
      Registration<Image2D, MeanSquaresOf<Image2D>, AffineOf<Image2D>> registration(waves.Fixed, waves.Moving);
      MakeItMove(registration);
      registration.Metric->SetFixedImageMask(hasMask ? waves.Mask.GetPointer() : nullptr);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Method->SetMetricSamplingPercentage(0.4);
      SetLevels<Image2D>(*registration.Method, { 2, 1 });
      const auto points = registration.UpdateAndCollectPoints();
      const auto result = registration.GetResult();
      const auto sampled = strategy != StrategyEnum::NONE || hasMask;
      const auto listed = sampled ? registration.Method->GetSampler()->GetMTime() : 0;
      EXPECT_EQ(points.back().empty(), !sampled);
      EXPECT_EQ(registration.UpdateAndCollectPoints(), points);
      EXPECT_EQ(registration.GetResult(), result);
      if (sampled)
      {
        EXPECT_EQ(registration.Method->GetSampler()->GetMTime(), listed); // not made again
      }
    }
  }
}

TEST(MaskedRegistrationMethod, RunWithoutSamplingUsesNoLeftoverPoints)
{
  const WavesCase                                                  waves(true);
  Registration<Image2D, MeanSquaresOf<Image2D>, AffineOf<Image2D>> fresh(waves.Fixed, waves.Moving);
  MakeItMove(fresh);
  fresh.Update();

  Registration<Image2D, MeanSquaresOf<Image2D>, AffineOf<Image2D>> used(waves.Fixed, waves.Moving);
  MakeItMove(used);
  used.Metric->SetFixedImageMask(waves.Mask);
  used.SampleRandomly(100);
  used.Update();
  EXPECT_NE(used.GetResult(), fresh.GetResult());
  EXPECT_EQ(used.Metric->GetVirtualSampledPointSet()->GetNumberOfPoints(), 100U); // they stay, for inspection

  used.Metric->SetFixedImageMask(static_cast<const itk::SpatialObject<2> *>(nullptr));
  used.Method->SetMetricSamplingStrategy(StrategyOf<Image2D>::NONE);
  used.Method->SetNumberOfSamples(0);
  used.Update();
  EXPECT_EQ(used.GetResult(), fresh.GetResult());
  EXPECT_EQ(used.Method->GetNumberOfSamplePoints(), 0U);
}

TEST(MaskedRegistrationMethod, ChangedMaskIsSeen)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(100);
  registration.Update();
  const auto maskImage = MakeEmptyMaskImage<2>(*waves.Fixed);
  FillBox<2>(*maskImage, { { { 2, 2 } }, { { 4, 3 } } });
  const auto mask = MakeMask<2>(maskImage);
  registration.Metric->SetFixedImageMask(mask);
  registration.Update();
  EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), 12U);
  PointOracle<Image2D>(waves.Fixed, mask, nullptr).ExpectAllInside(registration.GetPoints());
}

TEST(MaskedRegistrationMethod, SeedAloneDeterminesThePoints)
{
  const WavesCase waves(true);
  using StrategyEnum = StrategyOf<Image2D>;
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    const auto run = [&waves, strategy](int seed, itk::ThreadIdType numberOfWorkUnits) {
      Registration<Image2D> registration(waves.Fixed, waves.Moving);
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Method->SetNumberOfSamples(50);
      registration.Method->MetricSamplingReinitializeSeed(seed);
      registration.Method->SetNumberOfWorkUnits(numberOfWorkUnits);
      SetLevels<Image2D>(*registration.Method, { 1, 1 });
      return registration.UpdateAndCollectPoints();
    };
    const auto points = run(1, 1);
    ASSERT_EQ(points.size(), 2U);
    EXPECT_NE(points[0], points[1]);
    for (const itk::ThreadIdType numberOfWorkUnits : { 2, 3, 8 })
    {
      EXPECT_EQ(run(1, numberOfWorkUnits), points);
    }
    for (const int seed : { 0, 2, -1 })
    {
      const auto others = run(seed, 2);
      EXPECT_NE(others[0], points[0]);
      EXPECT_NE(others[1], points[1]);
      EXPECT_NE(others[0], points[1]);
      EXPECT_NE(others[1], points[0]);
    }
  }
}

TEST(MaskedRegistrationMethod, MasksOfTheMethodServeMetricsWithoutMasks)
{
  const WavesCase waves;
  const auto      movingMask = MakeMask<2>(waves.MaskImage);
  const auto      otherImage = MakeEmptyMaskImage<2>(*waves.Fixed);
  FillBox<2>(*otherImage, { { { 2, 2 } }, { { 4, 3 } } });
  const auto otherMask = MakeMask<2>(otherImage);

  Registration<Image2D> own(waves.Fixed, waves.Moving);
  own.Metric->SetFixedImageMask(waves.Mask);
  own.Metric->SetMovingImageMask(movingMask);
  own.SampleRandomly(100);
  own.Update();

  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.SampleRandomly(100);
  registration.Method->SetFixedImageMask(waves.Mask);
  registration.Method->SetMovingImageMask(movingMask);
  EXPECT_EQ(registration.Method->GetFixedImageMask(), waves.Mask.GetPointer());
  EXPECT_EQ(registration.Method->GetMovingImageMask(), movingMask.GetPointer());
  const void * movingMaskOfMetric = nullptr;
  registration.UpdateAndObserve([&] { movingMaskOfMetric = registration.Metric->GetMovingImageMask(); });
  EXPECT_EQ(movingMaskOfMetric, movingMask.GetPointer());
  EXPECT_EQ(registration.GetPoints(), own.GetPoints());
  EXPECT_EQ(registration.GetResult(), own.GetResult());
  EXPECT_EQ(registration.Metric->GetFixedImageMask(), nullptr);
  EXPECT_EQ(registration.Metric->GetMovingImageMask(), nullptr);

  // The metric's own masks come first.
  own.Method->SetFixedImageMask(otherMask);
  own.Method->SetMovingImageMask(otherMask);
  own.UpdateAndObserve([&] { movingMaskOfMetric = own.Metric->GetMovingImageMask(); });
  EXPECT_EQ(movingMaskOfMetric, movingMask.GetPointer());
  EXPECT_EQ(own.GetPoints(), registration.GetPoints());
}

TEST(MaskedRegistrationMethod, SamplingRegionEqualsBoxMask)
{
  using StrategyEnum = StrategyOf<Image2D>;
  for (const bool oblique : { false, true })
  {
    const WavesCase waves(oblique);
    const auto      boxImage = MakeEmptyMaskImage<2>(*waves.Fixed);
    FillBox(*boxImage, waves.Box);
    const auto box = MakeMask<2>(boxImage);
    for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
    {
      for (const bool crop : { false, true })
      {
        const auto run = [&](auto setUp) {
          Registration<Image2D> registration(waves.Fixed, waves.Moving);
          registration.Method->SetMetricSamplingStrategy(strategy);
          registration.Method->SetMetricSamplingPercentage(0.8);
          registration.Method->SetCropVirtualDomainToMask(crop);
          SetLevels<Image2D>(*registration.Method, { 8, 3, 2, 1 });
          setUp(registration);
          return registration.UpdateAndCollectPoints();
        };
        const auto expected = run([&](auto & registration) { registration.Metric->SetFixedImageMask(box); });
        const auto points = run([&](auto & registration) { registration.Method->SetSamplingRegion(waves.Box); });
        EXPECT_EQ(points, expected);
        EXPECT_EQ(points.size(), 4U);
        for (const auto & pointsOfLevel : points)
        {
          EXPECT_FALSE(pointsOfLevel.empty());
          for (const auto & point : pointsOfLevel)
          {
            EXPECT_TRUE(waves.Box.IsInside(waves.Fixed->TransformPhysicalPointToIndex(point)));
          }
        }
      }
    }
  }
}

TEST(MaskedRegistrationMethod, SamplingRegionAndMaskIntersect)
{
  const WavesCase       waves(true);
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(500);
  registration.Method->SetSamplingRegion(waves.Box);
  EXPECT_EQ(registration.Method->GetSamplingRegion(), waves.Box);
  registration.Update();
  // The mask is the box without a pixel, and something else beside it.
  EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), waves.Box.GetNumberOfPixels() - 1);
  for (const auto & point : registration.GetPoints())
  {
    const auto index = waves.Fixed->TransformPhysicalPointToIndex(point);
    EXPECT_TRUE(waves.Box.IsInside(index));
    EXPECT_EQ(waves.MaskImage->GetPixel(index), 1);
  }

  registration.Method->ResetSamplingRegion();
  EXPECT_EQ(registration.Method->GetSamplingRegion().GetNumberOfPixels(), 0U);
  EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), waves.Box.GetNumberOfPixels() - 1 + 3 * 9);
}

TEST(MaskedRegistrationMethod, EveryMetricHasItsOwnMaskAndPoints)
{
  const WavesCase waves;
  const auto      otherFixed = MakeWaves<Image2D>(*waves.Fixed, 1.5);
  const auto      otherMoving = MakeWaves<Image2D>(*waves.Fixed, 1.6);
  const auto      otherImage = MakeEmptyMaskImage<2>(*waves.Fixed);
  FillBox<2>(*otherImage, { { { 2, 3 } }, { { 4, 20 } } });
  const auto otherMask = MakeMask<2>(otherImage);

  for (const bool sharesMask : { false, true })
  {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    MethodOf<Image2D> &   method = *registration.Method;
    const auto            otherMetric = CorrelationOf<Image2D>::New();
    const auto            multiMetric = itk::ObjectToObjectMultiMetricv4<2, 2, Image2D>::New();
    multiMetric->AddMetric(registration.Metric);
    multiMetric->AddMetric(otherMetric);
    method.SetMetric(multiMetric);
    method.SetFixedImage(1, otherFixed);
    method.SetMovingImage(1, otherMoving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    otherMetric->SetFixedImageMask(sharesMask ? waves.Mask : otherMask);
    method.SetMetricSamplingStrategy(StrategyOf<Image2D>::RANDOM);
    method.SetMetricSamplingPercentage(0.5);
    SetLevels<Image2D>(method, { 2, 1 });

    const PointOracle<Image2D> oracle(waves.Fixed, waves.Mask, nullptr);
    const PointOracle<Image2D> otherOracle(otherFixed, otherMetric->GetFixedImageMask(), nullptr);
    auto                       voxels = oracle.ListVoxels(*waves.Fixed);
    const auto                 otherVoxels = otherOracle.ListVoxels(*waves.Fixed);
    const MetricState          before(*registration.Metric);
    const MetricState          otherBefore(*otherMetric);
    double                     shrunken = 4.0;
    itk::ImageRegion<2>        regionOfMetric;
    registration.UpdateAndObserve([&] {
      EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), std::lround(0.5 * voxels.size() / shrunken));
      EXPECT_EQ(otherMetric->GetNumberOfValidPoints(), std::lround(0.5 * otherVoxels.size() / shrunken));
      oracle.ExpectAllInside(registration.GetPoints(0));
      otherOracle.ExpectAllInside(registration.GetPoints(1));
      EXPECT_NE(registration.GetPoints(0), registration.GetPoints(1));
      EXPECT_EQ(otherMetric->GetVirtualSampledPointSet(), method.GetSamplePointSet(1));
      regionOfMetric = otherMetric->GetVirtualRegion();
      shrunken = 1.0;
    });
    EXPECT_EQ(method.GetNumberOfMaskVoxels(0), voxels.size());
    EXPECT_EQ(method.GetNumberOfMaskVoxels(1), otherVoxels.size());
    voxels.insert(voxels.end(), otherVoxels.begin(), otherVoxels.end());
    EXPECT_EQ(regionOfMetric, GetBoundingRegion<2>(voxels)); // of all metrics
    EXPECT_TRUE(MetricState(*registration.Metric) == before);
    EXPECT_TRUE(MetricState(*otherMetric) == otherBefore);
    EXPECT_EQ(multiMetric->GetVirtualImage(), nullptr);
    EXPECT_THROW(method.GetSampler(2), itk::ExceptionObject);
    EXPECT_EQ(method.GetSamplePointSet(2), nullptr);
  }
}

TEST(MaskedRegistrationMethod, CropsTheVirtualDomainButNotOfADisplacementField)
{
  const WavesCase waves;
  using FieldTransformType = itk::GaussianSmoothingOnUpdateDisplacementFieldTransform<double, 2>;
  const auto field = FieldTransformType::DisplacementFieldType::New();
  field->CopyInformation(waves.Fixed);
  field->SetRegions(waves.Fixed->GetLargestPossibleRegion());

  const auto expectRegion = [&waves](auto & registration, const itk::ImageRegion<2> & expected) {
    using StrategyEnum = StrategyOf<Image2D>;
    for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::NONE })
    {
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetMetricSamplingStrategy(strategy);
      registration.Optimizer->SetNumberOfIterations(2);
      registration.Optimizer->SetLearningRate(0.01);
      unsigned int numberOfIterations = 0;
      registration.UpdateAndObserve([&] {
        EXPECT_EQ(registration.Metric->GetVirtualRegion(), expected);
        ++numberOfIterations;
      });
      EXPECT_EQ(numberOfIterations, 2U);
      EXPECT_GT(registration.Transform->GetParameters().magnitude(), 0.0);
    }
  };
  Registration<Image2D, MeanSquaresOf<Image2D>, FieldTransformType> withField(waves.Fixed, waves.Moving);
  field->AllocateInitialized();
  withField.Transform->SetDisplacementField(field);
  expectRegion(withField, waves.Fixed->GetLargestPossibleRegion());

  const PointOracle<Image2D> oracle(waves.Fixed, waves.Mask, nullptr);
  const auto                 box = GetBoundingRegion<2>(oracle.ListVoxels(*waves.Fixed));
  Registration<Image2D>      withTranslation(waves.Fixed, waves.Moving);
  expectRegion(withTranslation, box);
  withTranslation.Method->CropVirtualDomainToMaskOff();
  expectRegion(withTranslation, waves.Fixed->GetLargestPossibleRegion());
}

TEST(MaskedRegistrationMethod, EmptyMaskIsAnErrorThatNamesBothBoxes)
{
  const RectangleCase   rectangle(128, 64);
  Registration<Image2D> registration(rectangle.Fixed, rectangle.Moving);
  registration.SampleRandomly(100);
  rectangle.MaskImage->SetOrigin(itk::MakePoint(1000.0, 2000.0));
  registration.Metric->SetFixedImageMask(MakeMask<2>(rectangle.MaskImage));
  unsigned int numberOfIterations = 0;
  using StrategyEnum = StrategyOf<Image2D>;
  for (const auto strategy : { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE })
  {
    registration.Method->SetMetricSamplingStrategy(strategy);
    const auto tag = registration.Optimizer->AddObserver(
      itk::AnyEvent(), [&numberOfIterations](const itk::EventObject &) { ++numberOfIterations; });
    const auto message = GetMessage(*registration.Method);
    registration.Optimizer->RemoveObserver(tag);
    EXPECT_TRUE(Contains(message, "1014.5, 1054.5")) << message; // the mask's box
    EXPECT_TRUE(Contains(message, "-0.5, 127.5")) << message;    // the domain's box
    EXPECT_TRUE(Contains(message, "origin, spacing or direction")) << message;
  }
  EXPECT_EQ(numberOfIterations, 0U); // before any work
  EXPECT_THROW(registration.Method->GetNumberOfMaskVoxels(), itk::ExceptionObject);
  EXPECT_EQ(registration.Metric->GetVirtualImage(), nullptr);

  registration.Metric->SetFixedImageMask(RectangleCase(128, 64).Mask);
  registration.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
  EXPECT_EQ(GetMessage(*registration.Method), ""); // the object still works
  EXPECT_EQ(registration.GetPoints().size(), 100U);
}

TEST(MaskedRegistrationMethod, PercentagesOutsideRangeAreErrors)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Method->SetMetricSamplingStrategy(StrategyOf<Image2D>::RANDOM);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.Method->SetMetricSamplingPercentage(0.5);
  for (const double percentage :
       { 0.0, 1.5, -0.1, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN() })
  {
    try
    {
      registration.Method->SetMetricSamplingPercentage(percentage);
      ADD_FAILURE() << percentage;
    }
    catch (const itk::ExceptionObject & exception)
    {
      std::ostringstream number;
      number << percentage;
      EXPECT_TRUE(Contains(exception.GetDescription(), number.str())) << exception;
      EXPECT_TRUE(Contains(exception.GetDescription(), "(0, 1]")) << exception;
    }
  }
  registration.Update(); // with the last valid value
  EXPECT_EQ(registration.GetPoints().size(), static_cast<size_t>((13 * 11 - 1 + 3 * 9 + 1) / 2));
}

TEST(MaskedRegistrationMethod, PerLevelArraysOfTheWrongSizeAreErrors)
{
  const WavesCase waves;
  using MethodType = MethodOf<Image2D>;
  const auto expectError = [&waves](const char * name, auto setWrong, auto setRight) {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    registration.Method->SetMetricSamplingStrategy(StrategyOf<Image2D>::RANDOM);
    SetLevels<Image2D>(*registration.Method, { 2, 1 });
    setWrong(*registration.Method);
    const auto message = GetMessage(*registration.Method);
    EXPECT_TRUE(Contains(message, name)) << message;
    EXPECT_TRUE(Contains(message, "has 3 values")) << message;
    EXPECT_TRUE(Contains(message, "2 levels")) << message;
    setRight(*registration.Method);
    EXPECT_EQ(GetMessage(*registration.Method), "");
  };
  const auto makeArray = [](auto array, unsigned int size) {
    array.SetSize(size);
    array.Fill(1);
    return array;
  };
  expectError(
    "MetricSamplingPercentagePerLevel",
    [&](MethodType & method) {
      method.SetMetricSamplingPercentagePerLevel(makeArray(MethodType::MetricSamplingPercentageArrayType(), 3));
    },
    [&](MethodType & method) {
      method.SetMetricSamplingPercentagePerLevel(makeArray(MethodType::MetricSamplingPercentageArrayType(), 2));
    });
  expectError(
    "NumberOfSamplesPerLevel",
    [&](MethodType & method) {
      method.SetNumberOfSamplesPerLevel(makeArray(MethodType::NumberOfSamplesArrayType(), 3));
    },
    [&](MethodType & method) {
      method.SetNumberOfSamplesPerLevel(makeArray(MethodType::NumberOfSamplesArrayType(), 2));
    });
  expectError(
    "SmoothingSigmasPerLevel",
    [&](MethodType & method) {
      method.SetSmoothingSigmasPerLevel(makeArray(MethodType::SmoothingSigmasArrayType(), 3));
    },
    [&](MethodType & method) {
      method.SetSmoothingSigmasPerLevel(makeArray(MethodType::SmoothingSigmasArrayType(), 2));
    });
}

TEST(MaskedRegistrationMethod, MissingInputsAreErrors)
{
  const WavesCase       waves;
  Registration<Image2D> registration(nullptr, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(20);
  EXPECT_NE(GetMessage(*registration.Method), "");
  EXPECT_THROW(registration.Method->GetNumberOfMaskVoxels(), itk::ExceptionObject);
  registration.Method->SetFixedImage(waves.Fixed);

  registration.Method->SetMetric(nullptr);
  EXPECT_TRUE(Contains(GetMessage(*registration.Method), "SetMetric"));
  EXPECT_THROW(registration.Method->GetNumberOfMaskVoxels(), itk::ExceptionObject);
  EXPECT_THROW(registration.Method->GetSampler(), itk::ExceptionObject);
  registration.Method->SetMetric(registration.Metric);

  registration.Method->SetOptimizer(nullptr);
  EXPECT_TRUE(Contains(GetMessage(*registration.Method), "SetOptimizer"));
  registration.Method->SetOptimizer(registration.Optimizer);

  registration.Update();
  EXPECT_EQ(registration.GetPoints().size(), 20U);
}

TEST(MaskedRegistrationMethod, PointSetMetricCannotBeSampledButRuns)
{
  const WavesCase waves;
  using MethodType = MethodOf<Image2D>;
  using PointSetType = MethodType::PointSetType;
  const auto fixed = PointSetType::New();
  const auto moving = PointSetType::New();
  for (unsigned int i = 0; i < 10; ++i)
  {
    const auto x = static_cast<float>(i);
    fixed->SetPoint(i, itk::MakePoint(x, 0.3F * x * x));
    moving->SetPoint(i, itk::MakePoint(x + 0.1F, 0.3F * x * x));
  }
  using PointSetMetricType = itk::EuclideanDistancePointSetToPointSetMetricv4<PointSetType>;
  const auto setUp = [&](StockMethodOf<Image2D> & method, OptimizerType & optimizer) {
    const auto metric = PointSetMetricType::New();
    const auto domain = PointSetMetricType::VirtualImageType::New();
    domain->SetRegions(waves.Fixed->GetLargestPossibleRegion());
    metric->SetVirtualDomainFromImage(domain);
    optimizer.SetNumberOfIterations(3);
    optimizer.SetLearningRate(0.1);
    method.SetMetric(metric);
    method.SetFixedPointSet(0, fixed);
    method.SetMovingPointSet(0, moving);
    SetLevels<Image2D>(method, { 2, 1 });
  };

  Registration<Image2D> registration(nullptr, nullptr);
  setUp(*registration.Method, *registration.Optimizer);
  registration.Method->SetMetricSamplingStrategy(StrategyOf<Image2D>::RANDOM);
  const auto message = GetMessage(*registration.Method);
  EXPECT_TRUE(Contains(message, "EuclideanDistancePointSetToPointSetMetricv4")) << message;
  EXPECT_TRUE(Contains(message, "NONE")) << message;

  registration.Method->SetMetricSamplingStrategy(StrategyOf<Image2D>::NONE);
  const auto & metric = dynamic_cast<const PointSetMetricType &>(*registration.Method->GetModifiableMetric());
  const auto * const virtualImage = metric.GetVirtualImage();
  registration.Update();
  EXPECT_EQ(metric.GetVirtualImage(), virtualImage);

  Registration<Image2D, MeanSquaresOf<Image2D>, TranslationOf<Image2D>, StockMethodOf<Image2D>> stock(nullptr, nullptr);
  setUp(*stock.Method, *stock.Optimizer);
  stock.Update();
  EXPECT_EQ(registration.GetResult(), stock.GetResult());
}

TEST(MaskedRegistrationMethod, RunsInEveryDimensionAndPixelType)
{
  ExpectRegistrationRuns<itk::Image<float, 2>>();
  ExpectRegistrationRuns<itk::Image<float, 3>>();
  ExpectRegistrationRuns<itk::Image<float, 4>>();
  ExpectRegistrationRuns<itk::Image<double, 2>>();
  ExpectRegistrationRuns<itk::Image<double, 3>>();
  ExpectRegistrationRuns<itk::Image<double, 4>>();
}

TEST(MaskedRegistrationMethod, NumberOfSamplesIsThatOfEveryLevel)
{
  using ArrayType = MethodOf<Image2D>::NumberOfSamplesArrayType;
  const auto method = MethodOf<Image2D>::New();
  EXPECT_EQ(method->GetNumberOfSamples(), 0U);
  method->SetNumberOfLevels(2);
  ArrayType numbers(2);
  numbers[0] = 7;
  numbers[1] = 9;
  method->SetNumberOfSamplesPerLevel(numbers);
  EXPECT_EQ(method->GetNumberOfSamplesPerLevel(), numbers);
  method->SetNumberOfSamples(5);
  numbers.Fill(5);
  EXPECT_EQ(method->GetNumberOfSamplesPerLevel(), numbers);
  EXPECT_EQ(method->GetNumberOfSamples(), 5U);
}

TEST(MaskedRegistrationMethod, PrintsEveryMember)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  std::ostringstream    fresh;
  registration.Method->Print(fresh);
  registration.Method->SetFixedImageMask(waves.Mask);
  registration.Method->SetSamplingRegion(waves.Box);
  registration.Update();
  std::ostringstream used;
  registration.Method->Print(used);
  for (const auto * const name : { "NumberOfSamples: ",
                                   "NumberOfSamplesPerLevel: ",
                                   "PerturbSamples: On",
                                   "CropVirtualDomainToMask: On",
                                   "SamplingRegion: ",
                                   "FixedImageMask: ",
                                   "MovingImageMask: ",
                                   "Samplers: ",
                                   "SamplePointSets: " })
  {
    EXPECT_NE(fresh.str().find(name), std::string::npos) << name;
    EXPECT_NE(used.str().find(name), std::string::npos) << name;
  }
}
