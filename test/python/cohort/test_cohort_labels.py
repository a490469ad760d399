# SPDX-License-Identifier: Apache-2.0
"""Labels of masks in a cohort: of all pairs, or of each in its row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, read_image, register, register_cohort, write_image
from register_scene import make_scene

FAST: dict[str, Any] = {"metric": "mean-squares", "samples": 300, "uncertainty": "none", "transform": "translation"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    scene = make_scene(2)
    labels = np.where(scene.fixed_mask, 3, 9).astype(np.uint8)
    for name, image in (("fixed", scene.fixed), ("moving", scene.moving), ("labels", Image(labels))):
        write_image(image, tmp_path / f"{name}.mha")
    (tmp_path / "table.csv").write_text(
        "id,fixed,moving,fixed_mask,fixed_label\n"
        "one,fixed.mha,moving.mha,labels.mha,3\n"
        "two,fixed.mha,moving.mha,labels.mha,3 9\n"
        "all,fixed.mha,moving.mha,labels.mha,\n"
    )
    return tmp_path


def test_rows_have_their_labels(study: Path) -> None:
    output = study / "out"
    cohort = register_cohort(study / "table.csv", output=output, processes=1, fixed_label=9, **FAST)
    assert not cohort.failed
    images = [str(study / f"{name}.mha") for name in ("fixed", "moving", "labels")]
    for name, label in (("one", 3), ("two", [3, 9]), ("all", 9)):
        wanted = register(*images, fixed_label=label, **FAST)
        assert cohort.transform(name) == wanted.transform
    # Another label is another result.
    text = (study / "table.csv").read_text()
    (study / "table.csv").write_text(text.replace("labels.mha,3\n", "labels.mha,9\n"))
    with pytest.raises(ValueError, match="fixed_label"):
        register_cohort(study / "table.csv", output=output, processes=1, fixed_label=9, **FAST)


@pytest.mark.parametrize("cell", ["cortex", "1.5"])
def test_cells_that_are_no_labels_are_named(study: Path, cell: str) -> None:
    text = (study / "table.csv").read_text()
    (study / "table.csv").write_text(text.replace("3 9", cell))
    with pytest.raises(ValueError, match=r"^table: row 2: fixed_label: "):
        register_cohort(study / "table.csv", output=study / "out", processes=1, **FAST)
    assert not (study / "out").exists()


@pytest.mark.parametrize("kind", ["label", "mask"])
def test_another_label_or_mask_of_a_stage_is_another_result(study: Path, kind: str) -> None:
    labels = read_image(study / "labels.mha")
    choices: dict[str, list[dict[str, Any]]] = {
        "label": [{"fixed_label": 3}, {"fixed_label": [3, 9]}],
        "mask": [{"fixed_mask": Image((labels.pixels == 3).astype(np.uint8))}, {"fixed_mask": None}],
    }
    (study / "table.csv").write_text("id,fixed,moving,fixed_mask\none,fixed.mha,moving.mha,labels.mha\n")
    settings = {**FAST, "processes": 1, "output": study / "out"}
    images = [str(study / f"{name}.mha") for name in ("fixed", "moving", "labels")]
    for number, stage in enumerate(choices[kind]):
        stages = ["translation", {"transform": "translation", **stage}]
        wanted = register(*images, **{**FAST, "transform": stages})
        if number > 0:
            with pytest.raises(ValueError, match=rf"transform\[1\]: fixed_{kind}"):
                register_cohort(study / "table.csv", **{**settings, "transform": stages})
            settings["output"] = study / "other"
        cohort = register_cohort(study / "table.csv", **{**settings, "transform": stages})
        assert not cohort.failed
        assert cohort.transform("one") == wanted.transform
