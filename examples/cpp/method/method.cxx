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
// Registers two images inside a mask, with MaskedRegistrationMethod, which is used as ITK's ImageRegistrationMethodv4.
// The images are made here, so that the true motion is known; the program fails if it is not found.

#include "itkEuler2DTransform.h"
#include "itkImageMaskSpatialObject.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkMaskedRegistrationMethod.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"
#include "itkSampledCorrelationImageToImageMetricv4.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

namespace
{
using ImageType = itk::Image<float, 2>;
using MaskImageType = itk::Image<unsigned char, 2>;
using PointType = ImageType::PointType;
using TransformType = itk::Euler2DTransform<double>;

/** What there is to see in the moving image. */
float
Show(const PointType & point)
{
  return static_cast<float>(100.0 + 30.0 * std::sin(0.2 * point[0] + 0.05 * point[1]) +
                            30.0 * std::cos(0.17 * point[1] - 0.06 * point[0]));
}

/** An image of 400 x 300 pixels, from a function of the point. */
template <typename TImage, typename TFunction>
typename TImage::Pointer
MakeImage(const TFunction & function)
{
  const auto image = TImage::New();
  image->SetRegions(itk::Size<2>{ { 400, 300 } });
  image->Allocate();
  for (itk::ImageRegionIteratorWithIndex<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(function(image->template TransformIndexToPhysicalPoint<double>(it.GetIndex())));
  }
  return image;
}
} // namespace

int
main()
{
  // A small mask, and a motion about its middle.
  const auto middle = itk::MakePoint(120.0, 90.0);
  const auto truth = TransformType::New();
  truth->SetCenter(middle);
  truth->SetAngle(0.1);
  truth->SetTranslation(itk::MakeVector(2.5, -3.0));
  const auto fixedImage =
    MakeImage<ImageType>([&](const PointType & point) { return Show(truth->TransformPoint(point)); });
  const auto movingImage = MakeImage<ImageType>(Show);
  const auto maskImage = MakeImage<MaskImageType>(
    [&](const PointType & point) { return static_cast<unsigned char>(point.EuclideanDistanceTo(middle) < 30.0); });
  const auto mask = itk::ImageMaskSpatialObject<2>::New();
  mask->SetImage(maskImage);
  mask->Update();

  using MetricType = itk::SampledCorrelationImageToImageMetricv4<ImageType, ImageType>;
  const auto metric = MetricType::New();

  using ScalesEstimatorType = itk::RegistrationParameterScalesFromPhysicalShift<MetricType>;
  const auto scalesEstimator = ScalesEstimatorType::New();
  scalesEstimator->SetMetric(metric);

  using OptimizerType = itk::RegularStepGradientDescentOptimizerv4<double>;
  const auto optimizer = OptimizerType::New();
  optimizer->SetScalesEstimator(scalesEstimator);
  optimizer->SetLearningRate(1.0); // with these scales, the first step is one unit long
  optimizer->SetMinimumStepLength(1e-3);
  optimizer->SetNumberOfIterations(100);

  const auto transform = TransformType::New();
  transform->SetCenter(middle);

  using MethodType = itk::MaskedRegistrationMethod<ImageType, ImageType>;
  const auto method = MethodType::New();
  method->SetFixedImage(fixedImage);
  method->SetMovingImage(movingImage);
  method->SetFixedImageMask(mask);
  method->SetMetric(metric);
  method->SetOptimizer(optimizer);
  method->SetInitialTransform(transform);
  method->InPlaceOn();
  method->SetNumberOfLevels(2);
  MethodType::ShrinkFactorsArrayType   shrinkFactors(2);
  MethodType::SmoothingSigmasArrayType smoothingSigmas(2);
  shrinkFactors[0] = 2;
  shrinkFactors[1] = 1;
  smoothingSigmas[0] = 1.0;
  smoothingSigmas[1] = 0.0;
  method->SetShrinkFactorsPerLevel(shrinkFactors);
  method->SetSmoothingSigmasPerLevel(smoothingSigmas);

  // What the superclass has not: exactly so many points, all of them inside the mask, the same in every run.
  method->SetMetricSamplingStrategy(MethodType::MetricSamplingStrategyEnum::RANDOM);
  method->SetNumberOfSamples(500);
  method->MetricSamplingReinitializeSeed(1);

  try
  {
    method->Update();
  }
  catch (const itk::ExceptionObject & exception)
  {
    std::cerr << exception.GetDescription() << std::endl;
    return EXIT_FAILURE;
  }

  std::cout << method->GetNumberOfMaskVoxels() << " voxels inside the mask, " << method->GetNumberOfSamplePoints()
            << " samples\n"
            << optimizer->GetStopConditionDescription() << "\nangle " << transform->GetAngle()
            << " (true: " << truth->GetAngle() << "), translation " << transform->GetTranslation()
            << " (true: " << truth->GetTranslation() << ')' << std::endl;
  const double error = (transform->GetTranslation() - truth->GetTranslation()).GetNorm();
  const bool   isFound = error < 0.05 && std::abs(transform->GetAngle() - truth->GetAngle()) < 0.002;
  return isFound && method->GetNumberOfSamplePoints() == 500 ? EXIT_SUCCESS : EXIT_FAILURE;
}
