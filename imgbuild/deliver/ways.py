"""Every way to a board's flash through a tool of other people: one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imgbuild.deliver import dfu_util, esptool, flashrom, openocd, picotool, probe_rs, pyocd, stm32
from imgbuild.deliver.job import Job, Plan
from imgbuild.model import Board

Planner = Callable[[Job, tuple[int, ...] | None], Plan]
_ADDRESSED = ("bin", "hex", "srec", "elf", "dfu", "uf2")


@dataclass(frozen=True, slots=True)
class Way:
    """A tool: what it is called, how to get it, what it takes, and what makes its command lines.

    ``executables`` are tried in their order, on the PATH, then in ``places``. ``takes``: formats of IMAGE
    (all are read here; the tool itself is given bare bytes with an address). ``unit_bytes``: what it erases
    at least, 0 where the board or the device tells. ``version_arguments`` make it print its version, which
    must be ``least_version`` or later. ``options``: fields of ToolOptions that mean something to it. ``link``
    is a row of the table of estimates.
    """

    name: str
    board_names: tuple[str, ...]
    executables: tuple[str, ...]
    get_it: str
    plan: Planner
    options: frozenset[str]
    link: str
    takes: tuple[str, ...] = _ADDRESSED
    places: tuple[str, ...] = ()
    unit_bytes: int = 0
    version_arguments: tuple[str, ...] = ()
    least_version: tuple[int, ...] = ()


_COMMON = frozenset({"is_verified", "is_left"})
_SERIAL = _COMMON | {"serial_number"}

WAYS: dict[str, Way] = {
    "dfu-util": Way(
        name="dfu-util",
        board_names=("dfu-util",),
        executables=("dfu-util",),
        get_it="apt install dfu-util, brew install dfu-util, or https://dfu-util.sourceforge.net",
        plan=dfu_util.plan,
        options=_SERIAL | {"usb_id", "alt"},
        link="dfu",
        version_arguments=("--version",),
        least_version=(0, 9),
    ),
    "openocd": Way(
        name="OpenOCD",
        board_names=("OpenOCD",),
        executables=("openocd",),
        get_it="apt install openocd, brew install open-ocd, or https://openocd.org",
        plan=openocd.plan,
        options=_SERIAL | {"interface", "configs", "presets", "loader"},
        link="swd",
        version_arguments=("--version",),
        least_version=(0, 12),
    ),
    "stm32-programmer": Way(
        name="STM32_Programmer_CLI",
        board_names=("STM32_Programmer_CLI",),
        executables=("STM32_Programmer_CLI", "STM32_Programmer.sh"),
        get_it="STM32CubeProgrammer from https://www.st.com/en/development-tools/stm32cubeprog.html",
        plan=stm32.plan,
        options=_SERIAL | {"loader", "port"},
        link="swd",
        places=(
            "~/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
            "/usr/local/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
            "/opt/st/stm32cubeprogrammer/bin",
            "~/Applications/STM32CubeProgrammer.app/Contents/MacOs/bin",
            "C:/Program Files/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin",
        ),
    ),
    "esptool": Way(
        name="esptool",
        board_names=("esptool",),
        executables=("esptool", "esptool.py"),
        get_it="pip install esptool",
        plan=esptool.plan,
        options=frozenset({"is_left", "port", "baud", "mcu"}),
        link="esp",
        unit_bytes=0x1000,
        version_arguments=("version",),
        least_version=(3,),
    ),
    "picotool": Way(
        name="picotool",
        board_names=("picotool",),
        executables=("picotool",),
        get_it="brew install picotool, or https://github.com/raspberrypi/picotool/releases",
        plan=picotool.plan,
        options=_SERIAL,
        link="bootsel",
        unit_bytes=0x1000,
        version_arguments=("version",),
        least_version=(2,),
    ),
    "pyocd": Way(
        name="pyOCD",
        board_names=("pyOCD",),
        executables=("pyocd",),
        get_it="pip install pyocd",
        plan=pyocd.plan,
        options=_SERIAL | {"mcu", "loader"},
        link="swd",
        version_arguments=("--version",),
        least_version=(0, 30),
    ),
    "probe-rs": Way(
        name="probe-rs",
        board_names=("probe-rs",),
        executables=("probe-rs",),
        get_it="https://probe.rs/docs/getting-started/installation",
        plan=probe_rs.plan,
        options=_SERIAL | {"mcu", "loader"},
        link="swd",
        version_arguments=("--version",),
        least_version=(0, 24),
    ),
    "flashrom": Way(
        name="flashrom",
        board_names=("flashrom",),
        executables=("flashrom",),
        get_it="apt install flashrom, brew install flashrom, or https://flashrom.org",
        plan=flashrom.plan,
        options=frozenset({"is_verified", "programmer", "flash_chip"}),
        link="clip",
        places=("/usr/sbin", "/usr/local/sbin"),
    ),
}
"""By the name that ``--with`` takes. Sources of the calls stand in each tool's module."""


def ways_of(board: Board) -> list[str]:
    """The keys of WAYS that a board's row names, in its order."""
    told = [way.tool for way in board.programming]
    return [key for tool in told for key, way in WAYS.items() if tool in way.board_names]
