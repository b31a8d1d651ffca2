"""Which assets of a plan are taken from the cache, and which are worth keeping in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from imgbuild.cache import Cache, default_folder
from imgbuild.model import EncodedAsset, FontOptions, ImageOptions, PlannedAsset
from imgbuild.stamp import program_identity

_LARGE_FILE_BYTES = 64 * 1024


class Reuse:
    """Looks every asset of a build up in the cache; ``found`` holds those that need no work, by number."""

    def __init__(self, assets: Sequence[PlannedAsset], *, is_on: bool) -> None:
        self._cache = Cache(default_folder() if is_on else None, repr(program_identity()) if is_on else "")
        self._digests: dict[Path, bytes] = {}
        self._keys: dict[int, str] = {}
        self.found: dict[int, EncodedAsset] = {}
        for number, asset in enumerate(assets if is_on else ()):
            if is_laborious(asset):
                self._look_up(number, asset)

    def _look_up(self, number: int, asset: PlannedAsset) -> None:
        try:
            source = b"".join(self._digest(path) for path in sources_of(asset))
        except OSError:
            return  # encoding it will say what is wrong
        decides = (asset.name, asset.base, int(asset.kind), asset.source.suffix.lower(), asset.options)
        key = self._cache.key(source, *decides)
        self._keys[number] = key
        kept = self._cache.load(key)
        if kept is not None and kept.name == asset.name:
            self.found[number] = kept

    def _digest(self, path: Path) -> bytes:
        if path not in self._digests:
            self._digests[path] = hashlib.sha256(path.read_bytes()).digest()
        return self._digests[path]

    def keep(self, number: int, encoded: EncodedAsset) -> None:
        """Store what was made for asset ``number``, unless that is cheaper made again."""
        if number in self._keys and number not in self.found:
            self._cache.store(self._keys[number], encoded)

    def close(self) -> None:
        """Keep the cache within its size."""
        self._cache.prune()


def sources_of(asset: PlannedAsset) -> tuple[Path, ...]:
    """The files that an asset is made of."""
    options = asset.options
    if isinstance(options, FontOptions):
        return (asset.source, *(source.source for source in options.merge))
    return (asset.source,)


def is_laborious(asset: PlannedAsset) -> bool:
    """Whether the asset is worth a place in the cache and a thread: raw pictures of small files are not."""
    options = asset.options
    if isinstance(options, FontOptions):
        return True
    if not isinstance(options, ImageOptions):
        return False
    is_costly = options.codec != "raw" or options.dither != "none" or options.palette is not None
    if is_costly or options.pixel_format == "auto" or asset.source.suffix.lower() == ".svg":
        return True
    try:
        return asset.source.stat().st_size >= _LARGE_FILE_BYTES
    except OSError:
        return False
