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
#include "facade/itkParameterCovariance.h"
#include "facade/itkSampleGroups.h"
#include "search/itkSmoothedSamples.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <vnl/algo/vnl_matrix_inverse.h>

#include <numeric>

/** How far a result can be trusted: against the theory of least squares, the scatter of many registrations, and images
 * of which it is known what they determine. */
namespace UncertaintyGTest
{
using namespace itk::MaskedSamplingTest;

TEST(SampleGroups, DivideAllSamplesEvenly)
{
  using MetricType = itk::ImageToImageMetricv4<Image2D, Image2D>;
  for (const itk::SizeValueType number : { 7, 100, 1001 })
  {
    std::vector<itk::Point<double, 2>> points(number);
    for (itk::SizeValueType i = 0; i < number; ++i)
    {
      points[i][0] = static_cast<double>(i);
    }
    const itk::SampleGroups<2>      groups(points, 6);
    std::vector<itk::SizeValueType> sizes;
    const auto                      metric = itk::SampledMeanSquaresImageToImageMetricv4<Image2D, Image2D>::New();
    for (itk::SizeValueType wanted = 0; wanted < groups.GetNumberOfGroups(); ++wanted)
    {
      sizes.push_back(groups.SetSamples(static_cast<MetricType &>(*metric),
                                        [&](itk::SizeValueType group) { return group == wanted; }));
    }
    const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
    EXPECT_LE(*most - *least, 1U);
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), itk::SizeValueType{ 0 }), number);
  }
}

template <typename T>
class UncertaintyOf : public testing::Test
{};
using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;
TYPED_TEST_SUITE(UncertaintyOf, Dimensions);

/** The covariance of least squares, for noise of the fixed image alone, is that of its linear model: the variance of
 * the noise times the inverse of the sum of the squares of the derivatives. */
TYPED_TEST(UncertaintyOf, MeanSquaresHaveTheCovarianceOfLeastSquares)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  constexpr double       noise = 8.0;
  Scene<ImageType>       scene([](const auto & point) { return point; });
  AddNoise(*scene.Fixed, noise, 1);
  const auto                 points = scene.ListMaskPoints();
  const Landscape<dimension> landscape;
  vnl_matrix<double>         information(dimension, dimension, 0.0);
  for (const auto & point : points)
  {
    vnl_vector<double> gradient(dimension);
    for (unsigned int d = 0; d < dimension; ++d)
    {
      auto lower = point;
      auto upper = point;
      lower[d] -= 0.5;
      upper[d] += 0.5;
      gradient[d] = landscape(upper) - landscape(lower);
    }
    information += outer_product(gradient, gradient) / (noise * noise);
  }
  const vnl_matrix<double> expected = vnl_matrix_inverse<double>(information).as_matrix();

  const auto                                facade = scene.MakeFacade();
  const auto                                transform = itk::TranslationTransform<double, dimension>::New();
  const auto                                chain = itk::CompositeTransform<double, dimension>::New();
  const itk::RegistrationInputs<ImageType>  inputs(*facade);
  const auto                                settings = MakeStage("translation").Resolve();
  const itk::ParameterCovariance<ImageType> covariance(settings, inputs, *transform, *chain, points, 40);
  const auto                                number = static_cast<double>(points.size());
  const auto                                found = covariance.GetCovariance(number);
  for (unsigned int d = 0; d < dimension; ++d)
  {
    EXPECT_NEAR(std::sqrt(found(d, d) / expected(d, d)), 1.0, 0.35);
    EXPECT_NEAR(covariance.GetCovariance(number / 4.0)(d, d), 4.0 * found(d, d), 1e-9 * found(d, d));
  }
  vnl_vector<double> direction;
  EXPECT_GE(covariance.FindWeakest(number, direction), std::sqrt(found(0, 0)) * (1.0 - 1e-9));
  EXPECT_TRUE(covariance.IsDetermined());
}

