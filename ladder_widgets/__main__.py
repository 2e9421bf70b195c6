"""``python -m ladder_widgets`` is the command ``ladder-widgets``."""

from __future__ import annotations

from ladder_widgets.cli import app

if __name__ == "__main__":
    app(prog_name="ladder-widgets")
