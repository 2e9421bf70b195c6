"""Trying a fix: the fault goes away, the figures are right, and nothing of the user's is touched."""

from __future__ import annotations

import copy
import html
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets import Case, Finding, FixTrial, Report, Status, run_ladder
from ladder_widgets.checks import _overlap
from ladder_widgets.remedies import REMEDIES
from ladder_widgets.remedies.judge import NAMES, Judged, differences, figures
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.plants.base import unweighted
from tests.faults.plants.model import rarer
from tests.faults.tables import data, find, sound_model, whole


def report_on(case: Case, *findings: Finding) -> Report:
    """A report of one check alone: a whole climb takes longer and says the same."""
    return Report(case, (), findings, None, 0.0)


def raised(code: str, **details: object) -> Finding:
    """What a check hands over, by hand."""
    layer = code.partition(".")[0]
    return Finding(code, layer, 0, Status.FAIL, code, "", "", "By hand.", details=details)


def planted(code: str, which: int, name: str, strength: str = OBVIOUS, n_rows: int = 1500) -> Case:
    made = PLANTS[code][which](data(name, n_rows=n_rows), strength, np.random.default_rng(1))
    assert made is not None
    return made.case


def tried(code: str, case: Case, **options: object) -> FixTrial:
    return report_on(case, find(code, case)).try_fix(code, **options)


def told(model: object, X: object, y: pd.Series, positive: object, rarest: object) -> dict[str, float]:
    """The figures, from scikit-learn."""
    classes = list(model.classes_)
    proba, answer = model.predict_proba(X), model.predict(X)
    score = proba[:, classes.index(positive)]
    return {
        "roc_auc": roc_auc_score(y == positive, score),
        "average_precision": average_precision_score(y == positive, score),
        "balanced_accuracy": balanced_accuracy_score(y, answer),
        "log_loss": log_loss(y, proba, labels=classes),
        "accuracy": accuracy_score(y, answer),
        "recall_of_rarest": recall_score(y, answer, labels=[rarest], average="macro"),
    }


def same(figures_: dict[str, float], expected: dict[str, float]) -> None:
    assert set(figures_) == set(NAMES)
    assert figures_ == pytest.approx({name: expected[name] for name in figures_}, abs=1e-6)


# ---- the fault goes away -------------------------------------------------------------------------

BUILT = [
    "data.missing-values",
    "data.leakage",
    "data.unseen-categories",
    "model.imbalance",
    "evaluation.train-as-val",
    "evaluation.threshold",
]


