# SPDX-License-Identifier: Apache-2.0
"""What is done with each pair of a cohort, and what its result depends on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import _core, version
from .._images.arrays import Array, Floats, freeze, to_json, to_points
from .._images.choices import snake, suggest
from .._images.conversion import libraries_of
from .._images.errors import reworded
from .._images.files import read
from .._images.masks import read_labels
from .._registration.plan import LABELS as LABELS_OF_MASKS
from .._registration.plan import Plan, is_path, make_plan, take_masks
from .._registration.register import add_stage
from .._registration.settings import ARGUMENTS, MEANT, Value, convert, override
from .._transforms.reading import to_transform
from .columns import IMAGES, LABELS
from .contents import describe_input, is_unchanged
from .names import Names, name_files
from .record import Cell
from .table import Pair

#: Settings on which a result does not depend.
RESOURCES = ("work-units",)

#: Arguments of register_cohort() itself, for suggestions.
OWN = (
    *("table", "client", "output", "shard", "processes", "retry_failed", "write_images", "write_reports", "names"),
    *("overwrite", *ARGUMENTS),
)


@dataclass(frozen=True)
class Task:
    """All that a worker needs to register a pair; it can be pickled.

    key: a hash of what is to be done; see Record.
    basis: all on which the result depends but the contents of its files; see Record.
    inputs: the paths of these, by argument.
    run: of which call of register_cohort() it is.
    arguments: of register(); images and transforms of files are paths.
    retry: a record of an earlier run that says that it failed does not count.
    names: of the files that are written.
    """

    id: str
    key: str
    basis: Mapping[str, Any]
    inputs: Mapping[str, str]
    run: str
    output: str
    row: Mapping[str, Cell]
    arguments: Mapping[str, Any]
    write_images: bool
    retry: bool
    names: Names
    write_reports: bool = False


@dataclass(frozen=True)
class Common:
    """What is given for all pairs: the arguments of register(), checked and fit to be pickled.

    plans: of the settings that pairs were found to have, what they are.
    """

    images: Mapping[str, Any]
    labels: Mapping[str, tuple[int, ...]]
    transform: Any
    initial: Any
    points: Floats | None
    settings: Mapping[str, Value]
    plans: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def describe(self, pair: Pair) -> Mapping[str, Any]:
        """What is to be done with a pair, which is checked. Its files are no part of it."""
        initial = None if "initial" in inputs_of(pair) else pair.initial or self.initial
        own = repr((pair.transform, pair.initial is not None, initial, sorted(pair.settings.items())))
        if own not in self.plans:
            settings = override(self.settings, pair.settings)
            plan = check_plan(make_plan(pair.transform or self.transform, initial, settings))
            self.plans[own] = {**describe_plan(plan, self.points), **describe_masks(pair.transform or self.transform)}
        return {**self.plans[own], **{name: list(labels) for name, labels in self.labels_of(pair).items()}}

    def labels_of(self, pair: Pair) -> Mapping[str, tuple[int, ...]]:
        return {**self.labels, **pair.labels}


def read_common(given: Mapping[str, Any]) -> Common:
    """From the arguments of register_cohort() that are those of register()."""
    settings = dict(given)
    images = {name: settings.pop(name) for name in IMAGES if settings.get(name) is not None}
    labels = {}
    for name in LABELS:
        found = read_labels(name, settings.pop(name, None))
        if found is not None:
            labels[name] = found.values
    transform = settings.pop("transform", None)
    initial, points = settings.pop("initial", None), settings.pop("points", None)
    if points is not None:
        dimension = 3 if np.ndim(points) == 2 and np.shape(points)[1] == 3 else 2
        points = freeze(to_points("points", points, dimension))
    if isinstance(initial, str | os.PathLike):
        initial = to_absolute(initial)
    elif initial is not None:
        initial = to_transform("initial", initial, libraries_of(initial))
    if settings.get("work_units") is None:
        settings["work_units"] = 1
    known = [snake(name) for name in _core.describe_settings()]
    for name in settings:
        if snake(name) not in known:
            raise TypeError(f"register_cohort(): there is no setting {name!r}{suggest(name, [*known, *OWN], MEANT)}")
    values = convert(settings, "")
    common = Common(images, labels, prepare("rigid" if transform is None else transform), initial, points, values)
    check_plan(make_plan(common.transform, common.initial, common.settings))
    return common


def prepare(transform: Any) -> Any:
    """The argument transform of register(): absolute paths, and a Transform for one of another library."""
    if isinstance(transform, list | tuple):
        return [prepare(stage) for stage in transform]
    if isinstance(transform, Mapping):
        return {name: prepare(value) if name == "transform" else value for name, value in transform.items()}
    if isinstance(transform, str | os.PathLike):
        return to_absolute(transform)
    return to_transform("transform", transform, libraries_of(transform))


def to_absolute(value: str | os.PathLike[str]) -> str:
    """An absolute path, or the name that it is instead."""
    text = os.fspath(value)
    return os.path.abspath(Path(text).expanduser()) if isinstance(value, os.PathLike) or is_path(text) else text


def check_plan(plan: Plan) -> Plan:
    """Raise ValueError for settings that do not go together. What depends on the images shows when they are read."""
    dimensions = {one.dimension for one in (plan.start, plan.initial) if one is not None} or {2, 3}
    errors = []
    for dimension in dimensions:
        method = _core.Method(dimension, np.float32)
        if plan.start is not None and plan.start.dimension == dimension:
            method.set_transform("transform", list(plan.start.parts))
        try:
            for stage in plan.stages:
                add_stage(method, stage)
        except ValueError as error:
            errors.append(error)
    if len(errors) == len(dimensions):
        raise errors[-1]
    return plan


def make_task(
    pair: Pair,
    common: Common,
    output: Path,
    run: str,
    write_images: bool,
    retry: bool,
    style: str = "plain",
    write_reports: bool = False,
) -> Task:
    try:
        basis = make_basis(common.describe(pair), pair)
        names = name_files(pair, style)
    except (TypeError, ValueError) as error:
        raise reworded(error, f"table: {pair.id}: {error}") from error
    arguments = {
        **pair.images,
        **common.labels_of(pair),
        "transform": pair.transform or common.transform,
        "initial": pair.initial or common.initial,
        "points": common.points,
        **{snake(name): value for name, value in override(common.settings, pair.settings).items()},
    }
    return Task(
        pair.id,
        make_key(basis),
        basis,
        inputs_of(pair),
        run,
        os.fspath(output),
        pair.row,
        arguments,
        write_images,
        retry,
        names,
        write_reports,
    )


# What a result depends on


def inputs_of(pair: Pair) -> dict[str, str]:
    """The files of a pair, by argument."""
    initial = {"initial": pair.initial} if pair.initial is not None and os.path.isabs(pair.initial) else {}
    return {**pair.images, **initial}


def make_basis(settings: Mapping[str, Any], pair: Pair) -> dict[str, Any]:
    """The version, the settings, and what the table calls the inputs."""
    inputs = {name: str(pair.row.get(name, path)) for name, path in inputs_of(pair).items()}
    return {"version": version(), "settings": settings, "inputs": inputs}


def make_key(basis: Mapping[str, Any]) -> str:
    """A hash of what is to be done. What inputs are called is no part of it: they are known by their contents."""
    told = [basis["version"], basis["settings"], sorted(basis["inputs"])]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def describe_files(task: Task, before: Mapping[str, Any]) -> dict[str, Any]:
    """The files of each input of a task, with hashes of their contents.

    before: the basis of a record, which may know those of files that are as they were.
    """
    known = files_of(before)
    return {name: describe_input(Path(path), known.get(name)) for name, path in task.inputs.items()}


def has_same_inputs(before: Mapping[str, Any], task: Task) -> bool:
    """Whether the inputs of a task have the contents that those of a record had."""
    known = files_of(before)
    if task.inputs.keys() != known.keys():
        return False
    # What is missing has nothing but its name.
    missing = [name for name in known if known[name] is None]
    names = before.get("inputs") or {}
    return all(names.get(name) == task.basis["inputs"][name] for name in missing) and all(
        is_unchanged(Path(path), known[name]) for name, path in task.inputs.items()
    )


def files_of(basis: Mapping[str, Any]) -> Mapping[str, Any]:
    files = basis.get("files")
    return files if isinstance(files, Mapping) else {}


def describe_plan(plan: Plan, points: Floats | None) -> Mapping[str, Any]:
    """Settings by name, as errors call them; of transforms and points, hashes."""
    found: dict[str, Any] = {}
    for number, stage in enumerate(plan.stages):
        stage_name, place = ("transform", "") if len(plan.stages) == 1 else (f"transform[{number}]",) * 2
        found[stage_name] = stage.transform
        for name, value in stage.settings.items():
            if name not in RESOURCES:
                found[f"{place}: {snake(name)}" if place else snake(name)] = to_json(value)
    for role, transform in (("transform to start from", plan.start), ("initial", plan.initial)):
        if transform is not None:
            arrays = [
                (f"{name} {kind}", one) for name, *two in transform.parts for kind, one in zip("fp", two, strict=True)
            ]
            found[role] = digest(arrays)
    if points is not None:
        found["points"] = digest([("points", points)])
    return found


def describe_masks(transform: Any) -> Mapping[str, Any]:
    """Labels of stages, and hashes of masks of stages."""
    found: dict[str, Any] = {}
    for (stage, name), own in take_masks(transform)[1].items():
        place, label = f"transform[{stage}]: {name}", f"transform[{stage}]: {LABELS_OF_MASKS[name]}"
        labels = read_labels(label, own.label)
        if labels is not None:
            found[label] = list(labels.values)
        if own.mask is None:
            found[place] = None
            continue
        mask = read(place, own.mask)
        grid = mask.geometry
        numbers = np.concatenate([grid.spacing, grid.origin, grid.direction])
        found[place] = digest([("pixels", mask.pixels), ("grid", numbers)])
    return found


def digest(arrays: Sequence[tuple[str, Array]]) -> str:
    """A hash of arrays with names."""
    found = hashlib.sha256()
    for name, array in arrays:
        found.update(f"{name} {array.shape} ".encode() + array.tobytes())
    return found.hexdigest()


def differences(before: Mapping[str, Any], task: Task) -> list[str]:
    """What of the basis of a record is another one now, but for files that only have changed, in words."""
    now = task.basis
    if not before:
        return ["it is not known of which settings"]
    pairs = [("version", before.get("version"), now["version"])]
    for group in ("settings", "inputs"):
        old, new = before.get(group) or {}, now[group]
        pairs += [(name, old.get(name), new.get(name)) for name in {**old, **new}]
    known = files_of(before)
    moved = [name for name in known.keys() & task.inputs.keys() if is_unchanged(Path(task.inputs[name]), known[name])]
    return [
        f"{name}: {shorten(old)} before, {shorten(new)} now"
        for name, old, new in pairs
        if old != new and name not in moved
    ]


def shorten(value: Any) -> str:
    """A value of a basis in a message."""
    text = "not given" if value is None else repr(value)
    return text if len(text) < 60 else f"{text[:20]}...{text[-20:]}"
