// SPDX-License-Identifier: Apache-2.0
#include "CoreErrors.h"
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
  return Guard([&] {
    const auto sample = grid->dimension == 2 ? Sample<2> : Sample<3>;
    sample(*grid,
           mask,
           mask_geometry,
           weights,
           weight_geometry,
           sampling,
           percentage,
           number,
           seed,
           *number_of_mask_voxels,
           coordinates);
    *points = coordinates.data();
    *number_of_points = coordinates.size() / grid->dimension;
  });
}
