#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the ITK build tree that the module is built against, once, in a cache folder.

    itk_tree.py build         make the tree unless it is there; print its folder
    itk_tree.py view FOLDER   the same, then make FOLDER a private view of it; print the tools' folder

Building a module writes into the ITK build tree. A view is a folder that find_package(ITK) takes for a build tree:
what a module's build writes to is copied, the rest is referred to. So builds can use the same tree at once.

A tree lies in a folder named after a hash of everything that shaped it: itk-tree.toml, the build requirements in
pyproject.toml, compiler and its flags, Python. Making it is guarded by a lock and goes by steps, each of which can be
interrupted and resumed; the file `complete` is written last, and a tree without it is never used.

The cache folder is $ITK_MASKEDSAMPLING_CACHE, or else itk-maskedsampling in $XDG_CACHE_HOME or ~/.cache. The source is
the archive $ITK_MASKEDSAMPLING_ARCHIVE, or else the release, or else that of Debian's source package, whatever the
version of the package is by now.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

HERE = Path(__file__).resolve().parent
RECIPE = HERE / "itk-tree.toml"
PROJECT = HERE.parent / "pyproject.toml"
FLAGS = ("CFLAGS", "CXXFLAGS", "LDFLAGS")
DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
#: Where the version of the recipe is looked for once its suites have moved on to the next one. Not in the recipe: it is
#: the same source, and so the same tree.
LATER_SUITES = ("testing", "stable", "oldstable")
#: Where there is no source.
OTHER_WAYS = (
    "Set ITK_MASKEDSAMPLING_ARCHIVE to a file that has it (the archive of the release, or that of Debian), or ITK_DIR "
    "to an ITK build tree with Python wrapping."
)
#: The parts of an ITK build tree that building a module writes to.
WRITTEN = ("lib/cmake", "Wrapping/Typedefs", "Wrapping/Generators/Python")


