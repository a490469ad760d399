# SPDX-License-Identifier: Apache-2.0
"""The blocks of the README run, and do what the README says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from documents import Page, read_links, run_page


@pytest.fixture(scope="module")
def readme(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return run_page(repository / "README.md", repository, tmp_path_factory.mktemp("readme"))


def find(page: Page, words: str) -> tuple[str, dict[str, Any]]:
    """What the first Python block that left a name printed, and all its names."""
    return next((output, names) for output, names in page.results if words in names)


def test_one_call(readme: Page) -> None:
    output, names = find(readme, "result")
    np.testing.assert_allclose(names["result"].transform_points([40, 30]), [42, 35], atol=0.1)
    inside = names["mask"]
    assert np.abs(names["aligned"] - names["fixed"])[inside].mean() < 0.02 * names["fixed"][inside].max()
    assert "mutual-information" in output
    # SimpleITK is an independent reader.
    np.testing.assert_allclose(
        sitk.ReadTransform(str(readme.folder / "motion.tfm")).TransformPoint((40.0, 30.0)),
        names["result"].transform_points([40, 30]),
        atol=1e-9,
    )


def test_simpleitk(readme: Page) -> None:
    _, names = find(readme, "ImageRegistrationMethod")
    np.testing.assert_allclose(names["transform"].GetParameters(), [2, 5], atol=0.05)
    # 20 % of the 40 x 30 voxels of the mask.
    assert names["method"].GetMetricNumberOfValidPoints() == 240


def test_itk(readme: Page) -> None:
    output, names = find(readme, "itk")
    assert "1200 voxels inside the mask, 256 samples" in output
    x, y = (float(v) for v in re.findall(r"[-\d.e]+", output.rpartition("translation:")[2]))
    # The mean error of the extent experiment is below 0.3 pixels; the true translation is (0, 5).
    assert abs(x) < 1
    assert abs(y - 5) < 1
    assert getattr(names["points"], "shape", None) == (256, 2)


def test_links(repository: Path) -> None:
    links = read_links(repository / "README.md")
    assert len(links) > 10
    for link in links:
        assert (repository / link.partition("#")[0]).exists(), link
