# SPDX-License-Identifier: Apache-2.0
"""ImageRegistrationMethod, as SimpleITK has it: transforms, a run, and what can be asked while it runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from .. import _core, public
from .._registration.uncertainty import Uncertainty, read_uncertainty
from .._transforms.foreign_simpleitk import downcast
from .data import (
    DTYPES,
    InitialTransform,
    SharedImage,
    check_images,
    check_parameters,
    is_identity,
    to_finite,
    to_parts,
)
from .optimizers import Settings
from .settings import INTERPOLATOR_NAMES
from .texts import reword
from .transforms import RegistrationTransforms


@dataclass
class Run:
    """A registration that is under way. It holds the images, whose pixels the core only points to."""

    core: _core.Method
    images: dict[str, SharedImage]
    transform: InitialTransform
    levels: int
    level: int = 0
    has_started: bool = False
    has_position: bool = False


@public
class ImageRegistrationMethod(RegistrationTransforms):
    """Registration of two images. See the documentation of the module for what is different from SimpleITK."""

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self._value = 0.0
        self._iteration = 0
        self._valid_points = 0
        self._stop_condition = ""
        self._mask_voxels = 0
        self._points: npt.NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._found_uncertainty: Uncertainty | None = None

    def __str__(self) -> str:
        own = f"{type(self).__module__}.{type(self).__qualname__}"
        settings = {**self._metric, **self._optimizer, **self._scales}
        return "\n".join(
            [
                own,
                *self._describe(),
                f"  Interpolator: {INTERPOLATOR_NAMES[self._interpolator][4:]}",
                *(f"  {name}: {value}" for name, value in settings.items()),
                f"  Transform: {self.GetInitialTransform()}",
            ]
        )

    def GetName(self) -> str:
        """The name of SimpleITK's class."""
        return "ImageRegistrationMethod"

    def ToString(self) -> str:
        """The same as str()."""
        return str(self)

    # Registration

    def Execute(self, fixed: Any, moving: Any) -> Any:
        """Register. Returns the transform to optimise, changed; not in place, a changed copy in a composite one."""
        if self._run is not None:
            raise RuntimeError("Execute: this object is registering already; use another one in a command")
        try:
            core, images, transform = self._prepare(fixed, moving)
        except Exception as error:
            self._stop_condition = str(error)
            raise
        if self._debug:
            print(self)
        self._progress = 0.0
        self._is_active = True
        self._run = Run(core, images, transform, len(self._shrink_factors))
        try:
            with self._rewording(core):
                core.run(self._observe, self.GetGlobalWarningDisplay(), self._wants, self._make_reword(core))
            self._keep(core)
            part = core.transform("optimized")[-1]
            check_parameters("Execute: the result", part)
            if not transform.is_in_place:
                return transform.make_changed_copy(part)
            transform.change(part)
            return downcast(transform.get())
        except BaseException as error:
            self._keep(core)
            self._stop_condition = str(error)
            raise
        finally:
            self._run = None
            self._is_active = False
            self._invoke(sitk.sitkDeleteEvent)
            self._invoke(sitk.sitkAnyEvent)

    def _prepare(self, fixed: Any, moving: Any) -> tuple[_core.Method, dict[str, SharedImage], InitialTransform]:
        """The core with all that it needs for a registration."""
        factors = self._get_grid_scale_factors()
        core, images, transform = self._make_core("Execute", fixed, moving)
        settings = {
            **self._get_metric_settings(),
            **self._get_level_settings(),
            **self._get_sampling_settings(),
            **self._get_optimizer_settings(),
            **self._search,
            "uncertainty": self._uncertainty,
            "stock-optimizer": True,
            "grid-scale-factors": factors,
        }
        self._set(core, settings)
        return core, images, transform

    def MetricEvaluate(self, fixed: Any, moving: Any) -> float:
        """The metric for the transforms and masks as they are, at every voxel: no sampling, smoothing or shrinking."""
        core, _, _ = self._make_core("MetricEvaluate", fixed, moving)
        self._set(core, {**self._get_metric_settings(), "sampling": "none", "scales": "none"})
        with self._rewording(core):
            return core.evaluate(self.GetGlobalWarningDisplay(), self._make_reword(core))

    def _set(self, core: _core.Method, settings: Settings) -> None:
        stage = core.add_stage("given")
        with self._rewording(core):
            for name, value in settings.items():
                core.set(stage, name, value)

    def _make_reword(self, core: _core.Method) -> Callable[[str], str]:
        return lambda text: reword(text, self._get_situation(core.reports))

    @contextmanager
    def _rewording(self, core: _core.Method) -> Iterator[None]:
        """What the core refuses is said in the words of this interface."""
        try:
            yield
        except _core.CoreError as error:
            text = self._make_reword(core)(str(error))
            if text == str(error):
                raise
            raise _core.CoreError(text) from error

    def _make_core(
        self, name: str, fixed: Any, moving: Any
    ) -> tuple[_core.Method, dict[str, SharedImage], InitialTransform]:
        """The core with images, masks, transforms and domain."""
        dimension = check_images(name, fixed, moving)
        core = _core.Method(dimension, DTYPES[fixed.GetPixelID()])
        images = {}
        for role, setter, image in (
            ("fixed-mask", "SetMetricFixedMask", self._fixed_mask),
            ("moving-mask", "SetMetricMovingMask", self._moving_mask),
            ("weights", "SetMetricSamplingWeights", self._sampling_weights),
        ):
            if image is not None:
                if image.dimension != dimension:
                    raise RuntimeError(
                        f"{name}: the image of {setter} has {image.dimension} dimensions, the images have {dimension}"
                    )
                images[role] = image
        for role, setter, image in (("fixed", "SetMetricFixedMask", fixed), ("moving", "SetMetricMovingMask", moving)):
            images[role] = to_finite(f"{name}: {role}", image, images.get(f"{role}-mask"), setter)
        for role, image in images.items():
            core.set_image(role, image.pixels, image.geometry, image)

        transform = self._transform or InitialTransform("SetInitialTransform", sitk.Transform(), True)
        core.set_transform("transform", to_parts("SetInitialTransform", transform.get(), dimension))
        for role, setter, other in (
            ("moving-initial", "SetMovingInitialTransform", self._moving_initial),
            ("fixed-initial", "SetFixedInitialTransform", self._fixed_initial),
        ):
            if not is_identity(other):  # whose dimension does not count
                core.set_transform(role, to_parts(setter, other, dimension))
        if self._domain is not None:
            core.set_virtual_domain(self._get_domain(name, dimension))
        return core, images, transform

    # Observers

    def _observe(self, event: str) -> None:
        """Turn an event of the core into those of SimpleITK.

        sitkAnyEvent is for those of the optimizer, as with SimpleITK, where it also tells of what is set before.
        """
        run = self._run
        assert run is not None
        if event == "method-start":
            for _ in range(self._count_settings_of_optimizer()):
                self._show(run, sitk.sitkAnyEvent)
            run.has_started = True
            self._show(run, sitk.sitkStartEvent)
            self._is_aborted = False
        elif event == "level":
            run.level = run.core.level
            self._show(run, sitk.sitkMultiResolutionIterationEvent)
        elif event == "iteration":
            run.has_position = True
            self._show(run, sitk.sitkIterationEvent, sitk.sitkAnyEvent)
        elif event == "optimizer":
            run.has_position = run.has_position or run.core.position.size > 0
            self._show(run, sitk.sitkAnyEvent)
        elif event == "method-end":
            run.level = run.levels
            if self._is_aborted:
                self._progress = 1.0
                self._show(run, sitk.sitkProgressEvent)
            self._show(run, sitk.sitkEndEvent)

    def _wants(self, event: str) -> bool:
        """Whether an event of the core changes anything."""
        return bool(self._observers) or event not in ("iteration", "optimizer")

    def _show(self, run: Run, *events: int) -> None:
        """Call what observes any of the events, with the transform in place where the optimizer is."""
        if self._is_observed(*events):
            if run.has_position and run.transform.is_in_place:
                run.transform.change(run.core.transform("optimized")[-1])
            self._invoke(*events)

    def _keep(self, core: _core.Method) -> None:
        """Keep what can be asked for after a registration."""
        if core.is_busy:
            return  # a signal has ended it in the middle
        self._value = core.value
        self._iteration = core.iteration
        self._valid_points = core.valid_points
        self._stop_condition = core.stop_condition
        self._points = core.points
        self._mask_voxels = core.reports[-1].mask_voxels if core.reports else 0
        self._found_uncertainty = read_uncertainty(core, self._make_reword(core)(core.text("uncertainty-text")))

    def StopRegistration(self) -> bool:
        """In a command: end the level after this iteration. Returns whether the optimizer can."""
        return self._run is not None and self._run.core.stop()

    # What can be asked for in a command, and mostly also afterwards

    def GetOptimizerIteration(self) -> int:
        """The iteration, from 0 at each level."""
        return self._iteration if self._run is None else self._run.core.iteration

    def GetOptimizerPosition(self) -> tuple[float, ...]:
        """The parameters where the optimizer is. Afterwards: ()."""
        run = self._run
        if run is None:
            return ()
        return tuple(run.core.position.tolist() if run.has_position else run.transform.get().GetParameters())

    def GetOptimizerLearningRate(self) -> float:
        """The learning rate of a gradient descent. With other optimizers, and afterwards: 0."""
        return 0.0 if self._run is None else or_zero(self._run.core.learning_rate)

    def GetOptimizerConvergenceValue(self) -> float:
        """What an optimizer compares with its limit, if it does. Afterwards: 0."""
        return 0.0 if self._run is None else or_zero(self._run.core.convergence)

    def GetMetricValue(self) -> float:
        """The metric."""
        return self._value if self._run is None else self._run.core.value

    def GetMetricNumberOfValidPoints(self) -> int:
        """The points that map into the moving image, and its mask."""
        return self._valid_points if self._run is None else self._run.core.valid_points

    def GetCurrentLevel(self) -> int:
        """The level, from 0. Afterwards: 0."""
        return 0 if self._run is None else self._run.level

    def GetOptimizerScales(self) -> tuple[float, ...]:
        """The scales that were set; if they are estimated: those that were, and afterwards ()."""
        if self._manual_scales is not None:
            return self._manual_scales
        return () if self._run is None else tuple(self._run.core.scales.tolist())

    def GetOptimizerStopConditionDescription(self) -> str:
        """Why the optimizer ended, or what went wrong."""
        if self._run is None:
            return self._stop_condition
        return self._run.core.stop_condition if self._run.has_started else ""

    def GetMetricNumberOfMaskVoxels(self) -> int:
        """Not in SimpleITK: the voxels inside the mask; with the strategy NONE those of the grid of the level."""
        if self._run is None:
            return self._mask_voxels
        reports = self._run.core.reports
        return reports[-1].mask_voxels if reports else 0

    def GetMetricSamplePoints(self) -> npt.NDArray[np.float32]:
        """Not in SimpleITK: the samples of the level, in the virtual domain, shape (n, D). Without sampling, n is 0."""
        return self._points if self._run is None else self._run.core.points

    def GetUncertainty(self) -> Uncertainty | None:
        """Not in SimpleITK: how far the result of Execute() can be trusted, see help(itk_maskedsampling.Uncertainty).

        Its points are those of the virtual domain. None: before, in a command, without an iteration, and where
        SetUncertaintyEstimation() leaves it out.
        """
        return self._found_uncertainty if self._run is None else None


def or_zero(number: float) -> float:
    """What stands for what an optimizer does not have."""
    return 0.0 if math.isnan(number) else number
