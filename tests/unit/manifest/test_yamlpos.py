"""YAML comes in with the place of every key and value, and without YAML's traps."""

import json
import sys
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imgbuild.errors import BuildError, Place
from imgbuild.limits import MANIFEST_BYTES_MAX, MANIFEST_DEPTH_MAX, MANIFEST_NODES_MAX
from imgbuild.manifest import yamlpos
from imgbuild.manifest.yamlpos import load_yaml, parse_yaml


def value_of(text):
    document, diagnostics = parse_yaml(text, "m.yaml")
    assert diagnostics.items == []
    return document.value


def findings_of(text):
    try:
        _, diagnostics = parse_yaml(text, "m.yaml")
    except BuildError as error:
        return list(error.diagnostics)
    return diagnostics.items


def brief(text):
    return [(d.code, d.place.line, d.place.column) for d in findings_of(text)]


# --- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", "010"),  # not octal 8
        ("12:30", "12:30"),  # not 750, base 60
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("1e3", "1e3"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("2024-01-31", "2024-01-31"),  # not a date
        ("1400K", "1400K"),
        ("240x320", "240x320"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("0x80000", 0x80000),
        ("1.5", 1.5),
        ("-2.5e3", -2500.0),
        ("'5'", "5"),
        ('"true"', "true"),
        ("|\n  5\n", "5\n"),
        ("9" * 40, "9" * 40),
    ],
)
def test_plain_values_mean_what_they_look_like(text, value):
    found = value_of(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_always_text():
    assert value_of("1: a\ntrue: b\nnull: c\n") == {"1": "a", "true": "b", "null": "c"}


def test_a_number_of_five_thousand_digits_is_text_and_no_crash():
    assert value_of("a: " + "1" * 5000)["a"] == "1" * 5000


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp")), max_size=20)
leaves = st.one_of(words.filter(lambda w: "\ufeff" not in w), st.integers(-(10**15), 10**15), st.booleans())
keys = words.filter(lambda w: "\ufeff" not in w)
trees = st.recursive(
    leaves,
    lambda t: st.one_of(st.lists(t, max_size=4), st.dictionaries(keys, t, max_size=4)),
    max_leaves=15,
)


@given(trees)
def test_json_is_yaml_and_means_the_same(tree):
    assert value_of(json.dumps(tree, ensure_ascii=False)) == tree


# --- places ----------------------------------------------------------------------------------------


def test_every_key_and_value_has_its_place():
    text = "a: 1\nlist:\n  - x: é\n    yy: [ 5, 'six' ]\n"
    positions = parse_yaml(text, "m.yaml")[0].positions
    assert positions.key(("list",)) == Place("m.yaml", 2, 1, 4)
    assert positions.value(("a",)) == Place("m.yaml", 1, 4, 1)
    assert positions.key(("list", 0, "yy")) == Place("m.yaml", 4, 5, 2)
    assert positions.value(("list", 0, "yy", 1)) == Place("m.yaml", 4, 14, 5)
    assert positions.value(("list", 0)) == Place("m.yaml", 3, 5, 1)  # its first key


def test_what_has_no_place_gets_that_of_the_nearest_thing_around_it():
    positions = parse_yaml("a: {b: 1}\n", "m.yaml")[0].positions
    assert positions.value(("a", "b", "c", 3)) == positions.value(("a", "b"))
    assert positions.key(("a", "missing")) == positions.value(("a",))


def test_columns_count_characters_not_bytes():
    positions = parse_yaml("{é: 1, ü: 2}", "m.yaml")[0].positions
    assert positions.value(("ü",)).column == 11


# --- what is refused -------------------------------------------------------------------------------


def test_duplicate_keys_are_all_reported_at_the_second_naming_the_first():
    found = findings_of("a: 1\nb:\n  c: 1\n  c: 2\na: 3\na: 4\n")
    assert [(d.code, d.place.line) for d in found] == [("IB103", 4), ("IB103", 5), ("IB103", 6)]
    assert found[1].message == "key 'a' is given twice; the first one is in line 1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\nb: *x\n", [("IB107", 1, 4), ("IB107", 2, 4)]),
        ("a: !!str 1\nb: !own {c: 1}\n", [("IB107", 1, 4), ("IB107", 2, 4)]),
        ("<<: {a: 1}\n", [("IB107", 1, 1)]),
        ("a: 1\n---\nb: 2\n", [("IB107", 2, 1)]),
        ("? [a, b]\n: 1\n", [("IB107", 1, 3)]),
        ("*x : 1\n", [("IB107", 1, 1)]),
    ],
)
def test_features_that_hide_values_are_refused(text, expected):
    assert brief(text) == expected


