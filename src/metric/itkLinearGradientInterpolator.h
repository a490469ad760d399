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
#ifndef itkLinearGradientInterpolator_h
#define itkLinearGradientInterpolator_h

#include "metric/itkInterpolationAxis.h"

#include "itkContinuousIndex.h"
#include "itkImage.h"

#include <array>

namespace itk
{
/** \class LinearGradientInterpolator
 * \brief Value and gradient of the linear interpolant of an image, for many points at a time.
 *
 * Values are those of LinearInterpolateImageFunction, in double. The gradient, with respect to the continuous index, is
 * the exact derivative of that interpolant, from the same corners. In the half voxel around the centres of the border
 * voxels the interpolant is constant along the axis that leaves the image, and so its derivative there is 0.
 *
 * At the centre of a voxel the interpolant has a kink: along each axis on which a point is at a centre, but for
 * roundings, the derivative is the mean of the slopes on both sides. That is where a central difference leads, and what
 * does not depend on the roundings.
 *
 * The image may have a buffer that is smaller than the region in which points count as inside. A point that needs
 * pixels beyond the buffer, for its value or its gradient, is reported as missing.
 *
 * \tparam TImage a type of itk::Image of scalars
 * \ingroup MaskedSampling
 */
template <typename TImage>
class LinearGradientInterpolator
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  static constexpr unsigned int BatchSize = 128;

  using PixelType = typename TImage::PixelType;
  using RegionType = typename TImage::RegionType;

  /** What became of a point. */
  enum class StateEnum : unsigned char
  {
    Outside,
    Inside,
    Missing
  };

  /** Points, and what was found there. Points that are not inside have value and gradient 0. */
  struct BatchType
  {
    template <typename TValue>
    using ColumnType = std::array<TValue, BatchSize>;

    unsigned int                                   Count{};
    std::array<ColumnType<double>, ImageDimension> Index;
    ColumnType<StateEnum>                          State;
    ColumnType<double>                             Value;
    std::array<ColumnType<double>, ImageDimension> Gradient;

    /** Say that nothing was found at a point. */
    void
    SetNothing(unsigned int i, StateEnum state)
    {
      State[i] = state;
      Value[i] = 0.0;
      for (auto & column : Gradient)
      {
        column[i] = 0.0;
      }
    }
  };

  /** Set the image.
   * \param region where points are inside: within half a voxel of the centres of its voxels */
  void
  SetImage(const TImage & image, const RegionType & region);

  /** Find the state of every point of a batch, and the value and the gradient of those inside. */
  void
  Evaluate(BatchType & batch) const;

  /** The smallest region that holds the corners that the missing points of a batch need, and another region.
   * \param region of size 0: none yet */
  RegionType
  ExtendByMissing(const BatchType & batch, const RegionType & region) const;

private:
#if defined(__GNUC__)
  using PairType __attribute__((vector_size(16))) = double;
#else
  struct PairType
  {
    double Values[2];

    double
    operator[](unsigned int i) const
    {
      return Values[i];
    }
    friend PairType
    operator+(const PairType & a, const PairType & b)
    {
      return { a[0] + b[0], a[1] + b[1] };
    }
    friend PairType
    operator-(const PairType & a, const PairType & b)
    {
      return { a[0] - b[0], a[1] - b[1] };
    }
    friend PairType
    operator*(const PairType & a, const PairType & b)
    {
      return { a[0] * b[0], a[1] * b[1] };
    }
  };
#endif

  struct AxisType : InterpolationAxis
  {
    /** The outermost centres of the region that are in the buffer. */
    double FirstCenter{};
    double LastCenter{};
  };

  /** So near to a centre, in voxels, a point counts as being there: more than the roundings on the way from a point to
   * its index, and far less than any step of an optimizer. */
  static constexpr double Tolerance = 1e-9;

  /** Where a point is along an axis. */
  struct PlaceType
  {
    /** Its cell, in steps from the start of the region, and where it is in there. */
    std::ptrdiff_t Cell{};
    double         Fraction{};
    bool           IsBeyondCenters{};
    bool           IsOnCenter{};
    /** The cell on the other side of the centre, if the point is on one; the same where there is none. */
    std::ptrdiff_t OtherCell{};
  };

  PlaceType
  FindPlace(const AxisType & axis, double index) const;

  void
  EvaluateInCell(BatchType &                                batch,
                 unsigned int                               i,
                 const PixelType *                          corner,
                 const std::array<double, ImageDimension> & fraction) const;
  /** Evaluate a point that may be anywhere: at a centre, beyond those of the buffer, outside. */
  void
  EvaluateAnywhere(BatchType & batch, unsigned int i) const;
  /** Along each axis on which a point is at a centre: the mean of the slopes on both sides. */
  void
  AverageSlopes(BatchType &                                   batch,
                unsigned int                                  i,
                const PixelType *                             corner,
                const std::array<PlaceType, ImageDimension> & places) const;

  void
  Prefetch(const PixelType * corner) const;

  /** Interpolate along all axes but the first, up to an axis. Said to be inline, it is, also where optimizers look at
   * size: what it finds stays in registers. */
  template <unsigned int VAxis>
  static inline void
  Interpolate(const PixelType *                                  corner,
              const std::array<std::ptrdiff_t, ImageDimension> & strides,
              const std::array<double, ImageDimension> &         fraction,
              std::array<PairType, ImageDimension> &             result);

  std::array<AxisType, ImageDimension>       m_Axes{};
  std::array<std::ptrdiff_t, ImageDimension> m_StridesToNext{};
  /** Of the rows along the first axis between which a point lies, from the first of them. */
  std::array<std::ptrdiff_t, 1U << (ImageDimension - 1)> m_RowOffsets{};
  const PixelType *                                      m_Buffer{};
  /** From the first pixel of the buffer to that of the region. */
  std::ptrdiff_t m_OffsetOfRegion{};
  RegionType     m_Region{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkLinearGradientInterpolator.hxx"
#endif

#endif // itkLinearGradientInterpolator_h
