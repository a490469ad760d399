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
#ifndef itkMaskedSyNRegistrationMethodTestHelpers_h
#define itkMaskedSyNRegistrationMethodTestHelpers_h

#include "itkMaskedSyNRegistrationMethod.h"

#include "itkMaskedRegistrationMethodTransformsTestHelpers.h"

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/** What the tests of symmetric normalization share. */
namespace itk::MaskedSamplingTest
{
using StockSyN = SyNImageRegistrationMethod<Image2D, Image2D>;
using MaskedSyN = MaskedSyNRegistrationMethod<Image2D, Image2D>;
using MaskObject = SpatialObject<2>;
template <typename TImage>
using NeighborhoodCorrelationOf = ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;

inline Point<double, 2>
ToDouble(const PointOf<2> & samplePoint)
{
  Point<double, 2> point;
  point.CastFrom(samplePoint);
  return point;
}

/** A pattern with a bump, and a round mask where the bump is, away from the border. */
struct BumpCase : PatternCase
{
  MaskImageType<2>::Pointer MaskImage;
  MaskType<2>::Pointer      Mask;

  explicit BumpCase(bool oblique = true)
    : PatternCase(
        Size<2>{ { 46, 39 } },
        [](const Point<double, 2> & point) {
          const auto   offset = point - GetCenter();
          const double weight = std::exp(-offset.GetSquaredNorm() / (2.0 * 7.0 * 7.0));
          return point + weight * MakeVector(2.6, -1.8);
        },
        oblique)
    , MaskImage(MakeEmptyImage<MaskImageType<2>>(*Fixed))
  {
    for (ImageRegionIteratorWithIndex<MaskImageType<2>> it(MaskImage, MaskImage->GetBufferedRegion()); !it.IsAtEnd();
         ++it)
    {
      const auto point = MaskImage->TransformIndexToPhysicalPoint<double>(it.GetIndex());
      it.Set(point.EuclideanDistanceTo(GetCenter()) < 10.0 ? 1 : 0);
    }
    Mask = MakeMask<2>(MaskImage);
  }

  /** About the middle of the grid. */
  static Point<double, 2>
  GetCenter()
  {
    return MakePoint(18.5, 18.5);
  }

  /** Mean distance, inside the mask, of where a transform takes a point from where it should. */
  template <typename TTransform>
  double
  ComputeError(const TTransform & transform) const
  {
    double sum = 0.0;
    double number = 0.0;
    for (ImageRegionIteratorWithIndex<MaskImageType<2>> it(MaskImage, MaskImage->GetBufferedRegion()); !it.IsAtEnd();
         ++it)
    {
      if (it.Get() != 0)
      {
        const auto point = MaskImage->TransformIndexToPhysicalPoint<double>(it.GetIndex());
        sum += transform.TransformPoint(point).EuclideanDistanceTo(Map(point));
        ++number;
      }
    }
    return sum / number;
  }
};

/** A registration of the bump. As it is made, it has one level of three iterations. */
template <typename TMethod, typename TMetric = MeanSquaresOf<Image2D>>
struct SyNProblem
{
  using PointsType = std::vector<PointOf<2>>;
  using AdaptorsType = typename TMethod::TransformParametersAdaptorsContainerType;

  typename TMethod::Pointer Method{ TMethod::New() };
  typename TMetric::Pointer Metric{ TMetric::New() };
  std::vector<unsigned int> ShrinkFactors{};

  explicit SyNProblem(const PatternCase & pattern)
  {
    Metric->SetUseMovingImageGradientFilter(false);
    Metric->SetUseFixedImageGradientFilter(false);
    Metric->SetMaximumNumberOfWorkUnits(1);
    Method->SetFixedImage(pattern.Fixed);
    Method->SetMovingImage(pattern.Moving);
    Method->SetMetric(Metric);
    Method->SetConvergenceThreshold(-1e10);
    Method->MetricSamplingReinitializeSeed(121);
    this->SetLevels({ 1 }, 3);
  }

  void
  SetLevels(const std::vector<unsigned int> & shrinkFactors, SizeValueType numberOfIterations)
  {
    ShrinkFactors = shrinkFactors;
    const auto numberOfLevels = static_cast<unsigned int>(shrinkFactors.size());
    const auto transform = FieldType::New();
    transform->SetDisplacementField(MakeEmptyImage<FieldImageType>(*Method->GetFixedImage()));
    transform->SetInverseDisplacementField(MakeEmptyImage<FieldImageType>(*Method->GetFixedImage()));
    Method->SetInitialTransform(transform);
    Method->SetNumberOfLevels(numberOfLevels);
    typename TMethod::SmoothingSigmasArrayType    sigmas(numberOfLevels);
    typename TMethod::NumberOfIterationsArrayType iterations(numberOfLevels);
    AdaptorsType                                  adaptors;
    iterations.Fill(numberOfIterations);
    for (unsigned int level = 0; level < numberOfLevels; ++level)
    {
      Method->SetShrinkFactorsPerDimension(
        level, TMethod::ShrinkFactorsPerDimensionContainerType::Filled(shrinkFactors[level]));
      sigmas[level] = 0.25 * (shrinkFactors[level] - 1);
      const auto grid = Shrink<Image2D>(*Method->GetFixedImage(), shrinkFactors[level]);
      const auto adaptor = DisplacementFieldTransformParametersAdaptor<FieldType>::New();
      adaptor->SetRequiredSize(grid->GetLargestPossibleRegion().GetSize());
      adaptor->SetRequiredOrigin(grid->GetOrigin());
      adaptor->SetRequiredSpacing(grid->GetSpacing());
      adaptor->SetRequiredDirection(grid->GetDirection());
      adaptors.push_back(adaptor.GetPointer());
    }
    Method->SetSmoothingSigmasPerLevel(sigmas);
    Method->SetNumberOfIterationsPerLevel(iterations);
    Method->SetTransformParametersAdaptorsPerLevel(adaptors);
  }

