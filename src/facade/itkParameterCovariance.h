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
#ifndef itkParameterCovariance_h
#define itkParameterCovariance_h

#include "facade/itkRegistrationInputs.h"
#include "facade/itkSampleGroups.h"

#include "itkCompositeTransform.h"
#include "itkImageToImageMetricv4.h"

#include <vnl/vnl_matrix.h>

#include <vector>

namespace itk
{
/** \class ParameterCovariance
 * \brief How far the few parameters of a linear transform scatter from one draw of sample points to the next.
 *
 * Where a metric has its minimum, its derivative over other samples is not zero, but scatters; divided by the curvature
 * of the metric, on both sides, its covariance is that of the parameters (the sandwich estimator: Huber 1967, White
 * 1982). The covariance is taken from what the derivative becomes without each of some disjoint groups of samples in
 * turn (the delete-a-group jackknife: Kott 2001), which is right whatever the metric makes of all samples together;
 * the curvature from differences of the derivative at parameters nearby.
 *
 * Directions are measured by how far they move the samples, in the root mean square. One along which the metric has
 * less than a hundredth of the greatest curvature is not determined.
 *
 * \ingroup MaskedSampling
 */
template <typename TImage>
class ParameterCovariance
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using TransformType = typename InputsType::TransformType;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using PointType = Point<double, ImageDimension>;
  using VectorType = Vector<double, ImageDimension>;

  /** \param settings of the stage, with values for every level
   * \param transform as it was optimised
   * \param chain what is applied after it
   * \param points to compute with, of other samples than those of the registration
   * \param numberOfGroups of the jackknife
   * \exception ExceptionObject if the metric cannot be evaluated there */
  ParameterCovariance(const SettingsType &           settings,
                      const InputsType &             inputs,
                      const TransformType &          transform,
                      const CompositeTransformType & chain,
                      const std::vector<PointType> & points,
                      SizeValueType                  numberOfGroups);

  /** Whether there is a covariance for a metric and a transform. */
  static bool
  IsKnown(const SettingsType & settings, const TransformType & transform);

  /** Of the parameters, for a registration with a number of samples. */
  vnl_matrix<double>
  GetCovariance(double numberOfSamples) const;

  /** Standard deviation along the direction in which it is greatest, as a length, and this direction in parameters;
   * infinite along one that is not determined. */
  double
  FindWeakest(double numberOfSamples, vnl_vector<double> & direction) const;

  /** How far the samples scatter, in the root mean square. */
  double
  GetRootMeanSquare(double numberOfSamples) const;

  /** Whether the metric has a minimum in every direction; otherwise, there is no covariance. */
  bool
  IsDetermined() const
  {
    return m_Undetermined.empty();
  }

private:
  using MetricType = ImageToImageMetricv4<TImage, TImage>;
  using MatrixType = vnl_matrix<double>;
  using GroupsType = SampleGroups<ImageDimension>;

  /** Directions that move the samples by a root mean square of 1, one in each column. */
  static MatrixType
  FindDirections(const TransformType & transform, const std::vector<PointType> & points);
  void
  Evaluate(MetricType & metric, const GroupsType & groups, double step);

  MatrixType m_Directions{};
  /** In these directions, for all the points. */
  MatrixType m_Covariance{};
  /** A direction along which there is no minimum. Empty: none. */
  vnl_vector<double> m_Undetermined{};
  SizeValueType      m_NumberOfPoints{};
  /** Root mean square of the distances of the samples from their middle, but at least a voxel. */
  double m_Radius{};
};
} // end namespace itk

#include "facade/itkParameterCovariance.hxx"

#endif // itkParameterCovariance_h
