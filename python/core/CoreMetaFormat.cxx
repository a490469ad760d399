// SPDX-License-Identifier: Apache-2.0
#include "CoreFile.h"
#include "CoreImageHeaders.h"

#include "itkMacro.h"

#include <algorithm>
#include <array>
#include <map>

namespace MaskedSamplingCore
{
namespace MetaFormat
{
namespace
{
// What the library below ITK has room for.
constexpr size_t   longestName = 200;
constexpr size_t   longestValue = 480;
constexpr size_t   longestOther = 30000;
constexpr size_t   longestHeader = size_t{ 1 } << 24;
constexpr uint64_t mostDimensions = 10;

/** Fields of as many numbers as there are dimensions, and of their square. */
constexpr std::array<const char *, 8> vectors{ "DimSize",          "Offset",      "Position",       "Origin",
                                               "CenterOfRotation", "ElementSize", "ElementSpacing", "ImagePosition" };
constexpr std::array<const char *, 3> matrices{ "TransformMatrix", "Rotation", "Orientation" };
constexpr std::array<const char *, 5> numbers{ "NDims",
                                               "HeaderSize",
                                               "ElementNumberOfChannels",
                                               "CompressedDataSize",
                                               "ID" };

/** The fields of a header, and where it ends. */
struct MetaHeader
{
  std::map<std::string, std::string> Fields{};
  /** Of the text, after the line that names the file of the pixels. */
  uint64_t Size{ 0 };

