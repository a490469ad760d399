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
#ifndef itkCheckRegistrationInputs_h
#define itkCheckRegistrationInputs_h

#include "facade/itkIsFastField.h"
#include "facade/itkIsField.h"
#include "facade/itkMetricAtSamples.h"
#include "facade/itkRegistrationInputs.h"
#include "facade/itkRegistrationOptimizerKind.h"
#include "sampler/itkMaskedVoxelInputs.h"

#include "itkHasDisplacementFields.h"
#include "itkMultiTransform.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
/** \class CheckRegistrationInputs
 * \brief Throws, before any work, if inputs and stages do not go together.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class CheckRegistrationInputs
{
public:
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using StagesType = std::vector<SettingsType>;
  using TransformType = typename InputsType::TransformType;

  static void
  Check(const InputsType & inputs, const StagesType & stages)
  {
    CheckImage("fixed", inputs.FixedImage);
    CheckImage("moving", inputs.MovingImage);
    CheckChannels(inputs, stages);
    if (stages.empty())
    {
      itkGenericExceptionMacro("There is no stage. Add one, such as AddStage(\"rigid\").");
    }
    for (const auto & [name, transform] : { std::pair("moving initial transform", inputs.MovingInitialTransform),
                                            std::pair("fixed initial transform", inputs.FixedInitialTransform),
                                            std::pair("transform to optimize", inputs.TransformToOptimize) })
    {
      if (transform && !HasDisplacementFields(*transform))
      {
        itkGenericExceptionMacro("The " << name << ", " << transform->GetNameOfClass()
                                        << ", has no displacement field. Call its SetDisplacementField().");
      }
    }
    for (const SettingsType & stage : stages)
    {
      CheckStage(inputs, stage);
    }
    const std::string & initialization = stages.front().Initialization;
    if (initialization != "none" && initialization != "search" &&
        (inputs.MovingInitialTransform || inputs.FixedInitialTransform))
    {
      itkGenericExceptionMacro("initialization \"" << initialization
                                                   << "\" and an initial transform exclude each other.");
    }
  }

  /** The derivative with respect to the parameters of a transform needs the Jacobians of all that are applied after
   * it, and a B-spline has none in ITK. */
  static void
  CheckJacobians(const InputsType & inputs, const StagesType & stages)
  {
    bool isLacking = inputs.MovingInitialTransform && LacksJacobian(*inputs.MovingInitialTransform);
    for (SizeValueType n = 0; n < stages.size(); ++n)
    {
      const SettingsType & stage = stages[n];
      const bool           isGiven = stage.Transform == "given";
      const auto &         optimizer = RegistrationOptimizerKind::Find(stage.Optimizer);
      // Some resample the images first; demons takes the gradient for the displacement.
      const bool isResampled = stage.Transform == "syn" || IsFastField(stage, inputs);
      const bool needsDerivative = optimizer.NeedsDerivative && !isResampled && stage.Metric != "demons";
      const bool estimates = optimizer.EstimatesScales && !isResampled && stage.Scales == "jacobian";
      const bool needsJacobian = needsDerivative || estimates;
      if (needsJacobian && (isLacking || (isGiven && LacksJacobianInside(*inputs.TransformToOptimize))))
      {
        itkGenericExceptionMacro("Stage " << n
                                          << ": ITK cannot optimise a transform that is applied before a B-spline, as "
                                             "the stages after a B-spline are, with a metric or an optimizer that "
                                             "needs the derivative. Put the b-spline last.");
      }
      isLacking = isLacking || stage.Transform == "b-spline" || (isGiven && LacksJacobian(*inputs.TransformToOptimize));
    }
  }

