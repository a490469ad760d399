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
#include "field/itkVectorField.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace VectorFieldGTest
{
/** A field that is smooth, and 0 at its border. */
template <unsigned int VDimension>
itk::VectorField<VDimension>
MakeSmooth(unsigned int seed, double length)
{
  std::mt19937                           random(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  itk::ImageRegion<VDimension>           region;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    region.SetIndex(d, static_cast<itk::IndexValueType>(d) - 3);
    region.SetSize(d, 18 + 2 * d);
  }
  itk::VectorField<VDimension>                               field(region);
  std::array<std::array<double, VDimension + 1>, VDimension> waves{};
  for (auto & wave : waves)
  {
    for (double & number : wave)
    {
      number = uniform(random);
    }
  }
  itk::GridGeometry<VDimension>::ForEachVoxel(region, 1, [&](const auto & voxel, itk::SizeValueType number) {
    double window = length;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto place = static_cast<double>(voxel[d] - region.GetIndex(d));
      window *= std::sin(itk::Math::pi * place / static_cast<double>(region.GetSize(d) - 1));
    }
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      double phase = 6.0 * waves[d][VDimension];
      for (unsigned int k = 0; k < VDimension; ++k)
      {
        phase += 0.3 * waves[d][k] * static_cast<double>(voxel[k]);
      }
      field.GetVectors()[number][d] = static_cast<float>(window * std::sin(phase));
    }
  });
  field.FixBorder(region, 1);
  return field;
}

template <typename T>
class VectorField : public testing::Test
{
public:
  static constexpr unsigned int Dimension = T::value;
  using FieldType = itk::VectorField<T::value>;
  using PositionType = typename FieldType::PositionType;

  /** Call function(position, number) for every voxel. */
  template <typename TFunction>
  static void
  ForEachVoxel(const typename FieldType::RegionType & region, const TFunction & function)
  {
    itk::GridGeometry<T::value>::ForEachVoxel(region, 1, [&](const auto & voxel, itk::SizeValueType number) {
      PositionType position;
      std::copy(voxel.begin(), voxel.end(), position.begin());
      function(position, number);
    });
  }

  static double
  Distance(const PositionType & a, const PositionType & b)
  {
    double square = 0.0;
    for (unsigned int d = 0; d < T::value; ++d)
    {
      square += (a[d] - b[d]) * (a[d] - b[d]);
    }
    return std::sqrt(square);
  }

  /** Call function(position) at places within a field. */
  template <typename TFunction>
  static void
  ForEachPlace(const FieldType & field, const TFunction & function)
  {
    std::mt19937                           random(17);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    for (unsigned int n = 0; n < 2000; ++n)
    {
      PositionType position;
      for (unsigned int d = 0; d < T::value; ++d)
      {
        position[d] = static_cast<double>(field.GetRegion().GetIndex(d)) +
                      uniform(random) * static_cast<double>(field.GetRegion().GetSize(d) - 1);
      }
      function(position);
    }
  }
};

using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;
TYPED_TEST_SUITE(VectorField, Dimensions);

TYPED_TEST(VectorField, MapIsLinearBetweenVoxelsAndNothingMovesBeyond)
{
  constexpr unsigned int          dimension = TestFixture::Dimension;
  typename TestFixture::FieldType field(MakeSmooth<dimension>(1, 1.0).GetRegion());
  // Linear interpolation of a product of coordinates has it exactly.
  const auto displacement = [](const auto & position, unsigned int d) {
    return 0.1 + 0.02 * position[d] * position[(d + 1) % dimension] - 0.05 * position[0];
  };
  TestFixture::ForEachVoxel(field.GetRegion(), [&](const auto & position, itk::SizeValueType number) {
    for (unsigned int d = 0; d < dimension; ++d)
    {
      field.GetVectors()[number][d] = static_cast<float>(displacement(position, d));
    }
  });
  TestFixture::ForEachPlace(field, [&](const auto & position) {
    const auto mapped = field.Map(position);
    for (unsigned int d = 0; d < dimension; ++d)
    {
      EXPECT_NEAR(mapped[d], position[d] + displacement(position, d), 1e-5);
    }
    auto beyond = position;
    beyond[0] = static_cast<double>(field.GetRegion().GetUpperIndex()[0]) + 0.001;
    EXPECT_EQ(field.Map(beyond), beyond);
  });
}

