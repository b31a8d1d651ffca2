"""A firmware's Makefile that takes IMGBUILD_CFLAGS links the decoders that its image needs, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from firmware.example import REPOSITORY, require_tools
from PIL import Image

MAKEFILE = """
IMGBUILD_MANIFEST := manifest.yaml
IMGBUILD_OUT := build/ext.bin
all: build/firmware
include $(shell $(IMGBUILD) path)/imgbuild.mk
OBJECTS := $(patsubst %.c,build/%.o,$(notdir main.c $(IMGBUILD_SRCS)))
vpath %.c . $(IMGBUILD_RUNTIME)/src
$(OBJECTS): | $(IMGBUILD_HEADERS)
build/%.o: %.c
	gcc -std=c99 -Os -ffunction-sections -fdata-sections -Wall -Werror $(IMGBUILD_CFLAGS) -MMD -c $< -o $@
build/firmware: $(OBJECTS)
	gcc -Wl,--gc-sections $(OBJECTS) -o $@
-include $(OBJECTS:.o=.d)
"""
MAIN = """
#include "w_assets.h"
int main(void) {
  static uint32_t work[IMGB_WORK_BYTES(W_MAX_STRIP_BYTES) / 4u + 1u];
  imgb_io_t io = {0};
  imgb_pack_t pack;
  imgb_asset_t asset;
  imgb_bitmap_t bitmap;
  imgb_rows_t rows;
  const uint8_t *row, *alpha;
  int r = imgb_open(&pack, &io, W_PACK_ID);
  if (r == IMGB_OK) r = imgb_get(&pack, W_PICTURE, &asset);
  if (r == IMGB_OK) r = imgb_bitmap_open(&asset, &bitmap);
  if (r == IMGB_OK) r = imgb_rows_begin(&rows, &bitmap, work, sizeof work);
  if (r == IMGB_OK) r = imgb_rows_get(&rows, 0, &row, &alpha);
  return r == IMGB_OK ? 0 : 1;
}
"""
DECODERS = {
    "lz4": {"imgb_lz4_decode"},
    "rle": {"imgb_rle_decode"},
    "range, rgb565": {"imgb_range_strip", "imgb_range_decode_565", "imgb_range_colour565"},
    "range, alpha": {"imgb_range_decode_alpha8", "imgb_range_alpha8"},
    "range, rgb888": {"imgb_range_decode_8888", "imgb_range_colour888"},
    "range, others": {"imgb_range_decode_indexed", "imgb_range_gray8", "imgb_range_alpha4"},
}
"""Functions and tables that a decoder leaves in a program."""


def make(folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    environment["PYTHONPATH"] = str(REPOSITORY)
    command = ["make", "-C", str(folder), f"IMGBUILD={sys.executable} -m imgbuild", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr)
    return done.stdout


def linked(folder: Path, codec: str, pixel_format: str, *arguments: str) -> set[str]:
    """The decoders in a firmware for a picture of one codec."""
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "main.c").write_text(MAIN)
    ramp = np.arange(24, dtype=np.uint8)
    planes = [ramp * 9, ramp[:, None] * 7, ramp * 3, ramp[:, None] * 10]
    pixels = np.stack(np.broadcast_arrays(*planes), -1)
    Image.fromarray(pixels[..., : 4 if pixel_format == "rgb565a8" else 3]).save(folder / "picture.png")
    (folder / "manifest.yaml").write_text(
        "version: 1\nname: w\nflash: {chip: w25q64jv}\ndisplay: {pixel_format: rgb565}\nassets:\n"
        f"  - {{image: picture.png, codec: {codec}, pixel_format: {pixel_format}}}\n"
    )
    make(folder, *arguments)
    nm = subprocess.run(
        ["nm", str(folder / "build" / "firmware")], capture_output=True, text=True, check=True
    ).stdout
    symbols = {line.split()[-1] for line in nm.splitlines()}
    for decoder, names in DECODERS.items():
        assert names <= symbols or not names & symbols, (decoder, names & symbols)
    return {decoder for decoder, names in DECODERS.items() if names <= symbols}


@pytest.fixture(autouse=True)
def _tools() -> None:
    require_tools("make", "gcc", "nm")


@pytest.mark.parametrize(
    ("codec", "pixel_format", "decoders"),
    [
        ("raw", "rgb565", set()),
        ("lz4", "rgb565", {"lz4"}),
        ("rle", "rgb565", {"rle"}),
        ("range", "rgb565", {"range, rgb565"}),
        ("range", "rgb565a8", {"range, rgb565", "range, alpha"}),
    ],
)
def test_a_pack_links_the_decoders_that_it_uses(
    tmp_path: Path, codec: str, pixel_format: str, decoders: set[str]
) -> None:
    assert linked(tmp_path, codec, pixel_format) == decoders


def test_another_codec_compiles_the_reader_again(tmp_path: Path) -> None:
    assert linked(tmp_path, "lz4", "rgb565") == {"lz4"}
    assert linked(tmp_path, "range", "rgb565") == {"range, rgb565"}


def test_an_empty_configuration_keeps_every_decoder(tmp_path: Path) -> None:
    assert linked(tmp_path, "lz4", "rgb565", "IMGBUILD_CONFIG=") == set(DECODERS)
