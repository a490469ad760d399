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

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include "itkBSplineInterpolateImageFunction.h"
#include "itkBSplineTransform.h"
#include "itkDisplacementFieldTransform.h"
#include "itkGroupSpatialObject.h"
#include "itkNearestNeighborInterpolateImageFunction.h"
#include "itkPolygonSpatialObject.h"
#include "itkSampledCorrelationImageToImageMetricv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"
#include "itkWindowedSincInterpolateImageFunction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>
#include <vector>

/** What follows from the plan of a level: how points get to the metric, parts of images, masks. The oracle is stock, or
 * a run that needs no plan. */
namespace MaskedRegistrationMethodPlanGTest
{
using namespace itk::MaskedSamplingTest;
using SourceEnum = itk::MaskedLevelPlan::SourceEnum;

using SampledMeanSquares = itk::SampledMeanSquaresImageToImageMetricv4<Image2D, Image2D>;
using SampledCorrelation = itk::SampledCorrelationImageToImageMetricv4<Image2D, Image2D>;
using SampledMattes = itk::SampledMattesMutualInformationImageToImageMetricv4<Image2D, Image2D>;

/** Shows its plan. */
class MethodWithPlan : public MethodOf<Image2D>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MethodWithPlan);
  using Self = MethodWithPlan;
  using Pointer = itk::SmartPointer<Self>;
  itkNewMacro(Self);

  const itk::MaskedLevelPlan &
  GetPlan() const
  {
    return this->GetSamples(0).GetPlan();
  }

protected:
  MethodWithPlan() = default;
};

template <typename TMetric, typename TTransform = TranslationOf<Image2D>>
using PlannedRegistration = Registration<Image2D, TMetric, TTransform, MethodWithPlan>;

/** A smooth scene on an oblique grid, whose centres `float` cannot hold; sigma 0 for a level without smoothing. */
Image2D::Pointer
Smooth(const Image2D * image, double sigma)
{
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<Image2D, Image2D>::New();
  filter->SetInput(image);
  filter->SetSigma(sigma);
  filter->Update();
  return filter->GetOutput();
}

template <typename TMethod>
void
SetSigma(TMethod & method, double sigma)
{
  typename TMethod::SmoothingSigmasArrayType sigmas(method.GetNumberOfLevels());
  sigmas.Fill(sigma);
  method.SetSmoothingSigmasPerLevel(sigmas);
}

/** The value at the first iteration of the stock method, dense, with the mask. */
template <typename TStockMetric>
double
GetStockValue(const WavesCase & waves, unsigned int shrinkFactor)
{
  Registration<Image2D, TStockMetric, TranslationOf<Image2D>, StockMethodOf<Image2D>> stock(waves.Fixed, waves.Moving);
  stock.Metric->SetFixedImageMask(waves.Mask);
  SetLevels<Image2D>(*stock.Method, { shrinkFactor });
  stock.Update();
  return stock.Optimizer->GetCurrentMetricValue();
}

template <typename TMetric, typename TStockMetric>
void
ExpectNoneIsFastAndEqualsStock()
{
  for (const bool oblique : { false, true })
  {
    const WavesCase waves(oblique);
    for (const unsigned int shrinkFactor : { 1, 2 })
    {
      PlannedRegistration<TMetric> registration(waves.Fixed, waves.Moving);
      registration.Metric->SetFixedImageMask(waves.Mask);
      registration.Method->SetCropVirtualDomainToMask(false);
      SetLevels<Image2D>(*registration.Method, { shrinkFactor });
      registration.UpdateAndObserve([&] {
        EXPECT_FALSE(registration.Metric->GetUseSampledPointSet());
        EXPECT_GT(registration.Metric->GetNumberOfValidPoints(), 20U);
        EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(),
                  registration.Method->GetNumberOfSamplePointsInMovingImage());
      });
      EXPECT_EQ(registration.Method->GetPlan().Source, SourceEnum::GridCenters);
      EXPECT_TRUE(registration.Method->GetPlan().IsInDouble);
      const double expected = GetStockValue<TStockMetric>(waves, shrinkFactor);
      EXPECT_NEAR(registration.Optimizer->GetCurrentMetricValue(), expected, 1e-7 * std::abs(expected))
        << "oblique " << oblique << ", shrink factor " << shrinkFactor;
    }
  }
}

TEST(MaskedRegistrationMethodPlan, NoneIsFastAndEqualsStockForMeanSquares)
{
  ExpectNoneIsFastAndEqualsStock<SampledMeanSquares, MeanSquaresOf<Image2D>>();
}

TEST(MaskedRegistrationMethodPlan, NoneIsFastAndEqualsStockForCorrelation)
{
  ExpectNoneIsFastAndEqualsStock<SampledCorrelation, CorrelationOf<Image2D>>();
}

TEST(MaskedRegistrationMethodPlan, NoneIsFastAndEqualsStockForMattes)
{
  ExpectNoneIsFastAndEqualsStock<SampledMattes, itk::MattesMutualInformationImageToImageMetricv4<Image2D, Image2D>>();
}

