"""A sound littlefs image."""

import damage

damage.save(damage.build_image("littlefs"))
