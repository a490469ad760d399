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
#ifndef itkSampledMetricMixin_hxx
#define itkSampledMetricMixin_hxx

namespace itk
{
template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::Initialize()
{
  m_Engine.Clear();
  m_IsSuperclassInitialized = false;
  if (!EngineType::IsApplicable(*this))
  {
    Superclass::Initialize();
    m_IsSuperclassInitialized = true;
    return;
  }
  const bool usesFilter = this->m_UseMovingImageGradientFilter;
  this->m_UseMovingImageGradientFilter = false;
  try
  {
    this->ImageMetricType::Initialize();
  }
  catch (...)
  {
    this->m_UseMovingImageGradientFilter = usesFilter;
    throw;
  }
  this->m_UseMovingImageGradientFilter = usesFilter;
  this->InitializeSampling();
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::InitializeForIteration() const
{
  m_IsLeftToSuperclass = !EngineType::IsApplicable(*this);
  if (!m_IsLeftToSuperclass)
  {
    this->ImageMetricType::InitializeForIteration();
    return;
  }
  if (!m_IsSuperclassInitialized)
  {
    // Settings were changed after Initialize(), which left this out.
    if (this->GetGradientSourceIncludesMoving() && this->m_UseMovingImageGradientFilter)
    {
      this->ComputeMovingImageGradientFilterImage();
    }
    m_IsSuperclassInitialized = true;
  }
  Superclass::InitializeForIteration();
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::GetValueAndDerivativeExecute() const
{
  if (m_IsLeftToSuperclass)
  {
    Superclass::GetValueAndDerivativeExecute();
    return;
  }
  if constexpr (EngineType::IsTypeKnown)
  {
    m_Engine.Start(*this);
    this->m_NumberOfValidPoints = this->EvaluateSamples(m_Engine);
    this->VerifyNumberOfValidPoints(this->m_Value, *this->m_DerivativeResult);
  }
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);

  os << indent << "Engine: " << m_Engine.GetNumberOfSamples() << " samples" << std::endl;
  os << indent << "IsLeftToSuperclass: " << (m_IsLeftToSuperclass ? "Yes" : "No") << std::endl;
  os << indent << "IsSuperclassInitialized: " << (m_IsSuperclassInitialized ? "Yes" : "No") << std::endl;
}
} // end namespace itk

#endif // itkSampledMetricMixin_hxx
