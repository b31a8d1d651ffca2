"""Ed25519 keys and signatures of update packages (RFC 8032), by the library ``cryptography``."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from imgbuild.errors import Place, fail
from imgbuild.inputs import read_input
from imgbuild.limits import KEY_BYTES_MAX
from imgbuild.ota.package import HEADER_BYTES, SIGNED_BYTES, seal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_KEY_ID_AT = 0x34


def require_cryptography() -> None:
    """IB769 if the optional library is not installed."""
    try:
        import cryptography  # noqa: F401 - whether it is there
    except ImportError:
        fail(
            "IB769",
            "signing needs the library 'cryptography', which is not installed",
            hint="pip install 'imgbuild[sign]'",
        )


def make_key() -> tuple[bytes, bytes]:
    """A new key pair as PEM: private (PKCS #8, not encrypted) and public (SubjectPublicKeyInfo)."""
    require_cryptography()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return private, public


def raw_public_key(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes that a device holds."""
    from cryptography.hazmat.primitives import serialization as form

    return key.public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)


def key_id_of(public: bytes) -> int:
    """What a package names its key by: the first 4 bytes of the SHA-256 of the 32; never 0."""
    return struct.unpack_from("<I", hashlib.sha256(public).digest())[0] or 1


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """A private key file (PEM, not encrypted); IB760 if it is none, IB769 without the library."""
    require_cryptography()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = form.load_pem_private_key(_read_key(path), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        _refuse_key(path, "no private key of Ed25519 (PEM, not encrypted)")
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """A public key file, or the public half of a private one; IB760, IB769 as above."""
    require_cryptography()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    data = _read_key(path)
    if b"PRIVATE KEY" in data:
        return load_private_key(path).public_key()
    try:
        key = form.load_pem_public_key(data)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        _refuse_key(path, "no key of Ed25519 (PEM)")
    return key


def _refuse_key(path: Path, reason: str) -> NoReturn:
    fail("IB760", reason, Place(str(path)), "'imgbuild ota keygen' makes one")


def _read_key(path: Path) -> bytes:
    try:
        return read_input(path, KEY_BYTES_MAX)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fail("IB760", f"cannot read the key: {reason}", Place(str(path)), "'imgbuild ota keygen' makes one")


def sign_package(package: bytes, key: Ed25519PrivateKey) -> bytes:
    """The package with a signature of ``key`` in place of one that it may have; it must be sound.

    The same package and key give the same bytes (RFC 8032 uses no random numbers to sign).
    """
    head = bytearray(package[:SIGNED_BYTES])
    struct.pack_into("<I", head, _KEY_ID_AT, key_id_of(raw_public_key(key.public_key())))
    signed = seal(bytes(head))
    return signed + key.sign(signed) + package[HEADER_BYTES:]


def is_signed_by(message: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether ``signature`` is the key's over ``message``."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
