"""Subgroups against plain enumeration, on noise, and on tables with a subgroup planted."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ladder_widgets.errors import Condition, ErrorAnalysis, Slice
from ladder_widgets.errors._slice_codes import code_feature
from ladder_widgets.errors._slice_score import Excess, SliceLine
from ladder_widgets.errors._slice_search import Problem, search
from ladder_widgets.stats import wilson
from ladder_widgets.table import Table
from tests.faults.tables import sound_model, whole

# ---- the search ------------------------------------------------------------------------------


def _problem(seed, n, rank, alpha, least, joined):
    """Skewed codes of five features, errors that lean on two of them."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, 5) + 1
    codes = [np.minimum(rng.geometric(0.4, n), size - 1) * (rng.random(n) > 0.05) for size in sizes]
    wrong = rng.random(n) < np.where((codes[0] == 1) & (codes[1] <= 2), 0.5, 0.15)
    wrong[:2] = True, False
    spans = []
    for size in sizes:
        single = [(code, code) for code in range(1, size)]
        spans.append(np.array([*single, *([(1, size - 2), (2, size - 1)] if joined and size > 3 else [])]))
    n_errors = int(wrong.sum())
    measure = Excess(n, n_errors) if rank == "excess" else SliceLine(n, n_errors, alpha)
    codes = [code.astype(np.uint8) for code in codes]
    return Problem(codes, sizes.tolist(), spans, wrong, least, measure)


def _enumerated(problem, level):
    """Every conjunction, by filtering the rows."""
    n, base = len(problem.wrong), problem.wrong.mean()
    told = []
    for depth in range(1, level + 1):
        for features in combinations(range(len(problem.codes)), depth):
            for places in product(*(range(len(problem.spans[f])) for f in features)):
                inside = np.ones(n, dtype=bool)
                for f, place in zip(features, places, strict=True):
                    first, last = problem.spans[f][place]
                    inside &= (problem.codes[f] >= first) & (problem.codes[f] <= last)
                rows, errors = int(inside.sum()), int((inside & problem.wrong).sum())
                if rows < problem.min_rows:
                    continue
                if isinstance(problem.measure, SliceLine):
                    alpha = problem.measure.alpha
                    value = alpha * (errors / rows / base - 1) - (1 - alpha) * (n / rows - 1)
                else:
                    rest = problem.wrong[~inside]
                    value = errors - rows * rest.mean() if len(rest) else 0.0
                if value > 1e-9:
                    told.append((tuple(zip(features, places, strict=True)), rows, errors, value))
    return sorted(told, key=lambda each: -each[3])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 9999),
    n=st.integers(30, 400),
    rank=st.sampled_from(["score", "excess"]),
    alpha=st.sampled_from([0.5, 0.8, 0.95, 0.99, 1.0]),
    least=st.sampled_from([1, 5, 30]),
    level=st.sampled_from([1, 2, 3]),
    k=st.sampled_from([1, 4, 20, 1000]),
    joined=st.booleans(),
)
def test_search_equals_enumeration(seed, n, rank, alpha, least, level, k, joined):
    problem = _problem(seed, n, rank, alpha, least, joined)
    want = _enumerated(problem, level)
    found = [each for each in search(problem, k, level) if each.value > 1e-9]
    np.testing.assert_allclose([f.value for f in found], [w[3] for w in want[:k]], rtol=1e-9, atol=1e-9)
    known = {w[0]: w for w in want}
    assert len({f.conditions for f in found}) == len(found)
    for each in found:
        _, rows, errors, value = known[each.conditions]
        assert (each.rows, each.errors) == (rows, errors)
        assert each.value == pytest.approx(value, rel=1e-9, abs=1e-9)
    # All that rank clearly above the last are there, whatever ties with it.
    if len(found) == k:
        certain = {w[0] for w in want if w[3] > found[-1].value + 1e-9}
        assert certain <= {f.conditions for f in found}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), alpha=st.sampled_from([0.8, 0.95, 0.99]), level=st.sampled_from([2, 3]))
