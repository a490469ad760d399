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
#ifndef itkSampledMetricContractTestHelpers_h
#define itkSampledMetricContractTestHelpers_h

#include "itkSampledMetricTestHelpers.h"

#include <numeric>
#include <string>
#include <type_traits>

/** Value, derivative and work units of each of the sampled metrics, for any kind of metric (see
 * itkSampledMetricTestHelpers.h). */
namespace itk::MaskedSamplingTest
{
/** Call a function of a scene with every kind of transform, and of masks: of the fixed image, of the moving one, both.
 */
template <typename TImage, typename TFunction>
void
ForEachTransformAndMask(unsigned int seed, const TFunction & function)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  MetricScene<TImage>    scene(seed);
  auto                   transforms = MakeAffineTransforms<dimension>(scene.Random);
  for (auto & spline : MakeSplineTransforms<dimension>(scene.Random, 18.0))
  {
    transforms.push_back(spline);
  }
  for (const unsigned int masks : { 0U, 1U, 2U, 3U })
  {
    scene.FixedMask = (masks & 1U) != 0 ? scene.MakeSpeckleMask() : nullptr;
    scene.MovingMask = (masks & 2U) != 0 ? scene.MakeSpeckleMask() : nullptr;
    for (const auto & transform : transforms)
    {
      SCOPED_TRACE(transform.Name + ", masks " + std::to_string(masks));
      scene.MovingTransform = transform.Transform;
      scene.FixedTransform = nullptr;
      function(scene);
    }
  }
}

/** The value of the stock metric, also where the fixed image has a transform. */
template <typename TKind, typename TImage>
void
ExpectValuesOfStock(unsigned int seed)
{
  ForEachTransformAndMask<TImage>(seed, [](auto & scene) {
    ExpectValueOfStock<TKind, TImage>(scene);
    scene.FixedTransform = MakeRandomTransform<AffineTransform<double, TImage::ImageDimension>>(scene.Random);
    ExpectValueOfStock<TKind, TImage>(scene);
  });
}

/** The same, where points are given in fixed space, and some are far from the fixed image. */
template <typename TKind, typename TImage>
void
ExpectValueOfStockWithFixedPoints(unsigned int seed)
{
  MetricScene<TImage> scene(seed);
  scene.SetRandomPoints(3000, -6.0);
  scene.FixedTransform = MakeRandomTransform<AffineTransform<double, TImage::ImageDimension>>(scene.Random);
  const auto make = [&](const auto & metric) {
    scene.SetInputs(*metric);
    metric->SetUseVirtualSampledPointSet(false);
    metric->SetFixedSampledPointSet(scene.Points);
    metric->SetVirtualSampledPointSet(nullptr);
    metric->Initialize();
    return metric;
  };
  ExpectValueOf(*make(SampledOf<TKind, TImage>::New()), *make(StockOf<TKind, TImage>::New()));
}

/** With every kind of transform: the derivative of the value. */
template <typename TKind, typename TImage>
void
ExpectDerivativesOfValue(MetricScene<TImage> & scene, double step, double tolerance)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  auto                   transforms = MakeAffineTransforms<dimension>(scene.Random);
  for (auto & spline : MakeSplineTransforms<dimension>(scene.Random, 18.0))
  {
    transforms.push_back(spline);
  }
  for (const auto & transform : transforms)
  {
    SCOPED_TRACE(transform.Name);
    scene.MovingTransform = transform.Transform;
    ExpectDerivativeOfValue(*scene.template Make<SampledOf<TKind, TImage>>(), scene.Random, step, tolerance);
  }
}

/** Samples that leave the moving image, masks, and values that are not rounded. */
template <typename TKind>
void
ExpectDerivativesOfValue(unsigned int seed)
{
  MetricScene<Image<double, 2>> scene(seed, 2000);
  ExpectDerivativesOfValue<TKind>(scene, 1e-7, 1e-4);
  const auto metric = scene.Make<SampledOf<TKind, Image<double, 2>>>();
  metric->GetValue();
  EXPECT_LT(metric->GetNumberOfValidPoints(), scene.Points->GetNumberOfPoints());
  scene.FixedMask = scene.MakeSpeckleMask();
  scene.MovingMask = scene.MakeSpeckleMask();
  ExpectDerivativesOfValue<TKind>(scene, 1e-7, 1e-4);
}

/** Values are rounded to float: larger steps, at which no sample must come in or go out. */
template <typename TKind>
void
ExpectDerivativesOfRoundedValue(unsigned int seed)
{
  MetricScene<Image<float, 3>> scene(seed, 2000);
  scene.Moving = MakeSmoothImage<Image<float, 3>>(*MakeObliqueGrid<3>(scene.Random, 40), 0.5);
  scene.SetRandomPoints(2000, 0.0);
  ExpectDerivativesOfValue<TKind>(scene, 1e-3, 0.01);
  const auto metric = scene.Make<SampledOf<TKind, Image<float, 3>>>();
  metric->GetValue();
  EXPECT_EQ(metric->GetNumberOfValidPoints(), scene.Points->GetNumberOfPoints());
}

/** The stock metric takes its gradients from central differences: for images that are smooth, and samples inside them,
 * they are about the same. */
