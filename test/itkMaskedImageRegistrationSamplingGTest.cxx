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
#include "itkMaskedImageRegistration.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkEuler2DTransform.h"
#include "itkScaleTransform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace MaskedImageRegistrationSamplingGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;
using PointType = PointOf<Image2D>;
using PointSetType = FacadeType::PointSetType;
using WeightImageType = FacadeType::WeightImageType;
using itk::SizeValueType;

/** Used sample points, in double. */
std::vector<PointType>
GetUsedPoints(const FacadeType & facade)
{
  std::vector<PointType> points;
  for (const auto & point : GetPoints(*facade.GetUsedSamplePoints()))
  {
    points.emplace_back(point);
  }
  return points;
}

itk::Index<2>
FindVoxel(const itk::ImageBase<2> & grid, const PointType & point)
{
  return grid.TransformPhysicalPointToIndex(point);
}

/** The centre of mass of an image, or of its part inside a mask, by definition. Masses count from the least. */
PointType
ComputeCenterOfMass(const Image2D & image, const itk::SpatialObject<2> * mask)
{
  std::vector<std::pair<PointType, double>> masses;
  for (itk::ImageRegionConstIteratorWithIndex<Image2D> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto point = image.TransformIndexToPhysicalPoint<double>(it.GetIndex());
    if (mask == nullptr || mask->IsInsideInWorldSpace(point))
    {
      masses.emplace_back(point, it.Get());
    }
  }
  const double least = std::min_element(masses.begin(), masses.end(), [](const auto & a, const auto & b) {
                         return a.second < b.second;
                       })->second;
  PointType    sum;
  double       mass = 0.0;
  sum.Fill(0.0);
  for (const auto & [point, value] : masses)
  {
    sum += point.GetVectorFromOrigin() * (value - least);
    mass += value - least;
  }
  for (auto & coordinate : sum)
  {
    coordinate /= mass;
  }
  return sum;
}

/** The middle of the box of voxels, in an image's own axes, that are inside a mask. */
PointType
ComputeMiddle(const Image2D & image, const itk::SpatialObject<2> * mask)
{
  itk::ContinuousIndex<double, 2> lower;
  itk::ContinuousIndex<double, 2> upper;
  lower.Fill(1e9);
  upper.Fill(-1e9);
  for (itk::ImageRegionConstIteratorWithIndex<Image2D> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    if (mask == nullptr || mask->IsInsideInWorldSpace(image.TransformIndexToPhysicalPoint<double>(it.GetIndex())))
    {
      for (unsigned int d = 0; d < 2; ++d)
      {
        lower[d] = std::min<double>(lower[d], static_cast<double>(it.GetIndex()[d]));
        upper[d] = std::max<double>(upper[d], static_cast<double>(it.GetIndex()[d]));
      }
    }
  }
  itk::ContinuousIndex<double, 2> middle;
  for (unsigned int d = 0; d < 2; ++d)
  {
    middle[d] = 0.5 * (lower[d] + upper[d]);
  }
  return image.TransformContinuousIndexToPhysicalPoint<double>(middle);
}

/** Where the centre of the fixed image goes before the first iteration. */
void
ExpectCentersMeet(const Scene<Image2D> &        scene,
                  const itk::SpatialObject<2> * movingMask,
                  const std::string &           initialization,
                  const std::string &           transform)
{
  auto settings = MakeStage(transform, { 1 });
  settings.Initialization = initialization;
  settings.Samples = { 50 };
  const auto facade = scene.MakeFacade(settings);
  facade->SetMovingImageMask(movingMask);
  Observe(*facade, itk::MultiResolutionIterationEvent(), [&] { facade->Finish(); });
  facade->Update();
  facade->RemoveAllObservers();
  const auto * const fixedMask = movingMask != nullptr ? scene.Mask.GetPointer() : nullptr;
  const auto         fixed = initialization == "geometry" ? ComputeMiddle(*scene.Fixed, fixedMask)
                                                          : ComputeCenterOfMass(*scene.Fixed, fixedMask);
  const auto         moving = initialization == "geometry" ? ComputeMiddle(*scene.Moving, movingMask)
                                                           : ComputeCenterOfMass(*scene.Moving, movingMask);
  EXPECT_GT((moving - fixed).GetNorm(), 0.1) << "There is nothing to do.";
  for (const auto & point : { fixed, itk::MakePoint(1.0, 2.0) })
  {
    EXPECT_LT((facade->GetTransform()->TransformPoint(point) - point - (moving - fixed)).GetNorm(), 1e-6)
      << initialization << ", " << transform;
  }
}

