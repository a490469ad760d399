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
#ifndef itkBSplineBendingEnergy_h
#define itkBSplineBendingEnergy_h

#include "geometry/itkVectorInstructions.h"
#include "itkBSplineTransform.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class BSplineBendingEnergy
 * \brief How much a cubic B-spline bends: the integral, over its domain, of the squares of all second derivatives of
 * the displacement, in physical units. It is 0 for a displacement that is linear.
 *
 * That is the thin-plate energy of Rueckert et al., "Nonrigid registration using free-form deformations", IEEE TMI
 * 18(8), 1999. The integral is exact: a quadratic form of the coefficients, whose matrix is a sum of Kronecker products
 * of matrices along the axes, each with seven diagonals.
 *
 * \tparam VDimension dimension of space
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class BSplineBendingEnergy
{
public:
  using TransformType = BSplineTransform<double, VDimension, 3>;

  /** Of no grid. */
  BSplineBendingEnergy() = default;

  /** Of the grid that a transform has now. */
  explicit BSplineBendingEnergy(const TransformType & transform);

  /** Whether it is that of the grid that a transform has now. */
  bool
  IsFor(const TransformType & transform) const;

  /** \param coefficients of the grid, one component of the displacement after the other, as in the parameters of
   * BSplineTransform
   * \param factor of what is added
   * \param derivative to which the derivative with respect to the coefficients, times the factor, is added; null: none
   * \return the energy */
  double
  Evaluate(const double * coefficients, double factor, double * derivative) const;

private:
  /** Reaches of two splines overlap if their knots are less than four cells apart. */
  static constexpr int Reach = 3;
  using RowType = std::array<double, 2 * Reach + 1>;
  using BandType = std::vector<RowType>;

  /** Integrals of products of splines along an axis, by row and diagonal. */
  struct AxisType
  {
    std::size_t Size{};
    /** Of their values, first and second derivatives. */
    BandType Mass{};
    BandType Slope{};
    BandType Curvature{};
  };
  /** Coefficients that were multiplied by matrices along some axes: without a derivative, with one first derivative of
   * two, and with both or the second one. */
  using StatesType = std::array<std::vector<double>, 3>;

  static AxisType
  MakeAxis(std::size_t size, double spacing);
  /** output += factor * matrix along an axis * input. */
  void
  Multiply(unsigned int                axis,
           const BandType &            band,
           double                      factor,
           const std::vector<double> & input,
           std::vector<double> &       output) const;

  /** output[k] += the sum over n of row[n] * input[k + n * stride], for k from 0 to the number. */
  static void
  MultiplyByRow(const RowType & row, std::size_t stride, std::size_t number, const double * input, double * output);
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  MultiplyAllByRow(const RowType & row, std::size_t stride, std::size_t number, const double * input, double * output)
  {
    static_assert(Reach == 3, "Written out, for a compiler to work on several at once.");
    for (std::size_t k = 0; k < number; ++k)
    {
      const double * const in = input + k;
      output[k] += row[0] * in[0] + row[1] * in[stride] + row[2] * in[2 * stride] + row[3] * in[3 * stride] +
                   row[4] * in[4 * stride] + row[5] * in[5 * stride] + row[6] * in[6 * stride];
    }
  }
#if defined(ITK_VECTOR_INSTRUCTIONS_X86)
  __attribute__((target("avx2"))) static void
  MultiplyByRowWithAVX2(const RowType & row,
                        std::size_t     stride,
                        std::size_t     number,
                        const double *  input,
                        double *        output)
  {
    MultiplyAllByRow(row, stride, number, input, output);
  }
#endif

  std::array<AxisType, VDimension>                        m_Axes{};
  typename TransformType::ImageType::SpacingType          m_Spacing{};
  typename TransformType::ImageType::RegionType::SizeType m_Size{};
  std::size_t                                             m_NumberOfControlPoints{};
};
} // end namespace itk

#endif // itkBSplineBendingEnergy_h
