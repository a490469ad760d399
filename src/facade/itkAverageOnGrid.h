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
#include "smoothing/itkSeparableWindow.h"

#include "itkImage.h"
#include "itkImageRegionIterator.h"
#include "itkNumericTraits.h"

#include <array>
#include <vector>

namespace itk
{
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
  using WindowType = SeparableWindow<double, VDimension>;
  typename WindowType::SizeType                            size;
  std::array<typename WindowType::WeightsType, VDimension> window;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    size[d] = grid.GetLargestPossibleRegion().GetSize(d);
    window[d] = { 0.5, 0.25 };
  }
  constexpr unsigned int passes = 2;
  for (unsigned int pass = 0; pass < passes; ++pass)
  {
    WindowType::Sum(sums->GetBufferPointer(), size, 1, window, 1);
    WindowType::Sum(weights->GetBufferPointer(), size, 1, window, 1);
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
