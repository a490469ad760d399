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
#ifndef itkSampledMetricInterface_h
#define itkSampledMetricInterface_h

#include "metric/itkSampledMetricEngine.h"

namespace itk
{
/** \class SampledMetricInterface
 * \brief By which a registration method knows a sampled metric, whatever it computes.
 * \tparam TImageMetric a type of itk::ImageToImageMetricv4
 * \ingroup MaskedSampling
 */
template <typename TImageMetric>
class SampledMetricInterface
{
public:
  using EngineType = SampledMetricEngine<TImageMetric>;

  /** What evaluates the samples. */
  virtual EngineType &
  GetEngine() = 0;

protected:
  SampledMetricInterface() = default;
  virtual ~SampledMetricInterface() = default;
};
} // end namespace itk

#endif // itkSampledMetricInterface_h
