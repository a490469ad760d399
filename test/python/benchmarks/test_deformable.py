# SPDX-License-Identifier: Apache-2.0
"""The deformable benchmark: what it measures of a known deformation, and its table."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deformable import pair, program
from success.lung import FILES, PREFIX
from success.volumes import Grid, Volume
from test_tables import MACHINE

GRID = Grid((12, 14, 16), np.array([3.0, -5.0, 7.0]), np.array([1.5, 0.8, 2.5]), np.eye(3)[[1, 0, 2]])


@pytest.fixture
def ball() -> Volume:
    z, y, x = np.mgrid[:16, :14, :12]
    inside = ((x - 5) ** 2 + (y - 6) ** 2 + (z - 8) ** 2 < 16).astype(np.float32)
    return Volume(inside, GRID)


def test_determinants_are_those_of_the_matrix(ball: Volume) -> None:
    points = pair.inner_points(ball, 50)
    matrix = np.array([[1.1, 0.2, 0.0], [-0.1, 0.9, 0.3], [0.0, 0.1, 1.3]])
    expected = np.linalg.det(matrix)
    np.testing.assert_allclose(pair.find_determinants(points @ matrix.T + 4.0, points), expected, rtol=1e-9)
    mirrored = points * [1.0, -1.0, 1.0]
    np.testing.assert_allclose(pair.find_determinants(mirrored, points), -1.0)


def test_points_are_inside(ball: Volume) -> None:
    points = pair.inner_points(ball, 50).reshape(-1, 4, 3)
    assert pair.is_inside(ball, points[:, 0]).all()
    steps = np.linalg.norm(points[:, 1:] - points[:, :1], axis=2)
    np.testing.assert_allclose(steps, np.tile(GRID.spacing, (50, 1)))
    outside = points[:, 0] + 100.0
    assert not pair.is_inside(ball, outside).any()
    corner = GRID.points(np.zeros((1, 3)))
    assert not pair.is_inside(ball, corner).any()


def test_table() -> None:
    def record(label: str, seed: int, error: float, **others: Any) -> dict[str, Any]:
        told = {
            "seconds": 2.0 * seed,
            "errors": [error, 2 * error, 9 * error],
            "folded": 0.0,
            "smallest determinant": 0.4,
        }
        return {"label": label, "seed": seed, "failure": ""} | told | others

    shares = {1: 0.9, 2: 1.0, 3: None}
    records = [record("ours", seed, 0.5 * seed, **{"within two bars": shares[seed]}) for seed in (1, 2, 3)]
    records += [record("other", 1, 1.0, failure="not done after 900 s")]
    text = program.make_report([program.make_table(records, "51 landmarks")], MACHINE, 3)
    assert text.startswith("51 landmarks")
    assert "repetitions: 3" in text
    line = next(line for line in text.splitlines() if line.startswith("| ours"))
    errors = np.array([[0.5, 1.0, 4.5], [1.0, 2.0, 9.0], [1.5, 3.0, 13.5]])
    expected = [f"{np.median(errors):.2f}", f"{errors.mean():.2f}", f"{np.quantile(errors, 0.9):.2f}", "0.00 %", "0.40"]
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    assert cells == [*expected, "95 %", "4.00 (2.00 to 6.00)"]
    assert "not done after 900 s" in text


def test_without_the_images_it_says_so(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    assert not pair.is_there(tmp_path)
    for name in (*FILES, pair.MOVING_MASK_FILE):
        (tmp_path / f"{PREFIX}{name}").touch()
    assert pair.is_there(tmp_path)
    arguments = [
        "deformable",
        "--output",
        str(tmp_path / "out"),
        "--peer-python",
        "none",
        "--lung",
        str(tmp_path / "no"),
        "--only",
        "lung",
    ]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr(program, "describe_machine", lambda _: MACHINE)
    program.main()
    assert "nothing is run" in capsys.readouterr().out
    assert list((tmp_path / "out").iterdir()) == []
