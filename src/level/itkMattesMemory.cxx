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
#include "itkMattesMemory.h"

#include "itkMacro.h"

#include "itksys/SystemInformation.hxx"

#include <algorithm>

namespace itk
{
double
MattesMemory::Estimate(SizeValueType numberOfParameters, SizeValueType numberOfBins, ThreadIdType numberOfWorkUnits)
{
  // As its threader allocates: in each work unit a buffer of so many rows of derivatives, 500 at least.
  constexpr double bytes = 8.0;
  const double     numberOfPairs = static_cast<double>(numberOfBins) * static_cast<double>(numberOfBins);
  const auto       numberOfUnits = static_cast<double>(std::max<ThreadIdType>(numberOfWorkUnits, 1));
  const double     numberOfRows = numberOfPairs + numberOfUnits * std::max(500.0, numberOfPairs / numberOfUnits);
  return bytes * static_cast<double>(numberOfParameters) * numberOfRows;
}

void
MattesMemory::Check(SizeValueType numberOfParameters, SizeValueType numberOfBins, ThreadIdType numberOfWorkUnits)
{
  constexpr double          mebibyte = 1048576.0;
  const double              needed = Estimate(numberOfParameters, numberOfBins, numberOfWorkUnits) / mebibyte;
  itksys::SystemInformation information;
  information.RunMemoryCheck();
  const auto present = static_cast<double>(information.GetTotalPhysicalMemory());
  if (present > 0.0 && needed > present)
  {
    itkGenericExceptionMacro("MattesMutualInformationImageToImageMetricv4 would need about "
                             << needed << " MiB for the derivatives of " << numberOfBins << " times " << numberOfBins
                             << " bins with respect to " << numberOfParameters << " parameters, but this machine has "
                             << present
                             << " MiB. Use SampledMattesMutualInformationImageToImageMetricv4 with its default "
                                "interpolator and gradients, fewer bins, or a coarser grid of the transform.");
  }
}
} // end namespace itk
