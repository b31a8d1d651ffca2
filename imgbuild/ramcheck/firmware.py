"""A linked firmware as the processor sees it: bytes by address, functions and data by name.

Addresses are those at run time (virtual, VMA): a function that start-up code copies from flash to RAM counts
as in RAM. ELF: "Tool Interface Standard ELF Specification" 1.2; what is Arm's own: "ELF for the Arm
Architecture" (IHI 0044), 4.5.5 for the mapping symbols $t, $d, $a.
"""

from __future__ import annotations

import bisect
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from elftools.common.exceptions import ELFError
from elftools.construct.core import ConstructError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import StringTableSection, SymbolTableSection

from imgbuild.errors import Place, fail

_SYMBOL = struct.Struct("<IIIBBH")
_OBJECT, _FUNC, _NOTYPE = 1, 2, 0
_GLOBAL_OR_WEAK = (1, 2)
_SHN_RESERVED = 0xFF00
_DAMAGED = (
    ELFError, ConstructError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError,
    OverflowError, MemoryError, RecursionError, struct.error,
)  # fmt: skip
"""What pyelftools raises on damaged files: its own errors, and whatever a wild offset or number runs into."""
_MACHINE_NAMES = {
    "EM_RISCV": "RISC-V",
    "EM_XTENSA": "Xtensa",
    "EM_AVR": "AVR",
    "EM_386": "x86",
    "EM_X86_64": "x86-64",
}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Addresses from ``start`` up to, not including, ``end``."""

    start: int
    end: int

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and self.start <= address < self.end

    def __str__(self) -> str:
        return f"0x{self.start:08X}..0x{self.end - 1:08X}"


@dataclass(frozen=True, slots=True, order=True)
class Function:
    """A function: ``end`` is 0 where its size is not known."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of the file at an address; ``is_writable``: the program may have changed them."""

    span: Span
    data: bytes
    name: str
    is_writable: bool
    is_code: bool


@dataclass(slots=True)
class Firmware:
    """What :func:`load_firmware` found; lists are sorted by address."""

    path: Path
    memory: list[Memory] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    objects: list[Function] = field(default_factory=list)
    code_marks: list[tuple[int, bool]] = field(default_factory=list)
    """Where code (True: $t) and data (False: $d) begin inside sections of code."""
    arm_state: set[int] = field(default_factory=set)
    """Functions with A32 instructions, which no Cortex-M has."""

    def memory_at(self, address: int) -> Memory | None:
        """The part of the file that holds ``address``."""
        at = bisect.bisect_right(self.memory, address, key=lambda part: part.span.start) - 1
        return self.memory[at] if at >= 0 and address in self.memory[at].span else None

    def read(self, address: int, count: int) -> bytes | None:
        """``count`` bytes, or None where the file does not hold them all."""
        part = self.memory_at(address)
        if part is None or address + count > part.span.end:
            return None
        at = address - part.span.start
        return part.data[at : at + count]

    def word(self, address: int) -> int | None:
        """The little-endian word of 32 bits at ``address``."""
        data = self.read(address, 4)
        return None if data is None else int.from_bytes(data, "little")

    def function_at(self, address: int) -> Function | None:
        """The function whose code holds ``address``."""
        return _covering(self.functions, address)

    def object_at(self, address: int) -> Function | None:
        """The datum that holds ``address``."""
        return _covering(self.objects, address)

    def functions_named(self, name: str) -> list[Function]:
        """All functions of that name: files may have static ones of the same name.

        Where there is none, its copies: GCC names them ``name.constprop.0``, ``name.part.0`` and so on.
        """
        exact = [function for function in self.functions if function.name == name]
        return exact or [function for function in self.functions if function.name.startswith(f"{name}.")]

    def code_pointers(self, item: Function) -> list[tuple[int, int, bool]]:
        """Addresses of functions that a datum holds: where, which, and whether the program may change it."""
        found = []
        part = self.memory_at(item.start)
        for at in range((item.start + 3) & ~3, item.end - 3, 4):
            word = self.word(at)
            target = self.function_at(word & ~1) if word is not None and word & 1 else None
            if part is not None and target is not None and target.start + 1 == word:
                found.append((at, target.start, part.is_writable))
        return found

    def is_data(self, address: int) -> bool:
        """Whether the mapping symbols say that no code lies at ``address``."""
        at = bisect.bisect_right(self.code_marks, (address, True)) - 1
        if at < 0 or self.code_marks[at][1]:
            return False
        part, other = self.memory_at(address), self.memory_at(self.code_marks[at][0])
        return part is other

    def next_code(self, address: int) -> int | None:
        """Where code begins again behind ``address``, by the mapping symbols."""
        at = bisect.bisect_right(self.code_marks, (address, True))
        return next((mark for mark, is_code in self.code_marks[at:] if is_code), None)

    def describe(self, address: int) -> str:
        """A name for ``address``: of a function or datum, with an offset, or of its section."""
        function = self.function_at(address & ~1) if self._is_code(address) else None
        if function is not None:
            return _with_offset(function.name, (address & ~1) - function.start)
        datum = self.object_at(address)
        if datum is not None:
            return _with_offset(datum.name, address - datum.start)
        part = self.memory_at(address)
        return f"0x{address:08X}" if part is None else _with_offset(part.name, address - part.span.start)

    def _is_code(self, address: int) -> bool:
        part = self.memory_at(address)
        return part is not None and part.is_code


