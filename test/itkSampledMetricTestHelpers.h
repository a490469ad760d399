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
#ifndef itkSampledMetricTestHelpers_h
#define itkSampledMetricTestHelpers_h

#include "itkSampledTransformTestHelpers.h"

#include "itkImageToImageMetricv4.h"
#include "itkSampledMetricInterface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>
#include <utility>
#include <vector>

/** What the tests of the sampled metrics share. A kind is a class with two templates of metrics, Sampled and Stock, of
 * an image type; what it says of one sampled metric is said of all. */
namespace itk::MaskedSamplingTest
{
/** Smooth waves over the physical points of a grid. */
template <typename TImage>
typename TImage::Pointer
MakeSmoothImage(const ImageBase<TImage::ImageDimension> & grid, double phase)
{
  auto image = TImage::New();
  image->CopyInformation(&grid);
  image->SetRegions(grid.GetLargestPossibleRegion());
  image->Allocate();
  for (ImageRegionIteratorWithIndex<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto point = image->template TransformIndexToPhysicalPoint<double>(it.GetIndex());
    double     value = 200.0;
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      const double other = point[(d + 1) % TImage::ImageDimension];
      value += 50.0 * std::sin((0.3 + 0.1 * d) * point[d] + 0.15 * other + phase);
    }
    it.Set(static_cast<typename TImage::PixelType>(value));
  }
  return image;
}

/** An oblique and anisotropic grid around the origin of space, whose indices do not start at 0. */
template <unsigned int VDimension>
typename ImageBase<VDimension>::Pointer
MakeObliqueGrid(std::mt19937 & random, SizeValueType size)
{
  std::uniform_real_distribution<>    spacing(0.7, 1.3);
  std::uniform_int_distribution<>     start(-9, 9);
  auto                                grid = ImageBase<VDimension>::New();
  ImageRegion<VDimension>             region;
  ContinuousIndex<double, VDimension> center;
  Vector<double, VDimension>          spacings;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    region.SetSize(d, size + d);
    region.SetIndex(d, start(random));
    spacings[d] = spacing(random);
    center[d] = static_cast<double>(region.GetIndex(d)) + 0.5 * static_cast<double>(size + d - 1);
  }
  grid->SetRegions(region);
  grid->SetSpacing(spacings);
  grid->SetDirection(MakeRandomDirection<VDimension>(random));
  Point<double, VDimension> origin;
  origin.Fill(0.25);
  grid->SetOrigin(origin -
                  (grid->template TransformContinuousIndexToPhysicalPoint<double>(center) - grid->GetOrigin()));
  return grid;
}

/** What a metric answers. */
struct MetricResult
{
  double              Value{};
  std::vector<double> Derivative{};
  SizeValueType       NumberOfValidPoints{};

  friend bool
  operator==(const MetricResult & a, const MetricResult & b)
  {
    return a.Value == b.Value && a.Derivative == b.Derivative && a.NumberOfValidPoints == b.NumberOfValidPoints;
  }
  friend bool
  operator!=(const MetricResult & a, const MetricResult & b)
  {
    return !(a == b);
  }
  friend std::ostream &
  operator<<(std::ostream & os, const MetricResult & result)
  {
    os.precision(17);
    os << "value " << result.Value << ", " << result.NumberOfValidPoints << " valid points, derivative";
    for (size_t p = 0; p < std::min<size_t>(result.Derivative.size(), 12); ++p)
    {
      os << ' ' << result.Derivative[p];
    }
    return os;
  }
};

template <typename TMetric>
MetricResult
Evaluate(const TMetric & metric)
{
  MetricResult                     result;
  typename TMetric::DerivativeType derivative;
  metric.GetValueAndDerivative(result.Value, derivative);
  result.Derivative.assign(derivative.begin(), derivative.end());
  result.NumberOfValidPoints = metric.GetNumberOfValidPoints();
  return result;
}

/** Two images that overlap in part, and points of which some are outside one or the other. */
template <typename TImage>
struct MetricScene
{
  static constexpr unsigned int  Dimension = TImage::ImageDimension;
  static constexpr SizeValueType DefaultSize = Dimension == 2 ? 30 : 16;
  using TransformPointer = typename TransformOf<Dimension>::Pointer;
  using PointSetType = PointSet<typename TImage::PixelType, Dimension>;

