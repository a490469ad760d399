// SPDX-License-Identifier: Apache-2.0
#include "CorePixels.h"

#include "CoreFile.h"

#include "itkMacro.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

namespace MaskedSamplingCore
{
namespace PixelReading
{
namespace
{
using Component = itk::IOComponentEnum;
constexpr size_t blockSize = size_t{ 1 } << 18;

template <typename T>
struct TypeOf
{
  using Type = T;
};

/** Call a function with the type of numbers. */
template <typename TFunction>
void
WithType(Component component, const TFunction & function)
{
  switch (component)
  {
    case Component::UCHAR:
      return function(TypeOf<unsigned char>{});
    case Component::CHAR:
      return function(TypeOf<signed char>{});
    case Component::USHORT:
      return function(TypeOf<uint16_t>{});
    case Component::SHORT:
      return function(TypeOf<int16_t>{});
    case Component::UINT:
      return function(TypeOf<uint32_t>{});
    case Component::INT:
      return function(TypeOf<int32_t>{});
    case Component::ULONG:
    case Component::ULONGLONG:
      return function(TypeOf<uint64_t>{});
    case Component::LONG:
    case Component::LONGLONG:
      return function(TypeOf<int64_t>{});
    case Component::FLOAT:
      return function(TypeOf<float>{});
    case Component::DOUBLE:
      return function(TypeOf<double>{});
    default:
      itkGenericExceptionMacro("The file has pixels of an unknown type.");
  }
}

template <typename TInteger>
void
ReverseBytes(unsigned char * bytes, size_t number)
{
  for (size_t n = 0; n < number; ++n)
  {
    TInteger value;
    std::memcpy(&value, bytes + n * sizeof(value), sizeof(value));
    TInteger reversed = 0;
    for (size_t byte = 0; byte < sizeof(value); ++byte)
    {
      reversed = static_cast<TInteger>((reversed << 8) | (value & 0xff));
      value = static_cast<TInteger>(value >> 8);
    }
    std::memcpy(bytes + n * sizeof(reversed), &reversed, sizeof(reversed));
  }
}

void
ReverseBytes(unsigned char * bytes, size_t number, size_t size)
{
  switch (size)
  {
    case 2:
      return ReverseBytes<uint16_t>(bytes, number);
    case 4:
      return ReverseBytes<uint32_t>(bytes, number);
    case 8:
      return ReverseBytes<uint64_t>(bytes, number);
    default:
      return;
  }
}

/** Read numbers in blocks that are still in the cache when their bytes are put in order. */
void
ReadNumbers(ByteStream & stream, bool isSwapped, unsigned char * bytes, uint64_t number, size_t size)
{
  const uint64_t most = isSwapped ? blockSize / size : number;
  for (uint64_t done = 0; done < number;)
  {
    const auto part = static_cast<size_t>(std::min<uint64_t>(most, number - done));
    stream.Read(bytes, part * size);
    if (isSwapped)
    {
      ReverseBytes(bytes, part, size);
    }
    bytes += part * size;
    done += part;
  }
}

template <typename TStored, typename TPixel>
void
ReadScaled(ByteStream & stream, const PixelSource & source, TPixel * pixels, uint64_t number)
{
  std::vector<TStored> block(blockSize / sizeof(TStored));
  for (uint64_t done = 0; done < number;)
  {
    const auto part = static_cast<size_t>(std::min<uint64_t>(block.size(), number - done));
    ReadNumbers(stream, source.IsSwapped, reinterpret_cast<unsigned char *>(block.data()), part, sizeof(TStored));
    for (size_t n = 0; n < part; ++n)
    {
      pixels[done + n] =
        static_cast<TPixel>(static_cast<double>(block[n]) * source.Scaling->Slope + source.Scaling->Intercept);
    }
    done += part;
  }
}

/** The number that a word is, after which there must be a blank: a number that is cut is another one.
 * \return whether it is one, of that type */
template <typename T>
bool
ReadWord(const char *& text, T & number)
{
  char * end = nullptr;
  errno = 0;
  bool fits = true;
  if constexpr (std::is_floating_point_v<T>)
  {
    number = static_cast<T>(std::strtod(text, &end));
  }
  else if constexpr (std::is_same_v<T, uint64_t>)
  {
    number = std::strtoull(text, &end, 10);
    fits = errno == 0;
  }
  else
  {
    const long long value = std::strtoll(text, &end, 10);
    number = static_cast<T>(value);
    fits = errno == 0 && value >= static_cast<long long>(std::numeric_limits<T>::min()) &&
           value <= static_cast<long long>(std::numeric_limits<T>::max());
  }
  const bool isWord = end != text && std::isspace(static_cast<unsigned char>(*end)) != 0;
  text = end;
  return isWord && fits;
}

template <typename T>
void
ReadWords(const std::string & words, T * pixels, uint64_t number)
{
  const char * text = words.c_str();
  for (uint64_t n = 0; n < number; ++n)
  {
    if (!ReadWord(text, pixels[n]))
    {
      itkGenericExceptionMacro("The file is cut short or damaged: pixel "
                               << n << " of " << number
                               << " is no number of its type, with a blank or the end of a line behind it.");
    }
  }
}

uint64_t
GetStoredBytes(const PixelSource & source, const itk::ImageIOBase & io)
{
  uint64_t bytes = static_cast<uint64_t>(io.GetImageSizeInBytes());
  if (source.Scaling)
  {
    WithType(source.Scaling->Stored,
             [&](auto type) { bytes = bytes / io.GetComponentSize() * sizeof(typename decltype(type)::Type); });
  }
  return bytes;
}

/** Where the pixels begin in a file. */
uint64_t
GetOffset(const PixelSource & source, uint64_t size, uint64_t bytes)
{
  return source.IsAtEnd ? size - bytes : source.Offset;
}
} // namespace
} // namespace PixelReading

void
CheckPixels(const PixelSource & source, const itk::ImageIOBase & io)
{
  using namespace PixelReading;
  const uint64_t bytes = GetStoredBytes(source, io) / source.Files.size();
  for (const auto & file : source.Files)
  {
    const uint64_t size = GetFileSize(file);
    uint64_t       begin = source.IsAtEnd ? 0 : source.Offset;
    uint64_t       most = size - std::min(size, begin);
    if (source.Form == PixelSource::Coding::Deflated)
    {
      begin = source.Skipped;
      most = most * greatestRatio;
    }
    else if (source.Form == PixelSource::Coding::Compressed &&
             ByteStream(file, 0, ByteStream::Coding::Detect).IsDeflated())
    {
      most = size * greatestRatio;
    }
    else if (source.Form == PixelSource::Coding::Text)
    {
      // A digit and a blank for each number, but for the last.
      begin = 0;
      most = (most + 1) / 2 * io.GetComponentSize();
    }
    else
    {
      begin = 0;
    }
    if (begin > most || bytes > most - begin)
    {
      itkGenericExceptionMacro("The file is cut short: its header tells of "
                               << bytes << " bytes of pixels, but " << DescribeFile(file, source.Given) << " has "
                               << size << " bytes in all, and no room for them.");
    }
  }
}

void
ReadPixels(const PixelSource & source, const itk::ImageIOBase & io, void * pixels)
{
  using namespace PixelReading;
  auto *         out = static_cast<unsigned char *>(pixels);
  const size_t   size = io.GetComponentSize();
  const uint64_t bytes = static_cast<uint64_t>(io.GetImageSizeInBytes()) / source.Files.size();
  const uint64_t number = bytes / size;
  const uint64_t stored = GetStoredBytes(source, io) / source.Files.size();
  for (const auto & file : source.Files)
  {
    if (source.Form == PixelSource::Coding::Text)
    {
      const std::string text = ReadText(file);
      WithType(io.GetComponentType(), [&](auto type) {
        using T = typename decltype(type)::Type;
        ReadWords(text.substr(std::min<uint64_t>(source.Offset, text.size())), reinterpret_cast<T *>(out), number);
      });
      out += bytes;
      continue;
    }
    const bool isWhole = source.Form == PixelSource::Coding::Compressed;
    ByteStream stream(file,
                      isWhole ? 0 : GetOffset(source, GetFileSize(file), stored),
                      isWhole                                        ? ByteStream::Coding::Detect
                      : source.Form == PixelSource::Coding::Deflated ? ByteStream::Coding::Deflated
                                                                     : ByteStream::Coding::Plain);
    stream.Skip(isWhole ? source.Offset : source.Skipped);
    if (source.Scaling)
    {
      WithType(source.Scaling->Stored, [&](auto type) {
        using TStored = typename decltype(type)::Type;
        if (io.GetComponentType() == Component::DOUBLE)
        {
          ReadScaled<TStored>(stream, source, reinterpret_cast<double *>(out), number);
        }
        else
        {
          ReadScaled<TStored>(stream, source, reinterpret_cast<float *>(out), number);
        }
      });
    }
    else
    {
      ReadNumbers(stream, source.IsSwapped, out, number, size);
    }
    stream.Finish();
    out += bytes;
  }
}
} // namespace MaskedSamplingCore
