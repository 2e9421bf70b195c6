"""Measure every detector on planted faults and on clean cases; write docs/detectors.md.

``python -m benchmarks.faults`` runs all of it; ``--codes``, ``--tables`` and ``--seeds`` a part, and only a
whole run writes the page.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
os.environ["LADDER_WIDGETS_LEDGER"] = "off"

from benchmarks.faults_page import render, summary  # noqa: E402
from tests.faults.suite import MAX_ROWS, OTHER_TABLES, TABLES, Result, Spec, every_spec, measure  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "detectors.md"
SETS = {"tuned": TABLES, "other": OTHER_TABLES}


def logged(specs: list[Spec], workers: int, max_rows: int, log: Path | None) -> list[Result]:
    """Run the cases; each result is written as soon as it is there."""
    results: list[Result] = []
    begun = time.perf_counter()
    with (log or Path(os.devnull)).open("w") as out:
        for result in measure(specs, workers, max_rows):
            results.append(result)
            out.write(json.dumps(result.to_dict()) + "\n")
            out.flush()
            if len(results) % 100 == 0:
                seconds = time.perf_counter() - begun
                print(f"{len(results)} cases (of at most {len(specs)}), {seconds:.0f} s", file=sys.stderr)
    return results


def main() -> None:
    """Read the command line, measure, print, and write the page of a whole run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", nargs="*", help="faults, and clean or hard; all by default")
    parser.add_argument("--tables", nargs="*", default=["tuned", "other"], help="tuned, other, or names")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--max-rows", type=int, default=MAX_ROWS)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--log", type=Path, help="results as JSON lines")
    parser.add_argument("--read", type=Path, nargs="*", help="results of earlier runs instead of a run")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    told = parser.parse_args()
    if told.read:
        results = [Result.from_dict(json.loads(line)) for file in told.read for line in file.open()]
    else:
        tables = [table for name in told.tables for table in SETS.get(name, (name,))]
        specs = list(every_spec(tables, range(told.seeds), told.codes))
        random.Random(0).shuffle(specs)  # so that an interrupted run is a fair sample
        results = logged(specs, told.workers, told.max_rows, told.log)
    print(summary(results))
    if told.write:
        PAGE.write_text(render(results, TABLES, OTHER_TABLES), encoding="utf-8")


if __name__ == "__main__":
    main()
