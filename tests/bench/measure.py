"""Run a command and measure its CPU seconds, wall seconds and peak memory (wait4)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = """
import os, sys, time
null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - start
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss)
"""
"""A process starts with the peak memory of the one that starts it, so that one has to be small."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process cost."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def run(command: Sequence[str | Path], cwd: Path | None = None) -> Cost:
    """Run once; raises ``RuntimeError`` if the command fails."""
    launched = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *(str(c) for c in command)]
    # whoever installs the package has its modules compiled once, not at each start
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(launched, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    code, cpu_s, wall_s, peak_kib = (float(number) for number in done.stdout.split())
    if code:
        raise RuntimeError(f"{command}: exit {code:.0f}\n{done.stderr}")
    return Cost(cpu_s, wall_s, peak_kib / 1024)


def best(command: Sequence[str | Path], times: int = 3, cwd: Path | None = None) -> Cost:
    """The run with the least CPU of several."""
    return min((run(command, cwd) for _ in range(times)), key=lambda cost: cost.cpu_s)
