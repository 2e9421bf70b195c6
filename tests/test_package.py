"""The package as a whole: light to import, typed, and free of private names and of traces of a machine."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import ladder_widgets

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ladder_widgets"
MODULES = sorted(PACKAGE.rglob("*.py"))

HEAVY = ("anywidget", "ipywidgets", "narwhals", "pandas", "plotly", "rich", "scipy", "sklearn", "typer")
IMPORT_BUDGET = 0.150
"""Seconds that `import ladder_widgets` may take after numpy."""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_imports_nothing_heavy() -> None:
    loaded = json.loads(run("import ladder_widgets, sys, json; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


def test_importing_the_vocabulary_imports_nothing_heavy() -> None:
    loaded = json.loads(
        run("import ladder_widgets.taxonomy, sys, json; print(json.dumps(sorted(sys.modules)))")
    )
    assert not {name.partition(".")[0] for name in loaded} & {*HEAVY, "numpy"}


def test_importing_the_package_is_quick() -> None:
    code = (
        "import numpy, time; start = time.perf_counter(); import ladder_widgets; "
        "print(time.perf_counter() - start)"
    )
    seconds = statistics.median(float(run(code)) for _ in range(5))
    assert seconds < IMPORT_BUDGET


def test_public_names_are_sorted_and_resolve() -> None:
    names = ladder_widgets.__all__
    assert names == sorted(set(names))
    assert set(names) <= set(dir(ladder_widgets))
    for name in names:
        assert getattr(ladder_widgets, name) is not None


def test_a_public_name_is_resolved_when_first_used() -> None:
    told = run(
        "import ladder_widgets, sys; before = 'sklearn' in sys.modules; "
        "ladder_widgets.Case; print(before, 'sklearn' in sys.modules)"
    )
    assert told.split() == ["False", "True"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'LadderPannel'"):
        _ = ladder_widgets.LadderPannel


def test_the_version_is_told_once() -> None:
    assert ladder_widgets.__version__ == version("ladder-widgets")


def test_the_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (alias in the module, full dotted name) for every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.asname or name.name.partition(".")[0], name.name
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield name.asname or name.name, f"{node.module}.{name.name}"


def is_private(dotted: str) -> bool:
    return any(part.startswith("_") and not part.endswith("__") for part in dotted.split("."))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_private_names_of_other_packages(path: Path) -> None:
    """Private names of other libraries change without notice, and have ended projects."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [(alias, name) for alias, name in imported_names(tree) if not name.startswith("ladder_widgets")]
    private = [name for _, name in imports if is_private(name)]
    aliases = {alias for alias, _ in imports}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = node.value
            while isinstance(owner, ast.Attribute):
                owner = owner.value
            if isinstance(owner, ast.Name) and owner.id in aliases:
                private.append(ast.unparse(node))
    assert private == []


def committed_files() -> list[Path]:
    """Files that are, or would be, committed; without git, whatever is not hidden or installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    every = (path for path in ROOT.rglob("*") if path.is_file())
    return [
        path
        for path in every
        if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)
    ]


def committed_texts() -> Iterator[tuple[Path, str]]:
    for path in committed_files():
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or removed and not yet committed


# Put together from parts, so that this file does not name them either.
HOSTS = re.compile(
    "|".join(
        map(re.escape, ("pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs", "deb" + ".debian"))
    )
)
PATHS = re.compile(r"(?:^|[^\w./-])/(?:work|root|farm|home/\w+|Users/\w+)/", re.MULTILINE)


@pytest.mark.parametrize("pattern", [HOSTS, PATHS], ids=["registry host", "path of a machine"])
def test_no_file_names_a_host_or_a_machine(pattern: re.Pattern[str]) -> None:
    files = list(committed_texts())
    assert len(files) > 20
    assert {str(path): found[0] for path, text in files if (found := pattern.search(text))} == {}
