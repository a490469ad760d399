# SPDX-License-Identifier: Apache-2.0
"""Put what `make demo` made into the READMEs and doc/images, and what the benchmarks made, if it is there."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "build/demo"
BENCHMARK = ROOT / "build/benchmark"

#: Those of the benchmark, which stand before its tables.
PICTURES = {
    "registration": "Time and error of every tool in every case",
    "extent": "Time over the extent of the image around the same mask",
}

readmes = {
    path: path.read_text() for path in (ROOT / f"{folder}README.md" for folder in ("", "examples/", "benchmarks/"))
}
tables = {table.name: table.read_text() for table in DEMO.glob("*.md")}
for name in ("search.md", "startup.md", "deformable.md"):
    if (BENCHMARK / name).exists():
        tables[name] = (BENCHMARK / name).read_text()
success, success_map = BENCHMARK / "success.md", BENCHMARK / "success.png"
if success.exists():
    figure = "![Share of problems solved, by motion and radius](../doc/images/success.png)\n\n"
    tables[success.name] = (figure if success_map.exists() else "") + success.read_text()
report = BENCHMARK / "registration.md"
if report.exists():
    # The README has the first sentence, the whole report is a page of its own.
    sentence, _, details = report.read_text().partition("\n\n")
    tables[report.name] = sentence
for name, table in tables.items():
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    made = f"{begin}\n{table.strip()}\n{end}"
    places = [path for path, text in readmes.items() if begin in text]
    if len(places) != 1:
        raise SystemExit(f"{len(places)} READMEs have a place for {name}, not one")
    before, _, rest = readmes[places[0]].partition(begin)
    readmes[places[0]] = before + made + rest.partition(end)[2]
for path, text in readmes.items():
    path.write_text(text)

images = ROOT / "doc/images"
images.mkdir(parents=True, exist_ok=True)
for picture in DEMO.glob("*.png"):
    shutil.copy(picture, images)
if success_map.exists():
    shutil.copy(success_map, images)
if report.exists():
    for picture in BENCHMARK.glob("*.png"):
        shutil.copy(picture, images)
    pictures = [f"![{text}](images/{name}.png)" for name, text in PICTURES.items()]
    (ROOT / "doc/benchmark.md").write_text("\n\n".join(["# Benchmark", sentence, *pictures, details.strip()]) + "\n")
