# SPDX-License-Identifier: Apache-2.0
# The itk package has no type information. These stubs describe the classes of this module; all the rest is Any.
from typing import Any

from ._masked_sampling import (
    MaskedRegistrationMethodClass,
    MaskedSyNRegistrationMethodClass,
    MaskedVoxelSamplerClass,
    MultiMetricClass,
)
from ._stock import Template

MaskedRegistrationMethod: Template[MaskedRegistrationMethodClass]
MaskedSyNRegistrationMethod: Template[MaskedSyNRegistrationMethodClass]
MaskedVoxelSampler: Template[MaskedVoxelSamplerClass]
ObjectToObjectMultiMetricv4: Template[MultiMetricClass]

def __getattr__(name: str) -> Any: ...
