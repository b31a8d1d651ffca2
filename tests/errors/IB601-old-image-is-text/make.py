"""What the device is said to have is no flash image."""

import packages

packages.save_images(packages.build_image(), b"release notes\n")
