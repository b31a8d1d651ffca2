from pathlib import Path

from settings_areas import factory_area, store

data = factory_area()
for key in range(1, 16):
    data = store(data, key, 1, bytes(244))
data = store(data, 99, 1, bytes(212))
Path("area.bin").write_bytes(data)
