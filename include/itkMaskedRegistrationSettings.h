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
#ifndef itkMaskedRegistrationSettings_h
#define itkMaskedRegistrationSettings_h

#include "itkIntTypes.h"
#include "MaskedSamplingExport.h"

#include <string>
#include <variant>
#include <vector>

namespace itk
{
/** \class MaskedRegistrationSettings
 * \brief How MaskedImageRegistration registers at one stage, and the only place of its defaults.
 *
 * The defaults written here are those of a rigid stage; MakeDefaults() gives those of every kind of transform. A
 * setting can also be written and read by its name, which is that of the member in kebab-case ("shrink-factors").
 *
 * Values per level apply to all levels if there is one of them; where there is none, Resolve() chooses them. Those in
 * steps of the grid ("in voxels") are multiples of the smallest spacing of the fixed image.
 *
 * \ingroup MaskedSampling
 */
struct MaskedSampling_EXPORT MaskedRegistrationSettings
{
  using CountsType = std::vector<SizeValueType>;
  using NumbersType = std::vector<double>;
  /** A value of any setting; a flag is a number that is 0 or 1. */
  using ValueType = std::variant<std::string, NumbersType>;

  /** What is known of a setting besides its value. */
  struct Description
  {
    std::string Name;
    /** "text", "flag", "count", "number", "counts", "integers" or "numbers" */
    std::string Kind;
    /** What a text can be; empty: anything */
    std::vector<std::string> Choices;
  };

  /** \name Transform */
  /** translation, rigid, similarity, affine, b-spline, displacement-field, syn; given: that which was set. */
  std::string Transform{ "rigid" };
  /** Of the first stage, where no transform to start from is set: none; geometry: the centres of the images (or of the
   * boxes of their masks) fall together; moments: their centres of mass, inside the masks;
   * search, geometry-search, moments-search: the best of all rotations and translations around where the images lie, or
   * around the former two, see SearchTranslation. A search can start from a transform that is set, too. */
  std::string Initialization{ "none" };
  /** How far a search goes along every axis, to each side; 0: nine times the geometric mean of the radius of the mask
   * and the length of a voxel, which is 25 mm for a radius of 8 mm and voxels of 1 mm. */
  double SearchTranslation{ 0.0 };
  /** How far a search turns about every axis, to each side, in degrees. */
  double SearchRotation{ 15.0 };
  /** From how many of the places that a search finds it registers. */
  SizeValueType SearchCandidates{ 6 };
  /** Centre of a rotation, in fixed space; empty: the middle of the box of the mask voxels. */
  NumbersType Center{};
  /** Distance of the knots of a B-spline at the last level, in voxels, one for all axes or one for each. Beyond the
   * mask, the displacement fades to that of the stages before, over four knots, or three times its length where that
   * is more. */
  NumbersType GridSpacing{ 10.0 };
  /** Cells of a B-spline's grid at each level, as multiples of those of the grid it starts with; 0: the grid stays as
   * it is. Empty: 1, 2, 4 ...; of a given transform: 0. */
  CountsType GridScaleFactors{};
  /** Weight of the bending energy of a cubic B-spline, which is added to the metric: the mean, over the mask, of the
   * squares of all second derivatives of the displacement in voxels. 0: none; for a B-spline 10, for one that is given
   * 0. For metrics other than mutual information, it is multiplied by what makes them a logarithm of a likelihood:
   * twice the mean square at the start of a level, or twice the share that a correlation leaves. */
  double Regularization{ 0.0 };
  /** Variances of the Gaussians that smooth the update, and the whole, of a displacement field, in voxels squared of
   * the level. For displacement-field and syn 12 and 0. */
  double UpdateFieldVariance{ 3.0 };
  double TotalFieldVariance{ 0.0 };

