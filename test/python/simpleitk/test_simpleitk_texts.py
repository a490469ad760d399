# SPDX-License-Identifier: Apache-2.0
"""What the drop-in for SimpleITK refuses is said in the words of its interface: setters, numbers and the way out."""

import re
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import _core
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from itk_maskedsampling.simpleitk.texts import Situation, reword
from simpleitk_sides import (
    FIXED,
    METRICS,
    MOVING,
    NOT_DETERMINED,
    NOTHING,
    OPTIMIZERS,
    TRANSFORMS,
    Configure,
    make_mask,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
)

pytestmark = NOT_DETERMINED

#: Words of the core with a hyphen, which nobody sets in this interface.
SETTINGS = [name for name in _core.describe_settings() if "-" in name]
#: Of ITK: names of classes, of what is in them, and of what it does not like.
OF_ITK = re.compile(
    r"\bm_\w|Optimizerv4|Metricv4|Refusing to|Singular matrix|mismatch|initialization|0x[0-9a-f]+|\(\) with "
)


def assert_in_words(text: str, where: str) -> None:
    """A method of the interface first, and what comes from nowhere else."""
    name = re.match(r"(\w+)(?:, \w+)*: ", text)
    assert name is not None, f"{where}: {text}"
    assert hasattr(ImageRegistrationMethod, name[1]), f"{where}: {text}"
    for method in re.findall(r"\b(?:Set|Get)[A-Z]\w+", text):
        is_known = hasattr(ImageRegistrationMethod, method) or hasattr(sitk, method)
        assert is_known, f"{where}: {method}: {text}"
    assert OF_ITK.search(text) is None, f"{where}: {text}"
    for setting in SETTINGS:
        assert not re.search(rf"(?<![\w-]){setting}(?![\w-])", text), f"{where}: {setting}: {text}"


def fails(*configure: Configure, transform: Any = None, images: tuple[Any, Any] = (FIXED, MOVING)) -> str | None:
    method = make_method(ImageRegistrationMethod, transform, *configure)
    try:
        method.Execute(*images)
    except RuntimeError as error:
        return str(error)
    return None


def use_mask(mask: Any, strategy: str = "RANDOM") -> Configure:
    def call(method: Any) -> None:
        method.SetMetricFixedMask(mask)
        method.SetMetricSamplingStrategy(getattr(method, strategy))

    return call


def grow(factors: list[int]) -> Configure:
    def call(method: Any) -> None:
        method.SetInitialTransformAsBSpline(sitk.BSplineTransformInitializer(FIXED, [2, 2]), True, factors)
        method.SetShrinkFactorsPerLevel([1] * len(factors))
        method.SetSmoothingSigmasPerLevel([0] * len(factors))

    return call


FAR = sitk.TranslationTransform(2, (500.0, 0.0))
FIELD = TRANSFORMS["displacement field"]

