# SPDX-License-Identifier: Apache-2.0
"""The words of the command line. What they may be, and what is meant without them, is up to what takes them."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from .. import version
from .text import say

PROGRAM = "itk-maskedsampling"
METRICS = (
    "mutual-information, mean-squares, correlation, neighborhood-correlation, joint-histogram-mutual-information or "
    "demons"
)
EXIT_CODES = (
    "Exit codes: 0 done; 1 could not be done; 2 bad usage or bad input; 3 done, but not determined, with\n"
    "register --require-determined; 130 ended by Ctrl-C."
)


class Parser(argparse.ArgumentParser):
    """What is wrong with the words is said in one line, without the usage."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    @property
    def options(self) -> list[str]:
        """All long options."""
        return [word for word in self._option_string_actions if word.startswith("--")]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{PROGRAM}: error: {message} (see: {self.prog} --help)\n")


def make_parser() -> Parser:
    """The parser of all commands."""
    parser = Parser(
        prog=PROGRAM,
        description="Image registration that samples inside the mask: with a mask, the image around it does not exist.",
        epilog=f"To begin: {PROGRAM} example FOLDER\n\n{EXIT_CODES}",
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="show the version")
    add_debug(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, add, text in (
        ("register", add_register, "find the transform from the points of a fixed image to those of a moving one"),
        ("apply", add_apply, "bring an image, labels or points to where a transform, or several, take them"),
        ("sample", add_sample, "draw sample points inside a mask"),
        ("cohort", add_cohort, "register all pairs of a table"),
        ("convert", add_convert, "write the transform in a file in the format of another tool"),
        ("info", add_info, "tell what images and transforms are in files, or what is installed"),
        ("example", add_example, "write example images to begin with"),
    ):
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        add(command)
        add_debug(command)
        labels = {action.dest: name_action(action) for action in command._actions}
        command.set_defaults(parser=command, labels=labels)
    return parser


class ShowVersion(argparse.Action):
    """The version is looked up only when it is shown."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        say(f"{PROGRAM} {version()}")
        parser.exit(0)


def name_action(action: argparse.Action) -> str:
    return max(action.option_strings, key=len, default=str(action.metavar or action.dest))


def add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )


# Values


def numbers(text: str) -> Any:
    """A number, or several."""
    # It loads numpy, which the help does not need.
    from .._registration.settings import parse  # noqa: PLC0415

    try:
        return parse("numbers", text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def number(text: str) -> int | float:
    """One number; an integer where the text is one."""
    value = numbers(text)
    if isinstance(value, list):
        raise argparse.ArgumentTypeError(f"one number is needed, not {text!r}")
    found: int | float = value
    return found


def coordinates(text: str) -> list[int | float]:
    value = numbers(text)
    return value if isinstance(value, list) else [value]


def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.strip(), value


# Commands


def add_register(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s FIXED MOVING [options]"
    parser.epilog = f"""\
Images: NIfTI, NRRD, MetaImage, PNG, JPEG, TIFF, BMP, VTK, GIPL, MRC. Only inside the fixed mask is sampled.

examples:
  {PROGRAM} register fixed.nii.gz moving.nii.gz --fixed-mask mask.nii.gz \\
      --transform affine --output moved.nii.gz --output-transform t.h5 --report report.html
  {PROGRAM} register fixed.nii.gz moving.nii.gz --fixed-mask mask.nii.gz \\
      --transform rigid,b-spline --set 1:grid-spacing=20 --output-transform t.h5 --json > result.json

{EXIT_CODES}"""
    parser.add_argument("fixed", metavar="FIXED", help="image")
    parser.add_argument("moving", metavar="MOVING", help="image that is brought to the fixed one")
    parser.add_argument("--fixed-mask", metavar="IMAGE", help="where to sample: where it is not 0; on any grid")
    parser.add_argument("--moving-mask", metavar="IMAGE", help="where the moving image counts")
    parser.add_argument("--fixed-label", type=numbers, metavar="N,...", help="only these labels of the fixed mask")
    parser.add_argument("--moving-label", type=numbers, metavar="N,...", help="only these labels of the moving mask")
    parser.add_argument(
        "--channel",
        nargs=2,
        action="append",
        default=[],
        metavar=("FIXED", "MOVING"),
        help="another pair of images of the same place, such as T2 beside T1, with the same masks; can be repeated",
    )
    parser.add_argument(
        "--metric-weights", type=coordinates, metavar="W,...", help="how much each pair, or metric, counts"
    )
    parser.add_argument("--metric-weights-image", metavar="IMAGE", help="how much each sample counts, 0 or more")
    parser.add_argument("--weights", metavar="IMAGE", help="density of the sample points, 0 or more")
    parser.add_argument("--points", metavar="CSV", help="your own sample points, x,y or x,y,z in each line")
    outputs = parser.add_argument_group("what is written (checked before the registration starts)")
    outputs.add_argument("--output", "-o", metavar="IMAGE", help="the moving image on the grid of the fixed one")
    outputs.add_argument("--output-transform", metavar="FILE", help="from fixed to moving points: .h5 .tfm .txt .mat")
    outputs.add_argument("--output-points", metavar="FILE", help="sample points: .csv .mrk.json, or an image of counts")
    outputs.add_argument("--report", metavar="HTML", help='one file with pictures; needs the extra "plot"')
    outputs.add_argument("--fixed-landmarks", metavar="FILE", help="points whose error is told: .csv .mrk.json .fcsv")
    outputs.add_argument("--moving-landmarks", metavar="FILE", help="the same points, in order or by name")
    outputs.add_argument(
        "--interpolate-output", metavar="HOW", default="linear", help="linear, b-spline, nearest-neighbor for labels"
    )
    outputs.add_argument(
        "--default-value", dest="default", type=number, default=0, metavar="VALUE", help="where there is none: 0"
    )
    add_settings(parser)
    add_talk(parser)
    parser.add_argument(
        "--require-determined",
        action="store_true",
        help="exit code 3 where the uncertainty is another one than determined; all is written all the same",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The settings of a registration. Those that are not given are left to register()."""
    group = parser.add_argument_group(
        "how it is registered", "N,... is one number, or one for each level, with commas between."
    )
    group.add_argument(
        "--transform",
        "-t",
        action="append",
        metavar="KIND",
        help="rigid (if not given), translation, similarity, affine, b-spline, displacement-field, syn, or the file of "
        "a transform to start from; several as stages, with commas or by repeating this",
    )
    group.add_argument("--metric", metavar="NAME", help=f"{METRICS}; with commas between, one for each pair of images")
    group.add_argument("--samples", "-n", type=numbers, metavar="N,...", help="how many sample points; or instead")
    group.add_argument("--percentage", type=numbers, metavar="P,...", help="a fraction of the mask, up to 1")
    group.add_argument("--sampling", metavar="HOW", help="random, regular, or none: every voxel")
    group.add_argument("--seed", type=number, metavar="N", help="the same seed gives the same points")
    group.add_argument("--initial", metavar="HOW", help="none, geometry, moments, search, or the file of a transform")
    group.add_argument("--center", type=coordinates, metavar="X,Y[,Z]", help="of a rotation, in space")
    group.add_argument("--grid-spacing", type=numbers, metavar="N,...", help="of the knots of a B-spline, in voxels")
    group.add_argument("--regularization", type=number, metavar="W", help="of a B-spline: weight of its bending energy")
    group.add_argument("--interpolator", metavar="HOW", help="linear, b-spline ...")
    group.add_argument("--levels", type=number, metavar="N", help="how many of the usual levels")
    group.add_argument("--shrink-factors", type=numbers, metavar="N,...")
    group.add_argument("--smoothing-sigmas", type=numbers, metavar="N,...", help="in voxels")
    group.add_argument("--optimizer", metavar="NAME", help="regular-step-gradient-descent, lbfgs2 ...")
    group.add_argument("--iterations", type=numbers, metavar="N,...", help="the most of them")
    group.add_argument("--learning-rate", type=numbers, metavar="N,...")
    group.add_argument("--scales", metavar="HOW", help="physical-shift, index-shift, jacobian ...")
    group.add_argument("--uncertainty", metavar="HOW", help="how far it can be trusted: quick, thorough, or none")
    group.add_argument("--work-units", type=number, metavar="N", help="how many threads; 0: all")
    group.add_argument(
        "--set",
        action="append",
        type=setting,
        default=[],
        metavar="[STAGE:]NAME=VALUE",
        help=f"any other setting, of all stages or of one, counted from 0; {PROGRAM} info --settings lists them. Also "
        "STAGE:fixed-mask=IMAGE and STAGE:moving-mask=IMAGE, or none, in place of those of all stages, and "
        "STAGE:fixed-label=N,... and STAGE:moving-label=N,... of these",
    )


def add_talk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", "-q", action="store_true", help="say nothing but errors")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def add_apply(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s INPUT --transform FILE [--transform FILE ...] --output FILE [options]"
    parser.epilog = f"""\
A transform leads from points of the fixed image to those of the moving one. So an image of the moving side comes to
the grid of the reference, which is on the fixed side; points go from the fixed to the moving side. The other way:
--inverse. Of several transforms, points of the reference go through the first one first, as in ANTs and greedy.

examples:
  {PROGRAM} apply moving.nii.gz --transform t.h5 --reference fixed.nii.gz --output moved.nii.gz
  {PROGRAM} apply atlas.nii.gz -t warp.h5 -t affine.h5,-1 --reference fixed.nii.gz \\
      --interpolator label-linear -o labels.nii.gz
  {PROGRAM} apply landmarks.mrk.json --transform t.h5 --inverse --output there.mrk.json

{EXIT_CODES}"""
    parser.add_argument("input", metavar="INPUT", help="image; or points: .csv with columns x,y[,z], .mrk.json, .fcsv")
    parser.add_argument(
        "--transform", "-t", action="append", required=True, metavar="FILE[,-1]", help="or, with ,-1, its inverse"
    )
    parser.add_argument("--inverse", action="store_true", help="the inverse of all transforms together")
    parser.add_argument("--reference", "-r", metavar="IMAGE", help="its grid is wanted; if not given, that of INPUT")
    parser.add_argument("--output", "-o", required=True, metavar="FILE", help="the image, or the points")
    parser.add_argument(
        "--interpolator", metavar="HOW", default="linear", help="linear, b-spline, nearest-neighbor or label-linear ..."
    )
    parser.add_argument(
        "--default-value", dest="default", type=number, default=0, metavar="VALUE", help="where there is none: 0"
    )
    add_talk(parser)


def add_sample(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"""\
example:
  {PROGRAM} sample image.nii.gz --mask mask.nii.gz -n 2000 -o points.csv -o points.mrk.json -o counts.nii.gz

{EXIT_CODES}"""
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--mask", metavar="IMAGE", help="where to sample: where it is not 0; on any grid")
    parser.add_argument("--label", type=numbers, metavar="N,...", help="only these labels of the mask")
    parser.add_argument("--samples", "-n", type=number, metavar="N", help="how many; or")
    parser.add_argument("--percentage", type=number, metavar="P", help="a fraction of the mask, up to 1")
    parser.add_argument("--sampling", metavar="HOW", default="random", help="random, regular, or none: every voxel")
    parser.add_argument("--seed", type=number, metavar="N", help="the same seed gives the same points")
    parser.add_argument("--weights", metavar="IMAGE", help="density of the sample points, 0 or more")
    parser.add_argument(
        "--output",
        "-o",
        action="append",
        required=True,
        metavar="FILE",
        help=".csv, .mrk.json (3D Slicer), or the suffix of an image: how many points each voxel has. Can be repeated",
    )
    add_talk(parser)


def add_cohort(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s TABLE --output FOLDER [options]\n       %(prog)s --collect --output FOLDER [options]"
    parser.epilog = f"""\
TABLE is a CSV with a row for each pair, and columns fixed, moving, and where needed fixed_mask, moving_mask,
fixed_label, moving_label, weights, initial, id, or the name of a setting. Paths in it are relative to its folder. What
is done is not done again: the same command goes on where it was interrupted.

examples:
  {PROGRAM} cohort pairs.csv --output results --transform affine --processes 4
  {PROGRAM} cohort pairs.csv --output results --transform affine --shard $SLURM_ARRAY_TASK_ID/8
  {PROGRAM} cohort --collect --output results --overview results/overview.html

{EXIT_CODES}"""
    parser.add_argument("table", metavar="TABLE", nargs="?", help="needed, but with --collect")
    parser.add_argument("--output", "-o", metavar="FOLDER", required=True, help="made if it is not there")
    parser.add_argument("--processes", type=number, metavar="N", help="of this machine; as many as there are cores")
    parser.add_argument("--shard", metavar="I/N", help="only part I of N, from 1/N to N/N; jobs can share the output")
    parser.add_argument(
        "--collect",
        action="store_true",
        help="register nothing: write the results of all shards to results.csv, and tell which pairs are missing",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, as in tcp://host:8786")
    parser.add_argument("--scheduler-file", metavar="FILE", help="the same, from the file that dask scheduler writes")
    parser.add_argument("--retry-failed", action="store_true", help="also do again what failed before")
    parser.add_argument("--write-images", action="store_true", help="also write the moving images on the fixed grids")
    parser.add_argument("--write-reports", action="store_true", help='also write ID.html; needs the extra "plot"')
    parser.add_argument("--overview", metavar="HTML", help="one file with a picture of each pair, the worst ones first")
    parser.add_argument(
        "--names", metavar="HOW", help="of files: plain, or bids, as in ID_from-X_to-Y_mode-image_xfm.h5"
    )
    parser.add_argument("--overwrite", action="store_true", help="also do again what has a result of other settings")
    for name in ("fixed", "moving", "fixed-mask", "moving-mask", "weights"):
        parser.add_argument(f"--{name}", metavar="IMAGE", help="for all rows that have none")
    for name in ("fixed-label", "moving-label"):
        parser.add_argument(f"--{name}", type=numbers, metavar="N,...", help="of all masks of rows that have none")
    parser.add_argument("--points", metavar="CSV", help="your own sample points, x,y or x,y,z in each line")
    add_settings(parser)
    add_talk(parser)


def add_convert(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"""\
Formats: itk (.h5 .tfm .txt .mat of ITK and ANTs), field (.nii.gz .mha .nrrd of ITK, ANTs and greedy), fsl (flirt),
fnirt, freesurfer (.lta), ras (greedy and c3d), elastix. Without --from and --to, the file and the suffix of OUT tell
them.

examples:
  {PROGRAM} convert found.h5 flirt.mat --to fsl --fixed fixed.nii.gz --moving moving.nii.gz
  {PROGRAM} convert TransformParameters.0.txt found.h5

{EXIT_CODES}"""
    parser.add_argument("source", metavar="IN", help="file of a transform")
    parser.add_argument("target", metavar="OUT", help="file that is written")
    parser.add_argument("--from", dest="source_format", metavar="FORMAT", help="of IN")
    parser.add_argument("--to", dest="target_format", metavar="FORMAT", help="of OUT")
    parser.add_argument(
        "--fixed", metavar="IMAGE", help="from whose points the transform maps, for formats that need it"
    )
    parser.add_argument("--moving", metavar="IMAGE", help="to whose points it maps, for formats that need it")
    add_talk(parser)


def add_info(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXIT_CODES
    parser.add_argument("files", nargs="*", metavar="FILE", help="image or transform; without one: what is installed")
    parser.add_argument("--mask", metavar="IMAGE", help="count the voxels inside, for every image")
    parser.add_argument("--settings", metavar="KIND", nargs="?", const="rigid", help="of a kind of transform: rigid")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def add_example(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXIT_CODES
    parser.add_argument("folder", metavar="FOLDER", help="made if it is not there")
    parser.add_argument("--dimension", type=int, choices=(2, 3), default=3, help="PNG of two, or NIfTI of three")
    parser.add_argument("--pairs", type=int, metavar="N", help="so many moving images, and a table for cohort")
    add_talk(parser)
