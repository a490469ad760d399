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
#include "itkMaskedImageRegistration.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkDisplacementFieldTransform.h"
#include "itkEuler2DTransform.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkMeanSquaresImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace MaskedImageRegistrationRegionGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;
using RegionType = itk::ImageRegion<2>;
using itk::SizeValueType;

void
SetRegion(Settings & settings, const RegionType & region)
{
  settings.RegionIndex = { region.GetIndex(0), region.GetIndex(1) };
  settings.RegionSize = { region.GetSize(0), region.GetSize(1) };
}

/** How far from the sides of a region the outermost points may be. */
constexpr itk::IndexValueType noSlack = 0;
constexpr itk::IndexValueType someSlack = 1;
constexpr itk::IndexValueType anySlack = 1000;

/** Expect that all sample points are in a region of the user's grid, and that they reach its sides. */
void
ExpectPointsIn(const FacadeType &        facade,
               const itk::ImageBase<2> & grid,
               const RegionType &        region,
               itk::IndexValueType       slack)
{
  ASSERT_NE(facade.GetUsedSamplePoints(), nullptr);
  auto lower = region.GetUpperIndex();
  auto upper = region.GetIndex();
  for (const auto & point : GetPoints(*facade.GetUsedSamplePoints()))
  {
    const auto index = grid.TransformPhysicalPointToIndex(itk::Point<double, 2>(point));
    ASSERT_TRUE(region.IsInside(index)) << index << " is not in " << region;
    for (unsigned int d = 0; d < 2; ++d)
    {
      lower[d] = std::min(lower[d], index[d]);
      upper[d] = std::max(upper[d], index[d]);
    }
  }
  for (unsigned int d = 0; d < 2; ++d)
  {
    EXPECT_LE(lower[d], region.GetIndex(d) + slack);
    EXPECT_GE(upper[d], region.GetUpperIndex()[d] - slack);
  }
}

/** The squares of the differences at the voxels of a region, by definition. */
double
ComputeMeanSquares(const Scene<Image2D> & scene, const RegionType & region, const itk::SpatialObject<2> * mask)
{
  const auto moving = itk::LinearInterpolateImageFunction<Image2D>::New();
  moving->SetInputImage(scene.Moving);
  double        sum = 0.0;
  SizeValueType number = 0;
  for (itk::ImageRegionConstIteratorWithIndex<Image2D> it(scene.Fixed, region); !it.IsAtEnd(); ++it)
  {
    const auto point = scene.Fixed->TransformIndexToPhysicalPoint<double>(it.GetIndex());
    if (moving->IsInsideBuffer(point) && (mask == nullptr || mask->IsInsideInWorldSpace(point)))
    {
      sum += std::pow(static_cast<double>(it.Get()) - moving->Evaluate(point), 2);
      ++number;
    }
  }
  return sum / static_cast<double>(number);
}

TEST(MaskedImageRegistration, PointsOfARegionAreInItForEveryTransform)
{
  const auto scene = MakeRigidScene<Image2D>(); // whose grid starts at (-2, 1)
  const auto euler = itk::Euler2DTransform<double>::New();
  for (const std::string transform :
       { "translation", "rigid", "similarity", "affine", "b-spline", "given", "displacement-field", "syn" })
  {
    for (const RegionType & region : { RegionType({ { 15, 14 } }, { { 12, 15 } }),
                                       RegionType({ { 8, 9 } }, { { 10, 20 } }),
                                       RegionType({ { 25, 18 } }, { { 9, 8 } }) })
    {
      for (const bool hasMask : { false, true })
      {
        for (const std::string sampling : { "none", "random" })
        {
          if (transform == "syn" && sampling == "random")
          {
            continue; // it samples everywhere
          }
          auto settings = MakeStage(transform, { 1 });
          SetRegion(settings, region);
          settings.Sampling = sampling;
          settings.Samples = { sampling == "none" ? SizeValueType{ 0 } : SizeValueType{ 2000 } };
          settings.Metric = transform == "syn" ? "demons" : "mean-squares";
          settings.Iterations = { 1 };
          const auto facade = scene.MakeFacade(settings);
          facade->SetTransformToOptimize(euler);
          facade->SetFixedImageMask(hasMask ? scene.Mask.GetPointer() : nullptr);
          SCOPED_TRACE(transform + ", " + sampling + (hasMask ? ", mask" : ""));
          ASSERT_EQ(GetMessageOf([&] { facade->Update(); }), "");
          ExpectPointsIn(
            *facade, *scene.Fixed, region, hasMask ? anySlack : (sampling == "none" ? noSlack : someSlack));
          if (!hasMask && sampling == "none")
          {
            EXPECT_EQ(facade->GetReports().front().NumberOfPoints, region.GetNumberOfPixels());
          }
        }
      }
    }
  }
}

