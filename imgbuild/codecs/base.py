"""What a codec is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imgbuild.model import Codec


@dataclass(frozen=True, slots=True)
class StripShape:
    """What a strip's bytes are: ``first_bytes`` of the first plane, then those of the second.

    ``unit_bytes`` are the bytes of a pixel of the first plane: 1 below 8 bits, 3 for the pairs of rgb444.
    """

    first_bytes: int
    unit_bytes: int


@dataclass(frozen=True, slots=True)
class StripCodec:
    """A codec of strips.

    ``encode_strip`` turns a strip's decoded bytes (at least one) into its stored bytes; it depends on
    them and their shape alone, since strips are independent. The result may come out larger than the
    strip: the caller then stores the strip raw.
    """

    name: str
    number: Codec
    encode_strip: Callable[[bytes, StripShape], bytes]
