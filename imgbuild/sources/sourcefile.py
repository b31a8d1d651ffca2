"""A picture's file, read once: its bytes, their digest, and how to complain about it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from imgbuild import limits
from imgbuild.errors import Place, fail
from imgbuild.units import format_bytes


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The bytes of a source and whose they are; ``digest`` is their SHA-256 in hexadecimal."""

    path: Path
    place: Place
    asset_name: str
    data: bytes = field(repr=False)
    digest: str

    def refuse(self, code: str, problem: str, hint: str | None = None) -> NoReturn:
        """Raise BuildError ``code``: the file and the asset by name, then ``problem``."""
        message = f'"{self.path.name}" of image "{self.asset_name}" {problem}'
        fail(code, message, self.place, hint, self.asset_name)


def read_source(path: Path, place: Place, asset_name: str) -> SourceFile:
    """Read ``path`` whole. Raises BuildError: IB110 (not readable), IB202 (too large a file)."""
    try:
        with path.open("rb") as stream:
            size_bytes = os.fstat(stream.fileno()).st_size
            data = stream.read() if size_bytes <= limits.SOURCE_BYTES_MAX else b""
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        message = f'"{path.name}" of image "{asset_name}" cannot be read: {reason}'
        fail("IB110", message, place, asset=asset_name)
    source = SourceFile(path, place, asset_name, data, hashlib.sha256(data).hexdigest())
    if size_bytes > limits.SOURCE_BYTES_MAX:
        found, most = format_bytes(size_bytes), format_bytes(limits.SOURCE_BYTES_MAX)
        source.refuse("IB202", f"is a file of {found}; at most {most} are read")
    return source
