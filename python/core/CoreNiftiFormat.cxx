// SPDX-License-Identifier: Apache-2.0
#include "CoreFile.h"
#include "CoreImageHeaders.h"

#include "itkMacro.h"
#include "nifti1_io.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

namespace MaskedSamplingCore
{
namespace NiftiFormat
{
namespace
{
using Component = itk::IOComponentEnum;

// Where the fields of a header are.
constexpr size_t headerSize = 348;
constexpr size_t dimPlace = 40;
constexpr size_t datatypePlace = 70;
constexpr size_t pixdimPlace = 76;
constexpr size_t offsetPlace = 108;
constexpr size_t slopePlace = 112;
constexpr size_t interceptPlace = 116;
constexpr size_t qformPlace = 252;
constexpr size_t sformPlace = 254;
constexpr size_t quaternPlace = 256;
constexpr size_t srowPlace = 280;
constexpr size_t magicPlace = 344;

/** The file that a function of the library finds; empty: there is none. */
std::string
TakeName(char * name)
{
  const std::unique_ptr<char, decltype(&std::free)> owner(name, &std::free);
  return name == nullptr ? "" : name;
}

bool
IsName(const std::string & path, const std::string & suffix)
{
  return path.size() >= suffix.size() && path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

/** The type of one number per pixel; unknown for all others. */
Component
GetComponent(int datatype)
{
  switch (datatype)
  {
    case NIFTI_TYPE_UINT8:
      return Component::UCHAR;
    case NIFTI_TYPE_INT8:
      return Component::CHAR;
    case NIFTI_TYPE_UINT16:
      return Component::USHORT;
    case NIFTI_TYPE_INT16:
      return Component::SHORT;
    case NIFTI_TYPE_UINT32:
      return Component::UINT;
    case NIFTI_TYPE_INT32:
      return Component::INT;
    case NIFTI_TYPE_UINT64:
      return Component::ULONG;
    case NIFTI_TYPE_INT64:
      return Component::LONG;
    case NIFTI_TYPE_FLOAT32:
      return Component::FLOAT;
    case NIFTI_TYPE_FLOAT64:
      return Component::DOUBLE;
    default:
      return Component::UNKNOWNCOMPONENTTYPE;
  }
}

void
CheckFinite(const HeaderBytes & header, size_t place, size_t number, const char * name)
{
  for (size_t n = 0; n < number; ++n)
  {
    const auto value = header.Get<float>(place + n * sizeof(float));
    if (!std::isfinite(value))
    {
      itkGenericExceptionMacro("The header has a " << name << " of " << value << ", which is no finite number.");
    }
  }
}

/** ITK takes what is not finite for 0. */
void
CheckGrid(const HeaderBytes & header)
{
  const auto dimension = header.Get<int16_t>(dimPlace);
  for (int16_t d = 1; d <= dimension; ++d)
  {
    const auto size = header.Get<int16_t>(dimPlace + 2 * static_cast<size_t>(d));
    if (size < (d == 1 ? 1 : 0))
    {
      itkGenericExceptionMacro("The header has a size of " << size << " along axis " << d << '.');
    }
  }
  CheckFinite(header, pixdimPlace, std::min<size_t>(4, 1 + static_cast<size_t>(dimension)), "voxel size");
  if (header.Get<int16_t>(qformPlace) > 0)
  {
    CheckFinite(header, quaternPlace, 6, "quaternion or offset");
  }
  if (header.Get<int16_t>(sformPlace) > 0)
  {
    CheckFinite(header, srowPlace, 12, "row of its affine");
  }
}

/** As the standard has it: with a slope of 0, or none that is finite, nothing is scaled. */
std::optional<PixelSource::Scale>
GetScale(const HeaderBytes & header, Component stored)
{
  const auto slope = header.Get<float>(slopePlace);
  const auto intercept = header.Get<float>(interceptPlace);
  if (slope == 0.0F || !std::isfinite(slope))
  {
    return std::nullopt;
  }
  if (!std::isfinite(intercept))
  {
    itkGenericExceptionMacro("The header has a scl_inter of " << intercept << ", which is no finite number.");
  }
  if (slope == 1.0F && intercept == 0.0F)
  {
    return std::nullopt;
  }
  return PixelSource::Scale{ stored, slope, intercept };
}

uint64_t
GetOffset(const HeaderBytes & header, bool isOneFile)
{
  const auto offset = header.Get<float>(offsetPlace);
  if (!(offset >= 0.0F && offset < 2e9F))
  {
    itkGenericExceptionMacro("The header has a vox_offset of " << offset << '.');
  }
  const auto whole = static_cast<uint64_t>(offset);
  return isOneFile ? std::max<uint64_t>(whole, headerSize) : whole;
}

void
LetItkRead(itk::ImageIOBase & io)
{
  try
  {
    io.ReadImageInformation();
  }
  catch (const itk::ExceptionObject & exception)
  {
    if (std::string(exception.GetDescription()).find("orthonormal") == std::string::npos)
    {
      throw;
    }
    itkGenericExceptionMacro(
      "The affine is sheared, or has axes that are not at right angles, which ITK does not read. "
      "nibabel does: give nibabel.load(path) instead of the path.");
  }
}
} // namespace
} // namespace NiftiFormat

PixelSource
ReadNiftiHeader(itk::ImageIOBase & io)
{
  using namespace NiftiFormat;
  const std::string path = io.GetFileName();
  if (IsName(path, ".nia"))
  {
    itkGenericExceptionMacro("A NIfTI file whose header is a text is not read here. Save it as .nii.");
  }
  const std::string headerPath = TakeName(nifti_findhdrname(path.c_str()));
  if (headerPath.empty())
  {
    itkGenericExceptionMacro("The header that belongs to it is not there.");
  }
  HeaderBytes header(ReadBeginning(headerPath, headerSize), IsBigEndianMachine());
  header.Need(0, headerSize);
  const auto isDimension = [&header] {
    const auto number = header.Get<int16_t>(dimPlace);
    return number >= 1 && number <= 7;
  };
  if (!isDimension())
  {
    header.SetBigEndian(!IsBigEndianMachine());
  }
  if (!isDimension())
  {
    itkGenericExceptionMacro("The header tells of no number of dimensions from 1 to 7.");
  }
  CheckGrid(header);
  // As the library has it: "n+1" or "ni1", and a 0.
  const auto version = header.Get<char>(magicPlace + 2);
  const bool isNifti =
    header.Has(magicPlace, "n") && version >= '1' && version <= '9' && header.Get<char>(magicPlace + 3) == '\0';
  const bool isOneFile = isNifti && header.Has(magicPlace + 1, "+");
  const bool isAnalyze = !isOneFile && !(isNifti && header.Has(magicPlace + 1, "i"));
  const auto stored = GetComponent(header.Get<int16_t>(datatypePlace));

  PixelSource source;
  source.Given = path;
  const int         type = isOneFile ? NIFTI_FTYPE_NIFTI1_1 : (isAnalyze ? NIFTI_FTYPE_ANALYZE : NIFTI_FTYPE_NIFTI1_2);
  const std::string pixelPath = TakeName(nifti_findimgname(headerPath.c_str(), type));
  if (pixelPath.empty())
  {
    itkGenericExceptionMacro("The file of its pixels is not there.");
  }
  source.Files = { pixelPath };
  source.Form = PixelSource::Coding::Compressed;
  source.Offset = GetOffset(header, isOneFile);
  source.IsSwapped = header.IsSwapped();
  if (!isAnalyze && stored != Component::UNKNOWNCOMPONENTTYPE)
  {
    source.Scaling = GetScale(header, stored);
  }
  GetFileSize(pixelPath);
  LetItkRead(io);
  if (io.GetNumberOfComponents() == 1 && stored != Component::UNKNOWNCOMPONENTTYPE)
  {
    // Scaled integers become floats, as ITK has it.
    const bool isInteger = stored != Component::FLOAT && stored != Component::DOUBLE;
    io.SetComponentType(source.Scaling && isInteger ? Component::FLOAT : stored);
  }
  else
  {
    source.Scaling.reset();
  }
  return source;
}
} // namespace MaskedSamplingCore
