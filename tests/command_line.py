"""The command line, run in this process."""

from __future__ import annotations

from typer.testing import CliRunner

from ladder_widgets import cli


def invoke(*arguments, columns=100):
    """Run the command; whatever is not an exit code is a bug."""
    environment = {"COLUMNS": str(columns)}
    result = CliRunner().invoke(cli.app, [str(each) for each in arguments], env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(*arguments):
    """Run a command that must be refused in one line; return the line."""
    result = invoke(*arguments, columns=400)
    assert result.exit_code == 2, result.output
    assert not result.stdout
    *notes, line = result.stderr.strip().split("\n")
    assert all(note.startswith("Note: ") for note in notes)
    assert line.startswith("Error: ")
    return line
