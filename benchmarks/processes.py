"""Work in a process of its own, so that neither memory nor caches of one size reach the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["memory", "worked"]


def worked(module: str, *arguments: Any) -> dict[str, Any]:
    """Run ``python -m benchmarks.<module> --work …``; return the JSON of the last line that it prints."""
    command = [sys.executable, "-m", f"benchmarks.{module}", "--work", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def memory(which: str) -> float:
    """MB from the status of this process (``VmRSS``, ``VmHWM``), on Linux."""
    line = Path("/proc/self/status").read_text().split(f"{which}:")[1]
    return int(line.split()[0]) / 1000