  std::mt19937                               Random;
  typename TImage::Pointer                   Fixed;
  typename TImage::Pointer                   Moving;
  typename PointSetType::Pointer             Points{ PointSetType::New() };
  TransformPointer                           MovingTransform{ MakeRandomTranslation<Dimension>(Random) };
  TransformPointer                           FixedTransform{};
  typename SpatialObject<Dimension>::Pointer FixedMask{};
  typename SpatialObject<Dimension>::Pointer MovingMask{};

  explicit MetricScene(unsigned int seed, SizeValueType numberOfPoints = 5000)
    : Random(seed)
    , Fixed(MakeSmoothImage<TImage>(*MakeObliqueGrid<Dimension>(Random, DefaultSize), 0.2))
    , Moving(MakeSmoothImage<TImage>(*MakeObliqueGrid<Dimension>(Random, DefaultSize), 0.5))
  {
    this->SetRandomPoints(numberOfPoints, -1.0);
  }

  /** Points at random in the fixed image, at a distance in voxels from its outermost centres, or, if it is negative,
   * up to that distance outside. */
  void
  SetRandomPoints(SizeValueType numberOfPoints, double distance)
  {
    const auto & region = Fixed->GetLargestPossibleRegion();
    Points->GetPoints()->Initialize();
    for (SizeValueType n = 0; n < numberOfPoints; ++n)
    {
      ContinuousIndex<double, Dimension> index;
      for (unsigned int d = 0; d < Dimension; ++d)
      {
        const auto first = static_cast<double>(region.GetIndex(d));
        const auto last = first + static_cast<double>(region.GetSize(d) - 1);
        index[d] = std::uniform_real_distribution<>(first + distance, last - distance)(Random);
      }
      Point<float, Dimension> point;
      point.CastFrom(Fixed->template TransformContinuousIndexToPhysicalPoint<double>(index));
      Points->SetPoint(n, point);
    }
  }

  /** A mask of speckle on another grid. */
  typename SpatialObject<Dimension>::Pointer
  MakeSpeckleMask()
  {
    const auto image = MaskImageType<Dimension>::New();
    const auto grid = MakeObliqueGrid<Dimension>(Random, 8);
    image->CopyInformation(grid);
    image->SetSpacing(grid->GetSpacing() * 4.0);
    image->SetRegions(grid->GetLargestPossibleRegion());
    image->SetOrigin(grid->GetOrigin());
    ContinuousIndex<double, Dimension> center;
    for (unsigned int d = 0; d < Dimension; ++d)
    {
      center[d] = static_cast<double>(grid->GetLargestPossibleRegion().GetIndex(d)) + 3.5;
    }
    const auto               offset = image->template TransformContinuousIndexToPhysicalPoint<double>(center);
    Point<double, Dimension> origin = image->GetOrigin();
    for (unsigned int d = 0; d < Dimension; ++d)
    {
      origin[d] -= offset[d];
    }
    image->SetOrigin(origin);
    image->Allocate();
    FillWithSpeckle<Dimension>(*image, Random, 0.7);
    return MakeMask<Dimension>(image).GetPointer();
  }

  template <typename TMetric>
  void
  SetInputs(TMetric & metric) const
  {
    metric.SetFixedImage(Fixed);
    metric.SetMovingImage(Moving);
    metric.SetMovingTransform(MovingTransform);
    if (FixedTransform)
    {
      metric.SetFixedTransform(FixedTransform);
    }
    metric.SetFixedImageMask(FixedMask.GetPointer());
    metric.SetMovingImageMask(MovingMask.GetPointer());
    metric.SetVirtualDomainFromImage(Fixed);
    metric.SetUseSampledPointSet(true);
    metric.SetUseVirtualSampledPointSet(true);
    metric.SetVirtualSampledPointSet(Points);
    // Stock adds up in the order in which its threads end.
    metric.SetMaximumNumberOfWorkUnits(1);
  }

  /** A metric that is ready. */
  template <typename TMetric>
  typename TMetric::Pointer
  Make() const
  {
    const auto metric = TMetric::New();
    this->SetInputs(*metric);
    metric->Initialize();
    return metric;
  }
};

/** As a registration method knows a sampled metric. */
template <typename TMetric>
SampledMetricInterface<typename TMetric::ImageMetricType> &
GetInterfaceOf(TMetric & metric)
{
  return metric;
}

