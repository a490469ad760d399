// SPDX-License-Identifier: Apache-2.0
#include "CoreImages.h"

#include "CoreCalls.h"
#include "CoreFile.h"
#include "CoreImageHeaders.h"
#include "CoreLocale.h"
#include "CoreVtkFormat.h"

#include "itkBMPImageIOFactory.h"
#include "itkGiplImageIOFactory.h"
#include "itkJPEGImageIOFactory.h"
#include "itkMRCImageIOFactory.h"
#include "itkMetaImageIOFactory.h"
#include "itkNiftiImageIOFactory.h"
#include "itkNrrdImageIOFactory.h"
#include "itkPNGImageIOFactory.h"
#include "itkTIFFImageIOFactory.h"

#include "itkImageIOFactory.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace MaskedSamplingCore
{
namespace
{
using ComponentType = itk::ImageIOBase::IOComponentEnum;

constexpr std::array<std::pair<const char *, ComponentType>, 10> components{ {
  { "uint8", ComponentType::UCHAR },
  { "int8", ComponentType::CHAR },
  { "uint16", ComponentType::USHORT },
  { "int16", ComponentType::SHORT },
  { "uint32", ComponentType::UINT },
  { "int32", ComponentType::INT },
  { "uint64", ComponentType::ULONG },
  { "int64", ComponentType::LONG },
  { "float32", ComponentType::FLOAT },
  { "float64", ComponentType::DOUBLE },
} };

constexpr const char * formats = "There are NIfTI, NRRD, MetaImage, PNG, JPEG, TIFF, BMP, VTK, GIPL, MRC.";

/** NIfTI-2, which ITK does not know, begins with the size of its header. */
bool
IsNewNifti(const std::string & path)
{
  constexpr int32_t headerSize = 540;
  HeaderBytes       header(ReadBeginning(path, sizeof(headerSize)), false);
  if (header.GetSize() < sizeof(headerSize))
  {
    return false;
  }
  const bool isLittle = header.Get<int32_t>(0) == headerSize;
  header.SetBigEndian(true);
  return isLittle || header.Get<int32_t>(0) == headerSize;
}

/** A reader that knows what the file holds, and where its pixels are. */
struct OpenImage
{
  itk::ImageIOBase::Pointer  Reader{};
  std::optional<PixelSource> Source{};
};

OpenImage
OpenToRead(const std::string & path)
{
  CheckPicture(path);
  OpenImage image;
  image.Reader = itk::ImageIOFactory::CreateImageIO(path.c_str(), itk::ImageIOFactory::IOFileModeEnum::ReadMode);
  if (image.Reader.IsNull())
  {
    if (IsNewNifti(path))
    {
      itkGenericExceptionMacro(
        "It is NIfTI-2, which ITK does not read. nibabel does: give nibabel.load(path) instead of "
        "the path.");
    }
    throw NotReadHere("No format that is known here reads \"" + path + "\". " + formats);
  }
  image.Reader->SetFileName(path);
  image.Source = ReadHeader(*image.Reader);
  if (image.Reader->GetNumberOfComponents() != 1)
  {
    throw NotReadHere('"' + path + "\" has " + std::to_string(image.Reader->GetNumberOfComponents()) +
                      " numbers per pixel. One is needed: make it grey.");
  }
  return image;
}

/** Dimensions of one voxel at the end do not count. */
unsigned int
GetDimension(const itk::ImageIOBase & io)
{
  unsigned int dimension = io.GetNumberOfDimensions();
  while (dimension > 3 && io.GetDimensions(dimension - 1) == 1)
  {
    --dimension;
  }
  return dimension;
}

const char *
GetComponentName(const itk::ImageIOBase & io)
{
  auto type = io.GetComponentType();
  type = type == ComponentType::LONGLONG ? ComponentType::LONG : type;
  type = type == ComponentType::ULONGLONG ? ComponentType::ULONG : type;
  for (const auto & [name, component] : components)
  {
    if (component == type)
    {
      return name;
    }
  }
  throw NotReadHere('"' + std::string(io.GetFileName()) + "\" has pixels of an unknown type.");
}
} // namespace

void
CheckGeometry(const masked_sampling_geometry & geometry)
{
  CheckDimension(geometry.dimension);
  const unsigned int dimension = geometry.dimension;
  const auto         check = [](const char * name, const double * numbers, unsigned int number) {
    if (!std::all_of(numbers, numbers + number, [](double value) { return std::isfinite(value); }))
    {
      itkGenericExceptionMacro(<< name << ": a value is no finite number.");
    }
  };
  check("spacing", geometry.spacing, dimension);
  check("origin", geometry.origin, dimension);
  check("direction", geometry.direction, dimension * dimension);
  // Of the widest pixels.
  double numberOfBytes = sizeof(double);
  for (unsigned int d = 0; d < dimension; ++d)
  {
    numberOfBytes *= static_cast<double>(geometry.size[d]);
  }
  if (numberOfBytes > static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max()))
  {
    itkGenericExceptionMacro("size: no memory holds as many voxels.");
  }
}

