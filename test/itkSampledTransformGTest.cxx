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
// First include the header file to be tested:
#include "metric/itkSampledTransform.h"

#include "itkSampledTransformTestHelpers.h"

#include "itkDisplacementFieldTransform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace SampledTransformGTest
{
using namespace itk::MaskedSamplingTest;

/** Points, what is to be known of them, and sums over them. */
template <unsigned int VDimension>
struct SampleScene
{
  using SampledType = itk::SampledTransform<VDimension>;
  using PointType = itk::Point<double, VDimension>;
  using ColumnsType = std::array<std::vector<double>, VDimension>;

  typename itk::Image<float, VDimension>::Pointer Image;
  PointType                                       Center;
  ColumnsType                                     Points;
  std::vector<double>                             Weights;
  ColumnsType                                     Gradients;

  SampleScene(std::mt19937 & random, const std::vector<PointType> & points)
    : Image(MakeRandomGrid<itk::Image<float, VDimension>>(random, 20, 0.0F))
  {
    std::uniform_real_distribution<> number(-1.0, 1.0);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      Center[d] = number(random);
    }
    for (const PointType & point : points)
    {
      // Some have no weight.
      Weights.push_back(random() % 4 == 0 ? 0.0 : number(random));
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        Points[d].push_back(point[d]);
        Gradients[d].push_back(number(random));
      }
    }
  }

  unsigned int
  GetCount() const
  {
    return static_cast<unsigned int>(Weights.size());
  }

  /** With the roundings on the way to the center and back, which decide on a border. */
  PointType
  GetPoint(unsigned int i) const
  {
    PointType point = Center;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      point[d] += Points[d][i] - Center[d];
    }
    return point;
  }

  /** \param radius about how far they are from the center */
  itk::SamplePoints<VDimension>
  GetSamplePoints(double radius = 10.0) const
  {
    itk::SamplePoints<VDimension> points;
    std::transform(
      Points.begin(), Points.end(), points.Coordinates.begin(), [](const auto & column) { return column.data(); });
    points.Number = this->GetCount();
    points.Center = Center;
    points.Radius = radius;
    points.Time = 1;
    return points;
  }

  static ColumnsType
  MapAll(const SampledType & sampled)
  {
    constexpr unsigned int                           size = 64;
    std::array<std::array<double, size>, VDimension> some;
    ColumnsType                                      indices;
    for (itk::SizeValueType part = 0; part < sampled.GetParts().GetNumberOfParts(); ++part)
    {
      sampled.template Map<size>(part, some, [&](itk::SizeValueType first, unsigned int count) {
        EXPECT_EQ(first, indices[0].size());
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          indices[d].insert(indices[d].end(), some[d].begin(), some[d].begin() + count);
        }
      });
    }
    return indices;
  }

  void
  ExpectMapsAs(const SampledType & sampled, const TransformOf<VDimension> & transform) const
  {
    const ColumnsType indices = MapAll(sampled);
    ASSERT_EQ(indices[0].size(), this->GetCount());
    for (unsigned int i = 0; i < this->GetCount(); ++i)
    {
      const auto expected =
        Image->template TransformPhysicalPointToContinuousIndex<double>(transform.TransformPoint(this->GetPoint(i)));
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        ASSERT_NEAR(indices[d][i], expected[d], 1e-11) << this->GetPoint(i);
      }
    }
  }

  /** Sum over all points of weight, gradient and Jacobian of the index with respect to the parameters. */
  std::vector<double>
  DeriveByBruteForce(const TransformOf<VDimension> & transform) const
  {
    std::vector<double>                            derivative(transform.GetNumberOfParameters(), 0.0);
    typename TransformOf<VDimension>::JacobianType jacobian;
    const auto                                     inverse = Image->GetInverseDirection();
    for (unsigned int i = 0; i < this->GetCount(); ++i)
    {
      transform.ComputeJacobianWithRespectToParameters(this->GetPoint(i), jacobian);
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        for (unsigned int j = 0; j < VDimension; ++j)
        {
          const double factor = Weights[i] * Gradients[d][i] * inverse(d, j) / Image->GetSpacing()[d];
          for (size_t p = 0; p < derivative.size(); ++p)
          {
            derivative[p] += factor * jacobian(j, p);
          }
        }
      }
    }
    return derivative;
  }

  void
  ExpectDerivesAs(const SampledType & sampled, const TransformOf<VDimension> & transform) const
  {
    const auto          expected = this->DeriveByBruteForce(transform);
    std::vector<double> sums(sampled.GetNumberOfSums(), 0.0);
    for (itk::SizeValueType part = 0; part < sampled.GetParts().GetNumberOfParts(); ++part)
    {
      sampled.Add(part, Weights.data(), Gradients, sums.data());
    }
    typename SampledType::DerivativeType derivative(expected.size());
    derivative.Fill(3.0);
    sampled.AddDerivative(sums.data(), -2.0, derivative);
    double greatest = 0.0;
    for (size_t p = 0; p < expected.size(); ++p)
    {
      greatest = std::max(greatest, std::abs(expected[p]));
      ASSERT_NEAR(derivative[p], 3.0 - 2.0 * expected[p], 1e-10) << "parameter " << p;
    }
    EXPECT_GT(greatest, 0.0);
  }
};

