# SPDX-License-Identifier: Apache-2.0
"""Target 3: time per sample of value and derivative, of the stock metrics and those of this module, with one thread.

The metrics have the mask too, as in a registration. The points are in the order of the voxels in memory; stock's own
registration draws them in random order, so stock is measured with that too.

python throughput.py FOLDER OUTPUT REPETITIONS
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import itk
import numpy as np
from cases import BSPLINE, GREY_MATTER, MUTUAL_INFORMATION, RIGID, SAME, Job
from settings import DESCENT
from store import Store
from tool_itk import ItkTool, metric_class

METRICS = {"mean squares": "MeanSquares", "correlation": "Correlation", "Mattes": "MattesMutualInformation"}
#: Fixed image, moving image and mask.
Images = tuple[Any, Any, Any]
NUMBERS = {RIGID: (10_000, 200_000), BSPLINE: (10_000, 200_000)}
CELLS = 8  # along each axis: 11 control points for order 3, 3993 parameters
#: Where the metric is asked, in radians and mm: near the solution, as most iterations are.
POSE = (0.02, -0.01, 0.015, 0.5, -0.5, 0.5)
#: One measurement lasts about this long, in seconds.
SPAN = 0.2


def make_mask(mask_image: Any) -> Any:
    mask = itk.ImageMaskSpatialObject[3].New()
    mask.SetImage(mask_image)
    mask.Update()
    return mask


def make_points(fixed: Any, mask: Any, number: int) -> Any:
    """Points in the mask, in the order of the voxels in memory."""
    sampler = itk.MaskedVoxelSampler[3].New()
    sampler.SetDomain(fixed)
    sampler.SetMask(mask)
    sampler.Update()
    return sampler.SampleRandomly(number, 1)


def shuffle(points: Any) -> Any:
    """The same points in random order."""
    shuffled = type(points).New()
    for place, index in enumerate(np.random.default_rng(0).permutation(points.GetNumberOfPoints()).tolist()):
        shuffled.SetPoint(place, points.GetPoint(index))
    return shuffled


def make_transform(kind: str, fixed: Any, center: list[float]) -> Any:
    if kind == RIGID:
        transform = itk.Euler3DTransform[itk.D].New()
        transform.SetCenter(center)
        transform.SetParameters(itk.OptimizerParameters[itk.D](list(POSE)))
        return transform
    transform = itk.BSplineTransform[itk.D, 3, 3].New()
    size = np.array(fixed.GetLargestPossibleRegion().GetSize()) * np.array(fixed.GetSpacing())
    transform.SetTransformDomainOrigin(fixed.GetOrigin())
    transform.SetTransformDomainDirection(fixed.GetDirection())
    transform.SetTransformDomainPhysicalDimensions(size.tolist())
    transform.SetTransformDomainMeshSize([CELLS] * 3)
    random = np.random.default_rng(0).uniform(-1, 1, transform.GetNumberOfParameters())
    transform.SetParameters(itk.OptimizerParameters[itk.D](random.tolist()))
    return transform


def make_metric(name: str, sampled: bool, images: Images, transform: Any, points: Any) -> Any:
    """A metric that is ready to be asked."""
    fixed, moving, mask = images
    metric = metric_class(name, sampled).New()
    metric.SetFixedImage(fixed)
    metric.SetMovingImage(moving)
    metric.SetFixedImageMask(mask)
    metric.SetMovingTransform(transform)
    metric.SetUseFixedImageGradientFilter(False)
    metric.SetUseMovingImageGradientFilter(False)
    metric.SetVirtualDomainFromImage(fixed)
    metric.SetFixedSampledPointSet(points)
    metric.SetUseSampledPointSet(True)
    metric.SetMaximumNumberOfWorkUnits(1)
    metric.Initialize()
    return metric


def evaluate(metric: Any) -> Callable[[], object]:
    derivative = itk.Array[itk.D]()
    return lambda: metric.GetDerivative(derivative)  # computes the value too


def seconds_of(function: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def measure(images: Images, transform: Any, points: Any, name: str, repetitions: int) -> dict[str, list[float]]:
    """Nanoseconds per sample of the metrics, in turn."""
    ways = {"stock": (False, points), "stock, random order": (False, shuffle(points)), "sampled": (True, points)}
    functions = {
        way: evaluate(make_metric(name, sampled, images, transform, way_points))
        for way, (sampled, way_points) in ways.items()
    }
    repeats = {way: max(1, round(SPAN / seconds_of(function, 1))) for way, function in functions.items()}
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(repetitions):
        for way, function in functions.items():
            times[way].append(1e9 * seconds_of(function, repeats[way]) / points.GetNumberOfPoints())
    return times


def main() -> None:
    folder, output, repetitions = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    store = Store(folder)
    tool = ItkTool(store)
    job = Job(RIGID, GREY_MATTER, MUTUAL_INFORMATION, SAME, 1, "", DESCENT)
    fixed, moving, mask_image = tool.images(job)
    images = fixed, moving, make_mask(mask_image)
    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(1)
    records = []
    for kind, metric in itertools.product(NUMBERS, METRICS):
        for number in NUMBERS[kind]:
            points = make_points(fixed, images[2], number)
            transform = make_transform(kind, fixed, store.center(GREY_MATTER))
            times = measure(images, transform, points, METRICS[metric], repetitions)
            records.append({"transform": kind, "metric": metric, "samples": number} | times)
            medians = {k: f"{np.median(v):.0f} ns" for k, v in times.items()}
            print(f"per sample: {kind}, {metric}, {number} samples: {medians}", flush=True)
            output.write_text(json.dumps(records))


if __name__ == "__main__":
    main()
