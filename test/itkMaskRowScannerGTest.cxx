/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
// First include the header file to be tested:
#include "sampler/itkMaskRowScanner.h"

// Once more, without the instructions of one family of processors: what all the others compile.
#undef itkMaskRowScanner_h
#undef __SSE2__
#undef _M_X64
#define MaskRowScanner PortableMaskRowScanner
#include "sampler/itkMaskRowScanner.h"
#undef MaskRowScanner

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

namespace MaskRowScannerGTest
{
using RowType = std::vector<unsigned char>;
using RunsType = std::vector<std::pair<itk::SizeValueType, itk::SizeValueType>>;

template <typename TPredicate>
RunsType
FindRunsOneByOne(const RowType & row, size_t offset, size_t length, TPredicate isInside)
{
  RunsType runs;
  for (size_t x = 0; x < length; ++x)
  {
    if (isInside(row[offset + x]))
    {
      if (x > 0 && isInside(row[offset + x - 1]))
      {
        runs.back().second = x + 1;
      }
      else
      {
        runs.emplace_back(x, x + 1);
      }
    }
  }
  return runs;
}

template <typename TScanner>
void
ExpectRunsAreThoseFoundOneByOne(const RowType & row, size_t offset, size_t length, unsigned char value)
{
  RunsType   runs;
  const auto append = [&runs](itk::SizeValueType begin, itk::SizeValueType end) { runs.emplace_back(begin, end); };
  TScanner::ForEachRunOfNonzero(row.data() + offset, length, append);
  ASSERT_EQ(runs, FindRunsOneByOne(row, offset, length, [](unsigned char pixel) { return pixel != 0; }));
  runs.clear();
  TScanner::ForEachRunOf(value, row.data() + offset, length, append);
  ASSERT_EQ(runs, FindRunsOneByOne(row, offset, length, [value](unsigned char pixel) { return pixel == value; }));
}

template <typename TScanner>
class MaskRowScannerTest : public testing::Test
{};
using ScannerTypes = testing::Types<itk::MaskRowScanner, itk::PortableMaskRowScanner>;
TYPED_TEST_SUITE(MaskRowScannerTest, ScannerTypes);

TYPED_TEST(MaskRowScannerTest, RandomRows)
{
  std::mt19937 random(1);
  unsigned int numberOfRows = 0;
  for (size_t length = 0; length <= 200; ++length)
  {
    for (const double probability : { 0.02, 0.3, 0.9, 1.0 })
    {
      for (const unsigned int numberOfValues : { 1U, 3U, 255U })
      {
        // Bytes beyond the end of the row, which must not count, and any alignment.
        const size_t offset = random() % 17;
        RowType      row(offset + length + 70);
        for (auto & pixel : row)
        {
          const bool isForeground = std::bernoulli_distribution(probability)(random);
          pixel = static_cast<unsigned char>(isForeground ? 1 + random() % numberOfValues : 0);
        }
        const auto value = static_cast<unsigned char>(random() % (numberOfValues + 1));
        ExpectRunsAreThoseFoundOneByOne<TypeParam>(row, offset, length, value);
        ASSERT_FALSE(this->HasFatalFailure()) << length;
        ++numberOfRows;
      }
    }
  }
  EXPECT_EQ(numberOfRows, 201U * 12U);
}

TYPED_TEST(MaskRowScannerTest, EveryValueNextToEveryOther)
{
  // The last bit, the sign, and all carries between neighbouring bytes.
  for (unsigned int a = 0; a < 256; ++a)
  {
    for (const unsigned int b : { 0U, 1U, 127U, 128U, 129U, 254U, 255U, a ^ 1U, a ^ 128U })
    {
      RowType row(130);
      for (size_t x = 0; x < row.size(); ++x)
      {
        row[x] = static_cast<unsigned char>(x % 3 == 0 ? a : b);
      }
      ExpectRunsAreThoseFoundOneByOne<TypeParam>(row, 0, row.size(), static_cast<unsigned char>(a));
      ExpectRunsAreThoseFoundOneByOne<TypeParam>(row, 1, 129, static_cast<unsigned char>(b));
      ASSERT_FALSE(this->HasFatalFailure()) << a << ' ' << b;
    }
  }
}

TYPED_TEST(MaskRowScannerTest, RunsFromAnyPixelToAnyOther)
{
  for (size_t begin = 0; begin < 140; ++begin)
  {
    for (size_t end = begin; end <= 140; ++end)
    {
      RowType row(140);
      std::fill(row.begin() + static_cast<std::ptrdiff_t>(begin), row.begin() + static_cast<std::ptrdiff_t>(end), 200);
      ExpectRunsAreThoseFoundOneByOne<TypeParam>(row, 0, row.size(), 200);
      ASSERT_FALSE(this->HasFatalFailure()) << begin << ' ' << end;
    }
  }
}

} // namespace MaskRowScannerGTest
