"""Files of texts: every format gives ids, languages and texts, as a translator wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgbuild.errors import BuildError
from imgbuild.sources.texts import read_texts


def _read(folder: Path, name: str, content: str, language: str | None = None) -> dict[tuple[str, str], str]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return {(entry.language, entry.id): entry.text for entry in read_texts(path, name, language)}


def test_yaml_of_one_language(tmp_path: Path) -> None:
    texts = _read(tmp_path, "de.yaml", "hello: Hallo\nmenu:\n  file: Datei\n  count: 3\n")
    assert texts == {("de", "hello"): "Hallo", ("de", "menu.file"): "Datei", ("de", "menu.count"): "3"}


def test_yaml_of_all_languages(tmp_path: Path) -> None:
    texts = _read(tmp_path, "words.yaml", "en: {hello: Hello}\npt_BR: {hello: Ola}\n")
    assert texts == {("en", "hello"): "Hello", ("pt-BR", "hello"): "Ola"}


def test_yaml_places_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "en.yaml"
    path.write_text("a: A\nb:\n  c: C\n", encoding="utf-8")
    entries = read_texts(path, "strings/en.yaml", None)
    assert [(entry.place.path, entry.place.line) for entry in entries] == [
        ("strings/en.yaml", 1),
        ("strings/en.yaml", 3),
    ]


def test_json(tmp_path: Path) -> None:
    texts = _read(tmp_path, "app.fr.json", '{"hello": "Bonjour", "items": {"one": "un", "other": "{n}"}}')
    assert texts == {("fr", "hello"): "Bonjour", ("fr", "items.one"): "un", ("fr", "items.other"): "{n}"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["id", "en", "de", "note"],
        ["hello", "Hello", "Hallo", "x"],
        ["bye", '"Bye, bye; now\tgo"', "", ""],
    ]
    text = "\n".join(delimiter.join(row) for row in rows)
    texts = _read(tmp_path, "t.csv", "\ufeff" + text + "\n\n")
    assert texts == {
        ("en", "hello"): "Hello",
        ("de", "hello"): "Hallo",
        ("en", "bye"): "Bye, bye; now\tgo",
    }


PO = """
msgid ""
msgstr "Language: de_AT\\nContent-Type: text/plain; charset=UTF-8\\n"

msgid "Hello"
msgstr "Servus"

msgctxt "menu"
msgid "Open"
msgstr ""
"Auf"
"machen"

msgid "one item"
msgid_plural "%d items"
msgstr[0] "ein Ding"
msgstr[1] "%d Dinge"

#, fuzzy
msgid "Old"
msgstr "Alt"

msgid "Untranslated"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Weg"
"""


def test_gettext(tmp_path: Path) -> None:
    assert _read(tmp_path, "x.po", PO) == {
        ("de-AT", "Hello"): "Servus",
        ("de-AT", "menu|Open"): "Aufmachen",
        ("de-AT", "one item.0"): "ein Ding",
        ("de-AT", "one item.1"): "%d Dinge",
    }


ANDROID = """<?xml version="1.0" encoding="utf-8"?>
<resources xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2">
  <string name="plain">It\\'s   here\n   now</string>
  <string name="quoted">" two  blanks "</string>
  <string name="escapes">\\u20ac \\n\\t \\@ \\\\ &lt;b&gt;</string>
  <string name="marked">Hi <b>you</b>, <xliff:g id="n">%1$s</xliff:g></string>
  <plurals name="items"><item quantity="one">one</item><item quantity="other">%d</item></plurals>
  <string-array name="days"><item>Mon</item><item>Tue</item></string-array>
</resources>
"""


@pytest.mark.parametrize(
    ("folder", "language"), [("values-de", "de"), ("values-pt-rBR", "pt-BR"), ("values-b+sr+Latn", "sr-Latn")]
)
def test_android(tmp_path: Path, folder: str, language: str) -> None:
    texts = _read(tmp_path, f"{folder}/strings.xml", ANDROID)
    assert {found for found, _ in texts} == {language}
    assert {id_: text for (_, id_), text in texts.items()} == {
        "plain": "It's here now",
        "quoted": " two  blanks ",
        "escapes": "\u20ac \n\t @ \\ <b>",
        "marked": "Hi you, %1$s",
        "items.one": "one",
        "items.other": "%d",
        "days.0": "Mon",
        "days.1": "Tue",
    }


def test_the_language_may_come_from_the_manifest(tmp_path: Path) -> None:
    assert _read(tmp_path, "strings.json", '{"a": "A"}', "en") == {("en", "a"): "A"}


def test_a_text_that_is_a_number_in_yaml_stays_as_written(tmp_path: Path) -> None:
    assert _read(tmp_path, "en.yaml", "a: 12:30\nb: 010\nc: 1.50\nno: no\n") == {
        ("en", "a"): "12:30",
        ("en", "b"): "010",
        ("en", "c"): "1.50",
        ("en", "no"): "no",
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("en.yaml", "a: [1, 2]\n"),
        ("en.yaml", "a: {b: {c: }}\n"),
        ("en.yaml", "just text\n"),
        ("en.json", "[" * 100_000),
        ("en.json", '{"a": true}'),
        ("t.csv", "id,value\na,b\n"),
        ("t.csv", 'id,en\na,"unclosed\n'),
        ("en.xml", "<strings/>"),
        ("en.xml", '<!DOCTYPE a [<!ENTITY b "c">]><resources><string name="x">&b;</string></resources>'),
        ("en.po", 'msgid "a\nmsgstr'),
    ],
)
def test_what_is_not_readable_is_told(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(BuildError) as caught:
        _read(tmp_path, name, content)
    assert {item.code for item in caught.value.diagnostics} == {"IB330"}
