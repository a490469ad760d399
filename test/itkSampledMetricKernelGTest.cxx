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
#include "itkSampledMetricKernel.h"

#include "itkSampledMetricTestHelpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

namespace SampledMetricKernelGTest
{
using namespace itk::MaskedSamplingTest;

/** Points, a fixed image that is a function, a moving image, and what comes out of them voxel by voxel. */
template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
struct KernelScene
{
  using KernelType = itk::SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>;
  using CoordinatesType = typename KernelType::CoordinatesType;
  using PointType = typename KernelType::PointType;
  using MovingImageType = typename KernelType::MovingImageType;

  std::mt19937                              Random;
  std::shared_ptr<CoordinatesType>          Coordinates{ std::make_shared<CoordinatesType>() };
  typename MovingImageType::Pointer         Moving;
  typename TransformOf<VDimension>::Pointer Transform{ MakeRandomTransform<itk::AffineTransform<double, VDimension>>(
    Random) };
  double                                    RadiusOfFixed{ 1e9 };

  explicit KernelScene(unsigned int seed)
    : Random(seed)
    , Moving(MakeSmoothImage<MovingImageType>(*MakeObliqueGrid<VDimension>(Random, VDimension == 4 ? 9 : 14), 0.5))
  {
    std::uniform_real_distribution<> coordinate(-6.0, 6.0);
    for (auto & column : *Coordinates)
    {
      column.resize(3000);
      std::generate(column.begin(), column.end(), [&] { return coordinate(Random); });
    }
  }

  bool
  EvaluateFixed(const PointType & point, TFixedPixel & value) const
  {
    value = static_cast<TFixedPixel>(100.0 + 20.0 * std::sin(0.4 * point[0]) + 3.0 * point[1]);
    return point.GetVectorFromOrigin().GetNorm() < RadiusOfFixed;
  }

  void
  SetInputs(KernelType & kernel, itk::ThreadIdType numberOfWorkUnits) const
  {
    kernel.SetSamples(
      Coordinates,
      [this](const PointType & point, TFixedPixel & value) { return this->EvaluateFixed(point, value); },
      {},
      nullptr,
      numberOfWorkUnits);
    kernel.SetMoving(*Moving, nullptr, *Transform, numberOfWorkUnits);
  }

  /** Pairs of values, found one by one. */
  std::vector<std::pair<double, double>>
  FindPairs() const
  {
    const auto interpolator = itk::LinearInterpolateImageFunction<MovingImageType, double>::New();
    interpolator->SetInputImage(Moving);
    std::vector<std::pair<double, double>> pairs;
    for (size_t n = 0; n < Coordinates->front().size(); ++n)
    {
      PointType point;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        point[d] = (*Coordinates)[d][n];
      }
      TFixedPixel fixed{};
      const auto  mapped = Transform->TransformPoint(point);
      if (this->EvaluateFixed(point, fixed) && interpolator->IsInsideBuffer(mapped))
      {
        pairs.emplace_back(fixed, static_cast<TMovingPixel>(interpolator->Evaluate(mapped)));
      }
    }
    return pairs;
  }
};

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
void
ExpectIsBruteForce(unsigned int seed)
{
  using SceneType = KernelScene<TFixedPixel, TMovingPixel, VDimension>;
  for (const double radius : { 1e9, 5.0 })
  {
    SceneType scene(seed);
    scene.RadiusOfFixed = radius;
    const auto pairs = scene.FindPairs();
    const auto number = static_cast<double>(pairs.size());
    ASSERT_GT(number, 100.0);
    ASSERT_LT(number, 3000.0);
    double sumOfSquares = 0.0;
    double meanF = 0.0;
    double meanM = 0.0;
    for (const auto & [fixed, moving] : pairs)
    {
      sumOfSquares += (fixed - moving) * (fixed - moving);
      meanF += fixed / number;
      meanM += moving / number;
    }
    double sumFF = 0.0;
    double sumFM = 0.0;
    double sumMM = 0.0;
    for (const auto & [fixed, moving] : pairs)
    {
      sumFF += (fixed - meanF) * (fixed - meanF);
      sumFM += (fixed - meanF) * (moving - meanM);
      sumMM += (moving - meanM) * (moving - meanM);
    }

    typename SceneType::KernelType kernel;
    scene.SetInputs(kernel, 2);
    // Differences are rounded to the pixel type of the fixed image.
    const double tolerance = std::is_same_v<TFixedPixel, float> ? 1e-6 : 1e-11;
    const auto   squares = kernel.EvaluateMeanSquares(nullptr);
    EXPECT_EQ(squares.NumberOfSamples, pairs.size());
    EXPECT_NEAR(squares.Value, sumOfSquares / number, tolerance * sumOfSquares / number);
    EXPECT_EQ(kernel.GetNumberOfWorkUnitsUsed(), kernel.GetNumberOfSamples() < 2048 ? 1U : 2U);
    const auto correlation = kernel.EvaluateCorrelation(nullptr);
    EXPECT_EQ(correlation.NumberOfSamples, pairs.size());
    EXPECT_NEAR(correlation.Value, -sumFM * sumFM / (sumFF * sumMM), 1e-10);
  }
}

template <unsigned int VDimension>
void
ExpectIsBruteForceForAllPixels(unsigned int seed)
{
  ExpectIsBruteForce<float, float, VDimension>(seed);
  ExpectIsBruteForce<float, double, VDimension>(seed);
  ExpectIsBruteForce<double, float, VDimension>(seed);
  ExpectIsBruteForce<double, double, VDimension>(seed);
}

TEST(SampledMetricKernel, IsBruteForce)
{
  ExpectIsBruteForceForAllPixels<2>(401);
  ExpectIsBruteForceForAllPixels<3>(402);
  ExpectIsBruteForceForAllPixels<4>(403);
}

/** Coordinates are copied only if some of the points have no value: memory for each sample is precious. */
TEST(SampledMetricKernel, SharesCoordinates)
{
  KernelScene<float, float, 3> scene(404);
  for (const double radius : { 1e9, 4.0 })
  {
    scene.RadiusOfFixed = radius;
    itk::SampledMetricKernel<float, float, 3> kernel;
    scene.SetInputs(kernel, 1);
    EXPECT_EQ(scene.Coordinates.use_count(), radius > 100.0 ? 2 : 1);
    EXPECT_EQ(kernel.GetNumberOfSamples() == scene.Coordinates->front().size(), radius > 100.0);
  }
}

} // namespace SampledMetricKernelGTest
