"""What is wrong with entries of ``partitions`` as they stand, before anything is looked up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgbuild.emit.c_names import c_identifier
from imgbuild.errors import Diagnostics, Place
from imgbuild.limits import PARTITIONS_MAX

if TYPE_CHECKING:
    from imgbuild.manifest.schema import Manifest, PartitionSpec

_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NEEDS_UPDATE = {"slot_size": "slots", "journal_size": "in-place"}


def check_prefix(name: str, place: Place, found: Diagnostics) -> None:
    """Note IB116 for a name that C names cannot begin with."""
    if not _PREFIX.fullmatch(name):
        message = f'"{name}" cannot start C names: expected a letter, then letters, digits, "_" or "-"'
        found.error("IB116", message, place)


def check_partition_names(manifest: Manifest, specs: Sequence[PartitionSpec], found: Diagnostics) -> None:
    """One partition at least, 64 at most, each name apart from the others: IB105, IB106, IB116, IB445."""
    if not specs:
        place = manifest.key_place(("partitions",))
        found.error(
            "IB106", "the list 'partitions' is empty", place, "list one at least, or 'assets' instead"
        )
    if len(specs) > PARTITIONS_MAX:
        message = f"found {len(specs)} partitions, expected at most {PARTITIONS_MAX}"
        found.error("IB105", message, manifest.key_place(("partitions",)))
        found.raise_if_errors()
    firsts: dict[str, int] = {}
    for number, spec in enumerate(specs):
        place = manifest.value_place(("partitions", number, "name"))
        check_prefix(spec.name, place, found)
        first = firsts.setdefault(c_identifier(spec.name), number)
        if first == number:
            continue
        other, line = specs[first].name, manifest.value_place(("partitions", first, "name")).line
        message = f'two partitions are named "{spec.name}"'
        if other != spec.name:
            message = f'partitions "{other}" and "{spec.name}" have the same name in C'
        found.error("IB445", f"{message}; the first is at line {line}", place, "rename one of them")


def check_keys(manifest: Manifest, specs: Sequence[PartitionSpec], found: Diagnostics) -> None:
    """Keys that need or exclude each other: IB106, IB442, IB446, IB447."""
    for number, spec in enumerate(specs):
        check = _KeyCheck(manifest, number, spec, found)
        check.check_place()
        check.check_update()
        check.check_contents()


class _KeyCheck:
    """One entry of ``partitions``."""

    def __init__(self, manifest: Manifest, number: int, spec: PartitionSpec, found: Diagnostics) -> None:
        self.manifest, self.number, self.spec, self.found = manifest, number, spec, found
        self.label = f'partition "{spec.name}"'
        self.given = spec.model_fields_set

    def _error(self, code: str, message: str, key: str, hint: str | None) -> None:
        """At ``key``, or at the name where the key is what is missing."""
        path = ("partitions", self.number, key)
        place = (
            self.manifest.key_place(path)
            if key in self.given
            else self.manifest.value_place((*path[:2], "name"))
        )
        self.found.error(code, message, place, hint)

    def check_place(self) -> None:
        """Either a size or a region of its own."""
        if "size" in self.given and "region" in self.given:
            message = f"{self.label} has a 'size' and a 'region', which tells its size"
            self._error("IB442", message, "size", "take one of them out")
        elif "size" not in self.given and "region" not in self.given:
            hint = "write 'size: 256K', 'size: rest' or 'region: {offset: 0x80000, size: 256K}'"
            self._error("IB442", f"{self.label} has neither a 'size' nor a 'region'", "size", hint)

    def check_update(self) -> None:
        """An update replaces the whole image: what the device wrote there would be lost."""
        spec = self.spec
        littlefs = spec.container.littlefs
        if spec.update != "none" and (spec.container.settings or (littlefs and littlefs.writable)):
            message = f"'update: {spec.update}' replaces all of {self.label}, into which the device writes"
            self._error("IB446", message, "update", "take 'update' out")
        for key, update in _NEEDS_UPDATE.items():
            if key in self.given and spec.update != update:
                message = f"'{key}' has no effect on {self.label}, which has no 'update: {update}'"
                self._error("IB447", message, key, f"take '{key}' out, or write 'update: {update}'")

    def check_contents(self) -> None:
        """Settings in a partition of settings, assets in the others."""
        kind = self.spec.container.kind
        wanted, useless = ("settings", "assets") if kind == "settings" else ("assets", "settings")
        if useless in self.given:
            message = f"'{useless}' has no effect on {self.label}, whose container is {kind}"
            way = "write 'container: settings'" if useless == "settings" else "list them in another partition"
            self._error("IB447", message, useless, way)
        if wanted not in self.given and kind != "littlefs":
            message = f"key '{wanted}' is missing in {self.label}, whose container is {kind}"
            hint = "'assets: []' makes an empty pack" if kind == "flat" else None
            self._error("IB106", message, wanted, hint)
