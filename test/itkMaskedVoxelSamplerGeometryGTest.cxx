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
#include "itkMaskedVoxelSampler.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkAzimuthElevationToCartesianTransform.h"
#include "itkBSplineTransform.h"
#include "itkCompositeTransform.h"
#include "itkDisplacementFieldTransform.h"
#include "itkEllipseSpatialObject.h"
#include "itkEuler3DTransform.h"
#include "itkIdentityTransform.h"
#include "itkTranslationTransform.h"

#include <gtest/gtest.h>

#include <array>
#include <algorithm>
#include <map>

// Every list is compared with the definition of a mask voxel, asked for voxel by voxel.
namespace MaskedVoxelSamplerGeometryGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
using SamplerOf = itk::MaskedVoxelSampler<VDimension>;
template <unsigned int VDimension>
using ImageOf = itk::Image<float, VDimension>;

double
Uniform(std::mt19937 & random, double lower, double upper)
{
  return std::uniform_real_distribution<>(lower, upper)(random);
}

/** A number from 0 to the bound, without it. */
unsigned int
Choose(std::mt19937 & random, unsigned int bound)
{
  return static_cast<unsigned int>(random() % bound);
}

template <unsigned int VDimension>
itk::Vector<double, VDimension>
MakeRandomVector(std::mt19937 & random, double amplitude)
{
  itk::Vector<double, VDimension> vector;
  for (auto & value : vector)
  {
    value = Uniform(random, -amplitude, amplitude);
  }
  return vector;
}

template <unsigned int VDimension>
typename itk::AffineTransform<double, VDimension>::Pointer
MakeRandomAffine(std::mt19937 & random, bool isRigid)
{
  const auto transform = itk::AffineTransform<double, VDimension>::New();
  auto       matrix = MakeRandomDirection<VDimension>(random);
  if (!isRigid)
  {
    for (unsigned int i = 0; i < VDimension; ++i)
    {
      for (unsigned int j = 0; j < VDimension; ++j)
      {
        matrix(i, j) = matrix(i, j) * 1.1 + Uniform(random, -0.15, 0.15);
      }
    }
  }
  transform->SetMatrix(matrix);
  transform->SetTranslation(MakeRandomVector<VDimension>(random, 1.0));
  return transform;
}

enum TransformKind
{
  Null,
  Identity,
  Translation,
  Rigid,
  Affine,
  LinearComposite,
  BSpline,
  DisplacementField,
  MixedComposite,
  NumberOfTransformKinds
};

template <unsigned int VDimension>
typename TransformOf<VDimension>::Pointer
MakeRandomTransform(std::mt19937 & random, unsigned int kind, const itk::ImageBase<VDimension> & domain)
{
  switch (kind)
  {
    case Identity:
      return itk::IdentityTransform<double, VDimension>::New();
    case Translation: {
      const auto transform = itk::TranslationTransform<double, VDimension>::New();
      transform->SetOffset(MakeRandomVector<VDimension>(random, 2.0));
      return transform;
    }
    case Rigid:
    case Affine:
      return MakeRandomAffine<VDimension>(random, kind == Rigid);
    case BSpline: {
      const auto transform = itk::BSplineTransform<double, VDimension, 2>::New();
      transform->SetTransformDomainOrigin(domain.GetOrigin());
      transform->SetTransformDomainDirection(domain.GetDirection());
      // A part of the domain only: a bend in the map where that ends.
      itk::Vector<double, VDimension> dimensions;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        dimensions[d] =
          0.7 * domain.GetSpacing()[d] * static_cast<double>(domain.GetLargestPossibleRegion().GetSize(d));
      }
      transform->SetTransformDomainPhysicalDimensions(dimensions);
      transform->SetTransformDomainMeshSize(itk::Size<VDimension>::Filled(2));
      auto parameters = transform->GetParameters();
      for (auto & parameter : parameters)
      {
        parameter = Uniform(random, -2.0, 2.0);
      }
      transform->SetParametersByValue(parameters);
      return transform;
    }
    case DisplacementField: {
      using FieldType = itk::Image<itk::Vector<double, VDimension>, VDimension>;
      const auto field = MakeRandomGrid<FieldType>(random, VDimension == 4 ? 5 : 8, {});
      for (itk::ImageRegionIterator<FieldType> it(field, field->GetBufferedRegion()); !it.IsAtEnd(); ++it)
      {
        it.Set(MakeRandomVector<VDimension>(random, 1.5));
      }
      const auto transform = itk::DisplacementFieldTransform<double, VDimension>::New();
      transform->SetDisplacementField(field);
      return transform;
    }
    case LinearComposite:
    case MixedComposite: {
      const auto transform = itk::CompositeTransform<double, VDimension>::New();
      transform->AddTransform(MakeRandomTransform<VDimension>(random, Translation, domain));
      transform->AddTransform(
        MakeRandomTransform<VDimension>(random, kind == MixedComposite ? BSpline : Affine, domain));
      return transform;
    }
    default:
      return nullptr;
  }
}

