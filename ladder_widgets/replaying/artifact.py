"""The saved model, loaded as it is; what goes wrong there is the first thing to tell."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from ladder_widgets._files import FileProblem, load_model

__all__ = ["LoadFailure", "Loaded", "load"]


@dataclass(frozen=True)
class LoadFailure:
    """Why a file could not be loaded, and what mends it."""

    error: Exception
    text: str
    fix: str


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model, the file it comes from, what was warned of while it was loaded, and why it was not."""

    model: Any
    path: Path | None = None
    messages: tuple[str, ...] = ()
    failure: LoadFailure | None = None


def load(model_or_path: Any, trust: bool) -> Loaded:
    """Return a model as it is, or from its file.

    Raises
    ------
    FileProblem
        If the file is not there, is of another kind, or may run code and is not trusted.
    """
    if not isinstance(model_or_path, str | PathLike):
        return Loaded(model_or_path)
    path = Path(model_or_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = load_model(path, trust)
        except FileProblem as problem:
            if not isinstance(problem.__cause__, Exception):
                raise
            return Loaded(None, path, (), _failure(problem, problem.__cause__))
    messages = dict.fromkeys(_message(each) for each in caught)
    return Loaded(model, path, tuple(messages))


def _message(caught: warnings.WarningMessage) -> str:
    """A warning in a line; that of versions names every estimator once more and the rest is one link."""
    said = " ".join(str(caught.message).split())
    versions = re.search(r"unpickle estimator (\S+) from version (\S+) when using version (\S+?)\.? ", said)
    if versions is not None:
        return f"{versions[1]} was saved by scikit-learn {versions[2]}; here is {versions[3]}."
    return f"{caught.category.__name__}: {said}"


def _failure(problem: FileProblem, error: Exception) -> LoadFailure:
    said = str(error)
    if isinstance(error, ModuleNotFoundError):
        fix = f"pip install <package of {error.name}>  # or put the folder of {error.name}.py on PYTHONPATH"
        return LoadFailure(error, str(problem), fix)
    if isinstance(error, AttributeError):
        name = re.search(r"[Cc]an't get attribute '([^']+)' on <module '([^']+)'", said)
        if name is not None:
            return LoadFailure(error, *_not_importable(name[1], name[2], str(problem)))
    fix = "# load it with the package versions it was saved with; if it never loads, save it again"
    return LoadFailure(error, str(problem), fix)


def _not_importable(name: str, module: str, problem: str) -> tuple[str, str]:
    if module.endswith("__main__"):
        text = (
            f"The model uses {name}, which was defined in a notebook or a script, and a pickle holds no code."
        )
        fix = f"# move {name} to a module that both sides import, then fit and save again"
        return f"{text} ({problem})", fix
    if module.partition(".")[0] in ("sklearn", "numpy", "scipy", "pandas"):
        text = f"{module} has no {name} in the version installed: the model was saved by another one."
        return f"{text} ({problem})", f"pip install {module.partition('.')[0]}==<version of training>"
    text = f"The module {module} no longer has {name}."
    return f"{text} ({problem})", f"# restore {name} in {module}, or fit and save the model again"