#: How to make it fail, and what is said at least.
REFUSED: dict[str, tuple[tuple[Configure, ...], Any, str]] = {
    "scales of another number": ((lambda m: m.SetOptimizerScales([1.0] * 2),), None, "scales: 2 values for 3"),
    "weights of another number": ((lambda m: m.SetOptimizerWeights([1.0] * 4),), None, "weights: 4 values for 3"),
    "steps of another number": ((lambda m: m.SetOptimizerAsExhaustive([1]),), None, "numberOfSteps: 1 values for 3"),
    **{
        f"scales of 0, {name}": ((OPTIMIZERS[name], lambda m: m.SetOptimizerScales([1.0, 0.0, 1.0])), None, "scales: 0")
        for name in OPTIMIZERS
        if name != "exhaustive"
    },
    "scales next to 0": (
        (lambda m: m.SetOptimizerScales([1.0, 1e-30, 1.0]),),
        None,
        r"SetOptimizerScales: the scale of a parameter is 0.*SetOptimizerScalesFromPhysicalShift\(\)",
    ),
    "regular steps of a field": ((OPTIMIZERS["regular step"],), FIELD, "SetOptimizerAsRegularStepG.* 1440 .* has 2"),
    "LBFGSB of a field": (
        (OPTIMIZERS["LBFGSB"],),
        FIELD,
        r"SetOptimizerAsLBFGSB: .* SetOptimizerAsGradientDescent\(\)",
    ),
    "radius of 0": ((lambda m: m.SetMetricAsANTSNeighborhoodCorrelation(0),), None, "Correlation: radius: 0 is not"),
    "no bins": ((lambda m: m.SetMetricAsMattesMutualInformation(0),), None, "Mattes.*: numberOfHistogramBins: 0 is"),
    "few bins": ((lambda m: m.SetMetricAsMattesMutualInformation(5),), None, "numberOfHistogramBins: 5 leave less"),
    "one bin": ((lambda m: m.SetMetricAsJointHistogramMutualInformation(1),), None, "JointHist.*: numberOfHistogramB"),
    "negative variance": (
        (lambda m: m.SetMetricAsJointHistogramMutualInformation(20, -1.0),),
        None,
        "varianceForJointPDFSmoothing: -1 is negative",
    ),
    "negative threshold": ((lambda m: m.SetMetricAsDemons(-1.0),), FIELD, "intensityDifferenceThreshold: -1 is"),
    "no variation": ((lambda m: m.SetOptimizerScalesFromIndexShift(5, 0.0),), None, "IndexShift: smallParameterVar"),
    "rate": ((lambda m: m.SetOptimizerAsGradientDescent(float("nan"), 5),), None, "Descent: learningRate: nan is not"),
    "accuracy": ((lambda m: m.SetOptimizerAsLBFGS2(hessianApproximateAccuracy=0),), None, "2: hessianApproximateAcc"),
    "seed": ((use_mask(make_mask()), lambda m: m.SetMetricSamplingPercentage(0.5, 2**31)), None, "seed: 2147483648 is"),
    "seed of evolution": (
        (lambda m: m.SetOptimizerAsOnePlusOneEvolutionary(5, seed=2**31),),
        None,
        "SetOptimizerAsOnePlusOneEvolutionary: seed: 2147483648",
    ),
    "fixed mask of nothing": ((use_mask(make_mask() * 0),), None, "SetMetricFixedMask: binaryMask: no voxel is ins"),
    "moving mask of nothing": (
        (lambda m: m.SetMetricMovingMask(make_mask() * 0),),
        None,
        "SetMetricMovingMask: binaryMask: no voxel is inside, all 720",
    ),
    "weights of nothing": (
        (use_mask(make_mask()), lambda m: m.SetMetricSamplingWeights(FIXED * 0)),
        None,
        "SetMetricSamplingWeights: image: .* all 204 mask voxels",
    ),
    "negative weights": (
        (use_mask(make_mask()), lambda m: m.SetMetricSamplingWeights(FIXED - 1000)),
        None,
        "SetMetricSamplingWeights: image: .*weight",
    ),
    "resampling without samples": (
        (lambda m: m.SetMetricResampleEveryIteration(True),),
        None,
        r"SetMetricResampleEveryIteration: .* SetMetricSamplingStrategy\(RANDOM\)",
    ),
    **{
        f"resampling, {name}": (
            (OPTIMIZERS[name], use_mask(make_mask()), lambda m: m.SetMetricResampleEveryIteration(True)),
            None,
            "SetMetricResampleEveryIteration: SetOptimizerAs.* compares values",
        )
        for name in OPTIMIZERS
        if name not in ("gradient descent", "regular step", "exhaustive")
    },
    "beside each other": (
        (METRICS["Mattes"], lambda m: m.SetMovingInitialTransform(FAR)),
        None,
        "Execute: SetMetricAsM",
    ),
    "samples beside": (
        (use_mask(make_mask()), lambda m: m.SetMovingInitialTransform(FAR)),
        None,
        r"Execute: none of the 204 samples at level 0 .*SimpleITK\.CenteredTransformInitializer\(\)",
    ),
    "before a B-spline": (
        (lambda m: m.SetMovingInitialTransform(sitk.BSplineTransformInitializer(FIXED, [3, 2])),),
        None,
        "SetMovingInitialTransform: ITK cannot",
    ),
    "LBFGSB that grows": ((OPTIMIZERS["LBFGSB"], lambda m: m.SetOptimizerScales([]), grow([1, 2])), None, "LBFGSB: it"),
    "amoeba that grows": ((OPTIMIZERS["amoeba"], grow([1, 2])), None, r"Amoeba: .*SetOptimizerAsLBFGS2\(\)"),
    "scales that grow": (
        (grow([1, 2]), lambda m: m.SetOptimizerScales([1.0] * 50)),
        None,
        "SetOptimizerScales: scales",
    ),
    "domain without extent": (
        (lambda m: m.SetVirtualDomain([9, 9], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0, 0.0, 1.0]),),
        None,
        r"SetVirtualDomain: spacing: \(0, 1\)",
    ),
    "domain of one axis": (
        (lambda m: m.SetVirtualDomain([9, 9], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0, 1.0, 0.0]),),
        None,
        "SetVirtualDomain: direction: .*singular",
    ),
    "domain nowhere": (
        (lambda m: m.SetVirtualDomain([9, 9], [0.0, float("nan")], [1.0, 1.0], [1.0, 0.0, 0.0, 1.0]),),
        None,
        "SetVirtualDomain: origin: .* nan",
    ),
}