/** Registrations with noise of their own scatter as much as each of them says. */
TYPED_TEST(UncertaintyOf, RegistrationsScatterAsTheySay)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  constexpr int          trials = 16;
  for (const std::string metric : { "mean-squares", "correlation", "mutual-information" })
  {
    double squareOfErrors = 0.0;
    double squareOfBars = 0.0;
    for (int trial = 0; trial < trials; ++trial)
    {
      Scene<ImageType> scene(MakeLinearMotion<ImageType>(0.05, 1.0, 0.0, 1.0), dimension == 2 ? 20.0 : 12.0);
      AddNoise(*scene.Fixed, 10.0, 2 * trial);
      AddNoise(*scene.Moving, 10.0, 2 * trial + 1);
      auto settings = MakeStage("rigid");
      settings.Metric = metric;
      settings.HistogramBins = 16;
      settings.Samples = { 600 };
      settings.Seed = trial + 1;
      const auto facade = scene.MakeFacade(settings);
      facade->Update();
      const auto & uncertainty = facade->GetUncertainty();
      EXPECT_NE(uncertainty.Status, "lost");
      for (const auto & point : scene.ListMaskPoints())
      {
        squareOfErrors += facade->GetTransform()->TransformPoint(point).SquaredEuclideanDistanceTo(scene.Motion(point));
        squareOfBars += itk::Math::sqr(uncertainty.GetStandardErrorAt(point));
      }
    }
    const double ratio = std::sqrt(squareOfErrors / squareOfBars);
    EXPECT_GT(ratio, 0.4) << metric;
    EXPECT_LT(ratio, 1.7) << metric;
  }
}

/** And a shift by 0.07 voxels, in any direction, before what the transforms do: what is systematic. */
TYPED_TEST(UncertaintyOf, ErrorsOfPointsAreThoseOfTheParameters)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  for (const std::string kind : { "translation", "rigid", "similarity", "affine" })
  {
    Scene<ImageType> scene(MakeLinearMotion<ImageType>(0.05, 1.0, 0.0, 1.0));
    AddNoise(*scene.Fixed, 10.0, 3);
    auto       settings = MakeStage(kind);
    const auto initial = itk::AffineTransform<double, dimension>::New();
    initial->Rotate(0, 1, 0.02);
    const auto facade = scene.MakeFacade(settings);
    facade->SetMovingInitialTransform(initial);
    facade->Update();
    const auto & uncertainty = facade->GetUncertainty();
    ASSERT_EQ(uncertainty.Covariance.rows(), facade->GetOptimizedTransform()->GetNumberOfParameters());
    double       square = 0.0;
    const auto   points = scene.ListMaskPoints();
    const auto   spacing = scene.Fixed->GetSpacing();
    const double voxel = *std::min_element(spacing.Begin(), spacing.End());
    for (const auto & point : points)
    {
      typename FacadeTransformOf<ImageType>::JacobianType jacobian;
      facade->GetOptimizedTransform()->ComputeJacobianWithRespectToParameters(point, jacobian);
      const vnl_matrix<double> full = initial->GetMatrix().GetVnlMatrix().as_matrix() * jacobian;
      const vnl_matrix<double> ofPoint = full * uncertainty.Covariance * full.transpose();
      double                   variance = 0.0;
      for (unsigned int d = 0; d < dimension; ++d)
      {
        auto neighbor = point;
        neighbor[d] += 1.0;
        const double stretch = facade->GetTransform()->TransformPoint(point).SquaredEuclideanDistanceTo(
          facade->GetTransform()->TransformPoint(neighbor));
        variance += ofPoint(d, d) + stretch * 0.07 * 0.07 * voxel * voxel / dimension;
      }
      EXPECT_NEAR(uncertainty.GetStandardErrorAt(point), std::sqrt(variance), 1e-6 * std::sqrt(variance));
      square += variance / static_cast<double>(points.size());
    }
    EXPECT_NEAR(uncertainty.StandardError, std::sqrt(square), 0.1 * std::sqrt(square)); // of some of the points
    EXPECT_GT(uncertainty.Seconds, 0.0);
  }
}

