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
#include "metric/itkNeighborhoodCorrelation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <type_traits>
#include <vector>

namespace NeighborhoodCorrelationGTest
{
template <unsigned int VDimension>
class Scene
{
public:
  using CorrelationType = itk::NeighborhoodCorrelation<VDimension>;
  using SizeType = typename CorrelationType::SizeType;

  explicit Scene(unsigned int seed)
    : Scene(seed, MakeSize(seed))
  {}

  Scene(unsigned int seed, const SizeType & size)
    : Size(size)
  {
    std::mt19937                           random(seed);
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    std::size_t                            number = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      Radius[d] = 1 + (seed / 3 + d) % 3;
      number *= Size[d];
    }
    for (std::size_t n = 0; n < number; ++n)
    {
      Fixed.push_back(100.0 + uniform(random));
      Moving.push_back(0.5 * Fixed.back() + uniform(random));
      IsValid.push_back(uniform(random) < 0.6 ? 1 : 0);
    }
  }

  /** Many voxels, with nothing in the first and in the last slices. */
  static Scene
  MakeLarge(unsigned int seed)
  {
    SizeType size;
    size.fill(VDimension == 2 ? 300 : VDimension == 3 ? 20 : 7);
    size.back() = VDimension == 2 ? 9 : 8;
    Scene             scene(seed, size);
    const std::size_t slice = scene.IsValid.size() / size.back();
    std::fill_n(scene.IsValid.begin(), slice, 0);
    std::fill_n(scene.IsValid.end() - static_cast<std::ptrdiff_t>(2 * slice), 2 * slice, 0);
    return scene;
  }

  /** Long along one of the axes, and thin. */
  static Scene
  MakeLong(unsigned int seed, unsigned int axis)
  {
    SizeType size;
    size.fill(VDimension == 4 ? 2 : 4);
    size[axis] = 130;
    return Scene(seed, size);
  }

  /** By the definition: two passes over each window. */
  double
  ComputeByHand() const
  {
    double sum = 0.0;
    double number = 0.0;
    for (std::size_t center = 0; center < Fixed.size(); ++center)
    {
      if (IsValid[center] == 0)
      {
        continue;
      }
      std::vector<std::size_t> window;
      for (std::size_t n = 0; n < Fixed.size(); ++n)
      {
        if (IsValid[n] != 0 && IsNear(center, n))
        {
          window.push_back(n);
        }
      }
      double meanOfFixed = 0.0;
      double meanOfMoving = 0.0;
      for (const std::size_t n : window)
      {
        meanOfFixed += Fixed[n] / static_cast<double>(window.size());
        meanOfMoving += Moving[n] / static_cast<double>(window.size());
      }
      double ofFixed = 0.0;
      double ofMoving = 0.0;
      double ofBoth = 0.0;
      for (const std::size_t n : window)
      {
        ofFixed += std::pow(Fixed[n] - meanOfFixed, 2);
        ofMoving += std::pow(Moving[n] - meanOfMoving, 2);
        ofBoth += (Fixed[n] - meanOfFixed) * (Moving[n] - meanOfMoving);
      }
      sum += window.size() > 1 ? ofBoth * ofBoth / (ofFixed * ofMoving) : 1.0;
      number += 1.0;
    }
    return number > 0.0 ? -sum / number : 0.0;
  }

  double
  Compute(itk::ThreadIdType numberOfWorkUnits = 1) const
  {
    CorrelationType correlation(Radius);
    correlation.SetNumberOfWorkUnits(numberOfWorkUnits);
    return correlation.Compute(Size, Fixed.data(), Moving.data(), IsValid.data(), CorrelationType::WeightsEnum::None);
  }

  /** Of the moving image, or of the fixed one. */
  std::vector<double>
  ComputeWeights(bool ofFixed, itk::ThreadIdType numberOfWorkUnits = 1) const
  {
    using WeightsEnum = typename CorrelationType::WeightsEnum;
    CorrelationType correlation(Radius);
    correlation.SetNumberOfWorkUnits(numberOfWorkUnits);
    correlation.Compute(
      Size, Fixed.data(), Moving.data(), IsValid.data(), ofFixed ? WeightsEnum::Both : WeightsEnum::Moving);
    std::vector<double> weights(Fixed.size());
    for (std::size_t n = 0; n < weights.size(); ++n)
    {
      if (IsValid[n] != 0)
      {
        weights[n] = ofFixed ? correlation.GetWeightOfFixed(n) : correlation.GetWeightOfMoving(n);
      }
    }
    return weights;
  }

