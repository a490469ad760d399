// SPDX-License-Identifier: Apache-2.0
#include "CoreCalls.h"
#include "CoreImages.h"

#include "itkMaskedVoxelSampler.h"

#include <algorithm>
#include <string>
#include <vector>

namespace MaskedSamplingCore
{
namespace
{
template <unsigned int VDimension>
void
Sample(const masked_sampling_geometry & grid,
       const uint8_t *                  mask,
       const masked_sampling_geometry * maskGeometry,
       const float *                    weights,
       const masked_sampling_geometry * weightGeometry,
       const std::string &              sampling,
       double                           percentage,
       size_t                           number,
       uint32_t                         seed,
       uint64_t &                       numberOfMaskVoxels,
       std::vector<float> &             coordinates)
{
  using SamplerType = itk::MaskedVoxelSampler<VDimension>;
  const auto domain = itk::ImageBase<VDimension>::New();
  SetGeometry(*domain, grid);
  const auto sampler = SamplerType::New();
  sampler->SetDomain(domain);
  if (mask != nullptr)
  {
    sampler->SetMask(MakeMask<VDimension>(mask, *maskGeometry));
  }
  if (weights != nullptr)
  {
    sampler->SetWeightImage(MakeImage<typename SamplerType::WeightImageType>(weights, *weightGeometry));
  }
  sampler->Update();
  numberOfMaskVoxels = sampler->GetNumberOfVoxels();
  if (number == 0)
  {
    number = SamplerType::ComputeNumberOfSamples(numberOfMaskVoxels, percentage);
  }
  const auto points = sampling == "none"      ? sampler->SampleAll()
                      : sampling == "regular" ? sampler->SampleRegularly(number, seed)
                                              : sampler->SampleRandomly(number, seed);
  coordinates.clear();
  coordinates.reserve(points->GetNumberOfPoints() * VDimension);
  for (const auto & point : points->GetPoints()->CastToSTLConstContainer())
  {
    coordinates.insert(coordinates.end(), point.Begin(), point.End());
  }
}
} // namespace
} // namespace MaskedSamplingCore

using namespace MaskedSamplingCore;

int
masked_sampling_sample(const masked_sampling_geometry * grid,
                       const uint8_t *                  mask,
                       const masked_sampling_geometry * mask_geometry,
                       const float *                    weights,
                       const masked_sampling_geometry * weight_geometry,
                       const char *                     sampling,
                       double                           percentage,
                       size_t                           number,
                       uint32_t                         seed,
                       uint64_t *                       number_of_mask_voxels,
                       const float **                   points,
                       size_t *                         number_of_points)
{
  static thread_local std::vector<float> coordinates;
  return Call([&] {
    const auto sample = Need(grid, "grid").dimension == 2 ? Sample<2> : Sample<3>;
    Need(number_of_mask_voxels, "number_of_mask_voxels");
    Need(points, "points");
    Need(number_of_points, "number_of_points");
    if (mask != nullptr)
    {
      Need(mask_geometry, "mask_geometry");
    }
    if (weights != nullptr)
    {
      Need(weight_geometry, "weight_geometry");
    }
    const std::string name = NeedText(sampling, "sampling");
    if (name != "none" && name != "regular" && name != "random")
    {
      itkGenericExceptionMacro("sampling: \"" << name << "\" is none of none, random, regular.");
    }
    if (number == 0 && !(percentage > 0.0 && percentage <= 1.0))
    {
      itkGenericExceptionMacro("percentage: " << percentage << " is not in (0, 1].");
    }
    sample(*grid,
           mask,
           mask_geometry,
           weights,
           weight_geometry,
           name,
           percentage,
           number,
           seed,
           *number_of_mask_voxels,
           coordinates);
    *points = coordinates.data();
    *number_of_points = coordinates.size() / grid->dimension;
  });
}