  /** \name Metric */
  /** mutual-information (of Mattes), mean-squares, correlation, neighborhood-correlation,
   * joint-histogram-mutual-information, demons. */
  std::string Metric{ "mutual-information" };
  /** For the first four: ITK's class, instead of the faster one of this module. For displacement-field and syn with
   * mean-squares or one of the correlations, and sampling none: ITK's method, too. */
  bool StockMetric{ false };
  /** For mutual-information, mean-squares and correlation, with transforms that are linear or a B-spline: the
   * derivative of the value; false: that of ITK's metrics, from a gradient image of the moving image, blurred. It
   * reaches further on hard edges that are not smoothed; otherwise the exact one is better, and faster. */
  bool          ExactDerivative{ true };
  SizeValueType HistogramBins{ 32 };
  /** Of the windows of neighborhood-correlation, in voxels. It is fast with sampling none alone. */
  SizeValueType Radius{ 4 };
  /** Of joint-histogram-mutual-information, in bins. */
  double JointVariance{ 1.5 };
  /** Of demons. */
  double IntensityDifferenceThreshold{ 0.001 };
  /** Whether a gradient image is blurred once, instead of central differences at every point. For ITK's metrics, and
   * where exact-derivative is false. */
  bool FixedGradientFilter{ true };
  bool MovingGradientFilter{ true };
  /** Of both images: nearest-neighbor, linear, b-spline, b-spline-1, -2, -4, -5, gaussian, label-gaussian,
   * hamming-windowed-sinc, cosine-, welch-, lanczos-, blackman-. */
  std::string Interpolator{ "linear" };

  /** \name Sampling: see MaskedSamplingMixin */
  /** random, regular; none: every voxel of the mask on the grid of the level. */
  std::string Sampling{ "random" };
  /** For each level; 0: by percentage. Empty: 2000, and 5000 at the last level; for a B-spline 400000 at the last
   * level, a fourth as many at the one before, and so on, but at least 50000; for a displacement field 0. */
  CountsType Samples{};
  /** A fraction, in (0, 1], of the mask voxels, for each level. */
  NumbersType   Percentage{ 1.0 };
  SizeValueType Seed{ 1 };
  bool          PerturbSamples{ true };
  bool          ResampleEveryIteration{ false };
  bool          CropToMask{ true };
  /** Index and size of a region of the fixed image to which the samples are confined; empty: none. */
  std::vector<OffsetValueType> RegionIndex{};
  CountsType                   RegionSize{};

  /** \name Levels */
  /** 0: as many as there are shrink factors, or smoothing sigmas if there is more than one, or else 3. */
  SizeValueType Levels{ 0 };
  /** Empty: 4, 2, 1, each half the one before. */
  CountsType ShrinkFactors{};
  /** Empty: half the shrink factor where that is greater than 1; where it is 1, 0, or 0.5 for a B-spline. */
  NumbersType SmoothingSigmas{};
  /** gaussian; masked: inside the masks alone, so that what is outside does not bleed in. Not for displacement-field
   * and syn. */
  std::string Smoothing{ "gaussian" };
  /** Sigmas are in physical units; off: in voxels. */
  bool SigmasInPhysicalUnits{ false };

