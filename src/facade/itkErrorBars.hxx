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
#ifndef itkErrorBars_hxx
#define itkErrorBars_hxx

#include "geometry/itkCanBeDecomposed.h"
#include "geometry/itkPointSpread.h"

#include "itkMath.h"

#include <vnl/algo/vnl_svd.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace itk
{
template <typename TImage>
std::string
ErrorBars<TImage>::Estimate(const std::vector<PointType> & points, ReportType & report) const
{
  if (!ParameterCovariance<TImage>::IsKnown(m_Settings, m_Transform))
  {
    return {};
  }
  try
  {
    return this->EvaluateCovariance(points, report);
  }
  catch (const ExceptionObject & exception)
  {
    return std::string("Near the result, the metric cannot be evaluated: ") + exception.GetDescription();
  }
}

template <typename TImage>
std::string
ErrorBars<TImage>::EvaluateCovariance(const std::vector<PointType> & points, ReportType & report) const
{
  constexpr SizeValueType mostGroups = 12;
  constexpr SizeValueType fewestPerGroup = 4;
  const SizeValueType     numberOfGroups = std::min(mostGroups, points.size() / fewestPerGroup);
  const char * const      wayOut = ". More samples, a larger mask, or a transform with fewer parameters may help.";
  if (numberOfGroups < 2)
  {
    return "The samples hardly determine anything: they are " + std::to_string(points.size()) + wayOut;
  }
  const auto                        used = static_cast<double>(std::max<SizeValueType>(m_NumberOfSamples, 1));
  const ParameterCovariance<TImage> covariance(m_Settings, m_Inputs, m_Transform, m_Chain, points, numberOfGroups);
  vnl_vector<double>                direction;
  const double                      weakest = covariance.FindWeakest(used, direction);
  const double                      voxel = m_Inputs.GetShortestSpacing();
  if (covariance.IsDetermined())
  {
    this->SetErrors(covariance.GetCovariance(used), points, report);
  }
  constexpr double most = 0.6; // in voxels
  const double     ofAll = covariance.IsDetermined() ? covariance.GetRootMeanSquare(used) : 0.0;
  if (covariance.IsDetermined() && ofAll <= most * voxel)
  {
    return {};
  }
  std::ostringstream text;
  text << "The samples hardly determine " << this->DescribeDirection(direction, points);
  if (covariance.IsDetermined())
  {
    text << ": its standard error is " << weakest << ", that of all together " << ofAll << ", voxels are " << voxel
         << " long";
  }
  text << wayOut;
  return text.str();
}

template <typename TImage>
void
ErrorBars<TImage>::SetErrors(const vnl_matrix<double> &     matrix,
                             const std::vector<PointType> & points,
                             ReportType &                   report) const
{
  const unsigned int parameters = matrix.rows();
  report.Covariance.SetSize(parameters, parameters);
  std::copy_n(matrix.begin(), matrix.size(), report.Covariance.data_block());

  // Corners of a simplex: what is linear is known everywhere from what it is there.
  const PointSpread<ImageDimension> spread(points);
  const double                      radius = std::max(spread.RootMeanSquare, m_Inputs.GetShortestSpacing());
  report.Anchors.assign(ImageDimension + 1, spread.Middle);
  vnl_matrix<double> jacobians((ImageDimension + 1) * ImageDimension, parameters, 0.0);
  // A shift of all points that is in every draw of samples, as that of a bias field: by experience.
  constexpr double   systematicVoxels = 0.07;
  const double       ofAxis = systematicVoxels * m_Inputs.GetShortestSpacing() / std::sqrt(double{ ImageDimension });
  vnl_matrix<double> systematic((ImageDimension + 1) * ImageDimension, ImageDimension, 0.0);
  for (unsigned int k = 0; k <= ImageDimension; ++k)
  {
    if (k > 0)
    {
      report.Anchors[k][k - 1] += radius;
    }
    typename TransformType::JacobianType jacobian;
    m_Transform.ComputeJacobianWithRespectToParameters(report.Anchors[k], jacobian);
    // What comes after it turns and stretches.
    const double step = 1e-3 * radius;
    const auto   after = DifferentiateAt(m_Chain, m_Transform.TransformPoint(report.Anchors[k]), step);
    jacobians.update(after * jacobian, k * ImageDimension, 0);
    systematic.update(after * DifferentiateAt(m_Transform, report.Anchors[k], step) * ofAxis, k * ImageDimension, 0);
  }
  const vnl_matrix<double> ofAnchors = jacobians * matrix * jacobians.transpose() + systematic * systematic.transpose();
  report.AnchorCovariance.SetSize(ofAnchors.rows(), ofAnchors.cols());
  std::copy_n(ofAnchors.begin(), ofAnchors.size(), report.AnchorCovariance.data_block());
  double variance = 0.0;
  for (const auto & point : points)
  {
    variance += Math::sqr(report.GetStandardErrorAt(point)) / static_cast<double>(points.size());
  }
  report.StandardError = std::sqrt(variance);
}

template <typename TImage>
std::string
ErrorBars<TImage>::DescribeSqueeze() const
{
  constexpr double most = 2.5;
  if (!m_Transform.IsLinear())
  {
    return {};
  }
  const auto jacobian = DifferentiateAt(m_Transform, {}, m_Inputs.GetShortestSpacing());
  if (!CanBeDecomposed(jacobian))
  {
    return {};
  }
  const vnl_svd<double> decomposition(jacobian);
  const double          greatest = decomposition.W()(0);
  const double          least = decomposition.W()(ImageDimension - 1);
  if (greatest <= most * least)
  {
    return {};
  }
  std::ostringstream text;
  text.precision(3);
  text << "The result stretches by " << greatest << " along one direction, and by " << least
       << " along another: so do results that are lost. A rigid transform first, or a search for the start, may help.";
  return text.str();
}

template <typename TImage>
std::string
ErrorBars<TImage>::DescribeVector(const Vector<double, ImageDimension> & vector)
{
  std::ostringstream text;
  text.precision(3);
  text << '(';
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    text << (d > 0 ? ", " : "") << vector[d];
  }
  text << ')';
  return text.str();
}

