"""The command line: a table of commands, loaded when called; errors become exit codes here."""

from __future__ import annotations

import errno
import importlib
import sys
from types import FrameType
from typing import NoReturn

import click

from imgbuild import __version__
from imgbuild.codes import exit_code_of
from imgbuild.errors import BuildError, Diagnostic, ExitCode

_GC_OBJECTS = 100_000
"""New objects between two searches for cycles: a short run of many small values has none worth the time."""

COMMANDS = {
    "build": "build a flash image from a manifest",
    "convert": "turn a flash image into another format: hex, srec, elf, dfu, uf2",
    "flash": "write a flash image onto a board",
    "ls": "list the assets of a flash image",
    "info": "tell what a flash image is and how full",
    "extract": "get assets back out of a flash image",
    "export": "write assets as C arrays for LVGL, Adafruit GFX or U8g2",
    "specimen": "draw a font as a sheet: measures, text, kerning, every glyph",
    "verify": "check every byte of a flash image",
    "diff": "tell what changed between two flash images, and what an update takes",
    "settings": "read and change the settings area of a flash image or a dump",
    "ota": "make updates that devices fetch and apply, sign and check them",
    "formats": "list the pixel formats, their bits and the displays that take them",
    "chips": "list the flash chips known",
    "boards": "list the boards known",
    "check-ram": "check that what writes the flash under running code lies in RAM",
    "loader": "make a program that writes a board's flash: for tools, or as C arrays",
    "path": "print where the C reader lies",
    "explain": "tell more about a diagnostic code",
}


class _LazyGroup(click.Group):
    """Loads a command's module only when it is called, so that the start stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"imgbuild.cli.{cmd_name.replace('-', '_')}_command")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="imgbuild")
@click.option("--debug", is_flag=True, help="Show a traceback for internal errors.")
def cli(*, debug: bool) -> None:
    """Turn pictures and fonts into one flash image for a microcontroller's display.

    \b
      imgbuild build manifest.yaml -o ext.bin
      imgbuild ls ext.bin
    """


def main() -> NoReturn:
    """Entry point of the script and of ``python -m imgbuild``; never returns."""
    import gc

    from imgbuild.cli import console

    gc.set_threshold(_GC_OBJECTS)
    console.open_streams()
    try:
        _obey_signals()
        status = cli.main(standalone_mode=False)
        _leave(status if isinstance(status, int) else ExitCode.DONE)
    except BuildError as error:
        console.report(error.diagnostics)
        _leave(exit_code_of(error.diagnostics))
    except click.ClickException as error:
        error.show()
        _leave(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        console.note("interrupted; no output was changed")
        _leave(ExitCode.INTERRUPTED)
    except OSError as error:
        _leave(_report_system(error))
    except Exception as error:  # noqa: BLE001 - the last resort: a person never sees a traceback unasked
        _report_internal(error)
        _leave(ExitCode.INTERNAL)


def _obey_signals() -> None:
    """SIGTERM and SIGHUP end us as Ctrl-C does: children end, temporary files go. Ignored ones stay so."""
    import signal

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _report_system(error: OSError) -> int:
    """What no command told better: a name that no file can have, a full disk of temporary files."""
    from imgbuild.cli import console

    name = str(error.filename or "")
    if error.errno == errno.ENAMETOOLONG:
        click.UsageError(f"file name too long: {name[:80]}…").show()
        return ExitCode.USAGE
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "make room and run the same command again; TMPDIR names another folder for temporary files"
        what = f"cannot write {name}".rstrip()
        console.report(
            [Diagnostic("IB502", f"{what}: {(error.strerror or 'no space left').lower()}", hint=hint)]
        )
        return ExitCode.ENVIRONMENT
    _report_internal(error)
    return ExitCode.INTERNAL


def _report_internal(error: Exception) -> None:
    from imgbuild.cli import console

    hint = "run again with 'imgbuild --debug …' and report what it prints"
    if "--debug" in sys.argv:
        import traceback

        console.note("".join(traceback.format_exception(error)))
        hint = "report this, with the lines above"
    console.report([Diagnostic("IB901", f"{type(error).__name__}: {error}", hint=hint)])


def _leave(status: int) -> NoReturn:
    from imgbuild.cli import console

    try:
        sys.stdout.flush()
    except BrokenPipeError:
        console.close_stdout()
    except OSError as error:
        console.close_stdout()
        status = status or _report_system(error)
    sys.exit(status)


def usage_error(message: str) -> NoReturn:
    """Stop with exit code 2 and ``message``."""
    raise click.UsageError(message)
