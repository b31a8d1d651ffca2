"""An image of the product "demo"."""

import packages

packages.save_images(packages.build_image())