TYPED_TEST(VectorField, FromAnImageAndBack)
{
  constexpr unsigned int dimension = TestFixture::Dimension;
  const auto             field = MakeSmooth<dimension>(7, 2.0);
  const auto             grid = itk::ImageBase<dimension>::New();
  auto                   direction = itk::ImageBase<dimension>::DirectionType::GetIdentity();
  direction(0, 0) = direction(1, 1) = std::cos(0.4);
  direction(0, 1) = -std::sin(0.4);
  direction(1, 0) = std::sin(0.4);
  grid->SetRegions(field.GetRegion());
  grid->SetDirection(direction);
  grid->SetSpacing(grid->GetSpacing() * 1.7);
  const auto image = field.MakeImage(*grid, 2);
  const auto again = TestFixture::FieldType::MakeFrom(*image, 2);
  ASSERT_EQ(again.GetRegion(), field.GetRegion());
  TestFixture::ForEachVoxel(field.GetRegion(), [&](const auto & position, itk::SizeValueType number) {
    itk::Index<dimension> voxel;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      voxel[d] = static_cast<itk::IndexValueType>(position[d]);
      EXPECT_NEAR(again.GetVectors()[number][d], field.GetVectors()[number][d], 1e-6F);
    }
    // Where the image takes the voxel, the field does.
    const auto point = grid->template TransformIndexToPhysicalPoint<double>(voxel) + image->GetPixel(voxel);
    const auto mapped = grid->template TransformPhysicalPointToContinuousIndex<double>(point);
    for (unsigned int d = 0; d < dimension; ++d)
    {
      EXPECT_NEAR(mapped[d], field.MapVoxel(voxel)[d], 1e-6);
    }
  });
}

TYPED_TEST(VectorField, InverseTakesBack)
{
  for (unsigned int seed = 0; seed < 6; ++seed)
  {
    const auto  field = MakeSmooth<TestFixture::Dimension>(seed, 1.5);
    std::size_t numberOfUnknown = 1;
    const auto  inverse = field.MakeInverse(2, &numberOfUnknown);
    EXPECT_EQ(numberOfUnknown, 0u);
    TestFixture::ForEachVoxel(field.GetRegion(), [&](const auto & position, itk::SizeValueType) {
      EXPECT_LT(TestFixture::Distance(field.Map(inverse.Map(position)), position), 2e-3);
    });
    EXPECT_EQ(inverse.GetVectors(), field.MakeInverse(1).GetVectors());
  }
}

TYPED_TEST(VectorField, CountsFolds)
{
  EXPECT_EQ((MakeSmooth<TestFixture::Dimension>(2, 1.0).CountFolds(2)), 0u);
  EXPECT_GT((MakeSmooth<TestFixture::Dimension>(2, 30.0).CountFolds(2)), 0u);

  // Mirrored along the first axis, all is folded; scaled along it by half, nothing is.
  for (const float slope : { -2.0F, -0.5F })
  {
    typename TestFixture::FieldType field(MakeSmooth<TestFixture::Dimension>(2, 1.0).GetRegion());
    TestFixture::ForEachVoxel(field.GetRegion(), [&](const auto & position, itk::SizeValueType number) {
      field.GetVectors()[number][0] = slope * static_cast<float>(position[0]);
    });
    EXPECT_EQ(field.CountFolds(1), slope < -1.0F ? field.GetVectors().size() : 0u);
  }
}

TYPED_TEST(VectorField, ApplyAfterComposes)
{
  auto       field = MakeSmooth<TestFixture::Dimension>(3, 1.0);
  const auto before = field;
  const auto first = MakeSmooth<TestFixture::Dimension>(4, 0.5);
  field.ApplyAfter(first, 2);
  TestFixture::ForEachVoxel(field.GetRegion(), [&](const auto & position, itk::SizeValueType) {
    EXPECT_LT(TestFixture::Distance(field.Map(position), before.Map(first.Map(position))), 1e-5);
  });

  // In a part alone, where the rest does not move.
  auto part = first.GetRegion();
  part.ShrinkByRadius(4);
  typename TestFixture::FieldType inPart(part);
  auto                            inWhole = first;
  TestFixture::ForEachVoxel(first.GetRegion(), [&](const auto & position, itk::SizeValueType number) {
    itk::Index<TestFixture::Dimension> index;
    for (unsigned int d = 0; d < TestFixture::Dimension; ++d)
    {
      index[d] = static_cast<itk::IndexValueType>(position[d]);
    }
    if (part.IsInside(index))
    {
      inPart.GetVector(index) = first.GetVectors()[number];
    }
    else
    {
      inWhole.GetVectors()[number].fill(0.0F);
    }
  });
  auto other = before;
  other.ApplyAfter(inPart, 1);
  auto expected = before;
  expected.ApplyAfter(inWhole, 1);
  EXPECT_EQ(other.GetVectors(), expected.GetVectors());
}

