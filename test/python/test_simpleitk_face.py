# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK beside SimpleITK: the same calls on both, for every public method."""

import ctypes
import gc
import inspect
import itertools
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from itk_maskedsampling import _core
from itk_maskedsampling.simpleitk import ImageRegistrationMethod

STOCK = sitk.ImageRegistrationMethod
#: What the drop-in has beyond SimpleITK.
OWN = {
    "GetMetricNumberOfMaskVoxels",
    "GetMetricSamplePoints",
    "SetMetricNumberOfSamples",
    "SetMetricResampleEveryIteration",
    "SetMetricSamplingWeights",
    "SetMetricUseExactDerivative",
    "ToString",
}
#: The same code of ITK from two compilers: only the last digits differ, and a few iterations let that grow.
RELATIVE = 1e-6
ABSOLUTE = 1e-8

Configure = Callable[[Any], object]
Floats = npt.NDArray[np.float64]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Mattes' metric of ITK adds up in the order in which its threads end."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    yield
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


# Images and transforms

#: Not 1, in which lengths and voxels would be the same.
SPACING = {2: (0.8, 1.2), 3: (1.0, 1.5, 2.0)}


def make_image(size: tuple[int, ...], shift: tuple[float, ...], pixel: Any = np.float32) -> Any:
    """Two smooth blobs, moved by a shift. Size, shift and spacing have x first."""
    spacing = SPACING[len(size)]
    grid = np.meshgrid(*[np.arange(n) * s for n, s in zip(size[::-1], spacing[::-1], strict=True)], indexing="ij")
    extent = np.array(size) * spacing
    pixels = np.zeros(size[::-1])
    for center, width, height in ((0.4, 0.16, 100.0), (0.66, 0.1, 60.0)):
        offsets = [(g - center * e - d) for g, e, d in zip(grid, extent[::-1], shift[::-1], strict=True)]
        pixels += height * np.exp(-sum(o**2 for o in offsets) / (2 * (width * extent.min()) ** 2))
    image = sitk.GetImageFromArray(pixels.astype(pixel))
    image.SetSpacing(spacing)
    return image


def make_images(dimension: int, pixel: Any = np.float32) -> tuple[Any, Any]:
    size, shift = {2: ((30, 24), (1.2, -0.8)), 3: ((14, 12, 10), (0.8, -0.6, 0.5))}[dimension]
    return make_image(size, (0.0,) * dimension, pixel), make_image(size, shift, pixel)


IMAGES = {dimension: make_images(dimension) for dimension in (2, 3)}
FIXED, MOVING = IMAGES[2]
CENTER = {2: (11.6, 13.8), 3: (6.5, 8.0, 9.0)}


def make_mask(pixel: Any = np.uint8, inside: float = 1) -> Any:
    pixels = np.zeros((24, 30), pixel)
    pixels[6:18, 7:24] = inside
    mask = sitk.GetImageFromArray(pixels)
    mask.CopyInformation(FIXED)
    return mask


MASK_VOXELS = 12 * 17


def make_field(dimension: int, smoothed: bool) -> Any:
    image = IMAGES[dimension][0]
    field = sitk.Image(image.GetSize(), sitk.sitkVectorFloat64)
    field.CopyInformation(image)
    transform = sitk.DisplacementFieldTransform(field)
    if smoothed:
        transform.SetSmoothingGaussianOnUpdate(2.0, 0.5)
    return transform


def make_chain(*transforms: Any) -> Any:
    return sitk.CompositeTransform(list(transforms))


def centered(transform: Any) -> Any:
    transform.SetCenter(CENTER[transform.GetDimension()])
    return transform


TRANSFORMS: dict[str, Callable[[], Any]] = {
    "translation": lambda: sitk.TranslationTransform(2, (0.2, -0.1)),
    "scale": lambda: centered(sitk.ScaleTransform(2, (1.02, 0.98))),
    "Euler": lambda: centered(sitk.Euler2DTransform()),
    "Euler as base class": lambda: sitk.Transform(centered(sitk.Euler2DTransform())),
    "Euler by enumeration": lambda: sitk.Transform(2, sitk.sitkEuler),
    "similarity": lambda: centered(sitk.Similarity2DTransform()),
    "affine": lambda: centered(sitk.AffineTransform(2)),
    "B-spline": lambda: sitk.BSplineTransformInitializer(FIXED, [3, 2]),
    "B-spline of order 2": lambda: sitk.BSplineTransformInitializer(FIXED, [3, 2], 2),
    "displacement field": lambda: make_field(2, False),
    "smoothed displacement field": lambda: make_field(2, True),
    "chain": lambda: make_chain(sitk.TranslationTransform(2, (0.2, 0.1)), centered(sitk.Euler2DTransform())),
    "nested chain": lambda: make_chain(
        sitk.TranslationTransform(2, (0.2, 0.1)),
        make_chain(sitk.TranslationTransform(2, (0.1, 0.1)), centered(sitk.AffineTransform(2))),
    ),
    "chain with B-spline": lambda: make_chain(
        sitk.TranslationTransform(2, (0.2, 0.1)), sitk.BSplineTransformInitializer(FIXED, [2, 2])
    ),
    "3-D translation": lambda: sitk.TranslationTransform(3),
    "3-D Euler": lambda: centered(sitk.Euler3DTransform()),
    "versor": lambda: centered(sitk.VersorTransform()),
    "versor rigid": lambda: centered(sitk.VersorRigid3DTransform()),
    "3-D similarity": lambda: centered(sitk.Similarity3DTransform()),
    "scale versor": lambda: centered(sitk.ScaleVersor3DTransform()),
    "scale skew versor": lambda: centered(sitk.ScaleSkewVersor3DTransform()),
    "3-D affine": lambda: centered(sitk.AffineTransform(3)),
    "3-D B-spline": lambda: sitk.BSplineTransformInitializer(IMAGES[3][0], [2, 2, 2]),
    "3-D displacement field": lambda: make_field(3, True),
}
#: One for each kind of code path, for the combinations with metrics and optimizers.
FEW_TRANSFORMS = ("translation", "Euler", "affine", "B-spline", "displacement field", "chain")

METRICS: dict[str, Configure] = {
    "mean squares": lambda m: m.SetMetricAsMeanSquares(),
    "correlation": lambda m: m.SetMetricAsCorrelation(),
    "Mattes": lambda m: m.SetMetricAsMattesMutualInformation(20),
    "joint histogram": lambda m: m.SetMetricAsJointHistogramMutualInformation(16, 1.2),
    "ANTS": lambda m: m.SetMetricAsANTSNeighborhoodCorrelation(2),
    "demons": lambda m: m.SetMetricAsDemons(0.1),
}

OPTIMIZERS: dict[str, Configure] = {
    "gradient descent": lambda m: m.SetOptimizerAsGradientDescent(1.0, 4, estimateLearningRate=m.EachIteration),
    "regular step": lambda m: m.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 5),
    "line search": lambda m: m.SetOptimizerAsGradientDescentLineSearch(1.0, 2),
    "conjugate gradient": lambda m: m.SetOptimizerAsConjugateGradientLineSearch(1.0, 2),
    "LBFGS2": lambda m: m.SetOptimizerAsLBFGS2(numberOfIterations=3),
    "LBFGSB": lambda m: m.SetOptimizerAsLBFGSB(numberOfIterations=3),
    "exhaustive": lambda m: m.SetOptimizerAsExhaustive([1, 1, 1], 0.1),
    "amoeba": lambda m: m.SetOptimizerAsAmoeba(0.2, 5),
    "Powell": lambda m: m.SetOptimizerAsPowell(1, 4, 0.1),
    "evolution": lambda m: m.SetOptimizerAsOnePlusOneEvolutionary(5, initialRadius=0.2, seed=7),
}
#: Those that estimate nothing, and need many evaluations if there are many parameters.
WITHOUT_SCALES = ("LBFGS2", "LBFGSB")
FOR_FEW_PARAMETERS = ("exhaustive", "amoeba", "Powell", "evolution")


# Outcomes

STATE = (
    "GetOptimizerIteration",
    "GetOptimizerPosition",
    "GetOptimizerLearningRate",
    "GetOptimizerConvergenceValue",
    "GetMetricValue",
    "GetMetricNumberOfValidPoints",
    "GetCurrentLevel",
    "GetOptimizerScales",
    "GetOptimizerStopConditionDescription",
    "GetProgress",
)


def read_state(method: Any, names: tuple[str, ...] = STATE) -> dict[str, Any]:
    return {name: getattr(method, name)() for name in names}


