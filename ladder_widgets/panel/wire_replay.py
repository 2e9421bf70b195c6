"""A replay on its way to the browser: steps with what changed in each, as tables (see README.md here)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ladder_widgets.plain import to_plain

__all__ = ["pack_replay"]

#: Lines of one table, and of the notes of one kind.
MAX_LINES, MAX_NOTES = 60, 6
#: Lists of a step that name columns, and what is said of a column in them; the worst last.
_REMARKS = {
    "appeared": "new",
    "changed": "changed",
    "became_missing": "became missing",
    "non_finite": "became infinite",
}


def pack_replay(replay: Mapping[str, Any], *, title: str, against: str) -> dict[str, Any]:
    """Return a replay as the browser draws it.

    Parameters
    ----------
    replay : mapping
        ``Replay.to_dict()``.
    title : str
        Which row it is.
    against : str
        Where the answer it is held against comes from, such as ``in production``.
    """
    failure = replay["first_failure"]
    blamed = None if failure is None else failure["number"]
    steps = [_step(each, failure if i == blamed else None) for i, each in enumerate(replay["steps"])]
    return to_plain(
        {
            "title": title,
            "status": _status(replay),
            "verdict": _verdict(replay, against),
            "reasons": _reasons(replay),
            "answer": _answer(replay, against),
            "steps": steps,
            "first": blamed,
            "notes": _notes(replay),
            "seconds": sum(each["seconds"] for each in replay["steps"] if each["depth"] == 0),
        }
    )


def _status(replay: Mapping[str, Any]) -> str:
    if replay["error"] is not None or replay["matches"] is False:
        return "fail"
    return "pass" if replay["first_failure"] is None else "warn"


def _verdict(replay: Mapping[str, Any], against: str) -> str:
    failure = replay["first_failure"]
    blame = (
        ""
        if failure is None
        else f" First to blame is {failure['path'] or failure['name']}: {failure['why']}"
    )
    if replay["error"] is not None:
        return f"The model raised {replay['error'].rstrip('.')}.{blame}"
    score = "" if replay["score"] is None else f" with the score {replay['score']:.6g}"
    said = {None: "", True: f", as {against}", False: f", which is not what it answered {against}"}
    return f"The model answers {replay['label']}{score}{said[replay['matches']]}.{blame}"


def _answer(replay: Mapping[str, Any], against: str) -> dict[str, Any]:
    expected = replay["expected"]
    rows = [["replayed", replay["score"], _text(replay["label"])]]
    if expected["score"] is not None or expected["label"] is not None:
        rows.append([against, expected["score"], _text(expected["label"])])
    return _table("", (("answered", "text"), ("score", "number"), ("label", "text")), rows)


def _reasons(replay: Mapping[str, Any]) -> list[str]:
    """Return how the answers differ, and the single changes that would explain it."""
    if replay["matches"] is not False:
        return list(replay["differences"])
    found = [f"This would explain it: {each['text']}" for each in replay["explanations"][:MAX_NOTES]]
    none = f"None of {replay['changes_tried']:,} single changes that were scored explains it."
    return [*replay["differences"], *(found or [none])]


def _notes(replay: Mapping[str, Any]) -> list[str]:
    notes = [f"Warning: {each}" for each in replay["warnings"][:MAX_NOTES]]
    if replay["reference"] is None:
        return [*notes, "No training rows were given (X_train), so values are not held against their ranges."]
    return [*notes, f"Values are held against their range in training: {replay['reference']}."]


# ---- steps ---------------------------------------------------------------------------------------


def _step(step: Mapping[str, Any], failure: Mapping[str, Any] | None) -> dict[str, Any]:
    failed = failure is not None or _broke(step)
    outside = step["outside"]
    # Of a step that holds others it is said where it matters, inside.
    far = step["leaf"] and any(each["far"] for each in outside)
    quiet = "skip" if step["kind"] == "skipped" else "pass"
    return {
        "path": step["path"],
        "name": step["name"],
        "depth": step["depth"],
        "status": "fail" if failed else "warn" if far else quiet,
        "before": _width(step["input"]),
        "after": "nothing" if step["output"] is None else _width(step["output"]),
        "summary": failure["why"] if failure is not None else step["explanation"] or _summary(step),
        "tables": []
        if quiet == "skip"
        else [each for each in (_changes(step), _outside(outside)) if each["total"]],
        "error": step["error"] or "",
        "fix": (failure or step)["fix"],
        "seconds": step["seconds"],
    }


def _broke(step: Mapping[str, Any]) -> bool:
    return step["error"] is not None or (step["output"] is None and step["kind"] != "skipped")


def _width(cells: Mapping[str, Any]) -> str:
    return f"{cells['width']:,} column{'' if cells['width'] == 1 else 's'}"


def _summary(step: Mapping[str, Any]) -> str:
    """Say what became of the columns, in a few words."""
    if step["kind"] == "skipped":
        return "works in fit only"
    if _broke(step):
        return "a step inside raised"
    counted = {**{word: len(step[key]) for key, word in _REMARKS.items()}, "gone": len(step["vanished"])}
    counted["outside training"] = len(step["outside"])
    words = [f"{n:,} {word}" for word, n in counted.items() if n]
    if not words and step["kind"] == "transform":
        return "nothing changes"
    return ", ".join(words)


def _changes(step: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that a step changed, before and after; of one that raised, what it was given."""
    given = {each["name"]: each["value"] for each in step["input"]["columns"]}
    if step["output"] is None:
        columns = step["input"]["columns"]
        rows = [[each["name"], each["dtype"], each["value"]] for each in columns]
        return _table("What it was given", (("column", "code"), ("type", "text"), ("value", "number")), rows)
    answered = {each["name"]: each["value"] for each in step["output"]["columns"]}
    if step["kind"] != "transform":
        rows = [[name, value] for name, value in answered.items()]
        return _table("What it answers", (("column", "code"), ("value", "number")), rows)
    remarks = {name: word for key, word in _REMARKS.items() for name in step[key]}
    rows = [[name, _before(name, given), answered.get(name), remark] for name, remark in remarks.items()]
    rows += [[name, given.get(name), None, "gone"] for name in step["vanished"]]
    columns = (("column", "code"), ("before", "number"), ("after", "number"), ("", "text"))
    return _table("What it changes", columns, rows)


def _before(name: str, given: Mapping[str, Any]) -> Any:
    """Value of the column that an output column is: column transformers put ``branch__`` before its name."""
    while name not in given and "__" in name:
        name = name.split("__", 1)[1]
    return given.get(name)


def _outside(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = [[each["column"], each["text"]] for each in found]
    return _table("Outside the training range", (("column", "code"), ("in words", "text")), rows)


def _table(caption: str, columns: tuple[tuple[str, str], ...], rows: list[list[Any]]) -> dict[str, Any]:
    heads = [{"name": name, "format": kind} for name, kind in columns]
    return {"caption": caption, "columns": heads, "rows": rows[:MAX_LINES], "total": len(rows)}


def _text(label: Any) -> str | None:
    return None if label is None else str(label)
