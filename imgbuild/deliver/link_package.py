"""An update package brought to the updater behind a loader: what it wants of it, as often as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from imgbuild.deliver import link_protocol as protocol
from imgbuild.deliver.link_protocol import Hello, Loader, StatusError, describe_status
from imgbuild.deliver.link_update import Expected, check_hello, refuse_silence
from imgbuild.deliver.ymodem import LONG_BYTES, CancelledError, NoAnswerError
from imgbuild.errors import Place, fail
from imgbuild.reader.update import Update

_ATTEMPTS = 5
"""In succession, none of which brought the updater further."""
_BYTES_PER_S = 50_000
"""A slow core with a slow bus: compares with SHA-256, copies sectors that the package lacks."""
_NOT_APPLIED = frozenset((protocol.DAMAGED, *range(protocol.GAP, protocol.UNFINISHED - 1, -1)))
"""Found behind the header; all others of the updater are found in it."""
_HINTS = {
    protocol.FORMAT: "make it with the imgbuild of the board's firmware",
    protocol.DAMAGED: "run the same command again",
    protocol.SIGNATURE: "'imgbuild ota sign' signs it",
    protocol.GEOMETRY: "'imgbuild ota make' with --sector, --slots or --in-place as the board has it",
    protocol.DOWNGRADE: "build the image with a higher content_version",
    protocol.BASE: "send a whole package: 'imgbuild ota make' without --from",
    protocol.RESULT: "run the same command again; if it ends like this each time the chip is worn or faulty",
}


@dataclass(slots=True)
class PackageOutcome:
    """What was done. ``started_at``: bytes that the updater had of the package; ``is_same``: it was there."""

    package_bytes: int
    started_at: int = 0
    attempts: int = 0
    is_same: bool = False
    sent_bytes: int = 0
    received_bytes: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class PackageDelivery:
    """One package on its way to one board. ``data``: as ``read_update`` found it sound as ``update``."""

    loader: Loader
    data: bytes
    update: Update
    place: Place
    note: Callable[[str, int, int], None] = lambda _what, _done, _all: None

    def run(self) -> PackageOutcome:
        """Bring the package to the board, which applies it.

        Raises IB725, IB726, IB730, IB731, IB734, IB773..IB775, and LinkLostError if the link ends.
        """
        start, outcome = time.monotonic(), PackageOutcome(len(self.data))
        try:
            self._greet()
            if not self.update.is_whole:
                self.loader.wait_longer((self.update.image_bytes + self.update.base_bytes) / _BYTES_PER_S)
            self._send(outcome)
        except KeyboardInterrupt:
            self.loader.cancel()
            raise
        link = self.loader.link
        outcome.sent_bytes, outcome.received_bytes = link.sent_bytes, link.received_bytes
        outcome.seconds = time.monotonic() - start
        return outcome

    def _greet(self) -> None:
        hello = self._hello()
        name = self.loader.link.name
        check_hello(hello, Expected(), 0, name)
        if not hello.takes_packages:
            fail(
                "IB773",
                f"{name}: the board's loader takes images, not update packages",
                self.place,
                "send the image itself (its .bin), or build the loader with an updater behind it",
            )

    def _hello(self) -> Hello:
        try:
            self.loader.cancel()
            return self.loader.hello()
        except NoAnswerError:
            refuse_silence(self.loader.link.name, has_asked=False)

    def _send(self, outcome: PackageOutcome) -> None:
        fruitless, furthest = 0, -1
        while fruitless < _ATTEMPTS:
            outcome.attempts += 1
            try:
                at = self._begin()
                fruitless = 0 if at > furthest else fruitless
                if furthest < 0:
                    outcome.started_at = at if at > LONG_BYTES else 0
                furthest = max(furthest, at)
                self._go_on(at)
                self.loader.finish()
            except (CancelledError, NoAnswerError, StatusError) as error:
                fruitless += 1
                if self._recover(error):
                    outcome.is_same = True
                    return
            else:
                return
        fail(
            "IB734",
            f"{self.loader.link.name}: {_ATTEMPTS} attempts in succession brought the update no further",
            hint="use a lower baud rate or a better cable, then run the same command again: it goes on where"
            " it was",
        )

    def _begin(self) -> int:
        """Send what has the header; gives the byte that is wanted then."""
        self.loader.send_package(0, self.data[:LONG_BYTES])
        return min(self.loader.wanted_of_package(), len(self.data))

    def _go_on(self, at: int) -> None:
        done = at

        def count(length: int) -> None:
            nonlocal done
            done += length
            self.note("sending", done, len(self.data))

        if at < len(self.data):
            self.loader.send_package(at, self.data[at:], count)
        self.loader.finish_package(self.update.image_bytes / _BYTES_PER_S)

    def _recover(self, error: Exception) -> bool:
        """Bring the loader back to where it listens; whether the image is there already.

        Tells what no other attempt will cure: IB731, IB774, IB775.
        """
        hello = self._hello()
        status = error.status if isinstance(error, StatusError) else 0
        if isinstance(error, CancelledError):
            status = hello.last_status
        if status == protocol.SAME:
            self.loader.finish()
            return True
        if status not in protocol.OF_THE_WIRE:
            self._refuse(status)
        return False

    def _refuse(self, status: int) -> None:
        name, text, hint = self.loader.link.name, describe_status(status), _HINTS.get(status)
        if status in _NOT_APPLIED:
            fail("IB775", f"{name}: the update was not applied: {text}", self.place, hint)
        if status <= protocol.GUARD:
            hint = "run the same command again: the update goes on where it was"
            fail("IB731", f"{name}: writing failed: {text}", self.place, hint)
        fail("IB774", f"{name}: the board refuses the package: {text}", self.place, hint)
