"""Only what lies in the folder "tools" is installed."""

import os
from pathlib import Path

from imgbuild.cli.main import main

os.environ["PATH"] = str(Path("tools").absolute())
main()
