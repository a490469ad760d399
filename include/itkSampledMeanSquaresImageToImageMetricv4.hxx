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
#ifndef itkSampledMeanSquaresImageToImageMetricv4_hxx
#define itkSampledMeanSquaresImageToImageMetricv4_hxx

namespace itk
{
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
SizeValueType
SampledMeanSquaresImageToImageMetricv4<TFixedImage,
                                       TMovingImage,
                                       TVirtualImage,
                                       TInternalComputationValueType,
                                       TMetricTraits>::Evaluate(EngineType & engine) const
{
  struct Partial
  {
    double        Sum{};
    SizeValueType NumberOfSamples{};
  };
  std::vector<Partial> partials(engine.GetNumberOfParts());

  engine.EvaluateMovingImage([&](SizeValueType part, SizeValueType first, SizeValueType last) {
    const auto & fixedValues = engine.GetFixedValues();
    const auto & movingValues = engine.GetMovingValues();
    const auto & isInside = engine.GetIsInside();
    auto &       weights = engine.GetWeights();

    Partial partial;
    for (SizeValueType i = first; i < last; ++i)
    {
      weights[i] = 0.0;
      if (isInside[i] != 0)
      {
        // In the pixel type, as the superclass subtracts.
        const typename TFixedImage::PixelType pixelDifference = fixedValues[i] - movingValues[i];
        const auto                            difference = static_cast<double>(pixelDifference);
        partial.Sum += difference * difference;
        ++partial.NumberOfSamples;
        weights[i] = 2.0 * difference;
      }
    }
    partials[part] = partial;
    if (this->GetComputeDerivative())
    {
      engine.SumDerivative(part, first, last);
    }
  });

  Partial total;
  for (const Partial & partial : partials)
  {
    total.Sum += partial.Sum;
    total.NumberOfSamples += partial.NumberOfSamples;
  }
  if (total.NumberOfSamples > 0)
  {
    const auto numberOfSamples = static_cast<double>(total.NumberOfSamples);
    this->m_Value = total.Sum / numberOfSamples;
    if (this->GetComputeDerivative())
    {
      engine.AddDerivative(1.0 / numberOfSamples, *this->m_DerivativeResult);
    }
  }
  return total.NumberOfSamples;
}
} // end namespace itk

#endif // itkSampledMeanSquaresImageToImageMetricv4_hxx