  /** \name Optimizer */
  /** gradient-descent, regular-step-gradient-descent, gradient-descent-line-search, conjugate-gradient-line-search,
   * lbfgs2, lbfgsb, exhaustive, amoeba, powell, one-plus-one-evolutionary. */
  std::string Optimizer{ "regular-step-gradient-descent" };
  /** ITK's optimizers as they are: LBFGS2 of ITK 5.4 starts twice at each level, which makes twice the iterations. */
  bool StockOptimizer{ false };
  /** For each level. Empty: 200; for a B-spline 30; for a displacement field 100, or 70 where the shrink factor is 2 or
   * 3, or 20 where it is 1. */
  CountsType Iterations{};
  /** Where scales are estimated from shifts, a step is a length: on, lengths are in voxels; off: in physical units. */
  bool StepsInVoxels{ true };
  /** For each level; where there is one for all, a level goes on with what a line search has made of it. Empty: half
   * the shrink factor; for a displacement field 0.25. */
  NumbersType LearningRate{};
  double      MinimumStepLength{ 1e-3 };
  double      RelaxationFactor{ 0.8 };
  double      GradientMagnitudeTolerance{ 1e-8 };
  double      ConvergenceMinimumValue{ 1e-6 };
  /** For a displacement field and syn 10. */
  SizeValueType ConvergenceWindowSize{ 30 };
  /** never, once, each-iteration: set the learning rate so that the first (or each) step is as long as MaximumStepSize,
   * or one voxel if that is 0 (voxels of the level, for displacement fields that are not left to ITK); automatic: once,
   * at the first level, but never for regular-step-gradient-descent, whose rate is a length. */
  std::string   EstimateLearningRate{ "automatic" };
  double        MaximumStepSize{ 0.0 };
  double        LineSearchLowerLimit{ 0.0 };
  double        LineSearchUpperLimit{ 5.0 };
  double        LineSearchEpsilon{ 0.01 };
  SizeValueType LineSearchMaximumIterations{ 20 };
  /** Of gradient-descent, regular-step-gradient-descent and exhaustive: end a level at the best position that was
   * evaluated, rather than at the last. Not where the samples change every iteration. (Those with a line search do what
   * ITK does; an exhaustive search always ends its last level at the best.) */
  bool ReturnBest{ true };
  /** LBFGS2: see LBFGS2Optimizerv4. */
  double        SolutionAccuracy{ 1e-5 };
  SizeValueType HessianApproximationAccuracy{ 6 };
  SizeValueType DeltaConvergenceDistance{ 0 };
  double        DeltaConvergenceTolerance{ 1e-5 };
  SizeValueType LineSearchMaximumEvaluations{ 40 };
  double        LineSearchMinimumStep{ 1e-20 };
  double        LineSearchMaximumStep{ 1e20 };
  double        LineSearchAccuracy{ 1e-4 };
  /** LBFGSB: see LBFGSBOptimizerv4. Bounds at the ends of the range of double: none. */
  double        GradientConvergenceTolerance{ 1e-5 };
  SizeValueType MaximumNumberOfCorrections{ 5 };
  SizeValueType MaximumNumberOfFunctionEvaluations{ 2000 };
  double        CostFunctionConvergenceFactor{ 1e7 };
  NumbersType   LowerBound{};
  NumbersType   UpperBound{};
  bool          Trace{ false };
  /** Exhaustive: steps to each side, for every parameter. Powell: the first step. */
  CountsType NumberOfSteps{};
  double     StepLength{ 1.0 };
  /** Amoeba. */
  double SimplexDelta{ 1.0 };
  double ParametersConvergenceTolerance{ 1e-8 };
  double FunctionConvergenceTolerance{ 1e-4 };
  bool   WithRestarts{ false };
  /** Powell. */
  SizeValueType MaximumLineIterations{ 100 };
  double        StepTolerance{ 1e-6 };
  double        ValueTolerance{ 1e-6 };
  /** One plus one evolutionary; a factor of -1: that of ITK. */
  double        Epsilon{ 1.5e-4 };
  double        InitialRadius{ 1.01 };
  double        GrowthFactor{ -1.0 };
  double        ShrinkFactor{ -1.0 };
  SizeValueType OptimizerSeed{ 1 };

  /** \name Scales of the parameters */
  /** physical-shift, index-shift, jacobian, manual, none. */
  std::string   Scales{ "physical-shift" };
  NumbersType   ManualScales{};
  SizeValueType CentralRegionRadius{ 5 };
  double        SmallParameterVariation{ 0.01 };
  /** One for each parameter; empty: 1. */
  NumbersType OptimizerWeights{};

  /** Of the last stage: none, quick, thorough: how it is found out how far the result can be trusted, see
   * MaskedImageRegistration::GetUncertainty(). */
  std::string Uncertainty{ "quick" };

  /** Threads; 0: as many as ITK would take. */
  SizeValueType WorkUnits{ 0 };

  /** Defaults for a kind of transform.
   * \exception ExceptionObject if it is none of those above */
  static MaskedRegistrationSettings
  MakeDefaults(const std::string & transform);

  /** These settings, with values for each level where there are none. */
  MaskedRegistrationSettings
  Resolve() const;

  /** Every setting, in the order of the members. */
  static std::vector<Description>
  Describe();

  /** \exception ExceptionObject if there is no setting of the name, or it cannot have the value */
  void
  Set(const std::string & name, const ValueType & value);
  ValueType
  Get(const std::string & name) const;

  /** Throw if a text is not one of its choices, a number is out of its range or not finite, or the number of values
   * per level is not that of the levels. */
  void
  Check() const;

  SizeValueType
  GetNumberOfLevels() const;
};
} // end namespace itk

#endif // itkMaskedRegistrationSettings_h