template <typename TImage>
std::string
ErrorBars<TImage>::DescribeDirection(const vnl_vector<double> & direction, const std::vector<PointType> & points) const
{
  typename TransformType::JacobianType jacobian;
  Vector<double, ImageDimension>       mean{};
  double                               square = 0.0;
  for (const auto & point : points)
  {
    m_Transform.ComputeJacobianWithRespectToParameters(point, jacobian);
    const vnl_vector<double> moved = jacobian * direction;
    square += moved.squared_magnitude() / static_cast<double>(points.size());
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      mean[d] += moved[d] / static_cast<double>(points.size());
    }
  }
  constexpr double most = 0.5; // of what it does is a shift
  if (mean.GetSquaredNorm() > most * square)
  {
    return "a shift along " + DescribeVector(mean / mean.GetNorm());
  }
  return m_Transform.GetNumberOfParameters() <= ImageDimension * (ImageDimension + 1) / 2
           ? "a turn"
           : "a turn or a change of the shape";
}

template <typename TImage>
vnl_matrix<double>
ErrorBars<TImage>::DifferentiateAt(const TransformType & transform, const PointType & point, double step)
{
  vnl_matrix<double> jacobian(ImageDimension, ImageDimension);
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    Vector<double, ImageDimension> shift{};
    shift[d] = step;
    const auto difference = transform.TransformPoint(point + shift) - transform.TransformPoint(point - shift);
    jacobian.set_column(d, (difference / (2.0 * step)).GetVnlVector().as_ref());
  }
  return jacobian;
}
} // end namespace itk

#endif // itkErrorBars_hxx
