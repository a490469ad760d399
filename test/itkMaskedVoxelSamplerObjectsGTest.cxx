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
#include "itkBoxSpatialObject.h"
#include "itkCompositeTransform.h"
#include "itkContourSpatialObject.h"
#include "itkEllipseSpatialObject.h"
#include "itkEuler2DTransform.h"
#include "itkGaussianSpatialObject.h"
#include "itkGroupSpatialObject.h"
#include "itkLandmarkSpatialObject.h"
#include "itkPolygonSpatialObject.h"
#include "itkTranslationTransform.h"
#include "itkTubeSpatialObject.h"

#include <gtest/gtest.h>

// Masks of every kind; each list is compared with what the object itself says of every voxel's centre.
namespace MaskedVoxelSamplerObjectsGTest
{
using namespace itk::MaskedSamplingTest;

using Sampler2D = itk::MaskedVoxelSampler<2>;
using Sampler3D = itk::MaskedVoxelSampler<3>;

template <typename TObject>
void
MoveObject(TObject & object, double angle)
{
  constexpr unsigned int dimension = TObject::ObjectDimension;
  const auto             transform = itk::AffineTransform<double, dimension>::New();
  transform->Rotate(0, 1, angle);
  transform->Scale(0.9);
  transform->Translate(itk::MakeFilled<itk::Vector<double, dimension>>(0.4));
  object.SetObjectToParentTransform(transform);
  object.Update();
}

template <unsigned int VDimension>
typename itk::EllipseSpatialObject<VDimension>::Pointer
MakeBall(double radius, const itk::Point<double, VDimension> & center)
{
  const auto ball = itk::EllipseSpatialObject<VDimension>::New();
  ball->SetRadiusInObjectSpace(radius);
  ball->SetCenterInObjectSpace(center);
  ball->Update();
  return ball;
}

template <unsigned int VDimension>
typename itk::BoxSpatialObject<VDimension>::Pointer
MakeBox(const itk::Point<double, VDimension> & position, double size)
{
  const auto box = itk::BoxSpatialObject<VDimension>::New();
  box->SetPositionInObjectSpace(position);
  box->SetSizeInObjectSpace(itk::MakeFilled<typename itk::BoxSpatialObject<VDimension>::SizeType>(size));
  box->Update();
  return box;
}

template <typename TObject>
void
SetPoints(TObject & object, const std::vector<typename TObject::PointType> & positions, double radius = 0.0)
{
  typename TObject::SpatialObjectPointListType points;
  for (const auto & position : positions)
  {
    typename TObject::SpatialObjectPointType point;
    point.SetPositionInObjectSpace(position);
    if constexpr (std::is_same_v<typename TObject::SpatialObjectPointType,
                                 itk::TubeSpatialObjectPoint<TObject::ObjectDimension>>)
    {
      point.SetRadiusInObjectSpace(radius);
    }
    points.push_back(point);
  }
  object.SetPoints(points);
  object.Update();
}

/** The sampler's list for a mask on several grids: random ones around the origin of space, and one of whole numbers;
 * with and without a transform and a fixed image. \return the number of lists with some voxels but not all of them */
template <unsigned int VDimension>
unsigned int
CountListsThatEqualBruteForce(const itk::SpatialObject<VDimension> & mask)
{
  using ImageType = itk::Image<float, VDimension>;
  std::mt19937 random(VDimension);
  unsigned int number = 0;
  for (unsigned int i = 0; i < 12; ++i)
  {
    SCOPED_TRACE(i);
    auto domain = MakeRandomGrid<ImageType>(random, 25, {});
    if (i % 3 == 0)
    {
      domain = ImageType::New();
      domain->SetRegions(itk::Size<VDimension>::Filled(19));
      domain->SetOrigin(itk::MakeFilled<typename ImageType::PointType>(-9.0));
      domain->AllocateInitialized();
    }
    FlipRandomAxes<VDimension>(*domain, random);
    const auto transform = itk::AffineTransform<double, VDimension>::New();
    transform->SetMatrix(MakeRandomDirection<VDimension>(random));
    transform->Scale(0.8);

    const auto sampler = itk::MaskedVoxelSampler<VDimension>::New();
    sampler->SetDomain(domain);
    sampler->SetMask(&mask);
    sampler->SetNumberOfWorkUnits(1 + i % 4);
    sampler->SetTransform(i % 2 == 0 ? nullptr : transform);
    sampler->SetFixedImage(i % 4 == 3 ? MakeRandomGrid<ImageType>(random, 25, {}) : nullptr);
    const bool hasVoxels = ExpectUpdateGivesBruteForce(*sampler);
    number +=
      hasVoxels && sampler->GetNumberOfVoxels() < domain->GetLargestPossibleRegion().GetNumberOfPixels() ? 1 : 0;
  }
  return number;
}

/** Inside where its superclass is outside. It has the same name, so only its type tells. */
class InvertedImageMask : public itk::ImageMaskSpatialObject<2>
{
public:
  using Self = InvertedImageMask;
  using Superclass = itk::ImageMaskSpatialObject<2>;
  using Pointer = itk::SmartPointer<Self>;
  itkNewMacro(Self);
  using Superclass::IsInsideInObjectSpace;
  bool
  IsInsideInObjectSpace(const PointType & point) const override
  {
    return !Superclass::IsInsideInObjectSpace(point);
  }
};

/** Inside everywhere, far from the box of its superclass. */
class UnboundedEllipse : public itk::EllipseSpatialObject<2>
{
public:
  using Self = UnboundedEllipse;
  using Superclass = itk::EllipseSpatialObject<2>;
  using Pointer = itk::SmartPointer<Self>;
  itkNewMacro(Self);
  using Superclass::IsInsideInObjectSpace;
  bool
  IsInsideInObjectSpace(const PointType & point) const override
  {
    return point[0] > 0.3 * point[1];
  }
};

/** A spatial object of the user's own, without a bounding box. */
class HalfSpace : public itk::SpatialObject<3>
{
public:
  using Self = HalfSpace;
  using Superclass = itk::SpatialObject<3>;
  using Pointer = itk::SmartPointer<Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(HalfSpace);
  using Superclass::IsInsideInObjectSpace;
  bool
  IsInsideInObjectSpace(const PointType & point) const override
  {
    return point[0] + 2.0 * point[1] - point[2] > 0.1;
  }
};

itk::Image<float, 2>::Pointer
MakePlainDomain(itk::SizeValueType size)
{
  return RectangleCase::MakeBox<itk::Image<float, 2>>(itk::Size<2>::Filled(size), {}, {}, 0.0F);
}

TEST(MaskedVoxelSamplerObjects, Ellipse)
{
  const auto ellipse = itk::EllipseSpatialObject<3>::New();
  ellipse->SetRadiusInObjectSpace(itk::MakeFilled<itk::EllipseSpatialObject<3>::ArrayType>(5.0));
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*ellipse), 10U); // never updated
  ellipse->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*ellipse), 10U);

  itk::EllipseSpatialObject<3>::ArrayType radius;
  radius[0] = 7.0;
  radius[1] = 2.5;
  radius[2] = 4.0;
  ellipse->SetRadiusInObjectSpace(radius); // the bounding box is outdated
  ellipse->SetCenterInObjectSpace(itk::MakePoint(1.0, -2.0, 3.0));
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*ellipse), 10U);
  MoveObject(*ellipse, 0.4);
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*ellipse), 10U);

  radius[1] = 0.0; // flat: inside where y is 0 if the centre is there, too
  const auto disc = itk::EllipseSpatialObject<3>::New();
  disc->SetRadiusInObjectSpace(radius);
  disc->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*disc), 1U);
}

