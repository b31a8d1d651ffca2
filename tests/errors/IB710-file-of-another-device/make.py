"""A DfuSe file for the device 1d50:607f."""

import subprocess
import sys

import damage

damage.save(damage.build_image())
arguments = ["convert", "ext.bin", "-o", "ext.dfu", "--board", "spark-core"]
subprocess.run([sys.executable, "-m", "imgbuild", *arguments], check=True)
