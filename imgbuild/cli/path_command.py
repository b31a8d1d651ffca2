"""``imgbuild path``: where the C reader lies."""

from __future__ import annotations

import click

from imgbuild.cli import console


@click.command("path")
def command() -> None:
    """Print the folder of the C reader, for a Makefile's include line.

    \b
      include $(shell imgbuild path)/imgbuild.mk
    """
    from imgbuild.runtime import find_runtime

    console.write_line(str(find_runtime()))