def describe(transform: Any) -> Any:
    """Everything that can be seen of a transform; of a chain, of all that is in it."""
    if isinstance(transform, sitk.CompositeTransform):
        numbers = range(transform.GetNumberOfTransforms())
        return [type(transform), *(describe(transform.GetNthTransform(number)) for number in numbers)]
    name = re.findall(r"\w+ (?=\(0x)", str(transform))[0]  # the class in ITK, of which GetName() knows less
    return [type(transform), name, transform.GetFixedParameters(), transform.GetParameters()]


def make_method(cls: Any, transform: Any = None, *configure: Configure) -> Any:
    method = cls()
    method.SetMetricAsMeanSquares()
    method.SetOptimizerAsGradientDescent(1.0, 4, estimateLearningRate=method.EachIteration)  # never runs away
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(centered(sitk.Euler2DTransform()) if transform is None else transform)
    for each in configure:
        each(method)
    return method


def register(cls: Any, *configure: Configure, transform: Any = None, images: tuple[Any, Any] = (FIXED, MOVING)) -> Any:
    """What comes out of a registration, in its iterations and afterwards; or that it raised an exception."""
    course: list[Any] = []
    method = make_method(cls, transform, *configure)
    method.AddCommand(sitk.sitkIterationEvent, lambda: course.append(read_state(method)))
    try:
        result = method.Execute(*images)
    except RuntimeError:
        return "RuntimeError"
    after = describe(method.GetInitialTransform())
    return {"result": describe(result), "after": [after, read_state(method)], "course": course}


def assert_same(ours: Any, stock: Any, place: str = "", relative: float = RELATIVE) -> None:
    if isinstance(stock, dict):
        assert ours.keys() == stock.keys(), place
        for key, value in stock.items():
            assert_same(ours[key], value, f"{place}/{key}", relative)
    elif isinstance(stock, list | tuple):
        assert type(ours) is type(stock), place
        assert len(ours) == len(stock), place
        if stock and all(isinstance(value, float) for value in stock):
            # Parameters of one transform: those that are next to 0 cannot agree in as many digits as the others.
            scale = max(abs(value) for value in stock)
            assert ours == pytest.approx(stock, rel=relative, abs=ABSOLUTE + relative * scale), place
        else:
            for number, (one, other) in enumerate(zip(ours, stock, strict=True)):
                assert_same(one, other, f"{place}[{number}]", relative)
    elif isinstance(stock, float):
        assert ours == pytest.approx(stock, rel=relative, abs=ABSOLUTE), place
    else:
        assert ours == stock, place


def differs(one: Any, other: Any) -> bool:
    try:
        assert_same(one, other)
    except AssertionError:
        return True
    return False


# The interface

PUBLIC = sorted(name for name in dir(STOCK) if not name.startswith("_") and name != "thisown")  # SWIG's own
METHODS = [name for name in PUBLIC if callable(getattr(STOCK, name))]

CONSTANTS: dict[str, Any] = {
    "Never": STOCK.Never,
    "Once": STOCK.Once,
    "True": True,
    "False": False,
    "sitkWallClock": sitk.sitkWallClock,
    "std::vector<unsignedint>()": (),
    "std::numeric_limits<double>::min()": sys.float_info.min,
    "std::numeric_limits<double>::max()": sys.float_info.max,
}


def read_signature(name: str) -> dict[str, Any]:
    """Names and defaults of SimpleITK's arguments; where Python's signature is (*args), from the documentation."""
    method = getattr(STOCK, name)
    parameters = inspect.signature(method).parameters
    if not any(each.kind == each.VAR_POSITIONAL for each in parameters.values()):
        return {each.name: each.default for each in parameters.values() if each.name != "self"}
    declaration = method.__doc__.strip().splitlines()[0].split(" -> ")[0].strip()
    found: dict[str, Any] = {}
    for argument in declaration[declaration.index("(") + 1 : -1].split(", ")[1:]:
        text, _, default = argument.partition("=")
        default = default.replace(" ", "")
        value: Any = inspect.Parameter.empty
        if default:
            value = CONSTANTS[default] if default in CONSTANTS else float(default)
        found[text.split()[-1]] = value
    return found


def test_nothing_public_is_missing() -> None:
    ours = {name for name in dir(ImageRegistrationMethod) if not name.startswith("_")}
    assert len(PUBLIC) > 90
    assert ours - set(PUBLIC) == OWN
    assert set(PUBLIC) - ours == set()


@pytest.mark.parametrize("name", METHODS)
def test_signature(name: str) -> None:
    ours = inspect.signature(getattr(ImageRegistrationMethod, name)).parameters.values()
    stock = read_signature(name)
    assert [each.name for each in ours if each.name != "self"] == list(stock)
    assert [each.default for each in ours if each.name != "self"] == list(stock.values())
    documentation = getattr(ImageRegistrationMethod, name).__doc__
    assert documentation, "has no documentation"


def test_reading_of_signatures() -> None:
    assert read_signature("SetOptimizerAsLBFGSB") == {
        "gradientConvergenceTolerance": 1e-5,
        "numberOfIterations": 500,
        "maximumNumberOfCorrections": 5,
        "maximumNumberOfFunctionEvaluations": 2000,
        "costFunctionConvergenceFactor": 1e7,
        "lowerBound": sys.float_info.min,
        "upperBound": sys.float_info.max,
        "trace": False,
    }
    assert list(read_signature("AddCommand")) == ["event", "cmd"]
    assert read_signature("SetInitialTransformAsBSpline")["scaleFactors"] == ()
    assert read_signature("SetMetricSamplingPercentage") == {"percentage": inspect.Parameter.empty, "seed": 0}


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in METHODS])
def test_constants(name: str) -> None:
    assert getattr(ImageRegistrationMethod, name) == getattr(STOCK, name)
    assert getattr(ImageRegistrationMethod(), name) == getattr(STOCK, name)


# Every method that sets something, and what is set before it, without which it does nothing

NOTHING: Configure = lambda method: None  # noqa: E731


def use_field(method: Any) -> None:
    method.SetInitialTransform(make_field(2, False))
    method.SetMetricAsDemons(0.1)


def use_field_without_filter(method: Any) -> None:
    use_field(method)
    method.SetMetricUseFixedImageGradientFilter(False)


def use_sigmas(method: Any) -> None:
    method.SetSmoothingSigmasPerLevel([1.5])


def use_sigmas_in_voxels(method: Any) -> None:
    use_sigmas(method)
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(False)


def use_spline(method: Any) -> None:
    method.SetInitialTransform(sitk.BSplineTransformInitializer(FIXED, [2, 2]))