  SizeType                   Size{};
  SizeType                   Radius{};
  std::vector<double>        Fixed{};
  std::vector<double>        Moving{};
  std::vector<unsigned char> IsValid{};

private:
  static SizeType
  MakeSize(unsigned int seed)
  {
    SizeType size;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      constexpr std::array<unsigned int, 5> most{ 0, 0, 11, 5, 2 };
      size[d] = 3 + (seed + 2 * d) % most[VDimension];
    }
    return size;
  }

  bool
  IsNear(std::size_t a, std::size_t b) const
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto distance = std::abs(static_cast<double>(a % Size[d]) - static_cast<double>(b % Size[d]));
      if (distance > static_cast<double>(Radius[d]))
      {
        return false;
      }
      a /= Size[d];
      b /= Size[d];
    }
    return true;
  }
};

template <typename T>
class NeighborhoodCorrelationOf : public testing::Test
{
public:
  using SceneType = Scene<T::value>;
};

using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>,
                                  std::integral_constant<unsigned int, 3>,
                                  std::integral_constant<unsigned int, 4>>;
TYPED_TEST_SUITE(NeighborhoodCorrelationOf, Dimensions);

TYPED_TEST(NeighborhoodCorrelationOf, ValueIsThatOfTheDefinition)
{
  for (unsigned int seed = 0; seed < 40; ++seed)
  {
    const typename TestFixture::SceneType scene(seed);
    EXPECT_NEAR(scene.Compute(), scene.ComputeByHand(), 1e-10) << seed;
  }
  const auto large = TestFixture::SceneType::MakeLarge(1);
  EXPECT_NEAR(large.Compute(), large.ComputeByHand(), 1e-10);
  for (unsigned int axis = 0; axis < TypeParam::value; ++axis)
  {
    const auto longScene = TestFixture::SceneType::MakeLong(axis, axis);
    EXPECT_NEAR(longScene.Compute(3), longScene.ComputeByHand(), 1e-10) << axis;
    EXPECT_EQ(longScene.Compute(3), longScene.Compute(1)) << axis;
    EXPECT_EQ(longScene.ComputeWeights(true, 3), longScene.ComputeWeights(true, 1)) << axis;
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, WeightsAreDifferencesOfTheValue)
{
  constexpr double step = 1e-5;
  for (unsigned int seed = 0; seed < 12; ++seed)
  {
    for (const bool ofFixed : { false, true })
    {
      typename TestFixture::SceneType scene(seed);
      const auto                      weights = scene.ComputeWeights(ofFixed);
      auto &                          values = ofFixed ? scene.Fixed : scene.Moving;
      for (std::size_t n = 0; n < values.size(); n += 1 + seed % 3)
      {
        const double before = values[n];
        values[n] = before + step;
        const double above = scene.ComputeByHand();
        values[n] = before - step;
        const double below = scene.ComputeByHand();
        values[n] = before;
        EXPECT_NEAR(weights[n], (below - above) / (2.0 * step), 1e-7) << seed << ", voxel " << n;
      }
    }
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, WeightsOfManyVoxelsAreDifferencesOfTheValue)
{
  constexpr double                             step = 1e-4;
  std::vector<typename TestFixture::SceneType> scenes{ TestFixture::SceneType::MakeLarge(3) };
  for (unsigned int axis = 0; axis < TypeParam::value; ++axis)
  {
    scenes.push_back(TestFixture::SceneType::MakeLong(axis, axis));
  }
  for (auto & scene : scenes)
  {
    const auto weights = scene.ComputeWeights(false);
    for (std::size_t n = 0; n < scene.Moving.size(); n += 1 + scene.Moving.size() / 9)
    {
      const double before = scene.Moving[n];
      scene.Moving[n] = before + step;
      const double above = scene.ComputeByHand();
      scene.Moving[n] = before - step;
      const double below = scene.ComputeByHand();
      scene.Moving[n] = before;
      EXPECT_NEAR(weights[n], (below - above) / (2.0 * step), 1e-8) << n;
    }
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, ThreadsChangeNoBit)
{
  const typename TestFixture::SceneType scene(7);
  EXPECT_EQ(scene.Compute(1), scene.Compute(5));
  EXPECT_EQ(scene.ComputeWeights(true, 1), scene.ComputeWeights(true, 5));
  const auto large = TestFixture::SceneType::MakeLarge(2);
  EXPECT_EQ(large.Compute(1), large.Compute(5));
  EXPECT_EQ(large.ComputeWeights(true, 1), large.ComputeWeights(true, 5));
}

TYPED_TEST(NeighborhoodCorrelationOf, NothingIsLeftFromTheTimeBefore)
{
  using CorrelationType = typename TestFixture::SceneType::CorrelationType;
  using WeightsEnum = typename CorrelationType::WeightsEnum;
  typename TestFixture::SceneType first(1);
  first.Radius.fill(2);
  CorrelationType correlation(first.Radius);
  for (unsigned int seed = 0; seed < 12; ++seed)
  {
    typename TestFixture::SceneType scene(seed);
    scene.Radius = first.Radius;
    const bool   ofFixed = seed % 3 == 1;
    const auto   weights = seed % 3 == 2 ? WeightsEnum::None : ofFixed ? WeightsEnum::Both : WeightsEnum::Moving;
    const double value =
      correlation.Compute(scene.Size, scene.Fixed.data(), scene.Moving.data(), scene.IsValid.data(), weights);
    EXPECT_EQ(value, scene.Compute()) << seed;
    const auto expected = scene.ComputeWeights(ofFixed);
    for (std::size_t n = 0; n < expected.size() && weights != WeightsEnum::None; ++n)
    {
      if (scene.IsValid[n] != 0)
      {
        EXPECT_EQ(ofFixed ? correlation.GetWeightOfFixed(n) : correlation.GetWeightOfMoving(n), expected[n]) << seed;
      }
    }
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, WhatIsNotValidDoesNotMatter)
{
  for (unsigned int seed = 0; seed < 6; ++seed)
  {
    typename TestFixture::SceneType scene(seed);
    const double                    value = scene.Compute();
    const auto                      weights = scene.ComputeWeights(true);
    for (std::size_t n = 0; n < scene.Fixed.size(); ++n)
    {
      if (scene.IsValid[n] == 0)
      {
        scene.Fixed[n] = std::nan("");
        scene.Moving[n] = n % 2 == 0 ? std::nan("") : 1e300;
      }
    }
    EXPECT_EQ(scene.Compute(), value);
    EXPECT_EQ(scene.ComputeWeights(true), weights);
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, WindowsOfOneVoxelAndNoVoxels)
{
  typename TestFixture::SceneType scene(4);
  scene.Radius.fill(0);
  EXPECT_EQ(scene.Compute(), -1.0);
  scene.Radius.fill(0);
  scene.Radius[0] = 1;
  EXPECT_NEAR(scene.Compute(), scene.ComputeByHand(), 1e-10);
  scene.Radius.fill(40);
  EXPECT_NEAR(scene.Compute(), scene.ComputeByHand(), 1e-10);
  for (unsigned int d = 0; d < TypeParam::value; ++d)
  {
    typename TestFixture::SceneType empty(4);
    empty.Size[d] = 0;
    EXPECT_EQ(empty.Compute(), 0.0);
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, UnitsOfIntensitiesDoNotMatter)
{
  for (const double factor : { 1e-8, 1e8 })
  {
    typename TestFixture::SceneType scene(5);
    const double                    before = scene.Compute();
    for (double & value : scene.Moving)
    {
      value *= factor;
    }
    EXPECT_NEAR(scene.Compute(), before, 1e-10);
  }
}

TYPED_TEST(NeighborhoodCorrelationOf, WhatIsConstantSaysNothing)
{
  typename TestFixture::SceneType scene(3);
  std::fill(scene.Moving.begin(), scene.Moving.end(), 0.1);
  EXPECT_EQ(scene.Compute(), -1.0);
  EXPECT_EQ(scene.ComputeWeights(true), std::vector<double>(scene.Moving.size()));
  std::fill(scene.IsValid.begin(), scene.IsValid.end(), 0);
  EXPECT_EQ(scene.Compute(), 0.0);
}
} // namespace NeighborhoodCorrelationGTest
