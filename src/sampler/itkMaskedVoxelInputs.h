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
#ifndef itkMaskedVoxelInputs_h
#define itkMaskedVoxelInputs_h

#include "geometry/itkTransformQuestions.h"

#include "itkImageBase.h"
#include "itkSpatialObject.h"

#include <vector>

namespace itk
{
/** \class MaskedVoxelInputs
 * \brief All that a list of mask voxels depends on, to be compared with what it was when the list was made.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
struct MaskedVoxelInputs
{
  using GridType = ImageBase<VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using TransformType = itk::Transform<double, VDimension, VDimension>;

  struct Grid
  {
    typename GridType::PointType     Origin{};
    typename GridType::SpacingType   Spacing{};
    typename GridType::DirectionType Direction{};
    RegionType                       Region{};

    Grid() = default;
    Grid(const GridType & grid, const RegionType & region)
      : Origin(grid.GetOrigin())
      , Spacing(grid.GetSpacing())
      , Direction(grid.GetDirection())
      , Region(region)
    {}

    friend bool
    operator==(const Grid & a, const Grid & b)
    {
      return a.Origin == b.Origin && a.Spacing == b.Spacing && a.Direction == b.Direction && a.Region == b.Region;
    }
  };

  /** An object as it was at some time. */
  struct Stamp
  {
    const Object *   Address{};
    ModifiedTimeType Time{};

    Stamp() = default;
    explicit Stamp(const Object * object)
      : Address(object)
      , Time(object != nullptr ? object->GetMTime() : 0)
    {}

    friend bool
    operator==(const Stamp & a, const Stamp & b)
    {
      return a.Address == b.Address && a.Time == b.Time;
    }
  };

  Grid       Domain{};
  Grid       FixedImage{};
  Grid       CoveringGrid{};
  RegionType Region{};
  Stamp      Mask{};
  Stamp      Transform{};
  /** The origin of the domain, and steps from there, mapped by the transform: not all transforms stamp every change. */
  std::vector<Point<double, VDimension>> MappedPoints{};

  /** To be called when there is a domain. */
  void
  SetTransform(const TransformType & transform, const GridType & domain)
  {
    Transform.Address = &transform;
    Transform.Time = TransformQuestions<TransformType>::GetTime(transform);
    MappedPoints.clear();
    for (unsigned int d = 0; d <= VDimension; ++d)
    {
      auto index = Domain.Region.GetIndex();
      if (d < VDimension)
      {
        index[d] += static_cast<IndexValueType>(Domain.Region.GetSize(d));
      }
      MappedPoints.push_back(transform.TransformPoint(domain.template TransformIndexToPhysicalPoint<double>(index)));
    }
  }

  friend bool
  operator==(const MaskedVoxelInputs & a, const MaskedVoxelInputs & b)
  {
    return a.Domain == b.Domain && a.FixedImage == b.FixedImage && a.CoveringGrid == b.CoveringGrid &&
           a.Region == b.Region && a.Mask == b.Mask && a.Transform == b.Transform && a.MappedPoints == b.MappedPoints;
  }
};

/** \exception ExceptionObject if an image has no pixels where it says to have some */
template <unsigned int VDimension>
void
CheckIsAllocated(const char * name, const ImageBase<VDimension> & image, SizeValueType numberOfPixels)
{
  if (numberOfPixels < image.GetBufferedRegion().GetNumberOfPixels())
  {
    itkGenericExceptionMacro(
      "The "
      << name
      << " image has a region, but no pixels for all of it. Call its Allocate(), or Update() of the filter that makes "
         "it.");
  }
}
} // end namespace itk

#endif // itkMaskedVoxelInputs_h