TEST(MaskedVoxelSamplerObjects, Box)
{
  const auto box = MakeBox<2>(itk::MakePoint(-3.0, -4.0), 8.0);
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*box), 8U);
  box->SetSizeInObjectSpace(itk::MakeFilled<itk::BoxSpatialObject<2>::SizeType>(3.0)); // outdated box
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*box), 8U);
  MoveObject(*box, -0.7);
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*box), 6U);
}

TEST(MaskedVoxelSamplerObjects, Polygon)
{
  const auto polygon = itk::PolygonSpatialObject<2>::New();
  SetPoints(*polygon,
            { itk::MakePoint(-6.0, -5.0),
              itk::MakePoint(7.0, -4.0),
              itk::MakePoint(0.0, 0.0),
              itk::MakePoint(5.0, 6.0),
              itk::MakePoint(-5.0, 4.5) });
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*polygon), 8U);
  MoveObject(*polygon, 0.3);
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*polygon), 8U);
}

TEST(MaskedVoxelSamplerObjects, PolygonInAPlaneOf3D)
{
  for (unsigned int d = 0; d < 3; ++d)
  {
    std::vector<itk::Point<double, 3>> positions;
    for (const auto & [a, b] : { std::pair{ -6.0, -5.0 }, { 7.0, -4.0 }, { 0.5, 0.25 }, { 5.0, 6.0 } })
    {
      itk::Point<double, 3> point;
      point[d] = 2.0;
      point[(d + 1) % 3] = a;
      point[(d + 2) % 3] = b;
      positions.push_back(point);
    }
    const auto polygon = itk::PolygonSpatialObject<3>::New();
    SetPoints(*polygon, positions);
    EXPECT_GE(CountListsThatEqualBruteForce<3>(*polygon), 1U); // on the grid of whole numbers
  }
}

