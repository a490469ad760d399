# SPDX-License-Identifier: Apache-2.0
"""The tools of the success map and their settings, all of them rigid but one, and with mutual information or what a
tool has instead. What can be said of several tools is that of the other benchmark (registration/settings.py).

Chosen on random problems of other seeds than those of the map, for the share of answers within 0.5 mm first, and then
for time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cases import RIGID
from settings import (
    ANTS,
    ANTS_COMMON,
    BIG_STEP,
    DESCENT,
    ELASTIX,
    EULER,
    GREEDY,
    OURS,
    SIMPLEITK,
    STOCHASTIC_LONG,
    Options,
)
from tool import NUMBER_OF_THREADS

from .problems import LUNG, SAME


@dataclass(frozen=True)
class Entry:
    """One way to use a tool. The key is that of the records and of the option --tools."""

    key: str
    label: str
    tool: str
    package: str
    options: Options
    #: What differs where both images have the same contrast, which a user would know.
    same: Options = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of the settings: what was run with others is run again."""
        return hashlib.sha256(json.dumps([self.options, self.same], sort_keys=True).encode()).hexdigest()[:8]

    def options_for(self, kind: str) -> Options:
        return self.options | self.same if kind in (SAME, LUNG) else self.options


PLAIN, SEARCH, AFFINE = "ours", "ours-search", "ours-affine"
OUR_KEYS = (PLAIN, SEARCH)
#: What has error bars. The motion is rigid: an affine transform has more freedom than it takes.
BAR_KEYS = (*OUR_KEYS, AFFINE)

#: register() with its defaults.
ONE_CALL: Options = {"work_units": NUMBER_OF_THREADS}
#: What of the fixed and of the moving image is kept around the mask, in mm: enough for the smoothing and the motion.
CUT: Options = {"cut": [12.0, 50.0]}
#: Few voxels of a small mask are left where images are shrunk.
UNSHRUNK: Options = {"samples": 10000, "shrink factors": "1x1x1", "sigmas": "4x2x0mm"}
#: elastix then smooths by 4 and 2 mm at the first levels.
SMOOTHING: Options = {
    "FixedImagePyramid": "FixedSmoothingImagePyramid",
    "MovingImagePyramid": "MovingSmoothingImagePyramid",
    "ImagePyramidSchedule": [8, 8, 8, 4, 4, 4, 1, 1, 1],
}
#: greedy's search needs more around the mask.
WIDE_CUT: Options = {"cut": [25.0, 60.0]}

ENTRIES = (
    Entry(PLAIN, "ours", OURS, "itk-maskedsampling", {"one call": ONE_CALL}),
    Entry(SEARCH, "ours, search", OURS, "itk-maskedsampling", {"one call": ONE_CALL | {"initial": "search"}}),
    Entry(
        AFFINE,
        "ours, search, affine",
        OURS,
        "itk-maskedsampling",
        {"one call": ONE_CALL | {"initial": "search", "transform": "affine"}},
    ),
    # Tried besides: uncut; recursive pyramids, and half the smoothing; RandomCoordinate; 5000 samples; 1000 iterations;
    # steps of 4 mm.
    Entry(
        "elastix",
        "elastix",
        ELASTIX,
        "itk-elastix",
        EULER | SMOOTHING | STOCHASTIC_LONG | BIG_STEP | CUT | {"ImageSampler": "RandomSparseMask"},
    ),
    # Tried besides: 2000 and 5000 samples; shrinking by 4 and 2, and by 2 alone; half the smoothing; a step of 4 mm.
    Entry(
        "simpleitk",
        "SimpleITK, cropped",
        SIMPLEITK,
        "SimpleITK",
        DESCENT | CUT | {"crop": True, "samples": 20000, "shrink factors": [1, 1, 1], "sigmas": [4, 2, 0]},
    ),
    # Tried besides: uncut; shrinking by 4 and 2 at several sampling rates; 2000 and 30 000 samples; steps of 0.5.
    Entry("ants", "ANTs", ANTS, "antspyx", ANTS_COMMON | UNSHRUNK | CUT | {"transform": "Rigid[0.1]"}),
    # Tried besides: uncut, which is worse; MI, WNCC, NCC in smaller patches; other levels and iterations; other
    # searches. NMI at few voxels of a shrunk image leads astray, and a search by it even more.
    Entry(
        "greedy",
        "greedy",
        GREEDY,
        "picsl-greedy",
        CUT | {"arguments": "-m NMI -n 100x50"},
        {"arguments": "-m NCC 4x4x4 -n 100x50x20"},
    ),
    Entry(
        "greedy-search",
        "greedy, search",
        GREEDY,
        "picsl-greedy",
        WIDE_CUT | {"arguments": "-m NMI -n 100 -search 1000 8 8"},
        CUT | {"arguments": "-m NCC 4x4x4 -n 100x50x20 -search 1000 10 10"},
    ),
)
KEYS = tuple(entry.key for entry in ENTRIES)
#: Of rigid registrations.
COMPARED_KEYS = tuple(key for key in KEYS if key != AFFINE)
LABELS = {entry.key: entry.label for entry in ENTRIES}


def find_installed(machine: Mapping[str, Any]) -> dict[str, bool]:
    """By key, whether the package is there."""
    there = machine["packages"] | machine["peer packages"]
    return {entry.key: entry.package in there for entry in ENTRIES}


#: Kinds of the other benchmark's jobs: all are rigid, and the mask is always that of the problem.
TRANSFORM, MASK = RIGID, "ball"
