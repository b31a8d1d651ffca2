"""The Unicode Bidirectional Algorithm (UAX 9): embedding levels, and the order of drawing.

Rules are named as there. Explicit controls stay in their places (section 5.2), so that a level stands beside
every character and joiners still reach the shaper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from imgbuild.glyphs.bidi_classes import CLOSING_OF, CLOSINGS, bidi_class, canonical_bracket

LEVELS_MAX = 125
"""BD2's max_depth."""
_BRACKETS_MAX = 63
"""BD16: openings that are remembered."""
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"})
_INITIATORS = frozenset({"LRI", "RLI", "FSI"})
_REMOVED = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "BN"})
"""What rule X9 takes out."""
_BLANK = frozenset({"WS", "LRI", "RLI", "FSI", "PDI"})


@dataclass(frozen=True, slots=True)
class LevelRun:
    """Characters ``start`` to ``end`` of a line (in logical order, end not in it), all of one level."""

    start: int
    end: int
    level: int


# --- levels ----------------------------------------------------------------------------------------


def embedding_levels(text: str, direction: str = "auto") -> tuple[list[int], int]:
    """The level of each character of a line, in logical order; and that of its paragraph.

    ``direction``: ``ltr``, ``rtl`` or ``auto`` (P2, P3: of the first strong character, else from left to
    right). What X9 removes has the higher of the levels around it, so that a joiner goes with a letter.
    """
    classes = [bidi_class(character) for character in text]
    partners = _match_isolates(classes)
    forced = {"ltr": 0, "rtl": 1}.get(direction)
    base = _first_strong(classes, partners, 0, len(classes)) if forced is None else forced
    resolved, levels = _explicit(classes, partners, base)
    kept = [place for place, kind in enumerate(classes) if kind not in _REMOVED]
    for sequence in list(_sequences(classes, partners, levels, kept, base)):  # of levels not yet raised
        _resolve_weak(resolved, sequence)
        _resolve_brackets(text, classes, resolved, sequence)
        _resolve_neutral(resolved, sequence)
        _resolve_implicit(resolved, levels, sequence)
    _reset_blanks(classes, levels, base)
    _fill_removed(classes, levels, base)
    return levels, base


def is_removed(character: str) -> bool:
    """Whether rule X9 takes a character out."""
    return bidi_class(character) in _REMOVED


def _match_isolates(classes: Sequence[str]) -> dict[int, int]:
    """BD9: places of isolate initiators and of the PDI that ends each; a PDI alone leads nowhere."""
    partners: dict[int, int] = {}
    open_: list[int] = []
    for place, kind in enumerate(classes):
        if kind in _INITIATORS:
            open_.append(place)
        elif kind == "PDI" and open_:
            initiator = open_.pop()
            partners[initiator], partners[place] = place, initiator
        elif kind == "B":
            open_.clear()
    return partners


def _first_strong(classes: Sequence[str], partners: dict[int, int], start: int, end: int) -> int:
    """P2, P3: the level of the first strong character that is in no isolate; 0 if there is none."""
    place = start
    while place < end:
        kind = classes[place]
        if kind in {"L", "R", "AL"}:
            return int(kind != "L")
        place = partners.get(place, end) if kind in _INITIATORS else place + 1
    return 0


@dataclass(frozen=True, slots=True)
class _Status:
    """An entry of the directional status stack (X1)."""

    level: int
    override: str | None = None
    is_isolate: bool = False


class _Explicit:
    """Rules X1 to X8."""

    def __init__(self, base: int) -> None:
        self.stack = [_Status(base)]
        self.isolates_over = self.embeddings_over = self.isolates = 0

    def embed(self, *, is_rtl: bool, override: str | None = None, is_isolate: bool = False) -> None:
        """X2 to X5b: go a level up, or count what goes over the top."""
        level = self.stack[-1].level
        level += 1 if (level & 1) != is_rtl else 2
        if level <= LEVELS_MAX and not self.isolates_over and not self.embeddings_over:
            self.stack.append(_Status(level, override, is_isolate))
            self.isolates += is_isolate
        elif is_isolate:
            self.isolates_over += 1
        elif not self.isolates_over:
            self.embeddings_over += 1

    def end_isolate(self) -> None:
        """X6a."""
        if self.isolates_over:
            self.isolates_over -= 1
        elif self.isolates:
            self.embeddings_over = 0
            while not self.stack[-1].is_isolate:
                self.stack.pop()
            self.stack.pop()
            self.isolates -= 1

    def end_embedding(self) -> None:
        """X7."""
        if self.isolates_over:
            return
        if self.embeddings_over:
            self.embeddings_over -= 1
        elif not self.stack[-1].is_isolate and len(self.stack) > 1:
            self.stack.pop()


