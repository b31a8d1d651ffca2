"""PARTITIONS.md names every key of a partition, and each value of those that have few."""

from __future__ import annotations

import re
import typing

from support import ROOT

from imgbuild.manifest.flash_spec import UpdateKind
from imgbuild.manifest.schema import PartitionSpec

TEXT = (ROOT / "imgbuild/manifest/PARTITIONS.md").read_text(encoding="utf-8")
ROWS = {key: values for key, values in re.findall(r"^\| `(\w+)` \| (.*?) \|", TEXT, re.MULTILINE)}  # noqa: C416


def test_every_key_is_told_and_no_other() -> None:
    assert set(ROWS) == set(PartitionSpec.model_fields)


def test_the_values_of_update_and_container_are_told() -> None:
    assert re.findall(r"`([a-z-]+)`", ROWS["update"]) == list(typing.get_args(UpdateKind))
    assert {"flat", "littlefs", "settings"} <= set(re.findall(r"`([a-z]+)`", ROWS["container"]))
