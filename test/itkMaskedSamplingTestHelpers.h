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
#ifndef itkMaskedSamplingTestHelpers_h
#define itkMaskedSamplingTestHelpers_h

#include "itkImage.h"
#include "itkImageMaskSpatialObject.h"
#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkImageRegionIterator.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkMaskedVoxelSampler.h"
#include "itkTransform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

/** What several tests need: images of any geometry, masks, and brute-force answers to compare with. */
namespace itk::MaskedSamplingTest
{
template <unsigned int VDimension>
using MaskImageType = Image<unsigned char, VDimension>;
template <unsigned int VDimension>
using MaskType = ImageMaskSpatialObject<VDimension>;
template <unsigned int VDimension>
using TransformOf = Transform<double, VDimension, VDimension>;

/** How many samples a fraction of mask voxels is at a level: fewer than that only where there are more than 2000. */
inline SizeValueType
CountSamples(double percentage, double numberOfVoxels, double shrinkage)
{
  const double whole = std::max(1.0, std::floor(percentage * numberOfVoxels + 0.5));
  return static_cast<SizeValueType>(std::max(std::floor(whole / shrinkage + 0.5), std::min(whole, 2000.0)));
}

/** A proper rotation, by random angles in every coordinate plane. */
template <unsigned int VDimension>
typename ImageBase<VDimension>::DirectionType
MakeRandomDirection(std::mt19937 & random)
{
  using DirectionType = typename ImageBase<VDimension>::DirectionType;
  auto direction = DirectionType::GetIdentity();
  for (unsigned int i = 0; i < VDimension; ++i)
  {
    for (unsigned int j = i + 1; j < VDimension; ++j)
    {
      const double angle = std::uniform_real_distribution<double>(-3.0, 3.0)(random);
      auto         plane = DirectionType::GetIdentity();
      plane(i, i) = plane(j, j) = std::cos(angle);
      plane(i, j) = -std::sin(angle);
      plane(j, i) = std::sin(angle);
      direction = direction * plane;
    }
  }
  return direction;
}

/** An image with random origin, anisotropic spacing, oblique direction and start index, filled with a value. */
template <typename TImage>
typename TImage::Pointer
MakeRandomGrid(std::mt19937 & random, unsigned int maximumSize, typename TImage::PixelType value)
{
  constexpr unsigned int             dimension = TImage::ImageDimension;
  std::uniform_real_distribution<>   position(-1.0, 1.0);
  std::uniform_real_distribution<>   spacing(0.4, 2.5);
  std::uniform_int_distribution<int> start(-20, 20);
  std::uniform_int_distribution<>    size(3, static_cast<int>(maximumSize));
  typename TImage::RegionType        region;
  auto                               image = TImage::New();
  typename TImage::PointType         origin;
  typename TImage::SpacingType       spacings;
  const auto                         direction = MakeRandomDirection<dimension>(random);
  ContinuousIndex<double, dimension> center;
  for (unsigned int d = 0; d < dimension; ++d)
  {
    region.SetIndex(d, start(random));
    region.SetSize(d, static_cast<SizeValueType>(size(random)));
    spacings[d] = spacing(random);
    center[d] = static_cast<double>(region.GetIndex(d)) + static_cast<double>(region.GetSize(d)) / 2.0;
  }
  image->SetRegions(region);
  image->SetSpacing(spacings);
  image->SetDirection(direction);
  // Put the centre of the grid near the origin of space, so that random grids overlap.
  const auto centerPoint = image->template TransformContinuousIndexToPhysicalPoint<double>(center);
  for (unsigned int d = 0; d < dimension; ++d)
  {
    origin[d] = position(random) - centerPoint[d];
  }
  image->SetOrigin(origin);
  image->Allocate();
  image->FillBuffer(value);
  return image;
}

/** Reverse some axes of an image, at random, about its centre: a direction of determinant -1 in half of the cases. */
template <unsigned int VDimension>
void
FlipRandomAxes(ImageBase<VDimension> & image, std::mt19937 & random)
{
  ContinuousIndex<double, VDimension> center;
  auto                                direction = image.GetDirection();
  std::bernoulli_distribution         isFlipped(0.5);
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    center[d] = static_cast<double>(image.GetLargestPossibleRegion().GetIndex(d)) +
                static_cast<double>(image.GetLargestPossibleRegion().GetSize(d)) / 2.0;
    const double sign = isFlipped(random) ? -1.0 : 1.0;
    for (unsigned int i = 0; i < VDimension; ++i)
    {
      direction(i, d) *= sign;
    }
  }
  const auto before = image.template TransformContinuousIndexToPhysicalPoint<double>(center);
  image.SetDirection(direction);
  image.SetOrigin(image.GetOrigin() +
                  (before - image.template TransformContinuousIndexToPhysicalPoint<double>(center)));
}

