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
#include "itkMaskedImageRegistration.h"

#include "geometry/itkGridGeometry.h"
#include "itkMaskedImageRegistrationTestHelpers.h"
#include "itkMaskedRegistrationMethod.h"

#include "itkDisplacementFieldTransform.h"
#include "itkEuler2DTransform.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace MaskedImageRegistrationGTest
{
using namespace itk::MaskedSamplingTest;

/** Expect that a stage finds a motion within a fraction of a voxel, which is about one unit wide. */
template <typename TImage>
void
ExpectRecovery(const Scene<TImage> & scene, const Settings & settings, double tolerance)
{
  const auto identity = itk::IdentityTransform<double, TImage::ImageDimension>::New();
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), tolerance) << settings.Transform;
  EXPECT_GT(scene.ComputeError(*identity), 2.0 * tolerance) << "There is nothing to find.";
  EXPECT_EQ(facade->GetTransform()->GetNumberOfTransforms(), 1U);
  EXPECT_EQ(facade->GetTransform()->GetNthTransformConstPointer(0), facade->GetOptimizedTransform());
}

/** The defaults of a kind of transform, but for what makes them quick. */
Settings
MakeQuickDefaults(const std::string & transform)
{
  auto settings = Settings::MakeDefaults(transform);
  settings.WorkUnits = 1;
  settings.ShrinkFactors = { 2, 1 };
  settings.Samples = { 1000 };
  return settings;
}

template <typename TImage>
void
ExpectLinearRecovery()
{
  const Scene<TImage> shifted(MakeLinearMotion<TImage>(0.0, 1.0, 0.0, 1.5));
  const Scene<TImage> turned(MakeLinearMotion<TImage>(0.1, 1.0, 0.0, 1.0));
  const Scene<TImage> scaled(MakeLinearMotion<TImage>(0.07, 1.07, 0.0, 1.0));
  const Scene<TImage> sheared(MakeLinearMotion<TImage>(0.05, 0.95, 0.08, 0.7));
  const auto          make = [](const char * transform, const char * metric) {
    auto settings = MakeQuickDefaults(transform);
    settings.Metric = metric;
    settings.Samples = { metric == std::string("mutual-information") ? 3000U : 1000U };
    return settings;
  };
  // Interpolated linearly, hills of a width of 4 voxels are known within some hundredths of a voxel. Mutual information
  // is noisier.
  ExpectRecovery(shifted, make("translation", "mutual-information"), 0.25);
  ExpectRecovery(shifted, make("translation", "correlation"), 0.1);
  ExpectRecovery(shifted, make("translation", "mean-squares"), 0.1);
  ExpectRecovery(turned, make("rigid", "mean-squares"), 0.1);
  ExpectRecovery(scaled, make("similarity", "mean-squares"), 0.1);
  ExpectRecovery(sheared, make("affine", "mean-squares"), 0.1);
}

/** A wave across the image. */
template <typename TImage>
typename Scene<TImage>::MotionType
MakeWave(double height)
{
  return [height](const PointOf<TImage> & point) {
    auto moved = point;
    moved[0] += height * std::sin(0.15 * point[1]);
    moved[1] += height * std::cos(0.13 * point[0] + 0.5);
    return moved;
  };
}

template <typename TImage>
void
ExpectDeformationRecovery()
{
  const Scene<TImage> scene(MakeWave<TImage>(1.5));
  auto                spline = Settings::MakeDefaults("b-spline");
  spline.Metric = "mean-squares";
  spline.Iterations = { 10 };
  spline.Samples = { 5000 };
  spline.WorkUnits = 1;
  ExpectRecovery(scene, spline, 0.25);
}

/** Change the images wherever they are not near the mask. */
template <typename TImage>
void
SpoilOutside(Scene<TImage> & scene, double margin, double value)
{
  const auto inside = scene.ListMaskPoints();
  for (auto * const image : { scene.Fixed.GetPointer(), scene.Moving.GetPointer() })
  {
    for (itk::ImageRegionIteratorWithIndex<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const auto point = image->template TransformIndexToPhysicalPoint<double>(it.GetIndex());
      const bool isNear = std::any_of(inside.begin(), inside.end(), [&](const auto & other) {
        return point.SquaredEuclideanDistanceTo(other) < margin * margin;
      });
      if (!isNear)
      {
        it.Set(static_cast<typename TImage::PixelType>(value));
      }
    }
  }
}

/** Count from 0: ITK's Gaussian interpolators take it that all images do. */
template <typename TImage>
void
StartAtZero(TImage & image)
{
  image.SetOrigin(image.template TransformIndexToPhysicalPoint<double>(image.GetBufferedRegion().GetIndex()));
  image.SetRegions(typename TImage::RegionType(image.GetBufferedRegion().GetSize()));
}

