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
#ifndef itkCubicBSplineWeights_h
#define itkCubicBSplineWeights_h

#include <array>

namespace itk
{
/** \class CubicBSplineWeights
 * \brief The cubic B-spline of BSplineKernelFunction and its derivative, at four knots at once and without branches.
 *
 * The knots are at -1, 0, 1 and 2, and the point is at a fraction from 0 to 1.
 *
 * \ingroup MaskedSampling
 */
class CubicBSplineWeights
{
public:
  static constexpr unsigned int Support = 4;
  using ArrayType = std::array<double, Support>;

  /** The weights of the knots. Their sum is 1. */
  static ArrayType
  Evaluate(double fraction)
  {
    const double rest = 1.0 - fraction;
    const double square = fraction * fraction;
    const double restSquare = rest * rest;
    return { restSquare * rest * (1.0 / 6.0),
             2.0 / 3.0 - square * (1.0 - 0.5 * fraction),
             2.0 / 3.0 - restSquare * (1.0 - 0.5 * rest),
             square * fraction * (1.0 / 6.0) };
  }

  /** How the weights change with the fraction. Their sum is 0. */
  static ArrayType
  EvaluateDerivative(double fraction)
  {
    const double rest = 1.0 - fraction;
    return {
      -0.5 * rest * rest, fraction * (1.5 * fraction - 2.0), rest * (2.0 - 1.5 * rest), 0.5 * fraction * fraction
    };
  }
};
} // end namespace itk

#endif // itkCubicBSplineWeights_h
