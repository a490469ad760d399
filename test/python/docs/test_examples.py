# SPDX-License-Identifier: Apache-2.0
"""The examples run, with few seeds, and show what the README says they show."""

from pathlib import Path
from typing import Any

import brain
import extent_experiment
import extent_experiment_simpleitk
import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from reporting import MASKED, STOCK

SEEDS = range(1, 13)
#: Pixels. Both take the same samples, and the derivative of ITK's metrics. But of one metric the points are rounded to
#: float, and of the other they are not, which shifts errors by 3e-8.
SAME = 1e-6


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("extent_experiment")


@pytest.fixture(scope="module")
def results(output: Path) -> extent_experiment.Results:
    return extent_experiment.run(seeds=SEEDS, output_directory=output)


def test_extent_experiment(results: extent_experiment.Results, output: Path) -> None:
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
    assert {path.suffix for path in output.iterdir()} == {".md", ".png"}


def test_extent_experiment_through_simpleitk(results: extent_experiment.Results) -> None:
    found = extent_experiment_simpleitk.run([MASKED], SEEDS)
    errors = found[MASKED]
    assert list(errors) == [extent.label for extent in results.extents]
    np.testing.assert_allclose(list(errors.values()), results.errors[MASKED], rtol=0, atol=SAME)


def register_with_percentage(cls: Any, extent: str, seed: int, *, exact: bool = False) -> Any:
    """A script for SimpleITK, in which only the class is another one; the error of its translation, in pixels."""
    fixed, moving, mask = extent_experiment_simpleitk.make_images(extent)
    method = cls()
    method.SetMetricAsCorrelation()
    method.SetMetricFixedMask(mask)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(256 / 1200, seed)  # the mask has 40 x 30 voxels
    method.SetOptimizerAsGradientDescent(
        learningRate=1.0, numberOfIterations=100, convergenceMinimumValue=1e-6, convergenceWindowSize=10
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(sitk.TranslationTransform(2))
    if exact:
        method.SetMetricUseExactDerivative(True)
    return np.array(method.Execute(fixed, moving).GetParameters()) - extent_experiment_simpleitk.SHIFT


def test_script_for_simpleitk_with_another_class(results: extent_experiment.Results) -> None:
    for extent, expected in zip(results.extents[:2], results.errors[MASKED][:2], strict=True):
        errors = [register_with_percentage(ImageRegistrationMethod, extent.label, seed) for seed in SEEDS]
        np.testing.assert_allclose(errors, expected, rtol=0, atol=SAME)
    # The script is one for SimpleITK, too, where the percentage is of the image.
    stock = register_with_percentage(sitk.ImageRegistrationMethod, results.extents[0].label, SEEDS[0])
    assert np.isfinite(stock).all()
    assert not np.allclose(stock, results.errors[MASKED][0, 0], rtol=0, atol=SAME)


@pytest.mark.filterwarnings("ignore:Execute. ")
def test_blur_reaches_further_on_hard_edges() -> None:
    """As doc/start.md tells it."""
    errors = {
        exact: np.abs([register_with_percentage(ImageRegistrationMethod, "128 x 64", s, exact=exact) for s in SEEDS])
        for exact in (True, False)
    }
    assert errors[True].mean() > 1
    assert errors[False].mean() < 0.1


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
