"""Reads the files out of a littlefs image: a small reader of our own, after littlefs' SPEC.md.

The littlefs C library, which wrote the image, is not asked: its assertions end the process on
hostile metadata, it looks every path up from the root again, and a writer and a reader of one
source would be wrong together. Layouts and numbers below are those of SPEC.md, disk version 2.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from imgbuild.errors import Place, fail
from imgbuild.units import format_bytes

MAGIC = b"littlefs"
_MAGIC_AT = 8
_BLOCK_SIZE_AT = 24
"""Of the superblock's inline struct in a compacted block: revision, tag, "littlefs", tag, version."""
_BLOCK_BYTES_MIN = 104
_DEPTH_MAX = 64
_FILES_MAX = 1 << 20

_NAME_FILE, _NAME_DIRECTORY, _NAME_SUPERBLOCK = 0x001, 0x002, 0x0FF
_STRUCT_DIRECTORY, _STRUCT_INLINE, _STRUCT_CTZ = 0x200, 0x201, 0x202
_SPLICE_CREATE, _SPLICE_DELETE = 0x401, 0x4FF
_TAIL_HARD = 0x601
_MOVE_STATE = 0x7FF
_ID_NONE = 0x3FF
_LENGTH_DELETED = 0x3FF


class _DamagedError(Exception):
    """A metadata block has no valid commit, or its log contradicts itself."""


@dataclass(slots=True)
class _Item:
    """One file or directory of a metadata pair."""

    kind: int = 0
    name: bytes = b""
    form: int = 0
    data: bytes = b""


@dataclass(slots=True)
class _Log:
    """What the valid commits of a metadata block add up to."""

    revision: int = 0
    items: list[_Item] = field(default_factory=list)
    tail: tuple[int, int] | None = None
    is_split: bool = False
    move_state: bytes = bytes(12)


@dataclass(frozen=True, slots=True)
class Filesystem:
    """A littlefs image: path (without the first slash) to content, sorted by path's bytes."""

    block_bytes: int
    block_count: int
    files: dict[str, bytes]


def is_littlefs(data: bytes | memoryview) -> bool:
    """Whether a superblock's magic stands in block 0, or in block 1 of a plausible block size."""
    return _find_block_bytes(memoryview(data).cast("B")) is not None


def read_littlefs(data: bytes | memoryview, place: Place) -> Filesystem:
    """Read every file. ``data`` may be longer than the filesystem.

    Raises IB601 (no superblock), IB602 (disk version), IB603 (shorter than the superblock says),
    IB604 (superblock), IB605 (directories) and IB607 (a file's blocks).
    """
    view = memoryview(data).cast("B")
    block_bytes = _find_block_bytes(view)
    if block_bytes is None:
        fail("IB601", "neither block 0 nor block 1 holds a littlefs superblock", place)
    return _Reader(view, block_bytes, place).read()


def _find_block_bytes(view: memoryview) -> int | None:
    """The block size, in bytes, that a superblock tells; block 1 counts only at that very offset."""
    for block_at in (0, *(1 << n for n in range(7, 24))):
        if view[block_at + _MAGIC_AT : block_at + _MAGIC_AT + len(MAGIC)] != MAGIC:
            continue
        told = int.from_bytes(view[block_at + _BLOCK_SIZE_AT : block_at + _BLOCK_SIZE_AT + 4], "little")
        if block_at in (0, told):
            return told
    return None


