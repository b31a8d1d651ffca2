"""What to do about a finding: a line for the linker script, or a change of the source."""

from __future__ import annotations

import re

from imgbuild.ramcheck.closure import Finding, What

_LIBGCC = {
    "__aeabi_uidiv": "_udivsi3",
    "__aeabi_uidivmod": "_udivsi3",
    "__udivsi3": "_udivsi3",
    "__aeabi_idiv": "_divsi3",
    "__aeabi_idivmod": "_divsi3",
    "__divsi3": "_divsi3",
    "__aeabi_idiv0": "_dvmd_tls",
    "__aeabi_ldiv0": "_dvmd_tls",
    "__aeabi_lmul": "_muldi3",
    "__aeabi_llsl": "_ashldi3",
    "__aeabi_llsr": "_lshrdi3",
    "__aeabi_lasr": "_ashrdi3",
    "__aeabi_lcmp": "_aeabi_lcmp",
    "__aeabi_ulcmp": "_aeabi_ulcmp",
    "__aeabi_uldivmod": "_aeabi_uldivmod",
    "__aeabi_ldivmod": "_aeabi_ldivmod",
    "__udivmoddi4": "_udivmoddi4",
    "__clzsi2": "_clzsi2",
    "__ctzsi2": "_ctzsi2",
    "__clzdi2": "_clzdi2",
    "__popcountsi2": "_popcountsi2",
    "__bswapsi2": "_bswapsi2",
    "__gnu_thumb1_case_sqi": "_thumb1_case_sqi",
    "__gnu_thumb1_case_uqi": "_thumb1_case_uqi",
    "__gnu_thumb1_case_shi": "_thumb1_case_shi",
    "__gnu_thumb1_case_uhi": "_thumb1_case_uhi",
    "__gnu_thumb1_case_si": "_thumb1_case_si",
}
"""Helpers of the compiler and the member of libgcc.a that has them (GCC 12, arm-none-eabi-nm)."""
_C_LIBRARY = re.compile(
    r"(?:__aeabi_)?(mem(?:cpy|move|set|cmp|clr|chr)[48]?|str(?:len|cpy|ncpy|cmp|ncmp|chr))"
)
_OWN = re.compile(r"(imgb_[a-z]+)_")
_UNITS = {
    "imgb_settings": "imgb_settings.c",
    "imgb_nor": "imgb_nor.c",
    "imgb_xip": "imgb_xip.c",
    "imgb_update": "imgb_update*.c",
}
_NOTES = "(c_runtime/ld/README.md)"


def fix_of(finding: Finding) -> str:
    """One sentence that says what to do."""
    return _FIXES[finding.what](finding)


def _of_function(finding: Finding) -> str:
    name = finding.name.partition("+")[0].partition(".")[0]  # GCC adds .constprop.0 and the like
    if name in _LIBGCC:
        return f"put the compiler's {name} into RAM: *libgcc.a:{_LIBGCC[name]}.o(.text .text.*) {_NOTES}"
    library = _C_LIBRARY.fullmatch(name)
    if library:
        return (
            f"put {name} into RAM: *libc*.a:*{library[1].rstrip('48')}*.o(.text .text.* .rodata .rodata.*),"
            f" or write a {library[1]} of your own with IMGB_RAMFUNC {_NOTES}"
        )
    own = _OWN.match(name)
    if own and own[1] in _UNITS:
        return f"compile {_UNITS[own[1]]} with -DIMGB_RAMFUNC=… and link with imgb_ramfunc.ld {_NOTES}"
    if name.endswith("_veneer") or "Thunk" in name:
        return "a veneer lies beside what calls it: put the caller into RAM"
    return f"put {name} into RAM: mark it IMGB_RAMFUNC, or *(.text.{name}) in the linker script {_NOTES}"


def _of_datum(finding: Finding) -> str:
    name = finding.name.partition("+")[0]
    if name.startswith("CSWTCH"):
        return (
            f"a table made of a switch: put *(.rodata.{name}) into RAM, or compile with"
            " -fno-tree-switch-conversion"
        )
    if name.startswith((".", "segment", "unnamed")):
        user = finding.chain[-1]
        return (
            f"put the constants of {user}'s file into RAM: *FILE.o(.rodata .rodata.*), or copy them"
            f" there before {_NOTES}"
        )
    return f"put {name} into RAM: *(.rodata.{name}) in the linker script, or copy it there before {_NOTES}"


def _of_unknown_call(finding: Finding) -> str:
    caller = finding.chain[-1]
    return f"say what it calls: --calls {caller}=NAME[,NAME…]; or take {caller} as good: --trust {caller}"


def _of_not_followed(finding: Finding) -> str:
    return f"look at it by hand; if it is good: --trust {finding.chain[-1]}"


_FIXES = {
    What.FUNCTION: _of_function,
    What.DATUM: _of_datum,
    What.UNKNOWN_CALL: _of_unknown_call,
    What.NOT_FOLLOWED: _of_not_followed,
}