TEST(MaskedImageRegistration, InitializationLetsTheCentersFallTogether)
{
  Scene<Image2D> scene(MakeLinearMotion<Image2D>(0.02, 1.0, 0.0, 1.0));
  scene.Moving->SetOrigin(scene.Moving->GetOrigin() + itk::MakeVector(3.0, -2.0));
  Scene<Image2D> other(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 0.0), 9.0);
  for (const std::string initialization : { "geometry", "moments" })
  {
    for (const std::string transform : { "translation", "rigid", "affine", "b-spline" })
    {
      ExpectCentersMeet(scene, nullptr, initialization, transform);
      ExpectCentersMeet(scene, other.Mask, initialization, transform);
    }
  }
  // Of the first stage alone.
  auto settings = MakeStage("rigid", { 1 });
  settings.Iterations = { 0 };
  const auto facade = scene.MakeFacade(settings);
  settings.Initialization = "geometry";
  facade->AddStage(settings);
  facade->Update();
  EXPECT_LT(
    facade->GetTransform()->TransformPoint(itk::MakePoint(1.0, 2.0)).EuclideanDistanceTo(itk::MakePoint(1.0, 2.0)),
    1e-12);
}

TEST(MaskedImageRegistration, InitializationBringsFarImagesTogether)
{
  Scene<Image2D> scene(MakeLinearMotion<Image2D>(0.05, 1.0, 0.0, 1.0));
  const auto     far = itk::MakeVector(500.0, -300.0);
  scene.Moving->SetOrigin(scene.Moving->GetOrigin() + far);
  const auto motion = scene.Motion;
  scene.Motion = [motion, far](const PointType & point) { return motion(point) + far; };
  auto settings = MakeStage("rigid");
  settings.Initialization = "geometry";
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.1);
}

TEST(MaskedImageRegistration, InitializationSeesThePixelsInMemoryAlone)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto cut = [](const Image2D & image, itk::OffsetValueType first, SizeValueType less) {
    auto region = image.GetLargestPossibleRegion();
    region.SetIndex(0, region.GetIndex(0) + first);
    region.SetSize(0, region.GetSize(0) - less);
    return KeepOnlyInBuffer(image, region);
  };
  const auto fixed = cut(*scene.Fixed, 14, 20);
  const auto moving = cut(*scene.Moving, 2, 11);
  for (const char * const initialization : { "geometry", "moments" })
  {
    for (const bool hasMasks : { true, false })
    {
      auto settings = MakeStage("rigid");
      settings.Initialization = initialization;
      const auto facade = scene.MakeFacade(settings);
      facade->SetFixedImageMask(hasMasks ? scene.Mask.GetPointer() : nullptr);
      facade->SetMovingImageMask(hasMasks ? scene.Mask.GetPointer() : nullptr);
      const double whole = facade->EvaluateMetric();
      facade->SetFixedImage(fixed);
      facade->SetMovingImage(moving);
      fixed->SetLargestPossibleRegion(scene.Fixed->GetLargestPossibleRegion());
      moving->SetLargestPossibleRegion(scene.Moving->GetLargestPossibleRegion());
      const double value = facade->EvaluateMetric();
      fixed->SetLargestPossibleRegion(fixed->GetBufferedRegion());
      moving->SetLargestPossibleRegion(moving->GetBufferedRegion());
      const double expected = facade->EvaluateMetric();
      EXPECT_NEAR(value, expected, 1e-9 * expected) << initialization;
      EXPECT_GT(std::abs(whole - expected), 0.01 * expected) << "There is nothing to see.";
    }
  }
}

