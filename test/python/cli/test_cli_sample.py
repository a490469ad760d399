# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling sample`: the points are those of sample(), inside the mask, in three formats."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from cli_scene import Files, Shell, make_files
from itk_maskedsampling import Image, read_image, sample, write_image

NUMBER = 300


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A volume on an oblique grid."""
    return make_files(tmp_path_factory.mktemp("cli"), dimension=3, tilted=True)


def voxels_of(image: Image, points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The voxel [z, y, x] in which each point is, by solving for its index."""
    steps = image.direction * np.array(image.spacing)
    index = np.linalg.solve(steps, (points - np.array(image.origin)).T).T
    return np.rint(index).astype(int)[:, ::-1]


def read_points(path: Path) -> npt.NDArray[Any]:
    with path.open(newline="") as lines:
        head, *rows = csv.reader(lines)
    assert head == ["x", "y", "z"]
    return np.array(rows, np.float64)


def test_points_are_inside_the_mask_in_all_formats(shell: Shell, files: Files, tmp_path: Path) -> None:
    names = ("points.csv", "points.mrk.json", "counts.nii.gz", "counts.nrrd")
    outputs = [word for name in names for word in ("-o", tmp_path / name)]
    said = shell.done("sample", files.fixed, "--mask", files.mask, "-n", NUMBER, *outputs)
    mask_voxels = int(files.scene.fixed_mask.sum())
    lines = said.out.splitlines()
    assert lines == [f"{NUMBER} points of {mask_voxels} voxels", *(f"wrote {tmp_path / name}" for name in names)]
    assert {path.name for path in tmp_path.iterdir()} == set(names)

    points = read_points(tmp_path / "points.csv")
    assert points.shape == (NUMBER, 3)
    voxels = voxels_of(files.scene.fixed, points)
    assert files.scene.fixed_mask[tuple(voxels.T)].all()
    assert len(np.unique(points, axis=0)) == NUMBER

    markup = json.loads((tmp_path / "points.mrk.json").read_text())["markups"][0]
    assert (markup["type"], markup["coordinateSystem"]) == ("Fiducial", "LPS")
    np.testing.assert_allclose([point["position"] for point in markup["controlPoints"]], points, rtol=1e-6)

    for name in names[2:]:
        counts = read_image(tmp_path / name)
        assert counts.pixels.dtype.kind == "u"
        assert counts.pixels.sum() == NUMBER
        wanted = np.zeros(files.scene.fixed_mask.shape, int)
        np.add.at(wanted, tuple(voxels.T), 1)
        np.testing.assert_array_equal(counts.pixels, wanted)
        np.testing.assert_allclose(counts.direction, files.scene.fixed.direction, atol=1e-6)


def test_options_are_those_of_sample(shell: Shell, files: Files, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    weights = np.where(files.scene.fixed.pixels > 80, 1, 0).astype(np.float32)
    grid = files.scene.fixed
    write_image(Image(weights, grid.spacing, grid.origin, grid.direction), tmp_path / "w.mha")
    cases: list[tuple[list[str], dict[str, Any]]] = [
        (["--percentage", "0.01"], {"percentage": 0.01}),
        (["-n", "50", "--seed", "9"], {"samples": 50, "seed": 9}),
        (["--sampling", "regular", "--samples", "50"], {"sampling": "regular", "samples": 50}),
        (["--sampling", "none"], {"sampling": "none"}),
        (["--weights", str(tmp_path / "w.mha")], {"weights": str(tmp_path / "w.mha")}),
    ]
    for words, options in cases:
        shell.done("sample", files.fixed, "--mask", files.mask, *words, "-o", path)
        expected = sample(files.fixed, files.mask, **options)
        np.testing.assert_array_equal(read_points(path).astype(np.float32), expected.points)
    found = voxels_of(files.scene.fixed, read_points(path))
    assert (weights[tuple(found.T)] == 1).all()


def test_without_a_mask(shell: Shell, files: Files, tmp_path: Path) -> None:
    said = shell.done("sample", files.fixed, "-n", 20, "-o", tmp_path / "p.csv", "--json")
    assert said.json == {
        "points": 20,
        "mask_voxels": files.scene.fixed.pixels.size,
        "inputs": {"image": files.fixed},
        "outputs": [str(tmp_path / "p.csv")],
        "errors": [],
    }
    assert shell.done("sample", files.fixed, "-q", "-o", tmp_path / "p.csv").out == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "the following arguments are required: --output/-o"),
        ("-o p.foo", "--output: 'p.foo' could not be written: No format"),
        ("-o p.json", "--output: 'p.json' could not be written: .*suffix .mrk.json"),
        ("-o missing/p.csv", "--output: there is no folder 'missing'"),
        ("-o mask.mha --mask mask.mha", "--output: 'mask.mha' would overwrite the input mask"),
        ("-o p.csv -o p.csv", "--output: 'p.csv' would overwrite what --output writes"),
        ("-o p.csv -n 0", "--samples: 0, but at least 1 is needed"),
        ("-o p.csv -n 5 --percentage 1", "--samples, --percentage: 5 and 1, but both say how many"),
        ("-o p.csv --sampling all -n 5", "--samples: 5 is not used"),
        ("-o p.csv --mask nothing.mha", "--mask: there is no file 'nothing.mha'"),
    ],
)
def test_bad_input(shell: Shell, files: Files, words: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files.folder)
    before = files.names()
    said = shell("sample", "fixed.mha", *words.split())
    assert said.code == (1 if "could not be written" in message else 2)
    assert re.match(message, said.error), said.error
    assert files.names() == before
