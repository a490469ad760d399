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
#ifndef itkIntensityBins_h
#define itkIntensityBins_h

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
/** \class IntensityBins
 * \brief Divides intensities into bins that serve every contrast: halfway between bins of equal counts, which waste
 * some on the noise of a background, and bins of equal widths, which lose tissues that differ little.
 * \ingroup MaskedSampling
 */
class IntensityBins
{
public:
  static constexpr unsigned int Number = 16;
  using BinType = std::uint8_t;

  IntensityBins() = default;

  /** From values, of which at least one is needed. Of very many, some that are evenly spaced do. */
  template <typename TValue>
  explicit IntensityBins(std::vector<TValue> values)
  {
    constexpr std::size_t enough = 1U << 14U;
    if (const std::size_t stride = values.size() / enough; stride > 1)
    {
      for (std::size_t i = 0; i * stride < values.size(); ++i)
      {
        values[i] = values[i * stride];
      }
      values.resize((values.size() + stride - 1) / stride);
    }
    std::sort(values.begin(), values.end());
    const std::size_t number = values.size();
    const std::size_t outliers = number / 200;
    const auto        lowest = static_cast<double>(values[outliers]);
    const auto        highest = static_cast<double>(values[number - 1 - outliers]);
    const double      width = highest > lowest ? highest - lowest : 1.0;
    m_Edges.reserve(Number - 1);
    for (std::size_t i = 0; i < number; ++i)
    {
      const auto   value = static_cast<double>(values[i]);
      const double rank = static_cast<double>(i) / static_cast<double>(number);
      const double place = std::min(std::max((value - lowest) / width, 0.0), 1.0);
      const double position = 0.5 * (rank + place) * Number;
      while (m_Edges.size() < Number - 1 && position >= static_cast<double>(m_Edges.size() + 1))
      {
        m_Edges.push_back(value);
      }
    }
  }

  BinType
  Find(double value) const
  {
    return static_cast<BinType>(std::upper_bound(m_Edges.begin(), m_Edges.end(), value) - m_Edges.begin());
  }

private:
  std::vector<double> m_Edges{};
};
} // end namespace itk

#endif // itkIntensityBins_h