template <typename TKind, typename TImage>
void
ExpectDerivativeNearStock(unsigned int seed)
{
  MetricScene<TImage> scene(seed);
  scene.SetRandomPoints(3000, 5.0);
  for (const auto & transform : MakeAffineTransforms<TImage::ImageDimension>(scene.Random))
  {
    SCOPED_TRACE(transform.Name);
    scene.MovingTransform = transform.Transform;
    const auto derive = [&](const auto & metric) {
      scene.SetInputs(*metric);
      metric->SetUseMovingImageGradientFilter(false);
      metric->Initialize();
      return Evaluate(*metric).Derivative;
    };
    const auto derivative = derive(SampledOf<TKind, TImage>::New());
    const auto expected = derive(StockOf<TKind, TImage>::New());
    ASSERT_EQ(derivative.size(), expected.size());
    const auto dot = [](const auto & a, const auto & b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    const double squareOfLength = dot(expected, expected);
    EXPECT_GT(squareOfLength, 0.0);
    EXPECT_NEAR(dot(derivative, expected), squareOfLength, 0.1 * squareOfLength);
    EXPECT_NEAR(dot(derivative, derivative), squareOfLength, 0.2 * squareOfLength);
  }
}

/** Not exact: value and derivative of the stock metric. */
template <typename TKind, typename TImage>
void
ExpectAnswerOfStock(const MetricScene<TImage> & scene)
{
  const auto metric = SampledOf<TKind, TImage>::New();
  scene.SetInputs(*metric);
  metric->SetUseExactDerivative(false);
  metric->Initialize();
  EXPECT_EQ(metric->GetMovingImageGradientImage(), nullptr) << "It is the stock metric that answers.";
  const auto actual = Evaluate(*metric);
  const auto expected = Evaluate(*scene.template Make<StockOf<TKind, TImage>>());
  EXPECT_NEAR(actual.Value, expected.Value, 1e-10 * std::abs(expected.Value));
  EXPECT_EQ(actual.NumberOfValidPoints, expected.NumberOfValidPoints);
  ASSERT_EQ(actual.Derivative.size(), expected.Derivative.size());
  double greatest = 0.0;
  for (const double each : expected.Derivative)
  {
    greatest = std::max(greatest, std::abs(each));
  }
  EXPECT_GT(greatest, 0.0);
  for (size_t p = 0; p < expected.Derivative.size(); ++p)
  {
    EXPECT_NEAR(actual.Derivative[p], expected.Derivative[p], 1e-6 * greatest) << "parameter " << p;
  }
}

/** The same with every kind of transform and of masks; samples leave the moving image. */
template <typename TKind, typename TImage>
void
ExpectAnswersOfStock(unsigned int seed)
{
  ForEachTransformAndMask<TImage>(seed, [](auto & scene) { ExpectAnswerOfStock<TKind, TImage>(scene); });
}

/** The same where samples reach only a part of the moving image, and then another one. */
template <typename TKind>
void
ExpectAnswerOfStockInPart(unsigned int seed)
{
  using ImageType = Image<double, 2>;
  MetricScene<ImageType> scene(seed);
  scene.Fixed = MakeSmoothImage<ImageType>(*MakeObliqueGrid<2>(scene.Random, 240), 0.2);
  scene.Moving = MakeSmoothImage<ImageType>(*MakeObliqueGrid<2>(scene.Random, 240), 0.5);
  scene.SetRandomPoints(500, 115.0); // in the middle
  const auto transform = TranslationTransform<double, 2>::New();
  scene.MovingTransform = transform;
  const auto metric = SampledOf<TKind, ImageType>::New();
  scene.SetInputs(*metric);
  metric->SetUseExactDerivative(false);
  metric->Initialize();
  const auto stock = scene.Make<StockOf<TKind, ImageType>>();
  for (const double shift : { 0.0, 3.0, 40.0, -1.0 })
  {
    SCOPED_TRACE(shift);
    const double translation[] = { shift, -0.5 * shift };
    transform->SetParameters(TranslationTransform<double, 2>::ParametersType(translation, 2));
    const auto actual = Evaluate(*metric);
    const auto expected = Evaluate(*stock);
    EXPECT_EQ(actual.NumberOfValidPoints, expected.NumberOfValidPoints);
    for (size_t p = 0; p < 2; ++p)
    {
      const double greatest = std::max(std::abs(expected.Derivative[0]), std::abs(expected.Derivative[1]));
      EXPECT_NEAR(actual.Derivative[p], expected.Derivative[p], 1e-6 * greatest);
    }
  }
}

/** The same bits with any number of work units, and each time. */
template <typename TKind, typename TImage>
void
ExpectSameWithAnyNumberOfWorkUnits(unsigned int seed)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  MetricScene<TImage>    scene(seed, 9000);
  scene.MovingMask = scene.MakeSpeckleMask();
  for (const typename TransformOf<dimension>::Pointer & transform :
       { typename TransformOf<dimension>::Pointer(
           MakeRandomTransform<AffineTransform<double, dimension>>(scene.Random)),
         typename TransformOf<dimension>::Pointer(MakeRandomSpline<dimension>(scene.Random, 18.0)) })
  {
    scene.MovingTransform = transform;
    const auto expected = Evaluate(*scene.template Make<SampledOf<TKind, TImage>>());
    for (const ThreadIdType numberOfWorkUnits : { 1, 2, 3, 7 })
    {
      const auto metric = SampledOf<TKind, TImage>::New();
      scene.SetInputs(*metric);
      metric->SetMaximumNumberOfWorkUnits(numberOfWorkUnits);
      metric->Initialize();
      for (int repetition = 0; repetition < 5; ++repetition)
      {
        EXPECT_EQ(Evaluate(*metric), expected) << numberOfWorkUnits << " work units";
        EXPECT_EQ(metric->GetValue(), expected.Value) << numberOfWorkUnits << " work units";
      }
    }
  }
}

} // namespace itk::MaskedSamplingTest

#endif // itkSampledMetricContractTestHelpers_h
