"""The cube's answers against filtering the rows: any cell, band, threshold, kind of feature, with weights."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors.axis import CHUNK, make_axis
from ladder_widgets.errors.contrast import SHARES
from ladder_widgets.errors.cube import build_cube
from ladder_widgets.scores import GRID, to_grid
from ladder_widgets.stats import wilson
from ladder_widgets.table import Table

ENDS = st.one_of(st.integers(0, 20).map(lambda i: i / 20), st.integers(0, 1000).map(lambda i: i / 1000))
LEVELS = [f"level {i}" for i in range(14)]


@st.composite
def scored_rows(draw):
    """Labels, scores with ties, a table of every kind of column, and perhaps weights."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, classes = draw(st.integers(20, 250)), draw(st.sampled_from([2, 2, 3, 5]))
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    raw = rng.random((n, classes)) + 0.8 * np.eye(classes)[y]
    proba = np.round(raw / raw.sum(axis=1, keepdims=True), draw(st.sampled_from([1, 2, 12])))
    number = rng.normal(size=n) * 10.0 ** draw(st.integers(-3, 6)) + 10.0 ** draw(st.integers(-2, 7))
    frame = pd.DataFrame(
        {
            "number": number,
            "gaps": np.where(rng.random(n) < 0.3, np.nan, rng.normal(1e5, 1 + y)),
            "whole": rng.integers(0, 5, n),
            "many levels": rng.choice([*LEVELS, None], n, p=[0.3] + [0.7 / 14] * 14),
            "coded": pd.Categorical(rng.choice(["a", "b", None], n)),
            "flag": rng.random(n) < 0.4,
            "day": pd.Timestamp("2020-03-01") + pd.to_timedelta(rng.integers(0, 900, n) + 40 * y, unit="D"),
        },
        index=[f"row {i}" for i in range(n)],
    )
    weights = None
    if draw(st.booleans()):
        weights = rng.exponential(size=n) * (rng.random(n) < 0.9)
        weights[:classes] = 1.0
    ends = sorted((draw(ENDS), draw(ENDS)))
    return y, proba, frame, weights, draw(ENDS), (ends[0], ends[1])


class Plain:
    """The same answers by filtering."""

    def __init__(self, y, proba, frame, weights, threshold, band):
        self.y, self.frame = y, frame
        self.weights = np.ones(len(y)) if weights is None else weights
        if proba.shape[1] == 2:
            score = to_grid(proba[:, 1])
            self.predicted = (score >= to_grid(threshold)).astype(int)
            self.confidence = np.where(self.predicted == 1, score, 1 - score)
        else:
            self.predicted = proba.argmax(axis=1)
            self.confidence = to_grid(proba.max(axis=1))
        low, high = to_grid(band)
        self.inside = (self.confidence >= low) & ((self.confidence < high) | (high >= 1))

    def cell(self, actual, predicted):
        return (self.y == actual) & (self.predicted == predicted) & self.inside

    def others(self, actual, predicted):
        right = self.predicted == self.y
        return (self.y == actual) & (~right if actual == predicted else right)

    def signals(self, name):
        column = self.frame[name]
        kind = Table(self.frame, "X").feature(name).kind
        if kind in ("number", "datetime"):
            values = column.to_numpy()
            if kind == "datetime":
                values = values.astype("datetime64[ms]").astype("int64")
            yield name, values.astype(float)
            if column.isna().any():
                yield "is missing", column.isna().to_numpy(dtype=float)
            return
        for level in column.astype(object).dropna().map(str).unique():
            yield level, (column.astype(object).map(str, na_action="ignore") == level).to_numpy(dtype=float)
        yield "missing", column.isna().to_numpy(dtype=float)

    def moments(self, values, rows):
        here = rows & ~np.isnan(values) & (self.weights > 0)
        w, v = self.weights[here], values[here]
        if not len(v):
            return 0.0, np.nan, np.nan
        n = w.sum() ** 2 / (w**2).sum()
        mean = np.average(v, weights=w)
        return n, mean, np.average((v - mean) ** 2, weights=w) * n / (n - 1) if n > 1 else np.nan