TEST(MaskedVoxelSamplerObjects, TubeGaussianContourAndLandmarks)
{
  const std::vector<itk::Point<double, 3>> positions{ itk::MakePoint(-5.0, -4.0, 1.0),
                                                      itk::MakePoint(0.0, 2.0, 0.0),
                                                      itk::MakePoint(5.0, 1.0, -6.0) };
  const auto                               tube = itk::TubeSpatialObject<3>::New();
  for (const bool isEndRounded : { false, true })
  {
    tube->SetEndRounded(isEndRounded);
    SetPoints(*tube, positions, 2.0);
    EXPECT_GE(CountListsThatEqualBruteForce<3>(*tube), 8U);
  }
  MoveObject(*tube, 1.1);
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*tube), 8U);

  const auto gaussian = itk::GaussianSpatialObject<3>::New();
  gaussian->SetRadiusInObjectSpace(4.0);
  gaussian->SetCenterInObjectSpace(itk::MakePoint(1.0, 2.0, -1.0));
  gaussian->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*gaussian), 8U);

  // These two are nothing but their points.
  const auto landmarks = itk::LandmarkSpatialObject<3>::New();
  SetPoints(*landmarks, positions);
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*landmarks), 1U);
  const auto                                         contour = itk::ContourSpatialObject<3>::New();
  itk::ContourSpatialObject<3>::ControlPointListType controlPoints;
  for (const auto & position : positions)
  {
    itk::ContourSpatialObject<3>::ControlPointType point;
    point.SetPositionInObjectSpace(position);
    controlPoints.push_back(point);
  }
  contour->SetControlPoints(controlPoints);
  contour->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*contour), 1U);
}

