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
#ifndef itkUniteRegions_h
#define itkUniteRegions_h

#include "itkImageRegion.h"

#include <algorithm>

namespace itk
{
/** The smallest region that holds two regions, of which those of size 0 hold nothing.
 * \ingroup MaskedSampling */
template <unsigned int VDimension>
ImageRegion<VDimension>
UniteRegions(const ImageRegion<VDimension> & a, const ImageRegion<VDimension> & b)
{
  if (a.GetNumberOfPixels() == 0 || b.GetNumberOfPixels() == 0)
  {
    return a.GetNumberOfPixels() == 0 ? b : a;
  }
  auto lower = a.GetIndex();
  auto upper = a.GetUpperIndex();
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    lower[d] = std::min(lower[d], b.GetIndex(d));
    upper[d] = std::max(upper[d], b.GetUpperIndex()[d]);
  }
  ImageRegion<VDimension> united;
  united.SetIndex(lower);
  united.SetUpperIndex(upper);
  return united;
}
} // end namespace itk

#endif // itkUniteRegions_h
