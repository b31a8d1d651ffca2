"""A flash image as MCUboot takes it: header, image, TLVs (docs/design.md of MCUboot, "Image format")."""

from __future__ import annotations

import hashlib
import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HEADER_BYTES_MIN = 32
_MAGIC = 0x96F3B83D
_NON_BOOTABLE = 0x10
"""Flag: there is nothing to jump to; MCUboot checks and swaps the image, but does not start it."""
_TLV_MAGIC = 0x6907
_KEYHASH, _SHA256, _ED25519 = 0x01, 0x10, 0x24
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,5}))?(?:\+(\d{1,10}))?")
_VERSION_MAX = (0xFF, 0xFF, 0xFFFF, 0xFFFFFFFF)


def parse_version(text: str) -> tuple[int, int, int, int]:
    """``major.minor[.revision][+build]``; ValueError if it is not, or a number does not fit its field."""
    match = _VERSION.fullmatch(text)
    if not match:
        raise ValueError(text)
    numbers = [int(part or 0) for part in match.groups()]
    if any(number > most for number, most in zip(numbers, _VERSION_MAX, strict=True)):
        raise ValueError(text)
    return numbers[0], numbers[1], numbers[2], numbers[3]


def make_mcuboot_image(
    image: bytes, version: tuple[int, int, int, int], header_bytes: int, key: Ed25519PrivateKey
) -> bytes:
    """The image signed by ``key``: what ``imgtool verify`` accepts.

    ``header_bytes``: of the header, at least 32; the image begins behind them. The signature is Ed25519 over
    the SHA-256 of header and image, as MCUboot checks it; the key is named by the SHA-256 of its DER form.
    """
    from cryptography.hazmat.primitives import serialization as form

    head = struct.pack("<IIHHIIBBHII", _MAGIC, 0, header_bytes, 0, len(image), _NON_BOOTABLE, *version, 0)
    signed = head.ljust(header_bytes, b"\xff") + image
    digest = hashlib.sha256(signed).digest()
    public = key.public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    tlvs = b"".join(
        struct.pack("<BBH", kind, 0, len(value)) + value
        for kind, value in (
            (_SHA256, digest),
            (_KEYHASH, hashlib.sha256(public).digest()),
            (_ED25519, key.sign(digest)),
        )
    )
    return signed + struct.pack("<HH", _TLV_MAGIC, 4 + len(tlvs)) + tlvs
