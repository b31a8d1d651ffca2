"""An image of 204 bytes."""

import packages

packages.save_images(packages.build_image())
