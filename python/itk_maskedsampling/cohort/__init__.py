# SPDX-License-Identifier: Apache-2.0
"""Registration of many pairs of images: on the processes of this machine, or on a Dask cluster."""

from .progress import CohortProgress
from .record import Record
from .result import Cohort
from .run import read_cohort, register_cohort

__all__ = ["Cohort", "CohortProgress", "Record", "read_cohort", "register_cohort"]
