# SPDX-License-Identifier: Apache-2.0
"""Deformable registration of a real pair, a lung and its follow-up, this module's beside its peers'.

The tools' settings and the tables are modules of this package; what runs the tools is that of the folder registration,
what reads the pair that of the package success.
"""

import success  # noqa: F401 (which says where the modules of the other folders are)
