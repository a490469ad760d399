# SPDX-License-Identifier: Apache-2.0
"""Settings of every tool, in one place. Change them and run the benchmark again: nothing else has to be changed.

A configuration is one way to use one tool in all cases. Its options are kept by kind of transform. Those of elastix are
its own parameters; those of ANTs are the values of antsRegistration's flags; those of the others say what they are.
All tools have 32 histogram bins, 2000 samples (more where it says so) and, unless it says so, levels 4, 2, 1.

How they were chosen: for each tool the fastest settings that are accurate (fast), and the most accurate ones at a time
that one would wait for (accurate). What was tried for elastix: the pyramids Smoothing, Recursive, Generic and
Shrinking; the samplers RandomSparseMask, Random and RandomCoordinate; the optimizers AdaptiveStochasticGradientDescent
(50 to 1000 iterations, steps of 1 to 4 voxels), RegularStepGradientDescent and QuasiNewtonLBFGS. For SimpleITK and
stock ITK: with and without smoothing; RegularStepGradientDescent, LBFGS2; the virtual domain set to the mask's box.
For ANTs: sampling rates, of which 1 took minutes. greedy and NiftyReg have their usual settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cases import AFFINE, BSPLINE, MEAN_SQUARES, MUTUAL_INFORMATION, RIGID

OURS = "masked"
STOCK = "stock ITK"
SIMPLEITK = "SimpleITK"
ELASTIX = "elastix"
ANTS = "ANTs"
GREEDY = "greedy"
NIFTYREG = "NiftyReg"
#: The same with ITK's own threads: the wheels make TBB the default, and some found it slower.
WITH_POOL = {tool: f"{tool} (Pool)" for tool in (STOCK, ELASTIX)}
TOOLS = (OURS, STOCK, SIMPLEITK, ELASTIX, ANTS, GREEDY, NIFTYREG, *WITH_POOL.values())

Options = dict[str, Any]


@dataclass(frozen=True)
class Configuration:
    """One way to use a tool, with the options for each kind of transform."""

    tool: str
    name: str
    options: Mapping[str, Options]

    @property
    def label(self) -> str:
        return f"{self.tool}, {self.name}" if self.name else self.tool


# ---------------------------------------------------------------------------------------------- ITK and SimpleITK

#: The demo's settings. Steps are in mm: the scales are from physical shift.
DESCENT: Options = {
    "samples": 2000,
    "resample": False,
    "bins": 32,
    "shrink factors": [4, 2, 1],
    "sigmas": [2, 1, 0],
    "optimizer": "RegularStepGradientDescent",
    "rate": 2.0,
    "relaxation": 0.7,
    "minimum step": 1e-3,
    "iterations": 200,
    "scales": True,
}
#: A quasi-Newton method for the many parameters of a B-spline, which are all in mm and need no scales. The grid covers
#: the box of the mask and a margin, in mm.
SPLINE: Options = {
    **DESCENT,
    "optimizer": "LBFGS2",
    "accuracy": 1e-5,
    "iterations": 10,
    "scales": False,
    "grid spacing": 10.0,
    "grid margin": 5.0,
}
UNSMOOTHED: Options = {"sigmas": [0, 0, 0]}

ITK_DEFAULT = {RIGID: DESCENT, AFFINE: DESCENT, BSPLINE: SPLINE}
ITK_UNSMOOTHED = {transform: options | UNSMOOTHED for transform, options in ITK_DEFAULT.items()}
#: The virtual domain is the box of the mask: samples fall there alone, and the scales are those of the box.
CROPPED = {transform: options | {"crop": True} for transform, options in ITK_DEFAULT.items()}

#: Samples cost us little, and many parameters need many.
OUR_SPLINE: Options = {**SPLINE, "samples per level": [20000, 50000, 100000], "iterations": 30}
OURS_DEFAULT = {RIGID: DESCENT, AFFINE: DESCENT, BSPLINE: OUR_SPLINE}
OURS_UNSMOOTHED = {transform: options | UNSMOOTHED for transform, options in OURS_DEFAULT.items()}
#: register() with its defaults, without error bars, which no peer has, and with them. The other options are those of
#: the class, which nothing reads here.
ONE_CALL = {transform: options | {"one call": {"uncertainty": "none"}} for transform, options in OURS_DEFAULT.items()}
WITH_BARS = {transform: options | {"one call": {}} for transform, options in OURS_DEFAULT.items()}
OURS_ONCE_SMOOTHED = {transform: options | {"sigmas": [2, 0, 0]} for transform, options in OURS_DEFAULT.items()}

# -------------------------------------------------------------------------------------------------------- elastix

ELASTIX_COMMON: Options = {
    "Registration": "MultiResolutionRegistration",
    "Metric": {MEAN_SQUARES: "AdvancedMeanSquares", MUTUAL_INFORMATION: "AdvancedMattesMutualInformation"},
    "NumberOfHistogramBins": 32,
    "FixedInternalImagePixelType": "float",
    "MovingInternalImagePixelType": "float",
    "Interpolator": "LinearInterpolator",
    "NumberOfResolutions": 3,
    "ImagePyramidSchedule": [4, 4, 4, 2, 2, 2, 1, 1, 1],
    "AutomaticScalesEstimation": True,
    "AutomaticTransformInitialization": False,
    "AutomaticParameterEstimation": True,
    "NumberOfSpatialSamples": 2000,
    "MaximumNumberOfSamplingAttempts": 8,
    "ErodeMask": False,
    # Neither resample nor write anything at the end.
    "Resampler": "DefaultResampler",
    "ResampleInterpolator": "FinalLinearInterpolator",
    "WriteResultImage": False,
    "WriteIterationInfo": False,
    "WriteTransformParametersEachResolution": False,
}
SHRINKING: Options = {
    "FixedImagePyramid": "FixedShrinkingImagePyramid",
    "MovingImagePyramid": "MovingShrinkingImagePyramid",
}
RECURSIVE: Options = {
    "FixedImagePyramid": "FixedRecursiveImagePyramid",
    "MovingImagePyramid": "MovingRecursiveImagePyramid",
}
QUASI_NEWTON: Options = {
    "Optimizer": "QuasiNewtonLBFGS",
    "MaximumNumberOfIterations": 50,
    "ImageSampler": "RandomSparseMask",
    "NewSamplesEveryIteration": False,
}
STOCHASTIC: Options = {
    "Optimizer": "AdaptiveStochasticGradientDescent",
    "MaximumNumberOfIterations": 250,
    "ImageSampler": "RandomCoordinate",
    "NewSamplesEveryIteration": True,
}
STOCHASTIC_LONG: Options = {**STOCHASTIC, "MaximumNumberOfIterations": 500}
EULER: Options = {**ELASTIX_COMMON, "Transform": "EulerTransform"}
ELASTIX_AFFINE: Options = {**ELASTIX_COMMON, "Transform": "AffineTransform"}
ELASTIX_SPLINE: Options = {
    **ELASTIX_COMMON,
    "Transform": "BSplineTransform",
    "FinalGridSpacingInPhysicalUnits": 10.0,
    "GridSpacingSchedule": [4, 2, 1],
}
BIG_STEP: Options = {"MaximumStepLength": 2.0}
MORE_SAMPLES: Options = {"NumberOfSpatialSamples": 5000}

# ----------------------------------------------------------------------------------------------------------- ANTs

#: The sampling rate is the same at all levels: at the shrink factor "rate for factor" it gives the samples asked for.
ANTS_COMMON: Options = {
    "samples": 2000,
    "rate for factor": 1,
    "bins": 32,
    "convergence": "[200x200x200,1e-6,10]",
    "shrink factors": "4x2x1",
    "sigmas": "2x1x0mm",
}
#: Not a B-spline: ANTs' own deformable transform, symmetric normalisation. It uses every voxel of the mask, and not the
#: full resolution, at which it takes minutes.
SYN: Options = {
    "samples": 0,
    "bins": 32,
    "transform": "SyN[0.2,3,0]",
    "convergence": "[40x20,1e-6,10]",
    "shrink factors": "4x2",
    "sigmas": "2x1mm",
}


def ants_options(changes: Options, deformable: Options) -> dict[str, Options]:
    return {
        RIGID: {**ANTS_COMMON, "transform": "Rigid[0.1]", **changes},
        AFFINE: {**ANTS_COMMON, "transform": "Affine[0.1]", **changes},
        BSPLINE: deformable,
    }


# ---------------------------------------------------------------------------------------------- greedy and NiftyReg


def greedy_options(iterations: str) -> dict[str, Options]:
    """Where contrasts differ, its correlation ends far off; within the grey matter, in the same contrast, its mutual
    information does. Not a B-spline: its own deformable transform."""
    metrics = {MEAN_SQUARES: "NCC 4x4x4", MUTUAL_INFORMATION: "NMI"}
    linear: Options = {"arguments": {metric: f"-m {name} -n {iterations}" for metric, name in metrics.items()}}
    spline: Options = {"deformable": f"-m NCC 2x2x2 -n {iterations}"}
    return {RIGID: linear, AFFINE: linear, BSPLINE: spline}


#: reg_aladin matches blocks, whatever the metric; reg_f3d has mutual information, and a B-spline on a grid of mm.
NIFTYREG_DEFAULT: dict[str, Options] = {
    RIGID: {"arguments": "-noSym"},
    AFFINE: {"arguments": "-noSym"},
    BSPLINE: {"arguments": "-sx -10"},
}

# ---------------------------------------------------------------------------------------------------------- all

CONFIGURATIONS = [
    Configuration(OURS, "fast", OURS_UNSMOOTHED),
    Configuration(OURS, "once smoothed", OURS_ONCE_SMOOTHED),
    Configuration(OURS, "default pyramid", OURS_DEFAULT),
    Configuration(OURS, "one call", ONE_CALL),
    Configuration(OURS, "with error bars", WITH_BARS),
    Configuration(STOCK, "", ITK_DEFAULT),
    Configuration(SIMPLEITK, "fast", ITK_UNSMOOTHED),
    Configuration(SIMPLEITK, "accurate", ITK_DEFAULT),
    Configuration(SIMPLEITK, "cropped", CROPPED),
    Configuration(
        ELASTIX,
        "fast",
        {
            RIGID: EULER | SHRINKING | QUASI_NEWTON,
            AFFINE: ELASTIX_AFFINE | SHRINKING | STOCHASTIC,
            BSPLINE: ELASTIX_SPLINE | RECURSIVE | STOCHASTIC,
        },
    ),
    Configuration(
        ELASTIX,
        "smoothed",
        {
            RIGID: EULER | RECURSIVE | QUASI_NEWTON,
            AFFINE: ELASTIX_AFFINE | RECURSIVE | STOCHASTIC | BIG_STEP,
            BSPLINE: ELASTIX_SPLINE | RECURSIVE | STOCHASTIC_LONG,
        },
    ),
    Configuration(
        ELASTIX,
        "accurate",
        {
            RIGID: EULER | RECURSIVE | STOCHASTIC_LONG | BIG_STEP,
            AFFINE: ELASTIX_AFFINE | RECURSIVE | STOCHASTIC_LONG | BIG_STEP,
            BSPLINE: ELASTIX_SPLINE | RECURSIVE | STOCHASTIC_LONG | MORE_SAMPLES,
        },
    ),
    Configuration(ANTS, "fast", ants_options({}, SYN)),
    Configuration(ANTS, "accurate", ants_options({"rate for factor": 2}, SYN | {"convergence": "[100x70,1e-6,10]"})),
    Configuration(GREEDY, "fast", greedy_options("40x20x0")),
    Configuration(GREEDY, "accurate", greedy_options("100x50x10")),
    Configuration(NIFTYREG, "", NIFTYREG_DEFAULT),
]
CONFIGURATIONS += [replace(c, tool=WITH_POOL[c.tool]) for c in CONFIGURATIONS if c.tool in WITH_POOL]