@pytest.mark.parametrize(("name", "strength"), [("mlc_churn", OBVIOUS), ("attrition", SUBTLE)])
@pytest.mark.parametrize(
    ("code", "plant"),
    [(code, plant) for code in BUILT for plant in PLANTS[code]],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_finding_goes_away_and_nothing_of_the_users_is_touched(code, plant, name, strength):
    made = plant(data(name, n_rows=1200), strength, np.random.default_rng(1))
    if made is None or made.case.train is None:
        pytest.skip("the table has no room for it")
    case = made.case
    finding = find(code, case)
    if not finding.raised:
        pytest.skip("too slight to be found here")
    splits = {split.name: split for split in case.splits}
    before = {name: (copy.deepcopy(s.table.data), s.y.copy()) for name, s in splits.items()}
    model = pickle.dumps(case.model)
    trial = report_on(case, finding).try_fix(code)
    assert trial.gone, trial.verdict
    assert trial.was is finding
    assert trial.code == code
    assert pickle.dumps(case.model) == model
    assert trial.estimator is not case.model
    for split, (X, y) in before.items():
        pd.testing.assert_frame_equal(splits[split].table.data, X)
        pd.testing.assert_series_equal(splits[split].y, y)
    for figure in NAMES:
        gained = trial.difference[figure]
        assert gained.mean == pytest.approx(trial.after[figure] - trial.before[figure], abs=1e-9)
        assert gained.low - 1e-9 <= gained.mean <= gained.high + 1e-9


# ---- the figures, remedy by remedy ---------------------------------------------------------------


def test_without_the_leak_it_is_the_model_that_never_had_it():
    case = planted("data.leakage", 0, "mlc_churn")
    trial = tried("data.leakage", case)
    clean = data("mlc_churn", n_rows=1500)
    honest = sound_model(clean.X_train, clean.y_train).fit(clean.X_train, clean.y_train)
    assert trial.remedy.startswith("Dropped closing_code and fitted again")
    assert trial.rarest == "yes"
    same(trial.after, told(honest, clean.X_val, clean.y_val, "yes", "yes"))
    same(trial.before, told(case.model, case.val.table.data, case.val.y, "yes", "yes"))
    assert trial.difference["roc_auc"].high < -0.05
    assert any("that is right" in note for note in trial.notes)
    assert "closing_code" not in trial.estimator.feature_names_in_


def test_a_pipeline_that_cannot_lose_the_column_gets_it_held():
    X, y = whole("breast_cancer")
    X = X.assign(result=y + 0.0)
    model = HistGradientBoostingClassifier(max_iter=20, categorical_features=["result"], random_state=0)
    case = Case(model.fit(X[:400], y[:400]), X[400:], y[400:], X_train=X[:400], y_train=y[:400])
    trial = tried("data.leakage", case)
    assert trial.remedy.startswith("Held result at one value")
    assert trial.gone
    without = clone(model).set_params(categorical_features=None).fit(X[:400].drop(columns="result"), y[:400])
    expected = without.predict_proba(X[400:].drop(columns="result"))[:, 1]
    assert trial.after["roc_auc"] == pytest.approx(roc_auc_score(y[400:], expected), abs=0.01)


@pytest.mark.parametrize("kind", ["array", "list", "sparse", "polars"])
def test_a_leak_is_dropped_from_any_container(kind):
    X, y = whole("breast_cancer")
    table = np.column_stack([X.to_numpy() / X.std().to_numpy(), y * 1.0])
    if kind == "polars":
        polars = pytest.importorskip("polars")
        table = polars.DataFrame({f"c{i}": column for i, column in enumerate(table.T)})
    if kind == "list":
        table = table.tolist()
    if kind == "sparse":
        from scipy import sparse

        table = sparse.csr_matrix(table)
    model = LogisticRegression(max_iter=2000).fit(table[:400], y[:400])
    case = Case(model, table[400:], y[400:], X_train=table[:400], y_train=y[:400])
    leak = raised("data.leakage", columns=[case.val.table.names[-1]])
    trial = report_on(case, leak).try_fix("data.leakage")
    assert trial.gone
    assert trial.estimator.n_features_in_ == 30
    assert trial.before["accuracy"] == 1.0


def test_a_leak_among_columns_chosen_by_position_is_held():
    X, y = whole("breast_cancer")
    table = np.column_stack([X.to_numpy() / X.std().to_numpy(), y * 1.0])
    from sklearn.compose import ColumnTransformer

    prepare = ColumnTransformer([("all", StandardScaler(), list(range(31)))])
    model = make_pipeline(prepare, LogisticRegression()).fit(table[:400], y[:400])
    case = Case(model, table[400:], y[400:], X_train=table[:400], y_train=y[:400])
    trial = report_on(case, raised("data.leakage", columns=["x30"])).try_fix("data.leakage")
    assert trial.remedy.startswith("Held x30")
    assert trial.gone


def test_a_model_that_refuses_gaps_is_compared_on_the_rows_it_answers():
    case = planted("data.missing-values", 0, "mlc_churn")
    trial = tried("data.missing-values", case)
    whole_rows = ~case.val.table.data.isna().any(axis=1).to_numpy()
    assert trial.rows == (whole_rows.sum(), whole_rows.sum())
    answered = case.val.table.data[whole_rows], case.val.y[whole_rows]
    same(trial.before, told(case.model, *answered, "yes", "yes"))
    same(trial.after, told(trial.estimator, *answered, "yes", "yes"))
    assert len(trial.estimator.predict(case.val.table.data)) == case.val.n_rows
    assert any("refuses" in note and "answers all" in note for note in trial.notes)


def test_where_every_row_is_refused_there_is_nothing_before():
    X, y = whole("breast_cancer")
    X_val = X[400:].assign(**{"mean area": np.nan})
    model = LogisticRegression(max_iter=5000).fit(X[:400], y[:400])
    case = Case(model, X_val, y[400:], X_train=X[:400], y_train=y[:400])
    trial = tried("data.missing-values", case)
    assert np.isnan(list(trial.before.values())).all()
    assert np.isfinite(list(trial.after.values())).all()
    assert trial.to_dict()["metrics"][0]["difference"] == {"mean": None, "low": None, "high": None}
    assert "nothing before to compare with" in " ".join(trial.notes)
    assert "–" in repr(trial)


def test_stand_ins_are_read_as_missing():
    case = planted("data.missing-values", 2, "attrition")
    trial = tried("data.missing-values", case)
    name = find("data.missing-values", case).details["stand_ins"]
    column, (value,) = next(iter(name.items()))
    X_train, X_val = (
        split.table.data.assign(**{column: split.table.data[column].replace(value, np.nan)})
        for split in (case.train, case.val)
    )
    expected = clone(case.model).fit(X_train, case.train.y)
    same(trial.after, told(expected, X_val, case.val.y, "Yes", "Yes"))


def test_arrays_with_gaps_are_imputed_too():
    X, y = whole("breast_cancer")
    table = X.to_numpy().copy()
    table[420:440, 3] = np.nan
    table[440:450, 4] = np.inf
    model = LogisticRegression(max_iter=5000).fit(table[:400], y[:400])
    case = Case(model, table[400:], y[400:], X_train=table[:400], y_train=y[:400])
    before = table.copy()
    trial = tried("data.missing-values", case)
    assert trial.gone
    np.testing.assert_array_equal(table, before)
    assert type(trial.estimator.steps[0][1]).__name__ == "SimpleImputer"


def test_polars_frames_with_gaps_and_new_categories():
    polars = pytest.importorskip("polars")
    clean = data("attrition", n_rows=900)
    parts = [polars.from_pandas(frame.reset_index(drop=True)) for frame in (clean.X_train, clean.X_val)]
    model = clone(clean.model).fit(parts[0], clean.y_train)
    hit = np.arange(len(parts[1])) % 5 == 0
    gender = polars.Series("Gender", np.where(hit, " FEMALE", parts[1]["Gender"].to_list()))
    case = Case(model, parts[1].with_columns(gender), clean.y_val, X_train=parts[0], y_train=clean.y_train)
    trial = tried("data.unseen-categories", case)
    assert trial.gone
    assert "as training spells them" in trial.remedy
    income = polars.Series("MonthlyIncome", np.where(hit, -999, parts[1]["MonthlyIncome"].to_list()))
    case = Case(model, parts[1].with_columns(income), clean.y_val, X_train=parts[0], y_train=clean.y_train)
    assert tried("data.missing-values", case).gone


def test_another_spelling_is_written_as_training_spells_it():
    case = planted("data.unseen-categories", 1, "attrition")
    trial = tried("data.unseen-categories", case)
    clean = data("attrition", n_rows=1500)
    same(
        trial.after,
        told(clone(clean.model).fit(clean.X_train, clean.y_train), clean.X_val, clean.y_val, "Yes", "Yes"),
    )


def test_a_strict_encoder_learns_to_take_what_is_new():
    case = planted("data.unseen-categories", 2, "attrition")
    trial = tried("data.unseen-categories", case)
    assert "Told 1 encoder to take unknown categories" in trial.remedy
    new = find("data.unseen-categories", case).details["rows"]
    hit = np.unique(np.concatenate([rows for _, _, rows in new]))
    assert trial.rows == (case.val.n_rows - len(hit),) * 2
    assert len(trial.estimator.predict(case.val.table.data)) == case.val.n_rows
    assert any("never saw is not learnt" in note for note in trial.notes)


def test_weights_are_set_where_the_model_takes_them():
    case = planted("model.imbalance", 0, "mlc_churn")
    trial = tried("model.imbalance", case)
    weighted = clone(case.model).set_params(logisticregression__class_weight="balanced")
    weighted.fit(case.train.table.data, case.train.y)
    same(trial.after, told(weighted, case.val.table.data, case.val.y, "yes", "yes"))
    assert trial.difference["recall_of_rarest"].low > 0


@pytest.mark.parametrize(
    "model", [GaussianNB(), CalibratedClassifierCV(LogisticRegression(max_iter=500), cv=3)]
)
def test_a_model_without_weights_gets_a_threshold(model):
    scarce = rarer(data("default", n_rows=2000), 0.04, np.random.default_rng(1))
    columns = ["balance", "income"]
    X_train, X_val = scarce.X_train[columns] / 1000, scarce.X_val[columns] / 1000
    case = scarce.but(X_train=X_train, X_val=X_val).case(model=clone(model).fit(X_train, scarce.y_train))
    trial = report_on(case, raised("model.imbalance")).try_fix("model.imbalance")
    assert "Chose the threshold" in trial.remedy
    assert trial.difference["roc_auc"].mean == pytest.approx(0, abs=0.01)
    assert trial.after["recall_of_rarest"] > trial.before["recall_of_rarest"]
    same(trial.after, told(trial.estimator, X_val, scarce.y_val, "Yes", "Yes"))


def test_the_threshold_is_chosen_on_training_rows_and_judged_on_all_validation_rows():
    case = planted("evaluation.threshold", 1, "titanic")
    trial = tried("evaluation.threshold", case)
    assert trial.rows == (case.val.n_rows, case.val.n_rows)
    score = case.model.predict_proba(case.val.table.data)[:, 1]
    above = np.where(score >= trial.estimator.best_threshold_, *case.model.classes_[::-1])
    assert trial.after["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(case.val.y, above))
    assert "The validation rows had no say in it" in trial.notes[0]


def test_without_training_rows_it_is_chosen_on_one_half_and_judged_on_the_other():
    case = planted("evaluation.threshold", 0, "mlc_churn")
    alone = Case(case.model, case.val.table.data, case.val.y)
    trial = tried("evaluation.threshold", alone)
    half = (case.val.n_rows + 1) // 2
    assert trial.rows == (half, half)
    assert trial.gone
    assert "There are no training rows." in trial.notes[0]
    assert trial.difference["balanced_accuracy"].low > 0


def test_costs_and_metric_say_what_the_threshold_is_for():
    scarce = rarer(data("default", n_rows=2000), 0.04, np.random.default_rng(1))
    model = unweighted(scarce).fit(scarce.X_train, scarce.y_train)
    cuts = {}
    for costs in ({"false_positive": 1, "false_negative": 2}, {"false_positive": 1, "false_negative": 40}):
        case = scarce.case(model=model, costs=costs)
        trial = report_on(case, raised("evaluation.threshold")).try_fix("evaluation.threshold")
        assert "for the least cost of mistakes" in trial.remedy
        cuts[costs["false_negative"]] = trial.estimator.best_threshold_
    assert cuts[40] < cuts[2]
    case = scarce.case(model=model, metric="f1")
    trial = report_on(case, raised("evaluation.threshold")).try_fix("evaluation.threshold")
    assert "for F1" in trial.remedy


def test_overlapping_validation_rows_are_dropped_and_the_model_stays():
    case = planted("evaluation.train-as-val", 0, "mlc_churn")
    trial = tried("evaluation.train-as-val", case)
    seen = _overlap.overlap(case.val, case.train).rows
    clean = np.setdiff1d(np.arange(case.val.n_rows), seen)
    assert trial.rows == (case.val.n_rows, len(clean))
    same(trial.before, told(case.model, case.val.table.data, case.val.y, "yes", "yes"))
    same(trial.after, told(case.model, case.val.table.data.iloc[clean], case.val.y.iloc[clean], "yes", "yes"))
    assert "the model is the same" in trial.remedy


def test_where_validation_is_a_part_of_training_the_model_is_fitted_without_it():
    case = planted("evaluation.train-as-val", 1, "attrition")
    trial = tried("evaluation.train-as-val", case)
    rest = ~case.train.table.data.index.isin(case.val.table.data.index)
    honest = clone(case.model).fit(case.train.table.data[rest], case.train.y[rest])
    same(trial.after, told(honest, case.val.table.data, case.val.y, "Yes", "Yes"))
    assert trial.difference["roc_auc"].high < 0


def test_an_overlap_of_the_test_rows_alone_leaves_the_figures():
    clean = data("attrition", test=True)
    X_test = pd.concat([clean.X_test, clean.X_train.iloc[:60]], ignore_index=True)
    y_test = pd.concat([clean.y_test, clean.y_train.iloc[:60]], ignore_index=True)
    case = clean.but(X_test=X_test, y_test=y_test).case()
    trial = tried("evaluation.train-as-val", case)
    assert trial.gone
    assert trial.remedy.startswith("Dropped the test rows")
    assert trial.difference["roc_auc"].mean == 0


# ---- by a hand-made finding ----------------------------------------------------------------------


def test_a_lag_in_training_is_undone():
    clean = data("mlc_churn", n_rows=1500)
    y = clean.y_train
    shifted = pd.Series(np.roll(y.to_numpy(), 3), index=y.index)  # the label of row i stands at i + 3
    case = clean.but(y_train=shifted, model=clean.model).case()
    finding = raised("data.misaligned", split="train", lag=3)
    trial = report_on(case, finding).try_fix("data.misaligned")
    honest = clone(clean.model).fit(clean.X_train.iloc[:-3], y.iloc[:-3])
    same(trial.after, told(honest, clean.X_val, clean.y_val, "yes", "yes"))
    assert trial.difference["roc_auc"].low > 0.1


def test_a_lag_in_a_block_of_validation_is_undone():
    clean = data("mlc_churn", n_rows=1500)
    y = clean.y_val.to_numpy().copy()
    y[100:400] = np.roll(y[100:400], -2)
    case = clean.but(y_val=pd.Series(y, index=clean.y_val.index)).case()
    finding = raised("data.misaligned", split="val", lag=-2, rows=(100, 400))
    trial = report_on(case, finding).try_fix("data.misaligned")
    kept = np.setdiff1d(np.arange(len(y)), [100, 101])
    same(trial.after, told(case.model, clean.X_val.iloc[kept], clean.y_val.iloc[kept], "yes", "yes"))
    assert trial.rows == (len(kept), len(kept))
    assert trial.difference["roc_auc"].low > 0


def test_labels_in_another_order_are_put_back_by_index():
    clean = data("mlc_churn", n_rows=1500)
    case = clean.but(y_train=clean.y_train.sample(frac=1, random_state=0)).case()
    trial = report_on(case, raised("data.misaligned")).try_fix("data.misaligned")
    same(
        trial.after,
        told(clone(clean.model).fit(clean.X_train, clean.y_train), clean.X_val, clean.y_val, "yes", "yes"),
    )


def test_labels_in_reverse_order_are_turned_round():
    clean = data("mlc_churn", n_rows=1500)
    turned = pd.Series(np.roll(clean.y_val.to_numpy()[::-1], 2), index=clean.y_val.index)
    case = clean.but(y_val=turned).case()
    finding = raised("data.misaligned", shifts=[{"split": "val", "reversed": True, "lag": -2}])
    trial = report_on(case, finding).try_fix("data.misaligned")
    kept = np.arange(len(turned))[2:]
    same(trial.after, told(case.model, clean.X_val.iloc[kept], clean.y_val.iloc[kept], "yes", "yes"))


def test_a_run_that_was_shuffled_is_left_out():
    clean = data("mlc_churn", n_rows=1500)
    y = clean.y_train.to_numpy().copy()
    y[:300] = np.random.default_rng(0).permutation(y[:300])
    case = clean.but(y_train=pd.Series(y, index=clean.y_train.index)).case()
    finding = raised("data.misaligned", split="train", rows=(0, 300))
    trial = report_on(case, finding).try_fix("data.misaligned")
    honest = clone(clean.model).fit(clean.X_train.iloc[300:], clean.y_train.iloc[300:])
    same(trial.after, told(honest, clean.X_val, clean.y_val, "yes", "yes"))
    assert "Left out rows 0 to 299 of train" in trial.remedy


def test_a_bare_array_of_labels_is_not_realigned_by_an_index_it_never_had():
    clean = data("mlc_churn", n_rows=600)
    X = clean.X_val.set_axis(np.random.default_rng(0).permutation(len(clean.X_val)))
    case = Case(clean.fitted(), X, clean.y_val.to_numpy())
    with pytest.raises(ValueError, match="No lag and no index"):
        report_on(case, raised("data.misaligned")).try_fix("data.misaligned")


def test_labels_without_order_are_refused():
    clean = data("mlc_churn", n_rows=600)
    with pytest.raises(ValueError, match="No lag and no index"):
        report_on(clean.case(), raised("data.misaligned")).try_fix("data.misaligned")


@pytest.mark.parametrize("code", ["pipeline.scaler-leak", "pipeline.imputer-leak"])
def test_a_step_that_saw_too_much_is_fitted_again(code):
    clean = data("credit_data", n_rows=1500)
    X, y = pd.concat([clean.X_train, clean.X_val]), pd.concat([clean.y_train, clean.y_val])
    case = clean.case(model=clone(clean.model).fit(X, y))
    trial = report_on(case, raised(code)).try_fix(code)
    honest = clone(clean.model).fit(clean.X_train, clean.y_train)
    same(trial.after, told(honest, clean.X_val, clean.y_val, case.classes[case.positive], trial.rarest))


def test_a_frozen_step_is_thawed():
    frozen = pytest.importorskip("sklearn.frozen")
    X, y = whole("breast_cancer")
    model = make_pipeline(frozen.FrozenEstimator(StandardScaler().fit(X)), LogisticRegression())
    case = Case(model.fit(X[:400], y[:400]), X[400:], y[400:], X_train=X[:400], y_train=y[:400])
    trial = report_on(case, raised("pipeline.scaler-leak")).try_fix("pipeline.scaler-leak")
    np.testing.assert_allclose(trial.estimator.steps[0][1].mean_, X[:400].mean())
    np.testing.assert_allclose(model.steps[0][1].estimator.mean_, X.mean())


@pytest.mark.parametrize("details", [{}, {"where": "data"}])
def test_rows_scaled_before_they_came_cannot_be_mended(details):
    X, y = whole("breast_cancer")
    X = pd.DataFrame(StandardScaler().fit_transform(X), columns=X.columns)
    model = LogisticRegression().fit(X[:400], y[:400])
    case = Case(model, X[400:], y[400:], X_train=X[:400], y_train=y[:400])
    with pytest.raises(ValueError, match="handed over already scaled"):
        report_on(case, raised("pipeline.scaler-leak", **details)).try_fix("pipeline.scaler-leak")


@pytest.mark.parametrize("details", [{"parameter": "logisticregression__C"}, {}])
def test_a_parameter_that_ties_the_model_is_searched(details):
    clean = data("mlc_churn", n_rows=1500)
    tied = clone(clean.model).set_params(logisticregression__C=1e-6, logisticregression__class_weight=None)
    case = clean.case(model=tied.fit(clean.X_train, clean.y_train))
    trial = report_on(case, raised("model.over-regularized", **details)).try_fix("model.over-regularized")
    assert trial.estimator.get_params()["logisticregression__C"] > 1e-3
    assert trial.difference["log_loss"].high < 0
    assert "logisticregression__C" in trial.remedy


def test_of_a_search_its_best_estimator_is_freed():
    clean = data("breast_cancer")
    grid = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1e-6, 1e-5]}
    )
    case = clean.case(model=grid.fit(clean.X_train, clean.y_train))
    finding = raised("model.over-regularized", parameter="estimator__logisticregression__C")
    trial = report_on(case, finding).try_fix("model.over-regularized")
    assert trial.estimator.get_params()["logisticregression__C"] >= 0.01
    assert any("search of the model itself was left out" in note for note in trial.notes)


