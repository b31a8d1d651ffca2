"""Bytes of the loaders that programming tools load into RAM, by processor; their stack, run under QEMU.

Code counts constants, the bus functions of the example and the flash driver; RAM all that a tool has to keep
free but its own buffer and the stack. The stack is the deepest that any call reached, painted and looked at.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from firmware.gdb_remote import Machine, run_machine

from imgbuild.loader.board import BoardChoice
from imgbuild.loader.build import Loader, LoaderRequest, build_loader
from imgbuild.loader.kinds import KINDS

BOARDS = {
    "stm32f407-w25q64jv": "SPI1, plain SPI",
    "daisy-seed": "QUADSPI, mapped",
    "qemu-ast1030": "QEMU's FMC, mapped",
}
CPUS = ("cortex-m0plus", "cortex-m4")
BASE, REGION = 0x80000000, 0x80000


def build(kind: str, board: str, cpu: str) -> Loader:
    return build_loader(LoaderRequest(KINDS[kind], BoardChoice(board), cpu=cpu))


def main(folder: Path) -> None:
    print("external loaders: bytes of code / of RAM in all, by processor")
    print(f"  {'bus functions':22}" + "".join(f"{kind + ' ' + cpu:>22}" for cpu in CPUS for kind in KINDS))
    for board, title in BOARDS.items():
        sizes = [build(kind, board, cpu).size for cpu in CPUS for kind in KINDS]
        shown = "".join(f"{size.code_bytes:>14} /{size.ram_bytes:>6}" for size in sizes)
        print(f"  {title:22}{shown}")
    if shutil.which("qemu-system-arm"):
        for cpu in CPUS:
            stack = measure_stack(folder, cpu)
            print(f"  stack, {cpu}: {stack} B (.FLM on QEMU's flash, bus functions included)")


def measure_stack(folder: Path, cpu: str) -> int:
    """The deepest of all calls of an .FLM."""
    path = folder / "loader.FLM"
    path.write_bytes(build("flm", "qemu-ast1030", cpu).data)
    with run_machine(folder, b"\xff" * (8 << 20)) as machine:
        names = machine.load(path, 0x20000)
        start, data = BASE + REGION, Machine.DATA
        machine.remote.write(data, bytes(range(256)))
        calls = (
            ("Init", BASE, 0, 1), ("EraseSector", start), ("BlankCheck", start, 512, 0xFF),
            ("ProgramPage", start, 256, data), ("Verify", start, 256, data), ("UnInit", 1),
        )  # fmt: skip
        for name, *arguments in calls:
            machine.call(names[name], *arguments)
        return machine.deepest_stack
