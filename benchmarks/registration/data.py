# SPDX-License-Identifier: Apache-2.0
"""Makes the images, masks and check points of the cases from the brain of the examples, and saves them.

Each motion is made as a map from moving to fixed space, which is what making the moving image needs; where the inverse
sends the check points is found by iteration.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from cases import (
    AFFINE,
    BSPLINE,
    CASES,
    GAMMA,
    GREY_MATTER,
    INVERTED,
    LARGE_BALL,
    RIBBON,
    RIGID,
    SMALL_BALL,
    mask_name,
    moving_name,
    points_name,
    truth_name,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
import brain

FloatArray = npt.NDArray[np.float64]

LARGE_BALL_RADIUS = 20.0
#: The affine motion is the rigid one after this, about the same centre.
STRETCH = np.array([[1.05, 0.03, 0.0], [0.0, 0.96, -0.02], [0.02, 0.0, 1.03]])
#: Of the smooth deformation, in mm: distance of the control points, and greatest length of a coefficient along an axis.
DEFORMATION_GRID = 30.0
DEFORMATION = 7.0
#: Brightness of a T1 image and that of the inverted contrast: fluid, grey and white matter change places.
INVERSION = ([0.0, 25.0, 60.0, 150.0, 220.0, 255.0], [0.0, 50.0, 230.0, 150.0, 80.0, 60.0])


def make_affine(fixed: Any) -> Any:
    """The true affine motion, which maps fixed to moving space."""
    rigid = brain.make_truth(fixed)
    transform = itk.AffineTransform[itk.D, 3].New()
    transform.SetCenter(rigid.GetCenter())
    transform.SetMatrix(itk.matrix_from_array(itk.array_from_matrix(rigid.GetMatrix()) @ STRETCH))
    transform.SetTranslation(rigid.GetTranslation())
    return transform


def make_deformation(fixed: Any, seed: int = 0) -> Any:
    """A random smooth deformation, which maps moving to fixed space."""
    size = np.array(fixed.GetLargestPossibleRegion().GetSize()) * np.array(fixed.GetSpacing())
    mesh = np.ceil(size / DEFORMATION_GRID).astype(int)
    transform = itk.BSplineTransform[itk.D, 3, 3].New()
    transform.SetTransformDomainOrigin(fixed.GetOrigin())
    transform.SetTransformDomainDirection(fixed.GetDirection())
    transform.SetTransformDomainPhysicalDimensions((mesh * DEFORMATION_GRID).tolist())
    transform.SetTransformDomainMeshSize(mesh.tolist())
    random = np.random.default_rng(seed)
    coefficients = random.uniform(-DEFORMATION, DEFORMATION, transform.GetNumberOfParameters())
    transform.SetParameters(itk.OptimizerParameters[itk.D](coefficients.tolist()))
    return transform


def make_motions(fixed: Any) -> dict[str, Any]:
    """The motions from moving to fixed space."""
    return {
        RIGID: brain.make_truth(fixed).GetInverseTransform(),
        AFFINE: make_affine(fixed).GetInverseTransform(),
        BSPLINE: make_deformation(fixed),
    }


def change_contrast(pixels: npt.NDArray[np.float32], contrast: str) -> npt.NDArray[Any]:
    if contrast == GAMMA:
        return np.asarray(brain.MAXIMUM * (pixels / np.float32(brain.MAXIMUM)) ** brain.GAMMA)
    if contrast == INVERTED:
        return np.interp(pixels, *INVERSION)
    return pixels


def make_moving(moved: Any, contrast: str, seed: int = 0) -> npt.NDArray[np.float32]:
    """The moved image in another contrast, with noise."""
    pixels = change_contrast(itk.array_view_from_image(moved), contrast)
    noise = np.random.default_rng(seed).normal(0.0, brain.NOISE, pixels.shape)
    return (pixels + noise).astype(np.float32)


def make_masks(fixed: Any) -> dict[str, brain.BoolArray]:
    """The masks of the demo, and a larger ball about the same centre."""
    masks = brain.make_masks(fixed)
    center = fixed.TransformPhysicalPointToContinuousIndex(brain.BALL_CENTER)
    z, y, x = np.ogrid[tuple(slice(0, length) for length in masks[brain.BALL].shape)]
    squares = (x - center[0]) ** 2 + (y - center[1]) ** 2 + (z - center[2]) ** 2
    return {
        SMALL_BALL: masks[brain.BALL],
        LARGE_BALL: squares <= LARGE_BALL_RADIUS**2,
        GREY_MATTER: masks[brain.GREY_MATTER],
        RIBBON: masks[brain.RIBBON],
    }


def invert_at(transform: Any, points: FloatArray, tolerance: float = 1e-6) -> FloatArray:
    """Where the inverse of a transform that moves points by little sends some points."""
    found = points.copy()
    for _ in range(100):
        mapped = np.array([transform.TransformPoint(point) for point in found.tolist()])
        found += points - mapped
        if np.abs(points - mapped).max() < tolerance:
            return found
    raise RuntimeError("The inverse of a true motion was not found")


def write_data(folder: Path) -> None:
    """Save everything that the cases need as arrays of the shape (z, y, x) or (points, 3)."""
    folder.mkdir(parents=True, exist_ok=True)
    fixed = brain.load_template("t1", brain.MAXIMUM)
    geometry = {
        "origin": list(fixed.GetOrigin()),
        "spacing": list(fixed.GetSpacing()),
        "direction": itk.array_from_matrix(fixed.GetDirection()).tolist(),
    }
    (folder / "geometry.json").write_text(json.dumps(geometry))
    np.save(folder / "fixed.npy", itk.array_view_from_image(fixed))
    targets = {}
    for mask, pixels in make_masks(fixed).items():
        targets[mask] = brain.mask_points(pixels, fixed)
        np.save(folder / f"{mask_name(mask)}.npy", pixels.astype(np.uint8))
        np.save(folder / f"{points_name(mask)}.npy", targets[mask])
    for kind, motion in make_motions(fixed).items():
        moved = brain.resample(fixed, motion)
        for contrast in {case.contrast for case in CASES if case.transform == kind}:
            np.save(folder / f"{moving_name(kind, contrast)}.npy", make_moving(moved, contrast))
        for mask in {case.mask for case in CASES if case.transform == kind}:
            np.save(folder / f"{truth_name(kind, mask)}.npy", invert_at(motion, targets[mask]))
