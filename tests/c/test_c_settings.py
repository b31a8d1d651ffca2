"""Settings in C: typed access by a generated table, the same bytes as Python writes, every byte untrusted."""

from __future__ import annotations

import random
import subprocess
import zlib

import pytest

from c import settings_samples as samples
from imgbuild.emit.settings_header import settings_header
from imgbuild.errors import Place
from imgbuild.layout.settings import build_settings, store_record
from imgbuild.reader.settings import AreaPlace, find_areas, read_area

PLACE = Place("m.yaml")
SECTOR_BYTES, SECTORS = 0x400, 3
U32 = 3


def factory(settings=(), erase_bytes=SECTOR_BYTES, region_bytes=SECTOR_BYTES * SECTORS):
    return build_settings(settings, erase_bytes=erase_bytes, region_bytes=region_bytes, place=PLACE)


@pytest.fixture(scope="module")
def area_program(tmp_path_factory):
    return samples.compile_program(tmp_path_factory.mktemp("area"), "settings_area")


def talk(program, path, commands, sector_bytes=SECTOR_BYTES, sectors=SECTORS):
    """The answers of the C code to ``commands``, the first one that of mounting."""
    done = subprocess.run(
        [program, path, str(sector_bytes), str(sectors)],
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_typed_access_by_the_generated_header(tmp_path):
    settings, found = samples.plan(tmp_path)
    assert found.items == []
    header = settings_header(
        "demo_settings", settings, offset_bytes=samples.OFFSET, region_bytes=samples.REGION_BYTES,
        erase_bytes=samples.ERASE_BYTES,
    )  # fmt: skip
    (tmp_path / "demo_settings.h").write_text(header)
    (tmp_path / "area.bin").write_bytes(factory(settings, samples.ERASE_BYTES, samples.REGION_BYTES))
    program = samples.compile_program(tmp_path, "settings_api")
    samples.run([program, tmp_path / "area.bin"])


def commands_of(seed, count):
    """A workload and what it leaves: 12 keys of all kinds, deletions among them."""
    source = random.Random(seed)
    keys = [zlib.crc32(f"key{n}".encode()) for n in range(11)] + [0xFFFF_FFFF]
    commands, held = [], {}
    for _ in range(count):
        number = source.randrange(len(keys))
        key, kind = keys[number], number % 5 + 1
        if source.random() < 0.1:
            commands.append(f"delete {key:x}")
            held.pop(key, None)
            continue
        value = source.randbytes(4 if kind >= U32 else source.randrange(0, 40))
        commands.append(f"set {key:x} {kind} {value.hex() or '-'}")
        held[key] = (kind, value)
    return commands, held


@pytest.mark.parametrize("seed", range(4))
def test_what_c_stores_python_reads(tmp_path, area_program, seed):
    path = tmp_path / "area.bin"
    path.write_bytes(factory())
    commands, held = commands_of(seed, 150)
    answers = talk(area_program, path, [*commands, "list", "state"])
    assert set(answers[:-2]) == {"0"}
    assert [int(key, 16) for key in answers[-2].split()] == sorted(held)
    (place,) = find_areas(path.read_bytes())
    assert place == AreaPlace(0, SECTOR_BYTES, SECTORS)
    area = read_area(path.read_bytes(), place)
    assert {key: (r.kind, r.data) for key, r in area.values.items()} == held
    state = dict(zip(*[iter(answers[-1].split())] * 2, strict=True))
    assert (area.sector, area.sequence, area.end) == tuple(
        int(state[name]) for name in ("sector", "sequence", "end")
    )
    assert area.sequence > 4
    assert area.damaged == 0


@pytest.mark.parametrize("seed", range(3))
def test_python_stores_the_same_bytes_as_c(tmp_path, area_program, seed):
    path = tmp_path / "area.bin"
    data = factory()
    path.write_bytes(data)
    commands = [c for c in commands_of(seed + 50, 120)[0] if c.startswith("set")]
    talk(area_program, path, commands)
    for command in commands:
        _, key, kind, value = command.split()
        area = read_area(data, AreaPlace(0, SECTOR_BYTES, SECTORS))
        stored = store_record(area, data, int(key, 16), int(kind), bytes.fromhex(value.strip("-")))
        assert stored is not None
        data = stored
    assert path.read_bytes() == data


def test_what_python_stores_c_reads(tmp_path, area_program):
    data, place = factory(), AreaPlace(0, SECTOR_BYTES, SECTORS)
    for number in range(60):
        stored = store_record(read_area(data, place), data, number % 7 + 1, U32, number.to_bytes(4, "little"))
        assert stored is not None
        data = stored
    path = tmp_path / "area.bin"
    path.write_bytes(data)
    answers = talk(area_program, path, [f"get {key:x} 3" for key in range(1, 8)])
    last = [max(n for n in range(60) if n % 7 + 1 == key) for key in range(1, 8)]
    assert answers == ["0", *(f"0 {n.to_bytes(4, 'little').hex()}" for n in last)]


def test_an_erased_chip_needs_no_factory_image(tmp_path, area_program):
    path = tmp_path / "area.bin"
    path.write_bytes(b"\xff" * SECTOR_BYTES * SECTORS)
    answers = talk(area_program, path, ["state", "set 5 3 01020304", "state", "get 5 3"])
    assert answers[0] == "0"
    assert answers[1].startswith("sector 2 sequence 0 end 0 damaged 0 ")
    assert answers[2] == "0"
    assert answers[3].startswith("sector 0 sequence 1 end 48 damaged 0 ")
    assert answers[4] == "0 01020304"


def test_bytes_that_are_no_area_are_told_and_taken_over(tmp_path, area_program):
    path = tmp_path / "area.bin"
    path.write_bytes(random.Random(3).randbytes(SECTOR_BYTES * SECTORS))
    answers = talk(area_program, path, ["state", "get 5 3", "set 5 3 01020304", "mount", "get 5 3"])
    assert answers[1].startswith("sector 2 sequence 0 end 0 damaged 3 ")
    assert answers[2] == "-14 "
    assert answers[3:] == ["0", "0", "0 01020304"]


def test_values_that_do_not_fit_leave_all_as_it_was(tmp_path, area_program):
    path = tmp_path / "area.bin"
    path.write_bytes(factory())
    value = "ab" * 200
    fill = [f"set {key:x} 1 {value}" for key in range(1, 5)]
    answers = talk(
        area_program, path, [*fill, "set 9 1 " + value, "get 9 1", "get 1 1", "set 1 1 cd", "mount"]
    )
    assert answers[1:5] == ["0"] * 4
    assert answers[5:] == ["-63", "-14 ", f"0 {value}", "0", "0"]


def test_an_area_of_another_format_or_shape_is_refused_until_it_is_reset(tmp_path, area_program):
    path = tmp_path / "area.bin"
    path.write_bytes(factory())
    assert talk(area_program, path, ["set 5 3 00000000"], SECTOR_BYTES, SECTORS - 1) == ["-62", "-61"]
    newer = bytearray(path.read_bytes())
    for at in (0, 16):
        newer[at + 1] = 0x54
        crc = zlib.crc32(newer[at : at + 12], at << 8)
        newer[at + 12 : at + 16] = crc.to_bytes(4, "little")
    path.write_bytes(newer)
    answers = talk(area_program, path, ["set 5 3 00000000", "reset", "set 5 3 00000000", "mount"])
    assert answers == ["-62", "-61", "0", "0", "0"]


def test_equal_values_cost_nothing_and_reads_are_few(tmp_path, area_program):
    path = tmp_path / "area.bin"
    path.write_bytes(factory())
    commands, _ = commands_of(9, 100)
    again = ["set 77 3 01000000", "state"]
    first, second = (a.split() for a in talk(area_program, path, [*commands, *again, *again])[-3::2])
    assert first[-4:] == second[-4:]  # programs and erases
    reads = int(second[-5]) - int(first[-5])
    assert 0 < reads <= SECTOR_BYTES // 64 + 1


def test_deleting_what_is_not_there_writes_nothing(tmp_path, area_program):
    path = tmp_path / "area.bin"
    path.write_bytes(factory())
    answers = talk(
        area_program, path, ["delete 5", "state", "set 5 3 01000000", "delete 5", "delete 5", "state"]
    )
    assert "programs 0 erases 0" in answers[2]
    assert "programs 2 erases 0" in answers[6]
