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
#include "itkSampledCorrelationImageToImageMetricv4.h"

#include "itkSampledMetricFallbackTestHelpers.h"
#include "itkSampledMetricInputsTestHelpers.h"

#include <gtest/gtest.h>

namespace SampledCorrelationImageToImageMetricv4InputsGTest
{
using namespace itk::MaskedSamplingTest;

struct CorrelationKind
{
  template <typename TImage>
  using Sampled = itk::SampledCorrelationImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = itk::CorrelationImageToImageMetricv4<TImage, TImage>;
};
using ImageType2D = itk::Image<double, 2>;

TEST(SampledCorrelationImageToImageMetricv4, LeavesTheUnknownToStock)
{
  ExpectFallbacksGiveStock<CorrelationKind, ImageType2D>(109);
}

TEST(SampledCorrelationImageToImageMetricv4, LeavesItToStockAfterInitializeAndTakesItBack)
{
  ExpectChangesOfSettingsGiveStock<CorrelationKind, ImageType2D>(110);
}

TEST(SampledCorrelationImageToImageMetricv4, LeavesGradientsOfBothToStock)
{
  ExpectGradientsOfBothGiveStock<CorrelationKind, ImageType2D>(128);
}

TEST(SampledCorrelationImageToImageMetricv4, LeavesNewMovingImageToStock)
{
  ExpectStockWithNewMovingImage<CorrelationKind, ImageType2D>(129);
}

TEST(SampledCorrelationImageToImageMetricv4, LeavesDisplacementFieldsToStock)
{
  ExpectDisplacementFieldGivesStock<CorrelationKind, ImageType2D>(111);
}

TEST(SampledCorrelationImageToImageMetricv4, NoticesChangesOfInputs)
{
  ExpectChangesAreNoticed<CorrelationKind, ImageType2D>(113);
}

TEST(SampledCorrelationImageToImageMetricv4, IsFiniteWithFewValues)
{
  ExpectFiniteWithFewValues<CorrelationKind, ImageType2D>(114);
}

TEST(SampledCorrelationImageToImageMetricv4, ThrowsWithoutPoints)
{
  ExpectExceptionWithoutPoints<CorrelationKind, ImageType2D>(115);
}

TEST(SampledCorrelationImageToImageMetricv4, IsStocksWithoutOverlap)
{
  ExpectWorstValueWithoutOverlap<CorrelationKind, ImageType2D>(116);
}

TEST(SampledCorrelationImageToImageMetricv4, FindsShiftInRegistrationMethodOfITK)
{
  ExpectRegistrationFindsShift<CorrelationKind, ImageType2D>();
}

TEST(SampledCorrelationImageToImageMetricv4, GrowingPartOfMovingImageGivesWhole)
{
  ExpectGrowingPartGivesWhole<CorrelationKind, ImageType2D>(117);
}

} // namespace SampledCorrelationImageToImageMetricv4InputsGTest