template <unsigned int VDimension>
std::vector<itk::Point<double, VDimension>>
MakeRandomPoints(std::mt19937 & random, double extent, size_t number = 500)
{
  std::uniform_real_distribution<>            coordinate(-0.5 * extent, 0.5 * extent);
  std::vector<itk::Point<double, VDimension>> points(number);
  for (auto & point : points)
  {
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      point[d] = coordinate(random);
    }
  }
  return points;
}

template <unsigned int VDimension>
void
ExpectIsTransform(std::mt19937 &                                      random,
                  const NamedTransform<VDimension> &                  named,
                  const std::vector<itk::Point<double, VDimension>> & points)
{
  using SampledType = itk::SampledTransform<VDimension>;
  SCOPED_TRACE(named.Name);
  ASSERT_TRUE(SampledType::IsKnown(*named.Transform));
  const SampleScene<VDimension> scene(random, points);
  SampledType                   sampled;
  sampled.SetTransform(*named.Transform, *scene.Image, scene.GetSamplePoints(), 1);
  scene.ExpectMapsAs(sampled, *named.Transform);
  scene.ExpectDerivesAs(sampled, *named.Transform);
  // Parameters change: set again.
  Perturb<VDimension>(*named.Transform, random, 0.1);
  sampled.SetTransform(*named.Transform, *scene.Image, scene.GetSamplePoints(3.0), 1);
  scene.ExpectMapsAs(sampled, *named.Transform);
  scene.ExpectDerivesAs(sampled, *named.Transform);
}

template <unsigned int VDimension>
void
ExpectIsEveryTransform(unsigned int seed)
{
  std::mt19937 random(seed);
  for (int repetition = 0; repetition < 5; ++repetition)
  {
    for (const auto & named : MakeAffineTransforms<VDimension>(random))
    {
      EXPECT_TRUE(itk::SampledTransform<VDimension>::IsAffine(*named.Transform));
      ExpectIsTransform(random, named, MakeRandomPoints<VDimension>(random, 20.0));
    }
    // Many points are outside the domain of the B-spline.
    for (const auto & named : MakeSplineTransforms<VDimension>(random, 14.0))
    {
      EXPECT_FALSE(itk::SampledTransform<VDimension>::IsAffine(*named.Transform));
      ExpectIsTransform(random, named, MakeRandomPoints<VDimension>(random, 20.0));
    }
  }
}

/** Points on the border of the domain of a B-spline, which displaces those on it, and not those outside. */
template <unsigned int VDimension>
void
ExpectIsSplineOnBorder(unsigned int seed)
{
  std::mt19937 random(seed);
  for (int repetition = 0; repetition < 20; ++repetition)
  {
    auto                               spline = itk::BSplineTransform<double, VDimension>::New();
    itk::Vector<double, VDimension>    dimensions;
    itk::Point<double, VDimension>     origin;
    const double                       spacings[] = { 1.0, 0.1, 0.3, 1.0 / 3.0 };
    std::array<std::vector<double>, 4> choices;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const double spacing = spacings[random() % 4];
      origin[d] = static_cast<float>(std::uniform_real_distribution<>(-9.0, 9.0)(random));
      dimensions[d] = 12.0 * spacing;
      for (int n = -1; n <= 13; ++n)
      {
        choices[d].push_back(origin[d] + spacing * n);
      }
      // As often as the rest: the borders, and near them.
      for (int n = 0; n < 5; ++n)
      {
        choices[d].push_back(origin[d]);
        choices[d].push_back(origin[d] + dimensions[d]);
      }
    }
    spline->SetTransformDomainOrigin(origin);
    spline->SetTransformDomainPhysicalDimensions(dimensions);
    spline->SetTransformDomainMeshSize(itk::Size<VDimension>::Filled(3));
    Perturb<VDimension>(*spline, random, 0.5);
    std::vector<itk::Point<double, VDimension>> points(500);
    for (auto & point : points)
    {
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        point[d] = choices[d][random() % choices[d].size()];
      }
    }
    ExpectIsTransform<VDimension>(random, { "B-spline", spline }, points);
  }
}