def test_a_model_with_nothing_to_free_is_refused():
    clean = data("breast_cancer")
    case = clean.case(model=make_pipeline(StandardScaler(), _Odd()).fit(clean.X_train, clean.y_train))
    with pytest.raises(ValueError, match="No parameter of the model is known"):
        report_on(case, raised("model.over-regularized")).try_fix("model.over-regularized")


@pytest.mark.parametrize("details", [{"parameter": "eta0"}, {}])
def test_training_that_diverged_is_scaled_and_calmed(details):
    clean = data("breast_cancer")
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=100.0, random_state=0)
    case = clean.case(model=model.fit(clean.X_train, clean.y_train))
    trial = report_on(case, raised("model.divergence", **details)).try_fix("model.divergence")
    assert type(trial.estimator.steps[0][1]) is StandardScaler
    assert trial.after["log_loss"] < 0.5
    assert trial.difference["log_loss"].high < 0
    assert "Scaled in front of the estimator" in trial.remedy


# ---- code to paste -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "which"),
    [
        ("data.missing-values", 0),
        ("data.missing-values", 2),
        ("data.leakage", 0),
        ("data.unseen-categories", 1),
        ("data.unseen-categories", 2),
        ("model.imbalance", 0),
        ("evaluation.train-as-val", 0),
        ("evaluation.train-as-val", 1),
        ("evaluation.threshold", 0),
    ],
)
def test_the_code_to_paste_does_the_same(code, which, capsys):
    case = planted(code, which, "attrition")
    trial = tried(code, case)
    parts = {
        "X_train": case.train.table.data.copy(),
        "y_train": case.train.y.copy(),
        "X_val": case.val.table.data.copy(),
        "y_val": case.val.y.copy(),
    }
    scope = {"model": copy.deepcopy(case.model), **parts}
    exec(compile(trial.code_to_paste, code, "exec"), scope)
    rows = len(scope["X_val"])
    assert rows in {case.val.n_rows, trial.rows[1]}
    if rows == trial.rows[1]:
        expected = balanced_accuracy_score(scope["y_val"], scope["model"].predict(scope["X_val"]))
        assert trial.after["balanced_accuracy"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("data.misaligned", {"split": "train", "lag": 3}),
        ("data.misaligned", {"split": "val", "lag": -2, "rows": (10, 60)}),
        ("data.misaligned", {"shifts": [{"split": "val", "reversed": True, "lag": 1}]}),
        ("data.misaligned", {"split": "train", "rows": (10, 60)}),
        ("model.over-regularized", {"parameter": "logisticregression__C"}),
        ("model.divergence", {}),
        ("pipeline.scaler-leak", {}),
    ],
)
def test_the_code_of_hand_made_findings_runs(code, details, capsys):
    clean = data("breast_cancer")
    inner = LogisticRegression(C=0.001, max_iter=3000)
    model = make_pipeline(StandardScaler(), inner)
    if code == "model.divergence":
        model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=10.0, random_state=0)
    case = clean.case(model=model.fit(clean.X_train, clean.y_train))
    trial = report_on(case, raised(code, **details)).try_fix(code)
    scope = {name: copy.deepcopy(getattr(clean, name)) for name in ("X_train", "y_train", "X_val", "y_val")}
    scope["model"] = copy.deepcopy(case.model)
    exec(compile(trial.code_to_paste, code, "exec"), scope)
    score = scope["model"].predict_proba(scope["X_val"])[:, 1]
    assert roc_auc_score(scope["y_val"], score) == pytest.approx(trial.after["roc_auc"], abs=0.01)


