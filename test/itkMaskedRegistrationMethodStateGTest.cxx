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

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

namespace MaskedRegistrationMethodStateGTest
{
using namespace itk::MaskedSamplingTest;

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

TEST(MaskedRegistrationMethodState, GivesBackMasksAndVirtualDomain)
{
  const WavesCase waves;
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
          registration.Metric->SetFixedImage(MakeWaves<Image2D>(*RectangleCase(80, 80).Fixed, 0.1));
          registration.Metric->Initialize();
          EXPECT_EQ(registration.Metric->GetVirtualRegion().GetSize(),
                    hasDomain ? waves.Box.GetSize() : itk::Size<2>::Filled(80));
        }
      }
    }
  }
}

TEST(MaskedRegistrationMethodState, GivesBackTheVirtualDomainOfAPointSetMetric)
{
  Registration<Image2D>                              registration(nullptr, nullptr);
  const auto                                         metric = SetUpPointSets(*registration.Method);
  const PointSetMetricType::VirtualImageConstPointer virtualImage = metric->GetVirtualImage();
  registration.Update();
  EXPECT_EQ(metric->GetVirtualImage(), virtualImage.GetPointer());
}

TEST(MaskedRegistrationMethodState, SecondUpdateRepeatsTheFirst)
{
  const WavesCase waves(true);
  for (const auto strategy : { StrategyEnum::NONE, StrategyEnum::RANDOM, StrategyEnum::REGULAR })
  {
    for (const bool hasMask : { false, true })
    {
      Registration<Image2D, MeanSquaresOf<Image2D>, AffineOf<Image2D>> registration(waves.Fixed, waves.Moving);
      MakeItMove(registration);
      registration.Metric->SetFixedImageMask(hasMask ? waves.Mask.GetPointer() : nullptr);
      registration.Method->SetMetricSamplingStrategy(strategy);
      SetLevels<Image2D>(*registration.Method, { 2, 1 });
      registration.Method->SetMetricSamplingPercentage(0.4);
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

TEST(MaskedRegistrationMethodState, RunWithoutSamplingUsesNoLeftoverPoints)
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
  used.Method->SetMetricSamplingStrategy(StrategyEnum::NONE);
  used.Method->SetNumberOfSamples(0);
  used.Update();
  EXPECT_EQ(used.GetResult(), fresh.GetResult());
  EXPECT_EQ(used.Method->GetNumberOfSamplePoints(), 0U);
}

TEST(MaskedRegistrationMethodState, ChangedMaskIsSeen)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Metric->SetFixedImageMask(waves.Mask);
  registration.SampleRandomly(100);
  registration.Update();
  const auto mask = MakeBoxMask<2>(*waves.Fixed, { { { 2, 2 } }, { { 4, 3 } } });
  registration.Metric->SetFixedImageMask(mask);
  registration.Update();
  EXPECT_EQ(registration.Method->GetNumberOfMaskVoxels(), 12U);
  PointOracle<Image2D>(waves.Fixed, mask).ExpectAllInside(registration.GetPoints());
}

TEST(MaskedRegistrationMethodState, EmptyMaskIsAnErrorThatNamesBothBoxes)
{
  const RectangleCase   rectangle(128, 64);
  Registration<Image2D> registration(rectangle.Fixed, rectangle.Moving);
  rectangle.MaskImage->SetOrigin(itk::MakePoint(1000.0, 2000.0));
  registration.Metric->SetFixedImageMask(MakeMask<2>(rectangle.MaskImage));
  unsigned int numberOfIterations = 0;
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
  registration.SampleRandomly(100);
  EXPECT_EQ(GetMessage(*registration.Method), ""); // the object still works
  EXPECT_EQ(registration.GetPoints().size(), 100U);
}

TEST(MaskedRegistrationMethodState, PercentagesOutsideRangeAreErrors)
{
  const WavesCase       waves;
  Registration<Image2D> registration(waves.Fixed, waves.Moving);
  registration.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
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
  EXPECT_EQ(registration.GetPoints().size(), static_cast<size_t>((10 * 10 - 1 + 3 * 9) / 2));
}

TEST(MaskedRegistrationMethodState, PerLevelArraysOfTheWrongSizeAreErrors)
{
  const WavesCase waves;
  using MethodType = MethodOf<Image2D>;
  const auto expectError = [&waves](const char * name, auto setWrong, auto setRight) {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(waves.Mask);
    registration.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
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

TEST(MaskedRegistrationMethodState, MissingInputsAreErrors)
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

TEST(MaskedRegistrationMethodState, PointSetMetricCannotBeSampled)
{
  Registration<Image2D> registration(nullptr, nullptr);
  SetUpPointSets(*registration.Method);
  registration.Method->SetMetricSamplingStrategy(StrategyEnum::RANDOM);
  const auto message = GetMessage(*registration.Method);
  EXPECT_TRUE(Contains(message, "EuclideanDistancePointSetToPointSetMetricv4")) << message;
  EXPECT_TRUE(Contains(message, "NONE")) << message;
  registration.Method->SetMetricSamplingStrategy(StrategyEnum::NONE);
  EXPECT_EQ(GetMessage(*registration.Method), ""); // the object still works
}

} // namespace MaskedRegistrationMethodStateGTest
