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
#ifndef itkSampledCorrelationImageToImageMetricv4_hxx
#define itkSampledCorrelationImageToImageMetricv4_hxx

namespace itk
{
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
void
SampledCorrelationImageToImageMetricv4<TFixedImage,
                                       TMovingImage,
                                       TVirtualImage,
                                       TInternalComputationValueType,
                                       TMetricTraits>::Moments::Merge(const Moments & other)
{
  if (other.Number == 0.0)
  {
    return;
  }
  const double sum = Number + other.Number;
  const double differenceF = other.MeanF - MeanF;
  const double differenceM = other.MeanM - MeanM;
  const double factor = Number * other.Number / sum;
  MeanF += differenceF * other.Number / sum;
  MeanM += differenceM * other.Number / sum;
  SumFF += other.SumFF + differenceF * differenceF * factor;
  SumMM += other.SumMM + differenceM * differenceM * factor;
  SumFM += other.SumFM + differenceF * differenceM * factor;
  Number = sum;
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
auto
SampledCorrelationImageToImageMetricv4<TFixedImage,
                                       TMovingImage,
                                       TVirtualImage,
                                       TInternalComputationValueType,
                                       TMetricTraits>::ComputeMoments(const EngineType & engine,
                                                                      SizeValueType      first,
                                                                      SizeValueType      last) -> Moments
{
  const auto & fixedValues = engine.GetFixedValues();
  const auto & movingValues = engine.GetMovingValues();
  const auto & isInside = engine.GetIsInside();

  // Relative to one of the pairs, so that little is lost when the means are subtracted.
  double  pivotF = 0.0;
  double  pivotM = 0.0;
  double  sumF = 0.0;
  double  sumM = 0.0;
  Moments moments;
  for (SizeValueType i = first; i < last; ++i)
  {
    if (isInside[i] == 0)
    {
      continue;
    }
    if (moments.Number == 0.0)
    {
      pivotF = static_cast<double>(fixedValues[i]);
      pivotM = static_cast<double>(movingValues[i]);
    }
    const double f = static_cast<double>(fixedValues[i]) - pivotF;
    const double m = static_cast<double>(movingValues[i]) - pivotM;
    moments.Number += 1.0;
    sumF += f;
    sumM += m;
    moments.SumFF += f * f;
    moments.SumMM += m * m;
    moments.SumFM += f * m;
  }
  if (moments.Number > 0.0)
  {
    moments.MeanF = pivotF + sumF / moments.Number;
    moments.MeanM = pivotM + sumM / moments.Number;
    moments.SumFF -= sumF * sumF / moments.Number;
    moments.SumMM -= sumM * sumM / moments.Number;
    moments.SumFM -= sumF * sumM / moments.Number;
  }
  return moments;
}

template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
SizeValueType
SampledCorrelationImageToImageMetricv4<TFixedImage,
                                       TMovingImage,
                                       TVirtualImage,
                                       TInternalComputationValueType,
                                       TMetricTraits>::Evaluate(EngineType & engine) const
{
  std::vector<Moments> moments(engine.GetNumberOfParts());
  engine.EvaluateMovingImage([&](SizeValueType part, SizeValueType first, SizeValueType last) {
    moments[part] = Self::ComputeMoments(engine, first, last);
  });
  Moments all;
  for (const Moments & other : moments)
  {
    all.Merge(other);
  }
  const auto numberOfSamples = static_cast<SizeValueType>(all.Number);

  this->m_Value = MeasureType{};
  if (!(all.SumFF * all.SumMM > NumericTraits<double>::epsilon()))
  {
    return numberOfSamples;
  }
  this->m_Value = -all.SumFM * all.SumFM / (all.SumFF * all.SumMM);
  if (this->GetComputeDerivative())
  {
    const double slope = all.SumFM / all.SumMM;
    engine.ForEachPart([&](SizeValueType part, SizeValueType first, SizeValueType last) {
      const auto & fixedValues = engine.GetFixedValues();
      const auto & movingValues = engine.GetMovingValues();
      const auto & isInside = engine.GetIsInside();
      auto &       weights = engine.GetWeights();
      for (SizeValueType i = first; i < last; ++i)
      {
        const double f = static_cast<double>(fixedValues[i]) - all.MeanF;
        const double m = static_cast<double>(movingValues[i]) - all.MeanM;
        weights[i] = isInside[i] != 0 ? f - slope * m : 0.0;
      }
      engine.SumDerivative(part, first, last);
    });
    engine.AddDerivative(2.0 * all.SumFM / (all.SumFF * all.SumMM), *this->m_DerivativeResult);
  }
  return numberOfSamples;
}
} // end namespace itk

#endif // itkSampledCorrelationImageToImageMetricv4_hxx
