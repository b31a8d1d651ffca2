"""Update packages for the folders of IB76x and IB77x: images of ``damage.py``, keys that never change."""

import struct
from pathlib import Path

import damage
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from imgbuild.errors import Place
from imgbuild.ota.package import PackageTarget, UpdateImage, make_package
from imgbuild.ota.signing import sign_package


def build_image(note=b"Hello", content_version=7):
    """A sound image with this note and version."""
    data = damage.build_image(note=note)
    struct.pack_into("<I", data, 0x0C, content_version)
    damage.repair_header(data)
    return bytes(data)


def save_images(new, old=None):
    """``ext.bin`` and, if given, ``old.bin``."""
    Path("ext.bin").write_bytes(new)
    if old is not None:
        Path("old.bin").write_bytes(old)


def make_update(new, old=None):
    """An unsigned package."""

    def strip(data):
        total, version, pack_id = struct.unpack_from("<3I", data, 8)
        return UpdateImage(data[:total], pack_id, version)

    target = PackageTarget(4096)
    return make_package(strip(new), strip(old) if old else None, target, Place("package"))


def make_key(seed):
    """A key pair that depends on nothing but ``seed``."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def save_key(key, path):
    """The public key as PEM."""
    pem = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    Path(path).write_bytes(pem)


def save_signed(seed, path="update.imgu"):
    """A package signed with the key of ``seed``."""
    package = sign_package(make_update(build_image()), make_key(seed))
    Path(path).write_bytes(package)
    return package
