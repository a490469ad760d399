# SPDX-License-Identifier: Apache-2.0
"""Names that users choose from, and what else they call them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from .arrays import describe

#: What else users call the choices of a setting, as simplify() leaves it.
ALIASES = {
    "transform": {
        "euler": "rigid",
        "translate": "translation",
        "displacement": "displacement-field",
        "symmetricnormalization": "syn",
    },
    "metric": {
        "mi": "mutual-information",
        "mattes": "mutual-information",
        "mattesmutualinformation": "mutual-information",
        "msd": "mean-squares",
        "mse": "mean-squares",
        "ncc": "correlation",
        "antsneighborhoodcorrelation": "neighborhood-correlation",
        "jointhistogram": "joint-histogram-mutual-information",
    },
    "interpolator": {"nearest": "nearest-neighbor", "nn": "nearest-neighbor", "bspline3": "b-spline"},
    "sampling": {"all": "none", "dense": "none", "full": "none"},
    "optimizer": {
        "lbfgs": "lbfgs2",
        "regularstep": "regular-step-gradient-descent",
        "oneplusone": "one-plus-one-evolutionary",
    },
}


def kebab(name: str) -> str:
    return name.replace("_", "-")


def snake(name: str) -> str:
    return name.replace("-", "_")


def simplify(text: str) -> str:
    """A name without what people write in different ways: case, hyphens, "our" for "or"."""
    return re.sub(r"[\s_-]", "", text.lower()).replace("our", "or")


def suggest(text: str, names: Iterable[str], meant: Mapping[str, str] = MappingProxyType({})) -> str:
    """ "; did you mean x?" if one of the names is close, or what else it is called, otherwise nothing."""
    simple = {simplify(name): name for name in names}
    simple |= {simplify(other): name for other, name in meant.items() if name in simple.values()}
    close = difflib.get_close_matches(simplify(text), simple, 1)
    return f"; did you mean {simple[close[0]]!r}?" if close else ""


def choose(argument: str, value: object, choices: Sequence[str], setting: str | None = None) -> str:
    """The choice that a text means. The setting is the one whose aliases count, by default that of the argument."""
    listed = ", ".join(choices)
    if not isinstance(value, str):
        raise TypeError(f"{argument}: one of {listed} is needed, not {describe(value)}")
    simple = {simplify(choice): choice for choice in choices}
    meant = simple | {alias: full for alias, full in ALIASES.get(setting or argument, {}).items() if full in choices}
    if simplify(value) in meant:
        return meant[simplify(value)]
    raise ValueError(f"{argument}: {value!r} is none of {listed}{suggest(value, choices)}")