# ---- intervals -----------------------------------------------------------------------------------


def _two_models(kind: str = "two"):
    X, y = whole("wine" if kind == "many" else "default")
    y = y if kind == "many" else (y == "Yes").astype(int)
    X = X.select_dtypes("number")
    fit = np.random.default_rng(0).permutation(len(X))[: len(X) // 3]
    rest = np.setdiff1d(np.arange(len(X)), fit)
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=0.002)).fit(X.iloc[fit, ::3], y.iloc[fit]),
        make_pipeline(StandardScaler(), LogisticRegression()).fit(X.iloc[fit], y.iloc[fit]),
    ]
    X_rest = X.iloc[rest]
    parts = [X_rest.iloc[:, ::3], X_rest]
    return [
        Judged(np.arange(len(rest)), y.iloc[rest].to_numpy(), model.predict_proba(part), model.predict(part))
        for model, part in zip(models, parts, strict=True)
    ]


def _at(side: Judged, rows: np.ndarray) -> Judged:
    return Judged(np.arange(len(rows)), side.y[rows], side.proba[rows], side.predicted[rows])


def test_intervals_cover_the_truth_as_often_as_they_say():
    before, after = _two_models()
    truth = {name: figures(after, 1, 1)[name] - figures(before, 1, 1)[name] for name in NAMES}
    hits = dict.fromkeys(NAMES, 0)
    rng = np.random.default_rng(0)
    draws = 40
    for draw in range(draws):
        rows = rng.choice(len(before.y), 500, replace=False)
        told_ = differences(_at(before, rows), _at(after, rows), 1, 1, draw)
        for name in NAMES:
            hits[name] += told_[name].low <= truth[name] <= told_[name].high
    assert min(hits.values()) >= 0.85 * draws, hits


