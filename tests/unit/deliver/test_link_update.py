"""An update's decisions: another YMODEM receiver gets the whole file, Ctrl-C frees the board."""

from __future__ import annotations

import binascii
import random
import socket
import threading

import pytest
from loader.device import SCALE, Device, Wire

from imgbuild.deliver.link import SocketLink
from imgbuild.deliver.link_protocol import Loader
from imgbuild.deliver.link_update import Update
from imgbuild.errors import BuildError


class Receiver(threading.Thread):
    """A YMODEM receiver without our commands; a CAN brings it back to the start."""

    def __init__(self, line: socket.socket) -> None:
        super().__init__(daemon=True)
        self.line, self.files = line, {}
        self.start()

    def run(self) -> None:
        name, size, data = "", 0, b""
        self.line.settimeout(0.05)
        while True:
            try:
                first = self.line.recv(1)
            except TimeoutError:
                self.line.sendall(b"" if name else b"C")
                continue
            if not first:
                return
            if first == b"\x18":
                name, data = "", b""
            elif first == b"\x04":
                self.files[name] = data[:size]
                name, data = "", b""
                self.line.sendall(b"\x06C")
            elif first in b"\x01\x02":
                length, block = 128 if first == b"\x01" else 1024, b""
                while len(block) < length + 4:
                    block += self.line.recv(length + 4 - len(block))
                assert binascii.crc_hqx(block[2:], 0) == 0
                if name:
                    data += block[2:-2]
                    self.line.sendall(b"\x06")
                elif block[2]:
                    text, _, rest = block[2:-2].partition(b"\0")
                    name, size = text.decode("latin-1"), int(b"0" + rest.split()[0].strip(b"\0"))
                    self.line.sendall(b"\x06C")
                else:
                    self.line.sendall(b"\x06")


def test_another_receiver_gets_the_whole_file_if_asked_for() -> None:
    image = random.Random(1).randbytes(9000)
    near, far = socket.socketpair()
    receiver = Receiver(far)
    loader = Loader(SocketLink("pair", near), scale=0.05)
    outcome = Update(loader, image, is_whole=True).run()
    assert outcome.is_plain
    assert receiver.files == {"ext.bin": image}
    near.close()


@pytest.mark.parametrize(("is_whole", "is_verified"), [(False, False), (False, True), (True, True)])
def test_another_receiver_is_named_otherwise(is_whole: bool, is_verified: bool) -> None:
    near, far = socket.socketpair()
    receiver = Receiver(far)
    loader = Loader(SocketLink("pair", near), scale=0.05)
    with pytest.raises(BuildError) as caught:
        Update(loader, bytes(9000), is_whole=is_whole, is_verified=is_verified).run()
    assert caught.value.diagnostics[0].code == "IB725"
    assert "does not know the loader's commands" in caught.value.diagnostics[0].message
    assert receiver.files == {}
    near.close()


def test_an_interrupt_leaves_the_board_ready() -> None:
    image = random.Random(1).randbytes(20_000)

    def stop(what: str, done: int, total: int) -> None:
        if what == "sending" and done > 5000:
            raise KeyboardInterrupt

    with Device() as device, Wire(device.line) as wire:
        with pytest.raises(KeyboardInterrupt):
            Update(Loader(wire.link(), scale=SCALE), image, note=stop).run()
        outcome = Update(Loader(wire.link(), scale=SCALE), image, is_verified=True).run()
        assert outcome.written_sectors < 5
        state = device.look()
        assert (state.status, state.violations) == (0, [])


def test_progress_is_told_to_its_end() -> None:
    image = random.Random(1).randbytes(20_000)
    told: list[tuple[str, int, int]] = []
    with Device() as device, Wire(device.line) as wire:
        loader = Loader(wire.link(), scale=SCALE)
        Update(loader, image, is_verified=True, note=lambda *step: told.append(step)).run()
    for what, total in (("comparing", 5), ("sending", 20_480), ("verifying", 5)):
        steps = [step for step in told if step[0] == what]
        assert steps[-1] == (what, total, total)
        assert [step[1] for step in steps] == sorted(step[1] for step in steps)
