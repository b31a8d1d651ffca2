"""YMODEM-1K, the sending side (C. Forsberg, XMODEM/YMODEM Protocol Reference, 1988).

The receiver rules: it asks with ``C``, answers each block with ACK or NAK, and cancels with two CAN. Each
file begins with block 0 (name, NUL, size in decimal), an empty block 0 ends the batch.
"""

from __future__ import annotations

import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass

from imgbuild.deliver.link import Link

SOH, STX, EOT, ACK, NAK, CAN, ASK = 0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43
SHORT_BYTES, LONG_BYTES = 128, 1024
FRAME_BYTES = 5
"""Around the data of a block: start, number, its complement, CRC-16."""
_PAD = b"\x1a"
_CANCEL = bytes([CAN]) * 4
_TRIES, _SILENCES = 10, 3


class CancelledError(Exception):
    """The receiver cancelled the transfer."""


class NoAnswerError(Exception):
    """The receiver answers nothing that could be understood."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait. A receiver asks again after 10 s, so a sender waits longer than that."""

    answer_s: float = 15.0
    byte_s: float = 1.0
    start_s: float = 60.0
    quiet_s: float = 0.1

    def scaled(self, factor: float) -> Patience:
        """The same for a wire that is simulated ``1 / factor`` times as fast."""
        return Patience(
            self.answer_s * factor, self.byte_s * factor, self.start_s * factor, self.quiet_s * factor
        )


def make_block(number: int, data: bytes) -> bytes:
    """One block: ``data`` of 128 or 1024 bytes, ``number`` modulo 256, CRC-16/XMODEM."""
    start = {SHORT_BYTES: SOH, LONG_BYTES: STX}[len(data)]
    number &= 0xFF
    return bytes([start, number, number ^ 0xFF]) + data + binascii.crc_hqx(data, 0).to_bytes(2, "big")


def _wait_for(link: Link, wanted: frozenset[int], timeout_s: float) -> int | None:
    """The first byte of ``wanted`` that comes; None in time none. Two CAN raise :class:`CancelledError`."""
    stop, cans = time.monotonic() + timeout_s, 0
    while (left := stop - time.monotonic()) > 0:
        byte = link.read_byte(left)
        cans = cans + 1 if byte == CAN else 0
        if cans == 2:
            raise CancelledError
        if byte in wanted:
            return byte
    return None


def send_block(link: Link, block: bytes, patience: Patience, *, is_header: bool = False) -> None:
    """Send a block (or an EOT) until it is acknowledged.

    A receiver asks with ``C`` for block 0 again, and for what follows it; everywhere else it sends NAK.
    Raises :class:`CancelledError`, :class:`NoAnswerError`.
    """
    wanted = frozenset((ACK, NAK, ASK)) if is_header else frozenset((ACK, NAK))
    silences = 0
    for _ in range(_TRIES):
        link.discard(0)  # an answer to an earlier block is none to this one
        link.write(block)
        answer = _wait_for(link, wanted, patience.answer_s)
        if answer == ACK:
            return
        silences += answer is None
        if silences == _SILENCES:
            break
    raise NoAnswerError


def send_blocks(
    link: Link, data: bytes, patience: Patience, note: Callable[[int], None] = lambda _count: None
) -> None:
    """Send ``data`` as blocks 1, 2, … and the end of the file; the last block is padded.

    ``note`` is told how many bytes were acknowledged, block by block. A rest of at most 128 bytes goes as a
    short block.
    """
    at, number = 0, 1
    while at < len(data):
        length = LONG_BYTES if len(data) - at > SHORT_BYTES else SHORT_BYTES
        piece = data[at : at + length]
        send_block(link, make_block(number, piece.ljust(length, _PAD)), patience, is_header=number == 1)
        at, number = at + len(piece), number + 1
        note(len(piece))
    send_block(link, bytes([EOT]), patience)


def send_file(
    link: Link,
    name: str,
    data: bytes,
    patience: Patience,
    note: Callable[[int], None] = lambda _count: None,
) -> None:
    """A batch of one file for any YMODEM receiver that asks with ``C``.

    Raises :class:`CancelledError`, :class:`NoAnswerError`, ``LinkLostError``.
    """
    header = name.encode("ascii", "replace")[:100] + b"\0" + f"{len(data)} 0 100644".encode()
    if _wait_for(link, frozenset((ASK,)), patience.start_s) is None:
        raise NoAnswerError
    link.discard(patience.quiet_s)
    send_block(link, make_block(0, header.ljust(SHORT_BYTES, b"\0")), patience, is_header=True)
    if _wait_for(link, frozenset((ASK,)), patience.start_s) is None:
        raise NoAnswerError
    send_blocks(link, data, patience, note)
    _wait_for(link, frozenset((ASK,)), patience.answer_s)
    send_block(link, make_block(0, bytes(SHORT_BYTES)), patience, is_header=True)


def cancel(link: Link) -> None:
    """Make a receiver give up what it is in."""
    link.write(_CANCEL)
