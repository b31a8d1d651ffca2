from pathlib import Path

from settings_areas import factory_area

lines = []
data = factory_area()
for at in range(0, len(data), 16):
    record = bytes([16, at >> 8, at & 0xFF, 0]) + data[at : at + 16]
    lines.append(f":{record.hex()}{-sum(record) & 0xFF:02x}".upper())
Path("area.hex").write_text("\n".join([*lines, ":00000001FF", ""]))
