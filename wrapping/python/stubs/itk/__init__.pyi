# SPDX-License-Identifier: Apache-2.0
# The itk package has no type information. These stubs describe the classes of this module; all the rest is Any.
from typing import Any

from ._masked_sampling import (
    MaskedRegistrationMethodClass,
    MaskedSyNRegistrationMethodClass,
    MaskedVoxelSamplerClass,
    MultiMetricClass,
    SampledCorrelationMetricClass,
    SampledMattesMutualInformationMetricClass,
    SampledMeanSquaresMetricClass,
    SampledNeighborhoodCorrelationMetricClass,
)
from ._stock import Template

MaskedRegistrationMethod: Template[MaskedRegistrationMethodClass]
MaskedSyNRegistrationMethod: Template[MaskedSyNRegistrationMethodClass]
MaskedVoxelSampler: Template[MaskedVoxelSamplerClass]
ObjectToObjectMultiMetricv4: Template[MultiMetricClass]
SampledCorrelationImageToImageMetricv4: Template[SampledCorrelationMetricClass]
SampledMattesMutualInformationImageToImageMetricv4: Template[SampledMattesMutualInformationMetricClass]
SampledMeanSquaresImageToImageMetricv4: Template[SampledMeanSquaresMetricClass]
SampledNeighborhoodCorrelationImageToImageMetricv4: Template[SampledNeighborhoodCorrelationMetricClass]

def __getattr__(name: str) -> Any: ...
