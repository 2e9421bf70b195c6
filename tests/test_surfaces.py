"""Every surface shows what the report holds, and text that somebody else chose stays text."""

from __future__ import annotations

import html.parser
import io
import json
import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import Case, Check, NotChecked, Outcome, Status, run_ladder
from ladder_widgets.finding import evidence
from ladder_widgets.ladder import climb
from ladder_widgets.report import SCHEMA, SCHEMA_VERSION, Report
from ladder_widgets.rungs.rung import Rung
from ladder_widgets.surfaces import formats, junit, markdown, sarif, summary, terminal
from ladder_widgets.taxonomy import CODES

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "a|b\\|c",
    "`tick` ```fence```",
    "line\nbreak\r\nand\ttab",
    "emoji 👩‍👩‍👧 ✗",
    "long " + "x" * 195,
    "עברית \u202eevil",
    "bell\x07 esc\x1b[31m nul\x00 c1\x9b2J \ud800 \ufffe",
    "[red]markup[/red] :boom: [link=http://x.example]x[/link]",
    "]]> & &amp; <!-- --> <![CDATA[",
    "[a](javascript:alert(1)) ![i](http://x.example/i.png)",
    "*bold* __init__ ~~gone~~ $x$ # @octocat #1 www.x.example",
    "- [ ] item",
]
FIX = """\
text = '''
```
</code> [red]
'''
if text:
    print(text)  # longer than eighty characters, and not to be wrapped, as it is there to be pasted anew
"""
SURFACES = ("markdown", "junit", "sarif", "html")


def _fails(case, shared):
    columns = {"column": "code", HOSTILE[2]: "text", "rows": "integer", "share": "percent", "auc": "score"}
    rows = [(name, name, 1234 * i, i / 100, np.float64(i / 20)) for i, name in enumerate(HOSTILE)]
    return Outcome(Status.FAIL, " ".join(HOSTILE), (evidence(HOSTILE[0], columns, rows * 3),), FIX)


def _warns(case, shared):
    return Outcome(Status.WARN, HOSTILE[0])


def _breaks(case, shared):
    raise RuntimeError(HOSTILE[8])


def _needs(case, shared):
    raise NotChecked(HOSTILE[5])


CHECKS = (
    Check("data.hostile", _fails, title=HOSTILE[3], question=HOSTILE[9], why=HOSTILE[11]),
    Check("data.<b>|`warns", _warns, title=HOSTILE[4]),
    Check("model.breaks\x1b[2J", _breaks, title=HOSTILE[6]),
    Check("evaluation.[red]needs", _needs, title=HOSTILE[7]),
)


@pytest.fixture(scope="module")
def hostile():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, : len(HOSTILE)].set_axis(pd.Index(HOSTILE, dtype=object), axis=1)
    y = y.map({0: HOSTILE[0] + HOSTILE[9], 1: HOSTILE[4] + HOSTILE[2]})
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    model = tree.fit(X[:300], y[:300])
    return run_ladder(model, X[300:], y[300:], checks=CHECKS, rungs={3: tree})


@pytest.fixture(params=["hostile", "credit_report", "cancer_report", "wine_report"])
def report(request):
    return request.getfixturevalue(request.param)


# ---- formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.18, "percent", "18 %"),
        (0.0004, "percent", "0.04 %"),
        (-0.181, "percent", "−18.1 %"),
        (12.5, "percent", "1,250 %"),
        (0.7806, "score", "0.781"),
        (-0.0001, "score", "0.000"),
        (1234567, "integer", "1,234,567"),
        (1234.5678, "number", "1,234.57"),
        (0.012345, "number", "0.01235"),
        (1234567.8, "number", "1,234,570"),
        (1e-7, "number", "1.00e−07"),
        (3.0, "number", "3"),
        (float("inf"), "score", "–"),
        (None, "text", "–"),
        (np.True_, "text", "yes"),
        (np.int64(-7), "integer", "−7"),
        ("int-rate", "number", "int-rate"),
    ],
)
def test_numbers_are_written_in_their_format(value, form, text):
    assert formats.shown(value, form) == text


