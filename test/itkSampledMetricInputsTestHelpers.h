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
#ifndef itkSampledMetricInputsTestHelpers_h
#define itkSampledMetricInputsTestHelpers_h

#include "itkSampledMetricTestHelpers.h"

#include "itkImageRegistrationMethodv4.h"
#include "itkNearestNeighborInterpolateImageFunction.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"

#include <random>
#include <string>

/** What each of the sampled metrics does with its inputs: when they change, when there is nothing in them, when only a
 * part of an image is there. For any kind of metric (see itkSampledMetricTestHelpers.h). */
namespace itk::MaskedSamplingTest
{
template <unsigned int VDimension>
constexpr const SpatialObject<VDimension> * noMask = nullptr;

/** After every change of an input: the value of the stock metric. */
template <typename TKind, typename TImage>
void
ExpectChangesAreNoticed(unsigned int seed)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  MetricScene<TImage>    scene(seed, 2000);
  const auto             fixedTransform = MakeRandomTranslation<dimension>(scene.Random);
  scene.FixedTransform = fixedTransform;
  scene.FixedMask = scene.MakeSpeckleMask();
  const auto metric = scene.template Make<SampledOf<TKind, TImage>>();
  const auto stock = scene.template Make<StockOf<TKind, TImage>>();
  double     last = 0.0;
  const auto expectNew = [&](const std::string & what) {
    SCOPED_TRACE(what);
    ExpectValueOf(*metric, *stock);
    EXPECT_NE(metric->GetValue(), last);
    last = metric->GetValue();
  };
  const auto forBoth = [&](const auto & change) {
    change(*metric);
    change(*stock);
  };
  expectNew("first");

  Perturb<dimension>(*scene.MovingTransform, scene.Random, 0.5);
  expectNew("parameters of the moving transform");
  Perturb<dimension>(*fixedTransform, scene.Random, 0.5);
  expectNew("parameters of the fixed transform");
  const auto inner = MakeRandomTranslation<dimension>(scene.Random);
  const auto composite = MakeComposite<dimension>({ { fixedTransform, true }, { inner, true } });
  forBoth([&](auto & changed) { changed.SetFixedTransform(composite); });
  expectNew("fixed transform");
  Perturb<dimension>(*inner, scene.Random, 0.5);
  expectNew("parameters of a part of the fixed transform");

  scene.SetRandomPoints(1500, 0.0);
  expectNew("points in place");
  auto other = MetricScene<TImage>::PointSetType::New();
  for (SizeValueType n = 0; n < 1000; ++n)
  {
    other->SetPoint(n, scene.Points->GetPoint(n));
  }
  forBoth([&](auto & changed) { changed.SetVirtualSampledPointSet(other); });
  expectNew("point set");
  auto container = MetricScene<TImage>::PointSetType::PointsContainer::New();
  for (SizeValueType n = 0; n < 800; ++n)
  {
    container->InsertElement(n, scene.Points->GetPoint(n));
  }
  other->SetPoints(container);
  expectNew("points of the point set");

  const auto mask = scene.MakeSpeckleMask();
  forBoth([&](auto & changed) { changed.SetFixedImageMask(mask); });
  expectNew("fixed mask");
  auto moved = AffineTransform<double, dimension>::New();
  moved->Translate(typename AffineTransform<double, dimension>::OutputVectorType(2.0));
  mask->SetObjectToParentTransform(moved);
  mask->Update();
  expectNew("place of the fixed mask");
  forBoth([&](auto & changed) { changed.SetFixedImageMask(noMask<dimension>); });
  expectNew("no fixed mask");
  forBoth([&](auto & changed) { changed.SetMovingImageMask(mask); });
  expectNew("moving mask");
  mask->SetObjectToParentTransform(AffineTransform<double, dimension>::New());
  mask->Update();
  expectNew("place of the moving mask");
  forBoth([&](auto & changed) { changed.SetMovingImageMask(noMask<dimension>); });
  expectNew("no moving mask");

  const auto spline = MakeRandomSpline<dimension>(scene.Random, 18.0);
  forBoth([&](auto & changed) { changed.SetMovingTransform(spline); });
  expectNew("moving transform");
  Perturb<dimension>(*spline, scene.Random, 0.2);
  expectNew("coefficients of a B-spline");

