"""The generated headers compile everywhere, and change only when names, shapes or options do."""

from __future__ import annotations

import hashlib
import re
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support import need_tool
from unit.layout.handmade import bitmap_asset, file_asset, flash_image, flash_target, planned

from imgbuild.emit import EMITTERS, EmitJob
from imgbuild.emit.c_header import strip_cap_bytes
from imgbuild.emit.c_names import CODEC_SWITCHES
from imgbuild.model import Codec, EncodedAsset, ImageOptions, Kind
from imgbuild.runtime import find_runtime

ICON = bitmap_asset("icons/wifi", (32, 24), 0x0D, 16, bytes(384))
FONT = replace(file_asset("body", b"font"), kind=Kind.FONT, height=18)


def coded_font(bpp: int, model: int) -> EncodedAsset:
    return replace(FONT, codec=Codec.RANGE_GLYPHS, payload=bytes([18, 0, bpp, model]))


PEM = file_asset("certs/root.pem", b"-----BEGIN")
NASTY = file_asset('a*/b/*c??/"\\', b"!")
DATA = bytes(range(256)) * 16

USER = """
#include "weather_assets.h"
#include "weather_assets.h"
#include "weather_digest.h"
#if WEATHER_FORMAT_MAJOR != 1 || WEATHER_MAX_STRIP_BYTES != 2048 || WEATHER_ICONS_WIFI_WIDTH != 32
#error "not usable in the preprocessor"
#endif
static const uint8_t digest[32] = WEATHER_IMAGE_SHA256;
static uint8_t work[IMGB_WORK_BYTES(WEATHER_MAX_STRIP_BYTES)];
int main(void) {
  uint32_t key = WEATHER_ICONS_WIFI;
  work[0] = digest[31];
  switch (WEATHER_ICONS_WIFI_KIND) {
    case WEATHER_BODY_KIND: return 1;
    case WEATHER_CERTS_ROOT_PEM_KIND: return 2;
    case IMGB_KIND_ANIMATION: return 3;
    case IMGB_KIND_STRINGS: case IMGB_KIND_GLYPH_RUNS: return 4;
    case IMGB_KIND_BITMAP: break;
  }
  return key == WEATHER_BODY || WEATHER_REGION_BYTES % WEATHER_ERASE_BYTES ||
         WEATHER_BASE_ADDRESS != 0x90080000u || work[0] != WEATHER_DIGEST_END;
}
"""


def job(*assets: EncodedAsset, base_address: int | None = 0x90080000, data: bytes = DATA) -> EmitJob:
    options = ImageOptions("a4", codec="auto", strip_bytes=2048)
    plan = (planned("icons/wifi", options, Kind.BITMAP),)
    image = flash_image(data, flash_target(base_address=base_address), plan)
    return EmitJob("weather", image, assets, Path("out/ext.bin"), Path("include"))


def headers(made: EmitJob) -> dict[str, str]:
    return {a.path.as_posix(): a.data.decode() for a in EMITTERS["c_header"](made)}


def assets_header(made: EmitJob) -> str:
    return headers(made)["include/weather_assets.h"]


def macros(text: str) -> dict[str, str]:
    return dict(re.findall(r"^#define (\w+) +(.+)$", text, re.MULTILINE))


def test_every_asset_gets_its_key_its_kind_and_its_shape() -> None:
    found = macros(assets_header(job(PEM, ICON, FONT)))
    assert found["WEATHER_ICONS_WIFI"] == f"UINT32_C(0x{zlib.crc32(b'icons/wifi'):08X})"
    assert found["WEATHER_ICONS_WIFI_KIND"] == "IMGB_KIND_BITMAP"
    assert (found["WEATHER_ICONS_WIFI_WIDTH"], found["WEATHER_ICONS_WIFI_HEIGHT"]) == ("32", "24")
    assert found["WEATHER_BODY_SIZE_PX"] == "18"
    assert found["WEATHER_BODY_KIND"] == "IMGB_KIND_FONT"
    assert found["WEATHER_CERTS_ROOT_PEM"] == f"UINT32_C(0x{zlib.crc32(b'certs/root.pem'):08X})"
    assert found["WEATHER_CERTS_ROOT_PEM_KIND"] == "IMGB_KIND_FILE"
    assert "WEATHER_CERTS_ROOT_PEM_WIDTH" not in found


