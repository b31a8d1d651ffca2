from pathlib import Path

from settings_areas import factory_area

Path("flash.bin").write_bytes(b"\xff" * 0x2000 + factory_area() + factory_area())
