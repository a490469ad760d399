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
#ifndef itkWarpedImage_h
#define itkWarpedImage_h

#include "field/itkVectorField.h"
#include "metric/itkMovingSamples.h"

#include "itkIdentityTransform.h"

#include <algorithm>
#include <vector>

namespace itk
{
/** \class WarpedImage
 * \brief The values of an image where a field, and then a transform, take the voxels of a grid.
 * \ingroup MaskedSampling
 */
template <typename TPixel, unsigned int VDimension>
class WarpedImage
{
public:
  using ImageType = Image<TPixel, VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;
  using SamplesType = MovingSamples<TPixel, VDimension>;
  using GrowerType = typename SamplesType::GrowerType;
  using FieldType = VectorField<VDimension>;
  using GridType = ImageBase<VDimension>;
  using RegionType = ImageRegion<VDimension>;

  /** \param image whose buffer may be a part of its largest possible region, if there is a grower
   * \param transform from physical space to that of the image; null: identity */
  WarpedImage(const ImageType * image, const TransformType * transform, const GrowerType & grower)
    : m_Image(image)
    , m_Transform(transform)
  {
    if (grower)
    {
      m_Samples.SetPart(image, grower);
    }
    if (transform == nullptr || !SampledTransform<VDimension>::IsKnown(*transform))
    {
      m_SampledTransform = IdentityTransform<double, VDimension>::New().GetPointer();
    }
    else
    {
      m_SampledTransform = transform;
    }
  }

  /** For each voxel of a region: the value, and whether there is one. */
  void
  Evaluate(const GridType &             grid,
           const FieldType &            field,
           const RegionType &           region,
           ThreadIdType                 numberOfWorkUnits,
           std::vector<TPixel> &        values,
           std::vector<unsigned char> & isInside)
  {
    const SizeValueType number = region.GetNumberOfPixels();
    values.resize(number);
    isInside.resize(number);
    // As many slices at once as fit into the cache.
    constexpr SizeValueType voxelsAtOnce = 1U << 17U;
    constexpr unsigned int  last = VDimension - 1;
    const SizeValueType     sizeOfSlice = number / std::max<SizeValueType>(region.GetSize(last), 1);
    const SizeValueType     slices = std::max<SizeValueType>(voxelsAtOnce / std::max<SizeValueType>(sizeOfSlice, 1), 1);
    for (SizeValueType slice = 0; slice < region.GetSize(last); slice += slices)
    {
      RegionType part = region;
      part.SetIndex(last, region.GetIndex(last) + static_cast<IndexValueType>(slice));
      part.SetSize(last, std::min(slices, region.GetSize(last) - slice));
      this->EvaluatePart(grid,
                         field,
                         part,
                         numberOfWorkUnits,
                         values.data() + slice * sizeOfSlice,
                         isInside.data() + slice * sizeOfSlice);
    }
  }

private:
  void
  EvaluatePart(const GridType &   grid,
               const FieldType &  field,
               const RegionType & region,
               ThreadIdType       numberOfWorkUnits,
               TPixel *           values,
               unsigned char *    isInside)
  {
    const SizeValueType number = region.GetNumberOfPixels();
    for (auto & column : m_Coordinates)
    {
      column.resize(number);
    }
    const bool isMapped = m_Transform != nullptr && m_SampledTransform.GetPointer() != m_Transform;
    GridGeometry<VDimension>::ForEachVoxel(region, numberOfWorkUnits, [&](const auto & voxel, SizeValueType i) {
      const ContinuousIndex<double, VDimension> moved(field.MapVoxel(voxel).data());
      auto point = grid.template TransformContinuousIndexToPhysicalPoint<double>(moved);
      if (isMapped)
      {
        point = m_Transform->TransformPoint(point);
      }
      UnrolledLoop<VDimension>::ForEach([&](auto d) { m_Coordinates[d][i] = point[d]; });
    });
    typename SamplesType::PointsType points;
    points.Number = number;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto & column = m_Coordinates[d];
      points.Coordinates[d] = column.data();
      const auto [lower, upper] = std::minmax_element(column.begin(), column.end());
      points.Center[d] = 0.5 * (*lower + *upper);
      points.Radius = std::max(points.Radius, *upper - points.Center[d]);
    }
    m_Samples.Start(*m_Image, nullptr, *m_SampledTransform, points, numberOfWorkUnits);
    m_Samples.Evaluate([](SizeValueType, SizeValueType, SizeValueType) {});
    std::copy_n(m_Samples.GetValues(), number, values);
    std::copy_n(m_Samples.GetIsValid(), number, isInside);
  }

  typename ImageType::ConstPointer            m_Image{};
  typename TransformType::ConstPointer        m_Transform{};
  typename TransformType::ConstPointer        m_SampledTransform{};
  SamplesType                                 m_Samples{};
  std::array<std::vector<double>, VDimension> m_Coordinates{};
};
} // end namespace itk

#endif // itkWarpedImage_h
