from __future__ import annotations

import pytest
from firmware.example import Run, require_tools, run_firmware


@pytest.fixture(scope="session")
def firmware_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo firmware, built and run once under QEMU."""
    require_tools("make", "arm-none-eabi-gcc", "qemu-system-arm")
    return run_firmware(tmp_path_factory.mktemp("firmware") / "build")
