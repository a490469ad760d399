# SPDX-License-Identifier: Apache-2.0
"""Settings by name: what a user may write for them, and what the core takes. Their defaults are the core's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _core
from .._images.arrays import describe
from .._images.choices import choose, kebab, snake, suggest

Value = str | bool | int | float | tuple[int | float, ...]

#: Arguments of register() that are no settings, and what else users call them, and settings: those of SimpleITK, ITK,
#: ANTs, elastix, greedy and FLIRT, too.
ARGUMENTS = (
    "transform",
    "fixed_mask",
    "moving_mask",
    "fixed_label",
    "moving_label",
    "metric_weights",
    "metric_weights_image",
    "weights",
    "points",
    "initial",
    "callback",
    "progress",
)
MEANT = {
    "mask": "fixed_mask",
    "fixed_image_mask": "fixed_mask",
    "moving_image_mask": "moving_mask",
    "label": "fixed_label",
    "initial_transform": "initial",
    "moving_initial_transform": "initial",
    "type_of_transform": "transform",
    "cost": "metric",
    "similarity_metric": "metric",
    "number_of_samples": "samples",
    "number_of_spatial_samples": "samples",
    "fraction": "percentage",
    "sampling_percentage": "percentage",
    "sampling_rate": "percentage",
    "sampling_strategy": "sampling",
    "bins": "histogram_bins",
    "number_of_bins": "histogram_bins",
    "number_of_histogram_bins": "histogram_bins",
    "number_of_iterations": "iterations",
    "maximum_number_of_iterations": "iterations",
    "reg_iterations": "iterations",
    "number_of_levels": "levels",
    "number_of_resolutions": "levels",
    "shrink_factors_per_level": "shrink_factors",
    "smoothing_sigmas_per_level": "smoothing_sigmas",
    "final_grid_spacing_in_voxels": "grid_spacing",
    "gradient_step": "learning_rate",
    "random_seed": "seed",
    "number_of_threads": "work_units",
    "threads": "work_units",
}


def to_value(argument: str, name: str, value: object) -> Value:
    """The value of a setting as the core takes it. The argument is what errors call it."""
    setting = _core.describe_settings()[name]
    if setting.kind == "text":
        return choose(argument, value, setting.choices, name) if setting.choices else str(value)
    if setting.kind == "flag":
        if isinstance(value, bool | np.bool_) or (isinstance(value, int | np.integer) and value in (0, 1)):
            return bool(value)
        raise TypeError(f"{argument}: True or False is needed, not {describe(value)}")
    if setting.kind in ("count", "number"):
        return to_number(argument, value, setting.kind)
    if isinstance(value, str | bytes | Mapping):
        raise TypeError(f"{argument}: numbers are needed, not {describe(value)}")
    one_kind = {"counts": "count", "integers": "integer", "numbers": "number"}[setting.kind]
    if np.ndim(value) == 0 if isinstance(value, np.ndarray) else not isinstance(value, Iterable):
        return (to_number(argument, value, one_kind),)
    return tuple(to_number(argument, number, one_kind) for number in value)  # type: ignore[attr-defined]


#: Texts of flags.
FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def parse(kind: str, text: str) -> object:
    """The value of a setting of a kind from a text: of the command line, or of a cell of a table.

    Several numbers have commas, semicolons or spaces between them. What is none is a ValueError, which does not say of
    which argument.
    """
    if kind == "text":
        return text.strip()
    if kind == "flag":
        if text.strip().lower() not in FLAGS:
            raise ValueError(f"true or false is needed, not {text!r}")
        return FLAGS[text.strip().lower()]
    numbers = [parse_number(word) for word in re.split(r"[\s,;]+", text.strip(" ()[]"))]
    return numbers[0] if len(numbers) == 1 else numbers


def parse_number(text: str) -> int | float:
    """A number; an integer where the text is one."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number") from None


