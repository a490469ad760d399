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
#ifndef itkSplinePenalty_h
#define itkSplinePenalty_h

#include "facade/itkMetricLikelihood.h"
#include "facade/itkRecordedMetric.h"
#include "facade/itkRegistrationInputs.h"
#include "metric/itkBSplineBendingEnergy.h"

#include "itkMaskedVoxelSampler.h"

#include <algorithm>
#include <string>

namespace itk
{
/** \class SplinePenalty
 * \brief What the setting Regularization adds to the metric for a B-spline: its bending energy, without units.
 *
 * The energy is divided by the volume of the mask and multiplied by the square of the length of a voxel. Then it is
 * multiplied by what makes the metric a logarithm of a likelihood, per sample, so that the weight means the same for
 * all of them, and images without noise are hardly smoothed: of mutual information, 1; of squares, twice the variance
 * of the noise; of a correlation, twice the share that is not explained. Both are those at the start of a level.
 *
 * \ingroup MaskedSampling
 */
template <typename TImage>
class SplinePenalty
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using SettingsType = MaskedRegistrationSettings;
  using InputsType = RegistrationInputs<TImage>;
  using TransformType = typename InputsType::TransformType;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using FunctionType = RecordedMetricBase::PenaltyType;

  /** \param transform that the function will be called for, with whatever grid it has then
   * \return no function, if there is no penalty
   * \exception ExceptionObject if the setting does not fit the transform */
  static FunctionType
  Make(const SettingsType &  settings,
       const InputsType &    inputs,
       const SamplerType &   sampler,
       const TransformType & transform)
  {
    if (settings.Regularization == 0.0)
    {
      return {};
    }
    const auto * const spline = dynamic_cast<const BSplineTransform<double, ImageDimension, 3> *>(&transform);
    if (spline == nullptr)
    {
      // A setting for all stages is one for those with a B-spline.
      if (settings.Transform == "given")
      {
        itkGenericExceptionMacro("regularization: " << settings.Regularization
                                                    << " is the weight of the bending energy of a cubic B-spline. "
                                                       "The transform that was given is a "
                                                    << transform.GetNameOfClass() << ": set 0 for it.");
      }
      return {};
    }
    const double voxel = inputs.GetShortestSpacing();
    double       volume = static_cast<double>(sampler.GetNumberOfVoxels());
    const auto & spacing = inputs.GetDomain().GetSpacing();
    std::for_each(spacing.Begin(), spacing.End(), [&volume](double length) { volume *= length; });
    const double factor = settings.Regularization * voxel * voxel / volume;
    return [spline,
            factor,
            likelihood = ChooseMetricLikelihood(inputs.Channels.empty() ? settings.Metric : std::string()),
            unit = 1.0,
            energy = BSplineBendingEnergy<ImageDimension>()](double                              value,
                                                             bool                                isFirst,
                                                             const OptimizerParameters<double> & parameters,
                                                             Array<double> *                     derivative) mutable {
      if (isFirst)
      {
        unit = likelihood(value);
      }
      if (!energy.IsFor(*spline))
      {
        energy = BSplineBendingEnergy<ImageDimension>(*spline);
      }
      // Derivatives of metrics point downhill.
      const double weight = factor * unit;
      return weight *
             energy.Evaluate(parameters.data_block(), -weight, derivative ? derivative->data_block() : nullptr);
    };
  }
};
} // end namespace itk

#endif // itkSplinePenalty_h
