"""Which files a path or pattern of the manifest means, and whether it may mean them.

Inputs lie in the manifest's folder, in a root given on the command line, or (``package:…``) in the folder of
an installed Python package. What leaves these, also through ``..``, an absolute path or a symbolic link, is
refused.
"""

from __future__ import annotations

import difflib
import fnmatch
import importlib.util
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from imgbuild.errors import Place, fail

_PACKAGE = "package:"
_NOWHERE = Place("")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class FoundInputs:
    """``files``: absolute, sorted. ``folders``: those whose listing decides which files these are."""

    files: tuple[Path, ...]
    folders: tuple[Path, ...]


def is_pattern(text: str) -> bool:
    """Whether a path holds glob characters."""
    return bool(_GLOB.search(text))


def resolve_inputs(manifest_folder: Path, roots: tuple[Path, ...], pattern: str, place: Place) -> list[Path]:
    """The files that ``pattern`` means, absolute and sorted. Raises :class:`BuildError`, see find_inputs."""
    return list(find_inputs(manifest_folder, roots, pattern, place).files)


def globbed_folders(
    manifest_folder: Path, roots: tuple[Path, ...], pattern: str, place: Place = _NOWHERE
) -> list[Path]:
    """The folders whose listing decides what ``pattern`` means: none for a plain path."""
    return list(find_inputs(manifest_folder, roots, pattern, place).folders)


def find_inputs(manifest_folder: Path, roots: tuple[Path, ...], pattern: str, place: Place) -> FoundInputs:
    """The files that ``pattern`` means, and the folders that were listed for it.

    A plain path must be a readable file (IB110), a pattern must match one (IB111), nothing may leave the
    manifest's folder and the roots (IB109). ``*`` and ``?`` match within a name, ``[…]`` one character of a
    set, ``**`` any number of folders; names that start with a dot are matched only where the pattern has the
    dot, and ``**`` follows no symbolic links. ``package:name/path`` counts from the package's folder (IB121).
    Case matters. The paths given start with the real path of the manifest's folder; a link below it keeps its
    own name.
    """
    if pattern.startswith(_PACKAGE):
        base, relative = _package_folder(pattern, place)
        search = _Search(base, (base,), relative, pattern, place)
    else:
        base = Path(os.path.realpath(manifest_folder))
        search = _Search(base, (base, *roots), pattern, pattern, place)
    return search.run()


def _package_folder(pattern: str, place: Place) -> tuple[Path, str]:
    name, _, relative = pattern[len(_PACKAGE) :].partition("/")
    if not name.isidentifier() or not relative:
        message = f"'{pattern}' is not of the form package:name/path/to/file"
        fail("IB121", message, place, hint="write package:font_roboto/files/Roboto-Medium.ttf")
    try:
        spec = importlib.util.find_spec(name)  # a top-level name: nothing is imported
    except (ImportError, ValueError):
        spec = None
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        message = f"Python package '{name}' is not installed"
        fail("IB121", message, place, hint="install it in the environment that runs imgbuild")
    return Path(os.path.realpath(folders[0])), relative


