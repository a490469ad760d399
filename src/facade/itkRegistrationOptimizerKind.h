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
#ifndef itkRegistrationOptimizerKind_h
#define itkRegistrationOptimizerKind_h

#include "itkMaskedRegistrationSettings.h"
#include "itkObjectToObjectOptimizerBase.h"

#include <limits>
#include <string>
#include <vector>

namespace itk
{
/** \class LengthLineSearchBase
 * \brief The length of a step that a line search starts from, whatever else it is.
 * \ingroup MaskedSampling
 */
class LengthLineSearchBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LengthLineSearchBase);

  LengthLineSearchBase() = default;
  virtual ~LengthLineSearchBase() = default;

  void
  SetStep(double step)
  {
    m_Step = step;
  }

protected:
  double m_Step{ 1.0 };
};

/** \class RegistrationOptimizerKind
 * \brief All that is to be known of an optimizer of ITK that settings can name: one entry of a table.
 *
 * The optimizers share a base class, but not the names under which they tell how far they are. Functions get an
 * optimizer that they have made.
 *
 * \ingroup MaskedSampling
 */
struct MaskedSampling_EXPORT RegistrationOptimizerKind
{
  using OptimizerType = ObjectToObjectOptimizerBaseTemplate<double>;
  using OptimizerPointer = OptimizerType::Pointer;
  using ParametersType = OptimizerType::ParametersType;
  using SettingsType = MaskedRegistrationSettings;

  /** Which of the positions that it evaluated it ends at. */
  enum class EndType : uint8_t
  {
    /** As ITK has it. */
    Own,
    /** The best, if that is asked for and we put it there. */
    BestIfKept,
    /** The best of the last level; of the others, if that is asked for. It keeps that itself. */
    Best
  };

  /** What a rate of learning is to it. */
  enum class RateType : uint8_t
  {
    None,
    /** A factor of the gradient. */
    Factor,
    /** The length of a step. */
    Length
  };

  std::string Name;
  RateType    Rate{ RateType::None };
  EndType     End{ EndType::Own };
  /** Whether it asks for the derivative of the metric. */
  bool NeedsDerivative{ true };
  /** Whether it goes on with values of other samples at every iteration, which it must not compare. */
  bool TakesOtherSamples{};
  /** Whether its number of parameters can change from level to level. */
  bool CanGrow{ true };
  /** Whether it asks for estimates of the scales of its parameters. */
  bool EstimatesScales{ true };

  /** \param numberOfParameters of the transform, for optimizers that have a bound or a step for each
   * \param unit length of a step of 1 */
  OptimizerPointer (*Make)(const SettingsType & settings, SizeValueType numberOfParameters, double unit){};
  void (*SetNumberOfIterations)(OptimizerType & optimizer, SizeValueType number){
    [](OptimizerType & optimizer, SizeValueType number) { optimizer.SetNumberOfIterations(number); }
  };
  double (*GetValue)(const OptimizerType & optimizer){ [](const OptimizerType & optimizer) -> double {
    return optimizer.GetCurrentMetricValue();
  } };
  /** Not a number if it has none. */
  double (*GetConvergenceValue)(const OptimizerType & optimizer){ [](const OptimizerType &) {
    return std::numeric_limits<double>::quiet_NaN();
  } };
  /** Let it end after the iteration that is under way. Null: it cannot. */
  void (*Stop)(OptimizerType & optimizer){};

  static const std::vector<RegistrationOptimizerKind> &
  GetAll();
  /** \exception ExceptionObject if there is none of the name */
  static const RegistrationOptimizerKind &
  Find(const std::string & name);
};
} // end namespace itk

#endif // itkRegistrationOptimizerKind_h
