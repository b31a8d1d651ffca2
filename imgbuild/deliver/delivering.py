"""The order of a delivery: choose a way, check everything, find the tool, run its steps, judge each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgbuild.deliver.job import Job, Plan
from imgbuild.deliver.placing import check_pieces
from imgbuild.deliver.run import Show, find_tool, private_folder, run_tool
from imgbuild.deliver.ways import WAYS, Way, ways_of
from imgbuild.errors import BuildError, Place, fail
from imgbuild.model import Board

_VERSION = re.compile(r"\bv?(\d+(?:\.\d+)+)")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did: the tool, its version, the commands, and bytes written."""

    way: Way
    executable: str
    version: tuple[int, ...] | None
    commands: tuple[tuple[str, ...], ...]
    total_bytes: int


def choose_way(name: str | None, board: Board | None) -> Way:
    """The way that ``--with`` names, else the board's only one. Raises BuildError: IB704."""
    if name is not None:
        return WAYS[name]
    known = ways_of(board) if board is not None else []
    if len(known) == 1:
        return WAYS[known[0]]
    if board is None:
        message, hint = "no way to the board is named", "--with " + "|".join(WAYS)
    elif not known:
        told = "; ".join(f"{way.tool}: {way.how}" for way in board.programming) or "none is known"
        message = f"board {board.name} has no way that runs from here: {told}"
        hint = "--with NAME takes another one, --serial or --tcp speak to a loader firmware"
    else:
        rows = {way.tool: way.how for way in board.programming}
        listed = [
            f"  --with {key}: {next(how for tool, how in rows.items() if tool in WAYS[key].board_names)}"
            for key in known
        ]
        message = f"board {board.name} has {len(known)} ways:\n" + "\n".join(listed)
        hint = "name one with --with"
    fail("IB704", message, hint=hint)


def prepare(job: Job, way: Way) -> None:
    """Refuse what must not be written, before anything is started: IB519, IB701 to IB703."""
    check_pieces(job.pieces, job.site, Place(str(job.source)), way.unit_bytes, way.name)


def deliver(
    job: Job, way: Way, show: Show | None = None, tell: Callable[[Sequence[str]], None] | None = None
) -> Delivered:
    """Write the pieces. ``show`` is given what the tool prints, ``tell`` each command line before it runs.

    Raises BuildError with what is wrong: the checks of ``prepare``, IB705 (tool missing), IB716 (too old),
    what the tool's planner refuses, and IB706 to IB711 of its steps. The rest is then not run.
    """
    prepare(job, way)
    way.plan(job, None)  # whatever is missing is told before the tool is
    executable = locate(way)
    version = read_version(way, executable)
    plan = way.plan(job, version)
    commands = _run(plan, executable, show, tell)
    return Delivered(way, executable, version, commands, job.total_bytes)


def locate(way: Way) -> str:
    """The tool's path. Raises BuildError: IB705."""
    found = find_tool(way.executables, way.places)
    if found is None:
        fail("IB705", f"{way.name} is not installed, or not on the PATH", hint=f"get it: {way.get_it}")
    return found


def read_version(way: Way, executable: str) -> tuple[int, ...] | None:
    """The version that a tool tells; None if it tells none. Raises BuildError: IB716 for one too old."""
    if not way.version_arguments:
        return None
    with private_folder({}) as folder:
        outcome = run_tool((executable, *way.version_arguments), folder)
    match = _VERSION.search(outcome.output)
    if match is None:
        return None
    version = tuple(int(part) for part in match[1].split("."))
    if version < way.least_version:
        least = ".".join(map(str, way.least_version))
        fail(
            "IB716",
            f"{way.name} is version {match[1]}; {least} or later is needed",
            hint=f"get it: {way.get_it}",
        )
    return version


def _run(
    plan: Plan, executable: str, show: Show | None, tell: Callable[[Sequence[str]], None] | None
) -> tuple[tuple[str, ...], ...]:
    commands: list[tuple[str, ...]] = []
    with private_folder(plan.files) as folder:
        for step in plan.steps:
            command = (Path(executable).name, *step.arguments)
            commands.append(command)
            if tell is not None:
                tell(command)
            outcome = run_tool((executable, *step.arguments), folder, None if step.is_probe else show)
            found = step.judge(outcome)
            if found:
                raise BuildError(*found)
    return tuple(commands)
