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
#ifndef itkMaskedRegistrationOptimizer_h
#define itkMaskedRegistrationOptimizer_h

#include "facade/itkRegistrationOptimizerKind.h"

namespace itk
{
/** \class MaskedRegistrationOptimizer
 * \brief An optimizer of ITK that is chosen at run time, and what can be asked of any of them.
 *
 * \ingroup MaskedSampling
 */
class MaskedSampling_EXPORT MaskedRegistrationOptimizer
{
public:
  using OptimizerType = ObjectToObjectOptimizerBaseTemplate<double>;
  using OptimizerPointer = OptimizerType::Pointer;
  using ParametersType = OptimizerType::ParametersType;

  MaskedRegistrationOptimizer() = default;

  /** \param numberOfParameters of the transform, for optimizers that have a bound or a step for each
   * \param unit length of a step of 1 */
  MaskedRegistrationOptimizer(const MaskedRegistrationSettings & settings,
                              SizeValueType                      numberOfParameters,
                              double                             unit);

  OptimizerType *
  GetOptimizer() const
  {
    return m_Optimizer;
  }

  /** What is known of its kind. There must be an optimizer. */
  const RegistrationOptimizerKind &
  GetKind() const
  {
    return *m_Kind;
  }

  /** Set what settings have for each level. */
  void
  StartLevel(const MaskedRegistrationSettings & settings, SizeValueType level, double unit);
  SizeValueType
  GetIteration() const;
  double
  GetValue() const;
  /** Not a number if the optimizer has none. */
  double
  GetLearningRate() const;
  /** Halve the learning rate of a gradient descent, whose steps are too long where the metric gets worse: near the
   * optimum, at a level where it is steeper than at the one before. Other optimizers do so by themselves. */
  void
  SlowDown();
  /** Not a number if the optimizer has none. */
  double
  GetConvergenceValue() const;
  /** Where the optimizer is; empty before it starts. */
  ParametersType
  GetPosition() const;
  std::string
  GetStopConditionDescription() const;

  /** Let it end after the iteration that is under way. \return whether it can */
  bool
  Stop();

  /** Let LBFGS2 end after the iteration that is under way, at this level and all that follow: an exception from an
   * observer would leave the memory of its C library behind. \return whether it is LBFGS2 */
  bool
  Cancel();

  /** An exhaustive search ends at its last position, not at its best. \return whether the parameters are now the best
   */
  bool
  GetBest(ParametersType & parameters, double & value) const;

private:
  const RegistrationOptimizerKind * m_Kind{};
  OptimizerPointer                  m_Optimizer{};
};
} // end namespace itk

#endif // itkMaskedRegistrationOptimizer_h
