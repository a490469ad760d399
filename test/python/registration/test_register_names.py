# SPDX-License-Identifier: Apache-2.0
"""What other tools call the arguments of register() is an error that says what is meant."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_scene import Shell
from itk_maskedsampling import register, register_cohort

IMAGE = np.random.default_rng(0).random((12, 14))
#: As SimpleITK, ANTs, elastix, greedy and FLIRT have them, in the spelling of Python.
MEANT = {
    "mask": "fixed_mask",
    "moving_image_mask": "moving_mask",
    "initial_transform": "initial",
    "moving_initial_transform": "initial",
    "type_of_transform": "transform",
    "cost": "metric",
    "number_of_spatial_samples": "samples",
    "fraction": "percentage",
    "sampling_percentage": "percentage",
    "sampling_strategy": "sampling",
    "number_of_bins": "histogram_bins",
    "NumberOfHistogramBins": "histogram_bins",
    "number_of_iterations": "iterations",
    "maximum_number_of_iterations": "iterations",
    "number_of_resolutions": "levels",
    "shrink_factors_per_level": "shrink_factors",
    "final_grid_spacing_in_voxels": "grid_spacing",
    "gradient_step": "learning_rate",
    "random_seed": "seed",
    "threads": "work_units",
}


@pytest.mark.parametrize("name", MEANT)
def test_python(name: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {name: 1}
    text = f"there is no setting '{name}'; did you mean '{MEANT[name]}'?"
    with pytest.raises(TypeError, match=re.escape(text)):
        register(IMAGE, IMAGE, **given)
    stage = {"transform": "rigid", name: 1}
    if MEANT[name] not in ("transform", "initial", "fixed_mask", "moving_mask"):
        with pytest.raises(TypeError, match=f"did you mean '{MEANT[name]}'"):
            register(IMAGE, IMAGE, transform=[stage])
    with pytest.raises(TypeError, match=f"did you mean '{MEANT[name]}'"):
        register_cohort([{"fixed": "a.mha", "moving": "b.mha"}], output=tmp_path / "results", **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["type-of-transform", "fraction", "number-of-iterations", "random-seed", "mask"])
def test_shell(name: str, shell: Shell) -> None:
    said = shell("register", "a.mha", "b.mha", f"--{name}", "1")
    assert said.code == 2
    option = MEANT[name.replace("-", "_")].replace("_", "-")
    assert f"did you mean '--{option}'?" in said.err
