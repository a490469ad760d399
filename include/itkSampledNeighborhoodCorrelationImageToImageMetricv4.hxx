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
#ifndef itkSampledNeighborhoodCorrelationImageToImageMetricv4_hxx
#define itkSampledNeighborhoodCorrelationImageToImageMetricv4_hxx

namespace itk
{
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage,
          typename TInternalComputationValueType,
          typename TMetricTraits>
SizeValueType
SampledNeighborhoodCorrelationImageToImageMetricv4<TFixedImage,
                                                   TMovingImage,
                                                   TVirtualImage,
                                                   TInternalComputationValueType,
                                                   TMetricTraits>::EvaluateSamples([[maybe_unused]] KernelType & kernel,
                                                                                   [[maybe_unused]] DerivativeType *
                                                                                     derivative) const
{
  if constexpr (Superclass::IsTypeKnown)
  {
    const auto result = kernel.EvaluateNeighborhoodCorrelation(*this->GetVirtualImage(), this->GetRadius(), derivative);
    this->m_Value = result.Value;
    return result.NumberOfSamples;
  }
  return 0;
}
} // end namespace itk

#endif // itkSampledNeighborhoodCorrelationImageToImageMetricv4_hxx
