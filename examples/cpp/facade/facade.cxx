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
// Registers two images inside a mask, with MaskedImageRegistration: first rigidly, then with a B-spline. The images are
// made here, so that the true motion is known; the program fails if it is not found.

#include "itkImageMaskSpatialObject.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkMaskedImageRegistration.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

namespace
{
using ImageType = itk::Image<float, 3>;
using MaskImageType = itk::Image<unsigned char, 3>;
using PointType = ImageType::PointType;

/** Where a point of the fixed image is in the moving image: turned, shifted, and bent a little. */
PointType
Move(const PointType & point)
{
  constexpr double angle = 0.06;
  PointType        moved;
  moved[0] = std::cos(angle) * point[0] - std::sin(angle) * point[1] + 1.5;
  moved[1] = std::sin(angle) * point[0] + std::cos(angle) * point[1] - 2.0;
  moved[2] = point[2] + 1.0 + 0.8 * std::sin(0.15 * point[0]);
  return moved;
}

/** What there is to see in the moving image. */
float
Show(const PointType & point)
{
  return static_cast<float>(100.0 + 30.0 * std::sin(0.35 * point[0] + 0.1 * point[1]) +
                            25.0 * std::cos(0.3 * point[1] - 0.12 * point[2]) + 25.0 * std::sin(0.4 * point[2] + 0.5));
}

/** An image of 48 x 48 x 48 voxels around the origin, from a function of the point. */
template <typename TImage, typename TFunction>
typename TImage::Pointer
MakeImage(const TFunction & function)
{
  const auto image = TImage::New();
  image->SetRegions(itk::Size<3>::Filled(48));
  PointType origin;
  origin.Fill(-23.5);
  image->SetOrigin(origin);
  image->Allocate();
  for (itk::ImageRegionIteratorWithIndex<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(function(image->template TransformIndexToPhysicalPoint<double>(it.GetIndex())));
  }
  return image;
}

bool
IsInMask(const PointType & point)
{
  return point.GetVectorFromOrigin().GetNorm() < 14.0;
}
} // namespace

int
main()
{
  const auto fixedImage = MakeImage<ImageType>([](const PointType & point) { return Show(Move(point)); });
  const auto movingImage = MakeImage<ImageType>(Show);
  const auto maskImage =
    MakeImage<MaskImageType>([](const PointType & point) { return static_cast<unsigned char>(IsInMask(point)); });
  const auto mask = itk::ImageMaskSpatialObject<3>::New();
  mask->SetImage(maskImage);
  mask->Update();

  const auto registration = itk::MaskedImageRegistration<ImageType>::New();
  registration->SetFixedImage(fixedImage);
  registration->SetMovingImage(movingImage);
  registration->SetFixedImageMask(mask);

  // A stage of defaults, and one of settings. See itkMaskedRegistrationSettings.h for all of them.
  registration->AddStage("rigid");
  auto settings = itk::MaskedRegistrationSettings::MakeDefaults("b-spline");
  settings.Metric = "mean-squares";
  settings.ShrinkFactors = { 2, 1 };
  settings.Samples = { 5000 };
  settings.Set("grid-spacing", itk::MaskedRegistrationSettings::NumbersType{ 8.0 });
  registration->AddStage(settings);

  try
  {
    registration->Update();
  }
  catch (const itk::ExceptionObject & exception)
  {
    std::cerr << exception.GetDescription() << std::endl;
    return EXIT_FAILURE;
  }

  for (const auto & report : registration->GetReports())
  {
    std::cout << "stage " << report.Stage << ", level " << report.Level << ": " << report.NumberOfPoints
              << " points of " << report.NumberOfMaskVoxels << " mask voxels, " << report.NumberOfIterations
              << " iterations, metric " << report.FirstValue << " to " << report.LastValue << ", " << report.Seconds
              << " s: " << report.StopCondition << std::endl;
  }
  const auto * const transform = registration->GetTransform();
  std::cout << "The rigid part: " << *transform->GetNthTransformConstPointer(0) << std::endl;

  // How far from the truth are the mask voxels?
  double sumBefore = 0.0;
  double sumAfter = 0.0;
  for (itk::ImageRegionIteratorWithIndex<MaskImageType> it(maskImage, maskImage->GetBufferedRegion()); !it.IsAtEnd();
       ++it)
  {
    if (it.Get() != 0)
    {
      const auto point = maskImage->TransformIndexToPhysicalPoint<double>(it.GetIndex());
      sumBefore += point.EuclideanDistanceTo(Move(point));
      sumAfter += transform->TransformPoint(point).EuclideanDistanceTo(Move(point));
    }
  }
  const auto numberOfVoxels = static_cast<double>(registration->GetReports().back().NumberOfMaskVoxels);
  std::cout << "Mean error: " << sumBefore / numberOfVoxels << " before, " << sumAfter / numberOfVoxels
            << " voxels after." << std::endl;
  return sumAfter / numberOfVoxels < 0.15 ? EXIT_SUCCESS : EXIT_FAILURE;
}
