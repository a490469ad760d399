# SPDX-License-Identifier: Apache-2.0
"""ANTs, by the antspyx package.

`ants.registration()` with a list passes that to antsRegistration as it is. So no image is resampled at the end, which
`ants.registration(fixed, moving, ...)` always does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ants
import numpy as np
import numpy.typing as npt
import pandas as pd
from ants.internal import get_pointer_string
from cases import BSPLINE, DEFORMABLE, MEAN_SQUARES, MOVING_MASK, MUTUAL_INFORMATION, Job
from store import FloatArray
from tool import Tool

METRICS = {MEAN_SQUARES: "MeanSquares", MUTUAL_INFORMATION: "Mattes"}


class AntsTool(Tool):
    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Any:
        image = ants.from_numpy(
            np.ascontiguousarray(array.T).astype(np.float32),
            origin=geometry["origin"],
            spacing=geometry["spacing"],
            direction=np.array(geometry["direction"]),
        )
        # antsRegistration takes the mask for one of this type, whatever it is.
        return image.clone("unsigned char") if array.dtype == np.uint8 else image

    def arguments(self, job: Job, images: tuple[Any, ...], initial: str, prefix: str) -> list[str]:
        options = job.options
        fixed, moving, mask = (get_pointer_string(image) for image in images)
        sampling = "None"
        if options["samples"]:
            voxels = self.store.number_of_voxels(job.mask)
            sampling = f"Random,{min(1.0, options['samples'] * options['rate for factor'] ** 3 / voxels)}"
        return [
            *("--dimensionality", "3", "--float", "1", "--verbose", "0", "--random-seed", str(job.seed)),
            *("--initial-moving-transform", initial, "--output", prefix),
            *("--transform", options["transform"]),
            *("--metric", f"{METRICS[job.metric]}[{fixed},{moving},1,{options['bins']},{sampling}]"),
            *("--convergence", options["convergence"]),
            *("--shrink-factors", options["shrink factors"]),
            *("--smoothing-sigmas", options["sigmas"]),
            *("--masks", f"[{mask},NA]", "--use-histogram-matching", "0"),
        ]

    def deformable_arguments(self, job: Job, images: tuple[Any, ...], prefix: str) -> list[str]:
        """Several stages, with both masks, from where the centres of the images fall together."""
        fixed, moving, mask, moving_mask = (get_pointer_string(image) for image in images)
        arguments = [
            *("--dimensionality", "3", "--float", "1", "--verbose", "0", "--random-seed", str(job.seed)),
            *("--initial-moving-transform", f"[{fixed},{moving},0]", "--output", prefix),
            *("--masks", f"[{mask},{moving_mask}]", "--use-histogram-matching", "0"),
        ]
        for stage in job.options["stages"]:
            arguments += [
                *("--transform", stage["transform"]),
                *("--metric", f"{stage['metric']}[{fixed},{moving},1,{stage['radius']},{stage['sampling']}]"),
                *("--convergence", stage["convergence"]),
                *("--shrink-factors", stage["shrink factors"]),
                *("--smoothing-sigmas", stage["sigmas"]),
            ]
        return arguments

    def write_center(self, job: Job, folder: Path) -> str:
        """An identity about the centre of the mask, from which ANTs takes its centre."""
        path = str(folder / "initial.mat")
        ants.write_transform(
            ants.create_ants_transform(
                transform_type="AffineTransform", center=self.store.center(job.mask), precision="float"
            ),
            path,
        )
        return path

    def prepare(self, job: Job) -> Callable[[], Any]:
        images = self.images(job)
        folder = Path(tempfile.mkdtemp())
        prefix = str(folder / "found")
        if job.transform == DEFORMABLE:
            images = (*images, self.image(MOVING_MASK, 1))
            arguments = self.deformable_arguments(job, images, prefix)
        else:
            initial = "Identity" if job.transform == BSPLINE else self.write_center(job, folder)
            arguments = self.arguments(job, images, initial, prefix)

        def register() -> Any:
            ants.registration(arguments, None)
            return sorted(folder.glob("found*"))

        return register

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        frame = pd.DataFrame(points, columns=["x", "y", "z"])
        files = [str(path) for path in transform if "Inverse" not in path.name]
        mapped = ants.apply_transforms_to_points(3, frame, files[::-1])
        return np.asarray(mapped[["x", "y", "z"]], np.float64)
