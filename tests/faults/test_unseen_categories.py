"""data.unseen-categories: new levels are found and named; rare and natural ones are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from ladder_widgets.case import Case
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, hard_clean
from tests.faults.tables import data, find

CODE = "data.unseen-categories"
TABLES = ("credit_data", "lending_club", "attrition", "mlc_churn", "hpc_data")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=3000), strength, np.random.default_rng(3))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    text = finding.summary + str(finding.evidence)
    assert all(name in text for name in planted.names)


@pytest.mark.parametrize("name", [*TABLES, "titanic", "wa_churn", "breast_cancer"])
def test_clean_is_silent(name):
    finding = find(CODE, data(name, n_rows=3000).case())
    assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("name", ["credit_data", "mlc_churn"])
def test_many_rare_levels_are_natural(name):
    case = hard_clean(data(name, n_rows=3000), np.random.default_rng(0))["many rare levels"]()
    finding = find(CODE, case)
    assert finding.status is Status.PASS, finding.summary
    unseen = set(case.val.table.data.town) - set(case.train.table.data.town)
    assert unseen
    assert sum(row[3] for row in finding.evidence[0].rows) <= case.val.table.data.town.isin(unseen).sum()


def _towns(n_rows, levels, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"town": rng.choice(levels, n_rows), "size": rng.normal(size=n_rows)})
    return X.astype({"town": object}), (X["size"] + (X.town == "Ghent") > 0.3).astype(int)


def _model(X, y, encoder):
    # Not "passthrough": scikit-learn 1.5.0 cannot pass a polars frame through.
    encode = ColumnTransformer([("words", encoder, ["town"])], remainder=StandardScaler())
    return make_pipeline(encode, LogisticRegression()).fit(X, y)


def test_the_level_it_resembles_is_named():
    X, y = _towns(400, ["Ghent", "Bruges", "Mons"])
    X_val, y_val = _towns(200, ["Ghent", "Bruges", "Mons"], 1)
    X_val.loc[:19, "town"] = "ghent "
    finding = find(
        CODE, Case(_model(X, y, OneHotEncoder(handle_unknown="ignore")), X_val, y_val, X_train=X, y_train=y)
    )
    assert finding.status is Status.FAIL
    assert finding.evidence[0].rows == (("town", "val", "ghent ", 20, 0.1, "Ghent"),)


@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    ],
)
def test_encoders_are_read_when_there_are_no_training_rows(encoder):
    X, y = _towns(400, ["Ghent", "Bruges", "Mons"])
    X_val, y_val = _towns(200, ["Ghent", "Bruges", "Namur"], 1)
    finding = find(CODE, Case(_model(X, y, encoder), X_val, y_val))
    assert finding.status is Status.FAIL
    assert "'Namur' in town" in finding.summary


def test_one_row_that_raises_is_enough():
    X, y = _towns(400, ["Ghent", "Bruges", "Mons"])
    X_val, y_val = _towns(200, ["Ghent", "Bruges", "Mons"], 1)
    X_val.loc[0, "town"] = "Namur"
    finding = find(CODE, Case(_model(X, y, OneHotEncoder()), X_val, y_val, X_train=X, y_train=y))
    assert finding.status is Status.FAIL
    assert "raises an error" in finding.summary


def test_a_dropped_column_does_not_count():
    X, y = _towns(400, ["Ghent", "Bruges", "Mons"])
    X_val, y_val = _towns(200, ["Namur"], 1)
    only_size = ColumnTransformer([("numbers", "passthrough", ["size"])])
    model = make_pipeline(only_size, LogisticRegression()).fit(X, y)
    assert find(CODE, Case(model, X_val, y_val, X_train=X, y_train=y)).status is Status.PASS


def test_numbers_that_are_encoded_count():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 4, 300), rng.normal(size=300)])
    y = (X[:, 1] > 0).astype(int)
    encode = ColumnTransformer(
        [("codes", OneHotEncoder(handle_unknown="ignore"), [0])], remainder="passthrough"
    )
    model = make_pipeline(encode, LogisticRegression()).fit(X, y)
    assert find(CODE, Case(model, X, y)).status is Status.PASS
    X_val = X.copy()
    X_val[:30, 0] = 7
    finding = find(CODE, Case(model, X_val, y))
    assert finding.status is Status.FAIL
    assert "in x0: 30 rows" in finding.summary


def test_without_training_rows_or_encoder_it_says_what_it_needs():
    X, y = _towns(100, ["Ghent", "Mons"])

    class Any:
        classes_ = np.array([0, 1])

        def predict(self, X):
            return np.arange(len(X)) % 2

    finding = find(CODE, Case(Any(), X, y))
    assert finding.status is Status.SKIP
    assert "X_train" in finding.summary


def test_polars():
    polars = pytest.importorskip("polars")
    X, y = _towns(400, ["Ghent", "Bruges", "Mons"])
    X_val, y_val = _towns(200, ["Ghent", "Bruges", "Namur"], 1)
    model = _model(polars.from_pandas(X), y, OneHotEncoder(handle_unknown="ignore"))
    given = {"X_train": polars.from_pandas(X), "y_train": y}
    assert "'Namur'" in find(CODE, Case(model, polars.from_pandas(X_val), y_val, **given)).summary