TEST(MaskedImageRegistration, InitializationIsInWhatIsKeptOfTheResult)
{
  // A scaling has no translation among its parameters, which are all that files have.
  const auto scene = MakeRigidScene<Image2D>();
  scene.Moving->SetOrigin(scene.Moving->GetOrigin() + itk::MakeVector(40.0, -30.0));
  auto settings = MakeStage("given", { 1 });
  settings.Initialization = "geometry";
  settings.Iterations = { 3 };
  const auto facade = scene.MakeFacade(settings);
  facade->SetTransformToOptimize(itk::ScaleTransform<double, 2>::New());
  facade->Update();
  const auto & result = *facade->GetTransform();
  const auto   kept = FacadeType::CompositeTransformType::New();
  for (SizeValueType n = 0; n < result.GetNumberOfTransforms(); ++n)
  {
    const auto & transform = *result.GetNthTransformConstPointer(n);
    const auto   other = transform.CreateAnother();
    auto &       copy = dynamic_cast<FacadeTransformOf<Image2D> &>(*other);
    copy.SetFixedParameters(transform.GetFixedParameters());
    copy.SetParameters(transform.GetParameters());
    kept->AddTransform(&copy);
  }
  for (const auto & point : scene.ListMaskPoints())
  {
    ASSERT_LT(kept->TransformPoint(point).EuclideanDistanceTo(result.TransformPoint(point)), 1e-9);
    // The middle of the images goes from the origin to there; scales do not change much.
    ASSERT_LT(result.TransformPoint(point).EuclideanDistanceTo(point + itk::MakeVector(40.0, -30.0)), 10.0);
  }
}

TEST(MaskedImageRegistration, ReportsCountVoxelsAndPoints)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto numberOfVoxels = scene.ListMaskPoints().size();
  auto       settings = MakeStage("translation", { 2, 1, 1 });
  settings.Samples = { 0, 0, 123 };
  settings.Percentage = { 0.5, 0.25, 1.0 };
  settings.Iterations = { 1 };
  for (const char * const sampling : { "random", "regular", "none" })
  {
    settings.Sampling = sampling;
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    const auto & reports = facade->GetReports();
    ASSERT_EQ(reports.size(), 3U);
    if (sampling == std::string("none"))
    {
      EXPECT_EQ(reports[2].NumberOfMaskVoxels, numberOfVoxels);
      EXPECT_EQ(reports[2].NumberOfPoints, numberOfVoxels);
      continue;
    }
    const auto   voxels = static_cast<double>(numberOfVoxels);
    const double expected[] = { static_cast<double>(CountSamples(0.5, voxels, 4.0)),
                                static_cast<double>(CountSamples(0.25, voxels, 1.0)),
                                123.0 };
    for (unsigned int level = 0; level < 3; ++level)
    {
      EXPECT_EQ(reports[level].NumberOfMaskVoxels, numberOfVoxels) << sampling;
      EXPECT_NEAR(static_cast<double>(reports[level].NumberOfRequestedPoints), expected[level], 0.5) << sampling;
      EXPECT_EQ(reports[level].NumberOfPoints, reports[level].NumberOfRequestedPoints) << sampling;
    }
    EXPECT_EQ(facade->GetUsedSamplePoints()->GetNumberOfPoints(), 123U);
  }
}

