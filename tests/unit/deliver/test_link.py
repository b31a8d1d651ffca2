"""Serial ports and sockets: addresses, bytes both ways over a pseudo terminal, what fails."""

from __future__ import annotations

import os
import pty
import socket
import threading

import pytest

from imgbuild.deliver.link import LinkLostError, open_serial, open_tcp, parse_address
from imgbuild.errors import BuildError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("board:7000", ("board", 7000)),
        ("192.168.4.1:23", ("192.168.4.1", 23)),
        ("[fe80::1]:7000", ("fe80::1", 7000)),
    ],
)
def test_addresses(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text", ["board", "board:", ":7000", "board:x", "board:0", "board:65536", "fe80::1:7000", "", "board:-1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_address(text)


def test_every_byte_passes_a_serial_port_both_ways() -> None:
    master, slave = pty.openpty()
    link = open_serial(os.ttyname(slave))
    everything = bytes(range(256)) * 4
    link.write(everything)
    got = b""
    while len(got) < len(everything):
        got += os.read(master, 4096)
    assert got == everything
    os.write(master, everything)
    assert bytes(link.read_byte(5) or 0 for _ in everything) == everything
    assert link.read_byte(0.01) is None
    with pytest.raises(BuildError) as caught:
        open_serial(os.ttyname(slave))
    assert caught.value.diagnostics[0].code == "IB722"
    link.close()
    open_serial(os.ttyname(slave)).close()
    os.close(slave)
    os.close(master)


def test_a_serial_port_that_goes_away() -> None:
    master, slave = pty.openpty()
    link = open_serial(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    with pytest.raises(LinkLostError):
        link.read_byte(5)
    with pytest.raises(LinkLostError):
        link.write(b"x")
    link.close()


def test_a_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            connection, _ = server.accept()
            connection.sendall(connection.recv(10)[::-1])
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        link = open_tcp(address)
        link.write(b"abc")
        assert bytes(link.read_byte(5) or 0 for _ in range(3)) == b"cba"
        with pytest.raises(LinkLostError, match="closed the connection"):
            link.read_byte(5)
        link.close()
        thread.join(5)
