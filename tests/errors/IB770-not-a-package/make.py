"""A flash image is no package."""

import packages

packages.save_images(packages.build_image())
