"""ELF files of a Cortex-M, put together by hand, for what check-ram finds in them."""

import struct

_HEAD, _SECTION, _SYMBOL = struct.Struct("<16sHHIIIIIHHHHHH"), struct.Struct("<10I"), struct.Struct("<IIIBBH")


def firmware(functions, data=None, *, has_marks=True):
    """A linked file: ``{name: (address, code in hexadecimal)}``; a name of "" gets no symbol."""
    items = [(name, *item, True) for name, item in functions.items()]
    items += [(name, *item, False) for name, item in (data or {}).items()]
    names, strings = b"\0.text\0.rodata\0.symtab\0.strtab\0", b"\0"
    body, sections, symbols = b"", [bytes(_SECTION.size)], [bytes(_SYMBOL.size)]
    for number, (name, address, text, is_code) in enumerate(items, 1):
        content = bytes.fromhex(text)
        flags, at = (6, 1) if is_code else (2, names.index(b".rodata"))
        place = _HEAD.size + len(body)
        sections.append(_SECTION.pack(at, 1, flags, address, place, len(content), 0, 0, 4, 0))
        body += content + bytes(-len(content) % 4)
        if not name:
            continue
        kind, value = (0x12, address + 1) if is_code else (0x11, address)
        symbols.append(_SYMBOL.pack(len(strings), value, len(content), kind, 0, number))
        strings += name.encode() + b"\0"
        if is_code and has_marks:
            symbols.append(_SYMBOL.pack(len(strings), address, 0, 0, 0, number))
            strings += b"$t\0"
    for name, kind, content, link, entry in (
        (b".symtab", 2, b"".join(symbols), len(items) + 2, 16),
        (b".strtab", 3, strings, 0, 0),
        (b".strtab", 3, names, 0, 0),
    ):
        place = _HEAD.size + len(body)
        sections.append(_SECTION.pack(names.index(name), kind, 0, 0, place, len(content), link, 1, 1, entry))
        body += content + bytes(-len(content) % 4)
    identification = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    table = _HEAD.size + len(body)
    count = len(sections)
    head = _HEAD.pack(identification, 2, 40, 1, 0, 0, table, 0x05000200, 52, 0, 0, 40, count, count - 1)
    return head + body + b"".join(sections)
