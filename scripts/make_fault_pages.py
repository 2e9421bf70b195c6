"""Keep docs/faults/ in step with the taxonomy.

Two sections of each page are written by hand, "What it looks like" and "How it is detected". The rest of
the page, and the index, come from `ladder_widgets.taxonomy`. Run it after a change there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ladder_widgets.taxonomy import FAULTS, NEEDS, RUNGS, Fault, docs_url

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / "docs" / "faults" / "README.md"
BY_HAND = ("What it looks like", "How it is detected")


def sections(page: str) -> dict[str, str]:
    """Split a page at its second-level headings, outside code fences."""
    found: dict[str, list[str]] = {}
    name, fenced = "", False
    for line in page.splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            name = line.removeprefix("## ")
        else:
            found.setdefault(name, []).append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def needs_sentence(fault: Fault) -> str:
    """Say what the check needs beside the model and the validation rows, which every case has."""
    parts = [NEEDS[need] for need in fault.needs if need != "model"]
    if not parts:
        return "Nothing beside the model and the validation rows."
    joint = " or " if fault.needs == ("artifact", "requirements") else " and "
    return (
        f"Beside the model and the validation rows: {joint.join(parts)}. "
        "When that is not given, the finding may read “not checked”; it then says what to pass."
    )


def page(fault: Fault, by_hand: dict[str, str]) -> str:
    """Write one page around its hand-written sections."""
    rung = RUNGS[fault.rung]
    return f"""\
# {fault.title}

`{fault.code}` · {fault.layer} · rung {rung.number}, {rung.name}

{fault.question} When all is well the report reads “{fault.ok_title}”.

## What it looks like

{by_hand.get("What it looks like", "")}

## Why it matters

{fault.why}

## How it is detected

{by_hand.get("How it is detected", "")}

## What it needs

{needs_sentence(fault)}

## How to mend it

```python
{fault.fix.strip()}
```

## How to mute it

```python
LadderPanel(model, X_val, y_val, ignore=("{fault.code}",))
```

A muted check is not run. `run_ladder` takes the same argument. [All faults](README.md)
"""


def index() -> str:
    """Write the table of all faults."""
    rows = [
        f"| [`{fault.code}`]({fault.code}.md) | {fault.title} | {fault.rung} {RUNGS[fault.rung].name} |"
        for fault in FAULTS
    ]
    table = "\n".join(rows)
    return f"""\
# The faults

What can be wrong with a classifier, from the bottom of the ladder to the top. Codes are stable: reports, the
command line and `ignore=` use them as they stand here. `ladder-widgets faults` prints the same list.

| code | what is wrong | rung |
|---|---|---|
{table}

A rung that fails makes what stands above it provisional: read the list from the top and mend the first fault
first.
"""


def wanted() -> dict[Path, str]:
    """Return every page and the index as they should be."""
    pages = {INDEX: index()}
    for fault in FAULTS:
        path = ROOT / docs_url(fault.code)
        old = sections(path.read_text(encoding="utf-8")) if path.exists() else {}
        pages[path] = page(fault, old)
    return pages


def main() -> int:
    """Write the pages, or with `--check` name those that are out of step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is out of step")
    check = parser.parse_args().check
    stale = [
        path
        for path, text in wanted().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(path.relative_to(ROOT))
        if not check:
            path.write_text(wanted()[path], encoding="utf-8")
    if check and stale:
        print("Out of step with ladder_widgets/taxonomy.py: run scripts/make_fault_pages.py", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
