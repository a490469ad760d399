# SPDX-License-Identifier: Apache-2.0
"""Put the tables and pictures that `make demo` made into README.md and doc/images."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "build/demo"

readme = ROOT / "README.md"
text = readme.read_text()
for table in DEMO.glob("*.md"):
    begin, end = f"<!-- begin {table.name} -->", f"<!-- end {table.name} -->"
    made = f"{begin}\n{table.read_text().strip()}\n{end}"
    text, count = re.subn(f"{begin}.*?{end}", made.replace("\\", r"\\"), text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"README.md has no place for {table.name}")
readme.write_text(text)

images = ROOT / "doc/images"
images.mkdir(parents=True, exist_ok=True)
for picture in DEMO.glob("*.png"):
    shutil.copy(picture, images)
