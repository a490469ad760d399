# SPDX-License-Identifier: Apache-2.0
"""Arrays as PNG files in memory."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from .._images.arrays import Array


def encode_png(pixels: Array, palette: Array | None = None) -> bytes:
    """A picture from uint8: shape (rows, columns) for grey, (rows, columns, 3) for red, green, blue.

    palette: shape (n, 3), of the colours that pixels of shape (rows, columns) are the numbers of.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"uint8 of shape (rows, columns) or (rows, columns, 3) is needed, not {pixels.shape}")
    rows, columns = pixels.shape[:2]
    # Every row starts with the number of its filter: 2 is the difference from the row above, which is smaller.
    lines = np.full((rows, pixels[0].size + 1), 2, np.uint8)
    flat = pixels.reshape(rows, -1)
    lines[0, 1:] = flat[0]
    lines[1:, 1:] = flat[1:] - flat[:-1]
    color_type = 3 if palette is not None else 0 if pixels.ndim == 2 else 2
    header = struct.pack(">IIBBBBB", columns, rows, 8, color_type, 0, 0, 0)
    colors = [] if palette is None else [(b"PLTE", palette.astype(np.uint8).tobytes())]
    chunks = [(b"IHDR", header), *colors, (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(make_chunk(kind, content) for kind, content in chunks)


def make_chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def make_data_url(png: bytes) -> str:
    """A PNG file as the source of an HTML image."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
