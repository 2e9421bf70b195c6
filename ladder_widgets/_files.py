"""Models and tables from files, for the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from ladder_widgets.validation import choice

__all__ = ["FileProblem", "load_model", "read_frame", "read_table"]

_PICKLES = (".joblib", ".pkl", ".pickle")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")


class FileProblem(ValueError):
    """A file that cannot be used; the message is one sentence that names it."""


def _lines(path: Path) -> pd.DataFrame:
    return pd.read_json(path, lines=True)


_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
    ".jsonl": _lines,
    ".ndjson": _lines,
    ".json": _lines,
}


def read_table(path: Path, target: str) -> tuple[pd.DataFrame, pd.Series]:
    """Read a table and take the target column out of it.

    Parameters
    ----------
    path : Path
        CSV (packed or not), Parquet, Feather, or JSON with one object a line.
    target : str
        Column that holds the labels.

    Raises
    ------
    FileProblem
        If the file is not there, cannot be read, or lacks the column.
    """
    frame = read_frame(path)
    try:
        choice("target", target, map(str, frame.columns))
    except ValueError as error:
        raise FileProblem(f"{path} has no column {target!r}. {error}") from error
    return frame.drop(columns=target), frame[target]


def read_frame(path: Path) -> pd.DataFrame:
    """Read a table from any file that :func:`read_table` takes, labels or not."""
    ending = next((each for each in reversed(path.suffixes) if each.lower() not in _PACKED), "").lower()
    if ending not in _READERS:
        raise FileProblem(
            f"{path}: tables are read from {', '.join(_READERS)}, not from {ending or 'this'!r}."
        )
    _must_exist(path)
    try:
        return _READERS[ending](path)
    except ImportError as error:
        raise FileProblem(f"{path}: reading {ending} files needs pyarrow (pip install pyarrow).") from error
    except Exception as error:
        raise FileProblem(f"{path} cannot be read: {_said(error)}") from error


def load_model(path: Path, trust: bool) -> Any:
    """Load a model.

    Parameters
    ----------
    path : Path
        ``.skops`` (needs the package skops), or ``.joblib``, ``.pkl``, ``.pickle``.
    trust : bool
        Whether the file may run code: every pickle may.

    Raises
    ------
    FileProblem
        If the file is not there, cannot be loaded, or would need trust that was not given.
    """
    ending = path.suffix.lower()
    if ending not in (*_PICKLES, ".skops"):
        raise FileProblem(
            f"{path}: models are loaded from .skops, {', '.join(_PICKLES)}, not from {ending!r}."
        )
    _must_exist(path)
    if ending == ".skops":
        return _load_skops(path, trust)
    if not trust:
        raise FileProblem(
            f"{path} is a pickle, and loading a pickle runs whatever code is in it. If you know where it "
            "comes from, add --trust (in Python trust=True); a model saved with skops (.skops) can be "
            "looked into first."
        )
    import joblib

    with _loading(path):
        return joblib.load(path)  # reads plain pickles too


def _load_skops(path: Path, trust: bool) -> Any:
    try:
        from skops import io
    except ImportError as error:
        hint = 'pip install "ladder-widgets[skops]"'
        raise FileProblem(f"{path}: loading .skops files needs the package skops ({hint}).") from error
    with _loading(path):
        unknown = io.get_untrusted_types(file=path)
    if unknown and not trust:
        listed = ", ".join(map(str, unknown[:8])) + (", …" if len(unknown) > 8 else "")
        raise FileProblem(
            f"{path} holds types that skops does not know: {listed}. If you do, add "
            "--trust (in Python trust=True)."
        )
    with _loading(path):
        return io.load(path, trusted=unknown)


@contextmanager
def _loading(path: Path) -> Iterator[None]:
    """Turn whatever loading raises into one sentence."""
    try:
        yield
    except ModuleNotFoundError as error:
        hint = "Install it, or put its folder on PYTHONPATH."
        raise FileProblem(
            f"{path} needs the module {error.name!r}, which is not installed. {hint}"
        ) from error
    except Exception as error:
        raise FileProblem(f"{path} cannot be loaded as a model: {_said(error)}") from error


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise FileProblem(f"{path}: there is no such file.")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
