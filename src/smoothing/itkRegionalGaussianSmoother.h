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
#ifndef itkRegionalGaussianSmoother_h
#define itkRegionalGaussianSmoother_h

#include "itkFixedArray.h"
#include "smoothing/itkHugePageImageContainer.h"
#include "itkImage.h"
#include "itkRecursiveGaussianImageFilter.h"
#include "smoothing/itkRecursiveLineBundle.h"
#include "smoothing/itkTransposedRows.h"

#include <array>
#include <optional>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class RegionalGaussianSmoother
 * \brief Smooths a region of an image as SmoothingRecursiveGaussianImageFilter smooths the whole image, only faster.
 *
 * Or takes a derivative of what is smoothed: along one axis, per voxel, times that axis' sigma. That is a component of
 * the gradient of GradientRecursiveGaussianImageFilter, with NormalizeAcrossScale on, before it is divided by the
 * spacing and turned.
 *
 * \par Equality
 * For the whole image, the result is that of the filter (if it smooths, with NormalizeAcrossScale off) to the last bit,
 * whatever the number of work units. If the program is compiled for a processor that fuses multiplications and
 * additions, it is equal but for roundings. The filter's boundary is that of the buffered region.
 *
 * \par Error of a region
 * A smaller region is computed from a box that is MarginInSigmas wider on each side, where the image does not end
 * before. As the filter does at the border of an image, the pixels at the border of the box are assumed to go on to
 * infinity. For each axis, the error is thus at most the range of the intensities, times the sum of the magnitudes of
 * the impulse response beyond the margin, for either side. The slowest poles of the filter make the response decay as
 * \f$ e^{-1.3732 x / \sigma} \f$; the sum is less than \f$ 1.25 \cdot 10^{-8} \f$ beyond 12 sigmas, for any sigma. In
 * four dimensions, this is an error of at most \f$ 10^{-7} \f$ of the range. Added to it are the roundings that it tips
 * over, at most one unit of type float for each axis. The poles of the derivative are the same.
 *
 * \sa SmoothingRecursiveGaussianImageFilter, GradientRecursiveGaussianImageFilter
 * \ingroup MaskedSampling
 */
template <typename TImage>
class RegionalGaussianSmoother
{
public:
  using Self = RegionalGaussianSmoother;
  using ImageType = TImage;
  using PixelType = typename TImage::PixelType;
  using RegionType = typename TImage::RegionType;
  using IndexType = typename TImage::IndexType;
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using SigmaArrayType = FixedArray<double, ImageDimension>;

  /** Whether images of this type can be smoothed here. If not, use SmoothingRecursiveGaussianImageFilter. */
  static constexpr bool IsSupported = std::is_arithmetic<PixelType>::value &&
                                      !std::is_same<PixelType, long double>::value && ImageDimension >= 2 &&
                                      std::is_base_of<Image<PixelType, ImageDimension>, TImage>::value;

  static constexpr double MarginInSigmas = 12.0;

  /** Sigmas are in the units of the spacing of the image. The image must exist, unchanged, as long as the smoother.
   * \param axisOfDerivative none: the image is smoothed, and not differentiated */
  RegionalGaussianSmoother(const TImage *              input,
                           const SigmaArrayType &      sigmas,
                           ThreadIdType                numberOfWorkUnits,
                           std::optional<unsigned int> axisOfDerivative = std::nullopt);

  /** The part of an image that a region of the output is computed from.
   * \param whole the region that the image is taken to end with, of 4 voxels at least along each axis */
  static RegionType
  GetInputRegion(const RegionType &                   region,
                 const RegionType &                   whole,
                 const SigmaArrayType &               sigmas,
                 const typename TImage::SpacingType & spacing);

  /** The part of the input that a region of the output is computed from. */
  RegionType
  GetInputRegion(const RegionType & region) const
  {
    return GetInputRegion(region, m_Input->GetBufferedRegion(), m_Sigmas, m_Input->GetSpacing());
  }

  /** An image with the grid and the largest possible region of the input, whose buffer is a region within the buffered
   * region of the input. */
  typename TImage::Pointer
  Smooth(const RegionType & region) const;

private:
  using InternalImageType = Image<float, ImageDimension>;
  using Coefficients = RecursiveLineBundle::Coefficients;

  /** Lets the filter compute its coefficients. */
  class CoefficientsFilter : public RecursiveGaussianImageFilter<InternalImageType, InternalImageType>
  {
  public:
    using Self = CoefficientsFilter;
    using Pointer = SmartPointer<Self>;
    itkSimpleNewMacro(Self);

    Coefficients
    Compute(double sigma, double spacing, bool isDerivative);
  };

  /** What the passes along the axes share. */
  struct Images
  {
    const Image<PixelType, ImageDimension> * Input;
    InternalImageType *                      Internal;
    Image<PixelType, ImageDimension> *       Output;
    RegionType                               Region;
  };

  /** Which lines to filter along which axis. */
  struct Pass
  {
    const Coefficients & Weights;
    IndexType            FirstInput; // of the first line
    IndexType            FirstOutput;
    unsigned int         Axis;
    unsigned int         Width;
    SizeValueType        Length;
    SizeValueType        Begin; // of the output in the line
    SizeValueType        End;
  };

  /** What a work unit needs for itself. */
  struct Scratch
  {
    explicit Scratch(SizeValueType maximumLength)
      : Bundle(maximumLength)
      , Tile(maximumLength * TransposedRows::Width)
    {}
    RecursiveLineBundle Bundle;
    std::vector<float>  Tile;
  };

  static SizeValueType
  GetNumberOfBundles(SizeValueType numberOfLines);
  static SizeValueType
  GetNumberOfTasks(const RegionType & lines, unsigned int axis);

  /** Call a function with each number below the number of tasks, and a scratch. */
  template <typename TFunction>
  void
  ForEachTask(SizeValueType numberOfTasks, SizeValueType maximumLength, TFunction function) const;

  /** Filter along an axis a bundle of the lines that a region consists of. */
  void
  FilterBundle(const Images &     images,
               const RegionType & lines,
               unsigned int       axis,
               SizeValueType      task,
               Scratch &          scratch) const;
  template <typename TIn, typename TOut>
  static void
  FilterAcrossRows(const Image<TIn, ImageDimension> & in,
                   Image<TOut, ImageDimension> &      out,
                   const Pass &                       pass,
                   Scratch &                          scratch);
  template <typename TIn, typename TOut>
  static void
  FilterRows(const Image<TIn, ImageDimension> & in,
             Image<TOut, ImageDimension> &      out,
             const Pass &                       pass,
             Scratch &                          scratch);
  template <typename TIn, typename TOut>
  static void
  FilterPass(const Image<TIn, ImageDimension> & in,
             Image<TOut, ImageDimension> &      out,
             const Pass &                       pass,
             Scratch &                          scratch);

  const TImage *                           m_Input;
  SigmaArrayType                           m_Sigmas;
  ThreadIdType                             m_NumberOfWorkUnits;
  std::array<Coefficients, ImageDimension> m_Coefficients;
  /** In the order of the filter. */
  std::array<unsigned int, ImageDimension> m_Axes;
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "smoothing/itkRegionalGaussianSmoother.hxx"
#endif

#endif // itkRegionalGaussianSmoother_h