  std::string
  Get(const std::string & name) const
  {
    const auto found = this->Fields.find(name);
    return found == this->Fields.end() ? "" : found->second;
  }
  bool
  IsTrue(const std::string & name) const
  {
    const std::string value = this->Get(name);
    return !value.empty() && (value[0] == 'T' || value[0] == 't' || value[0] == '1');
  }
};

template <size_t VNumber>
bool
IsOneOf(const std::array<const char *, VNumber> & names, const std::string & name)
{
  return std::find(names.begin(), names.end(), name) != names.end();
}

void
CheckNumbers(const std::string & name, const std::string & value, uint64_t expected)
{
  const auto words = SplitWords(value);
  double     number = 0.0;
  if (words.size() < expected || !std::all_of(words.begin(),
                                              words.begin() + static_cast<std::ptrdiff_t>(expected),
                                              [&number](const auto & word) { return ToNumber(word, number); }))
  {
    itkGenericExceptionMacro("The header has a field " << name << " that lacks one of " << expected << " numbers.");
  }
}

void
CheckField(const MetaHeader & header, const std::string & name, const std::string & value)
{
  const bool isVector = IsOneOf(vectors, name);
  const bool isMatrix = IsOneOf(matrices, name);
  if (name.size() > longestName || value.size() > (isVector || isMatrix ? longestValue : longestOther))
  {
    itkGenericExceptionMacro("The header has a line of " << name.size() + value.size() << " bytes.");
  }
  if (IsOneOf(numbers, name))
  {
    CheckNumbers(name, value, 1);
  }
  if (name == "NDims")
  {
    if (!header.Get(name).empty())
    {
      itkGenericExceptionMacro("The header tells NDims twice.");
    }
    const auto dimension = ToSize(SplitWords(value)[0], "NDims");
    if (dimension > mostDimensions)
    {
      itkGenericExceptionMacro("The header tells of " << dimension << " dimensions, which are too many.");
    }
  }
  if (isVector || isMatrix)
  {
    const std::string dimensions = header.Get("NDims");
    if (dimensions.empty())
    {
      itkGenericExceptionMacro("The header tells no NDims before " << name << '.');
    }
    const auto dimension = ToSize(SplitWords(dimensions)[0], "NDims");
    CheckNumbers(name, value, isMatrix ? dimension * dimension : dimension);
  }
  if (name == "DimSize")
  {
    const auto words = SplitWords(value);
    for (const auto & word : words)
    {
      ToSize(word, "DimSize");
    }
  }
}

MetaHeader
ReadFields(const std::string & path)
{
  const size_t size = std::min<uint64_t>(GetFileSize(path), longestHeader);
  std::string  text(size, '\0');
  ByteStream   stream(path, 0, ByteStream::Coding::Plain);
  MetaHeader   header;
  size_t       begin = 0;
  text.resize(stream.ReadSome(text.data(), size));
  while (begin < text.size())
  {
    const size_t      end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const size_t      separator = line.find_first_of("=:");
    begin = end + 1;
    if (Trim(line).empty())
    {
      continue;
    }
    if (separator == std::string::npos)
    {
      itkGenericExceptionMacro("The header has a line without \"=\", or has no ElementDataFile.");
    }
    const std::string name = Trim(line.substr(0, separator));
    const std::string value = Trim(line.substr(separator + 1));
    CheckField(header, name, value);
    header.Fields[name] = value;
    if (name == "ElementDataFile")
    {
      // A file that ends here, without an end of the line, has no pixels in it.
      header.Size = std::min(begin, text.size());
      return header;
    }
  }
  itkGenericExceptionMacro("The header is cut short: it names no ElementDataFile.");
}

int64_t
ToInteger(const std::string & word)
{
  double number = 0.0;
  if (!ToNumber(word, number) || !(number >= -1e9 && number <= 1e9))
  {
    itkGenericExceptionMacro("The header has \"" << word.substr(0, 40) << "\" where a number is needed.");
  }
  return static_cast<int64_t>(number);
}

/** The names of files after the header, a line each. */
std::vector<std::string>
ReadList(const std::string & path, uint64_t begin, uint64_t number)
{
  const std::string        text = ReadText(path);
  std::vector<std::string> files;
  for (size_t place = begin; place < text.size() && files.size() < number;)
  {
    const size_t      end = std::min(text.find('\n', place), text.size());
    const std::string name = Trim(text.substr(place, end - place));
    place = end + 1;
    if (!name.empty())
    {
      files.push_back(GetNeighbour(path, name));
    }
  }
  return files;
}

std::vector<std::string>
FindFiles(const std::string & path, const MetaHeader & header)
{
  const std::string name = header.Get("ElementDataFile");
  const auto        words = SplitWords(name);
  const auto        sizes = SplitWords(header.Get("DimSize"));
  if (words.empty() || sizes.empty())
  {
    itkGenericExceptionMacro("The header lacks DimSize or ElementDataFile.");
  }
  const bool isList = name.compare(0, 4, "LIST") == 0;
  if (!isList && name.find('%') == std::string::npos)
  {
    return { GetNeighbour(path, name) };
  }
  const uint64_t dimension = ToSize(SplitWords(header.Get("NDims"))[0], "NDims");
  uint64_t       own = dimension - 1;
  if (isList && words.size() > 1)
  {
    const int64_t told = ToInteger(words[1]);
    own = told <= 0 || told > static_cast<int64_t>(dimension) ? own : static_cast<uint64_t>(told);
  }
  uint64_t number = 1;
  for (uint64_t d = own; d < dimension && number < 1000000; ++d)
  {
    number *= ToSize(sizes[d], "DimSize");
  }
  std::vector<std::string> files;
  if (isList)
  {
    files = ReadList(path, header.Size, number);
  }
  else
  {
    const int64_t first = words.size() > 1 ? ToInteger(words[1]) : 1;
    int64_t       step = 1;
    if (words.size() > 3)
    {
      step = ToInteger(words[3]);
    }
    else if (words.size() > 2)
    {
      step = std::max<int64_t>(1, (ToInteger(words[2]) - first) / static_cast<int64_t>(number));
    }
    for (const auto & one : ExpandPattern(words[0], first, step, number))
    {
      files.push_back(GetNeighbour(path, one));
    }
  }
  if (files.size() != number)
  {
    itkGenericExceptionMacro("The header names " << files.size() << " files of pixels, of " << number << '.');
  }
  return files;
}
} // namespace
} // namespace MetaFormat

PixelSource
ReadMetaHeader(itk::ImageIOBase & io)
{
  using namespace MetaFormat;
  const std::string path = io.GetFileName();
  const MetaHeader  header = ReadFields(path);
  for (const char * const name : { "NDims", "DimSize", "ElementType" })
  {
    if (header.Get(name).empty())
    {
      itkGenericExceptionMacro("The header has no " << name << '.');
    }
  }
  std::string file = header.Get("ElementDataFile");
  std::transform(file.begin(), file.end(), file.begin(), [](unsigned char letter) { return std::tolower(letter); });

  PixelSource source;
  source.Given = path;
  source.Files = file == "local" ? std::vector<std::string>{ path } : FindFiles(path, header);
  source.Offset = file == "local" ? header.Size : 0;
  const int64_t headerSize = header.Get("HeaderSize").empty() ? 0 : ToInteger(SplitWords(header.Get("HeaderSize"))[0]);
  source.Offset = headerSize > 0 ? static_cast<uint64_t>(headerSize) : source.Offset;
  const bool isText = !header.Get("BinaryData").empty() && !header.IsTrue("BinaryData");
  const bool isDeflated = header.IsTrue("CompressedData");
  source.IsAtEnd = headerSize == -1 && !isDeflated;
  source.Form = isText       ? PixelSource::Coding::Text
                : isDeflated ? PixelSource::Coding::Deflated
                             : PixelSource::Coding::Raw;
  const bool isBigEndian = header.IsTrue("BinaryDataByteOrderMSB") || header.IsTrue("ElementByteOrderMSB");
  source.IsSwapped = isBigEndian != IsBigEndianMachine();
  for (const auto & one : source.Files)
  {
    GetFileSize(one);
  }
  io.ReadImageInformation();
  return source;
}
} // namespace MaskedSamplingCore
