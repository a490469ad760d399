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
#ifndef itkPositionBox_h
#define itkPositionBox_h

#include "itkIntTypes.h"

#include <algorithm>

namespace itk
{
/** \class PositionBox
 * \brief The box of positions: the least and the greatest coordinates along each axis.
 *
 * \tparam TPosition an index, a continuous index or a point
 * \ingroup MaskedSampling
 */
template <typename TPosition>
struct PositionBox
{
  /** Of no meaning, as long as it is empty. */
  TPosition Lower{};
  TPosition Upper{};
  bool      IsEmpty{ true };

  void
  Add(const TPosition & position)
  {
    if (IsEmpty)
    {
      Lower = position;
      Upper = position;
      IsEmpty = false;
      return;
    }
    for (unsigned int d = 0; d < TPosition::Dimension; ++d)
    {
      Lower[d] = std::min(Lower[d], position[d]);
      Upper[d] = std::max(Upper[d], position[d]);
    }
  }
};
} // end namespace itk

#endif // itkPositionBox_h
