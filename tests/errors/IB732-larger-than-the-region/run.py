from loader_device import run_imgbuild

run_imgbuild(region_bytes=0x1000)
