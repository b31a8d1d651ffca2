from loader_device import save_image

save_image()
