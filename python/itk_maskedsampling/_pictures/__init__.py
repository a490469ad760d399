# SPDX-License-Identifier: Apache-2.0
"""What pictures are made of, without a library that draws: slices, PNG and HTML."""
