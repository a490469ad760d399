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
#ifndef itkSampledMetricFallbackTestHelpers_h
#define itkSampledMetricFallbackTestHelpers_h

#include "itkSampledMetricTestHelpers.h"

#include "itkBSplineInterpolateImageFunction.h"
#include "itkDisplacementFieldTransform.h"
#include "itkNearestNeighborInterpolateImageFunction.h"

#include <functional>
#include <string>
#include <vector>

/** What each of the sampled metrics leaves to its superclass, for any kind of metric (see
 * itkSampledMetricTestHelpers.h). */
namespace itk::MaskedSamplingTest
{
/** A change of a metric that makes it one for its superclass. */
template <typename TMetric>
struct SettingOf
{
  using BaseType = ImageToImageMetricv4<typename TMetric::FixedImageType,
                                        typename TMetric::MovingImageType,
                                        typename TMetric::VirtualImageType,
                                        double,
                                        typename TMetric::MetricTraits>;

  std::string                     Name;
  std::function<void(BaseType &)> Apply;
};

/** A displacement field over a grid, by which every point is displaced by another small vector. */
template <unsigned int VDimension>
typename DisplacementFieldTransform<double, VDimension>::Pointer
MakeDisplacementField(const ImageBase<VDimension> & grid, std::mt19937 & random)
{
  using FieldTransformType = DisplacementFieldTransform<double, VDimension>;
  auto field = FieldTransformType::DisplacementFieldType::New();
  field->CopyInformation(&grid);
  field->SetRegions(grid.GetLargestPossibleRegion());
  field->AllocateInitialized();
  auto transform = FieldTransformType::New();
  transform->SetDisplacementField(field);
  Perturb<VDimension>(*transform, random, 0.5);
  return transform;
}

/** May do anything, as any class derived from one that is known. */
template <typename TImage>
class DerivedInterpolator : public LinearInterpolateImageFunction<TImage, double>
{
public:
  using Self = DerivedInterpolator;
  using Superclass = LinearInterpolateImageFunction<TImage, double>;
  using Pointer = SmartPointer<Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(DerivedInterpolator);