/** A random part of a region, which may be the whole of it. */
template <unsigned int VDimension>
ImageRegion<VDimension>
MakeRandomSubregion(const ImageRegion<VDimension> & region, std::mt19937 & random)
{
  ImageRegion<VDimension> part = region;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto          size = static_cast<int>(region.GetSize(d));
    std::pair<int, int> ends{ std::uniform_int_distribution<>(0, size / 3)(random),
                              std::uniform_int_distribution<>(2 * size / 3, size)(random) };
    part.SetIndex(d, region.GetIndex(d) + ends.first);
    part.SetSize(d, static_cast<SizeValueType>(std::max(1, ends.second - ends.first)));
  }
  return part;
}

/** The same image with only a part of its pixels in memory. */
template <typename TImage>
typename TImage::Pointer
KeepOnlyInBuffer(const TImage & image, const typename TImage::RegionType & part)
{
  auto result = TImage::New();
  result->CopyInformation(&image);
  result->SetRequestedRegion(part);
  result->SetBufferedRegion(part);
  result->Allocate();
  for (ImageRegionIteratorWithIndex<TImage> it(result, part); !it.IsAtEnd(); ++it)
  {
    it.Set(image.GetPixel(it.GetIndex()));
  }
  return result;
}

/** Random speckle: each pixel is \c value with a probability, else 0. */
template <unsigned int VDimension>
void
FillWithSpeckle(MaskImageType<VDimension> & image, std::mt19937 & random, double probability, unsigned char value = 1)
{
  std::bernoulli_distribution isForeground(probability);
  for (ImageRegionIterator<MaskImageType<VDimension>> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(isForeground(random) ? value : 0);
  }
}

template <unsigned int VDimension>
typename MaskType<VDimension>::Pointer
MakeMask(const MaskImageType<VDimension> * image)
{
  const auto mask = MaskType<VDimension>::New();
  mask->SetImage(image);
  mask->Update();
  return mask;
}

/** The definition of a mask voxel, voxel by voxel, with the interpolator that the metrics use. Everything but the
 * domain may be null. */
template <unsigned int VDimension>
std::vector<Index<VDimension>>
ListByBruteForce(const ImageBase<VDimension> *                     domain,
                 const ImageRegion<VDimension> &                   region,
                 const SpatialObject<VDimension> *                 mask,
                 const Transform<double, VDimension, VDimension> * transform,
                 const Image<float, VDimension> *                  fixedImage)
{
  const auto interpolator = LinearInterpolateImageFunction<Image<float, VDimension>, double>::New();
  if (fixedImage != nullptr)
  {
    interpolator->SetInputImage(fixedImage);
  }
  std::vector<Index<VDimension>> indices;
  for (SizeValueType position = 0; position < region.GetNumberOfPixels(); ++position)
  {
    auto index = region.GetIndex();
    auto rest = position;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      index[d] += static_cast<IndexValueType>(rest % region.GetSize(d));
      rest /= region.GetSize(d);
    }
    auto point = domain->template TransformIndexToPhysicalPoint<double>(index);
    point = transform != nullptr ? transform->TransformPoint(point) : point;
    if ((mask == nullptr || mask->IsInsideInWorldSpace(point, SpatialObject<VDimension>::MaximumDepth)) &&
        (fixedImage == nullptr || interpolator->IsInsideBuffer(point)))
    {
      indices.push_back(index);
    }
  }
  return indices;
}

/** The list that a sampler should have, from the definition. */
template <unsigned int VDimension>
std::vector<Index<VDimension>>
ListByBruteForce(const MaskedVoxelSampler<VDimension> & sampler)
{
  return ListByBruteForce<VDimension>(sampler.GetDomain(),
                                      sampler.GetRegion(),
                                      sampler.GetMask(),
                                      sampler.GetTransform(),
                                      dynamic_cast<const Image<float, VDimension> *>(sampler.GetFixedImage()));
}

template <unsigned int VDimension>
std::vector<Index<VDimension>>
GetIndices(const MaskedVoxelSampler<VDimension> & sampler)
{
  std::vector<Index<VDimension>> indices;
  for (SizeValueType rank = 0; rank < sampler.GetNumberOfVoxels(); ++rank)
  {
    indices.push_back(sampler.GetIndex(rank));
  }
  return indices;
}

/** Expect that Update() gives a list, that everything which follows from the list agrees with it and, if the list is
 * empty, that Update() throws. \return whether the list has any voxel */
