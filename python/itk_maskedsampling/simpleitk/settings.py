# SPDX-License-Identifier: Apache-2.0
"""How SimpleITK's ImageRegistrationMethod is told what to compare: metric, masks, samples and levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import SimpleITK as sitk

from .._core import LevelReport, describe_settings
from .._images.choices import choose
from .data import SharedImage, to_mask, to_weights
from .optimizers import Optimizers, Settings, new_seed
from .texts import METRIC_ARGUMENTS, SETTERS, Situation
from .values import choice, flag, iterate, real, reals, unsigned, unsigneds

INTERPOLATORS = {
    "sitkNearestNeighbor": "nearest-neighbor",
    "sitkLinear": "linear",
    "sitkBSpline1": "b-spline-1",
    "sitkBSpline2": "b-spline-2",
    "sitkBSpline3": "b-spline",
    "sitkBSpline4": "b-spline-4",
    "sitkBSpline5": "b-spline-5",
    "sitkGaussian": "gaussian",
    "sitkLabelGaussian": "label-gaussian",
    "sitkHammingWindowedSinc": "hamming-windowed-sinc",
    "sitkCosineWindowedSinc": "cosine-windowed-sinc",
    "sitkWelchWindowedSinc": "welch-windowed-sinc",
    "sitkLanczosWindowedSinc": "lanczos-windowed-sinc",
    "sitkBlackmanWindowedSinc": "blackman-windowed-sinc",
}
#: Those that take intensities for coefficients of a spline, and what to use instead.
RESAMPLERS = {f"sitkBSplineResamplerOrder{order}": f"sitkBSpline{order}" for order in range(1, 6)}
INTERPOLATOR_NAMES = {getattr(sitk, name): name for name in (*INTERPOLATORS, *RESAMPLERS)}
#: Metrics that the core has itself, with SimpleITK's derivative and with the exact one.
FAST_METRICS = ("mean-squares", "correlation", "mutual-information")
#: Those that never compare a value with one of other samples.
RESAMPLING_OPTIMIZERS = ("gradient-descent", "regular-step-gradient-descent")


class RegistrationSettings(Optimizers):
    """Metric, interpolator, masks, samples and levels."""

    NONE: ClassVar[int] = sitk.ImageRegistrationMethod.NONE
    REGULAR: ClassVar[int] = sitk.ImageRegistrationMethod.REGULAR
    RANDOM: ClassVar[int] = sitk.ImageRegistrationMethod.RANDOM

    _STRATEGIES: ClassVar[Mapping[int, str]] = {NONE: "NONE", REGULAR: "REGULAR", RANDOM: "RANDOM"}

    def __init__(self) -> None:
        super().__init__()
        self._interpolator: int = sitk.sitkLinear
        self._metric: Settings = {}
        self._metric_setter = ""
        self._uses_fixed_filter = True
        self._uses_moving_filter = True
        self._uses_exact_derivative = False
        self._fixed_mask: SharedImage | None = None
        self._moving_mask: SharedImage | None = None
        self._sampling_weights: SharedImage | None = None
        self._strategy = self.NONE
        self._percentages: tuple[float, ...] = (1.0,)
        self._seed: int = sitk.sitkWallClock
        self._samples: tuple[int, ...] = (0,)
        self._resamples = False
        self._search: Settings = {}
        self._uncertainty = "quick"
        self._shrink_factors: tuple[int, ...] = (1,)
        self._sigmas: tuple[float, ...] = (0.0,)
        self._sigmas_are_physical = True
        self.SetMetricAsMattesMutualInformation()

    # Interpolator and metric

    def GetInterpolator(self) -> int:
        """The interpolator of both images."""
        return self._interpolator

    def SetInterpolator(self, Interpolator: int) -> None:
        """The interpolator of both images. Default: SimpleITK.sitkLinear."""
        argument = "SetInterpolator: Interpolator"
        number = choice(argument, Interpolator, INTERPOLATOR_NAMES)
        name = INTERPOLATOR_NAMES[number]
        if name in RESAMPLERS:
            raise NotImplementedError(f"{argument}: {name} is not here; use SimpleITK.{RESAMPLERS[name]}")
        self._interpolator = number

    def SetMetricAsANTSNeighborhoodCorrelation(self, radius: int) -> None:
        """The correlation in the windows around the voxels. The radius is in voxels."""
        radius = unsigned("SetMetricAsANTSNeighborhoodCorrelation: radius", radius)
        self._set_metric("ANTSNeighborhoodCorrelation", {"metric": "neighborhood-correlation", "radius": radius})

    def SetMetricAsCorrelation(self) -> None:
        """The correlation of the intensities."""
        self._set_metric("Correlation", {"metric": "correlation"})

    def SetMetricAsDemons(self, intensityDifferenceThreshold: float = 0.001) -> None:
        """The metric of demons, for displacement fields."""
        threshold = real("SetMetricAsDemons: intensityDifferenceThreshold", intensityDifferenceThreshold)
        self._set_metric("Demons", {"metric": "demons", "intensity-difference-threshold": threshold})

    def SetMetricAsJointHistogramMutualInformation(
        self, numberOfHistogramBins: int = 20, varianceForJointPDFSmoothing: float = 1.5
    ) -> None:
        """Mutual information, from a smoothed joint histogram."""
        name = "SetMetricAsJointHistogramMutualInformation"
        bins = unsigned(f"{name}: numberOfHistogramBins", numberOfHistogramBins)
        variance = real(f"{name}: varianceForJointPDFSmoothing", varianceForJointPDFSmoothing)
        metric = "joint-histogram-mutual-information"
        self._set_metric(
            "JointHistogramMutualInformation", {"metric": metric, "histogram-bins": bins, "joint-variance": variance}
        )

    def SetMetricAsMeanSquares(self) -> None:
        """The mean of the squared differences of the intensities."""
        self._set_metric("MeanSquares", {"metric": "mean-squares"})

    def SetMetricAsMattesMutualInformation(self, numberOfHistogramBins: int = 50) -> None:
        """Mutual information, after Mattes et al. The default."""
        bins = unsigned("SetMetricAsMattesMutualInformation: numberOfHistogramBins", numberOfHistogramBins)
        self._set_metric("MattesMutualInformation", {"metric": "mutual-information", "histogram-bins": bins})

    def _set_metric(self, method: str, settings: Settings) -> None:
        self._metric = settings
        self._metric_setter = f"SetMetricAs{method}"

    def SetMetricUseFixedImageGradientFilter(self, arg2: bool) -> None:
        """Whether a filter differentiates the fixed image, or differences at each point do. Default: True."""
        self._uses_fixed_filter = flag("SetMetricUseFixedImageGradientFilter: arg2", arg2)

    def MetricUseFixedImageGradientFilterOn(self) -> None:
        """A filter differentiates the fixed image."""
        self._uses_fixed_filter = True

    def MetricUseFixedImageGradientFilterOff(self) -> None:
        """Differences at each point differentiate the fixed image."""
        self._uses_fixed_filter = False

    def SetMetricUseMovingImageGradientFilter(self, arg2: bool) -> None:
        """Whether a filter differentiates the moving image, or differences at each point do. Default: True."""
        self._uses_moving_filter = flag("SetMetricUseMovingImageGradientFilter: arg2", arg2)

    def MetricUseMovingImageGradientFilterOn(self) -> None:
        """A filter differentiates the moving image."""
        self._uses_moving_filter = True

    def MetricUseMovingImageGradientFilterOff(self) -> None:
        """Differences at each point differentiate the moving image."""
        self._uses_moving_filter = False

    def SetMetricUseExactDerivative(self, arg: bool) -> None:
        """Not in SimpleITK: the derivative of the interpolated image, and not of the moving image, blurred.

        For mean squares, correlation and the mutual information of Mattes, with linear interpolation. The values are
        the same. Default: False, which is SimpleITK's derivative. True is as accurate on images with texture, and
        somewhat faster; on sharp edges without smoothing, the blur reaches further.
        """
        self._uses_exact_derivative = flag("SetMetricUseExactDerivative: arg", arg)

    def SetInitialTransformSearch(
        self, enable: bool = True, translation: float = 0.0, rotation: float = 15.0, candidates: int = 6
    ) -> None:
        """Not in SimpleITK: look for the start around where the initial transforms take the samples.

        translation: how far, to each side along every axis; 0: nine times the geometric mean of the radius of the mask
        and the length of a voxel. rotation: how far, to each side about every axis, in degrees; translations alone are
        not turned. candidates: from how many places it registers, to take the best. Default: no search.
        """
        name = "SetInitialTransformSearch: "
        settings: Settings = {
            "initialization": "search",
            "search-translation": real(f"{name}translation", translation),
            "search-rotation": real(f"{name}rotation", rotation),
            "search-candidates": unsigned(f"{name}candidates", candidates),
        }
        self._search = settings if flag(f"{name}enable", enable) else {}

    def SetUncertaintyEstimation(self, how: str = "quick") -> None:
        """Not in SimpleITK: how it is found out how far the result can be trusted; GetUncertainty() has what was found.

        quick, the default; thorough, with more samples, and a registration from every other place that may fit; none. A
        result that is not determined is warned of.
        """
        choices = describe_settings()["uncertainty"].choices
        self._uncertainty = choose("SetUncertaintyEstimation: how", how, choices)

    def GetUncertaintyEstimation(self) -> str:
        """Not in SimpleITK: what SetUncertaintyEstimation() was told: quick, thorough or none."""
        return self._uncertainty

    # Masks and samples

    def SetMetricFixedMask(self, binaryMask: Any) -> None:
        """Where the fixed image counts: what is not 0, on any grid. SimpleITK.Image(): everywhere."""
        self._fixed_mask = to_mask("SetMetricFixedMask: binaryMask", binaryMask)

    def SetMetricMovingMask(self, binaryMask: Any) -> None:
        """Where the moving image counts: what is not 0, on any grid. SimpleITK.Image(): everywhere."""
        self._moving_mask = to_mask("SetMetricMovingMask: binaryMask", binaryMask)

    def SetMetricSamplingStrategy(self, strategy: int) -> None:
        """NONE, the default: every voxel of the mask; REGULAR or RANDOM: some of them."""
        self._strategy = choice("SetMetricSamplingStrategy: strategy", strategy, self._STRATEGIES)

    def SetMetricSamplingPercentage(self, percentage: float, seed: int = sitk.sitkWallClock) -> None:
        """The fraction, in (0, 1], of the mask voxels of a level. A seed that is not 0 fixes the samples."""
        name = "SetMetricSamplingPercentage"
        self._set_percentages((real(f"{name}: percentage", percentage),), unsigned(f"{name}: seed", seed))

    def SetMetricSamplingPercentagePerLevel(self, percentage: Iterable[float], seed: int = sitk.sitkWallClock) -> None:
        """The fraction, in (0, 1], of the mask voxels of each level. A seed that is not 0 fixes the samples."""
        name = "SetMetricSamplingPercentagePerLevel"
        self._set_percentages(reals(f"{name}: percentage", percentage), unsigned(f"{name}: seed", seed))

    def _set_percentages(self, percentages: tuple[float, ...], seed: int) -> None:
        self._percentages = percentages
        self._seed = seed
        self._samples = (0,)

    def GetMetricSamplingPercentagePerLevel(self) -> tuple[float, ...]:
        """The fractions of the mask voxels: one for each level, or one for all."""
        return self._percentages

    def SetMetricNumberOfSamples(self, n: int | Iterable[int]) -> None:
        """Not in SimpleITK: how many samples at each level, or one number for all, instead of fractions.

        0 is the fraction again, and so is a call of SetMetricSamplingPercentage(), which is where the seed is set: call
        that first.
        """
        name = "SetMetricNumberOfSamples: n"
        self._samples = (unsigned(name, n),) if iterate(n) is None else unsigneds(name, n)

    def SetMetricResampleEveryIteration(self, arg: bool) -> None:
        """Not in SimpleITK: other samples at each iteration of a gradient descent. Default: False."""
        self._resamples = flag("SetMetricResampleEveryIteration: arg", arg)

    def SetMetricSamplingWeights(self, image: Any) -> None:
        """Not in SimpleITK: the density of the samples, on any grid. SimpleITK.Image(): the same everywhere."""
        self._sampling_weights = to_weights("SetMetricSamplingWeights: image", image)

    # Levels

    def SetShrinkFactorsPerLevel(self, shrinkFactors: Iterable[int]) -> None:
        """How much coarser than the fixed image the grid of each level is. Default: [1]."""
        self._shrink_factors = unsigneds("SetShrinkFactorsPerLevel: shrinkFactors", shrinkFactors)

    def SetSmoothingSigmasPerLevel(self, smoothingSigmas: Iterable[float]) -> None:
        """Sigmas of the Gaussian that smooths both images at each level. Default: [0]."""
        self._sigmas = reals("SetSmoothingSigmasPerLevel: smoothingSigmas", smoothingSigmas)

    def SetSmoothingSigmasAreSpecifiedInPhysicalUnits(self, arg: bool) -> None:
        """Whether sigmas are lengths, the default, or numbers of voxels."""
        self._sigmas_are_physical = flag("SetSmoothingSigmasAreSpecifiedInPhysicalUnits: arg", arg)

    def SmoothingSigmasAreSpecifiedInPhysicalUnitsOn(self) -> None:
        """Sigmas are lengths."""
        self._sigmas_are_physical = True

    def SmoothingSigmasAreSpecifiedInPhysicalUnitsOff(self) -> None:
        """Sigmas are numbers of voxels."""
        self._sigmas_are_physical = False

    # What the core needs, and says

    def _get_situation(self, reports: Sequence[LevelReport]) -> Situation:
        """What a message of the core is about."""
        is_sampling = self._strategy != self.NONE
        count = "SetMetricNumberOfSamples" if any(self._samples) else "SetMetricSamplingPercentage"
        report = reports[-1] if reports else None
        return Situation(
            setters={
                **SETTERS,
                **self._name_optimizer_settings(),
                **{name: f"{self._metric_setter}: {argument}" for name, argument in METRIC_ARGUMENTS.items()},
                "samples": count,
            },
            optimizer=self._optimizer_setter,
            metric=self._metric_setter,
            scales=self._scales_setter,
            count=count if is_sampling else "",
            level=0 if report is None else report.level,
            samples=0 if report is None else report.points,
            voxels=0 if report is None else report.mask_voxels,
        )

    def _get_metric_settings(self) -> Settings:
        if self._uses_exact_derivative and self._metric["metric"] not in FAST_METRICS:
            raise RuntimeError(
                f"SetMetricUseExactDerivative: {self._metric['metric']} has no such derivative; use one of the metrics "
                f"{', '.join(FAST_METRICS)}, or SetMetricUseExactDerivative(False)"
            )
        has_fast_derivative = self._uses_exact_derivative or (
            self._uses_moving_filter and self._interpolator == sitk.sitkLinear
        )
        return {
            **self._metric,
            "stock-metric": self._metric["metric"] not in FAST_METRICS or not has_fast_derivative,
            "exact-derivative": self._uses_exact_derivative,
            "fixed-gradient-filter": self._uses_fixed_filter,
            "moving-gradient-filter": self._uses_moving_filter,
            "interpolator": INTERPOLATORS[INTERPOLATOR_NAMES[self._interpolator]],
            "work-units": self._number_of_work_units or self._number_of_threads,
        }

    def _get_level_settings(self) -> Settings:
        levels = len(self._shrink_factors)
        if levels != len(self._sigmas) or not levels:
            raise RuntimeError(
                f"SetShrinkFactorsPerLevel has {levels} and SetSmoothingSigmasPerLevel {len(self._sigmas)} values; "
                "give one for each level to both"
            )
        self._check_numbers("SetShrinkFactorsPerLevel", self._shrink_factors, "at least 1", lambda factor: factor >= 1)
        self._check_numbers("SetSmoothingSigmasPerLevel", self._sigmas, "0 or more", lambda sigma: sigma >= 0)
        return {
            "shrink-factors": self._shrink_factors,
            "smoothing-sigmas": self._sigmas,
            "sigmas-in-physical-units": self._sigmas_are_physical,
        }

    def _get_sampling_settings(self) -> Settings:
        name = "SetMetricSamplingPercentage"
        self._check_numbers(name, self._percentages, "in (0, 1], 0.25 is 25 %", lambda number: 0 < number <= 1)
        is_sampling = self._strategy != self.NONE
        if not is_sampling and any(self._samples):
            raise RuntimeError(
                f"SetMetricNumberOfSamples: {self._samples} are not used with the strategy NONE; call "
                "SetMetricSamplingStrategy(RANDOM), or SetMetricNumberOfSamples(0)"
            )
        if self._resamples and not is_sampling:
            raise RuntimeError(
                "SetMetricResampleEveryIteration: with the strategy NONE there are no other samples; call "
                "SetMetricSamplingStrategy(RANDOM), or SetMetricResampleEveryIteration(False)"
            )
        if self._resamples and self._optimizer.get("optimizer") not in RESAMPLING_OPTIMIZERS:
            raise RuntimeError(
                f"SetMetricResampleEveryIteration: {self._optimizer_setter} compares values of the same samples; use "
                "SetOptimizerAsGradientDescent() or SetOptimizerAsRegularStepGradientDescent(), or "
                "SetMetricResampleEveryIteration(False)"
            )
        if is_sampling:
            levels = len(self._shrink_factors)
            for setter, values in (
                ("SetMetricSamplingPercentagePerLevel", self._percentages),
                ("SetMetricNumberOfSamples", self._samples),
            ):
                if len(values) not in (1, levels):
                    raise RuntimeError(f"{setter}: {len(values)} values for {levels} levels; give one, or one for each")
        return {
            "sampling": self._STRATEGIES[self._strategy].lower(),
            "percentage": self._percentages if is_sampling else (1.0,),
            "samples": self._samples if is_sampling else (0,),
            "seed": new_seed() if self._seed == sitk.sitkWallClock else self._seed,
            "perturb-samples": True,
            "resample-every-iteration": self._resamples,
            "crop-to-mask": True,
        }

    @staticmethod
    def _check_numbers(name: str, numbers: Sequence[float], needed: str, check: Callable[[float], bool]) -> None:
        for number in numbers:
            if not (np.isfinite(number) and check(number)):
                raise RuntimeError(f"{name}: {number} is not {needed}")
