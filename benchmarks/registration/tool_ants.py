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
from cases import BSPLINE, DEFORMABLE, MEAN_SQUARES, MUTUAL_INFORMATION, Job
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
        """The mask of the moving image is the last of the images, if there is one."""
        fixed, moving, *masks = (get_pointer_string(image) for image in images)
        mask, moving_mask = (*masks, "NA")[:2]
        arguments = [
            *("--dimensionality", "3", "--float", "1", "--verbose", "0", "--random-seed", str(job.seed)),
            *("--initial-moving-transform", initial or f"[{fixed},{moving},0]", "--output", prefix),
            *("--masks", f"[{mask},{moving_mask}]", "--use-histogram-matching", "0"),
        ]
        for stage in job.options["stages"] if job.transform == DEFORMABLE else [self.stage(job)]:
            arguments += [
                *("--transform", stage["transform"]),
                *("--metric", f"{stage['metric']}[{fixed},{moving},1,{stage['radius']},{stage['sampling']}]"),
                *("--convergence", stage["convergence"]),
                *("--shrink-factors", stage["shrink factors"]),
                *("--smoothing-sigmas", stage["sigmas"]),
            ]
        return arguments

    def stage(self, job: Job) -> dict[str, Any]:
        """The only one, whose metric and number of samples are those of the job."""
        options, sampling = job.options, "None"
        if options["samples"]:
            voxels = self.store.number_of_voxels(job.mask)
            sampling = f"Random,{min(1.0, options['samples'] * options['rate for factor'] ** 3 / voxels)}"
        return options | {"metric": METRICS[job.metric], "radius": options["bins"], "sampling": sampling}

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
        # Empty: the centres of the images fall together.
        initial = {BSPLINE: "Identity", DEFORMABLE: ""}.get(job.transform)
        initial = self.write_center(job, folder) if initial is None else initial
        arguments = self.arguments(job, images, initial, str(folder / "found"))

        def register() -> Any:
            ants.registration(arguments, None)
            return sorted(folder.glob("found*"))

        return register

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        frame = pd.DataFrame(points, columns=["x", "y", "z"])
        files = [str(path) for path in transform if "Inverse" not in path.name]
        mapped = ants.apply_transforms_to_points(3, frame, files[::-1])
        return np.asarray(mapped[["x", "y", "z"]], np.float64)
