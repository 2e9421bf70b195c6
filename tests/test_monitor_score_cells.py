"""Scores that crowd at 0 and 1 keep their order in the cells, and every engine counts the same cells."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score, roc_auc_score

from ladder_widgets import Monitor, ProductionLog
from ladder_widgets.monitor._expressions import cell
from ladder_widgets.monitor.grid import FINE, Grid


@pytest.mark.parametrize("steepness", [1, 8, 30])
def test_the_auc_of_confident_scores_is_that_of_their_ranks(steepness):
    rng = np.random.default_rng(0)
    z = rng.normal(size=40_000)
    y = (z + rng.normal(size=len(z)) > 1.5).astype(int)
    rows = pd.DataFrame({"z": z.round(3), "score": expit(steepness * z), "label": y})
    told = Monitor.fit(ProductionLog(rows[:10_000])).check(ProductionLog(rows[10_000:])).truth.windows.iloc[0]
    later = rows[10_000:]
    assert told.auc == pytest.approx(roc_auc_score(later["label"], later["score"]), abs=5e-4)
    want = average_precision_score(later["label"], later["score"])
    assert told.average_precision == pytest.approx(want, abs=5e-3)


def test_engines_and_numpy_agree_on_every_cell():
    rng = np.random.default_rng(1)
    scores = expit(30 * rng.normal(size=20_000))
    grid = Grid.fit(scores, 100, FINE)
    assert grid.rooted
    ends = [0.0, 1e-300, 1e-12, 0.5, np.nextafter(0.5, 0), 1 - 1e-16, 1.0, -0.1, 1.1, 1e300, np.inf, -np.inf]
    values = np.array([*scores, *ends, np.nan])
    table = ibis.memtable({"x": values})
    got = ibis.duckdb.connect().to_pandas(table.select(k=cell(table.x, grid)))["k"].to_numpy(dtype=float)
    np.testing.assert_array_equal(got, grid.cells(values))
    ordered = np.sort(values[np.isfinite(values)])
    assert (np.diff(grid.cells(ordered)) >= 0).all()


def test_a_cut_is_told_as_the_probability_it_is_at():
    grid = Grid.fit(expit(30 * np.random.default_rng(2).normal(size=5_000)), 20, FINE)
    edges = np.array([grid.edge(cut) for cut in grid.cuts])
    assert (np.diff(edges) > 0).all()
    inside = edges[(edges > 0) & (edges < 1)]
    np.testing.assert_array_equal(grid.cells(np.nextafter(inside, 2) + 1e-15), grid.cells(inside + 1e-15))
    assert Grid.from_dict(grid.to_dict()) == grid
