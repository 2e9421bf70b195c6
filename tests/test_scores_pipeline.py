"""A pipeline is asked once for the rows as its last step sees them, and answers what it would by itself."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ladder_widgets.scores import ModelFailure, score_rows


class Flipped(Pipeline):
    """A pipeline that answers by itself."""

    def predict(self, X):
        return 1 - super().predict(X)


@pytest.fixture(scope="module")
def rows():
    return load_breast_cancer(return_X_y=True, as_frame=True)


def test_rows_are_transformed_once_and_answers_stay(rows):
    X, y = rows
    seen = []
    spy = FunctionTransformer(lambda X: seen.append(len(X)) or X)
    model = make_pipeline(spy, StandardScaler(), LogisticRegression()).fit(X, y)
    seen.clear()
    got = score_rows(model, X, [0, 1])
    assert seen == [len(X)]
    np.testing.assert_array_equal(got.proba, model.predict_proba(X))
    np.testing.assert_array_equal(got.predicted, model.predict(X))


def test_a_pipeline_with_a_predict_of_its_own_is_asked_for_it(rows):
    X, y = rows
    model = Flipped([("scale", StandardScaler()), ("model", LogisticRegression())]).fit(X, y)
    np.testing.assert_array_equal(score_rows(model, X, [0, 1]).predicted, model.predict(X))
    patched = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    patched.predict = lambda X: np.zeros(len(X), dtype=int)
    assert not score_rows(patched, X, [0, 1]).predicted.any()


def test_a_step_that_breaks_is_a_failure_of_the_model(rows):
    X, y = rows
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    with pytest.raises(ModelFailure, match="could not convert string to float"):
        score_rows(model, X.assign(**{"mean radius": "n/a"}), [0, 1])
