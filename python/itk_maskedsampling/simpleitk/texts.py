# SPDX-License-Identifier: Apache-2.0
"""What the core and ITK refuse or warn of, in the words of SimpleITK's interface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: Settings of the core that one method sets; those of metrics and optimizers are of the method that was called.
SETTERS = {
    "fixed": "Execute: fixed",
    "moving": "Execute: moving",
    "manual-scales": "SetOptimizerScales: scales",
    "optimizer-weights": "SetOptimizerWeights: weights",
    "grid-scale-factors": "SetInitialTransformAsBSpline: scaleFactors",
    "shrink-factors": "SetShrinkFactorsPerLevel: shrinkFactors",
    "smoothing-sigmas": "SetSmoothingSigmasPerLevel: smoothingSigmas",
    "seed": "SetMetricSamplingPercentage: seed",
    "percentage": "SetMetricSamplingPercentage",
    "search-translation": "SetInitialTransformSearch: translation",
    "search-rotation": "SetInitialTransformSearch: rotation",
    "search-candidates": "SetInitialTransformSearch: candidates",
}
METRIC_ARGUMENTS = {
    "histogram-bins": "numberOfHistogramBins",
    "radius": "radius",
    "joint-variance": "varianceForJointPDFSmoothing",
    "intensity-difference-threshold": "intensityDifferenceThreshold",
}
SCALES_ARGUMENTS = {
    "central-region-radius": "centralRegionRadius",
    "small-parameter-variation": "smallParameterVariation",
}
TOGETHER = "If they are in different places, bring them together: SimpleITK.CenteredTransformInitializer()"
MORE = "SetMetricNumberOfSamples(2000)"


@dataclass(frozen=True)
class Situation:
    """What was set, and how far it came.

    setters: what is called what in the core, and by which method it is set.
    optimizer, metric, scales: the methods that were called last.
    count: the method that says how many samples; "": every voxel of the mask.
    level, samples, voxels: of the level under way. 0 samples: every voxel.
    """

    setters: Mapping[str, str]
    optimizer: str
    metric: str
    scales: str
    count: str
    level: int = 0
    samples: int = 0
    voxels: int = 0

    @property
    def points(self) -> str:
        """What the metric looks at."""
        if self.count and self.samples:
            return f"the {self.samples} samples at level {self.level}, of {self.voxels} mask voxels,"
        return f"the {self.voxels} mask voxels of level {self.level}" if self.voxels else "all voxels"

    @property
    def count_or_mask(self) -> str:
        return self.count or "SetMetricFixedMask"

    @property
    def more(self) -> str:
        return f"Give more, such as {MORE}" if self.count else "Give a mask that is wider"

    @property
    def few(self) -> str:
        return "the samples" if self.count else "the voxels of the mask"

    @property
    def more_or_wider(self) -> str:
        more = "More of SetMetricNumberOfSamples(), a" if self.count else "A"
        return f"{more} larger mask of SetMetricFixedMask(),"


#: Texts, and what is said instead, with the attributes of a Situation and the groups of the text in it. In their order:
#: the first that is found counts.
TEXTS = [
    (
        r"(?s)Near the result, the metric cannot be evaluated: (?P<t>.*)",
        "Execute: near the result, {s.metric} cannot be evaluated: {t}",
    ),
    (
        r"samples: (?P<n>\d+) at level (?P<l>\d+), of (?P<v>\d+) mask voxels, cannot determine the (?P<p>\d+)",
        "{s.count_or_mask}: {n} samples at level {l}, of {v} mask voxels, cannot determine the {p} parameters of the "
        "transform. {s.more}",
    ),
    (
        r"percentage: (?P<t>\d+ samples at level .*: the result will scatter)",
        "SetMetricSamplingPercentage: {t}. Ask for a number, such as " + MORE + ".",
    ),
    (
        r"Zero-valued spacing|Refusing to change spacing|joint histogram of the \d+ samples sums",
        "{s.metric}: {s.points} have the same intensity in one of the images, or fill too few bins, from which nothing "
        "can be told. {s.more}, or with more contrast in it",
    ),
    (
        r"At the start of level (?P<l>\d+), only (?P<i>\d+) of the (?P<n>\d+) sample points",
        "Execute: only {i} of the {n} samples at level {l} are in the moving image. " + TOGETHER,
    ),
    (
        r"None of the (?P<n>\d+) sample",
        "Execute: none of the {n} samples at level {s.level} is in the moving image, or its mask. " + TOGETHER,
    ),
    (
        r"All samples map outside moving image buffer",
        "Execute: {s.metric} has nothing to compare: {s.points} are outside the moving image, or its mask. " + TOGETHER,
    ),
    (
        r"Size of weights \((?P<n>\d+)\) must equal number of local parameters \((?P<p>\d+)\)",
        "SetOptimizerWeights: weights: {n} values for {p} parameters of the transform. Give as many",
    ),
    (
        r"size of Scales is (?P<n>\d+), but the NumberOfParameters.* is (?P<p>\d+)",
        "{s.optimizer}: it needs a scale for each of the {p} parameters of the transform, and a displacement field has "
        "{n}, the same for all its vectors. Use SetOptimizerAsGradientDescent()",
    ),
    (
        r"cost function and scaling information dimensions mismatch|Size of scales \(\d+\) must equal",
        "{s.scales}: there are not as many scales as parameters of the transform. Give as many, or none: "
        "SetOptimizerScales([])",
    ),
    (
        r"has local-support. This is not supported for this optimizer",
        "{s.optimizer}: it cannot optimise a displacement field. Use SetOptimizerAsGradientDescent()",
    ),
    (
        r"m_Scales values must be > epsilon",
        "{s.scales}: the scale of a parameter is 0, or next to it, as where no voxel of the mask moves with it. Use "
        "SetOptimizerScalesFromPhysicalShift(), SetOptimizerScales([]), or a mask that is wider",
    ),
    (
        r"[Ss]ingular matrix|Determinant is 0",
        "{s.optimizer}: the transform has become one that cannot be inverted, at level {s.level}. Its steps are too "
        "long: make them shorter, or let SetOptimizerScalesFromPhysicalShift() weigh the parameters",
    ),
    (
        r"number of pixels along (?:direction|dimension) (?P<d>\d+) is less than 4",
        "SetSmoothingSigmasPerLevel: an image has less than 4 pixels along axis {d}, which smoothing needs. Give "
        "sigmas of 0, or pad it: SimpleITK.ZeroFluxNeumannPad()",
    ),
    (
        r"the gradient image that the derivative is taken from needs 4",
        "MetricUseMovingImageGradientFilterOn: the moving image has less than 4 pixels along an axis, which the filter "
        "needs. Pad it: SimpleITK.ZeroFluxNeumannPad(), call MetricUseMovingImageGradientFilterOff(), or "
        "SetMetricUseExactDerivative(True)",
    ),
    (
        r"every voxel inside the mask is left to the superclass",
        "Execute: with this transform, which is neither linear nor one cubic B-spline, {s.metric} is as slow as "
        "SimpleITK at {s.points}. SetMetricSamplingStrategy(RANDOM) is faster",
    ),
    (
        r"cannot optimise a transform that is applied before a B-spline",
        "SetInitialTransform, SetMovingInitialTransform: ITK cannot optimise a transform that is applied before a "
        "B-spline where the derivative is needed. Resample the moving image by the B-spline first, or use "
        "SetOptimizerAsPowell()",
    ),
    (
        r'optimizer: "[a-z0-9-]+" keeps its number of parameters',
        "{s.optimizer}: it keeps its number of parameters, but scaleFactors of SetInitialTransformAsBSpline() change "
        "it from level to level. Give the same for all levels, or use SetOptimizerAsLBFGS2()",
    ),
    (
        r'(?s)Another place fits (?P<t>.*)use initialization "search"(?P<u>.*)a larger mask',
        "Execute: another place fits {t}call SetInitialTransformSearch(){u}a larger mask for SetMetricFixedMask().",
    ),
    (
        r"(?s)The samples hardly determine (?P<t>.*\. )More samples, a larger mask,(?P<u>.*)",
        "Execute: {s.few} hardly determine {t}{s.more_or_wider}{u}",
    ),
    (
        r"(?s)The result stretches by (?P<t>.*) first, or a search for the start, may help",
        "Execute: the result stretches by {t} first, or SetInitialTransformSearch(), may help.",
    ),
    (
        r"At the result, (?P<t>.*) a search for the start may help",
        "Execute: at the result, {t} SetInitialTransformSearch() may help.",
    ),
    (
        r"The result takes all samples (?P<t>.*) A search for the start may help",
        "Execute: the result takes all samples {t} SetInitialTransformSearch() may help.",
    ),
    (
        r"(?s)The result (?P<t>folds space at .*) Raise the regularization, or take a wider grid-spacing",
        "Execute: the result {t} Give SimpleITK.BSplineTransformInitializer() a coarser mesh, or smooth a field more.",
    ),
    (r"(?s)The result (?P<t>(?:folds|turns) space .*)", "Execute: the result {t}"),
    (r"(?s)(?P<t>No voxel of the domain is inside the mask.*)", "SetMetricFixedMask: binaryMask: {t}"),
    (r"(?s)(?P<t>The weights? of .*)", "SetMetricSamplingWeights: image: {t}"),
]


def reword(text: str, situation: Situation) -> str:
    """The text in the words of the interface; as it is where it has no others."""
    for pattern, words in TEXTS:
        found = re.search(pattern, text)
        if found:
            text = words.format(s=situation, **found.groupdict()) + ("" if "{t}" in words else ".")
            break
    name = re.match(r"([a-z][a-z0-9-]*): ", text)
    if name is not None and name[1] in situation.setters:
        text = f"{situation.setters[name[1]]}{text[name.end(1) :]}"
    return re.sub("[a-z]+(-[a-z0-9]+)+", lambda match: situation.setters.get(match[0], match[0]), text)