class _Reader:
    """Walks the list of metadata pairs, then the directories; every pair is visited once."""

    def __init__(self, view: memoryview, block_bytes: int, place: Place) -> None:
        self.view = view
        self.block_bytes = block_bytes
        self.block_count = len(view) // block_bytes if block_bytes else 0
        self.place = place
        self.logs: dict[tuple[int, int], _Log] = {}
        self.budget = len(view)
        self.hidden: tuple[tuple[int, int], int] | None = None

    def read(self) -> Filesystem:
        if not _BLOCK_BYTES_MIN <= self.block_bytes <= len(self.view):
            fail(
                "IB604",
                f"the littlefs superblock tells blocks of {self.block_bytes} bytes in an image of"
                f" {format_bytes(len(self.view))}",
                self.place,
            )
        root = self._read_superblock()
        self._load_moves()
        files = dict(self._walk(root))
        by_path = dict(sorted(files.items(), key=lambda item: item[0].encode("utf-8")))
        return Filesystem(self.block_bytes, self.block_count, by_path)

    # --- superblock and metadata pairs ---------------------------------------------------------

    def _read_superblock(self) -> tuple[int, int]:
        """Check version and size; the root directory is the last pair that names a superblock."""
        root = pair = (0, 1)
        visited = set()
        log = self._load(pair, "IB604", "superblock")
        if not _is_superblock(log):
            fail("IB604", "blocks 0 and 1 of the littlefs image hold no superblock entry", self.place)
        self._check_superblock(log.items[0].data)
        while _is_superblock(log):
            root = pair
            visited.add(pair)
            if log.tail is None or log.tail in visited:
                break
            pair = log.tail
            log = self._load(pair)
        return root

    def _check_superblock(self, data: bytes) -> None:
        words = [int.from_bytes(data[at : at + 4], "little") for at in (0, 4, 8)]
        version, block_bytes, block_count = words
        if version >> 16 != 2:
            fail(
                "IB602",
                f"littlefs disk version {version >> 16}.{version & 0xFFFF}, this reader knows 2.x",
                self.place,
            )
        if block_bytes != self.block_bytes or block_count < 2:
            fail(
                "IB604",
                f"the littlefs superblock tells {block_count} blocks of {block_bytes} bytes, its raw copy"
                f" blocks of {self.block_bytes} bytes",
                self.place,
            )
        if block_count > self.block_count:
            fail(
                "IB603",
                f"{format_bytes(len(self.view))}, but the littlefs superblock tells {block_count} blocks of"
                f" {block_bytes} bytes",
                self.place,
            )
        self.block_count = block_count

    def _load_moves(self) -> None:
        """Follow the whole list of pairs and hide what an interrupted move left behind."""
        state = bytes(12)
        pair: tuple[int, int] | None = (0, 1)
        visited = set()
        while pair is not None and pair not in visited:
            visited.add(pair)
            log = self._load(pair)
            state = _xor(state, log.move_state)
            pair = log.tail
        if pair is not None:
            fail(
                "IB605",
                f"littlefs directories return to blocks {pair[0]}, {pair[1]}",
                self.place,
            )
        words = [int.from_bytes(state[at : at + 4], "little") for at in (0, 4, 8)]
        if words[0] & 0x70000000:
            self.hidden = (min(words[1:]), max(words[1:])), (words[0] >> 10) & _ID_NONE

    def _load(self, pair: tuple[int, int], code: str = "IB605", what: str = "directory") -> _Log:
        """The newer of a pair's two blocks that holds a valid commit."""
        key = (min(pair), max(pair))
        if key in self.logs:
            return self.logs[key]
        logs = []
        for block in pair:
            try:
                logs.append(_parse_log(self._block(block)))
            except _DamagedError:
                continue
        if not logs:
            fail(code, f"littlefs {what} in blocks {pair[0]}, {pair[1]} has no valid commit", self.place)
        newest = logs[0]
        # revisions are compared as sequence numbers: they wrap around
        if len(logs) == 2 and 0 < (logs[1].revision - logs[0].revision) & 0xFFFFFFFF < 0x80000000:
            newest = logs[1]
        self.logs[key] = newest
        return newest

    def _block(self, block: int) -> memoryview:
        if block >= self.block_count:
            raise _DamagedError
        at = block * self.block_bytes
        return self.view[at : at + self.block_bytes]

    # --- directories and files -----------------------------------------------------------------

    def _walk(self, root: tuple[int, int]) -> Iterator[tuple[str, bytes]]:
        pending: list[tuple[tuple[int, int], str, int]] = [(root, "", 0)]
        visited: set[tuple[int, int]] = set()
        count = 0
        while pending:
            pair, prefix, depth = pending.pop()
            for item in self._list(pair, visited):
                count += 1
                if count > _FILES_MAX or depth > _DEPTH_MAX:
                    fail(
                        "IB605",
                        f"more than {_FILES_MAX} files or {_DEPTH_MAX} levels of them",
                        self.place,
                    )
                path = prefix + self._decode(item.name)
                if item.kind == _NAME_DIRECTORY and item.form == _STRUCT_DIRECTORY and len(item.data) == 8:
                    pending.append((_read_pair(item.data), path + "/", depth + 1))
                elif item.kind == _NAME_FILE:
                    yield path, self._content(item, path)
                else:
                    fail("IB605", f'littlefs entry "{path}" is neither a file nor a directory', self.place)

    def _list(self, pair: tuple[int, int], visited: set[tuple[int, int]]) -> Iterator[_Item]:
        """The items of a directory, which may go on in further pairs (hard tails)."""
        following: tuple[int, int] | None = pair
        while following is not None:
            key = (min(following), max(following))
            if key in visited:
                fail("IB605", f"littlefs blocks {key[0]}, {key[1]} belong to two directories", self.place)
            visited.add(key)
            log = self._load(following)
            for number, item in enumerate(log.items):
                if item.kind != _NAME_SUPERBLOCK and self.hidden != (key, number):
                    yield item
            following = log.tail if log.is_split else None

    def _decode(self, name: bytes) -> str:
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if text in ("", ".", "..") or "/" in text or "\0" in text:
            fail("IB605", f"littlefs holds the file name {name!r}, which no path can hold", self.place)
        return text

    def _content(self, item: _Item, path: str) -> bytes:
        if item.form == _STRUCT_INLINE:
            content = item.data
        elif item.form == _STRUCT_CTZ and len(item.data) == 8:
            head, size = _read_pair(item.data)
            content = self._read_ctz(head, size, path) if size <= self.budget else b""
            if size > self.budget:
                fail("IB605", f'"{path}" has {size} bytes, more than its image holds', self.place)
        else:
            fail("IB605", f'littlefs file "{path}" has no content', self.place)
        self.budget -= len(content)
        return content

    def _read_ctz(self, head: int, size: int, path: str) -> bytes:
        """A file's blocks: block n starts with ctz(n) + 1 pointers, the first one to block n - 1."""
        spans: list[tuple[int, int]] = []
        left = size
        while left > 0:
            pointers = 4 * _count_pointers(len(spans))
            spans.append((pointers, min(left, self.block_bytes - pointers)))
            left -= spans[-1][1]
        parts = []
        block = head
        for pointers, length in reversed(spans):
            try:
                data = self._block(block)
            except _DamagedError:
                fail(
                    "IB607",
                    f'"{path}" points at block {block} of {self.block_count}',
                    self.place,
                )
            parts.append(data[pointers : pointers + length])
            block = int.from_bytes(data[:4], "little")
        return b"".join(reversed(parts))


