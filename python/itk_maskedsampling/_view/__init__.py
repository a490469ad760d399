# SPDX-License-Identifier: Apache-2.0
"""Sample points, masks and images in three dimensions."""
