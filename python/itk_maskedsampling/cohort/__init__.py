# SPDX-License-Identifier: Apache-2.0
"""Registration of many pairs of images: on the processes of this machine, or on a Dask cluster."""

from .progress import CohortProgress
from .reading import collect_cohort, read_cohort
from .record import Record
from .result import Cohort
from .run import register_cohort

__all__ = ["Cohort", "CohortProgress", "Record", "collect_cohort", "read_cohort", "register_cohort"]
