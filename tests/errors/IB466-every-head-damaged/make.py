from pathlib import Path

from settings_areas import factory_area

data = bytearray(factory_area())
data[5] ^= 1
data[21] ^= 1
Path("area.bin").write_bytes(data)