TEST(MaskedImageRegistration, FindsLinearMotionsIn2D)
{
  ExpectLinearRecovery<itk::Image<float, 2>>();
  ExpectLinearRecovery<itk::Image<double, 2>>();
}

TEST(MaskedImageRegistration, FindsLinearMotionsIn3D)
{
  ExpectLinearRecovery<itk::Image<float, 3>>();
  const Scene<itk::Image<double, 3>> turned(MakeLinearMotion<itk::Image<double, 3>>(0.1, 1.0, 0.0, 1.0));
  auto                               settings = MakeQuickDefaults("rigid");
  settings.Metric = "mean-squares";
  ExpectRecovery(turned, settings, 0.1);
}

TEST(MaskedImageRegistration, FindsDeformationsWithBSplines)
{
  ExpectDeformationRecovery<itk::Image<float, 2>>();
  ExpectDeformationRecovery<itk::Image<double, 2>>();
  ExpectDeformationRecovery<itk::Image<float, 3>>();
}

TEST(MaskedImageRegistration, FindsDeformationsWithFields)
{
  const Scene<Image2D> scene(MakeWave<Image2D>(1.5));
  for (const char * const name : { "displacement-field", "syn" })
  {
    auto settings = Settings::MakeDefaults(name);
    settings.Radius = 2;
    settings.ShrinkFactors = { 2, 1 };
    settings.Iterations = { 40 };
    settings.WorkUnits = 1;
    // A field follows the gradient of the image alone: where there is none, it stays behind.
    ExpectRecovery(scene, settings, 0.5);
  }
  const Scene<itk::Image<float, 3>> volume(MakeWave<itk::Image<float, 3>>(1.5));
  auto                              settings = Settings::MakeDefaults("syn");
  settings.Radius = 2;
  settings.ShrinkFactors = { 2, 1 };
  settings.Iterations = { 20, 5 };
  settings.WorkUnits = 1;
  ExpectRecovery(volume, settings, 0.6);
}

TEST(MaskedImageRegistration, OptimizesACopyOfAGivenTransform)
{
  const Scene<Image2D> scene(MakeLinearMotion<Image2D>(0.1, 1.0, 0.0, 1.0));
  const auto           given = itk::Euler2DTransform<double>::New();
  given->SetCenter(itk::MakePoint(2.0, 1.0));
  given->SetAngle(0.02);
  const auto parameters = given->GetParameters();
  const auto facade = scene.MakeFacade();
  facade->AddStage(MakeQuickDefaults("given"));
  facade->SetTransformToOptimize(given);
  facade->Update();
  EXPECT_EQ(given->GetParameters(), parameters);
  EXPECT_EQ(facade->GetOptimizedTransform()->GetFixedParameters(), given->GetFixedParameters());
  EXPECT_STREQ(facade->GetOptimizedTransform()->GetNameOfClass(), "Euler2DTransform");
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.1);
}

TEST(MaskedImageRegistration, EveryInterpolatorFindsAShift)
{
  const Scene<Image2D> scene(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 1.5));
  StartAtZero(*scene.Fixed);
  StartAtZero(*scene.Moving);
  for (const auto & description : Settings::Describe())
  {
    for (const auto & choice : description.Name == "interpolator" ? description.Choices : std::vector<std::string>{})
    {
      auto settings = MakeStage("translation", { 1 });
      settings.Interpolator = choice;
      settings.StockMetric = true;
      settings.Samples = { 150 };
      // The labels, and the nearest neighbours, are steps.
      const bool isStepwise = choice == "nearest-neighbor" || choice == "label-gaussian";
      SCOPED_TRACE(choice);
      ExpectRecovery(scene, settings, isStepwise ? 0.35 : 0.15);
    }
  }
}

TEST(MaskedImageRegistration, EveryOptimizerFindsAShift)
{
  const Scene<Image2D> scene(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 1.5));
  for (const auto & description : Settings::Describe())
  {
    for (const auto & choice : description.Name == "optimizer" ? description.Choices : std::vector<std::string>{})
    {
      for (const char * const scales : { "physical-shift", "none" })
      {
        auto settings = MakeStage("translation");
        settings.Optimizer = choice;
        settings.Scales = scales;
        settings.Metric = "correlation";
        settings.Iterations = { 100 };
        settings.NumberOfSteps = { 8, 8 };
        settings.StepLength = 0.25;
        settings.LearningRate = { scales == std::string("none") && choice == "gradient-descent" ? 5.0 : 0.5 };
        SCOPED_TRACE(choice + ", scales " + scales);
        // The exhaustive search goes in steps of 0.25, and the one-plus-one optimizer draws at random.
        const bool isCoarse = choice == "exhaustive" || choice == "one-plus-one-evolutionary";
        EXPECT_NO_THROW(ExpectRecovery(scene, settings, isCoarse ? 0.25 : 0.15));
      }
    }
  }
}

