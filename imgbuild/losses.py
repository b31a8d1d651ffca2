"""What became of a picture on its way to stored pixels: plain values, made by :mod:`imgbuild.pixels.loss`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """How far what is stored is from the picture that was to be stored.

    ``psnr_db`` of the picture as seen (None: no difference), ``colours_before`` and ``colours_after`` count
    distinct visible colours (coverage: levels), ``has_hidden_colour``: fully clear pixels lost their colour.
    """

    psnr_db: float | None
    colours_before: int
    colours_after: int
    has_hidden_colour: bool


@dataclass(frozen=True, slots=True)
class LossReport:
    """What became of a picture. The flags cost nothing; ``measured`` only stands where it was asked for.

    ``is_flattened``: transparency was laid over a background (``is_on_default``: that nobody chose);
    ``is_flat``: one flat colour came out of a picture that had several. ``source_px`` is the picture's
    own size, ``pixels_crc32`` tells pictures of other pixels apart.
    """

    pixel_format: str
    source_px: tuple[int, int]
    is_upscaled: bool = False
    is_flattened: bool = False
    is_on_default: bool = False
    is_flat: bool = False
    pixels_crc32: int = 0
    measured: Measured | None = None
