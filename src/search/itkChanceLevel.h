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
#ifndef itkChanceLevel_h
#define itkChanceLevel_h

#include "search/itkIntensityBins.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
/** \class ChanceLevel
 * \brief Whether two images have more in common at sample points than images have that have nothing in common.
 *
 * The G-test of independence (Sokal and Rohlf, Biometry, 1981): twice the number of samples times the mutual
 * information of bins is distributed as chi squared if the images are independent, with as many degrees of freedom as
 * the table has free cells.
 *
 * \ingroup MaskedSampling
 */
class ChanceLevel
{
public:
  /** \return how many standard deviations above the mean of chance: of unrelated noise within 3, and not much more for
   * the best of many places; 0 if an image has one value alone
   * \param fixed, moving values of the two images at the same points */
  static double
  ComputeExcess(const std::vector<double> & fixed, const std::vector<double> & moving)
  {
    // Five samples or more in a cell, on average.
    constexpr unsigned int greatest = 8;
    constexpr double       samplesPerCell = 5.0;
    const auto             number = static_cast<double>(fixed.size());
    const auto             side = std::min(static_cast<unsigned int>(std::sqrt(number / samplesPerCell)), greatest);
    if (side < 2)
    {
      return 0.0;
    }
    const IntensityBins fixedBins(fixed);
    const IntensityBins movingBins(moving);
    std::vector<double> table(greatest * greatest, 0.0);
    std::vector<double> rows(greatest, 0.0);
    std::vector<double> columns(greatest, 0.0);
    const auto          toCell = [side](IntensityBins::BinType bin) { return bin * side / IntensityBins::Number; };
    for (std::size_t i = 0; i < fixed.size(); ++i)
    {
      const auto row = toCell(fixedBins.Find(fixed[i]));
      const auto column = toCell(movingBins.Find(moving[i]));
      table[row * greatest + column] += 1.0;
      rows[row] += 1.0;
      columns[column] += 1.0;
    }
    double statistic = 0.0;
    for (unsigned int row = 0; row < greatest; ++row)
    {
      for (unsigned int column = 0; column < greatest; ++column)
      {
        const double count = table[row * greatest + column];
        statistic += count > 0.0 ? 2.0 * count * std::log(count * number / (rows[row] * columns[column])) : 0.0;
      }
    }
    const auto isFilled = [](double count) { return count > 0.0; };
    const auto freedom = static_cast<double>((std::count_if(rows.begin(), rows.end(), isFilled) - 1) *
                                             (std::count_if(columns.begin(), columns.end(), isFilled) - 1));
    return freedom > 0.0 ? (statistic - freedom) / std::sqrt(2.0 * freedom) : 0.0;
  }
};
} // end namespace itk

#endif // itkChanceLevel_h
