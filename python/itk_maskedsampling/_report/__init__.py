# SPDX-License-Identifier: Apache-2.0
"""A registration as one page of HTML."""
