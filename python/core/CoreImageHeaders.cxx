// SPDX-License-Identifier: Apache-2.0
#include "CoreImageHeaders.h"

#include "CoreFile.h"

#include "itkByteSwapper.h"
#include "itkMRCHeaderObject.h"
#include "itkMacro.h"
#include "itkMetaDataObject.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace MaskedSamplingCore
{
namespace ImageHeaders
{
namespace
{
/** No picture is compressed better than that. */
constexpr uint64_t greatestPictureRatio = 5000;

PixelSource
ReadGiplHeader(itk::ImageIOBase & io)
{
  constexpr size_t  headerSize = 256;
  const std::string path = io.GetFileName();
  const HeaderBytes header(ReadBeginning(path, headerSize), true);
  header.Need(0, headerSize);
  constexpr size_t axes = 4;
  bool             isOver = false;
  for (size_t axis = 0; axis < axes; ++axis)
  {
    const auto size = header.Get<uint16_t>(2 * axis);
    if ((size > 0 && isOver) || (size == 0 && axis < 2))
    {
      itkGenericExceptionMacro("The header has a size of 0 along an axis.");
    }
    isOver = size == 0;
  }
  const auto type = header.Get<uint16_t>(8);
  const bool isKnown = type == 1 || type == 7 || type == 8 || type == 15 || type == 16 || type == 31 || type == 32 ||
                       type == 64 || type == 65;
  if (!isKnown)
  {
    itkGenericExceptionMacro("The header tells of pixels of the unknown type " << type << '.');
  }
  io.ReadImageInformation();
  PixelSource source;
  source.Given = path;
  source.Files = { path };
  source.Form = PixelSource::Coding::Compressed;
  source.Offset = headerSize;
  source.IsSwapped = !IsBigEndianMachine();
  return source;
}

PixelSource
ReadMrcHeader(itk::ImageIOBase & io)
{
  constexpr size_t headerSize = 1024;
  constexpr size_t extendedPlace = 92;
  const auto       path = std::string(io.GetFileName());
  const uint64_t   size = GetFileSize(path);
  HeaderBytes      header(ReadBeginning(path, headerSize), false);
  header.Need(0, headerSize);
  const auto little = header.Get<int32_t>(extendedPlace);
  header.SetBigEndian(true);
  const auto big = header.Get<int32_t>(extendedPlace);
  const auto fits = [size](int32_t extended) {
    return extended >= 0 && static_cast<uint64_t>(extended) <= size - headerSize;
  };
  // One of them is right, and ITK allocates as much as it takes for right.
  constexpr int32_t feiSize = 131072;
  if ((!fits(little) && !fits(big)) || big == feiSize)
  {
    itkGenericExceptionMacro("The extended header has " << little << " or " << big
                                                        << " bytes, which cannot be read here.");
  }
  io.ReadImageInformation();
  itk::MRCHeaderObject::ConstPointer read;
  if (!itk::ExposeMetaData(io.GetMetaDataDictionary(), "MRCHeader", read) || !fits(read->GetHeader().next))
  {
    itkGenericExceptionMacro("The extended header is longer than the file.");
  }
  PixelSource source;
  source.Given = path;
  source.Files = { path };
  source.Offset = headerSize + static_cast<uint64_t>(read->GetHeader().next);
  source.IsSwapped = read->IsOriginalHeaderBigEndian() != IsBigEndianMachine();
  return source;
}

/** Throw if no memory holds the pixels that a header tells of. */
void
CheckSize(const itk::ImageIOBase & io)
{
  const unsigned int dimension = io.GetNumberOfDimensions();
  double             bytes = static_cast<double>(io.GetComponentSize()) * io.GetNumberOfComponents();
  for (unsigned int d = 0; d < dimension; ++d)
  {
    bytes *= static_cast<double>(io.GetDimensions(d));
  }
  if (dimension == 0 || !(bytes >= 1.0 && bytes < 4e18))
  {
    itkGenericExceptionMacro("The header tells of pixels of " << bytes << " bytes, in " << dimension << " dimensions.");
  }
}

void
ReadPictureHeader(itk::ImageIOBase & io, const std::string & format)
{
  const std::string path = io.GetFileName();
  io.ReadImageInformation();
  CheckSize(io);
  if (format == "TIFFImageIO")
  {
    CheckTiffStack(io);
  }
  const auto bytes = static_cast<uint64_t>(io.GetImageSizeInBytes());
  if (bytes / greatestPictureRatio > GetFileSize(path))
  {
    itkGenericExceptionMacro("The header tells of " << bytes << " bytes of pixels, which a file of "
                                                    << GetFileSize(path) << " bytes does not hold.");
  }
}
} // namespace
} // namespace ImageHeaders

std::optional<PixelSource>
ReadHeader(itk::ImageIOBase & io)
{
  using namespace ImageHeaders;
  const std::string          format = io.GetNameOfClass();
  std::optional<PixelSource> source;
  if (format == "NiftiImageIO")
  {
    source = ReadNiftiHeader(io);
  }
  else if (format == "MetaImageIO")
  {
    source = ReadMetaHeader(io);
  }
  else if (format == "NrrdImageIO")
  {
    source = ReadNrrdHeader(io);
  }
  else if (format == "GiplImageIO")
  {
    source = ReadGiplHeader(io);
  }
  else if (format == "MRCImageIO")
  {
    source = ReadMrcHeader(io);
  }
  else if (format == "VtkFormat")
  {
    source = ReadVtkHeader(io);
  }
  else
  {
    ReadPictureHeader(io, format);
  }
  CheckSize(io);
  if (source)
  {
    CheckPixels(*source, io);
  }
  return source;
}

bool
IsBigEndianMachine()
{
  return itk::ByteSwapper<uint16_t>::SystemIsBigEndian();
}

void
HeaderBytes::Need(uint64_t place, uint64_t number) const
{
  if (place > m_Bytes.size() || number > m_Bytes.size() - place)
  {
    itkGenericExceptionMacro("The header is cut short: it has " << m_Bytes.size() << " bytes.");
  }
}

std::vector<std::string>
SplitWords(const std::string & line)
{
  std::istringstream       stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
  {
    words.push_back(word);
  }
  return words;
}

std::string
Trim(const std::string & text)
{
  constexpr const char * blanks = " \t\r\n\v\f";
  const size_t           begin = text.find_first_not_of(blanks);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool
ToNumber(const std::string & word, double & number)
{
  char * end = nullptr;
  number = std::strtod(word.c_str(), &end);
  return !word.empty() && end == word.c_str() + word.size();
}

uint64_t
ToSize(const std::string & word, const char * name)
{
  double number = 0.0;
  if (!ToNumber(word, number) || !(number >= 1.0 && number <= std::numeric_limits<int>::max()) ||
      std::floor(number) != number)
  {
    itkGenericExceptionMacro("The header has \"" << word.substr(0, 40) << "\" as " << name << '.');
  }
  return static_cast<uint64_t>(number);
}

std::vector<std::string>
ExpandPattern(const std::string & pattern, int64_t first, int64_t step, uint64_t number)
{
  constexpr size_t widest = 20;
  const size_t     percent = pattern.find('%');
  const size_t     letter = pattern.find_first_not_of("0123456789", percent + 1);
  const bool       isInteger =
    letter != std::string::npos && (pattern[letter] == 'd' || pattern[letter] == 'i' || pattern[letter] == 'u');
  if (!isInteger || pattern.find('%', letter) != std::string::npos || letter - percent > 3)
  {
    itkGenericExceptionMacro("The header names files of pixels as \"" << pattern.substr(0, 80)
                                                                      << "\", which holds no single \"%d\".");
  }
  const std::string        digits = pattern.substr(percent + 1, letter - percent - 1);
  const char               filler = !digits.empty() && digits[0] == '0' ? '0' : ' ';
  const size_t             width = digits.empty() ? 0 : std::min<size_t>(widest, std::stoul(digits));
  std::vector<std::string> names;
  for (uint64_t n = 0; n < number; ++n)
  {
    std::string value = std::to_string(first + static_cast<int64_t>(n) * step);
    value.insert(0, value.size() < width ? width - value.size() : 0, filler);
    names.push_back(pattern.substr(0, percent) + value + pattern.substr(letter + 1));
  }
  return names;
}
} // namespace MaskedSamplingCore
