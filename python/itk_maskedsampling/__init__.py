# SPDX-License-Identifier: Apache-2.0
"""Registration of images that samples inside masks.

>>> from itk_maskedsampling import register
>>> result = register("fixed.nii.gz", "moving.nii.gz", "mask.nii.gz")  # doctest: +SKIP

`register()` is all that most users need; see help(register). Importing this package loads nothing else: what it offers
is loaded when it is first used, and `itk`, `SimpleITK` and others only by those who hand in their objects.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from . import plot
    from ._core import CoreError, Geometry, LevelReport
    from ._images.files import read_image, write_image
    from ._images.image import Image
    from ._registration.folding import Folding
    from ._registration.progress import Progress
    from ._registration.register import register
    from ._registration.result import Registration
    from ._registration.sample import Samples, sample
    from ._registration.uncertainty import Alternative, Uncertainty
    from ._report.page import write_report
    from ._transforms.reading import read_transform
    from ._transforms.transform import Transform
    from ._view.view import view
    from .cohort import Cohort, collect_cohort, read_cohort, register_cohort

    __version__: str

__all__ = [
    "Alternative",
    "Cohort",
    "CoreError",
    "Folding",
    "Geometry",
    "Image",
    "LevelReport",
    "Progress",
    "Registration",
    "Samples",
    "Transform",
    "Uncertainty",
    "__version__",
    "collect_cohort",
    "plot",
    "read_cohort",
    "read_image",
    "read_transform",
    "register",
    "register_cohort",
    "sample",
    "version",
    "view",
    "write_image",
    "write_report",
]

#: Where the names are that are loaded when they are first used.
_MODULES = {
    "Alternative": "_registration.uncertainty",
    "Cohort": "cohort",
    "CoreError": "_core",
    "Folding": "_registration.folding",
    "Geometry": "_core",
    "Image": "_images.image",
    "LevelReport": "_core",
    "Progress": "_registration.progress",
    "Registration": "_registration.result",
    "Samples": "_registration.sample",
    "Transform": "_transforms.transform",
    "Uncertainty": "_registration.uncertainty",
    "collect_cohort": "cohort",
    "read_cohort": "cohort",
    "read_image": "_images.files",
    "read_transform": "_transforms.reading",
    "register": "_registration.register",
    "register_cohort": "cohort",
    "sample": "_registration.sample",
    "view": "_view.view",
    "write_image": "_images.files",
    "write_report": "_report.page",
}


Public = TypeVar("Public")


def public(what: Public) -> Public:
    """Decorate what users may name: it is of the package that they import it from, wherever its file is.

    So pickles and documentation stay as they are when a file moves.
    """
    parts = what.__module__.split(".")[:-1]
    private = [number for number, part in enumerate(parts) if part.startswith("_")]
    what.__module__ = ".".join(parts[: private[0]] if private else parts)
    return what


def version() -> str:
    """The version of this package; "unknown" where it is used without having been installed."""
    metadata = importlib.import_module("importlib.metadata")
    try:
        found: str = metadata.version("itk-maskedsampling")
    except metadata.PackageNotFoundError:
        found = "unknown"
    return found


#: Where classes are of which pickles of version 0.1.0 say that they are in modules that are no more.
_FORMER = {
    "_cohort_progress": "cohort.progress",
    "_cohort_record": "cohort.record",
    "_cohort_result": "cohort.result",
    "_plan": "_registration.plan",
    "_progress": "_registration.progress",
    "_sample": "_registration.sample",
    "_settings": "_registration.settings",
}


class _FormerModule(ModuleType):
    """A module that is no more: what it had comes from another one."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        module = importlib.import_module(f"{__name__}.{_FORMER[self.__name__.rpartition('.')[2]]}")
        return getattr(module, name)


for _name in _FORMER:
    sys.modules[f"{__name__}.{_name}"] = _FormerModule(f"{__name__}.{_name}")


def __getattr__(name: str) -> object:
    if name == "__version__":
        value: object = version()
    elif name == "plot":
        value = importlib.import_module(f"{__name__}.plot")
    elif name in _MODULES:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