/** A sampler with random inputs of every kind. */
template <unsigned int VDimension>
struct RandomCase
{
  static constexpr unsigned int maximumSize = VDimension == 4 ? 7 : VDimension == 3 ? 14 : 40;
  static constexpr unsigned int numberOfMaskKinds = 4;

  typename ImageOf<VDimension>::Pointer     Domain;
  typename TransformOf<VDimension>::Pointer Transform;
  typename SamplerOf<VDimension>::Pointer   Sampler{ SamplerOf<VDimension>::New() };
  unsigned int                              TransformKind;
  unsigned int                              MaskKind;

  explicit RandomCase(std::mt19937 & random)
    : Domain(MakeGrid<ImageOf<VDimension>>(random))
    , TransformKind(Choose(random, NumberOfTransformKinds))
    , MaskKind(Choose(random, numberOfMaskKinds))
  {
    Transform = MakeRandomTransform<VDimension>(random, TransformKind, *Domain);
    Sampler->SetDomain(Domain);
    Sampler->SetTransform(Transform);
    Sampler->SetNumberOfWorkUnits(1 + Choose(random, 5));
    this->SetRandomFixedImage(random);
    this->SetRandomMask(random);
    if (Choose(random, 3) == 0)
    {
      Sampler->SetRegion(MakeRandomSubregion(Domain->GetLargestPossibleRegion(), random));
    }
  }

  template <typename TImage>
  static typename TImage::Pointer
  MakeGrid(std::mt19937 & random)
  {
    const auto image = MakeRandomGrid<TImage>(random, maximumSize, {});
    FlipRandomAxes<VDimension>(*image, random);
    return image;
  }

  void
  SetRandomFixedImage(std::mt19937 & random)
  {
    const unsigned int kind = Choose(random, 4);
    if (kind == 0)
    {
      return;
    }
    auto fixedImage = kind == 1 ? Domain : MakeGrid<ImageOf<VDimension>>(random);
    if (Choose(random, 2) == 0)
    {
      fixedImage = KeepOnlyInBuffer(*fixedImage, MakeRandomSubregion(fixedImage->GetBufferedRegion(), random));
    }
    Sampler->SetFixedImage(fixedImage);
  }

  void
  SetRandomMask(std::mt19937 & random)
  {
    if (MaskKind == 0)
    {
      return; // none
    }
    const bool isOnGridOfDomain = MaskKind == 1 || (MaskKind == 3 && Choose(random, 3) == 0);
    auto image = isOnGridOfDomain ? MaskImageType<VDimension>::New() : MakeGrid<MaskImageType<VDimension>>(random);
    if (isOnGridOfDomain)
    {
      image->CopyInformation(Domain);
      image->SetRegions(Domain->GetLargestPossibleRegion());
      image->AllocateInitialized();
    }
    std::discrete_distribution<int> value{ 3.0, 5.0, 2.0 };
    for (itk::ImageRegionIterator<MaskImageType<VDimension>> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(static_cast<unsigned char>(value(random)));
    }
    if (Choose(random, 3) == 0)
    {
      image = KeepOnlyInBuffer(*image, MakeRandomSubregion(image->GetBufferedRegion(), random));
    }
    const auto mask = MaskType<VDimension>::New();
    mask->SetImage(image);
    mask->SetUseMaskValue(Choose(random, 2) == 0);
    mask->SetMaskValue(static_cast<unsigned char>(Choose(random, 3)));
    if (MaskKind == 3) // moved
    {
      const auto transform = MakeRandomAffine<VDimension>(random, false);
      if (Choose(random, 2) == 0)
      {
        mask->SetObjectToParentTransform(transform);
      }
      else
      {
        mask->SetObjectToWorldTransform(transform);
      }
    }
    mask->Update();
    Sampler->SetMask(mask);
  }
};

