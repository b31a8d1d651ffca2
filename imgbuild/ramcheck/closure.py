"""Everything that may run once an entry point is called, and what of it lies in the flash that is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from imgbuild.limits import RAMCHECK_FUNCTIONS_MAX
from imgbuild.ramcheck.firmware import Firmware, Function, Span
from imgbuild.ramcheck.interpret import Interpreter
from imgbuild.ramcheck.state import Value
from imgbuild.ramcheck.trace import Call, Pointer, Unknown

_SMALL_NUMBER = 0x10000
"""Below it a constant counts as an address only where a function or a datum begins."""
ANY_CALLER = "*"


class What(Enum):
    """What a finding is about."""

    FUNCTION = "function"
    DATUM = "datum"
    UNKNOWN_CALL = "unknown-call"
    NOT_FOLLOWED = "not-followed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the flash would have to answer for, or that nobody knows.

    ``chain``: function names from the entry point to the one where ``site`` lies; for a function in the flash
    its caller is the last. ``is_first``: everything before it in the chain lies outside the flash. ``via``:
    the place in RAM whose initial value led here.
    """

    what: What
    name: str
    address: int
    site: int
    chain: tuple[str, ...]
    is_first: bool = True
    via: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for. ``flash``: the addresses that cannot be read while the flash is written.

    ``calls``: for a function's name (or name+0xoffset, or ``*``) what its calls through pointers call;
    ``trusted``: addresses of functions and data that are taken as good.
    """

    flash: tuple[Span, ...]
    entries: tuple[int, ...]
    calls: dict[str, tuple[int, ...]] = field(default_factory=dict)
    trusted: frozenset[int] = frozenset()
    arguments: dict[int, dict[int, Value]] = field(default_factory=dict)


@dataclass(slots=True)
class Closure:
    """What :func:`follow` found, in the order found: by the length of the chain."""

    findings: list[Finding] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    instructions: int = 0
    outside: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    """Called addresses that the file holds no bytes of, such as those of a ROM, and the chains to them."""
    used_statements: set[str] = field(default_factory=set)


def follow(firmware: Firmware, question: Question) -> Closure:
    """Follow calls and addresses from the entries until nothing new is reached."""
    walk = _Walk(firmware, question)
    walk.run()
    return walk.result()


@dataclass(frozen=True, slots=True)
class _Step:
    """How a function is reached first: from ``parent`` (None: an entry) at ``site``."""

    parent: int | None
    site: int
    via: int | None
    depth: int


class _Walk:
    def __init__(self, firmware: Firmware, question: Question) -> None:
        self.firmware, self.question = firmware, question
        self.interpreter = Interpreter(firmware, question.trusted)
        self.steps: dict[int, _Step] = {}
        self.closure = Closure()

    def run(self) -> None:
        """First entries whose arguments are known: what they reach is not looked at with nothing known."""
        entries = sorted(self.question.entries, key=lambda entry: not self.question.arguments.get(entry))
        for entry in entries:
            if entry not in self.interpreter.facts:
                self.interpreter.enter(entry, self.question.arguments.get(entry, {}))
        self.steps = {}
        while self.reach_all():
            pass

    # --- which functions ---------------------------------------------------------------------------

    def reach_all(self) -> bool:
        """The shortest chains to all that is reached; whether something was new and has been followed."""
        facts = self.interpreter.facts
        self.steps = {entry: _Step(None, 0, None, 0) for entry in self.question.entries}
        queue = deque(self.steps)
        new: list[int] = []
        while queue:
            start = queue.popleft()
            for call in self.calls_of(start):
                if call.target in self.steps or call.target in self.question.trusted:
                    continue
                self.steps[call.target] = _Step(start, call.site, call.via, self.steps[start].depth + 1)
                if call.target in facts:
                    queue.append(call.target)
                elif call.target not in self.interpreter.outside:
                    new.append(call.target)
        for target in new:
            self.interpreter.enter(target, {})
        return bool(new)

    def calls_of(self, start: int) -> Iterator[Call]:
        """What the function calls, what it may call because it has the address, and what the user says."""
        facts = self.interpreter.facts.get(start)
        if facts is None:
            return
        yield from facts.calls
        for pointer in facts.pointers:
            target = self.code_at(pointer)
            if target is not None:
                yield Call(pointer.site, target)
        for unknown in facts.unknown:
            for target in self.stated(start, unknown) or ():
                yield Call(unknown.site, target)

    def code_at(self, pointer: Pointer) -> int | None:
        """The function that a formed address is of."""
        if pointer.is_read or not pointer.address & 1:
            return None
        start = pointer.address & ~1
        function = self.firmware.function_at(start)
        if function is None:  # no symbol there: what is odd and lies in code is an address of code
            part = self.firmware.memory_at(start)
            return start if part is not None and part.is_code and not self.firmware.functions else None
        return start if function.start == start else None

    def stated(self, start: int, unknown: Unknown) -> tuple[int, ...] | None:
        """What a user's statement says about a call through a pointer; None: nothing."""
        if not unknown.is_call:
            return None
        name = self.interpreter.functions[start].name
        offset = unknown.site - start
        for key in (f"{name}+0x{offset:x}", name, ANY_CALLER):
            if key in self.question.calls:
                self.closure.used_statements.add(key)
                return self.question.calls[key]
        return None

    # --- findings ----------------------------------------------------------------------------------

    def result(self) -> Closure:
        closure, interpreter = self.closure, self.interpreter
        reached = [start for start in self.steps if start in interpreter.facts]
        for start in sorted(reached, key=lambda start: (self.steps[start].depth, start)):
            closure.findings += self.findings_of(start)
        closure.functions = [interpreter.functions[start] for start in reached]
        closure.instructions = sum(len(interpreter.facts[start].instructions) for start in reached)
        outside = (start for start in self.steps if start in interpreter.outside)
        closure.outside = [(start, self.names_to(self.steps[start].parent)) for start in outside]
        if interpreter.is_too_many:
            why = f"more than {RAMCHECK_FUNCTIONS_MAX} functions are reached"
            first = closure.functions[0]
            chain = (first.name,)
            closure.findings.append(Finding(What.NOT_FOLLOWED, first.name, first.start, 0, chain, why=why))
        return closure

    def findings_of(self, start: int) -> Iterator[Finding]:
        step, function = self.steps[start], self.interpreter.functions[start]
        chain, is_first = self.names_to(start), not self.is_in_flash(start)
        if self.is_in_flash(start):
            is_border = step.parent is None or not self.is_in_flash(step.parent)
            via = None if step.via is None else self.firmware.describe(step.via)
            callers = self.names_to(step.parent)
            yield Finding(What.FUNCTION, function.name, start, step.site, callers, is_border, via)
        if start in self.firmware.arm_state:
            why = "its instructions are A32, which no Cortex-M has"
            yield Finding(What.NOT_FOLLOWED, function.name, start, start, chain, why=why)
            return
        found: dict[tuple[What, str], Finding] = {}
        for pointer in self.interpreter.facts[start].pointers:
            if self.is_datum_in_flash(pointer, function):
                name = self.firmware.describe(pointer.address)
                via = None if pointer.via is None else self.firmware.describe(pointer.via)
                finding = Finding(What.DATUM, name, pointer.address, pointer.site, chain, is_first, via)
                found.setdefault((What.DATUM, name), finding)
        for unknown in self.interpreter.facts[start].unknown:
            if self.stated(start, unknown) is None:
                what = What.UNKNOWN_CALL if unknown.is_call else What.NOT_FOLLOWED
                name = self.firmware.describe(unknown.site | 1)
                finding = Finding(what, name, unknown.site, unknown.site, chain, is_first, why=unknown.why)
                found.setdefault((what, name), finding)
        yield from found.values()

    def is_in_flash(self, address: int) -> bool:
        return any(address in span for span in self.question.flash)

    def is_datum_in_flash(self, pointer: Pointer, function: Function) -> bool:
        address = pointer.address
        if not self.is_in_flash(address) or self.code_at(pointer) is not None:
            return False
        if function.start <= address < function.end or self.is_trusted(address):
            return False
        if self.firmware.memory_at(address) is None:
            return False
        if address < _SMALL_NUMBER and not pointer.is_read:
            datum = self.firmware.object_at(address)
            return datum is not None and datum.start == address
        return True

    def is_trusted(self, address: int) -> bool:
        datum = self.firmware.object_at(address)
        return address in self.question.trusted or (
            datum is not None and datum.start in self.question.trusted
        )

    def names_to(self, start: int | None) -> tuple[str, ...]:
        """The names of the functions on the way to ``start``, itself the last."""
        names = []
        while start is not None:
            names.append(self.interpreter.functions[start].name)
            start = self.steps[start].parent
        return tuple(reversed(names))
