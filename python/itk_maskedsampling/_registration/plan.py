# SPDX-License-Identifier: Apache-2.0
"""What a registration is to do, apart from the images: it can be done again with the same or other images."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from .. import _core
from .._images.arrays import Floats, join, to_numbers
from .._images.choices import choose, kebab, simplify, snake
from .._images.conversion import libraries_of
from .._transforms.reading import to_transform
from .._transforms.transform import Transform
from .settings import Stage, convert, make_stage, override

#: What a stage may have of its own, that is no setting.
MASKS = ("fixed_mask", "moving_mask")
LABELS = {"fixed_mask": "fixed_label", "moving_mask": "moving_label"}


@dataclass(frozen=True)
class StageMask:
    """mask: as it was handed in; None is none. label: one or several, of the mask; None is whatever is not 0."""

    mask: Any
    label: Any = None


@dataclass(frozen=True)
class Plan:
    """stages: what they do, one after the other.
    start: the transform that stages of the kind "given" optimise a copy of.
    initial: applied after what is optimised.
    points: own sample points, in fixed space, shape (n, D).
    own_masks: which stages have a fixed_mask or moving_mask of their own, or none where all others have one.
    metrics: a name and a weight for each pair of images; without a name, it is that of the stage.
    """

    stages: tuple[Stage, ...]
    start: Transform | None = None
    initial: Transform | None = None
    points: Floats | None = None
    own_masks: frozenset[tuple[int, str]] = frozenset()
    metrics: tuple[tuple[str, float], ...] = (("", 1.0),)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dict for each stage, which register() takes as a stage."""
        dicts = []
        for stage in self.stages:
            settings: dict[str, Any] = {snake(name): value for name, value in stage.settings.items()}
            settings["transform"] = self.start if stage.transform == "given" else stage.transform
            dicts.append({"transform": settings.pop("transform"), **settings})
        return dicts

    def find_changed(self) -> list[list[str]]:
        """For each stage, the names of the settings that were asked for, and are not what they would have been."""
        changed = []
        for stage in self.stages:
            usual = _core.default_settings(stage.transform)
            given = stage.settings if stage.given is None else stage.given
            changed.append([snake(name) for name in stage.settings if name in given and is_other(stage, name, usual)])
        return changed


def is_other(stage: Stage, name: str, usual: Mapping[str, Any]) -> bool:
    """Whether a setting is another one than usual. One value for all levels is equal to as many of it."""
    own, other = (value if isinstance(value, tuple) else (value,) for value in (stage.settings[name], usual[name]))
    if own == other:
        return False
    return not (len(set(own)) == len(set(other)) == 1 and set(own) == set(other))


def take_masks(
    transform: object, usual: Mapping[str, Sequence[Any]] | None = None
) -> tuple[object, dict[tuple[int, str], StageMask]]:
    """The argument transform of register() without the masks of stages, and these, by stage and name.

    usual: the masks of all stages, one for each pair of images. A stage may have other labels of them.
    """
    if not isinstance(transform, list | tuple):
        return transform, {}
    stages: list[object] = []
    masks = {}
    for number, stage in enumerate(transform):
        if not isinstance(stage, Mapping):
            stages.append(stage)
            continue
        own = {snake(str(name)): value for name, value in stage.items()}
        for name, label in LABELS.items():
            if name in own:
                masks[number, name] = StageMask(own[name], own.get(label))
            elif own.get(label) is not None:
                known = (usual or {}).get(name, [None])
                if any(one is not known[0] for one in known):
                    raise ValueError(
                        f"transform[{number}]: {label}: {own[label]!r}, but {name} is a list. Give the stage its own"
                    )
                masks[number, name] = StageMask(known[0], own[label])
        taken = {*MASKS, *LABELS.values()}
        stages.append({name: value for name, value in stage.items() if snake(str(name)) not in taken})
    return stages, masks


def name_metrics(metric: object, transform: object) -> list[str]:
    """The metrics of a list of them; none, if it is no list."""
    if not isinstance(metric, list | tuple):
        return []
    stages = transform if isinstance(transform, list | tuple) else []
    own = [number for number, stage in enumerate(stages) if isinstance(stage, Mapping) and stage.get("metric")]
    if own:
        raise ValueError(
            f"transform[{own[0]}]: metric: there is a list of metrics already, for all stages; leave it out"
        )
    if len(metric) == 0:
        raise ValueError("metric: an empty list, but at least one is needed")
    choices = _core.describe_settings()["metric"].choices
    return [choose(f"metric[{number}]", name, choices, "metric") for number, name in enumerate(metric)]


