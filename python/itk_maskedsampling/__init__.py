# SPDX-License-Identifier: Apache-2.0
"""Registration of images that samples inside masks.

>>> from itk_maskedsampling import register
>>> result = register("fixed.nii.gz", "moving.nii.gz", "mask.nii.gz")  # doctest: +SKIP

`register()` is all that most users need; see help(register). Importing this package loads nothing else: what it offers
is loaded when it is first used, and `itk`, `SimpleITK` and others only by those who hand in their objects.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import plot
    from ._files import read_image, write_image
    from ._images import Image
    from ._progress import Progress
    from ._register import register
    from ._registration import Registration
    from ._report import write_report
    from ._sample import Samples, sample
    from ._transforms import Transform, read_transform
    from ._view import view
    from .cohort import Cohort, read_cohort, register_cohort

    __version__: str

__all__ = [
    "Cohort",
    "Image",
    "Progress",
    "Registration",
    "Samples",
    "Transform",
    "__version__",
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
    "Cohort": "cohort",
    "Image": "_images",
    "Progress": "_progress",
    "Registration": "_registration",
    "Samples": "_sample",
    "Transform": "_transforms",
    "read_cohort": "cohort",
    "read_image": "_files",
    "read_transform": "_transforms",
    "register": "_register",
    "register_cohort": "cohort",
    "sample": "_sample",
    "view": "_view",
    "write_image": "_files",
    "write_report": "_report",
}


def version() -> str:
    """The version of this package; "unknown" where it is used without having been installed."""
    metadata = importlib.import_module("importlib.metadata")
    try:
        found: str = metadata.version("itk-maskedsampling")
    except metadata.PackageNotFoundError:
        found = "unknown"
    return found


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
