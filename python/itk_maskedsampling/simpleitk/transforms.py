# SPDX-License-Identifier: Apache-2.0
"""How SimpleITK's ImageRegistrationMethod is told which transforms there are, and on which grid images are compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import SimpleITK as sitk

from .._core import Geometry
from .._images.geometry import make_geometry
from .._transforms.foreign_simpleitk import downcast
from .data import InitialTransform, to_geometry
from .settings import RegistrationSettings
from .values import flag, instance, reals, unsigneds


class RegistrationTransforms(RegistrationSettings):
    """Transforms and the virtual domain."""

    def __init__(self) -> None:
        super().__init__()
        self._transform: InitialTransform | None = None
        self._scale_factors: tuple[int, ...] = ()
        self._moving_initial: Any = sitk.Transform()
        self._fixed_initial: Any = sitk.Transform()
        self._domain: Geometry | None = None

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
        self, transform: Any, inPlace: bool = True, scaleFactors: Iterable[int] = ()
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
        virtualSize: Iterable[int],
        virtualOrigin: Iterable[float],
        virtualSpacing: Iterable[float],
        virtualDirection: Iterable[float],
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

    # What the core needs

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

    def _get_domain(self, name: str, dimension: int) -> Geometry:
        """The grid that was set, for images of a dimension."""
        domain = self._domain
        assert domain is not None
        if len(domain.size) != dimension or not all(domain.size):
            raise RuntimeError(
                f"{name}: the virtual domain has the size {domain.size}, the images have {dimension} dimensions; "
                "set one that is not empty, such as SetVirtualDomainFromImage(fixed)"
            )
        try:
            return make_geometry("SetVirtualDomain", domain.size, domain.spacing, domain.origin, domain.direction)
        except ValueError as error:
            raise RuntimeError(str(error)) from None
