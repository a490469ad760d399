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

#include "itkSampledMetricContractTestHelpers.h"

#include <gtest/gtest.h>

namespace SampledMeanSquaresImageToImageMetricv4GTest
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
using ImageType3D = itk::Image<float, 3>;

TEST(SampledMeanSquaresImageToImageMetricv4, ValueIsThatOfStock)
{
  ExpectValuesOfStock<MeanSquaresKind, ImageType2D>(101);
  ExpectValuesOfStock<MeanSquaresKind, ImageType3D>(102);
}

TEST(SampledMeanSquaresImageToImageMetricv4, ValueIsThatOfStockWithPointsInFixedSpace)
{
  ExpectValueOfStockWithFixedPoints<MeanSquaresKind, ImageType2D>(103);
}

TEST(SampledMeanSquaresImageToImageMetricv4, DerivativeIsThatOfValue)
{
  ExpectDerivativesOfValue<MeanSquaresKind>(104);
}

TEST(SampledMeanSquaresImageToImageMetricv4, DerivativeIsThatOfValueOfRoundedPixels)
{
  ExpectDerivativesOfRoundedValue<MeanSquaresKind>(105);
}

TEST(SampledMeanSquaresImageToImageMetricv4, DerivativeIsNearThatOfStock)
{
  ExpectDerivativeNearStock<MeanSquaresKind, ImageType2D>(106);
}

TEST(SampledMeanSquaresImageToImageMetricv4, NotExactDerivativeIsThatOfStock)
{
  ExpectAnswersOfStock<MeanSquaresKind, ImageType2D>(109);
  ExpectAnswersOfStock<MeanSquaresKind, ImageType3D>(110);
  ExpectAnswerOfStockInPart<MeanSquaresKind>(111);
}

TEST(SampledMeanSquaresImageToImageMetricv4, ResultIsTheSameWithAnyNumberOfWorkUnits)
{
  ExpectSameWithAnyNumberOfWorkUnits<MeanSquaresKind, ImageType2D>(107);
  ExpectSameWithAnyNumberOfWorkUnits<MeanSquaresKind, ImageType3D>(108);
}

} // namespace SampledMeanSquaresImageToImageMetricv4GTest
