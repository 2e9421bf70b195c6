"""A replay in a terminal: what was answered, which step is to blame, the steps, and what would explain it."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from ladder_widgets.surfaces.formats import cell, clip, prose
from ladder_widgets.surfaces.terminal import code_text

__all__ = ["headline", "print_replay", "render", "step_words"]

_WIDTH = 100
#: Steps and explanations that are printed.
_STEPS, _TOLD = 40, 10


def headline(told: Mapping[str, Any]) -> str:
    """Return the first sentence: the error or the answer, against production's.

    Parameters
    ----------
    told : mapping
        Of :meth:`ladder_widgets.Replay.to_dict`.
    """
    if told["error"] is not None:
        return clip(f"The model raised {prose(told['error'])}", 300)
    answer = cell(str(told["label"]), 60)
    if told["score"] is not None:
        answer += f" with the score {told['score']:.6g}"
    verdict = {None: ".", True: ", as production did.", False: "; production did not."}[told["matches"]]
    return f"The model answers {answer}{verdict}"


def render(told: Mapping[str, Any]) -> str:
    """Return what :func:`print_replay` prints at 100 columns without colour."""
    file = StringIO()
    print_replay(told, Console(file=file, width=_WIDTH, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def print_replay(told: Mapping[str, Any], console: Console | None = None) -> None:
    """Print a replay.

    Parameters
    ----------
    told : mapping
        Of :meth:`ladder_widgets.Replay.to_dict`.
    console : rich.console.Console, optional
        Decides width and colours; a new one on the standard output by default.
    """
    console = console or Console()
    parts: list[RenderableType] = [Text(headline(told), style="bold")]
    parts += [_line(text) for text in told["differences"]]
    console.print(Group(*parts), highlight=False)
    _print_failure(told, console)
    console.print(Group(Text("\nSteps", style="bold"), *_steps(told)), highlight=False)
    _print_explanations(told, console)
    for text in told["warnings"][:5]:
        console.print(_line(f"Warning: {text}", "yellow"), highlight=False)


def _print_failure(told: Mapping[str, Any], console: Console) -> None:
    failure = told["first_failure"]
    if failure is None:
        text = "No step is to blame." if told["matches"] is not False else "No step stands out."
        console.print(_line(text), highlight=False)
        return
    title = Text(f"\nFirst failure: {cell(failure['path'] or failure['name'], 80)}", style="bold red")
    console.print(Group(title, _line(failure["why"])), highlight=False)
    if failure["fix"]:
        console.print()
        console.print(code_text(failure["fix"]), soft_wrap=True, highlight=False)


def _steps(told: Mapping[str, Any]) -> list[RenderableType]:
    failure = told["first_failure"]
    lines: list[RenderableType] = []
    for number, step in enumerate(told["steps"][:_STEPS]):
        blamed = failure is not None and failure["number"] == number
        text = Text("  " + "  " * step["depth"], no_wrap=True, overflow="ellipsis")
        text.append("> " if blamed else "  ", style="bold red")
        text.append(cell(step["name"], 40), style="bold" if blamed else "")
        text.append(f"  {step['kind']}  {step_words(step)}", style="dim")
        lines.append(text)
    if len(told["steps"]) > _STEPS:
        lines.append(_line(f"and {len(told['steps']) - _STEPS} more", "dim"))
    return lines


def step_words(step: Mapping[str, Any]) -> str:
    """Return what became of the columns in a step, in a few words."""
    if step["error"] is not None:
        return f"raised {cell(step['error'], 80)}"
    if step["kind"] in ("skipped", "load"):
        return "works in fit only" if step["kind"] == "skipped" else ""
    words = [
        f"{step['input']['width']} → {'–' if step['output'] is None else step['output']['width']} columns"
    ]
    for key, word in (
        ("changed", "changed"),
        ("appeared", "new"),
        ("vanished", "gone"),
        ("became_missing", "became missing"),
        ("non_finite", "became infinite"),
        ("outside", "outside training"),
    ):
        if step[key]:
            words.append(f"{len(step[key])} {word}")
    return ", ".join([*words, f"{1000 * step['seconds']:.1f} ms"])


def _print_explanations(told: Mapping[str, Any], console: Console) -> None:
    if told["matches"] is not False:
        return
    found = told["explanations"]
    tried = f"{told['changes_tried']:,} single changes were scored"
    title = f"\nWhat would explain it ({tried})" if found else f"\nNothing explains it: {tried}."
    lines = [_line(each["text"]) for each in found[:_TOLD]]
    console.print(Group(Text(title, style="bold"), *lines), highlight=False)


def _line(text: str, style: str = "") -> Padding:
    return Padding(Text(prose(text), style=style), (0, 0, 0, 2))
