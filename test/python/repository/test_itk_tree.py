# SPDX-License-Identifier: Apache-2.0
"""The maker of ITK build trees: its bookkeeping, with the long steps replaced by short ones."""

import hashlib
import io
import multiprocessing
import os
import shutil
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import itk_tree
import pytest


class FakeTree(itk_tree.Tree):
    """Writes a tiny tree, slowly, and notes who made it how often."""

    def make_tools(self) -> None:
        self.tools.mkdir(parents=True, exist_ok=True)

    def make_source(self) -> None:
        self.source.mkdir(exist_ok=True)

    def configure(self) -> None:
        modules = self.build / "lib/cmake/ITK-5.4/Modules"
        modules.mkdir(parents=True, exist_ok=True)
        (modules / "ITKCommon.cmake").write_text("# module\n")
        for part in itk_tree.WRITTEN:
            (self.build / part).mkdir(parents=True, exist_ok=True)
        (self.build / "ITKConfig.cmake").write_text(
            f'set(ITK_MODULES_DIR "{modules}")\nset(ITK_LIBRARIES_DIR "{self.build}/lib")\n'
        )
        (self.build / "ITKConfigVersion.cmake").write_text("# version\n")

    def compile(self) -> None:
        with (self.folder / "made").open("a") as stream:
            stream.write("made\n")
        time.sleep(0.5)

    def clean(self) -> None:
        pass


class InterruptedTree(FakeTree):
    def compile(self) -> None:
        raise KeyboardInterrupt


def make(cache: Path) -> None:
    tree = FakeTree(cache)
    tree.ensure()
    assert tree.complete.exists()


def test_builds_at_once_make_one_tree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=make, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert (FakeTree(tmp_path).folder / "made").read_text() == "made\n"


def test_half_built_tree_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    interrupted = InterruptedTree(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        interrupted.ensure()
    assert interrupted.build.exists()
    assert not interrupted.complete.exists()
    make(tmp_path)
    assert (interrupted.folder / "made").exists()


def test_everything_that_shapes_the_tree_is_in_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [itk_tree.Tree(tmp_path).folder]
    monkeypatch.setenv("CXXFLAGS", "-O1")
    folders.append(itk_tree.Tree(tmp_path).folder)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(itk_tree.RECIPE.read_text().replace('"2;3;4"', '"2;3"'))
    folders.append(itk_tree.Tree(tmp_path, recipe).folder)
    project = tmp_path / "pyproject.toml"
    project.write_text(itk_tree.PROJECT.read_text().replace("swig==4", "swig==5"))
    folders.append(itk_tree.Tree(tmp_path, recipe, project).folder)
    monkeypatch.setattr("sys.base_prefix", "elsewhere")
    folders.append(itk_tree.Tree(tmp_path, recipe, project).folder)
    assert len(set(folders)) == len(folders)


def test_view_is_private(tmp_path: Path) -> None:
    make(tmp_path)
    tree = FakeTree(tmp_path)
    view = tmp_path / "view"
    tree.make_view(view)
    config = (view / "ITKConfig.cmake").read_text()
    assert f'"{view}/lib/cmake/ITK-5.4/Modules"' in config
    assert f'"{tree.build}/lib"' in config  # the libraries are not copied

    (view / "Wrapping/Typedefs/ours.i").write_text("written by a build\n")
    assert not (tree.build / "Wrapping/Typedefs/ours.i").exists()
    tree.make_view(view)  # again: what a build wrote is kept
    assert (view / "Wrapping/Typedefs/ours.i").exists()
    (view / "view-of").write_text("another tree")
    tree.make_view(view)
    assert not (view / "Wrapping/Typedefs/ours.i").exists()


def test_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SystemExit, match="no-such-compiler"):
        itk_tree.Tree(tmp_path)


