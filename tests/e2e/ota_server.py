"""A file server with ranges that loses connections, plain TCP and YMODEM senders, for devices under test."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Served:
    """What is served. ``cut_after``: bytes after which the connection is lost (0: never)."""

    data: bytes
    cut_after: int = 0
    has_ranges: bool = True
    ranges: list[int] = field(default_factory=list)
    sent: int = 0


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(match[1]) if match and served.has_ranges else 0
            served.ranges.append(int(match[1]) if match else -1)
            if self.path != "/update.imgu":
                self.send_error(404)
                return
            body = served.data[start:]
            self.send_response(206 if match and served.has_ranges else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            body = body[: served.cut_after] if served.cut_after else body
            with contextlib.suppress(OSError):
                self.wfile.write(body)
            served.sent += len(body)

    return Handler


@contextlib.contextmanager
def http_server(served: Served) -> Iterator[str]:
    """Serves until the block ends; gives the package's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/update.imgu"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def tcp_sender(data: bytes, cuts: tuple[int, ...] = ()) -> Iterator[str]:
    """Sends the bytes to each that connects; to the first ones only as many as ``cuts`` says."""
    listener = socket.create_server(("127.0.0.1", 0))
    lengths = [*cuts, len(data)]

    def serve() -> None:
        for length in lengths:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.sendall(data[:length])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(timeout=5)


@contextlib.contextmanager
def ymodem_sender(program: str, path: Path) -> Iterator[tuple[str, list[int]]]:
    """``sb`` of lrzsz behind a socket, for the first that connects; its exit code is noted at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    codes: list[int] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                command = [program, "-k", "-q", str(path)]
                done = subprocess.run(command, stdin=connection, stdout=connection, check=False, timeout=60)
            codes.append(done.returncode)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"ymodem://127.0.0.1:{listener.getsockname()[1]}", codes
    finally:
        listener.close()
        thread.join(timeout=60)
