"""The base: a folder of which one partition was released, before the other one was thought of."""

from pathlib import Path

from imgbuild.cli.main import cli

text = Path("manifest.yaml").read_text()
Path("first.yaml").write_text(text[: text.index("  - {name: more")])
cli.main(["build", "first.yaml", "-o", "released/", "-q"], standalone_mode=False)
