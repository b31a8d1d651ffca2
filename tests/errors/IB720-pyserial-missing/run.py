import sys

from imgbuild.cli.main import main

sys.modules["serial"] = None
sys.argv = ["imgbuild", "flash", "ext.bin", "--board", "spark-core", "--serial", "/dev/ttyUSB0"]
main()