def test_a_quoted_merge_key_is_just_a_key():
    assert value_of("'<<': 1") == {"<<": 1}


def test_a_billion_laughs_costs_nothing():
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    start = time.perf_counter()
    assert {d.code for d in findings_of("\n".join(lines))} == {"IB107"}
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("depth", [MANIFEST_DEPTH_MAX + 1, 100_000])
def test_deep_nesting_is_refused_before_any_recursion(opening, depth):
    limit = sys.getrecursionlimit()
    assert findings_of(opening * depth)[-1].code == "IB108"
    assert sys.getrecursionlimit() == limit


def test_the_deepest_nesting_allowed_is_read():
    depth = MANIFEST_DEPTH_MAX
    assert value_of("[" * depth + "]" * depth) is not None


def test_too_many_values_are_refused():
    assert findings_of("[" + "1," * MANIFEST_NODES_MAX + "]")[-1].code == "IB108"


def test_too_large_a_file_is_refused_without_reading_it_all(tmp_path):
    path = tmp_path / "m.yaml"
    with path.open("wb") as stream:
        stream.truncate(MANIFEST_BYTES_MAX * 1000)  # sparse
    with pytest.raises(BuildError) as caught:
        load_yaml(path)
    assert caught.value.diagnostics[0].code == "IB108"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n\tb: 1\n", (2, 1)),
        ("a: [1,\n", (1, 7)),
        ("a: 1\nb: [1,\nc: 2\n", (2, 4)),
        ("a: {b: 1\nc: 2\n", (1, 4)),
        ("a: b: c\n", (1, 5)),
        ("a: 'x\n", (1, 4)),
        ("a: @x\n", (1, 4)),
        ("- a\nb: 1\n", (2, 1)),
        ("a: 1\nb\nc: 2\n", (3, 1)),
        ('a: "\\q"\n', (1, 5)),
        ("a: \x01\n", (1, 4)),
        ("ok: 1\nbad: \x7f\n", (2, 6)),
    ],
)
def test_syntax_errors_have_a_place(text, place):
    assert brief(text) == [("IB102", *place)]


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a: b: c\n", "a: 'x\n", "a: @x\n", "a: {b: 1\nc: 2\n"])
def test_the_wording_of_syntax_errors_does_not_depend_on_how_pyyaml_was_built(text, monkeypatch):
    expected = findings_of(text)[0].message
    monkeypatch.setattr(yamlpos, "_LOADER", yaml.SafeLoader)
    assert findings_of(text)[0].message == expected


def test_what_was_found_before_the_syntax_error_is_told_too():
    assert [code for code, _, _ in brief("a: 1\na: 2\nb: 'x\n")] == ["IB103", "IB102"]


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_crash(text):
    findings_of(text)


@given(st.text("ab:-[]{}?*&!<|>'\"#%@, \n\t01.", max_size=40))
def test_no_soup_of_indicators_makes_the_reader_crash(text):
    findings_of(text)


# --- files -----------------------------------------------------------------------------------------


def code_of_file(path):
    with pytest.raises(BuildError) as caught:
        load_yaml(path)
    return caught.value.diagnostics[0]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    missing = code_of_file(tmp_path / "missing.yaml")
    assert missing.message == "there is no file missing.yaml; expected a manifest"
    assert code_of_file(tmp_path).code == "IB101"
    assert code_of_file(tmp_path / ("x" * 300)).code == "IB101"


def test_a_file_that_is_not_utf8_is_refused_at_its_first_bad_byte(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_bytes("a: 1\nü: ".encode() + b"\xfc\n")
    diagnostic = code_of_file(path)
    assert (diagnostic.code, diagnostic.place.line, diagnostic.place.column) == ("IB101", 2, 4)


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - 2\r\n")
    document = load_yaml(path)
    assert document.value == {"a": 1, "b": [2]}
    assert document.positions.value(("b", 0)).line == 3
