from pathlib import Path

from settings_areas import factory_area

Path("area.bin").write_bytes(factory_area())
