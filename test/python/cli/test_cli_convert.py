# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling convert`: what it writes is what Transform.write() writes, and other tools read it."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from cli_scene import Shell
from format_scene import homogeneous, make_volumes, turn
from itk_maskedsampling import Transform, read_transform

AFFINE = Transform.from_matrix(homogeneous(turn(0.1, 0.2, -0.15) * 1.1, [5.0, -7.0, 3.0]))
POINTS = np.random.default_rng(34).normal(0, 20, (20, 3))


@dataclass
class Place:
    """A folder with two images, and an affine transform between them in several formats."""

    folder: Path
    images: list[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    make_volumes(tmp_path)
    monkeypatch.chdir(tmp_path)
    AFFINE.write("a.h5")
    AFFINE.write("flirt.mat", format="fsl", fixed="fixed.nii.gz", moving="moving.nii.gz")
    AFFINE.write("ras.mat", format="ras")
    grid = np.array([4.0, 4, 4, -50, -50, -50, 40, 40, 40, *np.eye(3).ravel()])
    Transform(3, (("BSplineTransform_double_3_3", grid, np.linspace(-3, 3, 192)),)).write("bent.tfm")
    return Place(tmp_path, ["--fixed", "fixed.nii.gz", "--moving", "moving.nii.gz"])


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("b.tfm", "itk"),
        ("b.lta", "freesurfer"),
        ("b.mat", "fsl"),
        ("b.mat", "ras"),
        ("b.txt", "elastix"),
        ("b.nii.gz", "field"),
        ("b.nii.gz", "fnirt"),
    ],
)
def test_there_and_back(shell: Shell, place: Place, name: str, format: str) -> None:
    said = shell.done("convert", "a.h5", name, "--to", format, *place.images)
    assert said.out == f"wrote {name}\n"
    shell.done("convert", name, "again.tfm", "--from", format, *place.images, "-q")
    found = read_transform("again.tfm")
    if name != "b.nii.gz":
        np.testing.assert_allclose(found(POINTS), AFFINE(POINTS), atol=1e-4)
    else:
        field = sitk.DisplacementFieldTransform(sitk.ReadTransform("again.tfm"))
        assert field.GetDisplacementField().GetSize() == (9, 8, 7)
        inside = np.array(field.GetDisplacementField().TransformIndexToPhysicalPoint((3, 4, 5)))
        np.testing.assert_allclose(found(inside), AFFINE(inside), atol=1e-4)


def test_formats_by_the_files(shell: Shell, place: Place) -> None:
    shell.done("convert", "a.h5", "b.lta", *place.images)
    shell.done("convert", "b.lta", "c.mha", *place.images)
    said = shell.done("convert", "c.mha", "d.tfm", "--json")
    assert said.json == {"dimension": 3, "inputs": {"source": "c.mha"}, "outputs": ["d.tfm"]}
    assert "DisplacementFieldTransform" in Path("d.tfm").read_text()
    assert "part 0: AffineTransform" in shell.done("info", "b.lta").out or "Affine" in shell.done("info", "b.lta").out


def test_where_there_is_no_format(shell: Shell, place: Place) -> None:
    for words in (["register", "fixed.nii.gz", "moving.nii.gz", "--initial", "flirt.mat"], ["info", "flirt.mat"]):
        said = shell(*words)
        assert said.code == 2
        assert said.error.endswith("Convert it first, with the option --from: itk-maskedsampling convert")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("a.h5", "the following arguments are required: OUT"),
        ("nothing.h5 b.tfm", "IN: there is no file 'nothing.h5'"),
        ("a.h5 missing/b.tfm", "OUT: there is no folder 'missing'"),
        ("a.h5 a.h5", "OUT: 'a.h5' would overwrite the input IN"),
        ("a.h5 fixed.nii.gz --fixed fixed.nii.gz", "OUT: 'fixed.nii.gz' would overwrite the input fixed"),
        ("a.h5 b.xfm", r"OUT: the suffix of 'b.xfm' is none of \.h5, .* or say --to one of"),
        ("a.h5 b.mat --to matlab", "--to: one of .* is needed, not str 'matlab'"),
        ("a.h5 b.mat --from matlab", "--from: one of .* is needed, not str 'matlab'"),
        ("ras.mat b.tfm", "IN: ras.mat cannot be read .* Say that: --from fsl of flirt, .* or --from ras of greedy"),
        ("flirt.mat b.tfm --from fsl", "--fixed: the format .fsl. needs .*, the image or its Geometry as --fixed"),
        ("a.h5 b.mat --to fsl --fixed fixed.nii.gz", "--moving: the format .fsl. .* as --moving"),
        ("bent.tfm b.mat --to ras", "--to: .ras. holds a matrix, but the transform has BSplineTransform"),
        ("bent.tfm b.nii.gz", "--fixed: the format .field. "),
        ("fixed.nii.gz b.h5 --from field", "IN: fixed.nii.gz cannot be read as a transform: a vector"),
        ("a.h5 b.mat --to fsl --fixed a.h5 --moving a.h5", "--fixed: .*a.h5 cannot be read"),
    ],
)
def test_bad_input(shell: Shell, place: Place, words: str, message: str) -> None:
    before = {one.name for one in place.folder.iterdir()}
    said = shell("convert", *words.split())
    assert said.code == 2
    assert re.match(message, said.error), said.error
    assert {one.name for one in place.folder.iterdir()} == before
