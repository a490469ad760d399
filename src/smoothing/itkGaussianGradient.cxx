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
#include "smoothing/itkGaussianGradient.h"

#include "geometry/itkParallelTasks.h"
#include "smoothing/itkRegionalGaussianSmoother.h"

#include "itkImageGaps.h"
#include "itkMatrix.h"
#include "itkVector.h"

#include <algorithm>

namespace itk
{
namespace
{
template <typename TImage>
FixedArray<double, TImage::ImageDimension>
GetSigmas(const TImage & image)
{
  const auto & spacing = image.GetSpacing();
  return { *std::max_element(spacing.Begin(), spacing.End()) };
}

/** From derivatives per voxel to those with respect to the index, through physical space: the same, unless the
 * directions are oblique to each other. */
template <typename TImage>
Matrix<double, TImage::ImageDimension, TImage::ImageDimension>
MakeMetricOfIndices(const TImage & image)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto &           direction = image.GetDirection();
  const auto &           spacing = image.GetSpacing();

  Matrix<double, dimension, dimension> products(direction.GetTranspose() * direction.GetVnlMatrix());
  for (unsigned int row = 0; row < dimension; ++row)
  {
    for (unsigned int column = 0; column < dimension; ++column)
    {
      products(row, column) *= spacing[row] / spacing[column];
    }
  }
  return products;
}
} // namespace

template <typename TPixel, unsigned int VDimension>
auto
GaussianGradient<TPixel, VDimension>::GetInputRegion(const ImageType &  image,
                                                     const RegionType & region,
                                                     const RegionType & whole) -> RegionType
{
  return RegionalGaussianSmoother<ImageType>::GetInputRegion(region, whole, GetSigmas(image), image.GetSpacing());
}

template <typename TPixel, unsigned int VDimension>
auto
GaussianGradient<TPixel, VDimension>::Compute(const ImageType &  image,
                                              const RegionType & region,
                                              ThreadIdType numberOfWorkUnits) -> typename GradientImageType::Pointer
{
  using GapsType = ImageGaps<TPixel, VDimension>;
  using SmootherType = RegionalGaussianSmoother<ImageType>;
  const auto sigmas = GetSigmas(image);
  // Which checks the size of the image.
  const auto inputs = SmootherType(&image, sigmas, numberOfWorkUnits).GetInputRegion(region);
  // One that is no number would spread as far as the image goes.
  const bool                             hasGaps = GapsType::HasGaps(&image, inputs, numberOfWorkUnits);
  const typename ImageType::ConstPointer input = hasGaps ? GapsType::Fill(&image).GetPointer() : &image;

  const auto gradients = GradientImageType::New();
  gradients->CopyInformation(&image);
  gradients->SetRegions(region);
  gradients->Allocate();
  GradientType * const buffer = gradients->GetBufferPointer();
  const SizeValueType  length = region.GetSize(0);
  const SizeValueType  rows = region.GetNumberOfPixels() / length;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto           component = SmootherType(input, sigmas, numberOfWorkUnits, d).Smooth(region);
    const TPixel * const values = component->GetBufferPointer();
    ParallelTasks::ForEach(rows, numberOfWorkUnits, [&](SizeValueType row) {
      for (SizeValueType i = row * length; i < (row + 1) * length; ++i)
      {
        buffer[i][d] = static_cast<float>(values[i]);
      }
    });
  }

  const auto     metric = MakeMetricOfIndices(image);
  const auto     identity = Matrix<double, VDimension, VDimension>::GetIdentity();
  constexpr auto tolerance = 1e-9; // far below the digits of a float
  if ((metric.GetVnlMatrix() - identity.GetVnlMatrix()).absolute_value_max() > tolerance)
  {
    ParallelTasks::ForEach(rows, numberOfWorkUnits, [&](SizeValueType row) {
      for (SizeValueType i = row * length; i < (row + 1) * length; ++i)
      {
        Vector<double, VDimension> gradient;
        std::copy(buffer[i].Begin(), buffer[i].End(), gradient.Begin());
        gradient = metric * gradient;
        std::transform(
          gradient.Begin(), gradient.End(), buffer[i].Begin(), [](double each) { return static_cast<float>(each); });
      }
    });
  }
  return gradients;
}

template class GaussianGradient<float, 2>;
template class GaussianGradient<float, 3>;
template class GaussianGradient<float, 4>;
template class GaussianGradient<double, 2>;
template class GaussianGradient<double, 3>;
template class GaussianGradient<double, 4>;
} // end namespace itk
