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
#ifndef itkCanBeDecomposed_h
#define itkCanBeDecomposed_h

#include <vnl/vnl_matrix.h>

namespace itk
{
/** Whether VNL finds eigenvalues or singular values of a matrix: it reads beyond one without elements, and looks for
 * ever where the square of a number is none. */
inline bool
CanBeDecomposed(const vnl_matrix<double> & matrix)
{
  constexpr double greatest = 1e100;
  return !matrix.empty() && matrix.is_finite() && matrix.absolute_value_max() < greatest;
}
} // end namespace itk

#endif // itkCanBeDecomposed_h