@pytest.mark.parametrize("kind", ["two", "many"])
def test_the_bootstrap_agrees_with_one_written_plainly(kind):
    before, after = (_at(side, np.arange(min(300, len(side.y)))) for side in _two_models(kind))
    told_ = differences(before, after, 1, 1, 0)
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(150):
        rows = rng.integers(0, len(before.y), len(before.y))
        one, other = (figures(_at(side, rows), 1, 1) for side in (before, after))
        drawn.append([other[name] - one[name] for name in NAMES])
    low, high = np.nanquantile(np.array(drawn), [0.025, 0.975], axis=0)
    for place, name in enumerate(NAMES):
        width = high[place] - low[place]
        assert told_[name].low == pytest.approx(low[place], abs=0.3 * width + 1e-9)
        assert told_[name].high == pytest.approx(high[place], abs=0.3 * width + 1e-9)


def test_the_interval_of_the_auc_is_delongs_on_the_same_rows():
    before, after = (_at(side, np.arange(800)) for side in _two_models())
    y = before.y == 1
    pairs = []
    for side in (before, after):
        score = side.proba[:, 1]
        wins = (score[y][:, None] > score[~y]) + 0.5 * (score[y][:, None] == score[~y])
        pairs.append((wins.mean(axis=1), wins.mean(axis=0)))
    gain = [new - old for old, new in zip(*pairs, strict=True)]
    error = np.sqrt(sum(np.var(part, ddof=1) / len(part) for part in gain))
    interval = differences(before, after, 1, 1, 0)["roc_auc"]
    assert interval.mean == pytest.approx(gain[0].mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * error)


