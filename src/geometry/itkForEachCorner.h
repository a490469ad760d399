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
#ifndef itkForEachCorner_h
#define itkForEachCorner_h

#include "itkPoint.h"

#include <cmath>

namespace itk
{
/** Call function(index, weight) for each pixel around a point that has a weight in a linear interpolation there.
 * \return whether the point is between pixels; if not, there are none
 * \ingroup MaskedSampling */
template <typename TImage, typename TFunction>
bool
ForEachCorner(const TImage & image, const Point<double, TImage::ImageDimension> & point, const TFunction & function)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             place = image.template TransformPhysicalPointToContinuousIndex<double>(point);
  const auto             region = image.GetLargestPossibleRegion();
  for (unsigned int d = 0; d < dimension; ++d)
  {
    const auto first = static_cast<double>(region.GetIndex(d));
    // Also what is not a number is not inside.
    if (!(place[d] >= first && place[d] <= first + static_cast<double>(region.GetSize(d) - 1)))
    {
      return false;
    }
  }
  for (unsigned int number = 0; number < 1U << dimension; ++number)
  {
    typename TImage::IndexType corner;
    double                     weight = 1.0;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      const double lower = std::floor(place[d]);
      const bool   isUpper = (number >> d) % 2 == 1;
      corner[d] = static_cast<IndexValueType>(lower) + (isUpper ? 1 : 0);
      weight *= isUpper ? place[d] - lower : 1.0 - (place[d] - lower);
    }
    if (weight > 0.0)
    {
      function(corner, weight);
    }
  }
  return true;
}
} // end namespace itk

#endif // itkForEachCorner_h
