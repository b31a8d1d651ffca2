"""Twice the same image."""

import packages

packages.save_images(packages.build_image(), packages.build_image())
