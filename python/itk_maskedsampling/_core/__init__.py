# SPDX-License-Identifier: Apache-2.0
"""The compiled core, through its C interface (python/core/MaskedSamplingCore.h).

It holds what it needs of ITK, so nothing here imports the itk package. Chains of transforms are lists of Parts, in the
order of the queue of itk::CompositeTransform: the last one is applied to a point first. Points have x first; pixels are
numpy arrays with x last.
"""

from .functions import (
    check_part,
    invert,
    itk_version,
    jacobian_determinants,
    read_image,
    read_transform,
    resample,
    sample,
    transform_points,
    write_image,
    write_transform,
)
from .library import (
    CoreError,
    Geometry,
    LevelReport,
    NotReadHere,
    Part,
    Setting,
    SettingValue,
    collect_warnings,
    describe_settings,
    warn,
)
from .method import COURSE, Method, default_settings

__all__ = [
    "COURSE",
    "CoreError",
    "Geometry",
    "LevelReport",
    "Method",
    "NotReadHere",
    "Part",
    "Setting",
    "SettingValue",
    "check_part",
    "collect_warnings",
    "default_settings",
    "describe_settings",
    "invert",
    "itk_version",
    "jacobian_determinants",
    "read_image",
    "read_transform",
    "resample",
    "sample",
    "transform_points",
    "warn",
    "write_image",
    "write_transform",
]
