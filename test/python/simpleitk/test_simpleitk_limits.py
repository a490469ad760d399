# SPDX-License-Identifier: Apache-2.0
"""What ends SimpleITK's process, or never ends, is an error; pixels that are no numbers count inside the masks only."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod

Y, X = np.mgrid[0:64, 0:80].astype(np.float32)
DISTANCE = np.hypot(X - 40, Y - 32)


def scene(shift: float) -> Any:
    return 100 + 30 * np.sin((X - shift) / 5 + Y / 12) + 30 * np.cos(Y / 6 - (X - shift) / 15)


FIXED, MOVING = scene(0).astype(np.float32), scene(3).astype(np.float32)
MASK = (DISTANCE < 20).astype(np.uint8)


def make_method(transform: Any) -> Any:
    method = ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetOptimizerAsGradientDescent(1.0, 50)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.5)
    method.SetMetricFixedMask(sitk.GetImageFromArray(MASK))
    method.SetInitialTransform(transform)
    return method


def execute(method: Any, fixed: Any = FIXED, moving: Any = MOVING) -> Any:
    return method.Execute(sitk.GetImageFromArray(fixed), sitk.GetImageFromArray(moving))


@pytest.mark.filterwarnings(
    "ignore:No valid points", "ignore:Execute. another place fits"
)  # the waves repeat themselves
@pytest.mark.parametrize("oddity", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("exact", [False, True])
def test_pixels_that_are_no_numbers(oddity: float, exact: bool) -> None:
    def run(fixed: Any, moving: Any) -> Any:
        method = make_method(sitk.TranslationTransform(2))
        method.SetMetricUseExactDerivative(exact)
        return execute(method, fixed, moving).GetParameters()

    outside = np.where(DISTANCE < 20, FIXED, np.float32(oddity))
    np.testing.assert_allclose(run(outside, MOVING), [3, 0], atol=0.1)
    inside = FIXED.copy()
    inside[30, 40] = oddity
    with pytest.raises(
        RuntimeError, match=r"Execute: fixed: 1 of 5120 pixels are not finite inside the mask.*\(40, 30\) in space"
    ):
        run(inside, MOVING)
    with pytest.raises(RuntimeError, match="Execute: moving: "):
        run(FIXED, np.full_like(MOVING, oddity))


def test_grids_that_cannot_be_allocated() -> None:
    spline = sitk.BSplineTransformInitializer(sitk.GetImageFromArray(FIXED), [4, 4])
    for factor in (2**20, 2**30):
        method = make_method(spline)
        method.SetOptimizerAsLBFGS2()
        method.SetInitialTransformAsBSpline(spline, True, [factor])
        with pytest.raises(
            RuntimeError, match=r"SetInitialTransformAsBSpline: scaleFactors: a grid of .* memory, but there is"
        ):
            execute(method)


def test_powell_without_parameters_and_with_very_many() -> None:
    field = sitk.DisplacementFieldTransform(sitk.Image([80, 64], sitk.sitkVectorFloat64, 2))
    for transform, words in ((sitk.Transform(2, sitk.sitkIdentity), "this one has none"), (field, "10240 parameters")):
        method = make_method(transform)
        method.SetOptimizerAsPowell()
        with pytest.raises(RuntimeError, match=f"optimizer: .*{words}"):
            execute(method)


def test_bins_of_a_joint_histogram() -> None:
    method = make_method(sitk.TranslationTransform(2))
    method.SetMetricAsJointHistogramMutualInformation(4000)
    with pytest.raises(
        RuntimeError, match="SetMetricAsJointHistogramMutualInformation: numberOfHistogramBins: 4000 are more than 1024"
    ):
        execute(method)
