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
#ifndef itkAllOfTransforms_h
#define itkAllOfTransforms_h

#include "itkMultiTransform.h"

namespace itk
{
/** Whether a predicate holds for a transform, or for all parts of one that has parts, and theirs.
 * \ingroup MaskedSampling */
template <typename TTransform, typename TPredicate>
bool
AllOfTransforms(const TTransform & transform, const TPredicate & predicate)
{
  constexpr unsigned int dimension = TTransform::InputSpaceDimension;
  using PartsType = MultiTransform<typename TTransform::ScalarType, dimension, dimension>;
  const auto * const parts = dynamic_cast<const PartsType *>(&transform);
  if (parts == nullptr)
  {
    return predicate(transform);
  }
  for (SizeValueType n = 0; n < parts->GetNumberOfTransforms(); ++n)
  {
    if (!AllOfTransforms(*parts->GetNthTransformConstPointer(n), predicate))
    {
      return false;
    }
  }
  return true;
}
} // end namespace itk

#endif // itkAllOfTransforms_h
