# SPDX-License-Identifier: Apache-2.0
"""What is registered: the cases, and what a worker is told about one of them. Needs nothing beyond Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RIGID = "rigid"
AFFINE = "affine"
BSPLINE = "B-spline"
#: Of a real pair: several stages, the last of them whatever deformation a tool has.
DEFORMABLE = "deformable"

GREY_MATTER = "grey matter"
SMALL_BALL = "12 mm ball"
LARGE_BALL = "20 mm ball"
RIBBON = "cortical ribbon"
#: Of a pair of images with a mask of its own, whichever it is.
PAIR = "pair"
#: Name of the file of a mask of the moving image.
MOVING_MASK = "moving mask"

MEAN_SQUARES = "mean squares"
MUTUAL_INFORMATION = "mutual information"

# Contrasts of the moving image: that of the fixed image, that of the demo, and dark for bright as in a T2 image.
SAME = "same contrast"
GAMMA = "gamma"
INVERTED = "inverted"


@dataclass(frozen=True)
class Case:
    """One registration problem. The transform is also the kind of motion that is to be found."""

    transform: str
    mask: str
    metric: str

    @property
    def name(self) -> str:
        return f"{self.transform}, {self.mask}, {self.metric}"

    @property
    def contrast(self) -> str:
        if self.metric == MEAN_SQUARES:
            return SAME
        return GAMMA if self.transform == RIGID else INVERTED


CASES = [
    Case(transform, mask, metric)
    for metric in (MEAN_SQUARES, MUTUAL_INFORMATION)
    for transform, masks in (
        (RIGID, (SMALL_BALL, LARGE_BALL, GREY_MATTER, RIBBON)),
        (AFFINE, (GREY_MATTER,)),
        (BSPLINE, (GREY_MATTER,)),
    )
    for mask in masks
]


def moving_name(transform: str, contrast: str) -> str:
    """Name of the file of a moving image."""
    return f"moving {transform} {contrast}"


def mask_name(mask: str) -> str:
    return f"mask {mask}"


def bars_name(mapped: str) -> str:
    """The file of the standard errors at the points whose places are in another one."""
    return mapped.replace(".npy", " bars.npy")


def points_name(mask: str) -> str:
    """Name of the file of the check points of a mask."""
    return f"points {mask}"


def truth_name(transform: str, mask: str) -> str:
    """Name of the file of the places to which the true motion sends the check points."""
    return f"truth {transform} {mask}"


@dataclass(frozen=True)
class Job:
    """What a worker does: register, and save where the check points of the mask go.

    `options` are the tool's own (see settings.py). Images are padded with zeros to `pad_fixed` and `pad_moving` times
    their extent along each axis; the mask is padded like the fixed image. With `memory`, peak memory is measured too.
    The images are those of `folder`, or else those that the worker was started with.
    """

    transform: str
    mask: str
    metric: str
    contrast: str
    seed: int
    mapped: str
    options: dict[str, Any] = field(default_factory=dict)
    pad_fixed: int = 1
    pad_moving: int = 1
    memory: bool = False
    folder: str = ""