  typename Superclass::OutputType
  EvaluateAtContinuousIndex(const typename Superclass::ContinuousIndexType & index) const override
  {
    return 2.0 * Superclass::EvaluateAtContinuousIndex(index);
  }
};

template <typename TMetric>
std::vector<SettingOf<TMetric>>
MakeSettingsForSuperclass(MetricScene<typename TMetric::FixedImageType> & scene)
{
  using ImageType = typename TMetric::FixedImageType;
  using BaseType = typename SettingOf<TMetric>::BaseType;
  constexpr unsigned int dimension = ImageType::ImageDimension;

  const auto transformSetting = [](const std::string &                              name,
                                   const typename TransformOf<dimension>::Pointer & transform) {
    return SettingOf<TMetric>{ name, [transform](BaseType & metric) { metric.SetMovingTransform(transform); } };
  };
  const auto affine = MakeRandomTransform<AffineTransform<double, dimension>>(scene.Random);
  const auto spline = MakeRandomSpline<dimension>(scene.Random, 18.0);
  return {
    { "dense", [](BaseType & metric) { metric.SetUseSampledPointSet(false); } },
    { "gradient filter",
      [](BaseType & metric) {
        const auto filter = BaseType::DefaultMovingImageGradientFilter::New();
        filter->SetSigma(2.0);
        metric.SetMovingImageGradientFilter(filter);
      } },
    { "gradient calculator",
      [](BaseType & metric) {
        metric.SetUseMovingImageGradientFilter(false);
        metric.SetMovingImageGradientCalculator(BaseType::DefaultMovingImageGradientCalculator::New());
      } },
    { "floating point correction",
      [](BaseType & metric) {
        metric.SetUseFloatingPointCorrection(true);
        metric.SetFloatingPointCorrectionResolution(1e3);
      } },
    transformSetting("B-spline of order 2", MakeRandomSpline<dimension, 2>(scene.Random, 18.0)),
    transformSetting("affine and B-spline optimised", MakeComposite<dimension>({ { affine, true }, { spline, true } })),
    transformSetting("only affine optimised", MakeComposite<dimension>({ { affine, true }, { spline, false } })),
    { "nearest neighbor",
      [](BaseType & metric) {
        metric.SetMovingInterpolator(NearestNeighborInterpolateImageFunction<ImageType>::New());
      } },
    { "derived interpolator",
      [](BaseType & metric) { metric.SetMovingInterpolator(DerivedInterpolator<ImageType>::New()); } },
    { "B-spline interpolator",
      [](BaseType & metric) { metric.SetMovingInterpolator(BSplineInterpolateImageFunction<ImageType>::New()); } },
  };
}

/** Expect the very answer of the stock metric. */
template <typename TMetric, typename TStock>
void
ExpectSameAsStock(const TMetric & metric, const TStock & stock)
{
  const auto expected = Evaluate(stock);
  EXPECT_TRUE(std::isfinite(expected.Value));
  EXPECT_GT(expected.NumberOfValidPoints, 0u);
  EXPECT_EQ(Evaluate(metric), expected);
  EXPECT_EQ(metric.GetValue(), stock.GetValue());
}

/** Whatever the metric does not know is left to the superclass, whose very answer it gives: if it is set before
 * Initialize(), and after, and taken back. */
template <typename TKind, typename TImage>
void
ExpectFallbacksGiveStock(unsigned int seed)
{
  using MetricType = SampledOf<TKind, TImage>;
  using StockType = StockOf<TKind, TImage>;
  MetricScene<TImage> scene(seed, 1000);
  for (const auto & setting : MakeSettingsForSuperclass<MetricType>(scene))
  {
    SCOPED_TRACE(setting.Name);
    const auto make = [&](const auto & metric) {
      scene.SetInputs(*metric);
      setting.Apply(*metric);
      metric->Initialize();
      return metric;
    };
    ExpectSameAsStock(*make(MetricType::New()), *make(StockType::New()));
  }
}

/** The same for what may be set after Initialize(), and taken back. */
template <typename TKind, typename TImage>
void
ExpectChangesOfSettingsGiveStock(unsigned int seed)
{
  using MetricType = SampledOf<TKind, TImage>;
  using StockType = StockOf<TKind, TImage>;
  MetricScene<TImage> scene(seed, 1000);
  const auto          settings = MakeSettingsForSuperclass<MetricType>(scene);
  const auto          metric = scene.template Make<MetricType>();
  const auto          stock = scene.template Make<StockType>();
  const auto          expected = Evaluate(*metric);
  for (const auto & setting : settings)
  {
    if (setting.Name.find("interpolator") != std::string::npos || setting.Name.find("neighbor") != std::string::npos ||
        setting.Name.find("gradient") != std::string::npos)
    {
      continue; // The stock metric needs Initialize() after these.
    }
    SCOPED_TRACE(setting.Name);
    const auto applyAndRevert = [&](auto & changed, const auto & evaluate) {
      setting.Apply(changed);
      evaluate();
      changed.SetUseSampledPointSet(true);
      changed.SetUseFloatingPointCorrection(false);
      changed.SetMovingTransform(scene.MovingTransform);
    };
    MetricResult ofStock;
    applyAndRevert(*stock, [&] { ofStock = Evaluate(*stock); });
    applyAndRevert(*metric, [&] { EXPECT_EQ(Evaluate(*metric), ofStock); });
    EXPECT_EQ(Evaluate(*metric), expected);
    ExpectValueOf(*metric, *stock);
  }
}

/** After Initialize() with another moving image, the superclass gets its gradient. */
template <typename TKind, typename TImage>
void
ExpectStockWithNewMovingImage(unsigned int seed)
{
  MetricScene<TImage> scene(seed, 1000);
  const auto          metric = scene.template Make<SampledOf<TKind, TImage>>();
  const auto          stock = scene.template Make<StockOf<TKind, TImage>>();
  for (const double phase : { 0.5, 0.9 })
  {
    const auto moving = MakeSmoothImage<TImage>(*scene.Moving, phase);
    const auto evaluate = [&](auto & changed) {
      changed.SetUseFloatingPointCorrection(false);
      changed.SetMovingImage(moving);
      changed.Initialize();
      changed.SetUseFloatingPointCorrection(true);
      return Evaluate(changed);
    };
    EXPECT_EQ(evaluate(*metric), evaluate(*stock));
  }
}

/** Gradients of both images, which only some metrics allow: the very answer of the stock metric. */
template <typename TKind, typename TImage>
void
ExpectGradientsOfBothGiveStock(unsigned int seed)
{
  const MetricScene<TImage> scene(seed, 1000);
  const auto                make = [&](const auto & metric) {
    scene.SetInputs(*metric);
    metric->SetGradientSource(ObjectToObjectMetricBaseTemplateEnums::GradientSource::GRADIENT_SOURCE_BOTH);
    metric->Initialize();
    return metric;
  };
  ExpectSameAsStock(*make(SampledOf<TKind, TImage>::New()), *make(StockOf<TKind, TImage>::New()));
}

/** A displacement field: the very answer of the stock metric, with sample points and dense. */
template <typename TKind, typename TImage>
void
ExpectDisplacementFieldGivesStock(unsigned int seed)
{
  MetricScene<TImage> scene(seed, 1000);
  scene.MovingTransform = MakeDisplacementField<TImage::ImageDimension>(*scene.Fixed, scene.Random);
  for (const bool isSampled : { true, false })
  {
    const auto make = [&](const auto & metric) {
      scene.SetInputs(*metric);
      metric->SetUseSampledPointSet(isSampled);
      metric->Initialize();
      return metric;
    };
    ExpectSameAsStock(*make(SampledOf<TKind, TImage>::New()), *make(StockOf<TKind, TImage>::New()));
  }
}
} // namespace itk::MaskedSamplingTest

#endif // itkSampledMetricFallbackTestHelpers_h