template <unsigned int VDimension>
void
ExpectIsUnknown(const TransformOf<VDimension> & transform, const std::string & what)
{
  EXPECT_FALSE(itk::SampledTransform<VDimension>::IsKnown(transform)) << what;
  EXPECT_FALSE(itk::SampledTransform<VDimension>::IsAffine(transform)) << what;
}

template <unsigned int VDimension>
void
ExpectKnowsItsLimits(unsigned int seed)
{
  std::mt19937 random(seed);
  const auto   affine = MakeRandomTransform<itk::AffineTransform<double, VDimension>>(random);
  const auto   spline = MakeRandomSpline<VDimension>(random, 14.0);
  const auto   otherSpline = MakeRandomSpline<VDimension>(random, 14.0);
  const auto   field = itk::DisplacementFieldTransform<double, VDimension>::New();
  const auto   composite = [](const auto &... parts) { return MakeComposite<VDimension>({ parts... }); };
  using PartType = std::pair<typename TransformOf<VDimension>::Pointer, bool>;
  const PartType optimized{ spline, true };
  const PartType fixed{ affine, false };

  ExpectIsUnknown(*MakeRandomSpline<VDimension, 2>(random, 14.0), "B-spline of order 2");
  ExpectIsUnknown<VDimension>(*field, "displacement field");
  ExpectIsUnknown(*composite(optimized, PartType{ otherSpline, false }), "two B-splines");
  ExpectIsUnknown(*composite(optimized, PartType{ otherSpline, true }), "two optimised B-splines");
  ExpectIsUnknown(*composite(PartType{ spline, false }), "B-spline that is not optimised");
  ExpectIsUnknown(*composite(PartType{ affine, true }, PartType{ spline, false }), "only affine optimised");
  ExpectIsUnknown(*composite(PartType{ affine, true }, optimized), "affine and B-spline optimised");
  ExpectIsUnknown(*composite(optimized, PartType{ affine, true }), "B-spline and affine optimised");
  ExpectIsUnknown(*composite(optimized, PartType{ field, false }), "B-spline and displacement field");
  ExpectIsUnknown(*composite(PartType{ affine, true }, PartType{ field, false }), "affine and displacement field");
  ExpectIsUnknown(*composite(PartType{ composite(PartType{ spline, true }), false }, fixed),
                  "composite that is not optimised");
  EXPECT_TRUE(itk::SampledTransform<VDimension>::IsKnown(
    *composite(fixed, PartType{ composite(PartType{ spline, true }), true }, fixed)));
}

TEST(SampledTransform, IsTheTransform2D)
{
  ExpectIsEveryTransform<2>(1);
}

TEST(SampledTransform, IsTheTransform3D)
{
  ExpectIsEveryTransform<3>(2);
}

TEST(SampledTransform, IsTheTransform4D)
{
  std::mt19937 random(3);
  for (const auto & named : MakeAffineTransforms<4>(random))
  {
    ExpectIsTransform(random, named, MakeRandomPoints<4>(random, 20.0, 100));
  }
}

TEST(SampledTransform, IsBSplineOnItsBorder)
{
  ExpectIsSplineOnBorder<2>(4);
  ExpectIsSplineOnBorder<3>(5);
}

TEST(SampledTransform, KnowsItsLimits)
{
  ExpectKnowsItsLimits<2>(6);
  ExpectKnowsItsLimits<3>(7);
}

/** Nothing in it, nothing to optimise: the identity. */
TEST(SampledTransform, EmptyCompositeIsIdentity)
{
  std::mt19937                   random(8);
  const auto                     composite = CompositeOf<2>::New();
  const SampleScene<2>           scene(random, MakeRandomPoints<2>(random, 20.0));
  itk::SampledTransform<2>       sampled;
  std::vector<double>            sums(6, 1.0);
  CompositeOf<2>::DerivativeType derivative(0);
  sampled.SetTransform(*composite, *scene.Image, scene.GetSamplePoints(), 1);
  scene.ExpectMapsAs(sampled, *composite);
  ASSERT_EQ(sampled.GetNumberOfSums(), sums.size());
  sampled.AddDerivative(sums.data(), 1.0, derivative);
  EXPECT_EQ(derivative.size(), 0u);
}

