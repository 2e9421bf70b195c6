"""The verdict on recorded versions."""

from __future__ import annotations

from functools import cache

from ladder_widgets.case import Case
from ladder_widgets.checks._artifact import CannotRead, Recorded, recorded_versions
from ladder_widgets.checks._pipeline import walk
from ladder_widgets.checks._versions import (
    CORE,
    Difference,
    canonical,
    compared,
    installed,
    pinned_beside,
    stated,
)
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence

__all__ = ["check_versions"]

_NEEDS = "Needs the saved model (artifact=) or the package versions it was trained under (requirements=)."


def check_versions(case: Case) -> Outcome:
    """Compare what is recorded with what is installed.

    Raises
    ------
    NotChecked
        If nothing is recorded anywhere.
    """
    if case.artifact is None and not case.requirements:
        raise NotChecked(_NEEDS)
    recorded, modules, problem = _in_artifact(case)
    written = {each.package for each in recorded}
    recorded += stated(case.requirements or {})
    known = {each.package for each in recorded}
    recorded += [pin for pin in pinned_beside(case.artifact) if pin.package not in known]
    core = CORE | modules | _made_of(case) | written
    if not recorded:
        raise NotChecked(problem or f"No version is recorded in the saved model. {_NEEDS}")
    found = cache(installed)
    recorded = list(dict.fromkeys(recorded))
    differences = [each for one in recorded if (each := compared(one, frozenset(core), found)) is not None]
    table = evidence(
        "Recorded and installed versions",
        {
            "package": "code",
            "recorded": "code",
            "installed": "code",
            "recorded in": "text",
            "differs in": "text",
        },
        _rows(recorded, differences, found),
    )
    counted = [each for each in differences if not each.slight]
    note = f" {problem}" if problem else ""
    if not counted:
        return Outcome(Status.PASS, _agreement(recorded, differences) + note, (table,))
    status = Status.FAIL if any(each.grave for each in counted) else Status.WARN
    return Outcome(status, _words(counted) + note, (table,), _fix(counted))


def _in_artifact(case: Case) -> tuple[list[Recorded], set[str], str]:
    if case.artifact is None:
        return [], set(), ""
    try:
        recorded, modules = recorded_versions(case.artifact)
    except CannotRead as reason:
        return [], set(), f"The saved model was not read: {reason}."
    problem = "" if recorded else "The saved model records no version that can be read without loading it."
    return recorded, modules, problem


def _made_of(case: Case) -> frozenset[str]:
    """Packages of the estimators inside the model."""
    steps = walk(case.model, case.val.table.names)
    homes = {type(step.estimator).__module__.partition(".")[0] for step in steps}
    return frozenset(canonical(home) for home in homes)


def _rows(
    recorded: list[Recorded], differences: list[Difference], found: object
) -> list[tuple[str, str, str, str, str]]:
    levels = {(each.package, each.recorded, each.where): each for each in differences}
    rows = []
    for one in recorded:
        difference = levels.get((one.package, one.version, one.where))
        here = difference.installed if difference else installed(one.package)
        level = difference.level if difference else "nothing"
        shown = "not installed" if level == "absent" else level
        rows.append((one.package, one.version, here or "not installed", one.where, shown))
    return sorted(rows, key=lambda row: row[4] == "nothing")


def _words(differences: list[Difference]) -> str:
    ranked = sorted(differences, key=lambda each: (not each.grave, each.package != "scikit-learn"))
    parts = [
        f"{each.package} is recorded as {each.recorded} ({each.where}) and "
        + (f"{each.installed} is installed" if each.installed else "is not installed")
        for each in ranked[:3]
    ]
    more = f", and {len(ranked) - 3} more differ" if len(ranked) > 3 else ""
    return "; ".join(parts) + more + "."


def _agreement(recorded: list[Recorded], slight: list[Difference]) -> str:
    packages = {each.package for each in recorded}
    agree = len(packages - {each.package for each in slight})
    text = f"{agree} recorded package version{'s agree' if agree != 1 else ' agrees'} with what is installed."
    if slight:
        listed = ", ".join(f"{each.package} {each.recorded} → {each.installed}" for each in slight[:5])
        text += f" Differing in a patch, and no part of the model: {listed}."
    return text


def _fix(differences: list[Difference]) -> str:
    exact = [each for each in differences if each.recorded[:1].isdigit()]
    ranged = [each for each in differences if not each.recorded[:1].isdigit()]
    asked = [f"{each.package}=={each.recorded}" for each in exact if each.package != "python"]
    asked += [f"{each.package}{each.recorded}" for each in ranged if each.package != "python"]
    quoted = " ".join(f'"{each}"' for each in dict.fromkeys(asked))
    return (
        "# Either install what the model was saved under, in an environment of its own:\n"
        f"#   python -m pip install {quoted}\n"
        "# or fit and save it again under what is installed here:\n"
        "import joblib\n"
        "from sklearn.base import clone\n\n"
        "model = clone(model).fit(X_train, y_train)\n"
        'joblib.dump(model, "model.joblib")  # it records the versions of today\n'
    )
