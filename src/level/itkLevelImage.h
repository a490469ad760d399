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
#ifndef itkLevelImage_h
#define itkLevelImage_h

#include "smoothing/itkRegionalGaussianSmoother.h"

#include <algorithm>

namespace itk
{
/** \class LevelImage
 * \brief An image as a level of a registration sees it: smoothed, in whole or in part, or as it is.
 *
 * \tparam TImage type of the image
 * \sa RegionalGaussianSmoother
 * \ingroup MaskedSampling
 */
template <typename TImage>
class LevelImage
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;

  using RegionType = typename TImage::RegionType;
  using SigmaArrayType = FixedArray<double, ImageDimension>;
  using ContinuousIndexType = ContinuousIndex<double, ImageDimension>;

  /** Prepare to smooth an image.
   * \param sigma in physical units, or else in voxels; 0: not at all */
  LevelImage(const TImage * image, double sigma, bool isPhysical, ThreadIdType numberOfWorkUnits);

  /** Whether the image is smoothed. */
  bool
  IsSmoothed() const
  {
    return m_IsSmoothed;
  }

  /** The whole image, the very one if it is not smoothed. */
  typename TImage::ConstPointer
  MakeWhole() const;

  /** The smoothed image, with a region in its buffer (or more, if its type is none that can be smoothed in part). If it
   * is not smoothed, the whole image. */
  typename TImage::ConstPointer
  MakePart(const RegionType & region) const;

  /** The same, but the whole smoothed image if that takes hardly more time. It takes less memory, being smoothed in
   * place. */
  typename TImage::ConstPointer
  MakePartOrWhole(const RegionType & region) const;

  /** The voxels needed to interpolate between two positions, and some more on each side: a number, and a fraction of
   * the extent. Cropped to the buffer; if nothing is left, the whole buffer. */
  RegionType
  MakeRegion(const ContinuousIndexType & lower,
             const ContinuousIndexType & upper,
             double                      numberOfVoxels,
             double                      fraction) const;

  /** A region that grows as the one of MakeRegion() does. */
  RegionType
  MakeWider(const RegionType & region, double numberOfVoxels, double fraction) const;

private:
  bool
  CanBePart() const;

  typename TImage::ConstPointer m_Image{};
  SigmaArrayType                m_Sigmas{};
  bool                          m_IsSmoothed{};
  ThreadIdType                  m_NumberOfWorkUnits{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "level/itkLevelImage.hxx"
#endif

#endif // itkLevelImage_h
