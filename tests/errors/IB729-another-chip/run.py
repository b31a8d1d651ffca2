from loader_device import run_imgbuild

run_imgbuild("--board", "spark-core", expected_id=0xEF4015, found_id=0xEF4015)