TEST(MaskedImageRegistration, ReportsCountThePointsInTheMovingImage)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("rigid", { 1, 1 });
  settings.SmoothingSigmas = { 0.0 };
  settings.LearningRate = { 3.0, 1.0 };
  settings.Iterations = { 5 };
  const Scene<Image2D> other(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 0.0), 8.0);
  const auto           facade = scene.MakeFacade(settings);
  facade->SetMovingImageMask(other.Mask);
  std::vector<SizeValueType> expected;
  Observe(*facade, itk::MultiResolutionIterationEvent(), [&] {
    const auto points = GetUsedPoints(*facade);
    expected.push_back(std::count_if(points.begin(), points.end(), [&](const PointType & point) {
      const auto mapped = facade->GetOptimizedTransform()->TransformPoint(point);
      return other.Mask->IsInsideInWorldSpace(mapped);
    }));
  });
  facade->Update();
  facade->RemoveAllObservers();
  ASSERT_EQ(expected.size(), 2U);
  for (unsigned int level = 0; level < 2; ++level)
  {
    EXPECT_EQ(facade->GetReports()[level].NumberOfPointsInMovingImage, expected[level]) << level;
    EXPECT_LT(expected[level], facade->GetReports()[level].NumberOfPoints);
    EXPECT_GT(expected[level], 0U);
  }
}

TEST(MaskedImageRegistration, SamplesOnlyInsideMaskAndRegion)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("rigid");
  settings.RegionIndex = { 18, 20 };
  settings.RegionSize = { 9, 25 };
  const itk::ImageRegion<2> region({ { 18, 20 } }, { { 9, 25 } });
  for (const bool hasMask : { true, false })
  {
    const auto facade = scene.MakeFacade(settings);
    facade->SetFixedImageMask(hasMask ? scene.Mask.GetPointer() : nullptr);
    facade->Update();
    const auto points = GetUsedPoints(*facade);
    EXPECT_EQ(points.size(), 400U);
    for (const auto & point : points)
    {
      const auto index = FindVoxel(*scene.Fixed, point);
      ASSERT_TRUE(region.IsInside(index)) << index;
      ASSERT_TRUE(!hasMask || scene.MaskImage->GetPixel(index) != 0) << index;
    }
    SizeValueType expected = 0;
    for (const auto & point : scene.ListMaskPoints())
    {
      expected += region.IsInside(FindVoxel(*scene.Fixed, point)) ? 1 : 0;
    }
    if (hasMask)
    {
      EXPECT_EQ(facade->GetReports().front().NumberOfMaskVoxels, expected);
    }
  }
  settings.RegionSize = { 9 };
  const auto message = GetMessageOf([&] { scene.MakeFacade(settings)->Update(); });
  EXPECT_NE(message.find("region-index has 2 and region-size 1 values"), std::string::npos) << message;
}

TEST(MaskedImageRegistration, UsesOwnPointsThatAreInsideTheMask)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto own = PointSetType::New();
  const auto inside = scene.ListMaskPoints();
  for (unsigned int n = 0; n < 100; ++n)
  {
    PointSetType::PointType point;
    point.CastFrom(inside[3 * n]);
    own->SetPoint(n, point);
  }
  for (unsigned int n = 100; n < 110; ++n)
  {
    own->SetPoint(n, itk::MakePoint(20.0F, static_cast<float>(n) - 105.0F)); // outside
  }
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  facade->SetSamplePoints(own);
  facade->Update();
  EXPECT_EQ(facade->GetReports().back().NumberOfRequestedPoints, 110U);
  EXPECT_EQ(facade->GetReports().back().NumberOfPoints, 100U);
  const auto points = GetUsedPoints(*facade);
  ASSERT_EQ(points.size(), 100U);
  for (unsigned int n = 0; n < 100; ++n)
  {
    EXPECT_LT(points[n].EuclideanDistanceTo(inside[3 * n]), 1e-4);
  }
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.15);
}