def _explicit(classes: Sequence[str], partners: dict[int, int], base: int) -> tuple[list[str], list[int]]:
    """X1 to X8: classes as overrides leave them, and levels."""
    resolved, levels = list(classes), [base] * len(classes)
    state = _Explicit(base)
    for place, kind in enumerate(classes):
        if kind == "B":  # X8: it ends everything
            state = _Explicit(base)
            continue
        if kind == "PDI":
            state.end_isolate()
        elif kind == "PDF":
            state.end_embedding()
        top = state.stack[-1]
        levels[place] = top.level
        if top.override and kind not in _REMOVED:
            resolved[place] = top.override
        if kind in _INITIATORS:
            end = partners.get(place, len(classes))
            strong = kind == "RLI" or (kind == "FSI" and _first_strong(classes, partners, place + 1, end))
            state.embed(is_rtl=bool(strong), is_isolate=True)
        elif kind in {"RLE", "LRE", "RLO", "LRO"}:
            state.embed(is_rtl=kind[0] == "R", override=kind[0] if kind[2] == "O" else None)
    return resolved, levels


# --- isolating run sequences -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sequence:
    """BD13: places of one sequence in logical order, its level, and the classes before and behind it."""

    places: list[int]
    level: int
    sos: str
    eos: str

    @property
    def embedding(self) -> str:
        """The direction of its level."""
        return "R" if self.level & 1 else "L"


def _sequences(
    classes: Sequence[str],
    partners: dict[int, int],
    levels: Sequence[int],
    kept: Sequence[int],
    base: int,
) -> Iterator[_Sequence]:
    """X10."""
    runs = [list(group) for _, group in groupby(kept, key=lambda place: levels[place])]
    run_at = {run[0]: run for run in runs}
    before = dict(zip(kept[1:], kept, strict=False))
    behind = dict(pairwise(kept))
    for first in runs:
        if classes[first[0]] == "PDI" and first[0] in partners:
            continue  # goes on with its initiator's run
        places, run = list(first), first
        while classes[run[-1]] in _INITIATORS and run[-1] in partners:
            run = run_at[partners[run[-1]]]
            places += run
        level = levels[places[0]]
        ahead = levels[before[places[0]]] if places[0] in before else base
        is_open = classes[places[-1]] in _INITIATORS
        after = levels[behind[places[-1]]] if places[-1] in behind and not is_open else base
        yield _Sequence(places, level, _direction(max(level, ahead)), _direction(max(level, after)))


def _direction(level: int) -> str:
    return "R" if level & 1 else "L"


# --- weak and neutral types ------------------------------------------------------------------------


def _resolve_weak(resolved: list[str], sequence: _Sequence) -> None:
    """W1 to W7."""
    kinds = [resolved[place] for place in sequence.places]
    _resolve_marks(kinds, sequence.sos)
    _change_numbers(kinds, sequence.sos, "AL", "AN")  # W2
    kinds = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    _join_numbers(kinds)
    kinds = ["ON" if kind in {"ES", "ET", "CS"} else kind for kind in kinds]  # W6
    _change_numbers(kinds, sequence.sos, "L", "L")  # W7
    for place, kind in zip(sequence.places, kinds, strict=True):
        resolved[place] = kind


def _resolve_marks(kinds: list[str], sos: str) -> None:
    """W1."""
    for n, kind in enumerate(kinds):
        if kind == "NSM":
            previous = kinds[n - 1] if n else sos
            kinds[n] = "ON" if previous in _INITIATORS or previous == "PDI" else previous


def _change_numbers(kinds: list[str], sos: str, behind: str, to: str) -> None:
    """W2, W7: European numbers whose last strong type before is ``behind`` become ``to``."""
    strong = sos
    for n, kind in enumerate(kinds):
        if kind in {"L", "R", "AL"}:
            strong = kind
        if kind == "EN" and strong == behind:
            kinds[n] = to


def _join_numbers(kinds: list[str]) -> None:
    """W4, W5: a separator between two numbers, and what is written with a number."""
    for n in range(1, len(kinds) - 1):
        one, other = kinds[n - 1], kinds[n + 1]
        if one == other and ((one == "EN" and kinds[n] in {"ES", "CS"}) or (one, kinds[n]) == ("AN", "CS")):
            kinds[n] = one
    for start, end in _stretches(kinds, lambda kind: kind == "ET"):
        if "EN" in (kinds[max(start - 1, 0) : start] + kinds[end : end + 1]):
            kinds[start:end] = ["EN"] * (end - start)


