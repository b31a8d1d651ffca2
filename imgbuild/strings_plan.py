"""Planning of strings and shaped texts: all files of an entry become one table of all languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.emit.c_names import c_identifier
from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, Severity
from imgbuild.limits import LANGUAGE_TAG_BYTES_MAX, LANGUAGES_MAX, STRINGS_MAX
from imgbuild.model import Kind, PlannedAsset, RunOptions, StringsOptions
from imgbuild.sources.texts import TEXT_READERS, TextEntry, read_texts
from imgbuild.sources.texts.entries import normalise_tag
from imgbuild.sources.texts.tags import language_problem, script_problem
from imgbuild.texts import FONT_NEED

if TYPE_CHECKING:
    from imgbuild.manifest.asset_spec import AssetSpec
    from imgbuild.manifest.schema import Manifest
    from imgbuild.manifest.yamlpos import YamlPath
    from imgbuild.options import Merged

_PLACEHOLDER = re.compile(
    r"\{[A-Za-z0-9_]*\}|%(?:[0-9]+\$)?[-+ 0#]*[0-9]*(?:\.[0-9]+)?(?:l|ll|h)?[diufgsxXc@]"
)
_NAMED = 4
"""How many ids a message names."""


def default_strings_name(pattern: str) -> str:
    """``strings`` for ``strings/*.yaml``, ``texts`` for ``texts.csv``: a pattern's folder, else the file."""
    path = Path(pattern)
    is_pattern = any(character in pattern for character in "*?[")
    name = path.parent.name if is_pattern else path.stem
    return name or "strings"


def read_strings(
    files: Sequence[Path], shown: Mapping[Path, str], language: str | None, place: Place, found: Diagnostics
) -> list[TextEntry]:
    """The texts of all files; what cannot be read is noted (IB330 to IB332)."""
    entries: list[TextEntry] = []
    for file in files:
        if file.suffix.lower() not in TEXT_READERS:
            known = ", ".join(TEXT_READERS)
            message = f'"{file.name}" is no file of strings: expected one of {known}'
            found.error(
                "IB330", message, place, "plain text may be collected by a font's 'characters: files'"
            )
            continue
        try:
            entries += read_texts(file, shown[file], language)
        except BuildError as error:
            found.extend(error.diagnostics)
    return entries


def make_table(
    entries: Sequence[TextEntry], request: TableRequest, found: Diagnostics
) -> StringsOptions | None:
    """The table of ``entries``; None, with errors noted, where it cannot be made.

    Language 0 is the request's, else ``en`` if there, else the first by name. What a language lacks is
    reported (IB333), placeholders that differ too (IB334).
    """
    name, language, place = request.name, request.language, request.place
    texts = _sort_texts(entries, found)
    languages = _languages(texts, language)
    ids = sorted({id_ for id_, _ in texts}, key=str.encode)
    _check_ids(ids, name, place, found)
    _check_sizes(ids, languages, name, place, found)
    _check_languages(texts, name, found)
    if not ids and not found.has_errors:
        found.error("IB336", f'strings "{name}" hold no text', place, "give files with at least one", name)
    if found.has_errors:
        return None
    severity = Severity.ERROR if request.is_strict else Severity.WARNING
    for message, at, hint in _missing(texts, ids, languages, place):
        found.items.append(Diagnostic("IB333", f'strings "{name}": {message}', at, hint, name, severity))
    for message, at in _other_placeholders(texts, ids, languages):
        found.items.append(Diagnostic("IB334", message, at, None, name, severity))
    rows = tuple(tuple(_text(texts, id_, language_, languages) for language_ in languages) for id_ in ids)
    return StringsOptions(
        tuple(languages), tuple(ids), rows, request.shape, request.script, align_bytes=request.align_bytes
    )


FindFiles = Callable[[str, "YamlPath"], list[Path]]


def is_text_entry(entry: AssetSpec) -> bool:
    """Whether an entry of ``assets`` is texts, whose source is no single file."""
    return entry.kind in {"strings", "text"}


@dataclass(frozen=True, slots=True)
class TextPlanner:
    """Plans entries ``strings`` and ``text``. ``find``: the files of a pattern, errors noted by itself."""

    manifest: Manifest
    find: FindFiles
    found: Diagnostics

    def plan(self, entry: AssetSpec, path: YamlPath, merged: Merged) -> PlannedAsset | None:
        """The entry's asset, not yet named; None, with errors noted, where it is not usable."""
        place = self.manifest.value_place((*path, entry.kind))
        return (self._plan_run if entry.kind == "text" else self._plan_strings)(entry, path, merged, place)

    def _plan_strings(
        self, entry: AssetSpec, path: YamlPath, merged: Merged, place: Place
    ) -> PlannedAsset | None:
        files, found = self.find(entry.source, (*path, entry.kind)), Diagnostics()
        shape, language = merged.values.get("shape"), merged.values.get("language")
        self._check_tags(entry, merged, found)
        name = entry.name or default_strings_name(entry.source)
        shown = {file: _shown(file, self.manifest.folder) for file in files}
        texts = read_strings(files, shown, language, place, found)
        is_strict = self.manifest.spec.strict
        script = self._script_of_shaped(merged, name)
        request = TableRequest(name, language, shape, script, merged.values.get("align", 4), place, is_strict)
        table = make_table(texts, request, found) if files and not found.has_errors else None
        self.found.extend(found.items)
        if table is None:
            return None
        return PlannedAsset(name, 0, Kind.STRINGS, "", files[0], table, place, needs=_needs(shape))

    def _plan_run(
        self, entry: AssetSpec, _path: YamlPath, merged: Merged, place: Place
    ) -> PlannedAsset | None:
        values, name = merged.values, entry.name
        font = values.get("shape")
        if name is None or font is None:
            key, hint = ("name", "name: greeting") if name is None else ("shape", "shape: body, a font asset")
            self.found.error("IB106", f"a text has no '{key}'", place, f"for example {hint}")
            return None
        if not self._check_tags(entry, merged, self.found):
            return None
        options = RunOptions(
            text=unicodedata.normalize("NFC", entry.source),
            font=font,
            language=values.get("language"),
            script=values.get("script"),
            direction=values.get("direction", "auto"),
            align_bytes=values.get("align", 4),
        )
        source = self.manifest.path.absolute()
        return PlannedAsset(name, 0, Kind.GLYPH_RUNS, "", source, options, place, needs=_needs(font))

    # --- languages and scripts

    def _check_tags(self, entry: AssetSpec, merged: Merged, found: Diagnostics) -> bool:
        """Whether the language and the script that the manifest gives exist; IB354, IB355."""
        problems = [
            (code, key, merged.values[key], problem)
            for code, key, check in (
                ("IB354", "language", language_problem),
                ("IB355", "script", script_problem),
            )
            if key in merged.values and (problem := check(merged.values[key]))
        ]
        for code, key, value, (what, hint) in problems:
            at = merged.explicit.get(key, ("defaults", entry.kind, key))
            place = self.manifest.value_place(at)
            found.error(code, f'{key} "{value}" {what}', place, hint, entry.name)
        return not problems

    def _script_of_shaped(self, merged: Merged, name: str) -> str | None:
        """The script of a table's shaped texts; IB118 where it is asked for and none is shaped."""
        if merged.values.get("shape") is None:
            if "script" in merged.explicit:
                message = f"'script' has no effect on strings \"{name}\": they are not shaped"
                at = self.manifest.key_place(merged.explicit["script"])
                self.found.error("IB118", message, at, "name the font that they are shaped for: shape: NAME")
            return None
        script: str | None = merged.values.get("script")
        return script


def _needs(font: str | None) -> tuple[str, ...]:
    return () if font is None else (f"{FONT_NEED}{font}",)


def _shown(file: Path, folder: Path) -> str:
    """The file as messages name it: from the manifest's folder where it lies in it."""
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


@dataclass(frozen=True, slots=True)
class TableRequest:
    """What the manifest says of a strings asset."""

    name: str
    language: str | None
    shape: str | None
    script: str | None
    align_bytes: int
    place: Place
    is_strict: bool


Texts = dict[tuple[str, str], TextEntry]
"""Texts by id and language."""


def _sort_texts(entries: Sequence[TextEntry], found: Diagnostics) -> Texts:
    texts: Texts = {}
    for entry in entries:
        first = texts.setdefault((entry.id, entry.language), entry)
        if first is not entry:
            message = f'"{entry.id}" has two texts in {entry.language}; the other one is at {first.place}'
            found.error("IB331", message, entry.place, "take one of them out")
    return texts


def _languages(texts: Texts, language: str | None) -> list[str]:
    languages = sorted({language_ for _, language_ in texts})
    first = normalise_tag(language) if language else "en"
    return [tag for tag in languages if tag == first] + [tag for tag in languages if tag != first]


def _text(texts: Texts, id_: str, language: str, languages: Sequence[str]) -> str:
    """The text, else that of the first language, else of the next that has one."""
    for tag in (language, *languages):
        if (id_, tag) in texts:
            return texts[id_, tag].text
    raise KeyError(id_)


def _check_ids(ids: Sequence[str], name: str, place: Place, found: Diagnostics) -> None:
    by_macro: dict[str, str] = {}
    for id_ in ids:
        if not id_ or not id_.isprintable():
            message = f'an id {id_!r} of strings "{name}" is not accepted: expected printable characters'
            found.error("IB335", message, place, None, name)
            continue
        first = by_macro.setdefault(c_identifier(id_), id_)
        if first != id_:
            message = f'the ids "{first}" and "{id_}" of strings "{name}" become the same C name'
            found.error("IB335", message, place, "rename one of them", name)


def _check_sizes(
    ids: Sequence[str], languages: Sequence[str], name: str, place: Place, found: Diagnostics
) -> None:
    if len(ids) > STRINGS_MAX:
        found.error(
            "IB336", f'strings "{name}" have {len(ids)} ids, at most {STRINGS_MAX} fit', place, None, name
        )
    if len(languages) > LANGUAGES_MAX:
        message = f'strings "{name}" are in {len(languages)} languages, at most {LANGUAGES_MAX} fit'
        found.error("IB336", message, place, None, name)
    for tag in languages:
        if len(tag) > LANGUAGE_TAG_BYTES_MAX:
            message = f'the language "{tag}" has {len(tag)} letters, at most {LANGUAGE_TAG_BYTES_MAX} fit'
            found.error("IB336", message, place, None, name)


def _check_languages(texts: Texts, name: str, found: Diagnostics) -> None:
    """Told once per language, at its first text."""
    for tag in sorted({language for _, language in texts}):
        problem = language_problem(tag)
        if problem is not None:
            place = next(entry.place for (_, language), entry in texts.items() if language == tag)
            found.error("IB354", f'language "{tag}" {problem[0]}', place, problem[1], name)


def _missing(
    texts: Texts, ids: Sequence[str], languages: Sequence[str], place: Place
) -> Iterator[tuple[str, Place, str | None]]:
    for language in languages:
        lacking = [id_ for id_ in ids if (id_, language) not in texts]
        if lacking:
            message = f"{language} lacks {len(lacking)} of {len(ids)} texts: {_name(lacking)}"
            yield message, place, f"those of {languages[0]} stand in" if language != languages[0] else None


def _other_placeholders(
    texts: Texts, ids: Sequence[str], languages: Sequence[str]
) -> Iterator[tuple[str, Place]]:
    for id_ in ids:
        first = texts.get((id_, languages[0]))
        if first is None or id_.rpartition(".")[2] in {"zero", "one"}:  # "one minute" need not say {count}
            continue
        meant = sorted(_PLACEHOLDER.findall(first.text))
        for language in languages[1:]:
            entry = texts.get((id_, language))
            got = meant if entry is None else sorted(_PLACEHOLDER.findall(entry.text))
            if entry is not None and got != meant:
                found, expected = _name(got) or "no placeholder", _name(meant) or "none"
                yield f'"{id_}" in {language} has {found}, in {languages[0]} {expected}', entry.place


def _name(words: Sequence[str]) -> str:
    rest = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


# --- as characters of fonts ------------------------------------------------------------------------


def characters_of(table: StringsOptions) -> dict[str, str]:
    """By language, all texts that are drawn character after character: not those that are shaped."""
    from imgbuild.glyphs.shape import needs_shaping

    texts = {}
    for number, language in enumerate(table.languages):
        column = sorted({row[number] for row in table.texts})
        texts[language] = "".join(
            unicodedata.normalize("NFC", text)
            for text in column
            if table.shape is None or not needs_shaping(text)
        )
    return texts


def texts_of_file(path: Path) -> str | None:
    """The texts of a file of strings, without ids; None where it is no such file."""
    if path.suffix.lower() not in TEXT_READERS:
        return None
    try:
        return "\n".join(entry.text for entry in read_texts(path, path.name, "en"))
    except BuildError:
        return None  # some other YAML, JSON, CSV or XML: each of its characters counts
