"""``imgbuild loader``: programs that bring an image to a board, each sub-command loaded when called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "stldr": ("loader_external", "stldr", "make an external loader for STM32CubeProgrammer"),
    "flm": ("loader_external", "flm", "make a CMSIS flash algorithm: Keil, pyOCD, probe-rs"),
    "ram": ("loader_external", "ram", "make a RAM loader for scripts of OpenOCD and gdb"),
    "c-array": ("loader_c_array", "command", "cut an image into C arrays for a loader sketch"),
}
"""Sub-command: its module in this package, its name there, what it does."""


class _Loaders(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"imgbuild.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in COMMANDS.items()])


@click.group("loader", cls=_Loaders)
def command() -> None:
    """Make a loader: a program that runs on the board and writes its flash."""
