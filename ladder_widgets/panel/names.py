"""What the user calls their variables, so that code to copy runs in their notebook as it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["OF_PREDICTIONS", "Names", "names_in_notebook"]


@dataclass(frozen=True)
class Names:
    """Python names of the model (empty without one), the rows, their labels, and scores given as such."""

    model: str = "model"
    X: str = "X_val"
    y: str = "y_val"
    score: str = "y_score"


#: What the parameters of ``ErrorAnalysis.from_predictions`` are called: there is no model.
OF_PREDICTIONS = Names(model="", X="X", y="y_true")


def names_in_notebook(model: Any, X: Any, y: Any) -> Names:
    """Look the objects up in the notebook's own namespace; the usual names where they are not found.

    Outside of IPython nothing is looked up.

    Examples
    --------
    >>> names_in_notebook(object(), [], [])
    Names(model='model', X='X_val', y='y_val', score='y_score')
    """
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    namespace: Mapping[str, Any] = {} if shell is None else shell.user_ns
    found = {"model": _name(model, namespace), "X": _name(X, namespace), "y": _name(y, namespace)}
    return Names(**{**asdict(Names()), **{key: name for key, name in found.items() if name}})


def _name(thing: Any, namespace: Mapping[str, Any]) -> str | None:
    """The first public name of this very object; ``_`` and ``_12`` are IPython's memory of outputs."""
    # A copy: a cell that runs in another thread may be adding names.
    found = [name for name, value in list(namespace.items()) if value is thing and not name.startswith("_")]
    return found[0] if found else None