TEST(MaskedImageRegistration, AMaskConfinesIt)
{
  for (const std::string transform : { "rigid", "b-spline" })
  {
    for (const char * const metric : { "mean-squares", "mutual-information" })
    {
      std::vector<std::vector<double>> results;
      for (const double value : { 0.0, 500.0, 300.0 })
      {
        // Smoothing, the steps of the optimizer, and the part of the moving image that mutual information takes its
        // range from reach no farther than 24 voxels.
        Scene<Image2D> scene(MakeLinearMotion<Image2D>(0.02, 1.0, 0.0, 0.5), 6.0, 80);
        SpoilOutside(scene, 24.0, value);
        auto settings = MakeStage(transform, { 1 });
        settings.Metric = metric;
        settings.Samples = { 300 };
        settings.SmoothingSigmas = { 0.5 };
        settings.LearningRate = { 0.2 };
        const auto facade = scene.MakeFacade(settings);
        facade->Update();
        results.push_back(GetResult<Image2D>(*facade));
      }
      EXPECT_EQ(results[0], results[1]) << transform << ", " << metric;
      EXPECT_EQ(results[0], results[2]) << transform << ", " << metric;
    }
  }
}

TEST(MaskedImageRegistration, IsTheMethodWiredByHand)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = Settings::MakeDefaults("rigid");
  settings.WorkUnits = 1;
  settings.ReturnBest = false; // which is not ITK's
  settings.StockOptimizer = true;
  settings.Seed = 7;
  settings.Percentage = { 0.5 };
  settings.Samples = { 0, 300, 500 };
  const auto facade = scene.MakeFacade(settings);
  facade->Update();

  using MetricType = itk::SampledMattesMutualInformationImageToImageMetricv4<Image2D, Image2D>;
  using MethodType = itk::MaskedRegistrationMethod<Image2D, Image2D>;
  const auto metric = MetricType::New();
  metric->SetNumberOfHistogramBins(32);
  metric->SetFixedImageMask(scene.Mask);
  metric->SetMaximumNumberOfWorkUnits(1);
  const auto scales = itk::RegistrationParameterScalesFromPhysicalShift<MetricType>::New();
  scales->SetMetric(metric);
  const auto optimizer = itk::RegularStepGradientDescentOptimizerv4<double>::New();
  optimizer->SetScalesEstimator(scales);
  optimizer->SetNumberOfWorkUnits(1);
  optimizer->SetNumberOfIterations(200);
  optimizer->SetMinimumStepLength(1e-3);
  optimizer->SetRelaxationFactor(0.8);
  optimizer->SetGradientMagnitudeTolerance(1e-8);
  const auto method = MethodType::New();
  const auto transform = itk::Euler2DTransform<double>::New();
  const auto box = itk::GridGeometry<2>::Reindex(*scene.Fixed, scene.Mask->ComputeMyBoundingBoxInIndexSpace()).Grid;
  transform->SetCenter(itk::GridGeometry<2>::GetMiddle(*box, box->GetLargestPossibleRegion()));
  method->SetFixedImage(scene.Fixed);
  method->SetMovingImage(scene.Moving);
  method->SetMetric(metric);
  method->SetOptimizer(optimizer);
  method->SetInitialTransform(transform);
  method->InPlaceOn();
  method->SetNumberOfWorkUnits(1);
  method->SetNumberOfLevels(3);
  MethodType::ShrinkFactorsArrayType            factors(3);
  MethodType::SmoothingSigmasArrayType          sigmas(3);
  MethodType::NumberOfSamplesArrayType          numbers(3);
  MethodType::MetricSamplingPercentageArrayType percentages(3);
  percentages.Fill(0.5);
  for (unsigned int level = 0; level < 3; ++level)
  {
    factors[level] = 4 >> level;
    sigmas[level] = level == 2 ? 0.0 : 0.5 * (4 >> level);
    numbers[level] = settings.Samples[level];
  }
  method->SetShrinkFactorsPerLevel(factors);
  method->SetSmoothingSigmasPerLevel(sigmas);
  method->SetSmoothingSigmasAreSpecifiedInPhysicalUnits(false);
  method->SetNumberOfSamplesPerLevel(numbers);
  method->SetMetricSamplingPercentagePerLevel(percentages);
  method->SetMetricSamplingStrategy(MethodType::MetricSamplingStrategyEnum::RANDOM);
  method->MetricSamplingReinitializeSeed(7);
  // A step of half the shrink factor, in voxels.
  method->AddObserver(itk::MultiResolutionIterationEvent(), [&](const itk::EventObject &) {
    optimizer->SetLearningRate(0.5 * (4 >> method->GetCurrentLevel()));
  });
  std::vector<double> course;
  optimizer->AddObserver(itk::IterationEvent(),
                         [&](const itk::EventObject &) { course.push_back(optimizer->GetCurrentMetricValue()); });
  method->Update();

  EXPECT_EQ(facade->GetOptimizedTransform()->GetFixedParameters(), transform->GetFixedParameters());
  EXPECT_EQ(facade->GetOptimizedTransform()->GetParameters(), transform->GetParameters());
  ASSERT_EQ(facade->GetCourse().size(), course.size());
  for (size_t n = 0; n < course.size(); ++n)
  {
    EXPECT_EQ(facade->GetCourse()[n].Value, course[n]) << n;
  }
}

