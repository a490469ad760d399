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

#include "itkMaskedRegistrationMethodTransformsTestHelpers.h"

#include "itkAmoebaOptimizerv4.h"
#include "itkConjugateGradientLineSearchOptimizerv4.h"
#include "itkLBFGS2Optimizerv4.h"
#include "itkLBFGSBOptimizerv4.h"
#include "itkLBFGSOptimizerv4.h"
#include "itkPowellOptimizerv4.h"
#include "itkQuasiNewtonOptimizerv4.h"
#include "itkRegistrationParameterScalesFromIndexShift.h"
#include "itkRegistrationParameterScalesFromJacobian.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"
#include "itkSimilarity2DTransform.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace MaskedRegistrationMethodTransformsEquivalenceGTest
{
using namespace itk::MaskedSamplingTest;

/** What a run comes to, and how. */
struct Trace
{
  std::vector<double> Values; // after every iteration
  std::vector<double> Parameters;
  size_t              NumberOfIterations;
  std::string         StopText;
};

template <typename TProblem>
Trace
RunAndTrace(TProblem & problem)
{
  Trace      trace;
  auto &     optimizer = *problem.Method->GetModifiableOptimizer();
  const auto tag = optimizer.AddObserver(itk::IterationEvent(), [&](const itk::EventObject &) {
    trace.Values.push_back(static_cast<double>(optimizer.GetCurrentMetricValue()));
  });
  problem.Method->Update();
  optimizer.RemoveObserver(tag);
  for (const double parameter : problem.Method->GetTransform()->GetParameters())
  {
    trace.Parameters.push_back(parameter);
  }
  trace.NumberOfIterations = optimizer.GetCurrentIteration();
  trace.StopText = optimizer.GetStopConditionDescription();
  return trace;
}

/** Expect that a run without a mask is stock's in every bit. */
template <typename TTransform, typename TMetric, typename TOutputTransform, typename TSetUp>
void
ExpectSameTrace(const TSetUp & setUp)
{
  const PatternCase pattern(itk::Size<2>{ { 29, 23 } });
  const auto        run = [&](auto problem) {
    problem.SetLevels({ 4, 2, 1 }, { 2.0, 1.0, 0.0 });
    problem.SetAdaptors();
    setUp(problem);
    return RunAndTrace(problem);
  };
  const auto expected = run(StockProblem<TTransform, TMetric, TOutputTransform>(pattern));
  const auto trace = run(MaskedProblem<TTransform, TMetric, TOutputTransform>(pattern));
  EXPECT_EQ(trace.Values, expected.Values);
  EXPECT_EQ(trace.Parameters, expected.Parameters);
  EXPECT_EQ(trace.NumberOfIterations, expected.NumberOfIterations);
  EXPECT_EQ(trace.StopText, expected.StopText);

  // Not for nothing:
  EXPECT_FALSE(expected.StopText.empty());
  EXPECT_GE(expected.Values.size(), 2U);
  double sum = 0.0;
  for (const double parameter : expected.Parameters)
  {
    sum += std::abs(parameter);
  }
  EXPECT_GT(sum, 0.1);
}

template <typename TTransform, typename TSetUp>
void
ExpectSameTrace(const TSetUp & setUp)
{
  ExpectSameTrace<TTransform, MeanSquaresOf<Image2D>, TransformOf<2>>(setUp);
}

/** The same for an optimizer, of an affine transform. */
template <typename TOptimizer, typename TSetUp>
void
ExpectSameTraceOf(const TSetUp & setUp)
{
  ExpectSameTrace<AffineOf<Image2D>>([&setUp](auto & problem) {
    const auto optimizer = TOptimizer::New();
    setUp(*optimizer, problem);
    problem.Method->SetOptimizer(optimizer);
    problem.SetLevels({ 2, 1 }, { 1.0, 0.0 });
  });
}

constexpr auto doNothing = [](auto &&...) {};

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForLinearTransforms)
{
  ExpectSameTrace<TranslationOf<Image2D>>(doNothing);
  ExpectSameTrace<itk::Euler2DTransform<double>>(doNothing);
  ExpectSameTrace<itk::Similarity2DTransform<double>>(doNothing);
  ExpectSameTrace<AffineOf<Image2D>>(doNothing);
  ExpectSameTrace<AffineOf<Image2D>, CorrelationOf<Image2D>, TransformOf<2>>(doNothing);
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForBSplines)
{
  ExpectSameTrace<BSplineType>(doNothing);
  ExpectSameTrace<BSplineType, MattesOf<Image2D>, TransformOf<2>>(doNothing);
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForDisplacementFields)
{
  ExpectSameTrace<FieldType>(doNothing);
  ExpectSameTrace<GaussianFieldType>(doNothing);
  ExpectSameTrace<BSplineFieldType>(doNothing);
  ExpectSameTrace<GaussianFieldType, MattesOf<Image2D>, TransformOf<2>>(doNothing);
  ExpectSameTrace<GaussianFieldType, DemonsOf<Image2D>, TransformOf<2>>(doNothing);
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForOutputTransformsOfOneType)
{
  ExpectSameTrace<AffineOf<Image2D>, MeanSquaresOf<Image2D>, AffineOf<Image2D>>(doNothing);
  ExpectSameTrace<BSplineType, MeanSquaresOf<Image2D>, BSplineType>(doNothing);
  ExpectSameTrace<GaussianFieldType, MeanSquaresOf<Image2D>, GaussianFieldType>(doNothing);
  // Without an initial transform, the method makes its own.
  ExpectSameTrace<AffineOf<Image2D>, MeanSquaresOf<Image2D>, AffineOf<Image2D>>(
    [](auto & problem) { problem.Method->SetInitialTransform(nullptr); });
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockNotInPlace)
{
  const auto setUp = [](auto & problem) { problem.Method->InPlaceOff(); };
  ExpectSameTrace<itk::Euler2DTransform<double>>(setUp);
  ExpectSameTrace<BSplineType>(setUp);
  ExpectSameTrace<GaussianFieldType>(setUp);
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockWithInitialTransforms)
{
  const auto setUp = [](auto & problem) {
    const auto movingInitialTransform = AffineOf<Image2D>::New();
    movingInitialTransform->Rotate2D(0.04);
    movingInitialTransform->SetCenter(itk::MakePoint(5.0, 6.0));
    problem.Method->SetMovingInitialTransform(movingInitialTransform);
    const auto fixedInitialTransform = TranslationOf<Image2D>::New();
    fixedInitialTransform->SetOffset(itk::MakeVector(0.4, 0.6));
    problem.Method->SetFixedInitialTransform(fixedInitialTransform);
  };
  ExpectSameTrace<AffineOf<Image2D>>(setUp);
  ExpectSameTrace<BSplineType>(setUp);
  ExpectSameTrace<GaussianFieldType>(setUp);
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockWithOptimizerWeights)
{
  const auto setUp = [](auto & problem) {
    typename StockMethodOf<Image2D>::OptimizerWeightsType weights(problem.Transform->GetNumberOfLocalParameters());
    weights.Fill(1.0);
    weights[0] = 0.0;
    weights[weights.Size() - 1] = 0.5;
    problem.Method->SetOptimizerWeights(weights);
  };
  ExpectSameTrace<itk::Euler2DTransform<double>>(setUp);
  ExpectSameTrace<FieldType>(setUp);
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForScalesEstimators)
{
  const auto setUp = [](const auto estimator) {
    return [estimator](auto & problem) {
      estimator->SetMetric(problem.Metric);
      problem.Optimizer->SetScalesEstimator(estimator);
    };
  };
  using MetricType = MeanSquaresOf<Image2D>;
  ExpectSameTrace<AffineOf<Image2D>>(setUp(itk::RegistrationParameterScalesFromIndexShift<MetricType>::New()));
  ExpectSameTrace<AffineOf<Image2D>>(setUp(itk::RegistrationParameterScalesFromJacobian<MetricType>::New()));
  ExpectSameTrace<BSplineType>(setUp(itk::RegistrationParameterScalesFromIndexShift<MetricType>::New()));
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForGradientOptimizers)
{
  ExpectSameTraceOf<itk::RegularStepGradientDescentOptimizerv4<double>>([](auto & optimizer, auto & problem) {
    optimizer.SetScalesEstimator(problem.MakeScalesEstimator());
    optimizer.SetLearningRate(0.5);
    optimizer.SetMinimumStepLength(0.01);
    optimizer.SetNumberOfIterations(30);
  });
  ExpectSameTraceOf<itk::ConjugateGradientLineSearchOptimizerv4>([](auto & optimizer, auto & problem) {
    optimizer.SetScalesEstimator(problem.MakeScalesEstimator());
    optimizer.SetMaximumLineSearchIterations(5);
    optimizer.SetNumberOfIterations(4);
  });
  ExpectSameTraceOf<itk::QuasiNewtonOptimizerv4>([](auto & optimizer, auto & problem) {
    optimizer.SetScalesEstimator(problem.MakeScalesEstimator());
    optimizer.SetNumberOfIterations(6);
  });
}

