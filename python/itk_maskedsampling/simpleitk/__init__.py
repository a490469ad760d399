# SPDX-License-Identifier: Apache-2.0
"""A drop-in for SimpleITK's ImageRegistrationMethod that samples inside the masks.

>>> from itk_maskedsampling.simpleitk import ImageRegistrationMethod

in place of `SimpleITK.ImageRegistrationMethod()` is the only change: methods, arguments, defaults and what is returned
are those of SimpleITK 2.5, and so are the numbers, as long as there is neither a mask nor sampling. What is different:

- A sampling percentage is a fraction of the mask voxels of the level, and exactly that many samples reach the metric.
  SimpleITK draws them from the whole grid, and drops those outside the mask.
- Samples lie inside their voxels and the mask; a seed fixes them, with any number of threads.
- With a mask, the scales of the parameters are estimated in its bounding box.
- A pixel of a mask is inside if it is not 0; SimpleITK converts it to 8 bits first, where 0.5 and 256 are 0.
- An exception in a command comes out of Execute() as it is, also KeyboardInterrupt. SimpleITK makes it a RuntimeError.
- A chain of transforms may hold composite transforms at any place.
- The sitkBSplineResampler interpolators, and displacement fields smoothed by B-splines, are not here:
  NotImplementedError.
- What SimpleITK takes and crashes by or ignores raises an exception: no optimizer, an unknown interpolator, a negative
  sigma, an empty mask, percentages that are not as many as the levels, scaleFactors for splines of order 0 or 1.

Beyond SimpleITK: SetMetricNumberOfSamples(), SetMetricResampleEveryIteration(), SetMetricSamplingWeights(),
SetMetricUseExactDerivative(), GetMetricNumberOfMaskVoxels(), GetMetricSamplePoints().
"""

try:
    import SimpleITK
except ImportError as error:
    raise ImportError(f'SimpleITK is needed: pip install "itk-maskedsampling[simpleitk]" ({error})') from error

#: The first version that fits, and the first one that may not.
FIRST, BEFORE = (2, 5), (4,)
if not FIRST <= tuple(int(number) for number in SimpleITK.Version.VersionString().split(".")[:2]) < BEFORE:
    raise ImportError(
        f"SimpleITK {SimpleITK.Version.VersionString()} does not fit; one from 2.5 on, before 4, does: "
        'pip install "itk-maskedsampling[simpleitk]"'
    )

from .method import ImageRegistrationMethod  # noqa: E402

__all__ = ["ImageRegistrationMethod"]
