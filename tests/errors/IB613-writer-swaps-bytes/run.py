"""A defect of the writer: it stores 16-bit pixels in the other byte order."""

from dataclasses import replace

from imgbuild.cli.main import main
from imgbuild.pixels import strips

right = strips.pack_samples


def swap(*arguments, **options):
    planes = right(*arguments, **options)
    rows = planes.colour.shape[0]
    return replace(planes, colour=planes.colour.reshape(rows, -1, 2)[..., ::-1].reshape(rows, -1).copy())


strips.pack_samples = swap
main()
