"""``python -m imgbuild``: the same as the script."""

import sys

try:
    from imgbuild.cli.main import main
except KeyboardInterrupt:  # Ctrl-C while Python still loads
    sys.exit(130)

main()
