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
#ifndef itkSampleGroups_h
#define itkSampleGroups_h

#include "itkPoint.h"
#include "itkSampledMetricInterface.h"

#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace itk
{
/** \class SampleGroups
 * \brief Divides sample points into groups at random, about equally large, that a metric can have one by one.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class SampleGroups
{
public:
  using PointType = Point<double, VDimension>;

  /** \param points kept by reference */
  SampleGroups(const std::vector<PointType> & points, SizeValueType numberOfGroups)
    : m_Points(points)
    , m_NumberOfGroups(numberOfGroups)
    , m_Groups(points.size())
  {
    for (SizeValueType i = 0; i < m_Groups.size(); ++i)
    {
      m_Groups[i] = i % numberOfGroups;
    }
    // Neighbours are alike: at random, and the same with every library, which std::shuffle() is not.
    std::mt19937 generator(1);
    for (SizeValueType i = m_Groups.size(); i > 1; --i)
    {
      std::swap(m_Groups[i - 1], m_Groups[generator() % i]);
    }
  }

  SizeValueType
  GetNumberOfGroups() const
  {
    return m_NumberOfGroups;
  }

  /** Give a metric the points of which the group is wanted, in their order.
   * \return their number */
  template <typename TMetric, typename TPredicate>
  SizeValueType
  SetSamples(TMetric & metric, const TPredicate & isWanted) const
  {
    using InterfaceType = SampledMetricInterface<TMetric>;
    auto coordinates = std::make_shared<typename InterfaceType::CoordinatesType>();
    for (SizeValueType i = 0; i < m_Points.size(); ++i)
    {
      for (unsigned int d = 0; isWanted(m_Groups[i]) && d < VDimension; ++d)
      {
        (*coordinates)[d].push_back(m_Points[i][d]);
      }
    }
    const SizeValueType number = coordinates->front().size();
    // The range of the bins stays what it was for all.
    dynamic_cast<InterfaceType &>(metric).SetSampleCoordinates(std::move(coordinates), false);
    return number;
  }

private:
  const std::vector<PointType> & m_Points;
  SizeValueType                  m_NumberOfGroups;
  std::vector<SizeValueType>     m_Groups;
};
} // end namespace itk

#endif // itkSampleGroups_h
