from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", board="weather-v2")
