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
  bool                                      IsWeighted{};

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

  /** In single precision, as the kernel keeps it. */
  double
  GetWeight(const PointType & point) const
  {
    return IsWeighted ? static_cast<float>(1.0 + std::sin(3.0 * point[0]) * std::cos(2.0 * point[1])) : 1.0;
  }

  void
  SetInputs(KernelType & kernel, itk::ThreadIdType numberOfWorkUnits) const
  {
    typename KernelType::SampleWeightType weight;
    if (IsWeighted)
    {
      weight = [this](const PointType & point) { return this->GetWeight(point); };
    }
    kernel.SetSamples(
      Coordinates,
      [this](const PointType & point, TFixedPixel & value) { return this->EvaluateFixed(point, value); },
      weight,
      nullptr,
      numberOfWorkUnits);
    kernel.SetMoving(*Moving, nullptr, *Transform, numberOfWorkUnits);
  }

  /** Two values and a weight. */
  struct PairType
  {
    double Fixed;
    double Moving;
    double Weight;
  };

  /** Found one by one. */
  std::vector<PairType>
  FindPairs() const
  {
    const auto interpolator = itk::LinearInterpolateImageFunction<MovingImageType, double>::New();
    interpolator->SetInputImage(Moving);
    std::vector<PairType> pairs;
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
        pairs.push_back({ static_cast<double>(fixed),
                          static_cast<double>(static_cast<TMovingPixel>(interpolator->Evaluate(mapped))),
                          this->GetWeight(point) });
      }
    }
    return pairs;
  }
};

/** \param isSpline the transform; then samples are sorted, and all that belongs to one of them has to stay together */
template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
void
ExpectIsBruteForce(unsigned int seed, bool isSpline, bool isWeighted)
{
  SCOPED_TRACE(testing::Message() << VDimension << "D, spline " << isSpline << ", weights " << isWeighted);
  using SceneType = KernelScene<TFixedPixel, TMovingPixel, VDimension>;
  for (const double radius : { 1e9, 5.0 })
  {
    SceneType scene(seed);
    scene.RadiusOfFixed = radius;
    scene.IsWeighted = isWeighted;
    if (isSpline)
    {
      scene.Transform = MakeRandomSpline<VDimension>(scene.Random, 14.0).GetPointer();
    }
    const auto pairs = scene.FindPairs();
    ASSERT_GT(pairs.size(), 100u);
    ASSERT_LT(pairs.size(), 3000u);
    double number = 0.0;
    double sumOfSquares = 0.0;
    double meanF = 0.0;
    double meanM = 0.0;
    for (const auto & pair : pairs)
    {
      number += pair.Weight;
      sumOfSquares += pair.Weight * (pair.Fixed - pair.Moving) * (pair.Fixed - pair.Moving);
      meanF += pair.Weight * pair.Fixed;
      meanM += pair.Weight * pair.Moving;
    }
    meanF /= number;
    meanM /= number;
    double sumFF = 0.0;
    double sumFM = 0.0;
    double sumMM = 0.0;
    for (const auto & pair : pairs)
    {
      sumFF += pair.Weight * (pair.Fixed - meanF) * (pair.Fixed - meanF);
      sumFM += pair.Weight * (pair.Fixed - meanF) * (pair.Moving - meanM);
      sumMM += pair.Weight * (pair.Moving - meanM) * (pair.Moving - meanM);
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
  for (const bool isSpline : { false, true })
  {
    for (const bool isWeighted : { false, true })
    {
      ExpectIsBruteForce<float, float, VDimension>(seed, isSpline, isWeighted);
      ExpectIsBruteForce<float, double, VDimension>(seed, isSpline, isWeighted);
      ExpectIsBruteForce<double, float, VDimension>(seed, isSpline, isWeighted);
      ExpectIsBruteForce<double, double, VDimension>(seed, isSpline, isWeighted);
    }
  }
}

TEST(SampledMetricKernel, IsBruteForce)
{
  ExpectIsBruteForceForAllPixels<2>(401);
  ExpectIsBruteForceForAllPixels<3>(402);
  ExpectIsBruteForceForAllPixels<4>(403);
}

/** Samples are sorted for a B-spline, once: what comes out depends on nothing that was evaluated before, but for
 * roundings, and with the same transform not even for these. */
TEST(SampledMetricKernel, DependsOnNoEvaluationBefore)
{
  using SceneType = KernelScene<float, float, 3>;
  SceneType scene(405);
  scene.IsWeighted = true;
  std::vector<TransformOf<3>::Pointer> transforms{ scene.Transform };
  for (int n = 0; n < 3; ++n)
  {
    transforms.emplace_back(MakeRandomSpline<3>(scene.Random, 14.0).GetPointer());
  }
  SceneType::KernelType kernel;
  scene.SetInputs(kernel, 2);
  const auto derive = [&scene](SceneType::KernelType & of, std::vector<double> & derivative) {
    of.SetMoving(*scene.Moving, nullptr, *scene.Transform, 2);
    SceneType::KernelType::DerivativeType result(scene.Transform->GetNumberOfParameters());
    result.Fill(0.0);
    const double value = of.EvaluateMeanSquares(&result).Value;
    derivative.assign(result.begin(), result.end());
    return value;
  };
  for (int repetition = 0; repetition < 30; ++repetition)
  {
    scene.Transform = transforms[scene.Random() % transforms.size()];
    std::vector<double> derivative;
    std::vector<double> again;
    std::vector<double> expected;
    const double        value = derive(kernel, derivative);
    EXPECT_EQ(derive(kernel, again), value);
    EXPECT_EQ(again, derivative);
    SceneType::KernelType fresh;
    scene.SetInputs(fresh, 1);
    const double expectedValue = derive(fresh, expected);
    EXPECT_NEAR(value, expectedValue, 1e-12 * expectedValue);
    ASSERT_EQ(derivative.size(), expected.size());
    for (size_t n = 0; n < expected.size(); ++n)
    {
      EXPECT_NEAR(derivative[n], expected[n], 1e-9 * expectedValue) << n;
    }
  }
}

/** Coordinates are copied only if some of the points have no value, or to sort them: memory for each sample is
 * precious. */
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
