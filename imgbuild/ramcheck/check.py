"""``check_ram``: whether what writes a flash can run while that flash does not answer."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostic, Diagnostics, Place, Severity, fail

if TYPE_CHECKING:
    from imgbuild.ramcheck.closure import Closure, Finding
    from imgbuild.ramcheck.firmware import Firmware, Span

_LIBRARIES = {"capstone": "capstone", "elftools": "pyelftools"}
_CODES = {"function": "IB483", "datum": "IB484", "unknown-call": "IB485", "not-followed": "IB489"}


@dataclass(frozen=True, slots=True)
class RamCheckRequest:
    """What to check.

    ``flash``: (first address, bytes) of each range that cannot be read while it is written. ``entries``:
    functions that write; ``also``: handlers that stay enabled, and data such as the vector table. ``calls``:
    ``caller=target[,target…]``, ``trusted``: names or addresses.
    """

    path: Path
    flash: tuple[tuple[int, int], ...]
    entries: tuple[str, ...]
    also: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RamCheckResult:
    """``diagnostics``: one for each of ``findings``, in the same order, then remarks."""

    diagnostics: tuple[Diagnostic, ...]
    findings: tuple[Finding, ...]
    fixes: tuple[str, ...]
    function_count: int
    instruction_count: int
    outside: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, where there was something to be found."""
        return not any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def check_ram(request: RamCheckRequest) -> RamCheckResult:
    """Follow calls and addresses from the entry points.

    Raises :class:`BuildError`: IB480 (file), IB481 (machine), IB482 (name unknown), IB486 (a library is
    missing), IB488 (a statement is not understood).
    """
    _need_libraries()
    from imgbuild.ramcheck.callers import arguments_of
    from imgbuild.ramcheck.closure import Question, follow
    from imgbuild.ramcheck.firmware import Span, load_firmware

    place = Place(request.path.as_posix())
    firmware = load_firmware(request.path)
    names = _Names(firmware, place)
    flash = tuple(Span(start, start + size) for start, size in request.flash)
    entries = [address for name in request.entries for address in names.functions(name)]
    also, data = names.handlers_and_data(request.also)
    calls = names.statements(request.calls)
    trusted = [address for name in request.trusted for address in names.anything(name, "--trust")]
    names.found.raise_if_errors()
    question = Question(
        flash=flash,
        entries=tuple(dict.fromkeys([*entries, *also])),
        calls=calls,
        trusted=frozenset(trusted),
        arguments={entry: arguments_of(firmware, entry) for entry in entries},
    )
    closure = follow(firmware, question)
    findings = [*_data_in_flash(firmware, data, question.flash), *closure.findings]
    remarks = _remarks(firmware, flash, calls, closure, place)
    return _result(findings, closure, place, remarks)