def test_apart_keeps_the_best_of_each_set_of_features(seed, alpha, level):
    problem = _problem(seed, 300, "score", alpha, 5, joined=True)
    want = {}
    for conditions, _, _, value in _enumerated(problem, level):
        features = tuple(f for f, _ in conditions)
        want[features] = max(value, want.get(features, 0))
    found = {}
    for each in search(problem, 10_000, level, apart=True):
        found.setdefault(tuple(f for f, _ in each.conditions), []).append(each)
    assert {f: pytest.approx(each[0].value) for f, each in found.items() if each[0].value > 1e-9} == want
    for group in found.values():
        masks = [problem.inside({f: tuple(problem.spans[f][c]) for f, c in e.conditions}) for e in group]
        assert all(not (a & b).any() for a, b in combinations(masks, 2))


def test_limiting_the_features_of_triples_limits_only_them():
    problem = _problem(3, 400, "score", 0.99, 5, joined=False)
    every, fewer = search(problem, 500, 3), search(problem, 500, 3, deepest=3)
    assert [e for e in fewer if len(e.conditions) < 3] == [e for e in every if len(e.conditions) < 3]
    on = {f for e in fewer if len(e.conditions) == 3 for f, _ in e.conditions}
    assert len(on) == 3


# ---- on tables -------------------------------------------------------------------------------


def _analysis(X, wrong, y=None):
    y = np.arange(len(X)) % 2 if y is None else y
    return ErrorAnalysis.from_predictions(y, np.where(wrong, 1 - y, y).astype(float), X)


@pytest.fixture(scope="module")
def credit():
    X, y = whole("credit_data")
    half = np.arange(len(X)) % 2 == 0
    model = sound_model(X, y).fit(X[half], y[half])
    y_score = model.predict_proba(X[~half])[:, 1]
    labels = (y[~half] == model.classes_[1]).to_numpy().astype(int)
    rows = X[~half].set_axis([f"loan {i}" for i in range((~half).sum())])
    return ErrorAnalysis.from_predictions(labels, y_score, rows)


def _bad(errors):
    return errors.predicted() != errors.y


@pytest.mark.parametrize("rank", ["score", "excess"])
def test_plain_bins_equal_enumeration_on_a_real_table(credit, rank):
    told = credit.slices(8, level=2, distinct=False, held_out=False, rank=rank)
    wrong, n = _bad(credit), len(credit.y)
    codings = [
        code_feature(f, np.arange(n), 10, 32, joined=False) for f in Table(credit.table.data, "X").features()
    ]
    parts = [[c.conditions[first - 1] for first, _ in c.spans] for c in codings]
    masks = [[condition.mask(credit.table) for condition in own] for own in parts]
    want = []
    for a in range(len(parts)):
        for condition, mask in zip(parts[a], masks[a], strict=True):
            want.append((mask, (condition,)))
            for b in range(a + 1, len(parts)):
                want += [(mask & m, (condition, c)) for c, m in zip(parts[b], masks[b], strict=True)]
    values = []
    for mask, _ in want:
        rows, errors = mask.sum(), (mask & wrong).sum()
        if rows < 32 or rows == n:
            values.append(-np.inf)
        elif rank == "score":
            values.append(0.95 * (errors / rows / wrong.mean() - 1) - 0.05 * (n / rows - 1))
        else:
            values.append(errors - rows * wrong[~mask].mean())
    order = np.argsort(values)[::-1][: len(told)]
    column = "score" if rank == "score" else "excess"
    np.testing.assert_allclose(told[column], np.array(values)[order], rtol=1e-9)
    clear = {want[i][1] for i in order if values[i] > values[order[-1]] + 1e-9}
    assert clear <= {each.conditions for each in told["slice"]}