SETTERS: dict[str, tuple[Configure, Configure]] = {
    "SetInterpolator": (NOTHING, lambda m: m.SetInterpolator(sitk.sitkBSpline3)),
    "SetInitialTransform": (NOTHING, lambda m: m.SetInitialTransform(sitk.TranslationTransform(2), False)),
    "SetInitialTransformAsBSpline": (
        use_spline,
        lambda m: m.SetInitialTransformAsBSpline(sitk.BSplineTransformInitializer(FIXED, [2, 2]), scaleFactors=[2]),
    ),
    "SetMovingInitialTransform": (
        NOTHING,
        lambda m: m.SetMovingInitialTransform(sitk.TranslationTransform(2, (0.5, 0.25))),
    ),
    "SetFixedInitialTransform": (
        NOTHING,
        lambda m: m.SetFixedInitialTransform(sitk.TranslationTransform(2, (0.5, 0.25))),
    ),
    "SetVirtualDomain": (NOTHING, lambda m: m.SetVirtualDomain([18, 10], [3.0, 4.0], [1.0, 2.0], [1.0, 0.0, 0.0, 1.0])),
    "SetVirtualDomainFromImage": (NOTHING, lambda m: m.SetVirtualDomainFromImage(FIXED[4:25, 3:20])),
    "SetMetricAsANTSNeighborhoodCorrelation": (NOTHING, lambda m: m.SetMetricAsANTSNeighborhoodCorrelation(2)),
    "SetMetricAsCorrelation": (NOTHING, lambda m: m.SetMetricAsCorrelation()),
    "SetMetricAsDemons": (use_field, lambda m: m.SetMetricAsDemons(5.0)),
    "SetMetricAsJointHistogramMutualInformation": (
        METRICS["joint histogram"],
        lambda m: m.SetMetricAsJointHistogramMutualInformation(16, 2.5),
    ),
    "SetMetricAsMeanSquares": (METRICS["correlation"], lambda m: m.SetMetricAsMeanSquares()),
    "SetMetricAsMattesMutualInformation": (METRICS["Mattes"], lambda m: m.SetMetricAsMattesMutualInformation()),
    "SetOptimizerAsConjugateGradientLineSearch": (
        NOTHING,
        lambda m: m.SetOptimizerAsConjugateGradientLineSearch(0.3, 3, 1e-3, 2, 0.1, 2.0, 0.05, 5, m.EachIteration, 0.7),
    ),
    "SetOptimizerAsRegularStepGradientDescent": (
        NOTHING,
        lambda m: m.SetOptimizerAsRegularStepGradientDescent(0.7, 0.05, 30, 0.6, 1e-3, m.Once, 0.4),
    ),
    "SetOptimizerAsGradientDescent": (
        NOTHING,
        lambda m: m.SetOptimizerAsGradientDescent(0.001, 20, 1e-2, 4, m.Never),
    ),
    "SetOptimizerAsGradientDescentLineSearch": (
        NOTHING,
        lambda m: m.SetOptimizerAsGradientDescentLineSearch(1.0, 3, 1e-4, 3, 0.2, 3.0, 0.1, 4, m.Once, 0.6),
    ),
    "SetOptimizerAsLBFGSB": (
        OPTIMIZERS["LBFGSB"],
        lambda m: (m.SetOptimizerScales([]), m.SetOptimizerAsLBFGSB(1e-3, 6, 3, 50, 1e6, -0.3, 0.4, False))[1],
    ),
    "SetOptimizerAsLBFGS2": (
        OPTIMIZERS["LBFGS2"],
        lambda m: m.SetOptimizerAsLBFGS2(1e-3, 4, 4, 1, 1e-3, 20, 1e-10, 1e10, 1e-3),
    ),
    "SetOptimizerAsExhaustive": (NOTHING, lambda m: m.SetOptimizerAsExhaustive([1, 2, 1], 0.2)),
    "SetOptimizerAsAmoeba": (NOTHING, lambda m: m.SetOptimizerAsAmoeba(0.3, 8, 1e-3, 1e-2, True)),
    "SetOptimizerAsPowell": (NOTHING, lambda m: m.SetOptimizerAsPowell(2, 5, 0.2, 1e-3, 1e-3)),
    "SetOptimizerAsOnePlusOneEvolutionary": (
        OPTIMIZERS["evolution"],
        lambda m: m.SetOptimizerAsOnePlusOneEvolutionary(6, 1e-3, 0.4, 1.1, 0.9, 5),
    ),
    "SetOptimizerWeights": (NOTHING, lambda m: m.SetOptimizerWeights([0.0, 1.0, 0.5])),
    "SetOptimizerScales": (OPTIMIZERS["regular step"], lambda m: m.SetOptimizerScales([300.0, 2.0, 1.0])),
    "SetOptimizerScalesFromJacobian": (NOTHING, lambda m: m.SetOptimizerScalesFromJacobian(3)),
    "SetOptimizerScalesFromIndexShift": (NOTHING, lambda m: m.SetOptimizerScalesFromIndexShift(4, 0.02)),
    "SetOptimizerScalesFromPhysicalShift": (NOTHING, lambda m: m.SetOptimizerScalesFromPhysicalShift(4, 0.5)),
    "SetMetricMovingMask": (NOTHING, lambda m: m.SetMetricMovingMask(make_mask())),
    "SetMetricUseFixedImageGradientFilter": (use_field, lambda m: m.SetMetricUseFixedImageGradientFilter(False)),
    "MetricUseFixedImageGradientFilterOff": (use_field, lambda m: m.MetricUseFixedImageGradientFilterOff()),
    "MetricUseFixedImageGradientFilterOn": (
        use_field_without_filter,
        lambda m: m.MetricUseFixedImageGradientFilterOn(),
    ),
    "SetMetricUseMovingImageGradientFilter": (NOTHING, lambda m: m.SetMetricUseMovingImageGradientFilter(False)),
    "MetricUseMovingImageGradientFilterOff": (NOTHING, lambda m: m.MetricUseMovingImageGradientFilterOff()),
    "MetricUseMovingImageGradientFilterOn": (
        lambda m: m.MetricUseMovingImageGradientFilterOff(),
        lambda m: m.MetricUseMovingImageGradientFilterOn(),
    ),
    "SetShrinkFactorsPerLevel": (NOTHING, lambda m: m.SetShrinkFactorsPerLevel([2])),
    "SetSmoothingSigmasPerLevel": (NOTHING, lambda m: m.SetSmoothingSigmasPerLevel((2.0,))),
    "SetSmoothingSigmasAreSpecifiedInPhysicalUnits": (
        use_sigmas,
        lambda m: m.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(False),
    ),
    "SmoothingSigmasAreSpecifiedInPhysicalUnitsOff": (
        use_sigmas,
        lambda m: m.SmoothingSigmasAreSpecifiedInPhysicalUnitsOff(),
    ),
    "SmoothingSigmasAreSpecifiedInPhysicalUnitsOn": (
        use_sigmas_in_voxels,
        lambda m: m.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn(),
    ),
}


@pytest.mark.parametrize("name", SETTERS)
def test_setter(name: str) -> None:
    before, setter = SETTERS[name]
    assert setter(make_method(ImageRegistrationMethod)) is None
    stock = register(STOCK, before, setter)
    assert stock != "RuntimeError"
    assert differs(stock, register(STOCK, before)), "makes no difference, so that this test would see none"
    assert_same(register(ImageRegistrationMethod, before, setter), stock)


def test_default_metric() -> None:
    def evaluate(cls: Any) -> float:
        method = cls()
        method.SetInitialTransform(sitk.TranslationTransform(2))
        value: float = method.MetricEvaluate(FIXED, MOVING)
        return value

    assert evaluate(ImageRegistrationMethod) == pytest.approx(evaluate(STOCK), rel=RELATIVE)


# Every other method: what it gives, or does


def scenario_state(cls: Any) -> Any:
    """What can be asked for before, during and after a registration of two levels."""
    method = make_method(cls)
    by_chance = ("GetMetricValue", "GetMetricNumberOfValidPoints", "GetOptimizerIteration")  # before the first run
    outcome: list[Any] = [read_state(method, tuple(name for name in STATE if name not in by_chance))]
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([1.0, 0.0])
    for event in (sitk.sitkIterationEvent, sitk.sitkEndEvent):
        method.AddCommand(event, lambda: outcome.append(read_state(method)))
    method.Execute(FIXED, MOVING)
    outcome.append(read_state(method))
    return outcome


def scenario_set(setter: str, *values: Any) -> Callable[[Any], Any]:
    """What a getter has by default, and after each call of the setter."""

    def run(cls: Any) -> Any:
        method = cls()
        getter = f"Get{setter[3:]}"
        outcome = [getattr(method, getter)()]
        for value in values:
            assert getattr(method, setter)(value) is None
            outcome.append(getattr(method, getter)())
        return outcome

    return run


def scenario_transform(setter: str) -> Callable[[Any], Any]:
    def run(cls: Any) -> Any:
        method = cls()
        getter = f"Get{setter[3:]}"
        outcome = [describe(getattr(method, getter)())]
        transform = sitk.TranslationTransform(2, (1.0, 2.0))
        getattr(method, setter)(transform)
        outcome.append(describe(getattr(method, getter)()))
        transform.SetOffset((3.0, 4.0))  # has no influence any more
        outcome.append(describe(getattr(method, getter)()))
        return outcome

    return run


def scenario_in_place(cls: Any) -> Any:
    method = cls()
    outcome = [method.GetInitialTransformInPlace()]
    for in_place in (False, True):
        method.SetInitialTransform(sitk.Euler2DTransform(), in_place)
        outcome.append(method.GetInitialTransformInPlace())
        method.SetInitialTransformAsBSpline(sitk.BSplineTransform(2), not in_place)
        outcome.append(method.GetInitialTransformInPlace())
    return outcome


def scenario_debug(cls: Any) -> Any:
    method = cls()
    outcome = [method.GetDebug()]
    for call in (method.DebugOn, method.DebugOff, lambda: method.SetDebug(True), lambda: method.SetDebug(False)):
        call()
        outcome.append(method.GetDebug())
    return outcome


def scenario_static(name: str, value: Any) -> Callable[[Any], Any]:
    """A setting of SimpleITK as a whole: both classes see what either sets."""

    def run(cls: Any) -> Any:
        getter = f"Get{name}"
        before = getattr(cls, getter)()
        outcome = [before]
        try:
            getattr(cls, f"Set{name}")(value)
            outcome += [getattr(each, getter)() for each in (cls, cls(), STOCK, sitk.ProcessObject)]
        finally:
            getattr(cls, f"Set{name}")(before)
        return outcome

    return run


def scenario_on_off(name: str) -> Callable[[Any], Any]:
    def run(cls: Any) -> Any:
        before = getattr(cls, f"Get{name}")()
        outcome = [before]
        try:
            for switch in ("On", "Off"):
                getattr(cls, f"{name}{switch}")()
                outcome += [getattr(each, f"Get{name}")() for each in (cls, STOCK)]
                outcome.append(cls().GetDebug())
        finally:
            getattr(cls, f"Set{name}")(before)
        return outcome

    return run


