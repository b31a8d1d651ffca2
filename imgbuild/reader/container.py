"""One face for every container: a flat pack, a pack in littlefs, one file per asset in littlefs."""

from __future__ import annotations

import bisect
import difflib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.inputs import read_input
from imgbuild.model import Codec, Kind
from imgbuild.reader.bitmap import Bitmap
from imgbuild.reader.littlefs import Filesystem, is_littlefs, read_littlefs
from imgbuild.reader.pack import (
    ENTRY_BYTES,
    HEADER_BYTES,
    MAGIC,
    NO_VARIANT,
    Entry,
    Header,
    Pack,
    open_pack,
    read_bare_entry,
)

FLAT = "flat"
LITTLEFS_FILES = "littlefs files"
LITTLEFS_PACK = "littlefs pack"
_PACK_SUFFIX = ".imgb"
_LVGL_SUFFIX = ".bin"


@dataclass(frozen=True, slots=True)
class Image:
    """An opened flash image.

    ``container`` is ``flat``, ``littlefs files`` or ``littlefs pack``; ``assets`` are sorted by the
    bytes of their names; ``pack`` and ``header`` are None without a pack, ``block_bytes`` and
    ``block_count`` 0 outside littlefs; ``pack_path`` names the pack's file in littlefs.
    """

    container: str
    place: Place
    size_bytes: int
    assets: tuple[Entry, ...]
    pack: Pack | None
    block_bytes: int = 0
    block_count: int = 0
    pack_path: str = ""
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    together: dict[tuple[str, int, int], Bitmap] = field(default_factory=dict, repr=False)
    """Bitmaps whose rows verification has decoded together, by file, offset and stored bytes."""

    @property
    def header(self) -> Header | None:
        """The pack's header, None where there is no pack."""
        return self.pack.header if self.pack else None

    def find(self, name: str) -> Entry:
        """The asset of this name, looked up as a device does; IB611 with near names if there is none."""
        entry = self._by_name(name) or self._find_variant(name)
        if entry is None:
            near = difflib.get_close_matches(name, [self.label(asset) for asset in self.assets], 1)
            hint = f'did you mean "{near[0]}"?' if near else None
            fail("IB611", f'no asset is named "{name}"', self.place, hint)
        return entry

    def select(self, name: str, variant: str) -> Entry:
        """The variant of an asset, or the asset itself if it lacks it; IB611 without the asset."""
        return self._find_variant(name_variant(name, variant)) or self.find(name)

    def split(self, asset: Entry) -> tuple[str, str]:
        """The name that an asset is looked up by, and of a variant the variant's name ("": it is none)."""
        if self.pack is None:
            return self._split_path(asset)
        if not asset.variant:
            return asset.name, ""
        names, number = self.pack.variants, asset.variant
        return asset.name, names[number - 1] if number <= len(names) else str(number)

    def _split_path(self, asset: Entry) -> tuple[str, str]:
        """FORMAT.md 3.4, last paragraph: the shortest name that is an asset's of the same kind."""
        for base, variant in _splits(asset.name):
            other = self._by_name(base)
            if other is not None and other.kind == asset.kind:
                return base, variant
        return asset.name, ""

    def label(self, asset: Entry) -> str:
        """The asset's name; of a variant ``name@variant``, which :meth:`find` takes, too."""
        name, variant = self.split(asset)
        return name_variant(name, variant) if variant else name

    def _by_name(self, name: str) -> Entry | None:
        """The asset of this name that is no variant of a pack, looked up as a device does."""
        raw = name.encode("utf-8", "surrogatepass")
        if self.pack is not None:
            entry = self.pack.by_slot.get(self.pack.slot_of(zlib.crc32(raw)))
        else:
            at = bisect.bisect_left(self.assets, raw, key=_sort_key)
            entry = self.assets[at] if at < len(self.assets) else None
        return entry if entry is not None and entry.name == name else None

    def _find_variant(self, label: str) -> Entry | None:
        if self.pack is None:
            return self._by_name(label)
        for name, variant in _splits(label):
            base = self._by_name(name)
            if base is not None and variant in self.pack.variants:
                number = self.pack.variants.index(variant) + 1
                found = self.pack.select(base, number)
                if found.variant == number:
                    return found
        return None

    def payload(self, asset: Entry) -> memoryview:
        """The stored bytes of one of :attr:`assets`, neither checked nor copied."""
        if self.pack is not None:
            return self.pack.payload(asset)
        return memoryview(self.files[asset.name])[asset.offset : asset.offset + asset.stored_bytes]

    def checked_payload(self, asset: Entry) -> memoryview:
        """The same once its CRC-32 fits; IB607 if it does not."""
        payload = self.payload(asset)
        crc, name = zlib.crc32(payload), self.label(asset)
        if crc != asset.crc32:
            message = f'"{name}": payload CRC-32 is 0x{crc:08X}, the index says 0x{asset.crc32:08X}'
            fail("IB607", message, self.place, asset=name)
        return payload