@pytest.mark.parametrize("cell", [None, (1, 0), (0, 1)])
def test_figures_equal_the_filtered_rows(credit, cell):
    told = credit.slices(cell=cell)
    assert len(told)
    wrong, rows = _bad(credit), np.ones(len(credit.y), dtype=bool)
    if cell is not None:
        rows = credit.y == cell[0]
    for row in told.to_dict("records"):
        inside = row["slice"].mask(credit.table) & rows
        n, errors = inside.sum(), (inside & wrong).sum()
        assert (row["rows"], row["errors"]) == (n, errors)
        interval = wilson(errors, n)
        assert (row["error_rate"], row["low"], row["high"]) == (interval.mean, interval.low, interval.high)
        assert row["excess"] == pytest.approx(errors - n * wrong[rows & ~inside].mean())
        base = wrong[rows].mean()
        assert row["score"] == pytest.approx(0.95 * (errors / n / base - 1) - 0.05 * (rows.sum() / n - 1))
        assert 0 < row["held_rows"] < row["rows"]
        assert row["held_errors"] <= row["errors"]


def test_p_values_are_fishers_on_the_held_half(credit):
    told = credit.slices(6)
    # The split is the permutation of the random state: counted here from the masks alone.
    order = np.random.default_rng(0).permutation(len(credit.y))
    held = order[len(credit.y) // 2 :]
    wrong, p = _bad(credit), []
    for row in told.to_dict("records"):
        inside = row["slice"].mask(credit.table)
        table = (
            pd.crosstab(inside[held], wrong[held]).reindex([True, False], columns=[True, False]).to_numpy()
        )
        assert (row["held_rows"], row["held_errors"]) == (table[0].sum(), table[0, 0])
        p.append(stats.fisher_exact(table, alternative="greater").pvalue)
    ranked = np.argsort(p)
    holm = np.empty(len(p))
    for place, i in enumerate(ranked):
        holm[i] = min(1, max(p[j] * (len(p) - m) for m, j in enumerate(ranked[: place + 1])))
    np.testing.assert_allclose(told["p_value"], holm)
    assert told["significant"].tolist() == (holm <= 0.05).tolist()


def test_without_a_held_half_nothing_is_called_significant(credit):
    told = credit.slices(held_out=False)
    assert told["p_value"].isna().all()
    assert not told["significant"].any()
    assert "flatters" in " ".join(told.attrs["notes"])


def test_each_subgroup_has_errors_of_its_own(credit):
    told = credit.slices(alpha=0.99, held_out=False)
    assert len(told) >= 3
    wrong, known = _bad(credit), np.zeros(len(credit.y), dtype=bool)
    masks = [each.mask(credit.table) for each in told["slice"]]

    def excess(rows):
        return (rows & wrong).sum() - wrong.mean() * rows.sum()

    for inside in sorted(masks, key=lambda m: -excess(m) / np.sqrt(m.sum())):
        assert excess(inside & ~known) >= 0.5 * excess(inside)
        known |= inside


# ---- what it is for --------------------------------------------------------------------------


def _people(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "town": rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(10, 1, n)),
            "member": rng.random(n) < 0.4,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), "D"),
            **{f"noise {i}": rng.normal(size=n) for i in range(8)},
        }
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_subgroup_of_three_conditions_is_found_first(seed):
    X = _people(20_000, seed)
    rng = np.random.default_rng(seed + 100)
    planted = ((X["age"] < 35) & (X["town"] == "b") & X["member"]).to_numpy()
    assert 0.02 < planted.mean() < 0.04
    errors = _analysis(X, rng.random(len(X)) < np.where(planted, 0.35, 0.1))
    told = errors.slices()
    first = told["slice"][0]
    assert {c.feature for c in first.conditions} == {"age", "town", "member"}
    inside = first.mask(errors.table)
    assert (inside & planted).sum() / (inside | planted).sum() > 0.75  # ages are cut into ten
    assert told["significant"][0]


