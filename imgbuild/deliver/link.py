"""A stream of bytes to a board: a serial port or a socket; what cannot be opened has its own message."""

from __future__ import annotations

import errno
import os
import socket
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NoReturn

from imgbuild.errors import fail

if TYPE_CHECKING:
    import serial

DEFAULT_BAUD = 115_200
_CONNECT_S = 5.0
_WRITE_S = 30.0
"""A block of 1 KiB takes 9 s at 1200 baud."""
_PORT_HINT = "'python -m serial.tools.list_ports' lists the ports of this machine"


class LinkLostError(Exception):
    """The link ended: the cable was pulled, the other side closed the connection."""


class Link(ABC):
    """``sent_bytes`` and ``received_bytes`` count what went over the wire; ``name`` is what the user gave."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent_bytes = 0
        self.received_bytes = 0
        self._ahead = bytearray()

    def read_byte(self, timeout_s: float) -> int | None:
        """The next byte, None if none came in time. Raises :class:`LinkLostError`."""
        if not self._ahead:
            found = self._receive(timeout_s)
            self.received_bytes += len(found)
            self._ahead += found
        return self._ahead.pop(0) if self._ahead else None

    def write(self, data: bytes) -> None:
        """Send everything. Raises :class:`LinkLostError`."""
        self._send(data)
        self.sent_bytes += len(data)

    def discard(self, quiet_s: float) -> None:
        """Forget what has come, until nothing more comes for ``quiet_s`` (or enough has come)."""
        stop = time.monotonic() + 20 * quiet_s + 0.1
        while self.read_byte(quiet_s) is not None and time.monotonic() < stop:
            self._ahead.clear()

    @abstractmethod
    def close(self) -> None:
        """Give the port or socket back."""

    @abstractmethod
    def _receive(self, timeout_s: float) -> bytes: ...

    @abstractmethod
    def _send(self, data: bytes) -> None: ...


class SocketLink(Link):
    """A connected stream socket."""

    def __init__(self, name: str, connection: socket.socket) -> None:
        super().__init__(name)
        self._socket = connection

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _receive(self, timeout_s: float) -> bytes:
        try:
            self._socket.settimeout(max(timeout_s, 1e-4))
            found = self._socket.recv(4096)
        except TimeoutError:
            return b""
        except OSError as error:
            raise LinkLostError(_reason(error)) from error
        if not found:
            raise LinkLostError("the other side closed the connection")
        return found

    def _send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(_WRITE_S)
            self._socket.sendall(data)
        except OSError as error:
            raise LinkLostError(_reason(error)) from error


class SerialLink(Link):
    """An open serial port of pyserial."""

    def __init__(self, name: str, port: serial.Serial) -> None:
        super().__init__(name)
        self._port = port

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def _receive(self, timeout_s: float) -> bytes:
        try:
            self._port.timeout = timeout_s
            first = self._port.read(1)
            return bytes(first + self._port.read(self._port.in_waiting)) if first else b""
        except (OSError, TypeError) as error:  # TypeError: what pyserial raises when closed meanwhile
            raise LinkLostError(_reason(error)) from error

    def _send(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except OSError as error:
            raise LinkLostError(_reason(error)) from error


def open_serial(port: str, baud: int = DEFAULT_BAUD) -> Link:
    """Open a serial port for this process alone: 8 data bits, no parity, 1 stop bit.

    Raises IB720 (pyserial is missing), IB721 (no such port, not allowed), IB722 (taken), IB723 (baud rate).
    """
    try:
        import serial
    except ModuleNotFoundError:
        fail(
            "IB720",
            "--serial needs the library pyserial, which is not installed",
            hint="pip install 'imgbuild[serial]'",
        )
    try:
        return SerialLink(port, serial.Serial(port, baud, timeout=0, write_timeout=_WRITE_S, exclusive=True))
    except (ValueError, OverflowError):
        fail("IB723", f"{port} cannot be set to {baud} baud")
    except OSError as error:  # SerialException is one
        _refuse_port(port, error)


def _refuse_port(port: str, error: OSError) -> NoReturn:
    if error.errno in (errno.EBUSY, errno.EAGAIN, errno.EACCES) and "lock" in str(error):
        fail("IB722", f"serial port {port} is in use by another program", hint="close the terminal program")
    if error.errno == errno.EBUSY:
        fail("IB722", f"serial port {port} is in use by another program", hint="close the terminal program")
    if error.errno == errno.ENOENT:
        fail("IB721", f"there is no serial port {port}", hint=_PORT_HINT)
    fail("IB721", f"cannot open serial port {port}: {_reason(error)}", hint=_PORT_HINT)


def _reason(error: Exception) -> str:
    """The system's words for an error: pyserial puts its own and the path around them."""
    number = getattr(error, "errno", None)
    text = os.strerror(number) if isinstance(number, int) else str(error)
    return text[:1].lower() + text[1:]


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT`` or ``[HOST]:PORT``. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"expected HOST:PORT, found '{text}'")
    return host, int(port)


def open_tcp(address: str, timeout_s: float = _CONNECT_S) -> Link:
    """Connect to ``HOST:PORT``. Raises IB724 (unknown host, refused, no answer), ValueError (no address)."""
    try:
        connection = socket.create_connection(parse_address(address), timeout_s)
    except TimeoutError:
        fail("IB724", f"{address} does not answer", hint="is the board on, and in the same network?")
    except socket.gaierror:
        fail("IB724", f"{address}: no such host is known")
    except OSError as error:
        fail("IB724", f"cannot connect to {address}: {_reason(error)}")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketLink(address, connection)
