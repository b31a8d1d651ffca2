"""A DfuSe file for alternate setting 1."""

import subprocess
import sys

import damage

damage.save(damage.build_image())
arguments = ["convert", "ext.bin", "-o", "ext.dfu", "--board", "spark-core"]
subprocess.run([sys.executable, "-m", "imgbuild", *arguments], check=True)
