"""A file whose name no Makefile can say."""

from pathlib import Path

Path("my bus.c").write_text("/* Bus functions. */\n")
