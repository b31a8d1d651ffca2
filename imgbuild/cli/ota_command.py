"""``imgbuild ota``: update packages, each sub-command loaded when called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "make": ("ota_make", "make", "make an update package of a flash image"),
    "keygen": ("ota_keys", "keygen", "make a key pair for signatures (Ed25519)"),
    "sign": ("ota_keys", "sign", "sign a package"),
    "verify": ("ota_verify", "verify", "check a package, its signature and what it makes"),
    "mcuboot": ("ota_mcuboot", "mcuboot", "sign a flash image for MCUboot, as imgtool does"),
}
"""Sub-command: its module in this package, its name there, what it does."""


class _Ota(click.Group):
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


@click.group("ota", cls=_Ota)
def command() -> None:
    """Make updates that devices fetch and apply (c_runtime/src/imgb_update.h)."""
