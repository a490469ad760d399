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
#ifndef itkPointsInMovingImage_h
#define itkPointsInMovingImage_h

#include "geometry/itkGridGeometry.h"
#include "geometry/itkPositionBox.h"
#include "metric/itkSampledTransform.h"
#include "sampler/itkMaskGeometry.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace itk
{
/** \class PointsInMovingImage
 * \brief Finds how many points a transform maps into an image and its mask, and between which positions they are.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class PointsInMovingImage
{
public:
  using ImageType = ImageBase<VDimension>;
  using MaskType = SpatialObject<VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;
  using PointType = Point<double, VDimension>;
  using PositionType = ContinuousIndex<double, VDimension>;
  using BoundsType = std::pair<PositionType, PositionType>;
  using PointsContainerType = typename PointSet<float, VDimension>::PointsContainer;
  using CoordinatesType = std::array<std::vector<double>, VDimension>;
  using MapType = std::function<PointType(const PointType &)>;

  /** \param mask null: none */
  PointsInMovingImage(const ImageType & image, const MaskType * mask)
    : m_Image(image)
  {
    m_MaskGeometry.Mask = mask;
  }

  /** \param coordinates the same points in double; null: there are none
   * \param transform from the points to the space of the image; null: the map does it */
  void
  Locate(const PointsContainerType & points,
         const CoordinatesType *     coordinates,
         const TransformType *       transform,
         const MapType &             map)
  {
    const auto &        floats = points.CastToSTLConstContainer();
    const SizeValueType number = floats.size();
    if (transform != nullptr && SampledTransform<VDimension>::IsKnown(*transform))
    {
      constexpr SizeValueType size = 1U << 14U;
      for (SizeValueType first = 0; first < number; first += size)
      {
        const auto               begin = static_cast<std::ptrdiff_t>(first);
        const auto               end = static_cast<std::ptrdiff_t>(std::min(first + size, number));
        CoordinatesType          columns;
        SamplePoints<VDimension> some;
        some.Number = static_cast<SizeValueType>(end - begin);
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          if (coordinates == nullptr)
          {
            std::transform(floats.begin() + begin,
                           floats.begin() + end,
                           std::back_inserter(columns[d]),
                           [d](const auto & point) { return point[d]; });
          }
          some.Coordinates[d] = coordinates != nullptr ? (*coordinates)[d].data() + first : columns[d].data();
        }
        this->LocateInBatches(some, *transform);
      }
      return;
    }
    for (SizeValueType i = 0; i < number; ++i)
    {
      PointType point;
      for (unsigned int d = 0; d < VDimension; ++d)
      {
        point[d] = coordinates != nullptr ? (*coordinates)[d][i] : static_cast<double>(floats[i][d]);
      }
      const PointType mapped = transform != nullptr ? transform->TransformPoint(point) : map(point);
      this->Add(m_Image.template TransformPhysicalPointToContinuousIndex<double>(mapped));
    }
  }

  SizeValueType
  GetNumber() const
  {
    return m_Number;
  }
  /** None, if no point is inside. */
  std::optional<BoundsType>
  GetBounds() const
  {
    return m_Box.IsEmpty ? std::nullopt : std::make_optional(BoundsType(m_Box.Lower, m_Box.Upper));
  }

private:
  void
  LocateInBatches(SamplePoints<VDimension> & points, const TransformType & transform)
  {
    points.Radius = 1000.0 * m_Image.GetSpacing().GetVnlVector().max_value();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      points.Center[d] = points.Coordinates[d][0];
    }
    SampledTransform<VDimension> mapper;
    mapper.SetTransform(transform, m_Image, points, 1);
    constexpr unsigned int                                batchSize = 64;
    std::array<std::array<double, batchSize>, VDimension> positions;
    for (SizeValueType part = 0; part < mapper.GetParts().GetNumberOfParts(); ++part)
    {
      mapper.template Map<batchSize>(part, positions, [&](SizeValueType, unsigned int count) {
        for (unsigned int i = 0; i < count; ++i)
        {
          PositionType position;
          for (unsigned int d = 0; d < VDimension; ++d)
          {
            position[d] = positions[d][i];
          }
          this->Add(position);
        }
      });
    }
  }

  void
  Add(const PositionType & position)
  {
    const bool isInside =
      GridGeometry<VDimension>::IsInside(m_Image.GetBufferedRegion(), position) &&
      (m_MaskGeometry.Mask == nullptr ||
       m_MaskGeometry.IsInside(m_Image.template TransformContinuousIndexToPhysicalPoint<double>(position)));
    if (!isInside)
    {
      return;
    }
    m_Box.Add(position);
    ++m_Number;
  }

  const ImageType &         m_Image;
  MaskGeometry<VDimension>  m_MaskGeometry{};
  SizeValueType             m_Number{};
  PositionBox<PositionType> m_Box{};
};
} // end namespace itk

#endif // itkPointsInMovingImage_h
