# SPDX-License-Identifier: Apache-2.0
"""Make transforms of every kind, right ones and wrong ones, and use them.

    python fuzz/transforms.py [--minutes 1] [--seed 0]

Each is made from a name, fixed parameters and parameters, with lengths and values that may be wrong. It maps points, is
inverted, composed, pickled, written and read, and is an initial transform. Each step must give an answer or an error
that says what was wrong. Where SimpleITK makes the same transform, points must go to the same places. It prints what is
none of these, and ends with 1 if there is any.
"""

from __future__ import annotations

import pickle
import random
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import processes
import SimpleITK as sitk
from itk_maskedsampling import CoreError, Image, Transform, read_transform, register

#: What is refused says so with one of these.
REFUSED = (ValueError, TypeError, CoreError, MemoryError, OSError, NotImplementedError)
#: Names, and the numbers of fixed parameters and parameters in two and three dimensions.
LINEAR = {
    "TranslationTransform": ((0, 2), (0, 3)),
    "Euler2DTransform": ((2, 3), None),
    "Similarity2DTransform": ((2, 4), None),
    "AffineTransform": ((2, 6), (3, 12)),
    "ScaleTransform": ((2, 2), (3, 3)),
    "Euler3DTransform": (None, (4, 6)),
    "VersorRigid3DTransform": (None, (3, 6)),
    "Similarity3DTransform": (None, (3, 7)),
    "ScaleSkewVersor3DTransform": (None, (3, 15)),
    "MatrixOffsetTransformBase": ((2, 6), (3, 12)),
}
OTHERS = ("BSplineTransform", "DisplacementFieldTransform", "CompositeTransform", "NoTransform", "IdentityTransform")
WRONG = (0.0, -1.0, 0.5, 1e9, 1e300, -1e300, 4294967296.0, 2.0**63, float("nan"), float("inf"))
IMAGE = Image(np.random.default_rng(0).normal(size=(24, 26)).cumsum(0).cumsum(1))
VOLUME = Image(np.random.default_rng(0).normal(size=(12, 13, 14)).cumsum(0).cumsum(1))


def make_linear(draw: random.Random, dimension: int) -> tuple[str, list[float], list[float]]:
    name = draw.choice([name for name, lengths in LINEAR.items() if lengths[dimension - 2] is not None])
    lengths = LINEAR[name][dimension - 2]
    assert lengths is not None
    fixed = [draw.uniform(-20, 20) for _ in range(lengths[0])]
    parameters = [draw.uniform(-0.3, 0.3) for _ in range(lengths[1])]
    if name == "Euler3DTransform":
        fixed[3] = draw.choice([0.0, 1.0])
    if "Affine" in name or "Matrix" in name:
        for d in range(dimension):
            parameters[d * (dimension + 1)] += 1.0
    elif "Scale" in name or "Similarity" in name:
        parameters = [abs(one) + 0.1 for one in parameters]
    return name, fixed, parameters


def make_grid(draw: random.Random, dimension: int) -> tuple[str, list[float], list[float]]:
    size = [draw.randrange(4, 9) for _ in range(dimension)]
    directions = np.eye(dimension).ravel().tolist()
    fixed = [*map(float, size), *[draw.uniform(-9, 0) for _ in size], *[draw.uniform(2, 9) for _ in size], *directions]
    count = dimension * int(np.prod(size))
    parameters = np.random.default_rng(draw.randrange(2**31)).normal(0, 0.5, count).tolist()
    return draw.choice(["BSplineTransform", "DisplacementFieldTransform"]), fixed, parameters


def make_part(draw: random.Random, dimension: int) -> tuple[bool, tuple[str, list[float], list[float]]]:
    """Whether it is as it should be, and the part."""
    name, fixed, parameters = make_linear(draw, dimension) if draw.random() < 0.5 else make_grid(draw, dimension)
    is_right = draw.random() < 0.4
    if not is_right:
        for _ in range(draw.choice([1, 1, 2])):
            numbers = draw.choice([fixed, parameters])
            kind = draw.randrange(4)
            if kind == 0 and numbers:
                numbers[draw.randrange(len(numbers))] = draw.choice(WRONG)
            elif kind == 1:
                del numbers[draw.randrange(len(numbers) + 1) :]
            elif kind == 2:
                numbers.extend(draw.choice(WRONG) for _ in range(draw.choice([1, 3, 1000])))
            else:
                name = draw.choice([*LINEAR, *OTHERS])
    return is_right, (f"{name}_{draw.choice(['double', 'float'])}_{dimension}_{dimension}", fixed, parameters)


