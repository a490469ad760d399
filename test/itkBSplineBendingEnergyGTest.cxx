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
#include "metric/itkBSplineBendingEnergy.hxx"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <type_traits>
#include <vector>

namespace BSplineBendingEnergyGTest
{
template <unsigned int VDimension>
class Spline
{
public:
  using TransformType = itk::BSplineTransform<double, VDimension, 3>;
  using ParametersType = typename TransformType::ParametersType;
  using PointType = itk::Point<double, VDimension>;
  using EnergyType = itk::BSplineBendingEnergy<VDimension>;

  /** Of cells of different numbers and lengths along the axes, turned and far from the origin. */
  explicit Spline(double scale = 1.0)
  {
    typename TransformType::MeshSizeType           cells;
    typename TransformType::PhysicalDimensionsType length;
    typename TransformType::OriginType             origin;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      // Along some axes, there are splines that are whole.
      cells[d] = VDimension == 2 ? 4 + d : (d == 1 ? 4 : 1 + d / 2);
      length[d] = scale * (4.0 + 3.0 * d);
      origin[d] = scale * (100.0 - 70.0 * d);
    }
    typename TransformType::DirectionType direction;
    direction.SetIdentity();
    direction[0][0] = direction[1][1] = std::cos(0.3);
    direction[0][1] = std::sin(0.3);
    direction[1][0] = -std::sin(0.3);
    m_Transform->SetTransformDomainOrigin(origin);
    m_Transform->SetTransformDomainDirection(direction);
    m_Transform->SetTransformDomainPhysicalDimensions(length);
    m_Transform->SetTransformDomainMeshSize(cells);
    m_Transform->SetIdentity();
  }

  TransformType &
  GetTransform()
  {
    return *m_Transform;
  }

  ParametersType
  MakeRandom(unsigned int seed) const
  {
    std::mt19937                           random(seed);
    std::uniform_real_distribution<double> distribution(-1.0, 1.0);
    ParametersType                         parameters(m_Transform->GetNumberOfParameters());
    for (auto & parameter : parameters)
    {
      parameter = distribution(random);
    }
    return parameters;
  }

  /** Parameters of a displacement that is a function of the place of a control point. */
  template <typename TFunction>
  ParametersType
  MakeFrom(const TFunction & function) const
  {
    ParametersType parameters(m_Transform->GetNumberOfParameters());
    const auto     number = parameters.Size() / VDimension;
    const auto     image = m_Transform->GetCoefficientImages()[0];
    for (itk::SizeValueType n = 0; n < number; ++n)
    {
      PointType point;
      image->TransformIndexToPhysicalPoint(image->ComputeIndex(static_cast<itk::OffsetValueType>(n)), point);
      const auto displacement = function(point);
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        parameters[d * number + n] = displacement[d];
      }
    }
    return parameters;
  }

  /** By the rule of the midpoint, with second differences of what ITK's transform does along the axes of space. */
  double
  Integrate(const ParametersType & parameters, unsigned int pointsPerCell)
  {
    m_Transform->SetParameters(parameters);
    const auto         cells = m_Transform->GetTransformDomainMeshSize();
    const auto         length = m_Transform->GetTransformDomainPhysicalDimensions();
    const auto         direction = m_Transform->GetTransformDomainDirection();
    const double       step = 1e-4 * length[0];
    double             element = 1.0;
    itk::SizeValueType number = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      number *= cells[d] * pointsPerCell;
      element *= length[d] / static_cast<double>(cells[d] * pointsPerCell);
    }
    double sum = 0.0;
    for (itk::SizeValueType n = 0; n < number; ++n)
    {
      PointType          point = m_Transform->GetTransformDomainOrigin();
      itk::SizeValueType rest = n;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        const auto   count = cells[d] * pointsPerCell;
        const double along = (static_cast<double>(rest % count) + 0.5) / static_cast<double>(count) * length[d];
        rest /= count;
        for (unsigned int e = 0; e < VDimension; ++e)
        {
          point[e] += direction[e][d] * along;
        }
      }
      const auto at = [&](unsigned int i, double stepI, unsigned int j, double stepJ) {
        PointType moved = point;
        moved[i] += stepI;
        moved[j] += stepJ;
        return m_Transform->TransformPoint(moved);
      };
      for (unsigned int i = 0; i < VDimension; ++i)
      {
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          const auto second =
            (at(i, step, j, step) - at(i, step, j, -step)) - (at(i, -step, j, step) - at(i, -step, j, -step));
          sum += second.GetSquaredNorm() / std::pow(2.0 * step, 4) * element;
        }
      }
    }
    return sum;
  }

