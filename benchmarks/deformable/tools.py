# SPDX-License-Identifier: Apache-2.0
"""The tools of the deformable benchmark and their settings: one call, from where the images are placed."""

from __future__ import annotations

from dataclasses import dataclass

from cases import MEAN_SQUARES, MUTUAL_INFORMATION
from settings import ANTS, ELASTIX, ELASTIX_COMMON, GREEDY, OURS, Options
from tool import NUMBER_OF_THREADS


@dataclass(frozen=True)
class Entry:
    """One way to use a tool."""

    label: str
    tool: str
    package: str
    options: Options
    metric: str = MUTUAL_INFORMATION


def at_the_end(transform: str) -> Options:
    """Neighbourhood correlation for the last stage alone."""
    return {"transform": ["rigid", "affine", {"transform": transform, "metric": "neighborhood-correlation"}]}


#: register() with its defaults, but for the stages.
ONE_CALL: Options = {
    "transform": ["rigid", "affine", "b-spline"],
    "initial": "geometry",
    "uncertainty": "none",
    "work_units": NUMBER_OF_THREADS,
}
#: With fresh samples and a pyramid that only smooths. The first map places the images, as initial="geometry" does.
MAP: Options = ELASTIX_COMMON | {
    "FixedImagePyramid": "FixedSmoothingImagePyramid",
    "MovingImagePyramid": "MovingSmoothingImagePyramid",
    "NumberOfResolutions": 4,
    "ImagePyramidSchedule": [8, 8, 8, 4, 4, 4, 2, 2, 2, 1, 1, 1],
    "NumberOfSpatialSamples": 4096,
    "Optimizer": "AdaptiveStochasticGradientDescent",
    "ImageSampler": "RandomSparseMask",
    "NewSamplesEveryIteration": True,
    "UseDirectionCosines": True,
}
RIGID_MAP: Options = MAP | {
    "Transform": "EulerTransform",
    "AutomaticTransformInitialization": True,
    "AutomaticTransformInitializationMethod": "GeometricalCenter",
    "MaximumNumberOfIterations": 500,
}
SPLINE_MAP: Options = MAP | {
    "Transform": "BSplineTransform",
    "FinalGridSpacingInPhysicalUnits": 10.0,
    "GridSpacingSchedule": [8, 4, 2, 1],
    "MaximumNumberOfIterations": 1000,
    "HowToCombineTransforms": "Compose",
}
LINEAR_LEVELS: Options = {"convergence": "[200x200x100,1e-6,10]", "shrink factors": "4x2x1", "sigmas": "4x2x1mm"}
ANTS_STAGES: Options = {
    "stages": [
        LINEAR_LEVELS | {"transform": "Rigid[0.1]", "metric": "Mattes", "radius": 32, "sampling": "Regular,0.1"},
        LINEAR_LEVELS | {"transform": "Affine[0.1]", "metric": "Mattes", "radius": 32, "sampling": "Regular,0.1"},
        {
            "transform": "SyN[0.2,3,0]",
            "metric": "CC",
            "radius": 3,
            "sampling": "None",
            "convergence": "[100x70x10,1e-6,10]",
            "shrink factors": "4x2x1",
            "sigmas": "2x1x0vox",
        },
    ]
}
GREEDY_STEPS: Options = {
    "linear": "-a -dof 12 -m NCC 2x2x2 -n 100x50x20 -ia-image-centers",
    "deformable": "-m NCC 2x2x2 -n 100x100x50 -s 2vox 0.5vox",
}

SYN_OF_BRAIN: Options = {"stages": ANTS_STAGES["stages"][-1:]}
WITH_BARS: Options = {"uncertainty": "quick"}
ONE_STAGE: Options = {"uncertainty": "none", "work_units": NUMBER_OF_THREADS}

LUNG_ENTRIES = (
    Entry("ours, mutual information", OURS, "itk-maskedsampling", {"one call": ONE_CALL}),
    Entry("ours, with error bars", OURS, "itk-maskedsampling", {"one call": ONE_CALL | WITH_BARS}),
    Entry("ours, mean squares", OURS, "itk-maskedsampling", {"one call": ONE_CALL}, MEAN_SQUARES),
    Entry("ours, correlation", OURS, "itk-maskedsampling", {"one call": ONE_CALL | {"metric": "correlation"}}),
    Entry(
        "ours, neighbourhood correlation", OURS, "itk-maskedsampling", {"one call": ONE_CALL | at_the_end("b-spline")}
    ),
    Entry("ours, SyN", OURS, "itk-maskedsampling", {"one call": ONE_CALL | at_the_end("syn")}),
    Entry("elastix", ELASTIX, "itk-elastix", {"maps": [RIGID_MAP, SPLINE_MAP]}),
    Entry("ANTs, SyN", ANTS, "antspyx", ANTS_STAGES),
    Entry("greedy", GREEDY, "picsl-greedy", GREEDY_STEPS),
)
BRAIN_ENTRIES = (
    Entry("ours, SyN", OURS, "itk-maskedsampling", {"one call": ONE_STAGE | {"transform": "syn", "metric": None}}),
    Entry("ours, B-spline", OURS, "itk-maskedsampling", {"one call": ONE_STAGE | {"transform": "b-spline"}}),
    Entry(
        "ours, with error bars",
        OURS,
        "itk-maskedsampling",
        {"one call": ONE_STAGE | {"transform": "b-spline"} | WITH_BARS},
    ),
    Entry("ANTs, SyN", ANTS, "antspyx", SYN_OF_BRAIN),
    Entry("greedy", GREEDY, "picsl-greedy", {"deformable": GREEDY_STEPS["deformable"]}),
)
