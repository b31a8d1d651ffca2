"""Generated C names: predictable, and refused where two would meet."""

from __future__ import annotations

import pytest

from imgbuild.emit.c_names import C_KEYWORDS, c_identifier, check_c_names, macro_name
from imgbuild.model import Kind


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("icons/wifi", "ICONS_WIFI"),
        ("icons/wifi-2.png", "ICONS_WIFI_2_PNG"),
        ("7seg", "_7SEG"),
        ("straße", "STRA_E"),
        ("über", "_BER"),
        ("٣", "_"),
        ("already_C", "ALREADY_C"),
    ],
)
def test_a_name_becomes_an_upper_case_identifier(name: str, identifier: str) -> None:
    assert c_identifier(name) == identifier
    assert c_identifier(identifier) == identifier


def test_macros_never_have_two_underscores_behind_the_prefix() -> None:
    assert macro_name("weather", "icons/wifi") == "WEATHER_ICONS_WIFI"
    assert macro_name("my-watch", "7seg") == "MY_WATCH_7SEG"


@pytest.mark.parametrize("word", ["int", "class", "restrict", "constexpr", "_bool", "typeof", "co_await"])
def test_keywords_of_c_and_cpp_are_known(word: str) -> None:
    assert word in C_KEYWORDS


def test_different_names_pass() -> None:
    assert check_c_names(["icons/a", "icons/b", "body", "certs/root.pem"], "weather") == []


def test_two_names_of_one_identifier_are_told_once() -> None:
    (collision,) = check_c_names(["icons/wi-fi", "icons/wi_fi", "other"], "weather")
    assert collision.names == ("icons/wi-fi", "icons/wi_fi")
    assert collision.macro == "WEATHER_ICONS_WI_FI"
    assert collision.message == (
        'the names "icons/wi-fi" and "icons/wi_fi" would both define WEATHER_ICONS_WI_FI in C'
    )


def test_a_suffix_of_one_asset_is_not_the_name_of_another() -> None:
    (collision,) = check_c_names(["a", "a/width"], "w")
    assert (collision.macro, collision.names) == ("W_A_WIDTH", ("a", "a/width"))
    kinds = {"a": Kind.BITMAP, "a/width": Kind.FILE}
    assert [c.macro for c in check_c_names(kinds, "w")] == ["W_A_WIDTH"]


def test_only_macros_that_a_kind_really_gets_can_collide() -> None:
    assert check_c_names({"a": Kind.FILE, "a/width": Kind.FILE}, "w") == []
    assert check_c_names({"a": Kind.FONT, "a/height": Kind.FILE}, "w") == []
    assert len(check_c_names({"a": Kind.FONT, "a/size_px": Kind.FILE}, "w")) == 1


@pytest.mark.parametrize(
    "name", ["pack_id", "contract", "region/bytes", "assets_h", "digest-h", "image_sha256"]
)
def test_the_packs_own_macros_are_taken(name: str) -> None:
    (collision,) = check_c_names([name], "weather")
    assert collision.names == (name,)
    assert "which every generated header defines" in collision.message


@pytest.mark.parametrize(
    ("prefix", "name"), [("uint8", "max"), ("int_fast16", "min"), ("size", "max"), ("uintptr", "max")]
)
def test_macros_of_stdint_are_taken(prefix: str, name: str) -> None:
    (collision,) = check_c_names([name], prefix)
    assert "<stdint.h>" in collision.message


def test_the_readers_prefix_is_refused_once() -> None:
    (collision,) = check_c_names(["a", "b"], "imgb")
    assert "IMGB_" in collision.message
    assert check_c_names([], "imgb") == []
