"""The old image has the higher content_version."""

import packages

new, old = packages.build_image(b"other", 7), packages.build_image(content_version=9)
packages.save_images(new, old)
