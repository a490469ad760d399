# SPDX-License-Identifier: Apache-2.0
"""What can be said of a registration without knowing the truth."""

from __future__ import annotations

import math

import numpy as np

from .._core import Geometry
from .._images.arrays import Floats
from .._images.geometry import index_to_point
from .._registration.result import Registration

#: Points that are looked at, at most.
POINTS = 10_000


def measure(registration: Registration) -> dict[str, float | None]:
    """The measures that register_cohort() names, at the sample points, or, where every voxel of the image counts, at
    its voxels; at 10000 of them at most. Distances are in units of the spacing."""
    report = registration.levels[-1] if registration.levels else None
    points = choose_points(registration)
    transform = registration.transform
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    lengths = np.linalg.norm(transform.apply(points) - points, axis=1)
    folding = registration.folding
    first, last = measure_metric(registration)
    measures: dict[str, float | None] = {
        "metric_first": first,
        "metric_last": last,
        "total_iterations": sum(one.iterations for one in registration.levels),
        "points": report.points if report else None,
        "fraction_in_moving": report.points_in_moving / report.points if report and report.points else None,
        "middle_displacement": float(np.linalg.norm(transform.apply(middle) - middle)),
        "rms_displacement": float(np.sqrt(np.mean(lengths**2))),
        "max_displacement": float(lengths.max()),
        "jacobian_min": None if folding is None else folding.smallest,
        "jacobian_max": None if folding is None else folding.largest,
        "folding": None if folding is None else folding.share,
        "standard_error": find_standard_error(registration),
    }
    return measures


def measure_metric(registration: Registration) -> tuple[float | None, float | None]:
    """The metric at the first iteration of the last level, and at the end, which is of the same level. The first is
    None where it is of other samples than the second. Without an iteration there is neither."""
    report = registration.levels[-1] if registration.levels else None
    if report is None or report.iterations == 0:
        return None, None
    settings = registration.settings
    is_same = not (settings and settings[-1].get("resample_every_iteration"))
    return report.first_value if is_same else None, registration.value


def find_standard_error(registration: Registration) -> float | None:
    """None where it is not known."""
    uncertainty = registration.uncertainty
    return None if uncertainty is None or math.isnan(uncertainty.standard_error) else uncertainty.standard_error


def choose_points(registration: Registration) -> Floats:
    """Points at which a transform is looked at, shape (n, D)."""
    points = np.asarray(registration.points, np.float64)
    if len(points) == 0:
        points = voxel_centres(registration._geometry)
    return points[:: -(-len(points) // POINTS)]


def voxel_centres(geometry: Geometry) -> Floats:
    """The centres of all voxels, or of about as many, evenly spread, as are looked at."""
    step = np.ceil((np.prod(geometry.size) / POINTS) ** (1 / len(geometry.size)))
    axes = [np.arange(0, size, max(step, 1)) for size in geometry.size]
    index = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return index_to_point(geometry, index.reshape(-1, len(axes)))