@dataclass(slots=True)
class _Search:
    base: Path
    allowed: tuple[Path, ...]
    relative: str
    shown: str
    place: Place
    folders: list[Path] = field(default_factory=list)

    def run(self) -> FoundInputs:
        self._refuse_unusable_text()
        target = Path(os.path.normpath(self.base / self.relative))
        self._check_inside(target, is_real=False)
        if not is_pattern(self.relative) or _is_file(target):
            self._check_file(target)
            return FoundInputs((target,), ())
        start, parts = self._split()
        self._check_inside(start, is_real=True)
        files = sorted(set(self._match(start, parts)), key=Path.as_posix)
        if not files:
            message = f"pattern '{self.shown}' matches no file"
            fail("IB111", message, self.place, hint=self._hint_for_nothing())
        return FoundInputs(tuple(files), tuple(dict.fromkeys(self.folders)))

    def _refuse_unusable_text(self) -> None:
        if "\0" in self.relative:
            fail("IB110", "a path cannot hold a NUL character", self.place)

    def _split(self) -> tuple[Path, list[str]]:
        """The folder in front of the first part with a glob character, and the parts from there on."""
        parts = [part for part in self.relative.split("/") if part not in {"", "."}]
        first = next(number for number, part in enumerate(parts) if is_pattern(part))
        rest = parts[first:]
        if ".." in rest:
            message = f"'..' behind a glob character in '{self.shown}'; expected it in front only"
            fail("IB109", message, self.place)
        root = "/" if self.relative.startswith("/") else ""
        return Path(os.path.normpath(self.base / (root + "/".join(parts[:first])))), rest

    # --- may it be read? ---

    def _check_inside(self, path: Path, *, is_real: bool) -> None:
        """Refuse a path outside the folders allowed; ``is_real``: as it is with all links followed."""
        if is_real:
            path = Path(os.path.realpath(path))
        for folder in self.allowed:
            if path.is_relative_to(os.path.realpath(folder)) or (
                not is_real and path.is_relative_to(folder.absolute())
            ):
                return
        if self.shown.startswith(_PACKAGE):
            fail("IB109", f"'{self.shown}' leaves the package's folder", self.place)
        how = " through a symbolic link" if is_real else ""
        message = f"'{self.shown}' leaves the manifest's folder{how}"
        fail("IB109", message, self.place, hint="allow another folder with --root FOLDER")

    def _check_file(self, path: Path) -> None:
        """Refuse what is no readable file inside the folders allowed."""
        self._check_inside(path, is_real=True)
        shown = path.relative_to(self.base).as_posix() if is_pattern(self.relative) else self.shown
        code = "IB121" if self.shown.startswith(_PACKAGE) else "IB110"
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            fail(code, f"there is no file '{shown}'", self.place, hint=self._suggest(path))
        except OSError as error:
            fail(code, f"'{shown}' cannot be read: {error.strerror}", self.place)
        if stat.S_ISDIR(mode):
            hint = f"write '{shown.rstrip('/')}/*' for the files in it"
            fail(code, f"'{shown}' is a folder; expected a file", self.place, hint=hint)
        if not stat.S_ISREG(mode) or not os.access(path, os.R_OK):
            fail(code, f"'{shown}' is not a readable file", self.place)

    def _suggest(self, path: Path) -> str | None:
        if "\\" in self.relative:
            return "write paths with '/'"
        try:
            names = sorted(entry.name for entry in path.parent.iterdir())
        except OSError:
            return None
        close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
        if not close:
            return None
        head, slash, _ = self.shown.rpartition("/")
        return f"did you mean '{head}{slash}{close[0]}'?"

    def _hint_for_nothing(self) -> str | None:
        if not self.folders:
            return "the folder in front of the pattern does not exist"
        return "write paths with '/'" if "\\" in self.relative else None

    # --- matching ---

    def _match(self, folder: Path, parts: list[str]) -> Iterator[Path]:
        """Files below ``folder`` that match ``parts``; folders still to visit wait on a stack."""
        pending: list[tuple[Path, int]] = [(folder, 0)]
        seen: set[tuple[Path, int]] = set()
        while pending:
            here, index = pending.pop()
            if (here, index) in seen:
                continue
            seen.add((here, index))
            part, is_last = parts[index], index + 1 == len(parts)
            if part == "**" and not is_last:
                pending.append((here, index + 1))
            for entry in self._list(here):
                path = here / entry.name
                if is_last and _is_match(entry.name, part) and not _is_folder(entry):
                    if not entry.is_file(follow_symlinks=False):  # a file lies where the folder does
                        self._check_file(path)
                    yield path
                elif _leads_on(entry, part, is_last=is_last):
                    pending.append((path, index if part == "**" else index + 1))

    def _list(self, folder: Path) -> list[os.DirEntry[str]]:
        self._check_inside(folder, is_real=True)
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            fail("IB110", f"folder '{folder.name}' cannot be listed: {error.strerror}", self.place)
        self.folders.append(folder)
        return found


def _is_match(name: str, part: str) -> bool:
    if name.startswith(".") and not part.startswith("."):
        return False
    return fnmatch.fnmatchcase(name, part)


def _leads_on(entry: os.DirEntry[str], part: str, *, is_last: bool) -> bool:
    """Whether the search goes on in a folder's entry."""
    if part == "**":
        return _is_match(entry.name, part) and entry.is_dir(follow_symlinks=False)
    return not is_last and _is_match(entry.name, part) and _is_folder(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than the file system takes
        return False
