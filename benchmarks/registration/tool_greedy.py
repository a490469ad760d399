# SPDX-License-Identifier: Apache-2.0
"""greedy, by the picsl-greedy package. Rigid, affine, or deformable, also after an affine step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from cases import BSPLINE, DEFORMABLE, RIGID, Job
from picsl_greedy import Greedy3D
from simpleitk_image import make_simpleitk_image
from store import FloatArray
from tool import NUMBER_OF_THREADS, Tool

#: Its matrices are of points that go to the right, to the front and up.
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


class GreedyTool(Tool):
    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Any:
        return make_simpleitk_image(array, geometry)

    def prepare(self, job: Job) -> Callable[[], Any]:
        if job.transform in (DEFORMABLE, BSPLINE):
            return self.prepare_deformable(job)
        fixed, moving, mask = self.images(job)
        freedom = 6 if job.transform == RIGID else 12
        arguments = job.options["arguments"]
        if isinstance(arguments, dict):
            arguments = arguments[job.metric]
        command = f"-threads {NUMBER_OF_THREADS} -V 0 -a -dof {freedom} -i fixed moving -gm mask -ia-identity -o found "

        def register() -> Any:
            greedy = Greedy3D()
            greedy.execute(command + arguments, fixed=fixed, moving=moving, mask=mask, found=None)
            return np.array(greedy["found"])

        return register

    def prepare_deformable(self, job: Job) -> Callable[[], Any]:
        names = ("fixed", "moving", "mask", "moving_mask")
        images = dict(zip(names, self.images(job), strict=False))
        common = f"-threads {NUMBER_OF_THREADS} -V 0 -i fixed moving -gm mask "
        common += "-mm moving_mask " if "moving_mask" in images else ""

        def register() -> Any:
            greedy = Greedy3D()
            if "linear" not in job.options:
                greedy.execute(f"{common} {job.options['deformable']} -o warp", warp=None, **images)
                return np.eye(4), greedy["warp"]
            greedy.execute(f"{common} {job.options['linear']} -o linear", linear=None, **images)
            linear = np.array(greedy["linear"])
            greedy.execute(f"{common} {job.options['deformable']} -it linear -o warp", warp=None)
            return linear, greedy["warp"]

        return register

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        if isinstance(transform, tuple):
            linear, warp = transform
            field = sitk.DisplacementFieldTransform(sitk.Cast(warp, sitk.sitkVectorFloat64))
            points = np.array([field.TransformPoint(point) for point in points.tolist()])
            return self.map_points(linear, points)
        matrix = FLIP @ transform @ FLIP
        mapped: FloatArray = points @ matrix[:3, :3].T + matrix[:3, 3]
        return mapped
