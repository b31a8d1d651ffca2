"""Signatures: RFC 8032, keys of others, MCUboot's own tool."""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import subprocess
import sys

import pytest
from c.update_images import PACK_ID, make_body, make_pack
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from support import imgbuild

from imgbuild.errors import BuildError, Place
from imgbuild.ota.mcuboot import make_mcuboot_image, parse_version
from imgbuild.ota.package import PackageTarget, UpdateImage, make_package
from imgbuild.ota.signing import key_id_of, load_private_key, load_public_key, sign_package
from imgbuild.reader.update import read_update

IMAGE = make_pack(make_body(6_000))
PACKAGE = make_package(UpdateImage(IMAGE, PACK_ID, 1), None, PackageTarget(4096), Place("x"))
RFC_8032_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_8032_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""Section 7.1, test 1."""


def imgtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imgtool.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def key(tmp_path):
    """The key of RFC 8032 as a file."""
    key = Ed25519PrivateKey.from_private_bytes(RFC_8032_SEED)
    path = tmp_path / "update.pem"
    path.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    return path


def test_the_signature_covers_the_header_and_says_whose_it_is(key):
    signed = sign_package(PACKAGE, load_private_key(key))
    public = Ed25519PublicKey.from_public_bytes(RFC_8032_PUBLIC)
    public.verify(signed[0xA0:0xE0], signed[:0xA0])
    first = hashlib.sha256(RFC_8032_PUBLIC).digest()[:4]
    assert signed[0x34:0x38] == first
    assert key_id_of(RFC_8032_PUBLIC) == struct.unpack("<I", first)[0]
    assert signed[0xE0:] == PACKAGE[0xE0:]
    assert read_update(signed, Place("x")).blocks == read_update(PACKAGE, Place("x")).blocks
    changed = bytearray(signed)
    changed[0x14] ^= 1
    with pytest.raises(InvalidSignature):
        public.verify(signed[0xA0:0xE0], bytes(changed[:0xA0]))


def test_signing_again_gives_the_same_bytes(key):
    private = load_private_key(key)
    assert sign_package(sign_package(PACKAGE, private), private) == sign_package(PACKAGE, private)


def test_keys_of_imgtool_are_taken(tmp_path):
    path = tmp_path / "theirs.pem"
    assert imgtool("keygen", "-k", path, "-t", "ed25519").returncode == 0
    assert load_private_key(path).public_key() == load_public_key(path)


def test_keys_of_other_kinds_are_not(tmp_path):
    path = tmp_path / "theirs.pem"
    assert imgtool("keygen", "-k", path, "-t", "ecdsa-p256").returncode == 0
    for load in (load_private_key, load_public_key):
        with pytest.raises(BuildError, match="IB760"):
            load(path)


def test_keygen_sign_and_verify_on_the_command_line(tmp_path):
    (tmp_path / "ext.bin").write_bytes(IMAGE)
    (tmp_path / "plain.imgu").write_bytes(PACKAGE)
    assert imgbuild("ota", "keygen", "update.pem", cwd=tmp_path).returncode == 0
    assert stat.S_IMODE((tmp_path / "update.pem").stat().st_mode) == 0o600
    for arguments in (
        ("sign", "plain.imgu", "--key", "update.pem", "-o", "signed.imgu"),
        ("make", "ext.bin", "--key", "update.pem", "--sector", "4K", "-o", "made.imgu"),
        ("verify", "signed.imgu", "--key", "update.pub.pem"),
    ):
        done = imgbuild("ota", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "every digest and signature fits" in done.stdout
    assert (tmp_path / "made.imgu").read_bytes() == (tmp_path / "signed.imgu").read_bytes()
    header = (tmp_path / "update.h").read_text()
    raw = load_public_key(tmp_path / "update.pub.pem").public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)
    assert ", ".join(f"0x{byte:02X}" for byte in raw[:8]) in header


def test_imgtool_verifies_our_image_and_says_what_it_signs_itself(key, tmp_path):
    ours, theirs, bare = tmp_path / "ours.bin", tmp_path / "theirs.bin", tmp_path / "image.bin"
    bare.write_bytes(IMAGE)
    ours.write_bytes(make_mcuboot_image(IMAGE, parse_version("1.4.7+12"), 512, load_private_key(key)))
    done = imgtool("verify", "-k", key, ours)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1.4.7+12" in done.stdout
    signed = imgtool(
        "sign", "-k", key, "--align", "4", "--version", "1.4.7+12", "--header-size", "512", "--pad-header",
        "--slot-size", "0x100000", "--non-bootable", bare, theirs,
    )  # fmt: skip
    assert signed.returncode == 0, signed.stderr
    assert ours.read_bytes() == theirs.read_bytes()
    wrong = bytearray(ours.read_bytes())
    wrong[600] ^= 1
    ours.write_bytes(wrong)
    assert imgtool("verify", "-k", key, ours).returncode != 0


@pytest.mark.parametrize("text", ["1", "1.2.3.4", "256.0", "1.2.65536", "1.2+4294967296", "v1.2", ""])
def test_versions_that_mcuboot_cannot_hold(text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_version(text)


def test_the_command_for_mcuboot(key, tmp_path):
    (tmp_path / "ext.bin").write_bytes(IMAGE)
    arguments = ("ota", "mcuboot", "ext.bin", "--key", key, "--version", "2.0.1", "-o", "signed.bin")
    done = imgbuild(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert imgtool("verify", "-k", key, tmp_path / "signed.bin").returncode == 0
    assert imgbuild(*arguments[:6], "two", *arguments[7:], cwd=tmp_path).returncode == 2
