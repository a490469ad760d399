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
#ifndef itkSetUpScales_h
#define itkSetUpScales_h

#include "facade/itkMaskedRegistrationOptimizer.h"
#include "facade/itkPerLevel.h"

#include "itkRegistrationParameterScalesFromIndexShift.h"
#include "itkRegistrationParameterScalesFromJacobian.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"

namespace itk
{
/** What estimates the scales of the parameters of a metric; null where none does. */
template <typename TMetric>
OptimizerParameterScalesEstimator::Pointer
MakeScalesEstimator(const MaskedRegistrationSettings & settings, TMetric & metric)
{
  const auto setUp = [&](auto estimator) {
    estimator->SetMetric(&metric);
    estimator->SetTransformForward(true);
    estimator->SetCentralRegionRadius(settings.CentralRegionRadius);
    return OptimizerParameterScalesEstimator::Pointer(estimator.GetPointer());
  };
  if (settings.Scales == "physical-shift")
  {
    const auto estimator = RegistrationParameterScalesFromPhysicalShift<TMetric>::New();
    estimator->SetSmallParameterVariation(settings.SmallParameterVariation);
    return setUp(estimator);
  }
  if (settings.Scales == "index-shift")
  {
    const auto estimator = RegistrationParameterScalesFromIndexShift<TMetric>::New();
    estimator->SetSmallParameterVariation(settings.SmallParameterVariation);
    return setUp(estimator);
  }
  return settings.Scales == "jacobian" ? setUp(RegistrationParameterScalesFromJacobian<TMetric>::New()) : nullptr;
}

/** The scales that settings have; empty where they have none.
 * \param numberOfScales of local parameters of the transform
 * \exception ExceptionObject if there are not as many as parameters */
inline OptimizerParameterScalesEstimator::ScalesType
MakeManualScales(const MaskedRegistrationSettings & settings, SizeValueType numberOfScales)
{
  if (settings.Scales != "manual")
  {
    return {};
  }
  if (settings.ManualScales.size() != numberOfScales)
  {
    itkGenericExceptionMacro("manual-scales: " << settings.ManualScales.size() << " values for " << numberOfScales
                                               << " parameters of the transform. Give as many.");
  }
  return PerLevel::Spread<OptimizerParameterScalesEstimator::ScalesType>(settings.ManualScales, numberOfScales);
}

/** Give an optimizer the scales of its parameters, or what estimates them.
 * \param numberOfScales of local parameters of the transform
 * \exception ExceptionObject if there are not as many as parameters */
template <typename TMetric>
void
SetUpScales(MaskedRegistrationOptimizer::OptimizerType & optimizer,
            const MaskedRegistrationSettings &           settings,
            TMetric &                                    metric,
            SizeValueType                                numberOfScales)
{
  if (!optimizer.CanUseScales())
  {
    return;
  }
  if (const auto estimator = MakeScalesEstimator(settings, metric))
  {
    optimizer.SetScalesEstimator(estimator);
  }
  else if (settings.Scales == "manual")
  {
    optimizer.SetScales(MakeManualScales(settings, numberOfScales));
  }
}

/** Give an optimizer the weights of the parameters that settings have.
 * \exception ExceptionObject if there are not as many as parameters */
inline void
SetUpWeights(MaskedRegistrationOptimizer::OptimizerType & optimizer,
             const MaskedRegistrationSettings &           settings,
             SizeValueType                                numberOfWeights)
{
  using ScalesType = MaskedRegistrationOptimizer::OptimizerType::ScalesType;
  if (optimizer.CanUseScales() && !settings.OptimizerWeights.empty())
  {
    if (settings.OptimizerWeights.size() != numberOfWeights)
    {
      itkGenericExceptionMacro("optimizer-weights: " << settings.OptimizerWeights.size() << " values for "
                                                     << numberOfWeights
                                                     << " parameters of the transform. Give as many.");
    }
    optimizer.SetWeights(PerLevel::Spread<ScalesType>(settings.OptimizerWeights, settings.OptimizerWeights.size()));
  }
}
} // end namespace itk

#endif // itkSetUpScales_h
