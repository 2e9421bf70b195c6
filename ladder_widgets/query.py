"""What an engine is asked, and how it means to answer, without asking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["QueryPlan", "explained", "plan_of", "statement"]


@dataclass(frozen=True)
class QueryPlan:
    """A query and how the engine means to run it; prints as text.

    Attributes
    ----------
    sql : str
        In the engine's own SQL.
    plan : str
        What its EXPLAIN says; empty where the engine is not DuckDB.
    """

    sql: str
    plan: str = ""

    def __str__(self) -> str:
        return f"{self.sql}\n\n{self.plan}".rstrip()

    __repr__ = __str__


def plan_of(backend: Any, *queries: str) -> QueryPlan:
    """Return the plan of one query, or of several that are asked one after another; none of them is run.

    Parameters
    ----------
    backend : ibis backend
    *queries : str
        In its own SQL.
    """
    sql = ";\n\n".join(queries)
    if backend.name != "duckdb":
        return QueryPlan(sql)
    told = [row[-1] for query in queries for row in backend.raw_sql(f"EXPLAIN {query}").fetchall()]
    return QueryPlan(sql, "\n".join(map(str, told)))


def explained(expression: Any, backend: Any = None) -> QueryPlan:
    """Return the plan of an Ibis expression; it is not run.

    Parameters
    ----------
    expression : ibis expression
    backend : ibis backend, optional
        The one that its tables lie in by default.
    """
    import ibis

    backend = backend or ibis.get_backend(expression)
    return plan_of(backend, statement(expression, backend))


def statement(expression: Any, backend: Any) -> str:
    """Return what an expression is in SQL, all of whose tables a DuckDB then knows."""
    import ibis.expr.operations as ops

    if backend.name == "duckdb" and expression.op().find(ops.InMemoryTable):
        backend.to_pyarrow(expression.limit(0))  # makes tables of ours known to the engine, and reads nothing
    return str(backend.compile(expression))