def test_gaps_and_dates_are_found_too():
    X = _people(8000, 5)
    rng = np.random.default_rng(5)
    gap = X["income"].isna().to_numpy()
    late = (X["since"] >= "2023-06-01").to_numpy()
    told = _analysis(X, rng.random(len(X)) < np.where(gap | late, 0.4, 0.1)).slices()
    assert told["significant"].sum() >= 2
    assert "income is missing" in {str(each) for each in told["slice"]}
    first = told.loc[["since" in str(each) for each in told["slice"]], "slice"].iloc[0]
    overlap = first.mask(Table(X, "X"))
    assert (overlap & late).sum() / (overlap | late).sum() > 0.8


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("credit_data", {"Home": "rent", "Job": "fixed"}),
        ("lending_club", {"term": "term_60", "verification_status": "Verified"}),
    ],
)
def test_labels_flipped_in_a_group_are_found(name, group):
    X, _ = whole(name)
    planted = np.logical_and.reduce([X[column] == level for column, level in group.items()])
    rng = np.random.default_rng(1)
    wrong = rng.random(len(X)) < np.where(planted, 0.3, 0.08)
    told = _analysis(X, wrong).slices()
    inside = told["slice"][0].mask(Table(X, "X"))
    assert told["significant"][0]
    assert (inside & planted).sum() / (inside | planted).sum() > 0.8


def test_noise_is_hardly_ever_called_significant():
    X, _ = whole("credit_data")
    alarms = 0
    for seed in range(25):
        wrong = np.random.default_rng(seed).permutation(np.arange(len(X)) < len(X) * 0.15)
        alarms += bool(_analysis(X, wrong).slices(random_state=seed)["significant"].any())
    # 5 % of 25 are about 1; more than 4 would happen by chance once in 130 times.
    assert alarms <= 4


# ---- edges -----------------------------------------------------------------------------------


def test_no_errors_all_errors_and_few_rows_find_nothing():
    X = _people(400, 0)
    for wrong in (np.zeros(400, dtype=bool), np.ones(400, dtype=bool)):
        told = _analysis(X, wrong).slices()
        assert told.empty
        assert "Nothing to find" in " ".join(told.attrs["notes"])
    assert _analysis(X[:40], np.arange(40) < 5).slices().empty


def test_a_big_table_is_sampled_for_the_search_and_counted_whole(monkeypatch):
    monkeypatch.setattr("ladder_widgets.errors.slices.MAX_ROWS", 3000)
    X = _people(20_000, 1)
    planted = ((X["age"] < 40) & (X["town"] == "a")).to_numpy()
    wrong = np.random.default_rng(0).random(len(X)) < np.where(planted, 0.4, 0.1)
    told = _analysis(X, wrong).slices()
    inside = told["slice"][0].mask(Table(X, "X"))
    assert (told["rows"][0], told["errors"][0]) == (inside.sum(), (inside & wrong).sum())
    assert told.attrs["sampled"] == 3000
    assert "sample of 3,000 rows" in " ".join(told.attrs["notes"])


def test_a_wide_table_is_searched_among_the_features_that_tell_most():
    rng = np.random.default_rng(0)
    n = 3000
    X = pd.DataFrame(rng.normal(size=(n, 150)), columns=[f"noise {i}" for i in range(150)])
    X["level"] = rng.choice(list("abcde"), n)
    wrong = rng.random(n) < np.where(X["level"] == "c", 0.4, 0.1)
    told = _analysis(X, wrong).slices(level=2)
    assert str(told["slice"][0]) == "level is c"
    assert "100 of 151 features" in " ".join(told.attrs["notes"])


def test_more_classes_and_a_threshold():
    rng = np.random.default_rng(0)
    n = 3000
    X = pd.DataFrame({"x": rng.choice(list("abc"), n), "z": rng.normal(size=n)})
    y = rng.integers(0, 3, n)
    confused = (y == 1) & (X["x"] == "b").to_numpy() & (rng.random(n) < 0.5)
    told = ErrorAnalysis.from_predictions(y, np.eye(3)[np.where(confused, 2, y)], X).slices(cell=(1, 2))
    assert str(told["slice"][0]) == "x is b"
    assert told["error_rate"][0] > 0.4
    binary = rng.integers(0, 2, n)
    score = np.where(X["x"] == "c", 0.6, 0.1 + 0.8 * binary)
    errors = ErrorAnalysis.from_predictions(binary, score, X)
    assert str(errors.slices(threshold=0.5)["slice"][0]) == "x is c"
    at = errors.slices(threshold=0.7)
    assert at["errors"].tolist() == [((binary == 1) & (X["x"] == "c")).sum()]