def _with_offset(name: str, offset: int) -> str:
    return f"{name}+0x{offset:X}" if offset else name


def _covering(items: list[Function], address: int) -> Function | None:
    """The item that holds ``address``; of several at one place the first by name."""
    at = bisect.bisect_right(items, address, key=lambda item: item.start)
    while at > 0:
        at -= 1
        item = items[at]
        if item.end > address or (item.end == 0 and item.start == address):
            while at > 0 and items[at - 1].start == item.start and items[at - 1].end == item.end:
                at -= 1
            return items[at]
        if item.start < address and item.end:
            return None
    return None


# --- loading ---------------------------------------------------------------------------------------


def load_firmware(path: Path) -> Firmware:
    """The firmware of an ELF file of a Cortex-M.

    Raises :class:`BuildError`: IB480 (no such file, no ELF, damaged, not linked), IB481 (another machine).
    """
    place = Place(path.as_posix())
    try:
        with path.open("rb") as file:
            return _read(path, file, place)
    except OSError as error:
        fail("IB480", f"cannot read it: {error.strerror or error}", place)
    except _DAMAGED:
        fail("IB480", "the ELF file is cut short or damaged", place)


def _read(path: Path, file: BinaryIO, place: Place) -> Firmware:
    if file.read(4) != b"\x7fELF":
        fail(
            "IB480",
            "expected an ELF file as a linker writes it",
            place,
            "give firmware.elf, not its .bin or .hex",
        )
    file.seek(0)
    elf = ELFFile(file)
    _check_machine(elf, place)
    firmware = Firmware(path, memory=sorted(_memory_of(elf), key=lambda part: part.span))
    if not firmware.memory:
        fail("IB480", "the ELF file loads nothing", place)
    _add_symbols(firmware, elf)
    return firmware


def _check_machine(elf: ELFFile, place: Place) -> None:
    machine = elf["e_machine"]
    if machine != "EM_ARM" or not elf.little_endian or elf.elfclass != 32:
        name = _MACHINE_NAMES.get(machine, str(machine).removeprefix("EM_"))
        name = "big-endian Arm" if machine == "EM_ARM" else name
        message = (
            f"the code is for {name}; only Cortex-M (Arm, Thumb instructions, little-endian) can be followed"
        )
        hint = (
            "list what lies in the flash with nm, or link the writer alone with -r and look at what it lacks"
        )
        fail("IB481", message, place, hint)
    if elf["e_type"] != "ET_EXEC":
        fail(
            "IB480",
            "it is not linked: its functions have no addresses yet",
            place,
            "give the firmware.elf that is flashed",
        )