# ---- refusals ------------------------------------------------------------------------------------


class _Odd(ClassifierMixin, BaseEstimator):
    """A classifier without parameters."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile([0.4, 0.6], (len(X), 1))

    def predict(self, X):
        return np.full(len(X), self.classes_[1])


class _OnlyAnswers:
    """No estimator at all."""

    def __init__(self, model):
        self.model = model

    def predict_proba(self, X):
        return self.model.predict_proba(X)


def test_refusals_say_why():
    clean = data("mlc_churn", n_rows=600)
    case = clean.case()
    report = report_on(case, raised("evaluation.no-baseline"), find("data.leakage", case))
    with pytest.raises(ValueError, match=r"no mechanical fix.*data\.leakage"):
        report.try_fix("evaluation.no-baseline")
    with pytest.raises(ValueError, match=r"passes here: there is nothing to mend.*force=True"):
        report.try_fix("data.leakage")
    with pytest.raises(ValueError, match="'code'"):
        report.try_fix("data.leek")
    with pytest.raises(ValueError, match="'max_rows'"):
        report_on(case, raised("model.imbalance")).try_fix("model.imbalance", max_rows=3)
    with pytest.raises(ValueError, match="does not say which columns"):
        report_on(case, raised("data.leakage")).try_fix("data.leakage")
    alone = clean.case(X_train=None, y_train=None)
    with pytest.raises(ValueError, match=r"needs the training rows \(X_train, y_train\)"):
        report_on(alone, raised("data.leakage", columns=["state"])).try_fix("data.leakage")
    odd = clean.case(model=_OnlyAnswers(case.model))
    with pytest.raises(ValueError, match="_OnlyAnswers has no fit"):
        report_on(odd, raised("model.imbalance")).try_fix("model.imbalance")


def test_a_model_that_breaks_when_fitted_again_says_so():
    class Once(LogisticRegression):
        def fit(self, X, y):
            raise MemoryError("no room")

    clean = data("breast_cancer")
    inner = LogisticRegression(max_iter=3000).fit(clean.X_train, clean.y_train)
    inner.__class__ = Once
    case = clean.case(model=inner)
    with pytest.raises(ValueError, match="could not be fitted again: MemoryError: no room"):
        report_on(case, raised("model.imbalance")).try_fix("model.imbalance")


def test_force_tries_it_all_the_same():
    case = planted("model.imbalance", 0, "mlc_churn")
    passing = find("model.over-regularized", case)
    finding = Finding("model.imbalance", "model", 4, Status.PASS, "", "", "", "fine")
    assert passing.status is Status.SKIP or not passing.raised
    assert report_on(case, finding).try_fix("model.imbalance", force=True).gone


def test_estimators_that_change_what_they_get_only_change_copies():
    class Greedy(StandardScaler):
        def fit(self, X, y=None):
            X *= 1.0
            X[:, 0] = 0
            return super().fit(X)

        def transform(self, X):
            X[:, 1] = 0
            return super().transform(X)

    X, y = whole("breast_cancer")
    table = np.column_stack([X.to_numpy(), y * 1.0])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(table[:400], y[:400])
    model.steps[0] = ("standardscaler", Greedy().fit(table[:400].copy()))
    case = Case(model, table[400:], y[400:], X_train=table[:400], y_train=y[:400])
    before = table.copy()
    before[400:, 1] = 0  # the user's own model does so when it scores
    _ = case.scores()
    report_on(case, raised("data.leakage", columns=["x30"])).try_fix("data.leakage")
    np.testing.assert_array_equal(table, before)


# ---- the report, and what a trial looks like -----------------------------------------------------


@pytest.fixture(scope="module")
def leaking():
    """A whole climb over a leak."""
    clean = data("mlc_churn", n_rows=1500)
    X_train, X_val = (
        X.assign(settled=(y == "yes") * 1.0)
        for X, y in ((clean.X_train, clean.y_train), (clean.X_val, clean.y_val))
    )
    forest = make_pipeline(sound_model(X_train, clean.y_train, "forest"))
    model = forest.fit(X_train, clean.y_train)
    return run_ladder(model, X_val, clean.y_val, X_train=X_train, y_train=clean.y_train, max_rows=500)


def test_a_report_says_what_can_be_tried(leaking):
    assert leaking.tryable[:1] == ["data.leakage"]
    assert leaking.to_dict()["tryable"] == leaking.tryable
    assert set(leaking.tryable) <= set(REMEDIES)
    assert all("details" not in finding for finding in leaking.to_dict()["findings"])
    assert leaking.finding("data.leakage").details == {"columns": ["settled"]}


def test_a_trial_reads_well(leaking):
    trial = leaking.try_fix("data.leakage")
    frame = trial.frame()
    assert list(frame.index) == list(NAMES)
    assert list(frame.columns) == ["before", "after", "difference", "low", "high"]
    text = repr(trial)
    assert "Fix of data.leakage tried" in text
    assert "The finding is gone:" in text
    assert "recall of yes" in text
    assert "Next: trial.code_to_paste" in text
    plain = trial.to_dict()
    assert [row["name"] for row in plain["metrics"]] == list(NAMES)
    assert plain["still"]["status"] == "pass"
    assert "estimator" not in plain


def test_hostile_names_are_escaped():
    clean = data("breast_cancer")
    name = "<script>alert('1')</script>"
    X_train, X_val = (
        X.assign(**{name: y * 1.0}) for X, y in ((clean.X_train, clean.y_train), (clean.X_val, clean.y_val))
    )
    model = LogisticRegression(max_iter=5000).fit(X_train, clean.y_train)
    case = clean.but(X_train=X_train, X_val=X_val).case(model=model)
    trial = report_on(case, raised("data.leakage", columns=[name])).try_fix("data.leakage")
    page = trial._repr_html_()
    assert "<script" not in page
    assert html.escape("<script>", quote=False) in page
    assert compile(trial.code_to_paste, "code", "exec")


def test_a_sample_is_told():
    case = planted("model.imbalance", 0, "mlc_churn")
    trial = tried("model.imbalance", case, max_rows=400)
    assert any("sample of 400 of" in note for note in trial.notes)
    sized = RandomForestClassifier(10, random_state=0)
    assert clone(sized).fit(case.train.table.data.select_dtypes("number"), case.train.y)


def test_three_classes():
    case = planted("data.leakage", 0, "iris")
    trial = tried("data.leakage", case)
    assert trial.gone
    proba = trial.estimator.predict_proba(case.val.table.data.drop(columns="closing_code"))
    expected = roc_auc_score(case.val.y, proba, multi_class="ovr")
    assert trial.after["roc_auc"] == pytest.approx(expected)


def test_groups_and_labels_of_any_kind_go_along():
    clean = data("attrition", n_rows=900)
    y_train, y_val = (y.map({"Yes": 7, "No": 2}).astype("Int64") for y in (clean.y_train, clean.y_val))
    X_train, X_val = (
        X.assign(settled=(y == 7).astype(float)) for X, y in ((clean.X_train, y_train), (clean.X_val, y_val))
    )
    model = sound_model(X_train, y_train).fit(X_train, y_train.to_numpy())
    groups = {"train": np.arange(len(X_train)) // 3, "val": np.arange(len(X_val)) // 3 + 10_000}
    case = Case(model, X_val, y_val, X_train=X_train, y_train=y_train, groups=groups, pos_label=2)
    trial = tried("data.leakage", case)
    assert trial.gone
    assert trial.rarest == "7"
    score = trial.estimator.predict_proba(X_val.drop(columns="settled"))[:, 0]
    assert trial.after["roc_auc"] == pytest.approx(roc_auc_score(y_val == 2, score))