def say(message: str) -> None:
    """Report to the user. Standard output is for the result."""
    print(f"[ITK tree] {message}", file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """The environment without what a surrounding build (pip's, say) put into it for its own Python."""
    return {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}


def run(command: Sequence[str | Path], log: Path, **arguments: Any) -> None:
    """Run a command with its output in a log file; on failure show the end of the log."""
    with log.open("a") as stream:
        stream.write(f"\n$ {' '.join(map(str, command))}\n")
        stream.flush()
        code = subprocess.run(
            command, stdout=stream, stderr=stream, env=environment(), check=False, **arguments
        ).returncode
    if code != 0:
        fail(f"{command[0]} failed with exit code {code}", log)


def fail(problem: str, log: Path) -> None:
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    say(f"{tail}\n\n{problem}. The whole log: {log}. What is done so far is kept; run again to resume.")
    raise SystemExit(1)


class Tree:
    """The recipe of a tree and its place in the cache."""

    def __init__(self, cache: Path, recipe: Path = RECIPE, project: Path = PROJECT) -> None:
        self.recipe = tomllib.loads(recipe.read_text())
        self.requirements = tomllib.loads(project.read_text())["build-system"]["requires"]
        self.shape = {
            "recipe": self.recipe,
            "requirements": self.requirements,
            "python": [sys.base_prefix, platform.python_version()],
            "machine": [platform.machine(), *platform.libc_ver()],
            "compilers": [describe_compiler("CC", "cc"), describe_compiler("CXX", "c++")],
            "flags": {name: os.environ.get(name, "") for name in FLAGS},
        }
        text = json.dumps(self.shape, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.folder = cache / f"itk-{self.recipe['version']}-{key}"
        self.tools = self.folder / "tools"
        self.source = self.folder / "source"
        self.build = self.folder / "build"
        self.log = self.folder / "log.txt"
        self.complete = self.folder / "complete"

    def ensure(self) -> None:
        """Make the tree, unless it is complete. Only one process at a time does so, the others wait."""
        if self.complete.exists():
            return
        with lock(self.folder.with_name(self.folder.name + ".lock")):
            if self.complete.exists():
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            start = time.monotonic()
            say(f"Making ITK {self.recipe['version']} in {self.folder}.")
            say("This happens once and usually takes 12 to 25 minutes on two cores.")
            self.make_tools()
            self.make_source()
            self.configure()
            self.compile()
            self.clean()
            write_atomically(self.complete, json.dumps(self.shape, indent=2))
            say(f"Done in {(time.monotonic() - start) / 60:.0f} minutes.")

    def make_tools(self) -> None:
        say("1/4 Tools: cmake, ninja, swig, castxml, TBB (usually 10 seconds)")
        done = self.folder / "tools-complete"
        if done.exists():
            return
        shutil.rmtree(self.tools, ignore_errors=True)
        run([sys.executable, "-I", "-m", "venv", self.tools], self.log)
        pip: list[str | Path] = [self.tools / "bin/python", "-m", "pip", "install", "--quiet"]
        run([*pip, *self.requirements], self.log)
        done.touch()

    def make_source(self) -> None:
        say("2/4 Source (usually 1 minute)")
        if self.source.exists():
            return
        archive = find_given_archive([self.recipe[place]["sha256"] for place in ("release", "debian")])
        archive = archive or download_release(self.recipe["release"], self.folder)
        archive = archive or download_from_debian(self.recipe["debian"], self.folder, self.log)
        unpacked = self.folder / "source-part"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpack(archive, unpacked)
        confine_wrapping(unpacked, self.recipe["wrapped"])
        unpacked.rename(self.source)
        archive.unlink()

    def configure(self) -> None:
        say("3/4 Configuring (usually 20 seconds)")
        binaries = self.tools / "bin"
        options = {
            **self.recipe["options"],
            "CASTXML_EXECUTABLE": binaries / "castxml",
            "CMAKE_MAKE_PROGRAM": binaries / "ninja",
            "Python3_EXECUTABLE": binaries / "python",
            "SWIG_EXECUTABLE": binaries / "swig",
            "TBB_DIR": self.tools / "lib/cmake/tbb",
        }
        run(
            [
                binaries / "cmake",
                f"-S{self.source}",
                f"-B{self.build}",
                "-GNinja",
                *[f"-D{name}={value}" for name, value in options.items()],
            ],
            self.log,
        )

    def compile(self) -> None:
        modules = sorted((self.build / "lib/cmake").glob("ITK-*/Modules/*.cmake"))
        targets = [f"{module.stem}-all" for module in modules]
        say("4/4 Building static libraries and interface files (usually 11 to 24 minutes)")
        command = [self.tools / "bin/ninja", "-C", self.build, *targets, self.recipe["swig_target"]]
        start = reported = time.monotonic()
        with self.log.open("a") as log:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=environment() | {"NINJA_STATUS": "[%f/%t] "},
            )
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    log.write(line)
                    steps = re.match(r"\[(\d+)/(\d+)\]", line)
                    if steps and time.monotonic() - reported > 20:
                        reported = time.monotonic()
                        say(f"    step {steps[1]} of {steps[2]}, {(reported - start) / 60:.1f} min")
            except BaseException:
                process.terminate()
                raise
            finally:
                process.wait()
        if process.returncode != 0:
            fail("Building ITK failed", self.log)

    def clean(self) -> None:
        """Drop what only the making needed: 80 % of the size."""
        shutil.rmtree(self.build / "Wrapping/castxml_inputs", ignore_errors=True)
        shutil.rmtree(self.folder / "apt", ignore_errors=True)
        for left in self.build.rglob("*.o"):
            left.unlink()

    def make_view(self, folder: Path) -> None:
        """Make a folder a private view of the tree, unless it is one already."""
        done = folder / "view-of"
        if done.exists() and done.read_text() == self.folder.name:
            return
        shutil.rmtree(folder, ignore_errors=True)
        for part in WRITTEN:
            shutil.copytree(self.build / part, folder / part, symlinks=True)
        modules = next((self.build / "lib/cmake").glob("ITK-*/Modules"))
        config = (self.build / "ITKConfig.cmake").read_text()
        private = folder / modules.relative_to(self.build)
        (folder / "ITKConfig.cmake").write_text(config.replace(str(modules), str(private)))
        shutil.copy(self.build / "ITKConfigVersion.cmake", folder)
        write_atomically(done, self.folder.name)


def describe_compiler(variable: str, default: str) -> list[str]:
    """File and version of a compiler, whatever it is called by: builds set CXX to "g++" or a full path for "c++"."""
    name, *arguments = os.environ.get(variable, default).split()
    path = shutil.which(name)
    if path is None:
        raise SystemExit(
            f"There is no compiler '{name}'. Install one (Debian: apt-get install g++), or set {variable}."
        )
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    # The first word of the first line is the name that it was called by.
    return [str(Path(path).resolve()), *arguments, version.partition("\n")[0].partition(" ")[2]]


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock between processes. It is freed when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build is making the tree; waiting for it.")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def write_atomically(path: Path, text: str) -> None:
    part = path.with_name(path.name + "-part")
    part.write_text(text)
    part.replace(path)


def has_hash(path: Path, sha256: str) -> bool:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


def find_given_archive(hashes: Sequence[str]) -> Path | None:
    """The archive that the environment names; None: it names none."""
    given = os.environ.get("ITK_MASKEDSAMPLING_ARCHIVE")
    if not given:
        return None
    archive = Path(given)
    if not archive.is_file():
        raise SystemExit(f"ITK_MASKEDSAMPLING_ARCHIVE: {given} is no file")
    if not any(has_hash(archive, sha256) for sha256 in hashes):
        raise SystemExit(f"ITK_MASKEDSAMPLING_ARCHIVE: {given} has the hash of none of the archives in {RECIPE.name}")
    return archive


def download_release(release: dict[str, str], folder: Path) -> Path | None:
    """Download the release archive; None where that is not possible."""
    archive = folder / "release.tar.gz"
    try:
        with (
            urllib.request.urlopen(release["url"], timeout=30) as response,
            archive.open("wb") as stream,
        ):
            shutil.copyfileobj(response, stream)
    except (OSError, urllib.error.URLError) as error:
        say(f"    {release['url']} cannot be had here ({error}).")
        return None
    if not has_hash(archive, release["sha256"]):
        say(f"    {release['url']} does not have the expected hash; not used.")
        return None
    return archive


def download_from_debian(debian: dict[str, Any], folder: Path, log: Path) -> Path:
    """Download the upstream archive of a Debian source package, with lists of its own and without root."""
    say("    Trying the Debian source package of the same version.")
    if shutil.which("apt-get") is None:
        raise SystemExit(f"There is no apt-get either, so there is no source of ITK. {OTHER_WAYS}")
    apt = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial", "source"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    archive = apt / "source" / str(debian["archive"])
    if archive.exists() and has_hash(archive, debian["sha256"]):
        return archive
    (apt / "apt.conf").write_text(
        f'Dir::State::Lists "{apt}/lists";\n'
        f'Dir::Cache "{apt}/cache";\n'
        f'Dir::Etc::SourceList "{apt}/sources.list";\n'
        'Dir::Etc::SourceParts "/dev/null";\n'
    )
    configured = ["env", f"APT_CONFIG={apt}/apt.conf"]
    keyrings = find_debian_sites()
    for suite in (*debian["suites"], *LATER_SUITES):
        (apt / "sources.list").write_text(
            "".join(f"deb-src [signed-by={keyring}] {site} {suite} main\n" for site, keyring in keyrings.items())
        )
        # Not every site has every suite.
        with log.open("a") as stream:
            subprocess.run([*configured, "apt-get", "--quiet", "update"], stdout=stream, stderr=stream, check=False)
        query = [*configured, "apt-cache", "showsrc", debian["package"]]
        records = subprocess.run(query, capture_output=True, text=True, check=False).stdout
        version = find_package_version(records, debian["sha256"])
        if version is None:
            say(f"    {debian['package']} is not in {suite} with the archive {archive.name} of the expected hash.")
            continue
        package = f"{debian['package']}={version}"
        run([*configured, "apt-get", "--quiet", "source", "--download-only", package], log, cwd=archive.parent)
        if not has_hash(archive, debian["sha256"]):
            archive.unlink()
            raise SystemExit(f"{archive.name} from Debian does not have the expected hash. Run again.")
        return archive
    raise SystemExit(f"No suite of Debian has the source of ITK any more. {OTHER_WAYS}")


def find_debian_sites() -> dict[str, str]:
    """Where this machine gets its packages from, and the keyrings of those sites."""
    query = ["apt-get", "indextargets", "--format", "$(SITE)|$(SIGNED_BY)", "Created-By: Packages"]
    targets = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
    keyrings = {}
    for target in targets:
        site, _, signed_by = target.partition("|")
        # A field that is not set stays as it is.
        keyrings[site] = signed_by if signed_by.startswith("/") else DEBIAN_KEYRING
    return {s: k for s, k in keyrings.items() if s.rstrip("/").endswith("/debian")} or keyrings


def find_package_version(records: str, sha256: str) -> str | None:
    """The version of the source package, in the records of `apt-cache showsrc`, that has a file of that hash."""
    for record in records.split("\n\n"):
        if (version := re.search(r"^Version: (\S+)$", record, re.MULTILINE)) and f" {sha256} " in record:
            return version[1]
    return None


def unpack(archive: Path, folder: Path) -> None:
    """Unpack without the top folder and without test data, which is most of the size.

    Python 3.11.3 and older have no filters that keep an archive inside its folder. Here nothing but files and folders
    is made, and no path may go up: without links there is no other way out.
    """
    unwanted = re.compile(r"^(\.ExternalData|Testing/Data)(/|$)|/test/(Baseline|Input)/")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as stream:
        for member in stream:
            name = member.name.partition("/")[2]
            if not name or unwanted.search(name):
                continue
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
                raise SystemExit(
                    f"{archive.name} was not unpacked: '{member.name}' is no file or folder inside the archive's own. "
                    "Is it a source archive of ITK?"
                )
            target = folder / path
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            content = stream.extractfile(member)
            assert content is not None  # of regular files there is
            with content, target.open("wb") as output:
                shutil.copyfileobj(content, output)
            target.chmod(0o755 if member.mode & 0o100 else 0o644)
            os.utime(target, (member.mtime, member.mtime))


def confine_wrapping(source: Path, wrapped: list[str]) -> None:
    """Leave the other modules an empty wrapping, which only passes on what they depend on."""
    for module_file in sorted(source.glob("Modules/*/*/itk-module.cmake")):
        wrapping = module_file.parent / "wrapping"
        if "/".join(module_file.parts[-3:-1]) in wrapped or not wrapping.is_dir():
            continue
        match = re.search(r"itk_module\(\s*(\w+)", module_file.read_text())
        if match is None:
            continue
        shutil.rmtree(wrapping)
        wrapping.mkdir()
        (wrapping / "CMakeLists.txt").write_text(
            f"itk_wrap_module({match[1]})\nitk_auto_load_and_end_wrap_submodules()\n"
        )


def default_cache() -> Path:
    if cache := os.environ.get("ITK_MASKEDSAMPLING_CACHE"):
        return Path(cache).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "itk-maskedsampling"


def main() -> None:
    description = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="make the tree unless it is there")
    view = commands.add_parser("view", help="make a private view of the tree")
    view.add_argument("folder", type=Path)
    arguments = parser.parse_args()

    tree = Tree(default_cache())
    try:
        tree.ensure()
    except KeyboardInterrupt:
        say("Interrupted. What is done so far is kept; run again to resume.")
        raise SystemExit(130) from None
    if arguments.command == "view":
        tree.make_view(arguments.folder.absolute())
        print(tree.tools)
    else:
        print(tree.build)


if __name__ == "__main__":
    main()
