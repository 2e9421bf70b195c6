"""The planted-fault suite: each fault on many tables, each table clean, each clean case guilty to the eye.

Every case runs through :func:`ladder_widgets.run_ladder` whole, as a user's would.
"""

from __future__ import annotations

import time
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from multiprocessing import get_context
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ladder_widgets.finding import Status
from ladder_widgets.ladder import climb
from ladder_widgets.report import Report
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, clean, hard_clean
from tests.faults.tables import data

__all__ = ["OTHER_TABLES", "TABLES", "Result", "Spec", "every_spec", "measure", "run"]

#: Tables on which thresholds may be chosen, and tables kept to judge the choice.
TABLES = (
    "credit_data",
    "lending_club",
    "attrition",
    "mlc_churn",
    "default",
    "wa_churn",
    "cells",
    "flights",
    "hpc_data",
    "digits",
)
OTHER_TABLES = (
    "stackoverflow",
    "caravan",
    "titanic",
    "orange_juice",
    "spam7",
    "hmda",
    "email",
    "smoke_ban",
    "crash",
    "arrests",
    "diamonds",
    "chile",
)
#: Rows beyond which a table is sampled: the suite has thousands of climbs.
MAX_ROWS = 20_000
_KINDS = ("linear", "boosting", "tuned", "forest")


@dataclass(frozen=True)
class Spec:
    """One case: a fault planted in one way (``kind`` is its code), or ``clean`` or ``hard``."""

    kind: str
    way: str
    strength: str
    table: str
    seed: int

    @property
    def planted(self) -> bool:
        return self.kind not in ("clean", "hard")


@dataclass(frozen=True)
class Result:
    """What the report said: raised codes, codes of checks that broke, times."""

    spec: Spec
    raised: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float
    check_seconds: dict[str, float]
    summaries: dict[str, str]
    crash: str = ""

    @property
    def found(self) -> bool:
        return self.spec.kind in self.raised

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(code for code in self.raised if code != self.spec.kind)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Result:
        spec = Spec(**told["spec"])
        return cls(**{**told, "spec": spec, "raised": tuple(told["raised"]), "broken": tuple(told["broken"])})


def every_spec(
    tables: Iterable[str] = TABLES,
    seeds: Iterable[int] = range(3),
    codes: Iterable[str] | None = None,
    strengths: Iterable[str] = (OBVIOUS, SUBTLE),
) -> Iterator[Spec]:
    """Yield every case; ``codes`` may also hold ``clean`` and ``hard``."""
    wanted = None if codes is None else set(codes)
    for table in tables:
        for seed in seeds:
            if wanted is None or "clean" in wanted:
                yield from (
                    Spec("clean", kind, "", table, seed) for kind in (_KINDS[seed % 2], _KINDS[2 + seed % 2])
                )
            if wanted is None or "hard" in wanted:
                yield from (Spec("hard", way, "", table, seed) for way in _HARD)
            for code, ways in PLANTS.items():
                if wanted is None or code in wanted:
                    yield from (Spec(code, way.__name__, s, table, seed) for way in ways for s in strengths)


_HARD = tuple(hard_clean(None, None))  # type: ignore[arg-type]  # names only: nothing is built yet


def run(spec: Spec, max_rows: int = MAX_ROWS) -> Result | None:
    """Build a case and climb; None where the table has no room for the plant."""
    begun = time.perf_counter()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        try:
            case = _case(spec, max_rows)
            if case is None:
                return None
            report = _climbed(case)
        except Exception as error:
            crash = f"{type(error).__name__}: {error}"
            return Result(spec, (), (), time.perf_counter() - begun, {}, {}, crash)
    raised = [f for f in report.findings if f.raised]
    broken = [f for f in report.findings if f.status is Status.ERROR]
    return Result(
        spec,
        tuple(f.code for f in raised),
        tuple(f.code for f in broken),
        time.perf_counter() - begun,
        {f.code: round(f.seconds or 0.0, 4) for f in report.findings},
        {f.code: f.summary for f in report.findings if f in raised or f in broken or f.code == spec.kind},
    )


def measure(specs: Sequence[Spec], workers: int | None, max_rows: int = MAX_ROWS) -> Iterator[Result]:
    """Run cases in several processes, in order; those for which a table has no room are left out."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from filter(None, pool.map(run, specs, repeat(max_rows), chunksize=2))


def _climbed(case: Any) -> Report:
    for event in climb(case):
        if isinstance(event, Report):
            report = event
    return report


def _case(spec: Spec, max_rows: int) -> Any:
    rng = np.random.default_rng(zlib.crc32(repr(spec).encode()))
    kind = spec.way if spec.kind == "clean" else _KINDS[(spec.seed + zlib.crc32(spec.table.encode())) % 4]
    logged = spec.kind in ("clean", "hard") or spec.kind.startswith("production") or "skew" in spec.kind
    table = data(spec.table, spec.seed, kind, max_rows, log=logged)
    if spec.kind == "clean":
        return clean(table, rng)
    if spec.kind == "hard":
        return hard_clean(table, rng)[spec.way]()
    plant = next(way for way in PLANTS[spec.kind] if way.__name__ == spec.way)
    planted = plant(table, spec.strength, rng)
    return None if planted is None else planted.case
