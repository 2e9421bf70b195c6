"""The ledger: looks at test sets, one line of JSON each, kept beside the project and only ever added to."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ladder_widgets._lock import locked

__all__ = ["FILE", "FOLDER", "FORMAT", "VARIABLE", "Ledger", "Look", "Page", "now", "open_ledger", "session"]

#: Of a line; lines of another format are left alone and counted as unread.
FORMAT = 1
FOLDER, FILE = ".ladder_widgets", "test-looks.jsonl"
#: ``off`` keeps no ledger; a path is where it is kept by default.
VARIABLE = "LADDER_WIDGETS_LEDGER"
_OFF = ("off", "0", "false", "no")
_MARKS = ("pyproject.toml", ".git", "setup.py")
#: Characters of a text that is kept.
_LONGEST = 200
_SESSIONS: dict[int, str] = {}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a test set. It names no user, no host and no folder outside the project.

    Attributes
    ----------
    when : str
        UTC, ``2026-01-31T12:00:00Z``.
    where : str
        Notebook or script, relative to the project; the working directory where neither is known.
    session : str
        Random, the same for all looks of one process.
    model : str
        Class name of the estimator that decides.
    rows : int
        Number of test rows.
    data, labels, scores, decisions : str
        Digests, see :class:`ladder_widgets.fingerprint.Rows`.
    """

    when: str
    where: str
    session: str
    model: str
    rows: int
    data: str
    labels: str
    scores: str
    decisions: str

    def same_rows(self, other: Look) -> bool:
        """Whether two looks were at the same rows, be it with other columns."""
        same_labels = self.labels != "" and (self.labels, self.rows) == (other.labels, other.rows)
        return self.data == other.data or same_labels

    def same_answers(self, other: Look) -> bool:
        """Whether scores and decisions were the same."""
        return (self.scores, self.decisions) == (other.scores, other.decisions)

    def same_look(self, other: Look) -> bool:
        """Whether this is the other one again: a cell that was run twice."""
        same = (self.session, self.data) == (other.session, other.data)
        return same and self.same_answers(other)


@dataclass(frozen=True, slots=True)
class Page:
    """What a ledger holds, and whether it could be written.

    Attributes
    ----------
    looks : tuple of Look
        Oldest first, without those noted now.
    unread : tuple of int
        Numbers of the lines that could not be read; they were left as they are.
    problem : str
        Why nothing could be noted, or empty.
    """

    looks: tuple[Look, ...] = ()
    unread: tuple[int, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The file ``path`` of the project in ``root``."""

    path: Path
    root: Path

    @property
    def name(self) -> str:
        """The file as a reader sees it: relative to the project, or the last part."""
        return _short(self.path, self.root)

    def here(self) -> str:
        """Where this process looks from, relative to the project."""
        program = _program()
        return _short(Path(program) if program else Path.cwd(), self.root)

    def read(self) -> Page:
        """Read without noting anything."""
        try:
            return _parsed(self.path.read_bytes())
        except FileNotFoundError:
            return Page()
        except OSError as error:
            return Page(problem=_said(error))

    def note(self, look: Look) -> Page:
        """Add a look, unless this process noted the same one before; return what was there.

        Reading and adding are one step: of two kernels that look at once, one is second.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered and in append mode: one write, which no other can tear apart.
            with self.path.open("ab+", buffering=0) as file, locked(file.fileno()):
                file.seek(0)
                told = file.read()
                page = _parsed(told)
                if not any(look.same_look(other) for other in page.looks):
                    mended = b"" if told.endswith(b"\n") or not told else b"\n"
                    file.write(mended + _line(look))
                return page
        except OSError as error:
            page = self.read()
            return Page(page.looks, page.unread, _said(error))


def open_ledger(option: Any) -> Ledger | None:
    """Return the ledger that an option stands for; None where none is wanted.

    Parameters
    ----------
    option : path, bool or None
        A file, or a folder for one; None and True for beside the project, False for none. The
        environment variable ``LADDER_WIDGETS_LEDGER=off`` wins over all of them.
    """
    told = os.environ.get(VARIABLE, "").strip()
    if option is False or told.lower() in _OFF:
        return None
    root = _project(Path.cwd())
    if option is None or option is True:
        option = told or root / FOLDER / FILE
    path = Path(option).expanduser().absolute()
    return Ledger(path / FILE if path.is_dir() else path, root)


def now() -> str:
    """Return the time in UTC, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def session() -> str:
    """Return the random name of this process."""
    return _SESSIONS.setdefault(os.getpid(), secrets.token_hex(6))  # a fork is a process of its own


# ---- lines -----------------------------------------------------------------------------------


def _line(look: Look) -> bytes:
    return json.dumps({"format": FORMAT, **asdict(look)}, ensure_ascii=True).encode() + b"\n"


def _parsed(told: bytes) -> Page:
    looks: dict[Look, None] = {}  # a merge may bring a line twice
    unread = []
    for number, line in enumerate(told.split(b"\n"), start=1):
        if not line.strip():
            continue
        look = _look(line)
        if look is None:
            unread.append(number)
        else:
            looks[look] = None
    return Page(tuple(sorted(looks, key=lambda look: look.when)), tuple(unread))


def _look(line: bytes) -> Look | None:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, Mapping) or told.get("format") != FORMAT:
        return None
    rows = told.get("rows")
    texts = {field.name: told.get(field.name) for field in fields(Look) if field.name != "rows"}
    kept = {name: text[:_LONGEST] for name, text in texts.items() if isinstance(text, str)}
    if len(kept) < len(texts) or type(rows) is not int or not _is_time(kept["when"]):
        return None
    return Look(rows=rows, **kept)


def _is_time(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _said(error: OSError) -> str:
    return error.strerror or type(error).__name__


# ---- places ----------------------------------------------------------------------------------


def _project(start: Path) -> Path:
    """Return the nearest folder that is a project's, or the one started from.

    The home folder is none, even under version control: it would gather the looks of every project.
    """
    home = _home()
    for folder in (start, *start.parents):
        if folder == home:
            break
        if any((folder / mark).exists() for mark in _MARKS):
            return folder
    return start


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _program() -> str:
    """Return the notebook or the script that runs, or nothing."""
    main = sys.modules.get("__main__")
    notebook = getattr(main, "__vsc_ipynb_file__", None)  # set by VS Code
    if notebook is None and "ipykernel" in sys.modules:
        notebook = os.environ.get("JPY_SESSION_NAME")  # set by Jupyter Server
    found = notebook or getattr(main, "__file__", None)
    return str(found) if found else ""


def _short(path: Path, root: Path) -> str:
    """Return a path relative to the project; of one outside only the last part: the others may be names."""
    path = path.resolve()
    if path.is_relative_to(root.resolve()):
        return path.relative_to(root.resolve()).as_posix()[-_LONGEST:]
    part = path.parent.name if path.name == "__main__.py" else path.name
    return part[-_LONGEST:]
