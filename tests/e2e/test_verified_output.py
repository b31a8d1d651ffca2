"""A build decodes what it packed before it writes: a defect of the writer never reaches a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import make_project

from imgbuild.build import BuildRequest, build
from imgbuild.errors import BuildError
from imgbuild.layout import flat
from imgbuild.pixels import pack, strips


def _swap_byte_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 16-bit packer takes big for little."""
    right = pack._pack_16

    def wrong(samples: Any, pixel_format: Any, is_big: bool) -> Any:
        return right(samples, pixel_format, not is_big)

    for table in [value for value in vars(pack).values() if isinstance(value, dict)]:
        for key, packer in table.items():
            if packer is right:
                monkeypatch.setitem(table, key, wrong)


def _swap_planes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alpha plane is turned upside down behind the colours."""
    right = strips.pack_samples

    def wrong(*arguments: Any, **options: Any) -> Any:
        planes = right(*arguments, **options)
        return replace(planes, alpha=np.ascontiguousarray(planes.alpha[::-1]))

    monkeypatch.setattr(strips, "pack_samples", wrong)


def _shift_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index says that a payload starts one word earlier than it does."""
    right = flat.pack_entry

    def wrong(asset: Any, offset: int, *more: Any) -> bytes:
        return right(asset, offset - 4 if asset.name == "icons/home" else offset, *more)

    monkeypatch.setattr(flat, "pack_entry", wrong)


def _shift_anchor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header's offset of the pixels is one row too far."""
    right = strips._pack_header

    def wrong(shape: Any, rows: int, count: int, pixels: int, alpha: int) -> bytes:
        return right(shape, rows, count, pixels + 4, alpha)

    monkeypatch.setattr(strips, "_pack_header", wrong)


DEFECTS: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    _swap_byte_order, _swap_planes, _shift_offset, _shift_anchor,
)  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize("codec", ["raw", "lz4"])
def test_a_defect_of_the_writer_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defect: Callable[[pytest.MonkeyPatch], None], codec: str
) -> None:
    manifest = make_project(tmp_path)
    manifest.write_text(manifest.read_text().replace("codec: lz4", f"codec: {codec}"))
    request = BuildRequest(manifest, tmp_path / "ext.bin", tmp_path)
    assert build(request).image.data
    defect(monkeypatch)
    with pytest.raises(BuildError) as caught:
        build(request)
    assert caught.value.diagnostics
    assert all("icons/" in d.message for d in caught.value.diagnostics)