def _stretches(kinds: Sequence[str], belongs: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Start and end of each stretch of kinds that belong."""
    found, start = [], 0
    for does, group in groupby(kinds, key=belongs):
        end = start + len(list(group))
        if does:
            found.append((start, end))
        start = end
    return found


def _strong_of(kind: str) -> str | None:
    """N0, N1: numbers count as R."""
    return "R" if kind in {"R", "EN", "AN"} else "L" if kind == "L" else None


def _bracket_pairs(text: str, resolved: Sequence[str], places: Sequence[int]) -> list[tuple[int, int]]:
    """BD16: pairs of indices into ``places``, in the order of their openings."""
    open_: list[tuple[str, int]] = []
    pairs = []
    for n, place in enumerate(places):
        if resolved[place] != "ON":
            continue
        character = canonical_bracket(text[place])
        if character in CLOSING_OF:
            if len(open_) == _BRACKETS_MAX:
                return []
            open_.append((CLOSING_OF[character], n))
        elif character in CLOSINGS:
            for depth in range(len(open_) - 1, -1, -1):
                if open_[depth][0] == character:
                    pairs.append((open_[depth][1], n))
                    del open_[depth:]
                    break
    return sorted(pairs)


def _resolve_brackets(text: str, classes: Sequence[str], resolved: list[str], sequence: _Sequence) -> None:
    """N0."""
    places = sequence.places
    for opening, closing in _bracket_pairs(text, resolved, places):
        inside = {_strong_of(resolved[place]) for place in places[opening + 1 : closing]}
        if sequence.embedding in inside:
            direction = sequence.embedding
        elif inside - {None}:
            strong = (_strong_of(resolved[place]) for place in reversed(places[:opening]))
            direction = next((kind for kind in strong if kind), sequence.sos)
        else:
            continue
        for bracket in (opening, closing):
            resolved[places[bracket]] = direction
            for place in places[bracket + 1 :]:  # marks on a bracket go with it
                if classes[place] != "NSM":
                    break
                resolved[place] = direction


def _resolve_neutral(resolved: list[str], sequence: _Sequence) -> None:
    """N1, N2."""
    places = sequence.places
    kinds = [resolved[place] for place in places]
    for start, end in _stretches(kinds, _NEUTRAL.__contains__):
        one = _strong_of(kinds[start - 1]) if start else sequence.sos
        other = _strong_of(kinds[end]) if end < len(kinds) else sequence.eos
        direction = one if one is not None and one == other else sequence.embedding
        for place in places[start:end]:
            resolved[place] = direction


def _resolve_implicit(resolved: Sequence[str], levels: list[int], sequence: _Sequence) -> None:
    """I1, I2."""
    for place in sequence.places:
        kind = resolved[place]
        if sequence.level & 1:
            levels[place] += kind != "R"
        else:
            levels[place] += {"L": 0, "R": 1}.get(kind, 2)


# --- lines -----------------------------------------------------------------------------------------


def _reset_blanks(classes: Sequence[str], levels: list[int], base: int) -> None:
    """L1: separators, and blanks before them and at the line's end, are of the paragraph's level."""
    is_end = True
    for place in range(len(classes) - 1, -1, -1):
        kind = classes[place]
        is_end = kind in {"S", "B"} or (is_end and (kind in _BLANK or kind in _REMOVED))
        if is_end:
            levels[place] = base


def _fill_removed(classes: Sequence[str], levels: list[int], base: int) -> None:
    """Section 5.2: levels of what X9 removed."""
    for start, end in _stretches(classes, _REMOVED.__contains__):
        around = [levels[place] for place in (start - 1, end) if 0 <= place < len(levels)]
        levels[start:end] = [max(around, default=base)] * (end - start)


def visual_runs(levels: Sequence[int]) -> list[LevelRun]:
    """Runs of one level in the order of drawing from left to right (L2).

    Characters of a run of odd level are drawn from its end to its start.
    """
    runs: list[LevelRun] = []
    start = 0
    for level, group in groupby(levels):
        end = start + len(list(group))
        runs.append(LevelRun(start, end, level))
        start = end
    for level in range(max(levels, default=0), 0, -1):
        for first, last in _run_stretches(runs, level):
            runs[first:last] = runs[first:last][::-1]
    return runs


def _run_stretches(runs: Sequence[LevelRun], level: int) -> list[tuple[int, int]]:
    """Stretches of runs that are of ``level`` or above."""
    found, start = [], 0
    for is_above, group in groupby(runs, key=lambda run: run.level >= level):
        end = start + len(list(group))
        if is_above:
            found.append((start, end))
        start = end
    return found
