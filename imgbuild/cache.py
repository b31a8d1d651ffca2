"""Encoded assets kept by content, so that a rebuild pays only for what changed.

An entry's key is the SHA-256 of everything that decides the asset: the source's bytes, every option,
digests of what it needs, this program and its libraries. Entries are plain values (JSON and raw blobs,
never pickles) behind a SHA-256 of their own; whatever cannot be read back is simply made again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any

from imgbuild import model
from imgbuild.errors import Place
from imgbuild.limits import CACHE_BYTES_MAX
from imgbuild.losses import LossReport
from imgbuild.model import EncodedAsset

_MAGIC = b"imgbuild cache 1\n"
_DIGEST_BYTES = 32
_counter = itertools.count()


def default_folder() -> Path | None:
    """``IMGBUILD_CACHE_DIR``, or the user's cache folder; None (no cache) if the variable is empty."""
    given = os.environ.get("IMGBUILD_CACHE_DIR")
    if given is not None:
        return Path(given) if given else None
    from platformdirs import user_cache_path

    return user_cache_path("imgbuild", appauthor=False)


class Cache:
    """A folder of entries. Reading and writing never raise: a cache that cannot be used is no cache."""

    def __init__(self, folder: Path | None, program: str) -> None:
        self._folder = folder
        self._program = program
        self._stored = 0

    def key(self, source: bytes, *decides: object) -> str:
        """The key of what ``source`` and the ``repr`` of each of ``decides`` make."""
        digest = hashlib.sha256(source)
        for part in (self._program, *decides):
            text = repr(part).encode()
            digest.update(len(text).to_bytes(8, "little") + text)
        return digest.hexdigest()

    def load(self, key: str) -> EncodedAsset | None:
        """The asset kept under ``key``, or None."""
        if self._folder is None:
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
            body = data[len(_MAGIC) + _DIGEST_BYTES :]
            if (
                data[: len(_MAGIC)] != _MAGIC
                or data[len(_MAGIC) : -len(body)] != hashlib.sha256(body).digest()
            ):
                return None
            value = unpack_value(body)
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None
        return value if isinstance(value, EncodedAsset) else None

    def store(self, key: str, asset: EncodedAsset) -> None:
        """Keep ``asset`` under ``key``."""
        if self._folder is None:
            return
        body = pack_value(asset)
        path = self._path(key)
        staged = path.with_name(f".{os.getpid()}-{next(_counter)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(_MAGIC + hashlib.sha256(body).digest() + body)
            staged.replace(path)
            self._stored += 1
        except OSError:
            with contextlib.suppress(OSError):
                staged.unlink(missing_ok=True)

    def prune(self, limit_bytes: int = CACHE_BYTES_MAX) -> None:
        """Remove the entries used longest ago until the rest fits ``limit_bytes``; only after storing."""
        if self._folder is None or not self._stored:
            return
        with contextlib.suppress(OSError):
            files = [(entry.stat(), entry) for entry in self._folder.glob("??/*") if entry.is_file()]
            total = sum(status.st_size for status, _ in files)
            for status, path in sorted(files, key=lambda item: (item[0].st_mtime_ns, item[1].name)):
                if total <= limit_bytes:
                    break
                path.unlink(missing_ok=True)
                total -= status.st_size

    def _path(self, key: str) -> Path:
        folder = self._folder or Path()
        return folder / key[:2] / key[2:]


# --- values as bytes -----------------------------------------------------------------------------

_ENUMS: dict[str, type[IntEnum]] = {"Kind": model.Kind, "Codec": model.Codec}


def _classes() -> dict[str, type]:
    found = [*vars(model).values(), Place, LossReport]
    return {
        value.__name__: value
        for value in found
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    }


def pack_value(value: Any) -> bytes:
    """A frozen value of :mod:`imgbuild.model` as bytes: a JSON tree, then the blobs that it names."""
    blobs: list[bytes] = []
    tree = json.dumps(_to_tree(value, blobs), separators=(",", ":")).encode()
    sizes = [len(blob) for blob in blobs]
    head = json.dumps({"tree": len(tree), "blobs": sizes}).encode()
    return b"".join((len(head).to_bytes(4, "little"), head, tree, *blobs))


def unpack_value(data: bytes) -> Any:
    """The inverse of :func:`pack_value`. Raises ValueError, KeyError or TypeError for other bytes."""
    head_bytes = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + head_bytes])
    start = 4 + head_bytes + head["tree"]
    tree = json.loads(data[4 + head_bytes : start])
    blobs = []
    for size in head["blobs"]:
        blobs.append(data[start : start + size])
        start += size
    return _from_tree(tree, blobs, _classes())


def _to_tree(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, IntEnum):
        return {"enum": type(value).__name__, "value": int(value)}
    if value is None or isinstance(value, (bool, str, float, int)):
        return value
    if isinstance(value, (tuple, list)):
        return {"items": [_to_tree(item, blobs) for item in value]}
    if isinstance(value, (bytes, bytearray, memoryview)):
        blobs.append(bytes(value))
        return {"bytes": len(blobs) - 1}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: _to_tree(getattr(value, field.name), blobs) for field in dataclasses.fields(value)
        }
        return {"class": type(value).__name__, "fields": fields}
    return _collection_to_tree(value, blobs)


def _collection_to_tree(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, dict):
        return {"map": [[_to_tree(key, blobs), _to_tree(item, blobs)] for key, item in value.items()]}
    blobs.append(value.tobytes())  # an array
    return {"array": len(blobs) - 1, "dtype": value.dtype.str, "shape": list(value.shape)}


def _from_tree(tree: Any, blobs: list[bytes], classes: dict[str, type]) -> Any:
    if not isinstance(tree, dict):
        return tree
    kind = next(iter(tree))
    return _READERS[kind](tree, blobs, classes)


def _read_array(tree: dict[str, Any], blobs: list[bytes], _classes: dict[str, type]) -> Any:
    import numpy as np

    return np.frombuffer(blobs[tree["array"]], np.dtype(tree["dtype"])).reshape(tree["shape"])


def _read_items(tree: dict[str, Any], blobs: list[bytes], classes: dict[str, type]) -> Any:
    return tuple(_from_tree(item, blobs, classes) for item in tree["items"])


def _read_map(tree: dict[str, Any], blobs: list[bytes], classes: dict[str, type]) -> Any:
    return {_from_tree(key, blobs, classes): _from_tree(item, blobs, classes) for key, item in tree["map"]}


def _read_class(tree: dict[str, Any], blobs: list[bytes], classes: dict[str, type]) -> Any:
    fields = {name: _from_tree(value, blobs, classes) for name, value in tree["fields"].items()}
    return classes[tree["class"]](**fields)


_READERS: dict[str, Callable[[dict[str, Any], list[bytes], dict[str, type]], Any]] = {
    "enum": lambda tree, _blobs, _classes: _ENUMS[tree["enum"]](tree["value"]),
    "items": _read_items,
    "map": _read_map,
    "bytes": lambda tree, blobs, _classes: blobs[tree["bytes"]],
    "class": _read_class,
    "array": _read_array,
}


def digest_of(parts: Iterable[object]) -> str:
    """A digest of plain values, for what an asset needs of others."""
    return hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()
