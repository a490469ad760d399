// SPDX-License-Identifier: Apache-2.0
#include "CoreVtkFormat.h"

#include "CoreImageHeaders.h"

#include "itkObjectFactoryBase.h"
#include "itkVTKImageIO.h"
#include "itkVersion.h"

#include <array>
#include <fstream>
#include <sstream>
#include <string>

namespace MaskedSamplingCore
{
namespace
{
/** ITK's format VTK, but for its way to read the header.
 *
 * ITK reads spacing and origin under the global locale "C", with sscanf(), and so changes the locale under the feet of
 * all other threads; it also leaves it so. Here a stream with a locale of its own reads them. */
class VtkFormat : public itk::VTKImageIO
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(VtkFormat);
  using Self = VtkFormat;
  using Superclass = itk::VTKImageIO;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;
  itkFactorylessNewMacro(Self);
  itkOverrideGetNameOfClassMacro(VtkFormat);

  void
  ReadImageInformation() override
  {
    std::ifstream file;
    this->OpenFileForReading(file, this->m_FileName);
    std::string line;
    this->GetNextLine(file, line); // version
    this->GetNextLine(file, line); // title
    this->GetNextLine(file, line);
    if (Has(line, "ascii"))
    {
      this->SetFileTypeToASCII();
    }
    else if (Has(line, "binary"))
    {
      this->SetFileTypeToBinary();
    }
    else
    {
      this->Refuse("is neither ASCII nor binary.");
    }
    this->GetNextLine(file, line);
    if (!Has(line, "structured_points"))
    {
      this->Refuse("has no structured points, which are the images of this format.");
    }
    this->GetNextLine(file, line);
    this->ReadGrid(file, line);
    file.close();
    // That reads the header again, for its length alone.
    std::ifstream header;
    this->ReadHeaderSize(header);
  }

  /** Where the pixels are, whose bytes are in the order of big endian. */
  PixelSource
  GetSource() const
  {
    PixelSource source;
    source.Given = this->m_FileName;
    source.Files = { this->m_FileName };
    source.Offset = static_cast<uint64_t>(this->GetHeaderSize());
    source.Form = this->GetFileType() == itk::IOFileEnum::ASCII ? PixelSource::Coding::Text : PixelSource::Coding::Raw;
    source.IsSwapped = !IsBigEndianMachine();
    return source;
  }

protected:
  VtkFormat() = default;
  ~VtkFormat() override = default;

private:
  static bool
  Has(const std::string & line, const char * word)
  {
    return line.find(word) != std::string::npos;
  }

  [[noreturn]] void
  Refuse(const char * problem) const
  {
    itkGenericExceptionMacro(<< '"' << this->m_FileName << "\" " << problem);
  }

  template <typename TNumber>
  std::array<TNumber, 3>
  ReadThree(const std::string & line) const
  {
    std::istringstream is(line);
    is.imbue(std::locale::classic());
    std::string            word;
    std::array<TNumber, 3> numbers{};
    if (!(is >> word >> numbers[0] >> numbers[1] >> numbers[2]))
    {
      this->Refuse("has a header in which a line lacks one of three numbers.");
    }
    return numbers;
  }

  void
  ReadGrid(std::ifstream & file, std::string & line)
  {
    if (!Has(line, "dimensions"))
    {
      this->Refuse("tells no dimensions.");
    }
    const auto size = this->ReadThree<itk::SizeValueType>(line);
    this->SetNumberOfDimensions(size[2] > 1 ? 3 : 2);
    for (unsigned int d = 0; d < this->GetNumberOfDimensions(); ++d)
    {
      this->SetDimensions(d, size[d]);
      this->SetSpacing(d, 1.0);
      this->SetOrigin(d, 0.0);
    }
    for (bool hasPixels = false; !hasPixels;)
    {
      this->GetNextLine(file, line);
      if (Has(line, "spacing") || Has(line, "aspect_ratio"))
      {
        const auto spacing = this->ReadThree<double>(line);
        for (unsigned int d = 0; d < this->GetNumberOfDimensions(); ++d)
        {
          this->SetSpacing(d, spacing[d]);
        }
      }
      else if (Has(line, "origin"))
      {
        const auto origin = this->ReadThree<double>(line);
        for (unsigned int d = 0; d < this->GetNumberOfDimensions(); ++d)
        {
          this->SetOrigin(d, origin[d]);
        }
      }
      else
      {
        hasPixels = this->ReadPixelType(line);
      }
    }
  }

  /** \return whether the line tells the type of pixels */
  bool
  ReadPixelType(const std::string & line)
  {
    std::istringstream is(line);
    std::string        kind;
    std::string        name;
    std::string        type;
    unsigned int       number = 1;
    is >> kind >> name;
    if (Has(kind, "color_scalars"))
    {
      is >> number;
      type = this->GetFileType() == itk::IOFileEnum::ASCII ? "float" : "unsigned_char";
    }
    else if (Has(kind, "scalars"))
    {
      is >> type >> number;
    }
    else if (Has(kind, "vector"))
    {
      is >> type;
      number = 3;
    }
    else if (Has(kind, "tensors"))
    {
      is >> type;
      number = 6;
    }
    else
    {
      return false;
    }
    this->SetNumberOfComponents(number);
    this->SetPixelType(number == 1 ? itk::IOPixelEnum::SCALAR : itk::IOPixelEnum::VECTOR);
    const auto component = GetComponentTypeFromString(type);
    this->SetComponentType(type == "vtktypeuint64"  ? itk::IOComponentEnum::ULONGLONG
                           : type == "vtktypeint64" ? itk::IOComponentEnum::LONGLONG
                                                    : component);
    if (this->GetComponentType() == itk::IOComponentEnum::UNKNOWNCOMPONENTTYPE)
    {
      this->Refuse("has pixels of an unknown type.");
    }
    return true;
  }
};

class VtkFormatFactory : public itk::ObjectFactoryBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(VtkFormatFactory);
  using Self = VtkFormatFactory;
  using Superclass = itk::ObjectFactoryBase;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;
  itkFactorylessNewMacro(Self);
  itkOverrideGetNameOfClassMacro(VtkFormatFactory);

  const char *
  GetITKSourceVersion() const override
  {
    return ITK_SOURCE_VERSION;
  }
  const char *
  GetDescription() const override
  {
    return "VTK, read under a locale of its own";
  }

protected:
  VtkFormatFactory()
  {
    this->RegisterOverride("itkImageIOBase", "VtkFormat", "VTK", true, itk::CreateObjectFunction<VtkFormat>::New());
  }
  ~VtkFormatFactory() override = default;
};
} // namespace

PixelSource
ReadVtkHeader(itk::ImageIOBase & io)
{
  io.ReadImageInformation();
  return dynamic_cast<const VtkFormat &>(io).GetSource();
}

void
RegisterVtkFormat()
{
  itk::ObjectFactoryBase::RegisterFactory(VtkFormatFactory::New());
}
} // namespace MaskedSamplingCore