def _count_pointers(n: int) -> int:
    return (n & -n).bit_length() if n else 0


def _is_superblock(log: _Log) -> bool:
    first = log.items[0] if log.items else None
    return (
        first is not None
        and first.kind == _NAME_SUPERBLOCK
        and first.name == MAGIC
        and first.form == _STRUCT_INLINE
        and len(first.data) >= 12
    )


def _read_pair(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _parse_log(block: memoryview) -> _Log:
    """Replay the commits of a metadata block up to the last one whose CRC fits.

    A tag is a big-endian word, xored with the tag before it: valid bit, 11 bits of type, 10 of id,
    10 of length. A commit's CRC-32 (zlib's without the final xor) covers everything since the last.
    """
    log = _Log(revision=int.from_bytes(block[:4], "little"))
    pending: list[tuple[int, int, bytes]] = []
    at, previous, start = 4, 0xFFFFFFFF, 0
    while at + 4 <= len(block):
        tag = int.from_bytes(block[at : at + 4], "big") ^ previous
        kind, number, length = tag >> 20 & 0x7FF, tag >> 10 & 0x3FF, tag & 0x3FF
        size = 0 if length == _LENGTH_DELETED else length
        if tag >> 31 or at + 4 + size > len(block):
            break
        previous = tag
        data = bytes(block[at + 4 : at + 4 + size])
        if kind & 0x780 == 0x500:
            stored = int.from_bytes(data[:4], "little")
            if size < 4 or stored != zlib.crc32(block[start : at + 4]) ^ 0xFFFFFFFF:
                break
            if not all(_apply(log, *change) for change in pending):
                raise _DamagedError
            pending.clear()
            previous ^= (kind & 1) << 31
            start = at + 4 + size
        else:
            pending.append((kind, number, data))
        at += 4 + size
    if start == 0:
        raise _DamagedError
    return log


def _apply(log: _Log, kind: int, number: int, data: bytes) -> bool:
    """Apply one tag to the log; false if it contradicts the log so far."""
    group = kind >> 8
    if kind == _SPLICE_CREATE and number <= len(log.items):
        log.items.insert(number, _Item())
    elif kind == _SPLICE_DELETE and number < len(log.items):
        del log.items[number]
    elif group in (0, 2) and number != _ID_NONE:
        # compaction leaves out "create" tags and may write a later id first
        while len(log.items) <= number:
            log.items.append(_Item())
        item = log.items[number]
        if group == 0:
            item.kind, item.name = kind, data
        else:
            item.form, item.data = kind, data
    elif group == 6 and len(data) == 8:
        pair = _read_pair(data)
        log.tail = None if pair == (0xFFFFFFFF, 0xFFFFFFFF) else pair
        log.is_split = kind == _TAIL_HARD
    elif kind == _MOVE_STATE and len(data) == 12:
        log.move_state = data
    else:
        return group in (1, 3, 5)
    return True
