"""Erase blocks that an update writes: 500 icons and a font, one thing edited, with --base and without."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image
from sim.nor_chip import Chip, Driver

from bench.corpus import icon_files
from imgbuild.build import BuildRequest, build
from imgbuild.flash.delivery_times import LINKS, Link, chip_time, count_erases
from imgbuild.flash.tables import load_chips
from imgbuild.reader.diff import compare_blocks, count_programmed

MANIFEST = """version: 1
name: updates
flash: {chip: w25q64jv}
assets:
  - {image: "icons/icon[0-2]*.png", name: "icons/{stem}", pixel_format: rgb565a8}
  - font: package:font_roboto/files/Roboto-Regular.ttf
    name: body
    size: 18
    characters: {ranges: [ascii], text: "CHARACTERS"}
  - {image: "icons/icon[3-9]*.png", name: "icons/{stem}", pixel_format: rgb565a8}
"""
SECTOR, BLOCK = 0x1000, 0x10000
MORE_LINKS = (
    Link("UF2 drive", "twice the bytes at 450 KB/s", lambda n: 2 * n / 450_000),
    Link("loader sketch", "96 KiB and 25 s of building per upload", lambda n: 25 * -(-n // 98_304)),
)
"""Estimates, too; a sketch carries whole chunks, so that one changed icon is one upload."""
SPI_HZ = 20_000_000
EDITED = "icons/icon250.png"


def _make(folder: Path) -> None:
    """500 icons of 32x32 px, which is 3,096 bytes each: 1.5 MB, 385 sectors."""
    (folder / "icons").mkdir(parents=True)
    for number, path in enumerate(icon_files()):
        with Image.open(path) as picture:
            picture.resize((32, 32), Image.Resampling.BOX).save(folder / "icons" / f"icon{number:03}.png")
    (folder / "updates.yaml").write_text(MANIFEST.replace("CHARACTERS", "°"))


def _build(folder: Path, image: str, base: str | None = None) -> bytes:
    keep = folder / base if base else None
    request = BuildRequest(folder / "updates.yaml", folder / image, folder, base=keep)
    return build(request).image.data


def _replace(folder: Path, height: int) -> None:
    with Image.open(folder / EDITED) as picture:
        picture.rotate(90).resize((32, height)).save(folder / EDITED)


def _nothing(_folder: Path) -> None:
    """An update to the same contents."""


def _add(folder: Path) -> None:
    shutil.copy(folder / EDITED, folder / "icons" / "icon999.png")
    with Image.open(folder / EDITED) as picture:
        picture.rotate(180).save(folder / "icons" / "icon999.png")


def _rename(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / EDITED).rename(folder / "icons" / name) and None


def _add_character(folder: Path) -> None:
    (folder / "updates.yaml").write_text(MANIFEST.replace("CHARACTERS", "°€"))


EDITS: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("nothing changed", _nothing),
    ("one icon, same size", lambda folder: _replace(folder, 32)),
    ("one icon, 20 % larger", lambda folder: _replace(folder, 39)),
    ("one icon added", _add),
    ("one icon removed", lambda folder: (folder / EDITED).unlink()),
    ("renamed, same length", _rename("icon25x.png")),
    ("renamed, longer", _rename("icon250-large.png")),
    ("a character more", _add_character),
)


def _sectors(old: bytes, new: bytes) -> int:
    return compare_blocks(old, new, SECTOR).changed_count


def main(folder: Path) -> None:
    """Print the figures."""
    _make(folder / "released")
    released = _build(folder / "released", "released.bin")
    count = len(released) // SECTOR
    print(f"updates of 500 icons of 32x32 px and a font: sectors of 4 KiB of {count} that differ")
    print(f"  {'':24} --base  without  blocks of 64 KiB  total with --base")
    delivered = []
    for label, edit in EDITS:
        project = folder / label.replace(" ", "-").replace("%", "")
        shutil.copytree(folder / "released", project)
        (project / "released.bin").write_bytes(released)
        edit(project)
        kept, fresh = _build(project, "kept.bin", "released.bin"), _build(project, "fresh.bin")
        blocks = compare_blocks(released, kept, BLOCK).changed_count
        more = len(kept) - len(fresh)
        print(
            f"  {label:24} {_sectors(released, kept):6} {_sectors(released, fresh):8} {blocks:17}"
            f" {len(kept):10} B ({more:+} B)"
        )
        delivered.append((label, kept))
        shutil.rmtree(project)
    _print_times(released, dict(delivered))


def _print_times(released: bytes, delivered: dict[str, bytes]) -> None:
    chip = load_chips()["w25q64jv"]
    print(
        f"  seconds with {chip.name} (typical; links are estimates): all, one icon changed in 4 KiB sectors"
    )
    new = delivered["one icon, same size"]
    spans = ((0, len(new)),), compare_blocks(released, new, SECTOR).spans
    for link in (*LINKS, *MORE_LINKS):
        cells = []
        for part, units in zip(spans, ((SECTOR, BLOCK), (SECTOR,)), strict=True):
            own = chip_time(chip, count_erases(part, units), count_programmed(new, part, chip.page_bytes))
            sent = sum(end - begin for begin, end in part)
            cells.append(link.seconds(sent) + (own.seconds if own else 0))
        counts = ", ".join(str(sum(end - begin for begin, end in part)) for part in spans)
        print(f"    {link.name:16} {cells[0]:8.1f} s {cells[1]:8.2f} s   {counts} B sent")
    sectors = sum(end - begin for begin, end in spans[1]) // SECTOR
    print(
        f"  the flash alone: imgb_nor on the strict chip, SPI of {SPI_HZ // 10**6} MHz, each byte read back"
    )
    for model in ("w25q64", "sst25vf016b"):
        times = [_write_s(model, new, part) for part in spans]
        print(f"    {model:16} {times[0]:8.1f} s {times[1]:8.2f} s   all, {sectors} sectors")


def _write_s(model: str, data: bytes, spans: Sequence[tuple[int, int]]) -> float:
    """Simulated seconds in which the driver erases, programs and verifies ``spans``, on a written chip."""
    with Chip(model) as chip:
        chip.poke(0, bytes(len(data)))
        chip.call("set_speed", SPI_HZ, 0)
        flash = Driver(chip)
        flash.limit(10, 1_000_000)
        results = [flash.start(0, len(data))]
        began = chip.now_us
        for begin, end in spans:
            results += [flash.erase(begin, end - begin), flash.program(begin, data[begin:end])]
        if any(results) or chip.violations:
            raise RuntimeError(f"{model}: {results}, {chip.violations}")
        return (chip.now_us - began) / 1e6
