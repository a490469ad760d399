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
#ifndef itkSampleParts_h
#define itkSampleParts_h

#include "geometry/itkParallelTasks.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace itk
{
/** \class SampleParts
 * \brief Divides samples into parts, each of them the work of one thread.
 *
 * The parts depend on the number of samples alone: what comes out of them, summed in their order, is the same to the
 * bit with any number of threads.
 *
 * \ingroup MaskedSampling
 */
class SampleParts
{
public:
  SampleParts() = default;

  /** Divide for sums of which each part has its own. */
  SampleParts(SizeValueType numberOfSamples, SizeValueType numberOfSums)
    : m_NumberOfSamples(numberOfSamples)
  {
    // Few samples: not worth several threads. Many sums: those of all parts are to fit into the cache, if there are
    // some parts.
    constexpr SizeValueType leastSize = 1024;
    constexpr SizeValueType greatestNumberOfParts = 64;
    constexpr SizeValueType greatestNumberOfSums = 1U << 18U;
    constexpr SizeValueType greatestNumberInAll = 1U << 22U; // 32 MiB
    const SizeValueType     some = numberOfSums <= greatestNumberInAll / 8 ? 8 : 2;

    const SizeValueType limit = std::max<SizeValueType>(
      std::min(greatestNumberOfParts, greatestNumberOfSums / std::max<SizeValueType>(numberOfSums, 1)), some);
    m_NumberOfParts = std::max<SizeValueType>(std::min(numberOfSamples / leastSize, limit), 1);
    m_PartSize = (numberOfSamples + m_NumberOfParts - 1) / m_NumberOfParts;
  }

  /** Parts of a certain size, without sums. */
  static SampleParts
  OfSize(SizeValueType numberOfSamples, SizeValueType partSize)
  {
    SampleParts parts;
    parts.m_NumberOfSamples = numberOfSamples;
    parts.m_NumberOfParts = (numberOfSamples + partSize - 1) / partSize;
    parts.m_PartSize = partSize;
    return parts;
  }

  SizeValueType
  GetNumberOfParts() const
  {
    return m_NumberOfParts;
  }

  /** The first sample of a part, and that after its last. */
  std::pair<SizeValueType, SizeValueType>
  GetRange(SizeValueType part) const
  {
    return { std::min(part * m_PartSize, m_NumberOfSamples), std::min((part + 1) * m_PartSize, m_NumberOfSamples) };
  }

  /** How many of a number of work units find a part to work on. */
  ThreadIdType
  GetNumberOfWorkUnitsUsed(ThreadIdType numberOfWorkUnits) const
  {
    return static_cast<ThreadIdType>(
      std::max<SizeValueType>(std::min<SizeValueType>(numberOfWorkUnits, m_NumberOfParts), 1));
  }

  /** Call work(part, first, last) for every part, in several threads. */
  template <typename TWork>
  void
  ForEach(ThreadIdType numberOfWorkUnits, const TWork & work) const
  {
    ParallelTasks::ForEach(m_NumberOfParts, numberOfWorkUnits, [&](SizeValueType part) {
      const auto [first, last] = this->GetRange(part);
      work(part, first, last);
    });
  }

  /** Make one thing of each part, in several threads, and of these, in their order, one.
   * \param compute makes it of a part, its first sample and that after its last
   * \tparam TAccumulated what it makes, which merges */
  template <typename TAccumulated, typename TCompute>
  TAccumulated
  Accumulate(ThreadIdType numberOfWorkUnits, const TCompute & compute) const
  {
    std::vector<TAccumulated> ofParts(m_NumberOfParts);
    this->ForEach(numberOfWorkUnits, [&](SizeValueType part, SizeValueType first, SizeValueType last) {
      ofParts[part] = compute(first, last);
    });
    return Merge(ofParts);
  }

  /** Of those of the parts, in their order, one. */
  template <typename TAccumulated>
  static TAccumulated
  Merge(std::vector<TAccumulated> & ofParts)
  {
    TAccumulated total;
    for (auto & ofPart : ofParts)
    {
      total.Merge(std::move(ofPart));
    }
    return total;
  }

private:
  SizeValueType m_NumberOfSamples{};
  SizeValueType m_NumberOfParts{ 1 };
  SizeValueType m_PartSize{};
};
} // end namespace itk

#endif // itkSampleParts_h