TYPED_TEST(UncertaintyOf, ThreadsAndUnitsChangeNothing)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  using ReportType = typename Facade<ImageType>::UncertaintyReport;
  const auto update = [](double intensity, itk::SizeValueType units) {
    Scene<ImageType> scene(MakeLinearMotion<ImageType>(0.05, 1.0, 0.0, 1.0));
    AddNoise(*scene.Fixed, 10.0, 3);
    for (const auto & image : { scene.Fixed, scene.Moving })
    {
      for (itk::ImageRegionIterator<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
      {
        it.Set(static_cast<float>(it.Get() * intensity));
      }
    }
    auto settings = MakeStage("rigid");
    settings.WorkUnits = units;
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    return ReportType(facade->GetUncertainty());
  };
  const auto once = update(1.0, 1);
  const auto again = update(1.0, 3);
  EXPECT_EQ(once.Status, again.Status);
  EXPECT_EQ(once.StandardError, again.StandardError);
  EXPECT_EQ(once.Covariance, again.Covariance);
  EXPECT_EQ(once.Alternatives.size(), again.Alternatives.size());
  const double largest = std::ldexp(1.0, 20); // without rounding
  for (const double factor : { largest, 1.0 / largest })
  {
    const auto scaled = update(factor, 1);
    EXPECT_EQ(scaled.Status, once.Status);
    EXPECT_NEAR(scaled.StandardError, once.StandardError, 1e-3 * once.StandardError);
  }
}

/** Waves along every axis: a shift by a period fits as well. */
TYPED_TEST(UncertaintyOf, PatternsThatRepeatThemselvesAreNotDetermined)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  constexpr double       period = 7.0;
  Scene<ImageType>       scene([](const auto & point) { return point; }, 9.0, dimension == 2 ? 70 : 44);
  for (const auto & image : { scene.Fixed, scene.Moving })
  {
    Scene<ImageType>::Fill(*image, [](const auto & point) {
      double value = 0.0;
      for (unsigned int d = 0; d < dimension; ++d)
      {
        value += 100.0 * std::cos(2.0 * itk::Math::pi * point[d] / period);
      }
      return value;
    });
  }
  AddNoise(*scene.Fixed, 3.0, 1);
  AddNoise(*scene.Moving, 3.0, 2);
  auto settings = MakeStage("translation");
  for (const std::string metric : { "mean-squares", "mutual-information" })
  {
    settings.Metric = metric;
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    const auto & uncertainty = facade->GetUncertainty();
    EXPECT_EQ(uncertainty.Status, "ambiguous") << uncertainty.Text;
    ASSERT_FALSE(uncertainty.Alternatives.empty());
    // Half a period along all axes turns bright into dark, which is the same information.
    const double             unit = metric == "mean-squares" ? period : 0.5 * period;
    const PointOf<ImageType> origin{};
    for (const auto & alternative : uncertainty.Alternatives)
    {
      const auto shift = alternative.Transform->TransformPoint(origin) - facade->GetTransform()->TransformPoint(origin);
      EXPECT_GT(shift.GetNorm(), 0.9 * unit);
      for (unsigned int d = 0; d < dimension; ++d)
      {
        EXPECT_NEAR(shift[d], unit * std::round(shift[d] / unit), 0.4);
      }
    }
  }
}

TYPED_TEST(UncertaintyOf, AnEdgeDoesNotDetermineAShiftAlongIt)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  Scene<ImageType> scene([](const auto & point) { return point; }, 10.0, TypeParam::value == 2 ? 60 : 36);
  for (const auto & image : { scene.Fixed, scene.Moving })
  {
    Scene<ImageType>::Fill(*image, [](const auto & point) { return 100.0 / (1.0 + std::exp(-point[0])); });
  }
  AddNoise(*scene.Fixed, 5.0, 1);
  AddNoise(*scene.Moving, 5.0, 2);
  const auto facade = scene.MakeFacade(MakeStage("translation"));
  facade->Update();
  const auto & uncertainty = facade->GetUncertainty();
  EXPECT_TRUE(uncertainty.Status == "weak" || uncertainty.Status == "ambiguous") << uncertainty.Status;
  // The edge is across the first axis.
  EXPECT_LT(10.0 * uncertainty.Covariance(0, 0), uncertainty.Covariance(1, 1));
}

TYPED_TEST(UncertaintyOf, OneTissueDeterminesNothing)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  for (const std::string metric : { "mean-squares", "mutual-information", "correlation" })
  {
    Scene<ImageType> scene([](const auto & point) { return point; }, 9.0, TypeParam::value == 2 ? 60 : 36);
    scene.Fixed->FillBuffer(100.0F);
    scene.Moving->FillBuffer(100.0F);
    AddNoise(*scene.Fixed, 5.0, 1);
    AddNoise(*scene.Moving, 5.0, 2);
    auto settings = MakeStage("rigid");
    settings.Metric = metric;
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    EXPECT_NE(facade->GetUncertainty().Status, "determined") << metric;
    EXPECT_FALSE(facade->GetUncertainty().Text.empty());
  }
}

