"""A model asked for its answers chunk by chunk, over a backend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from ladder_widgets.scores import Answers, ModelFailure, Scores, ask, length, read, score_rows
from ladder_widgets.table import take
from ladder_widgets.threads import one_thread
from ladder_widgets.workers import Parcel, WorkerDied, Workers

__all__ = ["score_chunks"]

#: Rows below which a chunk is not worth sending a model for.
LEAST_ROWS = 5_000
#: Cells above which a chunk takes much memory (a pipeline holds some copies of what it is given, and one
#: more column for each level), and rows below which another chunk would cost more time than it saves.
MOST_CELLS, FEWEST_ROWS = 500_000, 2_000
#: Rows on which a model is asked whether its answers depend on their neighbours, and the difference
#: that single precision makes.
PROBE_ROWS, TOLERANCE = 200, 1e-5


def score_chunks(workers: Workers, model: Any, data: Any, classes: list[Any]) -> Iterator[Scores | None]:
    """Score rows as :func:`score_rows` does, over the backend that was named; None while it waits.

    With few rows, and where an answer depends on the rows beside it, the model is asked once for all rows,
    in this process. Very many rows are scored some at a time even there: what a pipeline makes of all of
    them at once is many times the table.

    Raises
    ------
    ModelFailure
        As :func:`score_rows`.
    """
    n_rows = length(data)
    count = _pieces(n_rows, _width(data), 1 if workers.backend is None else workers.count())
    if count > 1 and _depends_on_batch(model, data):
        note = (
            "The model was asked for all rows at once, in one process: its answers change with the rows "
            "beside them, or from call to call."
        )
        workers.note(note)
        count = 1
    if count < 2:
        yield score_rows(model, data, classes)
        return
    edges = np.linspace(0, n_rows, count + 1).round().astype(int)
    sent, gathered = Parcel(model), _Gathered(n_rows)

    def chunk(k: int) -> tuple[Parcel, Parcel]:
        return sent, Parcel(_rows(data, edges[k], edges[k + 1]))

    try:
        for part in workers.each(_ask, chunk, count, "The model's scores"):
            if part is None:
                yield None
            else:
                gathered.add(part)
    except WorkerDied as error:
        raise ModelFailure(str(error), error) from error
    yield read(gathered.answers(), classes)


def _pieces(n_rows: int, width: int, workers: int) -> int:
    """As many chunks as workers if none is too small for that, or more if they would be too large."""
    most = max(FEWEST_ROWS, MOST_CELLS // width)
    return max(1, min(workers, n_rows // LEAST_ROWS), -(-n_rows // most))


def _width(data: Any) -> int:
    shape: tuple[int, ...] = getattr(data, "shape", ())
    return max(1, shape[1]) if len(shape) > 1 else 1


def _ask(model: Parcel, data: Parcel) -> Answers:
    return ask(model.open(), data.open())


class _Gathered:
    """Answers for rows that follow one another, each written where it belongs as it comes."""

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self.filled = 0
        self.arrays: dict[str, np.ndarray] = {}

    def add(self, part: Answers) -> None:
        """Take the answers for the next rows."""
        self.output = part.output
        for name in ("labels", "raw"):
            values = getattr(part, name)
            if values is None:
                continue
            if name not in self.arrays:
                self.arrays[name] = np.empty((self.n_rows, *values.shape[1:]), dtype=values.dtype)
            kind = np.result_type(self.arrays[name], values)  # texts of a chunk may all be short
            self.arrays[name] = self.arrays[name].astype(kind, copy=False)
            self.arrays[name][self.filled : self.filled + len(values)] = values
        self.filled += length(part.labels if part.raw is None else part.raw)

    def answers(self) -> Answers:
        """Return those for all rows."""
        return Answers(self.arrays.get("labels"), self.output, self.arrays.get("raw"))


def _rows(data: Any, start: int, stop: int) -> Any:
    """Rows next to each other, in the memory layout they had: sums of floats depend on it."""
    if hasattr(data, "iloc"):
        return data.iloc[start:stop]
    if sparse.issparse(data):
        return data.tocsr()[start:stop]
    part = data[start:stop]
    return part.copy(order="K") if isinstance(part, np.ndarray) else part


def _depends_on_batch(model: Any, data: Any) -> bool:
    """Whether rows get other answers beside other rows; False also where the model fails: it will say so."""
    some = np.linspace(0, length(data) - 1, PROBE_ROWS).round().astype(np.int64)
    halves = some[::2], some[1::2]
    try:
        with one_thread():
            whole = ask(model, take(data, np.concatenate(halves)))
            apart = _Gathered(len(some))
            for half in halves:
                apart.add(ask(model, take(data, half)))
    except ModelFailure:
        return False
    others = apart.answers()
    if whole.raw is None or others.raw is None:
        return not np.array_equal(np.asarray(whole.labels), np.asarray(others.labels))
    return not np.allclose(whole.raw, others.raw, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
