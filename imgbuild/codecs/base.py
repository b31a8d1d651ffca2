"""What a codec is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imgbuild.model import Codec


@dataclass(frozen=True, slots=True)
class StripCodec:
    """A codec of strips.

    ``encode_strip`` turns a strip's decoded bytes (at least one) into its stored bytes; it depends on
    nothing else, since strips are independent. The result may come out larger than the strip: the
    caller then stores the strip raw.
    """

    name: str
    number: Codec
    encode_strip: Callable[[bytes], bytes]
