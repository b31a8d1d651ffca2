"""A sound image; the key was never made."""

import packages

packages.save_images(packages.build_image())