def scenario_commands(cls: Any) -> Any:
    method = make_method(cls)
    outcome: list[Any] = [method.HasCommand(sitk.sitkIterationEvent)]
    outcome.append(method.AddCommand(sitk.sitkIterationEvent, lambda: outcome.append("called")))
    outcome += [method.HasCommand(sitk.sitkIterationEvent), method.HasCommand(sitk.sitkEndEvent), method.HasCommand(99)]
    method.Execute(FIXED, MOVING)
    method.RemoveAllCommands()
    outcome.append(method.HasCommand(sitk.sitkIterationEvent))
    method.Execute(FIXED, MOVING)
    return outcome


def scenario_evaluate(cls: Any) -> Any:
    outcome = []
    for configure in METRICS.values():
        method = make_method(cls, make_field(2, False), configure)
        outcome.append(method.MetricEvaluate(FIXED, MOVING))
        if configure is not METRICS["demons"]:  # which want the field alone
            method.SetMovingInitialTransform(sitk.TranslationTransform(2, (0.5, 0.25)))
        for change in (
            lambda m: m.SetFixedInitialTransform(sitk.TranslationTransform(2, (0.25, 0.5))),
            lambda m: m.SetInterpolator(sitk.sitkBSpline2),
            lambda m: m.SetMetricMovingMask(make_mask()),
            lambda m: m.SetMetricFixedMask(make_mask()),
            # Without influence:
            lambda m: m.SetShrinkFactorsPerLevel([2, 1]),
            lambda m: m.SetSmoothingSigmasPerLevel([3.0]),
            lambda m: (m.SetMetricSamplingStrategy(m.RANDOM), m.SetMetricSamplingPercentage(0.1, 3)),
        ):
            change(method)
            outcome.append(method.MetricEvaluate(FIXED, MOVING))
    return outcome


def scenario_evaluate_domain(cls: Any) -> Any:
    method = make_method(
        cls, None, lambda m: m.SetVirtualDomain([5, 6], [4.0, 18.0], [2.0, 3.0], [0.0, 1.0, -1.0, 0.0])
    )
    method.Execute(FIXED, MOVING)
    value = method.GetMetricValue()
    return [method.MetricEvaluate(FIXED, MOVING), method.GetMetricValue() == value]


def scenario_execute(cls: Any) -> Any:
    """Twice, and by keywords: in place, the second starts where the first ended."""
    method = make_method(cls)
    outcome = [describe(method.Execute(FIXED, MOVING)), describe(method.Execute(moving=MOVING, fixed=FIXED))]
    for images in (make_images(2, np.float64), IMAGES[3]):
        method.SetInitialTransform(sitk.TranslationTransform(images[0].GetDimension()))
        outcome.append(describe(method.Execute(*images)))
    return outcome


def scenario_abort(cls: Any) -> Any:
    """It ends nothing, but is seen at the end."""
    outcome: list[Any] = []

    def run(event: int) -> None:
        method = make_method(cls)
        method.Abort()
        method.AddCommand(event, method.Abort)
        for name in EVENTS:
            method.AddCommand(getattr(sitk, name), lambda name=name: outcome.append((name, method.GetProgress())))
        method.Execute(FIXED, MOVING)
        outcome.append(method.GetProgress())

    for event in (sitk.sitkStartEvent, sitk.sitkIterationEvent, sitk.sitkMultiResolutionIterationEvent):
        run(event)
    return outcome


def scenario_stop(cls: Any) -> Any:
    outcome: list[Any] = []

    def run(optimizer: str) -> None:
        method = make_method(cls, None, OPTIMIZERS[optimizer])
        if optimizer in WITHOUT_SCALES:
            method.SetOptimizerScales([])
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([0.0, 0.0])
        outcome.append(method.StopRegistration())

        def stop() -> None:
            if method.GetOptimizerIteration() == 1:
                outcome.append(method.StopRegistration())
            outcome.append((method.GetCurrentLevel(), method.GetOptimizerIteration()))

        method.AddCommand(sitk.sitkIterationEvent, stop)
        outcome.append(describe(method.Execute(FIXED, MOVING)))
        outcome.append(method.GetOptimizerIteration())
        outcome.append(method.GetOptimizerStopConditionDescription())
        outcome.append(method.StopRegistration())

    for optimizer in OPTIMIZERS:
        run(optimizer)
    return outcome


def scenario_sampling(cls: Any) -> Any:
    """Without a mask, the points differ, but not how many, nor what comes out, to some digits."""
    outcome: list[Any] = []
    method = make_method(cls, sitk.TranslationTransform(2))
    method.SetMovingInitialTransform(sitk.TranslationTransform(2, (0.0, 0.0)))
    for strategy in (method.REGULAR, method.RANDOM):
        for seed in (1, 2):
            method.SetInitialTransform(sitk.TranslationTransform(2))
            method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 50)
            method.SetMetricSamplingStrategy(strategy)
            method.SetMetricSamplingPercentage(0.5, seed)
            outcome += np.round(method.Execute(FIXED, MOVING).GetParameters(), 1).tolist()
    for percentages in ([0.5, 0.25], (1.0,), []):
        method.SetMetricSamplingPercentagePerLevel(percentages, seed=3)
        outcome.append(method.GetMetricSamplingPercentagePerLevel())
    method.SetMetricSamplingPercentage(0.75)
    outcome.append(method.GetMetricSamplingPercentagePerLevel())
    return outcome


def scenario_mask(cls: Any) -> Any:
    """Without sampling and estimated scales, a mask does the same for both. An image without pixels is none."""
    outcome = []
    masks = (make_mask(), sitk.Image())
    for setter, mask in itertools.product(("SetMetricFixedMask", "SetMetricMovingMask"), masks):
        method = make_method(cls, sitk.TranslationTransform(2))
        method.SetOptimizerScales([1.0, 2.0])
        method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 8)
        getattr(method, setter)(mask)
        outcome.append(describe(method.Execute(FIXED, MOVING)))
        outcome.append(read_state(method))
    return outcome


EVENTS = (
    "sitkAnyEvent",
    "sitkAbortEvent",
    "sitkDeleteEvent",
    "sitkEndEvent",
    "sitkIterationEvent",
    "sitkProgressEvent",
    "sitkStartEvent",
    "sitkUserEvent",
    "sitkMultiResolutionIterationEvent",
)

SCENARIOS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(STATE, scenario_state),
    **dict.fromkeys(("GetDebug", "SetDebug", "DebugOn", "DebugOff"), scenario_debug),
    **dict.fromkeys(("AddCommand", "HasCommand", "RemoveAllCommands"), scenario_commands),
    **dict.fromkeys(
        (
            "SetMetricSamplingStrategy",
            "SetMetricSamplingPercentage",
            "SetMetricSamplingPercentagePerLevel",
            "GetMetricSamplingPercentagePerLevel",
        ),
        scenario_sampling,
    ),
    **{
        f"{verb}{name}": scenario_static(name, value)
        for name, value in (
            ("GlobalDefaultDebug", True),
            ("GlobalWarningDisplay", False),
            ("GlobalDefaultCoordinateTolerance", 1e-3),
            ("GlobalDefaultDirectionTolerance", 1e-3),
            ("GlobalDefaultThreader", "PLATFORM"),
            ("GlobalDefaultNumberOfThreads", 3),
        )
        for verb in ("Get", "Set")
    },
    **{
        f"{name}{switch}": scenario_on_off(name)
        for name in ("GlobalDefaultDebug", "GlobalWarningDisplay")
        for switch in ("On", "Off")
    },
    "GetName": lambda cls: cls().GetName(),
    "GetInterpolator": scenario_set("SetInterpolator", sitk.sitkNearestNeighbor, sitk.sitkBSpline),
    "GetOptimizerWeights": scenario_set("SetOptimizerWeights", [1.0, 0.5], ()),
    "GetNumberOfThreads": scenario_set("SetNumberOfThreads", 5, 0),
    "SetNumberOfThreads": lambda cls: register(cls, lambda m: m.SetNumberOfThreads(2)),
    "GetNumberOfWorkUnits": scenario_set("SetNumberOfWorkUnits", 7),
    "SetNumberOfWorkUnits": lambda cls: register(cls, lambda m: m.SetNumberOfWorkUnits(3)),
    "GetInitialTransform": scenario_transform("SetInitialTransform"),
    "GetMovingInitialTransform": scenario_transform("SetMovingInitialTransform"),
    "GetFixedInitialTransform": scenario_transform("SetFixedInitialTransform"),
    "GetInitialTransformInPlace": scenario_in_place,
    "SetMetricFixedMask": scenario_mask,
    "MetricEvaluate": lambda cls: [scenario_evaluate(cls), scenario_evaluate_domain(cls)],
    "Execute": scenario_execute,
    "Abort": scenario_abort,
    "StopRegistration": scenario_stop,
}


