"""What an animated file is cut into: its frames as files of one picture each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Disposal(Enum):
    """What becomes of a frame's rectangle before the next frame."""

    KEEP = "keep"
    CLEAR = "clear"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Part:
    """One frame: ``data`` is a file of its own that holds just its rectangle; ``x`` and ``y`` in px.

    ``is_replacing``: its pixels replace those below, clear ones too; otherwise they are laid over them.
    """

    data: bytes
    x: int
    y: int
    width_px: int
    height_px: int
    delay_ms: int
    disposal: Disposal
    is_replacing: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """A whole animation. ``plays``: how often it is shown, 0 for ever."""

    width_px: int
    height_px: int
    plays: int
    frames: tuple[Part, ...]


class BrokenFramesError(ValueError):
    """The file cannot be cut into frames; the text says why, as the end of a sentence."""


class Bytes:
    """Reads a file from its start; BrokenFramesError where it ends too early."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    @property
    def is_at_end(self) -> bool:
        """Whether nothing follows."""
        return self.at >= len(self.data)

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise BrokenFramesError(f"is truncated: its {len(self.data)} B end too early")
        self.at += count
        return part
