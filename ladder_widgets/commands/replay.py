"""``ladder-widgets replay``: one production record through a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["replay"]

_To = typer.Option(show_default=False, metavar="PATH", rich_help_panel="Write (- is the standard output)")


def replay(
    model: Annotated[
        Path,
        typer.Argument(
            help="Fitted model: .skops, .joblib, .pkl or .pickle.", metavar="MODEL", show_default=False
        ),
    ],
    record: Annotated[
        Path,
        typer.Argument(help="The record, as production had it: .json.", metavar="RECORD", show_default=False),
    ],
    expected: Annotated[
        float | None, typer.Option(help="Score that production answered.", show_default=False)
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Label that production answered.", show_default=False)
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Training rows: they tell ranges at every step.", show_default=False)
    ] = None,
    batch: Annotated[
        Path | None, typer.Option(help="Rows to put the record among.", show_default=False)
    ] = None,
    candidate: Annotated[
        list[Path] | None,
        typer.Option(help="Another model that may have been served; may be repeated.", show_default=False),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Decision threshold of production.", show_default=False)
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Largest difference of scores that are the same.")] = 1e-6,
    test: Annotated[Path | None, _To] = None,
    json: Annotated[Path | None, _To] = None,
    html: Annotated[Path | None, _To] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Load a pickled model, which runs the code it holds.")
    ] = False,
) -> None:
    """Walk one production record through a saved model and name the first step that fails.

    Exit codes: 0 the record is answered (as expected, where that is given), 1 the answer differs or a step
    raises, 2 the input cannot be used.
    """
    from ladder_widgets._files import read_frame
    from ladder_widgets.cli import check_folders, one_line_errors
    from ladder_widgets.replaying import replay as replayed

    written = {"test": test, "json": json, "html": html}
    with one_line_errors():
        check_folders(written)
        found = replayed(
            model,
            record,
            expected=_expected(expected, label),
            trust=trust,
            reference=None if reference is None else read_frame(reference),
            batch=None if batch is None else read_frame(batch),
            threshold=threshold,
            tolerance=tolerance,
            candidates=candidate,
        )
        _show(found, written)
    if found.error is not None or found.matches is False:
        raise typer.Exit(1)


def _expected(score: float | None, label: str | None) -> dict[str, Any] | None:
    told = {key: value for key, value in (("score", score), ("label", label)) if value is not None}
    return told or None


def _show(found: Any, written: dict[str, Path | None]) -> None:
    if not any(str(path) == "-" for path in written.values()):
        from ladder_widgets.surfaces.replay_terminal import print_replay

        print_replay(found.to_dict())
    for name, path in written.items():
        if path is None:
            continue
        if str(path) == "-":
            typer.echo(getattr(found, f"to_{name}")())
        else:
            getattr(found, f"to_{name}")(path)
            typer.echo(f"Wrote {path}", err=True)
