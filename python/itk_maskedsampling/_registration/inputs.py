# SPDX-License-Identifier: Apache-2.0
"""The images of a registration, read and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._images.channels import split_channels
from .._images.files import read
from .._images.image import Raster
from .._images.masks import check_same_dimension, read_labels, read_mask, read_weights
from .plan import LABELS
from .sources import Images, Inputs, Pair, Sources, first_pair, split_pairs

Labels = int | Sequence[int] | npt.NDArray[np.integer[Any]] | None


class Reader:
    """Reads images and masks of pairs, each object once, and calls them in errors as the user did."""

    def __init__(self, pairs: Sequence[Pair[Any]]) -> None:
        self.pairs = pairs
        self.kept: dict[tuple[str, int], Raster] = {}

    def name_of(self, argument: str, number: int) -> str:
        """With its place, where it is a list."""
        value = getattr(self.pairs[number], argument)
        is_list = any(getattr(pair, argument) is not value for pair in self.pairs)
        return f"{argument}[{number}]" if is_list else argument

    def read_image(self, role: str, number: int) -> Raster:
        value = getattr(self.pairs[number], role)
        if (role, id(value)) not in self.kept:
            self.kept[role, id(value)] = read(self.name_of(role, number), value)
        return self.kept[role, id(value)]

    def read_mask(self, role: str, number: int, label: Labels, image: Raster) -> Raster | None:
        argument = f"{role}_mask"
        value = getattr(self.pairs[number], argument)
        if value is not None and (argument, id(value)) not in self.kept:
            labels = read_labels(f"{role}_label", label)
            self.kept[argument, id(value)] = read_mask(self.name_of(argument, number), value, image, labels)
        return self.kept.get((argument, id(value)))


def read_inputs(
    sources: Sources,
    fixed_label: Labels = None,
    moving_label: Labels = None,
    stage_labels: Mapping[tuple[int, str], Labels] | None = None,
) -> Inputs:
    """The images, with the labels of the masks of all stages, and those of the stages that have masks of their own."""
    for role, label in (("fixed", fixed_label), ("moving", moving_label)):
        if label is not None and all(getattr(pair, f"{role}_mask") is None for pair in sources.pairs):
            raise ValueError(f"{role}_label: {label!r}, but there is no {role}_mask=, in which to look for it")
    reader = Reader(sources.pairs)
    first = reader.read_image("fixed", 0)
    pairs = []
    for number in range(len(sources.pairs)):
        fixed, moving = reader.read_image("fixed", number), reader.read_image("moving", number)
        check_same_dimension(first, fixed, reader.name_of("fixed", number))
        check_same_dimension(first, moving, reader.name_of("moving", number))
        fixed_mask = reader.read_mask("fixed", number, fixed_label, fixed)
        pairs.append(Pair(fixed, moving, fixed_mask, reader.read_mask("moving", number, moving_label, moving)))
    stage_masks = {}
    for (stage, name), mask in sources.stage_masks.items():
        label = (stage_labels or {}).get((stage, name))
        stage_masks[stage, name] = read_stage_mask(f"transform[{stage}]: ", name, mask, label, pairs[0])
    density, counts = (
        None if value is None else read_weights(name, value, first)
        for name, value in (("weights", sources.weights), ("metric_weights_image", sources.metric_weights_image))
    )
    files = sources.files or find_files(sources)
    return Images(tuple(pairs), density, counts, stage_masks, sources.stages, files)


def read_stage_mask(place: str, name: str, mask: Any, label: Labels, pair: Pair[Raster]) -> Raster | None:
    argument = f"{place}{LABELS[name]}"
    if mask is None:
        if label is not None:
            raise ValueError(f"{argument}: {label!r}, but there is no {name}, in which to look for it")
        return None
    image = pair.fixed if name == "fixed_mask" else pair.moving
    return read_mask(f"{place}{name}", mask, image, read_labels(argument, label))


def sources_of(inputs: Inputs) -> Sources:
    """The images that were read, in the libraries that they came from."""

    def source_of(raster: Raster | None) -> Any:
        return None if raster is None else raster.source

    return Images(
        tuple(
            Pair(*(source_of(one) for one in (pair.fixed, pair.moving, pair.fixed_mask, pair.moving_mask)))
            for pair in inputs.pairs
        ),
        source_of(inputs.weights),
        source_of(inputs.metric_weights_image),
        {key: source_of(raster) for key, raster in inputs.stage_masks.items()},
        inputs.stages,
        inputs.files,
    )


def find_pairs(
    fixed: Any, moving: Any, fixed_mask: Any, moving_mask: Any, weights: Any, metric_weights_image: Any
) -> tuple[tuple[Pair[Any], ...], dict[str, str]]:
    """The pairs that images, or their channels, are, and the files that they were handed in as."""
    first = first_pair(fixed, moving, fixed_mask, moving_mask)
    files = find_files(Images((first,), weights, metric_weights_image))
    return split_pairs(*split_channels(fixed, moving), fixed_mask, moving_mask), files


def find_files(sources: Sources) -> dict[str, str]:
    """The paths of those that are paths, of the first pair and of what is for all."""
    images = {name: getattr(sources.pairs[0], name) for name in ("fixed", "moving", "fixed_mask", "moving_mask")}
    images |= {"weights": sources.weights, "metric_weights_image": sources.metric_weights_image}
    return {name: os.fspath(image) for name, image in images.items() if isinstance(image, str | os.PathLike)}
