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
#ifndef itkMaskedRegistrationMethodTransformsTestHelpers_h
#define itkMaskedRegistrationMethodTransformsTestHelpers_h

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include "itkBSplineSmoothingOnUpdateDisplacementFieldTransform.h"
#include "itkBSplineSmoothingOnUpdateDisplacementFieldTransformParametersAdaptor.h"
#include "itkBSplineTransform.h"
#include "itkBSplineTransformParametersAdaptor.h"
#include "itkDemonsImageToImageMetricv4.h"
#include "itkDisplacementFieldTransform.h"
#include "itkDisplacementFieldTransformParametersAdaptor.h"
#include "itkEuler2DTransform.h"
#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransform.h"
#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransformParametersAdaptor.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkShrinkImageFilter.h"

#include <cmath>
#include <functional>
#include <type_traits>
#include <vector>

/** What the tests with transforms of many kinds share: a pattern that moves, and a registration of it. */
namespace itk::MaskedSamplingTest
{
using BSplineType = BSplineTransform<double, 2, 3>;
using FieldType = DisplacementFieldTransform<double, 2>;
using GaussianFieldType = GaussianSmoothingOnUpdateDisplacementFieldTransform<double, 2>;
using BSplineFieldType = BSplineSmoothingOnUpdateDisplacementFieldTransform<double, 2>;
using FieldImageType = FieldType::DisplacementFieldType;
template <typename TImage>
using MattesOf = MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using DemonsOf = DemonsImageToImageMetricv4<TImage, TImage>;

/** A smooth pattern, of some 20 units from one top to the next, without noise. */
inline double
EvaluatePattern(const Point<double, 2> & point)
{
  const double x = point[0];
  const double y = point[1];
  return 120.0 + 40.0 * std::sin(0.28 * x + 0.11 * y) + 40.0 * std::cos(0.09 * x - 0.31 * y + 0.4) +
         20.0 * std::sin(0.17 * x + 0.2 * y);
}

/** The pattern as moving image; as fixed image, the pattern where a known map takes it. */
struct PatternCase
{
  using MapType = std::function<Point<double, 2>(const Point<double, 2> &)>;

  MapType          Map;
  Image2D::Pointer Fixed;
  Image2D::Pointer Moving;

  /** An oblique grid or, if \c float is to hold every centre exactly, one of spacing 1 and origin 0. */
  explicit PatternCase(
    const Size<2> & size,
    MapType         map = [](const Point<double, 2> & point) { return point + MakeVector(-1.3, -0.9); },
    bool            oblique = true)
    : Map(std::move(map))
  {
    const auto grid = ImageBase<2>::New();
    grid->SetRegions(size);
    if (oblique)
    {
      const double spacing[] = { 0.9, 1.2 };
      auto         direction = ImageBase<2>::DirectionType::GetIdentity();
      direction(0, 0) = direction(1, 1) = std::cos(0.2);
      direction(0, 1) = -std::sin(0.2);
      direction(1, 0) = std::sin(0.2);
      grid->SetSpacing(spacing);
      grid->SetDirection(direction);
      grid->SetOrigin(MakePoint(3.1, -7.7));
    }
    Fixed = MakeEmptyImage<Image2D>(*grid);
    Moving = MakeEmptyImage<Image2D>(*grid);
    for (ImageRegionIteratorWithIndex<Image2D> it(Fixed, Fixed->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const auto point = grid->TransformIndexToPhysicalPoint<double>(it.GetIndex());
      it.Set(static_cast<float>(EvaluatePattern(Map(point))));
      Moving->SetPixel(it.GetIndex(), static_cast<float>(EvaluatePattern(point)));
    }
  }
};

template <typename TImage>
typename TImage::Pointer
Shrink(const TImage & image, unsigned int factor)
{
  const auto filter = ShrinkImageFilter<TImage, TImage>::New();
  filter->SetInput(&image);
  filter->SetShrinkFactors(factor);
  filter->Update();
  const typename TImage::Pointer output = filter->GetOutput();
  output->DisconnectPipeline();
  return output;
}

/** A registration of a pattern, with any transform. As it is made, it has one level and no adaptors. */
template <typename TMethod, typename TTransform, typename TMetric = MeanSquaresOf<Image2D>>
struct Problem
{
  using MethodType = TMethod;
  static constexpr bool IsField = std::is_base_of_v<FieldType, TTransform>;
  static constexpr bool IsBSpline = std::is_base_of_v<BSplineType, TTransform>;

