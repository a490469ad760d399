// SPDX-License-Identifier: Apache-2.0
#ifndef CorePixels_h
#define CorePixels_h

#include "itkImageIOBase.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace MaskedSamplingCore
{
/** Where the pixels of an image lie in files, and in which form. */
struct PixelSource
{
  enum class Coding
  {
    Raw,        // at an offset of the file
    Deflated,   // compressed from an offset of the file on
    Compressed, // at an offset of what the file holds, which may be compressed as a whole
    Text        // numbers in words, from an offset on
  };
  /** The file that the user gave, for errors. */
  std::string Given{};
  /** One file, or several of equal parts. */
  std::vector<std::string> Files{};
  Coding                   Form{ Coding::Raw };
  uint64_t                 Offset{ 0 };
  /** Bytes at the beginning of what is decompressed. */
  uint64_t Skipped{ 0 };
  /** The pixels are the last bytes of the file. */
  bool IsAtEnd{ false };
  /** Bytes of numbers are in the other order than that of this machine. */
  bool IsSwapped{ false };
  /** Numbers of this type are stored; they become slope * number + intercept. */
  struct Scale
  {
    itk::IOComponentEnum Stored{ itk::IOComponentEnum::UNKNOWNCOMPONENTTYPE };
    double               Slope{ 1.0 };
    double               Intercept{ 0.0 };
  };
  std::optional<Scale> Scaling{};
};

/** Throw if the files of pixels cannot hold as many as a reader tells of, before there is memory for them. */
void
CheckPixels(const PixelSource & source, const itk::ImageIOBase & io);

/** Read all pixels that a reader tells of. */
void
ReadPixels(const PixelSource & source, const itk::ImageIOBase & io, void * pixels);
} // namespace MaskedSamplingCore

#endif
