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
#ifndef itkGradientImageInterpolator_h
#define itkGradientImageInterpolator_h

#include "geometry/itkUnrolledLoop.h"
#include "metric/itkLinearGradientInterpolator.h"
#include "smoothing/itkGaussianGradient.h"

#include <array>

namespace itk
{
/** \class GradientImageInterpolator
 * \brief Interpolates the gradient image of an image, linearly, for many points at a time.
 *
 * It replaces the gradients that LinearGradientInterpolator has found. As with LinearInterpolateImageFunction, what is
 * within half a voxel of the outermost centres has their gradient.
 *
 * \sa GaussianGradient
 * \ingroup MaskedSampling
 */
template <typename TImage>
class GradientImageInterpolator
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;

  using InterpolatorType = LinearGradientInterpolator<TImage>;
  using BatchType = typename InterpolatorType::BatchType;
  using RegionType = typename TImage::RegionType;
  using GradientsType = GaussianGradient<typename TImage::PixelType, ImageDimension>;
  using GradientImageType = typename GradientsType::GradientImageType;

  /** The region that has gradients. */
  RegionType
  GetRegion() const
  {
    return m_Gradients ? m_Gradients->GetBufferedRegion() : RegionType{};
  }

  void
  Clear()
  {
    m_Gradients = nullptr;
  }

  /** Make the gradients in a region.
   * \param whole where points are inside, as LinearGradientInterpolator has it */
  void
  Make(const TImage & image, const RegionType & region, const RegionType & whole, ThreadIdType numberOfWorkUnits)
  {
    m_Gradients = nullptr; // before there are others
    m_Gradients = GradientsType::Compute(image, region, numberOfWorkUnits);
    m_Axes = InterpolationAxis::MakeAll<ImageDimension>(*m_Gradients, whole);
  }

  /** Set the gradients of the points that are inside; those beyond the region that has gradients are then missing. */
  void
  Evaluate(BatchType & batch) const
  {
    using StateEnum = typename InterpolatorType::StateEnum;
    for (unsigned int i = 0; i < batch.Count; ++i)
    {
      if (batch.State[i] == StateEnum::Inside && !(m_Gradients && this->EvaluatePoint(batch, i)))
      {
        batch.SetNothing(i, StateEnum::Missing);
      }
    }
  }

private:
  using GradientType = typename GradientImageType::PixelType;

  /** \return whether there are gradients around the point */
  bool
  EvaluatePoint(BatchType & batch, unsigned int i) const
  {
    bool                               hasGradients = true;
    std::ptrdiff_t                     offset = 0;
    std::array<double, ImageDimension> fraction;
    UnrolledLoop<ImageDimension>::ForEach([&](auto d) {
      const InterpolationAxis & axis = m_Axes[d];
      const auto                cell = axis.FindCell(batch.Index[d][i], fraction[d]);
      hasGradients = hasGradients && axis.HasCells(cell, cell);
      offset += (cell - axis.BufferStart) * axis.Stride;
    });
    if (!hasGradients)
    {
      return false;
    }
    const GradientType * const         corner = m_Gradients->GetBufferPointer() + offset;
    std::array<double, ImageDimension> sum{};
    UnrolledLoop<(1U << ImageDimension)>::ForEach([&](auto number) {
      double         weight = 1.0;
      std::ptrdiff_t place = 0;
      UnrolledLoop<ImageDimension>::ForEach([&](auto d) {
        const bool isNext = (number >> d & 1U) != 0;
        weight *= isNext ? fraction[d] : 1.0 - fraction[d];
        place += isNext ? m_Axes[d].NumberOfNext * m_Axes[d].Stride : 0;
      });
      UnrolledLoop<ImageDimension>::ForEach([&](auto d) { sum[d] += weight * static_cast<double>(corner[place][d]); });
    });
    UnrolledLoop<ImageDimension>::ForEach([&](auto d) { batch.Gradient[d][i] = sum[d]; });
    return true;
  }

  typename GradientImageType::Pointer           m_Gradients{};
  std::array<InterpolationAxis, ImageDimension> m_Axes{};
};
} // end namespace itk

#endif // itkGradientImageInterpolator_h
