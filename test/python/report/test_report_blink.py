# SPDX-License-Identifier: Apache-2.0
"""The slices of a report that blink: what is in them, and what is shown when."""

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Registration, register, write_report
from register_scene import grid_points, texture

Bools = npt.NDArray[np.bool_]
FIXED_MASK, MOVING_MASK, NOTHING = (255, 150, 0), (86, 180, 233), (201, 211, 220)
#: Of a picture in a report, whose longest side has so many pixels.
SIDE = 300
SHAPE, SPACING = (60, 75), 1.5
#: Pixels of a picture along a voxel: 4, so that no centre is on the side of a voxel.
PARTS = SIDE // SHAPE[1]
SHIFT = np.array([4.0, -3.0])


def read_pictures(html: str, folder: Path, layer: str) -> list[npt.NDArray[np.uint8]]:
    """Those of a layer, as another program reads them: shape (rows, columns, 3)."""
    (part,) = re.findall(rf'<div class="layer {layer}">(.*?)</div></div></div></div>', html)
    pictures = []
    for data in re.findall(r'src="data:image/png;base64,([^"]*)"', part):
        path = folder / "picture.png"
        path.write_bytes(base64.b64decode(data, validate=True))
        pictures.append(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[..., :3])
    return pictures


def is_color(picture: npt.NDArray[np.uint8], color: tuple[int, int, int]) -> Bools:
    return np.asarray((picture == color).all(axis=-1))


def write(result: Registration, folder: Path, **options: Any) -> str:
    write_report(result, folder / "report.html", **options)
    return (folder / "report.html").read_text(encoding="utf-8")


def boundary(inside: Bools) -> Bools:
    """Pixels inside that have one outside to the left, right, above or below."""
    found = np.zeros_like(inside)
    for row, column in np.argwhere(inside):
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            place = row + down, column + right
            within = 0 <= place[0] < inside.shape[0] and 0 <= place[1] < inside.shape[1]
            found[row, column] |= not (within and inside[place])
    return found


def pixel_points() -> npt.NDArray[np.float64]:
    """The place in space of every pixel of a picture, shape (rows, columns, 2)."""
    size = SPACING / PARTS
    shape = SHAPE[0] * PARTS, SHAPE[1] * PARTS
    return grid_points(shape, (size, size), [size / 2 - SPACING / 2] * 2, np.eye(2))


def look_up(mask: Bools, points: npt.NDArray[np.float64]) -> Bools:
    """Whether the voxel that a point is in is inside; beyond the image none is."""
    index = np.floor(points / SPACING + 0.5).astype(int)
    within = ((index >= 0) & (index < SHAPE[::-1])).all(axis=-1)
    column, row = np.moveaxis(np.clip(index, 0, np.array(SHAPE[::-1]) - 1), -1, 0)
    return np.asarray(within & mask[row, column])


@pytest.fixture(scope="module")
def images() -> tuple[Image, Image, Bools, Bools]:
    points = grid_points(SHAPE, (SPACING, SPACING), (0, 0), np.eye(2))
    fixed, moving = (Image(texture(one).astype(np.float32), (SPACING,) * 2) for one in (points, points - SHIFT))
    middle = np.array(SHAPE[::-1]) * SPACING / 2
    fixed_mask = np.linalg.norm((points - middle) / (1.0, 0.7), axis=-1) < 30
    moving_mask = np.linalg.norm(points - middle, axis=-1) < 41
    return fixed, moving, fixed_mask, moving_mask


@pytest.fixture(scope="module")
def result(images: tuple[Image, Image, Bools, Bools]) -> Registration:
    return register(*images, transform="translation", metric="mean-squares")


