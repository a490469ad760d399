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
#ifndef itkDrawPoints_h
#define itkDrawPoints_h

#include "facade/itkRegistrationInputs.h"

#include "itkMaskedVoxelSampler.h"

#include <vector>

namespace itk
{
/** Points in mask voxels, in raster order: a number of them, or all those of the user that are inside.
 * \param sampler of the mask voxels, updated */
template <typename TImage>
std::vector<Point<double, TImage::ImageDimension>>
DrawPoints(const RegistrationInputs<TImage> &                 inputs,
           const MaskedVoxelSampler<TImage::ImageDimension> & sampler,
           SizeValueType                                      number,
           SizeValueType                                      seed)
{
  using PointSetType = typename MaskedVoxelSampler<TImage::ImageDimension>::PointSetType;
  typename PointSetType::Pointer points;
  if (inputs.SamplePoints)
  {
    const auto own = PointSetType::New();
    const auto container = PointSetType::PointsContainer::New();
    if (inputs.SamplePoints->GetPoints() != nullptr)
    {
      for (const auto & point : inputs.SamplePoints->GetPoints()->CastToSTLConstContainer())
      {
        container->CastToSTLContainer().push_back(point);
      }
    }
    own->SetPoints(container);
    points = sampler.KeepInside(own);
  }
  else
  {
    points = sampler.SampleRandomly(number, static_cast<unsigned int>(seed));
  }
  std::vector<Point<double, TImage::ImageDimension>> drawn;
  drawn.reserve(points->GetNumberOfPoints());
  for (const auto & point : points->GetPoints()->CastToSTLConstContainer())
  {
    drawn.emplace_back().CastFrom(point);
  }
  return drawn;
}
} // end namespace itk

#endif // itkDrawPoints_h