def _need_libraries() -> None:
    missing = [package for module, package in _LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        hint = "pip install 'imgbuild[elf]'"
        fail("IB486", f"check-ram reads ELF files with {' and '.join(missing)}: not installed", hint=hint)


def _result(
    findings: Sequence[Finding], closure: Closure, place: Place, remarks: Iterable[Diagnostic]
) -> RamCheckResult:
    from imgbuild.ramcheck.fixes import fix_of

    fixes = tuple(fix_of(finding) for finding in findings)
    diagnostics = [
        Diagnostic(_CODES[finding.what.value], message_of(finding), place, fix)
        for finding, fix in zip(findings, fixes, strict=True)
    ]
    return RamCheckResult(
        (*diagnostics, *remarks),
        tuple(findings),
        fixes,
        len(closure.functions),
        closure.instructions,
        tuple(closure.outside),
    )


def message_of(finding: Finding) -> str:
    """What was found, in one line."""
    kind = finding.what.value
    chain = " > ".join(finding.chain)
    via = f", by the initial value of {finding.via}" if finding.via else ""
    if kind == "function":
        called = f", called by {chain}" if finding.chain else ""
        return f"{finding.name} (0x{finding.address:08X}) runs from the flash that is written{called}{via}"
    if kind == "datum":
        used = f", used by {chain}" if finding.chain else ""
        return f"{finding.name} (0x{finding.address:08X}) is read from the flash that is written{used}{via}"
    if kind == "unknown-call":
        return f"{finding.name} {finding.why}: what it calls is not known; reached by {chain}"
    return f"{finding.name} cannot be followed: {finding.why}; reached by {chain}"


def _data_in_flash(firmware: Firmware, data: Iterable[int], flash: Sequence[Span]) -> list[Finding]:
    from imgbuild.ramcheck.closure import Finding, What

    return [
        Finding(What.DATUM, firmware.describe(address), address, address, ())
        for address in data
        if any(address in span for span in flash)
    ]


def _remarks(
    firmware: Firmware, flash: Sequence[Span], calls: Iterable[str], closure: Closure, place: Place
) -> list[Diagnostic]:
    remarks = []
    empty = [span for span in flash if not any(_do_meet(part.span, span) for part in firmware.memory)]
    severity = Severity.ERROR if len(empty) == len(flash) else Severity.WARNING
    for span in empty:
        message = f"nothing of the firmware lies in {span}: is that the flash that it runs from?"
        remarks.append(Diagnostic("IB487", message, place, severity=severity))
    for key in calls:
        if key not in closure.used_statements:
            message = f"--calls {key}=… is not needed: no call through a pointer is reached there"
            remarks.append(Diagnostic("IB488", message, place, severity=Severity.WARNING))
    return remarks


def _do_meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


# --- names that a person gives ---------------------------------------------------------------------


class _Names:
    """Finds addresses of names; what is not there goes to ``found``."""

    def __init__(self, firmware: Firmware, place: Place) -> None:
        self.firmware, self.place = firmware, place
        self.found = Diagnostics()

    def functions(self, name: str, option: str = "--entry") -> list[int]:
        """Where the function (or functions) of that name start."""
        address = _address(name)
        if address is not None:
            if self.firmware.memory_at(address & ~1) is not None:
                return [address & ~1]
            self.found.error("IB482", f"{option} {name}: the file holds nothing at that address", self.place)
            return []
        starts = sorted({function.start for function in self.firmware.functions_named(name)})
        if not starts:
            self.unknown(name, option, {f.name for f in self.firmware.functions}, "function")
        return starts

    def handlers_and_data(self, names: Iterable[str]) -> tuple[list[int], list[int]]:
        """``--also``: functions to follow, and data that must not lie in the flash."""
        handlers: list[int] = []
        data: list[int] = []
        for name in names:
            objects = [item.start for item in self.firmware.objects if item.name == name]
            if objects:
                data += objects
            else:
                handlers += self.functions(name, "--also")
        return handlers, data

    def anything(self, name: str, option: str) -> list[int]:
        """Where functions and data of that name start."""
        address = _address(name)
        if address is not None:
            return [address & ~1, address]
        items = [*self.firmware.functions, *self.firmware.objects]
        starts = [item.start for item in items if item.name == name]
        if not starts:
            self.unknown(name, option, {item.name for item in items}, "function or datum")
        return starts

    def statements(self, texts: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """``--calls``: the targets by caller."""
        from imgbuild.ramcheck.closure import ANY_CALLER

        result: dict[str, tuple[int, ...]] = {}
        known = {function.name for function in self.firmware.functions}
        for text in texts:
            caller, sign, targets = text.partition("=")
            name, plus, offset = caller.partition("+")
            if not sign or not name or not all(targets.split(",")) or (plus and _address(offset) is None):
                message = f"'{text}' is not understood; expected --calls CALLER[+0xOFFSET]=TARGET[,TARGET…]"
                self.found.error("IB488", message, self.place)
                continue
            if caller != ANY_CALLER and name not in known:
                self.unknown(name, "--calls", known, "function")
            key = f"{name}+0x{_address(offset) or 0:x}" if plus else caller
            addresses = [at for target in targets.split(",") for at in self.called(target)]
            result[key] = (*result.get(key, ()), *addresses)
        return result

    def called(self, target: str) -> list[int]:
        """A function, or every function whose address a datum holds when the program starts."""
        items = [item for item in self.firmware.objects if item.name == target]
        if not items:
            return self.functions(target, "--calls")
        return [start for item in items for _, start, _ in self.firmware.code_pointers(item)]

    def unknown(self, name: str, option: str, known: Iterable[str], what: str) -> None:
        names = sorted(name for name in known if name)
        if not names:
            message = f"{option} {name}: the file has no symbols"
            hint = (
                "give the firmware.elf that the linker wrote, before strip, or addresses such as 0x20000101"
            )
            self.found.error("IB482", message, self.place, hint)
            return
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
        hint = (
            f"did you mean '{close[0]}'?" if close else "the linker drops what nothing calls (--gc-sections)"
        )
        self.found.error("IB482", f"{option} {name}: no {what} of that name in the file", self.place, hint)


def _address(text: str) -> int | None:
    """The number that ``0x…`` stands for; None for a name."""
    if not text.lower().startswith("0x"):
        return None
    try:
        return int(text, 16) & 0xFFFFFFFF
    except ValueError:
        return None
