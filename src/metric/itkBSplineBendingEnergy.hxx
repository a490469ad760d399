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
#ifndef itkBSplineBendingEnergy_hxx
#define itkBSplineBendingEnergy_hxx

#include "metric/itkBSplineBendingEnergy.h"

#include "metric/itkCubicBSplineWeights.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace itk
{
template <unsigned int VDimension>
BSplineBendingEnergy<VDimension>::BSplineBendingEnergy(const TransformType & transform)
{
  const auto & grid = *transform.GetCoefficientImages()[0];
  m_Spacing = grid.GetSpacing();
  m_Size = grid.GetLargestPossibleRegion().GetSize();
  m_NumberOfControlPoints = grid.GetLargestPossibleRegion().GetNumberOfPixels();
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    m_Axes[d] = MakeAxis(m_Size[d], m_Spacing[d]);
  }
}

template <unsigned int VDimension>
bool
BSplineBendingEnergy<VDimension>::IsFor(const TransformType & transform) const
{
  const auto & grid = *transform.GetCoefficientImages()[0];
  return grid.GetSpacing() == m_Spacing && grid.GetLargestPossibleRegion().GetSize() == m_Size;
}

template <unsigned int VDimension>
auto
BSplineBendingEnergy<VDimension>::MakeAxis(std::size_t size, double spacing) -> AxisType
{
  // Quadrature of Gauss and Legendre with four points is exact for polynomials up to degree 7; products have 6.
  constexpr std::array<std::pair<double, double>, 4> quadrature{ { { 0.069431844202973712, 0.173927422568726929 },
                                                                   { 0.330009478207571868, 0.326072577431273071 },
                                                                   { 0.669990521792428132, 0.326072577431273071 },
                                                                   { 0.930568155797026288, 0.173927422568726929 } } };
  AxisType                                           axis;
  axis.Size = size;
  for (BandType * const band : { &axis.Mass, &axis.Slope, &axis.Curvature })
  {
    band->assign(size, RowType{});
  }
  for (std::size_t cell = 0; cell + Reach < size; ++cell)
  {
    for (const auto & [t, share] : quadrature)
    {
      const auto                           values = CubicBSplineWeights::Evaluate(t);
      const auto                           slopes = CubicBSplineWeights::EvaluateDerivative(t);
      const CubicBSplineWeights::ArrayType curvatures{ 1.0 - t, 3.0 * t - 2.0, 1.0 - 3.0 * t, t };
      for (unsigned int i = 0; i <= Reach; ++i)
      {
        for (unsigned int j = 0; j <= Reach; ++j)
        {
          const unsigned int diagonal = Reach + j - i;
          axis.Mass[cell + i][diagonal] += share * spacing * values[i] * values[j];
          axis.Slope[cell + i][diagonal] += share / spacing * slopes[i] * slopes[j];
          axis.Curvature[cell + i][diagonal] += share / (spacing * spacing * spacing) * curvatures[i] * curvatures[j];
        }
      }
    }
  }
  return axis;
}

template <unsigned int VDimension>
void
BSplineBendingEnergy<VDimension>::Multiply(unsigned int                axis,
                                           const BandType &            band,
                                           double                      factor,
                                           const std::vector<double> & input,
                                           std::vector<double> &       output) const
{
  const auto  size = static_cast<std::ptrdiff_t>(m_Axes[axis].Size);
  std::size_t stride = 1;
  for (unsigned int d = 0; d < axis; ++d)
  {
    stride *= m_Axes[d].Size;
  }
  const std::size_t block = stride * m_Axes[axis].Size;
  // Splines of which no part is beyond the domain have the same row.
  const std::ptrdiff_t firstWhole = std::min<std::ptrdiff_t>(Reach, size);
  const std::ptrdiff_t endOfWhole = std::max<std::ptrdiff_t>(size - Reach, firstWhole);
  const auto           numberOfWhole = static_cast<std::size_t>(endOfWhole - firstWhole) * stride;
  RowType              whole{};
  if (firstWhole < endOfWhole)
  {
    std::transform(
      band[Reach].begin(), band[Reach].end(), whole.begin(), [factor](double weight) { return factor * weight; });
  }
  for (std::size_t start = 0; start < m_NumberOfControlPoints; start += block)
  {
    const double * const in = input.data() + start;
    double * const       out = output.data() + start;
    MultiplyByRow(whole, stride, numberOfWhole, in, out + static_cast<std::size_t>(firstWhole) * stride);
    for (std::ptrdiff_t i = 0; i < size; ++i)
    {
      const bool isWhole = i >= firstWhole && i < endOfWhole;
      for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, i - Reach);
           !isWhole && j <= std::min<std::ptrdiff_t>(size - 1, i + Reach);
           ++j)
      {
        const double weight = factor * band[static_cast<std::size_t>(i)][static_cast<std::size_t>(Reach + j - i)];
        for (std::size_t k = 0; k < stride; ++k)
        {
          out[static_cast<std::size_t>(i) * stride + k] += weight * in[static_cast<std::size_t>(j) * stride + k];
        }
      }
    }
  }
}

template <unsigned int VDimension>
void
BSplineBendingEnergy<VDimension>::MultiplyByRow(const RowType & row,
                                                std::size_t     stride,
                                                std::size_t     number,
                                                const double *  input,
                                                double *        output)
{
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  if (__builtin_cpu_supports("avx2"))
  {
    MultiplyByRowWithAVX2(row, stride, number, input, output);
    return;
  }
#endif
  MultiplyAllByRow(row, stride, number, input, output);
}

template <unsigned int VDimension>
double
BSplineBendingEnergy<VDimension>::Evaluate(const double * coefficients, double factor, double * derivative) const
{
  double     energy = 0.0;
  StatesType states;
  StatesType next;
  for (unsigned int component = 0; component < VDimension; ++component)
  {
    const double * const first = coefficients + component * m_NumberOfControlPoints;
    states[0].assign(first, first + m_NumberOfControlPoints);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const AxisType & axis = m_Axes[d];
      const bool       isFirst = d == 0;
      const bool       isLast = d + 1 == VDimension;
      for (auto & state : next)
      {
        state.assign(m_NumberOfControlPoints, 0.0);
      }
      if (!isLast)
      {
        this->Multiply(d, axis.Mass, 1.0, states[0], next[0]);
        this->Multiply(d, axis.Slope, 1.0, states[0], next[1]);
      }
      this->Multiply(d, axis.Curvature, 1.0, states[0], next[2]);
      if (!isFirst)
      {
        if (!isLast)
        {
          this->Multiply(d, axis.Mass, 1.0, states[1], next[1]);
        }
        // Mixed derivatives count twice, once in each order.
        this->Multiply(d, axis.Slope, 2.0, states[1], next[2]);
        this->Multiply(d, axis.Mass, 1.0, states[2], next[2]);
      }
      std::swap(states, next);
    }
    const std::vector<double> & product = states[2];
    energy += std::inner_product(product.begin(), product.end(), first, 0.0);
    if (derivative != nullptr)
    {
      double * const out = derivative + component * m_NumberOfControlPoints;
      for (std::size_t i = 0; i < m_NumberOfControlPoints; ++i)
      {
        out[i] += 2.0 * factor * product[i];
      }
    }
  }
  return energy;
}

} // end namespace itk

#endif // itkBSplineBendingEnergy_hxx
