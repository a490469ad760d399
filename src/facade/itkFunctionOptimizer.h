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
#ifndef itkFunctionOptimizer_h
#define itkFunctionOptimizer_h

#include "itkObjectToObjectOptimizerBase.h"

#include <functional>
#include <utility>

namespace itk
{
/** \class FunctionOptimizer
 * \brief Calls a function with the metric that a registration method has set up, and optimises nothing.
 * \ingroup MaskedSampling
 */
class FunctionOptimizer : public ObjectToObjectOptimizerBaseTemplate<double>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(FunctionOptimizer);

  /** Standard class type aliases. */
  using Self = FunctionOptimizer;
  using Superclass = ObjectToObjectOptimizerBaseTemplate<double>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using FunctionType = std::function<void(MetricType &)>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(FunctionOptimizer);

  void
  SetFunction(FunctionType function)
  {
    m_Function = std::move(function);
  }
  void
  StartOptimization(bool) override
  {
    m_Function(*this->m_Metric);
  }
  const StopConditionReturnStringType
  GetStopConditionDescription() const override
  {
    return {};
  }

protected:
  FunctionOptimizer() = default;
  ~FunctionOptimizer() override = default;

private:
  FunctionType m_Function{};
};
} // end namespace itk

#endif // itkFunctionOptimizer_h
