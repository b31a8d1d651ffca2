"""What the Unicode Bidirectional Algorithm asks of a character: its class, and the bracket that closes it."""

from __future__ import annotations

import unicodedata

_OPENINGS = (
    "([{\u0f3a\u0f3c\u169b\u2045\u207d\u208d\u2308\u230a\u2329\u2768\u276a\u276c\u276e\u2770\u2772\u2774\u27c5"
    "\u27e6\u27e8\u27ea\u27ec\u27ee\u2983\u2985\u2987\u2989\u298b\u298d\u298f\u2991\u2993\u2995\u2997\u29d8"
    "\u29da\u29fc\u2e22\u2e24\u2e26\u2e28\u2e55\u2e57\u2e59\u2e5b\u3008\u300a\u300c\u300e\u3010\u3014\u3016"
    "\u3018\u301a\ufe59\ufe5b\ufe5d\uff08\uff3b\uff5b\uff5f\uff62"
)
"""Bidi_Paired_Bracket_Type Open of BidiBrackets.txt; the closing one is the next code point, if not here:"""
_CLOSING = {
    pair[0]: pair[1] for pair in ("[]", "{}", "\u298d\u2990", "\u298f\u298e", "\uff3b\uff3d", "\uff5b\uff5d")
}
_UNASSIGNED = (
    (0x0590, 0x05FF, "R"), (0x0600, 0x07BF, "AL"), (0x07C0, 0x085F, "R"), (0x0860, 0x08FF, "AL"),
    (0x2065, 0x2065, "BN"),
    (0x20A0, 0x20CF, "ET"), (0xFB1D, 0xFB4F, "R"), (0xFB50, 0xFDCF, "AL"), (0xFDD0, 0xFDEF, "BN"),
    (0xFDF0, 0xFDFF, "AL"), (0xFE70, 0xFEFF, "AL"), (0xFFF0, 0xFFF8, "BN"), (0x10800, 0x10CFF, "R"),
    (0x10D00, 0x10D3F, "AL"), (0x10D40, 0x10EBF, "R"), (0x10EC0, 0x10EFF, "AL"), (0x10F00, 0x10F2F, "R"),
    (0x10F30, 0x10F6F, "AL"), (0x10F70, 0x10FFF, "R"), (0x1E800, 0x1EC6F, "R"), (0x1EC70, 0x1ECBF, "AL"),
    (0x1ECC0, 0x1ECFF, "R"), (0x1ED00, 0x1ED4F, "AL"), (0x1ED50, 0x1EDFF, "R"), (0x1EE00, 0x1EEFF, "AL"),
    (0x1EF00, 0x1EFFF, "R"), (0xE0000, 0xE0FFF, "BN"),
)  # fmt: skip
"""What characters are before they are assigned (the @missing lines of DerivedBidiClass.txt); else L."""


def bidi_class(character: str) -> str:
    """Bidi_Class, also of characters that Python's Unicode does not know yet."""
    known = unicodedata.bidirectional(character)
    if known:
        return known
    point = ord(character)
    if point & 0xFFFE == 0xFFFE:  # noncharacters
        return "BN"
    return next((kind for first, last, kind in _UNASSIGNED if first <= point <= last), "L")


def _make_brackets() -> tuple[dict[str, str], frozenset[str]]:
    """Openings with their closings, and the closings; canonical equivalents (U+2329) as one."""
    pairs = {opening: _CLOSING.get(opening, chr(ord(opening) + 1)) for opening in _OPENINGS}
    same = {canonical_bracket(one): canonical_bracket(other) for one, other in pairs.items()}
    return same, frozenset(same.values())


def canonical_bracket(character: str) -> str:
    """U+2329 and U+232A are those at U+3008 (the only brackets that decompose)."""
    return unicodedata.normalize("NFD", character)


CLOSING_OF, CLOSINGS = _make_brackets()
