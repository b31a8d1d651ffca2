"""The edges of DESIGN: imports run one way, and the start stays light."""

import ast
import subprocess
import sys
from pathlib import Path

from support import ROOT

PACKAGE = ROOT / "imgbuild"
HEAVY = {"numpy", "PIL", "freetype", "littlefs", "lz4", "resvg_py", "pydantic"}
LIGHT = ("model", "errors.py", "codes.py", "units.py", "limits.py", "stamp.py", "cli")
LEVELS = {
    "errors": 0, "units": 0, "limits": 0, "losses": 0, "inputs": 1, "codes": 1, "model": 1, "runtime": 1,
    "stamp": 1,
    "cache": 2, "reuse": 3, "output": 2, "reader": 2, "manifest": 2, "flash": 3,
    "addressed": 1, "range_tables": 2, "glyph_tables": 2, "codecs": 3,
    "pixels": 4, "glyphs": 4, "sources": 5, "layout": 5, "emit": 5, "flavours": 5, "export": 6,
    "nine_patch": 6, "variants": 6, "asset_names": 6, "options": 6, "sprites": 6, "palettes": 5,
    "deliver": 6, "ota": 6, "loader": 6,
    "settings": 5, "ramcheck": 4, "texts": 6, "strings_plan": 6, "font_plan": 6, "font_report": 7,
    "partitions": 1, "asset_plan": 7, "partition_checks": 7, "partition_plan": 7, "packing": 7,
    "plan": 7, "encoding": 7, "build": 8, "cli": 9, "__main__": 10,
}  # fmt: skip


def _imports(path: Path) -> set[str]:
    """Modules imported at import time, or anywhere for edges inside the package."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def _top_level(path: Path) -> set[str]:
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def _files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_the_reader_knows_nothing_of_the_writers() -> None:
    writers = (
        "imgbuild.pixels",
        "imgbuild.codecs",
        "imgbuild.emit",
        "imgbuild.layout",
        "imgbuild.glyphs",
        "imgbuild.sources",
    )
    for path in (PACKAGE / "reader").glob("*.py"):
        assert not [name for name in _imports(path) if name.startswith(writers)], path


def test_imports_run_one_way() -> None:
    for path in _files():
        relative = path.relative_to(PACKAGE)
        room = relative.parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for name in _imports(path):
            parts = name.split(".")
            if parts[0] == "imgbuild" and len(parts) > 1 and parts[1] != room:
                assert LEVELS[parts[1]] <= LEVELS[room], f"{relative} imports {name}"


def test_only_the_command_line_imports_click() -> None:
    for path in _files():
        if "cli" not in path.parts and path.name != "stamp.py":  # the stamp looks where click lies
            assert "click" not in _imports(path), path


def test_only_the_console_prints() -> None:
    for path in _files():
        if path.name != "console.py":
            calls = [n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
            assert not [c for c in calls if isinstance(c, ast.Name) and c.id == "print"], path


def test_light_modules_import_no_heavy_library() -> None:
    for path in _files():
        if path.relative_to(PACKAGE).parts[0] in LIGHT:
            assert not _top_level(path) & HEAVY, path


def test_an_up_to_date_check_loads_no_heavy_library(tmp_path: Path) -> None:
    code = "import sys, imgbuild.cli.build_command, imgbuild.cli.main; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert not HEAVY & {name.split(".")[0] for name in done.stdout.split()}
