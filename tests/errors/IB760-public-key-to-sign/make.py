"""A sound image; the public key cannot sign."""

import packages

packages.save_images(packages.build_image())
packages.save_key(packages.make_key(1), "update.pub.pem")
