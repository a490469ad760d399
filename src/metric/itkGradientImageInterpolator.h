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

#include <algorithm>
#include <array>
#include <cmath>

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
    m_Whole = whole;
  }

  /** Set the gradients of the points that are inside; those beyond the region that has gradients are then missing. */
  void
  Evaluate(BatchType & batch) const
  {
    using StateEnum = typename InterpolatorType::StateEnum;
    std::array<AxisType, ImageDimension> axes;
    if (m_Gradients)
    {
      axes = this->MakeAxes();
    }
    for (unsigned int i = 0; i < batch.Count; ++i)
    {
      if (batch.State[i] == StateEnum::Inside && !(m_Gradients && this->EvaluatePoint(batch, i, axes)))
      {
        batch.SetNothing(i, StateEnum::Missing);
      }
    }
  }

private:
  using GradientType = typename GradientImageType::PixelType;

  struct AxisType
  {
    double         Start{};
    double         Length{};
    std::ptrdiff_t LastCell{};
    /** 0 where the whole is one voxel thick, otherwise 1. */
    std::ptrdiff_t NumberOfNext{};
    std::ptrdiff_t BufferStart{};
    std::ptrdiff_t BufferEnd{};
    std::ptrdiff_t Stride{};
  };

  std::array<AxisType, ImageDimension>
  MakeAxes() const
  {
    std::array<AxisType, ImageDimension> axes;
    const RegionType &                   buffered = m_Gradients->GetBufferedRegion();
    for (unsigned int d = 0; d < ImageDimension; ++d)
    {
      AxisType & axis = axes[d];
      const auto size = static_cast<std::ptrdiff_t>(m_Whole.GetSize(d));
      axis.Start = static_cast<double>(m_Whole.GetIndex(d));
      axis.Length = static_cast<double>(size - 1);
      axis.LastCell = std::max<std::ptrdiff_t>(size - 2, 0);
      axis.NumberOfNext = size > 1 ? 1 : 0;
      axis.BufferStart = buffered.GetIndex(d) - m_Whole.GetIndex(d);
      axis.BufferEnd = axis.BufferStart + static_cast<std::ptrdiff_t>(buffered.GetSize(d));
      axis.Stride = m_Gradients->GetOffsetTable()[d];
    }
    return axes;
  }

  /** \return whether there are gradients around the point */
  bool
  EvaluatePoint(BatchType & batch, unsigned int i, const std::array<AxisType, ImageDimension> & axes) const
  {
    bool                               hasGradients = true;
    std::ptrdiff_t                     offset = 0;
    std::array<double, ImageDimension> fraction;
    UnrolledLoop<ImageDimension>::ForEach([&](auto d) {
      const AxisType & axis = axes[d];
      const double     position = std::max(std::min(batch.Index[d][i] - axis.Start, axis.Length), 0.0);
      const auto       cell = std::min(static_cast<std::ptrdiff_t>(position), axis.LastCell);
      fraction[d] = position - static_cast<double>(cell);
      hasGradients = hasGradients && cell >= axis.BufferStart && cell + axis.NumberOfNext < axis.BufferEnd;
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
        place += isNext ? axes[d].NumberOfNext * axes[d].Stride : 0;
      });
      UnrolledLoop<ImageDimension>::ForEach([&](auto d) { sum[d] += weight * static_cast<double>(corner[place][d]); });
    });
    UnrolledLoop<ImageDimension>::ForEach([&](auto d) { batch.Gradient[d][i] = sum[d]; });
    return true;
  }

  typename GradientImageType::Pointer m_Gradients{};
  RegionType                          m_Whole{};
};
} // end namespace itk

#endif // itkGradientImageInterpolator_h