def test_a_cut_name_keeps_both_ends():
    assert formats.cut("x" * 50 + "end", 10) == "xxxxx…xend"
    assert len(formats.cut("y" * 200, 44)) == 44


# ---- JSON ------------------------------------------------------------------------------------


def test_json_is_of_the_schema_and_finite(report):
    def refuse(text):
        raise AssertionError(text)

    told = json.loads(report.to_json(), parse_constant=refuse)
    assert (told["schema"], told["schema_version"]) == (SCHEMA, SCHEMA_VERSION)
    assert [rung["number"] for rung in told["rungs"]] == list(range(7))
    assert {finding["code"] for finding in told["findings"]} >= set(CODES)
    report.to_json().encode("utf-8")


# ---- Markdown --------------------------------------------------------------------------------


def _markdown(text):
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def _words(inline):
    """What a reader sees of an inline token."""
    kept = [each for each in inline.children if each.type in ("text", "text_special", "code_inline")]
    return "".join(each.content for each in kept)


def test_markdown_holds_nothing_but_its_own_markup(report):
    tokens = _markdown(report.to_markdown())
    inline = [each for token in tokens if token.type == "inline" for each in token.children]
    assert "html_block" not in {token.type for token in tokens}
    tags = {each.content for each in inline if each.type == "html_inline"}
    assert tags <= {"<code>", "</code>", "<!-- -->"}
    kinds = {each.type for each in inline} - {"text_special"}
    assert kinds <= {"text", "code_inline", "html_inline", "strong_open", "strong_close"}
    headings = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "heading_open"]
    signs = {Status.FAIL: "✗", Status.WARN: "!", Status.ERROR: "?"}
    want = [f"{signs[f.status]} {markdown.inert(f.title)}" for f in report.findings if f.status in signs]
    assert [heading.content for heading in headings if heading.content[0] in "✗!?"] == want


def test_markdown_tables_are_rectangular_and_say_what_was_meant(hostile):
    tokens = _markdown(hostile.to_markdown())
    rows, row = [], []
    for i, token in enumerate(tokens):
        if token.type in ("td_open", "th_open"):
            row.append(_words(tokens[i + 1]))
        elif token.type == "tr_close":
            rows.append(row)
            row = []
    assert [row[1] for row in rows[1:8]] == [rung.name for rung in reversed(hostile.rungs)]
    start = next(i for i, row in enumerate(rows) if row[:1] == ["column"])
    for i, name in enumerate(HOSTILE):
        seen = " ".join(rows[start + 1 + i][0].split())
        assert seen == " ".join(formats.cell(name).split())
    shown = rows[start + 1 : start + 21]
    assert [row[2:] for row in shown[:3]] == [
        ["0", "0 %", "0.000"],
        ["1,234", "1 %", "0.050"],
        ["2,468", "2 %", "0.100"],
    ]
    assert {len(row) for row in shown} == {5}
    assert "20 of 42 rows." in hostile.to_markdown()


def test_markdown_fences_hold_the_fix_as_it_is(hostile):
    fences = [token for token in _markdown(hostile.to_markdown()) if token.type == "fence"]
    assert {token.info for token in fences} == {"python"}
    assert FIX in {token.content for token in fences}


def test_markdown_checklists_tick_what_passes(credit_report):
    text = credit_report.to_markdown()
    for which in ("development", "production"):
        for line in credit_report.checklist(which):
            box = "x" if line.status is Status.PASS else " "
            assert f"- [{box}] {markdown.inert(line.text)}: **{line.status.word}**" in text


def test_a_mention_or_a_number_does_not_link():
    assert markdown.inert("by @octocat in #12") == "by @<!-- -->octocat in #<!-- -->12"


# ---- JUnit -----------------------------------------------------------------------------------


