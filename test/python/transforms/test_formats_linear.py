# SPDX-License-Identifier: Apache-2.0
"""Matrices of flirt, greedy and FreeSurfer: what they do to points is worked out here from what those tools define."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from format_scene import FLIP, Volume, homogeneous, make_volume, make_volumes, move, nibabel, turn
from itk_maskedsampling import Image, Transform, read_image, read_transform, register

DRAW = np.random.default_rng(31)
POINTS = DRAW.normal(0, 40, (30, 3))
#: From moving to fixed.
MATRIX = homogeneous(turn(0.1, 0.2, -0.15) @ np.diag([1.1, 0.9, 1.05]), [5.0, -7.0, 3.0])
SIGNS = [(one, other) for one in (1, -1) for other in (1, -1)]


def to_text(matrix: Any) -> str:
    return "".join("  ".join(f"{number:.14g}" for number in row) + "  \n" for row in matrix)


def to_lta(kind: int, matrix: Any, src: str = "", dst: str = "", number: int = 1) -> str:
    rows = "".join(" ".join(f"{one:.15e}" for one in row) + " \n" for row in matrix)
    return (
        f"# transform file a.lta\n# created by a test\n\ntype      = {kind} # of a kind\nnxforms   = {number}\n"
        f"mean      = 0.0000 0.0000 0.0000\nsigma     = 10000.0000\n{number and f'1 4 4{chr(10)}{rows}' * number}"
        f"{src}{dst}subject someone\nfscale 0.100000\n"
    )


def to_volume_info(name: str, volume: Volume) -> str:
    """As FreeSurfer writes it: the axes, and the centre, which is half a voxel beyond that of the voxels."""
    axes = (volume.affine[:3, :3] / volume.spacing).T
    words = {"voxelsize": volume.spacing, "xras  ": axes[0], "yras  ": axes[1], "zras  ": axes[2]}
    words["cras  "] = move(volume.affine, volume.size[None] / 2)[0]
    lines = "".join(f"{word} = {' '.join(f'{one:.15e}' for one in numbers)}\n" for word, numbers in words.items())
    size = " ".join(map(str, volume.size))
    return f"{name} volume info\nvalid = 1  # volume info valid\nfilename = /a/{name}.mgz\nvolume = {size}\n{lines}"


# FSL


@pytest.mark.parametrize(("fixed_sign", "moving_sign"), SIGNS)
def test_flirt(fixed_sign: int, moving_sign: int, tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path, fixed_sign, moving_sign)
    (tmp_path / "a.mat").write_text(to_text(MATRIX))
    found = read_transform(tmp_path / "a.mat", format="fsl", fixed=fixed.path, moving=moving.path)
    index = DRAW.uniform(0, 6, (20, 3))
    in_moving = move(moving.affine, index) * FLIP
    in_fixed = fixed.from_fsl(move(MATRIX, moving.to_fsl(index))) * FLIP
    np.testing.assert_allclose(found(in_fixed), in_moving, atol=1e-4)
    # All kinds of images, and their grids.
    images: list[Any] = [nibabel.load(fixed.path), read_image(fixed.path).geometry]
    for image in images:
        again = Transform.read(tmp_path / "a.mat", format="fsl", fixed=image, moving=read_image(moving.path))
        np.testing.assert_allclose(again(POINTS), found(POINTS), atol=1e-4)
    found.write(tmp_path / "b.mat", format="fsl", fixed=fixed.path, moving=moving.path)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "b.mat"), MATRIX, atol=1e-10)


def test_flirt_between_images_of_one_grid_that_do_not_move(tmp_path: Path) -> None:
    for sign in (1, -1):
        fixed, _ = make_volumes(tmp_path, sign)
        Transform(3).write(tmp_path / "one.mat", format="fsl", fixed=fixed.path, moving=fixed.path)
        np.testing.assert_allclose(np.loadtxt(tmp_path / "one.mat"), np.eye(4), atol=1e-12)


# greedy and c3d


@pytest.mark.parametrize("dimension", [2, 3])
def test_matrices_in_ras(dimension: int, tmp_path: Path) -> None:
    flip = FLIP[:dimension] if dimension == 3 else np.array([-1.0, -1.0])
    matrix = homogeneous(DRAW.normal(0, 0.1, (dimension, dimension)) + np.eye(dimension), DRAW.normal(0, 9, dimension))
    (tmp_path / "a.mat").write_text(to_text(matrix))
    found = read_transform(tmp_path / "a.mat", format="ras")
    points = POINTS[:, :dimension]
    np.testing.assert_allclose(found(points), move(matrix, points * flip) * flip, atol=1e-9)
    found.write(tmp_path / "b.mat", format="ras")
    np.testing.assert_allclose(np.loadtxt(tmp_path / "b.mat"), matrix, atol=1e-12)
    found.write(tmp_path / "c.h5")
    assert read_transform(tmp_path / "c.h5") == found


# FreeSurfer


def test_freesurfer_from_ras_to_ras(tmp_path: Path) -> None:
    (tmp_path / "a.lta").write_text(to_lta(1, MATRIX))
    found = read_transform(tmp_path / "a.lta")
    # Source is the moving image: the matrix is from its points to fixed ones.
    np.testing.assert_allclose(found(move(MATRIX, POINTS) * FLIP), POINTS * FLIP, atol=1e-9)
    # In single precision, the last row is not quite what it should be.
    (tmp_path / "b.lta").write_text(to_lta(1, MATRIX).replace("1.000000000000000e+00 \n", "9.999999403953552e-01 \n"))
    assert read_transform(tmp_path / "b.lta") == found


@pytest.mark.parametrize(("fixed_sign", "moving_sign"), SIGNS)
def test_freesurfer_from_voxel_to_voxel(fixed_sign: int, moving_sign: int, tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path, fixed_sign, moving_sign)
    volumes = to_volume_info("src", moving), to_volume_info("dst", fixed)
    (tmp_path / "a.txt").write_text(to_lta(0, MATRIX, *volumes))
    found = read_transform(tmp_path / "a.txt")
    index = DRAW.uniform(0, 6, (20, 3))
    in_moving = move(moving.affine, index) * FLIP
    in_fixed = move(fixed.affine, move(MATRIX, index)) * FLIP
    np.testing.assert_allclose(found(in_fixed), in_moving, atol=1e-9)
    # Written, it is from RAS to RAS, with the volumes.
    found.write(tmp_path / "b.lta", fixed=fixed.path, moving=moving.path)
    np.testing.assert_allclose(read_transform(tmp_path / "b.lta")(POINTS), found(POINTS), atol=1e-9)
    text = (tmp_path / "b.lta").read_text()
    assert "type      = 1 # LINEAR_RAS_TO_RAS" in text
    written = [line.split()[2:] for line in text.splitlines() if line.startswith(("volume", "cras"))]
    expected = [line.split()[2:] for one in volumes for line in one.splitlines() if line.startswith(("volume", "cras"))]
    np.testing.assert_allclose(np.array(written, float), np.array(expected, float), atol=1e-5)


# What is refused


def test_matrices_of_which_nothing_says_whose_they_are(tmp_path: Path) -> None:
    for name in ("a.mat", "a.txt", "a.xfm"):
        (tmp_path / name).write_text(to_text(MATRIX))
        with pytest.raises(RuntimeError, match=r'path: .* it is a matrix.* format="fsl" .* format="ras"'):
            read_transform(tmp_path / name)
        with pytest.raises(RuntimeError, match=r"initial: .* Read it with read_transform\(\), which has this argument"):
            register(np.zeros((5, 6, 7)), np.zeros((5, 6, 7)), initial=tmp_path / name)


@pytest.mark.parametrize("format", ["fsl", "ras"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not 0 rows"),
        ("1 0 0 0\n0 1 0 0\n0 0 1 0\n", "not 3 rows of 4, 4, 4 numbers"),
        (to_text(MATRIX)[:60], "rows of"),
        (to_text(MATRIX) * 2, "not 8 rows"),
        (to_text(np.diag([1, 0, 1, 1])), "singular"),
        (to_text(np.diag([1, np.nan, 1, 1])), "not finite"),
        (to_text(np.diag([1, 1, 1, 2])), "last row"),
        ("1 0 0 x\n", "could not convert"),
    ],
)
def test_matrices_that_are_none(format: str, text: str, words: str, tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path)
    (tmp_path / "a.mat").write_text(text)
    with pytest.raises(RuntimeError, match=rf"path: .*a\.mat cannot be read as a transform: .*{words}"):
        read_transform(tmp_path / "a.mat", format=format, fixed=fixed.path, moving=moving.path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (to_lta(1, MATRIX, number=2), "holds 2 transforms, of which one is needed"),
        (to_lta(1, MATRIX, number=0), "holds 0 transforms|0 matrices"),
        (to_lta(14, MATRIX), "its type is 14"),
        (to_lta(0, MATRIX), "dst volume info is not valid"),
        (to_lta(1, MATRIX[:3]), "not 3 rows|convert"),
        (to_lta(1, np.diag([1, 1, 0, 1])), "singular"),
        (to_lta(1, np.diag([1, 1, np.inf, 1])), "not finite"),
        (to_lta(1, MATRIX).replace("nxforms", "other"), "1 numbers are needed after 'nxforms', not 'nothing'"),
        (to_lta(1, MATRIX)[:-1], "may be cut short, as its last line has no end"),
        ("", "after 'nxforms', not 'nothing'"),
        ("\x00\xff", "it is no text"),
        (to_lta(1, MATRIX).replace("1 4 4", "1 3 4"), "0 matrices of 4 x 4"),
    ],
)
def test_freesurfer_that_is_wrong(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.lta").write_bytes(text.encode("latin-1"))
    with pytest.raises(RuntimeError, match=rf"path: .*a\.lta cannot be read as a transform: .*({words})"):
        read_transform(tmp_path / "a.lta")


def test_volumes_that_are_damaged(tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path)
    text = to_lta(0, MATRIX, to_volume_info("src", moving), to_volume_info("dst", fixed))
    for old, new in (("xras  ", "nothing"), ("voxelsize = 1", "voxelsize = x"), ("valid = 1 ", "valid = 0 ")):
        assert old in text
        (tmp_path / "a.lta").write_text(text.replace(old, new))
        with pytest.raises(RuntimeError, match=r"path: .* (needed|valid)"):
            read_transform(tmp_path / "a.lta")


def test_arguments(tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path)
    (tmp_path / "a.mat").write_text(to_text(MATRIX))
    affine = Transform.from_matrix(MATRIX)
    with pytest.raises(
        ValueError,
        match=r'fixed: the format "fsl" needs it; give its path, the image or its Geometry as fixed=',
    ):
        read_transform(tmp_path / "a.mat", format="fsl", moving=moving.path)
    with pytest.raises(ValueError, match=r'moving: the format "fsl" '):
        read_transform(tmp_path / "a.mat", format="fsl", fixed=fixed.path)
    with pytest.raises(ValueError, match=r"fixed: 3 dimensions are needed, not 2"):
        read_transform(tmp_path / "a.mat", format="fsl", fixed=Image(np.zeros((4, 5))), moving=moving.path)
    with pytest.raises(FileNotFoundError, match=r"moving: there is no file"):
        read_transform(tmp_path / "a.mat", format="fsl", fixed=fixed.path, moving=tmp_path / "nothing.nii")
    with pytest.raises(ValueError, match=r"format: one of .itk., .* is needed, not str 'FSL'"):
        read_transform(tmp_path / "a.mat", format="FSL")
    with pytest.raises(ValueError, match=r'format: one of "itk", .* is needed'):
        affine.write(tmp_path / "b.mat", format="matrix")
    with pytest.raises(ValueError, match=r'moving: the format "freesurfer" '):
        affine.write(tmp_path / "b.lta", fixed=fixed.path)
    with pytest.raises(ValueError, match=r"path: the suffix of .*b\.xfm' is none of \.h5, .* or say format="):
        affine.write(tmp_path / "b.xfm")
    plane = Transform.from_matrix(np.eye(3))
    for format in ("fsl", "freesurfer", "fnirt"):
        with pytest.raises(ValueError, match=f'format: "{format}" is of 3 dimensions, but the transform is of 2'):
            plane.write(tmp_path / "b.nii.gz", format=format, fixed=fixed.path, moving=moving.path)
    grid = np.array([4.0, 4, 4, 0, 0, 0, 9, 9, 9, *np.eye(3).ravel()])
    bent = Transform(3, (("BSplineTransform_double_3_3", grid, np.zeros(192)),))
    for format in ("fsl", "freesurfer", "ras"):
        words = f'format: "{format}" holds a matrix, but the transform has BSplineTransform. Write the format "field"'
        with pytest.raises(ValueError, match=words):
            bent.write(tmp_path / "b.mat", format=format, fixed=fixed.path, moving=moving.path)
    assert not (tmp_path / "b.mat").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_text("before")
    singular = Transform(3, (("AffineTransform_double_3_3", np.zeros(3), np.zeros(12)),))
    with pytest.raises(ValueError, match=r"format: .* needs a matrix that has an inverse"):
        singular.write(tmp_path / "a.mat", format="ras")
    assert (tmp_path / "a.mat").read_text() == "before"


def test_identical_grids_of_different_handedness(tmp_path: Path) -> None:
    """The same image with its first axis turned round: FSL's coordinates are the same, and so is the matrix."""
    size, spacing = (9, 8, 7), (2.0, 1.5, 3.0)
    axes = turn(0.2, -0.1, 0.3)
    one = make_volume(tmp_path / "one.nii.gz", size, spacing, axes, (1.0, 2.0, 3.0))
    last = move(one.affine, np.array([[8.0, 0, 0]]))[0]
    other = make_volume(tmp_path / "other.nii.gz", size, spacing, axes @ np.diag([-1, 1, 1]), last)
    Transform(3).write(tmp_path / "a.mat", format="fsl", fixed=one.path, moving=other.path)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "a.mat"), np.eye(4), atol=1e-5)
