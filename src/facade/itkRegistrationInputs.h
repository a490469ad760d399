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
#ifndef itkRegistrationInputs_h
#define itkRegistrationInputs_h

#include "itkMaskedImageRegistration.h"
#include "itkMultiThreaderBase.h"

#include <algorithm>
#include <vector>

namespace itk
{
/** \class RegistrationInputs
 * \brief The objects that the user of MaskedImageRegistration has set.
 * \ingroup MaskedSampling
 */
template <typename TImage>
struct RegistrationInputs
{
  using FacadeType = MaskedImageRegistration<TImage>;
  using MaskType = typename FacadeType::MaskType;
  using GridType = typename FacadeType::GridType;
  using TransformType = typename FacadeType::TransformType;
  using WeightImageType = typename FacadeType::WeightImageType;
  using PointSetType = typename FacadeType::PointSetType;

  explicit RegistrationInputs(const FacadeType & facade)
    : FixedImage(facade.GetFixedImage())
    , MovingImage(facade.GetMovingImage())
    , FixedImageMask(facade.GetFixedImageMask())
    , MovingImageMask(facade.GetMovingImageMask())
    , SamplingWeightImage(facade.GetSamplingWeightImage())
    , MetricWeightImage(facade.GetMetricWeightImage())
    , SamplePoints(facade.GetSamplePoints())
    , VirtualDomain(facade.GetVirtualDomain())
    , MovingInitialTransform(facade.GetMovingInitialTransform())
    , FixedInitialTransform(facade.GetFixedInitialTransform())
    , TransformToOptimize(facade.GetTransformToOptimize())
    , Channels(facade.GetChannels())
    , MetricWeight(facade.GetMetricWeight())
  {}

  /** The grid of which voxels are sampled. */
  const GridType &
  GetDomain() const
  {
    return VirtualDomain ? *VirtualDomain : *FixedImage;
  }

  /** The same with the images and the masks of another pair, and no other. */
  RegistrationInputs
  MakeInputsOf(const typename FacadeType::Channel & channel) const
  {
    RegistrationInputs inputs = *this;
    inputs.FixedImage = channel.FixedImage;
    inputs.MovingImage = channel.MovingImage;
    inputs.FixedImageMask = channel.FixedImageMask;
    inputs.MovingImageMask = channel.MovingImageMask;
    inputs.Channels.clear();
    // The first pair says where samples are.
    inputs.VirtualDomain = typename GridType::ConstPointer(&this->GetDomain());
    return inputs;
  }

  /** Give another registration the images, their masks, and what is between them and the virtual domain; of the
   * weights, those of the metric. */
  void
  SetImagesOf(FacadeType & facade) const
  {
    facade.SetFixedImage(FixedImage);
    facade.SetMovingImage(MovingImage);
    facade.SetFixedImageMask(FixedImageMask);
    facade.SetMovingImageMask(MovingImageMask);
    facade.SetMetricWeightImage(MetricWeightImage);
    facade.SetVirtualDomain(VirtualDomain);
    facade.SetFixedInitialTransform(FixedInitialTransform);
  }

  /** Length of a voxel along the axis where it is shortest, in the unit of shifts that the scales are estimated from.
   */
  double
  GetVoxel(const MaskedRegistrationSettings & settings) const
  {
    // The estimator from shifts of the index measures in voxels.
    return settings.Scales != "index-shift" ? this->GetShortestSpacing() : 1.0;
  }

  double
  GetShortestSpacing() const
  {
    const auto & spacing = this->GetDomain().GetSpacing();
    return *std::min_element(spacing.Begin(), spacing.End());
  }

  /** Length of a step of 1. */
  double
  GetUnit(const MaskedRegistrationSettings & settings) const
  {
    return settings.StepsInVoxels ? this->GetVoxel(settings) : 1.0;
  }

  static ThreadIdType
  GetNumberOfWorkUnits(const MaskedRegistrationSettings & settings)
  {
    return settings.WorkUnits > 0 ? static_cast<ThreadIdType>(settings.WorkUnits)
                                  : MultiThreaderBase::GetGlobalDefaultNumberOfThreads();
  }

  typename TImage::ConstPointer          FixedImage;
  typename TImage::ConstPointer          MovingImage;
  typename MaskType::ConstPointer        FixedImageMask;
  typename MaskType::ConstPointer        MovingImageMask;
  typename WeightImageType::ConstPointer SamplingWeightImage;
  typename WeightImageType::ConstPointer MetricWeightImage;
  typename PointSetType::ConstPointer    SamplePoints;
  typename GridType::ConstPointer        VirtualDomain;
  typename TransformType::ConstPointer   MovingInitialTransform;
  typename TransformType::ConstPointer   FixedInitialTransform;
  typename TransformType::ConstPointer   TransformToOptimize;
  /** Pairs of images besides the first one. */
  std::vector<typename FacadeType::Channel> Channels;
  double                                    MetricWeight;
};
} // end namespace itk

#endif // itkRegistrationInputs_h
