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
#include "itkMetricStateGuard.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkBoxSpatialObject.h"
#include "itkCommand.h"
#include "itkMeanSquaresImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace MetricStateGuardGTest
{
using ImageType = itk::Image<float, 2>;
using MetricType = itk::MeanSquaresImageToImageMetricv4<ImageType, ImageType>;
using MaskType = itk::BoxSpatialObject<2>;

/** A metric with masks and a virtual domain of its user, or without. */
MetricType::Pointer
MakeMetric(bool hasDomain)
{
  const auto metric = MetricType::New();
  metric->SetFixedImageMask(MaskType::New());
  metric->SetMovingImageMask(MaskType::New());
  if (hasDomain)
  {
    const auto image = ImageType::New();
    image->SetRegions(itk::Size<2>{ { 4, 5 } });
    metric->SetVirtualDomainFromImage(image);
  }
  return metric;
}

/** What a registration does to it. */
void
Change(MetricType & metric)
{
  const auto image = ImageType::New();
  image->SetRegions(itk::Size<2>{ { 2, 2 } });
  metric.SetVirtualDomainFromImage(image);
  metric.SetFixedImageMask(static_cast<const MetricType::FixedImageMaskType *>(nullptr));
  metric.SetMovingImageMask(MaskType::New());
}

TEST(MetricStateGuard, GivesBackWhatWasThere)
{
  for (const bool hasDomain : { true, false })
  {
    const auto         metric = MakeMetric(hasDomain);
    const auto * const image = metric->GetVirtualImage();
    const auto * const fixedMask = metric->GetFixedImageMask();
    const auto * const movingMask = metric->GetMovingImageMask();
    {
      itk::MetricStateGuard guard;
      guard.KeepVirtualDomain(*metric);
      guard.KeepMasks(*metric);
      Change(*metric);
      EXPECT_NE(metric->GetFixedImageMask(), fixedMask);
    }
    EXPECT_EQ(metric->GetVirtualImage(), image);
    EXPECT_EQ(metric->GetFixedImageMask(), fixedMask);
    EXPECT_EQ(metric->GetMovingImageMask(), movingMask);
  }
}

TEST(MetricStateGuard, AnObserverThatThrowsDoesNotEndTheProcess)
{
  const auto metric = MakeMetric(true);
  const auto before = metric->GetMTime();
  {
    itk::MetricStateGuard guard;
    guard.KeepVirtualDomain(*metric);
    guard.KeepMasks(*metric);
    // In a destructor, this would be the end.
    metric->AddObserver(itk::ModifiedEvent(),
                        [](const itk::EventObject &) { throw std::runtime_error("an observer of the user"); });
  }
  EXPECT_GT(metric->GetMTime(), before);
  EXPECT_THROW(metric->Modified(), std::runtime_error);
}

} // namespace MetricStateGuardGTest
