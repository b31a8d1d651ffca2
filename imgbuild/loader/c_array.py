"""A flash image as C arrays, one chunk for each upload of a loader sketch (``c_runtime/loader/sketch``)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from imgbuild.errors import Place, fail
from imgbuild.model import Artifact, FlashTarget, ProgramMemory
from imgbuild.runtime import find_runtime
from imgbuild.units import align_down, align_up, format_bytes

LOADER_BYTES = 8 * 1024
"""Program memory left for the loader, the driver and the bus functions; they take about 4 KB."""
CHUNKS_MAX = 999
_COLUMNS = 16
_SOURCES = (
    "loader/sketch/loader.c",
    "loader/sketch/loader.h",
    "src/imgb_nor.c",
    "src/imgb_nor.h",
    "src/imgb.h",
)
"""What makes the folder complete beside the chunks."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of an image. ``number`` counts from 1, ``offset_bytes`` from the image's first byte."""

    number: int
    offset_bytes: int
    data: bytes

    @property
    def crc32(self) -> int:
        """CRC-32 of the bytes, as zlib's."""
        return zlib.crc32(self.data)


def choose_chunk_bytes(memory: ProgramMemory | None, erase_bytes: int, board: str | None) -> int:
    """The largest multiple of an erase block for which a program has room; IB750 where that is not known.

    Raises IB752 if not even one block fits.
    """
    if memory is None:
        what = f"board '{board}' gives no 'program_memory'" if board else "no board is named"
        hint = "say how much constant data one upload may carry, such as --chunk 64K"
        fail("IB750", f"--chunk auto needs the size of the program memory, and {what}", hint=hint)
    room = memory.size_bytes - memory.used_bytes - LOADER_BYTES
    size = align_down(max(room, 0), erase_bytes)
    if size == 0:
        message = (
            f"{format_bytes(max(room, 0))} of program memory are left for a chunk, "
            f"the smallest one is an erase block of {format_bytes(erase_bytes)}"
        )
        fail("IB752", message, hint="use another way: 'imgbuild boards' lists them")
    return size


def check_chunk_bytes(chunk_bytes: int, erase_bytes: int, memory: ProgramMemory | None) -> None:
    """IB751 where chunks would not begin on erase blocks, IB752 where the program memory is too small."""
    if chunk_bytes == 0 or chunk_bytes % erase_bytes:
        low, high = align_down(chunk_bytes, erase_bytes), align_up(max(chunk_bytes, 1), erase_bytes)
        sizes = " or ".join(format_bytes(size) for size in (low, high) if size)
        message = (
            f"--chunk {format_bytes(chunk_bytes)} is no multiple of the erase block of "
            f"{format_bytes(erase_bytes)}"
        )
        fail("IB751", message, hint=f"take {sizes}")
    if memory is not None and chunk_bytes > memory.size_bytes - LOADER_BYTES:
        message = (
            f"a chunk of {format_bytes(chunk_bytes)} with a program of {format_bytes(LOADER_BYTES)} does not "
            f"fit the program memory of {format_bytes(memory.size_bytes)}"
        )
        fail("IB752", message, hint="take smaller chunks, or --chunk auto")


