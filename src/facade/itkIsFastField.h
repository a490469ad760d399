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
#ifndef itkIsFastField_h
#define itkIsFastField_h

#include "facade/itkIsField.h"

namespace itk
{
/** Whether settings are those of a displacement field, symmetric ("syn") or not, that FieldRegistrationMethod can find.
 * Others are left to the methods of ITK.
 * \ingroup MaskedSampling */
inline bool
IsFastField(const MaskedRegistrationSettings & settings)
{
  const bool isKnownMetric = settings.Metric == "neighborhood-correlation" || settings.Metric == "correlation" ||
                             settings.Metric == "mean-squares";
  // Not symmetric, it has the settings of an optimizer, of which these are those that it follows.
  const bool isKnownStep =
    settings.Transform == "syn" ||
    (settings.Optimizer == "gradient-descent" && settings.EstimateLearningRate == "each-iteration" &&
     settings.StepsInVoxels && settings.Scales == "physical-shift" && settings.OptimizerWeights.empty());
  return IsField(settings) && isKnownMetric && isKnownStep && !settings.StockMetric && !settings.StockOptimizer &&
         settings.Sampling == "none" && settings.Interpolator == "linear";
}

/** The same of a stage, whose inputs count, too: own points are left to the methods of ITK. */
template <typename TInputs>
bool
IsFastField(const MaskedRegistrationSettings & settings, const TInputs & inputs)
{
  return inputs.SamplePoints.IsNull() && IsFastField(settings);
}
} // end namespace itk

#endif // itkIsFastField_h
