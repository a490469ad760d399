// SPDX-License-Identifier: Apache-2.0
#include "CoreFile.h"
#include "CoreImageHeaders.h"

#include "itkMacro.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace MaskedSamplingCore
{
namespace NrrdFormat
{
namespace
{
/** What the library below ITK has room for, where it tells of a line that it does not understand. */
constexpr size_t  longestLine = 800;
constexpr size_t  longestHeader = size_t{ 1 } << 26;
constexpr int64_t mostFiles = 100000;

struct NrrdHeader
{
  /** Names without blanks and capitals. */
  std::map<std::string, std::string> Fields{};
  /** Lines after the name of the data file that are a list of names. */
  std::vector<std::string> List{};
  /** Where the pixels begin in the file; 0: it ends before. */
  uint64_t Size{ 0 };

  std::string
  Get(const std::string & name) const
  {
    const auto found = this->Fields.find(name);
    return found == this->Fields.end() ? "" : found->second;
  }
};

std::string
Simplify(const std::string & name)
{
  std::string simple;
  for (const unsigned char letter : name)
  {
    if (std::isspace(letter) == 0)
    {
      simple += static_cast<char>(std::tolower(letter));
    }
  }
  return simple;
}

bool
IsList(const std::string & file)
{
  const auto words = SplitWords(file);
  return !words.empty() && words[0] == "LIST";
}

NrrdHeader
ReadFields(const std::string & path)
{
  const size_t size = std::min<uint64_t>(GetFileSize(path), longestHeader);
  std::string  text(size, '\0');
  ByteStream   stream(path, 0, ByteStream::Coding::Plain);
  NrrdHeader   header;
  text.resize(stream.ReadSome(text.data(), size));
  for (size_t begin = 0; begin < text.size();)
  {
    const bool   isFirst = begin == 0;
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string  line = text.substr(begin, end - begin);
    begin = end + 1;
    line = !line.empty() && line.back() == '\r' ? line.substr(0, line.size() - 1) : line;
    if (line.empty())
    {
      header.Size = begin;
      return header;
    }
    const bool isList = IsList(header.Get("datafile"));
    if (isFirst || line[0] == '#')
    {
      continue;
    }
    const size_t colon = line.find(": ");
    const size_t assignment = line.find(":=");
    const bool   isPair = assignment < colon;
    if (!isPair && line.size() > longestLine)
    {
      itkGenericExceptionMacro("The header has a line of " << line.size() << " bytes.");
    }
    if (isList)
    {
      header.List.push_back(Trim(line));
    }
    else if (colon != std::string::npos && !isPair)
    {
      header.Fields[Simplify(line.substr(0, colon))] = Trim(line.substr(colon + 2));
    }
    else if (!isPair)
    {
      itkGenericExceptionMacro("The header has a line that is no field: \"" << line.substr(0, 40) << "\".");
    }
  }
  return header;
}

int64_t
ToInteger(const std::string & text, const char * name)
{
  double number = 0.0;
  if (!ToNumber(text, number) || !(number >= -1e15 && number <= 1e15))
  {
    itkGenericExceptionMacro("The header has no number as " << name << ", but \"" << text.substr(0, 40) << "\".");
  }
  return static_cast<int64_t>(number);
}

std::vector<std::string>
FindFiles(const std::string & path, const NrrdHeader & header)
{
  const std::string        file = header.Get("datafile");
  std::vector<std::string> names;
  if (IsList(file))
  {
    names = header.List;
  }
  else if (file.find('%') != std::string::npos)
  {
    const auto words = SplitWords(file);
    if (words.size() < 4)
    {
      itkGenericExceptionMacro("The header has a pattern of data files without their least and greatest number and "
                               "their step.");
    }
    const int64_t first = ToInteger(words[1], "data file");
    const int64_t last = ToInteger(words[2], "data file");
    const int64_t step = ToInteger(words[3], "data file");
    const int64_t number = step == 0 ? 0 : (last - first) / step + 1;
    if (number < 1 || number > mostFiles)
    {
      itkGenericExceptionMacro("The header has a pattern of data files from " << first << " to " << last << " by "
                                                                              << step << '.');
    }
    names = ExpandPattern(words[0], first, step, static_cast<uint64_t>(number));
  }
  else
  {
    names = { file };
  }
  std::vector<std::string> files;
  for (const auto & name : names)
  {
    if (name.empty() || name == "-")
    {
      itkGenericExceptionMacro("The header names \"" << name << "\" as a file of pixels.");
    }
    files.push_back(GetNeighbour(path, name));
  }
  if (files.empty())
  {
    itkGenericExceptionMacro("The header has a list of data files, which is empty.");
  }
  return files;
}

/** The place after lines that are to be skipped. */
uint64_t
SkipLines(const std::string & path, uint64_t offset, int64_t lines)
{
  ByteStream stream(path, offset, ByteStream::Coding::Plain);
  for (char letter = 0; lines > 0; ++offset)
  {
    stream.Read(&letter, 1);
    lines -= letter == '\n' ? 1 : 0;
  }
  return offset;
}

/** Whether all axes are of space, so that ITK does not exchange them. */
bool
HasPlainAxes(const NrrdHeader & header)
{
  const auto kinds = SplitWords(header.Get("kinds"));
  return std::all_of(kinds.begin(), kinds.end(), [](const std::string & kind) {
    const std::string simple = Simplify(kind);
    return simple == "domain" || simple == "space" || simple == "none" || simple == "???";
  });
}
} // namespace
} // namespace NrrdFormat

std::optional<PixelSource>
ReadNrrdHeader(itk::ImageIOBase & io)
{
  using namespace NrrdFormat;
  const std::string path = io.GetFileName();
  const NrrdHeader  header = ReadFields(path);
  const auto        sizes = SplitWords(header.Get("sizes"));
  if (sizes.empty())
  {
    itkGenericExceptionMacro("The header has no sizes.");
  }
  for (const auto & size : sizes)
  {
    ToSize(size, "sizes");
  }

  PixelSource source;
  source.Given = path;
  const bool isDetached = header.Fields.count("datafile") > 0;
  if (isDetached)
  {
    source.Files = FindFiles(path, header);
  }
  else if (header.Size == 0)
  {
    itkGenericExceptionMacro("The header is cut short: it has no end, and names no data file.");
  }
  else
  {
    source.Files = { path };
    source.Offset = header.Size;
  }
  for (const auto & file : source.Files)
  {
    GetFileSize(file);
  }
  const std::string encoding = Simplify(header.Get("encoding"));
  const bool        isDeflated = encoding == "gzip" || encoding == "gz";
  const bool        isText = encoding == "text" || encoding == "txt" || encoding == "ascii";
  if (!isDeflated && !isText && encoding != "raw")
  {
    itkGenericExceptionMacro("Pixels in the encoding \"" << encoding
                                                         << "\" are not read here. Save them as raw or gzip.");
  }
  const std::string lineSkip = header.Get("lineskip");
  const std::string byteSkip = header.Get("byteskip");
  const int64_t     lines = lineSkip.empty() ? 0 : ToInteger(lineSkip, "line skip");
  const int64_t     bytes = byteSkip.empty() ? 0 : ToInteger(byteSkip, "byte skip");
  if (lines < 0 || bytes < -1 || (bytes == -1 && (isDeflated || isText)))
  {
    itkGenericExceptionMacro("The header skips " << lines << " lines and " << bytes << " bytes.");
  }
  if (lines > 0)
  {
    source.Offset = SkipLines(source.Files[0], source.Offset, lines);
  }
  source.IsAtEnd = bytes == -1;
  if (bytes > 0)
  {
    (isDeflated ? source.Skipped : source.Offset) += static_cast<uint64_t>(bytes);
  }
  source.Form = isDeflated ? PixelSource::Coding::Deflated
                : isText   ? PixelSource::Coding::Text
                           : PixelSource::Coding::Raw;
  const std::string endian = Simplify(header.Get("endian"));
  source.IsSwapped = !endian.empty() && (endian == "big") != IsBigEndianMachine();
  io.ReadImageInformation();
  CheckPixels(source, io);
  // ITK puts other axes behind those of space.
  return HasPlainAxes(header) ? std::optional<PixelSource>(source) : std::nullopt;
}
} // namespace MaskedSamplingCore
