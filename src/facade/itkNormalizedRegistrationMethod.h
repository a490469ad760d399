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
#ifndef itkNormalizedRegistrationMethod_h
#define itkNormalizedRegistrationMethod_h

#include "facade/itkNormalizedMetric.h"

#include <functional>
#include <utility>

namespace itk
{
/** \class NormalizedRegistrationMethod
 * \brief A method whose optimizer sees a NormalizedMetric, if there is one, instead of the metric itself.
 * \ingroup MaskedSampling
 */
template <typename TMethod>
class NormalizedRegistrationMethod : public TMethod
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NormalizedRegistrationMethod);

  /** Standard class type aliases. There is no name of the class: to those who ask, it is what it is derived from. */
  using Self = NormalizedRegistrationMethod;
  using Superclass = TMethod;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  itkNewMacro(Self);

  void
  SetNormalizedMetric(NormalizedMetric * metric)
  {
    m_NormalizedMetric = metric;
  }

  /** A function that is called instead of the optimizer, at levels where it returns true. */
  void
  SetSkip(std::function<bool()> skip)
  {
    m_Skip = std::move(skip);
  }

protected:
  NormalizedRegistrationMethod() = default;
  ~NormalizedRegistrationMethod() override = default;

  void
  InitializeRegistrationAtEachLevel(const SizeValueType level) override
  {
    Superclass::InitializeRegistrationAtEachLevel(level);
    if (m_NormalizedMetric)
    {
      this->m_Optimizer->SetMetric(m_NormalizedMetric);
    }
  }

  void
  RunOptimizer() override
  {
    if (!m_Skip || !m_Skip())
    {
      Superclass::RunOptimizer();
    }
  }

private:
  NormalizedMetric::Pointer m_NormalizedMetric{};
  std::function<bool()>     m_Skip{};
};
} // end namespace itk

#endif // itkNormalizedRegistrationMethod_h
