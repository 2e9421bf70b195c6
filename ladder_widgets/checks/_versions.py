"""Versions asked for against versions installed."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from ladder_widgets.checks._artifact import Recorded

__all__ = ["Difference", "canonical", "compared", "installed", "pinned_beside", "stated"]

#: What every saved scikit-learn model is made of.
CORE = frozenset({"scikit-learn", "numpy", "scipy", "joblib"})
_ALIASES = {
    "sklearn": "scikit-learn",
    "imblearn": "imbalanced-learn",
    "cv2": "opencv-python",
    "pil": "pillow",
}
_RELEASE = re.compile(
    r"v?(?:\d+!)?(\d+(?:\.\d+)*)[-_.]?((?:a|alpha|b|beta|rc|c|pre|dev|post)?[-_.]?\d*)", re.IGNORECASE
)
_CLAUSE = re.compile(r"(===|==|~=|!=|>=|<=|>|<|\^|=)?\s*([^\s,;]+)")
_LINE = re.compile(r"\s*([A-Za-z0-9][\w.\-]*)\s*(?:\[[^\]]*\])?\s*==\s*([^\s;#,\\]+)")


@dataclass(frozen=True, slots=True)
class Difference:
    """A package whose installed version is not the recorded one.

    ``level`` is ``"absent"``, ``"major"``, ``"minor"`` or ``"patch"``; ``core`` says whether the model is
    made of it.
    """

    package: str
    recorded: str
    installed: str | None
    where: str
    level: str
    core: bool

    @property
    def grave(self) -> bool:
        """Whether the model may not load or may score differently."""
        if self.level == "absent":
            return self.core
        return self.core and (self.level == "major" or (self.level == "minor" and self.package != "joblib"))

    @property
    def slight(self) -> bool:
        """Whether it is a patch of a package that the model is not made of."""
        return self.level == "patch" and not self.core


def canonical(name: str) -> str:
    """Return the name a package is registered under: case and separators do not count.

    Examples
    --------
    >>> canonical("Scikit_Learn"), canonical("sklearn")
    ('scikit-learn', 'scikit-learn')
    """
    plain = re.sub(r"[-_.]+", "-", str(name).strip()).lower()
    plain = re.sub(r"\[.*\]$", "", plain)
    return _ALIASES.get(plain, plain)


def installed(package: str) -> str | None:
    """Return the installed version; None if the package is not there."""
    if package == "python":
        return platform.python_version()
    try:
        return version(package)
    except PackageNotFoundError:
        pass
    homes = packages_distributions().get(package.replace("-", "_"), [])  # named as it is imported
    return version(homes[0]) if homes else None


def stated(requirements: Mapping[Any, Any]) -> list[Recorded]:
    """Return what a mapping of package to version says; packages without a version are left out."""
    found = []
    for name, asked in requirements.items():
        text = ".".join(map(str, asked)) if isinstance(asked, tuple) else str(asked).strip()
        if asked is not None and text.lower() not in ("", "*", "any", "latest", "none"):
            found.append(Recorded(canonical(name), text, "requirements"))
    return found


def pinned_beside(artifact: Any) -> list[Recorded]:
    """Return the exact versions in a ``requirements.txt`` beside a saved model, as MLflow writes one."""
    try:
        path = Path(os.fspath(artifact)).expanduser()
        file = (path if path.is_dir() else path.parent) / "requirements.txt"
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
    except (TypeError, OSError, ValueError):
        return []
    pins = [match for line in text.splitlines() if (match := _LINE.match(line))]
    return [Recorded(canonical(pin.group(1)), pin.group(2), file.name) for pin in pins]


def compared(
    recorded: Recorded, core: frozenset[str], found: Callable[[str], str | None]
) -> Difference | None:
    """Compare one recorded version with the installed one; None if they agree."""
    here = found(recorded.package)
    own = recorded.package in core
    if here is None:
        return Difference(recorded.package, recorded.version, None, recorded.where, "absent", own)
    level = _level(recorded.version, here)
    return Difference(recorded.package, recorded.version, here, recorded.where, level, own) if level else None


def _level(asked: str, here: str) -> str | None:
    """Return the first part of the version that differs from what is asked; None if nothing does."""
    actual = _parsed(here)
    clauses = _CLAUSE.findall(asked)
    if actual is None or not clauses:
        return None
    broken = [level for operator, text in clauses if (level := _clause(operator, text, actual)) is not None]
    order = ("major", "minor", "patch")
    return min(broken, key=order.index) if broken else None


Parsed = tuple[tuple[int, ...], str]


def _parsed(text: str) -> Parsed | None:
    match = _RELEASE.match(text.strip().lower())
    if match is None:
        return None
    numbers = [int(part) for part in match.group(1).split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), match.group(2).strip("-_.")


def _clause(operator: str, text: str, actual: Parsed) -> str | None:
    text, wild = (text.removesuffix(".*"), True) if text.endswith(".*") else (text, False)
    asked = _parsed(text)
    if asked is None:
        return None
    length = text.lstrip("vV").count(".") + 1
    here, there = _padded(actual[0]), _padded(asked[0])
    if operator == "!=":
        return "patch" if actual == asked else None
    if operator in (">=", ">", "<=", "<"):
        if _in_range(operator, actual, asked):
            return None
        part = _part(here, there)
        return "minor" if part == "patch" and length < 3 else part  # 1.5.2 where <1.5 was asked for
    if operator in ("~=", "^"):
        kept = 1 if operator == "^" else max(1, length - 1)
        low = here >= there and here[:kept] == there[:kept]
        return None if low else _part(here, there)
    if wild:
        return None if here[:length] == there[:length] else _part(here, there)
    if length == 1 and here[0] == there[0]:  # "2" alone: no more was recorded
        return None
    if length == 2 and here[:2] == there[:2]:
        return None
    return None if actual == asked else _part(here, there)


def _in_range(operator: str, actual: Parsed, asked: Parsed) -> bool:
    here, there = _padded(actual[0]), _padded(asked[0])
    equal = here == there
    return {">=": here >= there, ">": here > there, "<=": here <= there, "<": here < there and not equal}[
        operator
    ]


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, 0, 0, 0, 0)[: max(4, len(numbers))]


def _part(here: tuple[int, ...], there: tuple[int, ...]) -> str:
    if here[0] != there[0]:
        return "major"
    return "minor" if here[1] != there[1] else "patch"
