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
#ifndef itkMaskedRegistrationMethod_h
#define itkMaskedRegistrationMethod_h

#include "itkImageRegistrationMethodv4.h"
#include "itkMaskedSamplingMixin.h"

namespace itk
{
/** \class MaskedRegistrationMethod
 * \brief Registration that draws its sample points from the voxels inside the fixed image mask.
 *
 * ImageRegistrationMethodv4 draws the sample points of its metric over the whole virtual domain and drops those outside
 * the mask, so that their number falls with the extent of the image around the mask. This class lists the voxels inside
 * the mask once, at full resolution, and draws from that list (see MaskedVoxelSampler): with a mask, the image around
 * it does not exist. Without a mask and with its own settings left alone, it behaves as its superclass, except for the
 * choice of the random points.
 *
 * How it samples, and all settings for that: MaskedSamplingMixin.
 *
 * With ResampleEveryIteration there is a fresh draw after every step of the optimizer. That needs an optimizer that
 * does not compare values of different iterations: GradientDescentOptimizerv4, RegularStepGradientDescentOptimizerv4 or
 * one derived from these; with others Update() throws.
 *
 * Once the metric is initialised, ITK's metrics do not test again whether a sample is inside the fixed mask.
 * (Neighbourhood correlation does, because it needs the mask for its windows, and so do metrics that ITK does not
 * have.)
 *
 * \sa MaskedSamplingMixin, MaskedVoxelSampler, MaskedSyNRegistrationMethod, ImageRegistrationMethodv4
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TOutputTransform = Transform<double, TFixedImage::ImageDimension, TFixedImage::ImageDimension>,
          typename TVirtualImage = TFixedImage,
          typename TPointSet = PointSet<unsigned int, TFixedImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT MaskedRegistrationMethod
  : public MaskedSamplingMixin<
      ImageRegistrationMethodv4<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedRegistrationMethod);

  /** Standard class type aliases. */
  using Self = MaskedRegistrationMethod;
  using Superclass = MaskedSamplingMixin<
    ImageRegistrationMethodv4<TFixedImage, TMovingImage, TOutputTransform, TVirtualImage, TPointSet>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskedRegistrationMethod);

  using Superclass::ImageDimension;

protected:
  MaskedRegistrationMethod() = default;
  ~MaskedRegistrationMethod() override = default;

  void
  CheckSettings() const override;
  void
  RunLevels() override;

private:
  using typename Superclass::FixedImageMaskType;
  using typename Superclass::RealType;

  /** Take the fixed masks off the metrics that need them no more, because every sample point is known to be inside. */
  void
  ReleaseKnownMasks();
  void
  RunOptimizer();
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMaskedRegistrationMethod.hxx"
#endif

#endif // itkMaskedRegistrationMethod_h
