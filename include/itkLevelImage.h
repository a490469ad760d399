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

#include "itkContinuousIndex.h"
#include "itkLevelSmoother.h"
#include "itkSpatialObject.h"

#include <functional>

namespace itk
{
/** \class LevelImage
 * \brief An image as a level of a registration sees it: smoothed, in whole or in part, or as it is.
 *
 * \tparam TImage type of the image; in parts, and fast, for those that LevelSmoother is compiled for
 * \sa LevelSmoother
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
  using MaskType = SpatialObject<ImageDimension>;
  using GrowerType = std::function<typename TImage::ConstPointer(const RegionType & needed)>;

  /** Prepare to smooth an image.
   * \param sigma in physical units, or else in voxels; 0: not at all
   * \param mask inside which it is smoothed: each voxel is the mean of those inside, with the weights of a Gaussian
   * (normalized convolution, H. Knutsson and C.-F. Westin 1993); far from it, it is left as it is. Null: all alike */
  LevelImage(const TImage *   image,
             double           sigma,
             bool             isPhysical,
             ThreadIdType     numberOfWorkUnits,
             const MaskType * mask = nullptr);

  /** Whether the image is smoothed. */
  bool
  IsSmoothed() const
  {
    return m_IsSmoothed;
  }

  /** The whole image, the very one if it is not smoothed. */
  typename TImage::ConstPointer
  MakeWhole() const
  {
    return this->MakePart(m_Image->GetBufferedRegion());
  }

  /** The smoothed image, with a region in its buffer (or more, if its type is none that can be smoothed in part). If it
   * is not smoothed, the whole image. */
  typename TImage::ConstPointer
  MakePart(const RegionType & region) const
  {
    return m_IsSmoothed ? this->Smooth(region, false) : m_Image;
  }

  /** The same, but the whole smoothed image if that takes hardly more time. It takes less memory, being smoothed in
   * place. */
  typename TImage::ConstPointer
  MakePartOrWhole(const RegionType & region) const
  {
    return m_IsSmoothed ? this->Smooth(region, true) : m_Image;
  }

  /** The same, of a region that is made wider by a number of voxels, and its own extent, until not all of its values
   * are equal. */
  typename TImage::ConstPointer
  MakeVaryingPart(RegionType & region, double numberOfVoxels) const;

  /** The voxels needed to interpolate between two positions, and some more on each side: a number, and a fraction of
   * the extent. Cropped to the buffer; if nothing is left, the whole buffer. */
  RegionType
  MakeRegion(const ContinuousIndexType & lower,
             const ContinuousIndexType & upper,
             double                      numberOfVoxels,
             double                      fraction) const;

  /** A region that holds two, and grows as the one of MakeRegion() does. */
  RegionType
  MakeWider(const RegionType & region, const RegionType & other, double numberOfVoxels, double fraction) const;

  /** What gives other parts than one that was made, as they are needed: each holds those before, and grows as above.
   * \param region that the part was made for
   * \return null, if the part is the whole */
  GrowerType
  MakeGrower(const TImage & part, const RegionType & region, double numberOfVoxels, double fraction) const;

private:
  using SmootherType = LevelSmoother<typename TImage::PixelType, ImageDimension>;
  static constexpr bool IsTypeOfParts = [] {
    if constexpr (SmootherType::IsCompiled)
    {
      return std::is_same_v<TImage, typename SmootherType::ImageType>;
    }
    return false;
  }();

  typename TImage::ConstPointer
  Smooth(const RegionType & region, bool isGenerous) const;
  typename TImage::ConstPointer
  SmoothInsideMask(const RegionType & region) const;

  /** An image of one to three voxels along some axis, made four of them by repeating the last; null if it is none such.
   * The recursive filter takes no fewer. */
  typename TImage::ConstPointer
  MakeThick() const;

  typename TImage::ConstPointer m_Image{};
  SigmaArrayType                m_Sigmas{};
  bool                          m_IsSmoothed{};
  ThreadIdType                  m_NumberOfWorkUnits{};

  typename MaskType::ConstPointer m_Mask{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkLevelImage.hxx"
#endif

#endif // itkLevelImage_h
