# SPDX-License-Identifier: Apache-2.0
"""How SimpleITK's ImageRegistrationMethod is told to optimise."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import SimpleITK as sitk

from .process import ProcessObject
from .texts import SCALES_ARGUMENTS
from .values import choice, flag, real, reals, unsigned, unsigneds

Value = str | bool | int | float | tuple[int, ...] | tuple[float, ...]
Settings = dict[str, Value]

ESTIMATES = {
    sitk.ImageRegistrationMethod.Never: "never",
    sitk.ImageRegistrationMethod.Once: "once",
    sitk.ImageRegistrationMethod.EachIteration: "each-iteration",
}
#: What SimpleITK has for no bound: the least positive and the greatest number.
NO_LOWER_BOUND = sys.float_info.min
NO_UPPER_BOUND = sys.float_info.max


def new_seed() -> int:
    """What stands for sitkWallClock: another seed each time."""
    return random.SystemRandom().randrange(1, 2**31)


def estimate(name: str, value: object) -> str:
    names = {number: text.title().replace("-", "") for number, text in ESTIMATES.items()}
    return ESTIMATES[choice(name, value, names)]


def lower_bound(name: str, value: object) -> tuple[float, ...]:
    number = real(name, value)
    return () if number in (NO_LOWER_BOUND, -NO_UPPER_BOUND, -float("inf")) else (number,)


def upper_bound(name: str, value: object) -> tuple[float, ...]:
    number = real(name, value)
    return () if number in (NO_UPPER_BOUND, float("inf")) else (number,)


#: What SimpleITK's arguments are in the core, and what checks them.
ARGUMENTS: Mapping[str, tuple[str, Callable[[str, object], Value]]] = {
    "convergenceMinimumValue": ("convergence-minimum-value", real),
    "convergenceWindowSize": ("convergence-window-size", unsigned),
    "costFunctionConvergenceFactor": ("cost-function-convergence-factor", real),
    "deltaConvergenceDistance": ("delta-convergence-distance", unsigned),
    "deltaConvergenceTolerance": ("delta-convergence-tolerance", real),
    "epsilon": ("epsilon", real),
    "estimateLearningRate": ("estimate-learning-rate", estimate),
    "functionConvergenceTolerance": ("function-convergence-tolerance", real),
    "gradientConvergenceTolerance": ("gradient-convergence-tolerance", real),
    "gradientMagnitudeTolerance": ("gradient-magnitude-tolerance", real),
    "growthFactor": ("growth-factor", real),
    "hessianApproximateAccuracy": ("hessian-approximation-accuracy", unsigned),
    "initialRadius": ("initial-radius", real),
    "learningRate": ("learning-rate", real),
    "lineSearchAccuracy": ("line-search-accuracy", real),
    "lineSearchEpsilon": ("line-search-epsilon", real),
    "lineSearchLowerLimit": ("line-search-lower-limit", real),
    "lineSearchMaximumEvaluations": ("line-search-maximum-evaluations", unsigned),
    "lineSearchMaximumIterations": ("line-search-maximum-iterations", unsigned),
    "lineSearchMaximumStep": ("line-search-maximum-step", real),
    "lineSearchMinimumStep": ("line-search-minimum-step", real),
    "lineSearchUpperLimit": ("line-search-upper-limit", real),
    "lowerBound": ("lower-bound", lower_bound),
    "maximumLineIterations": ("maximum-line-iterations", unsigned),
    "maximumNumberOfCorrections": ("maximum-number-of-corrections", unsigned),
    "maximumNumberOfFunctionEvaluations": ("maximum-number-of-function-evaluations", unsigned),
    "maximumStepSizeInPhysicalUnits": ("maximum-step-size", real),
    "minStep": ("minimum-step-length", real),
    "numberOfIterations": ("iterations", unsigned),
    "numberOfSteps": ("number-of-steps", unsigneds),
    "parametersConvergenceTolerance": ("parameters-convergence-tolerance", real),
    "relaxationFactor": ("relaxation-factor", real),
    "seed": ("optimizer-seed", unsigned),
    "shrinkFactor": ("shrink-factor", real),
    "simplexDelta": ("simplex-delta", real),
    "solutionAccuracy": ("solution-accuracy", real),
    "stepLength": ("step-length", real),
    "stepTolerance": ("step-tolerance", real),
    "trace": ("trace", flag),
    "upperBound": ("upper-bound", upper_bound),
    "valueTolerance": ("value-tolerance", real),
    "withRestarts": ("with-restarts", flag),
}


class Optimizers(ProcessObject):
    """Optimizers, and the scales and weights of the parameters."""

    Never: ClassVar[int] = sitk.ImageRegistrationMethod.Never
    Once: ClassVar[int] = sitk.ImageRegistrationMethod.Once
    EachIteration: ClassVar[int] = sitk.ImageRegistrationMethod.EachIteration

    def __init__(self) -> None:
        super().__init__()
        self._optimizer: Settings = {}
        self._optimizer_setter = ""
        self._optimizer_weights: tuple[float, ...] = ()
        self._scales: Settings = {"scales": "none"}
        self._scales_setter = "SetOptimizerScales"
        self._manual_scales: tuple[float, ...] | None = ()

    def _set_optimizer(self, optimizer: str, method: str, arguments: Mapping[str, Any]) -> None:
        """Take the arguments of SetOptimizerAs<method>(), which are its local variables."""
        settings: Settings = {"optimizer": optimizer}
        self._optimizer_setter = f"SetOptimizerAs{method}"
        for argument, value in arguments.items():
            if argument != "self":
                name, check = ARGUMENTS[argument]
                settings[name] = check(f"SetOptimizerAs{method}: {argument}", value)
        self._optimizer = settings

    def _name_optimizer_settings(self) -> dict[str, str]:
        """What sets which setting of the core."""
        arguments = {name: argument for argument, (name, _) in ARGUMENTS.items() if name in self._optimizer}
        return {name: f"{self._optimizer_setter}: {argument}" for name, argument in arguments.items()} | {
            name: f"{self._scales_setter}: {argument}" for name, argument in SCALES_ARGUMENTS.items()
        }

    def _count_settings_of_optimizer(self) -> int:
        """How many of them SimpleITK gives the optimizer after it has told it of the commands, and before it starts."""
        is_estimated = self._scales["scales"] not in ("none", "manual")
        return is_estimated + bool(self._optimizer_weights)

    def SetOptimizerAsConjugateGradientLineSearch(
        self,
        learningRate: float,
        numberOfIterations: int,
        convergenceMinimumValue: float = 1e-6,
        convergenceWindowSize: int = 10,
        lineSearchLowerLimit: float = 0,
        lineSearchUpperLimit: float = 5.0,
        lineSearchEpsilon: float = 0.01,
        lineSearchMaximumIterations: int = 20,
        estimateLearningRate: int = Once,
        maximumStepSizeInPhysicalUnits: float = 0.0,
    ) -> None:
        """Conjugate gradients with a golden section search along the line."""
        self._set_optimizer("conjugate-gradient-line-search", "ConjugateGradientLineSearch", locals())

    def SetOptimizerAsRegularStepGradientDescent(
        self,
        learningRate: float,
        minStep: float,
        numberOfIterations: int,
        relaxationFactor: float = 0.5,
        gradientMagnitudeTolerance: float = 1e-4,
        estimateLearningRate: int = Never,
        maximumStepSizeInPhysicalUnits: float = 0.0,
    ) -> None:
        """Gradient descent by steps of a length that shrinks at each turn."""
        self._set_optimizer("regular-step-gradient-descent", "RegularStepGradientDescent", locals())

    def SetOptimizerAsGradientDescent(
        self,
        learningRate: float,
        numberOfIterations: int,
        convergenceMinimumValue: float = 1e-6,
        convergenceWindowSize: int = 10,
        estimateLearningRate: int = Once,
        maximumStepSizeInPhysicalUnits: float = 0.0,
    ) -> None:
        """Gradient descent."""
        self._set_optimizer("gradient-descent", "GradientDescent", locals())

    def SetOptimizerAsGradientDescentLineSearch(
        self,
        learningRate: float,
        numberOfIterations: int,
        convergenceMinimumValue: float = 1e-6,
        convergenceWindowSize: int = 10,
        lineSearchLowerLimit: float = 0,
        lineSearchUpperLimit: float = 5.0,
        lineSearchEpsilon: float = 0.01,
        lineSearchMaximumIterations: int = 20,
        estimateLearningRate: int = Once,
        maximumStepSizeInPhysicalUnits: float = 0.0,
    ) -> None:
        """Gradient descent with a golden section search along the line."""
        self._set_optimizer("gradient-descent-line-search", "GradientDescentLineSearch", locals())

    def SetOptimizerAsLBFGSB(
        self,
        gradientConvergenceTolerance: float = 1e-5,
        numberOfIterations: int = 500,
        maximumNumberOfCorrections: int = 5,
        maximumNumberOfFunctionEvaluations: int = 2000,
        costFunctionConvergenceFactor: float = 1e7,
        lowerBound: float = NO_LOWER_BOUND,
        upperBound: float = NO_UPPER_BOUND,
        trace: bool = False,
    ) -> None:
        """Limited memory BFGS with bounds, which are the same for all parameters. By default there are none."""
        self._set_optimizer("lbfgsb", "LBFGSB", locals())

    def SetOptimizerAsLBFGS2(
        self,
        solutionAccuracy: float = 1e-5,
        numberOfIterations: int = 0,
        hessianApproximateAccuracy: int = 6,
        deltaConvergenceDistance: int = 0,
        deltaConvergenceTolerance: float = 1e-5,
        lineSearchMaximumEvaluations: int = 40,
        lineSearchMinimumStep: float = 1e-20,
        lineSearchMaximumStep: float = 1e20,
        lineSearchAccuracy: float = 1e-4,
    ) -> None:
        """Limited memory BFGS without bounds. 0 iterations: until it converges."""
        self._set_optimizer("lbfgs2", "LBFGS2", locals())

    def SetOptimizerAsExhaustive(self, numberOfSteps: Iterable[int], stepLength: float = 1.0) -> None:
        """The best of all positions on a grid: for each parameter the number of steps to each side."""
        self._set_optimizer("exhaustive", "Exhaustive", locals())

    def SetOptimizerAsAmoeba(
        self,
        simplexDelta: float,
        numberOfIterations: int,
        parametersConvergenceTolerance: float = 1e-8,
        functionConvergenceTolerance: float = 1e-4,
        withRestarts: bool = False,
    ) -> None:
        """The simplex of Nelder and Mead."""
        self._set_optimizer("amoeba", "Amoeba", locals())

    def SetOptimizerAsPowell(
        self,
        numberOfIterations: int = 100,
        maximumLineIterations: int = 100,
        stepLength: float = 1,
        stepTolerance: float = 1e-6,
        valueTolerance: float = 1e-6,
    ) -> None:
        """The method of Powell with the line search of Brent."""
        self._set_optimizer("powell", "Powell", locals())

    def SetOptimizerAsOnePlusOneEvolutionary(
        self,
        numberOfIterations: int = 100,
        epsilon: float = 1.5e-4,
        initialRadius: float = 1.01,
        growthFactor: float = -1.0,
        shrinkFactor: float = -1.0,
        seed: int = sitk.sitkWallClock,
    ) -> None:
        """Evolution of one by one. The same seed, not 0, gives the same course."""
        self._set_optimizer("one-plus-one-evolutionary", "OnePlusOneEvolutionary", locals())

    def SetOptimizerScales(self, scales: Iterable[float]) -> None:
        """The scale of each parameter. By default, and for an empty sequence, all are 1.

        With the exhaustive optimizer a factor of the step, which can be 0, or less; with all others more than 0.
        """
        self._manual_scales = reals("SetOptimizerScales: scales", scales)
        self._scales = {"scales": "none"}
        self._scales_setter = "SetOptimizerScales"
        if self._manual_scales:
            self._scales = {"scales": "manual", "manual-scales": self._manual_scales}

    def SetOptimizerScalesFromJacobian(self, centralRegionRadius: int = 5) -> None:
        """Estimate the scales from the Jacobian."""
        radius = unsigned("SetOptimizerScalesFromJacobian: centralRegionRadius", centralRegionRadius)
        self._estimate_scales("Jacobian", {"scales": "jacobian", "central-region-radius": radius})

    def SetOptimizerScalesFromIndexShift(
        self, centralRegionRadius: int = 5, smallParameterVariation: float = 0.01
    ) -> None:
        """Estimate the scales from how far the voxels move, in voxels."""
        radius = unsigned("SetOptimizerScalesFromIndexShift: centralRegionRadius", centralRegionRadius)
        variation = real("SetOptimizerScalesFromIndexShift: smallParameterVariation", smallParameterVariation)
        shift: Settings = {"central-region-radius": radius, "small-parameter-variation": variation}
        self._estimate_scales("IndexShift", {"scales": "index-shift", **shift})

    def SetOptimizerScalesFromPhysicalShift(
        self, centralRegionRadius: int = 5, smallParameterVariation: float = 0.01
    ) -> None:
        """Estimate the scales from how far the voxels move, as a length."""
        radius = unsigned("SetOptimizerScalesFromPhysicalShift: centralRegionRadius", centralRegionRadius)
        variation = real("SetOptimizerScalesFromPhysicalShift: smallParameterVariation", smallParameterVariation)
        shift: Settings = {"central-region-radius": radius, "small-parameter-variation": variation}
        self._estimate_scales("PhysicalShift", {"scales": "physical-shift", **shift})

    def _estimate_scales(self, method: str, settings: Settings) -> None:
        self._manual_scales = None
        self._scales_setter = f"SetOptimizerScalesFrom{method}"
        self._scales = settings

    def SetOptimizerWeights(self, weights: Iterable[float]) -> None:
        """A factor for the derivative by each parameter, 0 to hold it. By default, and for an empty sequence, 1."""
        self._optimizer_weights = reals("SetOptimizerWeights: weights", weights)

    def GetOptimizerWeights(self) -> tuple[float, ...]:
        """The factor for the derivative by each parameter."""
        return self._optimizer_weights

    def _get_optimizer_settings(self) -> Settings:
        """What the core needs."""
        if not self._optimizer:
            raise RuntimeError(
                "there is no optimizer; call one of SetOptimizerAs...(), such as SetOptimizerAsGradientDescent(1, 100)"
            )
        settings: Settings = {
            "steps-in-voxels": False,
            "return-best": False,
            "learning-rate": 1.0,
            **self._optimizer,
            **self._scales,
        }
        if settings.get("optimizer-seed") == sitk.sitkWallClock:
            settings["optimizer-seed"] = new_seed()
        settings["optimizer-weights"] = self._optimizer_weights
        return settings
