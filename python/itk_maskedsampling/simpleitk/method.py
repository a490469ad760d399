# SPDX-License-Identifier: Apache-2.0
"""ImageRegistrationMethod, as SimpleITK has it: transforms, a run, and what can be asked while it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from .. import _core, public
from .._core import Geometry
from .._transforms.foreign_simpleitk import downcast
from .data import InitialTransform, SharedImage, is_identity, to_geometry, to_parts
from .settings import RegistrationSettings
from .values import flag, instance, reals, unsigneds

DTYPES = {sitk.sitkFloat32: np.float32, sitk.sitkFloat64: np.float64}


@dataclass
class Run:
    """A registration that is under way. It holds the images, whose pixels the core only points to."""

    core: _core.Method
    images: dict[str, SharedImage]
    transform: InitialTransform
    levels: int
    level: int = 0
    has_position: bool = False


@public
class ImageRegistrationMethod(RegistrationSettings):
    """Registration of two images. See the documentation of the module for what is different from SimpleITK."""

    def __init__(self) -> None:
        super().__init__()
        self._transform: InitialTransform | None = None
        self._scale_factors: tuple[int, ...] = ()
        self._moving_initial: Any = sitk.Transform()
        self._fixed_initial: Any = sitk.Transform()
        self._domain: Geometry | None = None
        self._run: Run | None = None
        self._value = 0.0
        self._iteration = 0
        self._valid_points = 0
        self._stop_condition = ""
        self._mask_voxels = 0
        self._points: npt.NDArray[np.float32] = np.empty((0, 0), np.float32)

    def __str__(self) -> str:
        own = f"{type(self).__module__}.{type(self).__qualname__}"
        settings = {**self._metric, **self._optimizer, **self._scales}
        return "\n".join(
            [
                own,
                *self._describe(),
                *(f"  {name}: {value}" for name, value in settings.items()),
                f"  transform: {self.GetInitialTransform()}",
            ]
        )

    def GetName(self) -> str:
        """The name of SimpleITK's class."""
        return "ImageRegistrationMethod"

    def ToString(self) -> str:
        """The same as str()."""
        return str(self)

    # Transforms and domain

    def SetInitialTransform(self, transform: Any, inPlace: bool = True) -> None:
        """The transform to optimise: in place, or a copy of it."""
        in_place = flag("SetInitialTransform: inPlace", inPlace)
        self._transform = InitialTransform("SetInitialTransform: transform", transform, in_place)
        self._scale_factors = ()

    def GetInitialTransform(self) -> Any:
        """The transform to optimise. In a command, and afterwards, that which is optimised in place."""
        return sitk.Transform() if self._transform is None else self._transform.get()

    def GetInitialTransformInPlace(self) -> bool:
        """Whether the transform that was set is changed."""
        return self._transform is None or self._transform.is_in_place

    def SetInitialTransformAsBSpline(
        self, transform: Any, inPlace: bool = True, scaleFactors: Sequence[int] = ()
    ) -> None:
        """A B-spline to optimise; its grid has as many times the cells at each level. 0: as it is."""
        name = "SetInitialTransformAsBSpline"
        instance(f"{name}: transform", transform, sitk.BSplineTransform)
        scale_factors = unsigneds(f"{name}: scaleFactors", scaleFactors)
        in_place = flag(f"{name}: inPlace", inPlace)
        self._transform = InitialTransform(f"{name}: transform", transform, in_place)
        self._scale_factors = scale_factors

    def SetMovingInitialTransform(self, transform: Any) -> None:
        """A transform that is applied after the one that is optimised, and stays as it is."""
        instance("SetMovingInitialTransform: transform", transform, sitk.Transform)
        self._moving_initial = sitk.Transform(transform)

    def GetMovingInitialTransform(self) -> Any:
        """The transform that is applied after the one that is optimised."""
        return sitk.Transform(self._moving_initial)

    def SetFixedInitialTransform(self, transform: Any) -> None:
        """From the virtual domain to the fixed image."""
        instance("SetFixedInitialTransform: transform", transform, sitk.Transform)
        self._fixed_initial = sitk.Transform(transform)

    def GetFixedInitialTransform(self) -> Any:
        """From the virtual domain to the fixed image."""
        return sitk.Transform(self._fixed_initial)

    def SetVirtualDomain(
        self,
        virtualSize: Sequence[int],
        virtualOrigin: Sequence[float],
        virtualSpacing: Sequence[float],
        virtualDirection: Sequence[float],
    ) -> None:
        """The grid on which the images are compared. By default that of the fixed image."""
        name = "SetVirtualDomain"
        size = unsigneds(f"{name}: virtualSize", virtualSize)
        origin = reals(f"{name}: virtualOrigin", virtualOrigin)
        spacing = reals(f"{name}: virtualSpacing", virtualSpacing)
        direction = reals(f"{name}: virtualDirection", virtualDirection)
        dimension = len(size)
        for argument, values, length in (
            ("virtualOrigin", origin, dimension),
            ("virtualSpacing", spacing, dimension),
            ("virtualDirection", direction, dimension**2),
        ):
            if len(values) != length:
                raise RuntimeError(
                    f"{name}: {argument} has {len(values)} numbers; for a virtualSize of {dimension} it needs {length}"
                )
        self._domain = Geometry(size, spacing, origin, direction)

    def SetVirtualDomainFromImage(self, virtualImage: Any) -> None:
        """The grid on which the images are compared: that of an image."""
        image = instance("SetVirtualDomainFromImage: virtualImage", virtualImage, sitk.Image)
        self._domain = to_geometry(image)

    # Registration

    def Execute(self, fixed: Any, moving: Any) -> Any:
        """Register. Returns the transform to optimise, changed; not in place, a changed copy in a composite one."""
        if self._run is not None:
            raise RuntimeError("Execute: this object is registering already; use another one in a command")
        factors = self._get_grid_scale_factors()
        core, images, transform = self._make_core("Execute", fixed, moving)
        stage = core.add_stage("given")
        settings = {
            **self._get_metric_settings(),
            **self._get_level_settings(),
            **self._get_sampling_settings(),
            **self._get_optimizer_settings(),
            "stock-optimizer": True,
            "grid-scale-factors": factors,
        }
        for name, value in settings.items():
            core.set(stage, name, value)
        if self._debug:
            print(self)
        self._progress = 0.0
        self._is_active = True
        self._run = Run(core, images, transform, len(self._shrink_factors))
        try:
            core.run(self._observe, self.GetGlobalWarningDisplay())
            self._keep(core)
            part = core.transform("optimized")[-1]
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

    def MetricEvaluate(self, fixed: Any, moving: Any) -> float:
        """The metric for the transforms and masks as they are, at every voxel: no sampling, smoothing or shrinking."""
        core, _, _ = self._make_core("MetricEvaluate", fixed, moving)
        stage = core.add_stage("given")
        for name, value in {**self._get_metric_settings(), "sampling": "none", "scales": "none"}.items():
            core.set(stage, name, value)
        return core.evaluate(self.GetGlobalWarningDisplay())

    def _make_core(
        self, name: str, fixed: Any, moving: Any
    ) -> tuple[_core.Method, dict[str, SharedImage], InitialTransform]:
        """The core with images, masks, transforms and domain."""
        dimension = self._check_images(name, fixed, moving)
        core = _core.Method(dimension, DTYPES[fixed.GetPixelID()])
        images = {"fixed": SharedImage.make(fixed), "moving": SharedImage.make(moving)}
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
            domain = self._domain
            if len(domain.size) != dimension or not all(domain.size):
                raise RuntimeError(
                    f"{name}: the virtual domain has the size {domain.size}, the images have {dimension} dimensions; "
                    "set one that is not empty, such as SetVirtualDomainFromImage(fixed)"
                )
            core.set_virtual_domain(domain)
        return core, images, transform

    @staticmethod
    def _check_images(name: str, fixed: Any, moving: Any) -> int:
        """The dimension of the images."""
        instance(f"{name}: fixed", fixed, sitk.Image)
        instance(f"{name}: moving", moving, sitk.Image)
        types = [image.GetPixelIDTypeAsString() for image in (fixed, moving)]
        if types[0] != types[1]:
            raise RuntimeError(
                f"{name}: fixed has pixels of {types[0]}, moving of {types[1]}, but both must have the same; "
                "SimpleITK.Cast(image, SimpleITK.sitkFloat32) makes them so"
            )
        if fixed.GetDimension() != moving.GetDimension():
            raise RuntimeError(
                f"{name}: fixed has {fixed.GetDimension()} dimensions, moving {moving.GetDimension()}, but both must "
                "have the same"
            )
        if fixed.GetPixelID() not in DTYPES:
            raise RuntimeError(
                f"{name}: images with pixels of {types[0]} are not supported; use SimpleITK.Cast(image, "
                "SimpleITK.sitkFloat32)"
            )
        dimension = int(fixed.GetDimension())
        if dimension not in (2, 3):
            raise RuntimeError(f"{name}: images of {dimension} dimensions are not supported; use ones of 2 or 3")
        for argument, image in (("fixed", fixed), ("moving", moving)):
            if not all(image.GetSize()):
                raise RuntimeError(f"{name}: {argument} has the size {image.GetSize()}, that is no pixels")
        return dimension

    def _get_grid_scale_factors(self) -> tuple[int, ...]:
        """Those of a B-spline, for every level. 0, also where none is given, leaves the grid as it is."""
        levels = len(self._shrink_factors)
        factors = (*self._scale_factors, *[0] * levels)[:levels]
        if not any(factors):
            return ()
        order = downcast(self.GetInitialTransform()).GetOrder()
        if order not in (2, 3):
            raise NotImplementedError(
                f"SetInitialTransformAsBSpline: scaleFactors are for splines of order 2 or 3, not {order}; give none"
            )
        return factors

    # Observers

    def _observe(self, event: str) -> None:
        """Turn an event of the core into those of SimpleITK.

        sitkAnyEvent is for those of the optimizer, as with SimpleITK: settings, start, iterations and end of levels.
        """
        run = self._run
        assert run is not None
        if event == "start":
            for _ in range(1 + bool(self._manual_scales) + bool(self._optimizer_weights)):
                self._show(run, sitk.sitkAnyEvent)
            self._show(run, sitk.sitkStartEvent)
            self._is_aborted = False
        elif event == "level":
            if run.core.level > 0:
                self._show(run, sitk.sitkAnyEvent)
            run.level = run.core.level
            self._show(run, sitk.sitkMultiResolutionIterationEvent)
            for _ in range(1 if run.core.level > 0 else 2):
                self._show(run, sitk.sitkAnyEvent)
        elif event == "iteration":
            run.has_position = True
            self._show(run, sitk.sitkIterationEvent, sitk.sitkAnyEvent)
        elif event == "end":
            self._show(run, sitk.sitkAnyEvent)
            run.level = run.levels
            if self._is_aborted:
                self._progress = 1.0
                self._show(run, sitk.sitkProgressEvent)
            self._show(run, sitk.sitkEndEvent)

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
        return self._stop_condition if self._run is None else self._run.core.stop_condition

    def GetMetricNumberOfMaskVoxels(self) -> int:
        """Not in SimpleITK: the voxels inside the mask; with the strategy NONE those of the grid of the level."""
        if self._run is None:
            return self._mask_voxels
        reports = self._run.core.reports
        return reports[-1].mask_voxels if reports else 0

    def GetMetricSamplePoints(self) -> npt.NDArray[np.float32]:
        """Not in SimpleITK: the samples of the level, in the virtual domain, shape (n, D). Without sampling, n is 0."""
        return self._points if self._run is None else self._run.core.points


def or_zero(number: float) -> float:
    """What stands for what an optimizer does not have."""
    return 0.0 if math.isnan(number) else number
