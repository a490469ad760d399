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
#include "sampler/itkMaskWithChildren.h"

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkBoxSpatialObject.h"
#include "itkEllipseSpatialObject.h"
#include "itkGroupSpatialObject.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <utility>

namespace MaskedRegistrationMethodGroupsGTest
{
using namespace itk::MaskedSamplingTest;

template <typename TImage>
using MattesOf = itk::MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
template <typename TImage>
using NeighborhoodCorrelationOf = itk::ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;

constexpr auto allStrategies = { StrategyEnum::RANDOM, StrategyEnum::REGULAR, StrategyEnum::NONE };

/** Groups, with transforms of their own, that cover only a part of the grid of a WavesCase. */
struct GroupCase
{
  using GroupType = itk::GroupSpatialObject<2>;
  using EllipseType = itk::EllipseSpatialObject<2>;

  WavesCase          Waves;
  GroupType::Pointer Fixed{ GroupType::New() };
  GroupType::Pointer Moving{ GroupType::New() };

  GroupCase()
  {
    const auto inner = GroupType::New();
    inner->AddChild(MakeEllipse(15.0, 5.0, 4.0, 2.5));
    const auto box = itk::BoxSpatialObject<2>::New();
    box->SetSizeInObjectSpace(itk::MakeFilled<itk::BoxSpatialObject<2>::SizeType>(5.5));
    box->SetPositionInObjectSpace(itk::MakePoint(20.0, 10.0));
    inner->AddChild(box);
    const auto shift = GroupType::TransformType::New();
    shift->SetOffset(itk::MakeVector(1.0, 2.0));
    inner->SetObjectToParentTransform(shift);
    Fixed->AddChild(MakeEllipse(4.0, 5.0, 3.0, 4.0));
    Fixed->AddChild(inner);
    Fixed->Update();

    Moving->AddChild(MakeEllipse(10.0, 8.0, 9.0, 7.0));
    Moving->AddChild(MakeEllipse(24.0, 14.0, 5.0, 5.0));
    Moving->Update();
  }

  static EllipseType::Pointer
  MakeEllipse(double x, double y, double radiusInX, double radiusInY)
  {
    auto                   ellipse = EllipseType::New();
    EllipseType::ArrayType radius;
    radius[0] = radiusInX;
    radius[1] = radiusInY;
    ellipse->SetCenterInObjectSpace(itk::MakePoint(x, y));
    ellipse->SetRadiusInObjectSpace(radius);
    return ellipse;
  }

