"""A machine without capstone."""

import importlib.util

found = importlib.util.find_spec


def find_spec(name, package=None):
    return None if name == "capstone" else found(name, package)


importlib.util.find_spec = find_spec

from imgbuild.cli.main import main  # noqa: E402

main()
