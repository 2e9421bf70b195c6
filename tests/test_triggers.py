"""Triggers: what fires and what does not, over history and on windows where nothing changed; outputs."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from ladder_widgets import Monitor
from ladder_widgets.monitor._perf_figures import auc
from ladder_widgets.monitor.baseline import Baseline, FeatureBaseline, learn_score
from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.monitor.grid import Grid
from ladder_widgets.monitor.outputs import exit_code, prometheus, webhook
from ladder_widgets.monitor.schema import Schema
from ladder_widgets.monitor.triggers import Trigger, Triggers

DAY = 86_400_000
HOSTILE = '<img src=x onerror=alert(1)>"\\\n☃{}=,' + "é" * 200


def frame(measure, values, spread=0.0, rows=1_000, begin=0):
    """Daily windows of one measure, with an interval of 1.96 standard errors."""
    values = np.asarray(values, float)
    start = (begin + np.arange(len(values))) * DAY
    columns = {"start": start, "end": start + DAY, "rows": rows, "value": values}
    columns["measure"] = pd.Series([measure] * len(values), dtype=object)
    return pd.DataFrame(
        columns | {"low": values - 1.96 * spread, "high": values + 1.96 * spread, "mature": True}
    )


# ---- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"above": None}, "the limit, or 'below' instead of it"),
        ({"below": 0.1}, "the limit, or 'below' instead of it"),
        ({"above": float("nan")}, "a finite number"),
        ({"above": True}, "a finite number"),
        ({"above": "0.3"}, "a finite number"),
        ({"for_windows": 0}, "'for_windows' parameter must be a whole number of at least 1. Got 0"),
        ({"min_rows": -1}, "'min_rows'"),
        ({"kind": "page"}, "one of 'alert', 'retrain'"),
        ({"name": " "}, "'name'"),
        ({"measure": 3}, "'measure'"),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_name(change, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Trigger(**({"name": "a", "measure": "psi", "above": 0.2} | change))


def test_rules_are_plain_data():
    rules = Triggers([*Triggers.default(), Trigger(HOSTILE, f"psi:{HOSTILE}", below=1e-3, note="שלום")])
    again = Triggers.from_dict(json.loads(json.dumps(rules.to_dict())))
    assert list(again) == list(rules)
    assert again["AUC drop"].kind == "retrain"
    for bad in ({"name": "a"}, {"name": "a", "measure": "b", "over": 1}, [1], "psi"):
        with pytest.raises(ValueError, match="trigger"):
            Triggers.from_dict([bad] if isinstance(bad, dict) else bad)
    with pytest.raises(ValueError, match="different names"):
        Triggers([Trigger("a", "psi", above=1), Trigger("a", "ks", above=1)])


def test_measures_without_a_column_are_refused():
    with pytest.raises(ValueError, match=r"'measures' parameter .* without \['low'\]"):
        Triggers.default().evaluate(frame("psi", [1.0]).drop(columns="low"))


# ---- what fires ---------------------------------------------------------------------------------


def test_a_value_fires_only_with_its_interval_at_the_level_of_a_month():
    limit = norm.isf(0.025 / 30)  # 30 daily windows of one measure
    rule = Triggers([Trigger("AUC", "auc_drop", above=0.05)])
    barely = frame("auc_drop", [0.05 + 0.01 * (limit - 0.05)], 0.01)
    surely = frame("auc_drop", [0.05 + 0.01 * (limit + 0.05)], 0.01)
    assert barely["low"].iloc[0] > 0.05  # of a single look it would have been enough
    assert not rule.evaluate(barely)
    assert rule.evaluate(surely)
    day_by_day = pd.concat([surely, frame("auc_drop", np.zeros(400), 0.01, begin=1)])
    assert rule.evaluate(day_by_day)[0].windows == (0,)  # a longer log changes no verdict


def test_more_features_need_more():
    one = frame("psi:a", [0.25 + 0.02 * norm.isf(0.025 / 60)], 0.02)
    rule = Triggers([Trigger("drift", "psi", above=0.25)])
    others = [frame(f"psi:{k}", [0.0], 0.02) for k in range(20)]
    assert rule.evaluate(one)
    assert not rule.evaluate(pd.concat([one, *others]))


def test_the_largest_of_the_features_is_judged_as_one_of_many():
    rows = [frame("psi:income", [0.1, 0.6], 0.02), frame("psi:age", [0.0, 0.0], 0.02)]
    fired = Triggers.default().evaluate(pd.concat([*rows, frame("psi", [0.1, 0.6], 0.0)]))
    assert [one.measure for one in fired] == ["psi:income"]
    only = Triggers([Trigger("age", "psi:age", above=0.25)])
    assert not only.evaluate(pd.concat(rows))


@pytest.mark.parametrize(
    ("values", "windows", "since", "times"),
    [
        ([1, 1, 0, 1], (), None, 0),
        ([1, 1, 1, 0, 1], (2,), None, 1),
        ([0, 1, 1, 1, 1], (3, 4), 3, 1),
        ([1, 1, 1, 0, 1, 1, 1, 1], (2, 6, 7), 6, 2),
    ],
)
def test_windows_running(values, windows, since, times):
    rule = Triggers([Trigger("gaps", "missing:x", above=0.5, for_windows=3)])
    fired = rule.evaluate(frame("missing:x", values))
    assert bool(fired) == bool(windows)
    if fired:
        assert fired[0].windows == tuple(day * DAY for day in windows)
        assert fired[0].since == (None if since is None else since * DAY)
        assert fired[0].times == times


def test_small_windows_neither_count_nor_interrupt():
    rule = Triggers([Trigger("few", "coverage", below=0.5, for_windows=2, min_rows=500)])
    whole = frame("coverage", [0.1, 0.9, 0.1])
    whole.loc[1, "rows"] = 20
    assert rule.evaluate(whole)[0].windows == (2 * DAY,)
    whole["rows"] = 20
    assert not rule.evaluate(whole)
    assert rule.told(whole)[0]["words"].endswith("no window could be judged")


def test_times_may_be_dates_of_any_zone_and_rows_in_any_order():
    measures = frame("auc_drop", [0, 0, 0.3], 0.01, begin=20_000)
    rule = Triggers.default()
    expected = rule.evaluate(measures)[0]
    for zone in (None, "UTC", "America/New_York"):
        dated = measures.sample(frac=1, random_state=0)
        for name in ("start", "end"):
            stamps = pd.to_datetime(dated[name], unit="ms")
            dated[name] = stamps if zone is None else stamps.dt.tz_localize("UTC").dt.tz_convert(zone)
        assert rule.evaluate(dated)[0] == expected
    assert expected.since == 20_002 * DAY
    assert expected.words == "AUC drop: auc_drop is 0.3, limit 0.05, since 6 October 2024."


def test_values_without_an_interval_speak_for_themselves():
    measures = frame("schema_violations", [np.nan, np.nan, 2]).assign(low=np.nan, high=np.nan, rows=3)
    assert [one.trigger.name for one in Triggers.default().evaluate(measures)] == ["schema"]
    assert not Triggers.default().evaluate(measures.assign(value=0.0))


def test_every_trigger_is_told_whether_it_fires_or_not():
    measures = pd.concat([frame("auc_drop", [0.0, 0.2], 0.005), frame("psi:a", [0.01, 0.02], 0.001)])
    told = {one["name"]: one for one in Triggers.default().told(measures)}
    assert told["AUC drop"] | {"words": ""} == {
        "name": "AUC drop",
        "kind": "retrain",
        "fired": True,
        "since": DAY,
        "words": "",
        "measure": "auc_drop",
        "value": 0.2,
        "limit": 0.05,
    }
    assert not told["drift"]["fired"]
    assert (told["drift"]["measure"], told["drift"]["value"]) == ("psi:a", 0.02)
    assert told["schema"]["value"] is None


# ---- history ------------------------------------------------------------------------------------


def test_backtest_tells_when_each_would_have_fired():
    rng = np.random.default_rng(0)
    drift = np.concatenate([rng.normal(0.02, 0.01, 60), np.full(10, 0.5), rng.normal(0.02, 0.01, 30)])
    drop = np.concatenate([np.zeros(80), np.full(20, 0.12)])
    measures = pd.concat([frame("psi:a", drift, 0.01), frame("auc_drop", drop, 0.01)])
    table = Triggers.default().backtest(measures, maturity=7 * DAY).set_index("name")
    assert table.loc["drift", "first"] == 60 * DAY
    assert table.loc["drift", "known"] == 61 * DAY
    assert table.loc["drift", "windows"] == [day * DAY for day in range(60, 70)]
    assert not table.loc["drift", "still"]
    assert table.loc["AUC drop", "first"] == 80 * DAY
    assert table.loc["AUC drop", "known"] == 88 * DAY  # its labels come a week later
    assert table.loc["AUC drop", "still"]
    assert not table.loc["schema", "fired"]
    assert table.loc["schema", "words"] == "schema: no window could be judged."
    # Live, the same windows fire: what comes later changes nothing.
    live = [
        day
        for day in range(1, 101)
        if any(
            f.since is not None for f in Triggers.default().evaluate(measures[measures["end"] <= day * DAY])
        )
    ]
    assert live == [*range(61, 71), *range(81, 101)]


# ---- where nothing changed ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def baseline():
    """Training of 10,000 rows with 20 features, numbers with gaps and categories, and held-out scores."""
    rng = np.random.default_rng(0)
    features = {}
    for k in range(14):
        values = rng.normal(size=10_000) if k % 2 else rng.lognormal(size=10_000)
        values[rng.random(10_000) < 0.02 * k] = np.nan
        grid = Grid.fit(values, 40)
        counts = np.bincount(grid.bins(values), minlength=grid.n_bins + 1)
        features[f"x{k}"] = FeatureBaseline(f"x{k}", "number", counts, grid)
    for k in range(6):
        shares = rng.dirichlet(np.ones(k + 3))
        counts = np.append(rng.multinomial(10_000, shares), [0, 0])
        levels = tuple(f"{HOSTILE}{level}" for level in range(k + 3))
        features[f"c{k}"] = FeatureBaseline(f"c{k}", "category", counts, None, levels)
    p = rng.beta(1, 3, 10_000)
    score = learn_score(1, p)
    labelled = np.zeros((1, score.grid.n_bins + 1, 2), np.int64)
    y = (rng.random(10_000) < p).astype(int)
    np.add.at(labelled, (0, score.grid.bins(p), y), 1)
    axis = Axis(1, score.values, labelled.sum(axis=2), labelled)
    reference = Counts(DAY, np.array([0]), np.array([10_000]), {}, (axis,), labelled.sum(axis=(0, 1))[None])
    schema = Schema.learn(pd.DataFrame({"x1": [0.0, 1.0]}))
    return Baseline((0, 1), 1, schema, features, (score,), reference, 10_000, pd.DataFrame())


def test_triggers_are_silent_where_nothing_changed_and_find_what_is_planted(baseline):
    found = Triggers.default().simulate(baseline, months=7, rows=(500, 50_000), planted=(0.1, 0.6))
    assert found.triggers.set_index("name").loc["drift", "judged"] == 210
    assert found.alarms <= 2  # 1 % of 210 windows
    assert found.per_month.high < 1.1
    share = found.found.set_index("psi")["found"]
    assert share[0.1] == 0.0
    assert share[0.6] >= 0.95
    assert found.words.startswith(f"{found.alarms} false alarms in 7 simulated months")


def test_the_level_of_a_trigger_is_the_one_it_claims(baseline):
    """A limit that is the truth itself: half of the windows lie beyond, one month in 40 is surely beyond."""
    truth = auc(baseline.reference.axes[0].labelled[0, :-1]).value
    rule = Triggers([Trigger("AUC", "auc", below=truth)])
    found = rule.simulate(baseline, months=80, windows=4, n_features=1, planted=())
    assert found.triggers["judged"].tolist() == [320]
    assert found.per_month.low <= 0.025 <= found.per_month.high
    assert found.alarms <= 8  # half of the windows would be 160


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"months": 0}, "months"),
        ({"rows": (9, 3)}, "rows"),
        ({"n_features": 0}, "n_features"),
        ({"planted": (99.0,)}, "planted"),
    ],
)
def test_simulations_that_cannot_be_run_are_refused(baseline, settings, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        Triggers.default().simulate(baseline, **({"months": 1, "windows": 2} | settings))


# ---- outputs ------------------------------------------------------------------------------------


@pytest.fixture
def look():
    """Measures with hostile names, and what fires."""
    measures = pd.concat(
        [
            frame(f"psi:{HOSTILE}", [0.1, 0.9], 0.02),
            frame("psi", [0.1, 0.9], 0.02),
            frame("auc_drop", [0.3], 0.01),
            frame("auc", [np.nan, np.inf]),
            frame("rows", [1_000, 1_000]),
        ]
    )
    rules = Triggers([*Triggers.default(), Trigger("half a \ud800 pair", "ks", above=1)])
    return measures, rules.evaluate(measures), rules


def test_exit_codes(look):
    measures, fired, _ = look
    assert exit_code([]) == 0
    assert exit_code(fired) == 3
    alert = Triggers([Trigger("a", "rows", above=1)]).evaluate(measures)
    assert exit_code(alert) == 1
    assert exit_code([*alert, *fired]) == 3


def parsed(text):
    """Read the text exposition format: name, labels, value; every line must be one of its three kinds."""
    sample = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$')
    label = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')
    undo = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}
    found, typed = [], []
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# TYPE "):
            typed.append(line.split()[2])
        elif not line.startswith("# HELP "):
            name, labels, value = sample.match(line).groups()
            assert name == typed[-1]
            pairs = label.findall(labels or "")
            clean = {key: re.sub(r'\\["\\n]', lambda m: undo[m[0]], text) for key, text in pairs}
            found.append((name, clean, float(value)))
    assert len(typed) == len(set(typed))
    return found


def test_prometheus_text_can_be_parsed_whatever_columns_are_called(look):
    measures, fired, rules = look
    samples = parsed(prometheus(measures, fired, rules))
    by_name = {(name, tuple(labels.values())): value for name, labels, value in samples}
    assert by_name["ladder_widgets_psi", (HOSTILE,)] == 0.9
    assert by_name["ladder_widgets_psi_low", (HOSTILE,)] == pytest.approx(0.9 - 1.96 * 0.02)
    assert by_name["ladder_widgets_psi_largest", ()] == 0.9
    assert by_name["ladder_widgets_window_end_seconds", ("auc_drop",)] == 86_400
    assert by_name["ladder_widgets_trigger_fired", ("AUC drop", "retrain")] == 1
    assert by_name["ladder_widgets_trigger_fired", ("schema", "alert")] == 0
    assert by_name["ladder_widgets_trigger_fired", ("half a ? pair", "alert")] == 0
    assert not any(name == "ladder_widgets_auc" for name, _ in by_name)  # not a number: absent
    assert not any(name == "ladder_widgets_rows_low" for name, _ in by_name)  # no interval


def test_the_body_of_a_webhook_is_plain_json(look):
    measures, fired, _ = look
    body = json.loads(json.dumps(webhook("It moved.", measures, fired), allow_nan=False))
    assert body["status"] == "retrain"
    assert body["exit_code"] == 3
    assert body["text"].startswith("It moved.\nAUC drop: auc_drop is 0.3")
    assert body["triggers"][1]["measure"] == f"psi:{HOSTILE}"
    assert body["triggers"][1]["since"] == "1970-01-02T00:00:00+00:00"
    assert body["window"]["measures"]["psi"]["value"] == 0.9
    assert body["window"]["measures"]["auc"]["value"] is None
    assert webhook("Fine.", measures.iloc[:0], [])["status"] == "ok"


@pytest.mark.parametrize("measure", ["psi:nope", "auc-drop", "foo"])
def test_a_measure_that_never_comes_is_refused(measure) -> None:
    reference = Monitor.fit(pd.DataFrame({"x": np.arange(500.0) % 7})).reference
    with pytest.raises(ValueError, match="measure of the trigger mine' parameter must be one of"):
        Monitor(reference, triggers=Triggers([Trigger("mine", measure, above=0.1)]))
    assert Monitor(reference, triggers=[Trigger("mine", "psi:x", above=0.1)]).triggers["mine"].limit == 0.1
    for bad in ("x", Trigger("mine", "psi", above=1)):
        with pytest.raises(ValueError, match="'triggers' parameter must be a list of Trigger"):
            Monitor(reference, triggers=bad)
