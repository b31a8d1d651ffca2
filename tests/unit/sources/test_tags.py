"""Languages and scripts: what BCP 47, ISO 639 and ISO 15924 have, and what a person most likely meant."""

from __future__ import annotations

import pytest

from imgbuild.sources.texts.tags import language_problem, script_problem


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "de-AT",
        "pt_BR",
        "zh-Hant-TW",
        "sr-Latn",
        "es-419",
        "haw",
        "EN",
        "sl-nedis",
        "qaa",
        "x-own",
        "en-x-test",
    ],
)
def test_registered_tags_are_taken(tag: str) -> None:
    assert language_problem(tag) is None


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("deu", "de"),  # ISO 639-2, where ISO 639-1 has a code
        ("ger", "de"),
        ("cz", "cs"),  # of a country
        ("jp", "ja"),
        ("jp-JP", "ja"),
        ("de-Xyzw", "de"),
    ],
)
def test_the_usual_tag_is_named(tag: str, meant: str) -> None:
    problem = language_problem(tag)
    assert problem is not None
    assert problem[1] == f'did you mean "{meant}"?'


@pytest.mark.parametrize(
    "tag", ["zz", "xx", "english", "e", "", "-", "de--AT", "de-AT-", "d3", "de AT", "zz-Latn"]
)
def test_what_is_no_language_has_no_suggestion(tag: str) -> None:
    problem = language_problem(tag)
    assert problem is not None
    assert "such as en, pt-BR or zh-Hant" in problem[1]


@pytest.mark.parametrize("script", ["Arab", "Deva", "Latn", "Hebr", "Thai", "Khmr", "Hans", "Latf", "Syre"])
def test_scripts_are_taken(script: str) -> None:
    assert script_problem(script) is None


@pytest.mark.parametrize(
    ("script", "meant"),
    [
        ("arab", "Arab"),
        ("ARAB", "Arab"),
        ("Arabic", "Arab"),
        ("Devanagri", "Deva"),
        ("Thia", "Thai"),
        ("old italic", "Ital"),
    ],
)
def test_the_script_that_was_meant_is_named(script: str, meant: str) -> None:
    problem = script_problem(script)
    assert problem is not None
    assert problem[1] == f'did you mean "{meant}"?'


@pytest.mark.parametrize("script", ["Xyzw", "Zyyy", "Zinh", "", "Jpan", "123"])
def test_what_is_no_script_has_no_suggestion(script: str) -> None:
    problem = script_problem(script)
    assert problem is not None
    assert "such as Arab, Deva or Latn" in problem[1]
