// SPDX-License-Identifier: Apache-2.0
#ifndef CoreImages_h
#define CoreImages_h

#include "MaskedSamplingCore.h"

#include "itkImage.h"
#include "itkImageMaskSpatialObject.h"
#include "itkImportImageContainer.h"

namespace MaskedSamplingCore
{
/** Let ITK know the formats of images. */
void
RegisterImageFormats();

/** Throw if a geometry is none of 2 or 3 dimensions, or cannot be. */
void
CheckGeometry(const masked_sampling_geometry & geometry);

/** Give a grid a geometry. */
template <typename TGrid>
void
SetGeometry(TGrid & grid, const masked_sampling_geometry & geometry)
{
  constexpr unsigned int dimension = TGrid::ImageDimension;
  if (geometry.dimension != dimension)
  {
    itkGenericExceptionMacro("An image of " << dimension << " dimensions is needed, not of " << geometry.dimension
                                            << '.');
  }
  CheckGeometry(geometry);
  typename TGrid::SizeType      size;
  typename TGrid::DirectionType direction;
  for (unsigned int row = 0; row < dimension; ++row)
  {
    size[row] = geometry.size[row];
    for (unsigned int column = 0; column < dimension; ++column)
    {
      direction(row, column) = geometry.direction[row * dimension + column];
    }
  }
  grid.SetRegions(size);
  grid.SetSpacing(geometry.spacing);
  grid.SetOrigin(geometry.origin);
  grid.SetDirection(direction);
}

/** An image of pixels that belong to somebody else. */
template <typename TImage>
typename TImage::Pointer
MakeImage(const void * pixels, const masked_sampling_geometry & geometry)
{
  const auto image = TImage::New();
  SetGeometry(*image, geometry);
  const auto container = TImage::PixelContainer::New();
  container->SetImportPointer(static_cast<typename TImage::PixelType *>(const_cast<void *>(pixels)),
                              image->GetBufferedRegion().GetNumberOfPixels(),
                              false);
  image->SetPixelContainer(container);
  return image;
}

/** A mask of pixels that belong to somebody else. */
template <unsigned int VDimension>
typename itk::ImageMaskSpatialObject<VDimension>::Pointer
MakeMask(const void * pixels, const masked_sampling_geometry & geometry)
{
  // No Update(), which searches the whole image for a bounding box that nothing here needs.
  const auto mask = itk::ImageMaskSpatialObject<VDimension>::New();
  mask->SetImage(MakeImage<itk::Image<unsigned char, VDimension>>(pixels, geometry));
  return mask;
}
} // namespace MaskedSamplingCore

#endif
