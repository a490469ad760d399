# SPDX-License-Identifier: Apache-2.0
"""What the tests of the drop-in for SimpleITK share: both classes, what they are given, and how outcomes compare."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

STOCK = sitk.ImageRegistrationMethod
PUBLIC = sorted(name for name in dir(STOCK) if not name.startswith("_") and name != "thisown")  # SWIG's own
METHODS = [name for name in PUBLIC if callable(getattr(STOCK, name))]
#: The same code of ITK from two compilers: only the last digits differ, and a few iterations let that grow.
RELATIVE = 1e-6
ABSOLUTE = 1e-8

Configure = Callable[[Any], object]
#: Of tiny images of blobs, and a few iterations: what is told of the results is true, and depends on the seed.
NOT_DETERMINED = pytest.mark.filterwarnings(
    "ignore:Execute. (another place fits|the samples hardly|the voxels of the mask hardly|at the result|"
    "near the result|the result (stretches|folds|turns)):RuntimeWarning"
)


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
#: Those that estimate nothing.
WITHOUT_SCALES = ("LBFGS2", "LBFGSB")

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
        assert ours.keys() == stock.keys(), f"{place}: {ours!r}, not {stock!r}"
        for key, value in stock.items():
            assert_same(ours[key], value, f"{place}/{key}", relative)
    elif isinstance(stock, list | tuple):
        assert type(ours) is type(stock), f"{place}: {ours!r}, not {stock!r}"
        assert len(ours) == len(stock), f"{place}: {ours!r}, not {stock!r}"
        if stock and all(isinstance(value, float) for value in stock):
            # Parameters of one transform: those that are next to 0 cannot agree in as many digits as the others.
            scale = max(abs(value) for value in stock)
            assert ours == pytest.approx(stock, rel=relative, abs=ABSOLUTE + relative * scale), (
                f"{place}: {ours!r}, not {stock!r}"
            )
        else:
            for number, (one, other) in enumerate(zip(ours, stock, strict=True)):
                assert_same(one, other, f"{place}[{number}]", relative)
    elif isinstance(stock, float):
        assert ours == pytest.approx(stock, rel=relative, abs=ABSOLUTE), f"{place}: {ours!r}, not {stock!r}"
    else:
        assert ours == stock, f"{place}: {ours!r}, not {stock!r}"


def differs(one: Any, other: Any) -> bool:
    try:
        assert_same(one, other)
    except AssertionError:
        return True
    return False


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


# For bad input


def make_blob(dimension: int = 2, pixel: Any = sitk.sitkFloat32, size: int = 16) -> Any:
    grid = np.meshgrid(*[np.arange(size) - size / 2] * dimension, indexing="ij")
    pixels = 100 * np.exp(-sum(each**2 for each in grid) / (size / 2) ** 2)
    return sitk.Cast(sitk.GetImageFromArray(pixels), pixel)


IMAGE = make_blob()


def make_short_method(cls: Any) -> Any:
    method = cls()
    method.SetMetricAsMeanSquares()
    method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 2)
    method.SetInitialTransform(sitk.TranslationTransform(2))
    return method


def find_error(call: Configure) -> type[BaseException] | None:
    try:
        call(make_short_method(STOCK))
    except Exception as error:  # of any kind: that is the question
        return type(error)
    return None
