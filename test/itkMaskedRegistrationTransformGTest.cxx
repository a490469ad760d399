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
#include "facade/itkMaskedRegistrationTransform.h"

#include "itkMaskedRegistrationTransformTestHelpers.h"

#include "itkEuler3DTransform.h"
#include "itkScaleTransform.h"
#include "itkVersorTransform.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace MaskedRegistrationTransformGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
void
ExpectLinearTransformsInTheMiddle()
{
  for (unsigned int seed = 1; seed < 5; ++seed)
  {
    const auto grid = MakeTiltedGrid<VDimension>(seed);
    const auto points = ListPoints<VDimension>(*grid);
    const auto mean = ComputeMean<VDimension>(points);
    EXPECT_LT(
      mean.EuclideanDistanceTo(itk::GridGeometry<VDimension>::GetMiddle(*grid, grid->GetLargestPossibleRegion())),
      1e-9);
    for (const std::string name : linearNames)
    {
      const auto transform = Transforms<VDimension>::Make(Settings::MakeDefaults(name), *grid);
      for (const auto & point : points)
      {
        ASSERT_LT(transform->TransformPoint(point).EuclideanDistanceTo(point), 1e-12) << name;
      }
      if (name == "translation")
      {
        EXPECT_EQ(transform->GetNumberOfParameters(), VDimension);
        continue;
      }
      // Nothing but the translation moves the centre: the last parameters of all of these, or (3-D similarity) the
      // last but one.
      auto parameters = transform->GetParameters();
      for (unsigned int n = 0; n < parameters.Size(); ++n)
      {
        const bool isOfSimilarity3D = VDimension == 3 && name == "similarity";
        const auto end = parameters.Size() - (isOfSimilarity3D ? 1 : 0);
        parameters[n] += n >= end - VDimension && n < end ? 0.0 : 0.1;
      }
      transform->SetParameters(parameters);
      EXPECT_LT(transform->TransformPoint(mean).EuclideanDistanceTo(mean), 1e-9) << name;
      EXPECT_GT(transform->TransformPoint(points.front()).EuclideanDistanceTo(points.front()), 0.01) << name;
    }
  }
}

/** All coefficients of 1 are a translation by 1 of every point inside the grid, and of no point outside it. */
template <unsigned int VDimension>
bool
IsInside(Spline<VDimension> & spline, const PointType<VDimension> & point)
{
  auto parameters = spline.GetParameters();
  parameters.Fill(1.0);
  spline.SetParameters(parameters);
  auto moved = point;
  for (auto & coordinate : moved)
  {
    coordinate += 1.0;
  }
  return spline.TransformPoint(point).EuclideanDistanceTo(moved) < 1e-9;
}

template <unsigned int VDimension>
void
ExpectSplineCoversBox()
{
  for (unsigned int seed = 1; seed < 5; ++seed)
  {
    const auto   grid = MakeTiltedGrid<VDimension>(seed);
    const auto & spacing = grid->GetSpacing();
    const double voxel = *std::min_element(spacing.Begin(), spacing.End());
    const auto   mean = ComputeMean<VDimension>(ListPoints<VDimension>(*grid));
    auto         settings = MakeSettings("b-spline", { 4, 2, 1 });
    settings.GridSpacing = { 3.0, 4.5 };
    settings.GridSpacing.resize(VDimension, 6.0);
    const auto transform = Transforms<VDimension>::Make(settings, *grid);
    auto &     spline = dynamic_cast<Spline<VDimension> &>(*transform);

    // Of every voxel, the corners.
    for (const auto & index :
         ListByBruteForce<VDimension>(grid, grid->GetLargestPossibleRegion(), nullptr, nullptr, nullptr))
    {
      for (const double sign : { -0.5, 0.5 })
      {
        itk::ContinuousIndex<double, VDimension> corner(index);
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          corner[d] += d % 2 == 0 ? sign : -sign;
        }
        const auto point = grid->template TransformContinuousIndexToPhysicalPoint<double>(corner);
        ASSERT_TRUE(IsInside<VDimension>(spline, point)) << index;
      }
    }

    // The box is in the middle, and the grid of the last level has the knots that were asked for.
    PointType<VDimension> middle = spline.GetTransformDomainOrigin();
    const auto            adaptors = Transforms<VDimension>::MakeAdaptors(settings, spline, *grid, false);
    const auto            length = spline.GetTransformDomainPhysicalDimensions();
    for (const auto & adaptor : adaptors)
    {
      adaptor->AdaptTransformParameters();
    }
    EXPECT_EQ(spline.GetTransformDomainPhysicalDimensions(), length);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      for (unsigned int i = 0; i < VDimension; ++i)
      {
        middle[i] += 0.5 * length[d] * spline.GetTransformDomainDirection()(i, d);
      }
      EXPECT_NEAR(
        length[d] / static_cast<double>(spline.GetTransformDomainMeshSize()[d]), settings.GridSpacing[d] * voxel, 1e-9);
      // No more than is needed: less than one cell of the first grid around the box and a voxel at each side.
      const double size = static_cast<double>(grid->GetLargestPossibleRegion().GetSize(d)) * spacing[d];
      EXPECT_LT(length[d], size + 2.0 * spacing[d] + 4.0 * settings.GridSpacing[d] * voxel);
    }
    EXPECT_LT(middle.EuclideanDistanceTo(mean), 1e-9);
  }
}

