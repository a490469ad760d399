// SPDX-License-Identifier: Apache-2.0
#ifndef CoreFile_h
#define CoreFile_h

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/** Files as bytes: what is there before anything is believed that a header says. */
namespace MaskedSamplingCore
{
/** The size of a file. \exception ExceptionObject if it is none that can be read to its end: a folder, a pipe, a device
 */
uint64_t
GetFileSize(const std::string & path);

/** The first bytes of a file, of a compressed one those that it holds; fewer if it has no more. */
std::vector<unsigned char>
ReadBeginning(const std::string & path, size_t number);

/** A text file. \exception ExceptionObject if it is larger than a limit */
std::string
ReadText(const std::string & path);

/** A file in the folder of another one, unless its path is absolute. */
std::string
GetNeighbour(const std::string & path, const std::string & name);

/** The name of a pixel file in an error: empty, if it is the file that the user gave. */
std::string
DescribeFile(const std::string & path, const std::string & given);

/** The bytes of a file from some place on, decompressed where they are compressed. */
class ByteStream
{
public:
  enum class Coding
  {
    Plain,
    Deflated, // zlib or gzip
    Detect    // gzip, or else plain
  };

  ByteStream(const std::string & path, uint64_t offset, Coding coding);
  ByteStream(const ByteStream &) = delete;
  ByteStream &
  operator=(const ByteStream &) = delete;
  ~ByteStream();

  bool
  IsDeflated() const;

  /** Read bytes. \return how many there were: fewer only at the end */
  size_t
  ReadSome(void * data, size_t number);
  /** Read bytes. \exception ExceptionObject if there are fewer */
  void
  Read(void * data, size_t number);
  void
  Skip(uint64_t number);
  /** To the end of what is compressed, and whether that is whole. */
  void
  Finish();

private:
  struct State;
  std::unique_ptr<State> m_State;
};

/** No compression that is read here makes less than a byte of as many. */
constexpr uint64_t greatestRatio = 1032;
} // namespace MaskedSamplingCore

#endif
