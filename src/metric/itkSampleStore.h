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
#ifndef itkSampleStore_h
#define itkSampleStore_h

#include "itkNumericTraits.h"
#include "itkPoint.h"
#include "itkTimeStamp.h"
#include "metric/itkSampleOrder.h"
#include "metric/itkSampleParts.h"
#include "metric/itkSamplePoints.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace itk
{
/** \class SampleStore
 * \brief The samples of a level: coordinates and the value of the fixed image of those that have one, and how much they
 * count.
 *
 * Where all points have a value, their coordinates are not copied, unless they are sorted.
 *
 * \ingroup MaskedSampling
 */
template <typename TFixedPixel, unsigned int VDimension>
class SampleStore
{
public:
  using PointType = Point<double, VDimension>;
  using CoordinatesType = std::array<std::vector<double>, VDimension>;
  using CoordinatesPointer = std::shared_ptr<const CoordinatesType>;
  using PointsType = SamplePoints<VDimension>;

  /** What a sample counts, 0 or more, at a point. */
  using WeightType = std::function<double(const PointType &)>;

  /** Keep the points at which evaluate(point, value) is true and gives a finite value, and of which the weight is more
   * than 0. They are called in several threads.
   * \param weight empty: all count the same */
  template <typename TEvaluate>
  void
  Set(const CoordinatesPointer & coordinates,
      const TEvaluate &          evaluate,
      const WeightType &         weight,
      ThreadIdType               numberOfWorkUnits)
  {
    const SizeValueType numberOfPoints = coordinates->front().size();
    // Not vector<bool>, to whose elements threads cannot write side by side.
    std::vector<unsigned char> isKept(numberOfPoints);
    m_FixedValues.resize(numberOfPoints);
    m_Weights.assign(weight ? numberOfPoints : 0, 0.0F);
    constexpr SizeValueType partSize = 1024;
    SampleParts::OfSize(numberOfPoints, partSize)
      .ForEach(numberOfWorkUnits, [&](SizeValueType, SizeValueType first, SizeValueType last) {
        for (SizeValueType i = first; i < last; ++i)
        {
          PointType point;
          for (unsigned int d = 0; d < VDimension; ++d)
          {
            point[d] = (*coordinates)[d][i];
          }
          bool isSample = evaluate(point, m_FixedValues[i]) && std::isfinite(m_FixedValues[i]);
          if (isSample && weight)
          {
            m_Weights[i] = static_cast<float>(weight(point));
            isSample = m_Weights[i] > 0.0F;
          }
          isKept[i] = static_cast<unsigned char>(isSample);
        }
      });
    m_Coordinates = coordinates;
    if (std::find(isKept.begin(), isKept.end(), 0) != isKept.end())
    {
      auto kept = std::make_shared<CoordinatesType>();
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        (*kept)[d] = Select((*coordinates)[d], isKept);
      }
      m_Coordinates = kept;
      m_FixedValues = Select(m_FixedValues, isKept);
      m_Weights = weight ? Select(m_Weights, isKept) : m_Weights;
    }
    this->FindCenter();
    m_Time.Modified();
  }

  /** Put them into another order. */
  void
  Sort(const SampleOrder & order)
  {
    auto coordinates = std::make_shared<CoordinatesType>();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      (*coordinates)[d] = order.Sort((*m_Coordinates)[d]);
    }
    auto fixedValues = order.Sort(m_FixedValues);
    auto weights = order.Sort(m_Weights);
    // All or nothing: memory may have ended.
    m_Coordinates = std::move(coordinates);
    m_FixedValues = std::move(fixedValues);
    m_Weights = std::move(weights);
    m_Time.Modified();
  }

  SizeValueType
  GetNumberOfSamples() const
  {
    return m_FixedValues.size();
  }
  const TFixedPixel *
  GetFixedValues() const
  {
    return m_FixedValues.data();
  }
  /** Null: all count the same. */
  const float *
  GetWeights() const
  {
    return m_Weights.empty() ? nullptr : m_Weights.data();
  }
  /** Where they are, as long as they are here. */
  PointsType
  GetPoints() const
  {
    PointsType points;
    std::transform(m_Coordinates->begin(), m_Coordinates->end(), points.Coordinates.begin(), [](const auto & column) {
      return column.data();
    });
    points.Number = this->GetNumberOfSamples();
    points.Center = m_Center;
    points.Radius = m_Radius;
    points.Time = m_Time.GetMTime();
    return points;
  }

private:
  template <typename TValue>
  static std::vector<TValue>
  Select(const std::vector<TValue> & values, const std::vector<unsigned char> & isKept)
  {
    std::vector<TValue> selected;
    selected.reserve(static_cast<SizeValueType>(std::count(isKept.begin(), isKept.end(), 1)));
    for (SizeValueType i = 0; i < values.size(); ++i)
    {
      if (isKept[i] != 0)
      {
        selected.push_back(values[i]);
      }
    }
    return selected;
  }

  void
  FindCenter()
  {
    m_Center.Fill(0.0);
    m_Radius = 1.0;
    if (m_FixedValues.empty())
    {
      return;
    }
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto & column = (*m_Coordinates)[d];
      const auto [lower, upper] = std::minmax_element(column.begin(), column.end());
      m_Center[d] = 0.5 * (*lower + *upper);
      m_Radius = std::max(m_Radius, *upper - m_Center[d]);
    }
  }

  CoordinatesPointer       m_Coordinates{};
  std::vector<TFixedPixel> m_FixedValues{};
  std::vector<float>       m_Weights{};
  PointType                m_Center{};
  double                   m_Radius{ 1.0 };
  TimeStamp                m_Time{};
};
} // end namespace itk

#endif // itkSampleStore_h
