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
#ifndef itkPointSpread_h
#define itkPointSpread_h

#include "itkPoint.h"

#include <cmath>
#include <vector>

namespace itk
{
/** \class PointSpread
 * \brief The middle of points, and the root mean square of their distances from it.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct PointSpread
{
  using PointType = Point<double, VDimension>;

  PointType Middle{};
  double    RootMeanSquare{};

  /** Of one point at least. */
  explicit PointSpread(const std::vector<PointType> & points)
  {
    const auto number = static_cast<double>(points.size());
    for (const auto & point : points)
    {
      Middle += point.GetVectorFromOrigin() / number;
    }
    double sum = 0.0;
    for (const auto & point : points)
    {
      sum += point.SquaredEuclideanDistanceTo(Middle);
    }
    RootMeanSquare = std::sqrt(sum / number);
  }
};
} // end namespace itk

#endif // itkPointSpread_h
