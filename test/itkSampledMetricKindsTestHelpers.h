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
#ifndef itkSampledMetricKindsTestHelpers_h
#define itkSampledMetricKindsTestHelpers_h

#include "itkSampledCorrelationImageToImageMetricv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"
#include "itkSampledNeighborhoodCorrelationImageToImageMetricv4.h"

#include "itkSampledMetricTestHelpers.h"

#include <memory>

/** The kinds of sampled metrics (see itkSampledMetricTestHelpers.h). */
namespace itk::MaskedSamplingTest
{
struct MeanSquaresKind
{
  /** Of values, relative. */
  static constexpr double Tolerance = 1e-10;
  static constexpr bool   ThrowsWithoutSamples = false;
  template <typename TImage>
  using Sampled = SampledMeanSquaresImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = MeanSquaresImageToImageMetricv4<TImage, TImage>;
};

struct CorrelationKind
{
  /** Of values, relative. */
  static constexpr double Tolerance = 1e-10;
  static constexpr bool   ThrowsWithoutSamples = false;
  template <typename TImage>
  using Sampled = SampledCorrelationImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = CorrelationImageToImageMetricv4<TImage, TImage>;
};

struct MattesKind
{
  /** Of values, relative. */
  static constexpr double Tolerance = 1e-10;
  static constexpr bool   ThrowsWithoutSamples = true;
  template <typename TImage>
  using Sampled = SampledMattesMutualInformationImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = MattesMutualInformationImageToImageMetricv4<TImage, TImage>;
};

/** It evaluates no point sets. */
struct NeighborhoodCorrelationKind
{
  /** Of windows of a few voxels ITK loses digits. */
  static constexpr double Tolerance = 1e-6;
  static constexpr bool   ThrowsWithoutSamples = false;
  template <typename TImage>
  using Sampled = SampledNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;
  template <typename TImage>
  using Stock = ANTSNeighborhoodCorrelationImageToImageMetricv4<TImage, TImage>;
};

template <unsigned int VDimension>
using CoordinatesOf = std::array<std::vector<double>, VDimension>;

/** The centres of the voxels of an image, in double precision. */
template <typename TImage>
std::shared_ptr<CoordinatesOf<TImage::ImageDimension>>
MakeCenters(const TImage & image)
{
  auto coordinates = std::make_shared<CoordinatesOf<TImage::ImageDimension>>();
  for (ImageRegionConstIteratorWithIndex<TImage> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto point = image.template TransformIndexToPhysicalPoint<double>(it.GetIndex());
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      (*coordinates)[d].push_back(point[d]);
    }
  }
  return coordinates;
}
/** The points of a set. */
template <typename TPointSet>
auto
MakeCoordinates(const TPointSet & points)
{
  auto coordinates = std::make_shared<CoordinatesOf<TPointSet::PointDimension>>();
  for (const auto & point : points.GetPoints()->CastToSTLConstContainer())
  {
    for (unsigned int d = 0; d < TPointSet::PointDimension; ++d)
    {
      (*coordinates)[d].push_back(static_cast<double>(point[d]));
    }
  }
  return coordinates;
}
} // namespace itk::MaskedSamplingTest

#endif // itkSampledMetricKindsTestHelpers_h
