# SPDX-License-Identifier: Apache-2.0
"""Deformable registration of a real pair, a lung and its follow-up, this module's beside its peers'.

The tools' settings and the tables are modules of this package; what runs the tools is that of the folder registration,
what reads the pair that of the package success.
"""

import success

#: Where the modules are that both need has been said by that package.
ROOT = success.ROOT