  static bool
  IsInside(const GroupType & group, const PointOf<2> & samplePoint)
  {
    itk::Point<double, 2> point;
    point.CastFrom(samplePoint);
    return group.IsInsideInWorldSpace(point, GroupType::MaximumDepth);
  }
};

TEST(MaskedRegistrationMethodGroups, GroupsServeAsMasks)
{
  const GroupCase groups;
  const auto      expectUnion = [&groups](auto registration, bool masksOfTheMethod) {
    auto & method = *registration.Method;
    auto & metric = *registration.Metric;
    if (masksOfTheMethod)
    {
      method.SetFixedImageMask(groups.Fixed);
      method.SetMovingImageMask(groups.Moving);
    }
    else
    {
      metric.SetFixedImageMask(groups.Fixed);
      metric.SetMovingImageMask(groups.Moving);
    }
    SetLevels<Image2D>(method, { 3, 1 });
    const auto shift = TranslationOf<Image2D>::New();
    shift->SetOffset(itk::MakeVector(0.6, -0.4));
    method.SetMovingInitialTransform(shift);
    for (const auto strategy : allStrategies)
    {
      method.SetMetricSamplingStrategy(strategy);
      method.SetNumberOfSamples(strategy == StrategyEnum::NONE ? 0 : 200);
      const MetricState before(metric);
      size_t            numberOfIterations = 0;
      registration.UpdateAndObserve([&] {
        ++numberOfIterations;
        const auto points = registration.GetPoints();
        ASSERT_GE(points.size(), 5U);
        size_t numberOfValidPoints = 0;
        for (const auto & point : points)
        {
          ASSERT_TRUE(GroupCase::IsInside(*groups.Fixed, point)) << point;
          const auto mapped = itk::MakePoint(point[0] + 0.6, point[1] - 0.4);
          numberOfValidPoints +=
            groups.Moving->IsInsideInWorldSpace(mapped, GroupCase::GroupType::MaximumDepth) ? 1 : 0;
        }
        ASSERT_GT(numberOfValidPoints, points.size() / 4);
        ASSERT_LT(numberOfValidPoints, points.size());
        EXPECT_EQ(method.GetNumberOfSamplePointsInMovingImage(), numberOfValidPoints);
        EXPECT_EQ(metric.GetNumberOfValidPoints(), numberOfValidPoints) << strategy;
      });
      EXPECT_EQ(numberOfIterations, 2U);
      EXPECT_TRUE(MetricState(metric) == before);

      itk::SizeValueType numberOfVoxels = 0;
      for (itk::ImageRegionIteratorWithIndex<Image2D> it(groups.Waves.Fixed, groups.Waves.Fixed->GetBufferedRegion());
           !it.IsAtEnd();
           ++it)
      {
        const auto point = groups.Waves.Fixed->TransformIndexToPhysicalPoint<float>(it.GetIndex());
        numberOfVoxels += GroupCase::IsInside(*groups.Fixed, point) ? 1 : 0;
      }
      EXPECT_EQ(method.GetNumberOfMaskVoxels(), numberOfVoxels);
    }
  };
  for (const bool masksOfTheMethod : { false, true })
  {
    expectUnion(Registration<Image2D, MeanSquaresOf<Image2D>>(groups.Waves.Fixed, groups.Waves.Moving),
                masksOfTheMethod);
    expectUnion(Registration<Image2D, MattesOf<Image2D>>(groups.Waves.Fixed, groups.Waves.Moving), masksOfTheMethod);
  }
}

TEST(MaskedRegistrationMethodGroups, MaskWithAChildIsTheUnion)
{
  // A mask image with an ellipse as its child equals the mask image of both.
  const WavesCase waves;
  const auto      withChild = MakeMask<2>(waves.MaskImage);
  withChild->AddChild(GroupCase::MakeEllipse(25.0, 5.0, 4.0, 3.5));
  withChild->Update();
  const auto both = MakeEmptyImage<MaskImageType<2>>(*waves.Fixed);
  for (itk::ImageRegionIteratorWithIndex<MaskImageType<2>> it(both, both->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto point = both->TransformIndexToPhysicalPoint<double>(it.GetIndex());
    it.Set(withChild->IsInsideInWorldSpace(point, itk::SpatialObject<2>::MaximumDepth) ? 1 : 0);
  }
  const auto runDense = [&](const itk::SpatialObject<2> * mask) {
    Registration<Image2D, NeighborhoodCorrelationOf<Image2D>> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(mask);
    registration.Update();
    return std::make_pair(registration.GetPoints(), registration.GetResult());
  };
  EXPECT_EQ(runDense(withChild), runDense(MakeMask<2>(both)));
  EXPECT_NE(runDense(withChild), runDense(waves.Mask));
  const auto runRandomly = [&](const itk::SpatialObject<2> * mask) {
    Registration<Image2D> registration(waves.Fixed, waves.Moving);
    registration.Metric->SetFixedImageMask(mask);
    registration.Method->PerturbSamplesOff();
    registration.SampleRandomly(100);
    MakeItMove(registration);
    return std::make_pair(registration.UpdateAndCollectPoints(), registration.GetResult());
  };
  EXPECT_EQ(runRandomly(withChild), runRandomly(MakeMask<2>(both)));
}

} // namespace MaskedRegistrationMethodGroupsGTest
