# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling apply`: images and points of files, by transforms of files; and labels as masks in the shell."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_scene import Files, Shell, make_files
from itk_maskedsampling import Image, Transform, read_image, write_image

DRAW = np.random.default_rng(4)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A volume on an oblique grid."""
    return make_files(tmp_path_factory.mktemp("cli"), dimension=3, tilted=True)


def make_transform(seed: int) -> Transform:
    draw = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] += draw.normal(0, 0.05, (3, 3))
    matrix[:3, 3] = draw.normal(0, 2, 3)
    return Transform.from_matrix(matrix)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[list[Transform], list[Path]]:
    transforms = [make_transform(1), make_transform(2)]
    paths = [tmp_path / "a.h5", tmp_path / "b.tfm"]
    for transform, path in zip(transforms, paths, strict=True):
        transform.write(path)
    return transforms, paths


Pair = tuple[list[Transform], list[Path]]


@pytest.mark.parametrize(
    ("words", "which"),
    [
        (["a"], lambda a, b: a),
        (["a", "b"], lambda a, b: b @ a),
        (["b", "a"], lambda a, b: a @ b),
        (["a,-1"], lambda a, b: a.inverse()),
        (["a", "b,-1"], lambda a, b: b.inverse() @ a),
        (["a", "b", "--inverse"], lambda a, b: (b @ a).inverse()),
    ],
)
def test_points_go_through_the_first_transform_first(
    shell: Shell, pair: Pair, tmp_path: Path, words: list[str], which: Any
) -> None:
    """As with antsApplyTransforms and greedy: of the points of the reference."""
    (a, b), paths = pair
    names = {"a": paths[0], "b": paths[1]}
    options: list[Any] = []
    for word in words:
        name, comma, rest = word.partition(",")
        options += [word] if word.startswith("--") else ["-t", f"{names[name]}{comma}{rest}"]
    points = DRAW.normal(0, 50, (5, 3))
    (tmp_path / "in.csv").write_text("x,y,z\n" + "".join(f"{x!r},{y!r},{z!r}\n" for x, y, z in points.tolist()))
    shell.done("apply", tmp_path / "in.csv", *options, "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as lines:
        head, *rows = csv.reader(lines)
    assert head == ["x", "y", "z"]
    np.testing.assert_allclose(np.array(rows, float), which(a, b).apply(points), atol=1e-9)


@pytest.mark.parametrize("name", ["linear", "label-linear"])
def test_an_image_is_resampled_on_the_grid_of_the_reference(
    shell: Shell, files: Files, pair: Pair, tmp_path: Path, name: str
) -> None:
    (a, b), paths = pair
    output = tmp_path / "moved.mha"
    words = ["-t", paths[0], "-t", paths[1], "--reference", files.fixed, "--interpolator", name, "-o", output]
    said = shell.done("apply", files.moving, *words)
    assert said.out.splitlines() == [f"wrote {output}"]
    wanted = (b @ a).resample(files.moving, files.fixed, name)
    found = read_image(output)
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    assert found.geometry == read_image(files.fixed).geometry
    told = shell.done("apply", files.moving, *words, "--json").json
    assert told["kind"] == "image"
    assert told["size"] == list(found.geometry.size)


def test_labels_keep_their_type_and_are_labels(shell: Shell, files: Files, pair: Pair, tmp_path: Path) -> None:
    grid = read_image(files.fixed)
    labels = DRAW.integers(0, 5, grid.pixels.shape).astype(np.uint16) * 100
    write_image(Image(labels, grid.spacing, grid.origin, grid.direction), tmp_path / "labels.nii.gz")
    words = ["-t", pair[1][0], "--interpolator", "label-linear", "-o", tmp_path / "out.nii.gz"]
    shell.done("apply", tmp_path / "labels.nii.gz", *words)
    found = read_image(tmp_path / "out.nii.gz").pixels
    assert found.dtype == np.uint16
    assert set(np.unique(found)) <= set(np.unique(labels))


def test_columns_and_names_of_points_stay(shell: Shell, pair: Pair, tmp_path: Path) -> None:
    """A table as antsApplyTransformsToPoints has it, and markups and fiducials of 3D Slicer, in RAS and LPS."""
    (a, _), paths = pair
    points = np.round(DRAW.normal(0, 50, (3, 3)), 3)
    moved = a.apply(points)
    flip = np.array([-1.0, -1.0, 1.0])
    rows = "".join(f"{x},{y},{z},0,{n},tip {n}\n" for n, (x, y, z) in enumerate(points.tolist()))
    (tmp_path / "a.csv").write_text(f"x,y,z,t,label,comment\n{rows}")
    shell.done("apply", tmp_path / "a.csv", "-t", paths[0], "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as lines:
        table = list(csv.DictReader(lines))
    np.testing.assert_allclose([[float(row[axis]) for axis in "xyz"] for row in table], moved, atol=1e-9)
    assert [(row["label"], row["comment"]) for row in table] == [(str(n), f"tip {n}") for n in range(3)]

    for system, signs in (("LPS", np.ones(3)), ("RAS", flip)):
        controls = [
            {"id": str(n), "label": f"tip {n}", "position": point, "positionStatus": "defined"}
            for n, point in enumerate((points * signs).tolist())
        ]
        controls.append({"id": "9", "label": "later", "position": [0, 0, 0], "positionStatus": "undefined"})
        markup = {
            "type": "Curve",
            "coordinateSystem": system,
            "controlPoints": controls,
            "display": {"color": [1, 0, 0]},
        }
        (tmp_path / "a.mrk.json").write_text(json.dumps({"@schema": "s", "markups": [markup]}))
        shell.done("apply", tmp_path / "a.mrk.json", "-t", paths[0], "-o", tmp_path / "out.mrk.json")
        document = json.loads((tmp_path / "out.mrk.json").read_text())
        found = document["markups"][0].pop("controlPoints")
        assert document == {"@schema": "s", "markups": [{k: v for k, v in markup.items() if k != "controlPoints"}]}
        np.testing.assert_allclose([one["position"] for one in found[:3]], moved * signs, atol=1e-9)
        assert found[3] == controls[3]

        lines_of_file = [
            f"n{n},{x},{y},{z},0,0,0,1,1,1,0,tip,," for n, (x, y, z) in enumerate((points * signs).tolist())
        ]
        head = f"# Markups fiducial file version = 4.11\n# CoordinateSystem = {system}\n# columns = id,x,y,z\n"
        (tmp_path / "a.fcsv").write_text(head + "\n".join(lines_of_file) + "\n")
        shell.done("apply", tmp_path / "a.fcsv", "-t", paths[0], "-o", tmp_path / "out.fcsv")
        text = (tmp_path / "out.fcsv").read_text()
        assert text.startswith(head)
        cells = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
        np.testing.assert_allclose([[float(cell) for cell in row[1:4]] for row in cells], moved * signs, atol=1e-9)
        assert [row[4:] for row in cells] == [line.split(",")[4:] for line in lines_of_file]


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("a,b,c\n1,2,3\n", "p.csv", "columns x,y,z are needed, not a,b,c"),
        ("x,y,z\n1,2,three\n", "p.csv", "row 0, counted from 0: '1,2,three' lacks a number"),
        ("1,2\n", "p.csv", "without a head, x,y,z is needed"),
        ("x,y,z\n1,2,inf\n", "p.csv", "point 0, counted from 0, is not finite"),
        ("x,y,z\n", "p.csv", "there is no point in"),
        ("{", "p.mrk.json", "cannot be read as points"),
        ("[]", "p.mrk.json", "cannot be read as points"),
        ('{"markups": [{"coordinateSystem": "IJK", "controlPoints": []}]}', "p.mrk.json", "neither LPS nor RAS"),
        ('{"markups": [{"controlPoints": [{"position": [1, 2]}]}]}', "p.mrk.json", "cannot be read as points"),
        ("a,1,2,3\n", "p.fcsv", "a line '# CoordinateSystem = LPS', or RAS, is missing"),
    ],
)
def test_what_are_no_points_is_said(
    shell: Shell, pair: Pair, tmp_path: Path, text: str, name: str, wanted: str
) -> None:
    (tmp_path / name).write_text(text)
    said = shell("apply", tmp_path / name, "-t", pair[1][0], "-o", tmp_path / f"out{name[1:]}")
    assert said.code == 2
    assert wanted in said.error
    assert said.error.startswith("INPUT: ")
    assert not (tmp_path / f"out{name[1:]}").exists()


def test_bad_input_is_named_before_any_work(shell: Shell, files: Files, pair: Pair, tmp_path: Path) -> None:
    _, (first, second) = pair
    output = tmp_path / "o.mha"
    flat = tmp_path / "flat.h5"
    Transform(2).write(flat)
    (tmp_path / "p.csv").write_text("x,y,z\n1,2,3\n")
    for words, code, text in (
        ([files.moving, "-t", tmp_path / "none.h5", "-o", output], 2, "--transform: there is no file"),
        ([files.moving, "-t", first, "-t", flat, "-o", output], 2, "--transform: some have 2 dimensions, and some 3"),
        ([files.moving, "-t", first, "-o", files.moving], 2, "--output: .* would overwrite the input INPUT"),
        ([files.moving, "-t", first, "-o", first], 2, "--output: .* would overwrite"),
        ([files.moving, "-t", first, "-o", output, "--interpolator", "label"], 2, "--interpolator: 'label' is none of"),
        ([tmp_path / "p.csv", "-t", first, "-o", output], 2, "--output: .* it needs the suffix .csv"),
        (
            [tmp_path / "p.csv", "-t", first, "-r", files.fixed, "-o", tmp_path / "q.csv"],
            2,
            "--reference: it is of imag",
        ),
        ([files.moving, "-o", output], 2, "required: --transform"),
    ):
        said = shell("apply", *words)
        assert said.code == code
        assert not output.exists()
        assert re.search(text, said.err), said.err
    assert read_image(files.moving).pixels.size > 0
    assert second.exists()


def test_labels_of_masks_in_the_shell(shell: Shell, files: Files, tmp_path: Path) -> None:
    grid = read_image(files.fixed)
    labels = np.where(files.scene.fixed_mask, 5, 2).astype(np.uint8)
    path = tmp_path / "labels.nii.gz"
    write_image(Image(labels, grid.spacing, grid.origin, grid.direction), path)
    words = ["register", files.fixed, files.moving, "--metric", "mean-squares", "-n", "500", "--json"]
    wanted = shell.done(*words, "--fixed-mask", files.mask).json
    found = shell.done(*words, "--fixed-mask", path, "--fixed-label", "5").json
    np.testing.assert_allclose(found["matrix"], wanted["matrix"], atol=1e-4)
    said = shell(*words, "--fixed-mask", path, "--fixed-label", "7")
    assert said.code == 2
    assert said.error.startswith("--fixed-label: 7 is not in fixed_mask, whose values are 2, 5")
    drawn = shell.done("sample", files.fixed, "--mask", path, "--label", "2,5", "-o", tmp_path / "p.csv").out
    assert f"of {labels.size} voxels" in drawn
    own = shell.done(*words, "--fixed-mask", files.mask, "-t", "translation,rigid", "--set", "0:fixed-mask=none").json
    assert own["levels"][0]["mask_voxels"] == labels.size
    inside = np.count_nonzero(files.scene.fixed_mask)
    assert own["levels"][-1]["mask_voxels"] == inside
    stages = ["--fixed-mask", path, "-t", "translation,rigid"]
    own = shell.done(*words, *stages, "--fixed-label", "2,5", "--set", "1:fixed-label=5").json
    assert [level["mask_voxels"] for level in own["levels"] if level["level"] == 0] == [labels.size, inside]
    said = shell(*words, *stages, "--set", "1:fixed-label=cortex")
    assert said.code == 2
    assert said.error.startswith("--set: fixed_label=cortex: ")


def test_several_images_in_the_shell(shell: Shell, files: Files, tmp_path: Path) -> None:
    grid = read_image(files.moving)
    inverted = tmp_path / "inverted.mha"
    write_image(Image(-grid.pixels, grid.spacing, grid.origin, grid.direction), inverted)
    words = ["register", files.fixed, files.moving, "--fixed-mask", files.mask, "-n", "500", "--json"]
    metrics = ["--metric", "mean-squares,mutual-information", "--metric-weights", "1,2"]
    found = shell.done(*words, "--channel", files.fixed, inverted, *metrics).json
    assert files.scene.error(Transform.from_matrix(found["matrix"])) < 0.3
    assert found["uncertainty"] is None
    assert found["inputs"]["moving of channel 1"] == str(inverted)
    said = shell(*words, "--channel", files.fixed, inverted, "--require-determined")
    assert said.code == 2
    assert said.error.startswith("--require-determined: with several images or metrics")
    colours = tmp_path / "colours.mha"
    import itk  # noqa: PLC0415

    pixels = np.stack([grid.pixels, -grid.pixels, grid.pixels], -1).astype(np.float32)
    vectors = itk.image_from_array(pixels, ttype=itk.VectorImage[itk.F, grid.pixels.ndim])
    vectors.SetSpacing(list(grid.spacing))
    vectors.SetOrigin(list(grid.origin))
    vectors.SetDirection(itk.matrix_from_array(np.array(grid.direction)))
    itk.imwrite(vectors, str(colours))
    same = shell.done("register", colours, colours, "--metric", "mean-squares", "-n", "300", "--json").json
    assert same["uncertainty"] is None
    np.testing.assert_allclose(same["matrix"], np.eye(grid.pixels.ndim + 1), atol=1e-3)
    said = shell("register", files.fixed, colours, "--json")
    assert said.code == 2
    assert said.error.startswith("MOVING: one real number per pixel is needed, not 3 of them, as there are 1 in")
    said = shell(*words, "--channel", colours, files.moving)
    assert said.code == 2
    assert said.error.startswith(f"--channel: {str(colours)!r} has 3 numbers per pixel")
    said = shell(*words, "--metric-weights", "1,2")
    assert said.code == 2
    assert said.error.startswith("--metric-weights: ")
