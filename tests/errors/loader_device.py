"""A board with a serial loader for the folders of IB725..IB736, by PROTOCOL.md and without any of our code.

It writes nothing anywhere: it knows only how to answer, and which answer is to be the wrong one.
"""

import binascii
import socket
import struct
import sys
import threading
import zlib

from damage import build_image, save

SECTOR = 0x1000
HELLO = {
    "last_status": 0, "expected_id": 0xBF2541, "found_id": 0xBF2541, "chip_bytes": 0x200000,
    "region_offset": 0x80000, "region_bytes": 0x180000, "sector_bytes": SECTOR, "failed_at": 0, "pack_id": 0,
}  # fmt: skip
LOST, ERASE = -1202, -1106


class Board:
    """Answers on ``line`` until it is closed. What may be wrong:

    ``board``: its name; ``status``: of its chip; ``version``; ``is_silent``; ``asks``: only sends C;
    ``cancels``: gives up transfers with this status; ``closes``: at the first block; ``forgets``: the last
    sector after it was compared; ``updates``: there is an updater behind it; any key of HELLO.
    """

    def __init__(self, line, board="spark-core", status=0, version=1, is_silent=False, asks=False, cancels=0,
                 closes=False, forgets=False, updates=False, **hello):  # fmt: skip
        self.line, self.board, self.status, self.version = line, board, status, version
        self.is_silent, self.asks = is_silent, asks
        self.cancels, self.closes, self.forgets = cancels, closes, forgets
        self.updates = updates
        self.hello = HELLO | hello
        self.flash = bytearray(b"\xff" * self.hello["region_bytes"])
        self.at = None
        self.asked = 0

    def run(self):
        try:
            while first := self.line.recv(1):
                if first in b"\x01\x02":
                    length = 128 if first == b"\x01" else 1024
                    block = b""
                    while len(block) < length + 4:
                        block += self.line.recv(length + 4 - len(block))
                    self.take(block[0], block[2:-2])
                elif first == b"\x04":
                    self.line.sendall(b"\x06C")
        except OSError:
            return

    def take(self, number, data):
        if self.asks:
            self.line.sendall(b"C")
        if self.is_silent or self.asks:
            return
        if number == 0 and data[0] == 0x7F:
            self.command(data)
        elif self.closes:
            self.line.shutdown(socket.SHUT_RDWR)
        elif self.cancels:
            self.hello["last_status"] = self.cancels
            self.line.sendall(b"\x18\x18\x18\x18")
        else:
            self.flash[self.at : self.at + len(data)] = data
            self.at += len(data)
            self.line.sendall(b"\x06")

    def command(self, data):
        letter, sequence = chr(data[1]), data[2]
        offset, length = struct.unpack_from("<II", data, 4)
        body, status = b"", self.status
        if letter == "H":
            body = struct.pack("<i8I", *self.hello.values()) + self.board.encode().ljust(32, b"\0")
            body += bytes([self.updates])
        elif letter == "S":
            body = self.sums(offset, length)
        elif letter == "W":
            self.at = offset
        head = bytes([0x7F, data[1], sequence, self.version]) + struct.pack("<i", status)
        size = 128 if len(head + body) <= 128 else 1024
        answer = (head + body).ljust(size, b"\0")
        start = b"\x01" if size == 128 else b"\x02"
        crc = binascii.crc_hqx(answer, 0).to_bytes(2, "big")
        self.line.sendall(start + bytes([sequence, 255 - sequence]) + answer + crc)

    def sums(self, offset, length):
        self.asked += 1
        if self.forgets and self.asked == 4:  # before, after two transfers, then verifying
            self.flash[offset : offset + SECTOR] = bytes(SECTOR)
        sectors = range(offset, offset + length, SECTOR)
        return b"".join(zlib.crc32(self.flash[at : at + SECTOR]).to_bytes(4, "little") for at in sectors)


def save_image():
    """A pack of two sectors for the Spark Core."""
    save(build_image(note=bytes(range(256)) * 24))


def run_imgbuild(*arguments, hello_s=None, image="ext.bin", **board):
    """``imgbuild flash IMAGE --tcp board:7000`` with a board that behaves as told."""
    from imgbuild.cli.main import main
    from imgbuild.deliver import link, link_protocol

    near, far = socket.socketpair()
    threading.Thread(target=Board(far, **board).run, daemon=True).start()
    link.open_tcp = lambda address: link.SocketLink(address, near)
    if hello_s:
        link_protocol._HELLO_S = (hello_s,) * 4
    sys.argv = ["imgbuild", "flash", image, "--tcp", "board:7000", *arguments]
    main()
