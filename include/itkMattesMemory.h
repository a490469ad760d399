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
#ifndef itkMattesMemory_h
#define itkMattesMemory_h

#include "itkIntTypes.h"
#include "MaskedSamplingExport.h"

namespace itk
{
/** \class MattesMemory
 * \brief What MattesMutualInformationImageToImageMetricv4 itself allocates for its derivative.
 *
 * For a transform without local support, such as a B-spline, it keeps the derivative of every bin of the joint
 * histogram with respect to every parameter, and buffers of about twice that.
 * SampledMattesMutualInformationImageToImageMetricv4 does not, unless it leaves the evaluation to it.
 *
 * \ingroup MaskedSampling
 */
class MaskedSampling_EXPORT MattesMemory
{
public:
  /** In bytes, about. */
  static double
  Estimate(SizeValueType numberOfParameters, SizeValueType numberOfBins, ThreadIdType numberOfWorkUnits);

  /** \exception ExceptionObject if that is more than this machine has */
  static void
  Check(SizeValueType numberOfParameters, SizeValueType numberOfBins, ThreadIdType numberOfWorkUnits);
};
} // end namespace itk

#endif // itkMattesMemory_h
