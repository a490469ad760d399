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
#include "itkComparesValues.h"

#include "itkGradientDescentLineSearchOptimizerv4.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkLBFGS2Optimizerv4.h"
#include "itkMultiGradientOptimizerv4.h"
#include "itkQuasiNewtonOptimizerv4.h"

namespace itk
{
namespace
{
template <typename TValue>
bool
Compares(const ObjectToObjectOptimizerBaseTemplate<TValue> & optimizer)
{
  const auto * const pointer = &optimizer;
  return dynamic_cast<const GradientDescentOptimizerv4Template<TValue> *>(pointer) == nullptr ||
         dynamic_cast<const GradientDescentLineSearchOptimizerv4Template<TValue> *>(pointer) != nullptr ||
         dynamic_cast<const MultiGradientOptimizerv4Template<TValue> *>(pointer) != nullptr ||
         dynamic_cast<const QuasiNewtonOptimizerv4Template<TValue> *>(pointer) != nullptr;
}
} // namespace

bool
ComparesValues(const ObjectToObjectOptimizerBaseTemplate<double> & optimizer)
{
  return Compares(optimizer) || dynamic_cast<const LBFGS2Optimizerv4 *>(&optimizer) != nullptr;
}

bool
ComparesValues(const ObjectToObjectOptimizerBaseTemplate<float> & optimizer)
{
  return Compares(optimizer);
}
} // end namespace itk
