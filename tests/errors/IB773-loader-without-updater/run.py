from loader_device import run_imgbuild

run_imgbuild(image="update.imgu")