TEST(MaskedImageRegistration, DrawsByWeight)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto weights = WeightImageType::New();
  weights->CopyInformation(scene.Fixed);
  weights->SetRegions(scene.Fixed->GetBufferedRegion());
  weights->Allocate();
  // Nothing on one side, and on the other three times as much at every second row.
  Scene<Image2D>::Fill(*weights, [&](const PointType & point) {
    return point[0] < 0.0 ? 0.0 : FindVoxel(*scene.Fixed, point)[1] % 2 == 0 ? 3.0 : 1.0;
  });
  auto settings = MakeStage("rigid", { 1 });
  settings.Samples = { 20000 };
  settings.Iterations = { 1 };
  const auto facade = scene.MakeFacade(settings);
  facade->SetSamplingWeightImage(weights);
  facade->Update();
  double expected[2] = { 0.0, 0.0 };
  for (const auto & point : scene.ListMaskPoints())
  {
    const auto index = FindVoxel(*scene.Fixed, point);
    expected[index[1] % 2 == 0 ? 0 : 1] += weights->GetPixel(index);
  }
  double counts[2] = { 0.0, 0.0 };
  for (const auto & point : GetUsedPoints(*facade))
  {
    const auto index = FindVoxel(*scene.Fixed, point);
    ASSERT_GT(weights->GetPixel(index), 0.0) << index;
    counts[index[1] % 2 == 0 ? 0 : 1] += 1.0;
  }
  const double share = expected[0] / (expected[0] + expected[1]);
  // Five standard deviations of a binomial distribution.
  EXPECT_NEAR(counts[0] / 20000.0, share, 5.0 * std::sqrt(share * (1.0 - share) / 20000.0));
}

TEST(MaskedImageRegistration, SamplesTheVirtualDomain)
{
  const auto scene = MakeRigidScene<Image2D>();
  // A coarse grid in another orientation, whose points a transform takes to the fixed image.
  const auto domain = itk::ImageBase<2>::New();
  domain->SetRegions(itk::Size<2>{ { 20, 20 } });
  domain->SetSpacing(itk::MakeVector(2.0, 2.5));
  domain->SetOrigin(itk::MakePoint(80.0, 78.0));
  const auto toFixed = itk::Euler2DTransform<double>::New();
  toFixed->SetAngle(0.2);
  toFixed->SetCenter(itk::MakePoint(100.0, 100.0));
  toFixed->SetTranslation(itk::MakeVector(-100.0, -100.0));
  auto settings = MakeStage("rigid", { 1 });
  settings.Iterations = { 60 };
  const auto facade = scene.MakeFacade(settings);
  facade->SetVirtualDomain(domain);
  facade->SetFixedInitialTransform(toFixed);
  facade->SetMovingInitialTransform(toFixed);
  facade->Update();
  const auto points = GetUsedPoints(*facade);
  EXPECT_EQ(points.size(), 400U);
  SizeValueType expected = 0;
  for (const auto & index :
       ListByBruteForce<2>(domain, domain->GetLargestPossibleRegion(), scene.Mask, toFixed, scene.Fixed))
  {
    (void)index;
    ++expected;
  }
  EXPECT_EQ(facade->GetReports().front().NumberOfMaskVoxels, expected);
  double sum = 0.0;
  for (const auto & point : points)
  {
    const auto fixed = toFixed->TransformPoint(point);
    ASSERT_TRUE(scene.Mask->IsInsideInWorldSpace(fixed)) << point;
    sum += facade->GetTransform()->TransformPoint(point).EuclideanDistanceTo(scene.Motion(fixed));
  }
  EXPECT_LT(sum / 400.0, 0.15);
}

TEST(MaskedImageRegistration, DrawsAnewForEveryIterationIfAsked)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("rigid", { 1 });
  settings.Samples = { 60 };
  settings.ResampleEveryIteration = true;
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.3);
  const auto result = GetResult<Image2D>(*facade);
  facade->Update();
  EXPECT_EQ(GetResult<Image2D>(*facade), result);
  facade->GetStage(0).Seed = 2;
  facade->Update();
  EXPECT_NE(GetResult<Image2D>(*facade), result);
}

} // namespace MaskedImageRegistrationSamplingGTest
