from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", pack_id=0x33334444)
