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

#include "itkSampledMetricFallbackTestHelpers.h"
#include "itkSampledMetricInputsTestHelpers.h"

#include <gtest/gtest.h>

namespace SampledMattesMutualInformationImageToImageMetricv4InputsGTest
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
using MetricType = MattesKind::Sampled<ImageType2D>;
using StockType = MattesKind::Stock<ImageType2D>;


TEST(SampledMattesMutualInformationImageToImageMetricv4, LeavesTheUnknownToStock)
{
  ExpectFallbacksGiveStock<MattesKind, ImageType2D>(109);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, LeavesItToStockAfterInitializeAndTakesItBack)
{
  ExpectChangesOfSettingsGiveStock<MattesKind, ImageType2D>(110);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, LeavesNewMovingImageToStock)
{
  ExpectStockWithNewMovingImage<MattesKind, ImageType2D>(129);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, LeavesDisplacementFieldsToStock)
{
  ExpectDisplacementFieldGivesStock<MattesKind, ImageType2D>(111);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, NoticesChangesOfInputs)
{
  ExpectChangesAreNoticed<MattesKind, ImageType2D>(113);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, IsFiniteWithFewValues)
{
  ExpectFiniteWithFewValues<MattesKind, ImageType2D>(114);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, ThrowsWithoutPoints)
{
  ExpectExceptionWithoutPoints<MattesKind, ImageType2D>(115);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, FindsShiftInRegistrationMethodOfITK)
{
  ExpectRegistrationFindsShift<MattesKind, ImageType2D>();
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, GrowingPartOfMovingImageGivesWhole)
{
  ExpectGrowingPartGivesWhole<MattesKind, ImageType2D>(117);
}

TEST(SampledMattesMutualInformationImageToImageMetricv4, ThrowsWithoutOverlap)
{
  MetricScene<ImageType2D> scene(120, 2000);
  const auto               metric = scene.Make<MetricType>();
  const auto               expected = Evaluate(*metric);
  const auto               parameters = scene.MovingTransform->GetParameters();
  auto                     far = parameters;
  far[0] += 1000.0;
  scene.MovingTransform->SetParameters(far);
  EXPECT_NE(GetMessageOf([&] { Evaluate(*metric); }).find("samples maps into the moving image"), std::string::npos);
  EXPECT_THROW(metric->GetValue(), itk::ExceptionObject);
  scene.MovingTransform->SetParameters(parameters);
  EXPECT_EQ(Evaluate(*metric), expected);

  const auto fixedTransform = itk::TranslationTransform<double, 2>::New();
  fixedTransform->SetParameters(far);
  metric->SetFixedTransform(fixedTransform);
  EXPECT_THROW(Evaluate(*metric), itk::ExceptionObject);
  metric->SetFixedTransform(itk::TranslationTransform<double, 2>::New());
  EXPECT_EQ(Evaluate(*metric), expected);
}

/** Without Initialize() the range of intensities stays the one of the whole image, as it does for the stock metric. */
TEST(SampledMattesMutualInformationImageToImageMetricv4, TakesOverFromSuperclassWithoutInitialize)
{
  MetricScene<ImageType2D> scene(123, 3000);
  const auto               make = [&](const auto & metric) {
    scene.SetInputs(*metric);
    metric->SetUseSampledPointSet(false);
    metric->Initialize();
    metric->SetUseSampledPointSet(true);
    return metric;
  };
  ExpectValueOf(*make(MetricType::New()), *make(StockType::New()));
}

} // namespace SampledMattesMutualInformationImageToImageMetricv4InputsGTest