def plain_shares(n1, share1, _, n0, share0, __):
    """Cohen's h between Wilson's ends, and scipy's hypergeometric distribution."""
    angle = [np.arccos(1 - 2 * share) for share in (share1, share0)]
    ends = [
        np.arccos(1 - 2 * np.array([w.low, w.high]))
        for w in (wilson(share1 * n1, n1), wilson(share0 * n0, n0))
    ]
    d = angle[0] - angle[1]
    low = d - np.hypot(angle[0] - ends[0][0], ends[1][1] - angle[1])
    high = d + np.hypot(ends[0][1] - angle[0], angle[1] - ends[1][0])
    n1, n0 = np.floor(n1 + 0.5), np.floor(n0 + 0.5)
    hits1, hits0 = np.floor(share1 * n1 + 0.5), np.floor(share0 * n0 + 0.5)
    dealt = stats.hypergeom(n1 + n0, hits1 + hits0, n1)
    tail = dealt.sf(hits1 - 1) if hits1 * n0 >= hits0 * n1 else dealt.cdf(hits1)
    return d, low, high, min(1, 2 * tail)


def plain_means(n1, m1, v1, n0, m0, v0):
    """The larger p-value of scipy's two t tests, the wider interval, and the least that a deal can give."""
    sides = (m1, np.sqrt(v1), n1, m0, np.sqrt(v0), n0)
    pooled = np.sqrt(((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2))
    d = (m1 - m0) / pooled
    p, half = [2 * special.beta(n1 + 1, n0 + 1) * (n1 + n0 + 1)], []
    for equal in (True, False):
        result = stats.ttest_ind_from_stats(*sides, equal_var=equal)
        p.append(result.pvalue)
        se = (m1 - m0) / result.statistic / pooled if m1 != m0 else np.nan
        df = n1 + n0 - 2
        if not equal:
            parts = v1 / n1, v0 / n0
            df = sum(parts) ** 2 / (parts[0] ** 2 / (n1 - 1) + parts[1] ** 2 / (n0 - 1))
        half.append(stats.t.ppf(0.975, df) * np.hypot(se, d / np.sqrt(2 * (n1 + n0))))
    for spread, other, n in ((v1, v0, n1), (v0, v1, n0)):
        if spread == 0:
            p.append(2 * (1 + (m1 - m0) ** 2 / other) ** -n)
    return d, d - max(half), d + max(half), min(1, max(p))


def analysed(y, proba, frame, weights):
    scores = proba[:, 1] if proba.shape[1] == 2 else proba
    return ErrorAnalysis.from_predictions(y, scores, frame, sample_weight=weights)


def asked(errors, threshold, band):
    return {"band": band, **({"threshold": threshold} if errors.binary else {})}


@settings(max_examples=60, deadline=None)
@given(scored_rows())
def test_counts_equal_the_filtered_rows(case):
    y, proba, frame, weights, threshold, band = case
    plain, errors = Plain(*case), analysed(y, proba, frame, weights)
    told = errors.confusion(**asked(errors, threshold, band))
    k = proba.shape[1]
    want = [[plain.weights[plain.cell(a, p)].sum() for p in range(k)] for a in range(k)]
    np.testing.assert_allclose(told.to_numpy(dtype=float), want, rtol=1e-9, atol=1e-9)
    assert all(dtype.kind == ("i" if weights is None else "f") for dtype in told.dtypes)


@settings(max_examples=60, deadline=None)
@given(scored_rows(), st.data())
def test_contrasts_equal_the_filtered_rows(case, data):
    y, proba, frame, weights, threshold, band = case
    plain, errors = Plain(*case), analysed(y, proba, frame, weights)
    cell = tuple(data.draw(st.integers(0, proba.shape[1] - 1)) for _ in range(2))
    told = errors.contrast(cell, **asked(errors, threshold, band)).set_index(["feature", "signal"])
    here, there = plain.cell(*cell), plain.others(*cell)
    assert told.index.is_unique
    checked = 0
    for name in frame:
        for signal, values in plain.signals(name):
            (n1, m1, v1), (n0, m0, v0) = plain.moments(values, here), plain.moments(values, there)
            if (name, signal) not in told.index:
                if min(n1, n0) >= 2 and name in ("number", "gaps", "day"):
                    pooled = np.sqrt(((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2))
                    assert pooled <= 1e-6 * (abs(m1) + abs(m0))
                continue
            row, checked = told.loc[(name, signal)], checked + 1
            assert row["cell"] == pytest.approx(m1, rel=1e-9, abs=1e-9)
            assert row["others"] == pytest.approx(m0, rel=1e-9, abs=1e-9)
            if row["separates"]:
                assert abs(row["difference"]) == pytest.approx(np.pi)
                continue
            plainly = plain_shares if row["kind"] in SHARES else plain_means
            d, low, high, p = plainly(n1, m1, v1, n0, m0, v0)
            # Rounding of a spread far from zero: 1e7 ± 1e-3 keeps few digits of itself in the data, too.
            got = row[["difference", "low", "high"]].to_numpy(dtype=float)
            np.testing.assert_allclose(got, [d, low, high], rtol=1e-4, atol=1e-6)
            assert row["p_value"] == pytest.approx(p, rel=1e-3, abs=1e-9)
    assert checked == len(told) - told.index.get_level_values("signal").isin(["other levels"]).sum()


def test_weights_that_repeat_rows_give_the_means_of_repeated_rows():
    rng = np.random.default_rng(0)
    y, score, times = rng.integers(0, 2, 400), rng.random(400), rng.integers(0, 5, 400)
    frame = pd.DataFrame({"number": rng.normal(size=400) + score, "level": rng.choice(list("abc"), 400)})
    again = np.repeat(np.arange(400), times)
    weighted = ErrorAnalysis.from_predictions(y, score, frame, sample_weight=times)
    repeated = ErrorAnalysis.from_predictions(y[again], score[again], frame.iloc[again])
    np.testing.assert_allclose(weighted.confusion(), repeated.confusion())
    told, want = (e.contrast((1, 0)).set_index("signal") for e in (weighted, repeated))
    for column in ("cell", "others"):
        np.testing.assert_allclose(told[column], want.loc[told.index, column])
    # Repeated rows claim to be more than they are: the interval of weights is wider.
    assert (told["high"] - told["low"] > 1.2 * (want["high"] - want["low"]).loc[told.index]).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_a_shape_that_means_hide_is_found_on_request(weighted):
    rng = np.random.default_rng(0)
    n = 3000
    y, score = np.ones(n, dtype=int), rng.random(n)
    y[:20] = 0
    missed = (score < 0.5) & (y == 1)
    wide = rng.choice([-1.0, 1.0], n) + 0.1 * rng.normal(size=n)
    frame = pd.DataFrame(
        {"two humps": np.where(missed, wide, rng.normal(size=n)), "noise": rng.normal(size=n)}
    )
    frame["level"] = rng.choice(["a", "b", "c"], n)
    times = rng.integers(1, 4, n) if weighted else None
    errors = ErrorAnalysis.from_predictions(y, score, frame, sample_weight=times)
    told = errors.contrast((1, 0), shape=True).set_index("signal")
    assert not told.loc["two humps", "significant"]
    assert told.loc["two humps", "shape_significant"]
    assert told.loc["noise", "ks_p"] > 0.02
    assert told["ks"].isna().tolist() == (told["kind"] == "level").tolist()
    again = np.repeat(np.arange(n), 1 if times is None else times)
    for name in ("two humps", "noise"):
        sides = [frame[name].to_numpy()[again[side[again]]] for side in (missed, (score >= 0.5) & (y == 1))]
        want = stats.ks_2samp(*sides, method="asymp")
        assert told.loc[name, "ks"] == pytest.approx(want.statistic, rel=1e-12)
        if not weighted:
            assert told.loc[name, "ks_p"] == pytest.approx(want.pvalue, rel=1e-12)


@pytest.mark.parametrize("spread", ["smooth", "skewed", "hundredths", "constant", "two values"])
def test_bins_are_those_of_a_plain_search_and_quantiles_are_exact(spread):
    rng = np.random.default_rng(0)
    n = 2 * CHUNK + 7
    x = {
        "smooth": rng.random(n),
        "skewed": rng.beta(0.3, 300, n),
        "hundredths": np.round(rng.random(n), 2),
        "constant": np.full(n, 0.3),
        "two values": rng.integers(0, 2, n) * 1.0,
    }[spread]
    x = to_grid(x)
    axis = make_axis(x, 2, True, [0.123])
    plain = np.clip(np.searchsorted(axis.edges, x, side="right") - 1, 0, axis.n_bins - 1)
    np.testing.assert_array_equal(axis.codes(x), plain)
    quantiles = np.quantile(x, np.linspace(0, 1, 41), method="nearest")
    assert np.isin(quantiles, axis.edges).mean() > 0.9  # ranks that end in a half may be rounded either way
    assert all(axis.has(value) for value in (0, 0.005, 0.123, 1 - 0.123, 1))
    starts = np.append(-1, axis.edges[:-1]) != axis.edges - GRID  # not the ends of atoms
    for edge in axis.edges[np.isin(axis.edges, x) & starts]:
        if edge < 1:
            assert axis.after(edge) == axis.at(edge) + 1


def cube_of(values):
    frame = pd.DataFrame({"f": values})
    n = len(frame)
    return build_cube(np.linspace(0, 1, n), np.arange(n) % 2, None, Table(frame, "X").features()).features[0]


@pytest.mark.parametrize(
    "values",
    [
        np.where(
            np.arange(20_000) % 5 == 0, 7.0, 1e6 + np.arange(20_000) % 11
        ),  # the rows guessed from mislead
        np.full(1000, 1e5 + 1 / 3),
        np.r_[np.full(999, 0.1), 1e9],
        np.r_[np.nan, np.inf, np.arange(998.0)],
    ],
)
def test_sums_keep_their_digits_wherever_the_values_lie(values):
    told, finite = cube_of(values), values[np.isfinite(values)]
    n, total, square = told.n.sum(), told.total.sum(), told.square.sum()
    assert n == len(finite)
    assert told.center + told.scale * total / n == pytest.approx(finite.mean(), rel=1e-12)
    spread = told.scale * np.sqrt(max(0, square / n - (total / n) ** 2))
    assert spread == pytest.approx(finite.std(), rel=1e-9, abs=1e-12 * abs(finite).max())
    assert abs(total / n) < 5 * max(1e-9, np.sqrt(square / n))


def test_numbers_beyond_the_square_root_of_the_largest_are_no_failure():
    told = cube_of(np.linspace(-1e300, 1e300, 1000))
    assert np.isfinite(told.square).all()
    assert told.center + told.scale * told.total.sum() / 1000 == pytest.approx(0, abs=1e290)


@pytest.mark.parametrize("classes", [2, 6])
def test_the_cube_takes_a_tenth_of_what_it_sums(classes):
    rng = np.random.default_rng(0)
    n = 300_000
    frame = pd.DataFrame({f"f{i}": rng.normal(size=n) for i in range(20)})
    proba = rng.dirichlet(np.ones(classes), n)
    scores = proba[:, 1] if classes == 2 else proba
    errors = ErrorAnalysis.from_predictions(rng.integers(0, classes, n), scores, frame)
    tracemalloc.start()
    try:
        assert errors.cube.count.sum() == n
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The rows worked on at once are as many for a short table as for a long one.
    assert peak < 0.1 * frame.to_numpy().nbytes + 40 * CHUNK


@pytest.mark.parametrize(
    "weights", [[1, 2, 3], [1, -1, 1, 1], [0, 0, 0, 0], [1, np.nan, 1, 1], [[1], [1], [1], [1]]]
)
def test_weights_that_make_no_sense_are_refused(weights):
    with pytest.raises(ValueError, match=r"'sample_weight'.*4 numbers, none of them negative"):
        ErrorAnalysis.from_predictions([0, 1, 0, 1], [0.1, 0.2, 0.6, 0.8], sample_weight=weights)