def test_identity_and_place_of_the_pack_are_told() -> None:
    found = macros(assets_header(job()))
    assert found["WEATHER_PACK_ID"] == "UINT32_C(0x00001234)"
    assert found["WEATHER_CONTRACT"] == "UINT32_C(0x00005678)"
    assert found["WEATHER_REGION_OFFSET"] == "UINT32_C(0x00080000)"
    assert found["WEATHER_REGION_BYTES"] == "UINT32_C(0x00180000)"
    assert found["WEATHER_ERASE_BYTES"] == "UINT32_C(0x00001000)"
    assert found["WEATHER_BASE_ADDRESS"] == "UINT32_C(0x90080000)"
    assert "WEATHER_BASE_ADDRESS" not in macros(assets_header(job(base_address=None)))


def test_the_strip_macro_is_the_cap_and_not_what_todays_pixels_need() -> None:
    assert macros(assets_header(job(ICON)))["WEATHER_MAX_STRIP_BYTES"] == "UINT32_C(2048)"
    raw = planned("a", ImageOptions("a4", strip_bytes=4096), Kind.BITMAP)
    small = planned("b", ImageOptions("a4", codec="lz4", strip_bytes=512), Kind.BITMAP)
    large = planned("c", ImageOptions("a4", codec="auto", strip_bytes=1024), Kind.BITMAP)
    assert strip_cap_bytes([raw, small, large, planned("file")]) == 1024
    assert strip_cap_bytes([raw, planned("file")]) == 0


def test_a_changed_pixel_changes_the_digest_header_only() -> None:
    before = job(ICON, data=DATA)
    changed = replace(ICON, payload=ICON.payload[:-1] + b"\x01", crc32=1, max_strip_bytes=77)
    after = job(changed, data=DATA[:-1] + b"\0")
    assert assets_header(before) == assets_header(after)
    assert headers(before)["include/weather_digest.h"] != headers(after)["include/weather_digest.h"]


def test_the_order_of_the_assets_does_not_matter() -> None:
    assert assets_header(job(ICON, FONT, PEM)) == assets_header(job(PEM, FONT, ICON))


def test_the_digest_header_is_what_the_bytes_decide() -> None:
    text = headers(job())["include/weather_digest.h"]
    found = macros(text)
    assert found["WEATHER_CONTENT_VERSION"] == "UINT32_C(7)"
    assert found["WEATHER_TOTAL_BYTES"] == "UINT32_C(4092)"
    assert found["WEATHER_IMAGE_BYTES"] == "UINT32_C(4096)"
    assert found["WEATHER_IMAGE_CRC32"] == f"UINT32_C(0x{zlib.crc32(DATA):08X})"
    digest = bytes(int(value, 16) for value in re.findall(r"0x([0-9a-f]{2})\b", text))
    assert digest == hashlib.sha256(DATA).digest()


def compile_user(
    folder: Path, command: Sequence[str], text: str, *more: str
) -> subprocess.CompletedProcess[str]:
    made = job(ICON, FONT, PEM, NASTY)
    for artifact in EMITTERS["c_header"](made):
        (folder / artifact.path.name).write_bytes(artifact.data)
    source = folder / "user.c"
    source.write_text(text.replace("WEATHER_DIGEST_END", str(hashlib.sha256(DATA).digest()[31])))
    flags = ["-Wall", "-Wextra", "-Wconversion", "-Wundef", "-pedantic", "-Werror", "-I", str(folder)]
    flags += ["-I", str(find_runtime() / "src"), *more]
    return subprocess.run(
        [*command, *flags, str(source), "-o", str(folder / "user")],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ["gcc", "-std=c99"],
        ["gcc", "-std=c11"],
        ["g++", "-x", "c++", "-std=c++11"],
        ["g++", "-x", "c++", "-std=c++20"],
    ],
)
def test_the_headers_compile_without_a_warning_and_hold_what_they_say(
    tmp_path: Path, command: list[str]
) -> None:
    need_tool(command[0])
    result = compile_user(tmp_path, command, USER)
    assert result.stderr == ""
    assert subprocess.run([tmp_path / "user"], check=False).returncode == 0


def test_a_reader_of_another_major_version_is_refused_at_compile_time(tmp_path: Path) -> None:
    need_tool("gcc")
    wrong = '#include "imgb.h"\n#undef IMGB_FORMAT_MAJOR\n#define IMGB_FORMAT_MAJOR 2\n' + USER
    result = compile_user(tmp_path, ["gcc", "-std=c99"], wrong)
    assert result.returncode != 0
    assert "this header and its flash image are of format 1, imgb.h reads another one" in result.stderr


def test_a_name_cannot_break_out_of_its_comment() -> None:
    text = assets_header(job(NASTY))
    assert text.count("*/") == text.count("/*")
    assert '"a<2a>/b/<2a>c??/"<5c>": file' in text