def to_number(argument: str, value: Any, kind: str) -> int | float:
    """A number; for a count an integer of at least 0, which a float may hold."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(
            f"{argument}: {'a number' if kind == 'number' else 'an integer'} is needed, not {describe(value)}"
        )
    if kind == "number":
        return float(value)
    least = 0 if kind == "count" else -np.inf
    if (isinstance(value, float | np.floating) and not float(value).is_integer()) or value < least:
        raise ValueError(f"{argument}: {value} is not an integer" + (" of at least 0" if kind == "count" else ""))
    return int(value)


@dataclass(frozen=True)
class Stage:
    """A stage as the core takes it: a kind of transform, and the settings that are not its defaults.

    given: the names of those that were asked for, once all settings are there; None before.
    """

    transform: str
    settings: Mapping[str, Value]
    given: frozenset[str] | None = None


def convert(given: Mapping[str, object], place: str) -> dict[str, Value]:
    """Names in kebab-case and values as the core takes them. What is None is left to the core.

    place: "" for arguments of register(), or what errors call the stage.
    """
    known = _core.describe_settings()
    values: dict[str, Value] = {}
    for key, value in given.items():
        name = kebab(str(key))
        argument = f"{place}{snake(name)}"
        if name not in known:
            hint = suggest(snake(name), [*map(snake, known), *([] if place else ARGUMENTS)], MEANT)
            raise TypeError(f"register(): there is no setting {argument!r}{hint}")
        elif value is not None:
            values[name] = to_value(argument, name, value)
    return values


def override(general: Mapping[str, Value], own: Mapping[str, Value]) -> dict[str, Value]:
    """What is given for all stages, and what is given for one, which counts also where it says the same otherwise."""
    hidden: set[str] = set()
    if own.keys() & {"samples", "percentage"}:
        hidden |= {"samples", "percentage"}
    if "levels" in own:
        hidden |= {"shrink-factors", "smoothing-sigmas"}
    if "shrink-factors" in own:
        hidden |= {"levels"}
    return {name: value for name, value in general.items() if name not in hidden} | dict(own)


def make_stage(transform: str, general: Mapping[str, Value], own: Mapping[str, Value], place: str) -> Stage:
    """A stage with what is given for all stages, overridden by what is given for this one."""
    values = override(general, own)
    defaults: Mapping[str, Any] = _core.default_settings(transform)
    if (
        "percentage" in values
        and any(as_tuple(values.get("samples", 0)))
        and values["percentage"] != defaults["percentage"]
    ):
        raise ValueError(f"{place}samples and {place}percentage: both say how many; give one of them")
    if "percentage" not in values and not all(as_tuple(values.get("samples", 1))):
        raise ValueError(
            f"{place}samples: 0, but at least 1 is needed at each level; sampling='none' takes every voxel of the mask"
        )
    if values.get("metric") == "neighborhood-correlation" and not values.get("stock-metric"):
        # Its windows are of voxels, whose values are all needed.
        values.setdefault("sampling", "none")
    if values.get("sampling", defaults["sampling"]) == "none":
        drop_samples(transform, values, own, defaults, place)
    elif "percentage" in values and "samples" not in values:
        values["samples"] = (0,)
    return Stage(transform, values)


def as_tuple(value: Value) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def drop_samples(
    transform: str, values: dict[str, Value], own: Mapping[str, Value], defaults: Mapping[str, Any], place: str
) -> None:
    """Where every voxel is used, a number of samples that is given for all stages is none of this one's business."""
    for name in ("samples", "percentage"):
        if name in own and not set(as_tuple(own[name])) <= set(as_tuple(defaults[name])):
            metric = values.get("metric", defaults["metric"])
            raise ValueError(
                f"{place}{name}: not used, because sampling is 'none' for {transform!r}"
                f"{f' with {metric!r}' if defaults['sampling'] != 'none' else ''}, which takes every voxel of "
                f"the mask. Leave it out, or set {place}sampling='random'"
            )
        if name not in own:
            values.pop(name, None)