template <unsigned int VDimension>
void
ExpectTranslates()
{
  const auto                      grid = MakeTiltedGrid<VDimension>(4);
  itk::Vector<double, VDimension> translation;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    translation[d] = 1.5 + d;
  }
  for (const std::string name : linearNames)
  {
    const auto transform = Transforms<VDimension>::Make(Settings::MakeDefaults(name), *grid);
    Shake<VDimension>(*transform, 7);
    const auto before = Transforms<VDimension>::Copy(*transform);
    EXPECT_TRUE(Transforms<VDimension>::Translate(*transform, translation));
    for (const auto & point : ListPoints<VDimension>(*grid))
    {
      ASSERT_LT(transform->TransformPoint(point).EuclideanDistanceTo(before->TransformPoint(point) + translation),
                1e-9);
    }
  }
  const auto spline = Transforms<VDimension>::Make(MakeSettings("b-spline", { 1 }), *grid);
  const auto parameters = spline->GetParameters();
  EXPECT_FALSE(Transforms<VDimension>::Translate(*spline, translation));
  EXPECT_EQ(spline->GetParameters(), parameters);
}

TEST(MaskedRegistrationTransform, LinearTransformsTurnAboutTheMiddleOfTheBox)
{
  ExpectLinearTransformsInTheMiddle<2>();
  ExpectLinearTransformsInTheMiddle<3>();
}

TEST(MaskedRegistrationTransform, TurnsAboutACenterThatIsSet)
{
  const auto grid = MakeTiltedGrid<2>(1);
  auto       settings = Settings::MakeDefaults("rigid");
  settings.Center = { 3.0, -4.0 };
  const auto transform = Transforms<2>::Make(settings, *grid);
  auto       parameters = transform->GetParameters();
  parameters[0] = itk::Math::pi_over_2;
  transform->SetParameters(parameters);
  const auto point = transform->TransformPoint(itk::MakePoint(4.0, -4.0));
  EXPECT_NEAR(point[0], 3.0, 1e-12);
  EXPECT_NEAR(point[1], -3.0, 1e-12);

  settings.Center = { 1.0, 2.0, 3.0 };
  const auto message = GetMessageOf([&] { Transforms<2>::Make(settings, *grid); });
  EXPECT_NE(message.find("center: 3 coordinates for images of 2 dimensions"), std::string::npos) << message;
}

TEST(MaskedRegistrationTransform, GridOfABSplineCoversTheBox)
{
  ExpectSplineCoversBox<2>();
  ExpectSplineCoversBox<3>();
}

TEST(MaskedRegistrationTransform, RefusesAGridSpacingOfAnotherDimension)
{
  auto settings = MakeSettings("b-spline", { 1 });
  settings.GridSpacing = { 1.0, 2.0, 3.0 };
  const auto message = GetMessageOf([&] { Transforms<2>::Make(settings, *MakeTiltedGrid<2>(1)); });
  EXPECT_NE(message.find("grid-spacing: 3 values for images of 2 dimensions"), std::string::npos) << message;
}

TEST(MaskedRegistrationTransform, RefiningABSplineKeepsItsMap)
{
  const auto grid = MakeTiltedGrid<2>(2);
  auto       settings = MakeSettings("b-spline", { 4, 2, 1 });
  settings.GridSpacing = { 2.0 };
  const auto transform = Transforms<2>::Make(settings, *grid);
  Shake<2>(*transform, 3);
  const auto before = Transforms<2>::Copy(*transform);
  for (const auto & adaptor : Transforms<2>::MakeAdaptors(settings, *transform, *grid, false))
  {
    adaptor->AdaptTransformParameters();
  }
  EXPECT_GT(transform->GetNumberOfParameters(), 2 * before->GetNumberOfParameters());
  // The splines of the coarse grid are among those of the fine one; ITK's decomposition has a tolerance.
  ExpectSameMap<2>(*transform, *before, *grid, 0.01);
}

TEST(MaskedRegistrationTransform, FactorsOfZeroLeaveTheGridOfABSpline)
{
  const auto grid = MakeTiltedGrid<2>(2);
  auto       settings = MakeSettings("b-spline", { 2, 1 });
  settings.GridScaleFactors = { 0, 3 };
  const auto spline = Transforms<2>::Make(settings, *grid);
  const auto adaptors = Transforms<2>::MakeAdaptors(settings, *spline, *grid, false);
  ASSERT_EQ(adaptors.size(), 2U);
  EXPECT_TRUE(adaptors[0].IsNull());
  auto size = dynamic_cast<const Spline<2> &>(*spline).GetTransformDomainMeshSize();
  adaptors[1]->AdaptTransformParameters();
  for (auto & cells : size)
  {
    cells *= 3;
  }
  EXPECT_EQ(dynamic_cast<const Spline<2> &>(*spline).GetTransformDomainMeshSize(), size);
  for (const std::string name : linearNames)
  {
    const auto transform = Transforms<2>::Make(MakeSettings(name, { 2, 1 }), *grid);
    for (const auto & adaptor : Transforms<2>::MakeAdaptors(MakeSettings(name, { 2, 1 }), *transform, *grid, false))
    {
      EXPECT_TRUE(adaptor.IsNull()) << name;
    }
  }
}

