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
#ifndef itkErrorBars_h
#define itkErrorBars_h

#include "facade/itkParameterCovariance.h"

#include <string>
#include <vector>

namespace itk
{
/** \class ErrorBars
 * \brief Standard errors of a result and of points, from the covariance of its parameters, and whether it is weak.
 * \sa ParameterCovariance
 * \ingroup MaskedSampling
 */
template <typename TImage>
class ErrorBars
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;
  using TransformType = typename InputsType::TransformType;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using PointType = Point<double, ImageDimension>;
  using ReportType = typename MaskedImageRegistration<TImage>::UncertaintyReport;

  /** See UncertaintyEstimate. */
  ErrorBars(const InputsType &                 inputs,
            const MaskedRegistrationSettings & settings,
            const TransformType &              transform,
            const CompositeTransformType &     chain,
            SizeValueType                      numberOfSamples)
    : m_Inputs(inputs)
    , m_Settings(settings)
    , m_Transform(transform)
    , m_Chain(chain)
    , m_NumberOfSamples(numberOfSamples)
  {}

  /** To estimate with. */
  static SizeValueType
  GetNumberOfPoints(bool isThorough)
  {
    constexpr SizeValueType usual = 2000;
    constexpr SizeValueType thorough = 32000;
    return isThorough ? thorough : usual;
  }

  /** Set the errors, if they can be known.
   * \return that a direction is hardly determined, or nothing */
  std::string
  Estimate(const std::vector<PointType> & points, ReportType & report) const;

  /** \return that a linear transform is hardly one of an object, or nothing */
  std::string
  DescribeSqueeze() const;

  static std::string
  DescribeVector(const Vector<double, ImageDimension> & vector);

private:
  std::string
  EvaluateCovariance(const std::vector<PointType> & points, ReportType & report) const;
  /** What follows from the covariance of the parameters, and from what is systematic. */
  void
  SetErrors(const vnl_matrix<double> & matrix, const std::vector<PointType> & points, ReportType & report) const;
  /** By differences, as chains of transforms do not have it. */
  static vnl_matrix<double>
  DifferentiateAt(const TransformType & transform, const PointType & point, double step);
  /** What a change of the parameters does to the points: a shift, a turn, or what else. */
  std::string
  DescribeDirection(const vnl_vector<double> & direction, const std::vector<PointType> & points) const;

  const InputsType &                 m_Inputs;
  const MaskedRegistrationSettings & m_Settings;
  const TransformType &              m_Transform;
  const CompositeTransformType &     m_Chain;
  SizeValueType                      m_NumberOfSamples;
};
} // end namespace itk

#include "facade/itkErrorBars.hxx"

#endif // itkErrorBars_h
