"""A file with three partitions, of which ``ls`` can list one at a time."""

from imgbuild.cli.main import cli

cli.main(["build", "manifest.yaml", "-o", "all.hex", "-q"], standalone_mode=False)
