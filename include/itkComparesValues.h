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
#ifndef itkComparesValues_h
#define itkComparesValues_h

#include "itkObjectToObjectOptimizerBase.h"
#include "MaskedSamplingExport.h"

namespace itk
{
/** Whether an optimizer compares values, or gradients, of different iterations, so that all must be of the same sample
 * points: all of ITK do, but plain gradient descent and those derived from it that only shorten their steps.
 * \ingroup MaskedSampling */
extern MaskedSampling_EXPORT bool
ComparesValues(const ObjectToObjectOptimizerBaseTemplate<double> & optimizer);
extern MaskedSampling_EXPORT bool
ComparesValues(const ObjectToObjectOptimizerBaseTemplate<float> & optimizer);
} // end namespace itk

#endif // itkComparesValues_h