  typename TMethod::Pointer    Method{ TMethod::New() };
  typename TMetric::Pointer    Metric{ TMetric::New() };
  OptimizerType::Pointer       Optimizer{ OptimizerType::New() };
  typename TTransform::Pointer Transform{ TTransform::New() };
  std::vector<unsigned int>    ShrinkFactors{};

  explicit Problem(const PatternCase & pattern)
  {
    Metric->SetUseMovingImageGradientFilter(false);
    Metric->SetUseFixedImageGradientFilter(false);
    // With more, sums would depend on which thread ends first.
    Metric->SetMaximumNumberOfWorkUnits(1);
    Optimizer->SetScalesEstimator(this->MakeScalesEstimator());
    Optimizer->SetLearningRate(1.0);
    Optimizer->SetMaximumStepSizeInPhysicalUnits(0.5);
    Optimizer->SetDoEstimateLearningRateOnce(false);
    Optimizer->SetDoEstimateLearningRateAtEachIteration(true);
    Optimizer->SetNumberOfIterations(5);
    Method->SetFixedImage(pattern.Fixed);
    Method->SetMovingImage(pattern.Moving);
    Method->SetMetric(Metric);
    Method->SetOptimizer(Optimizer);
    Method->MetricSamplingReinitializeSeed(121);
    this->SetLevels({ 1 }, { 0.0 });
    this->ResetTransform();
  }

  auto
  MakeScalesEstimator() const
  {
    const auto estimator = RegistrationParameterScalesFromPhysicalShift<TMetric>::New();
    estimator->SetMetric(Metric);
    return estimator;
  }

  const Image2D &
  GetFixed() const
  {
    return *Method->GetFixedImage();
  }

  /** The identity, on the grid of the first level. */
  void
  ResetTransform()
  {
    if constexpr (IsField)
    {
      const auto grid = Shrink<Image2D>(this->GetFixed(), ShrinkFactors.front());
      Transform->SetDisplacementField(MakeEmptyImage<FieldImageType>(*grid));
    }
    else if constexpr (IsBSpline)
    {
      this->SetTransformDomain(this->GetFixed());
      Transform->SetIdentity();
    }
    else
    {
      Transform->SetIdentity();
    }
    Method->SetInitialTransform(Transform);
    Method->Modified();
  }

  /** Let the B-spline cover an image. */
  void
  SetTransformDomain(const Image2D & image)
  {
    typename TTransform::PhysicalDimensionsType dimensions;
    for (unsigned int d = 0; d < 2; ++d)
    {
      dimensions[d] = image.GetSpacing()[d] * static_cast<double>(image.GetLargestPossibleRegion().GetSize(d) - 1);
    }
    Transform->SetTransformDomainOrigin(image.GetOrigin());
    Transform->SetTransformDomainDirection(image.GetDirection());
    Transform->SetTransformDomainPhysicalDimensions(dimensions);
    Transform->SetTransformDomainMeshSize(TTransform::MeshSizeType::Filled(2));
  }

  void
  SetLevels(const std::vector<unsigned int> & shrinkFactors, const std::vector<double> & smoothingSigmas)
  {
    ShrinkFactors = shrinkFactors;
    Method->SetNumberOfLevels(shrinkFactors.size());
    typename TMethod::SmoothingSigmasArrayType sigmas(shrinkFactors.size());
    for (unsigned int level = 0; level < shrinkFactors.size(); ++level)
    {
      Method->SetShrinkFactorsPerDimension(
        level, TMethod::ShrinkFactorsPerDimensionContainerType::Filled(shrinkFactors[level]));
      sigmas[level] = smoothingSigmas[level];
    }
    Method->SetSmoothingSigmasPerLevel(sigmas);
  }