TEST(MaskedRegistrationMethodTransformsEquivalence, WithoutMaskEqualsStockForOptimizersOfOtherLibraries)
{
  ExpectSameTraceOf<itk::LBFGS2Optimizerv4>([](auto & optimizer, auto &) { optimizer.SetMaximumIterations(5); });
  ExpectSameTraceOf<itk::LBFGSOptimizerv4>([](auto & optimizer, auto &) {
    optimizer.SetMaximumNumberOfFunctionEvaluations(10);
    optimizer.SetDefaultStepLength(0.01);
  });
  ExpectSameTraceOf<itk::LBFGSBOptimizerv4>([](auto & optimizer, auto & problem) {
    const auto                                 size = problem.Transform->GetNumberOfParameters();
    itk::LBFGSBOptimizerv4::BoundSelectionType selection(size);
    itk::LBFGSBOptimizerv4::BoundValueType     bound(size);
    selection.Fill(0);
    bound.Fill(0.0);
    optimizer.SetBoundSelection(selection);
    optimizer.SetLowerBound(bound);
    optimizer.SetUpperBound(bound);
    optimizer.SetMaximumNumberOfFunctionEvaluations(10);
  });
  ExpectSameTraceOf<itk::AmoebaOptimizerv4>([](auto & optimizer, auto &) { optimizer.SetNumberOfIterations(30); });
  ExpectSameTraceOf<itk::PowellOptimizerv4<double>>([](auto & optimizer, auto &) {
    optimizer.SetMaximumIteration(2);
    optimizer.SetMaximumLineIteration(5);
    optimizer.SetStepLength(0.1);
    optimizer.SetStepTolerance(0.01);
    optimizer.SetValueTolerance(0.01);
  });
}

} // namespace MaskedRegistrationMethodTransformsEquivalenceGTest
