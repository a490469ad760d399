# SPDX-License-Identifier: Apache-2.0
"""The check of includes, imports and lengths finds a planted violation of each rule, and nothing in a clean tree."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / ".ci/check_house.py"

PACKAGE = "python/itk_maskedsampling"

CLEAN = {
    "include/itkFace.h": '#include "itkImage.h"\n#include "itkOtherFace.h"\n#include <vector>\n',
    "include/itkOtherFace.h": '// as in src/*.cxx\n/* #include "metric/itkKernel.h"\n*/\n// #include "itkKernel.h"\n',
    "src/geometry/itkGrid.h": '#include "itkImageRegion.h"\n',
    "src/metric/itkKernel.h": '#include "geometry/itkGrid.h"\n#include "metric/itkStore.h"\n#include "itkFace.h"\n',
    "src/metric/itkStore.h": "",
    "src/facade/itkFace.cxx": '#include "itkFace.h"\n#include "metric/itkKernel.h"\n',
    "python/core/CoreErrors.h": "#include <string>\n",
    "python/core/CoreErrors.cxx": '#include "CoreErrors.h"\n#include "itkOutputWindow.h"\n',
    "python/core/CoreImages.cxx": '#include "CoreErrors.h"\n#include "metric/itkStore.h"\n',
    "test/itkKernelGTest.cxx": '#include "metric/itkKernel.h"\n',
    "python/itk_maskedsampling/__init__.py": "def version() -> str:\n    from ._cli.program import main\n",
    "python/itk_maskedsampling/_core/__init__.py": "from .library import load\n",
    "python/itk_maskedsampling/_core/library.py": "import ctypes\nfrom .. import version\n",
    "python/itk_maskedsampling/_images/image.py": "from .. import _core, version\nfrom .._core.library import load\n",
    "python/itk_maskedsampling/_images/masks.py": "from .image import Image\nfrom . import image\n",
    "python/itk_maskedsampling/_registration/register.py": "from .result import Registration\n",
    "python/itk_maskedsampling/_registration/result.py": "def repeat():\n    from .register import register\n",
    "python/itk_maskedsampling/_cli/program.py": "from .. import plot, version\nfrom .._images.masks import Mask\n",
    "python/itk_maskedsampling/plot/__init__.py": "",
}


def check(root: Path, changes: dict[str, str]) -> tuple[int, str]:
    for path, text in {**CLEAN, **changes}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    done = subprocess.run([sys.executable, PROGRAM, root], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_clean_tree_passes(tmp_path: Path) -> None:
    assert check(tmp_path, {}) == (0, "")


def test_tree_without_files_is_no_clean_tree(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, PROGRAM, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no C++ files" in done.stderr


@pytest.mark.parametrize(
    ("path", "text", "place", "way_out"),
    [
        # A layer includes a later one: with its folder, without it, and a file that is gone.
        ("src/geometry/itkGrid.h", '\n#include "metric/itkStore.h"\n', ":2: layers: geometry", "Move what is needed"),
        ("src/geometry/itkGrid.h", '#  include "itkStore.h"\n', ":1: layers: geometry", "Move what is needed"),
        ("src/metric/itkStore.h", "#include <facade/itkGone.h>\n", ":1: layers: metric", "Move what is needed"),
        ("src/metric/itkKernel.cxx", '/*\n*/ #include "level/a.h"\n', ":2: layers: metric", "Move what is needed"),
        ("src/itkLoose.cxx", "", ":1: layers: not in the folder of a layer", "Put it into one of"),
        ("src/helpers/itkLoose.h", "", ":1: layers: not in the folder of a layer", "Put it into one of"),
        # A public header includes a private one: with its folder, without it, by a relative path, in a template's part.
        ("include/itkFace.h", '#include "metric/itkStore.h"\n', ":1: public headers:", "define it in a .cxx"),
        ("include/itkFace.h", '\n\n#include "itkStore.h"\n', ":3: public headers:", "define it in a .cxx"),
        ("include/itkFace.h", '#include "../src/metric/itkStore.h"\n', ":1: public headers:", "define it in a .cxx"),
        ("include/itkFace.hxx", '#include "metric/itkStore.h"\n', ":1: public headers:", "define it in a .cxx"),
        ("include/itkOtherFace.h", '#include "metric/itkStore.h"\n', ":1: public headers:", "define it in a .cxx"),
        # CoreErrors includes anything of ours.
        ("python/core/CoreErrors.cxx", '#include "CoreErrors.h"\n#include "CoreA.h"\n', ":2: core:", "another file"),
        ("python/core/CoreErrors.h", '#include "metric/itkStore.h"\n', ":1: core:", "another file"),
        # A room imports a later one: at the top, in a function, for types, as a name of the package.
        (
            f"{PACKAGE}/_core/library.py",
            "from .._images.image import Image\n",
            ":1: rooms: _core",
            "Move what is needed",
        ),
        (
            f"{PACKAGE}/_core/library.py",
            "def f():\n    from .. import plot\n",
            ":2: rooms: _core",
            "Move what is needed",
        ),
        (f"{PACKAGE}/_images/masks.py", "if x:\n    from .._cli import program\n", ":2: rooms: _images", "Move what"),
        (f"{PACKAGE}/_helpers.py", "", ":1: rooms: not in a sub-package", "Put it into one of"),
        (f"{PACKAGE}/helpers/many.py", "", ":1: rooms: not in a sub-package", "Put it into one of"),
        # A circle, lazy or not.
        (f"{PACKAGE}/_images/image.py", "def f():\n    from .masks import Mask\n", ":2: circles: ", "third file"),
        (f"{PACKAGE}/_core/library.py", "from .. import _core\n", ":1: circles: ", "third file"),
        # Lengths.
        (f"{PACKAGE}/_images/masks.py", "\n" * 401, ":401: length: 401 lines", "Divide it"),
        ("test/python/test_a.py", "\n" * 501, ":501: length: 501 lines", "Divide it"),
        ("include/itkFace.h", "\n" * 451, ":451: length: 451 lines", "Divide it"),
        ("src/metric/itkStore.hxx", "\n" * 600, ":451: length: 600 lines", "Divide it"),
        ("python/core/CoreImages.cxx", "\n" * 451, ":451: length: 451 lines", "Divide it"),
        ("test/itkKernelGTest.cxx", "\n" * 651, ":651: length: 651 lines", "Divide it"),
    ],
)
def test_violation_is_found(tmp_path: Path, path: str, text: str, place: str, way_out: str) -> None:
    code, output = check(tmp_path, {"python/core/CoreA.h": "", path: text})
    assert code == 1
    (line,) = output.splitlines()
    # A circle is said of the first of its files.
    assert line.startswith(path + place) or "circles: " in line.partition("imports")[0]
    assert way_out in line


def test_public_header_that_reaches_a_private_one_through_another_header(tmp_path: Path) -> None:
    changes = {
        "include/itkFace.h": '#include "itkHelper.h"\n',
        "test/itkHelper.h": '#include "itkDetail.h"\n',
        "test/itkDetail.h": '#include "itkHelper.h"\n#include "metric/itkStore.h"\n',
    }
    code, output = check(tmp_path, changes)
    assert code == 1
    assert output.startswith(
        "include/itkFace.h:1: public headers: includes the private src/metric/itkStore.h through test/itkHelper.h and "
        "test/itkDetail.h."
    )


def test_files_as_long_as_allowed_pass(tmp_path: Path) -> None:
    assert check(tmp_path, {"src/metric/itkStore.h": "\n" * 450, "test/itkKernelGTest.cxx": "\n" * 650}) == (0, "")
