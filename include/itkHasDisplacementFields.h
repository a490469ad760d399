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

#include "itkConstantVelocityFieldTransform.h"
#include "itkMultiTransform.h"
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
  if (const auto * const parts = dynamic_cast<const MultiTransform<ScalarType, dimension, dimension> *>(&transform))
  {
    for (SizeValueType n = 0; n < parts->GetNumberOfTransforms(); ++n)
    {
      if (!HasDisplacementFields(*parts->GetNthTransformConstPointer(n)))
      {
        return false;
      }
    }
    return true;
  }
  if (dynamic_cast<const ConstantVelocityFieldTransform<ScalarType, dimension> *>(&transform) != nullptr ||
      dynamic_cast<const VelocityFieldTransform<ScalarType, dimension> *>(&transform) != nullptr)
  {
    return true;
  }
  const auto * const field = dynamic_cast<const DisplacementFieldTransform<ScalarType, dimension> *>(&transform);
  return field == nullptr || field->GetDisplacementField() != nullptr;
}
} // end namespace itk

#endif // itkHasDisplacementFields_h