TEST(MaskedVoxelSamplerObjects, GroupsAreTheUnionOfTheirMembers)
{
  std::mt19937 random(4);
  const auto   maskImage = MakeRandomGrid<MaskImageType<3>>(random, 12, 0);
  FillWithSpeckle<3>(*maskImage, random, 0.5);
  const auto mask = MakeMask<3>(maskImage);
  MoveObject(*mask, 0.5);

  const auto inner = itk::GroupSpatialObject<3>::New();
  inner->AddChild(mask);
  inner->AddChild(MakeBox<3>(itk::MakePoint(2.0, 3.0, 1.0), 3.0));
  inner->AddChild(MakeBall<3>(2.0, itk::MakePoint(-6.0, 3.0, -1.0)));
  MoveObject(*inner, -0.8);
  const auto outer = itk::GroupSpatialObject<3>::New();
  outer->AddChild(MakeBall<3>(1.5, itk::MakePoint(5.0, -5.0, 0.0)));
  outer->AddChild(inner);
  outer->AddChild(itk::GroupSpatialObject<3>::New()); // empty
  MoveObject(*outer, 0.2);
  outer->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*outer), 10U);
  // A member is a mask of its own, with the transforms of its parents.
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*mask), 10U);
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*inner), 10U);

  // A single member, moved far from where it would be without its transform.
  const auto far = MakeBox<3>(itk::MakePoint(-20.0, -20.0, -20.0), 6.0);
  const auto back = itk::AffineTransform<double, 3>::New();
  back->Translate(itk::MakeVector(17.0, 16.0, 18.0));
  far->SetObjectToParentTransform(back);
  const auto groupOfOne = itk::GroupSpatialObject<3>::New();
  groupOfOne->AddChild(far);
  groupOfOne->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*groupOfOne), 10U);

  // A member of which no box is known opens the whole domain again.
  const auto halfSpace = HalfSpace::New();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*halfSpace), 10U);
  inner->AddChild(halfSpace);
  outer->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<3>(*outer), 10U);
}

TEST(MaskedVoxelSamplerObjects, ObjectsWithChildren)
{
  // A child far away from its parent.
  const auto ellipse = MakeBall<2>(2.0, itk::MakePoint(-7.0, -6.0));
  const auto child = MakeBox<2>(itk::MakePoint(1.0, 1.0), 2.0);
  MoveObject(*child, 0.1);
  ellipse->AddChild(child);
  MoveObject(*child, 0.9); // after it was added
  ellipse->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*ellipse), 8U);

  // Of a mask image whose grid is that of the domain.
  const RectangleCase rectangle(128, 64);
  rectangle.Mask->AddChild(MakeBall<2>(9.5, itk::MakePoint(100.0, 20.0)));
  rectangle.Mask->Update();
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(rectangle.MaskImage);
  sampler->SetMask(rectangle.Mask);
  EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
  EXPECT_GT(sampler->GetNumberOfVoxels(), 40U * 30U + 200U);
}

TEST(MaskedVoxelSamplerObjects, MaskImageThatGrewAfterTheMaskWasMade)
{
  const auto maskImage = RectangleCase::MakeBox<MaskImageType<2>>({ { 10, 10 } }, {}, { { 10, 10 } }, 1);
  const auto mask = MakeMask<2>(maskImage);
  maskImage->SetRegions(itk::Size<2>::Filled(20));
  maskImage->Allocate();
  maskImage->FillBuffer(1);
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(maskImage);
  sampler->SetMask(mask);
  EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
  EXPECT_EQ(sampler->GetNumberOfVoxels(), 100U);
  mask->Update();
  EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
  EXPECT_EQ(sampler->GetNumberOfVoxels(), 400U);
}

TEST(MaskedVoxelSamplerObjects, ClassesDerivedByTheUser)
{
  std::mt19937 random(9);
  const auto   maskImage = MakeRandomGrid<MaskImageType<2>>(random, 10, 0);
  FillWithSpeckle<2>(*maskImage, random, 0.5);
  const auto inverted = InvertedImageMask::New();
  inverted->SetImage(maskImage);
  inverted->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*inverted), 10U);
  const auto group = itk::GroupSpatialObject<2>::New();
  group->AddChild(inverted);
  group->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*group), 10U);

  const auto unbounded = UnboundedEllipse::New();
  unbounded->Update();
  EXPECT_GE(CountListsThatEqualBruteForce<2>(*unbounded), 10U);
}

