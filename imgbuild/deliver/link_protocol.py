"""The loader's commands beside YMODEM: ``c_runtime/loader/PROTOCOL.md`` is the specification.

A command is a YMODEM header block whose first byte is 7Fh; the answer is a block of the same form. Numbers
are little-endian, offsets count from the region's first byte.
"""

from __future__ import annotations

import binascii
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from imgbuild.deliver import ymodem
from imgbuild.deliver.link import Link, LinkLostError
from imgbuild.deliver.ymodem import NoAnswerError, Patience

VERSION = 1
SUMS_MAX = 254
"""CRCs that one answer of 1024 bytes holds."""
_COMMAND = 0x7F
_HEAD = struct.Struct("<BcBBi")
_HELLO = struct.Struct("<iIIIIIIII32s")
_HELLO_FLAGS = struct.Struct("<I")
_TAKES_PACKAGES = 1
_HELLO_FIELDS = (
    "last_status", "expected_id", "found_id", "chip_bytes", "region_offset", "region_bytes", "sector_bytes",
    "failed_at", "pack_id",
)  # fmt: skip
_HELLO_S = (1.5, 2.5, 4.0, 6.0)
"""Of one try after the other: a board that received damage waits for silence, by a clock of its own."""
_COMMAND_TRIES = 2
_SUMS_BYTES = 0x100000
"""Read by the board for one answer: well below the time that an answer may take."""

GUARD, NO_CHIP, WRONG_CHIP, BUSY, PROTECTED, ERASE, VERIFY, ALIGN = range(-1101, -1109, -1)
CANCELLED, LOST, STEP, SIZE, PRODUCT, FILES, UNKNOWN_COMMAND = range(-1201, -1208, -1)
STATUS_TEXT = {
    GUARD: "the request leaves the board's region",
    NO_CHIP: "no flash chip answers",
    WRONG_CHIP: "another flash chip answers than the board's firmware was built for",
    BUSY: "the flash chip stays busy",
    PROTECTED: "the flash chip is write protected",
    ERASE: "the flash does not erase",
    VERIFY: "the flash does not hold what was programmed",
    ALIGN: "the request does not consist of whole sectors",
    CANCELLED: "the transfer was cancelled",
    LOST: "the board understood nothing ten times in succession",
    STEP: "the board received a block out of order",
    SIZE: "the file does not fit the board's region",
    PRODUCT: "the pack belongs to another product",
    FILES: "a second file in one batch",
    UNKNOWN_COMMAND: "the board does not know the command",
}
FORMAT, DAMAGED, SIGNATURE, OTHER_PRODUCT, OTHER_BOARD, OTHER_PARTITION = range(-41, -47, -1)
GEOMETRY, SLOT, DOWNGRADE, BASE, SAME, GAP, INCOMPLETE, RESULT, UNFINISHED = range(-47, -56, -1)
STATUS_TEXT |= {
    FORMAT: "the board's updater is older than the package's format",
    DAMAGED: "bytes of the package did not arrive as they were sent",
    SIGNATURE: "the package is not signed with a key that the board trusts",
    OTHER_PRODUCT: "the package is for another product",
    OTHER_BOARD: "the package is for another board",
    OTHER_PARTITION: "the package is for another partition",
    GEOMETRY: "the package is for another erase block, or for the other way of updating",
    SLOT: "the image is larger than the board's slot",
    DOWNGRADE: "the board has a newer content_version",
    BASE: "the package has the sectors that changed since another image than the board's",
    SAME: "the board has this image already",
    GAP: "bytes of the package are missing",
    INCOMPLETE: "the package has not arrived as a whole",
    RESULT: "the flash does not hold the image that was promised",
    UNFINISHED: "another update of the board has begun and not ended",
}
"""Of the updater (c_runtime/src/imgb_update.h) behind the loader."""
OF_THE_WIRE = frozenset((0, CANCELLED, LOST, STEP))
"""What another attempt may cure."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a loader tells of itself. ``status``: of its chip now, ``last_status``: of its last transfer.

    ``expected_id`` is the JEDEC id that its firmware was built for, ``found_id`` what the chip answers;
    ``pack_id`` 0: it takes any. ``takes_packages``: there is an updater behind it.
    """

    version: int
    status: int
    last_status: int = 0
    expected_id: int = 0
    found_id: int = 0
    chip_bytes: int = 0
    region_offset: int = 0
    region_bytes: int = 0
    sector_bytes: int = 0
    failed_at: int = 0
    pack_id: int = 0
    board: str = ""
    takes_packages: bool = False


class StatusError(Exception):
    """The board refused a command or failed at it; ``status`` is one of STATUS_TEXT or its port's own."""

    def __init__(self, status: int) -> None:
        super().__init__(describe_status(status))
        self.status = status


def describe_status(status: int) -> str:
    """What a status means, in words."""
    return STATUS_TEXT.get(status, f"the board's port failed with code {status}")


