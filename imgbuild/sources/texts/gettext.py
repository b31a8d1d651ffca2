"""Texts in gettext's .po files, through polib.

An id is the msgid, with its context in front (``menu|Open``); plural forms are ``id.0``, ``id.1``, … An entry
without a translation, or marked fuzzy, counts as missing.
"""

from __future__ import annotations

from typing import Any

from imgbuild.sources.texts.entries import TextEntry, TextFile, normalise_tag


def read_po(file: TextFile) -> list[TextEntry]:
    """A .po file; its language is that of the header, else that of its name."""
    import polib

    text = file.read()
    try:
        parsed = polib.pofile(text if "\n" in text else text + "\n", check_for_duplicates=False)
    except (OSError, UnicodeDecodeError, ValueError, IndexError) as error:
        file.fail(f"it is not a .po file: {error}")
    stated = normalise_tag(parsed.metadata.get("Language", "").strip())
    language = stated or file.known_language()
    found: list[TextEntry] = []
    for entry in parsed:
        if entry.obsolete or "fuzzy" in entry.flags:
            continue
        found += _entries(file, language, entry)
    return found


def _entries(file: TextFile, language: str, entry: Any) -> list[TextEntry]:
    name = f"{entry.msgctxt}|{entry.msgid}" if entry.msgctxt else entry.msgid
    place = file.place(entry.linenum)
    if entry.msgid_plural:
        forms = sorted(entry.msgstr_plural.items())
        return [TextEntry(language, f"{name}.{number}", text, place) for number, text in forms if text]
    return [TextEntry(language, name, entry.msgstr, place)] if entry.msgstr else []
