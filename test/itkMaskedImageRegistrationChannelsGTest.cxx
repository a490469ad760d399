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

#include "itkMaskedImageRegistrationTestHelpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

/** Several pairs of images with one transform, and masks of stages. */
namespace MaskedImageRegistrationChannelsGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;
using ChannelType = FacadeType::Channel;
using PointType = PointOf<Image2D>;
using SceneType = Scene<Image2D>;
using MotionType = SceneType::MotionType;

/** Images of a function of space, seen through a motion. */
ChannelType
MakeChannel(const std::function<double(const PointType &)> & function, const MotionType & motion)
{
  const auto  fixed = SceneType::MakeGrid(0.3, 50);
  const auto  moving = SceneType::MakeGrid(-0.2, 50);
  ChannelType channel;
  SceneType::Fill(*fixed, [&](const PointType & point) { return function(motion(point)); });
  SceneType::Fill(*moving, function);
  channel.FixedImage = fixed;
  channel.MovingImage = moving;
  return channel;
}

/** Waves along one axis of space alone. */
ChannelType
MakeStripes(unsigned int axis, const MotionType & motion, double unit = 1.0)
{
  return MakeChannel([axis, unit](const PointType & p) { return unit * (5.0 + std::sin(p[axis] / 3.0)); }, motion);
}

FacadeType::Pointer
MakeFacade(const ChannelType & first, const Settings & settings)
{
  const auto facade = FacadeType::New();
  facade->SetFixedImage(first.FixedImage);
  facade->SetMovingImage(first.MovingImage);
  facade->SetFixedImageMask(first.FixedImageMask);
  facade->AddStage(settings);
  return facade;
}

Settings
MakeTranslation(const std::string & metric = "mean-squares")
{
  auto settings = MakeStage("translation");
  settings.Metric = metric;
  settings.Uncertainty = "none";
  return settings;
}

itk::Array<double>
UpdateAndGetParameters(FacadeType & facade)
{
  facade.Update();
  return facade.GetOptimizedTransform()->GetParameters();
}

void
ExpectNear(const itk::Array<double> & actual, const itk::Array<double> & expected, double tolerance)
{
  ASSERT_EQ(actual.Size(), expected.Size());
  for (unsigned int n = 0; n < actual.Size(); ++n)
  {
    EXPECT_NEAR(actual[n], expected[n], tolerance);
  }
}

itk::Array<double>
MakeArray(double x, double y)
{
  itk::Array<double> array(2);
  array[0] = x;
  array[1] = y;
  return array;
}

MotionType
MakeShift(double x, double y)
{
  return [x, y](const PointType & point) {
    PointType moved = point;
    moved[0] += x;
    moved[1] += y;
    return moved;
  };
}

using MetricTest = ::testing::TestWithParam<std::string>;

TEST_P(MetricTest, WhatOnePairLacksComesFromTheOther)
{
  // Of stripes, only the shift across them can be known.
  const auto motion = MakeShift(1.5, -1.0);
  const auto settings = MakeTranslation(GetParam());
  for (const double unit : { 1.0, 1000.0 })
  {
    const auto facade = MakeFacade(MakeStripes(0, motion), settings);
    facade->AddChannel(MakeStripes(1, motion, unit));
    ExpectNear(UpdateAndGetParameters(*facade), MakeArray(1.5, -1.0), 0.1);
  }
}

TEST_P(MetricTest, APairTwiceIsThePair)
{
  const auto  scene = MakeRigidScene<Image2D>();
  auto        settings = MakeTranslation(GetParam());
  ChannelType channel;
  channel.FixedImage = scene.Fixed;
  channel.MovingImage = scene.Moving;
  channel.FixedImageMask = scene.Mask;
  channel.Weight = 3.0;
  // Without draws, which are others for each pair.
  settings.Sampling = "none";
  const auto one = MakeFacade(channel, settings);
  const auto two = MakeFacade(channel, settings);
  two->AddChannel(channel);
  ExpectNear(UpdateAndGetParameters(*two), UpdateAndGetParameters(*one), 1e-3);
  EXPECT_TRUE(two->GetUncertainty().Status.empty());
}

INSTANTIATE_TEST_SUITE_P(MaskedImageRegistrationChannels,
                         MetricTest,
                         ::testing::Values("mean-squares", "correlation", "mutual-information"));

TEST(MaskedImageRegistrationChannels, ValueIsTheWeightedMean)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto other = MakeStripes(0, scene.Motion);
  auto       settings = MakeTranslation("mutual-information");
  settings.Iterations = { 0 };
  settings.Sampling = "none";
  const auto evaluate = [&settings](const ChannelType & channel) {
    const auto facade = MakeFacade(channel, settings);
    facade->Update();
    return facade->GetReports().back().LastValue;
  };
  ChannelType first;
  first.FixedImage = scene.Fixed;
  first.MovingImage = scene.Moving;
  const double ofFirst = evaluate(first);
  const double ofOther = evaluate(other);

  const auto both = MakeFacade(first, settings);
  auto       channel = other;
  channel.Weight = 3.0;
  both->AddChannel(channel);
  both->SetMetricWeight(2.0);
  both->Update();
  EXPECT_NEAR(both->GetReports().back().LastValue, (2.0 * ofFirst + 3.0 * ofOther) / 5.0, 1e-6 * std::abs(ofFirst));

  // Squares count as half their ratio to what they are at the start.
  both->ClearChannels();
  channel.Metric = "mean-squares";
  both->AddChannel(channel);
  both->Update();
  EXPECT_NEAR(both->GetReports().back().LastValue, (2.0 * ofFirst + 3.0 * 0.5) / 5.0, 1e-6 * std::abs(ofFirst));
}

