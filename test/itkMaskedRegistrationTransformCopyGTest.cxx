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

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace MaskedRegistrationTransformCopyGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
void
ExpectCopySharesNothing(const TransformOf<VDimension> & transform, const GridOf<VDimension> & grid)
{
  const auto original = Transforms<VDimension>::Copy(transform);
  const auto copy = Transforms<VDimension>::Copy(*original);
  EXPECT_STREQ(copy->GetNameOfClass(), transform.GetNameOfClass());
  EXPECT_EQ(copy->GetParameters(), transform.GetParameters());
  EXPECT_EQ(copy->GetFixedParameters(), transform.GetFixedParameters());
  ExpectSameMap<VDimension>(*copy, transform, grid, 0.0);
  Shake<VDimension>(*copy, 5);
  EXPECT_EQ(original->GetParameters(), transform.GetParameters());
  EXPECT_NE(copy->GetParameters(), transform.GetParameters());
  ExpectSameMap<VDimension>(*original, transform, grid, 0.0);
}

template <unsigned int VDimension>
void
ExpectCopiesOfAllKinds()
{
  const auto grid = MakeTiltedGrid<VDimension>(3);
  const auto composite = itk::CompositeTransform<double, VDimension>::New();
  for (const auto & description : Settings::Describe())
  {
    for (const auto & name : description.Name == "transform" ? description.Choices : std::vector<std::string>{})
    {
      if (name != "given")
      {
        const auto transform = Transforms<VDimension>::Make(MakeSettings(name, { 1 }), *grid);
        Shake<VDimension>(*transform, 2);
        ExpectCopySharesNothing<VDimension>(*transform, *grid);
        composite->AddTransform(transform);
      }
    }
  }
  EXPECT_EQ(composite->GetNumberOfTransforms(), 7U);
  const auto nested = itk::CompositeTransform<double, VDimension>::New();
  nested->AddTransform(composite);
  nested->AddTransform(itk::TranslationTransform<double, VDimension>::New());
  nested->SetNthTransformToOptimizeOn(0);
  nested->SetNthTransformToOptimizeOff(1);
  ExpectCopySharesNothing<VDimension>(*nested, *grid);
  const auto   copy = Transforms<VDimension>::Copy(*nested);
  const auto & copied = dynamic_cast<const itk::CompositeTransform<double, VDimension> &>(*copy);
  EXPECT_TRUE(copied.GetNthTransformToOptimize(0));
  EXPECT_FALSE(copied.GetNthTransformToOptimize(1));
}

/** A field of random vectors. */
template <unsigned int VDimension>
typename Field<VDimension>::DisplacementFieldType::Pointer
MakeRandomField(const GridOf<VDimension> & grid, std::mt19937 & random)
{
  std::uniform_real_distribution<> component(-1.0, 1.0);
  const auto                       field = Field<VDimension>::DisplacementFieldType::New();
  field->CopyInformation(&grid);
  field->SetRegions(grid.GetLargestPossibleRegion());
  field->Allocate();
  using IteratorType = itk::ImageRegionIterator<typename Field<VDimension>::DisplacementFieldType>;
  for (IteratorType it(field, field->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    for (auto & x : it.Value())
    {
      x = component(random);
    }
  }
  return field;
}

/** Expect that at the voxels of a field, a transform adds the field's vectors. */
template <unsigned int VDimension>
void
ExpectMovesByField(const TransformOf<VDimension> &                           transform,
                   const typename Field<VDimension>::DisplacementFieldType & field)
{
  for (const auto & index :
       ListByBruteForce<VDimension>(&field, field.GetLargestPossibleRegion(), nullptr, nullptr, nullptr))
  {
    const auto point = field.template TransformIndexToPhysicalPoint<double>(index);
    ASSERT_LT(transform.TransformPoint(point).EuclideanDistanceTo(point + field.GetPixel(index)), 1e-9) << index;
  }
}

template <unsigned int VDimension, typename TField>
void
ExpectCopyOfFieldStartsWhereItDoes()
{
  std::mt19937 random(4);
  for (int run = 0; run < 5; ++run)
  {
    const auto grid = MakeRandomGrid<MaskImageType<VDimension>>(random, 9, 0);
    ASSERT_NE(grid->GetLargestPossibleRegion().GetIndex(), itk::Index<VDimension>{});
    const auto transform = TField::New();
    const auto field = MakeRandomField<VDimension>(*grid, random);
    const auto inverse = MakeRandomField<VDimension>(*grid, random);
    transform->SetDisplacementField(field);
    transform->SetInverseDisplacementField(inverse);
    const auto copy = Transforms<VDimension>::Copy(*transform);
    ExpectMovesByField<VDimension>(*copy, *field);
    ExpectMovesByField<VDimension>(*copy->GetInverseTransform(), *inverse);
    const auto & copied = dynamic_cast<const Field<VDimension> &>(*copy);
    EXPECT_NE(copied.GetDisplacementField()->GetBufferPointer(), field->GetBufferPointer());
    EXPECT_NE(copied.GetInverseDisplacementField()->GetBufferPointer(), inverse->GetBufferPointer());
  }
}

TEST(MaskedRegistrationTransform, CopiesShareNothing)
{
  ExpectCopiesOfAllKinds<2>();
  ExpectCopiesOfAllKinds<3>();
}

TEST(MaskedRegistrationTransform, CopyOfAFieldHasItsOwnInverse)
{
  const auto             transform = Transforms<2>::Make(MakeSettings("syn", { 1 }), *MakeTiltedGrid<2>(1));
  auto &                 field = dynamic_cast<Field<2> &>(*transform);
  itk::Vector<double, 2> one;
  one.Fill(1.0);
  field.GetModifiableInverseDisplacementField()->FillBuffer(one);
  const auto   copy = Transforms<2>::Copy(field);
  const auto & copied = dynamic_cast<const Field<2> &>(*copy);
  one.Fill(2.0);
  field.GetModifiableInverseDisplacementField()->FillBuffer(one);
  ASSERT_NE(copied.GetInverseDisplacementField(), nullptr);
  EXPECT_EQ(copied.GetInverseDisplacementField()->GetPixel({ { 1, 1 } })[0], 1.0);
}

TEST(MaskedRegistrationTransform, CopyOfAFieldStartsWhereTheFieldDoes)
{
  ExpectCopyOfFieldStartsWhereItDoes<2, Field<2>>();
  ExpectCopyOfFieldStartsWhereItDoes<3, Field<3>>();
  ExpectCopyOfFieldStartsWhereItDoes<2, itk::GaussianSmoothingOnUpdateDisplacementFieldTransform<double, 2>>();
}

TEST(MaskedRegistrationTransform, CopyOfAFieldKeepsHowItIsSmoothed)
{
  using SmoothedField = itk::GaussianSmoothingOnUpdateDisplacementFieldTransform<double, 2>;
  auto settings = MakeSettings("displacement-field", { 1 });
  settings.UpdateFieldVariance = 1.25;
  settings.TotalFieldVariance = 0.75;
  const auto   transform = Transforms<2>::Make(settings, *MakeTiltedGrid<2>(1));
  const auto   copy = Transforms<2>::Copy(*transform);
  const auto & copied = dynamic_cast<const SmoothedField &>(*copy);
  EXPECT_EQ(copied.GetGaussianSmoothingVarianceForTheUpdateField(), 1.25);
  EXPECT_EQ(copied.GetGaussianSmoothingVarianceForTheTotalField(), 0.75);
}

} // namespace MaskedRegistrationTransformCopyGTest