private:
  static void
  CheckImage(const char * name, const TImage * image)
  {
    if (image == nullptr)
    {
      itkGenericExceptionMacro("There is no " << name << " image.");
    }
    if (image->GetBufferedRegion().GetNumberOfPixels() == 0)
    {
      itkGenericExceptionMacro("The " << name << " image has no pixels. Update what makes it.");
    }
    CheckIsAllocated<TImage::ImageDimension>(
      name, *image, image->GetPixelContainer() != nullptr ? image->GetPixelContainer()->Size() : 0);
  }

  static void
  CheckChannels(const InputsType & inputs, const StagesType & stages)
  {
    const auto checkWeight = [](double weight) {
      if (!(weight > 0.0) || !std::isfinite(weight))
      {
        itkGenericExceptionMacro("metric-weights: " << weight
                                                    << " must be greater than 0. Leave out what is not to count.");
      }
    };
    checkWeight(inputs.MetricWeight);
    for (const auto & channel : inputs.Channels)
    {
      CheckImage("fixed", channel.FixedImage);
      CheckImage("moving", channel.MovingImage);
      checkWeight(channel.Weight);
      for (SettingsType stage : stages)
      {
        stage.Metric = channel.Metric.empty() ? stage.Metric : channel.Metric;
        stage.Check();
        if (inputs.MetricWeightImage)
        {
          CheckWeights(stage);
        }
        if (IsField(stage))
        {
          itkGenericExceptionMacro("transform: \"" << stage.Transform
                                                   << "\" is for one pair of images. With several, or several metrics, "
                                                      "use linear transforms and \"b-spline\".");
        }
      }
    }
  }

  static void
  CheckWeights(const SettingsType & stage)
  {
    if (IsField(stage) || !IsMetricAtSamples(stage))
    {
      itkGenericExceptionMacro(
        "metric-weights-image: weights of samples are known with the metrics "
        "\"mutual-information\", \"mean-squares\" and \"correlation\", linear interpolation, and "
        "transforms that are linear or a B-spline, but not with the metric \""
        << stage.Metric << "\" of the transform \"" << stage.Transform << "\". Leave them out.");
    }
  }

  static void
  CheckStage(const InputsType & inputs, const SettingsType & stage)
  {
    stage.Check();
    if (stage.Transform == "given" && inputs.TransformToOptimize.IsNull())
    {
      itkGenericExceptionMacro("A stage has the transform \"given\", but none was given: SetTransformToOptimize().");
    }
    if (inputs.MetricWeightImage)
    {
      CheckWeights(stage);
    }
    if (stage.Smoothing == "masked" && IsField(stage))
    {
      itkGenericExceptionMacro("smoothing: \"masked\" is not for the transform \""
                               << stage.Transform << "\", but for linear ones and \"b-spline\".");
    }
    const auto factors = stage.Resolve().GridScaleFactors;
    const bool isGridGrowing =
      std::adjacent_find(factors.begin(), factors.end(), std::not_equal_to<>()) != factors.end();
    if (isGridGrowing && !RegistrationOptimizerKind::Find(stage.Optimizer).CanGrow)
    {
      itkGenericExceptionMacro("optimizer: \""
                               << stage.Optimizer
                               << "\" keeps its number of parameters, but grid-scale-factors change it from level "
                                  "to level. Set all factors to 1, or use \"lbfgs2\".");
    }
    if (isGridGrowing && stage.Scales == "manual")
    {
      // ITK would silently take 1 for all of them, once their number is another.
      itkGenericExceptionMacro("manual-scales: there is one for each parameter, but grid-scale-factors change their "
                               "number from level to level. Set all factors to 1.");
    }
  }

  /** Whether a transform, applied after one that is optimised, does not tell ITK what a shift of its input does. */
  static bool
  LacksJacobian(const TransformType & transform)
  {
    if (const auto * const parts = AsParts(transform))
    {
      return LacksJacobian(*parts, parts->GetNumberOfTransforms());
    }
    // ITK has no other way to ask.
    typename TransformType::JacobianPositionType jacobian;
    typename TransformType::InputPointType       point;
    point.Fill(0.0);
    try
    {
      transform.ComputeJacobianWithRespectToPosition(point, jacobian);
    }
    catch (const ExceptionObject &)
    {
      return true;
    }
    return false;
  }

  using PartsType = MultiTransform<double, TImage::ImageDimension>;

  static const PartsType *
  AsParts(const TransformType & transform)
  {
    return dynamic_cast<const PartsType *>(&transform);
  }

  /** Of the first parts in the queue, which are applied last. */
  static bool
  LacksJacobian(const PartsType & parts, SizeValueType number)
  {
    for (SizeValueType n = 0; n < number; ++n)
    {
      if (LacksJacobian(*parts.GetNthTransformConstPointer(n)))
      {
        return true;
      }
    }
    return false;
  }

  /** Whether a part of the given transform is optimised and applied before one without a Jacobian. */
  static bool
  LacksJacobianInside(const TransformType & given)
  {
    const auto * const composite = dynamic_cast<const CompositeTransform<double, TImage::ImageDimension> *>(&given);
    for (SizeValueType n = composite != nullptr ? composite->GetNumberOfTransforms() : 0; n-- > 0;)
    {
      if (composite->GetNthTransformToOptimize(n))
      {
        return LacksJacobian(*composite, n);
      }
    }
    return false;
  }
};
} // end namespace itk

#endif // itkCheckRegistrationInputs_h
