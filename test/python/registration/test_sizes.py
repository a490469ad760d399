# SPDX-License-Identifier: Apache-2.0
"""What would take more memory or time than there is ends in an error, never in the end of the process.

Each is tried in a child process, whose death is a failure of the test, and which has little memory where it says so.
"""

import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Transform, register

Y, X = np.mgrid[0:64, 0:80].astype(np.float64)
FIXED = 100 + 30 * np.sin(X / 5 + Y / 12) + 30 * np.cos(Y / 6 - X / 15)
MOVING = 100 + 30 * np.sin((X - 3) / 5 + Y / 12) + 30 * np.cos(Y / 6 - (X - 3) / 15)
MASK = (np.hypot(X - 40, Y - 32) < 20).astype(np.uint8)

BEGIN = """
import resource
import numpy as np
from itk_maskedsampling import Transform, register, sample

Y, X = np.mgrid[0:64, 0:80].astype(np.float64)
FIXED = 100 + 30 * np.sin(X / 5 + Y / 12) + 30 * np.cos(Y / 6 - X / 15)
MASK = (np.hypot(X - 40, Y - 32) < 20).astype(np.uint8)
BIG = np.kron(FIXED, np.ones((12, 12)))
np.linalg.inv(np.eye(9) @ np.eye(9))  # what numpy allocates once, and ends the process without
if {mebibytes}:
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + {mebibytes} * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    {code}
except (ValueError, RuntimeError) as error:
    print(type(error).__name__, error)
"""


def attempt(code: str, mebibytes: int = 0) -> str:
    """What a process of its own says; it must end as a process does."""
    program = textwrap.dedent(BEGIN).format(code=code, mebibytes=mebibytes)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("register(FIXED, FIXED, MASK, transform='b-spline', grid_spacing=1e-6)", "ValueError grid_spacing: a grid of"),
        ("register(FIXED, FIXED, MASK, transform='b-spline', grid_spacing=1e-300)", "ValueError grid_spacing: a grid"),
        (
            "register(FIXED, FIXED, MASK, transform=['rigid', 'b-spline'], grid_spacing=1e-6)",
            "ValueError grid_spacing: a grid of",
        ),
        (
            "register(FIXED, FIXED, MASK, transform='b-spline', grid_scale_factors=[1, 2**40, 1])",
            "ValueError grid_scale_factors: a grid of",
        ),
        (
            "register(FIXED, FIXED, MASK, transform='b-spline', hessian_approximation_accuracy=2**32)",
            "ValueError hessian_approximation_accuracy: 4.29497e+09 steps",
        ),
        (
            "register(FIXED, FIXED, MASK, transform='b-spline', grid_scale_factors=1, optimizer='lbfgsb',"
            " maximum_number_of_corrections=2**40)",
            "ValueError maximum_number_of_corrections: 1.09951e+12 steps",
        ),
        ("register(FIXED, FIXED, MASK, samples=10**12)", "ValueError samples: 1000000000000, of"),
        ("sample(FIXED, MASK, samples=10**12)", "ValueError samples: 1000000000000, of"),
        ("register(FIXED, FIXED, MASK, histogram_bins=4000)", "ValueError histogram_bins: 4000 are more than 1024"),
        (
            "register(FIXED, FIXED, MASK, transform='displacement-field', optimizer='powell')",
            'ValueError optimizer: "powell" looks at each of the',
        ),
        (
            "register(FIXED, FIXED, MASK, optimizer='powell',"
            " transform=Transform(2, (('IdentityTransform_double_2_2', [], []),)))",
            "ValueError transform: ",
        ),
    ],
)
def test_what_is_too_large_is_refused(code: str, words: str) -> None:
    assert words in attempt(code)


@pytest.mark.parametrize("mebibytes", [40, 80, 160, 320])
@pytest.mark.parametrize(
    "settings",
    [
        "transform='b-spline', grid_spacing=0.02",
        "transform='displacement-field', shrink_factors=1",
        "transform='syn', shrink_factors=1",
        "samples=5_000_000",
        "sampling='none'",
    ],
)
def test_little_memory_is_an_error(settings: str, mebibytes: int) -> None:
    """Images that fit, and a registration of them that does not: it ends with an error, or fits after all."""
    code = f"register(BIG, BIG * 1.1, {settings}, iterations=2, work_units=2)"
    said = attempt(code, mebibytes)
    assert said == "" or "memory" in said or "allocate" in said


