"""Scalers and imputers fitted on too much; other versions."""

from __future__ import annotations

import pickle
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, many, plants
from tests.faults.tables import Data, columns


def _both(data: Data) -> tuple[pd.DataFrame, pd.Series]:
    """Training and validation (and test) rows together, in the order of the whole table."""
    X = pd.concat([each for each in (data.X_train, data.X_val, data.X_test) if each is not None])
    y = pd.concat([each for each in (data.y_train, data.y_val, data.y_test) if each is not None])
    order = np.argsort(X.index)
    return X.iloc[order], y.iloc[order]


def _many(data: Data, rng: np.random.Generator) -> list[str]:
    return [str(name) for name in many(data, rng)]


def _linear(prepare: Any) -> Any:
    return make_pipeline(prepare, LogisticRegression(max_iter=500, tol=1e-2, class_weight="balanced"))


def _onehot(words: list[str]) -> Any:
    return "words", OneHotEncoder(handle_unknown="ignore"), words


def _parted(data: Data, X: pd.DataFrame) -> Data:
    test = None if data.X_test is None else X.loc[data.X_test.index]
    return data.but(X_train=X.loc[data.X_train.index], X_val=X.loc[data.X_val.index], X_test=test)


def _differ(data: Data, names: list[str], statistic: str) -> list[str]:
    """Columns in which a statistic of all rows is not that of the training rows."""
    X, _ = _both(data)
    own, all_rows = (getattr(frame[names], statistic)() for frame in (data.X_train, X))
    return [name for name in names if own[name] != all_rows[name]]


# ---- pipeline.scaler-leak ------------------------------------------------------------------------


