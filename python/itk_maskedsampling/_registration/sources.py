# SPDX-License-Identifier: Apache-2.0
"""The images of a registration: a pair of them, or several pairs that lie in the same place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Generic, TypeVar

from .._images.image import Raster

#: What an image is: whatever the user handed in, or a Raster of it.
One = TypeVar("One")


@dataclass(frozen=True, eq=False)
class Pair(Generic[One]):
    """Two images with their masks."""

    fixed: One
    moving: One
    fixed_mask: One | None = None
    moving_mask: One | None = None


@dataclass(frozen=True, eq=False)
class Images(Generic[One]):
    """All images of a registration.

    weights, metric_weights_image: arguments of register().
    stage_masks: of stages that have one of their own, by stage and name; None means none.
    stages: how many there are.
    files: the paths of those that were handed in as paths, of the first pair and of what is for all.
    """

    pairs: tuple[Pair[One], ...]
    weights: One | None = None
    metric_weights_image: One | None = None
    stage_masks: Mapping[tuple[int, str], One | None] = field(default_factory=dict)
    stages: int = 1
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def fixed(self) -> One:
        """That of the first pair, as with the following."""
        return self.pairs[0].fixed

    @property
    def moving(self) -> One:
        return self.pairs[0].moving

    def named(self) -> Iterator[tuple[str, str, One, One]]:
        """All that there is: the argument, a title, the image, and the image in whose place it is."""
        for number, pair in enumerate(self.pairs):
            of_pair = f" {number}" if len(self.pairs) > 1 else ""
            images = (pair.fixed, pair.moving, pair.fixed_mask, pair.moving_mask)
            places = (pair.fixed, pair.moving, pair.fixed, pair.moving)
            names = ("fixed", "moving", "fixed_mask", "moving_mask")
            for name, image, place in zip(names, images, places, strict=True):
                if image is not None:
                    yield name, name.replace("_", " ") + of_pair, image, place
        for name, image in (("weights", self.weights), ("metric_weights_image", self.metric_weights_image)):
            if image is not None:
                yield name, name.replace("_", " "), image, self.fixed

    def masks_of(self, role: str, pair: int = 0) -> list[One | None]:
        """Those of a pair at all stages, fixed or moving."""
        name = f"{role}_mask"
        return [self.stage_masks.get((stage, name), getattr(self.pairs[pair], name)) for stage in range(self.stages)]

    def mask_of_result(self, name: str) -> One | None:
        """The fixed_mask or moving_mask of the last stage."""
        return self.masks_of(name.removesuffix("_mask"))[-1]


#: As they were handed in; those of files as an Image.
Sources = Images[Any]
#: Read and checked.
Inputs = Images[Raster]


def is_list_of_images(value: Any) -> bool:
    """Whether it is a list, but not one of numbers, which numpy would make an image of."""
    return isinstance(value, list | tuple) and not (
        value and all(isinstance(one, list | tuple | Real) for one in value)
    )


def first_pair(*images: Any) -> Pair[Any]:
    """The fixed and the moving image and their masks, of those that are lists the first ones."""
    return Pair(*(value[0] if is_list_of_images(value) and len(value) > 0 else value for value in images))


def split_pairs(fixed: Any, moving: Any, fixed_mask: Any, moving_mask: Any) -> tuple[Pair[Any], ...]:
    """The pairs that lists of images are. A mask that is no list is that of all."""
    images = {"fixed": fixed, "moving": moving}
    lists = {name: value for name, value in images.items() if is_list_of_images(value)}
    number = max(map(len, lists.values()), default=1)
    for name, value in images.items():
        count = len(value) if name in lists else 1
        if count != number or (lists and name not in lists):
            raise ValueError(f"{name}: {count} image{'s' * (count != 1)}, but {number} are needed: a list of as many")
    if lists and number == 0:
        raise ValueError("fixed: an empty list, but at least one image is needed")

    def spread(name: str, value: Any) -> Sequence[Any]:
        if not is_list_of_images(value):
            return [value] * number
        if len(value) != number:
            raise ValueError(f"{name}: {len(value)} masks for {number} images; give as many, None for one without")
        return list(value)

    columns = [value if name in lists else [value] for name, value in images.items()]
    columns += [spread("fixed_mask", fixed_mask), spread("moving_mask", moving_mask)]
    return tuple(Pair(*row) for row in zip(*columns, strict=True))