def test_every_method_is_run_beside_SimpleITK() -> None:
    assert set(METHODS) == SETTERS.keys() | SCENARIOS.keys()
    assert not SETTERS.keys() & SCENARIOS.keys()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    stock = SCENARIOS[name](STOCK)
    assert stock
    assert_same(SCENARIOS[name](ImageRegistrationMethod), stock)


def test_comparison_sees_differences() -> None:
    stock = {"a": [1.0, (2, "text")], "b": [(1.0, 1e-12), True]}
    assert not differs({"a": [1.0 + 1e-9, (2, "text")], "b": [(1.0, 0.0), True]}, stock)
    for other in (
        {"a": [1.00001, (2, "text")], "b": [(1.0, 1e-12), True]},
        {"a": [1.0, [2, "text"]], "b": [(1.0, 1e-12), True]},
        {"a": [1.0, (2, "other")], "b": [(1.0, 1e-12), True]},
        {"a": [1.0, (2, "text")], "b": [(1.0, 1e-3), True]},
        {"a": [1.0, (2, "text")]},
    ):
        assert differs(other, stock)


# Combinations


#: They ask for a scale for each parameter, where the estimators give one for each dimension.
REFUSED_BY_ITK = {("regular step", "displacement field"), ("LBFGSB", "displacement field")}
#: The step is so short that the metric changes in its last digits only, which decide where the line search goes.
FLAT = {(m, o, "displacement field"): 0.01 for m in ("correlation",) for o in ("line search", "conjugate gradient")}


def choose_scales(optimizer: str, transform: Any) -> Configure:
    if optimizer in WITHOUT_SCALES:
        return lambda m: m.SetOptimizerScales([])
    if optimizer in FOR_FEW_PARAMETERS:
        return lambda m: m.SetOptimizerScales([1.0] * transform.GetNumberOfParameters())
    return NOTHING


COMBINATIONS = [
    (metric, optimizer, transform)
    for metric, optimizer, transform in itertools.product(METRICS, OPTIMIZERS, FEW_TRANSFORMS)
    if (metric != "demons" or transform == "displacement field")  # which demons need
    and (optimizer not in FOR_FEW_PARAMETERS or transform not in ("B-spline", "displacement field"))
]


@pytest.mark.parametrize(("metric", "optimizer", "transform"), COMBINATIONS)
def test_metric_with_optimizer_and_transform(metric: str, optimizer: str, transform: str) -> None:
    def run(cls: Any) -> Any:
        given = TRANSFORMS[transform]()
        configure = [METRICS[metric], OPTIMIZERS[optimizer], choose_scales(optimizer, given)]
        if optimizer == "exhaustive":
            steps = [1] * min(3, given.GetNumberOfParameters()) + [0] * max(0, given.GetNumberOfParameters() - 3)
            configure.append(lambda m: m.SetOptimizerAsExhaustive(steps, 0.1))
        return register(cls, *configure, transform=given)

    stock = run(STOCK)
    assert (stock == "RuntimeError") == ((optimizer, transform) in REFUSED_BY_ITK)
    assert_same(run(ImageRegistrationMethod), stock, relative=FLAT.get((metric, optimizer, transform), RELATIVE))


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "copied"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transform(transform: str, in_place: bool) -> None:
    """Two levels; the type of what is returned, and whether what was given is changed."""

    def run(cls: Any) -> Any:
        given = TRANSFORMS[transform]()
        before, parameters = describe(given), given.GetParameters()
        lazy_copy = sitk.Transform(given)
        method = make_method(cls)
        method.SetInitialTransform(given, in_place)
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1.0, 0.0])
        if transform == "chain with B-spline":  # whose scales ITK estimates from random points, other ones each time
            method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 5)
            method.SetOptimizerScales([])
        result = method.Execute(*IMAGES[given.GetDimension()])
        assert differs(describe(given), before) == in_place
        assert lazy_copy.GetParameters() == parameters
        assert result.GetParameters() != parameters
        return [describe(result), describe(given), describe(method.GetInitialTransform()), read_state(method)]

    assert_same(run(ImageRegistrationMethod), run(STOCK))


def test_transform_that_SimpleITK_has_no_class_for_in_Python() -> None:
    """It raises a KeyError, when the work is done."""
    given = [centered(sitk.ComposeScaleSkewVersor3DTransform()) for _ in range(3)]
    with pytest.raises(KeyError):
        make_method(STOCK, given[0]).Execute(*IMAGES[3])
    result = make_method(ImageRegistrationMethod, given[1]).Execute(*IMAGES[3])
    assert_same(describe(given[1]), describe(given[0]))
    assert type(result) is sitk.Transform
    assert result.GetParameters() == given[1].GetParameters()
    copied = make_method(ImageRegistrationMethod, None, lambda m: m.SetInitialTransform(given[2], False))
    assert copied.Execute(*IMAGES[3]).GetParameters() == given[1].GetParameters()
    assert not any(given[2].GetParameters()[:6])


@pytest.mark.parametrize("factors", [[1, 2], [2, 2], [1], [0, 2], [2, 0], [], [1, 2, 3]], ids=str)
@pytest.mark.parametrize(("in_place", "order"), [(True, 3), (False, 3), (True, 2)])
def test_grids_of_a_spline_per_level(factors: list[int], in_place: bool, order: int) -> None:
    def run(cls: Any) -> Any:
        given = sitk.BSplineTransformInitializer(FIXED, [3, 2], order)
        method = make_method(cls)
        method.SetInitialTransformAsBSpline(given, in_place, factors)
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1.0, 0.0])
        sizes: list[Any] = []

        def look() -> None:
            sizes.append((len(method.GetOptimizerPosition()), method.GetInitialTransform().GetNumberOfParameters()))

        method.AddCommand(sitk.sitkIterationEvent, look)
        result = method.Execute(FIXED, MOVING)
        return [describe(result), describe(given), sizes]

    assert_same(run(ImageRegistrationMethod), run(STOCK))


def test_other_spline_after_one_with_grids_per_level() -> None:
    def run(cls: Any) -> Any:
        method = make_method(cls)
        method.SetInitialTransformAsBSpline(sitk.BSplineTransformInitializer(FIXED, [2, 2]), True, [2])
        method.SetInitialTransform(sitk.BSplineTransformInitializer(FIXED, [2, 2]))
        return describe(method.Execute(FIXED, MOVING))

    assert_same(run(ImageRegistrationMethod), run(STOCK))