def make_metrics(names: Sequence[str], weights: object, pairs: int) -> tuple[tuple[str, float], ...]:
    """The name of the metric, and its weight, for each pair of images. Several metrics may be of one pair."""
    if names and pairs > 1 and len(names) != pairs:
        raise ValueError(f"metric: {len(names)} for {pairs} pairs of images; give as many, or one for all")
    names = names or [""] * pairs
    if weights is None:
        return tuple((name, 1.0) for name in names)
    needed = f"a number for each of the {len(names)} pairs of images, or metrics,"
    numbers = to_numbers("metric_weights", weights, (len(names),), needed)
    if (numbers <= 0).any():
        raise ValueError(f"metric_weights: {join(numbers)} must be greater than 0. Leave out what is not to count")
    return tuple(zip(names, numbers.tolist(), strict=True))


def make_plan(transform: object, initial: object, given: Mapping[str, object]) -> Plan:
    """From the arguments of register(). Points come later, when the dimension is known."""
    general = convert(given, "")
    transform, masks = take_masks(transform)
    stage_dicts = split_stages(transform)
    stages = []
    start: Transform | None = None
    for number, (kind, settings) in enumerate(stage_dicts):
        argument = f"transform[{number}]" if isinstance(transform, list | tuple) else "transform"
        place = f"{argument}: " if settings or len(stage_dicts) > 1 else ""
        own = convert(settings, place)
        if len(stage_dicts) == 1:
            own = override(general, own)
            general = {}
        name, given_transform = to_kind(argument, kind)
        if given_transform is not None:
            if start is not None and start != given_transform:
                raise ValueError(
                    f"{place}two different transforms to start from, but a registration has one. Compose them, or give "
                    "the first one as initial="
                )
            start = given_transform
        stages.append(make_stage(name, general, own, place))
    initialization, initial_transform = to_initial(initial)
    if initialization is not None:
        first = stages[0]
        if first.settings.get("initialization", initialization) != initialization:
            raise ValueError(f"initial: {initialization!r}, but initialization is {first.settings['initialization']!r}")
        stages[0] = Stage(first.transform, {**first.settings, "initialization": initialization})
    return Plan(tuple(stages), start, initial_transform, own_masks=frozenset(masks))


def split_stages(transform: object) -> list[tuple[object, dict[str, object]]]:
    """The kind and the settings of each stage."""
    stages = transform if isinstance(transform, list | tuple) else [transform]
    if not stages:
        raise ValueError("transform: an empty list, but at least one stage is needed, such as 'rigid'")
    split = []
    for number, stage in enumerate(stages):
        if isinstance(stage, Mapping):
            settings = {kebab(str(name)): value for name, value in stage.items()}
            if settings.get("transform") is None:
                raise ValueError(f"transform[{number}]: the key 'transform' is missing, such as 'rigid'")
            split.append((settings.pop("transform"), settings))
        else:
            split.append((stage, {}))
    return split


def to_kind(argument: str, value: object) -> tuple[str, Transform | None]:
    """The name of a kind of transform, or "given" and the transform."""
    if isinstance(value, str) and not is_path(value):
        choices = [choice for choice in _core.describe_settings()["transform"].choices if choice != "given"]
        return choose(argument, value, choices, "transform"), None
    return "given", to_transform(argument, value, libraries_of(value))


def is_path(text: str) -> bool:
    """Whether it is a path rather than a misspelt name."""
    return bool(PurePath(text).suffix) or os.sep in text


def to_initial(value: object) -> tuple[str | None, Transform | None]:
    """The initialization, or the transform to start from; the latter from anything that is one."""
    if value is None:
        return None, None
    if isinstance(value, str) and not is_path(value):
        choices = _core.describe_settings()["initialization"].choices
        known = {simplify(choice): choice for choice in choices}
        if simplify(value) in known:
            return known[simplify(value)], None
        return choose("initial", value, choices), None
    return None, to_transform("initial", value, libraries_of(value))


def check_dimensions(plan: Plan, dimension: int) -> None:
    """Raise ValueError where a transform or a setting has not the dimension of the images."""
    for name, transform in (("transform", plan.start), ("initial", plan.initial)):
        if transform is not None and transform.dimension != dimension:
            raise ValueError(f"{name}: {dimension} dimensions are needed, as the images have, not {transform!r}")
    for stage in plan.stages:
        for name, lengths in (("center", (0, dimension)), ("grid-spacing", (0, 1, dimension))):
            values = stage.settings.get(name, ())
            if isinstance(values, tuple) and len(values) not in lengths:
                raise ValueError(f"{snake(name)}: {len(values)} numbers for {dimension} dimensions: {values}")