TEST(MaskedVoxelSamplerObjects, PartlyAndEntirelyOutside)
{
  const auto domain = MakePlainDomain(20);
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(domain);
  for (const double x : { -3.0, 0.0, 19.0, 22.0 })
  {
    const auto ball = MakeBall<2>(5.2, itk::MakePoint(x, 21.0));
    sampler->SetMask(ball);
    EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
    EXPECT_LT(static_cast<double>(sampler->GetNumberOfVoxels()), 0.6 * itk::Math::pi * 5.2 * 5.2);
  }
  for (const double x : { -10.0, 30.0, 1e6 })
  {
    const auto ball = MakeBall<2>(5.25, itk::MakePoint(x, 50.5));
    sampler->SetMask(ball);
    EXPECT_FALSE(sampler->UpdateUnlessEmpty());
    const auto message = GetMessageOf([&] { sampler->Update(); });
    EXPECT_NE(message.find("[45.25, 55.75]"), std::string::npos) << message; // of the ball
    EXPECT_NE(message.find("[-0.5, 19.5] x [-0.5, 19.5]"), std::string::npos) << message;
    EXPECT_NE(message.find("EllipseSpatialObject"), std::string::npos) << message;
  }
  // In the box of the mask, but between the voxel centres.
  sampler->SetMask(MakeBall<2>(0.4, itk::MakePoint(7.5, 7.5)));
  const auto message = GetMessageOf([&] { sampler->Update(); });
  EXPECT_NE(message.find("[7.1, 7.9] x [7.1, 7.9]"), std::string::npos) << message;
}

TEST(MaskedVoxelSamplerObjects, MasksOfNothingAreExceptions)
{
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(MakePlainDomain(20));
  const auto withoutImage = itk::ImageMaskSpatialObject<2>::New();
  const auto group = itk::GroupSpatialObject<2>::New();
  const auto groupOfNothing = itk::GroupSpatialObject<2>::New();
  groupOfNothing->AddChild(itk::ImageMaskSpatialObject<2>::New());
  for (const auto & mask :
       { itk::SpatialObject<2>::Pointer(withoutImage), { group }, { groupOfNothing }, itk::SpatialObject<2>::New() })
  {
    sampler->SetMask(mask);
    EXPECT_FALSE(sampler->UpdateUnlessEmpty());
    EXPECT_THROW(sampler->Update(), itk::ExceptionObject);
    EXPECT_THROW(sampler->GetIndex(0), itk::ExceptionObject);
    EXPECT_THROW(sampler->SampleAll(), itk::ExceptionObject);
  }
}

TEST(MaskedVoxelSamplerObjects, FirstQuestionsFromSeveralThreads)
{
  // A polygon finds the plane in which it lies when it is first asked, which takes a while with so many points.
  constexpr unsigned int pointsPerSide = 20000;
  const auto             domain = itk::Image<float, 3>::New();
  domain->SetRegions(itk::Size<3>{ { 1, 8, 8 } });
  domain->SetOrigin(itk::MakePoint(2.0, 0.5, 0.5));
  domain->AllocateInitialized();
  std::vector<itk::Point<double, 3>> square;
  for (unsigned int side = 0; side < 4; ++side)
  {
    for (unsigned int i = 0; i < pointsPerSide; ++i)
    {
      const double along = 10.0 * i / pointsPerSide - 1.0;
      const double y = side == 0 ? along : side == 1 ? 9.0 : side == 2 ? 8.0 - along : -1.0;
      const double z = side == 0 ? -1.0 : side == 1 ? along : side == 2 ? 9.0 : 8.0 - along;
      square.push_back(itk::MakePoint(2.0, y, z));
    }
  }
  for (unsigned int i = 0; i < 15; ++i)
  {
    const auto polygon = itk::PolygonSpatialObject<3>::New();
    SetPoints(*polygon, square);
    const auto sampler = Sampler3D::New();
    sampler->SetDomain(domain);
    sampler->SetMask(polygon);
    sampler->SetNumberOfWorkUnits(8);
    sampler->Update();
    EXPECT_EQ(sampler->GetNumberOfVoxels(), 64U);
  }
}