@pytest.mark.filterwarnings("ignore:Execute. only 0 of the 204 samples at level 0:RuntimeWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    configure, transform, words = REFUSED[name]
    text = fails(*configure, transform=transform() if transform else None)
    assert text is not None
    assert_in_words(text, name)
    assert re.search(f"(?s){words}", text), text


def test_images_that_are_refused() -> None:
    thin = FIXED[:, :3], MOVING[:, :3]
    for images, words in (
        ((FIXED * 0, MOVING), "Execute: fixed: .*same value"),
        ((FIXED, MOVING * 0), "Execute: moving: .*same value"),
        (thin, r"SetSmoothingSigmasPerLevel: .* less than 4 pixels along axis 1.* sigmas of 0"),
    ):
        text = fails(lambda m: m.SetSmoothingSigmasPerLevel([2.0]), images=images) or ""
        assert_in_words(text, words)
        assert re.match(words, text), text


def make_small_masks() -> dict[str, Any]:
    masks: dict[str, Any] = {}
    places: dict[str, Any] = {
        "one voxel": (10, 10),
        "row": (10, slice(5, 20)),
        "column": (slice(5, 20), 10),
        "four": (slice(10, 12), slice(10, 12)),
        "block": (slice(6, 18), slice(7, 24)),
    }
    for name, place in places.items():
        pixels = np.zeros((24, 30), np.uint8)
        pixels[place] = 1
        masks[name] = sitk.GetImageFromArray(pixels)
        masks[name].CopyInformation(FIXED)
    return masks


SMALL_MASKS = make_small_masks()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("mask", SMALL_MASKS)
@pytest.mark.parametrize("transform", ["translation", "Euler", "affine", "B-spline", "displacement field"])
def test_few_samples(transform: str, mask: str, number: int) -> None:
    """They do, or what is said has samples, mask voxels, level and way out."""
    strategies = ["RANDOM", "REGULAR"] if number else ["NONE"]
    voxels = int(sitk.GetArrayViewFromImage(SMALL_MASKS[mask]).sum())
    for strategy in strategies:
        for metric in ("mean squares", "correlation", "Mattes"):
            for factors in ([1], [4, 1]):

                def configure(method: Any, factors: Any = factors) -> None:
                    if number:
                        method.SetMetricNumberOfSamples(number)
                    method.SetShrinkFactorsPerLevel(factors)
                    method.SetSmoothingSigmasPerLevel([0.0] * len(factors))

                text = fails(
                    METRICS[metric],
                    use_mask(SMALL_MASKS[mask], strategy),
                    configure,
                    transform=TRANSFORMS[transform](),
                )
                if text is None:
                    continue
                assert_in_words(text, f"{strategy}, {metric}, {factors}")
                if "cannot determine" in text or "same intensity" in text:
                    assert re.search(rf"\b{number or voxels} samples at level 0", text) or strategy == "NONE", text
                    assert re.search(rf"\b{voxels} mask voxels\b", text) or strategy == "NONE", text
                    way_out = r"SetMetricNumberOfSamples\(2000\)" if number else "mask that is wider"
                    assert re.search(way_out, text), text


@pytest.mark.parametrize("percentage", [0.005, 0.02])
def test_few_samples_of_a_percentage(percentage: float) -> None:
    count = max(1, round(percentage * 204))

    def configure(method: Any) -> None:
        use_mask(make_mask())(method)
        method.SetMetricSamplingPercentage(percentage, 3)

    if count < 3:
        text = fails(configure)
        assert text is not None
        assert_in_words(text, "percentage")
        assert re.match(rf"SetMetricSamplingPercentage: {count} samples at level 0, of 204 mask voxels, cannot", text)
    else:
        with pytest.warns(RuntimeWarning, match=rf"^SetMetricSamplingPercentage: {count} samples.*OfSamples\(2000\)"):
            assert fails(configure) is None


#: Texts of ITK and VNL that depend on the data, or on versions.
SITUATION = Situation(
    setters={"learning-rate": "SetOptimizerAsPowell: learningRate"},
    optimizer="SetOptimizerAsPowell",
    metric="SetMetricAsMattesMutualInformation",
    scales="SetOptimizerScalesFromJacobian",
    count="SetMetricSamplingPercentage",
    level=1,
    samples=2,
    voxels=300,
)
OTHERS = {
    "Zero-valued spacing is not supported and may result in undefined behavior.\nRefusing to change spacing from "
    "[1, 1] to [0, 8.4]": "SetMetricAsMattesMutualInformation: the 2 samples at level 1, of 300 mask voxels, have "
    "the same intensity .* SetMetricNumberOfSamples(2000)",
    "The joint histogram of the 2 samples sums to 0.": "SetMetricAsMattesMutualInformation: the 2 samples at level 1",
    "Singular matrix. Determinant is 0.": "SetOptimizerAsPowell: the transform .* at level 1.*shorter",
    "cost function and scaling information dimensions mismatch": "SetOptimizerScalesFromJacobian: .*as many",
    "Size of scales (50) must equal number of local parameters (98).": "SetOptimizerScalesFromJacobian: .*as many",
    "m_Scales values must be > epsilon.[0, 1]": "SetOptimizerScalesFromJacobian: the scale",
    "learning-rate: nan is not a finite number.": "SetOptimizerAsPowell: learningRate: nan is not a finite number.",
}


@pytest.mark.parametrize("text", OTHERS)
def test_texts_of_others(text: str) -> None:
    found = reword(text, SITUATION)
    assert_in_words(found, text)
    assert re.match(OTHERS[text].replace("(", r"\(").replace(")", r"\)"), found), found


@pytest.mark.parametrize("text", ["", "of something else", "The file: is gone", "ZeroDivisionError {s.optimizer}"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert reword(text, SITUATION) == text


def test_an_error_of_a_registration_in_a_command_comes_out_as_it_is() -> None:
    raised: list[BaseException] = []

    def inner() -> None:
        try:
            make_method(ImageRegistrationMethod, None, lambda m: m.SetOptimizerScales([1.0])).Execute(FIXED, MOVING)
        except RuntimeError as error:
            raised.append(error)
            raise

    method = make_method(ImageRegistrationMethod, None, NOTHING)
    method.AddCommand(sitk.sitkIterationEvent, inner)
    with pytest.raises(RuntimeError) as outer:
        method.Execute(FIXED, MOVING)
    assert outer.value is raised[0]
