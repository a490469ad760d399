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
#include "facade/itkSplineErrorMap.h"
#include "facade/itkAverageOnGrid.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

/** Errors of points of B-splines: against known deformations, and the scatter of registrations with other noise. */
namespace SplineErrorMapGTest
{
using namespace itk::MaskedSamplingTest;

/** Waves in all directions, by up to 1.5 voxels. */
template <typename TPoint>
TPoint
Wave(const TPoint & point)
{
  constexpr unsigned int dimension = TPoint::PointDimension;
  TPoint                 moved = point;
  for (unsigned int d = 0; d < dimension; ++d)
  {
    moved[d] += 1.5 * std::sin(point[(d + 1) % dimension] / 9.0 + d);
  }
  return moved;
}

template <typename TImage>
Scene<TImage>
MakeNoisyScene(double noise, unsigned int seed)
{
  Scene<TImage> scene([](const auto & point) { return Wave(point); },
                      TImage::ImageDimension == 2 ? 20.0 : 11.0,
                      TImage::ImageDimension == 2 ? 64 : 32);
  AddNoise(*scene.Fixed, noise, 2 * seed);
  AddNoise(*scene.Moving, noise, 2 * seed + 1);
  return scene;
}

/** Places of some mask voxels. */
template <typename TImage>
std::vector<PointOf<TImage>>
ListSome(const Scene<TImage> & scene)
{
  std::vector<PointOf<TImage>> some;
  const auto                   points = scene.ListMaskPoints();
  for (itk::SizeValueType i = 0; i < points.size(); i += 7)
  {
    some.push_back(points[i]);
  }
  return some;
}

template <typename T>
class SplineErrorMapOf : public testing::Test
{};
using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;
TYPED_TEST_SUITE(SplineErrorMapOf, Dimensions);

/** What is asked of the bars; and where there is no bias, they are no more than a few times too long. */
TYPED_TEST(SplineErrorMapOf, MostErrorsAreWithinTwoBars)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  for (const std::string metric : { "mean-squares", "correlation", "mutual-information", "neighborhood-correlation" })
  {
    double within = 0.0;
    double number = 0.0;
    double squareOfErrors = 0.0;
    double squareOfBars = 0.0;
    for (unsigned int trial = 0; trial < (TypeParam::value == 2 ? 4 : 2); ++trial)
    {
      const auto scene = MakeNoisyScene<ImageType>(10.0, trial);
      auto       settings = MakeStage("b-spline");
      settings.Metric = metric;
      if (metric == "neighborhood-correlation")
      {
        settings.Sampling = "none"; // at samples it is that of ITK, which is slow
        settings.Samples = { 0 };
      }
      settings.HistogramBins = 16;
      settings.Seed = trial + 1;
      const auto facade = scene.MakeFacade(settings);
      facade->Update();
      const auto & uncertainty = facade->GetUncertainty();
      for (const auto & point : ListSome(scene))
      {
        const double error = facade->GetTransform()->TransformPoint(point).EuclideanDistanceTo(scene.Motion(point));
        const double bar = uncertainty.GetStandardErrorAt(point);
        within += error <= 2.0 * bar ? 1.0 : 0.0;
        number += 1.0;
        squareOfErrors += error * error;
        squareOfBars += bar * bar;
      }
    }
    EXPECT_GT(within, 0.85 * number) << metric;
    EXPECT_LT(squareOfBars, 64.0 * squareOfErrors) << metric;
  }
}

/** Of fields, with what they have by default and with what takes whole images. */
TYPED_TEST(SplineErrorMapOf, MostErrorsOfFieldsAreWithinTwoBars)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  for (const std::string kind : { "syn", "displacement-field" })
  {
    for (const std::string metric : { "neighborhood-correlation", "mean-squares" })
    {
      const auto scene = MakeNoisyScene<ImageType>(10.0, 7);
      auto       settings = MakeStage(kind);
      settings.Metric = metric;
      settings.HistogramBins = 16;
      const auto facade = scene.MakeFacade(settings);
      facade->Update();
      const auto & uncertainty = facade->GetUncertainty();
      const auto   points = ListSome(scene);
      double       within = 0.0;
      double       squareOfErrors = 0.0;
      double       squareOfBars = 0.0;
      for (const auto & point : points)
      {
        const double error = facade->GetTransform()->TransformPoint(point).EuclideanDistanceTo(scene.Motion(point));
        const double bar = uncertainty.GetStandardErrorAt(point);
        within += error <= 2.0 * bar ? 1.0 : 0.0;
        squareOfErrors += error * error;
        squareOfBars += bar * bar;
      }
      EXPECT_GT(within, 0.85 * static_cast<double>(points.size())) << kind << ", " << metric;
      EXPECT_LT(squareOfBars, 64.0 * squareOfErrors) << kind << ", " << metric;
      PointOf<ImageType> far;
      far.Fill(1e4);
      EXPECT_TRUE(std::isnan(uncertainty.GetStandardErrorAt(far)));
    }
  }
}

