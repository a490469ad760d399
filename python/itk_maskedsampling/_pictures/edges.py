# SPDX-License-Identifier: Apache-2.0
"""Edges in a slice, as lines."""

from __future__ import annotations

import numpy as np

from .._images.arrays import Array, Floats
from .slices import find_border

#: The share of the pixels that are too flat for an edge, and the least slope of one, of the steepest.
FLAT, LEAST = 0.85, 0.15


def find_edges(values: Array, sigmas: tuple[float, float]) -> Floats:
    """Lines where the slope of a slice is steepest: shape (n, 2, 2), of ends (column, row) in pixels, as find_border().

    sigmas: of the Gaussian that smooths it before, in pixels, along columns and along rows.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.zeros((0, 2, 2))
    smooth = blur(np.where(known, values, values[known].mean()), sigmas)
    if min(smooth.shape) < 2:
        return np.zeros((0, 2, 2))
    down, across = np.gradient(smooth)
    (down_down, down_across), across_across = np.gradient(down), np.gradient(across, axis=1)
    slope = np.hypot(down, across)
    slope[~known] = 0
    high = float(np.quantile(slope[known], 0.995))
    strong = slope > max(float(np.quantile(slope[known], FLAT)), LEAST * high)
    # Along the gradient, the second derivative changes its sign where the slope is steepest.
    bend = down**2 * down_down + 2 * down * across * down_across + across**2 * across_across
    lines = find_border(bend > 0)
    middle = lines.mean(axis=1)
    rows, columns = values.shape
    column, row = (np.clip(np.floor(middle + 0.25).astype(int).T, 0, [[columns - 1], [rows - 1]])).astype(int)
    inner = ((middle > 0 - 0.25) & (middle < np.array([columns, rows]) - 0.75)).all(axis=1)
    edges: Floats = lines[strong[row, column] & inner]
    return edges


def find_edge_pixels(values: Array, sigmas: tuple[float, float]) -> Array:
    """The same as pixels of a picture, which are next to the lines."""
    pixels = np.zeros(values.shape, bool)
    column, row = np.floor(find_edges(values, sigmas).mean(axis=1) + 0.25).astype(int).T
    pixels[row, column] = True
    return pixels


def blur(values: Array, sigmas: tuple[float, float]) -> Floats:
    """Smoothed by a Gaussian, along columns and along rows."""
    smooth = np.asarray(values, np.float64)
    for axis, sigma in ((1, sigmas[0]), (0, sigmas[1])):
        radius = int(np.ceil(3 * sigma))
        weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-6)) ** 2)
        weights /= weights.sum()
        width = [(radius, radius) if one == axis else (0, 0) for one in (0, 1)]
        padded, count = np.pad(smooth, width, mode="edge"), smooth.shape[axis]
        parts = (weight * padded.take(range(n, n + count), axis) for n, weight in enumerate(weights))
        smooth = np.sum(list(parts), axis=0)
    return smooth
