# SPDX-License-Identifier: Apache-2.0
"""Transforms, which map points of the fixed image into the moving one."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core, public
from .._core import Part
from .._images.arrays import Floats, describe, frozen_copy, join, to_numbers
from .._images.files import read_grid
from .._images.image import Image
from .field import field_vectors, is_field, make_field
from .files import read_parts, write_parts
from .jacobian import determinant_image
from .parts import AFFINE, affine_part, axes_of, chain_to_matrix, describe_part, list_bent
from .resample import resample_image


@public
@dataclass(frozen=True, eq=False, repr=False)
class Transform:
    """A chain of ITK's transforms, that maps points of the fixed image to those of the moving image.

    It cannot be changed, compares equal to a transform with the same parts, and can be pickled. a @ b applies b first.

    Parameters
    ----------
    dimension : int
        2 or 3.
    parts : sequence of (str, array, array), default ()
        ITK's name, fixed parameters and parameters of each transform, in the order of itk.CompositeTransform: the last
        one is applied to a point first. No part at all is the identity.

    Raises
    ------
    ValueError
        If it cannot be: a name of another dimension, a number that is not finite, a grid of another size.
    """

    dimension: int
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if self.dimension not in (2, 3):
            raise ValueError(f"dimension: 2 or 3 is needed, not {describe(self.dimension)}")
        parts = []
        for name, fixed_parameters, parameters in self.parts:
            if not re.fullmatch(rf"\w+_(double|float)_{self.dimension}_{self.dimension}(_\d)?", name):
                raise ValueError(f"parts: {name!r} is not the name of a transform of {self.dimension} dimensions")
            # What some inverses are called; its parameters are those of an affine transform.
            full = name.replace("_float_", "_double_").replace("MatrixOffsetTransformBase_", "AffineTransform_")
            part = (full, frozen_copy(fixed_parameters), frozen_copy(parameters))
            if name.startswith("MatrixOffsetTransformBase_"):
                # The inverse of an Euler3DTransform also has its order of rotations.
                part = (full, part[1][: self.dimension], part[2])
            try:
                _core.check_part(part)
            except _core.CoreError as error:
                raise ValueError(f"parts: {str(error).removeprefix('transform: ')}") from error
            parts.append(part)
        object.__setattr__(self, "parts", tuple(parts))

    # Points

    def apply(self, points: npt.ArrayLike) -> Floats:
        """Points of the moving image for points of the fixed one.

        Parameters
        ----------
        points : array, shape (n, D) or (D,)
            In space, x first; one point, or any number of them.

        Returns
        -------
        array
            Of the same shape.
        """
        shape = np.shape(points)
        one = len(shape) == 1
        needed = f"an array of points of shape (n, {self.dimension}), or ({self.dimension},) for one,"
        given = np.reshape(points, (1, -1)) if one else points
        numbers = to_numbers("points", given, (None, self.dimension), needed)
        if len(numbers) == 0:
            return numbers
        try:
            mapped: Floats = _core.transform_points(self.dimension, list(self.parts), numbers)
        except _core.CoreError as error:
            raise _core.CoreError(f"points: {self!r} cannot map them: {error}") from error
        return mapped[0] if one else mapped

    __call__ = apply

    def is_affine(self) -> bool:
        """Whether it is a matrix and an offset, judged by the kind of its parts."""
        return all(AFFINE.match(name) for name, _, _ in self.parts)

    def matrix(self, convention: str = "LPS") -> Floats:
        """The homogeneous matrix by which columns (point, 1) are multiplied.

        Parameters
        ----------
        convention : str, default "LPS"
            Which way the first two axes of space point: LPS, to the left and the back, as those of ITK, SimpleITK, ANTs
            and elastix; or RAS, as those of NIfTI files, nibabel, FreeSurfer, greedy and the views of 3D Slicer.

        Returns
        -------
        array, shape (D + 1, D + 1)

        Raises
        ------
        ValueError
            Where a part is not affine.
        """
        flip = axes_of(convention, self.dimension)
        if not self.is_affine():
            raise ValueError(
                f"only an affine transform has a matrix, not {list_bent(self.parts)}. Map points instead: apply()"
            )
        return flip[:, np.newaxis] * chain_to_matrix(self.dimension, self.parts) * flip

    def jacobian(self, reference: Any) -> Image:
        """The Jacobian determinant at every voxel of a grid: how much larger a small volume becomes.

        Where it is not positive, space is folded. Of cubic B-splines it is exact, of others by central differences; of
        displacement fields, at their voxels, as itk::DisplacementFieldJacobianDeterminantFilter has it.

        Parameters
        ----------
        reference : image or Geometry
            Its grid is wanted.

        Returns
        -------
        Image
            Of float64.

        Raises
        ------
        TypeError, ValueError
            They name the argument.
        """
        return determinant_image(self.parts, read_grid("reference", reference, self.dimension))

    @property
    def vectors(self) -> Floats:
        """Those of a displacement field, shape ([z,]y,x,D): in space, x first, from fixed to moving points.

        Raises
        ------
        ValueError
            Where it is not one displacement field. to_displacement_field() makes it one.
        """
        if not is_field(self.parts):
            raise ValueError(f"{self!r} is not one displacement field: to_displacement_field(reference) makes it one")
        return field_vectors(self.dimension, self.parts[0])

    # Images

    def resample(
        self,
        image: Any,
        reference: Any = None,
        interpolator: str = "linear",
        default: float = 0.0,
        progress: bool = False,
    ) -> Any:
        """An image of the moving side on a grid of the fixed side: at each point of the grid, the transform says where
        in the image its value is. Large images are done block by block.

        Parameters
        ----------
        image : image
            Any image that register() takes.
        reference : image or Geometry, optional
            Its grid is wanted. Default: that of the image.
        interpolator : str, default "linear"
            linear, b-spline, or another choice of the setting of register(). For labels nearest-neighbor; or
            label-linear, the label with the largest weight among the neighbours, whose edges are smoother.
        default : float, default 0
            The value outside.
        progress : bool, default False
            Write a line on standard error while it runs.

        Returns
        -------
        image
            Of the library and the pixel type of the one that is resampled, integers rounded; an Image for a file.

        Raises
        ------
        TypeError, ValueError
            They name the argument.
        """
        return resample_image(self.parts, self.dimension, image, reference, interpolator, default, progress)

    # Others from it

    def inverse(self) -> Transform:
        """The transform from moving to fixed points.

        Raises
        ------
        ValueError
            Where ITK has no inverse, as for a B-spline.
        """
        try:
            return Transform(self.dimension, tuple(_core.invert(self.dimension, list(self.parts))))
        except _core.CoreError as error:
            raise ValueError(f"{self!r} has no inverse: {error}") from error

    def to_displacement_field(self, reference: Any) -> Transform:
        """The same as one displacement field on a grid; beyond the grid, it moves nothing.

        Between voxels, vectors are interpolated linearly, so there it is the same only for affine transforms.

        Parameters
        ----------
        reference : image or Geometry
            Its grid is wanted: that of the fixed image, or one that covers it.

        Returns
        -------
        Transform
            Its vectors are an array; write(), to_itk() and to_simpleitk() pass it on.
        """
        return Transform(self.dimension, (make_field(self.parts, read_grid("reference", reference, self.dimension)),))

    def compose(self, first: Transform) -> Transform:
        """The transform that applies another one first, and then this one.

        Parameters
        ----------
        first : Transform
            Of the same dimension.
        """
        if not isinstance(first, Transform):
            raise TypeError(f"first: a Transform is needed, not {describe(first)}")
        if first.dimension != self.dimension:
            raise ValueError(f"first: {self.dimension} dimensions are needed, not {first.dimension}")
        return Transform(self.dimension, self.parts + first.parts)

    def __matmul__(self, first: Transform) -> Transform:
        return self.compose(first) if isinstance(first, Transform) else NotImplemented

    # Other libraries and files

    def to_itk(self) -> Any:
        """An itk transform; an itk.CompositeTransform unless there is one part. Imports itk."""
        return foreign("itk").to_itk(self.dimension, self.parts)

    def to_simpleitk(self) -> Any:
        """A SimpleITK transform; a SimpleITK.CompositeTransform unless there is one part. Imports SimpleITK."""
        return foreign("simpleitk").to_simpleitk(self.dimension, self.parts)

    @classmethod
    def from_itk(cls, transform: Any) -> Transform:
        """A copy of an itk transform.

        Parameters
        ----------
        transform : itk.Transform
            Of 2 or 3 dimensions.
        """
        return make_transform("transform", *foreign("itk").from_itk("transform", transform))

    @classmethod
    def from_simpleitk(cls, transform: Any) -> Transform:
        """A copy of a SimpleITK transform.

        Parameters
        ----------
        transform : SimpleITK.Transform
        """
        return make_transform("transform", *foreign("simpleitk").from_simpleitk("transform", transform))

    @classmethod
    def from_matrix(cls, matrix: npt.ArrayLike) -> Transform:
        """An affine transform.

        Parameters
        ----------
        matrix : array, shape (3, 3) or (4, 4)
            Homogeneous, from fixed to moving points.
        """
        return matrix_to_transform("matrix", matrix)

    @classmethod
    def read(
        cls, path: str | os.PathLike[str], *, format: str | None = None, fixed: Any = None, moving: Any = None
    ) -> Transform:
        """Read a file. The same as read_transform().

        Parameters
        ----------
        path : str or path
            As of read_transform(), and so are the others.
        format : str, optional
            Default: what the file tells.
        fixed, moving : image, path or Geometry, optional
            Default: none.
        """
        return Transform(*read_parts("path", path, format, fixed, moving))

    def write(
        self, path: str | os.PathLike[str], *, format: str | None = None, fixed: Any = None, moving: Any = None
    ) -> None:
        """Write it. The file is there as a whole, and read back once, or not at all.

        Parameters
        ----------
        path : str or path
            Where it is written.
        format : str, optional
            One of those of read_transform(). Default: what the suffix says: .h5, .tfm, .txt and .mat are ITK's,
            .nii.gz, .nii, .mha and .nrrd displacement fields, .lta is FreeSurfer's.
        fixed, moving : image, path or Geometry, optional
            The images between which it is: both for "fsl", "fnirt" and "freesurfer", the fixed one for "elastix", and
            for "field", unless the transform is one displacement field, which then keeps its grid. Default: none.

        Raises
        ------
        FileNotFoundError
            Where there is no such folder.
        ValueError
            Where the format cannot hold it, or an image is missing.
        OSError, RuntimeError
            If it cannot be written; what was there before then stays.
        """
        write_parts(path, (self.dimension, self.parts), format, fixed, moving)

    # What Python asks of every object

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Transform):
            return NotImplemented
        if self.dimension != other.dimension or len(self.parts) != len(other.parts):
            return False
        return all(
            one[0] == two[0] and np.array_equal(one[1], two[1]) and np.array_equal(one[2], two[2])
            for one, two in zip(self.parts, other.parts, strict=True)
        )

    def __hash__(self) -> int:
        # Adding 0 makes 0 of -0, to which it is equal.
        return hash((self.dimension, tuple((name, (numbers + 0.0).tobytes()) for name, _, numbers in self.parts)))

    def __reduce__(self) -> tuple[Callable[..., Transform], tuple[Any, ...]]:
        return type(self), (self.dimension, self.parts)

    def __repr__(self) -> str:
        parts = ", ".join(describe_part(part) for part in self.parts) or "identity"
        return f"Transform({self.dimension} dimensions: {parts})"


def make_transform(name: str, dimension: int, parts: Iterable[Part]) -> Transform:
    """A transform; the name is what errors call the argument."""
    try:
        return Transform(dimension, tuple(parts))
    except ValueError as error:
        raise ValueError(f"{name}: {str(error).removeprefix('parts: ')}") from error


def foreign(library: str) -> Any:
    """The module that knows the transforms of a library, which few need."""
    return importlib.import_module(f".foreign_{library}", __package__)


def matrix_to_transform(name: str, matrix: npt.ArrayLike) -> Transform:
    shape = np.shape(matrix)
    side = 3 if shape and shape[0] == 3 else 4
    numbers = to_numbers(name, matrix, (side, side), "a homogeneous matrix of shape (3, 3) or (4, 4)")
    dimension = side - 1
    last = [0.0] * dimension + [1.0]
    if not np.array_equal(numbers[-1], last):
        raise ValueError(f"{name}: the last row of a homogeneous matrix is {join(last)}, not {join(numbers[-1])}")
    if np.linalg.matrix_rank(numbers[:-1, :-1]) < dimension:
        raise ValueError(f"{name}: the matrix is singular")
    return Transform(dimension, (affine_part(numbers),))