template <unsigned int VDimension>
void
ExpectListsOfRandomCasesEqualBruteForce(unsigned int numberOfCases)
{
  std::mt19937                       random(100 + VDimension);
  std::map<std::pair<int, int>, int> numberOfLists;
  for (unsigned int i = 0; i < numberOfCases; ++i)
  {
    SCOPED_TRACE(i);
    const RandomCase<VDimension> randomCase(random);
    const bool                   hasVoxels = ExpectUpdateGivesBruteForce(*randomCase.Sampler);
    // Lists that leave some voxels out, and keep some.
    if (hasVoxels && (randomCase.MaskKind == 0 ||
                      randomCase.Sampler->GetNumberOfVoxels() < randomCase.Sampler->GetRegion().GetNumberOfPixels()))
    {
      ++numberOfLists[{ randomCase.MaskKind, randomCase.TransformKind }];
    }
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  // Every kind of mask met every kind of transform, or else the test shows little.
  ASSERT_EQ(numberOfLists.size(), RandomCase<VDimension>::numberOfMaskKinds * NumberOfTransformKinds);
  for (const auto & [kinds, number] : numberOfLists)
  {
    EXPECT_GE(number, 10) << "mask " << kinds.first << ", transform " << kinds.second;
  }
}

/** Axes exchanged and reversed. With an angle, from cosines and sines that are not quite 0 and 1. */
template <unsigned int VDimension>
typename itk::ImageBase<VDimension>::DirectionType
MakeQuarterTurn(unsigned int quarters, bool isRounded)
{
  auto         direction = itk::ImageBase<VDimension>::DirectionType::GetIdentity();
  const double angle = itk::Math::pi_over_2 * quarters;
  const double cosine = isRounded ? std::cos(angle) : std::round(std::cos(angle));
  const double sine = isRounded ? std::sin(angle) : std::round(std::sin(angle));
  direction(0, 0) = direction(1, 1) = cosine;
  direction(0, 1) = -sine;
  direction(1, 0) = sine;
  return direction;
}

/** How many voxels of a domain would be in the wrong pixel of another grid if positions along a row were stepped, and
 * nothing else. */
template <unsigned int VDimension>
unsigned int
CountVoxelsMisplacedBySteps(const itk::Image<float, VDimension> & domain, const itk::ImageBase<VDimension> & other)
{
  const auto   length = static_cast<itk::IndexValueType>(domain.GetLargestPossibleRegion().GetSize(0));
  unsigned int number = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ImageOf<VDimension>> it(&domain, domain.GetLargestPossibleRegion());
       !it.IsAtEnd();
       ++it)
  {
    const auto toOther = [&](itk::IndexValueType x) {
      auto index = it.GetIndex();
      index[0] = x;
      return other.template TransformPhysicalPointToContinuousIndex<double>(
        domain.template TransformIndexToPhysicalPoint<double>(index));
    };
    const auto first = toOther(0);
    const auto last = toOther(length - 1);
    const auto pixel =
      other.TransformPhysicalPointToIndex(domain.template TransformIndexToPhysicalPoint<double>(it.GetIndex()));
    bool isMisplaced = false;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const double step = (last[d] - first[d]) / static_cast<double>(length - 1);
      const double position = first[d] + static_cast<double>(it.GetIndex()[0]) * step;
      isMisplaced = isMisplaced || itk::Math::Floor<itk::IndexValueType>(position + 0.5) != pixel[d];
    }
    number += isMisplaced ? 1 : 0;
  }
  return number;
}

