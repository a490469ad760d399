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
#include "metric/itkCubicBSplineBatch.h"

#include "itkBSplineKernelFunction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <type_traits>
#include <vector>

namespace CubicBSplineBatchGTest
{
template <unsigned int VDimension>
class Scene
{
public:
  using BatchType = itk::CubicBSplineBatch<VDimension>;
  using NumbersType = std::array<std::vector<double>, VDimension>;

  explicit Scene(unsigned int seed)
    : m_Random(seed)
  {
    std::size_t number = 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      Size[d] = 4 + (seed + 3 * d) % 5;
      Strides[d] = static_cast<std::ptrdiff_t>(number);
      number *= Size[d];
    }
    Batch.SetStrides(Strides);
    Count = 1 + seed % BatchType::Size;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      Positions[d].fill(1.0);
      for (unsigned int n = 0; n < Count; ++n)
      {
        // Knots, too.
        const double position = this->Draw(1.0, static_cast<double>(Size[d]) - 2.0);
        Positions[d][n] = n % 5 == 0 ? std::floor(position) : position;
        // Several in the same rows, and often in the same cell, as voxels are.
        if (d > 0 && n > 0 && seed % 3 > 0 && (n * 7 + seed) % (2 + seed % 9) > 0)
        {
          Positions[d][n] = Positions[d][n - 1];
        }
        Values[d][n] = this->Draw(-1.0, 1.0);
      }
      Numbers[d].resize(number);
      for (double & value : Numbers[d])
      {
        value = this->Draw(-1.0, 1.0);
      }
    }
  }

  /** The weight of a control point at a position, as ITK's kernel has it. */
  double
  ComputeWeight(std::size_t controlPoint, unsigned int n) const
  {
    const auto kernel = itk::BSplineKernelFunction<3>::New();
    double     weight = 1.0;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      weight *= kernel->Evaluate(static_cast<double>(controlPoint % Size[d]) - Positions[d][n]);
      controlPoint /= Size[d];
    }
    return weight;
  }

  BatchType                           Batch{};
  std::array<std::size_t, VDimension> Size{};
  typename BatchType::StridesType     Strides{};
  unsigned int                        Count{};
  typename BatchType::ColumnsType     Positions{};
  typename BatchType::ColumnsType     Values{};
  /** Of the control points. */
  NumbersType Numbers{};

private:
  double
  Draw(double low, double high)
  {
    return std::uniform_real_distribution<double>(low, high)(m_Random);
  }

  std::mt19937 m_Random;
};

template <typename T>
class CubicBSplineBatchOf : public testing::Test
{
public:
  static constexpr unsigned int Dimension = T::value;
};

using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>,
                                  std::integral_constant<unsigned int, 3>,
                                  std::integral_constant<unsigned int, 4>>;

TYPED_TEST_SUITE(CubicBSplineBatchOf, Dimensions);

TYPED_TEST(CubicBSplineBatchOf, SumsAreThoseOfTheKernel)
{
  constexpr unsigned int dimension = TestFixture::Dimension;
  for (unsigned int seed = 0; seed < (dimension == 4 ? 12 : 128); ++seed)
  {
    Scene<dimension> scene(seed);
    const auto       before = scene.Numbers;
    using BatchType = typename Scene<dimension>::BatchType;
    typename BatchType::CoefficientsType coefficients;
    typename BatchType::SumsType         sums;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      coefficients[d] = before[d].data();
      sums[d] = scene.Numbers[d].data();
    }
    typename BatchType::ColumnsType displacements;
    scene.Batch.Interpolate(scene.Positions, scene.Count, coefficients, displacements);
    scene.Batch.Add(scene.Positions, scene.Count, scene.Values, sums);
    // A position alone has the same bits as among others.
    for (unsigned int n = 0; n < scene.Count; ++n)
    {
      auto alone = scene.Positions;
      for (unsigned int d = 0; d < dimension; ++d)
      {
        std::rotate(alone[d].begin(), alone[d].begin() + n, alone[d].end());
        std::fill(alone[d].begin() + 1, alone[d].end(), 1.0);
      }
      typename BatchType::ColumnsType ofOne;
      scene.Batch.Interpolate(alone, 1, coefficients, ofOne);
      for (unsigned int d = 0; d < dimension; ++d)
      {
        EXPECT_EQ(ofOne[d][0], displacements[d][n]) << "seed " << seed << ", position " << n;
      }
    }
    auto expectedSums = before;
    for (unsigned int n = 0; n < scene.Count; ++n)
    {
      std::array<double, dimension> expected{};
      for (std::size_t point = 0; point < before[0].size(); ++point)
      {
        const double weight = scene.ComputeWeight(point, n);
        for (unsigned int d = 0; d < dimension; ++d)
        {
          expected[d] += weight * before[d][point];
          expectedSums[d][point] += weight * scene.Values[d][n];
        }
      }
      for (unsigned int d = 0; d < dimension; ++d)
      {
        EXPECT_NEAR(displacements[d][n], expected[d], 1e-13) << "seed " << seed << ", position " << n;
      }
    }
    for (unsigned int d = 0; d < dimension; ++d)
    {
      for (std::size_t point = 0; point < before[0].size(); ++point)
      {
        EXPECT_NEAR(scene.Numbers[d][point], expectedSums[d][point], 1e-13) << "seed " << seed << ", point " << point;
      }
    }
  }
}
} // namespace CubicBSplineBatchGTest
