# SPDX-License-Identifier: Apache-2.0
"""The images of a registration, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._images.files import read
from .._images.image import Raster
from .._images.masks import check_same_dimension, read_labels, read_mask, read_weights
from .result import Sources

Labels = int | Sequence[int] | npt.NDArray[np.integer[Any]] | None


@dataclass(frozen=True)
class Inputs:
    """The images of a registration."""

    fixed: Raster
    moving: Raster
    fixed_mask: Raster | None
    moving_mask: Raster | None
    weights: Raster | None
    #: See Sources.
    stage_masks: Mapping[tuple[int, str], Raster | None]
    stages: int

    def sources(self) -> Sources:
        def source_of(raster: Raster | None) -> Any:
            return None if raster is None else raster.source

        return Sources(
            source_of(self.fixed),
            source_of(self.moving),
            source_of(self.fixed_mask),
            source_of(self.moving_mask),
            source_of(self.weights),
            {key: source_of(raster) for key, raster in self.stage_masks.items()},
            self.stages,
        )

    def masks_of(self, role: str) -> list[Raster | None]:
        """Those of all stages that are fixed, or moving."""
        common = self.fixed_mask if role == "fixed" else self.moving_mask
        return [self.stage_masks.get((stage, f"{role}_mask"), common) for stage in range(self.stages)]


def read_inputs(sources: Sources, fixed_label: Labels = None, moving_label: Labels = None) -> Inputs:
    fixed = read("fixed", sources.fixed)
    moving = read("moving", sources.moving)
    check_same_dimension(fixed, moving)

    def get_mask(role: str, mask: Any, label: Labels, image: Raster) -> Raster | None:
        labels = read_labels(f"{role}_label", label, f"{role}_mask", has_mask=mask is not None)
        return None if mask is None else read_mask(f"{role}_mask", mask, image, labels)

    return Inputs(
        fixed,
        moving,
        get_mask("fixed", sources.fixed_mask, fixed_label, fixed),
        get_mask("moving", sources.moving_mask, moving_label, moving),
        None if sources.weights is None else read_weights("weights", sources.weights, fixed),
        {
            (stage, name): None
            if mask is None
            else read_mask(f"transform[{stage}]: {name}", mask, fixed if name == "fixed_mask" else moving)
            for (stage, name), mask in sources.stage_masks.items()
        },
        sources.stages,
    )
