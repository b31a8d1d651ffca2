import subprocess
import sys

subprocess.run([sys.executable, "-m", "imgbuild", "build", "manifest.yaml", "-o", "image.bin"], check=True)