def test_junit_counts_what_it_holds(report):
    root = ET.fromstring(report.to_junit().encode("utf-8"))
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [f"rung {r.number} {r.name}" for r in report.rungs]
    for element in [root, *suites]:
        cases = list(element.iter("testcase"))
        counted = [
            sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")
        ]
        assert [int(element.get(name)) for name in ("failures", "errors", "skipped")] == counted
        assert int(element.get("tests")) == len(cases)
    assert int(root.get("tests")) == len(report.findings) + 7


def test_junit_says_of_each_finding_what_the_report_says(report):
    root = ET.fromstring(report.to_junit().encode("utf-8"))
    cases = [case for case in root.iter("testcase") if case.get("classname") != "ladder_widgets.rung"]
    tags = {Status.FAIL: "failure", Status.ERROR: "error", Status.SKIP: "skipped"}
    for case, finding in zip(cases, report.findings, strict=True):
        assert case.get("classname") == f"ladder_widgets.{finding.layer}"
        assert case.get("name").isprintable()
        assert [child.tag for child in case] == [tags.get(finding.status, "system-out")]
        assert formats.prose(finding.summary) in [case[0].get("message"), *(case[0].text or "").split("\n")]


# ---- SARIF -----------------------------------------------------------------------------------


def test_sarif_is_well_formed(report):
    log = json.loads(report.to_sarif())
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = driver["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))
    assert ids[: len(CODES)] == list(CODES)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].startswith("rung ")


def test_sarif_results_are_the_raised_findings_at_their_level(report):
    levels = {Status.FAIL: "error", Status.WARN: "warning", Status.ERROR: "note"}
    results = json.loads(report.to_sarif())["runs"][0]["results"]
    told = [(r["ruleId"], r["level"]) for r in results if not r["ruleId"].startswith("rung.")]
    want = [(formats.cell(f.code), levels[f.status]) for f in report.findings if f.status in levels]
    assert told == want
    alone = {int(r["ruleId"][5:]) for r in results if r["ruleId"].startswith("rung.")}
    shown = {(f.rung, f.status) for f in report.findings}
    assert alone == {
        r.number for r in report.rungs if r.status in levels and (r.number, r.status) not in shown
    }


@pytest.mark.parametrize(
    ("artifact", "uri"), [("out/my model.joblib", "out/my%20model.joblib"), ("/srv/m.pkl", None)]
)
def test_sarif_names_a_relative_artifact_only(cancer_report, artifact, uri):
    old = cancer_report.case
    case = Case(old.model, old.val.table.data, old.val.y, artifact=artifact)
    finding = next(f for f in cancer_report.findings)
    rungs = (Rung(0, Status.FAIL), *cancer_report.rungs[1:])
    log = json.loads(Report(case, rungs, (finding,), None, 0.0).to_sarif())
    place = log["runs"][0]["results"][0]["locations"][0].get("physicalLocation")
    assert (place and place["artifactLocation"]["uri"]) == uri


# ---- HTML ------------------------------------------------------------------------------------


TAGS = {"div", "p", "b", "table", "tbody", "tr", "td", "th", "span", "ul", "li", "code", "br", "bdi"}


class _Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = set(), set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_summary_is_small_static_and_whole(report):
    text = summary.render(report)
    page = _Page(text)
    assert page.open == []
    assert page.tags <= TAGS
    assert page.attributes <= {"class", "style", "scope"}
    assert len(text.encode("utf-8")) < 15_000
    seen = "".join(page.text)
    for finding in report.findings:
        if finding.raised:
            assert formats.clip(formats.prose(finding.title), 120) in seen
    assert report._repr_html_() == text


def test_the_summary_stays_small_whatever_is_found(cancer_report):
    def bad(case, shared):
        return Outcome(Status.FAIL, "<&\"'😀" * 200)

    checks = [Check(f"data.bad-{i}", bad, title='"' * 300) for i in range(60)]
    old = cancer_report.case
    X, y = old.val.table.data, old.val.y
    report = run_ladder(old.model, X, y, checks=checks, rungs={3: DecisionTreeClassifier(max_depth=2)})
    text = summary.render(report)
    assert len(text.encode("utf-8")) < 15_000
    items = text.count("<li")
    assert re.search(rf"and {60 - items + 1} more", text)