def test_outlines_are_on_the_boundaries_of_the_masks(
    result: Registration, images: tuple[Image, Image, Bools, Bools], tmp_path: Path
) -> None:
    _, _, fixed_mask, moving_mask = images
    html = write(result, tmp_path)
    points = pixel_points()
    moved = points + result.transform.matrix()[:2, 2]
    assert np.abs(moved - points - SHIFT).max() < 0.2
    wanted = boundary(look_up(fixed_mask, points))
    assert 400 < wanted.sum() < 2000
    for layer, places in (("fixed", None), ("before", points), ("after", moved)):
        (picture,) = read_pictures(html, tmp_path, layer)
        np.testing.assert_array_equal(is_color(picture, FIXED_MASK), wanted)
        own = np.zeros_like(wanted) if places is None else boundary(look_up(moving_mask, places)) & ~wanted
        np.testing.assert_array_equal(is_color(picture, MOVING_MASK), own)
        assert own.any() == (layer != "fixed")
    assert "outline of the fixed mask" in html
    assert "outline of the moving mask" in html


def test_layers_are_of_their_images(
    result: Registration, images: tuple[Image, Image, Bools, Bools], tmp_path: Path
) -> None:
    """Values rise with those of the images, where no outline is drawn."""
    html = write(result, tmp_path)
    points = pixel_points()
    shift = result.transform.matrix()[:2, 2]
    for layer, wanted in (("fixed", points), ("before", points - SHIFT), ("after", points + shift - SHIFT)):
        (picture,) = read_pictures(html, tmp_path, layer)
        grey = (picture == picture[..., :1]).all(axis=-1)
        assert grey.mean() > 0.8
        assert np.corrcoef(picture[grey][:, 0], texture(wanted)[grey])[0, 1] > 0.99
    beyond = is_color(read_pictures(html, tmp_path, "after")[0], NOTHING)
    size = np.array(SHAPE[::-1]) * SPACING
    outside = ((points + shift < -SPACING / 2) | (points + shift > size - SPACING / 2)).any(axis=-1)
    masks = is_color(read_pictures(html, tmp_path, "after")[0], MOVING_MASK)
    np.testing.assert_array_equal(beyond, outside & ~masks)
    assert not is_color(read_pictures(html, tmp_path, "before")[0], NOTHING).any()


def test_without_masks(images: tuple[Image, Image, Bools, Bools], tmp_path: Path) -> None:
    result = register(*images[:2], transform="translation", iterations=1, levels=1, uncertainty="none")
    html = write(result, tmp_path)
    for layer in ("fixed", "before", "after"):
        (picture,) = read_pictures(html, tmp_path, layer)
        assert not (is_color(picture, FIXED_MASK) | is_color(picture, MOVING_MASK)).any()
    assert "outline of" not in html


def test_volumes_are_turned_as_the_body_is(tmp_path: Path) -> None:
    """High x, the left of the body, is at the right; high y, the back, below; high z above. Axes of the image do not
    matter."""
    z, y, x = np.mgrid[0:20, 0:24, 0:28]
    pixels = texture(np.stack([x, y, z], -1) * 1.5).astype(np.float32)
    pixels[(x > 20) & (y > 17)] += 1000
    pixels[(x > 20) & (z > 14)] += 1000
    pixels[(y > 17) & (z > 14)] += 1000
    upright = Image(pixels, (1.5, 1.5, 1.5))
    axes = np.diag([-1.0, 1.0, -1.0])
    last = np.array([27 * 1.5, 0, 19 * 1.5])
    flipped = Image(pixels[::-1, :, ::-1], (1.5, 1.5, 1.5), last, axes)
    for fixed in (upright, flipped):
        result = register(fixed, fixed, transform="translation", iterations=0, levels=1)
        html = write(result, tmp_path)
        across_z, across_y, across_x = read_pictures(html, tmp_path, "fixed")
        for picture, wanted in ((across_z, "bottom right"), (across_y, "top right"), (across_x, "top right")):
            rows, columns = picture.shape[0] // 8, picture.shape[1] // 8
            corners = {
                "top left": picture[:rows, :columns],
                "top right": picture[:rows, -columns:],
                "bottom left": picture[-rows:, :columns],
                "bottom right": picture[-rows:, -columns:],
            }
            means = {name: float(corner.mean()) for name, corner in corners.items()}
            assert max(means, key=means.__getitem__) == wanted
        (part,) = re.findall(r'<div class="layer fixed">(.*?)</div></div></div></div>', html)
        assert re.findall(r'<b class="(\w+)">(\w)</b>', part) == [
            ("left", "R"), ("right", "L"), ("top", "A"), ("bottom", "P"),
            ("left", "R"), ("right", "L"), ("top", "S"), ("bottom", "I"),
            ("left", "A"), ("right", "P"), ("top", "S"), ("bottom", "I"),
        ]  # fmt: skip


