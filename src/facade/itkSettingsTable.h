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
#ifndef itkSettingsTable_h
#define itkSettingsTable_h

#include "facade/itkRegistrationOptimizerKind.h"

#include "itkMaskedRegistrationSettings.h"

#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
/** \class SettingsTable
 * \brief The only list of the settings by their names, and of what each can be.
 * \ingroup MaskedSampling
 */
class SettingsTable
{
public:
  using TextsType = std::vector<std::string>;

  /** What a number can be. */
  enum class RangeType : uint8_t
  {
    Any,
    NotNegative,
    Positive,
    Fraction,
    BelowOne
  };

  static const TextsType &
  TransformNames()
  {
    static const TextsType names{ "translation", "rigid", "similarity",         "affine",
                                  "b-spline",    "given", "displacement-field", "syn" };
    return names;
  }

  static const TextsType &
  OptimizerNames()
  {
    static const TextsType names = [] {
      TextsType all;
      for (const auto & kind : RegistrationOptimizerKind::GetAll())
      {
        all.push_back(kind.Name);
      }
      return all;
    }();
    return names;
  }

  /** Call a function with the name, the member and what the member can be, for every setting.
   * \tparam TSettings MaskedRegistrationSettings, const or not */
  template <typename TSettings, typename TVisitor>
  static void
  Visit(TSettings & s, const TVisitor & visit)
  {
    visit("transform", s.Transform, TransformNames());
    visit("initialization",
          s.Initialization,
          TextsType{ "none", "geometry", "moments", "search", "geometry-search", "moments-search" });
    visit("search-translation", s.SearchTranslation, RangeType::NotNegative);
    visit("search-rotation", s.SearchRotation, RangeType::NotNegative);
    visit("search-candidates", s.SearchCandidates, RangeType::Positive);
    visit("center", s.Center, RangeType::Any);
    visit("grid-spacing", s.GridSpacing, RangeType::Positive);
    visit("grid-scale-factors", s.GridScaleFactors, RangeType::Any);
    visit("regularization", s.Regularization, RangeType::NotNegative);
    visit("update-field-variance", s.UpdateFieldVariance, RangeType::NotNegative);
    visit("total-field-variance", s.TotalFieldVariance, RangeType::NotNegative);

    visit("metric",
          s.Metric,
          TextsType{ "mutual-information",
                     "mean-squares",
                     "correlation",
                     "neighborhood-correlation",
                     "joint-histogram-mutual-information",
                     "demons" });
    visit("stock-metric", s.StockMetric, RangeType::Any);
    visit("exact-derivative", s.ExactDerivative, RangeType::Any);
    visit("histogram-bins", s.HistogramBins, RangeType::Positive);
    visit("radius", s.Radius, RangeType::Positive);
    visit("joint-variance", s.JointVariance, RangeType::NotNegative);
    visit("intensity-difference-threshold", s.IntensityDifferenceThreshold, RangeType::NotNegative);
    visit("fixed-gradient-filter", s.FixedGradientFilter, RangeType::Any);
    visit("moving-gradient-filter", s.MovingGradientFilter, RangeType::Any);
    visit("interpolator",
          s.Interpolator,
          TextsType{ "nearest-neighbor",
                     "linear",
                     "b-spline",
                     "b-spline-1",
                     "b-spline-2",
                     "b-spline-4",
                     "b-spline-5",
                     "gaussian",
                     "label-gaussian",
                     "hamming-windowed-sinc",
                     "cosine-windowed-sinc",
                     "welch-windowed-sinc",
                     "lanczos-windowed-sinc",
                     "blackman-windowed-sinc" });

    visit("sampling", s.Sampling, TextsType{ "random", "regular", "none" });
    visit("samples", s.Samples, RangeType::Any);
    visit("percentage", s.Percentage, RangeType::Fraction);
    visit("seed", s.Seed, RangeType::Any);
    visit("perturb-samples", s.PerturbSamples, RangeType::Any);
    visit("resample-every-iteration", s.ResampleEveryIteration, RangeType::Any);
    visit("crop-to-mask", s.CropToMask, RangeType::Any);
    visit("region-index", s.RegionIndex, RangeType::Any);
    visit("region-size", s.RegionSize, RangeType::Positive);

    visit("levels", s.Levels, RangeType::Any);
    visit("shrink-factors", s.ShrinkFactors, RangeType::Positive);
    visit("smoothing-sigmas", s.SmoothingSigmas, RangeType::NotNegative);
    visit("smoothing", s.Smoothing, TextsType{ "gaussian", "masked" });
    visit("sigmas-in-physical-units", s.SigmasInPhysicalUnits, RangeType::Any);

    visit("optimizer", s.Optimizer, OptimizerNames());
    visit("stock-optimizer", s.StockOptimizer, RangeType::Any);
    visit("iterations", s.Iterations, RangeType::Any);
    visit("steps-in-voxels", s.StepsInVoxels, RangeType::Any);
    visit("learning-rate", s.LearningRate, RangeType::Any);
    visit("minimum-step-length", s.MinimumStepLength, RangeType::NotNegative);
    visit("relaxation-factor", s.RelaxationFactor, RangeType::BelowOne);
    visit("gradient-magnitude-tolerance", s.GradientMagnitudeTolerance, RangeType::NotNegative);
    visit("convergence-minimum-value", s.ConvergenceMinimumValue, RangeType::Any);
    visit("convergence-window-size", s.ConvergenceWindowSize, RangeType::Any);
    visit(
      "estimate-learning-rate", s.EstimateLearningRate, TextsType{ "automatic", "never", "once", "each-iteration" });
    visit("maximum-step-size", s.MaximumStepSize, RangeType::NotNegative);
    visit("line-search-lower-limit", s.LineSearchLowerLimit, RangeType::Any);
    visit("line-search-upper-limit", s.LineSearchUpperLimit, RangeType::Any);
    visit("line-search-epsilon", s.LineSearchEpsilon, RangeType::Any);
    visit("line-search-maximum-iterations", s.LineSearchMaximumIterations, RangeType::Any);
    visit("return-best", s.ReturnBest, RangeType::Any);
    visit("solution-accuracy", s.SolutionAccuracy, RangeType::NotNegative);
    visit("hessian-approximation-accuracy", s.HessianApproximationAccuracy, RangeType::Positive);
    visit("delta-convergence-distance", s.DeltaConvergenceDistance, RangeType::Any);
    visit("delta-convergence-tolerance", s.DeltaConvergenceTolerance, RangeType::NotNegative);
    visit("line-search-maximum-evaluations", s.LineSearchMaximumEvaluations, RangeType::Any);
    visit("line-search-minimum-step", s.LineSearchMinimumStep, RangeType::NotNegative);
    visit("line-search-maximum-step", s.LineSearchMaximumStep, RangeType::Any);
    visit("line-search-accuracy", s.LineSearchAccuracy, RangeType::NotNegative);
    visit("gradient-convergence-tolerance", s.GradientConvergenceTolerance, RangeType::NotNegative);
    visit("maximum-number-of-corrections", s.MaximumNumberOfCorrections, RangeType::Any);
    visit("maximum-number-of-function-evaluations", s.MaximumNumberOfFunctionEvaluations, RangeType::Any);
    visit("cost-function-convergence-factor", s.CostFunctionConvergenceFactor, RangeType::NotNegative);
    visit("lower-bound", s.LowerBound, RangeType::Any);
    visit("upper-bound", s.UpperBound, RangeType::Any);
    visit("trace", s.Trace, RangeType::Any);
    visit("number-of-steps", s.NumberOfSteps, RangeType::Any);
    visit("step-length", s.StepLength, RangeType::Any);
    visit("simplex-delta", s.SimplexDelta, RangeType::Any);
    visit("parameters-convergence-tolerance", s.ParametersConvergenceTolerance, RangeType::Any);
    visit("function-convergence-tolerance", s.FunctionConvergenceTolerance, RangeType::Any);
    visit("with-restarts", s.WithRestarts, RangeType::Any);
    visit("maximum-line-iterations", s.MaximumLineIterations, RangeType::Any);
    visit("step-tolerance", s.StepTolerance, RangeType::Any);
    visit("value-tolerance", s.ValueTolerance, RangeType::Any);
    visit("epsilon", s.Epsilon, RangeType::Any);
    visit("initial-radius", s.InitialRadius, RangeType::Any);
    visit("growth-factor", s.GrowthFactor, RangeType::Any);
    visit("shrink-factor", s.ShrinkFactor, RangeType::Any);
    visit("optimizer-seed", s.OptimizerSeed, RangeType::Any);

    visit("scales", s.Scales, TextsType{ "physical-shift", "index-shift", "jacobian", "manual", "none" });
    visit("manual-scales", s.ManualScales, RangeType::Any);
    visit("central-region-radius", s.CentralRegionRadius, RangeType::Any);
    visit("small-parameter-variation", s.SmallParameterVariation, RangeType::Positive);
    visit("optimizer-weights", s.OptimizerWeights, RangeType::Any);
    visit("uncertainty", s.Uncertainty, TextsType{ "none", "quick", "thorough" });
    visit("work-units", s.WorkUnits, RangeType::Any);
  }
};
} // end namespace itk

#endif // itkSettingsTable_h
