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
#ifndef itkTransformQuestions_h
#define itkTransformQuestions_h

#include "itkDisplacementFieldTransform.h"
#include "itkMultiTransform.h"

#include <algorithm>

namespace itk
{
/** \class TransformQuestions
 * \brief What the rest has to know of a transform, and what not all transforms tell the truth about.
 * \ingroup MaskedSampling
 */
template <typename TTransform>
class TransformQuestions
{
public:
  using TransformType = TTransform;
  using ScalarType = typename TTransform::ScalarType;
  static constexpr unsigned int Dimension = TTransform::InputSpaceDimension;

  /** Whether it maps straight lines to straight lines, all points alike. */
  static bool
  IsLinear(const TransformType & transform)
  {
    if (const auto * const parts = AsMultiTransform(transform))
    {
      for (SizeValueType n = 0; n < parts->GetNumberOfTransforms(); ++n)
      {
        if (!IsLinear(*parts->GetNthTransformConstPointer(n)))
        {
          return false;
        }
      }
      return true;
    }
    return transform.GetTransformCategory() == TransformType::TransformCategoryEnum::Linear;
  }

  /** Time of the last change of a transform, of its parts and of its displacement field. */
  static ModifiedTimeType
  GetTime(const TransformType & transform)
  {
    ModifiedTimeType time = transform.GetMTime();
    if (const auto * const parts = AsMultiTransform(transform))
    {
      for (SizeValueType n = 0; n < parts->GetNumberOfTransforms(); ++n)
      {
        time = std::max(time, GetTime(*parts->GetNthTransformConstPointer(n)));
      }
    }
    else if (const auto * const field =
               dynamic_cast<const DisplacementFieldTransform<ScalarType, Dimension> *>(&transform))
    {
      time =
        field->GetDisplacementField() != nullptr ? std::max(time, field->GetDisplacementField()->GetMTime()) : time;
    }
    return time;
  }

private:
  static const MultiTransform<ScalarType, Dimension> *
  AsMultiTransform(const TransformType & transform)
  {
    return dynamic_cast<const MultiTransform<ScalarType, Dimension> *>(&transform);
  }
};
} // end namespace itk

#endif // itkTransformQuestions_h