/** The bars are for what the noise does and for more than that; they follow it. */
TYPED_TEST(SplineErrorMapOf, BarsGrowAsRegistrationsScatter)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  constexpr unsigned int trials = TypeParam::value == 2 ? 5 : 3;
  double                 barsBefore = 0.0;
  for (const double noise : { 10.0, 60.0 })
  {
    std::vector<std::vector<PointOf<ImageType>>> found;
    double                                       squareOfBars = 0.0;
    for (unsigned int trial = 0; trial < trials; ++trial)
    {
      const auto scene = MakeNoisyScene<ImageType>(noise, 10 + trial);
      auto       settings = MakeStage("b-spline");
      settings.Seed = trial + 1;
      const auto facade = scene.MakeFacade(settings);
      facade->Update();
      squareOfBars += itk::Math::sqr(facade->GetUncertainty().StandardError) / trials;
      found.emplace_back();
      for (const auto & point : ListSome(scene))
      {
        found.back().push_back(facade->GetTransform()->TransformPoint(point));
      }
    }
    double variance = 0.0;
    for (itk::SizeValueType i = 0; i < found.front().size(); ++i)
    {
      typename PointOf<ImageType>::VectorType mean{};
      for (const auto & places : found)
      {
        mean += places[i].GetVectorFromOrigin() / static_cast<double>(trials);
      }
      for (const auto & places : found)
      {
        variance += (places[i].GetVectorFromOrigin() - mean).GetSquaredNorm() / (trials - 1.0) /
                    static_cast<double>(found.front().size());
      }
    }
    const double ratio = std::sqrt(squareOfBars / variance);
    EXPECT_GT(ratio, 1.0) << noise;
    EXPECT_LT(ratio, 8.0) << noise;
    EXPECT_GT(std::sqrt(squareOfBars), 1.3 * barsBefore);
    barsBefore = std::sqrt(squareOfBars);
  }
}

TYPED_TEST(SplineErrorMapOf, ThreadsAndUnitsChangeNothing)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  using ReportType = typename Facade<ImageType>::UncertaintyReport;
  const auto update = [](double intensity, itk::SizeValueType units, const std::string & how = "quick") {
    const auto scene = MakeNoisyScene<ImageType>(10.0, 3);
    for (const auto & image : { scene.Fixed, scene.Moving })
    {
      for (itk::ImageRegionIterator<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
      {
        it.Set(static_cast<float>(it.Get() * intensity));
      }
    }
    auto settings = MakeStage("b-spline");
    settings.WorkUnits = units;
    settings.Uncertainty = how;
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    return ReportType(facade->GetUncertainty());
  };
  const auto once = update(1.0, 1);
  const auto again = update(1.0, 5);
  ASSERT_TRUE(once.Map);
  const auto size = once.Map->GetLargestPossibleRegion().GetNumberOfPixels();
  for (itk::SizeValueType i = 0; i < size; ++i)
  {
    const double one = once.Map->GetBufferPointer()[i];
    const double other = again.Map->GetBufferPointer()[i];
    EXPECT_TRUE(one == other || (std::isnan(one) && std::isnan(other)));
  }
  EXPECT_EQ(once.StandardError, again.StandardError);
  EXPECT_NEAR(update(std::ldexp(1.0, 20), 1).StandardError, once.StandardError, 1e-2 * once.StandardError);
  // Of the same, with more divisions of the mask.
  const double ratio = update(1.0, 1, "thorough").StandardError / once.StandardError;
  EXPECT_GT(ratio, 0.5);
  EXPECT_LT(ratio, 2.0);
}

TYPED_TEST(SplineErrorMapOf, TransformsThatAreAppliedAfterwardsStretchTheBars)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  const double           factor = 3.0;
  const auto             once = [factor](bool isStretched) {
    auto       scene = MakeNoisyScene<ImageType>(10.0, 5);
    const auto facade = scene.MakeFacade(MakeStage("b-spline"));
    if (isStretched)
    {
      const auto stretch = itk::AffineTransform<double, dimension>::New();
      stretch->Scale(factor);
      const auto larger = ImageType::New();
      larger->Graft(scene.Moving);
      auto origin = scene.Moving->GetOrigin();
      origin.GetVnlVector() *= factor;
      larger->SetOrigin(origin);
      larger->SetSpacing(scene.Moving->GetSpacing() * factor);
      facade->SetMovingImage(larger);
      facade->SetMovingInitialTransform(stretch);
    }
    facade->Update();
    return facade->GetUncertainty().StandardError;
  };
  EXPECT_NEAR(once(true), factor * once(false), 0.05 * factor * once(false));
}

