# SPDX-License-Identifier: Apache-2.0
"""The first lines of a report, which are what is signed, and the lines for the signature."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

import numpy as np

from .. import version
from .._images.arrays import Floats, join, times
from .._images.conversion import libraries_of
from .._images.files import read
from .._pictures.html import make_table, wide
from .._pictures.slices import name_unit
from .._registration.landmarks import Landmarks
from .._registration.result import Registration, describe_level
from .._registration.uncertainty import Uncertainty
from .._transforms.motion import find_motion
from .transform import choose_points

#: Of rounding, in degrees.
LEAST_ANGLE = 1e-6


def make_summary(result: Registration, landmarks: Landmarks | None, files: Mapping[str, str]) -> str:
    middle, moved = result.displacement()
    unit = name_unit(result._geometry)
    uncertainty = result.uncertainty
    reason = "" if uncertainty is None else uncertainty.reason
    rows = [
        ("software", f"itk-maskedsampling {version()}"),
        *describe_inputs(result, files),
        ("result", f"metric {result.value:.6g} after {len(result.course)} iterations in {result.seconds:.2f} s"),
    ]
    if result.levels:
        last = result.levels[-1]
        rows.append(("last level", f"{last.mask_voxels} voxels to sample, {describe_level(last)}"))
    rows += [
        (
            "motion",
            f"moves {join(middle)}, the middle of the samples, by {join(moved)} {unit}, "
            f"{np.linalg.norm(moved):.4g} {unit} long",
        ),
        ("stopped", result.stop_condition.strip()),
    ]
    if uncertainty is not None:
        rows.append(("uncertainty", uncertainty.describe(unit)))
        rows += [("error bars", text) for text in describe_bars(result, uncertainty, unit)]
    rows += [("reason", reason)] if reason else []
    if result.folding is not None and not result.transform.is_affine():
        rows.append(("folding", result.folding.describe()))
    if landmarks is not None:
        rows.append(("landmarks", landmarks.tell(unit)))
    warnings = [text for text in result.warnings if text != reason]
    warnings += [] if landmarks is None else landmarks.warnings
    rows += [("warning", text) for text in warnings] or [("warnings", "none")]
    return wide(make_table(("registration", f"{result.transform.dimension} dimensions"), rows))


def make_date() -> str:
    """When the report was made, in the time zone of the machine."""
    now = datetime.now().astimezone()
    text = now.strftime("%Y-%m-%d %H:%M:%S, UTC%z")
    return f'<p class="date">Report of <time datetime="{now.isoformat(timespec="seconds")}">{escape(text)}</time></p>'


def describe_inputs(result: Registration, files: Mapping[str, str]) -> list[tuple[str, str]]:
    """An image a line: its file, if it is known, and its size."""
    if result._sources is None:
        found = [("fixed", "fixed", times(result._geometry.size))]
    else:
        found = [(name, title, describe_size(name, image)) for name, title, image, _ in result._sources.named()]
    # Of several pairs, files are known of the first one.
    known = {name: file for name, file in files.items() if name in [one for one, *_ in found]}
    return [
        (f"input: {title}", f"{file}, {size}" if (file := known.pop(name, None)) else size)
        for name, title, size in found
    ]


def describe_size(name: str, image: Any) -> str:
    if "itk" in libraries_of(image) and not hasattr(image, "GetBufferedRegion"):
        return type(image).__name__
    raster = read(name, image)
    unit = name_unit(raster.geometry)
    lengths = " x ".join(f"{number:.6g}" for number in raster.geometry.spacing)
    spacing = f" of {lengths} {unit}" if unit == "mm" else ""
    return f"{times(raster.geometry.size)} {'pixels' if raster.dimension == 2 else 'voxels'}{spacing}"


# Error bars


def describe_bars(result: Registration, uncertainty: Uncertainty, unit: str) -> list[str]:
    """Standard errors of the motion, a line each, as far as they are known."""
    if np.isnan(uncertainty.standard_error):
        return []
    points, name = choose_points(result)
    errors = uncertainty.at(points) if len(points) else np.zeros(0)
    errors = errors[np.isfinite(errors)]
    bars = []
    if len(errors):
        where = name.partition(" (")[0]
        bars.append(f"standard error of {where} {errors.min():.3g} to {errors.max():.3g} {unit}")
    angles = find_angle_bars(result, uncertainty)
    if angles is not None and angles.max() > LEAST_ANGLE:
        axes = "about x, y and z" if len(angles) == 3 else "from x to y"
        text = join(float(f"{angle:.3g}") for angle in angles) if len(angles) == 3 else f"{angles[0]:.3g}"
        bars.append(f"standard error of the rotation {text} degrees {axes}")
    return bars


def find_angle_bars(result: Registration, uncertainty: Uncertainty) -> Floats | None:
    """Standard errors of the angles of a rigid transform, in degrees about the axes of space; None of any other.

    The covariance is that of where a corner and its neighbours along the axes are mapped: of a small turn after the
    transform, the differences of these are known.
    """
    transform = result.transform
    if uncertainty.covariance is None or not transform.is_affine():
        return None
    dimension = transform.dimension
    matrix = transform.matrix()[:dimension, :dimension]
    motion = find_motion(matrix)
    if motion is None or not motion.is_rigid():
        return None
    edges = np.diagonal(uncertainty._anchors[1:] - uncertainty._anchors[0])
    planes = [(2, 1), (0, 2), (1, 0)] if dimension == 3 else [(1, 0)]
    columns = []
    for moves in np.eye(uncertainty._anchors.size).reshape(-1, dimension + 1, dimension):
        turn = ((moves[1:] - moves[0]) / edges[:, np.newaxis]).T @ matrix.T
        columns.append([(turn[one, other] - turn[other, one]) / 2 for one, other in planes])
    slopes = np.array(columns).T
    variances = np.einsum("an,nm,am->a", slopes, uncertainty._anchor_covariance, slopes)
    bars: Floats = np.degrees(np.sqrt(np.maximum(variances, 0)))
    return bars


# The end


def make_signature() -> str:
    """Lines to be filled in by hand."""
    lines = ("Checked by", "Signature", "Date", "Remarks")
    return '<div class="sign">' + "".join(f"<p><span>{line}</span></p>" for line in lines) + "</div>"
