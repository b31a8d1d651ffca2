"""An image brought to a loader: compared with what the loader says of itself, sent, verified."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from imgbuild.deliver import link_protocol as protocol
from imgbuild.deliver import ymodem
from imgbuild.deliver.link_plan import Step, Target, cut_image, plan_steps
from imgbuild.deliver.link_protocol import Hello, Loader, StatusError, describe_status
from imgbuild.deliver.ymodem import CancelledError, NoAnswerError
from imgbuild.errors import Diagnostic, Diagnostics, fail
from imgbuild.units import format_bytes

_ATTEMPTS = 5
"""In succession, none of which brought a sector to the board."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the image was made for; None and empty where that is not known.

    ``jedec_id``: as in chips.yaml, with ?? for a byte that is not known.
    """

    board: str = ""
    region_offset: int | None = None
    region_bytes: int | None = None
    chip: str = ""
    jedec_id: str = ""
    pack_id: int | None = None


@dataclass(slots=True)
class Outcome:
    """What was done. ``attempts``: how often sending began; ``is_plain``: by YMODEM alone."""

    image_sectors: int = 0
    written_sectors: int = 0
    erased_sectors: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    seconds: float = 0.0
    attempts: int = 0
    verified_sectors: int = 0
    is_plain: bool = False


@dataclass(slots=True)
class Update:
    """One image on its way to one board. ``note`` is told what is under way, how far, of how much."""

    loader: Loader
    data: bytes
    expected: Expected = field(default_factory=Expected)
    littlefs_block_bytes: int | None = None
    is_whole: bool = False
    is_verified: bool = False
    note: Callable[[str, int, int], None] = lambda _what, _done, _all: None

    def run(self) -> Outcome:
        """Bring the image to the board.

        Raises IB725..IB735, and LinkLostError if the link ends. Before the first erase everything that the
        loader tells of itself was compared.
        """
        start, outcome = time.monotonic(), Outcome()
        try:
            hello = self._greet()
            if hello is None:
                self._send_plain(outcome)
            else:
                self._send(hello, outcome)
        except KeyboardInterrupt:
            self.loader.cancel()
            raise
        link = self.loader.link
        outcome.sent_bytes, outcome.received_bytes = link.sent_bytes, link.received_bytes
        outcome.seconds = time.monotonic() - start
        return outcome

    def _greet(self) -> Hello | None:
        """The loader, checked; None for a YMODEM receiver of another kind that may get the whole file."""
        name = self.loader.link.name
        try:
            self.loader.cancel()
            hello = self.loader.hello()
        except NoAnswerError:
            self.loader.cancel()  # another receiver may have taken the question for a file
            if self.loader.has_asked and self.is_whole and not self.is_verified:
                return None
            refuse_silence(name, has_asked=self.loader.has_asked)
        check_hello(hello, self.expected, len(self.data), name)
        return hello

    def _send_plain(self, outcome: Outcome) -> None:
        outcome.is_plain, outcome.attempts = True, 1
        done = 0

        def count(length: int) -> None:
            nonlocal done
            done += length
            self.note("sending", done, len(self.data))

        try:
            ymodem.send_file(self.loader.link, "ext.bin", self.data, self.loader.patience, count)
        except CancelledError:
            fail("IB731", f"{self.loader.link.name}: the receiver cancelled the transfer after {done} bytes")
        except NoAnswerError:
            fail("IB734", f"{self.loader.link.name}: the receiver stopped answering after {done} bytes")

    def _send(self, hello: Hello, outcome: Outcome) -> None:
        target = cut_image(self.data, hello.sector_bytes, self.littlefs_block_bytes)
        outcome.image_sectors = target.count
        sums: list[int] | None = None
        fruitless, least = 0, target.count + 1
        while fruitless < _ATTEMPTS:
            try:
                if not self.is_whole or outcome.attempts:
                    sums = self.loader.read_sums(0, target.count, hello.sector_bytes, self._note_sums)
                steps = plan_steps(target, sums)
                left = sum(step.length for step in steps)
                fruitless = 0 if left < least else fruitless
                least = min(least, left)
                if steps:
                    outcome.attempts += 1
                    self._take(steps, target, outcome)
                if self.is_verified:
                    self._verify(target, outcome)
                self.loader.finish()
            except (CancelledError, NoAnswerError, StatusError, _WrongSumError) as error:
                fruitless += 1
                self._recover(error)
            else:
                return
        fail(
            "IB734",
            f"{self.loader.link.name}: {_ATTEMPTS} attempts in succession brought no sector to the board",
            hint="use a lower baud rate or a better cable, then run the same command again: what has arrived"
            " is not sent again",
        )

    def _note_sums(self, done: int, total: int) -> None:
        self.note("comparing", done, total)

    def _take(self, steps: list[Step], target: Target, outcome: Outcome) -> None:
        total, done = sum(step.length for step in steps), 0

        def count(length: int) -> None:
            nonlocal done
            done += length
            self.note("sending", done, total)

        for step in steps:
            sectors = step.length // target.sector_bytes
            if step.is_erase:
                self.loader.erase(step.offset, step.length)
                outcome.erased_sectors += sectors
                count(step.length)
                continue
            self.loader.write(step.offset, target.data[step.offset : step.offset + step.length], count)
            outcome.written_sectors += sectors
            first = step.offset // target.sector_bytes
            if self.loader.read_sums(first, sectors, target.sector_bytes) != target.sums_of(first, sectors):
                raise _WrongSumError

    def _verify(self, target: Target, outcome: Outcome) -> None:
        found = self.loader.read_sums(0, target.count, target.sector_bytes, self._note_verified)
        wrong = [n for n, (a, b) in enumerate(zip(found, target.sums, strict=True)) if a != b]
        outcome.verified_sectors = target.count
        if wrong:
            fail(
                "IB733",
                f"{self.loader.link.name}: {len(wrong)} of {target.count} sectors on the board differ from"
                f" the image, the first at offset 0x{wrong[0] * target.sector_bytes:X} of the region",
                hint="run the command again; a sector that differs each time is worn or faulty",
            )

    def _note_verified(self, done: int, total: int) -> None:
        self.note("verifying", done, total)

    def _recover(self, error: Exception) -> None:
        """Bring the loader back to where it listens; tell what no other attempt will cure."""
        name = self.loader.link.name
        status, at = (error.status, None) if isinstance(error, StatusError) else (0, None)
        try:
            self.loader.cancel()
            hello = self.loader.hello()
        except NoAnswerError:
            refuse_silence(name, has_asked=self.loader.has_asked)
        if isinstance(error, CancelledError):
            status = hello.last_status
        if status in (protocol.ERASE, protocol.VERIFY):
            at = hello.failed_at
        if status not in protocol.OF_THE_WIRE:
            where = "" if at is None else f" at 0x{at:X} of the chip"
            fail(
                "IB731",
                f"{name}: writing failed{where}: {describe_status(status)}",
                hint="the region may hold no complete image now; what has arrived is not sent again",
            )


class _WrongSumError(Exception):
    """Noise that no check on the way noticed."""


def refuse_silence(name: str, *, has_asked: bool) -> NoReturn:
    """Raise IB725."""
    if has_asked:
        fail(
            "IB725",
            f"{name}: a YMODEM receiver asks there, but it does not know the loader's commands",
            hint="--whole --no-verify sends it the whole file",
        )
    fail(
        "IB725",
        f"{name}: no loader answers",
        hint="is the board on, in its loader, and at this baud rate?",
    )


def check_hello(hello: Hello, expected: Expected, image_bytes: int, name: str) -> None:
    """Compare what the loader is with what the image was made for: all that differs is told at once.

    Raises IB726..IB730, IB732, IB735.
    """
    if hello.version != protocol.VERSION:
        fail(
            "IB726",
            f"{name}: the loader speaks version {hello.version} of the protocol, this imgbuild version"
            f" {protocol.VERSION}",
            hint="update the older of the two",
        )
    found = Diagnostics()
    _check_board(hello, expected, name, found)
    is_elsewhere = expected.region_offset not in (None, hello.region_offset)
    if is_elsewhere or (expected.region_bytes or 0) > hello.region_bytes:
        found.error(
            "IB728",
            f"{name}: the board's loader writes {_shown(hello.region_offset, hello.region_bytes)}, the image"
            f" is for {_shown(expected.region_offset or 0, expected.region_bytes or 0)}",
            hint="build the image for the board's region, or the loader for the image's",
        )
    if hello.status:
        ids = f" (expected {hello.expected_id:06X}, found {hello.found_id:06X})"
        text = describe_status(hello.status) + (ids if hello.status == protocol.WRONG_CHIP else "")
        found.error("IB730", f"{name}: the board cannot use its flash: {text}")
    if image_bytes > hello.region_bytes:
        found.error(
            "IB732",
            f"{name}: the image has {format_bytes(image_bytes)}, the board's region"
            f" {format_bytes(hello.region_bytes)}",
        )
    found.raise_if_errors()


def _check_board(hello: Hello, expected: Expected, name: str, found: Diagnostics) -> None:
    if expected.board and hello.board and expected.board != hello.board:
        hint = "connect the other board, or name this one: --board"
        message = f'{name}: board "{hello.board}" is connected, the image is for "{expected.board}"'
        found.items.append(Diagnostic("IB727", message, hint=hint))
    if expected.jedec_id and not _is_id(expected.jedec_id, hello.found_id) and not hello.status:
        found.error(
            "IB729",
            f"{name}: the board's flash chip has JEDEC id {hello.found_id:06X}, the image is for"
            f" {expected.chip} ({expected.jedec_id.replace(' ', '')})",
        )
    if hello.pack_id and expected.pack_id not in (None, hello.pack_id):
        found.error(
            "IB735",
            f"{name}: the board takes packs with pack_id {hello.pack_id:08X}, this one has"
            f" {expected.pack_id:08X}",
            hint="the pack_id follows from the manifest's name: is it another product's image?",
        )


def _shown(offset: int, length: int) -> str:
    return f"{format_bytes(length)} at 0x{offset:X}"


def _is_id(pattern: str, found: int) -> bool:
    """Whether the first three bytes of a row's JEDEC id are those found."""
    wanted = pattern.split()[:3]
    return all(w in ("??", f"{b:02X}") for w, b in zip(wanted, found.to_bytes(3, "big"), strict=False))
