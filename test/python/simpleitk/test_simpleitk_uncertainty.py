# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK tells how far its result can be trusted, in the words of its interface."""

import warnings
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Transform, Uncertainty, register
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from itk_maskedsampling.simpleitk.texts import Situation, reword
from register_scene import Scene, make_scene
from simpleitk_sides import STOCK
from test_simpleitk_texts import SITUATION, assert_in_words

#: Pixels after which the pattern is the same again.
PERIOD = 16
Y, X = np.mgrid[0:120, 0:140].astype(np.float64)


def to_image(pixels: Any) -> Any:
    return sitk.GetImageFromArray(np.asarray(pixels, np.float32))


def make_method(mask: Any, transform: Any = None, cls: Any = ImageRegistrationMethod) -> Any:
    method = cls()
    method.SetMetricAsMeanSquares()
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 100)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(sitk.TranslationTransform(2) if transform is None else transform)
    if mask is not None:
        method.SetMetricFixedMask(sitk.GetImageFromArray(np.asarray(mask, np.uint8)))
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(0.5, 1)
    return method


def make_pattern() -> tuple[Any, Any, Any]:
    random = np.random.default_rng(0)
    images = []
    for shift in (0.0, 0.8):
        waves = np.sin(2 * np.pi * (X - shift) / PERIOD) + np.cos(2 * np.pi * (Y + shift) / PERIOD)
        images.append(to_image(np.exp(waves) + 0.1 * random.normal(size=X.shape)))
    return images[0], images[1], np.hypot(X - 70, Y - 60) < 40


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(2)


def execute(method: Any, scene: Scene) -> Any:
    return method.Execute(to_image(scene.fixed.pixels), to_image(scene.moving.pixels))


def test_before_and_afterwards(scene: Scene) -> None:
    method = make_method(scene.fixed_mask)
    assert method.GetUncertainty() is None
    seen: list[Any] = []
    method.AddCommand(sitk.sitkIterationEvent, lambda: seen.append(method.GetUncertainty()))
    execute(method, scene)
    assert set(seen) == {None}
    uncertainty = method.GetUncertainty()
    assert isinstance(uncertainty, Uncertainty)
    assert uncertainty.status == "determined"
    assert uncertainty.reason == ""
    assert 0 < uncertainty.standard_error < 0.1
    assert uncertainty.covariance is not None
    assert uncertainty.covariance.shape == (2, 2)
    # And what is systematic.
    assert uncertainty.at([3.0, 4.0]) == pytest.approx(np.sqrt(np.trace(uncertainty.covariance) + 0.07**2), rel=1e-6)


def test_a_spline_has_errors_of_points(scene: Scene) -> None:
    fixed = to_image(scene.fixed.pixels)
    method = make_method(scene.fixed_mask, sitk.BSplineTransformInitializer(fixed, [4, 4]))
    method.SetOptimizerAsLBFGSB(numberOfIterations=10)
    execute(method, scene)
    uncertainty = method.GetUncertainty()
    assert uncertainty.covariance is None
    assert uncertainty.standard_error > 0
    assert (uncertainty.at(scene.mask_points()[::20]) > 0).all()


def test_what_failed_has_none(scene: Scene) -> None:
    method = make_method(scene.fixed_mask)
    execute(method, scene)

    def fail() -> None:
        raise KeyError("in a command")

    method.AddCommand(sitk.sitkIterationEvent, fail)
    with pytest.raises(KeyError):
        execute(method, scene)
    assert method.GetUncertainty() is None


@pytest.mark.parametrize("how", ["none", "quick", "thorough"])
def test_how(scene: Scene, how: str) -> None:
    method = make_method(scene.fixed_mask)
    assert method.GetUncertaintyEstimation() == "quick"
    method.SetUncertaintyEstimation(how)
    assert method.GetUncertaintyEstimation() == how
    method.SetUncertaintyEstimation()
    assert method.GetUncertaintyEstimation() == "quick"
    method.SetUncertaintyEstimation(how=how.upper())
    assert method.GetUncertaintyEstimation() == how
    result = execute(method, scene)
    assert (method.GetUncertainty() is None) == (how == "none")
    assert result.GetParameters() == execute(make_method(scene.fixed_mask), scene).GetParameters()
    with pytest.raises(ValueError, match="SetUncertaintyEstimation: how: 'fast' is none of none, quick, thorough"):
        method.SetUncertaintyEstimation("fast")
    with pytest.raises(TypeError, match="SetUncertaintyEstimation: how: one of none, quick, thorough is needed"):
        method.SetUncertaintyEstimation(1)
    assert method.GetUncertaintyEstimation() == how


def test_none_after_another_one(scene: Scene) -> None:
    """It is that of the last call."""
    method = make_method(scene.fixed_mask)
    execute(method, scene)
    assert method.GetUncertainty() is not None
    method.SetUncertaintyEstimation("none")
    execute(method, scene)
    assert method.GetUncertainty() is None


