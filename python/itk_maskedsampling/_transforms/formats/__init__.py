# SPDX-License-Identifier: Apache-2.0
"""Files of transforms, a module for each kind. Each has read(request) and write(request, chain)."""
