// SPDX-License-Identifier: Apache-2.0
#include "CoreFile.h"

#include "itkMacro.h"
#include "itk_zlib.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <sys/stat.h>

namespace MaskedSamplingCore
{
namespace FileReading
{
constexpr size_t   bufferSize = size_t{ 1 } << 18;
constexpr uint64_t largestText = uint64_t{ 1 } << 31;

struct FileCloser
{
  void
  operator()(std::FILE * file) const
  {
    std::fclose(file);
  }
};
using FilePointer = std::unique_ptr<std::FILE, FileCloser>;

FilePointer
OpenFile(const std::string & path)
{
  GetFileSize(path);
  FilePointer file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr)
  {
    itkGenericExceptionMacro("The file \"" << path << "\" cannot be opened: " << std::strerror(errno) << '.');
  }
  return file;
}
} // namespace FileReading

uint64_t
GetFileSize(const std::string & path)
{
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0)
  {
    itkGenericExceptionMacro("The file \"" << path << "\" cannot be opened: " << std::strerror(errno) << '.');
  }
  if (!S_ISREG(status.st_mode))
  {
    itkGenericExceptionMacro("\"" << path << "\" is no regular file, but a folder, a pipe or a device.");
  }
  return static_cast<uint64_t>(status.st_size);
}

std::vector<unsigned char>
ReadBeginning(const std::string & path, size_t number)
{
  std::vector<unsigned char> bytes(number);
  ByteStream                 stream(path, 0, ByteStream::Coding::Detect);
  bytes.resize(stream.ReadSome(bytes.data(), number));
  return bytes;
}

std::string
ReadText(const std::string & path)
{
  const uint64_t size = GetFileSize(path);
  if (size > FileReading::largestText)
  {
    itkGenericExceptionMacro("The text has " << size << " bytes, which is too much.");
  }
  std::string text(static_cast<size_t>(size), '\0');
  ByteStream  stream(path, 0, ByteStream::Coding::Plain);
  text.resize(stream.ReadSome(text.data(), text.size()));
  return text;
}

std::string
GetNeighbour(const std::string & path, const std::string & name)
{
  const size_t slash = path.rfind('/');
  return name.empty() || name.front() == '/' || slash == std::string::npos ? name : path.substr(0, slash + 1) + name;
}

std::string
DescribeFile(const std::string & path, const std::string & given)
{
  return path == given ? "the file" : "the file \"" + path + "\" of its pixels";
}

struct ByteStream::State
{
  FileReading::FilePointer   File{};
  std::vector<unsigned char> Buffer{};
  z_stream                   Inflate{};
  bool                       IsDeflated{ false };
  bool                       HasInflate{ false };
  bool                       IsOver{ false };

  /** Where the buffer has fewer bytes than are needed, more of the file. \return whether there are as many then */
  bool
  Fill(unsigned int needed)
  {
    if (Inflate.avail_in >= needed)
    {
      return true;
    }
    std::copy_n(Inflate.next_in, Inflate.avail_in, Buffer.data());
    Inflate.next_in = Buffer.data();
    const size_t number =
      std::fread(Buffer.data() + Inflate.avail_in, 1, FileReading::bufferSize - Inflate.avail_in, File.get());
    Inflate.avail_in += static_cast<unsigned int>(number);
    return Inflate.avail_in >= needed;
  }

  /** After the end of a part: gzip allows another one. */
  void
  StartNextPart()
  {
    constexpr unsigned char magic[] = { 0x1f, 0x8b };
    if (Fill(2) && std::equal(magic, magic + 2, Inflate.next_in))
    {
      inflateReset(&Inflate);
      return;
    }
    IsOver = true;
  }
};

ByteStream::ByteStream(const std::string & path, uint64_t offset, Coding coding)
  : m_State(std::make_unique<State>())
{
  m_State->File = FileReading::OpenFile(path);
  std::FILE * const file = m_State->File.get();
  m_State->IsDeflated = coding == Coding::Deflated;
  if (coding == Coding::Detect)
  {
    std::array<unsigned char, 2> magic{};
    const size_t                 number = std::fread(magic.data(), 1, magic.size(), file);
    m_State->IsDeflated = number == magic.size() && magic[0] == 0x1f && magic[1] == 0x8b;
  }
  if (std::fseek(file, static_cast<long>(offset), SEEK_SET) != 0)
  {
    itkGenericExceptionMacro("The file has no byte " << offset << '.');
  }
  if (m_State->IsDeflated)
  {
    m_State->Buffer.resize(FileReading::bufferSize);
    m_State->Inflate.next_in = m_State->Buffer.data();
    constexpr int zlibOrGzip = MAX_WBITS + 32;
    if (inflateInit2(&m_State->Inflate, zlibOrGzip) != Z_OK)
    {
      throw std::bad_alloc();
    }
    m_State->HasInflate = true;
  }
}

ByteStream::~ByteStream()
{
  if (m_State->HasInflate)
  {
    inflateEnd(&m_State->Inflate);
  }
}

bool
ByteStream::IsDeflated() const
{
  return m_State->IsDeflated;
}

size_t
ByteStream::ReadSome(void * data, size_t number)
{
  State & state = *m_State;
  if (!state.IsDeflated)
  {
    return std::fread(data, 1, number, state.File.get());
  }
  auto * const out = static_cast<unsigned char *>(data);
  size_t       done = 0;
  while (done < number && !state.IsOver && state.Fill(1))
  {
    const size_t most = std::min<size_t>(number - done, size_t{ 1 } << 30);
    state.Inflate.next_out = out + done;
    state.Inflate.avail_out = static_cast<unsigned int>(most);
    const int code = inflate(&state.Inflate, Z_NO_FLUSH);
    done += most - state.Inflate.avail_out;
    if (code == Z_STREAM_END)
    {
      state.StartNextPart();
    }
    else if (code != Z_OK && code != Z_BUF_ERROR)
    {
      itkGenericExceptionMacro("The file is damaged: what is compressed in it cannot be decompressed ("
                               << (state.Inflate.msg == nullptr ? "no reason is known" : state.Inflate.msg) << ").");
    }
  }
  return done;
}

void
ByteStream::Read(void * data, size_t number)
{
  const size_t found = this->ReadSome(data, number);
  if (found != number)
  {
    itkGenericExceptionMacro("The file is cut short: of " << number << " bytes, " << found << " are there.");
  }
}

void
ByteStream::Skip(uint64_t number)
{
  if (!m_State->IsDeflated)
  {
    if (std::fseek(m_State->File.get(), static_cast<long>(number), SEEK_CUR) != 0)
    {
      itkGenericExceptionMacro("The file has no byte " << number << '.');
    }
    return;
  }
  std::vector<unsigned char> scratch(std::min<uint64_t>(number, FileReading::bufferSize));
  for (uint64_t left = number; left > 0;)
  {
    const auto part = static_cast<size_t>(std::min<uint64_t>(left, scratch.size()));
    this->Read(scratch.data(), part);
    left -= part;
  }
}

void
ByteStream::Finish()
{
  if (!m_State->IsDeflated)
  {
    return;
  }
  std::vector<unsigned char> scratch(FileReading::bufferSize);
  while (this->ReadSome(scratch.data(), scratch.size()) > 0)
  {
  }
  if (!m_State->IsOver)
  {
    itkGenericExceptionMacro("The file is cut short: what is compressed in it has no end.");
  }
}
} // namespace MaskedSamplingCore