void
RegisterImageFormats()
{
  itk::BMPImageIOFactory::RegisterOneFactory();
  itk::GiplImageIOFactory::RegisterOneFactory();
  itk::JPEGImageIOFactory::RegisterOneFactory();
  itk::MRCImageIOFactory::RegisterOneFactory();
  itk::MetaImageIOFactory::RegisterOneFactory();
  itk::NiftiImageIOFactory::RegisterOneFactory();
  itk::NrrdImageIOFactory::RegisterOneFactory();
  itk::PNGImageIOFactory::RegisterOneFactory();
  itk::TIFFImageIOFactory::RegisterOneFactory();
  RegisterVtkFormat();
}
} // namespace MaskedSamplingCore

using namespace MaskedSamplingCore;

int
masked_sampling_image_info(const char *               path,
                           masked_sampling_geometry * geometry,
                           const char **              component,
                           uint64_t *                 number_of_bytes)
{
  return Call([&] {
    Need(geometry, "geometry");
    Need(component, "component");
    Need(number_of_bytes, "number_of_bytes");
    const PointLocale  locale;
    const auto         io = OpenToRead(NeedText(path, "path")).Reader;
    const unsigned int dimension = GetDimension(*io);
    if (dimension < 2 || dimension > 3)
    {
      throw NotReadHere(std::string("\"") + path + "\" has " + std::to_string(dimension) +
                        " dimensions. 2 or 3 are needed.");
    }
    *geometry = {};
    geometry->dimension = dimension;
    for (unsigned int d = 0; d < dimension; ++d)
    {
      // As ImageFileReader does it: a negative spacing turns its axis around.
      const double spacing = io->GetSpacing(d);
      geometry->size[d] = io->GetDimensions(d);
      geometry->spacing[d] = std::abs(spacing);
      geometry->origin[d] = io->GetOrigin(d);
      const auto axis = io->GetDirection(d);
      for (unsigned int row = 0; row < dimension; ++row)
      {
        geometry->direction[row * dimension + d] = spacing < 0.0 ? -axis[row] : axis[row];
      }
    }
    *component = GetComponentName(*io);
    *number_of_bytes = static_cast<uint64_t>(io->GetImageSizeInBytes());
  });
}

int
masked_sampling_read_pixels(const char * path, void * pixels, uint64_t number_of_bytes)
{
  return Call([&] {
    Need(static_cast<char *>(pixels), "pixels");
    const PointLocale locale;
    const auto        image = OpenToRead(NeedText(path, "path"));
    auto &            io = *image.Reader;
    const auto        found = static_cast<uint64_t>(io.GetImageSizeInBytes());
    if (found != number_of_bytes)
    {
      itkGenericExceptionMacro("number_of_bytes: the file has " << found << " bytes of pixels, not " << number_of_bytes
                                                                << ". Does somebody write to it?");
    }
    if (image.Source)
    {
      ReadPixels(*image.Source, io, pixels);
      return;
    }
    itk::ImageIORegion region(io.GetNumberOfDimensions());
    for (unsigned int d = 0; d < io.GetNumberOfDimensions(); ++d)
    {
      region.SetSize(d, io.GetDimensions(d));
    }
    io.SetIORegion(region);
    io.Read(pixels);
  });
}

int
masked_sampling_write_image(const char *                     path,
                            const masked_sampling_geometry * geometry,
                            const char *                     component,
                            const void *                     pixels,
                            int                              compress)
{
  return Call([&] {
    CheckGeometry(Need(geometry, "geometry"));
    Need(static_cast<const char *>(pixels), "pixels");
    const std::string componentName = NeedText(component, "component");
    const PointLocale locale;
    const auto        io = itk::ImageIOFactory::CreateImageIO(NeedText(path, "path").c_str(),
                                                       itk::ImageIOFactory::IOFileModeEnum::WriteMode);
    if (io.IsNull())
    {
      itkGenericExceptionMacro("No format that is known here writes \"" << path << "\". " << formats);
    }
    io->SetFileName(path);
    const unsigned int dimension = geometry->dimension;
    itk::ImageIORegion region(dimension);
    io->SetNumberOfDimensions(dimension);
    for (unsigned int d = 0; d < dimension; ++d)
    {
      io->SetDimensions(d, geometry->size[d]);
      io->SetSpacing(d, geometry->spacing[d]);
      io->SetOrigin(d, geometry->origin[d]);
      std::vector<double> axis(dimension);
      for (unsigned int row = 0; row < dimension; ++row)
      {
        axis[row] = geometry->direction[row * dimension + d];
      }
      io->SetDirection(d, axis);
      region.SetSize(d, geometry->size[d]);
    }
    io->SetIORegion(region);
    io->SetUseCompression(compress != 0);
    io->SetPixelType(itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(1);
    bool isKnown = false;
    for (const auto & [name, type] : components)
    {
      if (name == componentName)
      {
        io->SetComponentType(type);
        isKnown = true;
      }
    }
    if (!isKnown)
    {
      itkGenericExceptionMacro("Pixels of " << componentName << " cannot be written.");
    }
    io->Write(pixels);
  });
}