template <unsigned int VDimension>
void
ExpectTiesAreDecidedAsPointByPoint()
{
  constexpr itk::SizeValueType size = VDimension == 2 ? 20 : 8;
  std::mt19937                 random(5);
  unsigned int                 numberOfMisplaced = 0;
  for (const double origin : { 0.0, 0.1, 1e3, 1e3 + 0.7, -1e5 - 0.3, 1e5 + 0.3 })
  {
    for (const double spacing : { 1.0, 0.1, 0.3, 1.0 / 3.0 })
    {
      for (const unsigned int turn : { 0U, 1U, 2U, 3U, 5U, 6U, 7U })
      {
        const auto direction = MakeQuarterTurn<VDimension>(turn, turn > 4);
        const auto domain = ImageOf<VDimension>::New();
        domain->SetRegions(itk::Size<VDimension>::Filled(size));
        domain->SetOrigin(itk::MakeFilled<itk::Point<double, VDimension>>(origin));
        domain->SetSpacing(itk::MakeFilled<itk::Vector<double, VDimension>>(spacing));
        domain->SetDirection(direction);
        domain->Allocate();
        for (const double ratio : { 1.0, 2.0 })
        {
          // Pixels of this size, whose borders run through voxel centres of the domain.
          const auto maskImage = MaskImageType<VDimension>::New();
          maskImage->SetRegions(itk::Size<VDimension>::Filled(size));
          maskImage->SetSpacing(itk::MakeFilled<itk::Vector<double, VDimension>>(spacing * ratio));
          maskImage->SetDirection(Choose(random, 2) == 0 ? direction : MakeQuarterTurn<VDimension>(turn + 2, false));
          maskImage->SetOrigin(domain->template TransformContinuousIndexToPhysicalPoint<double>(
            itk::MakeFilled<itk::ContinuousIndex<double, VDimension>>(ratio > 1.5 ? 0.0 : 0.5)));
          maskImage->Allocate();
          FillWithSpeckle<VDimension>(*maskImage, random, 0.5);
          // Let some of the mask reach beyond the domain on every side.
          maskImage->SetOrigin(maskImage->GetOrigin() +
                               maskImage->GetDirection() *
                                 itk::MakeFilled<itk::Vector<double, VDimension>>(-2.0 * spacing * ratio));
          numberOfMisplaced += CountVoxelsMisplacedBySteps<VDimension>(*domain, *maskImage);

          const auto mask = MakeMask<VDimension>(maskImage);
          const auto fixedImage = ImageOf<VDimension>::New();
          fixedImage->CopyInformation(maskImage);
          fixedImage->SetRegions(itk::Size<VDimension>::Filled(size / 2));
          fixedImage->Allocate();
          for (const bool hasMask : { true, false })
          {
            for (const bool hasFixedImage : { true, false })
            {
              SCOPED_TRACE(testing::Message() << origin << ' ' << spacing << ' ' << turn << ' ' << ratio);
              const auto sampler = SamplerOf<VDimension>::New();
              sampler->SetDomain(domain);
              sampler->SetNumberOfWorkUnits(1);
              sampler->SetMask(hasMask ? mask : nullptr);
              sampler->SetFixedImage(hasFixedImage ? fixedImage : nullptr);
              ExpectUpdateGivesBruteForce(*sampler);
              ASSERT_FALSE(testing::Test::HasFailure());
            }
          }
        }
      }
    }
  }
  EXPECT_GT(numberOfMisplaced, 1000U); // or else the test shows little
}

/** A grid without pixels, so that it can be as large as it likes. */
template <unsigned int VDimension>
typename itk::ImageBase<VDimension>::Pointer
MakeHeaderOnly(const itk::Size<VDimension> & size, const itk::Point<double, VDimension> & origin, double spacing)
{
  const auto grid = itk::ImageBase<VDimension>::New();
  grid->SetRegions(size);
  grid->SetOrigin(origin);
  grid->SetSpacing(itk::MakeFilled<itk::Vector<double, VDimension>>(spacing));
  return grid;
}

TEST(MaskedVoxelSamplerGeometry, ListsEqualBruteForceIn2D)
{
  ExpectListsOfRandomCasesEqualBruteForce<2>(1500);
}

TEST(MaskedVoxelSamplerGeometry, ListsEqualBruteForceIn3D)
{
  ExpectListsOfRandomCasesEqualBruteForce<3>(1500);
}

TEST(MaskedVoxelSamplerGeometry, ListsEqualBruteForceIn4D)
{
  ExpectListsOfRandomCasesEqualBruteForce<4>(1500);
}

TEST(MaskedVoxelSamplerGeometry, BordersThroughVoxelCentersIn2D)
{
  ExpectTiesAreDecidedAsPointByPoint<2>();
}

TEST(MaskedVoxelSamplerGeometry, BordersThroughVoxelCentersIn3D)
{
  ExpectTiesAreDecidedAsPointByPoint<3>();
}

