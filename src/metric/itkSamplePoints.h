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
#ifndef itkSamplePoints_h
#define itkSamplePoints_h

#include "itkIntTypes.h"
#include "itkPoint.h"

#include <array>

namespace itk
{
/** \class SamplePoints
 * \brief Where samples are, in physical space.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct SamplePoints
{
  /** One array for each axis. */
  std::array<const double *, VDimension> Coordinates{};
  SizeValueType                          Number{};
  /** Of the box around them. */
  Point<double, VDimension> Center{};
  /** Distance of a sample from there along an axis, at most, about. */
  double Radius{ 1.0 };
  /** With the same time, all samples are the same, in the same order. 0: nobody knows. */
  ModifiedTimeType Time{};
};
} // end namespace itk

#endif // itkSamplePoints_h
