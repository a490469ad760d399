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
#ifndef itkSampleOrder_h
#define itkSampleOrder_h

#include "itkIntTypes.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace itk
{
/** \class SampleOrder
 * \brief Another order of samples: what belongs to them is put into it.
 * \ingroup MaskedSampling
 */
class SampleOrder
{
public:
  /** That in which they are. */
  SampleOrder() = default;

  /** That in which those in the same cell follow each other, otherwise as they are.
   * \param cells of the samples */
  SampleOrder(const std::vector<SizeValueType> & cells, SizeValueType numberOfCells)
  {
    if (std::is_sorted(cells.begin(), cells.end()))
    {
      return;
    }
    // A counting sort.
    std::vector<SizeValueType> places(numberOfCells + 1);
    for (const SizeValueType cell : cells)
    {
      ++places[cell + 1];
    }
    std::partial_sum(places.begin(), places.end(), places.begin());
    m_Samples.resize(cells.size());
    for (SizeValueType i = 0; i < cells.size(); ++i)
    {
      m_Samples[places[cells[i]]++] = i;
    }
  }

  /** Whether it is that in which they are. */
  bool
  IsSame() const
  {
    return m_Samples.empty();
  }

  /** The values of the samples, which may be none at all, in this order. */
  template <typename TValue>
  std::vector<TValue>
  Sort(const std::vector<TValue> & values) const
  {
    if (this->IsSame() || values.empty())
    {
      return values;
    }
    std::vector<TValue> sorted(m_Samples.size());
    std::transform(
      m_Samples.begin(), m_Samples.end(), sorted.begin(), [&values](SizeValueType i) { return values[i]; });
    return sorted;
  }

private:
  /** Which sample comes where. */
  std::vector<SizeValueType> m_Samples{};
};
} // end namespace itk

#endif // itkSampleOrder_h
