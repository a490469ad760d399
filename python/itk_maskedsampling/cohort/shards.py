# SPDX-License-Identifier: Apache-2.0
"""Parts of a table, each for a job of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from .._images.arrays import describe

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """One of so many parts, counted from 1."""

    number: int
    count: int

    def choose(self, items: Sequence[Item]) -> list[Item]:
        """Those of this part. Neighbours are in different parts, so that the slow ones of a site are not all in one."""
        return list(items[self.number - 1 :: self.count])


def read_shard(shard: Any) -> Shard | None:
    """The argument shard of register_cohort(): "1/8", or (1, 8)."""
    if shard is None:
        return None
    numbers: Any = shard
    if isinstance(shard, str):
        match = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", shard)
        if match is None:
            raise ValueError(f"shard: {shard!r}, but the number of a part, from 1, and of how many is needed: '1/8'")
        numbers = (int(match[1]), int(match[2]))
    if not isinstance(numbers, tuple | list) or len(numbers) != 2 or not all(map(is_count, numbers)):
        raise TypeError(
            f"shard: the number of a part, from 1, and of how many is needed, '1/8' or (1, 8), not {describe(shard)}"
        )
    number, count = map(int, numbers)
    if count < 1:
        raise ValueError(f"shard: {shard!r} is of {count} parts, but at least 1 is needed")
    if not 1 <= number <= count:
        raise ValueError(f"shard: {shard!r}, but the {count} parts are counted from 1/{count} to {count}/{count}")
    return Shard(number, count)


def is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
