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
#ifndef itkMachineMemory_h
#define itkMachineMemory_h

#include "MaskedSamplingExport.h"

#include <string>

namespace itk
{
/** \class MachineMemory
 * \brief How much memory there is, asked before work that needs much of it.
 *
 * An allocation that fails is an exception in some places and the end of the process in others: in ITK's threads, and
 * where the system promises more than it has.
 *
 * \ingroup MaskedSampling
 */
class MaskedSampling_EXPORT MachineMemory
{
public:
  /** In bytes: what the machine has left, the limits of the process and of its control group counted in. */
  static double
  GetAvailable();

  /** \param what begin of the message: what needs the memory
   * \param bytes that it needs
   * \param wayOut end of the message
   * \exception ExceptionObject if that is more than there is */
  static void
  Check(const std::string & what, double bytes, const std::string & wayOut);
};
} // end namespace itk

#endif // itkMachineMemory_h
