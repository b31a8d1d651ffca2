"""Builds a loader, or writes what somebody else's compiler needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from imgbuild.errors import Diagnostic, Diagnostics, Place, fail
from imgbuild.loader.board import BoardChoice, LoaderBoard, find_board
from imgbuild.loader.check import Size, check_loader, check_relocatable
from imgbuild.loader.kinds import Kind
from imgbuild.loader.sources import (
    CPU_DEFAULT,
    LINK_FLAGS,
    PIC_HEADER,
    RAM_SCRIPT,
    compile_flags,
    example_bus,
    loader_sources,
    makefile,
    ram_script,
)
from imgbuild.loader.toolchain import CC_DEFAULT, Compiler, find_compiler

_BUS_SUFFIXES = (".c", ".s", ".S")
"""What the compiler compiles; it would hand a file of any other name to the linker."""
_MAKE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_ELSEWHERE = 0x20001000
"""A second address for code that has to run anywhere."""


@dataclass(frozen=True, slots=True)
class LoaderRequest:
    """``bus``: the user's C files; none takes the example that fits the board. ``flags``: for them only."""

    kind: Kind
    choice: BoardChoice
    bus: tuple[Path, ...] = ()
    compiler: str = CC_DEFAULT
    cpu: str = CPU_DEFAULT
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loader:
    """The ELF file and what is known of it. ``notes``: warnings of the compiler."""

    data: bytes
    board: LoaderBoard
    size: Size
    bus: tuple[Path, ...]
    notes: list[Diagnostic] = field(default_factory=list)


def build_loader(request: LoaderRequest) -> Loader:
    """Raises BuildError: IB740 to IB745, those of :func:`find_board`."""
    board = find_board(request.choice)
    bus = find_bus(request, board)
    files = loader_sources(request.kind, board)
    found = Diagnostics()
    with TemporaryDirectory(prefix="imgbuild-loader-") as name:
        folder = Path(name)
        compiler = find_compiler(request.compiler, folder)
        for path, content in files.items():
            (folder / path).write_bytes(content)
        objects = _compile(request, compiler, bus, [n for n in files if n.endswith(".c")], found)
        link = (f"-mcpu={request.cpu}", *LINK_FLAGS, "-L", ".", "-T", request.kind.script)
        compiler.link(objects, "loader.elf", link)
        data = (folder / "loader.elf").read_bytes()
        size = check_loader(request.kind, board, data)
        if request.kind.is_relocatable:
            (folder / RAM_SCRIPT).write_text(ram_script(board.ram, _ELSEWHERE), encoding="ascii")
            compiler.link(objects, "elsewhere.elf", link)
            check_relocatable(data, (folder / "elsewhere.elf").read_bytes())
    return Loader(data, board, size, bus, found.items)


def write_sources(request: LoaderRequest) -> tuple[LoaderBoard, dict[str, bytes]]:
    """All files for one folder, a Makefile with them. Raises BuildError: IB742, IB743, as above."""
    board = find_board(request.choice)
    bus = find_bus(request, board)
    files = loader_sources(request.kind, board)
    ours = tuple(name for name in files if name.endswith(".c"))
    for path in bus:
        if path.name in files:
            message = f"the folder would hold two files named '{path.name}'"
            fail("IB743", message, Place(str(path)), hint="rename yours")
        if not _MAKE_NAME.fullmatch(path.name):
            message = f"a Makefile cannot name the file '{path.name}'"
            fail("IB743", message, Place(str(path)), hint="rename it: letters, digits, '.', '_', '-' and '+'")
        try:
            files[path.name] = path.read_bytes()
        except OSError as error:
            shown = (error.strerror or str(error)).lower()
            fail("IB743", f"this file of --bus cannot be read: {shown}", Place(str(path)))
    names = tuple(path.name for path in bus)
    files["Makefile"] = makefile(request.kind, request.cpu, names, ours).encode("utf-8")
    return board, files


def find_bus(request: LoaderRequest, board: LoaderBoard) -> tuple[Path, ...]:
    """The files with bus functions. Raises BuildError: IB743."""
    if not request.bus:
        example = example_bus(board.board.name)
        if example is None:
            hint = "write one after imgb_external.h and the examples in 'imgbuild path'/loader/external/bus"
            message = f"no bus functions come with imgbuild for board '{board.board.name}': give --bus FILE.c"
            fail("IB743", message, hint=hint)
        return (example,)
    found = Diagnostics()
    for path in request.bus:
        if not path.is_file():
            found.error("IB743", "--bus: there is no such file", Place(str(path)))
        elif path.suffix not in _BUS_SUFFIXES:
            found.error(
                "IB743", f"--bus: '{path.name}' is no C file; expected one that ends in .c", Place(str(path))
            )
    found.raise_if_errors()
    return tuple(path.absolute() for path in request.bus)


def _compile(
    request: LoaderRequest, compiler: Compiler, bus: tuple[Path, ...], ours: list[str], found: Diagnostics
) -> tuple[str, ...]:
    common = (*compile_flags(request.cpu), "-include", PIC_HEADER, "-I", ".")
    objects = []
    for number, source in enumerate([*map(Path, ours), *bus]):
        flags = (*common, *request.flags) if source in bus else common
        target = f"{number}.o"
        compiler.compile(source, target, flags, found)
        objects.append(target)
    found.raise_if_errors()
    return tuple(objects)