template <typename TKind, typename TImage>
using SampledOf = typename TKind::template Sampled<TImage>;
template <typename TKind, typename TImage>
using StockOf = typename TKind::template Stock<TImage>;

/** Expect the value and the number of valid points of the stock metric; the value to a tolerance, relative. */
template <typename TMetric, typename TStock>
void
ExpectValueOf(const TMetric & metric, const TStock & stock, double tolerance = 1e-10)
{
  const double expected = stock.GetValue();
  EXPECT_TRUE(std::isfinite(expected));
  EXPECT_NE(expected, 0.0);
  EXPECT_NEAR(metric.GetValue(), expected, tolerance * std::abs(expected));
  EXPECT_EQ(metric.GetNumberOfValidPoints(), stock.GetNumberOfValidPoints());
  EXPECT_NEAR(Evaluate(metric).Value, expected, tolerance * std::abs(expected));
  EXPECT_EQ(metric.GetNumberOfValidPoints(), stock.GetNumberOfValidPoints());
}

template <typename TKind, typename TImage>
void
ExpectValueOfStock(const MetricScene<TImage> & scene)
{
  const auto metric = scene.template Make<SampledOf<TKind, TImage>>();
  const auto stock = scene.template Make<StockOf<TKind, TImage>>();
  ExpectValueOf(*metric, *stock);
  EXPECT_GT(stock->GetNumberOfValidPoints(), 100u);
  EXPECT_LT(stock->GetNumberOfValidPoints(), scene.Points->GetNumberOfPoints());
}

/** Change of the value by a change of parameters in a direction, by central differences; none if a sample comes in or
 * goes out. */
template <typename TMetric>
std::optional<double>
DifferentiateAlong(TMetric & metric, const std::vector<double> & direction, double step)
{
  auto &     transform = *metric.GetModifiableMovingTransform();
  const auto parameters = transform.GetParameters();
  const auto evaluateAt = [&](double amount) {
    auto moved = parameters;
    for (size_t p = 0; p < direction.size(); ++p)
    {
      moved[p] += amount * direction[p];
    }
    transform.SetParameters(moved);
    const double value = metric.GetValue();
    return std::make_pair(value, metric.GetNumberOfValidPoints());
  };
  const auto after = evaluateAt(step);
  const auto before = evaluateAt(-step);
  transform.SetParameters(parameters);
  return after.second == before.second ? std::make_optional((after.first - before.first) / (2.0 * step)) : std::nullopt;
}

/** Expect that the derivative is that of the value, with the sign of metrics of version 4: by central differences along
 * each parameter or, if there are many, along some of them and some random directions. */
template <typename TMetric>
void
ExpectDerivativeOfValue(TMetric & metric, std::mt19937 & random, double step, double tolerance)
{
  const auto   derivative = Evaluate(metric).Derivative;
  const size_t number = derivative.size();
  ASSERT_EQ(number, metric.GetMovingTransform()->GetNumberOfParameters());
  double greatest = 0.0;
  for (const double element : derivative)
  {
    greatest = std::max(greatest, std::abs(element));
  }
  EXPECT_GT(greatest, 0.0);

  std::vector<std::vector<double>> directions;
  constexpr size_t                 limit = 16;
  for (size_t n = 0; n < std::min(number, limit); ++n)
  {
    std::vector<double> direction(number, 0.0);
    direction[number <= limit ? n : random() % number] = 1.0;
    directions.push_back(direction);
  }
  for (size_t n = 0; n < 3; ++n)
  {
    std::vector<double> direction(number);
    for (double & element : direction)
    {
      element = std::uniform_real_distribution<>(-1.0, 1.0)(random);
    }
    directions.push_back(direction);
  }
  size_t numberOfComparisons = 0;
  for (const auto & direction : directions)
  {
    const auto difference = DifferentiateAlong(metric, direction, step);
    if (difference)
    {
      const double change = std::inner_product(direction.begin(), direction.end(), derivative.begin(), 0.0);
      EXPECT_NEAR(*difference, -change, tolerance * greatest);
      ++numberOfComparisons;
    }
  }
  EXPECT_GT(2 * numberOfComparisons, directions.size());
}
} // namespace itk::MaskedSamplingTest

#endif // itkSampledMetricTestHelpers_h
