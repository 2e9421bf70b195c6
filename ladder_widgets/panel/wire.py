"""What travels to the browser: the only Python module that knows its shape (see README.md here)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors._leading import leading_features
from ladder_widgets.errors.cube import Categories, Cube, Numbers
from ladder_widgets.panel.names import Names
from ladder_widgets.panel.wire_code import pack_code
from ladder_widgets.plain import to_plain

__all__ = ["MAX_FEATURES", "asset", "pack_errors"]

#: Features of a wide table that travel; the ones that set the errors apart most.
MAX_FEATURES = 60
#: Bytes that they may take (eight to a number, group and bin), and how many travel whatever that is.
PAYLOAD, LEAST_FEATURES = 900_000, 6
_USUAL = Names()

_STATIC = Path(__file__).parent / "static"


def asset(name: str) -> str:
    """Return a built file as text.

    Raises
    ------
    FileNotFoundError
        With the command that builds it.
    """
    path = _STATIC / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing. Build it with `make js`.")
    return path.read_text(encoding="utf-8")


def pack_errors(
    errors: ErrorAnalysis, *, features: int | None = None, names: Names = _USUAL
) -> tuple[dict[str, Any], bytes]:
    """Return the description of the error cube and its one binary buffer.

    Parameters
    ----------
    errors : ErrorAnalysis
    features : int, optional
        How many travel: of a wider table those that set the errors apart most. By default 60, or with
        many classes as many as fit in about a megabyte.
    names : Names
        What the user calls things.
    """
    cube = errors.cube
    chosen = _leading(errors, _room(errors) if features is None else max(1, features))
    numbers = [feature for feature in chosen if isinstance(feature, Numbers)]
    categories = [feature for feature in chosen if isinstance(feature, Categories)]
    arrays = {
        "edges": cube.axis.edges.astype("<f8"),
        "atoms": cube.axis.atoms.astype("<u4"),
        "count": counts_of(cube.count),
        **({} if cube.count2 is None else {"count2": counts_of(cube.count2)}),
        "score": cube.score.astype("<f4"),
        **({} if cube.claimed is None else {"claimed": cube.claimed.astype("<f4")}),
        **_number_arrays(numbers, cube),
        "levels": counts_of(_stack([feature.counts for feature in categories], cube)),
    }
    layout, buffer = buffer_of(arrays)
    described = {
        "kind": "binary" if errors.binary else "multiclass",
        "classes": [str(label) for label in errors.classes],
        "positive": errors.positive if errors.binary else None,
        "threshold": errors.threshold,
        "probabilities": errors.probabilities,
        "weighted": cube.count2 is not None,
        "n_rows": errors.n_rows,
        "groups": [list(group) for group in cube.groups],
        "features": _described(chosen, errors),
        "features_total": len(cube.features),
        "signals_total": cube.n_signals,
        "code": pack_code(errors, names),
        "arrays": layout,
    }
    return to_plain(described), buffer


def _leading(errors: ErrorAnalysis, most: int) -> list[Numbers | Categories]:
    """Keep every feature of a table of ordinary width, the most telling ones of a wide table."""
    cube = errors.cube
    if len(cube.features) <= most:
        return cube.features
    names = set(leading_features(errors, most))
    return [feature for feature in cube.features if feature.name in names]


def _room(errors: ErrorAnalysis) -> int:
    """Features that fit in a message of ordinary size: with many classes each takes more."""
    return int(np.clip(PAYLOAD // max(1, 8 * errors.cube.count.size), LEAST_FEATURES, MAX_FEATURES))


def _number_arrays(numbers: list[Numbers], cube: Cube) -> dict[str, np.ndarray]:
    gaps = [feature for feature in numbers if _has_gaps(feature)]
    infinite = [feature.infinite[None] for feature in numbers if feature.infinite is not None]
    squares = [feature.n2[None] for feature in gaps if feature.n2 is not None]
    return {
        "n": counts_of(_stack([feature.n[None] for feature in gaps], cube)),
        **({"n2": counts_of(_stack(squares, cube))} if squares else {}),
        **({"infinite": counts_of(_stack(infinite, cube))} if infinite else {}),
        "sum": _stack([feature.total[None] for feature in numbers], cube).astype("<f4"),
        "sq": _stack([feature.square[None] for feature in numbers], cube).astype("<f4"),
    }


def _has_gaps(feature: Numbers) -> bool:
    """Whether its rows are fewer than those of ``count``."""
    return feature.missing or feature.infinite is not None


def _stack(parts: list[np.ndarray], cube: Cube) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros((0, *cube.count.shape))


def counts_of(values: np.ndarray) -> np.ndarray:
    """Whole numbers in as few bytes as hold them; sums of weights in single precision."""
    if values.dtype.kind == "f" and values.size:
        return values.astype("<f4")
    return values.astype("<u2" if values.max(initial=0) < 2**16 else "<u4")


def buffer_of(arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], bytes]:
    layout, chunks, offset = {}, [], 0
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        layout[name] = {"dtype": array.dtype.str[1:], "shape": list(array.shape), "offset": offset}
        padding = -len(raw) % 8
        chunks += [raw, bytes(padding)]
        offset += len(raw) + padding
    return layout, b"".join(chunks)


def _described(features: list[Numbers | Categories], errors: ErrorAnalysis) -> list[dict[str, Any]]:
    told, number_row, n_row, level_row, infinite_row = [], 0, 0, 0, 0
    for feature in features:
        lead = {"name": feature.name, "code": _key(errors, feature.name)}
        if isinstance(feature, Categories):
            told.append({**lead, "kind": "category", "row": level_row, "levels": feature.levels})
            level_row += len(feature.levels)
            continue
        told.append(
            {
                **lead,
                "kind": feature.kind,
                "row": number_row,
                # Without gaps its rows are those of `count`.
                "n_row": n_row if _has_gaps(feature) else None,
                "center": feature.center,
                "scale": feature.scale,
                "missing": feature.missing,
                "infinite_row": None if feature.infinite is None else infinite_row,
            }
        )
        number_row += 1
        n_row += _has_gaps(feature)
        infinite_row += feature.infinite is not None
    return told


def _key(errors: ErrorAnalysis, name: str) -> str:
    """The column's own key as a Python literal."""
    return repr(name if errors.table is None else errors.table.feature(name).key)