TYPED_TEST(UncertaintyOf, WhatIsNotWantedIsNotEstimated)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  const auto scene = MakeRigidScene<ImageType>();
  auto       settings = MakeStage("rigid");
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_EQ(facade->GetUncertainty().Status, "determined") << facade->GetUncertainty().Text;
  facade->GetStage(0).Uncertainty = "thorough";
  facade->Update();
  EXPECT_EQ(facade->GetUncertainty().Status, "determined") << facade->GetUncertainty().Text;
  EXPECT_TRUE(facade->GetUncertainty().Alternatives.empty());
  facade->GetStage(0).Uncertainty = "none";
  facade->Update();
  EXPECT_TRUE(facade->GetUncertainty().Status.empty());
  EXPECT_TRUE(std::isnan(facade->GetUncertainty().GetStandardErrorAt({})));
  facade->GetStage(0).Uncertainty = "quick";
  Observe(*facade, itk::IterationEvent(), [&] { facade->Finish(); });
  facade->Update();
  EXPECT_TRUE(facade->GetUncertainty().Status.empty());
}

/** Of means of voxels or of voxels, with a gap or without: about what all voxels say. */
TYPED_TEST(UncertaintyOf, SmoothedSamplesAreThoseOfAGaussian)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  using PointType = PointOf<ImageType>;
  constexpr unsigned int dimension = ImageType::ImageDimension;
  Scene<ImageType>       scene([](const auto & point) { return point; }, 9.0, dimension == 2 ? 90 : 52);
  AddNoise(*scene.Moving, 40.0, 2);
  const auto points = scene.ListMaskPoints();
  const auto shift = itk::TranslationTransform<double, dimension>::New();
  typename itk::TranslationTransform<double, dimension>::OutputVectorType offset;
  offset.Fill(2.3);
  shift->SetOffset(offset);
  for (const double sigma : { 1.5, 2.6, 3.7 })
  {
    const auto filter = itk::SmoothingRecursiveGaussianImageFilter<ImageType, ImageType>::New();
    filter->SetInput(scene.Moving);
    filter->SetSigma(sigma);
    filter->Update();
    const auto interpolator = itk::LinearInterpolateImageFunction<ImageType, double>::New();
    interpolator->SetInputImage(filter->GetOutput());
    const auto values =
      itk::SmoothedSamples<ImageType>::Evaluate(*scene.Moving, nullptr, shift.GetPointer(), points, sigma, 2);
    double sum = 0.0;
    double mean = 0.0;
    double variance = 0.0;
    for (std::size_t i = 0; i < points.size(); ++i)
    {
      const double expected = interpolator->Evaluate(PointType(points[i] + offset));
      sum += itk::Math::sqr(values[i] - expected);
      mean += expected / static_cast<double>(points.size());
      variance += itk::Math::sqr(expected);
    }
    variance -= static_cast<double>(points.size()) * mean * mean;
    EXPECT_LT(std::sqrt(sum / variance), 0.1) << sigma;
    // A gap is filled.
    const auto gap = scene.Moving->GetBufferedRegion().GetIndex();
    const auto kept = scene.Moving->GetPixel(gap);
    auto       middle = gap;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      middle[d] += static_cast<itk::IndexValueType>(scene.Moving->GetBufferedRegion().GetSize(d) / 2);
    }
    const auto keptMiddle = scene.Moving->GetPixel(middle);
    scene.Moving->SetPixel(gap, std::numeric_limits<float>::quiet_NaN());
    scene.Moving->SetPixel(middle, std::numeric_limits<float>::quiet_NaN());
    for (const double value :
         itk::SmoothedSamples<ImageType>::Evaluate(*scene.Moving, nullptr, shift.GetPointer(), points, sigma, 2))
    {
      EXPECT_TRUE(std::isfinite(value));
    }
    scene.Moving->SetPixel(gap, kept);
    scene.Moving->SetPixel(middle, keptMiddle);
  }
}
} // namespace UncertaintyGTest
