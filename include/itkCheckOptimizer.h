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
#ifndef itkCheckOptimizer_h
#define itkCheckOptimizer_h

#include "itkObjectToObjectOptimizerBase.h"
#include "MaskedSamplingExport.h"

#include <string>

namespace itk
{
/** Why an optimizer of ITK that searches without a derivative cannot be used for a transform of so many parameters;
 * empty if it can.
 *
 * Without parameters, it reads where there are none. With many, it needs more evaluations of the metric than anybody
 * waits for before it has looked once at each: Powell's method a line search for each, the simplex a corner for each,
 * evolution a matrix of all.
 *
 * \param name of the optimizer
 * \param isExhaustive whether it goes through a given number of steps
 * \ingroup MaskedSampling */
extern MaskedSampling_EXPORT std::string
DescribeUnfitSearch(const std::string & name, bool isExhaustive, double numberOfParameters);

/** The same of any optimizer. */
extern MaskedSampling_EXPORT std::string
DescribeUnfitOptimizer(const ObjectToObjectOptimizerBaseTemplate<double> & optimizer, double numberOfParameters);
extern MaskedSampling_EXPORT std::string
DescribeUnfitOptimizer(const ObjectToObjectOptimizerBaseTemplate<float> & optimizer, double numberOfParameters);
} // end namespace itk

#endif // itkCheckOptimizer_h