def cut_chunks(data: bytes, chunk_bytes: int, erase_bytes: int) -> list[Chunk]:
    """``data`` in pieces of ``chunk_bytes``, the last filled with 0xFF to an erase block; IB753: too many."""
    data = data.ljust(align_up(len(data), erase_bytes), b"\xff")
    count = -(-len(data) // chunk_bytes)
    if count > CHUNKS_MAX:
        message = f"{format_bytes(len(data))} make {count} chunks, and each is an upload of its own"
        fail("IB753", message, hint=f"expected at most {CHUNKS_MAX}: take larger chunks")
    starts = range(0, len(data), chunk_bytes)
    return [Chunk(n, at, data[at : at + chunk_bytes]) for n, at in enumerate(starts, 1)]


def write_sketch(chunks: list[Chunk], target: FlashTarget, folder: Path, place: Place) -> list[Artifact]:
    """The files of a loader sketch: the chunks, their list, the loader and the driver. IB405: no room."""
    total = sum(len(chunk.data) for chunk in chunks)
    region = target.region
    if total > region.size_bytes:
        message = (
            f"whole erase blocks of the image are {format_bytes(total)}, "
            f"the region holds {format_bytes(region.size_bytes)}"
        )
        fail("IB405", message, place)
    image_crc = zlib.crc32(b"".join(chunk.data for chunk in chunks))
    texts = {
        "chunks.h": _header(chunks, image_crc),
        "chunks.c": _list(chunks, target, total),
        **{f"chunk_{chunk.number:03}.c": _chunk_file(chunk, len(chunks), image_crc) for chunk in chunks},
    }
    runtime = find_runtime()
    sources = {Path(name).name: (runtime / name).read_bytes() for name in _SOURCES}
    files = {**{name: text.encode() for name, text in texts.items()}, **sources}
    return [Artifact(folder / name, content) for name, content in sorted(files.items())]


def _header(chunks: list[Chunk], image_crc: int) -> str:
    return f"""\
/* chunks.h - a flash image in {len(chunks)} chunks, one for each upload. Written by imgbuild: do not edit,
 * but for the number in the line "#define IMGB_CHUNK 1" where your tools cannot say -DIMGB_CHUNK=2. */
#ifndef IMGB_CHUNKS_H
#define IMGB_CHUNKS_H

#include "loader.h"

#define IMGB_CHUNK_COUNT {len(chunks)}
#define IMGB_CHUNKS_IMAGE 0x{image_crc:08X} /* CRC-32 of the image */

#ifndef IMGB_CHUNK
#define IMGB_CHUNK 1 /* which one this program carries */
#endif
#if IMGB_CHUNK < 1 || IMGB_CHUNK > IMGB_CHUNK_COUNT
#error "IMGB_CHUNK counts from 1 to IMGB_CHUNK_COUNT"
#endif

#ifdef __cplusplus
extern "C" {{
#endif
extern const uint8_t imgb_chunk_data[];
extern const imgb_chunks_t imgb_chunks;
#ifdef __cplusplus
}}
#endif
#endif
"""


def _list(chunks: list[Chunk], target: FlashTarget, total_bytes: int) -> str:
    rows = "\n".join(
        f"    {{0x{chunk.offset_bytes:08X}, {len(chunk.data)}, 0x{chunk.crc32:08X}}}," for chunk in chunks
    )
    return f"""\
/* chunks.c - what chunk lies where. Written by imgbuild: do not edit. */
#include "chunks.h"

static const imgb_chunk_t LIST[IMGB_CHUNK_COUNT] = {{
{rows}
}};

const imgb_chunks_t imgb_chunks = {{
    LIST,
    IMGB_CHUNK_COUNT,
    IMGB_CHUNK,
    imgb_chunk_data,
    0x{target.region.offset_bytes:08X}, /* where the image begins on the chip */
    {total_bytes},
    IMGB_CHUNKS_IMAGE,
    0x{jedec_number(target.chip.jedec_id):06X}, /* JEDEC id: {target.chip.title} */
}};
"""


def _chunk_file(chunk: Chunk, count: int, image_crc: int) -> str:
    rows = [chunk.data[at : at + _COLUMNS].hex(",") for at in range(0, len(chunk.data), _COLUMNS)]
    array = "\n".join("  0x" + row.replace(",", ",0x") + "," for row in rows)
    return f"""\
/* chunk_{chunk.number:03}.c - chunk {chunk.number} of {count}. Written by imgbuild: do not edit.
 * offset 0x{chunk.offset_bytes:08X} from the image's first byte
 * {len(chunk.data)} bytes, CRC-32 0x{chunk.crc32:08X} */
#include "chunks.h"

#if IMGB_CHUNK == {chunk.number}
#if IMGB_CHUNKS_IMAGE != 0x{image_crc:08X}
#error "this chunk is of another image than chunks.h: take both from one run"
#endif
const uint8_t imgb_chunk_data[{len(chunk.data)}] = {{
{array}
}};
#endif
"""


def jedec_number(jedec_id: str) -> int:
    """The first three bytes of ``EF 40 17`` as a number; 0 where one of them is not known."""
    parts = jedec_id.split()[:3]
    if len(parts) < 3 or "??" in parts:
        return 0
    return int("".join(parts), 16)
