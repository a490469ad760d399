# SPDX-License-Identifier: Apache-2.0
"""A drop-in for SimpleITK's ImageRegistrationMethod that samples inside the masks.

One edit of a script: the class,

>>> from itk_maskedsampling.simpleitk import ImageRegistrationMethod

in place of `SimpleITK.ImageRegistrationMethod`. With a mask, mean squares, correlation and the mutual information of
Mattes are many times faster. The derivative is SimpleITK's, from the gradient of the moving image, blurred; but of that
only the part that samples reach is made.

It has nearly the whole interface of SimpleITK 2.5: methods, arguments, defaults and what is returned; and the same
numbers, events and texts, as long as there is neither a mask nor sampling. All that differs is in this list.

With a mask, or with samples:

- Percentages: a fraction of the mask voxels of the level, and exactly that many samples reach the metric. SimpleITK
  draws them from the whole grid, and drops those outside the mask.
- Samples: inside their voxels and the mask; a seed fixes them, with any number of threads.
- Scales: estimated in the box of the mask.
- Grids: with a mask and the strategy NONE, a shrunken grid begins at the box of the mask, and not at the corner of the
  image, so that there are a few voxels more or less of it inside.
- Ranges: with samples in a mask, the histogram of Mattes has the range of the moving image around them. SimpleITK takes
  that of the whole image.
- Masks: a pixel is inside if it is not 0. SimpleITK converts it to 8 bits first, where 0.5 and 256 are 0.
- Gaps: pixels that are not finite numbers are nothing outside the masks, and an error inside, or where there is no
  mask.

Always:

- Commands: an exception in one comes out of Execute() as it is, also KeyboardInterrupt. SimpleITK makes it a
  RuntimeError.
- Positions: before the first iteration, GetOptimizerPosition() has the parameters of the start. SimpleITK raises an
  exception until there is a metric.
- Chains: may hold composite transforms at any place.
- Arrays: those of numpy are taken where SimpleITK wants other sequences.
- Text: str() has the settings of metric and optimizer, but not the object of ITK that runs.
- Missing: the sitkBSplineResampler interpolators, and displacement fields smoothed by B-splines: NotImplementedError.
- Refused: what SimpleITK takes and crashes by, or ignores: no optimizer, an unknown interpolator, a negative sigma, an
  empty mask or one beside its image, an image that is the same everywhere, percentages that are not as many as the
  levels, scales or steps that are not as many as the parameters, too few bins, scaleFactors for splines of order 0 or
  1, seeds beyond 2^31 - 1, parameters that are not finite.

Beyond SimpleITK: SetMetricNumberOfSamples(), SetMetricResampleEveryIteration(), SetMetricSamplingWeights(),
SetMetricUseExactDerivative(), SetInitialTransformSearch(), SetUncertaintyEstimation(), GetUncertaintyEstimation(),
GetUncertainty(), GetMetricNumberOfMaskVoxels(), GetMetricSamplePoints().
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