TEST(MaskedImageRegistration, ARegionWiderThanTheMaskLeavesTheMask)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string transform : { "rigid", "displacement-field", "syn" })
  {
    auto settings = MakeStage(transform, { 1 });
    settings.Sampling = "none";
    settings.Samples = { 0 };
    settings.Metric = transform == "syn" ? "demons" : "mean-squares";
    settings.Iterations = { 1 };
    const auto facade = scene.MakeFacade(settings);
    facade->Update();
    const auto expected = GetPoints(*facade->GetUsedSamplePoints());
    SetRegion(facade->GetStage(0), scene.Fixed->GetBufferedRegion());
    facade->Update();
    EXPECT_EQ(GetPoints(*facade->GetUsedSamplePoints()), expected) << transform;
    EXPECT_GT(expected.size(), 100U);
    // As for every transform, it must be inside the domain.
    SetRegion(facade->GetStage(0), RegionType({ { 40, 20 } }, { { 100, 5 } }));
    EXPECT_NE(GetMessageOf([&] { facade->Update(); }).find("not inside the domain"), std::string::npos) << transform;
  }
}

TEST(MaskedImageRegistration, EvaluatesTheMetricInTheRegion)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const RegionType & region :
       { RegionType({ { 15, 14 } }, { { 12, 15 } }), RegionType({ { -2, 9 } }, { { 20, 20 } }) })
  {
    for (const bool hasMask : { false, true })
    {
      for (const bool isStock : { false, true })
      {
        auto settings = MakeStage("rigid");
        SetRegion(settings, region);
        settings.StockMetric = isStock;
        const auto facade = scene.MakeFacade(settings);
        facade->SetFixedImageMask(hasMask ? scene.Mask.GetPointer() : nullptr);
        const double expected = ComputeMeanSquares(scene, region, hasMask ? scene.Mask.GetPointer() : nullptr);
        EXPECT_NEAR(facade->EvaluateMetric(), expected, 1e-5 * expected) << region;
        settings.RegionIndex.clear();
        settings.RegionSize.clear();
        const auto whole = scene.MakeFacade(settings);
        whole->SetFixedImageMask(facade->GetFixedImageMask());
        EXPECT_GT(std::abs(whole->EvaluateMetric() - expected), 0.01 * expected) << "There is nothing to see.";
      }
    }
  }
}

TEST(MaskedImageRegistration, EvaluatesWhatAnUpdateWithoutSamplingStartsAt)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const std::string metric : { "mean-squares", "mutual-information", "correlation", "neighborhood-correlation" })
  {
    for (const bool hasRegion : { false, true })
    {
      auto settings = MakeStage("translation", { 1 });
      settings.Metric = metric;
      settings.Sampling = "none";
      settings.Samples = { 0 };
      settings.SmoothingSigmas = { 0.0 };
      settings.Iterations = { 1 };
      if (hasRegion)
      {
        SetRegion(settings, RegionType({ { 12, 14 } }, { { 12, 15 } }));
      }
      const auto facade = scene.MakeFacade(settings);
      facade->Update();
      const double first = facade->GetReports().front().FirstValue;
      // One gives the derivative, too, and so adds in another order.
      EXPECT_NEAR(facade->EvaluateMetric(), first, 1e-9 * std::abs(first)) << metric << ", " << hasRegion;
    }
  }
}

} // namespace MaskedImageRegistrationRegionGTest
