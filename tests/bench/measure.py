"""Run a command and measure its CPU seconds, wall seconds and peak memory (wait4)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process cost."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def run(command: Sequence[str | Path], cwd: Path | None = None) -> Cost:
    """Run once; raises ``RuntimeError`` if the command fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(c) for c in command], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    message = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command}: exit {process.returncode}\n{message.decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def best(command: Sequence[str | Path], times: int = 3, cwd: Path | None = None) -> Cost:
    """The run with the least CPU of several."""
    return min((run(command, cwd) for _ in range(times)), key=lambda cost: cost.cpu_s)
