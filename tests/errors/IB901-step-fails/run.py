"""A defect that no step expects."""

from imgbuild import build
from imgbuild.cli.main import main


def verify_wrongly(*_arguments):
    raise ZeroDivisionError("division by zero")


build.verify_written = verify_wrongly
main()
