// SPDX-License-Identifier: Apache-2.0
#ifndef CoreImageHeaders_h
#define CoreImageHeaders_h

#include "CorePixels.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

/** Headers of image files, of which nothing is believed before it was looked at.
 *
 * Readers of ITK and of the libraries below take many headers as they are: one that is damaged ends the process, and
 * pixels that are not in the file become 0 or whatever was in memory. So headers are checked here before ITK reads
 * them, and the pixels of formats that are simple enough are read here. */
namespace MaskedSamplingCore
{
/** Check the header of a file that is no picture, and let ITK read it.
 * \return where the pixels are, checked, too; nothing: ITK reads them */
std::optional<PixelSource>
ReadHeader(itk::ImageIOBase & io);

/** Those of single formats, which let ITK read the header, and do not check yet whether the pixels are there. */
PixelSource
ReadNiftiHeader(itk::ImageIOBase & io);
PixelSource
ReadMetaHeader(itk::ImageIOBase & io);
std::optional<PixelSource>
ReadNrrdHeader(itk::ImageIOBase & io);
PixelSource
ReadVtkHeader(itk::ImageIOBase & io);
/** Of pictures (PNG, JPEG, TIFF, BMP), all that ITK believes is checked before it looks at them: it opens some, and
 * follows their pages in circles, only to tell whether it can read them. Other files are left alone. */
void
CheckPicture(const std::string & path);
/** What must be true of a stack of pictures after ITK has read the header. */
void
CheckTiffStack(const itk::ImageIOBase & io);

bool
IsBigEndianMachine();

/** Numbers in the bytes of a header. */
class HeaderBytes
{
public:
  HeaderBytes(std::vector<unsigned char> bytes, bool isBigEndian)
    : m_Bytes(std::move(bytes))
    , m_IsBigEndian(isBigEndian)
  {}

  size_t
  GetSize() const
  {
    return m_Bytes.size();
  }
  void
  SetBigEndian(bool isBigEndian)
  {
    m_IsBigEndian = isBigEndian;
  }
  bool
  IsSwapped() const
  {
    return m_IsBigEndian != IsBigEndianMachine();
  }

  /** The number at a place. \exception ExceptionObject if the bytes end before it does */
  template <typename T>
  T
  Get(size_t place) const
  {
    this->Need(place, sizeof(T));
    unsigned char bytes[sizeof(T)];
    for (size_t n = 0; n < sizeof(T); ++n)
    {
      bytes[n] = m_Bytes[place + (this->IsSwapped() ? sizeof(T) - 1 - n : n)];
    }
    T number;
    std::memcpy(&number, bytes, sizeof(T));
    return number;
  }

  bool
  Has(size_t place, const std::string & text) const
  {
    return place + text.size() <= m_Bytes.size() && std::memcmp(m_Bytes.data() + place, text.data(), text.size()) == 0;
  }

  /** Throw if there are not as many bytes. */
  void
  Need(uint64_t place, uint64_t number) const;

private:
  std::vector<unsigned char> m_Bytes;
  bool                       m_IsBigEndian;
};

/** Words of a line, between blanks. */
std::vector<std::string>
SplitWords(const std::string & line);
/** Without blanks at both ends. */
std::string
Trim(const std::string & text);
/** Whether a word is a number, and which. */
bool
ToNumber(const std::string & word, double & number);
/** A size in a header: 1 or more, and what an int can hold. \exception ExceptionObject if it is not */
uint64_t
ToSize(const std::string & word, const char * name);
/** The names of files that "name%03d.raw" stands for: one conversion to an integer, of which there is the width. */
std::vector<std::string>
ExpandPattern(const std::string & pattern, int64_t first, int64_t step, uint64_t number);
} // namespace MaskedSamplingCore

#endif