def to_simpleitk(dimension: int, part: tuple[str, list[float], list[float]]) -> Any:
    """The same transform of SimpleITK, or None."""
    name = part[0].split("_")[0]
    if name in ("BSplineTransform", "DisplacementFieldTransform", "MatrixOffsetTransformBase"):
        return None
    makers: dict[str, Callable[[], Any]] = {
        "TranslationTransform": lambda: sitk.TranslationTransform(dimension),
        "AffineTransform": lambda: sitk.AffineTransform(dimension),
        "ScaleTransform": lambda: sitk.ScaleTransform(dimension),
    }
    made = makers.get(name, getattr(sitk, name, lambda: None))()
    made.SetFixedParameters(part[1])
    made.SetParameters(part[2])
    return made


def steps(dimension: int, transform: Transform, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    image = IMAGE if dimension == 2 else VOLUME
    points = np.random.default_rng(1).uniform(-5, 30, (50, dimension))
    mapped = "maps points to what is not finite"

    def check(answer: Any, wanted: bool, text: str) -> Any:
        return answer if wanted else text

    def map_points() -> object:
        moved = transform.apply(points)
        largest = max(abs(one) for part in transform.parts for one in (*part[1], *part[2], 0.0))
        # The product of two numbers of 1e300 is none, in ITK as elsewhere.
        return check(None, bool(np.isfinite(moved).all()) or largest > 1e150, mapped)

    def invert() -> object:
        moved = transform.apply(points)
        back = transform.inverse().apply(moved)
        # Numbers have about 15 digits, of which those of great shifts leave few for the points.
        numbers = [np.abs(moved).max(), *(abs(one) for part in transform.parts for one in (*part[1], *part[2]))]
        off = np.abs(back - points).max()
        return check(None, bool(off < 1e-3 + 1e-12 * max(numbers) ** 2), f"inverse is off by {off}")

    def write(suffix: str) -> object:
        transform.write(folder / f"one{suffix}")
        again = read_transform(folder / f"one{suffix}")
        ours, others = transform.apply(points), again.apply(points)
        distance = np.abs(others - ours)[np.isfinite(ours)].max(initial=0.0)
        return check(None, bool(distance <= 1e-6 * (1 + np.abs(points).max())), f"{suffix} comes back {distance} off")

    yield "apply", map_points
    if transform.is_affine():
        yield "inverse", invert
    yield "compose", lambda: (transform @ transform).apply(points) is None
    yield "pickle", lambda: check(None, pickle.loads(pickle.dumps(transform)) == transform, "pickled, it differs")
    yield "repr", lambda: repr(transform) and None
    for suffix in (".h5", ".tfm"):
        yield f"write {suffix}", partial(write, suffix)
    yield "initial", lambda: register(image, image, initial=transform, iterations=1, levels=1, samples=50) and None


def trial(seed: int, first: int) -> Iterator[dict[str, Any]]:
    for number in range(first, processes.BATCH):
        draw = random.Random(seed * 1_000_003 + number)
        dimension = draw.choice([2, 3])
        is_right, part = make_part(draw, dimension)
        case = {"number": number, "name": part[0], "fixed": part[1][:20], "parameters": part[2][:20], "right": is_right}
        yield case
        with tempfile.TemporaryDirectory() as folder:
            try:
                transform = Transform(dimension, ((part[0], np.array(part[1]), np.array(part[2])),))
            except REFUSED as error:
                if is_right:
                    yield {"problem": f"is refused: {error}"}
                continue
            for name, step in steps(dimension, transform, Path(folder)):
                yield {**case, "step": name}
                try:
                    said = step()
                except REFUSED as error:
                    said = f"{name} is refused: {error}" if is_right and name not in ("initial",) else None
                except Exception as error:
                    said = f"{name} gives another error: {type(error).__name__}: {str(error)[:300]}"
                if isinstance(said, str):
                    yield {"problem": said}
            if is_right and (other := to_simpleitk(dimension, part)) is not None:
                points = np.random.default_rng(1).uniform(-5, 30, (50, dimension))
                expected = np.array([other.TransformPoint(point) for point in points.tolist()])
                if np.abs(transform.apply(points) - expected).max() > 1e-6:
                    yield {"problem": f"differs from SimpleITK by {np.abs(transform.apply(points) - expected).max()}"}


if __name__ == "__main__":
    processes.main(__file__, __doc__ or "", trial)