  const auto moving = MakeSmoothImage<TImage>(*MakeObliqueGrid<dimension>(scene.Random, scene.DefaultSize), 1.0);
  forBoth([&](auto & changed) {
    changed.SetMovingImage(moving);
    changed.Initialize();
  });
  expectNew("moving image");
  const auto fixed = MakeSmoothImage<TImage>(*scene.Fixed, 0.9);
  forBoth([&](auto & changed) {
    changed.SetFixedImage(fixed);
    changed.Initialize();
  });
  expectNew("fixed image");
  const auto changePixels = [&] {
    for (ImageRegionIterator<TImage> it(fixed, fixed->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(400.0 - 0.9 * it.Get());
    }
  };
  changePixels();
  forBoth([](auto & changed) { changed.Initialize(); });
  expectNew("pixels of the fixed image, and Initialize()");
  changePixels();
  fixed->Modified();
  expectNew("pixels of the fixed image, and Modified()");
  const auto nearest = NearestNeighborInterpolateImageFunction<TImage>::New();
  nearest->SetInputImage(fixed);
  forBoth([&](auto & changed) { changed.SetFixedInterpolator(nearest); });
  expectNew("fixed interpolator");
}

/** A metric with a scene of its own, one sample of which is left. */
template <typename TKind, typename TImage>
void
ExpectFiniteWithFewValues(unsigned int seed)
{
  const auto expectFinite = [](const MetricScene<TImage> & scene, const std::string & what) {
    SCOPED_TRACE(what);
    const auto metric = scene.template Make<SampledOf<TKind, TImage>>();
    const auto result = Evaluate(*metric);
    EXPECT_TRUE(std::isfinite(result.Value));
    EXPECT_GT(result.NumberOfValidPoints, 0u);
    EXPECT_EQ(metric->GetValue(), result.Value);
    EXPECT_EQ(result.Derivative.size(), scene.MovingTransform->GetNumberOfParameters());
    for (const double element : result.Derivative)
    {
      EXPECT_TRUE(std::isfinite(element));
      // Nothing depends on the transform where the moving image has one value.
      EXPECT_TRUE(what.find("moving") == std::string::npos || element == 0.0);
    }
  };
  MetricScene<TImage> scene(seed, 200);
  scene.SetRandomPoints(200, 5.0);
  const auto fixed = scene.Fixed;
  scene.Fixed = MakeSmoothImage<TImage>(*fixed, 0.0);
  scene.Fixed->FillBuffer(7);
  expectFinite(scene, "constant fixed image");
  const auto moving = scene.Moving;
  scene.Moving = MakeSmoothImage<TImage>(*moving, 0.0);
  scene.Moving->FillBuffer(9);
  expectFinite(scene, "constant fixed and moving image");
  scene.Fixed = fixed;
  expectFinite(scene, "constant moving image");
  scene.Moving = moving;
  scene.SetRandomPoints(1, 5.0);
  expectFinite(scene, "one sample");
}

/** The description of the exception that evaluating a metric without points throws. */
template <typename TKind, typename TImage>
void
ExpectExceptionWithoutPoints(unsigned int seed)
{
  MetricScene<TImage> scene(seed, 10);
  for (const bool hasContainer : { true, false })
  {
    scene.Points = MetricScene<TImage>::PointSetType::New();
    if (hasContainer)
    {
      scene.SetRandomPoints(0, 0.0);
    }
    const auto message = GetMessageOf([&] { Evaluate(*scene.template Make<SampledOf<TKind, TImage>>()); });
    EXPECT_NE(message.find("must have 1 or more points"), std::string::npos) << message;
  }
}

/** No sample in the moving image, or none in the fixed image: the answer of the stock metric, and another one once
 * there are some. */
template <typename TKind, typename TImage>
void
ExpectWorstValueWithoutOverlap(unsigned int seed)
{
  MetricScene<TImage> scene(seed, 2000);
  const auto          metric = scene.template Make<SampledOf<TKind, TImage>>();
  const auto          stock = scene.template Make<StockOf<TKind, TImage>>();
  const auto          parameters = scene.MovingTransform->GetParameters();
  auto                far = parameters;
  far[0] += 1000.0;
  scene.MovingTransform->SetParameters(far);
  EXPECT_EQ(Evaluate(*metric), Evaluate(*stock));
  EXPECT_EQ(Evaluate(*metric).Value, NumericTraits<double>::max());
  EXPECT_EQ(metric->GetValue(), NumericTraits<double>::max());
  scene.MovingTransform->SetParameters(parameters);
  ExpectValueOf(*metric, *stock);

  const auto fixedTransform = MakeRandomTranslation<TImage::ImageDimension>(scene.Random);
  fixedTransform->SetParameters(far);
  metric->SetFixedTransform(fixedTransform);
  stock->SetFixedTransform(fixedTransform);
  EXPECT_EQ(Evaluate(*metric), Evaluate(*stock));
  EXPECT_EQ(metric->GetNumberOfValidPoints(), 0u);
}

/** In a registration method of ITK: the known shift is found. */
template <typename TKind, typename TImage>
void
ExpectRegistrationFindsShift()
{
  using MetricType = SampledOf<TKind, TImage>;
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             grid = ImageBase<dimension>::New();
  grid->SetRegions(Size<dimension>::Filled(40));
  const auto fixed = MakeSmoothImage<TImage>(*grid, 0.3);
  // The same physical image, moved by (1, -2, ...).
  typename TImage::PointType                                       origin;
  typename TranslationTransform<double, dimension>::ParametersType shift(dimension);
  for (unsigned int d = 0; d < dimension; ++d)
  {
    shift[d] = d % 2 == 0 ? 1.0 : -2.0;
    origin[d] = shift[d];
  }
  const auto moving = MakeSmoothImage<TImage>(*grid, 0.3);
  moving->SetOrigin(origin);

  const auto metric = MetricType::New();
  const auto scales = RegistrationParameterScalesFromPhysicalShift<MetricType>::New();
  scales->SetMetric(metric);
  const auto optimizer = RegularStepGradientDescentOptimizerv4<double>::New();
  optimizer->SetScalesEstimator(scales);
  optimizer->SetLearningRate(1.0);
  optimizer->SetMinimumStepLength(1e-4);
  optimizer->SetNumberOfIterations(200);
  using MethodType = ImageRegistrationMethodv4<TImage, TImage>;
  const auto transform = TranslationTransform<double, dimension>::New();
  const auto method = MethodType::New();
  method->SetFixedImage(fixed);
  method->SetMovingImage(moving);
  method->SetMetric(metric);
  method->SetOptimizer(optimizer);
  method->SetInitialTransform(transform);
  method->SetNumberOfLevels(1);
  method->SetSmoothingSigmasPerLevel(typename MethodType::SmoothingSigmasArrayType(1, 0.0));
  method->SetMetricSamplingStrategy(MethodType::MetricSamplingStrategyEnum::RANDOM);
  method->SetMetricSamplingPercentage(0.5);
  method->MetricSamplingReinitializeSeed(121);
  method->Update();
  const auto found = method->GetTransform()->GetParameters();
  for (unsigned int d = 0; d < dimension; ++d)
  {
    EXPECT_NEAR(found[d], shift[d], 0.02);
  }
}

/** A buffer that is only a part of the moving image, and grows: the same bits as of the whole image. */
template <typename TKind, typename TImage>
void
ExpectGrowingPartGivesWhole(unsigned int seed)
{
  using MetricType = SampledOf<TKind, TImage>;
  using MovingPartType = typename MetricType::MovingPartType;
  using RegionType = typename TImage::RegionType;
  constexpr unsigned int dimension = TImage::ImageDimension;
  MetricScene<TImage>    scene(seed, 5000);
  scene.MovingMask = scene.MakeSpeckleMask();
  const auto       whole = scene.Moving;
  const RegionType all = whole->GetLargestPossibleRegion();
  RegionType       part = all;
  part.ShrinkByRadius(6);

  const auto expected = scene.template Make<MetricType>();
  GetInterfaceOf(*expected).SetMovingPart({ whole, part, nullptr });
  expected->Initialize();

  scene.Moving = KeepOnlyInBuffer(*whole, part);
  const auto metric = scene.template Make<MetricType>();
  RegionType grown = part;
  int        numberOfCalls = 0;
  GetInterfaceOf(*metric).SetMovingPart(
    MovingPartType{ scene.Moving, part, [&](const RegionType & region) -> typename TImage::ConstPointer {
                     EXPECT_FALSE(grown.IsInside(region));
                     EXPECT_TRUE(all.IsInside(region));
                     for (unsigned int d = 0; d < dimension; ++d)
                     {
                       const auto first = std::min(grown.GetIndex(d), region.GetIndex(d));
                       const auto last = std::max(grown.GetUpperIndex()[d], region.GetUpperIndex()[d]);
                       grown.SetIndex(d, first);
                       grown.SetSize(d, static_cast<SizeValueType>(last - first + 1));
                     }
                     ++numberOfCalls;
                     return KeepOnlyInBuffer(*whole, grown).GetPointer();
                   } });
  metric->Initialize();
  const auto evaluate = [&] {
    for (const ThreadIdType numberOfWorkUnits : { 2, 3, 1 })
    {
      metric->SetMaximumNumberOfWorkUnits(numberOfWorkUnits);
      const auto result = Evaluate(*expected);
      EXPECT_EQ(Evaluate(*metric), result);
      EXPECT_GT(result.NumberOfValidPoints, 100u);
    }
  };

  // A transform that takes all points near the center of the moving image.
  const auto affine = AffineTransform<double, dimension>::New();
  expected->SetMovingTransform(affine);
  metric->SetMovingTransform(affine);
  affine->Scale(0.05);
  metric->SetMovingImageMask(noMask<dimension>);
  expected->SetMovingImageMask(noMask<dimension>);
  evaluate();
  EXPECT_EQ(numberOfCalls, 0);
  metric->SetMovingImageMask(scene.MovingMask);
  expected->SetMovingImageMask(scene.MovingMask);
  affine->SetIdentity();
  affine->Scale(0.8);
  evaluate();
  EXPECT_EQ(numberOfCalls, 1);
  affine->SetIdentity();
  evaluate();
  EXPECT_EQ(numberOfCalls, 2);
  const auto spline = MakeRandomSpline<dimension>(scene.Random, 18.0);
  metric->SetMovingTransform(spline);
  expected->SetMovingTransform(spline);
  evaluate();
  EXPECT_EQ(grown, all);
  affine->Scale(0.7);
  metric->SetMovingTransform(affine);
  expected->SetMovingTransform(affine);
  const int numberBefore = numberOfCalls;
  evaluate();
  EXPECT_EQ(numberOfCalls, numberBefore);
}
} // namespace itk::MaskedSamplingTest

#endif // itkSampledMetricInputsTestHelpers_h
