"""Bugs that nothing was tuned on when they were first tried: other tables, other steps, other containers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC

from tests.replay_bugs.kinds import NUMBERS, WORDS, cancer, credit, wine
from tests.replay_bugs.steps import BatchFill, Counting, DropEmpty, Hour, LogAmounts, Lookup, ranks

CODES = {"yes": 1, "no": 0}


def _decide():
    return LogisticRegression(max_iter=5000)


def _credit():
    X, y = credit()
    return X[:1000], y[:1000], X.dropna().iloc[-1].to_dict()


def _only(record, names, **values):
    return {name: record[name] for name in names} | values


def _coded(X):
    return X.assign(Records=[CODES[value] for value in X["Records"]])


def looked_up():
    X, y, record = _credit()
    fill = make_pipeline(SimpleImputer(), StandardScaler())
    numbers = ColumnTransformer([("numbers", fill, [*NUMBERS, "Home"])])
    model = make_pipeline(Lookup("Home"), numbers, _decide()).fit(X, y)
    return model, record | {"Home": "castle"}, {}, "lookup"


def logarithm_of_nothing(price=0):
    X, y, record = _credit()
    fill = make_pipeline(SimpleImputer(), StandardScaler())
    numbers = ColumnTransformer([("numbers", fill, NUMBERS)])
    model = make_pipeline(LogAmounts(["Price"]), numbers, _decide()).fit(X, y)
    return model, record | {"Price": price}, {}, "logamounts"


def logarithm_of_a_debt():
    return logarithm_of_nothing(-5)


def one_against_the_rest():
    X, y = wine()
    model = OneVsRestClassifier(make_pipeline(StandardScaler(), _decide())).fit(X[:120], y[:120])
    record = X.iloc[150].to_dict()
    return model, record | {"magnesium": 1000 * record["magnesium"]}, {"reference": X[:120]}, "standardscaler"


def no_document():
    texts = ["good morning sun", "bad night rain", "good sun day", "bad rain cold"] * 10
    model = make_pipeline(TfidfVectorizer(), _decide()).fit(texts, [1, 0, 1, 0] * 10)
    return model, [None], {}, "tfidfvectorizer"


def neighbours(age="n/a"):
    X, y, record = _credit()
    model = Pipeline([("fill", KNNImputer()), ("scale", RobustScaler()), ("decide", SVC())]).fit(
        X[NUMBERS], y
    )
    return model, _only(record, NUMBERS, Age=age), {"reference": X}, "fill"


def no_age_is_minus_one():
    return neighbours(-1)


def _polars():
    X, y, record = _credit()
    numbers = ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS)])
    rows = pl.from_pandas(X[NUMBERS])
    return Pipeline([("prepare", numbers), ("decide", _decide())]).fit(rows, y), rows, record


def polars_column_forgotten():
    model, _, record = _polars()
    return model, pl.from_dicts([_only(record, NUMBERS[:-1])]), {}, "prepare"


def polars_income_in_cents():
    model, rows, record = _polars()
    changed = _only(record, NUMBERS, Income=1000.0 * record["Income"])
    return model, pl.from_dicts([changed]), {"reference": rows}, "simpleimputer"


def ordinal(job="astronaut"):
    X, y, record = _credit()
    code = ColumnTransformer([("code", OrdinalEncoder(), WORDS)], remainder="passthrough")
    boost = HistGradientBoostingClassifier(max_iter=5)
    return Pipeline([("prepare", code), ("boost", boost)]).fit(X, y), record | {"Job": job}, {}, "code"


def remembers():
    X, y, record = _credit()
    model = Pipeline([("fill", SimpleImputer()), ("count", Counting()), ("decide", _decide())])
    return model.fit(X[NUMBERS], y), _only(record, NUMBERS), {}, "count"


def drops_what_is_empty():
    X, y, record = _credit()
    model = Pipeline([("drop", DropEmpty()), ("fill", SimpleImputer()), ("decide", _decide())])
    return model.fit(X[NUMBERS], y), _only(record, NUMBERS, Debt=None), {}, "drop"


def ranks_in_the_batch():
    X, y, record = _credit()
    both = FeatureUnion([("raw", StandardScaler()), ("rank", FunctionTransformer(ranks))])
    model = Pipeline([("fill", SimpleImputer()), ("both", both), ("decide", _decide())]).fit(X[NUMBERS], y)
    return model, _only(record, NUMBERS), {"batch": X[NUMBERS][:100]}, "rank"


def fills_from_the_batch():
    X, y, record = _credit()
    model = Pipeline([("fill", BatchFill()), ("scale", StandardScaler()), ("decide", _decide())])
    return model.fit(X[NUMBERS], y), _only(record, NUMBERS, Debt=np.nan), {"reference": X[NUMBERS]}, "fill"


def date_as_text():
    X = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=400, freq="h"), "x": np.arange(400.0)})
    model = Pipeline([("hour", Hour()), ("scale", StandardScaler()), ("decide", _decide())])
    return model.fit(X, np.arange(400) % 24 > 12), {"when": "2024-02-01T10:00:00", "x": 3.0}, {}, "hour"


def array_with_text(last="high", first=1.0):
    X, y = wine()
    model = make_pipeline(MinMaxScaler(), GaussianNB()).fit(X[:120].to_numpy(), y[:120])
    values = X.iloc[130].tolist()
    record = [first * values[0], *values[1:-1], values[-1] if last is None else last]
    return model, record, {"reference": X[:120].to_numpy()}, "minmaxscaler"


def array_in_another_unit():
    return array_with_text(None, 1000.0)


def key_that_is_not_there():
    X, y, _ = _credit()
    kept = ColumnTransformer([("kept", "passthrough", ["Records", "Time"])])
    model = Pipeline([("map", FunctionTransformer(_coded)), ("kept", kept), ("decide", _decide())])
    return model.fit(X[["Records", "Time"]], y), {"Records": "Y", "Time": 36}, {}, "map"


def true_for_yes():
    X, y, _ = _credit()
    code = [("code", OneHotEncoder(handle_unknown="ignore"), ["Records"]), ("kept", "passthrough", ["Time"])]
    model = Pipeline([("prepare", ColumnTransformer(code)), ("decide", _decide())])
    return model.fit(X[["Records", "Time"]], y), {"Records": True, "Time": 36}, {}, "code"


def last_step_not_fitted():
    model, record, told, _ = true_for_yes()
    model.steps[1] = ("decide", LogisticRegression())
    return model, record | {"Records": "yes"}, told, "decide"


def frozen():
    X, y = cancer()
    inside = make_pipeline(StandardScaler(), _decide()).fit(X[:300], y[:300])
    model = FixedThresholdClassifier(FrozenEstimator(inside), threshold=0.3).fit(X[:300], y[:300])
    return model, X.iloc[400].to_dict() | {"mean area": float("inf")}, {}, "standardscaler"


OTHERS = [
    looked_up,
    logarithm_of_nothing,
    logarithm_of_a_debt,
    one_against_the_rest,
    no_document,
    neighbours,
    no_age_is_minus_one,
    polars_column_forgotten,
    polars_income_in_cents,
    ordinal,
    remembers,
    drops_what_is_empty,
    ranks_in_the_batch,
    fills_from_the_batch,
    date_as_text,
    array_with_text,
    array_in_another_unit,
    key_that_is_not_there,
    true_for_yes,
    last_step_not_fitted,
    frozen,
]
