"""What the browser asks about errors, and the answers: rows, files, distributions, cubes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors.conditions import Slice
from ladder_widgets.panel.names import Names
from ladder_widgets.panel.wire import pack_errors
from ladder_widgets.panel.wire_rows import RowsOf, pack_distribution
from ladder_widgets.validation import choice

__all__ = ["Answers", "WithBuffer"]


@dataclass(frozen=True)
class WithBuffer:
    """An answer that travels with bytes beside it."""

    told: dict[str, Any]
    buffer: bytes


class Answers:
    """Answers about one analysis."""

    def __init__(self, errors: ErrorAnalysis, names: Names) -> None:
        self._errors = errors
        self._names = names
        self._rows = RowsOf(errors)
        self._kinds: dict[str, Callable[[Mapping[str, Any]], dict[str, Any] | WithBuffer]] = {
            "rows": self._rows.page,
            "export": self._rows.csv,
            "distribution": lambda request: pack_distribution(errors, request),
            "cube": self._cube,
        }

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any] | WithBuffer:
        """Answer a request of a kind that is about errors.

        Raises
        ------
        ValueError
            For another kind, or a selection that makes no sense.
        """
        return self._kinds[choice("kind", str(request.get("kind")), self._kinds)](request)

    def _cube(self, request: Mapping[str, Any]) -> WithBuffer:
        conditions = request.get("slice")
        rows = self._errors if conditions is None else self._errors.within(Slice.from_dict(conditions))
        described, buffer = pack_errors(rows, features=int(request["features"]), names=self._names)
        return WithBuffer({"errors": described}, buffer)
