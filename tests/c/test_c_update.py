"""Updates in C: power cuts, faults and hostile packages, on the strict chip and under sanitizers."""

from __future__ import annotations

import hashlib
import re
import subprocess

import pytest
from bench import c_size, ota
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import need_tool

from c.program import RUNTIME, SANITIZE, STRICT, run
from c.update_images import PACK_ID, make_body, make_pack
from c.update_sweeps import CHIP, FAST, GEOMETRIES, READER, UPDATE, WAYS, compiled, saved, sweep
from imgbuild.errors import Place
from imgbuild.ota.package import PackageTarget, UpdateImage, make_package
from imgbuild.ota.signing import sign_package


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("update")


@pytest.fixture(scope="session")
def sweeper(folder):
    return compiled(folder, "update_sweep", FAST, [*READER, *CHIP])


@pytest.mark.parametrize("package", ["whole.imgu", "changed.imgu"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "step"), [("4k", 31), ("64k", 211), ("mixed", 211)])
def test_power_cuts_leave_an_image_that_is_complete(sweeper, folder, name, step, way, package):
    found = sweep(sweeper, folder, "cuts", name, way, package, step)
    assert found["cuts"] == 3 * -(-found["operations"] // step)
    assert found["old"] + found["new"] + found["unfinished"] == found["cuts"]
    if way == "slots":
        assert found["unfinished"] == 0


@pytest.mark.soak
@pytest.mark.parametrize("package", ["whole.imgu", "changed.imgu"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_power_cut_at_every_operation(sweeper, folder, name, way, package):
    found = sweep(sweeper, folder, "cuts", name, way, package, 1)
    assert found["cuts"] == 3 * found["operations"]
    assert found["old"] + found["new"] + found["unfinished"] == found["cuts"]
    assert found["new"] > 0, "a cut behind the last operation finds the new image"
    assert way == "in-place" or found["unfinished"] == 0


@pytest.mark.parametrize("mode", ["twice", "flips", "erases"])
@pytest.mark.parametrize("way", WAYS)
def test_two_cuts_in_a_row_bits_that_fall_over_and_sectors_that_fail(sweeper, folder, mode, way):
    found = sweep(sweeper, folder, mode, "4k", way, "changed.imgu", 61)
    assert found["cuts"] > 0
    if mode == "erases":
        assert found["refused"] > 0


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["twice", "flips", "erases"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("package", ["whole.imgu", "changed.imgu"])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_more_of_these_on_every_geometry(sweeper, folder, mode, way, package, name):
    assert sweep(sweeper, folder, mode, name, way, package, 7 if mode == "flips" else 41)["cuts"] > 0


def test_cuts_under_sanitizers(folder):
    program = compiled(folder, "update_sweep", SANITIZE, [*READER, *CHIP])
    for way in WAYS:
        assert sweep(program, folder, "cuts", "4k", way, "changed.imgu", 83)["cuts"] > 0


def test_the_other_byte_order(folder):
    compiler, emulator = need_tool("powerpc-linux-gnu-gcc"), need_tool("qemu-ppc")
    program = compiled(folder, "update_sweep", ["-O1", "-static"], [*READER, *CHIP], compiler)
    for way in WAYS:
        assert sweep(program, folder, "cuts", "4k", way, "changed.imgu", 200, emulator)["cuts"] > 0


def fuzz(folder, seed, rounds, way, package):
    program = compiled(folder, "update_fuzz", SANITIZE, READER)
    files = saved(folder, GEOMETRIES["4k"])
    last = [files["old.bin"], files[package], files["new.bin"]]
    text = run([program, str(seed), str(rounds), way, *last])
    return {int(code): int(count) for code, count in re.findall(r"(-\d+):(\d+)", text)}


@pytest.mark.parametrize("way", WAYS)
def test_hostile_packages(folder, way):
    reasons = fuzz(folder, 1, 500, way, "changed.imgu")
    assert {-42, -53, -54} <= reasons.keys(), "damaged, cut short, another image than promised"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 8))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("package", ["whole.imgu", "changed.imgu"])
def test_many_hostile_packages(folder, way, package, seed):
    assert fuzz(folder, seed, 20_000, way, package)


def test_sha256_of_every_length(folder):
    data = make_body(300)
    path = folder / "bytes.bin"
    path.write_bytes(data)
    digests = b"".join(hashlib.sha256(data[:length]).digest() for length in range(301))
    program = compiled(folder, "update_parts", SANITIZE, READER)
    done = subprocess.run([program, "sha", path], input=digests, capture_output=True, check=True)
    assert done.stdout == b"301\n"
    wrong = bytearray(digests)
    wrong[::32] = bytes(b ^ 1 for b in wrong[::32])
    done = subprocess.run([program, "sha", path], input=wrong, capture_output=True, check=True)
    assert done.stdout == b"0\n"


def test_the_callback_judges_the_signature_before_the_first_erase(folder):
    pack = make_pack(make_body(9_000))
    package = make_package(UpdateImage(pack, PACK_ID, 1), None, PackageTarget(4096), Place("test"))
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    path = folder / "signed.imgu"
    path.write_bytes(sign_package(package, key))
    lines = run([compiled(folder, "update_parts", SANITIZE, READER), "verify", path]).splitlines()
    message, signature = (bytes.fromhex(line.split()[1]) for line in lines[:2])
    key.public_key().verify(signature, message)
    assert lines[2] == "result -43 erases 0"
    assert lines[3].startswith("result 0 ")


def test_clang_and_free_standing_compilers_take_it(tmp_path):
    for compiler, flags in (
        ("clang", ["-Weverything", "-Wno-padded", "-Wno-unsafe-buffer-usage", "-Wno-unknown-warning-option",
                   "-Wno-declaration-after-statement"]),
        ("arm-none-eabi-gcc", ["-ffreestanding", "-mthumb", "-mcpu=cortex-m0plus", "-Os"]),
        ("avr-gcc", ["-mmcu=atmega1284p", "-Os"]),
    ):  # fmt: skip
        need_tool(compiler)
        adapter = tmp_path / "adapter.c"
        adapter.write_text('#include "imgb_update.h"\n#include "imgb_update_nor.h"\ntypedef int nothing;\n')
        for source in [*UPDATE, adapter]:
            flags_here = [f for f in STRICT if compiler != "avr-gcc" or f != "-Wconversion"]
            run([compiler, *flags_here, *flags, "-I", RUNTIME / "src", "-c", source, "-o", tmp_path / "x.o"])


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_code_ram_and_stack_keep_their_budgets(cpu):
    need_tool("arm-none-eabi-gcc")
    assert ota.measure_code(cpu)[1] <= ota.CODE_BUDGET
    assert ota.measure_ram(cpu) <= ota.RAM_BUDGET
    manual = (RUNTIME / "src" / "imgb_update.h").read_text()
    assert f"{ota.measure_ram(cpu)} bytes on a 32-bit core" in manual


EXAMPLE = """
#include "imgb_update.h"
#include "imgb_update_nor.h"
#define WEATHER_PACK_ID 0x12345678u
#define MY_LINK_IS_DOWN (-2000)
static imgb_nor_t flash;
static uint8_t piece[64];
extern int my_read(void *, uint32_t, void *, uint32_t), my_erase(void *, uint32_t, uint32_t);
extern int my_program(void *, uint32_t, const void *, uint32_t);
extern uint32_t my_receive(uint32_t from, uint8_t *to, uint32_t most);
"""


def test_the_example_of_the_manual_compiles(tmp_path):
    manual = (RUNTIME / "src" / "imgb_update.h").read_text()
    lines = [line.removeprefix(" *     ") for line in manual.splitlines() if line.startswith(" *     ")]
    source = tmp_path / "example.c"
    source.write_text(EXAMPLE + "int fetch(void);\n" + "\n".join(lines))
    run(["gcc", *[f for f in STRICT if f != "-pedantic"], "-I", RUNTIME / "src", "-c", source, "-o",
         tmp_path / "example.o"])  # fmt: skip


def test_the_driver_s_own_codes_do_not_meet_those_of_updates():
    codes = subprocess.run(
        ["grep", "-rhoE", r"\bIMGB_[A-Z_]*ERR_[A-Z_]+ = -[0-9]+", RUNTIME / "src"],
        capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    numbers = [line.split("= ")[1] for line in codes if line]
    assert len(numbers) == len(set(numbers))