TEST(MaskedVoxelSamplerGeometry, RankOfAVoxelOutsideThrows)
{
  std::mt19937 random(3);
  unsigned int numberOutside = 0;
  for (unsigned int i = 0; i < 20; ++i)
  {
    const RandomCase<3> randomCase(random);
    const auto &        sampler = *randomCase.Sampler;
    const auto          expected = ListByBruteForce(sampler);
    EXPECT_THROW(sampler.GetRank({ { 0, 0, 0 } }), itk::ExceptionObject); // not enumerated yet
    EXPECT_THROW(sampler.GetIndex(0), itk::ExceptionObject);
    if (!randomCase.Sampler->UpdateUnlessEmpty())
    {
      continue;
    }
    EXPECT_THROW(sampler.GetIndex(expected.size()), itk::ExceptionObject);
    EXPECT_THROW(sampler.GetIndex(itk::NumericTraits<itk::SizeValueType>::max()), itk::ExceptionObject);

    auto region = randomCase.Domain->GetLargestPossibleRegion();
    region.PadByRadius(2); // also voxels that do not exist
    for (itk::SizeValueType position = 0; position < region.GetNumberOfPixels(); ++position)
    {
      const itk::Index<3> index{
        { region.GetIndex(0) + static_cast<itk::IndexValueType>(position % region.GetSize(0)),
          region.GetIndex(1) + static_cast<itk::IndexValueType>(position / region.GetSize(0) % region.GetSize(1)),
          region.GetIndex(2) + static_cast<itk::IndexValueType>(position / region.GetSize(0) / region.GetSize(1)) }
      };
      if (std::find(expected.begin(), expected.end(), index) == expected.end())
      {
        EXPECT_THROW(sampler.GetRank(index), itk::ExceptionObject) << index;
        ++numberOutside;
      }
    }
  }
  EXPECT_GT(numberOutside, 10000U);
}

TEST(MaskedVoxelSamplerGeometry, BallInAHugeDomainIsThatOfTheCroppedDomain)
{
  const auto ball = itk::EllipseSpatialObject<3>::New();
  ball->SetRadiusInObjectSpace(20.0);
  const auto rigid = itk::Euler3DTransform<double>::New();
  rigid->SetRotation(0.3, -0.2, 0.5);
  rigid->SetTranslation(itk::MakeVector(10.0, -20.0, 30.0));
  for (const itk::SizeValueType size : { 1024U, 2000U })
  {
    const auto grid =
      MakeHeaderOnly<3>(itk::Size<3>{ { size, size, size } }, itk::MakePoint(-100.0, 50.25, -1000.0), 1.0);
    for (const auto & transform : { itk::Euler3DTransform<double>::Pointer(), rigid })
    {
      const auto center =
        grid->TransformIndexToPhysicalPoint<double>({ { 700, 333, 512 } }) + itk::MakeVector(0.3, 0.1, -0.2);
      ball->SetCenterInObjectSpace(transform != nullptr ? transform->TransformPoint(center) : center);
      ball->Update();
      const auto sampler = SamplerOf<3>::New();
      sampler->SetDomain(grid);
      sampler->SetMask(ball);
      sampler->SetTransform(transform);
      const itk::ImageRegion<3> around({ { 670, 303, 482 } }, itk::Size<3>::Filled(60));
      const auto                expected = ListByBruteForce<3>(grid, around, ball, transform.GetPointer(), nullptr);
      ASSERT_TRUE(ExpectUpdateGives(*sampler, expected));
      // 4/3 pi r^3; the voxels of the surface, 4 pi r^2, may be in or out.
      EXPECT_NEAR(static_cast<double>(expected.size()), 33510.3, 0.05 * 5026.5);
      EXPECT_LE(sampler->GetNumberOfRuns(), 41U * 41U); // convex: a run for each row at most
    }
  }
}

TEST(MaskedVoxelSamplerGeometry, MaskImageInAHugeObliqueDomain)
{
  std::mt19937 random(8);
  const auto   maskImage = MakeRandomGrid<MaskImageType<3>>(random, 20, 0);
  FillWithSpeckle<3>(*maskImage, random, 0.6);
  const auto grid = MakeHeaderOnly<3>(itk::Size<3>::Filled(2000), {}, 0.7);
  grid->SetDirection(MakeRandomDirection<3>(random));
  const itk::Index<3>   middle{ { 1500, 900, 200 } };
  itk::Point<double, 3> origin{ 0.0 };
  origin -= grid->TransformIndexToPhysicalPoint<double>(middle) - itk::Point<double, 3>();
  grid->SetOrigin(origin); // the mask image is about the origin of space
  const auto sampler = SamplerOf<3>::New();
  sampler->SetDomain(grid);
  const auto mask = MakeMask<3>(maskImage);
  sampler->SetMask(mask);
  itk::ImageRegion<3> around(middle, { { 1, 1, 1 } });
  around.PadByRadius(70);
  const auto expected = ListByBruteForce<3>(grid, around, mask, nullptr, nullptr);
  EXPECT_TRUE(ExpectUpdateGives(*sampler, expected));
  EXPECT_GT(expected.size(), 1000U);

  const auto fixedImage = ImageOf<3>::New();
  fixedImage->CopyInformation(maskImage);
  fixedImage->SetRegions(maskImage->GetLargestPossibleRegion());
  fixedImage->Allocate();
  sampler->SetMask(nullptr);
  sampler->SetFixedImage(fixedImage);
  const auto inFixedImage = ListByBruteForce<3>(grid, around, nullptr, nullptr, fixedImage);
  EXPECT_TRUE(ExpectUpdateGives(*sampler, inFixedImage));
  EXPECT_GT(inFixedImage.size(), expected.size());
}

