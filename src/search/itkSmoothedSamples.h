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
#include "geometry/itkPositionBox.h"
#include "sampler/itkIndexedMask.h"

#include "itkBinShrinkImageFilter.h"
#include "itkImageGaps.h"
#include "itkLevelImage.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkMatrix.h"

#include <algorithm>
#include <cmath>
#include <functional>
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
    std::vector<double>         values(points.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<IndexType>      indices(points.size());
    IndexedMask<ImageDimension> indexedMask;
    indexedMask.Set(mask, image);
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
    const auto   toIndex = MakeMap(image, transform);
    forEach([&](SizeValueType i) {
      indices[i] = toIndex(points[i]);
      if (buffer.IsInside(indices[i]) && indexedMask.IsInside(indices[i]))
      {
        values[i] = 0.0;
      }
    });
    PositionBox<IndexType> box;
    for (SizeValueType i = 0; i < points.size(); ++i)
    {
      if (values[i] == 0.0)
      {
        box.Add(indices[i]);
      }
    }
    if (box.IsEmpty)
    {
      return values; // no point is inside
    }
    const auto part = MakePart(image, box.Lower, box.Upper, sigma, numberOfWorkUnits);
    const auto interpolator = LinearInterpolateImageFunction<TImage, double>::New();
    interpolator->SetInputImage(part);
    // The part may have fewer voxels, and end half of one earlier.
    FixedArray<double, ImageDimension> factors;
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      factors[d] = std::round(part->GetSpacing()[d] / image.GetSpacing()[d]);
    }
    const auto & bufferOfPart = part->GetBufferedRegion();
    forEach([&](SizeValueType i) {
      if (values[i] == 0.0)
      {
        auto & index = indices[i];
        for (unsigned int d = 0; d < ImageDimension; ++d)
        {
          index[d] = (index[d] + 0.5) / factors[d] - 0.5;
          index[d] = std::max(index[d], static_cast<double>(bufferOfPart.GetIndex(d)));
          index[d] = std::min(index[d], static_cast<double>(bufferOfPart.GetUpperIndex()[d]));
        }
        values[i] = interpolator->EvaluateAtContinuousIndex(index);
      }
    });
    return values;
  }

private:
  using IndexType = ContinuousIndex<double, ImageDimension>;

  /** A function from a point to where it is in the image. What is affine is so from what it does to a few points,
   * which takes a tenth of the time of asking a chain of transforms for each. */
  static std::function<IndexType(const PointType &)>
  MakeMap(const TImage & image, const TransformType * transform)
  {
    const auto map = [&image, transform](const PointType & point) {
      return image.template TransformPhysicalPointToContinuousIndex<double>(
        transform != nullptr ? transform->TransformPoint(point) : point);
    };
    if (transform != nullptr && !transform->IsLinear())
    {
      return map;
    }
    // From the first voxel, in lengths of the image, so that no digits are lost.
    PointType  corner = image.GetOrigin();
    double     length = 0.0;
    const auto size = image.GetLargestPossibleRegion().GetSize();
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      length = std::max(length, static_cast<double>(size[d]) * image.GetSpacing()[d]);
    }
    const IndexType                                base = map(corner);
    Matrix<double, ImageDimension, ImageDimension> matrix;
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      PointType shifted = corner;
      shifted[d] += length;
      const IndexType moved = map(shifted);
      for (unsigned int row = 0; row < ImageDimension; ++row)
      {
        matrix(row, d) = (moved[row] - base[row]) / length;
      }
    }
    return [corner, base, matrix](const PointType & point) {
      IndexType index = base;
      for (unsigned int row = 0; row < ImageDimension; ++row)
      {
        for (unsigned int d = 0; d < ImageDimension; ++d)
        {
          index[row] += matrix(row, d) * (point[d] - corner[d]);
        }
      }
      return index;
    };
  }

  static typename TImage::ConstPointer
  MakePart(const TImage & image, const IndexType & lower, const IndexType & upper, double sigma, ThreadIdType units)
  {
    constexpr double reach = 5.0; // of a Gaussian, in sigmas

    const auto & spacing = image.GetSpacing();
    const double margin = reach * sigma / *std::min_element(spacing.Begin(), spacing.End()) + 2.0;
    const auto   region = LevelImage<TImage>(&image, sigma, true, units).MakeRegion(lower, upper, margin, 0.0);
    auto         part = Pool(image, region, sigma, units);
    if (part.IsNotNull() && !HasImageGaps(part.GetPointer(), part->GetBufferedRegion(), units))
    {
      return part;
    }
    typename TImage::ConstPointer whole = &image;
    if (sigma > 0.0 && HasImageGaps(&image, region, units))
    {
      whole = ImageGaps<typename TImage::PixelType, ImageDimension>::Fill(&image).GetPointer();
      part = Pool(*whole, region, sigma, units);
    }
    if (part.IsNotNull())
    {
      return part;
    }
    const LevelImage<TImage> smoothed(whole, sigma, true, units);
    return smoothed.MakePart(smoothed.MakeRegion(lower, upper, 1.0, 0.0));
  }

  /** Where a Gaussian is wider than two voxels, that of means of voxels, which are fewer.
   * \return a region of the image, smoothed; null where that does not pay */
  static typename TImage::ConstPointer
  Pool(const TImage & image, const typename TImage::RegionType & region, double sigma, ThreadIdType units)
  {
    FixedArray<unsigned int, ImageDimension> factors;
    typename TImage::RegionType              binned = region;
    double                                   left = sigma;
    bool                                     isWorthwhile = false;
    const auto &                             whole = image.GetLargestPossibleRegion();
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      const double        spacing = image.GetSpacing()[d];
      const SizeValueType most = std::max<SizeValueType>(whole.GetSize(d) / 8, 1);
      factors[d] =
        static_cast<unsigned int>(std::min(std::max(std::floor(sigma / spacing), 1.0), static_cast<double>(most)));
      isWorthwhile = isWorthwhile || factors[d] > 1;
      // The mean has a variance of its own.
      const double variance = (static_cast<double>(factors[d]) * factors[d] - 1.0) / 12.0 * spacing * spacing;
      left = std::min(left, std::sqrt(sigma * sigma - variance));
    }
    if (!isWorthwhile || whole != image.GetBufferedRegion())
    {
      return nullptr;
    }
    const auto filter = BinShrinkImageFilter<TImage, TImage>::New();
    filter->SetInput(&image);
    filter->SetShrinkFactors(factors);
    filter->SetNumberOfWorkUnits(units);
    filter->UpdateOutputInformation();
    const auto & all = filter->GetOutput()->GetLargestPossibleRegion();
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      const auto factor = static_cast<double>(factors[d]);
      const auto first = std::max(
        static_cast<IndexValueType>(std::floor((static_cast<double>(region.GetIndex(d)) + 0.5) / factor - 0.5)),
        all.GetIndex(d));
      const auto last = std::min(
        static_cast<IndexValueType>(std::ceil((static_cast<double>(region.GetUpperIndex()[d]) + 0.5) / factor - 0.5)),
        all.GetUpperIndex()[d]);
      binned.SetIndex(d, std::min(first, last));
      binned.SetSize(d, static_cast<SizeValueType>(last - std::min(first, last) + 1));
    }
    filter->GetOutput()->SetRequestedRegion(binned);
    filter->Update();
    const typename TImage::Pointer part = filter->GetOutput();
    part->DisconnectPipeline();
    part->SetLargestPossibleRegion(part->GetBufferedRegion());
    return LevelImage<TImage>(part, left, true, units).MakeWhole();
  }
};
} // end namespace itk

#endif // itkSmoothedSamples_h
