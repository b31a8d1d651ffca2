"""C identifiers of generated names, and whether they keep apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from imgbuild.model import Kind

C_KEYWORDS = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
    char32_t class co_await co_return co_yield compl concept const consteval constexpr constinit
    const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern
    false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
    operator or or_eq private protected public register reinterpret_cast requires restrict return short
    signed sizeof static static_assert static_cast struct switch template this thread_local throw true
    try typedef typeid typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t
    while xor xor_eq _alignas _alignof _atomic _bitint _bool _complex _decimal128 _decimal32 _decimal64
    _generic _imaginary _noreturn _static_assert _thread_local
    """.split()  # noqa: SIM905 - as readable as a table
)
"""Keywords of C23 (ISO/IEC 9899:2024, 6.4.1) and C++23 (ISO/IEC 14882:2024, 5.11), in lower case."""

SUFFIXES: dict[Kind, tuple[str, ...]] = {
    Kind.BITMAP: ("", "_KIND", "_WIDTH", "_HEIGHT"),
    Kind.FONT: ("", "_KIND", "_SIZE_PX"),
    Kind.FILE: ("", "_KIND"),
    Kind.STRINGS: ("", "_KIND", "_CONTRACT"),
    Kind.GLYPH_RUNS: ("", "_KIND"),
    Kind.ANIMATION: ("", "_KIND", "_WIDTH", "_HEIGHT", "_FRAMES"),
}
"""What follows an asset's name in the macros of ``<name>_assets.h``; "" is the key."""

_RANGE_KINDS = ("565", "8888", "ALPHA8", "ALPHA4", "INDEXED8", "INDEXED4", "GRAY8", "GRAY4")
_GLYPH_KINDS = ("RANGE", "GRAY", "MONO", "LATIN", "CJK", "MONO7", "MONO10")
CODEC_SWITCHES = (
    *("RLE", "LZ4", "RANGE"),
    *(f"RANGE_{kind}" for kind in _RANGE_KINDS),
    *(f"GLYPH_{kind}" for kind in _GLYPH_KINDS),
)
"""What follows ``IMGB_CFG_`` in the reader's switches that a pack decides (imgb_config.h)."""

PACK_MACROS = (
    "ASSETS_H",
    "DIGEST_H",
    "CONFIG_H",
    "FORMAT_MAJOR",
    "PACK_ID",
    "CONTRACT",
    "MAX_STRIP_BYTES",
    "WORK_BYTES",
    "REGION_OFFSET",
    "REGION_BYTES",
    "ERASE_BYTES",
    "BASE_ADDRESS",
    "IMAGE_BYTES",
    "TOTAL_BYTES",
    "CONTENT_VERSION",
    "IMAGE_CRC32",
    "IMAGE_SHA256",
    *(f"NEEDS_{switch}" for switch in CODEC_SWITCHES),
)
"""What follows the prefix in the macros that are no asset's."""

COMMON_MACROS = (
    "PARTITIONS_H",
    "PARTITION_COUNT",
    *(f"CONTAINER_{container}" for container in ("FLAT", "LITTLEFS", "SETTINGS")),
)
"""What follows the manifest's name in the macros of ``<name>_partitions.h`` that are no partition's."""
SETTINGS_MACROS = ("H", "OFFSET", "BYTES", "SECTOR_BYTES", "SECTORS", "COUNT", "TABLE")
"""What follows the prefix in the macros of a header of settings that are no setting's."""
_OF_A_SETTING = ("KEY", "DEFAULT", "MIN", "MAX", "BYTES")
PARTITION_MACROS = (
    "OFFSET",
    "BYTES",
    "ERASE_BYTES",
    "ADDRESS",
    "CONTAINER",
    "IS_WRITABLE",
    "ID",
    "UPDATE",
    *(f"{area}_{what}" for area in ("IMAGE", "SLOT_A", "SLOT_B", "SWITCH", "JOURNAL")
      for what in ("OFFSET", "BYTES", "ADDRESS")),
)  # fmt: skip
"""What follows ``<NAME>_PARTITION_<PARTITION>_`` in the macros of ``<name>_partitions.h``."""

RUNTIME_PREFIX = "IMGB"
_STANDARD_MACRO = re.compile(
    r"U?INT(_LEAST|_FAST)?(8|16|32|64|PTR|MAX)_(MIN|MAX|WIDTH|C)"
    r"|(PTRDIFF|SIZE|SIG_ATOMIC|WCHAR|WINT)_(MIN|MAX|WIDTH)"
)
"""Macros of <stdint.h> (ISO/IEC 9899:2024, 7.22), which every generated header includes."""


