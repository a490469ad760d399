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
#ifndef itkParameterCovariance_hxx
#define itkParameterCovariance_hxx

#include "facade/itkCallWithMetric.h"
#include "facade/itkMetricAtSamples.h"
#include "geometry/itkCanBeDecomposed.h"
#include "geometry/itkPointSpread.h"

#include "itkQuietScope.h"

#include <vnl/algo/vnl_symmetric_eigensystem.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TImage>
bool
ParameterCovariance<TImage>::IsKnown(const SettingsType & settings, const TransformType & transform)
{
  constexpr SizeValueType most = 12;
  return transform.IsLinear() && transform.GetNumberOfParameters() > 0 && transform.GetNumberOfParameters() <= most &&
         GetMetricAtSamples(settings.Metric) == settings.Metric;
}

template <typename TImage>
ParameterCovariance<TImage>::ParameterCovariance(const SettingsType &           settings,
                                                 const InputsType &             inputs,
                                                 const TransformType &          transform,
                                                 const CompositeTransformType & chain,
                                                 const std::vector<PointType> & points,
                                                 SizeValueType                  numberOfGroups)
  : m_Directions(FindDirections(transform, points))
  , m_NumberOfPoints(points.size())
{
  constexpr double voxelsOfStep = 0.5; // less is less smooth, more is not of this minimum
  m_Radius = std::max(PointSpread<ImageDimension>(points).RootMeanSquare, inputs.GetShortestSpacing());
  const QuietScope scope;
  const GroupsType groups(points, numberOfGroups);
  CallWithMetric<TImage>(settings, inputs, transform, chain, points, [&](MetricType & metric) {
    this->Evaluate(metric, groups, voxelsOfStep * inputs.GetShortestSpacing());
  });
}

template <typename TImage>
auto
ParameterCovariance<TImage>::FindDirections(const TransformType & transform, const std::vector<PointType> & points)
  -> MatrixType
{
  const auto                           number = static_cast<unsigned int>(transform.GetNumberOfParameters());
  MatrixType                           moments(number, number, 0.0);
  typename TransformType::JacobianType jacobian;
  for (const auto & point : points)
  {
    transform.ComputeJacobianWithRespectToParameters(point, jacobian);
    moments += jacobian.transpose() * jacobian;
  }
  if (!CanBeDecomposed(moments))
  {
    itkGenericExceptionMacro("The parameters do not move the samples by finite lengths.");
  }
  // Angles and lengths have other units: each is made one before they are mixed.
  std::vector<double> lengths(number);
  for (unsigned int k = 0; k < number; ++k)
  {
    lengths[k] = std::sqrt(moments(k, k) / static_cast<double>(points.size()));
  }
  MatrixType scaled(number, number, 0.0);
  for (unsigned int row = 0; row < number; ++row)
  {
    for (unsigned int column = 0; column < number; ++column)
    {
      const double length = lengths[row] * lengths[column];
      scaled(row, column) = length > 0.0 ? moments(row, column) / (length * static_cast<double>(points.size())) : 0.0;
    }
  }
  const vnl_symmetric_eigensystem<double> system(scaled);
  constexpr double                        least = 1e-9; // of the greatest: what moves no sample cannot be told
  MatrixType                              directions(number, 0);
  std::vector<vnl_vector<double>>         columns;
  for (unsigned int k = 0; k < number; ++k)
  {
    if (system.D(k, k) > least * system.D(number - 1, number - 1))
    {
      vnl_vector<double> column = system.V.get_column(k) / std::sqrt(system.D(k, k));
      for (unsigned int row = 0; row < number; ++row)
      {
        column[row] = lengths[row] > 0.0 ? column[row] / lengths[row] : 0.0;
      }
      columns.push_back(column);
    }
  }
  directions.set_size(number, static_cast<unsigned int>(columns.size()));
  for (unsigned int k = 0; k < columns.size(); ++k)
  {
    directions.set_column(k, columns[k]);
  }
  return directions;
}

