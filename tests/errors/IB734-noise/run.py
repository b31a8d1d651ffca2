from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", cancels=-1202)
