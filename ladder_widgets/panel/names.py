"""What the user calls their variables, so that code to copy runs in their notebook as it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["OF_PREDICTIONS", "Names", "names_in_notebook", "names_of_errors"]


@dataclass(frozen=True)
class Names:
    """Python names: model (empty without one), rows, labels, scores that were given as such, the analysis."""

    model: str = "model"
    X: str = "X_val"
    y: str = "y_val"
    score: str = "y_score"
    errors: str = "errors"


#: What the parameters of ``ErrorAnalysis.from_predictions`` are called: there is no model.
OF_PREDICTIONS = Names(model="", X="X", y="y_true")


def names_in_notebook(model: Any, X: Any, y: Any) -> Names:
    """Look the objects up in the notebook's own namespace; the usual names where they are not found.

    Outside of IPython nothing is looked up.

    Examples
    --------
    >>> names_in_notebook(object(), [], [])
    Names(model='model', X='X_val', y='y_val', score='y_score', errors='errors')
    """
    return Names(_name(model, "model"), _name(X, "X_val"), _name(y, "y_val"))


def names_of_errors(errors: Any, X: Any) -> Names:
    """Return the names for an analysis without a model: its own and that of its rows are looked up."""
    usual = OF_PREDICTIONS
    return replace(usual, errors=_name(errors, usual.errors), X=usual.X if X is None else _name(X, usual.X))


def _name(thing: Any, usual: str) -> str:
    """The first public name of this very object; ``_`` and ``_12`` are IPython's memory of outputs."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    namespace: Mapping[str, Any] = {} if shell is None else shell.user_ns
    # A copy: a cell that runs in another thread may be adding names.
    found = [name for name, value in list(namespace.items()) if value is thing and not name.startswith("_")]
    return found[0] if found else usual
