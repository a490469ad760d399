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
#ifndef itkSampledMetricKernel_hxx
#define itkSampledMetricKernel_hxx

#include "itkSampledMetricKernel.h"

#include "geometry/itkTransformQuestions.h"
#include "metric/itkCorrelationMoments.h"
#include "metric/itkImageRange.h"
#include "metric/itkJointHistogram.h"
#include "metric/itkMovingSamples.h"
#include "metric/itkNeighborhoodCorrelation.h"
#include "metric/itkSampleGrid.h"
#include "metric/itkSampleStore.h"
#include "metric/itkSquaredDifferences.h"
#include "sampler/itkMaskGeometry.h"

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace itk
{
/** Private parts, which the functions below lead to. */
template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
class SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::Implementation
{
public:
  using PairsType = SamplePairs<TFixedPixel, TMovingPixel>;

  /** What neighbourhood correlation knows of the samples; once they are set, and it is asked for. */
  struct NeighborhoodsType
  {
    SampleGrid<VDimension>    Grid{};
    std::vector<TFixedPixel>  Fixed{};
    std::vector<TMovingPixel> Moving{};
    /** Of the voxels. */
    std::vector<unsigned char> IsValid{};
    /** With its memory, for windows of a radius. */
    std::optional<NeighborhoodCorrelation<VDimension>> Correlation{};
    Size<VDimension>                                   Radius{};
  };

  SampleStore<TFixedPixel, VDimension>    Samples{};
  MovingSamples<TMovingPixel, VDimension> Moving{};
  std::optional<NeighborhoodsType>        Neighborhoods{};

  PairsType
  GetPairs(SizeValueType first, SizeValueType last) const
  {
    const float * const weights = Samples.GetWeights();
    return { Samples.GetFixedValues() + first,
             Moving.GetValues() + first,
             Moving.GetIsValid() + first,
             last - first,
             weights != nullptr ? weights + first : nullptr };
  }

  double *
  GetWeights(SizeValueType first)
  {
    return Moving.GetWeights() + first;
  }

  /** Evaluate the moving image, and make one thing of the pairs of each part, and of these one.
   * \param compute makes it of a part, its first sample and that after its last */
  template <typename TCompute>
  auto
  Accumulate(const TCompute & compute)
  {
    using AccumulatedType = std::invoke_result_t<TCompute, SizeValueType, SizeValueType, SizeValueType>;
    std::vector<AccumulatedType> ofParts(Moving.GetParts().GetNumberOfParts());
    Moving.Evaluate(
      [&](SizeValueType part, SizeValueType first, SizeValueType last) { ofParts[part] = compute(part, first, last); });
    return SampleParts::Merge(ofParts);
  }

  /** Add the sum of the weighted gradients, times a factor, to a derivative.
   * \param computeWeights called with pairs and the place of their weights */
  template <typename TComputeWeights>
  void
  AddDerivative(double factor, DerivativeType & derivative, const TComputeWeights & computeWeights)
  {
    Moving.ForEachPart([&](SizeValueType part, SizeValueType first, SizeValueType last) {
      computeWeights(this->GetPairs(first, last), this->GetWeights(first));
      Moving.SumDerivative(part);
    });
    Moving.AddDerivative(factor, derivative);
  }
};

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::SampledMetricKernel()
  : m_Implementation(std::make_unique<Implementation>())
{}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::~SampledMetricKernel() = default;

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
bool
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::IsKnown(const TransformType & transform)
{
  return SampledTransform<VDimension>::IsKnown(transform);
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
ModifiedTimeType
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::GetTimeOfTransform(const TransformType & transform)
{
  return TransformQuestions<TransformType>::GetTime(transform);
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
auto
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::FindRangeOfFixedImage(const FixedImageType & image,
                                                                                  const RegionType &     region,
                                                                                  const MaskType *       mask,
                                                                                  ThreadIdType numberOfWorkUnits)
  -> std::pair<TFixedPixel, TFixedPixel>
{
  return ImageRange<FixedImageType>::Find(image, region, mask, numberOfWorkUnits);
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
auto
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::FindRangeOfMovingImage(const MovingImageType & image,
                                                                                   const RegionType &      region,
                                                                                   const MaskType *        mask,
                                                                                   ThreadIdType numberOfWorkUnits)
  -> std::pair<TMovingPixel, TMovingPixel>
{
  return ImageRange<MovingImageType>::Find(image, region, mask, numberOfWorkUnits);
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
void
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::SetSamples(
  const std::shared_ptr<const CoordinatesType> & coordinates,
  const FixedValueType &                         fixedValue,
  const SampleWeightType &                       sampleWeight,
  const MaskType *                               mask,
  ThreadIdType                                   numberOfWorkUnits)
{
  if (mask != nullptr)
  {
    MaskGeometry<VDimension> geometry;
    geometry.Mask = mask;
    geometry.FillCachesOfMask();
  }
  m_Implementation->Samples.Set(coordinates, fixedValue, sampleWeight, numberOfWorkUnits);
  m_Implementation->Neighborhoods.reset();
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
SizeValueType
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::GetNumberOfSamples() const
{
  return m_Implementation->Samples.GetNumberOfSamples();
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
void
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::SetMovingPart(const MovingImageType *  image,
                                                                          const RegionGrowerType & grower)
{
  m_Implementation->Moving.SetPart(image, grower);
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
void
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::SetMoving(const MovingImageType & image,
                                                                      const MaskType *        mask,
                                                                      const TransformType &   transform,
                                                                      ThreadIdType            numberOfWorkUnits,
                                                                      bool                    usesGradientImage,
                                                                      bool                    computesDerivative)
{
  auto & moving = m_Implementation->Moving;
  auto & samples = m_Implementation->Samples;
  moving.Start(image, mask, transform, samples.GetPoints(), numberOfWorkUnits, usesGradientImage, computesDerivative);
  if (!moving.GetBetterOrder().IsSame())
  {
    samples.Sort(moving.GetBetterOrder());
    m_Implementation->Neighborhoods.reset();
    moving.SetSortedPoints(samples.GetPoints());
  }
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
auto
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::EvaluateMeanSquares(DerivativeType * derivative)
  -> ResultType
{
  auto &     implementation = *m_Implementation;
  const auto compute = [&](SizeValueType part, SizeValueType first, SizeValueType last) {
    const auto ofPart =
      SquaredDifferences::Compute(implementation.GetPairs(first, last), implementation.GetWeights(first));
    // At once, while all is in the cache: the weights do not depend on the other samples.
    if (derivative != nullptr)
    {
      implementation.Moving.SumDerivative(part);
    }
    return ofPart;
  };
  const auto squares = implementation.Accumulate(compute);
  if (squares.Number == 0)
  {
    return {};
  }
  if (derivative != nullptr)
  {
    implementation.Moving.AddDerivative(1.0 / squares.SumOfWeights, *derivative);
  }
  return { squares.Sum / squares.SumOfWeights, squares.Number };
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
auto
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::EvaluateCorrelation(DerivativeType * derivative)
  -> ResultType
{
  const auto moments = m_Implementation->Accumulate([this](SizeValueType, SizeValueType first, SizeValueType last) {
    return CorrelationMoments::Compute(m_Implementation->GetPairs(first, last));
  });
  const auto number = static_cast<SizeValueType>(moments.Number);
  if (!moments.IsDefined())
  {
    return { 0.0, number };
  }
  if (derivative != nullptr)
  {
    m_Implementation->AddDerivative(
      moments.GetFactorOfWeights(), *derivative, [&moments](const auto & pairs, double * weights) {
        moments.ComputeWeights(pairs, weights);
      });
  }
  return { -moments.GetSquaredCorrelation(), number };
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
auto
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::EvaluateNeighborhoodCorrelation(
  const ImageBase<VDimension> & grid,
  const Size<VDimension> &      radius,
  DerivativeType *              derivative) -> ResultType
{
  auto & implementation = *m_Implementation;
  auto & moving = implementation.Moving;
  auto & samples = implementation.Samples;
  auto & neighborhoods = implementation.Neighborhoods;
  if (!neighborhoods)
  {
    neighborhoods.emplace();
    neighborhoods->Grid.Set(grid, samples.GetPoints().Coordinates, samples.GetNumberOfSamples());
    neighborhoods->Grid.Spread(samples.GetFixedValues(), neighborhoods->Fixed);
  }
  if (!neighborhoods->Grid.IsOneEach())
  {
    return this->EvaluateCorrelation(derivative);
  }
  moving.Evaluate([](SizeValueType, SizeValueType, SizeValueType) {});
  neighborhoods->Grid.Spread(moving.GetValues(), neighborhoods->Moving);
  neighborhoods->Grid.Spread(moving.GetIsValid(), neighborhoods->IsValid);
  using CorrelationType = NeighborhoodCorrelation<VDimension>;
  if (!neighborhoods->Correlation || neighborhoods->Radius != radius)
  {
    typename CorrelationType::SizeType ofAxes;
    std::copy(radius.begin(), radius.end(), ofAxes.begin());
    neighborhoods->Correlation.emplace(ofAxes);
    neighborhoods->Radius = radius;
  }
  CorrelationType & correlation = *neighborhoods->Correlation;
  correlation.SetNumberOfWorkUnits(moving.GetNumberOfWorkUnits());
  const double     value = correlation.Compute(neighborhoods->Grid.GetSize(),
                                           neighborhoods->Fixed.data(),
                                           neighborhoods->Moving.data(),
                                           neighborhoods->IsValid.data(),
                                           derivative != nullptr ? CorrelationType::WeightsEnum::Moving
                                                                     : CorrelationType::WeightsEnum::None);
  const ResultType result{ value, correlation.GetNumberOfValidVoxels() };
  if (derivative != nullptr && result.NumberOfSamples > 0)
  {
    moving.ForEachPart([&](SizeValueType part, SizeValueType first, SizeValueType last) {
      double * const weights = implementation.GetWeights(first);
      const auto     isValid = moving.GetIsValid() + first;
      for (SizeValueType i = 0; i < last - first; ++i)
      {
        weights[i] = isValid[i] == 0 ? 0.0 : correlation.GetWeightOfMoving(neighborhoods->Grid.GetVoxels()[first + i]);
      }
      moving.SumDerivative(part);
    });
    moving.AddDerivative(1.0, *derivative);
  }
  return result;
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
auto
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::EvaluateMutualInformation(const BinsType &      bins,
                                                                                      DerivativeType *      derivative,
                                                                                      std::vector<double> & joint)
  -> ResultType
{
  auto histogram = m_Implementation->Accumulate([&](SizeValueType, SizeValueType first, SizeValueType last) {
    JointHistogram<BinsType> ofPart(bins);
    ofPart.Count(m_Implementation->GetPairs(first, last));
    return ofPart;
  });
  joint.clear();
  const SizeValueType number = histogram.GetNumberOfSamples();
  if (number == 0)
  {
    return {};
  }
  const double sumOfWeights = histogram.GetSumOfWeights();
  const double sum = histogram.Normalize();
  if (!(sum >= NumericTraits<double>::epsilon()))
  {
    itkGenericExceptionMacro("The joint histogram of the " << number << " samples sums to " << sum << '.');
  }
  std::vector<double> logRatios;
  const double        information = histogram.ComputeInformation(logRatios);
  joint = histogram.TakeJoint();
  if (derivative != nullptr)
  {
    m_Implementation->AddDerivative(
      1.0 / (bins.MovingBinSize * sumOfWeights), *derivative, [&](const auto & pairs, double * weights) {
        histogram.ComputeWeights(pairs, logRatios, weights);
      });
  }
  return { -information, number };
}

template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
ThreadIdType
SampledMetricKernel<TFixedPixel, TMovingPixel, VDimension>::GetNumberOfWorkUnitsUsed() const
{
  return m_Implementation->Moving.GetNumberOfWorkUnitsUsed();
}
} // end namespace itk

#endif // itkSampledMetricKernel_hxx
