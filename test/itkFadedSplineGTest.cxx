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
#include "facade/itkFadedSpline.h"

#include "itkMaskedSamplingTestHelpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace FadedSplineGTest
{
using namespace itk::MaskedSamplingTest;
using itk::IndexValueType;
using itk::SizeValueType;

/** A random mask on a turned grid, and a spline over the box of the mask that shifts and wobbles, but does not fold. */
template <unsigned int VDimension>
class Scene
{
public:
  using GridType = itk::ImageBase<VDimension>;
  using MaskImageType = itk::Image<unsigned char, VDimension>;
  using FadedType = itk::FadedSpline<VDimension>;
  using SplineType = typename FadedType::SplineType;
  using PointType = typename FadedType::PointType;
  using VectorType = itk::Vector<double, VDimension>;

  explicit Scene(unsigned int seed)
    : m_Random(seed)
  {
    this->MakeMask();
    this->MakeSpline();
    Faded = FadedType(*Spline, *Mask, *Sampler, 1 + seed % 2).Make();
  }

  /** A number between two others. */
  double
  Draw(double low, double high)
  {
    return std::uniform_real_distribution<double>(low, high)(m_Random);
  }

  /** A point in the voxel of a random voxel of the mask. */
  PointType
  DrawInside()
  {
    const auto                               count = static_cast<double>(Sampler->GetNumberOfVoxels());
    const auto                               rank = static_cast<SizeValueType>(this->Draw(0.0, count));
    itk::ContinuousIndex<double, VDimension> index(Sampler->GetIndex(std::min(rank, Sampler->GetNumberOfVoxels() - 1)));
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      index[d] += this->Draw(-0.5, 0.5);
    }
    PointType point;
    Mask->TransformContinuousIndexToPhysicalPoint(index, point);
    return point;
  }

  /** A place in the domain of the faded spline: 0 to 1 along its axes. */
  PointType
  GetPlace(const std::array<double, VDimension> & shares) const
  {
    const auto length = Faded->GetTransformDomainPhysicalDimensions();
    VectorType along;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      along[d] = shares[d] * length[d];
    }
    return PointType(Faded->GetTransformDomainOrigin().GetVectorFromOrigin() +
                     Faded->GetTransformDomainDirection() * along);
  }

  /** By central differences of what ITK's transform does. */
  double
  Determinant(const PointType & point) const
  {
    const double                                     step = 1e-4 * Cell;
    vnl_matrix_fixed<double, VDimension, VDimension> matrix;
    for (unsigned int j = 0; j < VDimension; ++j)
    {
      auto above = point;
      auto below = point;
      above[j] += step;
      below[j] -= step;
      const auto difference = (Faded->TransformPoint(above) - Faded->TransformPoint(below)) / (2.0 * step);
      matrix.set_column(j, difference.GetVnlVector());
    }
    return vnl_det(matrix);
  }

  typename MaskImageType::Pointer                       Mask = MaskImageType::New();
  typename itk::MaskedVoxelSampler<VDimension>::Pointer Sampler = itk::MaskedVoxelSampler<VDimension>::New();
  typename SplineType::Pointer                          Spline = SplineType::New();
  typename SplineType::Pointer                          Faded;
  /** The longest side of a cell. */
  double Cell{};
  /** The longest of the control points' displacements. */
  double Longest{};

private:
  /** Two balls that may lie apart. */
  void
  MakeMask()
  {
    auto                                          size = MaskImageType::SizeType::Filled(40);
    typename MaskImageType::PointType             origin;
    typename MaskImageType::SpacingType           spacing;
    std::array<std::array<double, VDimension>, 2> centers{};
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      origin[d] = this->Draw(-100.0, 100.0);
      spacing[d] = this->Draw(0.5, 2.0);
      centers[0][d] = this->Draw(10.0, 30.0);
      centers[1][d] = this->Draw(10.0, 30.0);
    }
    typename MaskImageType::DirectionType direction;
    direction.SetIdentity();
    const double angle = this->Draw(-1.0, 1.0);
    direction[0][0] = direction[1][1] = std::cos(angle);
    direction[0][1] = std::sin(angle);
    direction[1][0] = -std::sin(angle);
    Mask->SetRegions(size);
    Mask->SetOrigin(origin);
    Mask->SetSpacing(spacing);
    Mask->SetDirection(direction);
    Mask->Allocate();
    const double radius = this->Draw(2.0, 9.0);
    for (SizeValueType n = 0; n < Mask->GetPixelContainer()->Size(); ++n)
    {
      const auto index = Mask->ComputeIndex(static_cast<itk::OffsetValueType>(n));
      bool       isInside = false;
      for (const auto & center : centers)
      {
        double square = 0.0;
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          square += std::pow(static_cast<double>(index[d]) - center[d], 2);
        }
        isInside = isInside || square < radius * radius;
      }
      Mask->SetPixel(index, isInside ? 1 : 0);
    }
    Sampler->SetDomain(Mask);
    Sampler->SetMask(itk::MaskedSamplingTest::MakeMask<VDimension>(Mask));
    Sampler->Update();
  }

  void
  MakeSpline()
  {
    constexpr double                            wobble = 0.08; // of a cell
    const auto                                  region = Sampler->GetBoundingRegion();
    itk::ContinuousIndex<double, VDimension>    first(region.GetIndex());
    typename SplineType::MeshSizeType           cells;
    typename SplineType::PhysicalDimensionsType length;
    double                                      shortest = std::numeric_limits<double>::infinity();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      first[d] -= 0.5;
      length[d] = static_cast<double>(region.GetSize(d)) * Mask->GetSpacing()[d];
      cells[d] = static_cast<SizeValueType>(this->Draw(1.0, 6.0));
      Cell = std::max(Cell, length[d] / static_cast<double>(cells[d]));
      shortest = std::min(shortest, length[d] / static_cast<double>(cells[d]));
    }
    PointType origin;
    Mask->TransformContinuousIndexToPhysicalPoint(first, origin);
    Spline->SetTransformDomainOrigin(origin);
    Spline->SetTransformDomainDirection(Mask->GetDirection());
    Spline->SetTransformDomainPhysicalDimensions(length);
    Spline->SetTransformDomainMeshSize(cells);
    typename SplineType::ParametersType parameters(Spline->GetNumberOfParameters());
    const auto                          number = parameters.Size() / VDimension;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const double shift = this->Draw(-3.0, 3.0) * Cell;
      for (SizeValueType n = 0; n < number; ++n)
      {
        parameters[d * number + n] = shift + this->Draw(-wobble, wobble) * shortest;
      }
    }
    Spline->SetParametersByValue(parameters);
    for (SizeValueType n = 0; n < number; ++n)
    {
      double square = 0.0;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        square += parameters[d * number + n] * parameters[d * number + n];
      }
      Longest = std::max(Longest, std::sqrt(square));
    }
  }

  std::mt19937 m_Random;
};