@dataclass(frozen=True, slots=True)
class CNameCollision:
    """Names that meet in C: ``names`` are assets' names, sorted (one if it meets a fixed macro)."""

    macro: str
    names: tuple[str, ...]
    message: str


_NOT_IN_IDENTIFIER = re.compile(r"[^0-9A-Za-z]")


def c_identifier(name: str) -> str:
    """``icons/wifi-2`` as ``ICONS_WIFI_2``: ASCII upper case, else ``_``, a leading digit behind ``_``."""
    letters = _NOT_IN_IDENTIFIER.sub("_", name).upper()
    return f"_{letters}" if letters[:1].isdigit() else letters


def macro_name(prefix: str, name: str) -> str:
    """The macro of an asset: the prefix, one underscore, the name.

    A name's own leading underscore serves as that one: two in a row are reserved in C++.
    """
    identifier = c_identifier(name)
    separator = "" if identifier.startswith("_") else "_"
    return f"{c_identifier(prefix)}{separator}{identifier}"


def variant_macro(prefix: str, variant: str) -> str:
    """The macro of a variant's number."""
    return f"{c_identifier(prefix)}_VARIANT_{c_identifier(variant).lstrip('_')}"


def check_c_names(
    names: Iterable[str] | Mapping[str, Kind], prefix: str, variants: Iterable[str] = ()
) -> list[CNameCollision]:
    """Every macro that two assets, or an asset and a fixed macro, would both define; sorted by macro.

    ``names`` with kinds asks for just the macros that these kinds get; without, for those of any kind.
    """
    owners: dict[str, list[str]] = {}
    for name in sorted(names):
        suffixes = SUFFIXES[names[name]] if isinstance(names, Mapping) else _ALL_SUFFIXES
        for suffix in suffixes:
            owners.setdefault(macro_name(prefix, name) + suffix, []).append(name)
    if owners and c_identifier(prefix) == RUNTIME_PREFIX:
        macro = min(owners)
        message = f"macros that start with {RUNTIME_PREFIX}_ are the reader's; the prefix must be another one"
        return [CNameCollision(macro, tuple(owners[macro]), message)]
    fixed = {f"{c_identifier(prefix)}_{macro}" for macro in PACK_MACROS}
    fixed |= {variant_macro(prefix, variant) for variant in variants}
    return list(_collisions(owners, fixed))


def macros_of(kinds: Mapping[str, Kind], prefix: str, variants: Iterable[str] = ()) -> set[str]:
    """Every macro that the generated headers of one partition may define."""
    own = {macro_name(prefix, name) + suffix for name, kind in kinds.items() for suffix in SUFFIXES[kind]}
    fixed = {f"{c_identifier(prefix)}_{macro}" for macro in PACK_MACROS}
    return own | fixed | {variant_macro(prefix, variant) for variant in variants}


def settings_macros_of(names: Iterable[str], prefix: str) -> set[str]:
    """Every macro that the generated header of settings may define."""
    start = c_identifier(prefix)
    fixed = {f"{start}_{macro}" for macro in SETTINGS_MACROS}
    return fixed | {f"{start}_{what}_{c_identifier(name)}" for name in names for what in _OF_A_SETTING}


def partition_macro(name: str, partition: str, suffix: str) -> str:
    """A macro of ``<name>_partitions.h``."""
    return f"{c_identifier(name)}_PARTITION_{c_identifier(partition).lstrip('_')}_{suffix}"


_ALL_SUFFIXES = tuple(sorted({suffix for suffixes in SUFFIXES.values() for suffix in suffixes}))


def _collisions(owners: Mapping[str, list[str]], fixed: set[str]) -> Iterator[CNameCollision]:
    told: set[tuple[str, ...]] = set()
    for macro, found in sorted(owners.items()):
        names = tuple(found)
        if len(names) > 1 and names not in told:
            told.add(names)
            quoted = " and ".join(f'"{name}"' for name in names)
            yield CNameCollision(macro, names, f"the names {quoted} would both define {macro} in C")
        where = "every generated header" if macro in fixed else "<stdint.h>"
        if macro in fixed or _STANDARD_MACRO.fullmatch(macro):
            message = f'the name "{names[0]}" would define {macro}, which {where} defines'
            yield CNameCollision(macro, names, message)