def test_weights_are_said_to_be_left_aside():
    X, wrong = _people(2000, 0), np.random.default_rng(0).random(2000) < 0.2
    y = np.arange(2000) % 2
    told = [
        ErrorAnalysis.from_predictions(y, np.where(wrong, 1 - y, y), X, sample_weight=weight).slices()
        for weight in (None, np.arange(2000))
    ]
    pd.testing.assert_frame_equal(*told, check_like=False)
    assert "every row counts once" in " ".join(told[1].attrs["notes"])


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (dict(k=0), "k"),
        (dict(level=4), "level"),
        (dict(alpha=0), "alpha"),
        (dict(alpha=1.5), "alpha"),
        (dict(bins=1), "bins"),
        (dict(min_rows=0), "min_rows"),
        (dict(rank="size"), "rank"),
        (dict(cell=(0, 0)), "cell"),
        (dict(cell=(0, "x")), "cell"),
        (dict(threshold=3), "threshold"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, word):
    errors = _analysis(_people(200, 0), np.arange(200) < 30)
    with pytest.raises(ValueError, match=f"'{word}'"):
        errors.slices(**options)


def test_without_rows_there_are_no_subgroups():
    errors = ErrorAnalysis.from_predictions([0, 1], [0.2, 0.8])
    with pytest.raises(ValueError, match="X"):
        errors.slices()
    with pytest.raises(ValueError, match="X"):
        errors.within(Condition("x", "missing"))


# ---- the rows of a subgroup --------------------------------------------------------------------


def test_within_equals_the_analysis_of_the_filtered_rows(credit):
    for each in (
        Condition("Age", "number", high=30),
        Slice((Condition("Home", "level", level="rent"), Condition("Amount", "number", low=1000))),
        [Condition("Income", "missing")],
    ):
        part = credit.within(each)
        inside = Slice.of(each).mask(credit.table)
        frame = credit.table.data[inside]
        alone = ErrorAnalysis.from_predictions(
            credit.y[inside], credit.scores.positive(1)[inside], frame, classes=[0, 1]
        )
        for band, threshold in ((None, None), ((0.6, 0.8), 0.4)):
            pd.testing.assert_frame_equal(
                part.confusion(band=band, threshold=threshold),
                alone.confusion(band=band, threshold=threshold),
            )
            assert part.rows(band=band).equals(alone.rows(band=band))
        positions = part.positions((1, 0))
        assert credit.table.index[positions].tolist() == alone.rows((1, 0)).index.tolist()
        np.testing.assert_array_equal(part.where, np.flatnonzero(inside))


def test_within_a_part_and_within_nothing(credit):
    young, renting = Condition("Age", "number", high=30), Condition("Home", "level", level="rent")
    once, twice = credit.within([young, renting]), credit.within(young).within(renting)
    np.testing.assert_array_equal(once.where, twice.where)
    pd.testing.assert_frame_equal(once.rows(), twice.rows())
    nobody = credit.within(Condition("Age", "number", low=500))
    assert nobody.confusion().to_numpy().sum() == 0
    assert nobody.rows().empty
    assert nobody.slices().empty
    assert nobody.contrast((1, 0)).empty
    three = ErrorAnalysis.from_predictions(
        [0, 1, 2], np.eye(3)[[0, 2, 1]], pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    )
    assert three.within(Condition("x", "number", low=9)).confusion().to_numpy().tolist() == [[0] * 3] * 3


def test_subgroups_of_a_part_are_of_its_rows(credit):
    part = credit.within(Condition("Home", "level", level="rent"))
    told = part.slices(3, held_out=False)
    wrong, inside = _bad(credit), np.zeros(len(credit.y), dtype=bool)
    inside[part.where] = True
    for row in told.to_dict("records"):
        mask = row["slice"].mask(credit.table) & inside
        assert (row["rows"], row["errors"]) == (mask.sum(), (mask & wrong).sum())
