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
#include "metric/itkSampleParts.h"

#include <gtest/gtest.h>

#include <vector>

namespace SamplePartsGTest
{
TEST(SampleParts, EachSampleIsInOnePart)
{
  for (const itk::SizeValueType samples : { 1, 1023, 1024, 5000, 200000, 200001 })
  {
    for (const itk::SizeValueType sums : { 12, 10000, 100000, 1000000 })
    {
      const itk::SampleParts parts(samples, sums);
      std::vector<int>       counts(samples);
      parts.ForEach(1, [&](itk::SizeValueType, itk::SizeValueType first, itk::SizeValueType last) {
        for (itk::SizeValueType i = first; i < last; ++i)
        {
          ++counts[i];
        }
      });
      EXPECT_EQ(counts, std::vector<int>(samples, 1)) << samples << " samples, " << sums << " sums";
    }
  }
}

TEST(SampleParts, EightThreadsHaveWork)
{
  // From a coarse grid of control points to one with half the usual distance of knots in a lung.
  for (const itk::SizeValueType sums : { 12, 10000, 30000, 100000, 500000 })
  {
    EXPECT_EQ(itk::SampleParts(200000, sums).GetNumberOfWorkUnitsUsed(8), 8U) << sums;
  }
  // The memory of the sums of all parts has an end.
  EXPECT_LE(8.0 * 7e6 * static_cast<double>(itk::SampleParts(200000, 7000000).GetNumberOfParts()), 2e8);
}
} // namespace SamplePartsGTest
