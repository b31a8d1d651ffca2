"""164 entries of 200 files each: 33 more than a pack holds."""

from pathlib import Path

Path("many").mkdir()
for number in range(200):
    Path(f"many/{number:03}").touch()
entries = "".join(f"  - file: many/*\n    name: a{number}/{{stem}}\n" for number in range(164))
Path("manifest.yaml").write_text(f"version: 1\nname: demo\nflash: {{board: spark-core}}\nassets:\n{entries}")