def test_what_SimpleITK_does_is_the_same(scene: Scene) -> None:
    """Without a mask and samples: events, what can be asked for in them, and afterwards."""

    def run(cls: Any) -> Any:
        method = make_method(None, cls=cls)
        seen: list[Any] = []
        for event in (sitk.sitkIterationEvent, sitk.sitkEndEvent, sitk.sitkDeleteEvent, sitk.sitkAnyEvent):
            method.AddCommand(
                event,
                lambda event=event: seen.append([event, method.GetMetricValue(), method.GetOptimizerIteration()]),
            )
        result = execute(method, scene)
        after = [method.GetMetricValue(), method.GetMetricNumberOfValidPoints(), method.GetOptimizerIteration()]
        return [one[0] for one in seen], [one[1:] for one in seen] + [after, result.GetParameters()]

    (events, numbers), (stock_events, stock_numbers) = run(ImageRegistrationMethod), run(STOCK)
    assert events == stock_events
    for ours, stock in zip(numbers, stock_numbers, strict=True):
        np.testing.assert_allclose(ours, stock, rtol=1e-5, atol=1e-6)


# Warnings


def test_another_place() -> None:
    fixed, moving, mask = make_pattern()
    method = make_method(mask)
    with pytest.warns(
        RuntimeWarning, match=r"^Execute: another place fits .*call SetInitialTransformSearch\(\)"
    ) as told:
        result = method.Execute(fixed, moving)
    uncertainty = method.GetUncertainty()
    assert uncertainty.status == "ambiguous"
    assert [str(one.message) for one in told] == [uncertainty.reason]
    assert told[0].filename == __file__
    assert_in_words(uncertainty.reason, "another place")
    found = Transform.from_simpleitk(result).apply([70.0, 60.0])
    for other in uncertainty.alternatives:
        away = (other.transform.apply([70.0, 60.0]) - found) / PERIOD
        assert np.abs(away).max() > 0.9
        np.testing.assert_allclose(away, np.round(away), atol=0.05)


def test_the_switch_of_SimpleITK() -> None:
    """It is found out all the same, but not warned of."""
    fixed, moving, mask = make_pattern()
    method = make_method(mask)
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            method.Execute(fixed, moving)
    finally:
        sitk.ProcessObject.GlobalWarningDisplayOn()
    assert method.GetUncertainty().status == "ambiguous"
    assert "SetInitialTransformSearch()" in method.GetUncertainty().reason


def test_noise(scene: Scene) -> None:
    method = make_method(scene.fixed_mask)
    noise = to_image(np.random.default_rng(0).normal(size=scene.moving.pixels.shape))
    with pytest.warns(RuntimeWarning, match=r"^Execute: at the result, .*SetInitialTransformSearch\(\) may help\.$"):
        method.Execute(to_image(scene.fixed.pixels), noise)
    assert method.GetUncertainty().status == "lost"


def test_an_edge() -> None:
    """Nothing is seen along it; with few samples of noise that does not help either."""
    random = np.random.default_rng(1)
    fixed, moving = (
        to_image(np.tanh((X - 70 - shift) / 3) + 0.2 * random.normal(size=X.shape)) for shift in (0.0, 1.5)
    )
    for strategy, words in ((STOCK.RANDOM, "the samples"), (STOCK.NONE, "the voxels of the mask")):
        method = make_method(np.hypot(X - 70, Y - 60) < 30)
        method.SetMetricSamplingStrategy(strategy)
        with pytest.warns(RuntimeWarning, match=rf"^Execute: (another place|{words} hardly determine) "):
            method.Execute(fixed, moving)
        assert method.GetUncertainty().status in ("weak", "ambiguous")


def make_spline(sign: float) -> Any:
    """Its middle moves by more than a cell, towards the others or away from them."""
    spline = sitk.BSplineTransformInitializer(to_image(np.zeros(X.shape)), [8, 8])
    parameters = np.zeros(spline.GetNumberOfParameters())
    parameters[5 * 11 + 5] = sign * 60.0
    spline.SetParameters(parameters.tolist())
    return spline


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_folds(sign: float) -> None:
    """Of what has been folded from the start, and is not unfolded by one short step."""
    fixed, moving, mask = make_pattern()
    method = make_method(mask, make_spline(sign))
    method.SetOptimizerAsGradientDescent(1e-6, 1)
    method.SetUncertaintyEstimation("none")
    with pytest.warns(RuntimeWarning, match=r"^Execute: the result folds space at .*BSplineTransformInitializer\(\)"):
        method.Execute(fixed, moving)


def test_what_turns_inside_out() -> None:
    fixed, moving, mask = make_pattern()
    mirror = sitk.AffineTransform(2)
    mirror.SetCenter([70.0, 60.0])
    mirror.SetMatrix([-1.0, 0.0, 0.0, 1.0])
    method = make_method(mask, mirror)
    method.SetOptimizerAsGradientDescent(1e-6, 1)
    method.SetUncertaintyEstimation("none")
    with pytest.warns(RuntimeWarning, match="^Execute: the result turns space inside out"):
        method.Execute(fixed, moving)


