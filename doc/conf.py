# SPDX-License-Identifier: Apache-2.0
"""The documentation site: `make docs`, or sphinx-build -W -b html doc build/docs."""

import sys
from pathlib import Path

import itk_maskedsampling

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "ITK Masked Sampling"
release = itk_maskedsampling.version()
version = release

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "cpp_reference",
    "docstrings",
    "drawings",
]
exclude_patterns = ["images"]
default_role = "literal"

# Types of other libraries cannot be looked up without a network.
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*"), ("cpp:identifier", ".*"), ("cpp:expr", ".*")]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Notebooks run at every build, and an exception in one is an error.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
# Viewers would load their scripts from elsewhere; a notebook shows a snapshot instead, which has all that it needs.
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

autodoc_member_order = "bysource"
napoleon_google_docstring = False
# In the order in which they are written, as descriptions, with types.
napoleon_use_param = False
napoleon_use_rtype = False
autodoc_typehints = "signature"
# Names instead of what they stand for.
autodoc_type_aliases = {name: name for name in ("Array", "Callback", "Counts", "Floats", "Numbers")}
autodoc_type_aliases["npt.ArrayLike"] = "ArrayLike"
#: Classes that are made by the package, not by its users.
results = ("Cohort", "CohortProgress", "LevelReport", "Progress", "Record", "Registration", "Samples")
python_maximum_signature_line_length = 100
cpp_maximum_signature_line_length = 100

#: Those that have a place in api/cpp.md, to which comments link.
cpp_reference_classes = [
    "MaskedImageRegistration",
    "MaskedRegistrationMethod",
    "MaskedRegistrationSettings",
    "MaskedSamplingSettingsMixin",
    "MaskedSamplingMixin",
    "MaskedSyNRegistrationMethod",
    "MaskedVoxelSampler",
    "SampledCorrelationImageToImageMetricv4",
    "SampledMattesMutualInformationImageToImageMetricv4",
    "SampledMeanSquaresImageToImageMetricv4",
    "SampledNeighborhoodCorrelationImageToImageMetricv4",
    "SampledMetricMixin",
]

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