@plants("pipeline.scaler-leak")
def scaler_on_all_rows(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The scaler of the pipeline was fitted before the split, on one column in the subtle case."""
    X, _ = _both(data)
    names = columns(X)[0] if strength == OBVIOUS else _many(data, rng)[:1]
    if not names:
        return None
    model = Pipeline([("scale", ColumnTransformer([("numbers", StandardScaler(), names)]))])
    model = model.fit(X[names])
    rest = make_pipeline(SimpleImputer(), LogisticRegression(max_iter=500, tol=1e-2, class_weight="balanced"))
    rest.fit(model.transform(data.X_train[names]), data.y_train)
    return Planted(data.case(model=Pipeline([*model.steps, *rest.steps])), (names[0],))


@plants("pipeline.scaler-leak")
def scaled_before_the_split(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Rows are handed over scaled: all numbers, or two columns."""
    names = _many(data, rng)[: None if strength == OBVIOUS else 2]
    if not names:
        return None
    X, _ = _both(data)
    X = X.assign(**{name: (X[name] - X[name].mean()) / X[name].std() for name in names})
    return Planted(_parted(data, X).case())


@plants("pipeline.scaler-leak")
def ranged_before_the_split(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Rows are handed over between 0 and 1, or with median 0, by the extremes or quartiles of all."""
    X, _ = _both(data)
    names = [name for name in _many(data, rng) if X[name].nunique() >= 50]
    scaler = MinMaxScaler() if strength == OBVIOUS else RobustScaler()
    if strength == OBVIOUS:
        ends = set(_differ(data, names, "min")) | set(_differ(data, names, "max"))
        if len(ends) < 2:
            return None
    else:
        names = [n for n in _differ(data, names, "median") if X[n].quantile(0.75) > X[n].quantile(0.25)][:3]
    if not names:
        return None
    X = X.assign(**dict(zip(names, scaler.fit_transform(X[names]).T, strict=True)))
    return Planted(_parted(data, X).case())


@plants("pipeline.scaler-leak")
def within_a_wrapper(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Everything fitted on all rows: a whole pipeline, or a prefit one that is calibrated on training."""
    X, y = _both(data)
    numbers, words = columns(X)
    if not numbers:
        return None
    scaler = StandardScaler() if strength == OBVIOUS else QuantileTransformer(n_quantiles=50, subsample=None)
    scaled = make_pipeline(SimpleImputer(strategy="mean"), scaler)
    model = _linear(ColumnTransformer([("numbers", scaled, numbers), _onehot(words)])).fit(X, y)
    if strength == OBVIOUS:
        return Planted(data.case(model=model))
    prefit = frozen(model)
    return Planted(data.case(model=CalibratedClassifierCV(prefit, cv=2).fit(data.X_train, data.y_train)))


def frozen(model: Any) -> Any:
    """A model that is not fitted again."""
    from sklearn.frozen import FrozenEstimator

    return FrozenEstimator(model)


class Standardizer(TransformerMixin, BaseEstimator):
    """A home-made scaler."""

    def fit(self, X: Any, y: Any = None) -> Standardizer:
        values = np.asarray(X, dtype=float)
        self.mu_, self.sigma_ = np.nanmean(values, axis=0), np.nanstd(values, axis=0) + 1e-12
        return self

    def transform(self, X: Any) -> np.ndarray:
        return np.nan_to_num((np.asarray(X, dtype=float) - self.mu_) / self.sigma_)


class Served:
    """A home-made model: arrays and a classifier."""

    def __init__(self, centre: np.ndarray, spread: np.ndarray, names: list[str], classifier: Any) -> None:
        self.centre, self.spread, self.names, self.classifier = centre, spread, names, classifier
        self.classes_ = classifier.classes_

    def _scaled(self, X: pd.DataFrame) -> np.ndarray:
        return np.nan_to_num((X[self.names].to_numpy(dtype=float) - self.centre) / self.spread)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.classifier.predict(self._scaled(X))

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return self.classifier.predict_proba(self._scaled(X))


@plants("pipeline.scaler-leak")
def home_made(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A scaler of one's own, inside a pipeline or as bare arrays beside a classifier."""
    names = _many(data, rng)
    X, _ = _both(data)
    if not names:
        return None
    scaler = Standardizer().fit(X[names])
    inner = LogisticRegression(max_iter=500, tol=1e-2, class_weight="balanced")
    inner.fit(scaler.transform(data.X_train[names]), data.y_train)
    if strength == SUBTLE:
        return Planted(data.case(model=Served(scaler.mu_, scaler.sigma_, names, inner)))
    model = make_pipeline(ColumnTransformer([("numbers", scaler, names)]), inner)
    model.steps[0][1].fit(X)
    return Planted(data.case(model=model))


# ---- pipeline.imputer-leak -----------------------------------------------------------------------


def _with_gaps(data: Data, share: float, rng: np.random.Generator) -> tuple[Data, list[str]]:
    """Gaps in numeric columns with many values that have none."""
    names = [name for name in _many(data, rng) if data.X_train[name].nunique() >= 30]
    frames = []
    for frame in (data.X_train, data.X_val):
        holes = {name: frame[name].astype(float).mask(rng.random(len(frame)) < share) for name in names}
        frames.append(frame.assign(**holes))
    return data.but(X_train=frames[0], X_val=frames[1]), names


@plants("pipeline.imputer-leak")
def imputer_on_all_rows(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The imputer was fitted before the split; the scaler after it was not."""
    faulty, names = _with_gaps(data, 0.1 if strength == OBVIOUS else 0.02, rng)
    statistic = "mean" if strength == OBVIOUS else "median"
    if not names or not _differ(faulty, names, statistic):
        return None
    X, _ = _both(faulty)
    imputer = SimpleImputer(strategy=statistic).fit(X[names])
    prepare = ColumnTransformer([("numbers", frozen(imputer), names)])
    model = make_pipeline(
        prepare,
        StandardScaler(),
        LogisticRegression(max_iter=500, tol=1e-2, class_weight="balanced"),
    )
    told = tuple(_differ(faulty, names, statistic)[:1])
    return Planted(faulty.case(model=model.fit(faulty.X_train, faulty.y_train)), told)


@plants("pipeline.imputer-leak")
def filled_before_the_split(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Rows are handed over filled, with the mean of all columns or the median of a few."""
    faulty, names = _with_gaps(data, 0.1 if strength == OBVIOUS else 0.04, rng)
    statistic = "mean" if strength == OBVIOUS else "median"
    names = _differ(faulty, names, statistic)
    if strength == SUBTLE:
        # The median of a column with few values is the same on all rows, or has many rows by nature.
        names = [name for name in names if data.X_train[name].nunique() >= len(data.X_train) / 10][:3]
        faulty = _parted(data, _both(data)[0].assign(**_both(faulty)[0][names]))
    if not names:
        return None
    X, _ = _both(faulty)
    filled = X.assign(**{name: X[name].fillna(getattr(X[name], statistic)()) for name in names})
    return Planted(_parted(faulty, filled).case())


@plants("pipeline.imputer-leak")
def neighbours_of_all_rows(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """An imputer that shows nothing of what it has learned; few gaps in the subtle case."""
    faulty, names = _with_gaps(data, 0.1 if strength == OBVIOUS else 0.02, rng)
    if not names:
        return None
    X, y = _both(faulty)
    model = _linear(make_pipeline(ColumnTransformer([("numbers", KNNImputer(), names)]), MaxAbsScaler()))
    return Planted(faulty.case(model=model.fit(X, y)))


# ---- pipeline.version-mismatch -------------------------------------------------------------------


def other_version(number: str, part: int) -> str:
    """A version that differs in its first, second or third number."""
    parts = [int("".join(c for c in each if c.isdigit()) or 0) for each in number.split(".")[:3]]
    parts += [0] * (3 - len(parts))
    parts[part] += 1 if parts[part] == 0 else -1
    return ".".join(map(str, parts))


def saved_under(model: Any, wrong: str, path: Path, dump: Any) -> Path:
    """Save a model as another version of scikit-learn would have."""
    import sklearn.base

    true = sklearn.base.__version__
    try:
        sklearn.base.__version__ = wrong
        dump(model, path)
    finally:
        sklearn.base.__version__ = true
    return path


def _pickled(model: Any, path: Path, protocol: int) -> None:
    path.write_bytes(pickle.dumps(model, protocol=protocol))


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="ladder-widgets-"))


@plants("pipeline.version-mismatch")
def pickled_long_ago(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A pickle of a version long gone, or of the last minor version."""
    wrong = "0.24.2" if strength == OBVIOUS else other_version(sklearn.__version__, 1)
    model = data.fitted()
    dump = partial(_pickled, protocol=int(rng.integers(2, 6)))
    path = saved_under(model, wrong, _folder() / "model.pkl", dump)
    return Planted(data.case(model=model, artifact=path), (wrong,))


@plants("pipeline.version-mismatch")
def packed_joblib(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A joblib file, packed or not, of another patch in the subtle case."""
    wrong = other_version(sklearn.__version__, 0 if strength == OBVIOUS else 2)
    model = data.fitted()
    dump = partial(joblib.dump, compress=int(rng.choice([0, 3])))
    path = saved_under(model, wrong, _folder() / "model.joblib", dump)
    return Planted(data.case(model=model, artifact=str(path)), (wrong,))


@plants("pipeline.version-mismatch")
def listed_requirements(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Requirements of another time; one of them a minor version away in the subtle case."""
    if strength == OBVIOUS:
        asked = {"scikit-learn": "0.22.1", "numpy": "1.17.0", "pandas": "0.25.3"}
    else:
        name = str(rng.choice(["numpy", "pandas", "scipy", "scikit-learn"]))
        asked = {each: version(each) for each in ("numpy", "pandas", "scipy", "scikit-learn")}
        asked[name] = other_version(asked[name], 1)
    return Planted(data.case(requirements=asked))
