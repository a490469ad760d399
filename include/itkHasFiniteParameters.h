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
#ifndef itkHasFiniteParameters_h
#define itkHasFiniteParameters_h

#include "itkAllOfTransforms.h"

#include <algorithm>
#include <cmath>

namespace itk
{
/** Whether all parameters of a transform and of its parts are finite numbers, those that place it included.
 * \ingroup MaskedSampling */
template <typename TTransform>
bool
HasFiniteParameters(const TTransform & transform)
{
  const auto areFinite = [](const auto & numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](auto number) { return std::isfinite(number); });
  };
  return AllOfTransforms(transform, [&areFinite](const auto & part) {
    return areFinite(part.GetFixedParameters()) && areFinite(part.GetParameters());
  });
}
} // end namespace itk

#endif // itkHasFiniteParameters_h
