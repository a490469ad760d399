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
#ifndef itkFoldingEstimate_h
#define itkFoldingEstimate_h

#include "facade/itkRegistrationInputs.h"
#include "geometry/itkGridGeometry.h"
#include "metric/itkTransformJacobian.h"

#include "itkMaskedVoxelSampler.h"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace itk
{
/** \class FoldingEstimate
 * \brief Looks for folds of a transform at voxels inside the mask, and around it.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class FoldingEstimate
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using ReportType = typename MaskedImageRegistration<TImage>::FoldingReport;
  using TransformType = typename InputsType::TransformType;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using PointType = Point<double, ImageDimension>;

  static ReportType
  Compute(const InputsType &    inputs,
          const SettingsType &  settings,
          const TransformType & transform,
          const SamplerType &   sampler)
  {
    const TransformJacobian<ImageDimension> jacobian(transform, inputs.GetShortestSpacing());
    const auto                              units = InputsType::GetNumberOfWorkUnits(settings);
    const auto                              inside = jacobian.ComputeDeterminants(ChooseInside(sampler), units);
    const auto                              around = jacobian.ComputeDeterminants(ChooseAround(inputs, sampler), units);
    const auto folded = std::count_if(inside.begin(), inside.end(), [](double value) { return !(value > 0.0); });
    const auto range = std::minmax_element(inside.begin(), inside.end());
    ReportType report;
    report.Share = static_cast<double>(folded) / static_cast<double>(inside.size());
    report.Smallest = *range.first;
    report.Largest = *range.second;
    report.SmallestAround = std::accumulate(
      around.begin(), around.end(), report.Smallest, [](double one, double other) { return std::min(one, other); });
    report.LargestAround = std::accumulate(
      around.begin(), around.end(), report.Largest, [](double one, double other) { return std::max(one, other); });
    return report;
  }

  /** What is wrong, and the way out; empty: nothing. */
  static std::string
  Describe(const ReportType & report)
  {
    std::ostringstream text;
    constexpr double   percent = 100.0;
    constexpr int      digits = 3;
    text.precision(digits);
    if (!(report.Largest > 0.0))
    {
      text << "The result turns space inside out: the determinant of its Jacobian matrix is " << report.Largest
           << ". It is mirrored, or flat. Use a transform with fewer parameters, or a stage of one before it.";
    }
    else if (report.Share > 0.0)
    {
      text << "The result folds space at " << report.Share * percent
           << " % of the voxels inside the mask: the Jacobian determinant there is down to " << report.Smallest
           << ". Raise the regularization, or take a wider grid-spacing.";
    }
    else if (!(report.SmallestAround > 0.0))
    {
      text << "The result folds space beside the mask, where the Jacobian determinant is down to "
           << report.SmallestAround
           << ". Inside the mask it is positive. For images that are resampled as a whole, dilate the mask.";
    }
    return text.str();
  }

private:
  static constexpr SizeValueType Enough = 30000;

  static std::vector<PointType>
  ChooseInside(const SamplerType & sampler)
  {
    const SizeValueType    number = sampler.GetNumberOfVoxels();
    const SizeValueType    chosen = std::min(number, Enough);
    std::vector<PointType> points(chosen);
    for (SizeValueType n = 0; n < chosen; ++n)
    {
      const auto place = static_cast<double>(n) * static_cast<double>(number) / static_cast<double>(chosen);
      // That of a field has a grid of its own.
      sampler.GetDomain()->TransformIndexToPhysicalPoint(sampler.GetIndex(static_cast<SizeValueType>(place)),
                                                         points[n]);
    }
    return points;
  }

  /** On a grid over the box of the mask, and as much again to each side, in the image. */
  static std::vector<PointType>
  ChooseAround(const InputsType & inputs, const SamplerType & sampler)
  {
    using GeometryType = GridGeometry<ImageDimension>;
    auto wide = sampler.GetBoundingRegion();
    wide.PadByRadius(wide.GetSize());
    const auto box = GeometryType::Crop(*sampler.GetDomain(), wide);
    auto       grid = box;
    for (unsigned int factor = 2; grid->GetLargestPossibleRegion().GetNumberOfPixels() > Enough; ++factor)
    {
      grid = GeometryType::Shrink(*box, factor);
    }
    const auto &           image = inputs.GetDomain();
    std::vector<PointType> points;
    for (SizeValueType n = 0; n < grid->GetLargestPossibleRegion().GetNumberOfPixels(); ++n)
    {
      PointType point;
      grid->TransformIndexToPhysicalPoint(grid->ComputeIndex(static_cast<OffsetValueType>(n)), point);
      if (image.GetLargestPossibleRegion().IsInside(image.TransformPhysicalPointToIndex(point)))
      {
        points.push_back(point);
      }
    }
    return points;
  }
};
} // end namespace itk

#endif // itkFoldingEstimate_h
