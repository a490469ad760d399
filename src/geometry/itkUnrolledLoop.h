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
#ifndef itkUnrolledLoop_h
#define itkUnrolledLoop_h

#include <cstddef>
#include <type_traits>
#include <utility>

namespace itk
{
/** \class UnrolledLoop
 * \brief A loop over a few indices that are constants, as those of the axes are.
 *
 * What arrays hold at constant indices stays in registers. Optimizers do not unroll such loops by themselves unless
 * they are asked for more than usual.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VCount>
class UnrolledLoop
{
public:
  /** Call function(index) for every index from 0. */
  template <typename TFunction>
  static void
  ForEach(const TFunction & function)
  {
    Call(function, std::make_index_sequence<VCount>{});
  }

private:
  template <typename TFunction, std::size_t... VIndex>
  static void
  Call(const TFunction & function, std::index_sequence<VIndex...>)
  {
    (function(std::integral_constant<unsigned int, VIndex>{}), ...);
  }
};
} // end namespace itk

#endif // itkUnrolledLoop_h