def open_image(
    source: Path | bytes | memoryview,
    place: Place | None = None,
    *,
    damage: Diagnostics | None = None,
    layout: str | None = None,
) -> Image:
    """Recognise the container and read its index; payloads are not looked at.

    ``layout`` (``files`` or ``pack``) settles what a littlefs image with a single ``.imgb`` file is;
    by default such a file is taken as the pack. Raises IB601..IB606, IB609, IB610 and, for a path
    that cannot be read, IB612; what concerns single entries goes to ``damage`` if that is given.
    """
    if isinstance(source, Path):
        place = place or Place(str(source))
        data: bytes | memoryview = _read_file(source, place)
    else:
        place = place or Place("flash image")
        data = source
    view = memoryview(data).cast("B")
    if view[: len(MAGIC)] != MAGIC and is_littlefs(view):
        return _open_littlefs(view, place, damage, layout)
    if view[: len(MAGIC)] != MAGIC and bytes(view[:HEADER_BYTES]).strip(b"\xff"):
        fail(
            "IB601",
            f"starts with {bytes(view[:4]).hex(' ')}: neither a pack ({MAGIC.hex(' ')}, IMGB) nor a"
            " littlefs image",
            place,
        )
    pack = open_pack(view, place, damage)
    return Image(FLAT, place, len(view), _sort(pack.entries), pack)


def _read_file(path: Path, place: Place) -> bytes:
    try:
        return read_input(path)
    except OSError as error:
        fail("IB612", f"cannot be read: {error.strerror or error}", place)


def name_variant(name: str, variant: str) -> str:
    """``name@variant``, a final ``.bin`` kept at the end (FORMAT.md 3.4)."""
    stem = name.removesuffix(_LVGL_SUFFIX)
    return f"{stem}@{variant}{name[len(stem) :]}"


def _splits(label: str) -> Iterator[tuple[str, str]]:
    """Every (name, variant) that :func:`name_variant` makes ``label`` of, the shortest name first."""
    suffix = _LVGL_SUFFIX if label.endswith(_LVGL_SUFFIX) else ""
    stem = label[: len(label) - len(suffix)]
    for at, character in enumerate(stem):
        if character == "@" and at + 1 < len(stem):
            yield stem[:at] + suffix, stem[at + 1 :]


def _sort(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (_sort_key(entry), entry.variant)))


def _sort_key(entry: Entry) -> bytes:
    return entry.name.encode("utf-8")


def _open_littlefs(view: memoryview, place: Place, damage: Diagnostics | None, layout: str | None) -> Image:
    filesystem = read_littlefs(view, place)
    paths = list(filesystem.files)
    is_alone = len(paths) == 1 and paths[0].endswith(_PACK_SUFFIX)
    if layout == "pack" or (layout is None and is_alone):
        if not is_alone:
            fail("IB601", f"littlefs image of {len(paths)} files, expected a single *{_PACK_SUFFIX}", place)
        inner = Place(f"{place.path}:/{paths[0]}")
        pack = open_pack(filesystem.files[paths[0]], inner, damage)
        container, assets, pack_path = LITTLEFS_PACK, _sort(pack.entries), paths[0]
        return Image(
            container,
            place,
            len(view),
            assets,
            pack,
            filesystem.block_bytes,
            filesystem.block_count,
            pack_path,
        )
    found = Diagnostics()
    assets = _read_assets(filesystem, place, found)
    if damage is None:
        found.raise_if_errors()
    else:
        damage.extend(found.items)
    return Image(
        LITTLEFS_FILES,
        place,
        len(view),
        assets,
        None,
        filesystem.block_bytes,
        filesystem.block_count,
        "",
        filesystem.files,
    )


def _read_assets(filesystem: Filesystem, place: Place, found: Diagnostics) -> tuple[Entry, ...]:
    assets = []
    for slot, (path, content) in enumerate(filesystem.files.items()):
        key = zlib.crc32(path.encode("utf-8"))
        stored = len(content)
        entry = Entry(
            path, key, Kind.FILE, 0, stored, zlib.crc32(content), 0, 0, 0, Codec.RAW, 0, 0, NO_VARIANT, slot
        )
        if stored >= ENTRY_BYTES:
            headed, is_sound = read_bare_entry(content, path, slot)
            if headed.key == key and is_sound:
                entry = headed
            if _is_headed(headed, key, stored) and not _is_whole(headed, key, stored, is_sound):
                found.error(
                    "IB606", f'"{path}": the entry in front of its payload is damaged', place, asset=path
                )
                continue
        assets.append(entry)
    return tuple(assets)


def _is_headed(entry: Entry, key: int, stored: int) -> bool:
    """Whether a file was meant to start with an entry: no bare file comes close by chance."""
    is_shaped = entry.offset == ENTRY_BYTES and entry.stored_bytes == stored - ENTRY_BYTES
    return entry.key == key or (is_shaped and entry.next_variant == NO_VARIANT)


def _is_whole(entry: Entry, key: int, stored: int, is_sound: bool) -> bool:
    has_payload = entry.offset == ENTRY_BYTES and entry.stored_bytes == stored - ENTRY_BYTES
    return is_sound and entry.key == key and has_payload


def relative_path_of(name: str, place: Place) -> PurePosixPath:
    """An asset's name as a path below a folder of the host; IB606 for a name that would leave it.

    Names come out of the image, so they may be anything: absolute, with ``..``, with a drive.
    """
    parts = name.split("/")
    is_bad = any(part in ("", ".", "..") or part.endswith((" ", ".")) for part in parts)
    if is_bad or any(ord(c) < 32 or c in '\\:*?"<>|\x7f' for c in name):
        fail("IB606", f"the name {name!r} cannot be used as a path", place, asset=name)
    return PurePosixPath(*parts)