def test_slices_go_through_the_middle_of_the_mask(tmp_path: Path) -> None:
    fixed = Image(np.random.default_rng(0).random((20, 24, 28), np.float32), (1.0, 1.0, 2.0), (5.0, 6.0, 7.0))
    mask = np.zeros(fixed.pixels.shape, bool)
    mask[5:10, 11:20, 3:12] = True
    result = register(fixed, fixed, mask, transform="translation", iterations=0, levels=1, sampling="none")
    html = write(result, tmp_path)
    middle = np.array([7, 15, 7]) * (1, 1, 2) + (5, 6, 7)
    found = re.findall(r'<div class="slice"[^>]*><p>([^<]*)</p>', html)
    assert found == [f"{name} = {value} mm" for name, value in zip("zyx", middle[::-1], strict=True)] * 3


# What is shown when


def test_choices_need_no_script(result: Registration, tmp_path: Path) -> None:
    """Buttons of the browser, which the keyboard moves; the rules of the style say what they show."""
    html = write(result, tmp_path)
    choices = re.findall(r'<input type="radio" name="blink" id="([\w-]+)"( checked)?><label for="([\w-]+)">', html)
    assert [one for one, checked, _ in choices if checked] == ["blink-after"]
    assert all(name == label for name, _, label in choices)
    style = html[html.index("<style>") : html.index("</style>")]
    usual = style[: style.index("prefers-reduced-motion")]
    wanted = {
        "blink-after": {"fixed", "after"},
        "blink-before": {"fixed", "before"},
        "still-fixed": {"fixed"},
        "still-before": {"before"},
        "still-after": {"after"},
    }
    assert {name for name, *_ in choices} == wanted.keys()
    for name, layers in wanted.items():
        rule = rf"#{name}:checked ~ .layers .(\w+) {{ "
        assert set(re.findall(rule + "visibility: visible;", usual)) == layers
        turns = re.findall(rule + r"animation: (turn-\d) ", usual)
        assert {layer for layer, _ in turns} == (layers if len(layers) == 2 else set())
        assert len({turn for _, turn in turns}) == len(turns), "by turns, and not both at once"


def blocks_of(style: str, head: str) -> str:
    """The rules of all blocks with a head."""
    found = ""
    for match in re.finditer(re.escape(head) + r"\s*{", style):
        depth, end = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(style[end], 0)
            end += 1
        found += style[match.end() : end - 1]
    return found


def test_nothing_moves_where_that_is_not_wanted_and_on_paper(result: Registration, tmp_path: Path) -> None:
    html = write(result, tmp_path)
    style = html[html.index("<style>") : html.index("</style>")]
    calm = blocks_of(style, "@media (prefers-reduced-motion: reduce)")
    moving = re.findall(r"(#[^{}]*?) { animation: turn", style)
    assert len(moving) == 4
    for selector in moving:
        choice = selector.partition(":")[0]
        hidden = calm.index(f"{choice}:checked ~ .layers .layer {{ display: none; }}")
        shown = calm.index(f"{selector} {{ animation: none; display: block; grid-area: auto; }}")
        assert hidden < shown, "both are there, and nothing else takes their room"
    paper = blocks_of(style, "@media print")
    assert re.search(r"\.layer \{[^}]*visibility: visible !important; animation: none !important;\s+grid-area", paper)
    assert re.search(r"\.blink input, \.blink label \{ display: none; \}", paper)
    assert "@page { size: A4;" in style
