// SPDX-License-Identifier: Apache-2.0
#include "CoreLocale.h"

#include "CoreScene.h"

#include <gtest/gtest.h>

#include <atomic>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace CoreLocaleGTest
{
using namespace CoreScene;

/** Sets the locale of the process, while it lives. */
class GlobalLocale
{
public:
  explicit GlobalLocale(const std::vector<const char *> & names)
  {
    for (const char * const name : names)
    {
      if (std::setlocale(LC_ALL, name) != nullptr)
      {
        m_Name = std::setlocale(LC_ALL, nullptr);
        break;
      }
    }
  }
  GlobalLocale(const GlobalLocale &) = delete;
  GlobalLocale &
  operator=(const GlobalLocale &) = delete;
  ~GlobalLocale() { std::setlocale(LC_ALL, m_Before.c_str()); }

  /** Empty: the system has none of those. */
  const std::string &
  GetName() const
  {
    return m_Name;
  }

private:
  std::string m_Before{ std::setlocale(LC_ALL, nullptr) };
  std::string m_Name{};
};

const std::vector<const char *> namesWithPoint{ "C.UTF-8", "C.utf8", "en_US.UTF-8" };
const std::vector<const char *> namesWithComma{ "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE" };

const std::vector<std::string> suffixes{ ".nii", ".nii.gz", ".nrrd", ".mha", ".vtk", ".gipl", ".mrc" };

/** A geometry whose numbers have digits after the point. */
masked_sampling_geometry
MakeFractions()
{
  auto geometry = MakeGeometry(4);
  geometry.spacing[0] = 1.25;
  geometry.spacing[1] = 0.75;
  geometry.origin[0] = -3.5;
  geometry.origin[1] = 10.125;
  return geometry;
}

/** Write images in every format and read them again, several times. */
void
WriteAndRead(const std::string & file, unsigned int number)
{
  const auto               geometry = MakeFractions();
  const std::vector<float> pixels(16, 2.5F);
  for (unsigned int n = 0; n < number; ++n)
  {
    for (const auto & suffix : suffixes)
    {
      const std::string        path = file + suffix;
      masked_sampling_geometry read{};
      const char *             component = nullptr;
      uint64_t                 size = 0;
      ASSERT_EQ(masked_sampling_write_image(path.c_str(), &geometry, "float32", pixels.data(), 0), 0)
        << masked_sampling_error();
      ASSERT_EQ(masked_sampling_image_info(path.c_str(), &read, &component, &size), 0) << masked_sampling_error();
      std::vector<float> back(size / sizeof(float));
      ASSERT_EQ(masked_sampling_read_pixels(path.c_str(), back.data(), size), 0) << masked_sampling_error();
      EXPECT_EQ(std::vector<float>(back.begin(), back.begin() + 16), pixels) << suffix;
      // The others keep less of it, whatever the locale.
      const bool isWhole = suffix == ".nrrd" || suffix == ".mha" || suffix == ".vtk" || suffix == ".nii";
      for (int d = 0; isWhole && d < 2; ++d)
      {
        EXPECT_DOUBLE_EQ(read.spacing[d], geometry.spacing[d]) << suffix;
        EXPECT_DOUBLE_EQ(read.origin[d], geometry.origin[d]) << suffix;
      }
    }
  }
}

/** Expect that the locale of the process is the same, for another thread, while this one reads and writes. */
void
ExpectThatNobodySees(const std::string & name)
{
  std::atomic<bool>   isOver{ false };
  std::atomic<size_t> numberOfLooks{ 0 };
  std::atomic<size_t> numberOfChanges{ 0 };
  const std::string   point = std::localeconv()->decimal_point;
  std::thread         other([&] {
    while (!isOver)
    {
      const bool isSame = name == std::setlocale(LC_ALL, nullptr) && point == std::localeconv()->decimal_point;
      numberOfChanges += isSame ? 0 : 1;
      ++numberOfLooks;
    }
  });
  // Tests may run at the same time, in several processes.
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  WriteAndRead(testing::TempDir() + "core-locale-" + test, 200);
  isOver = true;
  other.join();
  EXPECT_GT(numberOfLooks, 1000U);
  EXPECT_EQ(numberOfChanges, 0U) << "of " << numberOfLooks;
  EXPECT_EQ(name, std::setlocale(LC_ALL, nullptr));
}

TEST(CoreLocale, FilesLeaveTheLocaleOfTheProcessAlone)
{
  const GlobalLocale locale(namesWithPoint);
  if (locale.GetName().empty())
  {
    GTEST_SKIP() << "the system has no other locale than C";
  }
  ExpectThatNobodySees(locale.GetName());
}

TEST(CoreLocale, FilesAreReadRightUnderADecimalComma)
{
  const GlobalLocale locale(namesWithComma);
  if (locale.GetName().empty())
  {
    GTEST_SKIP() << "the system has no locale with a decimal comma";
  }
  ASSERT_STREQ(std::localeconv()->decimal_point, ",");
  ExpectThatNobodySees(locale.GetName());
}

TEST(CoreLocale, IsThatOfOneThreadWhileItLives)
{
  const GlobalLocale locale(namesWithComma);
  const std::string  before = std::localeconv()->decimal_point;
  {
    const MaskedSamplingCore::PointLocale point;
    EXPECT_STREQ(std::localeconv()->decimal_point, ".");
    double number = 0.0;
    EXPECT_EQ(std::sscanf("2.5", "%lf", &number), 1);
    EXPECT_EQ(number, 2.5);
    {
      const MaskedSamplingCore::PointLocale inner;
    }
    EXPECT_STREQ(std::localeconv()->decimal_point, ".");
  }
  EXPECT_EQ(before, std::localeconv()->decimal_point);
}

TEST(CoreLocale, ReadsTheHeadersOfVtk)
{
  const std::string path = testing::TempDir() + "core-header.vtk";
  const auto        write = [&](const std::string & text) {
    std::FILE * const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(text.c_str(), file);
    std::fclose(file);
  };
  masked_sampling_geometry read{};
  const char *             component = nullptr;
  uint64_t                 size = 0;
  const auto               info = [&] { return masked_sampling_image_info(path.c_str(), &read, &component, &size); };

  const std::string begin = "# vtk DataFile Version 3.0\nA title\nASCII\nDATASET STRUCTURED_POINTS\n";
  const std::string grid = "DIMENSIONS 2 2 2\nSPACING 1.5 2 2.5e0\nORIGIN -1.5 0 3\nPOINT_DATA 8\n";
  write(begin + grid + "SCALARS scalars short 1\nLOOKUP_TABLE default\n1 2 3 4 5 6 7 8\n");
  ASSERT_EQ(info(), 0) << masked_sampling_error();
  EXPECT_EQ(read.dimension, 3U);
  EXPECT_DOUBLE_EQ(read.spacing[0], 1.5);
  EXPECT_DOUBLE_EQ(read.spacing[2], 2.5);
  EXPECT_DOUBLE_EQ(read.origin[0], -1.5);
  EXPECT_STREQ(component, "int16");
  ASSERT_EQ(size, 16U);
  int16_t pixels[8];
  ASSERT_EQ(masked_sampling_read_pixels(path.c_str(), pixels, size), 0) << masked_sampling_error();
  for (int n = 0; n < 8; ++n)
  {
    EXPECT_EQ(pixels[n], n + 1);
  }
  EXPECT_EQ(masked_sampling_read_pixels(path.c_str(), pixels, size - 1), 1);
  EXPECT_EQ(masked_sampling_read_pixels(path.c_str(), pixels, size + 1), 1);
  EXPECT_NE(std::string(masked_sampling_error()).find("number_of_bytes"), std::string::npos);
  // No number of components, and no table.
  write(begin + "DIMENSIONS 2 2 1\nPOINT_DATA 4\nSCALARS scalars double\n1.5 2 3 4\n");
  ASSERT_EQ(info(), 0) << masked_sampling_error();
  EXPECT_EQ(read.dimension, 2U);
  EXPECT_STREQ(component, "float64");
  double numbers[4];
  ASSERT_EQ(masked_sampling_read_pixels(path.c_str(), numbers, size), 0) << masked_sampling_error();
  EXPECT_EQ(numbers[0], 1.5);

  const std::string bad[] = {
    "# vtk DataFile Version 3.0\nA title\nNEITHER\nDATASET STRUCTURED_POINTS\n",
    "# vtk DataFile Version 3.0\nA title\nASCII\nDATASET POLYDATA\n",
    begin + "POINTS 3\nDIMENSIONS\n",
    begin + "DIMENSIONS 2 2\nPOINT_DATA 4\nSCALARS s short\n1\n",
    begin + "DIMENSIONS 2 2 1\nSPACING 1 x 1\nPOINT_DATA 4\nSCALARS s short\n1\n",
    begin + grid + "SCALARS s nothing 1\nLOOKUP_TABLE default\n1\n",
    begin + grid + "VECTORS v float\n1\n",
    begin + grid,
    "",
  };
  for (const auto & text : bad)
  {
    write(text);
    // 3: it is of another kind, such as data that are no image.
    const int code = info();
    EXPECT_TRUE(code == 1 || code == 3) << code << ": " << text;
    EXPECT_STRNE(masked_sampling_error(), "") << text;
  }
}

} // namespace CoreLocaleGTest