TEST(MaskedRegistrationMethodPlan, NoneIsFastWithABSpline)
{
  const WavesCase waves(true);
  using SplineType = itk::BSplineTransform<double, 2, 3>;
  PlannedRegistration<SampledMattes, SplineType> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.Transform->SetTransformDomainOrigin(waves.Fixed->GetOrigin());
  registration.Transform->SetTransformDomainDirection(waves.Fixed->GetDirection());
  const double dimensions[] = { 32 * 0.7, 24 * 1.3 };
  registration.Transform->SetTransformDomainPhysicalDimensions(dimensions);
  registration.Transform->SetTransformDomainMeshSize(itk::Size<2>::Filled(4));
  registration.Update();
  EXPECT_TRUE(registration.Method->GetPlan().IsInDouble);
  EXPECT_FALSE(registration.Method->GetPlan().IsConfined()) << "the range is that of the whole image";
}

TEST(MaskedRegistrationMethodPlan, WhatOnlyTheSuperclassCanDoIsLeftToIt)
{
  // The premise of each of these: the sampled metrics say that they cannot.
  const WavesCase                         waves(true);
  PlannedRegistration<SampledMeanSquares> nearest(waves.Fixed, waves.Moving);
  nearest.Metric->SetFixedImageMask(waves.Mask);
  nearest.Metric->SetMovingInterpolator(itk::NearestNeighborInterpolateImageFunction<Image2D, double>::New());
  nearest.Update();
  EXPECT_EQ(nearest.Method->GetPlan().Source, SourceEnum::Domain);
  EXPECT_FALSE(nearest.Method->GetPlan().IsConfined());

  PlannedRegistration<MeanSquaresOf<Image2D>> stock(waves.Fixed, waves.Moving);
  stock.Metric->SetFixedImageMask(waves.Mask);
  stock.Update();
  EXPECT_EQ(stock.Method->GetPlan().Source, SourceEnum::Domain);
}

TEST(MaskedRegistrationMethodPlan, SourcesFollowFromTheSettings)
{
  const WavesCase waves; // `float` holds the centres
  const auto      getSource = [&waves](const auto & setUp) {
    PlannedRegistration<MeanSquaresOf<Image2D>> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    setUp(registration);
    registration.Update();
    return registration.Method->GetPlan();
  };
  const auto drawn = getSource([](auto & registration) { registration.SampleRandomly(20); });
  EXPECT_EQ(drawn.Source, SourceEnum::Draw);
  EXPECT_TRUE(drawn.IsConfined());
  EXPECT_TRUE(drawn.UsesPointSet());
  EXPECT_TRUE(drawn.IsFixedMaskKnown("MeanSquaresImageToImageMetricv4"));
  EXPECT_FALSE(drawn.IsFixedMaskKnown("ANTSNeighborhoodCorrelationImageToImageMetricv4"));
  EXPECT_FALSE(drawn.IsFixedMaskKnown("MetricOfSomebody"));

  const auto own = getSource([](auto & registration) {
    const auto points = MethodOf<Image2D>::MetricSamplePointSetType::New();
    points->SetPoint(0, itk::MakePoint(10.0F, 8.0F));
    registration.Method->SetSamplePoints(points);
  });
  EXPECT_EQ(own.Source, SourceEnum::OwnPoints);
  EXPECT_EQ(getSource([](auto &) {}).Source, SourceEnum::GridCenters);
  const auto domain = getSource([](auto & registration) {
    registration.Method->SetCropVirtualDomainToMask(false);
    SetLevels<Image2D>(*registration.Method, { 2 });
  });
  EXPECT_EQ(domain.Source, SourceEnum::Domain);
  EXPECT_FALSE(domain.IsConfined());
  EXPECT_FALSE(domain.IsFixedMaskKnown("MeanSquaresImageToImageMetricv4"));
  const auto thin = getSource([&waves](auto & registration) {
    registration.Metric->SetFixedImageMask(MakeBoxMask<2>(*waves.Fixed, { { { 5, 2 } }, { { 1, 17 } } }));
    registration.Method->SetCropVirtualDomainToMask(false);
    SetLevels<Image2D>(*registration.Method, { 8 });
  });
  EXPECT_EQ(thin.Source, SourceEnum::ListCenters);
  const auto nothing = getSource([](auto & registration) {
    registration.Metric->SetFixedImageMask(static_cast<const itk::SpatialObject<2> *>(nullptr));
  });
  EXPECT_EQ(nothing.Source, SourceEnum::Metric);
  EXPECT_FALSE(nothing.IsConfined());
}

