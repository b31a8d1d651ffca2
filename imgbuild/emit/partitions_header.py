"""``<name>_partitions.h``: where each of several partitions lies, for drivers, boot loaders, updates."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from imgbuild.emit.c_header import comment_text, define_lines, guard_header, u32_text
from imgbuild.emit.c_names import c_identifier, partition_macro
from imgbuild.emit.settle_partitions import whole_of
from imgbuild.model import Plan, PlannedPartition
from imgbuild.partitions import Area, PartitionAreas

CONTAINERS = {"flat": 1, "littlefs": 2, "settings": 3}
"""Numbers of the containers in ``<NAME>_PARTITION_<PARTITION>_CONTAINER``."""


def partitions_header(plan: Plan) -> str:
    """The text of ``<name>_partitions.h``."""
    name = c_identifier(plan.name)
    chip = plan.partitions[0].target.chip
    fixed = [
        *((f"{name}_CONTAINER_{container.upper()}", str(number)) for container, number in CONTAINERS.items()),
        (f"{name}_PARTITION_COUNT", str(len(plan.partitions))),
    ]
    body = [
        "#include <stdint.h>",
        "",
        f"/* Partitions of {comment_text(plan.name)} on {comment_text(chip.name)}.",
        " * OFFSET: from the chip's first byte; ADDRESS: as the MCU sees it, where the chip is mapped;",
        " * BYTES: whole erase blocks; ID: CRC-32 of the partition's name. */",
        *define_lines(fixed),
    ]
    for partition in plan.partitions:
        body += ["", f"/* {_describe(partition)} */", *define_lines(_macros(plan.name, partition))]
        body += _update_lines(plan.name, partition)
    return guard_header(f"{name}_PARTITIONS_H", body)


def _describe(partition: PlannedPartition) -> str:
    update = partition.areas.update if partition.areas else "none"
    what = {"none": "", "slots": ", updated in two slots", "in-place": ", updated in place"}[update]
    writable = ", written by the device" if partition.is_writable and update == "none" else ""
    return f'"{comment_text(partition.name)}": {partition.container}{what}{writable}'


def _macros(name: str, partition: PlannedPartition) -> list[tuple[str, str]]:
    whole = whole_of(partition)
    rows = [
        ("OFFSET", u32_text(whole.offset_bytes)),
        ("BYTES", u32_text(whole.size_bytes)),
        ("ERASE_BYTES", u32_text(partition.target.erase_bytes)),
        ("ID", u32_text(zlib.crc32(partition.name.encode()))),
        ("CONTAINER", f"{c_identifier(name)}_CONTAINER_{partition.container.upper()}"),
        ("IS_WRITABLE", str(int(partition.is_writable))),
    ]
    mapped_at = _mapped_at(partition)
    if mapped_at is not None:
        rows.append(("ADDRESS", u32_text(mapped_at + whole.offset_bytes)))
    for area_name, area in _areas_of(partition.areas):
        rows += [
            (f"{area_name}_OFFSET", u32_text(area.offset_bytes)),
            (f"{area_name}_BYTES", u32_text(area.size_bytes)),
        ]
        if mapped_at is not None:
            rows.append((f"{area_name}_ADDRESS", u32_text(mapped_at + area.offset_bytes)))
    return [(partition_macro(name, partition.name, suffix), value) for suffix, value in rows]


def _mapped_at(partition: PlannedPartition) -> int | None:
    """The address of the chip's first byte."""
    target = partition.target
    return None if target.base_address is None else target.base_address - target.region.offset_bytes


def _areas_of(areas: PartitionAreas | None) -> Iterator[tuple[str, Area]]:
    if areas is None:
        return
    if areas.other_slot is not None:
        yield "SLOT_A", areas.image
        yield "SLOT_B", areas.other_slot
    if areas.switch is not None:
        yield "SWITCH", areas.switch
    if areas.journal is not None:
        yield "IMAGE", areas.image
        yield "JOURNAL", areas.journal


def _update_lines(name: str, partition: PlannedPartition) -> list[str]:
    """An initialiser of imgb_partition_t (imgb_update.h), whose offsets count from the partition."""
    areas, block = partition.areas, partition.target.erase_bytes
    if areas is None or areas.update == "none":
        return []
    start = areas.whole.offset_bytes
    if areas.switch is not None and areas.other_slot is not None:
        other = areas.other_slot.offset_bytes - start
        records, scratch, scratch_blocks = areas.switch.offset_bytes - start, 0, 0
    else:
        journal = areas.journal or areas.whole
        other, records = 0, journal.offset_bytes - start
        scratch, scratch_blocks = records + 2 * block, journal.size_bytes // block - 2
    numbers = (areas.image.size_bytes, f"{{0, {_u(other)}}}", block, records, block, scratch, scratch_blocks)
    values = ", ".join(number if isinstance(number, str) else _u(number) for number in numbers)
    macro = partition_macro(name, partition.name, "UPDATE")
    return [f"/* initialiser of an imgb_partition_t */\n#define {macro} \\\n  {{{values}}}"]


def _u(value: int) -> str:
    return f"UINT32_C(0x{value:X})" if value else "0"