def test_threads_and_work_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that can be seen from outside depends on them."""
    given: list[Any] = []
    original = _core.Method.set

    def record(core: Any, stage: int, name: str, value: Any) -> None:
        if name == "work-units":
            given.append(value)
        original(core, stage, name, value)

    monkeypatch.setattr(_core.Method, "set", record)
    method = make_method(ImageRegistrationMethod)
    method.SetNumberOfThreads(3)
    method.MetricEvaluate(FIXED, MOVING)
    method.SetNumberOfWorkUnits(2)
    method.Execute(FIXED, MOVING)
    assert given == [3, 2]


#: Every argument of every optimizer that no other test gives: what it is by default, and with another value.
LINE_SEARCH = {"learningRate": 1.0, "numberOfIterations": 4}
REGULAR_STEP = {"learningRate": 0.5, "minStep": 1e-3, "numberOfIterations": 12}
LBFGSB = {"numberOfIterations": 30}
LBFGS2 = {"numberOfIterations": 6}
AMOEBA = {"simplexDelta": 0.5, "numberOfIterations": 40}
POWELL = {"numberOfIterations": 4, "stepLength": 0.2}
EVOLUTION = {"numberOfIterations": 40, "initialRadius": 0.3, "seed": 3}
ARGUMENTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("GradientDescent", LINE_SEARCH, {"learningRate": 0.01, "estimateLearningRate": STOCK.Never}),
    ("GradientDescent", LINE_SEARCH, {"numberOfIterations": 3}),
    ("GradientDescent", {**LINE_SEARCH, "numberOfIterations": 20}, {"convergenceMinimumValue": 0.1}),
    ("GradientDescent", {**LINE_SEARCH, "numberOfIterations": 20}, {"convergenceWindowSize": 3}),
    ("GradientDescent", LINE_SEARCH, {"estimateLearningRate": STOCK.EachIteration}),
    ("GradientDescent", LINE_SEARCH, {"maximumStepSizeInPhysicalUnits": 0.3}),
    *(
        (name, LINE_SEARCH, other)
        for name in ("GradientDescentLineSearch", "ConjugateGradientLineSearch")
        for other in (
            {"numberOfIterations": 2},
            {"lineSearchLowerLimit": 0.7},
            {"lineSearchUpperLimit": 1.5},
            {"lineSearchEpsilon": 0.3},
            {"lineSearchMaximumIterations": 2},
            {"estimateLearningRate": STOCK.Never, "learningRate": 0.01},
            {"maximumStepSizeInPhysicalUnits": 0.3},
            {"convergenceWindowSize": 2, "convergenceMinimumValue": 10.0},
        )
    ),
    ("RegularStepGradientDescent", REGULAR_STEP, {"learningRate": 0.7}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"minStep": 0.2}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"numberOfIterations": 3}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"relaxationFactor": 0.8}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"gradientMagnitudeTolerance": 20.0}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"estimateLearningRate": STOCK.Once}),
    (
        "RegularStepGradientDescent",
        {**REGULAR_STEP, "estimateLearningRate": 1},
        {"maximumStepSizeInPhysicalUnits": 0.2},
    ),
    ("LBFGSB", LBFGSB, {"gradientConvergenceTolerance": 5.0}),
    ("LBFGSB", LBFGSB, {"numberOfIterations": 2}),
    ("LBFGSB", LBFGSB, {"maximumNumberOfCorrections": 1}),
    ("LBFGSB", LBFGSB, {"maximumNumberOfFunctionEvaluations": 3}),
    ("LBFGSB", LBFGSB, {"costFunctionConvergenceFactor": 1e14}),
    ("LBFGS2", LBFGS2, {"solutionAccuracy": 5.0}),
    ("LBFGS2", LBFGS2, {"numberOfIterations": 2}),
    ("LBFGS2", {}, {"numberOfIterations": 3}),
    ("LBFGS2", LBFGS2, {"hessianApproximateAccuracy": 1}),
    ("LBFGS2", LBFGS2, {"deltaConvergenceDistance": 1, "deltaConvergenceTolerance": 0.5}),
    ("LBFGS2", {**LBFGS2, "deltaConvergenceDistance": 1}, {"deltaConvergenceTolerance": 10.0}),
    ("LBFGS2", LBFGS2, {"lineSearchMaximumEvaluations": 1}),
    ("LBFGS2", LBFGS2, {"lineSearchMinimumStep": 0.005}),
    ("LBFGS2", LBFGS2, {"lineSearchMaximumStep": 0.5}),
    ("LBFGS2", LBFGS2, {"lineSearchAccuracy": 0.45}),
    ("Exhaustive", {"numberOfSteps": [1, 1, 1]}, {"stepLength": 0.1}),
    ("Exhaustive", {"numberOfSteps": [1, 1, 1]}, {"numberOfSteps": [0, 2, 1]}),
    ("Amoeba", AMOEBA, {"simplexDelta": 0.2}),
    ("Amoeba", AMOEBA, {"numberOfIterations": 6}),
    ("Amoeba", AMOEBA, {"parametersConvergenceTolerance": 0.1, "functionConvergenceTolerance": 10.0}),
    ("Amoeba", {**AMOEBA, "parametersConvergenceTolerance": 0.1}, {"functionConvergenceTolerance": 10.0}),
    ("Amoeba", {**AMOEBA, "functionConvergenceTolerance": 10.0}, {"parametersConvergenceTolerance": 0.1}),
    (
        "Amoeba",
        {**AMOEBA, "parametersConvergenceTolerance": 1.0, "functionConvergenceTolerance": 10.0},
        {"withRestarts": True},
    ),
    ("Powell", POWELL, {"numberOfIterations": 1}),
    ("Powell", POWELL, {"maximumLineIterations": 2}),
    ("Powell", POWELL, {"stepLength": 0.5}),
    ("Powell", POWELL, {"stepTolerance": 0.3}),
    ("Powell", POWELL, {"valueTolerance": 0.5}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"numberOfIterations": 6}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"epsilon": 1.0}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"initialRadius": 0.1}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"growthFactor": 1.5}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"shrinkFactor": 0.7}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"seed": 4}),
]


@pytest.mark.parametrize(("optimizer", "usual", "other"), ARGUMENTS)
def test_argument_of_an_optimizer(optimizer: str, usual: dict[str, Any], other: dict[str, Any]) -> None:
    def run(cls: Any, arguments: dict[str, Any]) -> Any:
        method = make_method(cls)
        if "Gradient" not in optimizer:
            method.SetOptimizerScales([] if "LBFGS" in optimizer else [1.0, 1.0, 1.0])
        getattr(method, f"SetOptimizerAs{optimizer}")(**arguments)
        ctypes.CDLL(None).srand(1)  # of C: it decides where the amoeba of ITK restarts
        result = describe(method.Execute(FIXED, MOVING))
        return [
            result,
            method.GetOptimizerIteration(),
            method.GetMetricValue(),
            method.GetOptimizerStopConditionDescription(),
        ]

    stock = run(STOCK, {**usual, **other})
    assert differs(stock, run(STOCK, usual)), "makes no difference, so that this test would see none"
    assert_same(run(ImageRegistrationMethod, {**usual, **other}), stock)


INTERPOLATORS = [
    *("sitkNearestNeighbor", "sitkLinear", "sitkGaussian", "sitkLabelGaussian"),
    *(f"sitkBSpline{order or ''}" for order in range(6)),
    *(f"sitk{window}WindowedSinc" for window in ("Hamming", "Cosine", "Welch", "Lanczos", "Blackman")),
]


@pytest.mark.parametrize("interpolator", INTERPOLATORS)
def test_interpolator(interpolator: str) -> None:
    def run(cls: Any) -> Any:
        method = make_method(cls, sitk.TranslationTransform(2, (0.3, 0.4)))
        method.SetInterpolator(getattr(sitk, interpolator))
        method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 2)
        return [method.MetricEvaluate(FIXED, MOVING), describe(method.Execute(FIXED, MOVING))]

    assert_same(run(ImageRegistrationMethod), run(STOCK))


@pytest.mark.parametrize(
    "bounds", [{}, {"lowerBound": -0.1}, {"upperBound": 0.2}, {"lowerBound": -0.1, "upperBound": 0.2}]
)
def test_bounds(bounds: dict[str, float]) -> None:
    def run(cls: Any) -> Any:
        method = make_method(cls, sitk.TranslationTransform(2))
        method.SetOptimizerScales([])
        method.SetOptimizerAsLBFGSB(numberOfIterations=8, **bounds)
        return describe(method.Execute(FIXED, MOVING))

    stock = run(STOCK)
    assert_same(run(ImageRegistrationMethod), stock)
    assert min(stock[-1]) >= bounds.get("lowerBound", -3) - 1e-9
    assert max(stock[-1]) <= bounds.get("upperBound", 3) + 1e-9


def test_directions_and_origins() -> None:
    images = make_images(3)
    for image in images:
        image.SetDirection((0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
        image.SetOrigin((5.0, -7.0, 11.0))
    stock = register(STOCK, transform=sitk.Euler3DTransform(), images=images)
    assert stock["course"]
    assert_same(register(ImageRegistrationMethod, transform=sitk.Euler3DTransform(), images=images), stock)


# Observers


@pytest.mark.parametrize("levels", [1, 3])
@pytest.mark.parametrize("optimizer", ["gradient descent", "regular step", "conjugate gradient"])
def test_events(optimizer: str, levels: int) -> None:
    """All events in their order, with what can be asked for in them."""
    names = ("GetOptimizerIteration", "GetCurrentLevel", "GetMetricValue", "GetOptimizerPosition")

    def run(cls: Any) -> Any:
        outcome: list[Any] = []
        method = make_method(cls, None, OPTIMIZERS[optimizer])
        method.SetShrinkFactorsPerLevel([1] * levels)
        method.SetSmoothingSigmasPerLevel([2.0, 1.0, 0.0][-levels:])

        def look(name: str) -> None:
            # SimpleITK has values by chance, or raises exceptions, before the first iteration.
            during = outcome and "sitkIterationEvent" in (each[0] for each in outcome)
            is_known = name == "sitkIterationEvent" or (during and name != "sitkAnyEvent")
            outcome.append([name, read_state(method, names) if is_known else {}])

        for name in EVENTS:
            method.AddCommand(getattr(sitk, name), lambda name=name: look(name))
        method.Execute(FIXED, MOVING)
        return outcome

    stock = run(STOCK)
    kinds = [name for name, _ in stock]
    assert kinds.count("sitkMultiResolutionIterationEvent") == levels
    assert kinds.count("sitkIterationEvent") >= levels
    assert kinds.count("sitkAnyEvent") > kinds.count("sitkIterationEvent")
    assert_same(run(ImageRegistrationMethod), stock)


class Counter(sitk.Command):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def Execute(self) -> None:
        self.calls += 1


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
def test_commands_are_not_kept_alive(cls: Any) -> None:
    method = make_method(cls)
    kept, other = Counter(), make_method(cls)
    for each in (method, other):
        assert each.AddCommand(sitk.sitkIterationEvent, kept) == 0
    method.AddCommand(sitk.sitkEndEvent, Counter())
    gc.collect()
    assert not method.HasCommand(sitk.sitkEndEvent)
    method.Execute(FIXED, MOVING)
    other.Execute(FIXED, MOVING)
    assert kept.calls == 8
    del kept
    gc.collect()
    assert not method.HasCommand(sitk.sitkIterationEvent)
    method.Execute(FIXED, MOVING)


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
def test_commands_that_change_the_commands(cls: Any) -> None:
    method = make_method(cls)
    called: list[Any] = []

    def add() -> None:
        called.append("first")
        if len(called) == 2:
            method.AddCommand(sitk.sitkIterationEvent, lambda: called.append("added"))

    method.AddCommand(sitk.sitkIterationEvent, add)
    method.Execute(FIXED, MOVING)
    assert called == ["first", "first", "first", "added", "first", "added"]

    method.RemoveAllCommands()
    called.clear()

    def remove() -> None:
        called.append("first")
        method.RemoveAllCommands()

    method.AddCommand(sitk.sitkIterationEvent, remove)
    method.AddCommand(sitk.sitkIterationEvent, lambda: called.append("second"))
    method.Execute(FIXED, MOVING)
    assert called == ["first"]


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
@pytest.mark.parametrize("transform", ["Euler", "chain", "B-spline", "displacement field"])
def test_transform_in_place_moves_with_the_optimizer(cls: Any, transform: str) -> None:
    given, copied = TRANSFORMS[transform](), TRANSFORMS[transform]()
    before = copied.GetParameters()
    seen: list[tuple[Any, ...]] = []

    def run(initial: Any, in_place: bool) -> None:
        method = make_method(cls)
        method.SetInitialTransform(initial, in_place)

        def look() -> None:
            current = method.GetInitialTransform().GetParameters()
            seen.append((method.GetOptimizerPosition(), current, given.GetParameters(), copied.GetParameters()))

        method.AddCommand(sitk.sitkIterationEvent, look)
        method.Execute(FIXED, MOVING)

    run(given, True)
    run(copied, False)
    in_place_seen, copied_seen = seen[:4], seen[4:]
    assert len(copied_seen) == 4
    for position, current, parameters, _ in in_place_seen:
        assert position == current == parameters
    assert len({each[0] for each in in_place_seen}) == 4
    for position, current, _, parameters in copied_seen:
        assert position != before
        assert current == parameters == before


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
def test_transform_that_is_changed_after_it_was_set(cls: Any) -> None:
    """The method has the one that was set; the object has one of its own from then on."""
    given = sitk.TranslationTransform(2)
    method = make_method(cls, given)
    given.SetOffset((50.0, 60.0))
    result = method.Execute(FIXED, MOVING)
    assert given.GetOffset() == (50.0, 60.0)
    assert max(map(abs, result.GetOffset())) < 5
    assert method.GetInitialTransform().GetParameters() == result.GetParameters()


@pytest.mark.parametrize("event", ["Start", "MultiResolutionIteration", "Iteration", "Any", "End"])
@pytest.mark.parametrize("error", [ValueError("of an observer"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_exception_in_an_observer(error: BaseException, event: str) -> None:
    """It comes out as it is (SimpleITK makes it a RuntimeError), and the method can be used again."""
    given = sitk.TranslationTransform(2)
    method = make_method(ImageRegistrationMethod, given)
    called = []

    def fail() -> None:
        called.append(event)
        raise error

    method.AddCommand(getattr(sitk, f"sitk{event}Event"), fail)
    method.AddCommand(sitk.sitkDeleteEvent, lambda: called.append("deleted"))
    with pytest.raises(type(error)) as raised:
        method.Execute(FIXED, MOVING)
    assert raised.value is error
    assert called[0] == event
    assert "deleted" in called
    assert method.GetOptimizerStopConditionDescription() == str(error)
    assert any(given.GetParameters()) == (event in ("Iteration", "End"))
    assert method.GetOptimizerPosition() == ()

    method.RemoveAllCommands()
    method.SetInitialTransform(sitk.TranslationTransform(2))
    again = method.Execute(FIXED, MOVING)
    assert (
        again.GetParameters()
        == make_method(ImageRegistrationMethod, sitk.TranslationTransform(2)).Execute(FIXED, MOVING).GetParameters()
    )


def test_interrupt_from_the_keyboard_without_an_observer() -> None:
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetOptimizerAsRegularStepGradientDescent(1e-9, 0.0, 10_000_000, 0.99999999, 0.0)  # takes hours
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            method.Execute(FIXED, MOVING)
    finally:
        timer.cancel()


# Masks and samples

STRATEGIES = {"regular": STOCK.REGULAR, "random": STOCK.RANDOM}


def sample(configure: Configure, strategy: int = STOCK.RANDOM) -> tuple[Any, Any]:
    """The method and its result, after a registration with samples in a mask."""
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetMetricFixedMask(make_mask())
    method.SetMetricSamplingStrategy(strategy)
    configure(method)
    return method, method.Execute(FIXED, MOVING)


def are_inside(points: Any, mask: Any) -> Any:
    indices = [mask.TransformPhysicalPointToIndex(point.tolist()) for point in points.astype(float)]
    return np.array([mask[index] != 0 for index in indices])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("percentage", [0.001, 0.1, 0.5, 0.999, 1.0])
def test_percentages_are_of_the_mask_voxels(percentage: float, strategy: str) -> None:
    method, _ = sample(lambda m: m.SetMetricSamplingPercentage(percentage, 3), STRATEGIES[strategy])
    points = method.GetMetricSamplePoints()
    assert points.shape == (max(1, round(percentage * MASK_VOXELS)), 2)
    assert are_inside(points, make_mask()).all()
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS


def test_percentages_of_each_level() -> None:
    counts: list[Any] = []
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetMetricFixedMask(make_mask())
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentagePerLevel([1.0, 0.5, 0.25], 5)
    method.SetShrinkFactorsPerLevel([3, 2, 1])
    method.SetSmoothingSigmasPerLevel([0, 0, 0])
    method.AddCommand(
        sitk.sitkMultiResolutionIterationEvent,
        lambda: counts.append((method.GetCurrentLevel(), len(method.GetMetricSamplePoints()))),
    )
    method.Execute(FIXED, MOVING)
    assert counts == [(0, round(MASK_VOXELS / 9)), (1, round(0.5 * MASK_VOXELS / 4)), (2, round(0.25 * MASK_VOXELS))]


def test_samples_are_not_at_the_centres_of_voxels() -> None:
    for strategy in STRATEGIES.values():
        method, _ = sample(lambda m: m.SetMetricSamplingPercentage(0.5, 3), strategy)
        indices = method.GetMetricSamplePoints() / SPACING[2]
        offsets = indices - np.round(indices)
        assert np.abs(offsets).mean() == pytest.approx(0.25, abs=0.03)


def test_image_around_the_mask_does_not_count() -> None:
    """Neither for the samples, nor for the scales of the parameters."""

    def run(cls: Any, pad: int) -> Any:
        images = [sitk.ConstantPad(image, [0, 0], [pad, pad]) for image in (FIXED, MOVING, make_mask())]
        method = make_method(cls)
        method.SetMetricFixedMask(images[2])
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(0.5, 3)
        if cls is ImageRegistrationMethod:
            method.SetMetricUseExactDerivative(True)  # the filter of the other one sees the edge of the image
        return method.Execute(*images[:2]).GetParameters()

    assert_same(run(ImageRegistrationMethod, 50), run(ImageRegistrationMethod, 0))
    assert differs(run(STOCK, 50), run(STOCK, 0))


def test_stock_has_fewer_samples() -> None:
    """What this package is for: stock counts the whole image, and drops what is outside."""
    methods = {}
    for cls in (STOCK, ImageRegistrationMethod):
        methods[cls] = make_method(cls, sitk.TranslationTransform(2))
        methods[cls].SetMetricFixedMask(make_mask())
        methods[cls].SetMetricSamplingStrategy(STOCK.RANDOM)
        methods[cls].SetMetricSamplingPercentage(0.1, 3)
        methods[cls].Execute(FIXED, MOVING)
    assert methods[ImageRegistrationMethod].GetMetricNumberOfValidPoints() == round(0.1 * MASK_VOXELS) == 20
    assert methods[STOCK].GetMetricNumberOfValidPoints() != 20


@pytest.mark.parametrize("n", [1, 7, 500])
def test_numbers_of_samples(n: int) -> None:
    method, _ = sample(lambda m: m.SetMetricNumberOfSamples(n))
    assert method.GetMetricSamplePoints().shape == (n, 2)
    method.SetMetricSamplingPercentage(0.25, 1)  # overrides it
    method.Execute(FIXED, MOVING)
    assert method.GetMetricSamplePoints().shape == (MASK_VOXELS // 4, 2)


def test_numbers_of_samples_of_each_level() -> None:
    def configure(method: Any) -> None:
        method.SetMetricNumberOfSamples([30, 0])
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1, 0])
        method.AddCommand(
            sitk.sitkMultiResolutionIterationEvent, lambda: counts.append(len(method.GetMetricSamplePoints()))
        )

    counts: list[int] = []
    sample(configure)
    assert counts == [30, MASK_VOXELS]


def test_seeds() -> None:
    def run(seed: int, threads: int = 1) -> Any:
        method, result = sample(lambda m: (m.SetMetricSamplingPercentage(0.3, seed), m.SetNumberOfThreads(threads)))
        return method.GetMetricSamplePoints(), result.GetParameters()

    points, parameters = run(7)
    for threads in (1, 2, 5):
        again, others = run(7, threads)
        np.testing.assert_array_equal(again, points)
        np.testing.assert_allclose(others, parameters, rtol=1e-9)
    assert not np.array_equal(run(8)[0], points)
    # The wall clock.
    assert not np.array_equal(run(sitk.sitkWallClock)[0], run(sitk.sitkWallClock)[0])


def test_seed_of_the_evolution() -> None:
    def run(seed: int) -> Any:
        method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
        method.SetOptimizerScales([1.0, 1.0])
        method.SetOptimizerAsOnePlusOneEvolutionary(10, seed=seed)
        return method.Execute(FIXED, MOVING).GetParameters()

    assert run(4) == run(4)
    assert run(4) != run(5)
    assert run(sitk.sitkWallClock) != run(sitk.sitkWallClock)


SCALARS = ["Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float32", "Float64"]


@pytest.mark.parametrize("pixel", [*SCALARS, "LabelUInt8", "LabelUInt32"])
def test_pixels_of_masks(pixel: str) -> None:
    mask = sitk.Cast(make_mask(), getattr(sitk, f"sitk{pixel}"))
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetMetricFixedMask(mask)
    method.SetMetricMovingMask(mask)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.Execute(FIXED, MOVING)
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS
    assert 0 < method.GetMetricNumberOfValidPoints() < MASK_VOXELS


@pytest.mark.parametrize(("pixel", "inside"), [(np.float32, 0.25), (np.int16, 256), (np.int32, -1), (np.float64, -0.5)])
def test_everything_but_zero_is_inside(pixel: Any, inside: float) -> None:
    method, _ = sample(lambda m: m.SetMetricFixedMask(make_mask(pixel, inside)))
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS


def test_what_is_not_a_number_is_outside() -> None:
    pixels = np.full((24, 30), np.nan)
    pixels[3, 4:8] = 1
    mask = sitk.GetImageFromArray(pixels)
    mask.CopyInformation(FIXED)
    method, _ = sample(lambda m: m.SetMetricFixedMask(mask))
    assert method.GetMetricNumberOfMaskVoxels() == 4


def test_mask_on_a_grid_of_its_own() -> None:
    mask = sitk.Image([5, 4], sitk.sitkUInt8) + 1
    mask.SetOrigin((8.0, 12.0))
    mask.SetSpacing(SPACING[2])
    method, _ = sample(lambda m: m.SetMetricFixedMask(mask))
    assert method.GetMetricNumberOfMaskVoxels() == 20


def test_changes_of_an_image_after_it_was_set_are_not_seen() -> None:
    mask, weights = make_mask(), sitk.Cast(make_mask(), sitk.sitkFloat32)

    def configure(method: Any) -> None:
        method.SetMetricFixedMask(mask)
        method.SetMetricSamplingWeights(weights)
        for image in (mask, weights):
            image[:, :] = 1

    method, _ = sample(configure)
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS


def test_images_that_an_observer_changes() -> None:
    fixed, moving = make_images(2)
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))

    def change() -> None:
        nonlocal fixed, moving
        fixed[:, :] = 7.0
        moving *= 0.0
        gc.collect()

    method.AddCommand(sitk.sitkIterationEvent, change)
    result = method.Execute(fixed, moving)
    expected = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2)).Execute(FIXED, MOVING)
    assert result.GetParameters() == expected.GetParameters()
    assert sitk.GetArrayViewFromImage(fixed).min() == 7.0


def test_images_are_not_copied() -> None:
    fixed, moving = make_images(2)
    addresses = [sitk.GetArrayViewFromImage(image).__array_interface__["data"][0] for image in (fixed, moving)]
    make_method(ImageRegistrationMethod).Execute(fixed, moving)
    after = [sitk.GetArrayViewFromImage(image).__array_interface__["data"][0] for image in (fixed, moving)]
    assert after == addresses


def test_weights() -> None:
    weights = sitk.Cast(make_mask(), sitk.sitkFloat64) * 0
    weights[12, 11] = 3.0
    method, _ = sample(lambda m: (m.SetMetricSamplingWeights(weights), m.SetMetricNumberOfSamples(5)))
    np.testing.assert_allclose(method.GetMetricSamplePoints(), [[9.6, 13.2]] * 5, atol=0.61)
    method.SetMetricSamplingWeights(sitk.Image())
    method.Execute(FIXED, MOVING)
    assert np.ptp(method.GetMetricSamplePoints(), axis=0).min() > 1


def test_new_samples_at_every_iteration() -> None:
    def run(resample: bool) -> Any:
        points: list[Any] = []

        def configure(method: Any) -> None:
            method.SetMetricSamplingPercentage(0.2, 3)
            method.SetMetricResampleEveryIteration(resample)
            method.AddCommand(sitk.sitkIterationEvent, lambda: points.append(method.GetMetricSamplePoints()))

        sample(configure)
        return len(np.unique(np.array(points), axis=0))

    assert run(False) == 1
    assert run(True) > 1


@pytest.mark.parametrize("metric", ["mean squares", "correlation", "Mattes"])
def test_exact_derivative(metric: str) -> None:
    """The same values, but another derivative; and with no blur, a better one."""

    def run(exact: bool) -> tuple[float, float]:
        values: list[float] = []
        method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2), METRICS[metric])
        method.SetMetricFixedMask(make_mask())
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(0.5, 1)
        method.SetMetricUseExactDerivative(exact)
        method.AddCommand(sitk.sitkIterationEvent, lambda: values.append(method.GetMetricValue()))
        method.Execute(FIXED, MOVING)
        return values[0], values[1]

    stock, exact = run(False), run(True)
    assert exact[0] == pytest.approx(stock[0], rel=1e-6)
    assert exact[1] != pytest.approx(stock[1], rel=1e-6)


def test_own_getters_before_and_without_sampling() -> None:
    method = make_method(ImageRegistrationMethod)
    assert method.GetMetricNumberOfMaskVoxels() == 0
    assert method.GetMetricSamplePoints().size == 0
    method.Execute(FIXED, MOVING)
    assert method.GetMetricSamplePoints().shape == (0, 2)


def test_text() -> None:
    method = make_method(ImageRegistrationMethod)
    command = Counter()
    command.SetName("counter")
    method.AddCommand(sitk.sitkIterationEvent, command)
    texts: list[str] = []
    method.AddCommand(sitk.sitkEndEvent, lambda: texts.append(str(method)))
    method.Execute(FIXED, MOVING)
    texts.append(method.ToString())
    for text in texts:
        for words in ("Debug: 0", "NumberOfThreads: 1", "Event: IterationEvent Command: counter", "Euler2DTransform"):
            assert words in text
        assert "gradient-descent" in text
    assert "ActiveProcess: (none)" in texts[1]
    assert "ActiveProcess: (none)" not in texts[0]


def test_debug_prints_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    method = make_method(ImageRegistrationMethod)
    method.Execute(FIXED, MOVING)
    assert capsys.readouterr().out == ""
    method.DebugOn()
    method.Execute(FIXED, MOVING)
    assert "mean-squares" in capsys.readouterr().out


def test_warnings_follow_the_switch_of_SimpleITK() -> None:
    """Optimizing where the images do not overlap makes ITK warn."""
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetOptimizerAsGradientDescent(1e6, 2, estimateLearningRate=method.Never)
    with pytest.warns(RuntimeWarning, match="No valid points"):
        method.Execute(FIXED, MOVING)
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        method.SetInitialTransform(sitk.TranslationTransform(2))
        method.Execute(FIXED, MOVING)
    finally:
        sitk.ProcessObject.GlobalWarningDisplayOn()