/** Sorted as it says, samples of a cell follow each other, all are there, and each is mapped as before. */
TEST(SampledTransform, BetterOrderIsByCells)
{
  std::mt19937 random(9);
  for (int repetition = 0; repetition < 20; ++repetition)
  {
    const auto               spline = MakeRandomSpline<3>(random, 14.0);
    SampleScene<3>           scene(random, MakeRandomPoints<3>(random, 20.0, 3000));
    itk::SampledTransform<3> sampled;
    sampled.SetTransform(*spline, *scene.Image, scene.GetSamplePoints(), 1 + repetition % 3);
    EXPECT_GT(sampled.GetParts().GetNumberOfParts(), 1u);
    const auto          before = SampleScene<3>::MapAll(sampled);
    std::vector<size_t> order(scene.GetCount());
    std::iota(order.begin(), order.end(), size_t{});
    order = sampled.GetBetterOrder().Sort(order);
    std::vector<bool> isThere(order.size(), false);
    for (const size_t i : order)
    {
      isThere[i] = true;
    }
    EXPECT_EQ(std::count(isThere.begin(), isThere.end(), true), static_cast<std::ptrdiff_t>(order.size()));
    for (auto & column : scene.Points)
    {
      column = sampled.GetBetterOrder().Sort(column);
    }
    EXPECT_FALSE(sampled.GetBetterOrder().IsSame());

    auto sorted = scene.GetSamplePoints();
    sorted.Time = 2;
    sampled.SetTransform(*spline, *scene.Image, sorted, 1);
    EXPECT_TRUE(sampled.GetBetterOrder().IsSame());
    const auto after = SampleScene<3>::MapAll(sampled);
    using CellType = std::array<int, 3>;
    std::set<CellType> seen;
    CellType           last{ -1, -1, -1 };
    for (size_t i = 0; i < order.size(); ++i)
    {
      for (unsigned int d = 0; d < 3; ++d)
      {
        ASSERT_EQ(after[d][i], before[d][order[i]]);
      }
      const auto position =
        spline->GetCoefficientImages()[0]->TransformPhysicalPointToContinuousIndex<double>(scene.GetPoint(i));
      CellType cell;
      bool     isInside = true;
      for (unsigned int d = 0; d < 3; ++d)
      {
        cell[d] = static_cast<int>(std::floor(position[d]));
        isInside = isInside && position[d] > 1.0 &&
                   position[d] < static_cast<double>(spline->GetTransformDomainMeshSize()[d]) + 1.0;
      }
      if (isInside && cell != last)
      {
        EXPECT_TRUE(seen.insert(cell).second) << "sample " << i;
        last = cell;
      }
    }
    // Nobody knows whether they are others: no order.
    auto unknown = scene.GetSamplePoints();
    unknown.Time = 0;
    sampled.SetTransform(*spline, *scene.Image, unknown, 1);
    EXPECT_TRUE(sampled.GetBetterOrder().IsSame());
  }
}

/** Samples that stay, and of which the time says so, in the grid of one spline after that of another. */
TEST(SampledTransform, PositionsAreOfTheGrid)
{
  std::mt19937             random(10);
  const auto               affine = MakeRandomTransform<itk::AffineTransform<double, 3>>(random);
  const SampleScene<3>     scene(random, MakeRandomPoints<3>(random, 20.0));
  itk::SampledTransform<3> sampled;
  for (int repetition = 0; repetition < 10; ++repetition)
  {
    const auto spline = MakeRandomSpline<3>(random, 14.0);
    const auto after = MakeComposite<3>({ { spline, true }, { affine, false } });
    for (const TransformOf<3> * transform : { static_cast<const TransformOf<3> *>(spline.GetPointer()),
                                              static_cast<const TransformOf<3> *>(after.GetPointer()),
                                              static_cast<const TransformOf<3> *>(affine.GetPointer()) })
    {
      sampled.SetTransform(*transform, *scene.Image, scene.GetSamplePoints(), 1);
      scene.ExpectMapsAs(sampled, *transform);
      scene.ExpectDerivesAs(sampled, *transform);
      Perturb<3>(*affine, random, 0.02);
      sampled.SetTransform(*transform, *scene.Image, scene.GetSamplePoints(), 1);
      scene.ExpectMapsAs(sampled, *transform);
    }
  }
}

} // namespace SampledTransformGTest