TEST(MaskedImageRegistration, AStageStartsWhereTheOneBeforeEnded)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade();
  EXPECT_EQ(facade->AddStage(MakeStage("translation")), 0U);
  EXPECT_EQ(facade->AddStage(MakeStage("rigid")), 1U);
  EXPECT_EQ(facade->AddStage(MakeStage("b-spline")), 2U);
  const auto shift = itk::TranslationTransform<double, 2>::New();
  shift->SetOffset(itk::MakeVector(0.3, -0.2));
  facade->SetMovingInitialTransform(shift);
  facade->Update();
  const auto & composite = *facade->GetTransform();
  ASSERT_EQ(composite.GetNumberOfTransforms(), 4U);
  const char * const names[] = {
    "TranslationTransform", "TranslationTransform", "Euler2DTransform", "BSplineTransform"
  };
  for (unsigned int n = 0; n < 4; ++n)
  {
    EXPECT_STREQ(composite.GetNthTransformConstPointer(n)->GetNameOfClass(), names[n]);
  }
  EXPECT_EQ(composite.GetNthTransformConstPointer(3), facade->GetOptimizedTransform());
  for (const auto & point : scene.ListMaskPoints())
  {
    auto mapped = point;
    for (int n = 3; n >= 0; --n)
    {
      mapped = composite.GetNthTransformConstPointer(n)->TransformPoint(mapped);
    }
    ASSERT_EQ(composite.TransformPoint(point), mapped);
  }
  EXPECT_LT(scene.ComputeError(composite), 0.1);

  // The last two stages alone, from where the first ended.
  const auto first = scene.MakeFacade(facade->GetStage(0));
  first->SetMovingInitialTransform(shift);
  first->Update();
  const auto rest = scene.MakeFacade(facade->GetStage(1));
  rest->AddStage(facade->GetStage(2));
  rest->SetMovingInitialTransform(first->GetTransform());
  rest->Update();
  EXPECT_EQ(rest->GetTransform()->GetNumberOfTransforms(), 4U);
  for (const auto & point : scene.ListMaskPoints())
  {
    ASSERT_EQ(rest->GetTransform()->TransformPoint(point), composite.TransformPoint(point));
  }
  facade->ClearStages();
  EXPECT_EQ(facade->GetNumberOfStages(), 0U);
  EXPECT_NE(GetMessageOf([&] { facade->GetStage(0); }).find("no stage 0"), std::string::npos);
}

TEST(MaskedImageRegistration, InitialTransformsAreLeftAlone)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto shift = itk::TranslationTransform<double, 2>::New();
  const auto turn = itk::Euler2DTransform<double>::New();
  shift->SetOffset(itk::MakeVector(0.8, -0.6));
  turn->SetAngle(0.03);
  turn->SetTranslation(itk::MakeVector(0.4, 0.1));
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  facade->SetMovingInitialTransform(shift);
  facade->SetFixedInitialTransform(turn);
  facade->Update();
  EXPECT_EQ(shift->GetOffset(), itk::MakeVector(0.8, -0.6));
  EXPECT_EQ(turn->GetAngle(), 0.03);
  // The transform starts at virtual points, which the fixed initial transform maps to fixed points.
  double     sum = 0.0;
  const auto points = scene.ListMaskPoints();
  for (const auto & point : points)
  {
    sum += facade->GetTransform()->TransformPoint(point).EuclideanDistanceTo(scene.Motion(turn->TransformPoint(point)));
  }
  EXPECT_LT(sum / static_cast<double>(points.size()), 0.1);
}

} // namespace MaskedImageRegistrationGTest
