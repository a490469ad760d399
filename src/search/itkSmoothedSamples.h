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
#ifndef itkSmoothedSamples_h
#define itkSmoothedSamples_h

#include "geometry/itkParallelTasks.h"
#include "sampler/itkMaskGeometry.h"

#include "itkImageGaps.h"
#include "itkLevelImage.h"
#include "itkLinearInterpolateImageFunction.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace itk
{
/** \class SmoothedSamples
 * \brief What an image, smoothed, has at points: of its values, only what the points need is computed.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class SmoothedSamples
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using PointType = Point<double, ImageDimension>;
  using TransformType = Transform<double, ImageDimension, ImageDimension>;
  using MaskType = SpatialObject<ImageDimension>;

  /** \return a value for each point; not a number where the image is not
   * \param mask null: none
   * \param transform from the points to the image; null: the identity
   * \param sigma of the Gaussian, in physical units; 0: none */
  static std::vector<double>
  Evaluate(const TImage &                 image,
           const MaskType *               mask,
           const TransformType *          transform,
           const std::vector<PointType> & points,
           double                         sigma,
           ThreadIdType                   numberOfWorkUnits)
  {
    std::vector<double>    values(points.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<IndexType> indices(points.size());
    if (mask != nullptr)
    {
      MaskGeometry<ImageDimension>::FillCachesOf(*mask);
    }
    constexpr SizeValueType partSize = 4096;
    const SizeValueType     numberOfParts = (points.size() + partSize - 1) / partSize;
    const auto              forEach = [&](const auto & function) {
      ParallelTasks::ForEach(numberOfParts, numberOfWorkUnits, [&](SizeValueType part) {
        for (SizeValueType i = part * partSize; i < std::min<SizeValueType>((part + 1) * partSize, points.size()); ++i)
        {
          function(i);
        }
      });
    };
    const auto & buffer = image.GetBufferedRegion();
    forEach([&](SizeValueType i) {
      const PointType point = transform != nullptr ? transform->TransformPoint(points[i]) : points[i];
      indices[i] = image.template TransformPhysicalPointToContinuousIndex<double>(point);
      if (buffer.IsInside(indices[i]) && (mask == nullptr || mask->IsInsideInWorldSpace(point)))
      {
        values[i] = 0.0;
      }
    });
    IndexType lower;
    IndexType upper;
    lower.Fill(std::numeric_limits<double>::max());
    upper.Fill(std::numeric_limits<double>::lowest());
    for (SizeValueType i = 0; i < points.size(); ++i)
    {
      for (unsigned int d = 0; values[i] == 0.0 && d < ImageDimension; ++d)
      {
        lower[d] = std::min(lower[d], indices[i][d]);
        upper[d] = std::max(upper[d], indices[i][d]);
      }
    }
    if (!(lower[0] <= upper[0]))
    {
      return values; // no point is inside
    }
    const auto part = MakePart(image, lower, upper, sigma, numberOfWorkUnits);
    const auto interpolator = LinearInterpolateImageFunction<TImage, double>::New();
    interpolator->SetInputImage(part);
    forEach([&](SizeValueType i) {
      if (values[i] == 0.0)
      {
        values[i] = interpolator->EvaluateAtContinuousIndex(indices[i]);
      }
    });
    return values;
  }

private:
  using IndexType = ContinuousIndex<double, ImageDimension>;

  static typename TImage::ConstPointer
  MakePart(const TImage & image, const IndexType & lower, const IndexType & upper, double sigma, ThreadIdType units)
  {
    typename TImage::ConstPointer whole = &image;
    if (sigma > 0.0 && HasImageGaps(&image, image.GetBufferedRegion(), units))
    {
      whole = ImageGaps<typename TImage::PixelType, ImageDimension>::Fill(&image).GetPointer();
    }
    const LevelImage<TImage> smoothed(whole, sigma, true, units);
    return smoothed.MakePart(smoothed.MakeRegion(lower, upper, 1.0, 0.0));
  }
};
} // end namespace itk

#endif // itkSmoothedSamples_h
