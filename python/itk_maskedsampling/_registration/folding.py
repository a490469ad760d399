# SPDX-License-Identifier: Apache-2.0
"""Whether a result folds space."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import _core, public


@public
@dataclass(frozen=True)
class Folding:
    """The Jacobian determinant of the result of register(): how much larger a small volume becomes.

    Where it is not positive, space is folded: several places of the fixed image are mapped to one. It is looked at in
    30 000 voxels inside the mask at most, and at as many points of a grid around it: over the box of the mask and as
    much to each side, in the fixed image. `Registration.jacobian()` has it at every voxel.

    Attributes
    ----------
    share : float
        Of the voxels inside the mask, those where space is folded.
    smallest, largest : float
        The determinant inside the mask.
    smallest_around, largest_around : float
        Inside the mask and around it.
    """

    share: float
    smallest: float
    largest: float
    smallest_around: float
    largest_around: float

    @property
    def is_folded(self) -> bool:
        """Whether there is a fold, inside the mask or around it."""
        return not self.smallest_around > 0

    def describe(self) -> str:
        """In a line, without its end."""
        if math.isclose(self.smallest_around, self.largest_around, rel_tol=1e-9):
            return f"volumes become {self.smallest:.3g} times as large"
        folded = f"{100 * self.share:.3g} % of the mask folded, " if self.share else ""
        return (
            f"{folded}volumes become {self.smallest:.3g} to {self.largest:.3g} times as large inside the mask, and "
            f"{self.smallest_around:.3g} to {self.largest_around:.3g} times with what is around it"
        )


def read_folding(method: _core.Method) -> Folding | None:
    """What a registration found; None where it has no result."""
    folding = Folding(*method.numbers("folding").tolist())
    return None if math.isnan(folding.smallest) else folding