template <typename T>
class FadedSplineOf : public testing::Test
{
public:
  static constexpr unsigned int Dimension = T::value;
  using SceneType = Scene<Dimension>;
  using SharesType = std::array<double, Dimension>;

  /** Made once: with this preset, templates are not optimised. */
  static void
  SetUpTestSuite()
  {
    for (unsigned int seed = 0; seed < (Dimension == 2 ? 40 : 3); ++seed)
    {
      Scenes.emplace_back(seed);
    }
  }

  static void
  TearDownTestSuite()
  {
    Scenes.clear();
  }

  template <typename TFunction>
  static void
  ForEachScene(const TFunction & function)
  {
    for (auto & scene : Scenes)
    {
      SCOPED_TRACE(&scene - Scenes.data());
      function(scene);
    }
  }

  static SharesType
  DrawShares(SceneType & scene)
  {
    SharesType shares;
    for (double & share : shares)
    {
      share = scene.Draw(0.001, 0.999);
    }
    return shares;
  }

  static inline std::vector<SceneType> Scenes{};
};

using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;

TYPED_TEST_SUITE(FadedSplineOf, Dimensions);

TYPED_TEST(FadedSplineOf, InsideTheMaskNothingChanges)
{
  TestFixture::ForEachScene([](auto & scene) {
    for (int n = 0; n < 200; ++n)
    {
      const auto   point = scene.DrawInside();
      const double away = scene.Faded->TransformPoint(point).EuclideanDistanceTo(scene.Spline->TransformPoint(point));
      EXPECT_LT(away, 1e-9 * scene.Cell);
    }
  });
}

TYPED_TEST(FadedSplineOf, AtTheEndOfTheDomainThereIsNothingLeft)
{
  TestFixture::ForEachScene([](auto & scene) {
    for (int n = 0; n < 200; ++n)
    {
      auto shares = TestFixture::DrawShares(scene);
      shares[n % TestFixture::Dimension] = n % 4 < 2 ? 1e-9 : 1.0 - 1e-9;
      const auto point = scene.GetPlace(shares);
      EXPECT_LT(scene.Faded->TransformPoint(point).EuclideanDistanceTo(point), 1e-6 * scene.Cell);
    }
  });
}

TYPED_TEST(FadedSplineOf, NothingFolds)
{
  TestFixture::ForEachScene([](auto & scene) {
    for (int n = 0; n < 3000; ++n)
    {
      EXPECT_GT(scene.Determinant(scene.GetPlace(TestFixture::DrawShares(scene))), 0.0);
    }
  });
}

TYPED_TEST(FadedSplineOf, NothingMovesFurtherThanBefore)
{
  TestFixture::ForEachScene([](auto & scene) {
    for (int n = 0; n < 1000; ++n)
    {
      const auto point = scene.GetPlace(TestFixture::DrawShares(scene));
      EXPECT_LE(scene.Faded->TransformPoint(point).EuclideanDistanceTo(point), scene.Longest * (1.0 + 1e-9));
    }
  });
}

TYPED_TEST(FadedSplineOf, HowFarItMovesCostsNoMoreThanMemory)
{
  using FadedType = typename TestFixture::SceneType::FadedType;
  const auto & scene = TestFixture::Scenes.front();
  const double factor = TestFixture::Dimension == 2 ? std::numeric_limits<double>::infinity() : 1e9;
  const auto   far = TestFixture::SceneType::SplineType::New();
  far->SetFixedParameters(scene.Spline->GetFixedParameters());
  auto parameters = scene.Spline->GetParameters();
  parameters *= factor;
  far->SetParametersByValue(parameters);
  const auto faded = FadedType(*far, *scene.Mask, *scene.Sampler, 2).Make();
  EXPECT_LE(faded->GetNumberOfParameters(), TestFixture::Dimension << 18U);
}

TYPED_TEST(FadedSplineOf, ThreadsDoNotMatter)
{
  using FadedType = typename TestFixture::SceneType::FadedType;
  const auto & scene = TestFixture::Scenes.front();
  const auto   other = FadedType(*scene.Spline, *scene.Mask, *scene.Sampler, 5).Make();
  EXPECT_EQ(scene.Faded->GetParameters(), other->GetParameters());
  EXPECT_EQ(scene.Faded->GetFixedParameters(), other->GetFixedParameters());
}
} // namespace FadedSplineGTest