# All texts of the core, see itkUncertaintyEstimate.hxx and itkCheckFit.h

SHIFTED = (
    "inside the mask: shifted by (1, -16) from the result, and turned by 2.5 degrees. If the motion is large, use "
)
SEARCHED = 'initialization "search"; if the images repeat themselves, a larger mask.'
MORE = "More samples, a larger mask, or a transform with fewer parameters may help."
UNRELATED = (
    "At the result, the images have no more in common inside the mask than unrelated ones would: the registration "
)
WORDS_OF_THE_CORE = {
    "as well": f"Another place fits as well {SHIFTED}{SEARCHED}",
    "better": f"Another place fits better {SHIFTED}{SEARCHED}",
    "shift": "The samples hardly determine a shift along (0.1, 0.9): its standard error is 2.5, voxels are 1 long. "
    + MORE,
    "turn": f"The samples hardly determine a turn or a change of the shape. {MORE}",
    "stretched": "The result stretches by 2 along one direction, and by 0.3 along another: so do results that are "
    "lost. A rigid transform first, or a search for the start, may help.",
    "near": "Near the result, the metric cannot be evaluated: All samples are outside.",
    "outside": "The result takes all samples out of the moving image: the registration failed. A search for the start "
    "may help.",
    "lost": f"{UNRELATED}failed. Do they show the same there? If so, a search for the start may help.",
}
SEARCH, MASK, SAMPLES = "SetInitialTransformSearch()", "SetMetricFixedMask()", "SetMetricNumberOfSamples()"
WORDS = {
    "as well": ("another place fits as well", SEARCH, MASK),
    "better": ("another place fits better", SEARCH, MASK),
    "shift": ("the samples hardly determine a shift along (0.1, 0.9)", SAMPLES, MASK, "fewer parameters may help."),
    "turn": ("the samples hardly determine a turn", SAMPLES, MASK),
    "stretched": ("the result stretches by 2 along one direction", f"first, or {SEARCH}, may help."),
    "near": ("near the result, SetMetricAsMattesMutualInformation cannot be evaluated: All samples are outside.",),
    "outside": ("the result takes all samples out of the moving image", f"{SEARCH} may help."),
    "lost": ("at the result, the images have no more in common", f"the same there? If so, {SEARCH} may help."),
}


@pytest.mark.parametrize("reason", WORDS)
def test_reasons(reason: str) -> None:
    found = reword(WORDS_OF_THE_CORE[reason], SITUATION)
    assert_in_words(found, reason)
    assert found.startswith("Execute: ")
    assert found.endswith(".")
    assert not found.endswith("..")
    for words in WORDS[reason]:
        assert words in found


def test_without_samples_there_cannot_be_more() -> None:
    dense = Situation({}, "SetOptimizerAsPowell", "SetMetricAsMeanSquares", "", count="")
    found = reword(WORDS_OF_THE_CORE["turn"], dense)
    assert found.startswith("Execute: the voxels of the mask hardly determine a turn")
    assert "SetMetricNumberOfSamples" not in found
    assert_in_words(found, "turn")


def test_the_reasons_are_those_of_the_core(repository: Any) -> None:
    """Their beginnings are in its source, so that none is forgotten here."""
    sources = [
        repository / f"src/facade/{name}"
        for name in ("itkUncertaintyEstimate.hxx", "itkErrorBars.hxx", "itkCheckFit.h")
    ]
    text = " ".join(" ".join(source.read_text(encoding="utf-8").split()) for source in sources)
    beginnings = ("Another place fits ", "The samples hardly determine ", "Near the result, the metric cannot be ")
    for beginning in (*beginnings, "The result stretches by "):
        assert f'"{beginning}' in text
    for beginning in ("At the result, the images have no more", "The result takes all samples out"):
        assert f'return "{beginning}' in text
    assert text.count('return std::string("') + text.count("std::ostringstream text; text <<") <= 4


def test_register_says_the_same(scene: Scene) -> None:
    """With the same settings, samples and result."""
    method = make_method(scene.fixed_mask)
    method.SetMetricUseExactDerivative(True)
    method.SetMetricNumberOfSamples(500)
    result = execute(method, scene)
    ours = register(
        scene.fixed.pixels, scene.moving.pixels, scene.fixed_mask, transform="translation", metric="mean-squares",
        samples=500, levels=1,
    ).uncertainty  # fmt: skip
    assert ours is not None
    assert method.GetUncertainty().status == ours.status
    assert scene.error(Transform.from_simpleitk(result)) < 0.1
    # Each of the two is as far off as the twelve groups of samples let it be.
    assert method.GetUncertainty().standard_error == pytest.approx(ours.standard_error, rel=0.5)