class Loader:
    """A loader at the other end of ``link``. Every call may raise LinkLostError, NoAnswerError, StatusError.

    ``has_asked``: whether a YMODEM receiver was heard, be it one without these commands.
    """

    def __init__(self, link: Link, patience: Patience | None = None, scale: float = 1.0) -> None:
        self.link = link
        self.patience = patience or Patience().scaled(scale)
        self.has_asked = False
        self._scale = scale
        self._sequence = 0

    def hello(self) -> Hello:
        """Ask who is there, again and again: the board may be starting."""
        answer, status, version = self._ask(b"H", 0, 0, [wait_s * self._scale for wait_s in _HELLO_S])
        if version != VERSION or len(answer) < _HELLO.size:
            return Hello(version, status)
        *numbers, name = _HELLO.unpack_from(answer)
        fields = dict(zip(_HELLO_FIELDS, numbers, strict=True))
        board = name.split(b"\0")[0].decode("ascii", "replace")
        (flags,) = _HELLO_FLAGS.unpack_from(answer, _HELLO.size)
        return Hello(version, status, **fields, board=board, takes_packages=bool(flags & _TAKES_PACKAGES))

    def read_sums(
        self,
        first: int,
        sectors: int,
        sector_bytes: int,
        note: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> list[int]:
        """The CRC-32 of each of ``sectors`` of the region, from number ``first`` on."""
        sums: list[int] = []
        at_once = min(SUMS_MAX, max(1, _SUMS_BYTES // sector_bytes))
        while len(sums) < sectors:
            count = min(at_once, sectors - len(sums))
            answer = self._command(b"S", (first + len(sums)) * sector_bytes, count * sector_bytes)
            sums += struct.unpack_from(f"<{count}I", answer)
            note(len(sums), sectors)
        return sums

    def erase(self, offset: int, length: int) -> None:
        """Make whole sectors blank."""
        self._command(b"E", offset, length)

    def write(self, offset: int, data: bytes, note: Callable[[int], None] = lambda _count: None) -> None:
        """Write whole sectors. Raises ``ymodem.CancelledError`` if the board gives up: ask hello why."""
        self._command(b"W", offset, len(data))
        ymodem.send_blocks(self.link, data, self.patience, note)

    def send_package(
        self, offset: int, data: bytes, note: Callable[[int], None] = lambda _count: None
    ) -> None:
        """Send bytes of an update package; with offset 0 it begins. Raises ``ymodem.CancelledError``."""
        self._command(b"P", offset, len(data))
        ymodem.send_blocks(self.link, data, self.patience, note)

    def wanted_of_package(self) -> int:
        """The byte of the package that the updater wants next."""
        return int.from_bytes(self._command(b"P", 0, 0)[:4], "little")

    def finish_package(self, wait_s: float) -> None:
        """Let the updater check the image, which takes up to ``wait_s``, and switch to it."""
        for_long = self.patience.answer_s + wait_s * self._scale
        _, status, _ = self._ask(b"F", 0, 0, [for_long] * _COMMAND_TRIES)
        if status:
            raise StatusError(status)

    def wait_longer(self, more_s: float) -> None:
        """For answers to blocks that give the board more to do than an erase."""
        self.patience = replace(self.patience, answer_s=self.patience.answer_s + more_s * self._scale)

    def finish(self) -> None:
        """Let the board go on with its own work; an answer or a link that is lost then does not matter."""
        with suppress(NoAnswerError, LinkLostError):
            self._ask(b"Q", 0, 0, [_HELLO_S[0] * self._scale])

    def cancel(self) -> None:
        """Make the board give up what it is in, and forget what is still under way."""
        ymodem.cancel(self.link)
        self.link.discard(self.patience.quiet_s)

    def _command(self, letter: bytes, offset: int, length: int) -> bytes:
        answer, status, _ = self._ask(letter, offset, length, [self.patience.answer_s] * _COMMAND_TRIES)
        if status:
            raise StatusError(status)
        return answer

    def _ask(
        self, letter: bytes, offset: int, length: int, waits_s: Sequence[float]
    ) -> tuple[bytes, int, int]:
        """What follows the head of the answer, the status and the version; a try for each of ``waits_s``."""
        for wait_s in waits_s:
            self._sequence = self._sequence % 255 + 1
            head = bytes([_COMMAND]) + letter + bytes([self._sequence, VERSION])
            command = (head + struct.pack("<II", offset, length)).ljust(ymodem.SHORT_BYTES, b"\0")
            self.link.write(ymodem.make_block(0, command))
            stop = time.monotonic() + wait_s
            while (answer := self._receive_block(stop)) is not None:
                mark, told, sequence, version, status = _HEAD.unpack_from(answer)
                if (mark, told, sequence) == (_COMMAND, letter, self._sequence):
                    return answer[_HEAD.size :], status, version
        raise NoAnswerError

    def _receive_block(self, stop: float) -> bytes | None:
        """The data of the next sound block, None if none has come when it is ``stop``."""
        seen = bytearray()
        while True:
            while seen and seen[0] not in (ymodem.SOH, ymodem.STX):
                self.has_asked |= seen.pop(0) == ymodem.ASK
            if seen:
                length = ymodem.SHORT_BYTES if seen[0] == ymodem.SOH else ymodem.LONG_BYTES
                if len(seen) > 2 and seen[1] ^ seen[2] != 0xFF:
                    del seen[0]
                    continue
                if len(seen) == length + ymodem.FRAME_BYTES:
                    if binascii.crc_hqx(bytes(seen[3:]), 0) == 0:
                        return bytes(seen[3:-2])
                    del seen[0]
                    continue
            left = stop - time.monotonic()
            byte = self.link.read_byte(max(0.0, min(left, self.patience.byte_s) if seen else left))
            if byte is not None:
                seen.append(byte)
            elif seen:
                del seen[0]  # a block that was cut short, or none at all
            elif left <= 0:
                return None
