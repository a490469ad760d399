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
#include "itkMaskedSyNRegistrationMethod.h"

#include "itkMaskedSyNRegistrationMethodTestHelpers.h"

#include "itkBoxSpatialObject.h"
#include "itkEllipseSpatialObject.h"
#include "itkGroupSpatialObject.h"
#include "itkObjectToObjectMultiMetricv4.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace MaskedSyNRegistrationMethodGTest
{
using namespace itk::MaskedSamplingTest;

using Strategy = MaskedSyN::MetricSamplingStrategyEnum;
constexpr auto drawingStrategies = { Strategy::RANDOM, Strategy::REGULAR };

/** The number of points is exact at every level, all of them are inside the mask and the grid of the level, and the
 * metric uses every one of them at every iteration.
 * \param offset of the fixed and the moving image from the middle space */
void
ExpectGoodPoints(const itk::Vector<double, 2> & offset)
{
  const BumpCase bump;
  for (const bool downsample : { true, false })
  {
    for (const auto strategy : drawingStrategies)
    {
      SyNProblem<MaskedSyN> problem(bump);
      problem.Metric->SetFixedImageMask(bump.Mask);
      problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
      problem.Method->SetMetricSamplingStrategy(strategy);
      problem.SetInitialTranslations(offset, offset);
      problem.SetLevels({ 4, 2, 1 }, 6);
      problem.Method->SetMetricSamplingPercentage(0.7);
      const auto numberOfVoxels = static_cast<double>(problem.Method->GetNumberOfMaskVoxels());
      ASSERT_GT(numberOfVoxels, 200.0);
      size_t numberOfIterations = 0;
      problem.UpdateAndObserve(
        [&] {
          const auto level = problem.Method->GetCurrentLevel();
          const auto factor = problem.ShrinkFactors[level];
          const auto points = problem.GetPoints();
          // The deformation changes the number of mask voxels at the following levels.
          const auto voxels = static_cast<double>(problem.Method->GetNumberOfMaskVoxelsPerLevel()[level]);
          EXPECT_EQ(points.size(), CountSamples(0.7, voxels, factor * factor));
          EXPECT_NEAR(voxels, numberOfVoxels, level == 0 ? 0.0 : 0.3 * numberOfVoxels);
          EXPECT_EQ(CountInside(points, GetMiddleToFixed(problem), bump.Mask, *bump.Fixed), points.size());
          ExpectInsideGrid(points, *Shrink<Image2D>(*bump.Fixed, factor));
        },
        [&] {
          ++numberOfIterations;
          EXPECT_EQ(problem.Metric->GetNumberOfValidPoints(), problem.GetPoints().size())
            << "level " << problem.Method->GetCurrentLevel() << ", iteration " << numberOfIterations << ", downsample "
            << downsample;
          EXPECT_TRUE(problem.Metric->GetUseSampledPointSet());
          ExpectInsideGrid(problem.GetPoints(), *problem.Metric->GetVirtualImage());
        });
      EXPECT_EQ(numberOfIterations, 18U);
    }
  }
}

/** The deformation is found. */
template <typename TMetric>
void
ExpectBumpIsFound(double errorThatMayRemain)
{
  const BumpCase bump;
  const auto     identity = itk::IdentityTransform<double, 2>::New();
  for (const bool downsample : { true, false })
  {
    for (const auto strategy : { Strategy::RANDOM, Strategy::REGULAR, Strategy::NONE })
    {
      for (const bool byNumber : { true, false })
      {
        if (strategy == Strategy::NONE && byNumber)
        {
          continue;
        }
        SyNProblem<MaskedSyN, TMetric> problem(bump);
        problem.Metric->SetFixedImageMask(bump.Mask);
        problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
        problem.Method->SetMetricSamplingStrategy(strategy);
        problem.SetLevels({ 2, 1 }, 25);
        problem.Method->SetNumberOfSamples(byNumber ? 150 : 0);
        problem.Method->SetMetricSamplingPercentage(strategy == Strategy::NONE ? 1.0 : 0.5);
        problem.Update();
        EXPECT_LT(bump.ComputeError(*problem.Method->GetTransform()), errorThatMayRemain * bump.ComputeError(*identity))
          << problem.Metric->GetNameOfClass() << ", downsample " << downsample << ", " << strategy << ", by number "
          << byNumber;
        if (byNumber)
        {
          EXPECT_EQ(problem.GetPoints().size(), 150U);
        }
      }
    }
  }
}

/** Masks of many kinds, about the middle of the bump. */
std::vector<std::pair<std::string, MaskObject::Pointer>>
MakeMasks(const BumpCase & bump)
{
  using TransformType = MaskObject::TransformType;
  const auto turn = TransformType::New();
  turn->Rotate2D(0.3);
  turn->SetOffset(itk::MakeVector(4.0, -3.0));
  const auto makeEllipse = [](double x, double y, double radiusInX, double radiusInY) {
    using EllipseType = itk::EllipseSpatialObject<2>;
    auto                   ellipse = EllipseType::New();
    EllipseType::ArrayType radius;
    radius[0] = radiusInX;
    radius[1] = radiusInY;
    ellipse->SetCenterInObjectSpace(itk::MakePoint(x, y));
    ellipse->SetRadiusInObjectSpace(radius);
    ellipse->Update();
    return ellipse;
  };
  const auto makeBox = [](double x, double y, double size) {
    using BoxType = itk::BoxSpatialObject<2>;
    auto box = BoxType::New();
    box->SetPositionInObjectSpace(itk::MakePoint(x, y));
    box->SetSizeInObjectSpace(itk::MakeFilled<BoxType::SizeType>(size));
    box->Update();
    return box;
  };

  const auto turnedEllipse = makeEllipse(17.0, 16.0, 9.0, 5.0);
  turnedEllipse->SetObjectToWorldTransform(turn);
  turnedEllipse->Update();

  const auto group = itk::GroupSpatialObject<2>::New();
  group->AddChild(makeEllipse(12.0, 14.0, 5.0, 4.0));
  const auto innerGroup = itk::GroupSpatialObject<2>::New();
  innerGroup->AddChild(makeBox(18.0, 12.0, 9.0));
  innerGroup->SetObjectToParentTransform(turn);
  group->AddChild(innerGroup);
  group->Update();

  const auto turnedImage = MakeMask<2>(bump.MaskImage);
  turnedImage->SetObjectToWorldTransform(turn);
  turnedImage->Update();

  const auto labels = MakeEmptyImage<MaskImageType<2>>(*bump.Fixed);
  FillBox<2>(*labels, { { { 10, 10 } }, { { 30, 20 } } });
  for (itk::ImageRegionIterator<MaskImageType<2>> it(labels, { { { 15, 12 } }, { { 14, 14 } } }); !it.IsAtEnd(); ++it)
  {
    it.Set(3);
  }
  const auto label = MakeMask<2>(labels);
  label->SetUseMaskValue(true);
  label->SetMaskValue(3);

  const auto imageWithChild = MakeMask<2>(bump.MaskImage);
  imageWithChild->AddChild(makeBox(8.0, 8.0, 6.0));
  imageWithChild->Update();

  // A mask image on a grid of its own.
  const auto otherGrid = itk::ImageBase<2>::New();
  otherGrid->SetRegions({ { { -3, 5 } }, { { 12, 11 } } });
  otherGrid->SetSpacing(itk::MakeFilled<itk::ImageBase<2>::SpacingType>(1.7));
  otherGrid->SetOrigin(itk::MakePoint(14.0, 2.0));
  const auto otherImage = MakeBoxMask<2>(*otherGrid, otherGrid->GetLargestPossibleRegion());

  return { { "ellipse", makeEllipse(18.0, 19.0, 11.0, 6.0).GetPointer() },
           { "turned ellipse", turnedEllipse.GetPointer() },
           { "box", makeBox(10.0, 12.0, 14.0).GetPointer() },
           { "group", group.GetPointer() },
           { "turned image", turnedImage.GetPointer() },
           { "label", label.GetPointer() },
           { "image with child", imageWithChild.GetPointer() },
           { "image of another grid", otherImage.GetPointer() } };
}

/** Whether a mask says the same as another at every voxel of an image. */
void
ExpectSameAtVoxels(const MaskObject * mask, const MaskObject & expected, const Image2D & image)
{
  ASSERT_NE(mask, nullptr);
  size_t                                          numberInside = 0;
  itk::ImageRegionConstIteratorWithIndex<Image2D> it(&image, image.GetBufferedRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    const auto point = image.TransformIndexToPhysicalPoint<double>(it.GetIndex());
    const bool isInside = expected.IsInsideInWorldSpace(point, MaskObject::MaximumDepth);
    ASSERT_EQ(mask->IsInsideInWorldSpace(point), isInside) << it.GetIndex();
    numberInside += isInside ? 1 : 0;
  }
  EXPECT_GT(numberInside, 50U);
  EXPECT_LT(numberInside, image.GetBufferedRegion().GetNumberOfPixels() / 2);
}

struct MasksOf
{
  MaskObject::ConstPointer Fixed;
  MaskObject::ConstPointer Moving;

  template <typename TMetric>
  explicit MasksOf(const TMetric & metric)
    : Fixed(metric.GetFixedImageMask())
    , Moving(metric.GetMovingImageMask())
  {}
};

TEST(MaskedSyNRegistrationMethod, PointsAreExactAtEveryLevel)
{
  ExpectGoodPoints(itk::MakeVector(0.0, 0.0));
}

TEST(MaskedSyNRegistrationMethod, PointsAreExactWithInitialTransforms)
{
  ExpectGoodPoints(itk::MakeVector(4.0, -3.5));
}

TEST(MaskedSyNRegistrationMethod, MeanSquaresFindsTheBump)
{
  ExpectBumpIsFound<MeanSquaresOf<Image2D>>(0.35);
}

TEST(MaskedSyNRegistrationMethod, MattesFindsTheBump)
{
  ExpectBumpIsFound<MattesOf<Image2D>>(0.65);
}

TEST(MaskedSyNRegistrationMethod, NeighborhoodCorrelationFindsTheBump)
{
  ExpectBumpIsFound<NeighborhoodCorrelationOf<Image2D>>(0.5);
}

TEST(MaskedSyNRegistrationMethod, ThinMaskKeepsItsPoints)
{
  // A line, which the coarse grid of the level would lose.
  const BumpCase bump;
  const auto     line = MakeBoxMask<2>(*bump.Fixed, { { { 10, 20 } }, { { 25, 1 } } });
  for (const bool downsample : { true, false })
  {
    SyNProblem<MaskedSyN> problem(bump);
    problem.Metric->SetFixedImageMask(line);
    problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
    problem.SampleRandomly(80);
    problem.SetLevels({ 4, 2 }, 4);
    size_t numberOfIterations = 0;
    problem.UpdateAndObserve(
      [&] { EXPECT_EQ(CountInside(problem.GetPoints(), GetMiddleToFixed(problem), line, *bump.Fixed), 80U); },
      [&] {
        ++numberOfIterations;
        EXPECT_EQ(problem.Metric->GetNumberOfValidPoints(), 80U) << "downsample " << downsample;
      });
    EXPECT_EQ(numberOfIterations, 8U);
  }
}

TEST(MaskedSyNRegistrationMethod, ThinMaskThatACoarseGridMissesHoldsAtTheNextLevel)
{
  // Without sampling: the coarse level has the centres of the list, the next one visits the domain, with the mask.
  const BumpCase bump;
  const auto     line = MakeBoxMask<2>(*bump.Fixed, { { { 10, 20 } }, { { 25, 1 } } });
  const auto     run = [&](const Image2D * fixed, size_t & numberAtTheLine) {
    SyNProblem<MaskedSyN> problem(bump);
    problem.Method->SetFixedImage(fixed);
    problem.Metric->SetFixedImageMask(line);
    problem.Method->SetDownsampleImagesForMetricDerivatives(true);
    problem.SetLevels({ 4, 1 }, 3);
    typename MaskedSyN::SmoothingSigmasArrayType sigmas(2);
    sigmas.Fill(0.0);
    problem.Method->SetSmoothingSigmasPerLevel(sigmas);
    std::vector<double> values;
    problem.UpdateAndObserve([] {},
                             [&] {
                               values.push_back(problem.Method->GetCurrentMetricValue());
                               numberAtTheLine = problem.Metric->GetNumberOfValidPoints();
                             });
    return values;
  };
  // Pixels that neither the line nor its interpolation needs.
  const auto beside = MakeEmptyImage<Image2D>(*bump.Fixed);
  for (itk::ImageRegionIteratorWithIndex<Image2D> it(beside, beside->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(std::abs(it.GetIndex()[1] - 20) > 8 ? -1000.0F : bump.Fixed->GetPixel(it.GetIndex()));
  }
  size_t     number = 0;
  const auto expected = run(bump.Fixed, number);
  EXPECT_LT(number, 200U) << "more than the line was visited";
  EXPECT_EQ(run(beside, number), expected);
}

/** What users of the superclass call by name. */
static_assert(std::is_same_v<MaskedSyN::InitialTransformType, StockSyN::InitialTransformType>, "a public alias");
static_assert(std::is_same_v<MaskedSyN::OutputTransformType, StockSyN::OutputTransformType>, "a public alias");
static_assert(std::is_same_v<MaskedSyN::DisplacementFieldPointer, StockSyN::DisplacementFieldPointer>,
              "a public alias");
static_assert(std::is_same_v<MaskedSyN::RealType, StockSyN::RealType>, "a public alias");

TEST(MaskedSyNRegistrationMethod, ThinMaskDoesNotStopMutualInformation)
{
  const BumpCase bump;
  const auto     line = MakeBoxMask<2>(*bump.Fixed, { { { 10, 20 } }, { { 25, 1 } } });
  for (const bool downsample : { true, false })
  {
    SyNProblem<MaskedSyN, MattesOf<Image2D>> problem(bump);
    problem.Metric->SetFixedImageMask(line);
    problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
    problem.SampleRandomly(80);
    problem.SetLevels({ 4, 2 }, 4);
    size_t     numberOfIterations = 0;
    const auto message = GetMessageOf([&] {
      problem.UpdateAndObserve([] {},
                               [&] {
                                 ++numberOfIterations;
                                 // It drops values outside the range of its histogram.
                                 EXPECT_GE(problem.Metric->GetNumberOfValidPoints(), 70U);
                               });
    });
    EXPECT_EQ(message, "");
    EXPECT_EQ(numberOfIterations, 8U);
  }
}

TEST(MaskedSyNRegistrationMethod, EveryMetricHasItsOwnMaskAndPoints)
{
  const BumpCase bump;
  const auto     otherMask = MakeBoxMask<2>(*bump.Fixed, { { { 14, 9 } }, { { 12, 20 } } });
  for (const bool downsample : { true, false })
  {
    SyNProblem<MaskedSyN> problem(bump);
    const auto            otherMetric = MeanSquaresOf<Image2D>::New();
    const auto            multiMetric = itk::ObjectToObjectMultiMetricv4<2, 2, Image2D>::New();
    problem.Metric->SetFixedImageMask(bump.Mask);
    otherMetric->SetFixedImageMask(otherMask);
    otherMetric->SetUseMovingImageGradientFilter(false);
    otherMetric->SetUseFixedImageGradientFilter(false);
    multiMetric->AddMetric(problem.Metric);
    multiMetric->AddMetric(otherMetric);
    problem.Method->SetMetric(multiMetric);
    problem.Method->SetFixedImage(1, bump.Fixed);
    problem.Method->SetMovingImage(1, bump.Moving);
    problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
    problem.SampleRandomly(90);
    problem.SetInitialTranslations(itk::MakeVector(3.0, -2.0), itk::MakeVector(3.0, -2.0));
    problem.SetLevels({ 3, 1 }, 3);
    size_t numberOfIterations = 0;
    problem.UpdateAndObserve(
      [&] {
        const auto toFixed = GetMiddleToFixed(problem);
        const auto otherPoints = problem.Method->GetSamplePointSet(1)->GetPoints()->CastToSTLConstContainer();
        EXPECT_EQ(CountInside(problem.GetPoints(), toFixed, bump.Mask, *bump.Fixed), 90U);
        EXPECT_EQ(CountInside(otherPoints, toFixed, otherMask, *bump.Fixed), 90U);
        EXPECT_NE(otherPoints, problem.GetPoints());
      },
      [&] {
        ++numberOfIterations;
        EXPECT_EQ(problem.Metric->GetNumberOfValidPoints(), 90U) << "downsample " << downsample;
        EXPECT_EQ(otherMetric->GetNumberOfValidPoints(), 90U) << "downsample " << downsample;
      });
    EXPECT_EQ(numberOfIterations, 6U);
    EXPECT_EQ(problem.Metric->GetFixedImageMask(), bump.Mask.GetPointer());
    EXPECT_EQ(otherMetric->GetFixedImageMask(), otherMask.GetPointer());
    EXPECT_EQ(problem.Metric->GetVirtualImage(), nullptr);
    EXPECT_EQ(otherMetric->GetVirtualImage(), nullptr);
  }
}

TEST(MaskedSyNRegistrationMethod, MovingMaskCounts)
{
  const BumpCase bump;
  const auto     movingMask = MakeBoxMask<2>(*bump.Moving, { { { 5, 5 } }, { { 20, 30 } } });
  for (const bool downsample : { true, false })
  {
    for (const bool hasFixedMask : { true, false })
    {
      for (const auto strategy : drawingStrategies)
      {
        SyNProblem<MaskedSyN> problem(bump);
        problem.Metric->SetFixedImageMask(hasFixedMask ? bump.Mask.GetPointer() : nullptr);
        problem.Metric->SetMovingImageMask(movingMask);
        problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
        problem.Method->SetMetricSamplingStrategy(strategy);
        problem.Method->SetNumberOfSamples(200);
        problem.Method->PerturbSamplesOff();
        problem.SetInitialTranslations(itk::MakeVector(0.0, 0.0), itk::MakeVector(1.5, 1.0));
        problem.SetLevels({ 2, 1 }, 2);
        // So little that no point crosses the border of the mask.
        problem.Method->SetLearningRate(1e-9);
        problem.UpdateAndObserve(
          [&] {
            const auto inside = CountInside(problem.GetPoints(), GetMiddleToMoving(problem), movingMask, *bump.Moving);
            const auto level = problem.Method->GetCurrentLevel();
            EXPECT_EQ(problem.Method->GetNumberOfSamplePointsInMovingImagePerLevel()[level], inside)
              << level << ", downsample " << downsample << ", fixed mask " << hasFixedMask;
          },
          [&] {
            const auto inside = CountInside(problem.GetPoints(), GetMiddleToMoving(problem), movingMask, *bump.Moving);
            EXPECT_GT(inside, 20U);
            EXPECT_LT(inside, 180U);
            const auto numberOfValidPoints = problem.Metric->GetNumberOfValidPoints();
            if (!downsample)
            {
              EXPECT_EQ(numberOfValidPoints, inside);
            }
            else
            {
              // The mask is resampled to the grid of the level: its border moves by half a voxel at most.
              EXPECT_NEAR(static_cast<double>(numberOfValidPoints), static_cast<double>(inside), 30.0);
            }
          });
      }
    }
  }
}

TEST(MaskedSyNRegistrationMethod, MasksCanBeAnySpatialObject)
{
  const BumpCase bump;
  for (const auto & [name, mask] : MakeMasks(bump))
  {
    SCOPED_TRACE(name);
    for (const bool downsample : { true, false })
    {
      for (const auto strategy : { Strategy::RANDOM, Strategy::REGULAR, Strategy::NONE })
      {
        SyNProblem<MaskedSyN> problem(bump);
        problem.Method->SetDownsampleImagesForMetricDerivatives(downsample);
        problem.Method->SetMetricSamplingStrategy(strategy);
        problem.Method->SetNumberOfSamples(strategy == Strategy::NONE ? 0 : 100);
        problem.SetLevels({ 3, 1 }, 2);
        problem.Metric->SetFixedImageMask(mask);
        problem.Metric->SetMovingImageMask(mask);
        problem.UpdateAndObserve(
          [&] {
            const auto points = problem.GetPoints();
            EXPECT_GE(points.size(), 5U);
            EXPECT_EQ(CountInside(points, GetMiddleToFixed(problem), mask, *bump.Fixed), points.size());
          },
          [&] { EXPECT_GT(problem.Metric->GetNumberOfValidPoints(), 3U); });
        EXPECT_EQ(problem.Metric->GetFixedImageMask(), mask.GetPointer());
        EXPECT_EQ(problem.Metric->GetMovingImageMask(), mask.GetPointer());
        EXPECT_GT(problem.Method->GetTransform()->GetParameters().magnitude(), 0.0);
      }
    }
  }
}

TEST(MaskedSyNRegistrationMethod, MasksBecomeImagesVoxelByVoxel)
{
  const BumpCase bump;
  for (const auto & [name, mask] : MakeMasks(bump))
  {
    SCOPED_TRACE(name);
    // This metric keeps its masks, and they are not resampled. The second of two calls swaps the images.
    SyNProblem<MaskedSyN, NeighborhoodCorrelationOf<Image2D>> problem(bump);
    problem.Method->SetDownsampleImagesForMetricDerivatives(false);
    problem.Method->SetFixedImageMask(mask);
    problem.Metric->SetMovingImageMask(mask);
    problem.SampleRandomly(100);
    size_t numberOfIterations = 0;
    problem.UpdateAndObserve([] {},
                             [&] {
                               ++numberOfIterations;
                               const MasksOf masks(*problem.Metric);
                               ExpectSameAtVoxels(masks.Moving, *mask, *bump.Fixed);
                               ExpectSameAtVoxels(masks.Fixed, *mask, *bump.Moving);
                               for (const auto & object : { masks.Fixed, masks.Moving })
                               {
                                 EXPECT_NE(dynamic_cast<const MaskType<2> *>(object.GetPointer()), nullptr);
                               }
                             });
    EXPECT_EQ(numberOfIterations, 3U);
    EXPECT_EQ(problem.Metric->GetFixedImageMask(), nullptr);
    EXPECT_EQ(problem.Metric->GetMovingImageMask(), mask.GetPointer());
  }
}

TEST(MaskedSyNRegistrationMethod, RunsInEveryDimensionAndPixelType)
{
  const auto run = [](auto image, unsigned int size) {
    using ImageType = typename decltype(image)::ObjectType;
    constexpr unsigned int dimension = ImageType::ImageDimension;
    const auto             grid = itk::ImageBase<dimension>::New();
    grid->SetRegions(itk::Size<dimension>::Filled(size));
    const auto mask =
      MakeBoxMask<dimension>(*grid, { itk::Index<dimension>::Filled(2), itk::Size<dimension>::Filled(size - 4) });
    const auto method = itk::MaskedSyNRegistrationMethod<ImageType, ImageType>::New();
    const auto metric = MeanSquaresOf<ImageType>::New();
    metric->SetUseMovingImageGradientFilter(false);
    metric->SetUseFixedImageGradientFilter(false);
    method->SetFixedImage(MakeWaves<ImageType>(*grid, 0.5));
    method->SetMovingImage(MakeWaves<ImageType>(*grid, 0.7));
    method->SetMetric(metric);
    method->SetFixedImageMask(mask);
    method->SetMetricSamplingStrategy(Strategy::RANDOM);
    method->SetNumberOfSamples(50);
    method->SetNumberOfLevels(1);
    typename StockMethodOf<ImageType>::SmoothingSigmasArrayType sigmas(1);
    sigmas.Fill(0.0);
    method->SetSmoothingSigmasPerLevel(sigmas);
    method->SetShrinkFactorsPerDimension(0,
                                         StockMethodOf<ImageType>::ShrinkFactorsPerDimensionContainerType::Filled(1));
    itk::Array<itk::SizeValueType> iterations(1);
    iterations.Fill(2);
    method->SetNumberOfIterationsPerLevel(iterations);
    method->Update();
    EXPECT_EQ(method->GetNumberOfSamplePoints(), 50U);
    EXPECT_EQ(metric->GetNumberOfValidPoints(), 50U);
    EXPECT_GT(method->GetTransform()->GetParameters().magnitude(), 0.0);
  };
  run(itk::Image<float, 2>::New(), 16);
  run(itk::Image<double, 2>::New(), 16);
  run(itk::Image<float, 3>::New(), 12);
  run(itk::Image<double, 3>::New(), 12);
  run(itk::Image<float, 4>::New(), 8);
  run(itk::Image<double, 4>::New(), 8);
}

} // namespace MaskedSyNRegistrationMethodGTest
