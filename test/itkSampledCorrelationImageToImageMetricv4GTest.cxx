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

#include "itkSampledMetricContractTestHelpers.h"

#include <gtest/gtest.h>

namespace SampledCorrelationImageToImageMetricv4GTest
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
using ImageType3D = itk::Image<float, 3>;

TEST(SampledCorrelationImageToImageMetricv4, ValueIsThatOfStock)
{
  ExpectValuesOfStock<CorrelationKind, ImageType2D>(101);
  ExpectValuesOfStock<CorrelationKind, ImageType3D>(102);
}

TEST(SampledCorrelationImageToImageMetricv4, ValueIsThatOfStockWithPointsInFixedSpace)
{
  ExpectValueOfStockWithFixedPoints<CorrelationKind, ImageType2D>(103);
}

TEST(SampledCorrelationImageToImageMetricv4, DerivativeIsThatOfValue)
{
  ExpectDerivativesOfValue<CorrelationKind>(104);
}

TEST(SampledCorrelationImageToImageMetricv4, DerivativeIsThatOfValueOfRoundedPixels)
{
  ExpectDerivativesOfRoundedValue<CorrelationKind>(105);
}

TEST(SampledCorrelationImageToImageMetricv4, DerivativeIsNearThatOfStock)
{
  ExpectDerivativeNearStock<CorrelationKind, ImageType2D>(106);
}

TEST(SampledCorrelationImageToImageMetricv4, NotExactDerivativeIsThatOfStock)
{
  ExpectAnswersOfStock<CorrelationKind, ImageType2D>(109);
  ExpectAnswersOfStock<CorrelationKind, ImageType3D>(110);
  ExpectAnswerOfStockInPart<CorrelationKind>(111);
}

TEST(SampledCorrelationImageToImageMetricv4, ResultIsTheSameWithAnyNumberOfWorkUnits)
{
  ExpectSameWithAnyNumberOfWorkUnits<CorrelationKind, ImageType2D>(107);
  ExpectSameWithAnyNumberOfWorkUnits<CorrelationKind, ImageType3D>(108);
}

} // namespace SampledCorrelationImageToImageMetricv4GTest