@pytest.mark.parametrize("name", ["DisplacementFieldTransform", "BSplineTransform"])
@pytest.mark.parametrize("size", [-4, 0.5, 3, 4294967296, 1e300, np.nan, np.inf])
@pytest.mark.parametrize("number", [0, 8, 32])
def test_a_transform_has_the_grid_that_it_says(name: str, size: float, number: int) -> None:
    fixed = [size, size, 0, 0, 1, 1, 1, 0, 0, 1]
    with pytest.raises(ValueError, match=f'parts: "{name}_double_2_2" '):
        Transform(2, ((f"{name}_double_2_2", np.array(fixed), np.zeros(number)),))


def test_a_field_that_is_none() -> None:
    with pytest.raises(ValueError, match='parts: "DisplacementFieldTransform_double_2_2" has no grid'):
        Transform(2, (("DisplacementFieldTransform_double_2_2", np.empty(0), np.empty(0)),))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"relaxation_factor": 1.0}, "relaxation_factor: "),
        ({"relaxation_factor": -1e300}, "relaxation_factor: "),
        ({"gradient_magnitude_tolerance": -1e300}, "gradient_magnitude_tolerance: "),
        (
            {"transform": "displacement-field", "optimizer": "regular-step-gradient-descent"},
            'optimizer: "regular-step-gradient-descent" needs a scale for every parameter',
        ),
        ({"optimizer_weights": [1, 2]}, "optimizer_weights: 2 values for 3 parameters"),
        (
            {"transform": "displacement-field", "scales": "jacobian"},
            'scales: "jacobian" is not for displacement fields',
        ),
        ({"transform": "syn", "radius": 2**32}, "radius: 4294967296 voxels are more than 100"),
        ({"transform": "syn", "shrink_factors": 2**32}, "shrink_factors: 4294967296 is more than 4294967295"),
        ({"transform": "syn", "shrink_factors": 10**9}, "shrink_factors: .*needs four voxels"),
    ],
)
def test_what_itk_refuses_is_refused_by_its_name(settings: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, RuntimeError), match=words):
        register(FIXED, MOVING, MASK, **settings)


@pytest.mark.parametrize("oddity", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["fixed parameters", "parameters"])
def test_a_transform_of_no_finite_numbers_cannot_be(oddity: float, place: str) -> None:
    numbers = ([oddity, 0.0], [0.0] * 3) if place == "fixed parameters" else ([0.0] * 2, [0.0, oddity, 0.0])
    with pytest.raises(ValueError, match=r"parts: .* which are finite numbers"):
        Transform(2, (("Euler2DTransform_double_2_2", np.array(numbers[0]), np.array(numbers[1])),))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "lbfgs2"},
        {"optimizer": "gradient-descent-line-search"},
        {"optimizer": "one-plus-one-evolutionary"},
        {"optimizer": "powell"},
        {"transform": "b-spline"},
        {"transform": "displacement-field"},
        {"transform": "syn"},
    ],
)
def test_no_iterations(settings: dict[str, Any]) -> None:
    """Nothing moves, and the value is that of the metric there: of two shifts, the right one has the lower."""
    results = []
    for shift in (0.0, 3.0):
        initial = np.eye(3)
        initial[0, 2] = shift
        results.append(register(FIXED, MOVING, MASK, iterations=0, initial=initial, **settings))
        result = results[-1]
        np.testing.assert_allclose(result.transform.apply([40.0, 32.0]), [40.0 + shift, 32.0], atol=1e-9)
        assert len(result.course) == 0
        assert np.isfinite([result.value, *(report.last_value for report in result.levels)]).all()
        assert result.value == result.levels[-1].last_value
        assert "No iterations" in result.stop_condition
    assert results[1].value < results[0].value