  /** For displacement fields the grids of the levels, and for B-splines a mesh that gets finer. */
  void
  SetAdaptors()
  {
    typename TMethod::TransformParametersAdaptorsContainerType adaptors;
    for (const unsigned int factor : ShrinkFactors)
    {
      adaptors.push_back(this->MakeAdaptor(factor, static_cast<unsigned int>(adaptors.size())));
    }
    Method->SetTransformParametersAdaptorsPerLevel(adaptors);
    this->ResetTransform();
  }

  void
  SampleRandomly(SizeValueType numberOfSamples)
  {
    Method->SetMetricSamplingStrategy(TMethod::MetricSamplingStrategyEnum::RANDOM);
    Method->SetNumberOfSamples(numberOfSamples);
  }

  /** Run, and call a function after every iteration of the optimizer. */
  void
  UpdateAndObserve(const std::function<void()> & function)
  {
    const auto tag = Optimizer->AddObserver(IterationEvent(), [&function](const EventObject &) { function(); });
    Method->Update();
    Optimizer->RemoveObserver(tag);
  }

  std::vector<PointOf<2>>
  GetPoints() const
  {
    return Method->GetSamplePointSet()->GetPoints()->CastToSTLConstContainer();
  }

private:
  typename TMethod::TransformParametersAdaptorPointer
  MakeAdaptor(unsigned int factor, unsigned int level) const
  {
    static_cast<void>(level);
    if constexpr (IsField)
    {
      const auto setGrid = [grid = Shrink<Image2D>(this->GetFixed(), factor)](auto adaptor) {
        adaptor->SetRequiredSize(grid->GetLargestPossibleRegion().GetSize());
        adaptor->SetRequiredOrigin(grid->GetOrigin());
        adaptor->SetRequiredSpacing(grid->GetSpacing());
        adaptor->SetRequiredDirection(grid->GetDirection());
        return adaptor;
      };
      if constexpr (std::is_same_v<TTransform, GaussianFieldType>)
      {
        const auto adaptor =
          setGrid(GaussianSmoothingOnUpdateDisplacementFieldTransformParametersAdaptor<TTransform>::New());
        adaptor->SetGaussianSmoothingVarianceForTheUpdateField(2.0 + level);
        adaptor->SetGaussianSmoothingVarianceForTheTotalField(0.25);
        return adaptor.GetPointer();
      }
      else if constexpr (std::is_same_v<TTransform, BSplineFieldType>)
      {
        const auto adaptor =
          setGrid(BSplineSmoothingOnUpdateDisplacementFieldTransformParametersAdaptor<TTransform>::New());
        adaptor->SetNumberOfControlPointsForTheUpdateField(TTransform::ArrayType::Filled(7 + level));
        adaptor->SetNumberOfControlPointsForTheTotalField(TTransform::ArrayType::Filled(0));
        return adaptor.GetPointer();
      }
      else
      {
        return setGrid(DisplacementFieldTransformParametersAdaptor<TTransform>::New()).GetPointer();
      }
    }
    else if constexpr (IsBSpline)
    {
      const auto adaptor = BSplineTransformParametersAdaptor<TTransform>::New();
      adaptor->SetTransform(Transform);
      adaptor->SetRequiredTransformDomainOrigin(Transform->GetTransformDomainOrigin());
      adaptor->SetRequiredTransformDomainDirection(Transform->GetTransformDomainDirection());
      adaptor->SetRequiredTransformDomainPhysicalDimensions(Transform->GetTransformDomainPhysicalDimensions());
      adaptor->SetRequiredTransformDomainMeshSize(TTransform::MeshSizeType::Filled(2 + level));
      return adaptor.GetPointer();
    }
    else
    {
      return nullptr;
    }
  }
};

template <typename TTransform, typename TMetric = MeanSquaresOf<Image2D>, typename TOutputTransform = TransformOf<2>>
using MaskedProblem = Problem<MaskedRegistrationMethod<Image2D, Image2D, TOutputTransform>, TTransform, TMetric>;
template <typename TTransform, typename TMetric = MeanSquaresOf<Image2D>, typename TOutputTransform = TransformOf<2>>
using StockProblem = Problem<ImageRegistrationMethodv4<Image2D, Image2D, TOutputTransform>, TTransform, TMetric>;
} // namespace itk::MaskedSamplingTest

#endif // itkMaskedRegistrationMethodTransformsTestHelpers_h