def test_key_does_not_depend_on_how_the_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    folder = itk_tree.Tree(tmp_path).folder
    path = shutil.which("c++")
    assert path is not None
    monkeypatch.setenv("CXX", path)  # as CMake does
    assert itk_tree.Tree(tmp_path).folder == folder
    gcc = shutil.which("g++")
    if gcc is not None and Path(gcc).resolve() == Path(path).resolve():
        monkeypatch.setenv("CXX", "g++")  # as scikit-build-core does
        assert itk_tree.Tree(tmp_path).folder == folder


def write_archive(path: Path, *members: tarfile.TarInfo) -> Path:
    """An archive whose regular files hold their own names."""
    with tarfile.open(path, "w:gz") as stream:
        for member in members:
            content = member.name.encode() if member.isreg() else b""
            member.size = len(content)
            stream.addfile(member, io.BytesIO(content))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = link
    member.mode = mode
    return member


@pytest.fixture(params=["this Python", "Python 3.11.2"])
def unpack(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Path], None]:
    """The function under test, with the tarfile of this Python, and with one that knows nothing of filters (3.11.3)."""
    if request.param == "Python 3.11.2":
        extract_all, extract = tarfile.TarFile.extractall, tarfile.TarFile.extract

        def extract_all_without_filter(self: tarfile.TarFile, path: str = ".", members: None = None) -> None:
            extract_all(self, path, members)

        def extract_without_filter(self: tarfile.TarFile, member: tarfile.TarInfo, path: str = "") -> None:
            extract(self, member, path)

        monkeypatch.setattr(tarfile.TarFile, "extractall", extract_all_without_filter)
        monkeypatch.setattr(tarfile.TarFile, "extract", extract_without_filter)
        for name in ("data_filter", "tar_filter", "fully_trusted_filter", "FilterError", "OutsideDestinationError"):
            monkeypatch.delattr(tarfile, name, raising=False)
    return itk_tree.unpack


def test_source_is_unpacked_without_top_folder_and_test_data(
    tmp_path: Path, unpack: Callable[[Path, Path], None]
) -> None:
    archive = write_archive(
        tmp_path / "source.tar.gz",
        entry("ITK-5", tarfile.DIRTYPE, mode=0o755),
        entry("ITK-5/CMakeLists.txt"),
        entry("ITK-5/Utilities", tarfile.DIRTYPE, mode=0o700),
        entry("ITK-5/Utilities/script.sh", mode=0o4775),
        entry("ITK-5/Modules/A/test/itkTest.cxx"),
        entry("ITK-5/Modules/A/test/Input/image.png"),
        entry("ITK-5/.ExternalData/SHA512/0"),
        entry("ITK-5/Testing/Data/Baseline/0"),
    )
    folder = tmp_path / "source"
    unpack(archive, folder)
    unpacked = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert unpacked == {"CMakeLists.txt", "Utilities/script.sh", "Modules/A/test/itkTest.cxx"}
    assert (folder / "CMakeLists.txt").read_text() == "ITK-5/CMakeLists.txt"
    assert (folder / "CMakeLists.txt").stat().st_mode & 0o7777 == 0o644
    assert (folder / "Utilities/script.sh").stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize(
    "members",
    [
        [entry("ITK-5/../../outside")],
        [entry("ITK-5/Modules/../../../outside")],
        [entry("ITK-5//outside-absolute")],
        [entry("ITK-5/link", tarfile.SYMTYPE, "../.."), entry("ITK-5/link/outside")],
        [entry("ITK-5/link", tarfile.SYMTYPE, "/"), entry("ITK-5/link/tmp/outside")],
        [entry("ITK-5/link", tarfile.LNKTYPE, "../precious")],
        [entry("ITK-5/device", tarfile.FIFOTYPE)],
    ],
    ids=["up", "up from inside", "absolute", "link up", "link to root", "hard link", "device"],
)
def test_malicious_archive_is_refused_and_writes_nothing_outside(
    tmp_path: Path, unpack: Callable[[Path, Path], None], members: list[tarfile.TarInfo]
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("as it was")
    archive = write_archive(tmp_path / "evil.tar.gz", entry("ITK-5/CMakeLists.txt"), *members)
    before = sorted(tmp_path.iterdir())
    folder = tmp_path / "a/source"
    with pytest.raises(SystemExit, match=r"evil\.tar\.gz.*not unpacked"):
        unpack(archive, folder)
    assert precious.read_text() == "as it was"
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "a"])
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["source"]
    assert {path.name for path in folder.rglob("*")} <= {"CMakeLists.txt", "Modules"}


