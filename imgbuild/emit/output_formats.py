"""The formats of the output file: one row each, every fact about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imgbuild.emit.delivery import Delivery
from imgbuild.emit.dfu import write_dfu_plain, write_dfuse
from imgbuild.emit.elf import write_elf
from imgbuild.emit.ihex import write_ihex
from imgbuild.emit.srec import write_srec
from imgbuild.emit.uf2 import write_uf2


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """``reader`` names the reader (reader/addressed) that gives the pieces back; "": no addresses."""

    name: str
    suffixes: tuple[str, ...]
    reader: str
    write: Callable[[Delivery], bytes]
    options: frozenset[str]

    @property
    def is_addressed(self) -> bool:
        """Whether the file tells where its bytes go."""
        return bool(self.reader)


def write_bin(delivery: Delivery) -> bytes:
    """The image as it is: the first byte of the file is the first byte of the region."""
    return bytes(delivery.image.data)


_ADDRESSED = frozenset({"address", "merge"})
_IDS = frozenset({"dfu_vid", "dfu_pid"})

OUTPUT_FORMATS: dict[str, OutputFormat] = {
    row.name: row
    for row in (
        OutputFormat("bin", (".bin",), "", write_bin, frozenset()),
        OutputFormat("hex", (".hex", ".ihex", ".ihx"), "ihex", write_ihex, _ADDRESSED | {"record_bytes"}),
        OutputFormat(
            "srec",
            (".srec", ".s19", ".s28", ".s37", ".mot"),
            "srec",
            write_srec,
            _ADDRESSED | {"record_bytes"},
        ),
        OutputFormat("elf", (".elf", ".axf"), "elf", write_elf, _ADDRESSED | {"elf_machine"}),
        OutputFormat("dfu", (".dfu",), "dfu", write_dfuse, _ADDRESSED | _IDS | {"dfu_alt"}),
        OutputFormat("dfu-plain", (), "", write_dfu_plain, _IDS),
        OutputFormat("uf2", (".uf2",), "uf2", write_uf2, _ADDRESSED | {"uf2_family"}),
        OutputFormat("esp", (), "", write_bin, frozenset({"partition_table", "partition"})),
    )
}
"""By the name that --format takes; ``options`` are those of DeliveryOptions that it understands."""


def choose_format(path: Path, name: str | None) -> OutputFormat:
    """The format asked for, else the one that the suffix means, else ``bin``."""
    if name is not None:
        return OUTPUT_FORMATS[name]
    suffix = path.suffix.lower()
    return next((row for row in OUTPUT_FORMATS.values() if suffix in row.suffixes), OUTPUT_FORMATS["bin"])
