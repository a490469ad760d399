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
#ifndef itkCombinedMetric_h
#define itkCombinedMetric_h

#include "facade/itkMetricLikelihood.h"

#include "itkObjectToObjectMultiMetricv4.h"

#include <string>
#include <vector>

namespace itk
{
/** \class CombinedMetric
 * \brief The weighted mean of metrics, each as a logarithm of a likelihood per sample.
 *
 * Other than ObjectToObjectMultiMetricv4, its value is that of all metrics, of which its derivative is the derivative:
 * optimizers that compare values need that. What makes a metric a logarithm of a likelihood is that of its value where
 * it is evaluated first after Initialize(), that is at the start of a level.
 *
 * \ingroup MaskedSampling
 */
template <typename TImage>
class CombinedMetric
  : public ObjectToObjectMultiMetricv4<TImage::ImageDimension, TImage::ImageDimension, TImage, double>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(CombinedMetric);

  using Self = CombinedMetric;
  using Superclass = ObjectToObjectMultiMetricv4<TImage::ImageDimension, TImage::ImageDimension, TImage, double>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using typename Superclass::DerivativeType;
  using typename Superclass::MeasureType;
  using typename Superclass::MetricType;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(CombinedMetric);

  /** \param name of the metric, as settings have it
   * \param weight more than 0 */
  void
  Add(MetricType & metric, const std::string & name, double weight)
  {
    this->AddMetric(&metric);
    m_Parts.push_back({ ChooseMetricLikelihood(name), weight, 0.0 });
  }

  void
  Initialize() override
  {
    Superclass::Initialize();
    double sum = 0.0;
    for (Part & part : m_Parts)
    {
      part.Factor = 0.0;
      sum += part.Weight;
    }
    m_SumOfWeights = sum;
  }

  MeasureType
  GetValue() const override
  {
    this->m_NumberOfValidPoints = 0;
    MeasureType   sum{};
    SizeValueType valid = 0;
    for (SizeValueType n = 0; n < m_Parts.size(); ++n)
    {
      const auto &      metric = *this->GetMetricQueue()[n];
      const MeasureType value = metric.GetValue();
      sum += this->GetFactor(n, value) * value;
      valid += metric.GetNumberOfValidPoints();
    }
    this->m_NumberOfValidPoints = valid;
    this->m_Value = sum;
    return sum;
  }

  void
  GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const override
  {
    this->m_NumberOfValidPoints = 0;
    derivative.SetSize(this->GetNumberOfParameters());
    derivative.Fill(0.0);
    MeasureType    sum{};
    SizeValueType  valid = 0;
    DerivativeType own;
    for (SizeValueType n = 0; n < m_Parts.size(); ++n)
    {
      const auto & metric = *this->GetMetricQueue()[n];
      MeasureType  ownValue{};
      metric.GetValueAndDerivative(ownValue, own);
      const double factor = this->GetFactor(n, ownValue);
      sum += factor * ownValue;
      for (SizeValueType p = 0; p < derivative.Size(); ++p)
      {
        derivative[p] += factor * own[p];
      }
      valid += metric.GetNumberOfValidPoints();
    }
    this->m_NumberOfValidPoints = valid;
    this->m_Value = sum;
    value = sum;
  }

protected:
  CombinedMetric() = default;
  ~CombinedMetric() override = default;

private:
  struct Part
  {
    double (*Likelihood)(double);
    double         Weight;
    mutable double Factor;
  };

  /** What a value is multiplied by. Images that are equal give squares of 0, which have no unit. */
  double
  GetFactor(SizeValueType number, MeasureType value) const
  {
    const Part & part = m_Parts[number];
    if (part.Factor == 0.0)
    {
      const double likelihood = part.Likelihood(value);
      part.Factor = part.Weight / m_SumOfWeights / (likelihood > 0.0 ? likelihood : 1.0);
    }
    return part.Factor;
  }

  std::vector<Part> m_Parts{};
  double            m_SumOfWeights{ 1.0 };
};
} // end namespace itk

#endif // itkCombinedMetric_h
