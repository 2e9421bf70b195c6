"""What to paste: a snippet per fault, for `model`, `X_train`, `y_train`, `X_val`, `y_val` held in pandas."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["FIXES"]

FIXES: Mapping[str, str] = MappingProxyType(
    {
        "data.missing-values": """\
import numpy as np
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

stand_ins = [np.inf, -np.inf]  # add those found: -999, "?", ""
X_train, X_val = X_train.replace(stand_ins, np.nan), X_val.replace(stand_ins, np.nan)
impute = make_column_transformer(
    (SimpleImputer(strategy="median"), make_column_selector(dtype_include="number")),
    (SimpleImputer(strategy="most_frequent"), make_column_selector(dtype_exclude="number")),
    verbose_feature_names_out=False,
).set_output(transform="pandas")
model = make_pipeline(impute, clone(model)).fit(X_train, y_train)
""",
        "data.misaligned": """\
# Line the labels up by index. If the index was lost on the way, go back to the source and join on the key:
# table = features.merge(labels, on="key", validate="one_to_one")
y_train = y_train.loc[X_train.index]
y_val = y_val.loc[X_val.index]
model.fit(X_train, y_train)
""",
        "data.leakage": """\
leaks = ["column_filled_in_after_the_outcome"]  # the columns named in the evidence
X_train, X_val = X_train.drop(columns=leaks), X_val.drop(columns=leaks)
model.fit(X_train, y_train)
""",
        "data.unseen-categories": """\
from sklearn.base import clone
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

model = clone(model)
for step in model.get_params().values():
    if isinstance(step, OneHotEncoder):  # rare categories share a column, and unknown ones join them
        step.set_params(handle_unknown="infrequent_if_exist", min_frequency=20)
    elif isinstance(step, OrdinalEncoder):
        step.set_params(handle_unknown="use_encoded_value", unknown_value=-1)
model.fit(X_train, y_train)
""",
        "data.wrong-target": """\
# The same labels in both splits, and in similar shares?
print(y_train.value_counts(normalize=True), y_val.value_counts(normalize=True), sep="\\n")
# Columns that are the target under another name:
copies = [
    name
    for name in X_train
    if X_train[name].nunique() == y_train.nunique() == len(set(zip(X_train[name], y_train, strict=True)))
]
print(copies)
""",
        "pipeline.scaler-leak": """\
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if not hasattr(model, "steps"):  # the scaler stood outside the model: take it in
    model = make_pipeline(StandardScaler(), model)
model = clone(model).fit(X_train, y_train)  # unscaled training rows and no others
""",
        "pipeline.imputer-leak": """\
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

if not hasattr(model, "steps"):  # the gaps were filled outside the model: fill them inside
    model = make_pipeline(SimpleImputer(strategy="median"), model)
model = clone(model).fit(X_train, y_train)  # training rows as they came, gaps included
""",
        "pipeline.train-serve-skew": """\
import joblib
import numpy as np

joblib.dump(model, "model.joblib")  # preprocessing included
served = joblib.load("model.joblib")  # in the service: raw columns in, nothing done to them first
assert np.allclose(served.predict_proba(X_val), model.predict_proba(X_val))
""",
        "pipeline.version-mismatch": """\
from importlib.metadata import version

packages = ["scikit-learn", "numpy", "scipy", "joblib"]
with open("requirements.txt", "w") as file:
    file.writelines(f"{name}=={version(name)}\\n" for name in packages)
# Install from this file wherever the model is loaded, and fit and save the model again under it.
""",
        "model.wrong-class": """\
from sklearn.ensemble import HistGradientBoostingClassifier

model = HistGradientBoostingClassifier(random_state=0).fit(X_train, y_train)
# If the target is a measurement and a decision is wanted, make the cut explicit first: y_train > cut
""",
        "model.imbalance": """\
from sklearn.model_selection import TunedThresholdClassifierCV

# Two classes: move the threshold. Choose the scoring that says what each kind of error costs you.
model = TunedThresholdClassifierCV(model, scoring="balanced_accuracy").fit(X_train, y_train)
print(model.best_threshold_)
# More classes: class_weight="balanced" in the estimator, if it has one.
""",
        "model.over-regularized": """\
