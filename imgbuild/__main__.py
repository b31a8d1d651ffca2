"""``python -m imgbuild``: the same as the script."""

from imgbuild.cli.main import main

main()
