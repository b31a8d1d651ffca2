"""KEYS.md names every key of a picture, each value that it can have, and its default."""

import dataclasses
import re
import types
import typing

import pytest
from support import ROOT

from imgbuild.manifest import asset_spec
from imgbuild.model import ImageOptions

NOT_LITERAL = {"image", "name", "use", "variant", "sprites"}
FIELDS = {  # keys whose option has another name in the plan
    "premultiplied": "is_premultiplied",
    "row_align": "row_align_bytes",
    "align": "align_bytes",
    "rotate": "rotate_degrees",
    "trim": "is_trimmed",
    "lossless": "is_lossless",
    "animate": "is_animated",
}


def rows() -> dict[str, tuple[str, str, str]]:
    text = (ROOT / "imgbuild/manifest/KEYS.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) ?\| (.+) \|$", text, re.MULTILINE)
    assert len({key for key, *_ in found}) == len(found), "a key stands twice"
    return {key: (values, default, meaning) for key, values, default, meaning in found}


def literals(annotation) -> set[str]:
    """Every value of a Literal anywhere in a key's type, as YAML writes it."""
    if typing.get_origin(annotation) is typing.Literal:
        return {str(value) for value in typing.get_args(annotation)}
    if annotation is bool:
        return {"true", "false"}
    if isinstance(annotation, type) and issubclass(annotation, asset_spec.Spec):
        inner = [literals(field.annotation) for field in annotation.model_fields.values()]
        return set().union(*inner) - {"true", "false"}
    is_nested = typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType)
    parts = typing.get_args(annotation) if is_nested else ()
    return set().union(*(literals(part) for part in parts)) if parts else set()


def test_every_key_of_a_picture_is_told():
    assert set(rows()) == set(asset_spec.ImageAsset.model_fields)


@pytest.mark.parametrize("key", sorted(set(asset_spec.ImageAsset.model_fields) - NOT_LITERAL))
def test_every_value_of_a_key_is_told_and_no_other(key):
    values, _, meaning = rows()[key]
    wanted = literals(asset_spec.ImageAsset.model_fields[key].annotation)
    told = set(re.findall(r"`([a-z0-9_-]+)`", values))
    assert wanted <= told
    if wanted and key != "resize":
        assert told == wanted
    assert meaning.strip()


@pytest.mark.parametrize("key", sorted(set(asset_spec.ImageAsset.model_fields) - NOT_LITERAL))
def test_the_default_told_is_the_plans(key):
    told = re.match(r"`([^`]+)`", rows()[key][1])
    fields = {field.name: field.default for field in dataclasses.fields(ImageOptions)}
    default = fields.get(FIELDS.get(key, key))
    if default is None or default == "" or default is dataclasses.MISSING or key in ("palette", "nine_patch"):
        assert told is None
        return
    assert told, f"{key} has a default: {default}"
    value = {"8K": "8192", "true": "True", "false": "False"}.get(told[1], told[1])
    assert value == str(default)


def test_the_readme_leads_there():
    assert "(imgbuild/manifest/KEYS.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
