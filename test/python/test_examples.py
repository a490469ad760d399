# SPDX-License-Identifier: Apache-2.0
"""The examples run, with few seeds, and show what the README says they show."""

from pathlib import Path

import brain
import extent_experiment
import numpy as np
from reporting import MASKED, STOCK


def test_extent_experiment(tmp_path: Path) -> None:
    results = extent_experiment.run(seeds=range(1, 13), output_directory=tmp_path)
    masked, stock = results.errors[MASKED], results.errors[STOCK]
    assert masked.shape == stock.shape == (4, 12, 2)
    assert np.isfinite(masked).all()  # no run threw
    # The first three extents pad the image at its far end; the fourth moves the scene.
    np.testing.assert_array_equal(masked[1], masked[0])
    np.testing.assert_array_equal(masked[2], masked[0])
    np.testing.assert_allclose(masked[3], masked[0], atol=0.01)
    # Stock gets worse with the extent.
    assert np.abs(masked[..., 1]).mean() < 0.5
    assert np.nanmean(np.abs(stock[1, :, 1])) > 1
    assert np.isnan(stock[3]).any()
    assert {path.suffix for path in tmp_path.iterdir()} == {".md", ".png"}


def test_brain(tmp_path: Path) -> None:
    runs = brain.run(seeds=range(1, 2), output_directory=tmp_path)
    errors = {(run.mask, run.method): run.error for run in runs}
    assert len(errors) == 6
    for (_, method), error in errors.items():
        if method == MASKED:
            assert error <= 0.05  # mm; the bound
        else:
            assert not error < 1  # lost (or thrown: NaN)
    assert len(list(tmp_path.glob("*.png"))) == 2
