"""The image as an ELF file in place of an external loader."""

import subprocess
import sys

import damage

damage.save(damage.build_image())
arguments = ["convert", "ext.bin", "-o", "ext.elf", "--board", "weact-h750"]
subprocess.run([sys.executable, "-m", "imgbuild", *arguments], check=True)
