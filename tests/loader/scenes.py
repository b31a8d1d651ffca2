"""What the loader's tests share: a chip full of other things, sending, what must hold afterwards, noise."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from imgbuild.deliver.link import Link
from imgbuild.deliver.link_protocol import Loader
from imgbuild.deliver.link_update import Outcome, Update
from loader.device import CHIP_BYTES, REGION, REGION_BYTES, SCALE, Device, State

AROUND = random.Random(7).randbytes(CHIP_BYTES)
"""What the chip holds around the region: it must be there afterwards."""


def cells_with(image: bytes) -> bytes:
    return AROUND[:REGION] + image.ljust(REGION_BYTES, b"\xff") + AROUND[REGION + REGION_BYTES :]


def send(link: Link, image: bytes, **more: object) -> Outcome:
    return Update(Loader(link, scale=SCALE), image, **more).run()


def settle(device: Device) -> State:
    """The state, after which nothing outside the region may have changed."""
    state = device.look()
    assert state.violations == []
    assert state.cells[:REGION] == AROUND[:REGION]
    assert state.cells[REGION + REGION_BYTES :] == AROUND[REGION + REGION_BYTES :]
    return state


@dataclass(slots=True)
class Noise:
    """Changes, drops and doubles bytes: one of ``every``, at most ``limit`` of them."""

    seed: int
    every: int
    limit: int
    kinds: tuple[str, ...] = ("flip", "lose", "double")
    done: int = 0
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def __call__(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            if self.done < self.limit and self.draw.randrange(self.every) == 0:
                self.done += 1
                kind = self.draw.choice(self.kinds)
                out += {
                    "flip": bytes([byte ^ 1 << self.draw.randrange(8)]), "lose": b"",
                    "double": bytes([byte, byte]),
                }[kind]  # fmt: skip
            else:
                out.append(byte)
        return bytes(out)