RECORDS = """Package: insighttoolkit5
Version: 5.4.8-1
Checksums-Sha256:
 {new} 100 insighttoolkit5_5.4.8-1.dsc
 {other} 200 insighttoolkit5_5.4.8.orig.tar.xz

Package: insighttoolkit5
Version: 5.4.7-3+b1
Checksums-Sha256:
 {other} 100 insighttoolkit5_5.4.7-3.dsc
 {wanted} 200 insighttoolkit5_5.4.7.orig.tar.xz
""".format(new="a" * 64, other="b" * 64, wanted="c" * 64)


def test_debian_package_is_found_by_the_hash_of_its_archive() -> None:
    """Whatever the version of the package is by now."""
    assert itk_tree.find_package_version(RECORDS, "c" * 64) == "5.4.7-3+b1"
    assert itk_tree.find_package_version(RECORDS, "d" * 64) is None
    assert itk_tree.find_package_version("", "c" * 64) is None


def write_fake_apt(folder: Path, suites: dict[str, str]) -> None:
    """Programs that know a package in some suites only; what they download is `archive`."""
    folder.mkdir()
    for name, code in {
        "apt-get": """
case "$*" in
  *indextargets*) echo "http://example.org/debian|/keys" ;;
  *update*) exit 100 ;;
  *source*) printf archive > itk.tar.xz ;;
esac""",
        "apt-cache": """
lists=$(sed -n 's/^Dir::Etc::SourceList "\\(.*\\)";/\\1/p' "$APT_CONFIG")
case "$(cat "$lists")" in
"""
        + "\n".join(f"  *' {suite} '*) printf '{record}' ;;" for suite, record in suites.items())
        + "\nesac",
    }.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{code}\n")
        program.chmod(0o755)


def test_later_suites_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = hashlib.sha256(b"archive").hexdigest()
    write_fake_apt(
        tmp_path / "bin",
        {
            "sid": "Version: 2\\nChecksums-Sha256:\\n 00 1 itk.tar.xz\\n",
            "stable": f"Version: 1\\nChecksums-Sha256:\\n {sha256} 1 itk.tar.xz\\n",
        },
    )
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    debian = {"package": "itk", "suites": ["sid"], "archive": "itk.tar.xz", "sha256": sha256}
    archive = itk_tree.download_from_debian(debian, tmp_path, tmp_path / "log.txt")
    assert archive.read_bytes() == b"archive"
    assert itk_tree.download_from_debian(debian, tmp_path, tmp_path / "log.txt") == archive  # it is there
    with pytest.raises(SystemExit, match=r"No suite of Debian has .* ITK_MASKEDSAMPLING_ARCHIVE"):
        itk_tree.download_from_debian({**debian, "sha256": "0" * 64}, tmp_path, tmp_path / "log.txt")


def test_archive_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ITK_MASKEDSAMPLING_ARCHIVE", raising=False)
    assert itk_tree.find_given_archive([]) is None
    archive = tmp_path / "itk.tar.gz"
    monkeypatch.setenv("ITK_MASKEDSAMPLING_ARCHIVE", str(archive))
    with pytest.raises(SystemExit, match=r"ITK_MASKEDSAMPLING_ARCHIVE: .*itk\.tar\.gz is no file"):
        itk_tree.find_given_archive([])
    archive.write_bytes(b"archive")
    with pytest.raises(SystemExit, match=r"has the hash of none of the archives in itk-tree\.toml"):
        itk_tree.find_given_archive(["0" * 64])
    assert itk_tree.find_given_archive(["0" * 64, hashlib.sha256(b"archive").hexdigest()]) == archive
