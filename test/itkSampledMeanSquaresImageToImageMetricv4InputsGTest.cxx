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
#include "itkSampledMeanSquaresImageToImageMetricv4.h"

#include "itkSampledMetricFallbackTestHelpers.h"
#include "itkSampledMetricInputsTestHelpers.h"

#include "itkVectorImageToImageMetricTraitsv4.h"

#include <gtest/gtest.h>

namespace SampledMeanSquaresImageToImageMetricv4InputsGTest
{
using namespace itk::MaskedSamplingTest;

struct MeanSquaresKind
{
  template <typename TImage>
  using Sampled = itk::SampledMeanSquaresImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = itk::MeanSquaresImageToImageMetricv4<TImage, TImage>;
};
using ImageType2D = itk::Image<double, 2>;

TEST(SampledMeanSquaresImageToImageMetricv4, LeavesTheUnknownToStock)
{
  ExpectFallbacksGiveStock<MeanSquaresKind, ImageType2D>(109);
}

TEST(SampledMeanSquaresImageToImageMetricv4, LeavesItToStockAfterInitializeAndTakesItBack)
{
  ExpectChangesOfSettingsGiveStock<MeanSquaresKind, ImageType2D>(110);
}

TEST(SampledMeanSquaresImageToImageMetricv4, LeavesGradientsOfBothToStock)
{
  ExpectGradientsOfBothGiveStock<MeanSquaresKind, ImageType2D>(128);
}

TEST(SampledMeanSquaresImageToImageMetricv4, LeavesNewMovingImageToStock)
{
  ExpectStockWithNewMovingImage<MeanSquaresKind, ImageType2D>(129);
}

TEST(SampledMeanSquaresImageToImageMetricv4, LeavesDisplacementFieldsToStock)
{
  ExpectDisplacementFieldGivesStock<MeanSquaresKind, ImageType2D>(111);
}

TEST(SampledMeanSquaresImageToImageMetricv4, NoticesChangesOfInputs)
{
  ExpectChangesAreNoticed<MeanSquaresKind, ImageType2D>(113);
}

TEST(SampledMeanSquaresImageToImageMetricv4, IsFiniteWithFewValues)
{
  ExpectFiniteWithFewValues<MeanSquaresKind, ImageType2D>(114);
}

TEST(SampledMeanSquaresImageToImageMetricv4, ThrowsWithoutPoints)
{
  ExpectExceptionWithoutPoints<MeanSquaresKind, ImageType2D>(115);
}

TEST(SampledMeanSquaresImageToImageMetricv4, IsStocksWithoutOverlap)
{
  ExpectWorstValueWithoutOverlap<MeanSquaresKind, ImageType2D>(116);
}

TEST(SampledMeanSquaresImageToImageMetricv4, FindsShiftInRegistrationMethodOfITK)
{
  ExpectRegistrationFindsShift<MeanSquaresKind, ImageType2D>();
}

TEST(SampledMeanSquaresImageToImageMetricv4, GrowingPartOfMovingImageGivesWhole)
{
  ExpectGrowingPartGivesWhole<MeanSquaresKind, ImageType2D>(117);
}

/** Pixels that are vectors: the very answer of the superclass. */
TEST(SampledMeanSquaresImageToImageMetricv4, LeavesVectorPixelsToStock)
{
  using VectorImageType = itk::Image<itk::Vector<double, 3>, 2>;
  using TraitsType = itk::VectorImageToImageMetricTraitsv4<VectorImageType, VectorImageType, ImageType2D, 3, double>;
  using MetricType =
    itk::SampledMeanSquaresImageToImageMetricv4<VectorImageType, VectorImageType, ImageType2D, double, TraitsType>;
  using StockType =
    itk::MeanSquaresImageToImageMetricv4<VectorImageType, VectorImageType, ImageType2D, double, TraitsType>;

  const MetricScene<ImageType2D> scene(118, 1000);
  const auto                     makeVectors = [](const ImageType2D & image) {
    auto vectors = VectorImageType::New();
    vectors->CopyInformation(&image);
    vectors->SetRegions(image.GetLargestPossibleRegion());
    vectors->Allocate();
    itk::ImageRegionConstIteratorWithIndex<ImageType2D> it(&image, image.GetBufferedRegion());
    for (; !it.IsAtEnd(); ++it)
    {
      vectors->SetPixel(it.GetIndex(), itk::MakeVector(it.Get(), 0.1 * it.Get(), std::sqrt(it.Get())));
    }
    return vectors;
  };
  const auto fixed = makeVectors(*scene.Fixed);
  const auto moving = makeVectors(*scene.Moving);
  const auto evaluate = [&](const auto & metric) {
    metric->SetFixedImage(fixed);
    metric->SetMovingImage(moving);
    metric->SetMovingTransform(scene.MovingTransform);
    metric->SetUseSampledPointSet(true);
    metric->SetUseVirtualSampledPointSet(true);
    metric->SetVirtualSampledPointSet(scene.Points);
    metric->SetMaximumNumberOfWorkUnits(1);
    metric->Initialize();
    return Evaluate(*metric);
  };
  const auto expected = evaluate(StockType::New());
  EXPECT_EQ(evaluate(MetricType::New()), expected);
  EXPECT_GT(expected.NumberOfValidPoints, 100u);
}

} // namespace SampledMeanSquaresImageToImageMetricv4InputsGTest
