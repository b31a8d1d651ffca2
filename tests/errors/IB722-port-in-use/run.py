import os
import pty
import sys

import serial

from imgbuild.cli.main import main

_, slave = pty.openpty()
os.dup2(slave, 77)
terminal = serial.Serial(os.ttyname(slave), exclusive=True)  # a terminal program
sys.argv = ["imgbuild", "flash", "ext.bin", "--board", "spark-core", "--serial", "ttyBoard"]
main()