TEST(MaskedRegistrationTransform, AGivenBSplineMovesToTheCornerOfTheImage)
{
  const auto grid = MakeTiltedGrid<2>(6);
  auto       settings = MakeSettings("b-spline", { 1 });
  settings.GridScaleFactors = { 2 };
  const auto spline = Transforms<2>::Make(settings, *grid);
  auto       cells = dynamic_cast<const Spline<2> &>(*spline).GetTransformDomainMeshSize();
  Transforms<2>::MakeAdaptors(settings, *spline, *grid, true).front()->AdaptTransformParameters();
  const auto & adapted = dynamic_cast<const Spline<2> &>(*spline);
  EXPECT_LT((adapted.GetTransformDomainOrigin() - grid->GetOrigin()).GetNorm(), 1e-9);
  for (unsigned int d = 0; d < 2; ++d)
  {
    EXPECT_EQ(adapted.GetTransformDomainMeshSize()[d], 2 * cells[d]);
    EXPECT_NEAR(adapted.GetTransformDomainPhysicalDimensions()[d],
                grid->GetSpacing()[d] * (static_cast<double>(grid->GetLargestPossibleRegion().GetSize(d)) - 1.0),
                1e-9);
  }
}

TEST(MaskedRegistrationTransform, FieldsHaveTheGridOfEachLevel)
{
  const auto grid = MakeTiltedGrid<3>(5);
  for (const std::string name : { "displacement-field", "syn" })
  {
    const auto   settings = MakeSettings(name, { 2, 1 });
    const auto   transform = Transforms<3>::Make(settings, *grid);
    auto &       field = dynamic_cast<Field<3> &>(*transform);
    const auto & pixels = *field.GetDisplacementField();
    EXPECT_EQ(pixels.GetLargestPossibleRegion(), grid->GetLargestPossibleRegion());
    EXPECT_TRUE(pixels.IsSameImageGeometryAs(grid, 1e-12, 1e-12));
    EXPECT_EQ(field.GetInverseDisplacementField() != nullptr, name == "syn");
    for (const double parameter : field.GetParameters())
    {
      ASSERT_EQ(parameter, 0.0);
    }
    const auto adaptors = Transforms<3>::MakeAdaptors(settings, field, *grid, false);
    adaptors[0]->SetTransform(&field);
    adaptors[0]->AdaptTransformParameters();
    const auto & shrunken = *field.GetDisplacementField();
    for (unsigned int d = 0; d < 3; ++d)
    {
      EXPECT_EQ(shrunken.GetLargestPossibleRegion().GetSize(d),
                std::max<itk::SizeValueType>(1, grid->GetLargestPossibleRegion().GetSize(d) / 2));
      EXPECT_NEAR(shrunken.GetSpacing()[d], 2.0 * grid->GetSpacing()[d], 1e-12);
    }
    adaptors[1]->SetTransform(&field);
    adaptors[1]->AdaptTransformParameters();
    EXPECT_TRUE(field.GetDisplacementField()->IsSameImageGeometryAs(grid, 1e-6, 1e-6));
  }
}

TEST(MaskedRegistrationTransform, TranslatesLinearTransformsAlone)
{
  ExpectTranslates<2>();
  ExpectTranslates<3>();
}

TEST(MaskedRegistrationTransform, TranslatesOnlyWhatHasTheTranslationAmongItsParameters)
{
  const auto                    grid = MakeTiltedGrid<3>(4);
  const auto                    translation = itk::MakeVector(1.5, -2.5, 3.5);
  const TransformOf<3>::Pointer transforms[] = { itk::ScaleTransform<double, 3>::New().GetPointer(),
                                                 itk::VersorTransform<double>::New().GetPointer(),
                                                 itk::Euler3DTransform<double>::New().GetPointer(),
                                                 itk::AffineTransform<double, 3>::New().GetPointer() };
  for (const auto & transform : transforms)
  {
    SCOPED_TRACE(transform->GetNameOfClass());
    Shake<3>(*transform, 3);
    const auto before = Transforms<3>::Copy(*transform);
    // Euler angles and affine matrices are followed by a translation.
    const bool canTranslate = transform->GetNumberOfParameters() >= 6;
    EXPECT_EQ(Transforms<3>::Translate(*transform, translation), canTranslate);
    const auto shift = canTranslate ? translation : itk::Vector<double, 3>{};
    for (const auto & point : ListPoints<3>(*grid))
    {
      ASSERT_LT(transform->TransformPoint(point).EuclideanDistanceTo(before->TransformPoint(point) + shift), 1e-9);
    }
    ExpectSameMap<3>(*Transforms<3>::Copy(*transform), *transform, *grid, 1e-9);
  }
}

} // namespace MaskedRegistrationTransformGTest