TYPED_TEST(VectorField, OnAnotherGridItMapsTheSamePlaces)
{
  constexpr unsigned int dimension = TestFixture::Dimension;
  const auto             field = MakeSmooth<dimension>(5, 1.0);
  const auto             grid = itk::ImageBase<dimension>::New();
  grid->SetRegions(field.GetRegion());
  const auto fine = itk::ImageBase<dimension>::New();
  auto       size = field.GetRegion().GetSize();
  for (auto & length : size)
  {
    length = 2 * length - 1;
  }
  fine->SetRegions(size);
  fine->SetOrigin(grid->template TransformIndexToPhysicalPoint<double>(field.GetRegion().GetIndex()));
  fine->SetSpacing(grid->GetSpacing() * 0.5);
  const auto other = field.MakeOnGrid(*grid, *fine, 2);
  TestFixture::ForEachPlace(other, [&](const auto & position) {
    auto here = position;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      here[d] = static_cast<double>(field.GetRegion().GetIndex(d)) + 0.5 * position[d];
    }
    const auto mapped = field.Map(here);
    auto       mappedThere = other.Map(position);
    for (unsigned int d = 0; d < dimension; ++d)
    {
      mappedThere[d] = static_cast<double>(field.GetRegion().GetIndex(d)) + 0.5 * mappedThere[d];
    }
    EXPECT_LT(TestFixture::Distance(mapped, mappedThere), 1e-5);
  });
}

/** Against the definition of a convolution with the kernel of ITK. */
TYPED_TEST(VectorField, SmoothingIsAConvolution)
{
  constexpr unsigned int dimension = TestFixture::Dimension;
  constexpr double       variance = 2.0;
  auto                   field = MakeSmooth<dimension>(6, 1.0);
  const auto             before = field;
  auto                   again = field;
  field.Smooth(TestFixture::FieldType::MakeGaussian(variance), 1);
  again.Smooth(TestFixture::FieldType::MakeGaussian(variance), 4);
  EXPECT_EQ(field.GetVectors(), again.GetVectors());
  itk::GaussianOperator<double, dimension> gaussian;
  gaussian.SetDirection(0);
  gaussian.SetVariance(variance);
  gaussian.SetMaximumError(0.001);
  gaussian.CreateDirectional();
  const auto radius = static_cast<int>(gaussian.Size() / 2);
  auto       inner = field.GetRegion();
  inner.ShrinkByRadius(7);
  TestFixture::ForEachVoxel(inner, [&](const auto & position, itk::SizeValueType number) {
    if (number % 7 != 0)
    {
      return;
    }
    itk::Index<dimension> center;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      center[d] = static_cast<itk::IndexValueType>(position[d]);
    }
    std::array<double, dimension> sum{};
    const auto                    whole = field.GetRegion();
    TestFixture::ForEachVoxel(whole, [&](const auto & other, itk::SizeValueType otherNumber) {
      double weight = 1.0;
      for (unsigned int d = 0; d < dimension; ++d)
      {
        const auto offset = static_cast<int>(other[d] - position[d]);
        weight *= std::abs(offset) <= radius ? gaussian[static_cast<std::size_t>(offset + radius)] : 0.0;
      }
      for (unsigned int d = 0; d < dimension; ++d)
      {
        sum[d] += weight * static_cast<double>(before.GetVectors()[otherNumber][d]);
      }
    });
    for (unsigned int d = 0; d < dimension; ++d)
    {
      EXPECT_NEAR(static_cast<double>(field.GetVector(center)[d]), sum[d], 1e-5);
    }
  });
}
} // namespace VectorFieldGTest