TEST(MaskedVoxelSamplerObjects, UpdateSeesChangedObjects)
{
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(MakePlainDomain(40));
  const auto ball = MakeBall<2>(4.2, itk::MakePoint(10.0, 10.0));
  const auto otherBall = MakeBall<2>(2.2, itk::MakePoint(30.0, 30.0));
  const auto inner = itk::GroupSpatialObject<2>::New();
  inner->AddChild(otherBall);
  const auto group = itk::GroupSpatialObject<2>::New();
  group->AddChild(ball);
  group->AddChild(inner);
  group->Update();
  const auto transform = itk::AffineTransform<double, 2>::New();
  sampler->SetMask(group);
  sampler->SetTransform(transform);
  const RectangleCase rectangle(128, 64);
  auto                before = itk::ModifiedTimeType{};

  const auto expectChange = [&](const char * what) {
    SCOPED_TRACE(what);
    const auto outdated = GetIndices(*sampler);
    EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
    EXPECT_NE(GetIndices(*sampler), outdated);
    EXPECT_GT(sampler->GetMTime(), before);
    before = sampler->GetMTime();
    EXPECT_TRUE(sampler->UpdateUnlessEmpty()); // nothing to do
    EXPECT_EQ(sampler->GetMTime(), before);
  };
  sampler->Update();
  ball->SetRadiusInObjectSpace(5.5);
  expectChange("radius of a child");
  otherBall->SetCenterInObjectSpace(itk::MakePoint(28.0, 25.0));
  otherBall->Update();
  expectChange("centre of a grandchild");
  MoveObject(*inner, 0.1);
  expectChange("transform of a child");
  inner->AddChild(rectangle.Mask);
  expectChange("another grandchild");
  rectangle.MaskImage->FillBuffer(0);
  rectangle.MaskImage->SetPixel({ { 16, 17 } }, 3);
  rectangle.MaskImage->Modified();
  expectChange("pixels of a grandchild");
  group->RemoveChild(ball);
  group->Modified();
  expectChange("removed child");
  transform->Translate(itk::MakeVector(3.0, 4.0));
  expectChange("transform");
  sampler->SetMask(inner);
  sampler->Update();
  before = sampler->GetMTime();
  MoveObject(*group, 0.2);
  expectChange("transform of the parent");
}

TEST(MaskedVoxelSamplerObjects, UpdateSeesChangedPartsOfACompositeTransform)
{
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(MakePlainDomain(40));
  sampler->SetMask(MakeBall<2>(4.2, itk::MakePoint(10.0, 10.0)));
  const auto part = itk::TranslationTransform<double, 2>::New();
  const auto inner = itk::CompositeTransform<double, 2>::New();
  inner->AddTransform(part);
  const auto composite = itk::CompositeTransform<double, 2>::New();
  composite->AddTransform(itk::Euler2DTransform<double>::New());
  composite->AddTransform(inner);
  sampler->SetTransform(composite);
  sampler->Update();
  const auto outdated = GetIndices(*sampler);
  part->SetOffset(itk::MakeVector(-5.0, 2.0));
  EXPECT_THROW(sampler->SampleAll(), itk::ExceptionObject);
  EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
  EXPECT_NE(GetIndices(*sampler), outdated);
}

TEST(MaskedVoxelSamplerObjects, UpdateSeesAChangedOffset)
{
  // SetOffset() of this transform does not set its modified time.
  const auto sampler = Sampler2D::New();
  sampler->SetDomain(MakePlainDomain(40));
  sampler->SetMask(MakeBall<2>(4.2, itk::MakePoint(10.0, 10.0)));
  const auto transform = itk::TranslationTransform<double, 2>::New();
  sampler->SetTransform(transform);
  sampler->Update();
  transform->SetOffset(itk::MakeVector(-5.0, 2.0));
  EXPECT_TRUE(ExpectUpdateGivesBruteForce(*sampler));
}

} // namespace MaskedVoxelSamplerObjectsGTest
