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
#ifndef itkMaskedRegistrationTransformTestHelpers_h
#define itkMaskedRegistrationTransformTestHelpers_h

#include "facade/itkMaskedRegistrationTransform.h"

#include "geometry/itkGridGeometry.h"
#include "itkMaskedSamplingTestHelpers.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

/** What the tests of the transforms share: oblique grids, and what transforms do to their points. */
namespace itk::MaskedSamplingTest
{
using Settings = MaskedRegistrationSettings;
template <unsigned int VDimension>
using Transforms = MaskedRegistrationTransform<VDimension>;
template <unsigned int VDimension>
using GridOf = ImageBase<VDimension>;
template <unsigned int VDimension>
using PointType = Point<double, VDimension>;
template <unsigned int VDimension>
using Spline = BSplineTransform<double, VDimension>;
template <unsigned int VDimension>
using Field = DisplacementFieldTransform<double, VDimension>;

inline const char * const linearNames[] = { "translation", "rigid", "similarity", "affine" };

/** A grid with an oblique direction and anisotropic spacing, with indices from 0. */
template <unsigned int VDimension>
typename GridOf<VDimension>::Pointer
MakeTiltedGrid(unsigned int seed)
{
  std::mt19937 random(seed);
  const auto   image = MakeRandomGrid<MaskImageType<VDimension>>(random, 20, 0);
  return GridGeometry<VDimension>::Reindex(*image, image->GetLargestPossibleRegion()).Grid;
}

template <unsigned int VDimension>
std::vector<PointType<VDimension>>
ListPoints(const GridOf<VDimension> & grid)
{
  std::vector<PointType<VDimension>> points;
  for (const auto & index :
       ListByBruteForce<VDimension>(&grid, grid.GetLargestPossibleRegion(), nullptr, nullptr, nullptr))
  {
    points.push_back(grid.template TransformIndexToPhysicalPoint<double>(index));
  }
  return points;
}

template <unsigned int VDimension>
PointType<VDimension>
ComputeMean(const std::vector<PointType<VDimension>> & points)
{
  PointType<VDimension> mean;
  mean.Fill(0.0);
  for (const auto & point : points)
  {
    mean += point.GetVectorFromOrigin() / static_cast<double>(points.size());
  }
  return mean;
}

/** Expect that two transforms map all points of a grid alike. */
template <unsigned int VDimension>
void
ExpectSameMap(const TransformOf<VDimension> & a,
              const TransformOf<VDimension> & b,
              const GridOf<VDimension> &      grid,
              double                          tolerance)
{
  for (const auto & point : ListPoints<VDimension>(grid))
  {
    ASSERT_LE(a.TransformPoint(point).EuclideanDistanceTo(b.TransformPoint(point)), tolerance) << point;
  }
}

/** Move every parameter of a transform, or of every transform in a composite, each by another amount. */
template <unsigned int VDimension>
void
Shake(TransformOf<VDimension> & transform, unsigned int seed)
{
  if (auto * const composite = dynamic_cast<CompositeTransform<double, VDimension> *>(&transform))
  {
    for (SizeValueType n = 0; n < composite->GetNumberOfTransforms(); ++n)
    {
      Shake<VDimension>(*composite->GetNthTransformModifiablePointer(n), seed);
    }
    return;
  }
  std::mt19937                     random(seed);
  std::uniform_real_distribution<> amount(-0.1, 0.1);
  auto                             parameters = transform.GetParameters();
  for (auto & parameter : parameters)
  {
    parameter += amount(random);
  }
  transform.SetParameters(parameters);
}

inline Settings
MakeSettings(const std::string & name, const std::vector<SizeValueType> & shrinkFactors)
{
  auto settings = Settings::MakeDefaults(name);
  settings.ShrinkFactors = shrinkFactors;
  return settings.Resolve();
}
} // namespace itk::MaskedSamplingTest

#endif // itkMaskedRegistrationTransformTestHelpers_h