template <unsigned int VDimension>
bool
ExpectUpdateGives(MaskedVoxelSampler<VDimension> & sampler, const std::vector<Index<VDimension>> & expected)
{
  if (expected.empty())
  {
    EXPECT_FALSE(sampler.UpdateUnlessEmpty());
    EXPECT_THROW(sampler.Update(), ExceptionObject);
    return false;
  }
  sampler.Update();
  const auto indices = GetIndices(sampler);
  if (indices != expected)
  {
    const auto number = std::min(indices.size(), expected.size());
    const auto rank =
      std::mismatch(indices.begin(), indices.begin() + number, expected.begin()).first - indices.begin();
    ADD_FAILURE() << indices.size() << " mask voxels instead of " << expected.size() << ", different from rank "
                  << rank;
    return true;
  }
  auto          lower = expected.front();
  auto          upper = expected.front();
  SizeValueType numberOfRuns = 0;
  for (size_t rank = 0; rank < expected.size(); ++rank)
  {
    EXPECT_EQ(sampler.GetRank(expected[rank]), rank);
    auto follower = rank > 0 ? expected[rank - 1] : Index<VDimension>{};
    ++follower[0];
    numberOfRuns += rank > 0 && expected[rank] == follower ? 0 : 1;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      lower[d] = std::min(lower[d], expected[rank][d]);
      upper[d] = std::max(upper[d], expected[rank][d]);
    }
  }
  EXPECT_EQ(sampler.GetNumberOfRuns(), numberOfRuns);
  EXPECT_EQ(sampler.GetBoundingRegion().GetIndex(), lower);
  EXPECT_EQ(sampler.GetBoundingRegion().GetUpperIndex(), upper);
  return true;
}

template <unsigned int VDimension>
bool
ExpectUpdateGivesBruteForce(MaskedVoxelSampler<VDimension> & sampler)
{
  return ExpectUpdateGives(sampler, ListByBruteForce(sampler));
}

/** The coordinates of the points, in order. */
template <unsigned int VDimension>
std::vector<Point<float, VDimension>>
GetPoints(const PointSet<float, VDimension> & pointSet)
{
  return pointSet.GetPoints()->CastToSTLConstContainer();
}

/** The ranks of the voxels in which the points are. Throws for a point outside. */
template <unsigned int VDimension>
std::vector<SizeValueType>
GetRanks(const MaskedVoxelSampler<VDimension> & sampler, const PointSet<float, VDimension> & pointSet)
{
  std::vector<SizeValueType> ranks;
  for (const auto & point : GetPoints(pointSet))
  {
    ranks.push_back(
      sampler.GetRank(sampler.GetDomain()->TransformPhysicalPointToIndex(Point<double, VDimension>(point))));
  }
  return ranks;
}

/** The description of the exception that a function throws; empty if it throws none. */
template <typename TFunction>
std::string
GetMessageOf(TFunction function)
{
  try
  {
    function();
  }
  catch (const ExceptionObject & exception)
  {
    return exception.GetDescription();
  }
  return {};
}

/** A 2-D image of a bright rectangle, and a mask around it, at a corner of an image of any size. */
struct RectangleCase
{
  using ImageType = Image<float, 2>;

  ImageType::Pointer        Fixed;
  ImageType::Pointer        Moving;
  MaskImageType<2>::Pointer MaskImage;
  MaskType<2>::Pointer      Mask;

  /** The rectangle starts at (begin, begin) + (20, 20) and has the size 30 x 20; the moving one is shifted by 5 in y.
   */
  explicit RectangleCase(SizeValueType width, SizeValueType height, IndexValueType begin = 0)
  {
    const ImageType::SizeType size{ { width, height } };
    Fixed = MakeBox<ImageType>(size, { { begin + 20, begin + 20 } }, { { 30, 20 } }, 100);
    Moving = MakeBox<ImageType>(size, { { begin + 20, begin + 25 } }, { { 30, 20 } }, 100);
    MaskImage = MakeBox<MaskImageType<2>>(size, { { begin + 15, begin + 15 } }, { { 40, 30 } }, 1);
    Mask = MakeMask<2>(MaskImage);
  }

  template <typename TImage>
  static typename TImage::Pointer
  MakeBox(const Size<2> &            imageSize,
          const Index<2> &           boxIndex,
          const Size<2> &            boxSize,
          typename TImage::PixelType value)
  {
    auto image = TImage::New();
    image->SetRegions(imageSize);
    image->AllocateInitialized();
    for (ImageRegionIterator<TImage> it(image, ImageRegion<2>(boxIndex, boxSize)); !it.IsAtEnd(); ++it)
    {
      it.Set(value);
    }
    return image;
  }
};

/** The 99.9999 % point of chi-square (Wilson and Hilferty's approximation): a test that compares with it raises a false
 * alarm once in a million seeds. The seeds of the tests are fixed, so a test that passed once always does. */
inline double
GetChiSquareLimit(double degreesOfFreedom)
{
  constexpr double normalQuantile = 4.7534;
  const double     variance = 2.0 / (9.0 * degreesOfFreedom);
  return degreesOfFreedom * std::pow(1.0 - variance + normalQuantile * std::sqrt(variance), 3);
}

inline double
GetChiSquare(const std::vector<double> & counts, double expected)
{
  double sum = 0.0;
  for (const double count : counts)
  {
    sum += (count - expected) * (count - expected) / expected;
  }
  return sum;
}
} // namespace itk::MaskedSamplingTest

#endif // itkMaskedSamplingTestHelpers_h
