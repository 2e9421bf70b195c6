"""Everything ``make bench`` measures, as ratios and latencies, written to docs/performance.md.

python -m benchmarks              # all of it
python -m benchmarks growth cube  # these anew; what the page says of the others stays
"""

from __future__ import annotations

import importlib
import io
import os
import platform
import re
import sys
from contextlib import redirect_stdout
from datetime import date
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
PACKAGES = ("numpy", "pandas", "scikit-learn", "duckdb")
#: Module, and what its figures say.
SECTIONS = {
    "ladder_vs_script": "The whole ladder against the hand-written script",
    "peers": "The whole ladder beside other packages, and what each writes",
    "growth": "Growth with rows and with columns",
    "again": "A second climb of the same rows",
    "memory": "Memory beyond the table, and very wide tables",
    "startup": "Import, and the time until a panel is there",
    "checks": "Every check beside the reference rungs",
    "panel_latency": "The panel in JupyterLab",
    "drag": "Dragging the band and the threshold",
    "rows": "A click on a cell to its rows",
    "cube": "The error cube against the bare sums it needs",
    "slices": "Subgroups against the sliceline package",
    "scan": "The error cube from Parquet against a bare scan",
    "sizing": "Cost per row of each aggregate, and the size of its answer",
    "replay": "Replay of a row against plain predict_proba",
    "monitoring": "A look at a log against evidently and a bare scan",
    "alarms": "Drift that is raised where there is none, and where there is",
    "delayed_truth": "Rolling AUC on labels that come early by choice",
}
INTRODUCTION = """# Performance

Written by `make bench`, which anyone can run (two hours, most of them for what it is compared with). Each
figure is a ratio or a latency measured within one run, so that the speed of the machine cancels out.
`python -m benchmarks growth` measures a part anew.
"""


class Tee(io.StringIO):
    """Keeps what is printed, and prints it."""

    def write(self, text: str) -> int:
        sys.__stdout__.write(text)  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]
        return super().write(text)


def measure(name: str) -> str:
    """Run a benchmark; return its section of the page."""
    print(f"\n{SECTIONS[name]}", flush=True)
    told = Tee()
    module = importlib.import_module(f"benchmarks.{name}")
    with redirect_stdout(told):
        module.main()
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
    return (
        f"## {SECTIONS[name]}\n\n`python -m benchmarks.{name}`, {date.today():%B %Y}, {where}.\n\n"
        f"```text\n{told.getvalue().rstrip()}\n```\n"
    )


def known() -> dict[str, str]:
    """Sections that the page has, by their title."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].removeprefix("## "): part.rstrip() + "\n" for part in parts}


def main(*names: str) -> None:
    wrong = [name for name in names if name not in SECTIONS]
    if wrong:
        sys.exit(f"no benchmark {', '.join(wrong)}; there are {', '.join(SECTIONS)}")
    sections = known()
    for name in names or SECTIONS:
        sections[SECTIONS[name]] = measure(name)
        kept = [sections[title] for title in SECTIONS.values() if title in sections]
        PAGE.write_text("\n".join([INTRODUCTION, *kept]), encoding="utf-8")


main(*sys.argv[1:])
