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
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"

#include "itkSampledMetricContractTestHelpers.h"

#include "itkBSplineKernelFunction.h"
#include "itkEllipseSpatialObject.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace SampledMattesMutualInformationImageToImageMetricv4GTest
{
using namespace itk::MaskedSamplingTest;

struct MattesKind
{
  template <typename TImage>
  using Sampled = itk::SampledMattesMutualInformationImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = itk::MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
};
using ImageType2D = itk::Image<double, 2>;
using ImageType3D = itk::Image<float, 3>;
using MetricType = MattesKind::Sampled<ImageType2D>;
using StockType = MattesKind::Stock<ImageType2D>;

/** Mutual information by its definition: of pairs of values, with ranges beyond which a value is clamped. */
double
ComputeByDefinition(const std::vector<std::pair<double, double>> & pairs,
                    std::pair<double, double>                      fixedRange,
                    std::pair<double, double>                      movingRange,
                    int                                            numberOfBins)
{
  const auto kernel = itk::BSplineKernelFunction<3>::New();
  const auto toBins = [numberOfBins](double value, const std::pair<double, double> & range) {
    const double size = (range.second - range.first) / (numberOfBins - 4);
    return 2.0 + (std::min(std::max(value, range.first), range.second) - range.first) / size;
  };
  std::vector<std::vector<double>> joint(numberOfBins, std::vector<double>(numberOfBins, 0.0));
  std::vector<double>              fixedSums(numberOfBins, 0.0);
  std::vector<double>              movingSums(numberOfBins, 0.0);
  for (const auto & pair : pairs)
  {
    const int    row = std::min(static_cast<int>(toBins(pair.first, fixedRange)), numberOfBins - 3);
    const double position = toBins(pair.second, movingRange);
    for (int bin = 0; bin < numberOfBins; ++bin)
    {
      const double probability = kernel->Evaluate(bin - position) / static_cast<double>(pairs.size());
      joint[row][bin] += probability;
      fixedSums[row] += probability;
      movingSums[bin] += probability;
    }
  }
  double information = 0.0;
  for (int row = 0; row < numberOfBins; ++row)
  {
    for (int bin = 0; bin < numberOfBins; ++bin)
    {
      if (joint[row][bin] > 0.0)
      {
        information += joint[row][bin] * std::log(joint[row][bin] / (fixedSums[row] * movingSums[bin]));
      }
    }
  }
  return -information;
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, ValueIsThatOfStock)
{
  ExpectValuesOfStock<MattesKind, ImageType2D>(101);
  ExpectValuesOfStock<MattesKind, ImageType3D>(102);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, ValueIsThatOfStockWithPointsInFixedSpace)
{
  ExpectValueOfStockWithFixedPoints<MattesKind, ImageType2D>(103);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, DerivativeIsThatOfValue)
{
  ExpectDerivativesOfValue<MattesKind>(104);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, DerivativeIsThatOfValueOfRoundedPixels)
{
  ExpectDerivativesOfRoundedValue<MattesKind>(105);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, DerivativeIsNearThatOfStock)
{
  ExpectDerivativeNearStock<MattesKind, ImageType2D>(106);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, NotExactDerivativeIsThatOfStock)
{
  ExpectAnswersOfStock<MattesKind, ImageType2D>(109);
  ExpectAnswersOfStock<MattesKind, ImageType3D>(110);
  ExpectAnswerOfStockInPart<MattesKind>(111);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, ResultIsTheSameWithAnyNumberOfWorkUnits)
{
  ExpectSameWithAnyNumberOfWorkUnits<MattesKind, ImageType2D>(107);
  ExpectSameWithAnyNumberOfWorkUnits<MattesKind, ImageType3D>(108);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, ValueIsThatOfStockWithAnyNumberOfBins)
{
  const MetricScene<ImageType2D> scene(118, 3000);
  for (const itk::SizeValueType numberOfBins : { 6, 20, 50, 128 })
  {
    const auto make = [&](const auto & metric) {
      scene.SetInputs(*metric);
      metric->SetNumberOfHistogramBins(numberOfBins);
      metric->Initialize();
      return metric;
    };
    const auto metric = make(MetricType::New());
    ExpectValueOf(*metric, *make(StockType::New()));
    if (numberOfBins == 6 || numberOfBins == 128)
    {
      std::mt19937 random(119);
      ExpectDerivativeOfValue(*metric, random, 1e-7, 1e-3);
    }
  }
}

/** The range is that of the voxels whose centres are in the moving mask; samples beyond it are not valid. */
TEST(SampledMattesMutualInformationImageToImageMetricv4, DropsSamplesBeyondRangeOfMask)
{
  MetricScene<ImageType2D> scene(124, 3000);
  const auto               ellipse = itk::EllipseSpatialObject<2>::New();
  ellipse->SetRadiusInObjectSpace(2.2);
  ellipse->Update();
  scene.MovingMask = ellipse;
  const auto metric = scene.Make<MetricType>();
  ExpectValueOf(*metric, *scene.Make<StockType>());
  itk::SizeValueType numberInMask = 0;
  for (const auto & sample : scene.Points->GetPoints()->CastToSTLConstContainer())
  {
    const itk::Point<double, 2> point(sample);
    numberInMask += ellipse->IsInsideInWorldSpace(scene.MovingTransform->TransformPoint(point)) ? 1 : 0;
  }
  EXPECT_LT(metric->GetNumberOfValidPoints(), numberInMask);
  ExpectDerivativeOfValue(*metric, scene.Random, 1e-7, 1e-4);
}

/** Values beyond the range of a part of the moving image count as the ends of that range. */
TEST(SampledMattesMutualInformationImageToImageMetricv4, ClampsToRangeOfRegion)
{
  constexpr int            numberOfBins = 12;
  MetricScene<ImageType2D> scene(121, 3000);
  scene.MovingTransform = MakeRandomTransform<itk::AffineTransform<double, 2>>(scene.Random);
  scene.MovingMask = scene.MakeSpeckleMask();
  auto region = scene.Moving->GetLargestPossibleRegion();
  region.ShrinkByRadius(12);
  const auto metric = MetricType::New();
  scene.SetInputs(*metric);
  metric->SetNumberOfHistogramBins(numberOfBins);
  GetInterfaceOf(*metric).SetMovingPart({ scene.Moving, region, nullptr });
  metric->Initialize();

  const auto fixed = itk::LinearInterpolateImageFunction<ImageType2D, double>::New();
  fixed->SetInputImage(scene.Fixed);
  const auto moving = itk::LinearInterpolateImageFunction<ImageType2D, double>::New();
  moving->SetInputImage(scene.Moving);
  std::vector<std::pair<double, double>> pairs;
  std::pair<double, double>              fixedRange{ 1e9, -1e9 };
  std::pair<double, double>              movingRange{ 1e9, -1e9 };
  const auto                             extend = [](std::pair<double, double> & range, double value) {
    range.first = std::min(range.first, value);
    range.second = std::max(range.second, value);
  };
  for (const auto & sample : scene.Points->GetPoints()->CastToSTLConstContainer())
  {
    const itk::Point<double, 2> point(sample);
    const auto                  mapped = scene.MovingTransform->TransformPoint(point);
    const auto                  voxel = scene.Fixed->TransformPhysicalPointToIndex(point);
    if (scene.Fixed->GetBufferedRegion().IsInside(voxel))
    {
      extend(fixedRange, scene.Fixed->GetPixel(voxel));
    }
    if (fixed->IsInsideBuffer(point) && moving->IsInsideBuffer(mapped) &&
        scene.MovingMask->IsInsideInWorldSpace(mapped))
    {
      pairs.emplace_back(fixed->Evaluate(point), moving->Evaluate(mapped));
    }
  }
  for (itk::ImageRegionIteratorWithIndex<ImageType2D> it(scene.Moving, region); !it.IsAtEnd(); ++it)
  {
    if (scene.MovingMask->IsInsideInWorldSpace(scene.Moving->TransformIndexToPhysicalPoint<double>(it.GetIndex())))
    {
      extend(movingRange, it.Get());
    }
  }
  const auto isBeyond = [&](const auto & pair) {
    return pair.second < movingRange.first || pair.second > movingRange.second;
  };
  EXPECT_GT(std::count_if(pairs.begin(), pairs.end(), isBeyond), 100);

  const double expected = ComputeByDefinition(pairs, fixedRange, movingRange, numberOfBins);
  EXPECT_NEAR(metric->GetValue(), expected, 1e-10 * std::abs(expected));
  EXPECT_EQ(metric->GetNumberOfValidPoints(), pairs.size());
  ExpectDerivativeOfValue(*metric, scene.Random, 1e-7, 1e-4);

  // What is known of one image does not hold for another.
  GetInterfaceOf(*metric).SetMovingPart({ scene.Fixed, region, nullptr });
  metric->Initialize();
  const auto stock = StockType::New();
  scene.SetInputs(*stock);
  stock->SetNumberOfHistogramBins(numberOfBins);
  stock->Initialize();
  ExpectValueOf(*metric, *stock);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, HasJointHistogramOfStock)
{
  MetricScene<ImageType2D> scene(122, 3000);
  const auto               metric = scene.Make<MetricType>();
  const auto               stock = scene.Make<StockType>();
  const auto               expectSame = [&] {
    EXPECT_NEAR(metric->GetValue(), stock->GetValue(), 1e-10);
    const auto histogram = metric->GetJointPDF();
    const auto expected = stock->GetJointPDF();
    ASSERT_EQ(histogram->GetBufferedRegion(), expected->GetBufferedRegion());
    EXPECT_EQ(histogram->GetOrigin(), expected->GetOrigin());
    EXPECT_EQ(histogram->GetSpacing(), expected->GetSpacing());
    for (itk::ImageRegionIteratorWithIndex<StockType::JointPDFType> it(expected, expected->GetBufferedRegion());
         !it.IsAtEnd();
         ++it)
    {
      EXPECT_NEAR(histogram->GetPixel(it.GetIndex()), it.Get(), 1e-12);
    }
  };
  expectSame();
  scene.MovingTransform->SetParameters(MakeRandomTranslation<2>(scene.Random)->GetParameters());
  expectSame();
  // Changed without Initialize(), which the stock metric does not survive.
  for (const itk::SizeValueType numberOfBins : { 70, 10 })
  {
    metric->SetNumberOfHistogramBins(numberOfBins);
    EXPECT_TRUE(std::isfinite(metric->GetValue()));
    EXPECT_EQ(metric->GetJointPDF()->GetBufferedRegion().GetSize(), itk::Size<2>::Filled(numberOfBins));
  }
}

} // namespace SampledMattesMutualInformationImageToImageMetricv4GTest
