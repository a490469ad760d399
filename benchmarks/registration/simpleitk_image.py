# SPDX-License-Identifier: Apache-2.0
"""An image of SimpleITK, for the tools that take one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk


def make_simpleitk_image(array: npt.NDArray[Any], geometry: dict[str, Any]) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(geometry["origin"])
    image.SetSpacing(geometry["spacing"])
    image.SetDirection(np.ravel(geometry["direction"]).tolist())
    return image
