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
#ifndef itkNormalizedMetric_h
#define itkNormalizedMetric_h

#include "MaskedSamplingExport.h"

#include "itkObjectToObjectMetricBase.h"
#include "itkOptimizerParameterScalesEstimator.h"

namespace itk
{
/** \class NormalizedMetric
 * \brief A metric as an optimizer sees it that is not to depend on units: neither of intensities, nor of lengths.
 *
 * A step of 1 of any parameter moves points by about one voxel. The value is multiplied by a power of two, which keeps
 * all its digits, such that the first gradient has a length between 0.7 and 1.5 (or the first value, for optimizers
 * that ask for no gradient). So tolerances and steps of optimizers, which are absolute numbers, mean the same for all
 * images.
 *
 * The scale of a parameter is the square of the shift that it makes, as RegistrationParameterScalesEstimator has it.
 *
 * \ingroup MaskedSampling
 */
class MaskedSampling_EXPORT NormalizedMetric : public ObjectToObjectMetricBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NormalizedMetric);

  /** Standard class type aliases. */
  using Self = NormalizedMetric;
  using Superclass = ObjectToObjectMetricBase;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NormalizedMetric);

  using EstimatorType = OptimizerParameterScalesEstimator;
  using ScalesType = EstimatorType::ScalesType;

  /** \param metric that is evaluated
   * \param estimator of the scales of its parameters; null: they are those that are given
   * \param scales that are given; empty: all are 1
   * \param length of a voxel, in the unit of shifts that the estimator has */
  void
  SetMetric(Superclass * metric, EstimatorType * estimator, const ScalesType & scales, double length);

  /** Forget the scales: they are found anew when the optimizer first asks for anything. The factor stays that of the
   * first level, as optimizers keep a learning rate that they have estimated there. */
  void
  StartLevel();

  /** What values are multiplied by. */
  double
  GetFactor() const
  {
    return m_Factor;
  }

  /** The scales of the parameters of the metric; empty before they are found. */
  const ScalesType &
  GetScales() const
  {
    return m_Scales;
  }

  /** Parameters of the metric, from those that the optimizer has. */
  ParametersType
  Denormalize(const ParametersType & normalized) const;

  void
  Initialize() override
  {
    m_Metric->Initialize();
  }
  MeasureType
  GetValue() const override;
  void
  GetDerivative(DerivativeType & derivative) const override;
  void
  GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const override;
  NumberOfParametersType
  GetNumberOfParameters() const override
  {
    return m_Metric->GetNumberOfParameters();
  }
  NumberOfParametersType
  GetNumberOfLocalParameters() const override
  {
    return m_Metric->GetNumberOfLocalParameters();
  }
  void
  SetParameters(ParametersType & parameters) override;
  const ParametersType &
  GetParameters() const override;
  bool
  HasLocalSupport() const override
  {
    return m_Metric->HasLocalSupport();
  }
  void
  UpdateTransformParameters(const DerivativeType & derivative, ParametersValueType factor = 1.0) override;

protected:
  NormalizedMetric() = default;
  ~NormalizedMetric() override = default;

private:
  void
  Prepare() const;
  void
  ChooseFactor(double size) const;

  Superclass::Pointer    m_Metric{};
  EstimatorType::Pointer m_Estimator{};
  ScalesType             m_GivenScales{};
  double                 m_Length{ 1.0 };
  mutable ScalesType     m_Scales{};
  /** What a step of 1 is, in units of the parameters of the metric. */
  mutable Array<double>  m_Units{};
  mutable ParametersType m_Parameters{};
  mutable double         m_Factor{ 1.0 };
  mutable bool           m_HasFactor{};
};

/** \class NormalizedScalesEstimator
 * \brief How far points go by a step of an optimizer that sees a NormalizedMetric, in voxels.
 * \ingroup MaskedSampling
 */
class MaskedSampling_EXPORT NormalizedScalesEstimator : public OptimizerParameterScalesEstimator
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NormalizedScalesEstimator);

  /** Standard class type aliases. */
  using Self = NormalizedScalesEstimator;
  using Superclass = OptimizerParameterScalesEstimator;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NormalizedScalesEstimator);

  /** \param metric that the optimizer sees
   * \param estimator for the metric behind it
   * \param length of a voxel, in the unit of shifts that the estimator has */
  void
  SetMetric(const NormalizedMetric * metric, Superclass * estimator, double length)
  {
    m_Metric = metric;
    m_Estimator = estimator;
    m_Length = length;
  }

  /** All are 1. */
  void
  EstimateScales(ScalesType & scales) override;
  FloatType
  EstimateStepScale(const ParametersType & step) override;
  void
  EstimateLocalStepScales(const ParametersType & step, ScalesType & localStepScales) override;
  FloatType
  EstimateMaximumStepSize() override;

protected:
  NormalizedScalesEstimator() = default;
  ~NormalizedScalesEstimator() override = default;

private:
  NormalizedMetric::ConstPointer m_Metric{};
  Superclass::Pointer            m_Estimator{};
  double                         m_Length{ 1.0 };
};
} // end namespace itk

#endif // itkNormalizedMetric_h