TEST(MaskedImageRegistrationChannels, EachIsSampledInItsOwnMask)
{
  // Beside its mask, an image moves the other way.
  const auto motion = MakeShift(1.5, -1.0);
  const auto makeMask = [](const Image2D & grid, bool isLeft) {
    const auto image = MaskImageType<2>::New();
    image->CopyInformation(&grid);
    image->SetRegions(grid.GetBufferedRegion());
    image->Allocate();
    SceneType::Fill(*image, [isLeft](const PointType & p) { return (isLeft ? p[0] < -2.0 : p[0] > 2.0) ? 1.0 : 0.0; });
    return MakeMask<2>(image);
  };
  const Landscape<2> landscape;
  const auto         makeHalf = [&](bool isLeft) {
    auto       channel = MakeChannel(landscape, motion);
    const auto fixed = SceneType::MakeGrid(0.3, 50);
    SceneType::Fill(*fixed, [&](const PointType & p) {
      return landscape((isLeft ? p[0] < 0.0 : p[0] > 0.0) ? motion(p) : MakeShift(-3.0, 2.0)(p));
    });
    channel.FixedImage = fixed;
    channel.FixedImageMask = makeMask(*fixed, isLeft);
    return channel;
  };
  const auto facade = MakeFacade(makeHalf(true), MakeTranslation());
  facade->AddChannel(makeHalf(false));
  ExpectNear(UpdateAndGetParameters(*facade), MakeArray(1.5, -1.0), 0.1);
}

TEST(MaskedImageRegistrationChannels, TheGridOfABSplineCoversAllMasks)
{
  const auto  scene = MakeRigidScene<Image2D>();
  auto        settings = MakeStage("b-spline");
  ChannelType channel;
  channel.FixedImage = scene.Fixed;
  channel.MovingImage = scene.Moving;
  auto       small = channel;
  const auto image = MaskImageType<2>::New();
  image->CopyInformation(scene.Fixed);
  image->SetRegions(scene.Fixed->GetBufferedRegion());
  image->AllocateInitialized();
  SceneType::Fill(*image, [](const PointType & p) { return p.GetVectorFromOrigin().GetNorm() < 5.0 ? 1.0 : 0.0; });
  small.FixedImageMask = MakeMask<2>(image);
  channel.FixedImageMask = scene.Mask;
  const auto facade = MakeFacade(small, settings);
  facade->AddChannel(channel);
  facade->Update();
  // Far from the small mask, too.
  const auto alone = MakeFacade(channel, settings);
  alone->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 2.0 * scene.ComputeError(*alone->GetTransform()) + 0.05);
}

TEST(MaskedImageRegistrationChannels, WhatDoesNotDoIsNamed)
{
  const auto motion = MakeShift(1.0, 1.0);
  const auto first = MakeStripes(0, motion);
  const auto getMessage = [&first](const ChannelType & channel, const Settings & settings) {
    const auto facade = MakeFacade(first, settings);
    facade->AddChannel(channel);
    return UpdateOrGetRefusal(*facade, itk::StartEvent());
  };
  auto channel = MakeStripes(1, motion);
  channel.Weight = 0.0;
  EXPECT_NE(getMessage(channel, MakeTranslation()).find("metric-weights: 0"), std::string::npos);
  channel = MakeStripes(1, motion);
  channel.MovingImage = nullptr;
  EXPECT_NE(getMessage(channel, MakeTranslation()).find("There is no moving image"), std::string::npos);
  channel = MakeStripes(1, motion);
  channel.Metric = "sum";
  EXPECT_FALSE(getMessage(channel, MakeTranslation()).empty());
  EXPECT_NE(getMessage(MakeStripes(1, motion), MakeStage("syn")).find("one pair of images"), std::string::npos);
}

TEST(MaskedImageRegistrationChannels, AStageHasItsOwnMask)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade(MakeTranslation());
  facade->AddStage(MakeTranslation());
  facade->SetStageFixedImageMask(0, nullptr);
  facade->Update();
  std::vector<itk::SizeValueType> voxels;
  for (const auto & report : facade->GetReports())
  {
    voxels.push_back(report.NumberOfMaskVoxels);
  }
  const auto all = scene.Fixed->GetBufferedRegion().GetNumberOfPixels();
  const auto inside = scene.ListMaskPoints().size();
  EXPECT_EQ(voxels, std::vector<itk::SizeValueType>({ all, all, inside, inside }));
  EXPECT_THROW(facade->SetStageFixedImageMask(2, nullptr), itk::ExceptionObject);
}
} // namespace MaskedImageRegistrationChannelsGTest
