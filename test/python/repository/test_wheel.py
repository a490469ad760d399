# SPDX-License-Identifier: Apache-2.0
"""The wheel as a file: what is in it, and what it needs."""

import email
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path


def run(*command: str) -> str:
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=True).stdout


def test_name_and_contents(wheel: Path, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert wheel.name.startswith(f"itk_maskedsampling-{project['version']}-cp311-abi3-")
    assert version("itk-maskedsampling") == project["version"]
    names = zipfile.ZipFile(wheel).namelist()
    assert "itk/Configuration/MaskedSamplingConfig.py" in names
    assert {"itk-stubs/__init__.pyi", "itk_maskedsampling/py.typed"} <= set(names)
    assert "itk_maskedsampling/_extension/docstrings.json" in names
    # Nothing of ITK's own, which would overwrite files of the itk wheel.
    ours = ("itk/", "itk-stubs/", "itk_maskedsampling")
    assert all(name.startswith(ours) and ("ITK" not in name or "/notices/" in name) for name in names)
    assert not any(name.endswith((".a", ".h", ".hxx", ".cmake")) for name in names)
    assert wheel.stat().st_size < 15e6


#: What only the binary of a library has, and the notice that has to be there for it.
TRACES = {
    b"HDF5": "HDF5",
    b"TIFF": "TIFF",
    b"JFIF": "JPEG",
    b"IHDR": "PNG",
    b"deflate": "ZLIB",
    b"nifti_": "NIFTI",
    b"NrrdIO": "NrrdIO",
    b"ElementSpacing": "MetaIO",
    b"vnl_": "VXL",
    b"tbb": "TBB",
    b"lbfgs": "libLBFGS",
    b"itksys": "KWSys",
    b"itk": "ITK",
}


def test_notices_of_what_is_linked_are_there(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    names = files.namelist()
    notices = {Path(name).stem: files.read(name) for name in names if ".dist-info/licenses/notices/" in name}
    binaries = b"".join(files.read(name) for name in names if ".so" in name)
    linked = {name for trace, name in TRACES.items() if trace in binaries}
    assert linked == set(TRACES.values()), "or else a trace is none any more"
    assert linked <= set(notices)
    words = (b"copyright", b"license", b"permission", b"redistribution", b"public domain")
    for name, text in notices.items():
        assert any(word in text.lower() for word in words), name
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_extras_are_those_for_users(wheel: Path) -> None:
    """Tools for the development are groups, which are not in the wheel."""
    name = next(one for one in zipfile.ZipFile(wheel).namelist() if one.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(zipfile.ZipFile(wheel).read(name))
    extras = {"all", "cli", "cohort", "nibabel", "notebook", "plot", "simpleitk"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras


def test_every_file_of_the_package_is_there(wheel: Path, repository: Path) -> None:
    package = repository / "python"
    files = {path.relative_to(package).as_posix() for path in (package / "itk_maskedsampling").rglob("*.py")}
    assert files <= set(zipfile.ZipFile(wheel).namelist())


def test_auditwheel_finds_nothing_missing(wheel: Path) -> None:
    report = " ".join(run("auditwheel", "show", str(wheel)).split())
    assert 'is consistent with the following platform tag: "manylinux' in report, report


def test_abi3audit_finds_no_violation(wheel: Path) -> None:
    run("abi3audit", "--strict", str(wheel))


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).parent / "itk-maskedsampling"
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert shown.split()[-1] == version("itk-maskedsampling")
