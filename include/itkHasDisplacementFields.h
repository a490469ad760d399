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
#ifndef itkHasDisplacementFields_h
#define itkHasDisplacementFields_h

#include "itkAllOfTransforms.h"
#include "itkConstantVelocityFieldTransform.h"
#include "itkVelocityFieldTransform.h"

namespace itk
{
/** Whether a transform and its parts have the displacement fields that they need: one without takes them for granted.
 * Those of velocities make theirs later.
 * \ingroup MaskedSampling */
template <typename TTransform>
bool
HasDisplacementFields(const TTransform & transform)
{
  constexpr unsigned int dimension = TTransform::InputSpaceDimension;
  using ScalarType = typename TTransform::ScalarType;
  return AllOfTransforms(transform, [](const auto & part) {
    const auto * const field = dynamic_cast<const DisplacementFieldTransform<ScalarType, dimension> *>(&part);
    return field == nullptr || field->GetDisplacementField() != nullptr ||
           dynamic_cast<const ConstantVelocityFieldTransform<ScalarType, dimension> *>(field) != nullptr ||
           dynamic_cast<const VelocityFieldTransform<ScalarType, dimension> *>(field) != nullptr;
  });
}
} // end namespace itk

#endif // itkHasDisplacementFields_h
