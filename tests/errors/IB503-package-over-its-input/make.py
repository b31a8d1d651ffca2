"""A sound image, to be replaced by its own package."""

import packages

packages.save_images(packages.build_image())