  void
  SampleRandomly(SizeValueType numberOfSamples)
  {
    Method->SetMetricSamplingStrategy(TMethod::MetricSamplingStrategyEnum::RANDOM);
    Method->SetNumberOfSamples(numberOfSamples);
  }

  void
  SetInitialTranslations(const Vector<double, 2> & fixed, const Vector<double, 2> & moving)
  {
    const auto fixedTransform = TranslationOf<Image2D>::New();
    const auto movingTransform = TranslationOf<Image2D>::New();
    fixedTransform->SetOffset(fixed);
    movingTransform->SetOffset(moving);
    Method->SetFixedInitialTransform(fixedTransform);
    Method->SetMovingInitialTransform(movingTransform);
  }

  /** Run, also if it ran before, and call functions at the start of every level and after every iteration. */
  void
  UpdateAndObserve(const std::function<void()> & atLevel, const std::function<void()> & atIteration)
  {
    const auto levelTag =
      Method->AddObserver(MultiResolutionIterationEvent(), [&atLevel](const EventObject &) { atLevel(); });
    const auto iterationTag = Method->AddObserver(IterationEvent(), [&](const EventObject & event) {
      // MultiResolutionIterationEvent is one, too.
      if (dynamic_cast<const MultiResolutionIterationEvent *>(&event) == nullptr)
      {
        atIteration();
      }
    });
    const auto removeObservers = [&] {
      Method->RemoveObserver(levelTag);
      Method->RemoveObserver(iterationTag);
    };
    try
    {
      Method->Modified();
      Method->Update();
    }
    catch (...) // from an observer
    {
      removeObservers();
      throw;
    }
    removeObservers();
  }

  void
  Update()
  {
    this->UpdateAndObserve([] {}, [] {});
  }

  PointsType
  GetPoints() const
  {
    return Method->GetSamplePointSet()->GetPoints()->CastToSTLConstContainer();
  }

  /** What has to be the same where two runs are the same: the values of the metric, and all fields. */
  std::vector<std::vector<double>>
  UpdateAndGetResult()
  {
    std::vector<double> values;
    this->UpdateAndObserve([] {}, [&] { values.push_back(Method->GetCurrentMetricValue()); });
    std::vector<std::vector<double>> result{ values };
    const auto &                     method = *Method;
    for (const FieldType * const transform :
         { method.GetTransform(), method.GetFixedToMiddleTransform(), method.GetMovingToMiddleTransform() })
    {
      for (const auto * const field : { transform->GetDisplacementField(), transform->GetInverseDisplacementField() })
      {
        std::vector<double> coordinates;
        for (ImageRegionConstIterator<FieldImageType> it(field, field->GetBufferedRegion()); !it.IsAtEnd(); ++it)
        {
          const auto displacement = it.Get();
          coordinates.insert(coordinates.end(), displacement.Begin(), displacement.End());
        }
        result.push_back(coordinates);
      }
    }
    return result;
  }
};

/** From the middle space, at the time it is made, to fixed or moving space. */
class FromMiddle
{
public:
  FromMiddle(const FieldType * toMiddle, const TransformOf<2> * initialTransform)
    : m_Initial(initialTransform)
  {
    if (toMiddle != nullptr)
    {
      // SyN makes new fields rather than change those it has.
      m_Deformation = FieldType::New();
      m_Deformation->SetDisplacementField(
        const_cast<FieldImageType *>(toMiddle->GetInverseDisplacementField())); // not changed
    }
  }

  Point<double, 2>
  operator()(const Point<double, 2> & point) const
  {
    const auto deformed = m_Deformation ? m_Deformation->TransformPoint(point) : point;
    return m_Initial ? m_Initial->TransformPoint(deformed) : deformed;
  }

private:
  FieldType::Pointer           m_Deformation{};
  TransformOf<2>::ConstPointer m_Initial{};
};

template <typename TProblem>
FromMiddle
GetMiddleToFixed(const TProblem & problem)
{
  return { problem.Method->GetFixedToMiddleTransform(), problem.Method->GetFixedInitialTransform() };
}

template <typename TProblem>
FromMiddle
GetMiddleToMoving(const TProblem & problem)
{
  return { problem.Method->GetMovingToMiddleTransform(), problem.Method->GetMovingInitialTransform() };
}

/** How many of the points are, mapped, inside a mask. Without a mask: in the buffer of an image. */
template <typename TPoints>
SizeValueType
CountInside(const TPoints & points, const FromMiddle & map, const MaskObject * mask, const Image2D & image)
{
  return static_cast<SizeValueType>(std::count_if(points.begin(), points.end(), [&](const auto & point) {
    const auto mapped = map(ToDouble(point));
    return image.GetBufferedRegion().IsInside(image.TransformPhysicalPointToIndex(mapped)) &&
           (mask == nullptr || mask->IsInsideInWorldSpace(mapped, MaskObject::MaximumDepth));
  }));
}

/** Expect that all the points are in the voxels of a grid. */
template <typename TPoints>
void
ExpectInsideGrid(const TPoints & points, const ImageBase<2> & grid)
{
  for (const auto & point : points)
  {
    ASSERT_TRUE(grid.GetLargestPossibleRegion().IsInside(grid.TransformPhysicalPointToIndex(point))) << point;
  }
}
} // namespace itk::MaskedSamplingTest

#endif // itkMaskedSyNRegistrationMethodTestHelpers_h
