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
#ifndef itkMaskedRankDraws_h
#define itkMaskedRankDraws_h

#include "itkMachineMemory.h"
#include "itkMersenneTwisterRandomVariateGenerator.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <sstream>
#include <vector>

namespace itk
{
/** \class MaskedRankDraws
 * \brief Draws of ranks that are all alike, the same on every platform.
 * \ingroup MaskedSampling
 */
class MaskedRankDraws
{
public:
  using GeneratorType = Statistics::MersenneTwisterRandomVariateGenerator;
  using RanksType = std::vector<SizeValueType>;

  /** To be asked before: whether so many samples fit into memory.
   * \param bytesPerSample besides its rank
   * \exception ExceptionObject if they do not */
  static void
  CheckMemory(SizeValueType numberOfSamples, SizeValueType numberOfVoxels, SizeValueType bytesPerSample)
  {
    const auto         bytes = static_cast<double>(2 * sizeof(SizeValueType) + bytesPerSample);
    std::ostringstream what;
    what << "samples: " << numberOfSamples << ", of " << numberOfVoxels << " mask voxels,";
    MachineMemory::Check(what.str(), static_cast<double>(numberOfSamples) * bytes, "Ask for fewer, such as 2000.");
  }

  /** Each of the ranks below a number floor(n / V) times, and the remainder without replacement. In order. */
  static RanksType
  DrawRandomly(GeneratorType & generator, SizeValueType numberOfSamples, SizeValueType numberOfVoxels)
  {
    const SizeValueType repetitions = numberOfSamples / numberOfVoxels;
    const SizeValueType remainder = numberOfSamples % numberOfVoxels;

    // Draw the ranks to take once more or, if they are more than half, those not to take.
    const bool          drawOmitted = remainder > numberOfVoxels / 2;
    const SizeValueType numberToDraw = drawOmitted ? numberOfVoxels - remainder : remainder;
    RanksType           drawn;
    drawn.reserve(numberToDraw);
    while (drawn.size() < numberToDraw)
    {
      for (SizeValueType missing = numberToDraw - drawn.size(); missing > 0; --missing)
      {
        drawn.push_back(DrawInteger(generator, numberOfVoxels));
      }
      std::sort(drawn.begin(), drawn.end());
      drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
    }
    if (repetitions == 0 && !drawOmitted)
    {
      return drawn;
    }

    RanksType ranks;
    ranks.reserve(numberOfSamples);
    auto next = drawn.begin();
    for (SizeValueType rank = 0; rank < numberOfVoxels; ++rank)
    {
      const bool isDrawn = next != drawn.end() && *next == rank;
      next += isDrawn ? 1 : 0;
      ranks.insert(ranks.end(), repetitions + (isDrawn != drawOmitted ? 1 : 0), rank);
    }
    return ranks;
  }

  /** Systematic sampling. \param phase in [0, 1) */
  static RanksType
  DrawRegularly(double phase, SizeValueType numberOfSamples, SizeValueType numberOfVoxels)
  {
    RanksType ranks(numberOfSamples);
    for (SizeValueType i = 0; i < numberOfSamples; ++i)
    {
      const double position =
        (static_cast<double>(i) + phase) * static_cast<double>(numberOfVoxels) / static_cast<double>(numberOfSamples);
      // Rounding may lift the last position to V.
      ranks[i] = std::min(static_cast<SizeValueType>(position), numberOfVoxels - 1);
    }
    return ranks;
  }

private:
  static SizeValueType
  DrawInteger(GeneratorType & generator, SizeValueType upperBound)
  {
    // Rejection of the incomplete last interval makes every value equally likely.
    constexpr std::uint64_t range32 = std::uint64_t{ 1 } << 32;
    const std::uint64_t     bound = upperBound;
    if (bound <= range32)
    {
      const std::uint64_t limit = range32 - range32 % bound;
      while (true)
      {
        const std::uint64_t draw = generator.GetIntegerVariate();
        if (draw < limit)
        {
          return draw % bound;
        }
      }
    }
    constexpr std::uint64_t maximum = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t     last = maximum - (maximum % bound + 1) % bound;
    while (true)
    {
      const std::uint64_t high = generator.GetIntegerVariate();
      const std::uint64_t low = generator.GetIntegerVariate();
      const std::uint64_t draw = (high << 32) | low;
      if (draw <= last)
      {
        return draw % bound;
      }
    }
  }
};
} // end namespace itk

#endif // itkMaskedRankDraws_h
