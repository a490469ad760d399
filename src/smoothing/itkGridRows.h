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
#ifndef itkGridRows_h
#define itkGridRows_h

#include "smoothing/itkSeparableWindow.h"

#include <cstddef>
#include <vector>

namespace itk
{
/** \class GridRows
 * \brief Numbers of rows of a grid, that is, of the voxels along its first axis, for sums over windows across the rows.
 *
 * A row of which nothing is known is all zeros; that costs no time, and no memory is touched.
 *
 * There may be memory for a few rows only: each then takes the place of the one that came so many rows before.
 *
 * \ingroup MaskedSampling
 */
class GridRows
{
public:
  using WindowType = SeparableWindow<double, 1>;

  /** Nothing is known of any row, then.
   * \param number of rows for which there is memory
   * \param width how many numbers a row has */
  void
  Start(std::size_t number, std::size_t width)
  {
    m_Number = number;
    m_Width = width;
    m_Values.resize(number * width);
    m_IsKnown.assign(number, 0);
    m_Zeros.assign(width, 0.0);
  }

  std::size_t
  GetWidth() const
  {
    return m_Width;
  }

  /** \return where the numbers of a row are to be written to */
  double *
  Use(std::size_t row)
  {
    m_IsKnown[row % m_Number] = 1;
    return m_Values.data() + row % m_Number * m_Width;
  }

  /** Nothing is known of a row. */
  void
  Clear(std::size_t row)
  {
    m_IsKnown[row % m_Number] = 0;
  }

  /** Find the rows around one, along an axis, beyond whose ends all is 0.
   * \param place of the row along the axis, of as many as length says
   * \param stride from one place to the next, in rows
   * \param radius how many rows, before and after
   * \param rows those around, for SeparableWindow
   * \return whether anything is known of one of them */
  bool
  FindAround(std::size_t            row,
             std::size_t            place,
             std::size_t            length,
             std::size_t            stride,
             std::size_t            radius,
             WindowType::RowsType & rows) const
  {
    rows.clear();
    bool       isAnything = false;
    const auto get = [&](bool isThere, std::size_t other) {
      const bool isKnown = isThere && m_IsKnown[other % m_Number] != 0;
      isAnything = isAnything || isKnown;
      return isKnown ? m_Values.data() + other % m_Number * m_Width : m_Zeros.data();
    };
    for (std::size_t k = 0; k <= radius; ++k)
    {
      const double * const lower = get(place >= k, row - k * stride);
      rows.emplace_back(lower, get(place + k < length, row + k * stride));
    }
    return isAnything;
  }

private:
  std::size_t                m_Number{};
  std::size_t                m_Width{};
  std::vector<double>        m_Values{};
  std::vector<unsigned char> m_IsKnown{};
  std::vector<double>        m_Zeros{};
};
} // end namespace itk

#endif // itkGridRows_h
