"""imgbuild where the library is not installed."""

import sys

sys.modules["cryptography"] = None
sys.argv[0] = "imgbuild"

from imgbuild.cli.main import main  # noqa: E402 - behind what it must not find

main()