TEST(MaskedRegistrationMethodPlan, FixedInterpolatorsThatLookFarGetTheWholeImage)
{
  // A part of the fixed image serves those that look at the next voxels only. The oracle smooths the whole beforehand.
  constexpr double sigma = 1.5;
  const WavesCase  waves;
  const auto       run = [&](const Image2D * fixed, const Image2D * moving, double sigmaOfLevel, auto * interpolator) {
    Registration<Image2D, SampledMeanSquares> registration(fixed, moving);
    registration.Method->SetFixedImageMask(MakeBoxMask<2>(*fixed, waves.Box));
    registration.Metric->SetFixedInterpolator(interpolator);
    registration.SampleRandomly(200);
    SetSigma(*registration.Method, sigmaOfLevel);
    registration.Update();
    return registration.Optimizer->GetCurrentMetricValue();
  };
  using SplineType = itk::BSplineInterpolateImageFunction<Image2D, double>;
  using SincType = itk::WindowedSincInterpolateImageFunction<Image2D, 5>;
  using NearestType = itk::NearestNeighborInterpolateImageFunction<Image2D, double>;
  const auto fixed = Smooth(waves.Fixed, sigma);
  const auto moving = Smooth(waves.Moving, sigma);
  const auto expectSame = [&](auto makeInterpolator) {
    const double expected = run(fixed, moving, 0.0, makeInterpolator().GetPointer());
    EXPECT_NEAR(run(waves.Fixed, waves.Moving, sigma, makeInterpolator().GetPointer()), expected, 1e-5 * expected);
  };
  expectSame([] { return SplineType::New(); });
  expectSame([] { return SincType::New(); });
  expectSame([] { return NearestType::New(); });
}

TEST(MaskedRegistrationMethodPlan, AfterwardsTheMetricHasWholeImages)
{
  const WavesCase waves;
  for (const bool throws : { false, true })
  {
    Registration<Image2D, SampledMattes> registration(waves.Fixed, waves.Moving);
    registration.Method->SetFixedImageMask(MakeBoxMask<2>(*waves.Fixed, waves.Box));
    registration.SampleRandomly(100);
    SetSigma(*registration.Method, 0.5);
    bool       wasPart = false;
    const auto message = GetMessageOf([&] {
      registration.UpdateAndObserve([&] {
        const auto * const image = registration.Metric->GetFixedImage();
        wasPart = image->GetBufferedRegion() != image->GetLargestPossibleRegion();
        if (throws)
        {
          itkGenericExceptionMacro("of an observer");
        }
      });
    });
    EXPECT_EQ(message.empty(), !throws);
    EXPECT_TRUE(wasPart) << "the premise";
    EXPECT_EQ(registration.Metric->GetFixedImage(), waves.Fixed.GetPointer());
    EXPECT_EQ(registration.Metric->GetMovingImage(), waves.Moving.GetPointer());

    // And it says of them what stock says, at every voxel.
    const auto stock = itk::MattesMutualInformationImageToImageMetricv4<Image2D, Image2D>::New();
    for (itk::MattesMutualInformationImageToImageMetricv4<Image2D, Image2D> * const metric :
         { stock.GetPointer(), static_cast<decltype(stock.GetPointer())>(registration.Metric) })
    {
      metric->SetUseSampledPointSet(false);
      metric->SetUseVirtualSampledPointSet(false);
      metric->SetUseMovingImageGradientFilter(false);
      metric->SetMaximumNumberOfWorkUnits(1);
      metric->SetFixedImage(waves.Fixed);
      metric->SetMovingImage(waves.Moving);
      metric->SetMovingTransform(registration.Transform);
      metric->Initialize();
    }
    EXPECT_DOUBLE_EQ(registration.Metric->GetValue(), stock->GetValue());
  }
}

TEST(MaskedRegistrationMethodPlan, FirstQuestionsToAMovingMaskFromSeveralThreads)
{
  // A polygon finds the plane in which it lies when it is first asked, which takes a while with so many points; nothing
  // but the threads of the metric asks it here.
  using Image3D = itk::Image<float, 3>;
  constexpr unsigned int pointsPerSide = 20000;
  const auto             image = Image3D::New();
  image->SetRegions(itk::Size<3>{ { 2, 12, 12 } });
  image->Allocate();
  FillWithWaves(*image, 0.3);
  for (unsigned int i = 0; i < 10; ++i)
  {
    const auto polygon = itk::PolygonSpatialObject<3>::New();
    for (unsigned int side = 0; side < 4; ++side)
    {
      for (unsigned int n = 0; n < pointsPerSide; ++n)
      {
        const double along = 8.0 * n / pointsPerSide + 1.5;
        const double y = side == 0 ? along : side == 1 ? 9.5 : side == 2 ? 11.0 - along : 1.5;
        const double z = side == 0 ? 1.5 : side == 1 ? along : side == 2 ? 9.5 : 11.0 - along;
        itk::PolygonSpatialObject<3>::PolygonPointType point;
        point.SetPositionInObjectSpace(itk::MakePoint(1.0, y, z));
        polygon->AddPoint(point);
      }
    }
    polygon->Update();
    const auto group = itk::GroupSpatialObject<3>::New();
    group->AddChild(polygon);
    group->Update();
    Registration<Image3D> registration(image, image);
    registration.Metric->SetMaximumNumberOfWorkUnits(8);
    registration.Metric->SetMovingImageMask(group);
    registration.UpdateAndObserve([&] { EXPECT_EQ(registration.Metric->GetNumberOfValidPoints(), 64U); });
  }
}

} // namespace MaskedRegistrationMethodPlanGTest
