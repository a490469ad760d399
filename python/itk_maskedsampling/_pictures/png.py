# SPDX-License-Identifier: Apache-2.0
"""Arrays as PNG files in memory."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from .._images.arrays import Array


def encode_png(pixels: Array) -> bytes:
    """A picture from uint8: shape (rows, columns) for grey, (rows, columns, 3) for red, green, blue."""
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"uint8 of shape (rows, columns) or (rows, columns, 3) is needed, not {pixels.shape}")
    rows, columns = pixels.shape[:2]
    # Every row starts with the number of its filter; 0 is none.
    lines = np.zeros((rows, pixels[0].size + 1), np.uint8)
    lines[:, 1:] = pixels.reshape(rows, -1)
    color_type = 0 if pixels.ndim == 2 else 2
    header = struct.pack(">IIBBBBB", columns, rows, 8, color_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(make_chunk(kind, content) for kind, content in chunks)


def make_chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def make_data_url(pixels: Array) -> str:
    """A picture as the source of an HTML image."""
    return "data:image/png;base64," + base64.b64encode(encode_png(pixels)).decode("ascii")
