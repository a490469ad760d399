# SPDX-License-Identifier: Apache-2.0
"""Sample points inside a mask, without a registration."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core, public
from .._core import Geometry
from .._images.arrays import Array, describe, freeze, times
from .._images.choices import choose
from .._images.files import read, write_image
from .._images.geometry import point_to_index
from .._images.image import Image
from .._images.masks import read_labels, read_mask, read_weights
from .._images.output import whole_file
from .settings import to_number

#: Of 3D Slicer's Markups module.
MARKUPS_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)


@public
@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """Sample points of an image. numpy.asarray(samples) gives the points.

    Attributes
    ----------
    points : array, shape (n, D)
        x first, in space (LPS for medical images); they cannot be written to.
    mask_voxels : int
        How many voxels there were to draw from.
    geometry : Geometry
        The grid of the image.
    """

    points: npt.NDArray[np.float32]
    mask_voxels: int
    geometry: Geometry

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", freeze(np.array(self.points)))

    def __len__(self) -> int:
        return len(self.points)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.points, dtype) if copy else np.asarray(self.points, dtype)

    def __reduce__(self) -> tuple[Callable[..., Samples], tuple[Any, ...]]:
        return type(self), (self.points, self.mask_voxels, self.geometry)

    def __repr__(self) -> str:
        return f"Samples({len(self)} points of {self.mask_voxels} voxels, in an image of {times(self.geometry.size)})"

    def count(self) -> Image:
        """How many samples each voxel of the image has, of the smallest unsigned integers that hold it."""
        grid = self.geometry
        index = np.floor(point_to_index(grid, self.points) + 0.5).astype(np.intp)
        index = np.clip(index, 0, np.asarray(grid.size) - 1)
        flat = np.ravel_multi_index(tuple(index.T[::-1]), grid.size[::-1])
        counts = np.bincount(flat, minlength=int(np.prod(grid.size))).reshape(grid.size[::-1])
        return Image(counts.astype(np.min_scalar_type(counts.max())), grid.spacing, grid.origin, grid.direction)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write them, in the format that the suffix of the path says.

        Parameters
        ----------
        path : str or path
            .csv: a head of x, y and z, and a line for each point. .mrk.json: control points for 3D Slicer, in LPS;
            points of two dimensions get z = 0. That of an image (.nii.gz, .nrrd, .png ...): a label image, count().

        Raises
        ------
        ValueError
            For a suffix that is none of these.
        FileNotFoundError
            Where there is no such folder.
        OSError, RuntimeError
            If it cannot be written; what was there before then stays.
        """
        name = Path(path).name.lower()
        if name.endswith(".json") and not name.endswith(".mrk.json"):
            raise ValueError(f"path: {os.fspath(path)!r}: markups of 3D Slicer have the suffix .mrk.json")
        if name.endswith((".csv", ".mrk.json")):
            with whole_file("path", path) as file:
                file.write_text(self.to_csv() if name.endswith(".csv") else self.to_markups(), encoding="utf-8")
        else:
            write_image(self.count(), path)

    def to_csv(self) -> str:
        """The text of a CSV."""
        lines = [",".join("xyz"[: self.points.shape[1]])]
        # The shortest texts that give the same floats again.
        lines += [",".join(str(number) for number in point) for point in self.points]
        return "\n".join(lines) + "\n"

    def to_markups(self) -> str:
        """The text of markups of 3D Slicer, JSON."""
        padded = np.zeros((len(self), 3))
        # By their shortest texts, as in the CSV: 0.1, not 0.10000000149.
        padded[:, : self.points.shape[1]] = self.points.astype(str).astype(np.float64)
        control_points = [
            {"id": str(number), "label": str(number), "position": point, "locked": True, "positionStatus": "defined"}
            for number, point in enumerate(padded.tolist(), 1)
        ]
        markup = {"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": control_points}
        return json.dumps({"@schema": MARKUPS_SCHEMA, "markups": [markup]}, indent=1) + "\n"


@public
def sample(
    image: Any,
    mask: Any = None,
    *,
    label: int | Sequence[int] | None = None,
    samples: int | None = None,
    percentage: float | None = None,
    sampling: str = "random",
    seed: int | None = None,
    weights: Any = None,
) -> Samples:
    """Draw sample points inside a mask: those of itk::MaskedVoxelSampler, without a registration.

    Points are drawn uniformly in their voxels.

    Parameters
    ----------
    image : image
        Any image that register() takes; its pixels do not matter.
    mask : image, optional
        As fixed_mask of register(). Default: the whole image.
    label : int or sequence of int, optional
        Of the mask: only where it is this label, or one of these. Default: wherever it is not 0.
    samples : int, optional
        How many. Default: 2000.
    percentage : float, optional
        Instead of samples: a fraction, in (0, 1], of the voxels inside the mask. Default: samples counts.
    sampling : str, default "random"
        random, regular (every so many voxels), or none, which takes the centre of every voxel inside the mask.
    seed : int, optional
        Of the random draws; the same seed gives the same points. Default: 1.
    weights : image, optional
        The density of the draws, 0 or more. Default: the same everywhere.

    Returns
    -------
    Samples

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        They name the argument.
    """
    defaults = _core.default_settings("rigid")
    strategy = choose("sampling", sampling, _core.describe_settings()["sampling"].choices)
    if samples is not None and percentage is not None:
        raise ValueError(f"samples, percentage: {samples} and {percentage}, but both say how many; give one of them")
    if strategy == "none" and (samples is not None or percentage is not None):
        name, given = ("samples", samples) if samples is not None else ("percentage", percentage)
        raise ValueError(f"{name}: {given} is not used, because sampling='none' takes every voxel; leave it out")
    number, fraction = 0, 1.0
    if percentage is not None:
        fraction = float(to_number("percentage", percentage, "number"))
        if not 0 < fraction <= 1:
            raise ValueError(f"percentage: {percentage} must be greater than 0, and 1 at most: a fraction of the mask")
    elif strategy != "none":
        given_number: Any = np.ravel(defaults["samples"])[-1] if samples is None else samples
        number = int(to_number("samples", given_number, "count"))
        if number == 0:
            raise ValueError("samples: 0, but at least 1 is needed; every voxel is taken with sampling='none'")
    given_seed: Any = defaults["seed"] if seed is None else seed
    own_seed = int(to_number("seed", given_seed, "count"))
    if own_seed >= 2**31:
        raise ValueError(f"seed: {own_seed} must be less than 2^31")
    raster = read("image", image)
    if label is not None and mask is None:
        raise ValueError(f"label: {label!r}, but there is no mask=, in which to look for it")
    labels = read_labels("label", label)
    inside = None if mask is None else read_mask("mask", mask, raster, labels)
    density = None if weights is None else read_weights("weights", weights, raster)
    try:
        points, voxels = _core.sample(
            raster.geometry,
            None if inside is None else (inside.pixels, inside.geometry),
            None if density is None else (density.pixels, density.geometry),
            strategy,
            fraction,
            number,
            own_seed,
        )
    except _core.CoreError as error:
        text = str(error)
        raise ValueError(text if text.startswith("samples: ") else f"mask: {text} ({describe(image)})") from error
    return Samples(points, voxels, raster.geometry)