def _memory_of(elf: ELFFile) -> Iterator[Memory]:
    """Sections that hold bytes at run time; of a file without sections the segments."""
    found = False
    for section in elf.iter_sections():
        flags = section["sh_flags"]
        if not flags & SH_FLAGS.SHF_ALLOC or section["sh_type"] == "SHT_NOBITS" or not section["sh_size"]:
            continue
        found = True
        span = Span(section["sh_addr"], section["sh_addr"] + section["sh_size"])
        yield _checked(
            span, section.data(), section.name, flags & SH_FLAGS.SHF_WRITE, flags & SH_FLAGS.SHF_EXECINSTR
        )
    if found:
        return
    for number, segment in enumerate(elf.iter_segments()):
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
            span = Span(segment["p_vaddr"], segment["p_vaddr"] + segment["p_filesz"])
            flags = segment["p_flags"]
            yield _checked(span, segment.data(), f"segment {number}", flags & 2, flags & 1)


def _checked(span: Span, data: bytes, name: str, writable: int, code: int) -> Memory:
    if len(data) != span.end - span.start:
        raise ValueError(f"{name or 'a section'} is cut short")
    return Memory(span, data, name or "unnamed section", bool(writable), bool(code))


def _add_symbols(firmware: Firmware, elf: ELFFile) -> None:
    for section in elf.iter_sections():
        if isinstance(section, SymbolTableSection) and section["sh_type"] == "SHT_SYMTAB":
            names = elf.get_section(section["sh_link"])
            if not isinstance(names, StringTableSection):
                raise ValueError("the symbol table has no names")
            _sort_symbols(firmware, section.data(), names.data())
    firmware.code_marks.sort()
    firmware.functions = _with_ends(firmware, sorted(set(firmware.functions)))
    firmware.objects = sorted(set(firmware.objects))


def _sort_symbols(firmware: Firmware, table: bytes, names: bytes) -> None:
    """Functions, data and mapping symbols of the table; the low bit of a function's value says Thumb."""
    unsized: dict[int, list[str]] = defaultdict(list)
    for name_at, value, size, info, _, section in _SYMBOL.iter_unpack(table[: len(table) // 16 * 16]):
        if section == 0 or section >= _SHN_RESERVED:
            continue
        name = _text_at(names, name_at)
        kind, binding = info & 15, info >> 4
        if name[:2] in ("$t", "$d", "$a") and name[2:3] in ("", "."):
            firmware.code_marks.append((value & ~1, name[1] != "d"))
        elif kind == _FUNC:
            start = value & ~1
            firmware.functions.append(Function(start, start + size if size else 0, name))
            if not value & 1:
                firmware.arm_state.add(start)
        elif kind == _OBJECT and name:
            firmware.objects.append(Function(value, value + size if size else 0, name))
        elif kind == _NOTYPE and binding in _GLOBAL_OR_WEAK and name:
            unsized[value & ~1].append(name)
    known = {function.start for function in firmware.functions}
    for start, labels in unsized.items():  # labels of assembler files that do not say .type
        part = firmware.memory_at(start)
        if part is not None and part.is_code and start not in known:
            firmware.functions += [Function(start, 0, name) for name in labels]


def _text_at(names: bytes, at: int) -> str:
    end = names.find(b"\0", at)
    return names[at : end if end >= 0 else len(names)].decode("utf-8", "replace")


def _with_ends(firmware: Firmware, functions: list[Function]) -> list[Function]:
    """Functions without a size reach to the next one or to the end of their section."""
    starts = sorted({function.start for function in functions})
    result = []
    for function in functions:
        end = function.end
        part = firmware.memory_at(function.start)
        if not end and part is not None:
            following = bisect.bisect_right(starts, function.start)
            limit = starts[following] if following < len(starts) else part.span.end
            end = min(limit, part.span.end)
        result.append(Function(function.start, end, function.name))
    return sorted(result)
