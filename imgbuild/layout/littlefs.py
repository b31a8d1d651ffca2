"""The littlefs container (FORMAT.md, section 7), written with the littlefs library itself.

The bytes depend on the order of writes, so there is one order: folders first, then files by
descending path. Descending, since littlefs keeps a folder's names sorted along a chain of metadata
pairs and walks it from the front: each new name then belongs into the first pair, and 2,000 files
take a tenth of a second instead of six.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from littlefs import LFSConfig, LittleFS, LittleFSError, UserContext, lfs

from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, fail
from imgbuild.layout.index import ENTRY_BYTES, crc8, pack_entry
from imgbuild.model import EncodedAsset, Kind
from imgbuild.units import align_up, format_bytes

BLOCK_BYTES_MIN = 128
"""The smallest block that littlefs accepts (lfs.h)."""
PROGRAM_BYTES = 16
"""Commits are padded to this: any device whose prog_size divides it appends without a compaction."""
NAME_BYTES_MAX = 255
"""LFS_NAME_MAX of an unchanged lfs.h; a longer name could be mounted nowhere."""
NAME_BYTES_COMMON = 64
"""Stored as the filesystem's name_max. A driver refuses a disk whose name_max is above its own, and
some builds of littlefs (ESP-IDF's default among them) are made for names of 64 bytes."""
PACK_SUFFIX = ".imgb"

_FORBIDDEN = frozenset(("", ".", ".."))
_GROWTHS_MAX = 8


@dataclass(frozen=True, slots=True)
class LittlefsImage:
    """A filesystem that fills its region; ``used_bytes`` counts whole blocks."""

    data: bytes
    used_bytes: int
    disk_version: tuple[int, int]


class _Memory(UserContext):
    """The block device that littlefs-python calls: a buffer, without the library's logging."""

    def __init__(self, block_bytes: int, block_count: int) -> None:
        super().__init__(buffer=bytearray(b"\xff") * (block_bytes * block_count))
        self._block_bytes = block_bytes
        self._blank = b"\xff" * block_bytes

    def read(self, cfg: LFSConfig, block: int, off: int, size: int) -> bytearray:  # noqa: ARG002
        start = block * self._block_bytes + off
        return self.buffer[start : start + size]

    def prog(self, cfg: LFSConfig, block: int, off: int, data: bytes) -> int:  # noqa: ARG002
        start = block * self._block_bytes + off
        self.buffer[start : start + len(data)] = data
        return 0

    def erase(self, cfg: LFSConfig, block: int) -> int:  # noqa: ARG002
        start = block * self._block_bytes
        self.buffer[start : start + self._block_bytes] = self._blank
        return 0


def list_files(assets: Sequence[EncodedAsset], place: Place | None = None) -> dict[str, bytes]:
    """Path (without the first slash) and content of every file of ``layout: files``.

    Raises BuildError with IB411 for every name that a path cannot be, and for a bare file that a
    reader would take for an entry.
    """
    found = Diagnostics()
    files: dict[str, bytes] = {}
    for asset in assets:
        if asset.kind is Kind.FILE:
            files[asset.name] = asset.payload
            if _looks_like_entry(asset):
                message = f'file "{asset.name}" starts with 32 bytes that read as an index entry of that name'
                found.error("IB411", message, place, "give the asset another name", asset.name)
        else:
            files[asset.name] = pack_entry(asset, ENTRY_BYTES, 0, 0) + asset.payload
    _check_paths(files, place, found)
    found.raise_if_errors()
    return files


def _looks_like_entry(asset: EncodedAsset) -> bool:
    head = asset.payload[:ENTRY_BYTES]
    key = zlib.crc32(asset.name.encode())
    return len(head) == ENTRY_BYTES and crc8(head[:-1]) == head[-1] and head[:4] == key.to_bytes(4, "little")


def _check_paths(files: Mapping[str, bytes], place: Place | None, found: Diagnostics) -> None:
    folders = _folders_of(files)
    for path in sorted(files):
        parts = path.split("/")
        longest = max(len(part.encode()) for part in parts)
        if path in folders:
            inside = min(other for other in files if other.startswith(path + "/"))
            message = f'asset "{path}" would be a file, and the folder of "{inside}"'
            found.error("IB411", message, place, "rename one of the two", path)
        if _FORBIDDEN.intersection(parts):
            message = f'asset "{path}" has an empty part, "." or ".." in its name; no path in littlefs has'
            found.error("IB411", message, place, "rename it", path)
        if longest > NAME_BYTES_MAX:
            message = f'"{path}" has a part of {longest} bytes; littlefs holds names to {NAME_BYTES_MAX}'
            found.error("IB411", message, place, "rename it", path)


def _folders_of(paths: Mapping[str, bytes]) -> set[str]:
    folders: set[str] = set()
    for path in paths:
        parts = path.split("/")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return folders


def build_littlefs(
    files: Mapping[str, bytes], *, erase_bytes: int, region_bytes: int, place: Place | None = None
) -> LittlefsImage:
    """A littlefs that fills ``region_bytes`` in blocks of ``erase_bytes`` and holds ``files``.

    ``files`` maps paths without a first slash to contents; their order does not matter. Raises
    BuildError with IB409 if they do not fit, IB411 if a path cannot be stored.
    """
    found = Diagnostics()
    _check_paths(files, place, found)
    found.raise_if_errors()
    if erase_bytes < BLOCK_BYTES_MIN or region_bytes < 2 * erase_bytes:
        fail(
            "IB409",
            f"littlefs needs two blocks of at least {BLOCK_BYTES_MIN} B; the region has"
            f" {format_bytes(region_bytes)} in erase blocks of {format_bytes(erase_bytes)}",
            place,
            "choose a larger region, or container: flat",
        )
    image = _write_files(files, erase_bytes, region_bytes // erase_bytes)
    if image is None:
        raise BuildError(_explain_full(files, erase_bytes, region_bytes, place))
    return image


def _explain_full(
    files: Mapping[str, bytes], erase_bytes: int, region_bytes: int, place: Place | None
) -> Diagnostic:
    """IB409 with the room that a larger littlefs would have taken."""
    content = sum(map(len, files.values()))
    room, needed = max(region_bytes, align_up(content, erase_bytes)), ""
    for _ in range(_GROWTHS_MAX):
        room *= 2
        grown = _write_files(files, erase_bytes, room // erase_bytes)
        if grown is not None:
            needed = f" and take {format_bytes(grown.used_bytes)} in littlefs blocks"
            break
    biggest = sorted(files, key=lambda path: (-len(files[path]), path))[:5]
    named = ", ".join(f'"{path}" {format_bytes(len(files[path]))}' for path in biggest)
    return Diagnostic(
        "IB409",
        f"{len(files)} files hold {format_bytes(content)}{needed}; the region has"
        f" {format_bytes(region_bytes)} in blocks of {format_bytes(erase_bytes)}",
        place,
        f"biggest: {named}; many small files take less room in one pack (layout: pack, or container: flat)",
    )


def _write_files(files: Mapping[str, bytes], block_bytes: int, block_count: int) -> LittlefsImage | None:
    """The image, or None if it is full."""
    memory = _Memory(block_bytes, block_count)
    longest = max((len(part.encode()) for path in files for part in path.split("/")), default=0)
    # Caches of a block and a look-ahead over the whole disk cost nothing here and leave no trace in
    # the bytes; prog_size, name_max and the (default) inline_max do.
    filesystem = LittleFS(
        context=memory,
        mount=False,
        block_size=block_bytes,
        block_count=block_count,
        read_size=block_bytes,
        prog_size=PROGRAM_BYTES,
        cache_size=block_bytes,
        lookahead_size=align_up(-(-block_count // 8), 8),
        block_cycles=-1,
        name_max=max(NAME_BYTES_COMMON, longest),
    )
    try:
        filesystem.format()
        filesystem.mount()
        for folder in _order_folders(_folders_of(files)):
            filesystem.mkdir(folder)
        for path in sorted(files, key=str.encode, reverse=True):
            handle = lfs.file_open(filesystem.fs, path, "wb")
            lfs.file_write(filesystem.fs, handle, files[path])
            lfs.file_close(filesystem.fs, handle)
        used_bytes = filesystem.used_block_count * block_bytes
        version = filesystem.fs_stat().disk_version
        filesystem.unmount()
    except LittleFSError as error:
        if error.code == LittleFSError.Error.LFS_ERR_NOSPC:
            return None
        raise
    return LittlefsImage(bytes(memory.buffer), used_bytes, (version >> 16, version & 0xFFFF))


def _order_folders(folders: set[str]) -> list[str]:
    """Parents before children; among equals by descending name."""
    descending = sorted(folders, key=str.encode, reverse=True)
    return sorted(descending, key=lambda folder: folder.count("/"))