TYPED_TEST(SplineErrorMapOf, WhatCannotBeKnownIsNotANumber)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  const auto                            scene = MakeNoisyScene<ImageType>(10.0, 1);
  const std::vector<PointOf<ImageType>> points = ListSome(scene);
  auto                                  few = MakeStage("b-spline", { 1 });
  few.Samples = { 20 };
  auto none = MakeStage("b-spline", { 1 });
  none.Uncertainty = "none";
  for (const auto & settings : { few, none })
  {
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    EXPECT_FALSE(facade->GetUncertainty().Map);
    EXPECT_TRUE(std::isnan(facade->GetUncertainty().StandardError));
    EXPECT_TRUE(std::isnan(facade->GetUncertainty().GetStandardErrorAt(points.front())));
  }
  const auto facade = scene.MakeFacade(MakeStage("b-spline", { 1 }));
  facade->Update();
  const auto & uncertainty = facade->GetUncertainty();
  ASSERT_TRUE(uncertainty.Map);
  double square = 0.0;
  for (const auto & point : points)
  {
    const double bar = uncertainty.GetStandardErrorAt(point);
    EXPECT_GT(bar, 0.0);
    square += bar * bar / static_cast<double>(points.size());
  }
  EXPECT_NEAR(uncertainty.StandardError, std::sqrt(square), 0.1 * uncertainty.StandardError);
  PointOf<ImageType> far;
  far.Fill(1e4);
  EXPECT_TRUE(std::isnan(uncertainty.GetStandardErrorAt(far)));
  far.Fill(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(uncertainty.GetStandardErrorAt(far)));
}

/** What is linear in the index is interpolated as it is. */
TYPED_TEST(SplineErrorMapOf, CornersInterpolateLinearly)
{
  using ImageType = itk::Image<double, TypeParam::value>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  const auto             image = Scene<ImageType>::MakeGrid(0.3, 9);
  for (itk::ImageRegionIteratorWithIndex<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    double value = 1.0;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      value += (2.0 * d + 3.0) * static_cast<double>(it.GetIndex()[d]);
    }
    it.Set(value);
  }
  const auto &                     region = image->GetLargestPossibleRegion();
  std::mt19937                     random(1);
  std::uniform_real_distribution<> uniform(-0.1, 1.1);
  for (unsigned int trial = 0; trial < 200; ++trial)
  {
    itk::ContinuousIndex<double, dimension> place;
    double                                  expected = 1.0;
    bool                                    isInside = true;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      const double share = uniform(random);
      place[d] = static_cast<double>(region.GetIndex(d)) + share * static_cast<double>(region.GetSize(d) - 1);
      expected += (2.0 * d + 3.0) * place[d];
      isInside = isInside && share >= 0.0 && share <= 1.0;
    }
    double     value = 0.0;
    const auto point = image->template TransformContinuousIndexToPhysicalPoint<double>(place);
    EXPECT_EQ(itk::ForEachCorner(
                *image, point, [&](const auto & corner, double weight) { value += weight * image->GetPixel(corner); }),
              isInside);
    EXPECT_NEAR(value, isInside ? expected : 0.0, 1e-7);
  }
}
/** What is the same everywhere stays so, where there are points; between two values, it is between them. */
TYPED_TEST(SplineErrorMapOf, AveragesAreOfWhatIsNear)
{
  using ImageType = itk::Image<double, TypeParam::value>;
  const auto                                        grid = Scene<ImageType>::MakeGrid(0.3, 16);
  const auto &                                      region = grid->GetLargestPossibleRegion();
  std::vector<itk::Point<double, TypeParam::value>> points;
  std::vector<double>                               same;
  std::vector<double>                               two;
  for (itk::ImageRegionIteratorWithIndex<ImageType> it(grid, region); !it.IsAtEnd(); ++it)
  {
    const auto along = it.GetIndex()[0] - region.GetIndex(0);
    if (along <= 7)
    {
      points.push_back(grid->template TransformIndexToPhysicalPoint<double>(it.GetIndex()));
      same.push_back(3.0);
      two.push_back(along < 4 ? 1.0 : 2.0);
    }
  }
  const auto ofSame = itk::AverageOnGrid(*grid, points, same);
  const auto ofTwo = itk::AverageOnGrid(*grid, points, two);
  for (itk::ImageRegionIteratorWithIndex<ImageType> it(ofSame, region); !it.IsAtEnd(); ++it)
  {
    const auto along = it.GetIndex()[0] - region.GetIndex(0);
    if (along <= 9)
    {
      EXPECT_NEAR(it.Get(), 3.0, 1e-9);
    }
    if (along > 10)
    {
      EXPECT_TRUE(std::isnan(it.Get()));
    }
    const double value = ofTwo->GetPixel(it.GetIndex());
    if (along < 1)
    {
      EXPECT_NEAR(value, 1.0, 1e-9);
    }
    else if (along >= 2 && along <= 5)
    {
      EXPECT_GT(value, 1.0);
      EXPECT_LT(value, 2.0);
    }
    else if (along >= 7 && along <= 9)
    {
      EXPECT_NEAR(value, 2.0, 1e-9);
    }
  }
}
} // namespace SplineErrorMapGTest
