# SPDX-License-Identifier: Apache-2.0
"""Put what `make demo` made into README.md and doc/images, and what the benchmarks made, if it is there."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "build/demo"
BENCHMARK = ROOT / "build/benchmark"

readme = ROOT / "README.md"
text = readme.read_text()
tables = {table.name: table.read_text() for table in DEMO.glob("*.md")}
startup = BENCHMARK / "startup.md"
if startup.exists():
    tables[startup.name] = startup.read_text()
report = BENCHMARK / "registration.md"
if report.exists():
    # The README has the machine and the verdicts, the whole report is a page of its own.
    tables[report.name] = report.read_text().partition("\n## Registrations")[0].replace("## Targets\n\n", "")
for name, table in tables.items():
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    made = f"{begin}\n{table.strip()}\n{end}"
    text, count = re.subn(f"{begin}.*?{end}", made.replace("\\", r"\\"), text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"README.md has no place for {name}")
readme.write_text(text)

images = ROOT / "doc/images"
images.mkdir(parents=True, exist_ok=True)
for picture in DEMO.glob("*.png"):
    shutil.copy(picture, images)
if report.exists():
    for picture in BENCHMARK.glob("*.png"):
        shutil.copy(picture, images)
    pictures = "\n\n".join(f"![{name}](images/{name}.png)" for name in ("registration", "extent"))
    (ROOT / "doc/benchmark.md").write_text(f"# Benchmark\n\n{report.read_text().strip()}\n\n{pictures}\n")
