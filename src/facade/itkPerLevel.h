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
#ifndef itkPerLevel_h
#define itkPerLevel_h

#include "itkIntTypes.h"

#include <vector>

namespace itk
{
/** \class PerLevel
 * \brief Values of settings, one for each level (or parameter), or one for all of them.
 * \ingroup MaskedSampling
 */
class PerLevel
{
public:
  template <typename TValue>
  static TValue
  At(const std::vector<TValue> & values, SizeValueType n)
  {
    return values[values.size() == 1 ? 0 : n];
  }

  /** An array of ITK. */
  template <typename TArray, typename TValue>
  static TArray
  Spread(const std::vector<TValue> & values, SizeValueType number)
  {
    TArray array;
    array.SetSize(number);
    for (SizeValueType n = 0; n < number; ++n)
    {
      array[n] = static_cast<typename TArray::ValueType>(At(values, n));
    }
    return array;
  }
};
} // end namespace itk

#endif // itkPerLevel_h
