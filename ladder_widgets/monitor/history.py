"""The triggers of a monitor on history, and on months in which nothing changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ladder_widgets.monitor._trigger_simulation import Simulation
from ladder_widgets.plain import to_plain

__all__ = ["Backtest"]


@dataclass(frozen=True, eq=False)
class Backtest:
    """When triggers would have fired, and how often they fire for nothing.

    Attributes
    ----------
    triggers : DataFrame
        One row per trigger, see :meth:`Triggers.backtest`.
    simulation : Simulation
        False alarms a month where nothing has changed, and the share of planted drift that is found.
    """

    triggers: pd.DataFrame
    simulation: Simulation

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        told = self.simulation
        return to_plain(
            {
                "triggers": self.triggers.to_dict("records"),
                "simulation": {
                    "months": told.months,
                    "windows": told.windows,
                    "alarms": told.alarms,
                    "perMonth": told.per_month.mean,
                    "low": told.per_month.low,
                    "high": told.per_month.high,
                    "triggers": told.triggers.to_dict("records"),
                    "found": told.found.to_dict("records"),
                    "words": told.words,
                },
            }
        )

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        lines = [str(words) for words in self.triggers["words"]]
        return "\n".join([*lines, "", f"Where nothing changes: {self.simulation.words}"])
