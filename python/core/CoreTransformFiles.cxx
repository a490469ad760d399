// SPDX-License-Identifier: Apache-2.0
#include "CoreTransformFiles.h"

#include "CoreErrors.h"
#include "CoreFile.h"
#include "CoreImageHeaders.h"

#include "itkMacro.h"

#include <algorithm>
#include <optional>

namespace MaskedSamplingCore
{
namespace TransformFiles
{
namespace
{
using PartType = masked_sampling_chain::Part;

bool
EndsWith(const std::string & path, const std::string & suffix)
{
  return path.size() >= suffix.size() && path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool
IsComposite(const PartType & part)
{
  return part.Name.compare(0, 18, "CompositeTransform") == 0;
}

std::vector<double>
ReadNumbers(const std::string & name, const std::string & words)
{
  std::vector<double> numbers;
  const char *        text = words.c_str();
  for (;;)
  {
    char *       end = nullptr;
    const double number = std::strtod(text, &end);
    if (end == text)
    {
      break;
    }
    numbers.push_back(number);
    text = end;
  }
  const std::string rest = Trim(text);
  if (!rest.empty())
  {
    itkGenericExceptionMacro("The file has \"" << rest.substr(0, 40) << "\" where number " << numbers.size() << " of "
                                               << name << " is needed.");
  }
  return numbers;
}

/** A file of ITK's own format, a text. */
std::vector<PartType>
ReadTextTransforms(const std::string & path, unsigned int depth)
{
  constexpr unsigned int greatestDepth = 8;
  std::vector<PartType>  parts;
  bool                   hasParameters = true;
  bool                   hasFixed = true;
  bool                   isAnnounced = false;
  const auto             finish = [&] {
    if (!hasParameters || !hasFixed)
    {
      itkGenericExceptionMacro("The file is cut short: " << parts.back().Name << " has no "
                                                         << (hasParameters ? "FixedParameters" : "Parameters") << '.');
    }
  };
  const std::string text = ReadText(path);
  for (size_t begin = 0; begin < text.size();)
  {
    const size_t      end = std::min(text.find('\n', begin), text.size());
    const std::string line = Trim(text.substr(begin, end - begin));
    const size_t      colon = line.find(':');
    begin = end + 1;
    if (begin > text.size() && !line.empty())
    {
      itkGenericExceptionMacro("The file may be cut short, as its last line has no end. If it is whole, end the line.");
    }
    if (line.empty() || line[0] == '#')
    {
      // What ITK writes before each transform.
      isAnnounced = isAnnounced || line.rfind("#Transform ", 0) == 0;
      continue;
    }
    if (colon == std::string::npos)
    {
      itkGenericExceptionMacro("The file has a line without \":\", \"" << line.substr(0, 40) << "\".");
    }
    const std::string name = Trim(line.substr(0, colon));
    const std::string value = Trim(line.substr(colon + 1));
    if (name == "Transform")
    {
      finish();
      isAnnounced = false;
      parts.push_back({ value, {}, {} });
      hasParameters = hasFixed = IsComposite(parts.back());
    }
    else if (name == "ComponentTransformFile")
    {
      finish();
      if (depth == greatestDepth)
      {
        itkGenericExceptionMacro("The file names others that name it.");
      }
      const auto others = ReadTextTransforms(GetNeighbour(path, value), depth + 1);
      if (others.size() != 1)
      {
        itkGenericExceptionMacro("The file names \"" << value << "\", which has " << others.size() << " transforms.");
      }
      parts.push_back(others[0]);
    }
    else if (name == "Parameters" || name == "FixedParameters")
    {
      if (parts.empty())
      {
        itkGenericExceptionMacro("The file has " << name << " before any Transform.");
      }
      if (IsComposite(parts.back()))
      {
        itkGenericExceptionMacro("The file has " << name << " of a composite, which has none of its own.");
      }
      const bool isFixed = name == "FixedParameters";
      (isFixed ? parts.back().FixedParameters : parts.back().Parameters) = ReadNumbers(name, value);
      (isFixed ? hasFixed : hasParameters) = true;
    }
  }
  finish();
  if (isAnnounced)
  {
    itkGenericExceptionMacro("The file is cut short: its last line is the heading of a transform that is not there.");
  }
  return parts;
}

/** A matrix in a file of Matlab's version 4. */
struct Matrix
{
  std::string         Name{};
  std::vector<double> Numbers{};
};

/** \return nothing at the end of the file */
std::optional<Matrix>
ReadMatrix(ByteStream & stream, uint64_t fileSize)
{
  constexpr size_t           headerSize = 20;
  std::vector<unsigned char> bytes(headerSize);
  const size_t               found = stream.ReadSome(bytes.data(), headerSize);
  if (found == 0)
  {
    return std::nullopt;
  }
  bytes.resize(found);
  HeaderBytes    header(bytes, false);
  constexpr auto greatestType = 9999;
  if (found == headerSize && (header.Get<int32_t>(0) < 0 || header.Get<int32_t>(0) > greatestType))
  {
    header.SetBigEndian(true);
  }
  const auto type = header.Get<int32_t>(0);
  const auto rows = header.Get<int32_t>(4);
  const auto columns = header.Get<int32_t>(8);
  const auto isComplex = header.Get<int32_t>(12);
  const auto nameSize = header.Get<int32_t>(16);
  const int  precision = type / 10 % 10;
  if (type < 0 || type > greatestType || precision > 1 || columns != 1 || rows < 0 || isComplex != 0 || nameSize < 1 ||
      nameSize > 1000)
  {
    itkGenericExceptionMacro(
      "The file has no matrix of Matlab's version 4 that is one column of real numbers, but one of "
      << rows << " rows and " << columns << " columns, of type " << type << '.');
  }
  const size_t size = precision == 1 ? sizeof(float) : sizeof(double);
  if (static_cast<uint64_t>(rows) * size > fileSize)
  {
    itkGenericExceptionMacro("The file is cut short: a matrix has " << rows << " rows.");
  }
  Matrix matrix;
  matrix.Name.resize(static_cast<size_t>(nameSize));
  stream.Read(matrix.Name.data(), matrix.Name.size());
  matrix.Name = matrix.Name.c_str(); // to its final 0
  std::vector<unsigned char> data(static_cast<size_t>(rows) * size);
  stream.Read(data.data(), data.size());
  const HeaderBytes numbers(std::move(data), type >= 1000);
  for (size_t n = 0; n < static_cast<size_t>(rows); ++n)
  {
    matrix.Numbers.push_back(precision == 1 ? static_cast<double>(numbers.Get<float>(n * size))
                                            : numbers.Get<double>(n * size));
  }
  return matrix;
}

std::vector<PartType>
ReadMatlabTransforms(const std::string & path)
{
  const uint64_t        size = GetFileSize(path);
  ByteStream            stream(path, 0, ByteStream::Coding::Plain);
  std::vector<PartType> parts;
  for (auto parameters = ReadMatrix(stream, size); parameters; parameters = ReadMatrix(stream, size))
  {
    const auto fixed = ReadMatrix(stream, size);
    if (!fixed)
    {
      itkGenericExceptionMacro("The file is cut short: \"" << parameters->Name << "\" has no fixed parameters.");
    }
    parts.push_back({ parameters->Name, fixed->Numbers, parameters->Numbers });
  }
  return parts;
}

/** The dimension in a name such as "Euler2DTransform_double_2_2"; 0: there is none. */
unsigned int
GetDimension(const std::string & name)
{
  for (const unsigned int dimension : { 2U, 3U })
  {
    const std::string suffix = '_' + std::to_string(dimension) + '_' + std::to_string(dimension);
    const size_t      place = name.find("_double" + suffix);
    if (place != std::string::npos)
    {
      return dimension;
    }
  }
  return 0;
}
} // namespace
} // namespace TransformFiles

std::vector<masked_sampling_chain::Part>
ReadTransforms(const std::string & path)
{
  using namespace TransformFiles;
  const auto begin = ReadBeginning(path, 4);
  if (begin.size() == 4 && begin[0] == 0x89 && begin[1] == 'H' && begin[2] == 'D' && begin[3] == 'F')
  {
    return ReadHdf5Transforms(path);
  }
  if (EndsWith(path, ".mat"))
  {
    return ReadMatlabTransforms(path);
  }
  if (EndsWith(path, ".tfm") || EndsWith(path, ".txt"))
  {
    return ReadTextTransforms(path, 0);
  }
  itkGenericExceptionMacro(
    "No format of transforms is known that reads it. There are .h5 (HDF5), .tfm, .txt and .mat.");
}

unsigned int
ReadChain(const std::string & path, masked_sampling_chain & chain)
{
  using namespace TransformFiles;
  auto parts = ReadTransforms(path);
  if (parts.empty())
  {
    itkGenericExceptionMacro("The file holds no transform.");
  }
  const bool isComposite = IsComposite(parts[0]);
  if (isComposite && parts.size() == 1)
  {
    itkGenericExceptionMacro("The file holds a composite without parts. Is it cut short?");
  }
  if (!isComposite && parts.size() > 1)
  {
    itkGenericExceptionMacro(
      "The file holds " << parts.size()
                        << " transforms that are no parts of one, as it begins with no CompositeTransform. Which one "
                           "is meant? Write that one to a file of its own.");
  }
  masked_sampling_chain read;
  const auto            dimension = GetDimension(GetKnownName(parts[0].Name));
  for (auto & part : parts)
  {
    part.Name = GetKnownName(part.Name);
    if (GetDimension(part.Name) != dimension || dimension == 0)
    {
      itkGenericExceptionMacro("The file holds a transform \"" << part.Name.substr(0, 80)
                                                               << "\", and not only of 2 or only of 3 dimensions.");
    }
    if (isComposite && read.Parts.empty() && &part == &parts[0])
    {
      continue;
    }
    if (IsComposite(part))
    {
      itkGenericExceptionMacro("The file holds a composite that is not its first transform.");
    }
    CheckPart(part, dimension);
    read.Parts.push_back(std::move(part));
  }
  chain = std::move(read);
  return dimension;
}
} // namespace MaskedSamplingCore
