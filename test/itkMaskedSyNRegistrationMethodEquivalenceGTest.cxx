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
#include "itkMaskedSyNRegistrationMethod.h"

#include "itkMaskedSyNRegistrationMethodTestHelpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace MaskedSyNRegistrationMethodEquivalenceGTest
{
using namespace itk::MaskedSamplingTest;

/** Expect that a run under NONE is stock's in every bit. */
template <typename TMetric, typename TSetUp>
void
ExpectSameAsStock(const TSetUp & setUp)
{
  for (const auto & [oblique, downsample] :
       { std::pair(true, true), { true, false }, { false, true }, { false, false } })
  {
    const BumpCase bump(oblique);
    const auto     run = [&, downsample = downsample](auto problem) {
      problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
      problem.SetLevels({ 3, 2, 1 }, 3);
      setUp(problem, bump);
      return problem.UpdateAndGetResult();
    };
    const auto expected = run(SyNProblem<StockSyN, TMetric>(bump));
    const auto result = run(SyNProblem<MaskedSyN, TMetric>(bump));
    const auto isNotZero = [](double coordinate) { return coordinate != 0.0; };
    EXPECT_GE(expected[0].size(), 2U);
    for (size_t i = 0; i < expected.size(); ++i)
    {
      EXPECT_TRUE(result[i] == expected[i]) << i << ", downsample " << downsample << ", oblique " << oblique;
      EXPECT_TRUE(std::any_of(expected[i].begin(), expected[i].end(), isNotZero));
    }
  }
}

constexpr auto doNothing = [](auto &&...) {};

/** The same with masks: at every iteration, the metric visits the grid of the level as stock's does. */
template <typename TMetric>
void
ExpectNoneEqualsDense(bool hasFixedMask, bool hasMovingMask)
{
  ExpectSameAsStock<TMetric>([&](auto & problem, const BumpCase & bump) {
    problem.Metric->SetFixedImageMask(hasFixedMask ? bump.Mask.GetPointer() : nullptr);
    problem.Metric->SetMovingImageMask(
      hasMovingMask ? MakeBoxMask<2>(*bump.Moving, { { { 4, 4 } }, { { 26, 28 } } }).GetPointer() : nullptr);
  });
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutMaskEqualsStockForMeanSquares)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>>(doNothing);
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutMaskEqualsStockForMattes)
{
  ExpectSameAsStock<MattesOf<Image2D>>(doNothing);
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutMaskEqualsStockForNeighborhoodCorrelation)
{
  ExpectSameAsStock<NeighborhoodCorrelationOf<Image2D>>(doNothing);
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutMaskEqualsStockForDemons)
{
  ExpectSameAsStock<DemonsOf<Image2D>>(doNothing);
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutMaskEqualsStockWithInitialTransformsAndWeights)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>>([](auto & problem, const BumpCase &) {
    problem.SetInitialTranslations(itk::MakeVector(0.4, -1.1), itk::MakeVector(1.3, 0.2));
    problem.Method->SetAverageMidPointGradients(true);
    problem.Method->SetLearningRate(0.4);
    typename StockSyN::OptimizerWeightsType weights(2);
    weights[0] = 0.5;
    weights[1] = 1.0;
    problem.Method->SetOptimizerWeights(weights);
  });
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutMaskEqualsStockFromGivenTransforms)
{
  ExpectSameAsStock<MeanSquaresOf<Image2D>>([](auto & problem, const BumpCase & bump) {
    SyNProblem<StockSyN> earlier(bump);
    earlier.Update();
    problem.Method->SetFixedToMiddleTransform(earlier.Method->GetModifiableFixedToMiddleTransform());
    problem.Method->SetMovingToMiddleTransform(earlier.Method->GetModifiableMovingToMiddleTransform());
  });
}

TEST(MaskedSyNRegistrationMethodEquivalence, WithoutInitialTransformEqualsStock)
{
  const BumpCase bump;
  const auto     run = [](auto problem) {
    problem.Method->SetInitialTransform(nullptr);
    typename decltype(problem)::AdaptorsType noAdaptors{ nullptr };
    problem.Method->SetTransformParametersAdaptorsPerLevel(noAdaptors);
    return problem.UpdateAndGetResult();
  };
  EXPECT_EQ(run(SyNProblem<MaskedSyN>(bump)), run(SyNProblem<StockSyN>(bump)));
}

TEST(MaskedSyNRegistrationMethodEquivalence, NoneWithMasksEqualsDenseMeanSquares)
{
  ExpectNoneEqualsDense<MeanSquaresOf<Image2D>>(true, false);
  ExpectNoneEqualsDense<MeanSquaresOf<Image2D>>(false, true);
  ExpectNoneEqualsDense<MeanSquaresOf<Image2D>>(true, true);
}

TEST(MaskedSyNRegistrationMethodEquivalence, NoneWithMasksEqualsDenseMattes)
{
  ExpectNoneEqualsDense<MattesOf<Image2D>>(true, false);
  ExpectNoneEqualsDense<MattesOf<Image2D>>(true, true);
}

TEST(MaskedSyNRegistrationMethodEquivalence, NoneWithMasksEqualsDenseNeighborhoodCorrelation)
{
  ExpectNoneEqualsDense<NeighborhoodCorrelationOf<Image2D>>(true, false);
  ExpectNoneEqualsDense<NeighborhoodCorrelationOf<Image2D>>(true, true);
}

} // namespace MaskedSyNRegistrationMethodEquivalenceGTest