import numpy as np
from sklearn.model_selection import GridSearchCV

freedom = {"C": np.logspace(-3, 3, 7), "min_samples_leaf": [1, 5, 20, 100], "alpha": np.logspace(-6, 0, 7)}
grid = {
    name: freedom[name.split("__")[-1]] for name in model.get_params() if name.split("__")[-1] in freedom
}
model = GridSearchCV(model, grid, scoring="neg_log_loss").fit(X_train, y_train)
print(model.best_params_)
""",
        "model.divergence": """\
from sklearn.impute import SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# Scale first, then take small steps that shrink when the loss stops falling.
steps = SGDClassifier(loss="log_loss", learning_rate="adaptive", eta0=0.01, random_state=0)
model = make_pipeline(SimpleImputer(), StandardScaler(), steps).fit(X_train, y_train)
""",
        "evaluation.train-as-val": """\
from pandas.util import hash_pandas_object

trained = set(hash_pandas_object(X_train, index=False))
new = ~hash_pandas_object(X_val, index=False).isin(trained).to_numpy()
X_val, y_val = X_val[new], y_val[new]
# If the same person or device has several rows, split by it: GroupShuffleSplit, StratifiedGroupKFold.
""",
        "evaluation.wrong-metric": """\
from sklearn.metrics import average_precision_score, roc_auc_score

score = model.predict_proba(X_val)[:, 1]
positive = y_val == model.classes_[1]
print("average precision", average_precision_score(positive, score), "against", positive.mean(), "by chance")
print("ROC AUC", roc_auc_score(positive, score), "against 0.5 by chance")
""",
        "evaluation.no-baseline": """\
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

dummy = DummyClassifier(strategy="prior").fit(X_train, y_train)
reference = HistGradientBoostingClassifier(random_state=0).fit(X_train, y_train)
for name, candidate in {"dummy": dummy, "reference": reference, "model": model}.items():
    print(name, log_loss(y_val, candidate.predict_proba(X_val), labels=candidate.classes_))
# Only the model is at the dummy's level: look at the model. The reference too: look at the data.
""",
        "evaluation.threshold": """\
from sklearn.model_selection import TunedThresholdClassifierCV

# Choose the scoring that says what each kind of error costs you. The model itself is not fitted again.
tuned = TunedThresholdClassifierCV(model, scoring="balanced_accuracy", cv="prefit", refit=False)
model = tuned.fit(X_val, y_val)
print(model.best_threshold_)
""",
        "production.drift": """\
import pandas as pd
from sklearn.base import clone

recent = pd.read_parquet("production.parquet").sort_values("timestamp").dropna(subset="label")
older, newer = recent.iloc[: len(recent) // 2], recent.iloc[len(recent) // 2 :]
columns = list(X_train)
retrained = clone(model).fit(pd.concat([X_train, older[columns]]), pd.concat([y_train, older["label"]]))
print("before", model.score(newer[columns], newer["label"]))
print("after", retrained.score(newer[columns], newer["label"]))
""",
        "production.schema-change": """\
expected = X_train.dtypes


def conform(batch):
    missing = expected.index.difference(batch.columns)
    if len(missing):
        raise ValueError(f"Columns are missing: {list(missing)}")
    return batch[expected.index].astype(expected)  # the order and the types of training


model.predict(conform(X_val))
""",
        "production.serialization-mismatch": """\
import hashlib
import joblib
from pathlib import Path

joblib.dump(model, "model.joblib")  # ship this file; do not build the pipeline again in the service
print(hashlib.sha256(Path("model.joblib").read_bytes()).hexdigest())  # log it with every prediction
served = joblib.load("model.joblib")
assert (served.predict_proba(X_val) == model.predict_proba(X_val)).all()
""",
        "production.delayed-truth": """\
import pandas as pd
from sklearn.metrics import roc_auc_score

log = pd.read_parquet("production.parquet")
wait = (log["label_timestamp"] - log["timestamp"]).quantile(0.95)
mature = log[log["timestamp"] <= log["timestamp"].max() - wait]  # old enough for nearly all labels to be in
known = mature.dropna(subset="label")
print(f"{len(known) / len(mature):.0%} labelled, ROC AUC {roc_auc_score(known['label'], known['score']):.3f}")
""",
    }
)
