"""The depfile: the inputs of a build as a rule that make and ninja read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imgbuild.emit.job import EmitJob
from imgbuild.model import Artifact

_BLANK = re.compile(r"(\\*)( )")
_SPECIAL = re.compile(r"(\\*)([#:])")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f;|=]|\\$|^~")
"""What no escape brings through GNU make 4.3 as part of a prerequisite's name."""
_NO_TARGET = re.compile(r"%|&$")
"""What makes a pattern rule or a grouped target of a name in front of a colon."""


def emit_depfile(job: EmitJob) -> list[Artifact]:
    """The depfile, if one was asked for."""
    if job.depfile_path is None:
        return []
    return [Artifact(job.depfile_path, depfile_bytes(job.depfile_targets, job.depfile_inputs))]


def depfile_bytes(targets: Sequence[str], inputs: Sequence[str]) -> bytes:
    """A rule ``targets: inputs``, then an empty rule for each input, so that a deleted one stops no build.

    Names are escaped as GCC does in its ``-MD`` files (space, ``#``, ``$``, ``:``, backslashes before
    these). The rare characters that make cannot escape are written as ``?``, which make expands
    to the file like a shell; such an input gets no empty rule. A name such as ``photo(1)`` always means a
    member of an archive: make then builds each time, which is slow but never wrong. ``inputs`` are sorted
    and duplicates dropped; names that end in ``)`` come first, since make joins ``a(b`` and a later ``c)``.
    """
    names = sorted(set(inputs) - set(targets), key=lambda name: (not name.endswith(")"), name))
    rule = " ".join(map(_escape, targets)) + ":" + "".join(f" \\\n  {_escape(name)}" for name in names)
    empty = [f"\n{_escape(name)}:\n" for name in names if not _lacks_rule(name)]
    return "".join([rule, "\n", *empty]).encode("utf-8", "surrogateescape")


def _lacks_rule(name: str) -> bool:
    return bool(_UNSPEAKABLE.search(name) or _NO_TARGET.search(name))


def _escape(name: str) -> str:
    drive, rest = (name[:2], name[2:]) if _DRIVE.match(name) else ("", name)
    spoken = _UNSPEAKABLE.sub("?", rest).replace("$", "$$")
    spoken = _BLANK.sub(lambda m: m[1] * 2 + "\\" + m[2], spoken)
    return drive + _SPECIAL.sub(lambda m: m[1] * 2 + "\\" + m[2], spoken)
