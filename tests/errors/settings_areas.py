"""Settings areas for the folders beside this file."""

from imgbuild.errors import Place
from imgbuild.layout.settings import build_settings, store_record
from imgbuild.reader.settings import find_areas, read_area


def factory_area() -> bytes:
    """Four sectors of 4 KiB, nothing stored."""
    return build_settings((), erase_bytes=0x1000, region_bytes=0x4000, place=Place("m.yaml"))


def store(data: bytes, key: int, kind: int, value: bytes) -> bytes:
    """``data`` with a value stored."""
    stored = store_record(read_area(data, find_areas(data)[0]), data, key, kind, value)
    if stored is None:
        raise ValueError(value)
    return stored