private:
  typename TransformType::Pointer m_Transform{ TransformType::New() };
};

template <typename TDimension>
class BSplineBendingEnergyTest : public testing::Test
{};
using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;
TYPED_TEST_SUITE(BSplineBendingEnergyTest, Dimensions, );


TYPED_TEST(BSplineBendingEnergyTest, IsIntegralOfSquaresOfSecondDerivatives)
{
  Spline<TypeParam::value> spline;
  const auto               energy = typename decltype(spline)::EnergyType(spline.GetTransform());
  for (unsigned int seed = 0; seed < 2; ++seed)
  {
    const auto   parameters = spline.MakeRandom(seed);
    const double value = energy.Evaluate(parameters.data_block(), 1.0, nullptr);
    // Points on the faces of cells have second differences of two pieces: few of them.
    const double expected = spline.Integrate(parameters, TypeParam::value == 2 ? 40 : 12);
    EXPECT_NEAR(value, expected, 0.01 * expected);
  }
}

TYPED_TEST(BSplineBendingEnergyTest, LinearDisplacementsDoNotBend)
{
  constexpr unsigned int dimension = TypeParam::value;
  Spline<dimension>      spline;
  const auto             energy = typename decltype(spline)::EnergyType(spline.GetTransform());
  const auto             parameters = spline.MakeFrom([](const auto & point) {
    itk::Vector<double, dimension> displacement;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      displacement[d] = 3.0 + 0.1 * point[d] - 0.2 * point[0];
    }
    return displacement;
  });
  std::vector<double>    derivative(parameters.Size(), 0.0);
  const double           bent = energy.Evaluate(spline.MakeRandom(1).data_block(), 1.0, nullptr);
  EXPECT_NEAR(energy.Evaluate(parameters.data_block(), 1.0, derivative.data()), 0.0, 1e-10 * bent);
  for (const double value : derivative)
  {
    EXPECT_NEAR(value, 0.0, 1e-10 * bent);
  }
}

TYPED_TEST(BSplineBendingEnergyTest, DerivativeIsThatOfTheValue)
{
  Spline<TypeParam::value> spline;
  const auto               energy = typename decltype(spline)::EnergyType(spline.GetTransform());
  auto                     parameters = spline.MakeRandom(3);
  constexpr double         factor = -0.7;
  constexpr double         before = 5.0;
  std::vector<double>      derivative(parameters.Size(), before);
  energy.Evaluate(parameters.data_block(), factor, derivative.data());
  for (itk::SizeValueType n = 0; n < parameters.Size(); n += 7)
  {
    // Of a quadratic form, the central difference is exact.
    const double kept = parameters[n];
    parameters[n] = kept + 0.5;
    const double above = energy.Evaluate(parameters.data_block(), 1.0, nullptr);
    parameters[n] = kept - 0.5;
    const double below = energy.Evaluate(parameters.data_block(), 1.0, nullptr);
    parameters[n] = kept;
    EXPECT_NEAR(derivative[n], before + factor * (above - below), 1e-9 * (above + below));
  }
}

TYPED_TEST(BSplineBendingEnergyTest, ScalesWithLengthAsItsUnit)
{
  constexpr unsigned int dimension = TypeParam::value;
  Spline<dimension>      spline;
  for (const double scale : { 1e-7, 1e3 })
  {
    Spline<dimension> scaled(scale);
    const auto        parameters = spline.MakeRandom(4);
    auto              scaledParameters = parameters;
    scaledParameters *= scale;
    using EnergyType = typename Spline<dimension>::EnergyType;
    const double value = EnergyType(spline.GetTransform()).Evaluate(parameters.data_block(), 1.0, nullptr);
    const double scaledValue = EnergyType(scaled.GetTransform()).Evaluate(scaledParameters.data_block(), 1.0, nullptr);
    EXPECT_NEAR(scaledValue / std::pow(scale, static_cast<int>(dimension) - 2), value, 1e-9 * value);
  }
}

TYPED_TEST(BSplineBendingEnergyTest, KnowsItsGrid)
{
  Spline<TypeParam::value> spline;
  using EnergyType = typename decltype(spline)::EnergyType;
  EXPECT_FALSE(EnergyType().IsFor(spline.GetTransform()));
  const EnergyType energy(spline.GetTransform());
  EXPECT_TRUE(energy.IsFor(spline.GetTransform()));
  EXPECT_FALSE(energy.IsFor(Spline<TypeParam::value>(2.0).GetTransform()));
}
} // namespace BSplineBendingEnergyGTest
