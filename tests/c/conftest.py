from __future__ import annotations

import pytest

from c.program import Programs


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    return Programs(tmp_path_factory.mktemp("programs"))
