// SPDX-License-Identifier: Apache-2.0
#include "CoreFile.h"
#include "CoreImageHeaders.h"

#include "itkMacro.h"
#include "itk_zlib.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace MaskedSamplingCore
{
namespace PictureHeaders
{
namespace
{
/** Bytes of a file from some place on. */
HeaderBytes
ReadAt(const std::string & path, uint64_t place, uint64_t number, bool isBigEndian)
{
  const uint64_t size = GetFileSize(path);
  if (place > size || number > size - place)
  {
    itkGenericExceptionMacro("The file is cut short: it refers to its byte "
                             << place << " and " << number << " from there on, but has " << size << '.');
  }
  std::vector<unsigned char> bytes(static_cast<size_t>(number));
  ByteStream(path, place, ByteStream::Coding::Plain).Read(bytes.data(), bytes.size());
  return { std::move(bytes), isBigEndian };
}

[[noreturn]] void
RefuseShort()
{
  itkGenericExceptionMacro("The file is cut short: the mark of its end is not there.");
}

/** All chunks up to the end are there, and as they were written. */
void
CheckPng(const std::string & path)
{
  constexpr uint64_t signatureSize = 8;
  const uint64_t     size = GetFileSize(path);
  ByteStream         stream(path, 0, ByteStream::Coding::Plain);
  stream.Skip(signatureSize);
  for (uint64_t place = signatureSize; place < size;)
  {
    std::vector<unsigned char> head(8);
    stream.Read(head.data(), head.size());
    const HeaderBytes chunk(head, true);
    const auto        length = chunk.Get<uint32_t>(0);
    place += 12 + uint64_t{ length };
    if (place > size)
    {
      RefuseShort();
    }
    std::vector<unsigned char> data(length);
    std::vector<unsigned char> check(4);
    stream.Read(data.data(), data.size());
    stream.Read(check.data(), check.size());
    const auto begun = crc32(0, head.data() + 4, 4);
    const auto sum = static_cast<uint32_t>(length == 0 ? begun : crc32(begun, data.data(), length));
    if (HeaderBytes(check, true).Get<uint32_t>(0) != sum)
    {
      itkGenericExceptionMacro("The file is damaged: the check sum of a part of it is wrong.");
    }
    if (chunk.Has(4, "IEND"))
    {
      return;
    }
  }
  RefuseShort();
}

/** All segments up to the mark of the end are there. */
void
CheckJpeg(const std::string & path)
{
  constexpr unsigned char    mark = 0xff;
  constexpr unsigned char    end = 0xd9;
  constexpr unsigned char    scan = 0xda;
  std::vector<unsigned char> bytes(static_cast<size_t>(GetFileSize(path)));
  ByteStream(path, 0, ByteStream::Coding::Plain).Read(bytes.data(), bytes.size());
  for (size_t place = 2; place + 1 < bytes.size();)
  {
    const unsigned char kind = bytes[place + 1];
    if (bytes[place] != mark || kind == mark)
    {
      ++place;
      continue;
    }
    if (kind == end)
    {
      return;
    }
    const bool isAlone = kind == 0 || kind == 1 || (kind >= 0xd0 && kind <= 0xd8);
    if (isAlone || place + 3 >= bytes.size())
    {
      place += 2;
      continue;
    }
    place += 2 + (size_t{ bytes[place + 2] } << 8) + bytes[place + 3];
    // After the header of a scan, its data last to the next mark.
    while (kind == scan && place + 1 < bytes.size() &&
           (bytes[place] != mark || bytes[place + 1] == 0 || (bytes[place + 1] >= 0xd0 && bytes[place + 1] <= 0xd7)))
    {
      ++place;
    }
  }
  RefuseShort();
}

void
CheckBmp(const std::string & path)
{
  constexpr uint64_t headSize = 14;
  const uint64_t     size = GetFileSize(path);
  const HeaderBytes  head = ReadAt(path, 0, headSize + 4, false);
  const uint64_t     offset = head.Get<uint32_t>(10);
  const auto         infoSize = head.Get<uint32_t>(headSize);
  const bool         isOld = infoSize == 12;
  const HeaderBytes  info = ReadAt(path, headSize, isOld ? 12 : 40, false);
  const int64_t      width = isOld ? info.Get<int16_t>(4) : info.Get<int32_t>(4);
  const int64_t      height = isOld ? info.Get<int16_t>(6) : info.Get<int32_t>(8);
  const int64_t      depth = info.Get<uint16_t>(isOld ? 10 : 14);
  if ((infoSize != 40 && !isOld) || (!isOld && info.Get<uint32_t>(16) != 0) ||
      (depth != 8 && depth != 24 && depth != 32))
  {
    itkGenericExceptionMacro("A BMP picture that is compressed, or has "
                             << depth << " bits per pixel, is not read here. Save it as PNG.");
  }
  const int64_t row = (width * depth / 8 + 3) / 4 * 4;
  if (width < 1 || height == 0 || std::llabs(height) > (int64_t{ 1 } << 31) - 1 || offset < headSize + infoSize ||
      (!isOld && info.Get<uint32_t>(32) > 256))
  {
    itkGenericExceptionMacro("The header tells of a picture of " << width << " x " << height << " pixels from byte "
                                                                 << offset << " on.");
  }
  if (offset + static_cast<uint64_t>(row * std::llabs(height)) > size)
  {
    itkGenericExceptionMacro("The file is cut short: its header tells of " << row * std::llabs(height)
                                                                           << " bytes of pixels, but it has " << size
                                                                           << " bytes in all.");
  }
}

/** What ITK takes from the first page of a TIFF file for all of them. */
struct TiffPage
{
  uint64_t Width{ 0 };
  uint64_t Height{ 0 };
  uint64_t Bits{ 1 };
  uint64_t Samples{ 1 };
  uint64_t Format{ 1 };
  uint64_t Kind{ 0 };
  uint64_t Compression{ 1 };
  uint64_t RowsPerStrip{ 0 };
  uint64_t Planes{ 1 };

  bool
  IsLike(const TiffPage & other) const
  {
    return this->Width == other.Width && this->Height == other.Height && this->Bits == other.Bits &&
           this->Samples == other.Samples && this->Format == other.Format && this->Planes == other.Planes;
  }
  bool
  IsIgnored() const
  {
    return (this->Kind & 5) != 0; // a smaller copy, or a mask
  }
};

class TiffFile
{
public:
  explicit TiffFile(const std::string & path)
    : m_Path(path)
  {
    HeaderBytes head = ReadAt(path, 0, 8, false);
    m_IsBigEndian = head.Has(0, "MM");
    head.SetBigEndian(m_IsBigEndian);
    m_IsBig = head.Get<uint16_t>(2) == 43;
    uint64_t           next = m_IsBig ? ReadAt(path, 8, 8, m_IsBigEndian).Get<uint64_t>(0) : head.Get<uint32_t>(4);
    std::set<uint64_t> seen;
    while (next != 0)
    {
      if (!seen.insert(next).second)
      {
        itkGenericExceptionMacro("The file is damaged: its pages follow each other in a circle.");
      }
      next = this->ReadPage(next);
    }
  }

  void
  Check() const
  {
    const auto isIgnored = [](const TiffPage & page) { return page.IsIgnored(); };
    const auto last = std::find_if(m_Pages.begin(), m_Pages.end(), isIgnored);
    // ITK leaves room for them, which there is not.
    if (last == m_Pages.begin() || !std::all_of(last, m_Pages.end(), isIgnored))
    {
      itkGenericExceptionMacro("The file has smaller copies or masks before other pages, or no page at all.");
    }
    for (auto page = m_Pages.begin(); page != last; ++page)
    {
      if (!page->IsLike(m_Pages[0]))
      {
        itkGenericExceptionMacro("The file has pages of " << m_Pages[0].Width << " x " << m_Pages[0].Height
                                                          << " and of " << page->Width << " x " << page->Height
                                                          << " pixels, or of other types, which are no stack.");
      }
    }
  }

  size_t
  GetNumberOfSlices() const
  {
    return static_cast<size_t>(
      std::count_if(m_Pages.begin(), m_Pages.end(), [](const TiffPage & page) { return !page.IsIgnored(); }));
  }

private:
  static size_t
  GetTypeSize(unsigned int type)
  {
    constexpr size_t sizes[] = { 1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 1, 1, 8, 8, 8 };
    return type < std::size(sizes) ? sizes[type] : 1;
  }

  /** The numbers of an entry, as integers, for which nobody takes others. */
  std::vector<uint64_t>
  ReadNumbers(const HeaderBytes & entry) const
  {
    const size_t   type = GetTypeSize(entry.Get<uint16_t>(2));
    const uint64_t number = m_IsBig ? entry.Get<uint64_t>(4) : entry.Get<uint32_t>(4);
    const size_t   room = m_IsBig ? 8 : 4;
    const size_t   place = m_IsBig ? 12 : 8;
    if (number > GetFileSize(m_Path))
    {
      itkGenericExceptionMacro("The file is cut short: an entry has " << number << " numbers.");
    }
    const bool            isHere = number * type <= room;
    const uint64_t        where = m_IsBig ? entry.Get<uint64_t>(place) : entry.Get<uint32_t>(place);
    const HeaderBytes     data = isHere ? entry : ReadAt(m_Path, where, number * type, m_IsBigEndian);
    std::vector<uint64_t> numbers;
    for (uint64_t n = 0; n < number; ++n)
    {
      const size_t at = (isHere ? place : 0) + static_cast<size_t>(n) * type;
      numbers.push_back(type == 8   ? data.Get<uint64_t>(at)
                        : type == 4 ? data.Get<uint32_t>(at)
                        : type == 2 ? data.Get<uint16_t>(at)
                                    : data.Get<uint8_t>(at));
    }
    return numbers;
  }

  /** \return where the next page is */
  uint64_t
  ReadPage(uint64_t place)
  {
    const size_t   countSize = m_IsBig ? 8 : 2;
    const size_t   entrySize = m_IsBig ? 20 : 12;
    const size_t   nextSize = m_IsBig ? 8 : 4;
    const auto     head = ReadAt(m_Path, place, countSize, m_IsBigEndian);
    const uint64_t number = m_IsBig ? head.Get<uint64_t>(0) : head.Get<uint16_t>(0);
    if (number > 65535)
    {
      itkGenericExceptionMacro("The file is damaged: a page has " << number << " entries.");
    }
    TiffPage              page;
    std::vector<uint64_t> offsets;
    std::vector<uint64_t> counts;
    for (uint64_t n = 0; n < number; ++n)
    {
      const auto       entry = ReadAt(m_Path, place + countSize + n * entrySize, entrySize, m_IsBigEndian);
      const auto       tag = entry.Get<uint16_t>(0);
      uint64_t * const field = this->FindField(page, tag);
      const auto       numbers = this->ReadNumbers(entry);
      if (field != nullptr && !numbers.empty())
      {
        *field = numbers[0];
      }
      if (tag == 273 || tag == 279)
      {
        (tag == 273 ? offsets : counts) = numbers;
      }
    }
    this->CheckStrips(page, offsets, counts);
    m_Pages.push_back(page);
    const auto next = ReadAt(m_Path, place + countSize + number * entrySize, nextSize, m_IsBigEndian);
    return m_IsBig ? next.Get<uint64_t>(0) : next.Get<uint32_t>(0);
  }

  static uint64_t *
  FindField(TiffPage & page, unsigned int tag)
  {
    switch (tag)
    {
      case 254:
        return &page.Kind;
      case 256:
        return &page.Width;
      case 257:
        return &page.Height;
      case 258:
        return &page.Bits;
      case 259:
        return &page.Compression;
      case 277:
        return &page.Samples;
      case 278:
        return &page.RowsPerStrip;
      case 284:
        return &page.Planes;
      case 339:
        return &page.Format;
      default:
        return nullptr;
    }
  }

  void
  CheckStrips(const TiffPage & page, const std::vector<uint64_t> & offsets, const std::vector<uint64_t> & counts) const
  {
    const uint64_t size = GetFileSize(m_Path);
    uint64_t       total = 0;
    for (size_t n = 0; n < offsets.size(); ++n)
    {
      const uint64_t count = n < counts.size() ? counts[n] : 0;
      total += std::min(count, size);
      if (offsets[n] > size || count > size - offsets[n])
      {
        itkGenericExceptionMacro("The file is cut short: a page has " << count << " bytes from byte " << offsets[n]
                                                                      << " on, but the file has " << size << '.');
      }
    }
    if (page.Width < 1 || page.Width > 1000000000 || page.Height < 1 || page.Height > 1000000000 || page.Bits > 64 ||
        page.Samples > 1000)
    {
      itkGenericExceptionMacro("The header tells of a page of " << page.Width << " x " << page.Height << " pixels.");
    }
    const uint64_t needed = (page.Width * page.Bits * page.Samples + 7) / 8 * page.Height;
    const uint64_t rows = page.RowsPerStrip == 0 ? page.Height : std::min(page.RowsPerStrip, page.Height);
    const uint64_t strips = (page.Height + rows - 1) / rows * (page.Planes == 2 ? page.Samples : 1);
    if (!counts.empty() && (offsets.size() < strips || (page.Compression == 1 && total < needed)))
    {
      itkGenericExceptionMacro("The file is cut short: a page needs " << needed << " bytes of pixels in " << strips
                                                                      << " strips, but has " << total << " in "
                                                                      << offsets.size() << '.');
    }
  }

  std::string           m_Path;
  bool                  m_IsBigEndian{ false };
  bool                  m_IsBig{ false };
  std::vector<TiffPage> m_Pages{};
};
} // namespace
} // namespace PictureHeaders

void
CheckPicture(const std::string & path)
{
  using namespace PictureHeaders;
  std::vector<unsigned char> bytes(18);
  bytes.resize(ByteStream(path, 0, ByteStream::Coding::Plain).ReadSome(bytes.data(), bytes.size()));
  const HeaderBytes head(bytes, false);
  const std::string bigClassic("MM\0*", 4);
  const std::string bigLarge("MM\0+", 4);
  const std::string littleClassic("II*\0", 4);
  const std::string littleLarge("II+\0", 4);
  if (head.Has(0, "\x89PNG"))
  {
    CheckPng(path);
  }
  else if (head.Has(0, "\xff\xd8\xff"))
  {
    CheckJpeg(path);
  }
  else if (head.Has(0, bigClassic) || head.Has(0, bigLarge) || head.Has(0, littleClassic) || head.Has(0, littleLarge))
  {
    TiffFile(path).Check();
  }
  else if (head.Has(0, "BM") &&
           (head.Has(14, std::string("\x28\0\0\0", 4)) || head.Has(14, std::string("\x0c\0\0\0", 4))))
  {
    CheckBmp(path);
  }
}

void
CheckTiffStack(const itk::ImageIOBase & io)
{
  using namespace PictureHeaders;
  const size_t slices = TiffFile(io.GetFileName()).GetNumberOfSlices();
  const size_t read = io.GetNumberOfDimensions() > 2 ? io.GetDimensions(2) : 1;
  if (slices != read)
  {
    itkGenericExceptionMacro("The file has " << slices << " pages, of which ITK takes " << read << " for a stack.");
  }
}
} // namespace MaskedSamplingCore
