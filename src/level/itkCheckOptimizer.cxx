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
#include "itkCheckOptimizer.h"

#include "itkAmoebaOptimizerv4.h"
#include "itkExhaustiveOptimizerv4.h"
#include "itkOnePlusOneEvolutionaryOptimizerv4.h"
#include "itkPowellOptimizerv4.h"

#include <sstream>

namespace itk
{
namespace
{
template <typename TValue>
std::string
Describe(const ObjectToObjectOptimizerBaseTemplate<TValue> & optimizer, bool isAmoeba, double numberOfParameters)
{
  const auto * const pointer = &optimizer;
  const bool         isExhaustive = dynamic_cast<const ExhaustiveOptimizerv4<TValue> *>(pointer) != nullptr;
  const bool         isSearch = isAmoeba || isExhaustive ||
                        dynamic_cast<const PowellOptimizerv4<TValue> *>(pointer) != nullptr ||
                        dynamic_cast<const OnePlusOneEvolutionaryOptimizerv4<TValue> *>(pointer) != nullptr;
  return isSearch ? DescribeUnfitSearch(optimizer.GetNameOfClass(), isExhaustive, numberOfParameters) : std::string();
}
} // namespace

std::string
DescribeUnfitSearch(const std::string & name, bool isExhaustive, double numberOfParameters)
{
  constexpr double   most = 1000.0;
  std::ostringstream text;
  if (!(numberOfParameters > 0.0))
  {
    text << name << " needs a transform with parameters, and this one has none.";
  }
  else if (!isExhaustive && numberOfParameters > most)
  {
    text << name << " looks at each of the " << numberOfParameters
         << " parameters of the transform, which with more than " << most
         << " does not end. Use an optimizer that follows the gradient.";
  }
  return text.str();
}

std::string
DescribeUnfitOptimizer(const ObjectToObjectOptimizerBaseTemplate<double> & optimizer, double numberOfParameters)
{
  return Describe(optimizer, dynamic_cast<const AmoebaOptimizerv4 *>(&optimizer) != nullptr, numberOfParameters);
}

std::string
DescribeUnfitOptimizer(const ObjectToObjectOptimizerBaseTemplate<float> & optimizer, double numberOfParameters)
{
  return Describe(optimizer, false, numberOfParameters);
}
} // end namespace itk