def test_colours_of_the_summary_can_be_read():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for colour in (*summary._COLOURS.values(), summary._MUTED):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def test_the_page_holds_hostile_text_as_data_only(hostile, cancer_report):
    def skeleton(report):
        text = report.to_html()
        data = re.findall(r'<script type="application/json" id="lw-\w+">(.*?)</script>', text, re.DOTALL)
        for part in data:
            json.loads(part)
        return text.count("<script"), text.count("</script"), "<img" in text.partition("<noscript>")[2]

    counts = skeleton(hostile)
    assert counts[:2] == skeleton(cancer_report)[:2]
    assert not counts[2]


# ---- terminal --------------------------------------------------------------------------------


def _printed(report, **options):
    file = io.StringIO()
    terminal.print_report(report, Console(file=file, **options))
    return file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_fits_its_width(report, width):
    code = {line for f in report.findings for line in formats.block(f.fix).split("\n")}
    for line in _printed(report, width=width, color_system=None).split("\n"):
        assert cell_len(line) <= width or line.rstrip() in code, line


def test_the_terminal_gets_no_control_of_others(hostile):
    plain = _printed(hostile, width=80, color_system=None)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", plain)
    coloured = _printed(
        hostile, width=80, force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    assert "\x1b[" in coloured
    without = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert "\x1b" not in without
    assert "[red]markup[/red] :boom:" in " ".join(plain.split())


def test_the_terminal_draws_the_ladder_and_tells_the_fix_unwrapped(hostile):
    lines = terminal.render(hostile).split("\n")
    drawn = [re.match(r"[┃┣]([ ━╌]) (\d) \1[┃┫] (\S+)", line) for line in lines]
    rungs = [(int(found[2]), found[3], found[1]) for found in drawn if found]
    assert [number for number, *_ in rungs] == [6, 5, 4, 3, 2, 1, 0]
    for number, name, bar in rungs:
        rung = hostile.rungs[number]
        assert name == rung.name
        assert bar == (" " if rung.status is Status.SKIP else "╌" if rung.provisional else "━")
    assert "\n".join(FIX.rstrip().split("\n")) in "\n".join(lines)


def test_a_terminal_without_unicode_gets_signs_it_knows(credit_report):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    terminal.print_report(credit_report, Console(file=file, width=80))
    file.flush()
    text = raw.getvalue().decode("ascii")
    assert "|= 0 =|" in text
    assert "+ passes" in text


def test_repr_is_the_ladder_in_a_few_lines_and_the_next_step(report):
    lines = repr(report).split("\n")
    assert len(lines) == 10
    assert max(map(len, lines)) <= 80
    assert [line.split()[:2] for line in lines[1:8]] == [
        [str(rung.number), rung.name] for rung in reversed(report.rungs)
    ]
    step = re.fullmatch(r"Next: report\.narrative\(\), (report\..+)", lines[-1])[1]
    found = eval(step, {"report": report})
    raised = [f for f in report.findings if f.raised]
    assert found in raised if raised else found == report.checklist()


# ---- unfinished ------------------------------------------------------------------------------


def test_every_surface_shows_an_unfinished_climb(wine_report):
    case = wine_report.case
    report = next(event for event in climb(case) if isinstance(event, Report))
    assert not report.complete
    for surface in SURFACES:
        assert getattr(report, f"to_{surface}")()
    assert "The climb is not complete." in repr(report)
    assert "The climb is not complete." in terminal.render(report)
    assert "pending" in report._repr_html_()
    assert ET.fromstring(report.to_junit()).get("skipped") == "7"


def test_surfaces_are_written_to_the_path_they_are_given(cancer_report, tmp_path):
    for surface in (*SURFACES, "json"):
        path = tmp_path / surface
        text = getattr(cancer_report, f"to_{surface}")(path)
        assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("surface", [markdown, junit, sarif, summary, terminal])
def test_rendering_twice_gives_the_same(surface, wine_report):
    assert surface.render(wine_report) == surface.render(wine_report)
