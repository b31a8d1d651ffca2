"""One file more than a pack holds."""

from pathlib import Path

Path("many").mkdir()
for number in range(32768):
    Path(f"many/{number:05}").touch()
