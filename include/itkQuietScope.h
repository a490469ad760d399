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
#ifndef itkQuietScope_h
#define itkQuietScope_h

#include "itkMacro.h"
#include "MaskedSamplingExport.h"

namespace itk
{
/** \class QuietScope
 * \brief While one lives, the classes of this module warn of nothing in its thread: what is tried out there is nobody's
 * result.
 *
 * GlobalWarningDisplay of itk::Object would also hush what others do in other threads.
 *
 * \ingroup MaskedSampling
 */
class MaskedSampling_EXPORT QuietScope
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(QuietScope);

  QuietScope();
  ~QuietScope();

  /** Whether there is one in this thread. */
  static bool
  IsActive();
};
} // end namespace itk

#endif // itkQuietScope_h
