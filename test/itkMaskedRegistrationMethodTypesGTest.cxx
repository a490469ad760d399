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
#include "itkMaskedRegistrationMethod.h"

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include <gtest/gtest.h>

namespace MaskedRegistrationMethodTypesGTest
{
using namespace itk::MaskedSamplingTest;

template <typename TImage>
void
ExpectRegistrationRuns()
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             grid = itk::ImageBase<dimension>::New();
  grid->SetRegions(itk::Size<dimension>::Filled(dimension == 4 ? 8 : 16));
  const auto mask =
    MakeBoxMask<dimension>(*grid, { itk::Index<dimension>::Filled(2), itk::Size<dimension>::Filled(4) });

  Registration<TImage> registration(MakeWaves<TImage>(*grid, 0.5), MakeWaves<TImage>(*grid, 0.6));
  registration.Metric->SetFixedImageMask(mask);
  registration.SampleRandomly(50);
  SetLevels<TImage>(*registration.Method, { 2, 1 });
  MakeItMove(registration);
  registration.Update();
  EXPECT_NE(registration.Transform->GetParameters(), TranslationOf<TImage>::New()->GetParameters());
  const auto points = registration.GetPoints();
  EXPECT_EQ(points.size(), 50U);
  PointOracle<TImage>(registration.Method->GetFixedImage(), mask).ExpectAllInside(points);
}

TEST(MaskedRegistrationMethodTypes, RunsInEveryDimensionAndPixelType)
{
  ExpectRegistrationRuns<itk::Image<float, 2>>();
  ExpectRegistrationRuns<itk::Image<float, 3>>();
  ExpectRegistrationRuns<itk::Image<float, 4>>();
  ExpectRegistrationRuns<itk::Image<double, 2>>();
  ExpectRegistrationRuns<itk::Image<double, 3>>();
  ExpectRegistrationRuns<itk::Image<double, 4>>();
}

} // namespace MaskedRegistrationMethodTypesGTest
