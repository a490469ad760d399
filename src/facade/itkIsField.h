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
#ifndef itkIsField_h
#define itkIsField_h

#include "itkMaskedRegistrationSettings.h"

namespace itk
{
/** Whether settings are those of a displacement field, symmetric ("syn") or not.
 * \sa IsFastField
 * \ingroup MaskedSampling */
inline bool
IsField(const MaskedRegistrationSettings & settings)
{
  return settings.Transform == "displacement-field" || settings.Transform == "syn";
}
} // end namespace itk

#endif // itkIsField_h