TEST(MaskedVoxelSamplerGeometry, RanksOfDomainsWithMoreVoxelsThan32BitsCount)
{
  std::mt19937_64 random(1);
  for (const auto & size : { itk::Size<3>{ { 2000, 2000, 2000 } },
                             itk::Size<3>{ { 3000000000U, 5, 1 } },
                             itk::Size<3>{ { 4294967295U, 3, 2 } },
                             itk::Size<3>{ { 100000000U, 1000, 1000 } } })
  {
    SCOPED_TRACE(size);
    const auto grid = MakeHeaderOnly<3>(size, {}, 1.0);
    const auto sampler = SamplerOf<3>::New();
    sampler->SetDomain(grid);
    sampler->Update();
    const itk::SizeValueType numberOfVoxels = size[0] * size[1] * size[2];
    ASSERT_EQ(sampler->GetNumberOfVoxels(), numberOfVoxels);
    EXPECT_EQ(sampler->GetNumberOfRuns(), size[1] * size[2]);
    EXPECT_EQ(sampler->GetBoundingRegion(), grid->GetLargestPossibleRegion());
    for (unsigned int i = 0; i < 1000; ++i)
    {
      const itk::SizeValueType rank = i == 0 ? numberOfVoxels - 1 : random() % numberOfVoxels;
      const itk::Index<3>      index{ { static_cast<itk::IndexValueType>(rank % size[0]),
                                        static_cast<itk::IndexValueType>(rank / size[0] % size[1]),
                                        static_cast<itk::IndexValueType>(rank / size[0] / size[1]) } };
      ASSERT_EQ(sampler->GetIndex(rank), index);
      ASSERT_EQ(sampler->GetRank(index), rank);
    }
  }
}

TEST(MaskedVoxelSamplerGeometry, RowsTooLongAreNamedUnlessTheMaskConfinesThem)
{
  const auto grid = MakeHeaderOnly<2>({ { 5000000000U, 4 } }, {}, 1.0);
  const auto sampler = SamplerOf<2>::New();
  sampler->SetDomain(grid);
  const auto message = GetMessageOf([&] { sampler->Update(); });
  EXPECT_NE(message.find("5000000000"), std::string::npos) << message;

  const auto ellipse = itk::EllipseSpatialObject<2>::New();
  ellipse->SetRadiusInObjectSpace(2.2);
  ellipse->SetCenterInObjectSpace(itk::MakePoint(4500000000.0, 2.0));
  ellipse->Update();
  sampler->SetMask(ellipse);
  const itk::ImageRegion<2> around({ { 4499999990, 0 } }, { { 20, 4 } });
  EXPECT_TRUE(ExpectUpdateGives(*sampler, ListByBruteForce<2>(grid, around, ellipse, nullptr, nullptr)));
}

TEST(MaskedVoxelSamplerGeometry, TransformThatClaimsToBeLinearButIsNot)
{
  // It inherits from AffineTransform, so that IsLinear() is true; only its category tells.
  using TransformType = itk::AzimuthElevationToCartesianTransform<double, 3>;
  const auto transform = TransformType::New();
  transform->SetAzimuthElevationToCartesianParameters(1.0, 5.0, 45, 45);
  const auto domain = ImageOf<3>::New();
  domain->SetRegions(itk::Size<3>::Filled(12));
  domain->SetSpacing(itk::MakeFilled<itk::Vector<double, 3>>(4.0));
  std::mt19937 random(2);
  const auto   maskImage = MakeRandomGrid<MaskImageType<3>>(random, 40, 0);
  maskImage->SetSpacing(itk::MakeFilled<itk::Vector<double, 3>>(3.0));
  FillWithSpeckle<3>(*maskImage, random, 0.6);
  const auto mask = MakeMask<3>(maskImage);
  const auto sampler = SamplerOf<3>::New();
  sampler->SetDomain(domain);
  sampler->SetTransform(transform);
  sampler->SetMask(mask);
  EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
}

} // namespace MaskedVoxelSamplerGeometryGTest
