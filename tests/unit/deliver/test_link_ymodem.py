"""The YMODEM sender: blocks by hand, its manners, and the real ``rb`` (lrzsz) at the other end."""

from __future__ import annotations

import random
import socket
import subprocess
import threading

import pytest
from support import need_tool

from imgbuild.deliver import ymodem
from imgbuild.deliver.link import SocketLink
from imgbuild.deliver.ymodem import CancelledError, NoAnswerError, Patience, make_block, send_block, send_file

QUICK = Patience().scaled(0.02)


def test_a_block_by_hand() -> None:
    # CRC-16/XMODEM of "123456789" is 31C3; trailing zeros change it, so the check value stands alone
    assert ymodem.binascii.crc_hqx(b"123456789", 0) == 0x31C3
    block = make_block(1, bytes(128))
    assert block == b"\x01\x01\xfe" + bytes(128) + b"\0\0"
    assert make_block(256, bytes(1024))[:3] == b"\x02\x00\xff"
    assert make_block(511, bytes(1024))[:3] == b"\x02\xff\x00"


def pair() -> tuple[SocketLink, socket.socket]:
    near, far = socket.socketpair()
    return SocketLink("pair", near), far


def answer(far: socket.socket, *answers: bytes) -> threading.Thread:
    """Takes a block of 133 bytes, sends the next answer, and so on."""

    def work() -> None:
        for one in answers:
            got = 0
            while got < 133:
                got += len(far.recv(133 - got))
            far.sendall(one)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "answers",
    [(b"\x06",), (b"\x15", b"\x06"), (b"\x15", b"\x15", b"\x06"), (b"", b"\x06"), (b"noise\x18x\x06",)],
)
def test_a_block_is_sent_until_it_is_acknowledged(answers: tuple[bytes, ...]) -> None:
    link, far = pair()
    thread = answer(far, *answers)
    send_block(link, make_block(5, bytes(128)), QUICK)
    thread.join(5)
    assert link.sent_bytes == 133 * len(answers)


def test_two_cancels_end_it_and_silence_does() -> None:
    link, far = pair()
    answer(far, b"\x18\x18")
    with pytest.raises(CancelledError):
        send_block(link, make_block(5, bytes(128)), QUICK)
    link, far = pair()
    with pytest.raises(NoAnswerError):
        send_block(link, make_block(5, bytes(128)), QUICK)
    assert link.sent_bytes == 3 * 133
    far.close()


def test_an_answer_from_before_counts_for_nothing() -> None:
    link, far = pair()
    far.sendall(b"\x06\x06")
    with pytest.raises(NoAnswerError):
        send_block(link, make_block(5, bytes(128)), QUICK.scaled(0.2))
    far.close()


@pytest.mark.parametrize("length", [0, 1, 129, 5000, 300 * 1024 + 5])
def test_the_real_rb_takes_it(tmp_path, length: int) -> None:
    data = random.Random(length).randbytes(length)
    near, far = socket.socketpair()
    process = subprocess.Popen(
        [need_tool("rb"), "-q"], cwd=tmp_path, stdin=far, stdout=far, stderr=subprocess.PIPE
    )
    far.close()
    counted: list[int] = []
    link = SocketLink("rb", near)
    send_file(link, "ext.bin", data, Patience(), counted.append)
    _, complaint = process.communicate(timeout=30)
    link.close()
    assert process.returncode == 0, complaint
    assert (tmp_path / "ext.bin").read_bytes() == data
    assert sum(counted) == length