template <typename TImage>
void
ParameterCovariance<TImage>::Evaluate(MetricType & metric, const GroupsType & groups, double step)
{
  const auto                                number = m_Directions.columns();
  typename MetricType::ParametersType const position(metric.GetParameters());
  const auto                                evaluate = [&] {
    typename MetricType::DerivativeType derivative(metric.GetNumberOfParameters());
    metric.GetDerivative(derivative);
    vnl_vector<double> result(m_Directions.rows());
    std::copy(derivative.begin(), derivative.end(), result.begin());
    return m_Directions.transpose() * result;
  };

  MatrixType                      scatter(number, number, 0.0);
  std::vector<vnl_vector<double>> derivatives;
  vnl_vector<double>              mean(number, 0.0);
  const auto                      numberOfGroups = static_cast<double>(groups.GetNumberOfGroups());
  for (SizeValueType without = 0; without < groups.GetNumberOfGroups(); ++without)
  {
    groups.SetSamples(metric, [without](SizeValueType group) { return group != without; });
    derivatives.push_back(evaluate());
    mean += derivatives.back() / numberOfGroups;
  }
  for (const auto & derivative : derivatives)
  {
    const auto difference = derivative - mean;
    scatter += outer_product(difference, difference);
  }
  scatter *= (numberOfGroups - 1.0) / numberOfGroups;

  groups.SetSamples(metric, [](SizeValueType) { return true; });
  MatrixType curvature(number, number, 0.0);
  // How much less steep it is downhill, per length, along a direction. ITK's derivative points downhill.
  const auto differentiate = [&](const vnl_vector<double> & direction, double by) {
    const vnl_vector<double> shift = m_Directions * direction;
    const auto               evaluateAt = [&](double factor) {
      auto moved = position;
      std::transform(
        position.begin(), position.end(), shift.begin(), moved.begin(), [factor](double value, double change) {
          return value + factor * change;
        });
      metric.SetParameters(moved);
      return evaluate();
    };
    return vnl_vector<double>((evaluateAt(-by) - evaluateAt(by)) / (2.0 * by));
  };
  for (unsigned int k = 0; k < number; ++k)
  {
    vnl_vector<double> direction(number, 0.0);
    direction[k] = 1.0;
    const auto column = differentiate(direction, step);
    for (unsigned int row = 0; row < number; ++row)
    {
      curvature(row, k) += 0.5 * column[row];
      curvature(k, row) += 0.5 * column[row];
    }
  }

  if (!CanBeDecomposed(curvature) || !CanBeDecomposed(scatter))
  {
    itkGenericExceptionMacro("No parameter moves the samples, or the derivative is beyond all numbers.");
  }
  const vnl_symmetric_eigensystem<double> system(curvature);
  constexpr double                        least = 1e-6; // of the greatest: rounding
  constexpr double                        longer = 4.0;
  MatrixType                              inverse(number, number, 0.0);
  const double                            greatest = system.D(number - 1, number - 1);
  m_Undetermined = greatest > 0.0 ? vnl_vector<double>() : system.V.get_column(number - 1);
  for (unsigned int k = 0; k < number && greatest > 0.0; ++k)
  {
    const auto   direction = system.V.get_column(k);
    double       ofDirection = system.D(k, k);
    const double deviation = std::sqrt(dot_product(direction, scatter * direction));
    if (deviation > step * ofDirection || ofDirection < least * greatest)
    {
      // The curvature of a step is that of its length: where the result may be farther off, so far.
      ofDirection = dot_product(direction, differentiate(direction, longer * step));
    }
    if (ofDirection < least * greatest || deviation > m_Radius * ofDirection)
    {
      m_Undetermined = direction;
      break;
    }
    inverse += outer_product(direction, direction) / ofDirection;
  }
  m_Covariance = inverse * scatter * inverse;
  if (this->IsDetermined() && !CanBeDecomposed(m_Covariance))
  {
    itkGenericExceptionMacro("The covariance of the parameters is beyond all numbers.");
  }
}

template <typename TImage>
auto
ParameterCovariance<TImage>::GetCovariance(double numberOfSamples) const -> vnl_matrix<double>
{
  const double factor = static_cast<double>(m_NumberOfPoints) / numberOfSamples;
  return m_Directions * m_Covariance * m_Directions.transpose() * factor;
}

template <typename TImage>
double
ParameterCovariance<TImage>::GetRootMeanSquare(double numberOfSamples) const
{
  double sum = 0.0;
  for (unsigned int k = 0; k < m_Covariance.rows(); ++k)
  {
    sum += m_Covariance(k, k);
  }
  return std::sqrt(std::max(sum, 0.0) * static_cast<double>(m_NumberOfPoints) / numberOfSamples);
}

template <typename TImage>
double
ParameterCovariance<TImage>::FindWeakest(double numberOfSamples, vnl_vector<double> & direction) const
{
  if (!this->IsDetermined())
  {
    direction = m_Directions * m_Undetermined;
    return std::numeric_limits<double>::infinity();
  }
  const vnl_symmetric_eigensystem<double> system(m_Covariance);
  const unsigned int                      last = m_Covariance.rows() - 1;
  direction = m_Directions * system.V.get_column(last);
  return std::sqrt(std::max(system.D(last, last), 0.0) * static_cast<double>(m_NumberOfPoints) / numberOfSamples);
}
} // end namespace itk

#endif // itkParameterCovariance_hxx
