from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", status=-1103, found_id=0xEF4015)
