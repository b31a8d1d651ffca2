from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", hello_s=0.05, asks=True)
