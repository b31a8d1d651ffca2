from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", region_offset=0x100000, region_bytes=0x100000)
