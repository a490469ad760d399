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
#ifndef itkAverageOnGrid_h
#define itkAverageOnGrid_h

#include "geometry/itkForEachCorner.h"

#include "itkImage.h"
#include "itkImageRegionIterator.h"
#include "itkNumericTraits.h"

#include <vector>

namespace itk
{
/** Replace what lies along each axis by averages of three, of which the middle counts twice; beyond the end is 0. */
template <unsigned int VDimension>
void
SmoothByNeighbours(Image<double, VDimension> & image)
{
  const auto &        size = image.GetLargestPossibleRegion().GetSize();
  const SizeValueType count = image.GetLargestPossibleRegion().GetNumberOfPixels();
  double * const      values = image.GetBufferPointer();
  for (unsigned int axis = 0; axis < VDimension; ++axis)
  {
    const auto                step = static_cast<SizeValueType>(image.GetOffsetTable()[axis]);
    const std::vector<double> before(values, values + count);
    for (SizeValueType i = 0; i < count; ++i)
    {
      const SizeValueType place = i / step % size[axis];
      const double        lower = place > 0 ? before[i - step] : 0.0;
      const double        upper = place + 1 < size[axis] ? before[i + step] : 0.0;
      values[i] = 0.5 * before[i] + 0.25 * (lower + upper);
    }
  }
}

/** Averages of the values at some points, on a grid: those over about two cells to each side. Not a number where there
 * are none.
 * \ingroup MaskedSampling */
template <unsigned int VDimension>
typename Image<double, VDimension>::Pointer
AverageOnGrid(const ImageBase<VDimension> &                  grid,
              const std::vector<Point<double, VDimension>> & points,
              const std::vector<double> &                    values)
{
  using ImageType = Image<double, VDimension>;
  const auto make = [&grid] {
    const auto image = ImageType::New();
    image->CopyInformation(&grid);
    image->SetRegions(grid.GetLargestPossibleRegion());
    image->Allocate(true);
    return image;
  };
  const auto sums = make();
  const auto weights = make();
  for (SizeValueType i = 0; i < points.size(); ++i)
  {
    ForEachCorner(*sums, points[i], [&](const typename ImageType::IndexType & corner, double weight) {
      sums->SetPixel(corner, sums->GetPixel(corner) + weight * values[i]);
      weights->SetPixel(corner, weights->GetPixel(corner) + weight);
    });
  }
  constexpr unsigned int passes = 2;
  for (unsigned int pass = 0; pass < passes; ++pass)
  {
    SmoothByNeighbours(*sums);
    SmoothByNeighbours(*weights);
  }
  ImageRegionIterator<ImageType>      sum(sums, sums->GetLargestPossibleRegion());
  ImageRegionConstIterator<ImageType> weight(weights, weights->GetLargestPossibleRegion());
  for (; !sum.IsAtEnd(); ++sum, ++weight)
  {
    sum.Set(weight.Get() > 0.0 ? sum.Get() / weight.Get() : NumericTraits<double>::quiet_NaN());
  }
  return sums;
}
} // end namespace itk

#endif // itkAverageOnGrid_h