def test_the_image_is_written_as_it_is() -> None:
    (artifact,) = EMITTERS["flash_file"](job())
    assert (artifact.path, artifact.data) == (Path("out/ext.bin"), DATA)


def coded(name: str, pixel_format: int, codec: Codec) -> EncodedAsset:
    return replace(ICON, name=name, key=zlib.crc32(name.encode()), pixel_format=pixel_format, codec=codec)


A8, RGB565, RGB565A8, ARGB8888, GRAY4 = 0x0E, 0x12, 0x14, 0x10, 0x43  # FORMAT.md


@pytest.mark.parametrize(
    ("assets", "needed"),
    [
        ((ICON, FONT, PEM), set()),
        ((coded("a", RGB565, Codec.LZ4), FONT), {"LZ4"}),
        ((coded("a", RGB565, Codec.RLE), coded("b", RGB565, Codec.LZ4)), {"RLE", "LZ4"}),
        ((coded("a", RGB565, Codec.RANGE_PIXELS),), {"RANGE", "RANGE_565"}),
        ((coded("a", RGB565A8, Codec.RANGE_PIXELS),), {"RANGE", "RANGE_565", "RANGE_ALPHA8"}),
        ((coded("a", ARGB8888, Codec.RANGE_PIXELS),), {"RANGE", "RANGE_8888", "RANGE_ALPHA8"}),
        ((coded("a", GRAY4, Codec.RANGE_PIXELS),), {"RANGE", "RANGE_GRAY4"}),
        ((coded("a", A8, Codec.RANGE_PIXELS), ICON), {"RANGE", "RANGE_ALPHA8"}),
        ((replace(coded("a", RGB565, Codec.LZ4), kind=Kind.ANIMATION),), {"LZ4"}),
        ((coded_font(4, 1),), {"GLYPH_RANGE", "GLYPH_GRAY", "GLYPH_LATIN"}),
        ((coded_font(2, 2),), {"GLYPH_RANGE", "GLYPH_GRAY", "GLYPH_CJK"}),
        ((coded_font(8, 255),), {"GLYPH_RANGE", "GLYPH_GRAY"}),
        ((coded_font(1, 3),), {"GLYPH_RANGE", "GLYPH_MONO", "GLYPH_MONO7"}),
        ((coded_font(1, 4),), {"GLYPH_RANGE", "GLYPH_MONO", "GLYPH_MONO10"}),
        ((coded_font(1, 255),), {"GLYPH_RANGE", "GLYPH_MONO"}),
    ],
)
def test_the_pack_tells_the_decoders_that_it_needs(
    assets: tuple[EncodedAsset, ...], needed: set[str]
) -> None:
    found = headers(job(*assets))
    told = {name for name in macros(found["include/weather_assets.h"]) if "_NEEDS_" in name}
    assert told == {f"WEATHER_NEEDS_{switch}" for switch in needed}
    switches = macros(found["include/weather_config.h"])
    assert {name for name, value in switches.items() if value == "1"} == {f"IMGB_CFG_{s}" for s in needed}
    assert {name for name, value in switches.items() if value == "0"} == {
        f"IMGB_CFG_{s}" for s in CODEC_SWITCHES if s not in needed
    }


def test_a_firmware_without_a_decoder_that_the_pack_needs_does_not_compile(tmp_path: Path) -> None:
    need_tool("gcc")
    for artifact in EMITTERS["c_header"](job(coded("a", RGB565A8, Codec.RANGE_PIXELS))):
        (tmp_path / artifact.path.name).write_bytes(artifact.data)
    source = tmp_path / "user.c"
    source.write_text('#include "weather_assets.h"\nint main(void) { return 0; }\n')
    include = ["-I", str(tmp_path), "-I", str(find_runtime() / "src"), "-Wundef", "-Werror"]

    def said(*options: str) -> str:
        command = ["gcc", "-std=c99", *include, *options, "-c", str(source), "-o", str(tmp_path / "user.o")]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    config = '-DIMGB_CFG_FILE="weather_config.h"'
    assert said() == ""
    assert said(config) == ""
    assert "the flash image needs IMGB_CFG_RANGE_565" in said("-DIMGB_CFG_RANGE_565=0")
    assert "the flash image needs IMGB_CFG_RANGE_ALPHA8" in said(config, "-DIMGB_CFG_RANGE_ALPHA8=0")
    assert said("-DIMGB_CFG_LZ4=0") == ""
